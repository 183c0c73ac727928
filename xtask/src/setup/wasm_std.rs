//! The wasm target's standard library out of Debian's Rust, for networks on which rustup can download nothing.
//!
//! Debian packages a current Rust for its browsers (`rustc-web`), with the library's sources but without its wasm
//! build. So: build it once, put the rlibs where rustc looks for them, and link a `rust-lld` there too.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ground::Ground;
use crate::setup::apt;
use crate::shell::{self, Context, Failure, Result, say};

/// Debian's compiler, which rustup's proxies hide on `PATH`.
pub const DEBIANS_RUSTC: &str = "/usr/bin/rustc";
const DEBIANS_CARGO: &str = "/usr/bin/cargo";
const TARGET: &str = "wasm32-unknown-unknown";
/// The empty crate that pulls the library in; its own rlib is not wanted.
const EMPTY_CRATE: &str = "tablog_wasm_std";

/// A compiler outside rustup, and where its libraries belong.
pub struct Compiler {
    /// The `rustc` to build with.
    pub rustc: PathBuf,
    /// The `cargo` that goes with it.
    pub cargo: PathBuf,
    /// The folder that gets `lib/rustlib/wasm32-unknown-unknown/lib`.
    pub sysroot: PathBuf,
    /// The triple that the compiler itself runs on.
    pub host: String,
    /// The major version of its LLVM, which names Debian's package of the linker.
    pub llvm_major: String,
}

impl Compiler {
    /// Asks Debian's compiler where it lives.
    pub fn of_debian() -> Result<Compiler> {
        let about = shell::read(shell::command(DEBIANS_RUSTC).arg("-vV"))?;
        let field = |name: &str| {
            let value = about.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            value
                .map(str::to_owned)
                .ok_or_else(|| Failure::new(format!("`{DEBIANS_RUSTC} -vV` does not tell its {name}")))
        };
        let llvm = field("LLVM version:")?;
        Ok(Compiler {
            rustc: PathBuf::from(DEBIANS_RUSTC),
            cargo: PathBuf::from(DEBIANS_CARGO),
            sysroot: PathBuf::from(shell::read(shell::command(DEBIANS_RUSTC).args(["--print", "sysroot"]))?),
            host: field("host:")?,
            llvm_major: llvm.split('.').next().unwrap_or_default().to_owned(),
        })
    }
}

/// Builds the library and installs it into the compiler's sysroot. Takes about a minute on two cores.
pub fn build(ground: &Ground, compiler: &Compiler) -> Result<()> {
    say(format_args!("building the standard library for {TARGET} (once per machine, about a minute)"));
    let library = compiler.sysroot.join("lib/rustlib").join(TARGET).join("lib");
    ensure_writable(&compiler.sysroot.join("lib/rustlib"))?;
    link_lld(compiler)?;

    let crate_folder = ground.cache.join("wasm-std");
    shell::remove_folder(&crate_folder)?;
    shell::make_folder(&crate_folder.join("src"))?;
    shell::write(
        &crate_folder.join("Cargo.toml"),
        format!("[package]\nname = \"{EMPTY_CRATE}\"\nedition = \"2024\"\n\n[workspace]\n"),
    )?;
    shell::write(&crate_folder.join("src/lib.rs"), "")?;
    shell::run(&mut build_command(compiler, &crate_folder))?;

    let built = crate_folder.join("target").join(TARGET).join("release/deps");
    let count = install(&built, &library)?;
    say(format_args!("installed {count} libraries into {}", library.display()));
    shell::remove_folder(&crate_folder)
}

