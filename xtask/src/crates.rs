//! Compiled crates that survive from clone to clone. Other people's crates are most of what a fresh clone compiles, and come out
//! the same each time: a machine keeps them beside its tools, and a clone that has compiled nothing yet begins with a copy.
//! Cargo looks at each as at its own, and compiles anew what does not fit.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::ground::Ground;
use crate::setup::Tools;
use crate::shell::{self, Context, Result, say};

/// Below a target folder: where cargo puts what it compiled.
const PROFILES: [&str; 6] = [
    "debug",
    "release",
    "wasm/debug",
    "wasm/release",
    "wasm/wasm32-unknown-unknown/debug",
    "wasm/wasm32-unknown-unknown/release",
];
/// Below a profile: what is needed to take a crate for compiled.
const PARTS: [&str; 3] = [".fingerprint", "build", "deps"];
/// How the names of this project's own crates begin.
const OURS: [&str; 2] = ["tablog", "xtask"];
/// Sets that a machine keeps: those of this branch, and of the one before.
const SETS_KEPT: usize = 2;

/// The machine's set for this clone's versions of everything.
pub struct Crates {
    folder: PathBuf,
    /// Whether this clone had compiled nothing: only such a one has nothing left over from other versions.
    is_fresh: bool,
}

impl Crates {
    /// Gives a clone that has compiled nothing yet what the machine has.
    pub fn lend(ground: &Ground, tools: &Tools) -> Result<Crates> {
        let folder = ground.cache.join("crates").join(key(ground, tools)?);
        let is_fresh = !ground.wasm_target.join("wasm32-unknown-unknown").exists();
        if is_fresh && folder.exists() {
            copy_crates(&folder, &ground.target)?;
            // The youngest are kept.
            File::open(&folder)
                .and_then(|folder| folder.set_modified(SystemTime::now()))
                .context(format_args!("cannot mark {} as used", folder.display()))?;
            say("began with the compiled crates of another clone");
        }
        Ok(Crates { folder, is_fresh })
    }

    /// Keeps for the next clone what this one had to compile.
    pub fn keep(&self, ground: &Ground) -> Result<()> {
        if !self.is_fresh || self.folder.exists() {
            return Ok(());
        }
        // Under another name until it is whole.
        let unfinished = self.folder.with_extension(std::process::id().to_string());
        shell::remove_folder(&unfinished)?;
        let kept = copy_crates(&ground.target, &unfinished).and_then(|()| {
            fs::rename(&unfinished, &self.folder)
                .context(format_args!("cannot keep compiled crates as {}", self.folder.display()))
        });
        if kept.is_err() {
            // A full disk gets its room back.
            shell::remove_folder(&unfinished)?;
        }
        kept?;
        say(format_args!("kept the compiled crates for other clones: {}", self.folder.display()));
        self.folder.parent().map_or(Ok(()), forget_all_but_the_youngest)
    }
}

/// Names the set: by the versions of crates and compilers, and by how they are compiled.
fn key(ground: &Ground, tools: &Tools) -> Result<String> {
    let mut hash = Sha256::new();
    for name in ["Cargo.lock", "Cargo.toml", ".cargo/config.toml"] {
        hash.update(shell::read_text(&ground.root.join(name))?);
    }
    hash.update(shell::read(tools.native_command("rustc").arg("-vV"))?);
    hash.update(shell::read(tools.wasm_command(ground, "rustc")?.arg("-vV"))?);
    hash.update(std::env::var("RUSTFLAGS").unwrap_or_default());
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Copies other people's compiled crates from one target folder to another. What is there already stays.
fn copy_crates(from: &Path, to: &Path) -> Result<()> {
    for profile in PROFILES {
        let from = from.join(profile);
        let ours = hashes_of_ours(&from.join(".fingerprint"))?;
        for part in PARTS.iter().filter(|part| from.join(part).is_dir()) {
            let to = to.join(profile).join(part);
            shell::make_folder(&to)?;
            for path in shell::list(&from.join(part))? {
                let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
                let is_ours = is_ours(name) || hash_of(name).is_some_and(|hash| ours.contains(hash));
                if !is_ours && !to.join(name).exists() {
                    copy(&path, &to.join(name))?;
                }
            }
        }
    }
    Ok(())
}

/// Finds the hashes of this project's crates. Files of its tests have the names of the tests, and the same hashes.
fn hashes_of_ours(fingerprints: &Path) -> Result<BTreeSet<String>> {
    if !fingerprints.is_dir() {
        return Ok(BTreeSet::new());
    }
    let names = shell::list(fingerprints)?;
    let names = names.iter().filter_map(|path| path.file_name()?.to_str()).filter(|name| is_ours(name));
    Ok(names.filter_map(hash_of).map(str::to_owned).collect())
}

fn is_ours(name: &str) -> bool {
    let name = name.strip_prefix("lib").unwrap_or(name);
    OURS.iter().any(|ours| name.starts_with(ours))
}

/// Returns the hash that cargo puts behind a name: `libserde-0123456789abcdef.rlib`.
fn hash_of(name: &str) -> Option<&str> {
    let stem = name.split('.').next()?;
    let (_, hash) = stem.rsplit_once('-')?;
    (hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
}

/// Copies a file, or a folder with all that is in it. Cargo goes by the times of files: they are copied, too.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        shell::make_folder(to)?;
        for path in shell::list(from)? {
            if let Some(name) = path.file_name() {
                copy(&path, &to.join(name))?;
            }
        }
        return Ok(());
    }
    let time = |path: &Path| path.metadata()?.modified();
    fs::copy(from, to)
        .and_then(|_| File::options().append(true).open(to)?.set_modified(time(from)?))
        .context(format_args!("cannot copy {} to {}", from.display(), to.display()))
}

