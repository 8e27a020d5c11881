//! Scans the content behind Git LFS pointers, as far as the repository's own store holds it. Nothing is fetched: missing
//! content is counted.

use std::collections::HashSet;

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
    let hit: HashSet<Oid> = partial.hits.iter().map(|hit| hit.oid).collect();
    store.install(|| {
        pointers.into_par_iter().for_each_init(
            || HistoryWorker::new(context),
            |worker, (oid, name)| {
                if scan_content(worker, oid, name) && !hit.contains(&oid) {
                    worker.clean(oid);
                }
            },
        );
    });
    partial.merge(context.take());
}

/// Scans the content of a pointer. Returns true if it is clean.
fn scan_content(worker: &mut HistoryWorker<'_>, oid: Oid, name: String) -> bool {
    let coverage = &mut worker.partial.coverage;
    let text = || format!("the content of blob {oid}");
    if worker.context.scan.expired() {
        coverage.skip(SkipReason::TimedOut, text());
        return false;
    }
    let mut file = match lfs::open(&worker.context.odb.lfs, name.as_bytes()) {
        Ok(Some(file)) => file,
        Ok(None) => {
            worker.partial.pointers.insert(oid, name);
            return false;
        }
        Err(error) => {
            coverage.skip(error.reason(), error.to_string());
            return false;
        }
    };
    let mut result = worker.scanner.scan(TextInput::File(&mut file, u64::MAX), Extras::default());
    let is_clean = result.is_clean();
    if let Some(error) = result.failure.take() {
        worker.partial.coverage.skip(reason_of(&error), format!("{}: {error}", text()));
    }
    worker.count_more(result.bytes);
    worker.add_named(&VisitedObject { oid, kind: ObjectKind::Blob, fresh: true }, &text(), Origin::File, result);
    is_clean
}
