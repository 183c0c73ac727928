//! How much of a file is read, and how much of it at once.

use std::cell::RefCell;

use super::*;
use crate::limits::{FILE_WINDOW_BYTES, SPAN_FETCH_BYTES_MAX};

/// A file that notes how many bytes it was asked for, request by request, and from where on it is gone through.
struct Counted(MemoryFile, RefCell<Vec<usize>>, RefCell<Vec<u64>>);

impl Counted {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        Self(MemoryFile::new(name, bytes), RefCell::default(), RefCell::default())
    }

    /// Takes the requests noted so far.
    fn take(&self) -> Vec<usize> {
        self.1.take()
    }
}

impl ReadAt for Counted {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn len_bytes(&self) -> u64 {
        self.0.len_bytes()
    }

    async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
        self.1.borrow_mut().push(bytes_len);
        self.0.read_at(position, bytes_len).await
    }

    fn read_on(&self, position: u64) {
        self.2.borrow_mut().push(position);
    }
}

#[test]
fn a_file_is_read_once_in_small_requests_and_never_whole() {
    // "Read in place, never loaded whole" was promised, and nothing measured it.
    for (name, records, value_bytes) in [(NAME, 12, 1_000), ("renamed.bin", 12, 1_000), (NAME, 700, 1_000)] {
        let batches = dense(&vec![records; 24 * 1024 / usize::try_from(records).unwrap()], value_bytes);
        let largest = batches.iter().map(|batch| batch.bytes().len()).max().unwrap();
        let bytes = bytes_of(&batches);
        let length = bytes.len();
        assert!(length > 20 * FILE_WINDOW_BYTES, "{length}");
        let log = block_on(LogFile::open(Counted::new(name, bytes))).unwrap();
        while !block_on(log.index_step()).unwrap().done {}
        let middle = batches[batches.len() / 2].base_offset();
        let fetched = block_on(log.fetch(log.partition(), middle, 1)).unwrap();
        assert_eq!(fetched.batches[0].base_offset(), middle);
        let requests = log.file().take();
        let largest_request = requests.iter().max().unwrap();
        assert!(*largest_request <= largest.max(FILE_WINDOW_BYTES), "{name}: {largest_request}");
        let total: usize = requests.iter().sum();
        assert!(total * 10 <= length * 11, "{name}: {total} bytes were read of {length}");
    }
}

/// A header of a batch so large at offset 100, whose CRC fits nothing.
pub(super) fn bait(batch_bytes: usize) -> Vec<u8> {
    let mut header = vec![0; 61];
    header[7] = 100;
    header[8..12].copy_from_slice(&u32::try_from(batch_bytes - 12).unwrap().to_be_bytes());
    header[16] = 2;
    header
}

#[test]
fn one_step_after_damage_checks_a_window_and_one_batch_at_most() {
    // Whatever looked like a batch was read whole and checked, all of them in one step: hundreds of megabytes before anybody
    // else had a turn.
    let bait_bytes = 3 * FILE_WINDOW_BYTES;
    let mut bytes = vec![0xff; 100];
    (0..20).for_each(|_| bytes.extend(bait(bait_bytes)));
    bytes.resize(6 * FILE_WINDOW_BYTES, 0xff);
    let batches = dense(&[3, 2], 10);
    bytes.extend(bytes_of(&batches));
    let log = block_on(LogFile::open(Counted::new(NAME, bytes))).unwrap();
    log.file().take();
    let mut steps_that_check = 0;
    loop {
        let done = block_on(log.index_step()).unwrap().done;
        let requests = log.file().take();
        let checks = requests.iter().filter(|&&bytes| bytes == bait_bytes).count();
        assert!(checks <= 1, "{requests:?}");
        assert!(requests.iter().sum::<usize>() <= 2 * FILE_WINDOW_BYTES + bait_bytes, "{requests:?}");
        steps_that_check += checks;
        if done {
            break;
        }
    }
    assert!(steps_that_check > 1);
    assert_eq!(block_on(log.bounds(log.partition())).unwrap().records, 5);
}

#[test]
fn telling_that_a_file_is_no_log_does_not_read_it_several_times_over() {
    // Each of a thousand places that looked like a large batch was read whole, before the file was said to be no log.
    let bait_bytes = 30 * FILE_WINDOW_BYTES;
    let mut bytes = vec![0xff; 100];
    (0..1_000).for_each(|_| bytes.extend(bait(bait_bytes)));
    bytes.resize(32 * FILE_WINDOW_BYTES, 0xff);
    let file = std::rc::Rc::new(Counted::new("large.bin", bytes));
    let refused = block_on(LogFile::open(std::rc::Rc::clone(&file))).map(|_| ());
    assert!(matches!(refused, Err(OpenLogError::Unknown { .. })), "{refused:?}");
    assert!(file.take().iter().sum::<usize>() <= 70 * FILE_WINDOW_BYTES);
}

