//! The program of `tests/interop`: a broker, and Kafka's tools and clients.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where the options for `java` are, by which the program is found.
const ARGUMENTS: &str = "TABLOG_INTEROP";

fn java(options: &[&str], words: &[&str]) -> Command {
    let arguments = std::env::var(ARGUMENTS)
        .unwrap_or_else(|_| panic!("{ARGUMENTS} is not set: run this by `cargo xtask test --only interop`"));
    let mut java = Command::new("java");
    java.arg(format!("@{arguments}")).args(options).arg("tablog.interop.Interop").args(words);
    java
}

/// Runs a command to its end and returns what it printed.
pub fn interop(words: &[&str], more: impl Iterator<Item = String>) -> String {
    let output = java(&[], words).args(more).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{words:?} ended with {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Makes an empty folder among the test's own.
pub fn temporary_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A broker on a data directory. It ends with this process, however that ends: it reads its standard input to the end.
pub struct Broker {
    process: Child,
    address: String,
    log: PathBuf,
}

impl Broker {
    pub fn start(data: &Path) -> Self {
        let log = data.with_extension("log");
        // How it loads each log is told at this level.
        let level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
        let of_logs = "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.storage.internals.log=info";
        let mut process = java(&[level, of_logs], &["broker", data.to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let printed = BufReader::new(process.stdout.take().unwrap());
        let ready = printed
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
        let said = || fs::read_to_string(&log).unwrap_or_default();
        let address = ready.unwrap_or_else(|| panic!("the broker did not start:\n{}", said()));
        Self { process, address, log }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops it in order, and returns what it logged.
    pub fn stop(mut self) -> String {
        drop(self.process.stdin.take());
        let status = self.process.wait().unwrap();
        assert!(status.success(), "the broker ended with {status}");
        fs::read_to_string(&self.log).unwrap()
    }
}
