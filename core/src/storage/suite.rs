//! The behaviour that every backend must pass, one test for each promise of the contract in [`super`].
//!
//! Each test gets `open`, which makes a further client of one store; the store is empty when the test begins.
//! [`storage_suite!`](crate::storage_suite) lists the tests, so that each backend runs every one of them under its own name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "tests, each named by what it promises"
)]

mod added;
mod clients;
mod expectations;
mod rows;
mod scans;

use bytes::Bytes;

use crate::limits::SCAN_ROWS_MAX;
use crate::storage::{
    Content, Durability, Expectation, KeyRange, Order, Row, Scan, Storage, StorageError, Table, Write,
    WriteBatch,
};

pub use added::*;
pub use clients::*;
pub use expectations::*;
pub use rows::*;
pub use scans::*;

/// Hands the names of all tests of the suite to the macro `$each`, separated by commas.
#[macro_export]
macro_rules! storage_suite {
    ($each:ident) => {
        $each! {
            a_missing_row_reads_as_none,
            a_committed_row_reads_back,
            a_later_value_replaces_an_earlier_one,
            an_empty_value_is_not_a_missing_row,
            tables_are_separate,
            keys_are_compared_byte_by_byte,
            a_descending_scan_is_the_reverse_of_an_ascending_one,
            a_range_includes_its_start_and_excludes_its_end,
            a_range_that_ends_before_it_begins_is_empty,
            a_scan_returns_at_most_rows_max_rows,
            a_scan_with_values_stops_at_the_limit,
            a_scan_for_keys_brings_no_values,
            many_scans_together_answer_as_each_one_alone,
            writes_apply_in_the_order_given,
            adding_a_row_that_is_there_changes_nothing,
            a_row_is_added_to_what_the_batch_has_made_of_the_table_so_far,
            of_two_clients_that_add_the_same_row_one_wins,
            pieces_read_back_as_one_value,
            deleting_a_range_leaves_its_neighbours,
            an_empty_batch_commits,
            both_durabilities_complete,
            an_expectation_that_fails_changes_nothing,
            a_last_key_expectation_holds_for_the_last_key_only,
            a_value_expectation_compares_the_whole_value,
            expectations_look_at_what_was_there_before_the_writes,
            a_batch_without_writes_still_checks_its_expectations,
            many_expectations_hold_together_or_not_at_all,
            a_conflict_names_what_was_expected_and_what_was_found,
            two_clients_racing_for_one_place_give_one_winner,
            clients_that_retry_after_a_conflict_leave_no_gap,
            commits_issued_together_all_apply,
            a_commit_is_seen_by_every_client,
            a_read_sees_whole_commits_only,
            a_value_of_ten_megabytes_reads_back,
            a_thousand_rows_in_one_commit_read_back_in_order,
            usage_counts_what_is_stored_and_stays_within_the_quota,
        }
    };
}

/// Appends rows at the store's end, each after a look at where that is; tries again whenever another client was faster.
pub async fn append_many<S: Storage>(client: &S, rows: usize) {
    for _ in 0..rows {
        loop {
            let last = Scan {
                order: Order::Descending,
                content: Content::Keys,
                rows_max: 1,
                ..everything(Table::Chunks)
            };
            let last = client.scan(&last).await.unwrap().pop().map(|row| row.key);
            let next = last.as_ref().map_or(0, |key| usize_of(key) + 1);
            let batch = WriteBatch {
                expectations: vec![Expectation::LastKey { table: Table::Chunks, range: all(), key: last }],
                writes: vec![put(Table::Chunks, &number(next), b"x")],
            };
            match client.commit(&batch, Durability::Relaxed).await {
                Ok(()) => break,
                Err(StorageError::Conflict(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Asks for all rows of a table, as far as one scan goes.
pub fn everything(table: Table) -> Scan {
    Scan { table, range: all(), order: Order::Ascending, content: Content::Rows, rows_max: SCAN_ROWS_MAX }
}

/// Makes a key that sorts as the number does.
pub fn number(n: usize) -> Bytes {
    Bytes::copy_from_slice(&u32::try_from(n).unwrap().to_be_bytes())
}

fn usize_of(key: &[u8]) -> usize {
    usize::try_from(u32::from_be_bytes(key.try_into().unwrap())).unwrap()
}

fn all() -> KeyRange {
    KeyRange { from: vec![], to: vec![0xFF; 9] }
}

async fn commit<S: Storage>(store: &S, writes: impl IntoIterator<Item = Write>) {
    let batch = WriteBatch { expectations: vec![], writes: writes.into_iter().collect() };
    store.commit(&batch, Durability::Relaxed).await.unwrap();
}

async fn check<S: Storage>(store: &S, expectation: Expectation) -> Result<(), StorageError> {
    let batch = WriteBatch { expectations: vec![expectation], writes: vec![] };
    store.commit(&batch, Durability::Relaxed).await
}

fn is_conflict(outcome: &Result<(), StorageError>) -> bool {
    matches!(outcome, Err(StorageError::Conflict(_)))
}

fn expect_value(key: &[u8], value: Option<&[u8]>) -> Expectation {
    let value = value.map(Bytes::copy_from_slice);
    Expectation::Value { table: Table::Meta, key: Bytes::copy_from_slice(key), value }
}

fn expect_last(from: &[u8], to: &[u8], key: Option<&[u8]>) -> Expectation {
    let range = KeyRange { from: from.into(), to: to.into() };
    Expectation::LastKey { table: Table::Meta, range, key: key.map(Bytes::copy_from_slice) }
}

fn put(table: Table, key: &[u8], value: &[u8]) -> Write {
    Write::Put { table, key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value) }
}

fn add(table: Table, key: &[u8], value: &[u8]) -> Write {
    Write::Add { table, key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value) }
}

fn delete(table: Table, from: &[u8], to: &[u8]) -> Write {
    Write::DeleteRange { table, range: KeyRange { from: from.into(), to: to.into() } }
}

fn row(key: &[u8], value: &[u8]) -> Row {
    Row { key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value) }
}

fn keys_of(rows: &[Row]) -> Vec<Bytes> {
    rows.iter().map(|row| row.key.clone()).collect()
}
