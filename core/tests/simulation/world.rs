//! The world of one seed: tabs, one store, a clock, and fate. After every step the invariants are looked at.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_executor::block_on;
use tablog_core::broker::Acks;
use tablog_core::env::{Env, SimEnv};
use tablog_core::storage::{Durability, Storage};

use super::client::{self, Client, Op, SimBroker};
use super::disk::Disk;
use super::executor::{Executor, Owner, Spawner, Step};
use super::model::{Fate, Model};
use super::plan::{PARTITIONS, Settings, TOPICS, below, draw_plan};
use super::trace::{Trace, What};
use crate::common::{millis, open, topic};

/// Far more than any run takes: who needs more goes around in circles.
const STEPS_MAX: u32 = 60_000;

/// What the clocks show at the beginning: a day in 2023.
pub const BEGIN_MS: i64 = 1_700_000_000_000;

/// How often one tab dies at most.
const LIVES: u32 = 3;

/// What tasks share.
pub struct World {
    pub disk: Rc<Disk>,
    pub trace: Trace,
    pub spawner: Spawner,
    pub model: RefCell<Model>,
    pub buffer_memory: usize,
    /// Bytes of the largest call so far, or more.
    largest_call: Cell<usize>,
    tabs: RefCell<Vec<Tab>>,
    orders: Cell<u64>,
}

/// A place for one client after the other.
struct Tab {
    /// The client that lives here; 0 when there is none now.
    client: u32,
    env: Rc<SimEnv>,
    broker: Option<SimBroker>,
    frozen_until: u32,
    back_at: Option<u32>,
    lives: u32,
}

impl World {
    pub fn next_order(&self) -> u64 {
        self.orders.set(self.orders.get() + 1);
        self.orders.get()
    }

    /// Notes how large a call is.
    pub fn calls_with(&self, bytes: usize) {
        self.largest_call.set(self.largest_call.get().max(bytes));
    }

    pub fn opened(&self, tab: usize, broker: &SimBroker) {
        self.tabs.borrow_mut()[tab].broker = Some(broker.clone());
    }
}

/// Runs one seed.
pub struct Simulation {
    pub world: Rc<World>,
    executor: Executor,
    chance: Rc<SimEnv>,
    settings: Settings,
    clients: u32,
    quota_until: u32,
    /// The step from which on nothing goes wrong any more.
    pub calm_from: u32,
}

impl Simulation {
    /// Makes a world with one topic, and tabs that are about to open.
    pub fn new(chance: Rc<SimEnv>, settings: Settings, trace: Trace) -> Self {
        let spawner = Spawner::default();
        let disk = Disk::new(Rc::clone(&chance), spawner.clone(), trace.clone());
        let memory = disk.faulty.inner().clone();
        block_on(async {
            let broker = open(memory.clone(), chance.random()).await;
            broker.create_topic(&topic(TOPICS[0]), PARTITIONS, &[]).await.unwrap();
        });
        disk.faulty.delay_commits(settings.delays.0);
        disk.faulty.delay_reads(settings.delays.1);
        disk.rates.set(settings.rates);
        disk.may_fail.set(settings.may_fail());
        let mut model = Model::default();
        model.compare(&memory, 0, (0, Durability::Strict));
        let world = Rc::new(World {
            disk: Rc::new(disk),
            trace: trace.clone(),
            spawner: spawner.clone(),
            model: RefCell::new(model),
            buffer_memory: settings.buffer_memory,
            largest_call: Cell::new(0),
            tabs: RefCell::default(),
            orders: Cell::new(0),
        });
        let executor = Executor::new(spawner, trace);
        let mut simulation =
            Self { world, executor, chance, settings, clients: 0, quota_until: 0, calm_from: 0 };
        for plan in simulation.settings.plans.clone() {
            simulation.add_tab(plan);
        }
        simulation
    }

    fn add_tab(&mut self, plan: Vec<Vec<Op>>) {
        let env = Rc::new(SimEnv::new(self.chance.random(), millis(BEGIN_MS)));
        let tab = Tab { client: 0, env, broker: None, frozen_until: 0, back_at: None, lives: LIVES };
        self.world.tabs.borrow_mut().push(tab);
        let last = self.world.tabs.borrow().len() - 1;
        self.start(last, plan);
    }

    /// Lets a new client live in a tab.
    fn start(&mut self, at: usize, plan: Vec<Vec<Op>>) {
        self.clients += 1;
        let env = {
            let tab = &mut self.world.tabs.borrow_mut()[at];
            (tab.client, tab.back_at) = (self.clients, None);
            Rc::clone(&tab.env)
        };
        self.tell(format!("tab {at} opens as client {}", self.clients));
        let run = client::run(Rc::clone(&self.world), at, self.clients, env, plan);
        self.world.spawner.spawn(Owner::Client(self.clients), run);
    }

