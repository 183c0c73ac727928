//! Node.js, and the packages that the browser tests and the benchmarks lock.

use std::fs;
use std::path::Path;

use crate::shell::{self, Failure, Result, read_text, say};

const NODE_MAJOR_MIN: u32 = 20;

/// Checks that Node.js is there and new enough.
pub fn bring() -> Result<()> {
    let said = shell::read(shell::command("node").arg("--version")).unwrap_or_default();
    if major(&said).is_some_and(|major| major >= NODE_MAJOR_MIN) {
        return Ok(());
    }
    let found = if said.is_empty() { "none".to_owned() } else { said };
    let words = format!("Node.js {NODE_MAJOR_MIN} or newer is needed for the tests, found {found}");
    Err(Failure::new(format!(
        "{words}. Run: sudo apt-get install --yes nodejs npm, or see https://nodejs.org"
    )))
}

/// Installs the packages that a folder locks, unless those of this very lock file are there.
pub fn bring_packages(folder: &Path) -> Result<()> {
    bring()?;
    let lock = read_text(&folder.join("package-lock.json"))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|it| it == lock) {
        return Ok(());
    }
    say(format_args!("installing the Node packages of {}", folder.display()));
    let mut npm = shell::command("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    shell::run(&mut npm)?;
    shell::write(&installed, lock)
}

/// Reads `v20.20.2`.
fn major(said: &str) -> Option<u32> {
    said.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_version_is_read_and_nonsense_is_not() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("command not found"), None);
    }
}
