//! Whole files and folders, through the doors that the page uses.

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::ids::{Offset, PartitionId, Timestamp};
use tablog_core::segment::{DataDirectory, LogFile, MemoryFile, PartitionLog, ReadAt, TopicLog, Verifier};
use tablog_core::source::{ReadCommitted, Source};

use super::records::{put_checksums_right, time_of};

/// More steps than a small file can need: each takes a mebibyte, or as much as checking false batches may cost.
const STEPS_MAX: usize = 1_000;

/// Takes a `.log`, behind a byte of options: whether the checksums are put right, and which name the file has.
pub fn segment(data: &[u8]) {
    let Some((&options, bytes)) = data.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if options & 1 != 0 {
        put_checksums_right(&mut bytes);
    }
    let name = match options >> 1 & 3 {
        0 => "t-0/00000000000000000000.log",
        1 => "t-3/00000000000000000100.log",
        2 => "t-2147483647/09223372036854775807.log",
        _ => "renamed.bin",
    };
    let length = u64::try_from(bytes.len()).unwrap();
    block_on(async {
        let Ok(log) = LogFile::open(MemoryFile::new(name, bytes)).await else { return };
        let mut steps = 0;
        while !log.index_step().await.unwrap().done {
            steps += 1;
            assert!(steps < STEPS_MAX, "indexing does not end");
        }
        let report = log.report();
        assert!(report.damage.iter().all(|damage| damage.position_bytes <= length), "{report:?}");
        let partition = log.partition();
        read_all(&log, partition).await;
        read_all(&ReadCommitted::new(log), partition).await;
    });
}

/// Reads a source to its end, and asks it for times.
async fn read_all<S: Source>(source: &S, partition: PartitionId) {
    let bounds = source.bounds(partition).await.unwrap();
    let mut from = bounds.log_start_offset;
    let mut times = vec![Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)];
    let mut fetches = 0;
    while from < bounds.high_watermark {
        let fetched = source.fetch(partition, from, 64 * 1024).await.unwrap();
        assert!(fetched.next_offset > from, "fetching does not come on");
        fetches += 1;
        assert!(fetches < 100_000, "fetching does not end");
        for pair in fetched.batches.windows(2) {
            assert!(pair[0].last_offset() < pair[1].base_offset(), "batches overlap");
        }
        for batch in &fetched.batches {
            batch.verify_crc().unwrap();
            assert!(batch.last_offset() >= from && batch.next_offset() <= fetched.next_offset);
            // Hostile bytes under a right CRC: an error is as good as a record, but there is an end.
            if let Ok(open) = batch.open() {
                assert!(open.views().count() <= open.body().len() + 1);
            }
            times.push(time_of(batch));
        }
        from = fetched.next_offset;
    }
    for time in times.into_iter().take(20) {
        if let Some((offset, _)) = source.offset_for_timestamp(partition, time).await.unwrap() {
            assert!(offset >= bounds.log_start_offset && offset < bounds.high_watermark, "offset {offset}");
        }
    }
    let zones = source.zones(partition).await.unwrap();
    assert!(zones.windows(2).all(|pair| pair[0].last_offset < pair[1].base_offset), "zones overlap");
    drop(source.transactions(partition).await.unwrap());
}

/// What a partition's folder may hold, by the byte that stands for it.
const NAMES: [&str; 16] = [
    "00000000000000000000.log",
    "00000000000000000000.index",
    "00000000000000000000.timeindex",
    "00000000000000000000.txnindex",
    "00000000000000000005.snapshot",
    "leader-epoch-checkpoint",
    "partition.metadata",
    "00000000000000000005.log",
    "00000000000000000005.index",
    "00000000000000000005.timeindex",
    "../recovery-point-offset-checkpoint",
    "../meta.properties",
    "00000000000000000005-0000000001.checkpoint",
    "quorum-state",
    "../cleaner-offset-checkpoint",
    "../bootstrap.checkpoint",
];