    fn tell(&self, what: String) {
        self.world.trace.tell(What::Fate(what));
    }

    /// Runs until everybody is done, then looks at everything in peace.
    pub fn run(&mut self) {
        while self.step(true) {}
        self.calm_from = self.world.trace.step();
        self.world.disk.calm();
        // What is scripted may still be to come.
        self.world.disk.may_fail.set(self.settings.is_scripted);
        self.settle();
    }

    /// Does one step; `false` when nothing is left to do.
    fn step(&mut self, has_fate: bool) -> bool {
        self.world.trace.next_step();
        let step = self.world.trace.step();
        assert!(step < STEPS_MAX, "it does not end");
        if has_fate {
            self.fate(step);
        }
        self.reopen(step);
        let world = Rc::clone(&self.world);
        let is_frozen = |client| world.tab(client, |tab| tab.frozen_until > step).unwrap_or(false);
        let is_dead = |client| world.tab(client, |_| ()).is_none();
        let chance = Rc::clone(&self.chance);
        let below = |end: usize| below(&chance, end as u64) as usize;
        match self.executor.step(below, is_frozen, is_dead) {
            Step::Polled(Owner::Commit(_)) => self.compare(step),
            Step::Polled(_) => {}
            Step::Resting => return self.wake(step),
        }
        for tab in &*world.tabs.borrow() {
            tab.env.advance(3);
        }
        self.check_memory();
        true
    }

    /// Takes over what a commit may have done.
    fn compare(&mut self, step: u32) {
        let memory = self.world.disk.faulty.inner();
        let by = self.world.disk.last_commit.get();
        let new = self.world.model.borrow_mut().compare(memory, step, by);
        if let Some(place) = new.first().and_then(|number| self.world.model.borrow().records[*number].place) {
            let (client, offset, records) = (by.0, place.offset, new.len());
            let place = format!("{} {:?}", place.partition, place.durability);
            self.world.trace.tell(What::Stored { client, place, offset, records });
        }
    }

    /// Ends whatever keeps others waiting; `false` when there is nothing of the kind, and nobody waits.
    fn wake(&mut self, step: u32) -> bool {
        let mut woken = false;
        for tab in &mut *self.world.tabs.borrow_mut() {
            woken |= tab.frozen_until > step || tab.back_at.is_some();
            tab.frozen_until = 0;
            tab.back_at = tab.back_at.map(|_| 0);
        }
        let waits = self.executor.has_client_tasks();
        assert!(woken || !waits, "nobody can go on, and somebody waits");
        woken
    }

    fn reopen(&mut self, step: u32) {
        let is_due = |tab: &Tab| tab.back_at.is_some_and(|at| at <= step);
        let due = self.world.tabs.borrow().iter().position(is_due);
        if let Some(at) = due {
            let plan = draw_plan(&self.chance, false).into_iter().take(1).collect();
            self.start(at, plan);
        }
    }

    /// Storage is slower than producers: what waits for it has a limit.
    fn check_memory(&self) {
        let limit = self.world.buffer_memory.max(self.world.largest_call.get());
        for tab in &*self.world.tabs.borrow() {
            let held = tab.broker.as_ref().map_or(0, SimBroker::buffered_bytes);
            assert!(held <= limit, "client {} holds {held} bytes, {limit} are allowed", tab.client);
        }
        if self.settings.is_peaceful() {
            let model = self.world.model.borrow();
            for tab in &*self.world.tabs.borrow() {
                let waits = |sent: &&super::model::Sent| {
                    sent.client == tab.client && sent.fate == Fate::Taken && sent.place.is_none()
                };
                let taken: usize = model.records.iter().filter(waits).map(|sent| sent.value.len()).sum();
                assert!(taken <= limit, "client {} was answered for {taken} bytes", tab.client);
            }
        }
    }

