//! Starts the page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    tablog_app::app::start();
}
