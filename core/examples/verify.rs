//! Verifies a broker's data directory, or a part of one, and prints the report as JSON:
//! `cargo run --release -p tablog-core --example verify -- /var/lib/kafka`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tablog_core::segment::{DataDirectory, DiskFile, ReadAt, ReadError, Verifier};

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: verify FOLDER");
        return ExitCode::from(2);
    };
    match verify(&root) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn verify(root: &Path) -> Result<bool, ReadError> {
    let mut files = Vec::new();
    gather(root, &mut files)?;
    let directory =
        DataDirectory::from_files(files.iter().map(|file| (file.name().to_owned(), file.len_bytes())));
    let mut verifier = Verifier::new(directory, files);
    while !futures_executor::block_on(verifier.step()).done {}
    println!("{}", verifier.report().to_json());
    Ok(verifier.report().errors == 0)
}

fn gather(folder: &Path, files: &mut Vec<DiskFile>) -> Result<(), ReadError> {
    let failed = |error: std::io::Error| ReadError {
        file: folder.display().to_string(),
        position_bytes: 0,
        cause: error.to_string(),
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else {
            files.push(DiskFile::open(&path)?);
        }
    }
    Ok(())
}
