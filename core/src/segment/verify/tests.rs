mod damage;
mod logs;
mod metadata;
mod old;

use futures_executor::block_on;

use super::*;
use crate::segment::MemoryFile;

/// A partition's folder as Apache Kafka 4.4.0 left it: idempotent and transactional producers, commits, aborts, and one
/// transaction that is still open.
const FOLDER: &str = "orders-0";
const KAFKAS: [(&str, &[u8]); 7] = [
    (
        "00000000000000000000.log",
        include_bytes!("../../../tests/data/kafka-4.4.0/java-none-mixed-0/00000000000000000000.log"),
    ),
    (
        "00000000000000000000.index",
        include_bytes!("../../../tests/data/kafka-4.4.0/java-none-mixed-0/00000000000000000000.index"),
    ),
    (
        "00000000000000000000.timeindex",
        include_bytes!("../../../tests/data/kafka-4.4.0/java-none-mixed-0/00000000000000000000.timeindex"),
    ),
    (
        "00000000000000000000.txnindex",
        include_bytes!("../../../tests/data/kafka-4.4.0/java-none-mixed-0/00000000000000000000.txnindex"),
    ),
    (
        "00000000000000000031.snapshot",
        include_bytes!("../../../tests/data/kafka-4.4.0/java-none-mixed-0/00000000000000000031.snapshot"),
    ),
    (
        "leader-epoch-checkpoint",
        include_bytes!("../../../tests/data/kafka-4.4.0/java-none-mixed-0/leader-epoch-checkpoint"),
    ),
    (
        "partition.metadata",
        include_bytes!("../../../tests/data/kafka-4.4.0/java-none-mixed-0/partition.metadata"),
    ),
];

type Files = Vec<(String, Vec<u8>)>;

fn kafkas() -> Files {
    KAFKAS.iter().map(|(name, bytes)| (format!("{FOLDER}/{name}"), bytes.to_vec())).collect()
}

/// Returns the bytes of the file whose name ends so.
fn bytes_of<'a>(files: &'a mut Files, end: &str) -> &'a mut Vec<u8> {
    &mut files.iter_mut().find(|(name, _)| name.ends_with(end)).unwrap().1
}

fn verify(files: &Files) -> VerifyReport {
    let directory =
        DataDirectory::from_files(files.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64)));
    let mut verifier =
        Verifier::new(directory, files.iter().map(|(path, bytes)| MemoryFile::new(path, bytes.clone())));
    for _ in 0..10_000 {
        let progress = block_on(verifier.step());
        assert!(progress.bytes_done <= progress.bytes_total);
        if progress.done {
            assert_eq!(progress.bytes_done, progress.bytes_total);
            return verifier.report().clone();
        }
    }
    panic!("verification never ends");
}

/// Returns what was found, but for notes.
fn wrong(report: &VerifyReport) -> Vec<(Check, String)> {
    let wrong = report.findings.iter().filter(|finding| finding.severity != Severity::Note);
    wrong.map(|finding| (finding.check, finding.what.clone())).collect()
}

fn checks(report: &VerifyReport) -> Vec<Check> {
    report.findings.iter().map(|finding| finding.check).collect()
}

#[test]
fn what_kafka_left_is_whole_and_its_open_transaction_is_told() {
    let report = verify(&kafkas());
    assert_eq!(wrong(&report), []);
    assert_eq!(checks(&report), [Check::TimeBackwards, Check::OpenTransaction]);
    assert_eq!(
        report.findings[1].what,
        "producer 4 began a transaction at offset 28 that is neither committed nor aborted"
    );
    assert_eq!((report.errors, report.warnings, report.notes, report.not_listed), (0, 0, 2, 0));
    let [partition] = &report.partitions[..] else { panic!("{report:?}") };
    assert_eq!((partition.topic.as_str(), partition.partition, partition.segments), ("orders", 0, 1));
    assert_eq!((partition.batches, partition.records, partition.log_bytes), (15, 31, 2_501));
    assert_eq!((partition.log_start_offset.value(), partition.log_end_offset.value()), (0, 31));
    assert!(!partition.looks_compacted);
}

#[test]
fn the_report_as_json_says_the_same() {
    let mut files = kafkas();
    bytes_of(&mut files, ".log")[200] ^= 1;
    let report = verify(&files);
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(
        (&json["version"], &json["done"], &json["errors"]),
        (&1.into(), &true.into(), &report.errors.into())
    );
    let finding = &json["findings"][0];
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["check"], "batch-damaged");
    assert_eq!(finding["topic_partition"], "orders-0");
    assert_eq!(finding["file"], "orders-0/00000000000000000000.log");
    assert_eq!((&finding["position_bytes"], &finding["from_offset"]), (&134.into(), &2.into()));
    assert!(finding["what"].as_str().unwrap().contains("its CRC is"));
    assert!(finding["broker"].as_str().unwrap().contains("cuts the log off"));
    assert_eq!(json["partitions"][0]["topic"], "orders");
    assert!(
        json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["check"] == "snapshot-not-compared")
    );
}

