//! Looking at records: windows over many partitions in time order, previews, value views and replay clocks, over any
//! [`tablog_core::source::Source`], and the records of Kafka's internal topics as fields. Pure: no browser, no clock of its own.

pub mod internal;
pub mod limits;
pub mod preview;
pub mod replay;
#[cfg(test)]
mod test_source;
pub mod text;
pub mod time_order;
pub mod value;

pub use preview::{Preview, PreviewKind, RowPreview};
pub use replay::{Due, DueRow, Replay, ReplayState, Speed};
pub use time_order::{Refreshed, Row, RowContent, Start, TimeOrder};
pub use value::{ValueView, ViewKind};
