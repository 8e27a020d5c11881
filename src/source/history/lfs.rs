//! The content behind Git LFS pointers, as far as it lies in the repository's own store of it.
//!
//! It is read through a window, as any text too large for memory, opened if it is an archive, and told where its
//! pointer is. What is not there is named, and nobody fetches it.

use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;

use rayon::prelude::*;

use super::visitor::{Common, Seen, Share};
use crate::archive;
use crate::detect::stream::{Scratch, scan_reader};
use crate::git::disk::{self, DiskError};
use crate::git::walk::{ObjectStore, VisitedObject};
use crate::git::{ObjectKind, Oid, Repository};
use crate::model::{Origin, SkipReason};
use crate::source::{guarded, members};

/// Reads what the pointers stand for. Those whose content is not here stay in `seen`.
pub(super) fn read(common: &Common<'_>, store: &ObjectStore<'_>, seen: &mut Seen) {
    let pointers: Vec<(Oid, String)> = std::mem::take(&mut seen.pointers).into_iter().collect();
    let hit: HashSet<Oid> = seen.hits.iter().map(|raw| raw.oid).collect();
    let make = || Contents { share: Share::new(common), scratch: Scratch::default() };
    store.install(|| {
        pointers.into_par_iter().for_each_init(make, |contents, (oid, name)| {
            if contents.read(oid, name) && !hit.contains(&oid) {
                contents.share.clean(oid);
            }
        });
    });
    seen.merge(common.take());
}

/// One thread's look at contents.
struct Contents<'a> {
    share: Share<'a>,
    scratch: Scratch,
}

impl Contents<'_> {
    /// Reads the content of a pointer. True if all of it was read and nothing is to be told.
    fn read(&mut self, oid: Oid, name: String) -> bool {
        let coverage = &mut self.share.seen.coverage;
        if self.share.common.shared.expired() {
            coverage.skip(SkipReason::TimedOut, format!("the content of blob {oid}"));
            return false;
        }
        match open(self.share.common.repo, &name) {
            Ok(Some(file)) => guarded(|| self.search(oid, file)).unwrap_or_else(|reason| {
                self.scratch = Scratch::default();
                self.share.seen.coverage.skip(reason, format!("the content of blob {oid}"));
                false
            }),
            Ok(None) => {
                self.share.seen.pointers.insert(oid, name);
                false
            }
            Err(error) => {
                coverage.skip(error.reason(), error.to_string());
                false
            }
        }
    }

    fn search(&mut self, oid: Oid, mut file: File) -> bool {
        let (first, skipped) = (self.share.seen.hits.len(), self.share.seen.coverage.skipped_total());
        let (shared, mut hits) = (self.share.common.shared, Vec::new());
        let outcome = scan_reader(shared.engine, &mut file, &mut self.scratch, &mut hits);
        let coverage = &mut self.share.seen.coverage;
        if self.scratch.cut_short() {
            coverage.skip(SkipReason::OverLimit, format!("the content of blob {oid}"));
        }
        coverage.skip_hits(self.scratch.left_out(), &format!("the content of blob {oid}"));
        if let Err((_, error)) = &outcome {
            coverage.skip(SkipReason::Unreadable, format!("the content of blob {oid}: {error}"));
        }
        let (Ok(bytes) | Err((bytes, _))) = outcome;
        self.share.count_inside(bytes);
        let object = VisitedObject { oid, kind: ObjectKind::Blob, fresh: true };
        self.share.keep(&object, Origin::File, hits);
        if archive::is_archive_at(&mut file) {
            if shared.archives {
                let members = members::open(shared.engine, &mut file, &mut self.scratch, shared.time_left());
                self.share.keep_members(&object, members, first);
            } else {
                self.share.seen.coverage.skip(SkipReason::ArchiveNotOpened, format!("the content of blob {oid}"));
            }
        }
        self.share.seen.hits.len() == first && self.share.seen.coverage.skipped_total() == skipped
    }
}

/// Opens the content of this name; `None` if it is not here.
fn open(repo: &Repository, name: &str) -> Result<Option<File>, DiskError> {
    if name.len() != 64 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let path: PathBuf = [&name[..2], &name[2..4], name].iter().collect();
    Ok(disk::open(&repo.common_dir.join("lfs/objects").join(path))?.map(|(file, _)| file))
}