#[test]
fn many_findings_alike_are_counted_and_not_all_listed() {
    let mut files = kafkas();
    let index = bytes_of(&mut files, ".index");
    index.clear();
    for entry in 0..5_000_u32 {
        index.extend(entry.to_be_bytes());
        index.extend((entry + 1).to_be_bytes());
    }
    let report = verify(&files);
    let listed = report.findings.iter().filter(|finding| finding.check == Check::OffsetIndexMismatch).count();
    assert_eq!(listed as u64, crate::limits::VERIFY_FINDINGS_PER_FILE_MAX);
    assert!(report.errors > 4_000, "{}", report.errors);
    assert_eq!(
        report.not_listed + report.findings.len() as u64,
        report.errors + report.warnings + report.notes
    );
}

#[test]
fn the_nodes_files_are_held_against_the_logs() {
    let mut files = kafkas();
    let mut add = |name: &str, text: &str| files.push((name.to_owned(), text.as_bytes().to_vec()));
    add("recovery-point-offset-checkpoint", "0\n2\norders 0 32\nother 0 99\n");
    add("log-start-offset-checkpoint", "0\n1\norders 0 40\n");
    add("replication-offset-checkpoint", "0\n1\norders 0 31\n");
    add("cleaner-offset-checkpoint", "0\nx\n");
    add("meta.properties", "version=1\n");
    add("notes.txt", "mine");
    add("orders-0/00000000000000000000.log.deleted", "");
    add("orders-1/partition.metadata", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
    let report = verify(&files);
    let told: Vec<(Severity, Check)> =
        report.findings.iter().skip(2).map(|finding| (finding.severity, finding.check)).collect();
    use Severity::{Error, Note, Warning};
    assert_eq!(
        told,
        [
            (Warning, Check::TopicIdMismatch),
            (Warning, Check::CheckpointBeyondEnd),
            (Error, Check::LogStartBeyondEnd),
            (Error, Check::NodeFileDamaged),
            (Error, Check::NodeFileDamaged),
            (Note, Check::UncleanShutdown),
            (Note, Check::Leftover),
            (Warning, Check::Foreign),
        ]
    );
    let what: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(what[3], "the recovery point of orders-0 is 32, and its log ends at 31");
    assert_eq!(what[4], "the log start offset of orders-0 is 40, and its log ends at 31");
    files.push((".kafka_cleanshutdown".to_owned(), Vec::new()));
    assert!(!checks(&verify(&files)).contains(&Check::UncleanShutdown));
}

#[test]
fn a_node_as_kafka_left_it_is_whole() {
    let mut files = kafkas();
    for (path, _) in &mut files {
        *path = path.replace(FOLDER, "java-none-mixed-0");
    }
    let node: [(&str, &[u8]); 4] = [
        (
            "recovery-point-offset-checkpoint",
            include_bytes!("../../../tests/data/kafka-4.4.0/recovery-point-offset-checkpoint"),
        ),
        (
            "replication-offset-checkpoint",
            include_bytes!("../../../tests/data/kafka-4.4.0/replication-offset-checkpoint"),
        ),
        (
            "log-start-offset-checkpoint",
            include_bytes!("../../../tests/data/kafka-4.4.0/log-start-offset-checkpoint"),
        ),
        ("meta.properties", include_bytes!("../../../tests/data/kafka-4.4.0/meta.properties")),
    ];
    files.extend(node.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())));
    assert_eq!(wrong(&verify(&files)), []);
}

#[test]
fn a_file_that_cannot_be_read_is_a_finding_and_stops_nothing() {
    struct Broken(MemoryFile);
    impl ReadAt for Broken {
        fn name(&self) -> &str {
            self.0.name()
        }
        fn len_bytes(&self) -> u64 {
            self.0.len_bytes()
        }
        async fn read_at(
            &self,
            position: u64,
            bytes_len: usize,
        ) -> Result<bytes::Bytes, crate::segment::ReadError> {
            if self.name().contains("orders") {
                let (file, cause) = (self.name().to_owned(), "the disk is gone".to_owned());
                return Err(crate::segment::ReadError { file, position_bytes: position, cause });
            }
            self.0.read_at(position, bytes_len).await
        }
    }
    let mut files = kafkas();
    files.extend(kafkas().into_iter().map(|(path, bytes)| (path.replace(FOLDER, "a-0"), bytes)));
    let directory =
        DataDirectory::from_files(files.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64)));
    let readers = files.iter().map(|(path, bytes)| Broken(MemoryFile::new(path, bytes.clone())));
    let mut verifier = Verifier::new(directory, readers);
    let mut steps = 0;
    while !block_on(verifier.step()).done {
        steps += 1;
        assert!(steps < 100);
    }
    let report = verifier.report();
    let unreadable = report.findings.iter().filter(|finding| finding.check == Check::Unreadable);
    assert_eq!(unreadable.count(), 4, "log, snapshot, epochs, metadata: {report:?}");
    assert_eq!(report.partitions[0].records, 31);
}
