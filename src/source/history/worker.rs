//! State that the visitors of an object store share: the context of the scan and, for each thread, its scanner and results.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use super::cache::{KnownObjects, ObjectNotes, flags};
use crate::archive::{self, HEAD};
use crate::credential::Fingerprint;
use crate::git::bit_set::BitSet;
use crate::git::walk::VisitedObject;
use crate::git::{ObjectKind, Odb, Oid, Repository};
use crate::model::{Coverage, Origin, SkipReason};
use crate::source::ScanContext;
use crate::source::attribution::GatheredObjects;
use crate::source::blobs::MAX_BLOB;
use crate::source::text_result::{TextHit, TextResult};
use crate::source::text_scanner::{Extras, TextScanner};
use crate::source::text_searcher::TextInput;

/// A hit in an object. Trees and commits know its locations.
#[derive(Debug, Clone)]
pub(super) struct ObjectHit {
    pub(super) oid: Oid,
    pub(super) kind: ObjectKind,
    /// The name that holds it: of a ref or of a tree's entry.
    pub(super) name: Option<Vec<u8>>,
    pub(super) hit: TextHit,
}

impl ObjectHit {
    /// Returns rule and fingerprint.
    pub(super) fn credential(&self) -> (usize, Fingerprint) {
        (self.hit.hit.rule, self.hit.hit.fingerprint)
    }
}

/// Results of some threads.
#[derive(Debug, Default)]
pub(super) struct HistoryPartial {
    pub(super) hits: Vec<ObjectHit>,
    pub(super) coverage: Coverage,
    pub(super) submodules: BTreeSet<Vec<u8>>,
    pub(super) missing: BTreeSet<Oid>,
    /// Git LFS pointers with the names of their content.
    pub(super) pointers: BTreeMap<Oid, String>,
    /// Blobs that mention Stripe, which source lints may want to read.
    pub(super) mentions: HashSet<Oid>,
    pub(super) gathered: GatheredObjects,
}

impl HistoryPartial {
    pub(super) fn merge(&mut self, mut other: Self) {
        if self.mentions.len() < other.mentions.len() {
            std::mem::swap(&mut self.mentions, &mut other.mentions);
        }
        self.hits.extend(other.hits);
        self.coverage.merge(other.coverage);
        self.submodules.extend(other.submodules);
        self.missing.extend(other.missing);
        self.pointers.extend(other.pointers);
        self.mentions.extend(other.mentions);
        self.gathered.merge(other.gathered);
    }

    /// Keeps the hits of `result` and counts what was not read.
    pub(super) fn add(&mut self, (oid, kind): (Oid, ObjectKind), name: Option<&[u8]>, text: &str, result: TextResult) {
        // One example for each reason: an archive may have thousands of versions.
        result.report_skips(&mut self.coverage, text, 1);
        let hit = |hit| ObjectHit { oid, kind, name: name.map(<[u8]>::to_vec), hit };
        self.hits.extend(result.hits.into_iter().map(hit));
    }
}

/// State that the threads share.
pub(super) struct HistoryContext<'a> {
    pub(super) scan: &'a ScanContext<'a>,
    pub(super) repo: &'a Repository,
    pub(super) odb: &'a Odb,
    /// Search every text whole: the slow way, against which the fast one is tested.
    pub(super) plain: bool,
    /// Notes for the next scan.
    pub(super) notes: Option<ObjectNotes>,
    /// Objects that earlier scans have searched.
    pub(super) known: Option<KnownObjects<'a>>,
    /// Numbers of the objects to search; without it, all.
    pub(super) due: Option<&'a BitSet>,
    pub(super) total: Mutex<HistoryPartial>,
}

impl HistoryContext<'_> {
    /// Takes the results since the last call. Workers hand theirs over when dropped.
    pub(super) fn take(&self) -> HistoryPartial {
        std::mem::take(&mut *self.total.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns true if an earlier scan searched the object, and it had these flags.
    pub(super) fn is_known(&self, oid: &Oid, has: impl Fn(u8) -> bool) -> bool {
        self.known.and_then(|known| known.find(oid)).is_some_and(has)
    }
}

/// One thread's scanner and results. Dropping it adds the results to those of the other threads.
pub(super) struct HistoryWorker<'a> {
    pub(super) context: &'a HistoryContext<'a>,
    pub(super) scanner: TextScanner<'a>,
    pub(super) partial: HistoryPartial,
    /// Objects and bytes that are not in `partial` yet.
    counted: (u64, u64),
    /// Numbers, bytes and kinds of objects that are not among the notes yet: these are all over a table that threads share,
    /// and a thread waits for one of them longer than for many at once.
    noted: Vec<(u32, u64, bool)>,
}

impl<'a> HistoryWorker<'a> {
    pub(super) fn new(context: &'a HistoryContext<'a>) -> Self {
        let (scanner, partial) = (TextScanner::new(context.scan), HistoryPartial::default());
        Self { context, scanner, partial, counted: (0, 0), noted: Vec::new() }
    }