fn forget_all_but_the_youngest(folder: &Path) -> Result<()> {
    let mut sets = shell::list(folder)?;
    sets.sort_by_key(|set| std::cmp::Reverse(set.metadata().and_then(|set| set.modified()).ok()));
    sets.iter().skip(SETS_KEPT).try_for_each(|set| shell::remove_folder(set))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tablog-crates-{name}-{}", std::process::id()));
        shell::remove_folder(&folder).unwrap();
        folder
    }

    fn put(path: PathBuf, text: &str) {
        shell::make_folder(path.parent().unwrap()).unwrap();
        shell::write(&path, text).unwrap();
    }

    #[test]
    fn what_others_wrote_is_copied_with_its_time_and_what_is_there_stays() {
        let (from, to) = (scratch("from"), scratch("to"));
        let theirs = "debug/deps/libserde-0123456789abcdef.rlib";
        put(from.join("debug/.fingerprint/serde-0123456789abcdef/lib-serde"), "fresh");
        put(from.join("debug/.fingerprint/tablog-core-aaaaaaaaaaaaaaaa/lib"), "ours");
        put(from.join(theirs), "compiled");
        put(from.join("debug/deps/libtablog_core-bbbbbbbbbbbbbbbb.rlib"), "ours");
        // A test of ours, by its own name.
        put(from.join("debug/deps/round_trip-aaaaaaaaaaaaaaaa"), "ours");
        put(from.join("debug/incremental/serde-0123456789abcdef/part"), "not needed");
        put(from.join("wasm/release/build/memchr-cccccccccccccccc/output"), "of a build script");
        put(to.join("wasm/release/build/memchr-cccccccccccccccc/output"), "of this clone");
        let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        File::options().append(true).open(from.join(theirs)).unwrap().set_modified(long_ago).unwrap();

        copy_crates(&from, &to).unwrap();
        assert_eq!(shell::read_text(&to.join(theirs)).unwrap(), "compiled");
        assert_eq!(to.join(theirs).metadata().unwrap().modified().unwrap(), long_ago);
        assert!(to.join("debug/.fingerprint/serde-0123456789abcdef/lib-serde").is_file());
        assert!(!to.join("debug/incremental").exists());
        assert_eq!(shell::list(&to.join("debug/deps")).unwrap(), [to.join(theirs)]);
        assert_eq!(shell::list(&to.join("debug/.fingerprint")).unwrap().len(), 1);
        let kept = shell::read_text(&to.join("wasm/release/build/memchr-cccccccccccccccc/output")).unwrap();
        assert_eq!(kept, "of this clone");
        shell::remove_folder(&from).unwrap();
        shell::remove_folder(&to).unwrap();
    }

    #[test]
    fn a_machine_keeps_the_youngest_sets() {
        let folder = scratch("sets");
        for (age, name) in ["old", "older", "oldest"].iter().enumerate() {
            shell::make_folder(&folder.join(name)).unwrap();
            let time = SystemTime::now() - std::time::Duration::from_secs(60 * age as u64);
            File::open(folder.join(name)).unwrap().set_modified(time).unwrap();
        }
        forget_all_but_the_youngest(&folder).unwrap();
        assert_eq!(shell::list(&folder).unwrap(), [folder.join("old"), folder.join("older")]);
        shell::remove_folder(&folder).unwrap();
    }

    #[test]
    fn a_hash_is_what_cargo_writes_behind_the_last_dash() {
        assert_eq!(hash_of("libserde_json-0123456789abcdef.rlib"), Some("0123456789abcdef"));
        assert_eq!(hash_of("serde-0123456789abcdef"), Some("0123456789abcdef"));
        assert_eq!(hash_of("libserde.rlib"), None);
        assert_eq!(hash_of("some-crate.d"), None);
    }
}
