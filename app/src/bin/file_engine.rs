//! Starts the worker of the engine that opens and writes Kafka's files, besides all that the other one does.

fn main() {
    #[cfg(target_arch = "wasm32")]
    tablog_app::engine::host::start();
}
