//! What the engine decides without a browser, so that native tests reach it.

pub mod guess;
pub mod intake;
pub mod losses;
pub mod markers;
pub mod news;
pub mod once_more;
pub mod problems;
pub mod producers;
pub mod ranges;
pub mod recent;
pub mod survey;
pub mod unstored;
pub mod windows;
pub mod words;
