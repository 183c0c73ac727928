//! A whole transaction in one go: all requests are put together first, then the browser gets them at once. Why that has to be
//! JavaScript is told in `burst.js`.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbRequest, IdbTransaction};

use crate::storage::{Durability, Table};

#[wasm_bindgen(module = "/src/browser/burst.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    #[allow(clippy::too_many_arguments, reason = "numbers and arrays are cheaper to hand over than objects")]
    fn burst(
        database: &IdbDatabase,
        tables: &Array,
        mode: u8,
        kinds: &[u8],
        first: &Array,
        second: &Array,
        is_all: bool,
    ) -> Result<Array, JsValue>;

    // Caught, although it throws nothing: so the script imports it by its name, as the other one, and not the whole file once more.
    #[wasm_bindgen(catch, js_name = whenEnded)]
    fn when_ended(transaction: &IdbTransaction, done: &Ended) -> Result<(), JsValue>;
}

/// Hears how a transaction ended: whether it is complete, and else what says why, which may be null.
pub(super) type Ended = Closure<dyn FnMut(bool, JsValue)>;

thread_local! {
    /// The names of all tables, made once: handing over a text costs more than what is done with it here.
    static TABLES: Array = Table::ALL.iter().map(|table| JsValue::from(table.name())).collect();
}

/// What can be asked of a table, with the number that `burst.js` knows it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Method {
    Put = 0,
    Add = 1,
    Delete = 2,
    Get = 3,
    GetAll = 4,
    GetAllKeys = 5,
    GetAllRecords = 6,
    OpenKeyCursor = 7,
}

/// What a transaction is for; `burst.js` knows it by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write(Durability),
}

impl Mode {
    fn number(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Write(Durability::Relaxed) => 1,
            Self::Write(Durability::Strict) => 2,
        }
    }
}

/// Requests that are put together.
#[derive(Debug, Default)]
pub(super) struct Burst {
    kinds: Vec<u8>,
    first: Array,
    second: Array,
}

/// Requests that were made.
#[derive(Debug)]
pub(super) struct Sent {
    pub transaction: IdbTransaction,
    /// The transaction, and the requests in the order in which they were put together.
    made: Array,
}

impl Burst {
    /// Adds a request with the method's parameters; those that it has not are undefined.
    pub fn ask(&mut self, table: Table, method: Method, first: &JsValue, second: &JsValue) {
        self.kinds.push((table as u8) << 4 | method as u8);
        self.first.push(first);
        self.second.push(second);
    }

    /// Tells whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Begins a transaction over the tables that are asked, with these requests; `is_all` lets the browser end it
    /// without hearing from us again.
    ///
    /// # Errors
    /// What the browser throws; then nothing is changed.
    pub fn send(self, database: &IdbDatabase, mode: Mode, is_all: bool) -> Result<Sent, JsValue> {
        let (mode, kinds, first, second) = (mode.number(), &self.kinds, &self.first, &self.second);
        let made = TABLES.with(|tables| burst(database, tables, mode, kinds, first, second, is_all))?;
        Ok(Sent { transaction: made.get(0).unchecked_into(), made })
    }
}

impl Sent {
    /// Hands the requests out, in the order in which they were put together.
    pub fn requests(&self) -> impl Iterator<Item = IdbRequest> {
        (1..self.made.length()).map(|at| self.made.get(at).unchecked_into())
    }

    /// Lets `ended` hear how the transaction ends. It has to be there until then.
    ///
    /// # Errors
    /// What the browser throws; then nobody hears.
    pub fn when_ended(&self, ended: &Ended) -> Result<(), JsValue> {
        when_ended(&self.transaction, ended)
    }
}
