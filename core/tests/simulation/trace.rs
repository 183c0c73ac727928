//! What happened, step by step: the same from the same seed, and short enough to be kept whole.

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::executor::Owner;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Polled {
        task: u32,
        owner: Owner,
        is_done: bool,
    },
    /// A client begins something.
    Begins {
        client: u32,
        what: String,
    },
    /// A client heard how something ended.
    Heard {
        client: u32,
        what: String,
    },
    /// Records got their offsets.
    Stored {
        client: u32,
        place: String,
        offset: i64,
        records: usize,
    },
    /// Something was done to the world.
    Fate(String),
}

/// Keeps what happened, with the step at which it did. A clone writes into the same one.
#[derive(Clone, Default)]
pub struct Trace {
    shared: Rc<Shared>,
}

#[derive(Default)]
struct Shared {
    step: Cell<u32>,
    events: RefCell<Vec<(u32, What)>>,
}

impl Trace {
    pub fn next_step(&self) {
        self.shared.step.set(self.step() + 1);
    }

    pub fn step(&self) -> u32 {
        self.shared.step.get()
    }

    pub fn tell(&self, what: What) {
        self.shared.events.borrow_mut().push((self.step(), what));
    }

    pub fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.shared.events.borrow().hash(&mut hasher);
        hasher.finish()
    }

    /// Writes the last `lines` events, one a line.
    pub fn text(&self, lines: usize) -> String {
        let events = self.shared.events.borrow();
        let last = &events[events.len().saturating_sub(lines)..];
        last.iter().map(|(step, what)| format!("{step:>6}  {what:?}\n")).collect()
    }
}
