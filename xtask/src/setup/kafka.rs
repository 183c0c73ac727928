//! Apache Kafka, from Maven Central, with the little Java program of `tests/interop` that starts it, and librdkafka.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::ground::{Ground, find_program};
use crate::setup::apt;
use crate::shell::{self, Context, Failure, Result, read_text, say};

/// Kafka 4's brokers run on 17 and later.
const JAVA_MAJOR_MIN: u32 = 17;
const WHY: &str = "for the tests against Apache Kafka";

/// Kafka and our program over it, ready to be started.
#[derive(Clone, Debug)]
pub struct Kafka {
    /// The options that `java` needs, in a file for `java @file`: the class path and how much memory to take.
    pub arguments: PathBuf,
}

impl Kafka {
    /// Starts a command of `tests/interop`'s program.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut arguments = std::ffi::OsString::from("@");
        arguments.push(&self.arguments);
        let mut java = shell::command("java");
        java.arg(arguments).arg("tablog.interop.Interop").args(words);
        java
    }
}

/// Finds or installs Java, Maven, librdkafka and Kafka's classes, and compiles our program.
pub fn bring(ground: &Ground) -> Result<Kafka> {
    bring_programs()?;
    let interop = ground.root.join("tests/interop");
    let home = ground.target.join("interop");
    let classes = home.join("classes");
    let lib = bring_classes_of_kafka(ground, &interop)?;
    compile(&interop.join("java/tablog/interop"), &lib, &classes)?;
    let class_path = std::env::join_paths([classes.as_path(), &lib.join("*")])
        .context("the target folder's name cannot stand in a class path")?;
    let arguments = home.join("java.args");
    // In such a file a backslash quotes what follows it.
    let quoted = class_path.to_string_lossy().replace('\\', "\\\\");
    let quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";
    shell::write(&arguments, format!("-Xmx512m\n{quiet}\n-cp\n\"{quoted}\"\n"))?;
    Ok(Kafka { arguments })
}

fn bring_programs() -> Result<()> {
    if !["java", "javac"].iter().all(|name| java_major(name).is_some_and(|major| major >= JAVA_MAJOR_MIN)) {
        apt::bring(&["openjdk-17-jdk-headless"], WHY)?;
        if java_major("javac").is_none_or(|major| major < JAVA_MAJOR_MIN) {
            return Err(Failure::new(format!(
                "a JDK {JAVA_MAJOR_MIN} or newer must come first on PATH {WHY}"
            )));
        }
    }
    if find_program("mvn").is_none() {
        apt::bring(&["maven"], WHY)?;
    }
    // librdkafka twice over: as a program, and for the Python script that writes what kcat cannot.
    apt::bring(&["kcat", "python3-confluent-kafka"], WHY)
}

fn java_major(program: &str) -> Option<u32> {
    major(&shell::read(shell::command(program).arg("--version")).ok()?)
}

/// Reads `openjdk 17.0.15 2025-04-15` and `javac 17.0.15`.
fn major(said: &str) -> Option<u32> {
    said.split_whitespace().nth(1)?.split('.').next()?.parse().ok()
}

/// Lets Maven copy the jars that `pom.xml` names to where the machine's tools are, unless those of this very file are there.
/// Returns their folder.
fn bring_classes_of_kafka(ground: &Ground, interop: &Path) -> Result<PathBuf> {
    let pom = read_text(&interop.join("pom.xml"))?;
    let name: String = Sha256::digest(&pom).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let lib = ground.cache.join("kafka").join(name);
    if lib.is_dir() {
        return Ok(lib);
    }
    say("fetching Apache Kafka from Maven Central (once per machine, about 50 MB)");
    // Under another name until it is whole.
    let unfinished = lib.with_extension(std::process::id().to_string());
    shell::remove_folder(&unfinished)?;
    shell::make_folder(&unfinished)?;
    let mut maven = shell::command("mvn");
    maven
        .args(["--quiet", "--batch-mode", "-Dstyle.color=never", "dependency:copy-dependencies"])
        .arg(format!("-DoutputDirectory={}", unfinished.display()))
        .current_dir(interop);
    shell::run(&mut maven)?;
    shell::write(&unfinished.join("installed-pom.xml"), pom)?;
    match fs::rename(&unfinished, &lib) {
        // Another clone was quicker, with the same jars.
        Err(_) if lib.is_dir() => shell::remove_folder(&unfinished)?,
        moved => moved.context(format_args!("cannot put {} in place", lib.display()))?,
    }
    Ok(lib)
}

/// Compiles the program, unless these very sources are compiled.
fn compile(sources: &Path, lib: &Path, classes: &Path) -> Result<()> {
    let files: Vec<PathBuf> = shell::list(sources)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "java"))
        .collect();
    let texts: Result<Vec<String>> = files.iter().map(|file| read_text(file)).collect();
    let text = texts?.concat() + &read_text(&lib.join("installed-pom.xml"))?;
    let compiled = classes.join("compiled-sources.txt");
    if compiled.is_file() && read_text(&compiled)? == text {
        return Ok(());
    }
    shell::remove_folder(classes)?;
    shell::make_folder(classes)?;
    let mut javac = shell::command("javac");
    javac.args(["--release", "17", "-Xlint:all,-path", "-Werror", "-d"]).arg(classes);
    javac.arg("-cp").arg(lib.join("*")).args(files);
    shell::run(&mut javac)?;
    shell::write(&compiled, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javas_version_is_read_and_nonsense_is_not() {
        assert_eq!(major("openjdk 17.0.15 2025-04-15\nOpenJDK Runtime Environment"), Some(17));
        assert_eq!(major("javac 21"), Some(21));
        assert_eq!(major("command not found"), None);
    }
}
