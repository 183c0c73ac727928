//! The project's own text files, read once for all rules.

use std::fs;
use std::path::Path;

use crate::check::code;
use crate::shell::{self, Context, Result};

/// A file that the rules look at.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path below the root, with `/` on every system.
    pub path: String,
    /// All of it.
    pub text: String,
    /// For Rust: the text with comments and literals blanked, line by line the same. For others: the text.
    pub code: String,
}

impl Source {
    /// Makes a source out of its path and its text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Source {
        let (path, text) = (path.into(), text.into());
        let code =
            if path.ends_with(".rs") { code::without_comments_and_literals(&text) } else { text.clone() };
        Source { path, text, code }
    }

    /// Tells whether this is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

const EXTENSIONS: &[&str] = &["rs", "js", "mjs", "ts", "css", "html", "toml", "webmanifest"];
/// Folders that others write, below the root or anywhere.
const NOT_OURS: &[&str] = &["dist", "node_modules", "test-results", "playwright-report"];

/// Reads all sources below the root, in the order of their paths.
pub fn read_all(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    read_folder(root, root, &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn read_folder(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for path in shell::list(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !name.starts_with("target") && !NOT_OURS.contains(&name.as_str()) {
                read_folder(root, &path, sources)?;
            }
        } else if path.extension().is_some_and(|it| EXTENSIONS.contains(&&*it.to_string_lossy())) {
            let text = fs::read_to_string(&path).context(format_args!("cannot read {}", path.display()))?;
            let below = path.strip_prefix(root).context("a file outside its own folder")?;
            sources.push(Source::new(below.to_string_lossy().replace('\\', "/"), text));
        }
    }
    Ok(())
}
