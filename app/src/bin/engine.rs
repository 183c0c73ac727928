//! Starts the engine worker. It is built without the feature `files`: whoever opens none need not load what that takes.

fn main() {
    #[cfg(target_arch = "wasm32")]
    tablog_app::engine::host::start();
}
