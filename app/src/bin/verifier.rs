//! Starts the verifier worker.

fn main() {
    #[cfg(target_arch = "wasm32")]
    tablog_app::verifier::worker::start();
}
