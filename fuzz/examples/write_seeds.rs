//! Writes a target's seeds, and what was found before, as files for libFuzzer: `write_seeds TARGET FOLDER`.
#![allow(clippy::unwrap_used, reason = "whoever runs it reads the panic")]

use std::path::Path;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = &words[..] else { panic!("usage: write_seeds TARGET FOLDER") };
    let target = tablog_fuzz::targets::find(name).unwrap_or_else(|| panic!("there is no target {name}"));
    let found = tablog_fuzz::seeds::findings(name).into_iter().map(|(_, bytes)| bytes);
    std::fs::create_dir_all(folder).unwrap();
    for (index, bytes) in (target.seeds)().into_iter().chain(found).enumerate() {
        std::fs::write(Path::new(folder).join(format!("seed-{index:04}")), bytes).unwrap();
    }
}
