//! Running other programs, and saying what goes on: one line a step, with the time since the start.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// What a command of ours returns.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a command of ours cannot go on: a sentence for the person at the terminal.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// Makes a failure out of a sentence.
    pub fn new(sentence: impl Into<String>) -> Failure {
        Failure(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Adds what was being done, and to what, to an error of the standard library.
pub trait Context<T> {
    /// Turns the error into a failure that starts with `doing`.
    fn context(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Failure(format!("{doing}: {error}")))
    }
}

/// Prints one line of progress with the minutes and seconds since the start.
pub fn say(line: impl fmt::Display) {
    let since_start = elapsed().as_secs();
    println!("[{:02}:{:02}] {line}", since_start / 60, since_start % 60);
}

/// Prints the failure that ends the command.
pub fn complain(failure: &Failure) {
    // What went before may still sit in the buffer of stdout, and belongs above this line.
    if std::io::stdout().flush().is_err() {
        return;
    }
    eprintln!("error: {failure}");
}

/// The time since the first line was said.
pub fn elapsed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Makes a command that reads no keyboard and does not inherit what `cargo run` set for this crate.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || name == "LD_LIBRARY_PATH"
            || name == "CARGO"
        {
            command.env_remove(&*name);
        }
    }
    command
}

/// Runs a command with its output on the terminal. Fails unless it ends with success.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().context(format_args!("cannot start `{}`", line_of(command)))?;
    ensure_success(command, status)
}

/// Runs a command and returns what it printed, without the end of the last line.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command.output().context(format_args!("cannot start `{}`", line_of(command)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(Failure(format!("`{}` failed: {}", line_of(command), tail(errors.trim_end(), 20))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Runs a command with all its output in a file, and returns how it ended and what it printed.
pub fn run_logged(command: &mut Command, log: &Path) -> Result<(ExitStatus, String)> {
    let file = File::create(log).context(format_args!("cannot write {}", log.display()))?;
    let twin = file.try_clone().context(format_args!("cannot write {}", log.display()))?;
    let status = command
        .stdout(file)
        .stderr(twin)
        .status()
        .context(format_args!("cannot start `{}`", line_of(command)))?;
    let printed = fs::read(log).context(format_args!("cannot read {}", log.display()))?;
    Ok((status, String::from_utf8_lossy(&printed).into_owned()))
}

/// Runs a command that must not hang: it is ended, and has failed, after `patience`.
pub fn run_within(command: &mut Command, patience: Duration) -> Result<()> {
    let mut child = command.spawn().context(format_args!("cannot start `{}`", line_of(command)))?;
    let status = wait_within(&mut child, patience).context(format_args!("`{}`", line_of(command)))?;
    ensure_success(command, status)
}

fn wait_within(child: &mut Child, patience: Duration) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().context("cannot wait")? {
            return Ok(status);
        }
        if start.elapsed() > patience {
            child.kill().context("cannot be ended")?;
            child.wait().context("cannot wait")?;
            return Err(Failure(format!("gave up after {} s", patience.as_secs())));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn ensure_success(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { Err(Failure(format!("`{}` failed ({status})", line_of(command)))) }
}

/// Writes a command as one would type it, without its environment.
pub fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Cuts the last `lines_max` lines out of a text.
pub fn tail(text: &str, lines_max: usize) -> &str {
    let mut start = text.len();
    for (index, _) in text.rmatch_indices('\n').filter(|(index, _)| index + 1 < text.len()).take(lines_max) {
        start = index + 1;
    }
    let lines = text.lines().count();
    if lines <= lines_max { text } else { &text[start..] }
}

/// Makes a folder and those above it.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).context(format_args!("cannot make the folder {}", path.display()))
}

/// Removes a folder with all that is in it; a folder that is not there is fine.
pub fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure(format!("cannot remove {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Lists what is in a folder, by name.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).context(format_args!("cannot list {}", folder.display()))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.context(format_args!("cannot list {}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

/// Reads a text file.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).context(format_args!("cannot read {}", path.display()))
}

/// Writes a file, replacing what was there.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).context(format_args!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines_or_everything() {
        assert_eq!(tail("a\nb\nc", 2), "b\nc");
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc\n");
        assert_eq!(tail("a\nb", 5), "a\nb");
        assert_eq!(tail("", 5), "");
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let failure = run_within(command("sleep").arg("60"), Duration::from_millis(100))
            .expect_err("it cannot end in time");
        assert_eq!(failure.to_string(), "`sleep 60`: gave up after 0 s");
    }

    #[test]
    fn a_failed_command_is_named_with_what_it_said() {
        let failure =
            read(command("sh").args(["-c", "echo no such thing >&2; exit 3"])).expect_err("it exits with 3");
        assert!(failure.to_string().ends_with("failed: no such thing"), "{failure}");
    }
}
