//! Scans the content behind Git LFS pointers, as far as the repository's own store holds it. Nothing is fetched: missing
//! content is counted.

use rayon::prelude::*;

use super::worker::{HistoryContext, HistoryPartial, HistoryWorker};
use crate::git::walk::{ObjectStore, VisitedObject};
use crate::git::{ObjectKind, Oid, lfs};
use crate::model::{Origin, SkipReason};
use crate::source::text_result::reason_of;
use crate::source::text_scanner::Extras;
use crate::source::text_searcher::TextInput;

/// Scans the content of the pointers in `partial`, and removes those whose content is there.
pub(super) fn scan(context: &HistoryContext<'_>, store: &ObjectStore<'_>, partial: &mut HistoryPartial) {
    let pointers: Vec<(Oid, String)> = std::mem::take(&mut partial.pointers).into_iter().collect();
    store.install(|| {
        let worker = || HistoryWorker::new(context);
        pointers.into_par_iter().for_each_init(worker, |worker, (oid, name)| scan_content(worker, oid, name));
    });
    partial.merge(context.take());
}

/// Scans the content of a pointer.
fn scan_content(worker: &mut HistoryWorker<'_>, oid: Oid, name: String) {
    let coverage = &mut worker.partial.coverage;
    let text = || format!("the content of blob {oid}");
    if worker.context.scan.expired() {
        coverage.skip(SkipReason::TimedOut, text());
        return;
    }
    let mut file = match lfs::open(&worker.context.odb.lfs, name.as_bytes()) {
        Ok(Some(file)) => file,
        Ok(None) => {
            worker.partial.pointers.insert(oid, name);
            return;
        }
        Err(error) => {
            coverage.skip(error.reason(), error.to_string());
            return;
        }
    };
    let mut result = worker.scanner.scan(TextInput::File(&mut file, u64::MAX), Extras::default());
    if let Some(error) = result.failure.take() {
        worker.partial.coverage.skip(reason_of(&error), format!("{}: {error}", text()));
    }
    worker.count_more(result.bytes);
    let object = VisitedObject { oid, number: u32::MAX, kind: ObjectKind::Blob, fresh: true };
    worker.add_named(&object, &text(), Origin::File, result);
}