#[test]
fn whoever_fetches_on_where_the_last_fetch_stopped_goes_through_the_file_and_whoever_jumps_does_not() {
    let bytes = bytes_of(&dense(&[12; 700], 1_000));
    let log = block_on(LogFile::open(Counted::new(NAME, bytes))).unwrap();
    while !block_on(log.index_step()).unwrap().done {}
    log.file().2.take();
    let fetch = |from| block_on(log.fetch(log.partition(), from, FILE_WINDOW_BYTES)).unwrap();
    let bounds = block_on(log.bounds(log.partition())).unwrap();
    let (mut next, mut fetches) = (bounds.log_start_offset, 0);
    while next < bounds.high_watermark {
        next = fetch(next).next_offset;
        fetches += 1;
    }
    let told = log.file().2.take();
    assert!(fetches > 5 && told.len() == fetches - 1, "{fetches} fetches: {told:?}");
    assert!(told.is_sorted(), "{told:?}");
    fetch(bounds.log_start_offset.advance(4_000));
    fetch(bounds.log_start_offset);
    let (_, mut next) = (fetch(bounds.log_start_offset), bounds.log_start_offset);
    while next < bounds.log_start_offset.advance(2_000) {
        next = block_on(log.fetch(log.partition(), next, SPAN_FETCH_BYTES_MAX)).unwrap().next_offset;
    }
    assert!(log.file().2.take().is_empty());
}

/// Indexes a log to its end, and takes the batches that come along.
fn index_and_read<R: ReadAt>(log: &LogFile<R>) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    while !log.progress().done {
        batches.extend(block_on(log.index_and_read()).unwrap());
    }
    batches
}

#[test]
fn whoever_takes_the_batches_while_they_are_indexed_reads_each_byte_once() {
    // An export waited until all was indexed, and then read all of it a second time.
    let batches = dense(&[12; 2_000], 1_000);
    let bytes = bytes_of(&batches);
    let length = bytes.len();
    let log = block_on(LogFile::open(Counted::new(NAME, bytes))).unwrap();
    log.file().take();
    assert_eq!(index_and_read(&log), batches);
    // A batch that begins in one window and ends in the next is not asked for a second time. The last request is past the end.
    let requests = log.file().take();
    assert!(requests.iter().all(|&bytes| bytes == FILE_WINDOW_BYTES), "{requests:?}");
    assert!(requests.len() <= length.div_ceil(FILE_WINDOW_BYTES) + 1, "{requests:?}");
    assert_eq!(block_on(log.index_and_read()).unwrap(), []);
}

#[test]
fn what_is_taken_while_indexing_is_what_a_fetch_brings_damage_and_all() {
    // Small ones, some that are too large to be checked while indexing, and damage in both.
    let batches = dense(&[3, 700, 5, 2, 700, 4, 700, 9], 600);
    assert!(batches[1].bytes().len() > crate::limits::FILE_VERIFY_BYTES_MAX);
    let whole = bytes_of(&batches);
    let place = |of: usize| bytes_of(&batches[..of]).len() + 100;
    for damaged in [vec![], vec![0], vec![1], vec![3, 4], vec![6], vec![7]] {
        let mut bytes = whole.clone();
        damaged.iter().for_each(|&of| bytes[place(of)] ^= 1);
        let log = block_on(LogFile::open(MemoryFile::new(NAME, bytes.clone()))).unwrap();
        let taken = index_and_read(&log);
        let (fetched, told) = read_all(&open(NAME, bytes).unwrap(), 1);
        assert_eq!(records_of(&taken), fetched, "{damaged:?}");
        assert_eq!(taken.len(), batches.len() - damaged.len(), "{damaged:?}");
        assert_eq!(log.report().damage, told, "{damaged:?}");
        assert_eq!(log.found_up_to(), Some(block_on(log.bounds(log.partition())).unwrap().high_watermark));
    }
}

#[test]
fn a_file_that_changes_between_indexing_and_reading_is_told() {
    /// Gives other bytes to whoever asks for a large batch whole.
    struct Changing(MemoryFile);
    impl ReadAt for Changing {
        fn name(&self) -> &str {
            self.0.name()
        }
        fn len_bytes(&self) -> u64 {
            self.0.len_bytes()
        }
        async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
            if bytes_len > FILE_WINDOW_BYTES {
                Ok(vec![9; bytes_len].into())
            } else {
                self.0.read_at(position, bytes_len).await
            }
        }
    }
    let bytes = bytes_of(&dense(&[3, 2_000, 5], 1_000));
    let log = block_on(LogFile::open(Changing(MemoryFile::new(NAME, bytes)))).unwrap();
    let error = loop {
        match block_on(log.index_and_read()) {
            Ok(_) => assert!(!log.progress().done, "nobody noticed"),
            Err(error) => break error,
        }
    };
    assert_eq!(
        (error.file.as_str(), error.cause.as_str()),
        (NAME, "the file has changed since it was opened")
    );
}
