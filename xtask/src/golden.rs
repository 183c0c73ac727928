//! `cargo xtask golden`: makes the golden corpus anew, with Apache Kafka.

use crate::ground::Ground;
use crate::setup::{Need, Tools};
use crate::shell::{self, Result, say};

/// Starts brokers, lets Kafka's clients and librdkafka write to them, and keeps what they left in `tests/golden`, each file
/// beside its meaning as Kafka itself tells it. What is there of the same Kafka version is replaced.
///
/// Times and ids that a broker makes up differ from run to run, so the corpus is committed and not made by the tests.
pub fn run(ground: &Ground) -> Result<()> {
    let tools = Tools::bring(ground, &[Need::Kafka])?;
    let corpus = ground.root.join("tests/golden");
    shell::make_folder(&corpus)?;
    say("making tests/golden: this takes minutes, most of them waiting for brokers");
    let librdkafka = ground.root.join("tests/interop/librdkafka.py");
    shell::run(tools.kafka()?.command(&["golden", "."]).arg(librdkafka).current_dir(&corpus))
}
