//! Measures what a reader waits for, on this machine: windows of a topic of 1,000,000 records, jumps, a file's index, the JSON
//! view of a 10 MB value. Run with `cargo run --release -p tablog-inspect --example measure`.

use std::time::Instant;

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::broker::Broker;
use tablog_core::client::producer::Producer;
use tablog_core::env::SimEnv;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
use tablog_core::record::NewRecord;
use tablog_core::segment::{LogFile, MemoryFile};
use tablog_core::source::Source;
use tablog_core::storage::memory::MemoryStorage;
use tablog_inspect::{RowPreview, Start, TimeOrder, ValueView, ViewKind};

const RECORDS: i64 = 1_000_000;

fn main() {
    for partitions in [1, 3, 1_000] {
        let name = TopicName::parse("measured").expect("a good name");
        let broker = block_on(filled(&name, partitions));
        let source = || block_on(broker.source(&name)).expect("the topic is there");
        println!("\n{RECORDS} records of about 200 bytes in {partitions} partitions");
        windows(source);
        if partitions == 1 {
            file(&source());
        }
    }
    values();
}

fn record(n: i64) -> NewRecord {
    let value = format!(
        "{{\"id\":{n},\"status\":\"created\",\"total\":{}.50,\"note\":\"{}\"}}",
        n % 977,
        "lorem ipsum dolor sit amet ".repeat(5)
    );
    // Every seventh record is late by up to a second.
    let late = if n % 7 == 0 { n * 37 % 1_000 } else { 0 };
    NewRecord {
        timestamp: Some(Timestamp::from_millis(1_700_000_000_000 + n * 3 - late)),
        key: Some(Bytes::from(format!("o-{}", n * 7_919 % 100_003))),
        value: Some(Bytes::from(value)),
        headers: Vec::new(),
    }
}

async fn filled(name: &TopicName, partitions: i32) -> Broker<MemoryStorage, SimEnv> {
    let broker = Broker::open(MemoryStorage::new(), SimEnv::new(1, Timestamp::from_millis(0)))
        .await
        .expect("it opens");
    broker.create_topic(name, partitions, &[]).await.expect("it is new");
    let producer = Producer::new(broker.clone(), name.clone());
    for start in (0..RECORDS).step_by(10_000) {
        let records = (start..start + 10_000).map(|n| record(n).into()).collect();
        assert!(producer.send_all(records).await.failed.is_empty(), "memory takes them all");
    }
    broker
}

/// Runs something and prints how long it took.
fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = run();
    println!("  {:9.3} ms  {what}", start.elapsed().as_secs_f64() * 1_000.0);
    out
}

fn windows<S: Source>(source: impl Fn() -> S) {
    let order = timed("lay out the zones", || block_on(TimeOrder::open(source(), None))).expect("it opens");
    let rows = order.rows();
    timed("refresh with nothing new", || block_on(order.refresh())).expect("it refreshes");
    let window = |what: &str, order: &TimeOrder<S>, first: u64| {
        let rows = timed(what, || block_on(order.window(first, 200))).expect("it reads");
        assert_eq!(rows.len(), 200);
        rows
    };
    window("first window, newest 200 rows", &order, rows - 200);
    let fresh = block_on(TimeOrder::open(source(), None)).expect("it opens");
    let shown = window("first window, oldest 200 rows", &fresh, 0);
    window("the next 200 rows", &fresh, 200);
    let fresh = block_on(TimeOrder::open(source(), None)).expect("it opens");
    window("first window, from the middle", &fresh, rows / 2);
    window("200 rows before it", &fresh, rows / 2 - 200);
    let mut jumps: Vec<f64> = (1..100)
        .map(|n| {
            let start = Instant::now();
            block_on(fresh.window(n * 7_919 * 37 % (rows - 200), 200)).expect("it reads");
            start.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    jumps.sort_by(f64::total_cmp);
    println!("  {:9.3} ms  a jump anywhere, median of 99 (slowest {:.3} ms)", jumps[49], jumps[98]);
    let fresh = block_on(TimeOrder::open(source(), None)).expect("it opens");
    let time = Timestamp::from_millis(1_700_000_000_000 + RECORDS);
    timed("row at a time, nothing read before", || block_on(fresh.row_at(Start::Time(time))))
        .expect("it is found");
    let offset = Start::Offset { partition: PartitionId::new(0), offset: Offset::new(RECORDS / 3_000) };
    timed("row at an offset", || block_on(fresh.row_at(offset))).expect("it is found");
    let histogram =
        timed("histogram of 400 buckets", || block_on(fresh.histogram(None, 400))).expect("it counts");
    println!("                {} of {} records estimated", histogram.estimated, rows);
    timed("previews of 200 rows", || {
        let records = shown.iter().filter_map(|row| match &row.content {
            tablog_inspect::RowContent::Record { record, .. } => Some(RowPreview::of(record)),
            tablog_inspect::RowContent::Unreadable { .. } => None,
        });
        records.map(|preview| preview.value.text.len()).sum::<usize>()
    });
}

fn file<S: Source>(source: &S) {
    let mut bytes = Vec::new();
    let mut from = Offset::ZERO;
    let end = block_on(source.bounds(PartitionId::new(0))).expect("it is there").high_watermark;
    while from < end {
        let fetched = block_on(source.fetch(PartitionId::new(0), from, 1 << 20)).expect("it reads");
        fetched.batches.iter().for_each(|batch| bytes.extend_from_slice(batch.bytes()));
        from = fetched.next_offset;
    }
    println!("the same as a .log file of {} MiB", bytes.len() >> 20);
    let file = MemoryFile::new("t-0/00000000000000000000.log", bytes);
    let log = timed("open the file", || block_on(LogFile::open(file))).expect("it is a log");
    timed("first step of the index", || block_on(log.index_step())).expect("it reads");
    println!("                {} rows can be seen", log.report().records);
    timed("the rest of the index, CRCs checked", || {
        while !block_on(log.index_step()).expect("it reads").done {}
    });
    let order = block_on(TimeOrder::open(log, None)).expect("it opens");
    timed("first window, newest 200 rows", || block_on(order.window(order.rows() - 200, 200)))
        .expect("it reads");
}

fn values() {
    let mut json = String::from("[");
    while json.len() < 10_000_000 {
        let n = json.len();
        json += &format!(
            "{{\"id\":{n},\"tags\":[\"a\",\"b\",{n}.5],\"nested\":{{\"deep\":[true,null]}},\"text\":\"größe\"}},"
        );
    }
    json.pop();
    json.push(']');
    let text = Bytes::from(json);
    println!("\na JSON value of {} bytes", text.len());
    for (kind, what) in
        [(ViewKind::Json, "JSON"), (ViewKind::Text, "text (one line)"), (ViewKind::Hex, "hex")]
    {
        let mut view = ValueView::new(kind, text.clone());
        timed(&format!("{what}: first step of 64 KiB and first 100 lines"), || {
            view.step(64 * 1024);
            view.window(0, 100).len()
        });
        let mut longest = 0.0_f64;
        timed(&format!("{what}: all of it, in steps of 256 KiB"), || {
            loop {
                let start = Instant::now();
                let done = view.step(256 * 1024).done;
                longest = longest.max(start.elapsed().as_secs_f64() * 1_000.0);
                if done {
                    break;
                }
            }
        });
        let lines = view.progress().lines;
        println!("                {lines} lines; the longest step took {longest:.3} ms");
        timed(&format!("{what}: 100 lines from the middle"), || view.window(lines / 2, 100).len());
    }
}
