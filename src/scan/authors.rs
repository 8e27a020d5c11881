//! Names the authors of the commits that introduced and removed credentials.

use std::collections::HashMap;

use crate::git::mailmap::Mailmap;
use crate::git::{Commit, ObjectKind, Odb, Oid};
use crate::model::Finding;
use crate::model::snapshot::Snapshot;
use crate::source::open_repository::OpenRepository;

/// Largest mailmap, in bytes: many times the largest of public projects. A larger one has no effect.
const MAX_MAILMAP: u64 = 4 << 20;

/// Names authors as the mailmap of `files` does, until time is up.
pub(super) fn name(
    repository: &OpenRepository,
    files: Option<&dyn Snapshot>,
    findings: &mut [Finding],
    expired: &dyn Fn() -> bool,
) {
    let mut mailmap = None;
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    for exposure in findings.iter_mut().flat_map(|finding| finding.exposure.iter_mut().chain(&mut finding.exposures)) {
        for change in exposure.introduced.iter_mut().chain(&mut exposure.removed) {
            if expired() {
                return;
            }
            let mailmap = mailmap.get_or_insert_with(|| {
                let bytes = files.and_then(|files| files.read(".mailmap", MAX_MAILMAP).ok().flatten());
                Mailmap::parse(&bytes.unwrap_or_default())
            });
            let author = known.entry(change.commit.clone());
            let author = author.or_insert_with_key(|commit| author_of(repository.odb(), mailmap, commit));
            change.author.clone_from(author);
        }
    }
}

fn author_of(odb: &Odb, mailmap: &Mailmap, commit: &str) -> Option<String> {
    let oid: Oid = commit.parse().ok()?;
    let Ok(Some((ObjectKind::Commit, bytes))) = odb.read(&oid) else { return None };
    let author = mailmap.shown(Commit::parse(&bytes, odb.format)?.author);
    (!author.is_empty()).then_some(author)
}
