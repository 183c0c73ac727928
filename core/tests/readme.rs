//! The README's Rust is this code, and this code runs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::error::Error;

use futures_executor::block_on;

async fn twelve_lines() -> Result<(), Box<dyn Error>> {
    // The README begins.
    use tablog_core::{broker::Broker, client::Producer, env::SimEnv, ids::*};
    use tablog_core::{record::NewRecord, storage::memory::MemoryStorage};

    let broker = Broker::open(MemoryStorage::new(), SimEnv::new(1, Timestamp::from_millis(0))).await?;
    let orders = TopicName::parse("orders")?;
    broker.create_topic(&orders, 3, &[]).await?;

    let producer = Producer::new(broker.clone(), orders.clone());
    let record = NewRecord { key: Some("o-7".into()), value: Some("paid".into()), ..NewRecord::default() };
    let landed = producer.send(vec![record.into()]).await.remove(0)?;

    let partition = TopicPartition { topic: orders, partition: landed.partition };
    let fetched = broker.fetch(&partition, landed.offset, 64 * 1024).await?;
    let first = fetched.batches[0].records()?.next().unwrap()?;
    assert_eq!((first.offset, first.value), (Offset::ZERO, Some("paid".into())));
    // The README ends.
    Ok(())
}

#[test]
fn the_readmes_rust_does_what_it_says() {
    block_on(twelve_lines()).unwrap();
}

#[test]
fn the_readme_shows_just_the_code_that_is_tested() {
    let here = include_str!("readme.rs");
    let body = here.split("// The README begins.\n").nth(1).unwrap();
    let body = body.split("    // The README ends.").next().unwrap();
    let lines: Vec<&str> = body.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let block = format!("```rust\n{}\n```\n", lines.join("\n"));
    assert!(include_str!("../../README.md").contains(&block), "README.md should show:\n{block}");
}
