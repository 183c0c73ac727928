//! One thread that polls whatever is ready, in an order that a seed decides.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use super::trace::{Trace, What};

/// Whose task it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A tab's: it goes when the tab dies, and rests while the tab is frozen.
    Client(u32),
    /// Storage's, for a client: it goes on when the client is gone.
    Commit(u32),
    /// As `Commit`; changes nothing.
    Read(u32),
}

struct Ready(AtomicBool);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Task {
    number: u32,
    owner: Owner,
    future: Pin<Box<dyn Future<Output = ()>>>,
    ready: Arc<Ready>,
    waker: Waker,
}

/// Hands new tasks to the executor, from anywhere.
#[derive(Clone, Default)]
pub struct Spawner {
    shared: Rc<Shared>,
}

#[derive(Default)]
struct Shared {
    new: RefCell<Vec<Task>>,
    next: Cell<u32>,
    /// The task that is being polled.
    current: Cell<u32>,
}

impl Spawner {
    pub fn spawn(&self, owner: Owner, future: impl Future<Output = ()> + 'static) {
        let number = self.shared.next.get() + 1;
        self.shared.next.set(number);
        let ready = Arc::new(Ready(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&ready));
        self.shared.new.borrow_mut().push(Task { number, owner, future: Box::pin(future), ready, waker });
    }

    /// Returns the number of the task that is being polled.
    pub fn current(&self) -> u32 {
        self.shared.current.get()
    }
}

/// What one step did.
pub enum Step {
    Polled(Owner),
    /// Nothing is ready, but for the tasks of frozen clients; or there is nothing left.
    Resting,
}

pub struct Executor {
    tasks: Vec<Task>,
    spawner: Spawner,
    trace: Trace,
}

impl Executor {
    pub fn new(spawner: Spawner, trace: Trace) -> Self {
        Self { tasks: Vec::new(), spawner, trace }
    }

    /// Polls one of the tasks that are ready and not frozen.
    pub fn step(
        &mut self,
        below: impl FnOnce(usize) -> usize,
        is_frozen: impl Fn(u32) -> bool,
        is_dead: impl Fn(u32) -> bool,
    ) -> Step {
        self.tasks.append(&mut self.spawner.shared.new.borrow_mut());
        let (mut ready, mut dead) = (Vec::new(), Vec::new());
        for (at, task) in self.tasks.iter().enumerate() {
            match task.owner {
                Owner::Client(client) if is_dead(client) => dead.push(at),
                Owner::Client(client) if is_frozen(client) => {}
                _ if task.ready.0.load(Ordering::Relaxed) => ready.push(at),
                _ => {}
            }
        }
        if !dead.is_empty() {
            // Their destructors may wake others, so they run before anything else does.
            self.drop_tasks(|owner, _| matches!(owner, Owner::Client(client) if is_dead(client)));
            return self.step(below, is_frozen, is_dead);
        }
        if ready.is_empty() {
            return Step::Resting;
        }
        let at = ready[below(ready.len())];
        let mut task = self.tasks.remove(at);
        task.ready.0.store(false, Ordering::Relaxed);
        self.spawner.shared.current.set(task.number);
        let owner = task.owner;
        let is_done = task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_ready();
        self.trace.tell(What::Polled { task: task.number, owner, is_done });
        if !is_done {
            self.tasks.insert(at, task);
        }
        Step::Polled(owner)
    }

    /// Drops the tasks that `goes` names, wherever they wait.
    pub fn drop_tasks(&mut self, goes: impl Fn(Owner, u32) -> bool) {
        let all = std::mem::take(&mut self.tasks).into_iter();
        let (gone, kept): (Vec<Task>, Vec<Task>) = all.partition(|task| goes(task.owner, task.number));
        self.tasks = kept;
        drop(gone);
    }

    /// Returns the numbers of a client's tasks.
    pub fn tasks_of(&self, client: u32) -> Vec<u32> {
        let tasks = self.tasks.iter().filter(|task| task.owner == Owner::Client(client));
        tasks.map(|task| task.number).collect()
    }

    /// Tells whether any client still has something to do.
    pub fn has_client_tasks(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task.owner, Owner::Client(_)))
    }
}