    /// Counts an object with the bytes that were read of it.
    pub(super) fn count(&mut self, object: &VisitedObject, bytes: u64) {
        if self.context.notes.is_some() {
            self.noted.push((object.number, bytes, object.kind == ObjectKind::Blob));
        }
        self.counted.0 += 1;
        self.counted.1 += bytes;
        if self.counted.0 >= 512 {
            self.flush_counts();
        }
    }

    /// Counts bytes that belong to an object which was counted.
    pub(super) fn count_more(&mut self, bytes: u64) {
        self.counted.1 += bytes;
    }

    /// Notes something of an object for the next scan.
    pub(super) fn note(&self, object: &VisitedObject, flags: u8) {
        if let Some(notes) = &self.context.notes {
            notes.flag(object.number, flags);
        }
    }

    /// Counts an object that was not read.
    pub(super) fn skip(&mut self, object: &VisitedObject, reason: SkipReason) {
        self.note(object, flags::REPORTED);
        self.partial.coverage.skip(reason, text_name(object));
    }

    fn flush_counts(&mut self) {
        let (objects, bytes) = std::mem::take(&mut self.counted);
        self.partial.coverage.objects += objects;
        self.partial.coverage.bytes += bytes;
        self.context.scan.progress.add_many(objects, bytes);
        if let Some(notes) = &self.context.notes {
            self.noted.drain(..).for_each(|(number, bytes, is_blob)| notes.searched(number, bytes, is_blob));
        }
    }

    /// Keeps the result of a text of `object`, whose bytes were counted. Returns true if it is clean.
    pub(super) fn add(&mut self, object: &VisitedObject, origin: Origin, result: TextResult) -> bool {
        let is_clean = result.is_clean();
        if is_clean {
            self.counted.1 += result.member_bytes;
            if let Some(notes) = self.context.notes.as_ref().filter(|_| result.member_bytes > 0) {
                self.flush_counts();
                notes.add_members(object.number, result.member_bytes);
            }
        } else {
            self.add_named(object, &text_name(object), origin, result);
        }
        is_clean
    }

    /// As [`Self::add`], for a text that coverage calls `text`.
    pub(super) fn add_named(&mut self, object: &VisitedObject, text: &str, origin: Origin, mut result: TextResult) {
        self.counted.1 += result.member_bytes;
        self.note(object, flags::REPORTED);
        if origin != Origin::File {
            result.hits.iter_mut().for_each(|hit| hit.origin = origin);
        }
        self.partial.add((object.oid, object.kind), None, text, result);
    }

    /// Searches an object that does not fit in memory, and keeps its hits if `keep` is set.
    pub(super) fn stream(
        &mut self,
        object: &VisitedObject,
        size: u64,
        content: &mut dyn Read,
        keep: bool,
    ) -> io::Result<()> {
        self.count(object, size);
        let mut bytes = Vec::new();
        (&mut *content).take(HEAD as u64).read_to_end(&mut bytes)?;
        let mut result = if size <= MAX_BLOB && archive::may_be_archive(&bytes, &[]) {
            // Streams are shown one by one, so that one archive at a time is in memory.
            let read = (&mut *content).take(MAX_BLOB).read_to_end(&mut bytes);
            let result = self.scanner.scan(TextInput::Bytes(&bytes), Extras::default());
            TextResult { failure: read.err(), ..result }
        } else {
            let result =
                self.scanner.scan(TextInput::Stream(&mut (&bytes[..]).chain(&mut *content)), Extras::default());
            let unopened = archive::begins_like_archive(&bytes).then(|| self.context.scan.unopened());
            TextResult { skipped: result.skipped.into_iter().chain(unopened).collect(), ..result }
        };
        let (failure, is_defective) = (result.failure.take(), result.is_defective());
        if keep || is_defective {
            self.add(object, Origin::File, result);
        }
        if is_defective {
            // Read the rest, so that the walk does not take the object for a damaged one.
            return io::copy(content, &mut io::sink()).map(drop);
        }
        failure.map_or(Ok(()), Err)
    }

    /// Counts an object whose visit panicked, unless it was visited before and only its bytes were needed.
    pub(super) fn defect(&mut self, object: &VisitedObject, reason: SkipReason) {
        if object.fresh {
            self.skip(object, reason);
        }
    }
}

impl Drop for HistoryWorker<'_> {
    fn drop(&mut self) {
        self.flush_counts();
        let partial = std::mem::take(&mut self.partial);
        self.context.total.lock().unwrap_or_else(PoisonError::into_inner).merge(partial);
    }
}

/// Names an object in coverage.
pub(super) fn text_name(object: &VisitedObject) -> String {
    format!("{} {}", object.kind.name(), object.oid)
}
