//! `cargo xtask build`: the release in `dist/`, ready for any static host.
//!
//! trunk compiles page and engine and puts everything in a folder of its own. What trunk does not do is done here:
//! one style sheet for all, everything as small as it can be without changing what it does, names with the hash of the content for scripts, styles and WebAssembly
//! (the engine's too), the service worker's list of files, a look at the policy, and the size of everything against the budget.

mod comments;
mod imports;
mod instructions;
mod module;
mod names;
mod offline;
mod order;
mod policy;
mod sizes;
mod snippets;
mod styles;
mod symbols;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::ground::Ground;
use crate::setup::Tools;
use crate::shell::{self, Context, Failure, Result, say};

pub use policy::POLICY;

/// The files of a build: paths below its folder, with `/` on every system, and what is in them.
pub type Files = BTreeMap<String, Vec<u8>>;

const PAGE: &str = "index.html";
const SERVICE_WORKER: &str = "sw.js";
/// The scripts that start the workers.
const LOADERS: [&str; 3] = ["engine_loader.js", "file_engine_loader.js", "verifier_loader.js"];
/// What the name of a WebAssembly file ends with, behind the name of its script.
const MODULE: &str = "_bg.wasm";
/// What trunk's loader of a worker ends with, and what it is to end with.
const TRUNKS_CALL: &str = "await init();";
const CALL: &str = "init().catch((error) => setTimeout(() => { throw error; }));";

/// Builds the release; returns its folder. Fails if it breaks the policy or the budget.
pub fn run(ground: &Ground, tools: &Tools) -> Result<PathBuf> {
    say("building page and engine");
    compile(ground, tools)?;
    let staged = ground.wasm_target.join("trunk-dist");
    let mut trunk = tools.wasm_command(ground, "trunk")?;
    // A failure of trunk speaks for itself; its backtraces are of use to nobody here.
    trunk.args(["build", "--release", "--dist"]).arg(&staged).env("RUST_BACKTRACE", "0");
    shell::run(&mut trunk)?;
    if !staged.join(PAGE).is_file() {
        return Err(Failure::new("trunk left no index.html"));
    }

    let files = finish(read_folder(&staged)?)?;
    let dist = folder(ground);
    write_folder(&dist, &files)?;
    let sizes = sizes::measure(&files);
    println!("{}", sizes::table(&sizes));
    sizes::ensure_within_budget(&sizes)?;
    say(format_args!("built {}", dist.display()));
    Ok(dist)
}

/// Returns the folder of the release, whether it is there or not.
pub fn folder(ground: &Ground) -> PathBuf {
    ground.root.join("dist")
}

/// Makes the snippets in a folder of wasm-bindgen's part of the scripts that import them.
pub fn fold_snippets_in(folder: &Path) -> Result<()> {
    write_folder(folder, &snippets::fold_in(read_folder(folder)?)?)
}

/// Compiles page and engine, which trunk then finds compiled. trunk alone would do one after the other, and, told to be
/// offline, could not fetch a crate.
fn compile(ground: &Ground, tools: &Tools) -> Result<()> {
    let compile = |what: &[&str]| {
        let mut cargo = tools.wasm_command(ground, "cargo")?;
        cargo.args(["build", "--locked", "--release", "--target", "wasm32-unknown-unknown"]);
        shell::run(cargo.args(["--manifest-path", "app/Cargo.toml"]).args(what))
    };
    compile(&["--bin", "page", "--bin", "file_engine", "--bin", "verifier"])?;
    // As index.html says: without the files' part.
    compile(&["--bin", "engine", "--no-default-features"])
}

/// Makes a release out of what trunk left.
fn finish(mut staged: Files) -> Result<Files> {
    for name in LOADERS {
        if let Some(loader) = staged.get_mut(name) {
            *loader = throwing_out_loud(name, &String::from_utf8_lossy(loader))?.into_bytes();
        }
    }
    let staged = snippets::fold_in(staged)?;
    let mut files = names::hash_names(styles::join(shrink(staged)?)?)?;
    let page = files.get(PAGE).ok_or_else(|| Failure::new("the build has no index.html"))?;
    policy::ensure_kept(&String::from_utf8_lossy(page))?;
    let worker = files.get(SERVICE_WORKER).ok_or_else(|| Failure::new("the build has no sw.js"))?;
    let worker = offline::fill_in(&String::from_utf8_lossy(worker), &files)?;
    files.insert(SERVICE_WORKER.to_owned(), worker.into_bytes());
    Ok(files)
}

