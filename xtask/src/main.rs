//! The project's commands: `cargo xtask <run|test|check|build|bench|crash|fuzz|golden|setup>`.

mod bench;
mod build;
mod check;
mod cli;
mod crash;
mod crates;
mod fuzz;
mod golden;
mod ground;
mod harness;
mod serve;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args().skip(1)) {
        Ok(code) => code,
        Err(failure) => {
            shell::complain(&failure);
            ExitCode::FAILURE
        }
    }
}
