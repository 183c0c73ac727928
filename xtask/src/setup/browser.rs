//! Chromium and ChromeDriver, from the system: never a test tool's own download.

use std::path::PathBuf;

use crate::ground::find_program;
use crate::setup::apt;
use crate::shell::{self, Failure, Result};

/// A browser and the program that drives it, of one version.
#[derive(Debug)]
pub struct Browser {
    /// Chromium itself.
    pub chromium: PathBuf,
    /// The WebDriver for it.
    pub driver: PathBuf,
}

/// Finds Chromium and ChromeDriver, or installs Debian's.
pub fn bring() -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    apt::bring(&["chromium", "chromium-driver"], "for the browser tests")?;
    find().ok_or_else(|| Failure::new("Chromium and a ChromeDriver of the same version are not on PATH"))
}

fn find() -> Option<Browser> {
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find_program)?;
    let driver = find_program("chromedriver")?;
    let browser_says = shell::read(shell::command(&chromium).arg("--version")).ok()?;
    let driver_says = shell::read(shell::command(&driver).arg("--version")).ok()?;
    (major(&browser_says).is_some() && major(&browser_says) == major(&driver_says))
        .then_some(Browser { chromium, driver })
}

/// Cuts the major version out of what `--version` prints.
fn major(said: &str) -> Option<&str> {
    said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?.split('.').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_and_driver_say_their_version_in_their_own_ways() {
        assert_eq!(major("Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)"), Some("156"));
        assert_eq!(major("ChromeDriver 156.0.8078.79 (aa-refs/branch-heads/8078@{#1})"), Some("156"));
        assert_eq!(major("no version at all"), None);
    }
}
