//! Where things lie: the project's folders, and the few facts about the machine that every command needs.
//! Nothing here is written out: all is derived from where this crate is and from the environment.

use std::env;
use std::path::{Path, PathBuf};

use crate::shell::{Failure, Result};

/// The folders that the commands work in.
pub struct Ground {
    /// The top of the repository.
    pub root: PathBuf,
    /// Output of native builds, logs and caches: `CARGO_TARGET_DIR`, else `target/`.
    pub target: PathBuf,
    /// Output of wasm builds. Apart from the native one, because two compilers that share a folder rebuild each
    /// other's work.
    pub wasm_target: PathBuf,
    /// What survives from clone to clone: tools that were built here.
    pub cache: PathBuf,
}

impl Ground {
    /// Finds the folders from this crate's place in the tree and the environment.
    pub fn find() -> Result<Ground> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .ok_or_else(|| Failure::new("xtask lies at the root of the file system"))?
            .to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        let wasm_target = target.join("wasm");
        let cache =
            cache_folder(|name| env::var_os(name).map(PathBuf::from)).unwrap_or_else(|| target.join("tools"));
        Ok(Ground { root, target, wasm_target, cache })
    }

    /// Names the log of a suite or a step, under the target folder; makes the folder.
    pub fn log(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("logs");
        crate::shell::make_folder(&folder)?;
        Ok(folder.join(format!("{name}.log")))
    }
}

/// Picks the folder for tools by the XDG rules, `None` on a machine without a home.
fn cache_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let base = match variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
        Some(cache) => cache,
        None => variable("HOME").filter(|path| path.is_absolute())?.join(".cache"),
    };
    Some(base.join("tablog"))
}

/// Looks a program up on `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        path.is_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_xdg_then_home_then_gives_up() {
        let only = |set: &'static str| move |name: &str| (name == set).then(|| PathBuf::from("/somewhere"));
        assert_eq!(cache_folder(only("XDG_CACHE_HOME")), Some(PathBuf::from("/somewhere/tablog")));
        assert_eq!(cache_folder(only("HOME")), Some(PathBuf::from("/somewhere/.cache/tablog")));
        assert_eq!(cache_folder(only("OTHER")), None);
    }

    #[test]
    fn a_folder_is_no_program() {
        assert!(!is_program(Path::new("/")));
    }
}
