//! Opening a log file: telling by its first bytes whether it can be one.

use std::cell::{Cell, RefCell};

use crate::limits::FILE_WINDOW_BYTES;
use crate::segment::index::{Event, Index, OffsetWindow, SharedTransactions};
use crate::segment::log_file::LogFile;
use crate::segment::name::FileName;
use crate::segment::scan::Scan;
use crate::segment::sniff::{Sniffed, sniff};
use crate::segment::{ReadAt, ReadError, wide};

/// Bytes that tell what a file is.
const HEAD_BYTES: usize = 128;

/// Says why a file cannot be opened as a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenLogError {
    /// The file has no bytes, and no name that Kafka gives.
    #[error("{file} is empty: there is nothing to show")]
    Empty {
        /// The file's name.
        file: String,
    },
    /// The file is of another kind.
    #[error("{file} is no Kafka log: it is {found}")]
    Other {
        /// The file's name.
        file: String,
        /// What it is.
        found: String,
    },
    /// The file begins with nothing that is known, and no batch was found in its first megabyte.
    #[error("{file} is no Kafka log: no record batch was found, and it begins with the bytes {found}")]
    Unknown {
        /// The file's name.
        file: String,
        /// Its first bytes in hex.
        found: String,
    },
    /// The file cannot be read at all.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl<R: ReadAt> LogFile<R> {
    /// Looks at a file's first bytes and, if they may be a log's, makes it ready to be indexed.
    ///
    /// # Errors
    /// Says what the file is instead.
    pub async fn open(file: R) -> Result<Self, OpenLogError> {
        let name = FileName::parse(file.name());
        let log = Self::open_as(file, name, OffsetWindow::default(), SharedTransactions::default()).await?;
        log.index.borrow_mut().stand_alone();
        Ok(log)
    }

    /// Opens a file under a name that was made out already; batches outside of the window do not count.
    pub(super) async fn open_as(
        file: R,
        name: FileName,
        window: OffsetWindow,
        transactions: SharedTransactions,
    ) -> Result<Self, OpenLogError> {
        let head = file.read_at(0, HEAD_BYTES).await?;
        let of = || file.name().to_owned();
        if [".index", ".timeindex", ".txnindex", ".snapshot"].iter().any(|end| file.name().ends_with(end)) {
            let found = "one of Kafka's index files: open the .log file beside it".to_owned();
            return Err(OpenLogError::Other { file: of(), found });
        }
        let has_kafkas_name = name.base_offset.is_some();
        match sniff(&head) {
            _ if head.is_empty() && !has_kafkas_name => return Err(OpenLogError::Empty { file: of() }),
            _ if head.is_empty() => {}
            Sniffed::Log => {}
            Sniffed::Other(what) => {
                return Err(OpenLogError::Other { file: of(), found: what.to_owned() });
            }
            Sniffed::Zeros if has_kafkas_name => {}
            // The first bytes of much that is no log could be those of an old message.
            Sniffed::OldFormat { .. } | Sniffed::Zeros | Sniffed::Unknown => {
                if !has_kafkas_name && !Self::holds_a_batch(&file, name).await? {
                    let found: Vec<String> = head.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
                    return Err(OpenLogError::Unknown { file: of(), found: found.join(" ") });
                }
            }
        }
        let scan = Scan::new(name.partition, name.base_offset, file.len_bytes());
        let (index, indexing) = (RefCell::new(Index::within(window, transactions)), Cell::new(false));
        let (scan, fetched_up_to) = (RefCell::new(scan), Cell::new(u64::MAX));
        Ok(Self { file, name, index, scan, indexing, fetched_up_to })
    }

    /// Looks for a batch in the first window, whatever comes before it.
    pub(super) async fn holds_a_batch(file: &R, name: FileName) -> Result<bool, ReadError> {
        let mut scan = Scan::to_sniff(name.partition, name.base_offset, file.len_bytes());
        let mut found = false;
        while !found && !scan.is_done() && scan.position() < wide(FILE_WINDOW_BYTES) {
            let events = scan.step(file).await?;
            found = scan.holds_one_back() || events.iter().any(|event| matches!(event, Event::Batch(_)));
        }
        Ok(found)
    }
}