/// Makes scripts, styles and WebAssembly smaller, compressed above all; what they do stays the same.
fn shrink(mut staged: Files) -> Result<Files> {
    for (path, bytes) in &mut staged {
        let without_comments = match path.rsplit_once('.') {
            Some((_, "js")) => comments::out_of_script(path, &String::from_utf8_lossy(bytes))?,
            Some((_, "css")) => comments::out_of_sheet(path, &String::from_utf8_lossy(bytes))?,
            _ => continue,
        };
        *bytes = without_comments.into_bytes();
    }
    let modules: Vec<&str> = staged.keys().filter_map(|path| path.strip_suffix(MODULE)).collect();
    let shrunk: Vec<Result<(String, Vec<u8>, String)>> = thread::scope(|scope| {
        let staged = &staged;
        let shrink = |name| scope.spawn(move || shrink_module(staged, name));
        let threads: Vec<_> = modules.into_iter().map(shrink).collect();
        let join = |thread: thread::ScopedJoinHandle<_>| {
            thread.join().unwrap_or_else(|_| Err(Failure::new("arranging a WebAssembly file failed")))
        };
        threads.into_iter().map(join).collect()
    });
    for result in shrunk {
        let (name, module, script) = result?;
        staged.insert(format!("{name}{MODULE}"), module);
        staged.insert(format!("{name}.js"), script.into_bytes());
    }
    Ok(staged)
}

/// Makes a WebAssembly file smaller, with the script that loads it; returns them behind their name.
fn shrink_module(staged: &Files, name: &str) -> Result<(String, Vec<u8>, String)> {
    let script = staged
        .get(&format!("{name}.js"))
        .ok_or_else(|| Failure::new(format!("the build has {name}{MODULE}, but not its script")))?;
    let module = symbols::strip(&staged[&format!("{name}{MODULE}")])?;
    let (module, script) = imports::shorten(&module, &String::from_utf8_lossy(script))?;
    Ok((name.to_owned(), order::arrange(&module)?, script))
}

/// Has a worker's loader throw out of the promise what goes wrong while it loads: the page hears of a worker's errors, but not of its
/// rejections.
fn throwing_out_loud(name: &str, loader: &str) -> Result<String> {
    match loader.strip_suffix(TRUNKS_CALL) {
        Some(import) => Ok(format!("{import}{CALL}")),
        None => Err(Failure::new(format!("{name} is not as trunk used to write it: {loader}"))),
    }
}

/// Tells whether a file is needed before the first screen works. The samples and the notes on them are not; neither are the icons
/// that a system shows once the app is installed, and the workers for Kafka's files. They are fetched when the page is at rest, or when they are
/// asked for.
fn is_first_load(path: &str) -> bool {
    let is_later = ["samples/", "file_engine", "verifier", "icons/icon-", "icons/maskable", "icons/apple-"];
    !is_later.iter().any(|start| path.starts_with(start)) && !path.ends_with(".md")
}

fn read_folder(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in shell::list(&next)? {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).context("a file outside its own folder")?;
            let bytes = fs::read(&path).context(format_args!("cannot read {}", path.display()))?;
            files.insert(name.to_string_lossy().replace('\\', "/"), bytes);
        }
    }
    Ok(files)
}

/// Writes the files beside the old folder, then swaps, so that nobody is ever served half a build.
fn write_folder(folder: &Path, files: &Files) -> Result<()> {
    let fresh = folder.with_extension("new");
    shell::remove_folder(&fresh)?;
    for (path, bytes) in files {
        let path = fresh.join(path);
        if let Some(parent) = path.parent() {
            shell::make_folder(parent)?;
        }
        shell::write(&path, bytes)?;
    }
    shell::remove_folder(folder)?;
    fs::rename(&fresh, folder).context(format_args!("cannot put {} in place", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_its_parts_is_no_release() {
        let failure = finish(Files::new()).expect_err("there is no page");
        assert_eq!(failure.to_string(), "the build has no index.html");
    }

    #[test]
    fn a_worker_that_cannot_load_throws_where_the_page_hears_it() {
        let by_trunk = "import init from './engine.js';await init();";
        // Without the catch, an engine whose WebAssembly does not load says nothing to the page, which waits in vain.
        let wanted =
            "import init from './engine.js';init().catch((error) => setTimeout(() => { throw error; }));";
        assert_eq!(throwing_out_loud("engine_loader.js", by_trunk).unwrap(), wanted);
        assert!(throwing_out_loud("engine_loader.js", wanted).is_err(), "trunk has changed");
    }

    #[test]
    fn the_samples_are_no_part_of_the_first_load() {
        assert!(!is_first_load("samples/orders.jsonl"));
        assert!(!is_first_load("icons/README.md"));
        assert!(!is_first_load("icons/maskable-512.png") && is_first_load("icons/favicon-32.png"));
        assert!(!is_first_load("verifier_bg-0123456789abcdef.wasm"));
        assert!(!is_first_load("file_engine_bg-0123456789abcdef.wasm"));
        assert!(is_first_load("engine_bg-0123456789abcdef.wasm"));
        assert!(is_first_load("page_bg-0123456789abcdef.wasm"));
    }
}
