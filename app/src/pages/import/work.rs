//! An import under way: shared by the import dialog and the publish drawer.

use crate::engine::protocol::{ImportReport, ImportRequest, Reply, Request};
use crate::state::files::LocalFile;
use crate::state::work::Work;

/// An import.
pub type ImportWork = Work<ImportReport>;

/// Starts an import, with the file that goes along if it reads one.
pub fn start(work: ImportWork, request: ImportRequest, files: &[LocalFile]) {
    work.start(Request::Import(request), files, async |reply, _| match reply {
        Reply::Imported(report) => Some(Ok(report)),
        _ => None,
    });
}
