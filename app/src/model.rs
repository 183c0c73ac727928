//! What the page computes without a browser: routes, wording, checks. No Leptos here, so that plain `#[test]`s reach all of it.

pub mod bars;
pub mod clock;
pub mod code_line;
pub mod columns;
#[cfg(test)]
mod contrast;
pub mod export_draft;
pub mod file_name;
pub mod folds;
pub mod format;
pub mod import_draft;
pub mod json;
pub mod keys;
pub mod matching;
pub mod paired;
pub mod publish_draft;
pub mod replay_keys;
pub mod report;
pub mod route;
pub mod row_face;
pub mod row_moves;
pub mod samples;
pub mod scroll;
pub mod speed;
pub mod start_draft;
pub mod storage_line;
pub mod time_line;
pub mod toasts;
pub mod topic_draft;
pub mod verification;
pub mod window_cache;