    /// Lets something befall somebody, now and then.
    fn fate(&mut self, step: u32) {
        if self.settings.dies_at.is_some_and(|(_, at)| at == step) {
            let tab = self.settings.dies_at.map_or(0, |(tab, _)| tab);
            self.kill(tab, step);
        }
        if self.quota_until == step {
            self.world.disk.faulty.inner().set_quota(None);
        }
        let settings = &self.settings;
        let rolled = below(&self.chance, 6_000);
        let (tabs, chance) = (self.world.tabs.borrow().len() as u64, Rc::clone(&self.chance));
        let tab = below(&chance, tabs) as usize;
        match rolled {
            0..20 if settings.deaths => self.kill(tab, step),
            20..60 if settings.drops => self.drop_one(tab),
            60..100 if settings.freezes => {
                let until = step + 10 + below(&chance, 300) as u32;
                self.world.tabs.borrow_mut()[tab].frozen_until = until;
                self.tell(format!("tab {tab} is frozen until {until}"));
            }
            100..140 if settings.clock_jumps => {
                let reach = [100, 5_000, 86_400_000, 20 * 86_400_000][below(&chance, 4) as usize];
                let by = below(&chance, 2 * reach) as i64 - reach as i64;
                self.world.tabs.borrow()[tab].env.advance(by);
                self.tell(format!("the clock of tab {tab} jumps by {by} ms"));
            }
            140..150 if settings.full_disks => {
                let used = block_on(self.world.disk.faulty.usage()).unwrap().used_bytes;
                let quota = used + below(&chance, 300);
                self.world.disk.faulty.inner().set_quota(Some(quota));
                self.quota_until = step + 1 + below(&chance, 200) as u32;
                self.tell(format!("the disk has {quota} bytes until {}", self.quota_until));
            }
            150..180 if settings.lost_connections => {
                let client = self.world.tabs.borrow()[tab].client;
                self.world.disk.lose_connection(client, 1 + below(&chance, 5) as u32);
                self.tell(format!("client {client} loses its connection"));
            }
            _ => {}
        }
    }

    /// Ends a client where it stands. What it asked of storage goes on.
    fn kill(&mut self, at: usize, step: u32) {
        let client = {
            let tab = &mut self.world.tabs.borrow_mut()[at];
            if tab.client == 0 || tab.lives == 0 {
                return;
            }
            tab.lives -= 1;
            tab.frozen_until = 0;
            tab.back_at = Some(step + 1 + below(&self.chance, 100) as u32);
            std::mem::take(&mut tab.client)
        };
        self.tell(format!("client {client} dies"));
        let broker = self.world.tabs.borrow_mut()[at].broker.take();
        self.executor.drop_tasks(|owner, _| owner == Owner::Client(client));
        drop(broker);
        self.world.model.borrow_mut().nobody_waits(|sent| sent.client == client);
    }

    /// Gives up one of a client's tasks.
    fn drop_one(&mut self, at: usize) {
        let client = self.world.tabs.borrow()[at].client;
        let is_open = self.world.tabs.borrow()[at].broker.is_some();
        let tasks = self.executor.tasks_of(client);
        if tasks.is_empty() || !is_open {
            return;
        }
        let task = tasks[below(&self.chance, tasks.len() as u64) as usize];
        self.tell(format!("task {task} of client {client} is given up"));
        self.executor.drop_tasks(|_, number| number == task);
        let is_its = |sent: &super::model::Sent| sent.task == task && sent.fate == Fate::Waiting;
        self.world.model.borrow_mut().nobody_waits(is_its);
    }

    /// In peace everything works: what waits is stored, each tab sees everything and publishes, and so does a new one.
    fn settle(&mut self) {
        let tabs = self.world.tabs.borrow().len();
        for at in 0..tabs {
            let (number, broker) = {
                let tabs = self.world.tabs.borrow();
                (tabs[at].client, tabs[at].broker.clone().unwrap())
            };
            let client = Client { world: Rc::clone(&self.world), number, broker };
            self.world.spawner.spawn(Owner::Client(number), async move {
                client.act(Op::Flush).await;
                for op in last_ops() {
                    client.act(op).await;
                }
            });
        }
        while self.step(false) {}
        let is_peaceful = self.settings.is_peaceful();
        for (number, sent) in self.world.model.borrow().records.iter().enumerate() {
            assert_ne!(sent.fate, Fate::Waiting, "record {number} was never answered");
            let must = is_peaceful && sent.fate == Fate::Taken;
            assert!(!must || sent.place.is_some(), "record {number} was taken in, and is not stored");
        }
        for tab in &*self.world.tabs.borrow() {
            assert_eq!(
                tab.broker.as_ref().map(SimBroker::buffered_bytes),
                Some(0),
                "nothing is held for good"
            );
        }
        self.add_tab(vec![last_ops().collect()]);
        while self.step(false) {}
    }
}

fn last_ops() -> impl Iterator<Item = Op> {
    let look = |topic| Op::Look { topic, refresh: true, bytes_max: 500 };
    let produce = |topic| Op::Produce { topic, partition: 0, batches: 1, bytes: 3, acks: Acks::Leader };
    TOPICS.into_iter().flat_map(move |topic| [look(topic), produce(topic), Op::Replay { topic }, look(topic)])
}

impl World {
    /// Asks something of the tab where a client lives.
    fn tab<T>(&self, client: u32, ask: impl FnOnce(&Tab) -> T) -> Option<T> {
        self.tabs.borrow().iter().find(|tab| tab.client == client).map(ask)
    }
}
