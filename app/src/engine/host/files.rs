//! Files that a person dropped: what they are, and Kafka's logs opened in place.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use tablog_core::browser::BlobFile;
use tablog_core::limits::LINE_BYTES_MAX;
use tablog_core::record::batch::BATCH_HEADER_BYTES;
use tablog_core::segment::{LogFile, OpenLogError, ReadAt, ReadError};
use wasm_bindgen_futures::spawn_local;

use super::Host;
use super::failures::failure;
use super::job::Job;
use super::open_log::OpenLog;
use super::pace::{Pacer, now_ms, sleep_ms};
use crate::engine::logic::guess::{Sample, guess_lines, topic_for, why_a_log};
use crate::engine::protocol::{
    Event, Failure, FailureKind, FileFormat, FileGuess, FileId, OpenedFile, SourceRef,
};

/// Bytes that are looked at first.
const HEAD_BYTES: usize = 64 * 1024;
/// Bytes of a first line that are looked at before giving up on it: longer lines are not imported either.
const HEAD_BYTES_MAX: usize = LINE_BYTES_MAX;
/// Further places of a file that are looked at, spread evenly up to its end.
const PLACES: u64 = 8;
/// Bytes looked at in each of them.
const PLACE_BYTES: usize = 16 * 1024;
/// Milliseconds that opening may index before it answers.
const OPEN_MS: f64 = 30.0;
/// Milliseconds that one file is indexed before it is looked which one is to be next.
const TURN_MS: f64 = 100.0;
/// Milliseconds until it is looked again how far an export has come with a file that it indexes.
const LED_MS: u32 = 100;
/// A file that is being indexed is told of when the time that went into it has grown by this share. Each time makes the page read
/// the rows that it shows anew, so that a large file is told of more seldom the longer it takes.
const TELL_EVERY_SHARE: f64 = 0.2;

/// The files that are open.
#[derive(Default)]
pub struct Files {
    open: RefCell<BTreeMap<FileId, Rc<OpenFile>>>,
    /// Whether somebody indexes what is open.
    is_indexing: Cell<bool>,
}

/// One open log.
pub struct OpenFile {
    /// The log.
    pub log: OpenLog,
    is_closed: Cell<bool>,
    /// Milliseconds that went into its index, and how many they were when its views were told last.
    indexing_ms: Cell<f64>,
    told_ms: Cell<f64>,
    is_indexed: Cell<bool>,
    /// Whether an export indexes it, and reads it on the way.
    pub(super) is_led: Cell<bool>,
    /// Why its index ends before the file does.
    failed: RefCell<Option<Failure>>,
}

impl OpenFile {
    /// Makes sure that the file is still there to be read.
    ///
    /// # Errors
    /// `NotFound` once it was closed; what reading reported when that ended its index.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_closed.get() {
            return Err(not_open());
        }
        self.failed.borrow().clone().map_or(Ok(()), Err)
    }
}

impl Files {
    /// Finds an open file.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(&self, id: FileId) -> Result<Rc<OpenFile>, Failure> {
        let found = self.open.borrow().get(&id).cloned();
        found.ok_or_else(not_open)
    }

    /// Returns the files that are not indexed to their end, in the order in which they were opened.
    fn left(&self) -> Vec<(FileId, Rc<OpenFile>)> {
        let open = self.open.borrow();
        let left = open.iter().filter(|(_, file)| !file.is_indexed.get() && file.failed.borrow().is_none());
        left.map(|(id, file)| (*id, Rc::clone(file))).collect()
    }
}

impl Host {
    /// Says what files are.
    pub async fn sniff(&self, job: &Job, names: Vec<String>) -> Result<Vec<FileGuess>, Failure> {
        let mut guesses = Vec::new();
        for (name, blob) in names.into_iter().zip(job.take_incoming()) {
            job.breathe().await?;
            guesses.push(guess(BlobFile::named(name, blob)).await);
        }
        Ok(guesses)
    }

