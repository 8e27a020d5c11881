//! What the visitors of a store have in common: what they see, and how they count it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;

use super::cache::Cache;
use crate::detect::Hit;
use crate::git::walk::VisitedObject;
use crate::git::{ObjectKind, Odb, Oid, Repository};
use crate::model::{Coverage, Origin, SkipReason};
use crate::source::Shared;
use crate::source::attribution::Gathered;
use crate::source::embedded;
use crate::source::members::Members;

/// A hit in an object. Where that object is, only the trees and commits can tell.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) oid: Oid,
    pub(super) kind: ObjectKind,
    pub(super) origin: Origin,
    /// Members of an archive, or the name of a tree's entry.
    pub(super) chain: Vec<String>,
    /// The name of the entry, where a tree's names were searched.
    pub(super) name: Option<Vec<u8>>,
    /// The original source of a source map, the cell of a notebook.
    pub(super) within: Option<String>,
    pub(super) hit: Hit,
}

/// What all threads have seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) hits: Vec<Raw>,
    pub(super) coverage: Coverage,
    pub(super) submodules: BTreeSet<Vec<u8>>,
    pub(super) missing: BTreeSet<Oid>,
    /// Large files that are kept elsewhere: the pointer and the name of the content.
    pub(super) pointers: BTreeMap<Oid, String>,
    /// Blobs that mention Stripe, whose code lints may want to read.
    pub(super) mentions: HashSet<Oid>,
    /// Objects in which nothing was found and everything was read.
    pub(super) clean: Vec<Oid>,
    /// What attribution wants to know of commits and trees.
    pub(super) gathered: Gathered,
}

impl Seen {
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
        self.clean.extend(other.clean);
        self.gathered.merge(other.gathered);
    }
}

/// What the threads share.
pub(super) struct Common<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) repo: &'a Repository,
    pub(super) odb: &'a Odb,
    /// Search every text whole: the slow way, which the other one is measured against.
    pub(super) plain: bool,
    /// What was clean before, and where what is clean now is remembered.
    pub(super) cache: Option<&'a Cache>,
    pub(super) total: Mutex<Seen>,
}

impl Common<'_> {
    /// What all threads have seen since this was last asked.
    pub(super) fn take(&self) -> Seen {
        std::mem::take(&mut *self.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Whether an object is known to be clean from an earlier scan.
    pub(super) fn knows(&self, name: &[u8]) -> bool {
        self.cache.is_some_and(|cache| cache.has(name))
    }
}

/// One thread's share of what is seen, handed over when dropped.
pub(super) struct Share<'a> {
    pub(super) common: &'a Common<'a>,
    pub(super) seen: Seen,
    counted: (u64, u64),
}

impl<'a> Share<'a> {
    pub(super) fn new(common: &'a Common<'a>) -> Self {
        Self { common, seen: Seen::default(), counted: (0, 0) }
    }

    /// Counts an object with the bytes that were read of it.
    pub(super) fn count(&mut self, bytes: u64) {
        self.counted.0 += 1;
        self.counted.1 += bytes;
        if self.counted.0 >= 512 {
            self.settle();
        }
    }

    /// Counts what was in an object that was counted.
    pub(super) fn count_inside(&mut self, bytes: u64) {
        self.counted.1 += bytes;
    }

    fn settle(&mut self) {
        let (objects, bytes) = std::mem::take(&mut self.counted);
        self.seen.coverage.objects += objects;
        self.seen.coverage.bytes += bytes;
        self.common.shared.progress.add_many(objects, bytes);
    }

    pub(super) fn keep(&mut self, object: &VisitedObject, origin: Origin, hits: Vec<Hit>) {
        self.seen.hits.extend(hits.into_iter().map(|hit| Raw {
            oid: object.oid,
            kind: object.kind,
            origin,
            chain: Vec::new(),
            name: None,
            within: None,
            hit,
        }));
    }

    /// Counts an object that brought out a defect, unless it was visited elsewhere and only its bytes were wanted.
    pub(super) fn defect(&mut self, object: &VisitedObject, reason: SkipReason) {
        if object.fresh {
            self.seen.coverage.skip(reason, format!("{} {}", object.kind.name(), object.oid));
        }
    }

    /// Counts what was left out of an object: whether some of it was not decoded, and how many hits were not kept.
    pub(super) fn leave_out(&mut self, object: &VisitedObject, undecoded: bool, hits: u64) {
        if !undecoded && hits == 0 {
            return;
        }
        let name = format!("{} {}", object.kind.name(), object.oid);
        self.seen.coverage.skip_hits(hits, &name);
        if undecoded {
            self.seen.coverage.skip(SkipReason::OverLimit, name);
        }
    }

    /// Keeps what an archive holds. Hits from `first` on are those of its own bytes: what members hold is told there.
    pub(super) fn keep_members(&mut self, object: &VisitedObject, members: Members, first: usize) {
        self.count_inside(members.bytes);
        for (reason, count, examples) in members.skipped() {
            let example = examples.first().map(|example| format!("blob {}{example}", object.oid));
            self.seen.coverage.skip_many(reason, count, example);
        }
        let known = members.fingerprints();
        let mut own = self.seen.hits.split_off(first.min(self.seen.hits.len()));
        own.retain(|raw| !known.contains(&raw.hit.fingerprint));
        self.seen.hits.append(&mut own);
        self.seen.hits.extend(members.hits.into_iter().map(|member| Raw {
            oid: object.oid,
            kind: object.kind,
            origin: member.origin,
            chain: member.chain,
            name: None,
            within: member.within,
            hit: member.hit,
        }));
    }

    /// Says for the hits from `first` on which text within this one holds them.
    pub(super) fn name_within(&mut self, first: usize, bytes: &[u8]) {
        let hits = self.seen.hits.get_mut(first..).unwrap_or_default();
        let offsets: Vec<u64> = hits.iter().map(|raw| raw.hit.span.start).collect();
        if !offsets.is_empty() {
            let names = embedded::names(bytes, &offsets, self.common.shared.engine.redactor());
            hits.iter_mut().zip(names).for_each(|(raw, name)| raw.within = name);
        }
    }

    /// Remembers an object in which nothing was found.
    pub(super) fn clean(&mut self, oid: Oid) {
        if self.common.cache.is_some() {
            self.seen.clean.push(oid);
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.settle();
        let seen = std::mem::take(&mut self.seen);
        self.common.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).merge(seen);
    }
}