fn build_command(compiler: &Compiler, crate_folder: &Path) -> Command {
    let mut cargo = shell::command(&compiler.cargo);
    for inherited in ["RUSTUP_TOOLCHAIN", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER", "CARGO_ENCODED_RUSTFLAGS"] {
        cargo.env_remove(inherited);
    }
    // With `test` the wasm tests link; with the bitcode a release build may use LTO.
    cargo
        .current_dir(crate_folder)
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,test"])
        .env("RUSTC", &compiler.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", crate_folder.join("target"));
    cargo
}

/// Copies the rlibs beside the old ones, then swaps the folders, so that no build ever sees half a library.
fn install(built: &Path, library: &Path) -> Result<usize> {
    let (fresh, old) = (library.with_extension("new"), library.with_extension("old"));
    shell::remove_folder(&fresh)?;
    shell::remove_folder(&old)?;
    shell::make_folder(&fresh)?;
    let mut count = 0;
    for path in shell::list(built)? {
        if let Some(name) = path.file_name().filter(|_| is_wanted(&path)) {
            fs::copy(&path, fresh.join(name)).context(format_args!("cannot copy {}", path.display()))?;
            count += 1;
        }
    }
    if count == 0 {
        return Err(Failure::new(format!(
            "the build of the standard library left nothing in {}",
            built.display()
        )));
    }
    if library.exists() {
        fs::rename(library, &old).context(format_args!("cannot move {} away", library.display()))?;
    }
    fs::rename(&fresh, library).context(format_args!("cannot put {} in place", library.display()))?;
    shell::remove_folder(&old)?;
    Ok(count)
}

fn is_wanted(path: &Path) -> bool {
    let ours = path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.contains(EMPTY_CRATE));
    path.extension() == Some(OsStr::new("rlib")) && !ours
}

/// Puts a linker where the compiler looks for one: rustup's own, else Debian's.
fn link_lld(compiler: &Compiler) -> Result<()> {
    let place = compiler.sysroot.join("lib/rustlib").join(&compiler.host).join("bin/rust-lld");
    if place.exists() {
        return Ok(());
    }
    let rustups = shell::read(shell::command("rustc").args(["--print", "sysroot"]))
        .map(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(&compiler.host).join("bin/rust-lld"));
    let lld = match rustups {
        Ok(lld) if lld.exists() => lld,
        _ => {
            apt::bring(&[&format!("lld-{}", compiler.llvm_major)], "for linking wasm")?;
            PathBuf::from(format!("/usr/bin/lld-{}", compiler.llvm_major))
        }
    };
    if let Some(folder) = place.parent() {
        shell::make_folder(folder)?;
    }
    if place.is_symlink() {
        fs::remove_file(&place).context(format_args!("cannot remove the dead link {}", place.display()))?;
    }
    link(&lld, &place).context(format_args!("cannot link {}", place.display()))
}

#[cfg(unix)]
fn link(original: &Path, place: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, place)
}

/// Debian's Rust is not to be had elsewhere, so this is never reached; it keeps the commands compiling.
#[cfg(not(unix))]
fn link(original: &Path, place: &Path) -> std::io::Result<()> {
    fs::copy(original, place).map(|_| ())
}

fn ensure_writable(folder: &Path) -> Result<()> {
    let probe = folder.join(".tablog-probe");
    if fs::write(&probe, "").is_err() {
        let words = "cannot be written; run this once as root: sudo env \"PATH=$PATH\" \"HOME=$HOME\" cargo xtask setup";
        return Err(Failure::new(format!("{} {words}", folder.display())));
    }
    fs::remove_file(&probe).context(format_args!("cannot remove {}", probe.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_rlibs_are_installed() {
        assert!(is_wanted(Path::new("deps/libstd-723a93f9dad40af0.rlib")));
        assert!(!is_wanted(Path::new("deps/libtablog_wasm_std-0123456789abcdef.rlib")));
        assert!(!is_wanted(Path::new("deps/libstd-723a93f9dad40af0.rmeta")));
    }

    #[test]
    fn installing_replaces_an_older_library_whole() {
        let folder = std::env::temp_dir().join(format!("tablog-wasm-std-{}", std::process::id()));
        let (built, library) = (folder.join("built"), folder.join("lib"));
        fs::create_dir_all(&built).unwrap();
        fs::create_dir_all(&library).unwrap();
        fs::write(library.join("libstd-old.rlib"), "old").unwrap();
        fs::write(built.join("libstd-new.rlib"), "new").unwrap();

        assert_eq!(install(&built, &library).unwrap(), 1);
        assert!(library.join("libstd-new.rlib").exists());
        assert!(!library.join("libstd-old.rlib").exists(), "two libraries of one name confuse the compiler");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_empty_build_installs_nothing() {
        let folder = std::env::temp_dir().join(format!("tablog-wasm-std-empty-{}", std::process::id()));
        let (built, library) = (folder.join("built"), folder.join("lib"));
        fs::create_dir_all(&built).unwrap();
        fs::create_dir_all(&library).unwrap();
        fs::write(library.join("libstd-old.rlib"), "old").unwrap();

        assert!(install(&built, &library).is_err());
        assert!(library.join("libstd-old.rlib").exists(), "what was there stays");
        fs::remove_dir_all(folder).unwrap();
    }
}