    /// Opens a log in place; the rest of it is indexed while the page looks at its beginning.
    pub async fn open_log(self: &Rc<Self>, job: &Job, name: String) -> Result<OpenedFile, Failure> {
        let log = OpenLog::of_file(BlobFile::named(name, job.take_blob()?)).await?;
        self.open_in_place(job, log).await
    }

    /// Opens all of a topic's files in place.
    pub async fn open_topic_log(
        self: &Rc<Self>,
        job: &Job,
        topic: &str,
        names: Vec<String>,
    ) -> Result<OpenedFile, Failure> {
        let files =
            names.into_iter().zip(job.take_incoming()).map(|(name, blob)| BlobFile::named(name, blob));
        self.open_in_place(job, OpenLog::of_topic(topic, files.collect()).await?).await
    }

    async fn open_in_place(self: &Rc<Self>, job: &Job, log: OpenLog) -> Result<OpenedFile, Failure> {
        let began_ms = now_ms();
        let mut is_indexed = log.index_step().await?.done;
        while !is_indexed && now_ms() - began_ms < OPEN_MS {
            job.breathe().await?;
            is_indexed = log.index_step().await?.done;
        }
        let id = self.next_id();
        let (name, bytes) = (log.name(), log.bytes());
        let open = OpenFile {
            log,
            is_closed: Cell::new(false),
            indexing_ms: Cell::default(),
            told_ms: Cell::default(),
            is_indexed: Cell::new(is_indexed),
            is_led: Cell::new(false),
            failed: RefCell::default(),
        };
        self.files.open.borrow_mut().insert(id, Rc::new(open));
        if !self.files.is_indexing.replace(true) {
            let host = Rc::clone(self);
            spawn_local(async move { host.index().await });
        }
        Ok(OpenedFile { file: id, name, bytes })
    }

    /// Lets go of a file and the views of it.
    pub fn close_file(&self, id: FileId) {
        if let Some(open) = self.files.open.borrow_mut().remove(&id) {
            open.is_closed.set(true);
        }
        for view in self.views.over(|source| *source == SourceRef::File(id)) {
            self.close_view(view.id);
        }
        self.opened.clear();
    }

    /// Indexes all that is open, one file at a time: all at once would read a data directory crosswise. Those that somebody looks
    /// at come first, and else the one that was opened first. What an export indexes is left to it. Their views are told now and
    /// then.
    async fn index(&self) {
        let pacer = Pacer::new();
        loop {
            let left = self.files.left();
            let is_looked_at =
                |id: FileId| !self.views.over(|source| *source == SourceRef::File(id)).is_empty();
            if left.is_empty() {
                break;
            }
            let mut waiting = left.iter().filter(|(_, file)| !file.is_led.get());
            let next = waiting.clone().find(|(id, _)| is_looked_at(*id)).or(waiting.next());
            let began_ms = now_ms();
            if let Some((id, open)) = next {
                self.index_one(*id, open, &pacer).await;
            } else {
                sleep_ms(LED_MS).await;
            }
            let is_worked_on =
                |open: &Rc<OpenFile>| open.is_led.get() || next.is_some_and(|(_, it)| Rc::ptr_eq(it, open));
            for (id, open) in left.iter().filter(|(_, open)| is_worked_on(open)) {
                self.note_indexing(*id, open, now_ms() - began_ms).await;
            }
        }
        self.files.is_indexing.set(false);
    }

    /// Indexes one file for a moment.
    async fn index_one(&self, id: FileId, open: &OpenFile, pacer: &Pacer) {
        let began_ms = now_ms();
        let is_over = || open.is_closed.get() || open.is_indexed.get() || open.is_led.get();
        while !is_over() && now_ms() - began_ms < TURN_MS {
            match open.log.index_step().await {
                Ok(progress) => open.is_indexed.set(progress.done),
                Err(error) => {
                    self.file_failed(id, open, error);
                    break;
                }
            }
            pacer.breathe().await;
        }
    }

