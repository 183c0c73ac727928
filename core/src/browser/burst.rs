//! A whole transaction in one go: all requests are put together first, then the browser gets them at once. Why that has to be
//! JavaScript is told in `burst.js`.

use js_sys::{Array, Object};
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
        mode: &str,
        options: &TransactionOptions,
        kinds: &[u8],
        first: &Array,
        second: &Array,
        is_all: bool,
    ) -> Result<Array, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The dictionary `IDBTransactionOptions`, which web-sys keeps behind an unstable flag.
    #[wasm_bindgen(extends = Object)]
    type TransactionOptions;

    #[wasm_bindgen(method, structural, setter)]
    fn set_durability(this: &TransactionOptions, durability: &str);
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

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write(Durability),
}

/// Requests that are put together.
#[derive(Debug, Default)]
pub(super) struct Burst {
    tables: Vec<Table>,
    kinds: Vec<u8>,
    first: Array,
    second: Array,
}

/// Requests that were made.
#[derive(Debug)]
pub(super) struct Sent {
    pub transaction: IdbTransaction,
    /// In the order in which they were put together.
    pub requests: Vec<IdbRequest>,
}

impl Burst {
    /// Adds a request with the method's parameters; those that it has not are undefined.
    pub fn ask(&mut self, table: Table, method: Method, first: &JsValue, second: &JsValue) {
        let known = self.tables.iter().position(|known| *known == table);
        let number = known.unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len().saturating_sub(1)
        });
        // There are but a few tables.
        self.kinds.push(u8::try_from(number).unwrap_or(u8::MAX) << 4 | method as u8);
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
        let tables: Array = self.tables.iter().map(|table| JsValue::from(table.name())).collect();
        let options: TransactionOptions = Object::new().unchecked_into();
        let mode = match mode {
            Mode::Read => "readonly",
            Mode::Write(durability) => {
                options.set_durability(match durability {
                    Durability::Relaxed => "relaxed",
                    Durability::Strict => "strict",
                });
                "readwrite"
            }
        };
        let sent = burst(database, &tables, mode, &options, &self.kinds, &self.first, &self.second, is_all)?;
        let requests = sent.get(1).unchecked_into::<Array>().iter().map(JsCast::unchecked_into).collect();
        Ok(Sent { transaction: sent.get(0).unchecked_into(), requests })
    }
}
