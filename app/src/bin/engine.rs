//! Starts the engine worker.

fn main() {
    #[cfg(target_arch = "wasm32")]
    tablog_app::engine::host::start();
}
