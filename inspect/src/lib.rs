//! Looking at records: windows over many partitions in time order, previews, value views and replay clocks, over any
//! [`tablog_core::source::Source`]. Pure: no browser, no clock of its own.

pub mod limits;
pub mod preview;
pub mod text;