    /// Notes the time that went into a file's index, and tells its views when it is worth it.
    async fn note_indexing(&self, id: FileId, open: &OpenFile, spent_ms: f64) {
        open.is_indexed.set(open.log.progress().done);
        open.indexing_ms.set(open.indexing_ms.get() + spent_ms);
        let is_news = open.indexing_ms.get() >= open.told_ms.get() * (1.0 + TELL_EVERY_SHARE);
        if open.failed.borrow().is_none() && (is_news || open.is_indexed.get()) {
            open.told_ms.set(open.indexing_ms.get());
            self.tell_of_file(id).await;
        }
    }

    async fn tell_of_file(&self, id: FileId) {
        for view in self.views.over(|source| *source == SourceRef::File(id)) {
            // What cannot be read shows where it is asked for.
            match view.renew().await {
                Ok(Some(state)) => self.tell_view(state),
                Ok(None) => {
                    if let Ok(state) = view.state(view.order.rows()).await {
                        self.port.tell(Event::View(state));
                    }
                }
                Err(error) => self.view_failed(&view, error),
            }
        }
    }

    /// Ends the index of a file that cannot be read, and closes its views.
    pub(super) fn file_failed(&self, id: FileId, open: &OpenFile, error: ReadError) {
        let failure = Failure::from(error);
        *open.failed.borrow_mut() = Some(failure.clone());
        for view in self.views.over(|source| *source == SourceRef::File(id)) {
            self.close_view(view.id);
            self.port.tell(Event::ViewGone { view: view.id, failure: failure.clone() });
        }
    }
}

fn not_open() -> Failure {
    failure(FailureKind::NotFound, "The file is not open any more: open it again")
}

/// Says what a file is, or why it cannot be opened.
async fn guess(file: BlobFile) -> FileGuess {
    let (name, bytes) = (file.name().to_owned(), file.len_bytes());
    let no = |reason: String| FileGuess {
        topic: topic_for(&name),
        name: name.clone(),
        bytes,
        format: None,
        reason,
        partitions: 1,
        fields: Vec::new(),
    };
    match LogFile::open(file.clone()).await {
        Ok(_) => match file.read_at(0, BATCH_HEADER_BYTES).await {
            Ok(head) => FileGuess { format: Some(FileFormat::Log), ..no(why_a_log(&name, &head).to_owned()) },
            Err(error) => no(error.to_string()),
        },
        Err(OpenLogError::Read(error)) => no(error.to_string()),
        Err(refusal) => match sample(&file).await {
            Err(error) => no(error.to_string()),
            Ok(sample) => {
                let guess = guess_lines(&name, bytes, &sample);
                // What is known by its first bytes is named; else the lines say what is wrong with them.
                match refusal {
                    OpenLogError::Other { found, .. }
                        if guess.format.is_none() && !found.contains("text") =>
                    {
                        no(format!("it is {found}"))
                    }
                    _ => guess,
                }
            }
        },
    }
}

/// Reads some of a file: its beginning up to a line end, and a few places up to its end.
async fn sample(file: &BlobFile) -> Result<Sample, ReadError> {
    let bytes = file.len_bytes();
    let mut head_bytes = HEAD_BYTES;
    let head = loop {
        let head: Bytes = file.read_at(0, head_bytes).await?;
        let is_enough = head.len() < head_bytes || head.contains(&b'\n') || head_bytes >= HEAD_BYTES_MAX;
        if is_enough {
            break head;
        }
        head_bytes *= 4;
    };
    let is_whole = u64::try_from(head.len()).is_ok_and(|read| read >= bytes);
    let mut others = Vec::new();
    if !is_whole {
        let last = bytes.saturating_sub(u64::try_from(PLACE_BYTES).unwrap_or(0));
        for place in 1..=PLACES {
            others.push(file.read_at(last.saturating_mul(place) / PLACES, PLACE_BYTES).await?);
        }
    }
    Ok(Sample { head, is_whole, others })
}