/// Packs a file of a partition's folder for [`folder`]: a byte for its name, two for its length, its bytes. `None` for what does
/// not fit.
pub fn pack_file(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let extension = |name: &str| name.rsplit(['.', '/']).next().unwrap_or_default().to_owned();
    // Numbers in names differ: the first of a kind takes the first place.
    let known = NAMES.iter().position(|known| extension(known) == extension(name))?;
    let length = u16::try_from(bytes.len()).ok()?;
    Some([&[u8::try_from(known).ok()?], &length.to_be_bytes()[..], bytes].concat())
}

/// Takes the files of a partition's folder as [`pack_file`] packs them, behind a byte of options: verifies them, and reads the
/// partition.
pub fn folder(data: &[u8]) {
    let Some((&options, mut rest)) = data.split_first() else { return };
    let mut files: Vec<(String, Bytes)> = Vec::new();
    while let Some((&[name, high, low], after)) = rest.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([high, low])).min(after.len());
        let (bytes, after) = after.split_at(length);
        rest = after;
        let name = NAMES[usize::from(name) % NAMES.len()];
        let mut bytes = bytes.to_vec();
        if (name.ends_with(".log") || name.ends_with(".checkpoint")) && options & 1 != 0 {
            put_checksums_right(&mut bytes);
        }
        let path = name.strip_prefix("../").map_or_else(|| format!("t-0/{name}"), str::to_owned);
        files.push((path, bytes.into()));
    }
    let sizes = files.iter().map(|(path, bytes)| (path.clone(), u64::try_from(bytes.len()).unwrap()));
    let directory = DataDirectory::from_files(sizes);
    let open = |(path, bytes): &(String, Bytes)| MemoryFile::new(path.clone(), bytes.clone());
    block_on(async {
        let mut verifier = Verifier::new(directory.clone(), files.iter().map(open));
        let mut steps = 0;
        while !verifier.step().await.done {
            steps += 1;
            assert!(steps < STEPS_MAX, "verification does not end");
        }
        let report = verifier.report();
        for finding in &report.findings {
            // Of a path that is there twice the later one counts.
            let file = files.iter().rfind(|(path, _)| *path == finding.file);
            let (at, length) =
                (finding.position_bytes.unwrap_or(0), file.map_or(u64::MAX, |file| open(file).len_bytes()));
            assert!(at <= length && !finding.what.is_empty(), "{finding:?}");
        }
        drop(report.to_json());
        for partitions in directory.topics.values() {
            let logs = partitions.iter().map(|(&partition, partition_files)| {
                let compacted_up_to = (options & 2 != 0).then_some(Offset::new(6));
                PartitionLog::new(partition, partition_files, None, |file| open(&files[file.index]))
                    .compacted_up_to(compacted_up_to)
            });
            let log = TopicLog::new(logs);
            let mut steps = 0;
            while !log.index_step().await.unwrap().done {
                steps += 1;
                assert!(steps < STEPS_MAX, "indexing does not end");
            }
            for &partition in partitions.keys() {
                read_all(&log, partition).await;
                assert!(log.partition(partition).is_some());
            }
        }
    });
}

/// Takes paths, one a line: every file is found again in one place, and nowhere twice.
pub fn paths(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let directory = DataDirectory::from_files(text.lines().map(|path| (path, 100)));
    // Windows has its own way to write a path.
    let paths: Vec<String> = text.lines().map(|path| path.replace('\\', "/")).collect();
    let mut seen = vec![0; paths.len()];
    let partitions = directory.topics.values().flat_map(|partitions| partitions.values());
    let all =
        partitions.flat_map(|files| files.all()).chain(directory.node_files.iter().map(|(_, file)| file));
    let left = directory.leftovers.iter().flat_map(|leftover| &leftover.files);
    for file in all.chain(left).chain(directory.foreign.iter().map(|foreign| &foreign.file)) {
        assert_eq!(file.path, paths[file.index]);
        seen[file.index] += 1;
    }
    for (index, &times) in seen.iter().enumerate() {
        let is_last = !paths[index + 1..].contains(&paths[index]);
        assert!(times <= 1, "{} is there {times} times", paths[index]);
        assert!(times == 1 || !is_last, "{} is nowhere", paths[index]);
    }
}
