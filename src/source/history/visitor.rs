//! One thread's look at the objects of a store.
//!
//! Blobs are searched like files. Of trees, the names are searched, and what they name is looked up: an object that is
//! missing is told. Commits and tags are searched part by part, so that it can be said which part holds a key. What was
//! copied from a text that was searched already is not searched again; whatever has a pivot is judged on its own bytes,
//! so the result does not depend on how git stored the objects.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::Mutex;

use super::inherit;
use super::texts::parts;
use crate::coverage::{Coverage, Reason};
use crate::decode::wide::is_wide_text;
use crate::engine::prefilter::Found;
use crate::engine::stream::{Scratch, scan_reader};
use crate::engine::{Budget, Hit, Window, mask};
use crate::finding::Origin;
use crate::git::commit::tag_target;
use crate::git::tree::TreeEntries;
use crate::git::walk::{Copied, Made, Object, Visitor};
use crate::git::{Commit, Kind, Odb, Oid, Repository};
use crate::limits::MAX_HITS_PER_BLOB;
use crate::source::{Shared, members};

/// Texts up to this size are searched whole, in bytes; larger ones through a window.
const MAX_WHOLE: usize = 8 << 20;

/// Pivots of one text that are remembered for what is made from it.
const MAX_REMEMBERED: usize = 64 << 10;

/// Longest Git LFS pointer, in bytes.
const MAX_POINTER: usize = 1024;

/// A hit in an object. Where that object is, only the trees and commits can tell.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) oid: Oid,
    pub(super) kind: Kind,
    pub(super) origin: Origin,
    /// Members of an archive, or the name of a tree's entry.
    pub(super) chain: Vec<String>,
    /// The name of the entry, where a tree's names were searched.
    pub(super) name: Option<Vec<u8>>,
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
    /// Objects in which nothing was found and everything was read.
    pub(super) clean: Vec<Oid>,
}

impl Seen {
    fn merge(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.coverage.merge(other.coverage);
        self.submodules.extend(other.submodules);
        self.missing.extend(other.missing);
        self.pointers.extend(other.pointers);
        self.clean.extend(other.clean);
    }
}

/// What the threads share.
pub(super) struct Common<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) repo: &'a Repository,
    pub(super) odb: &'a Odb,
    /// Search every text whole: the slow way, which the other one is measured against.
    pub(super) plain: bool,
    /// Remember what is clean.
    pub(super) keep_clean: bool,
    pub(super) total: Mutex<Seen>,
}

/// What is remembered of a text for those that are made from it.
#[derive(Debug)]
pub(super) enum Memory {
    /// Where its pivots are.
    Pivots(Vec<Found>),
    /// Whether nothing at all was to be told of a tree.
    CleanTree(bool),
    /// Nothing.
    Nothing,
}

pub(super) struct Searcher<'a> {
    common: &'a Common<'a>,
    scratch: Scratch,
    inner: Scratch,
    seen: Seen,
    counted: (u64, u64),
}

impl<'a> Searcher<'a> {
    pub(super) fn new(common: &'a Common<'a>) -> Self {
        Self { common, scratch: Scratch::default(), inner: Scratch::default(), seen: Seen::default(), counted: (0, 0) }
    }

    fn count(&mut self, bytes: u64) {
        self.counted.0 += 1;
        self.counted.1 += bytes;
        if self.counted.0 >= 512 {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let (objects, bytes) = std::mem::take(&mut self.counted);
        self.seen.coverage.objects += objects;
        self.seen.coverage.bytes += bytes;
        self.common.shared.progress.add_many(objects, bytes);
    }

    fn blob(&mut self, object: &Object, bytes: &[u8], base: Option<(&Memory, &[Copied])>) -> Memory {
        let engine = self.common.shared.engine;
        let wide = engine.decodes() && is_wide_text(bytes).is_some();
        if wide || bytes.len() > MAX_WHOLE {
            if object.fresh {
                let _ = self.windows(object, &mut { bytes });
                self.members(object, bytes, self.seen.hits.len());
            }
            return Memory::Nothing;
        }
        let mut found = Vec::new();
        match base {
            Some((Memory::Pivots(known), copies)) if !self.common.plain => {
                inherit::find(engine.prefilter(), known, copies, bytes, &mut found);
            }
            _ => engine.prefilter().find(bytes, &mut found),
        }
        if object.fresh {
            self.judge(object, bytes, &found);
        }
        if found.len() > MAX_REMEMBERED || self.common.plain { Memory::Nothing } else { Memory::Pivots(found) }
    }

    fn judge(&mut self, object: &Object, bytes: &[u8], found: &[Found]) {
        let (first, skipped) = (self.seen.hits.len(), self.seen.coverage.skipped_total());
        if !found.is_empty() {
            let mut budget = Budget::new(bytes.len());
            let hits = self.common.shared.engine.judge_within(&Window::whole(bytes), found, &mut budget);
            if budget.is_spent() {
                self.seen.coverage.skip(Reason::OverLimit, format!("blob {}", object.oid));
            }
            self.keep(object, Origin::File, hits);
        }
        self.members(object, bytes, first);
        self.pointer(object, bytes);
        let is_pointer = self.seen.pointers.contains_key(&object.oid);
        let told = self.seen.coverage.skipped_total() != skipped;
        if self.common.keep_clean && self.seen.hits.len() == first && !is_pointer && !told {
            self.seen.clean.push(object.oid);
        }
    }

    /// Searches what an archive holds. Hits from `first` on are those of its own bytes.
    fn members(&mut self, object: &Object, bytes: &[u8], first: usize) {
        let shared = self.common.shared;
        if !crate::unpack::is_archive(bytes) {
            return;
        }
        if !shared.archives {
            return self.seen.coverage.skip(Reason::ArchiveNotOpened, format!("blob {}", object.oid));
        }
        let left = shared.deadline.map(|deadline| deadline.saturating_duration_since(std::time::Instant::now()));
        let Some(members) = members::of_blob(shared.engine, bytes, &mut self.inner, left) else { return };
        self.counted.1 += members.bytes;
        for (reason, count, examples) in members.skipped() {
            let example = examples.first().map(|example| format!("blob {}{example}", object.oid));
            self.seen.coverage.skip_many(reason, count, example);
        }
        let known = members.fingerprints();
        let mut own = self.seen.hits.split_off(first.min(self.seen.hits.len()));
        own.retain(|raw| !known.contains(&raw.hit.fingerprint));
        self.seen.hits.append(&mut own);
        for member in members.hits {
            let raw = Raw {
                oid: object.oid,
                kind: object.kind,
                origin: member.origin,
                chain: member.chain,
                name: None,
                hit: member.hit,
            };
            self.seen.hits.push(raw);
        }
    }

    fn keep(&mut self, object: &Object, origin: Origin, hits: Vec<Hit>) {
        let left = hits.len().saturating_sub(MAX_HITS_PER_BLOB) as u64;
        if left > 0 {
            let example = Some(format!("{left} more findings in {} {}", object.kind.name(), object.oid));
            self.seen.coverage.skip_many(Reason::OverLimit, left, example);
        }
        let hits = hits.into_iter().take(MAX_HITS_PER_BLOB);
        self.seen.hits.extend(hits.map(|hit| Raw {
            oid: object.oid,
            kind: object.kind,
            origin,
            chain: Vec::new(),
            name: None,
            hit,
        }));
    }

    fn windows(&mut self, object: &Object, reader: &mut dyn Read) -> io::Result<()> {
        let mut hits = Vec::new();
        let outcome = scan_reader(self.common.shared.engine, reader, &mut self.scratch, &mut hits);
        if self.scratch.cut_short() {
            self.seen.coverage.skip(Reason::OverLimit, format!("{} {}", object.kind.name(), object.oid));
        }
        self.keep(object, Origin::File, hits);
        outcome.map(|_| ()).map_err(|(_, error)| error)
    }

    fn pointer(&mut self, object: &Object, bytes: &[u8]) {
        if bytes.len() <= MAX_POINTER && bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
            let text = String::from_utf8_lossy(bytes);
            let oid = text.lines().find_map(|line| line.strip_prefix("oid sha256:")).unwrap_or_default();
            self.seen.pointers.insert(object.oid, oid.trim().to_owned());
        }
    }

    /// Searches the names of a tree and looks up what it names, except where both were copied from another tree.
    fn tree(&mut self, object: &Object, bytes: &[u8], base: Option<(&Memory, &[Copied])>) -> Memory {
        let (inherited, copies) = match base {
            Some((Memory::CleanTree(clean), copies)) if !self.common.plain => (*clean, copies),
            _ => (true, &[][..]),
        };
        let format = object.oid.format();
        let (mut at, mut copy, mut clean) = (0, 0, inherited);
        while at < bytes.len() {
            let start = at;
            let nul = memchr::memchr(0, &bytes[start..]).map_or(bytes.len(), |found| start + found);
            at = (nul + 1 + format.raw_len()).min(bytes.len());
            while copies.get(copy).is_some_and(|copied| copied.to + copied.len < at) {
                copy += 1;
            }
            if copies.get(copy).is_some_and(|copied| copied.to <= start && at <= copied.to + copied.len) {
                continue;
            }
            let Some(Ok(entry)) = TreeEntries::new(&bytes[start..at], format).next() else {
                self.seen.coverage.skip(Reason::Damaged, format!("tree {}", object.oid));
                return Memory::Nothing;
            };
            clean &= self.name(object, entry.name);
            if entry.is_submodule() {
                self.seen.submodules.insert(entry.name.to_vec());
                clean = false;
            } else if !self.common.odb.contains(&entry.oid) {
                self.seen.missing.insert(entry.oid);
                clean = false;
            }
        }
        if self.common.keep_clean && clean {
            self.seen.clean.push(object.oid);
        }
        Memory::CleanTree(clean)
    }

    fn name(&mut self, object: &Object, name: &[u8]) -> bool {
        let engine = self.common.shared.engine;
        let mut found = Vec::new();
        engine.prefilter().find(name, &mut found);
        if found.is_empty() {
            return true;
        }
        let hits = engine.judge(&Window::whole(name), &found);
        let clean = hits.is_empty();
        self.seen.hits.extend(hits.into_iter().map(|hit| Raw {
            oid: object.oid,
            kind: object.kind,
            origin: Origin::FileName,
            chain: Vec::new(),
            name: Some(name.to_vec()),
            hit,
        }));
        clean
    }

    /// Looks up what a commit or tag names. The parents of a shallow boundary are known not to be here. False if
    /// something is amiss.
    fn links(&mut self, object: &Object, bytes: &[u8]) -> bool {
        let format = object.oid.format();
        let named = if object.kind == Kind::Tag {
            tag_target(bytes, format).map(|target| vec![target])
        } else {
            Commit::parse(bytes, format).map(|commit| {
                let is_boundary = self.common.repo.shallow.binary_search(&object.oid).is_ok();
                let parents = if is_boundary { Vec::new() } else { commit.parents };
                parents.into_iter().chain([commit.tree]).collect()
            })
        };
        let Some(named) = named else {
            self.seen.coverage.skip(Reason::Damaged, format!("{} {}", object.kind.name(), object.oid));
            return false;
        };
        let missing: Vec<Oid> = named.into_iter().filter(|oid| !self.common.odb.contains(oid)).collect();
        let whole = missing.is_empty();
        self.seen.missing.extend(missing);
        whole
    }

    /// Searches the parts of a commit or tag, if there is anything to look at in it.
    fn text(&mut self, object: &Object, bytes: &[u8]) {
        let whole = self.links(object, bytes);
        let engine = self.common.shared.engine;
        let mut found = Vec::new();
        engine.prefilter().find(bytes, &mut found);
        let first = self.seen.hits.len();
        if !found.is_empty() {
            for (origin, part) in parts(object.kind, bytes) {
                let mut hits = engine.scan(part);
                hits.truncate(MAX_HITS_PER_BLOB);
                self.keep(object, origin, hits);
            }
        }
        if self.common.keep_clean && whole && self.seen.hits.len() == first {
            self.seen.clean.push(object.oid);
        }
    }

    fn look(&mut self, object: &Object, bytes: &[u8], base: Option<(&Memory, &[Copied])>) -> Memory {
        if object.fresh {
            self.count(bytes.len() as u64);
        }
        match object.kind {
            Kind::Blob => return self.blob(object, bytes, base),
            _ if !object.fresh => {}
            Kind::Tree => return self.tree(object, bytes, base),
            Kind::Commit | Kind::Tag => self.text(object, bytes),
        }
        Memory::Nothing
    }
}

impl Visitor for Searcher<'_> {
    type State = Memory;

    fn whole(&mut self, object: &Object, bytes: &[u8]) -> Memory {
        self.look(object, bytes, None)
    }

    fn made(&mut self, object: &Object, base: &Memory, made: &Made<'_>) -> Memory {
        self.look(object, made.bytes, Some((base, made.copies)))
    }

    fn stream(&mut self, object: &Object, size: u64, content: &mut dyn Read) -> io::Result<()> {
        self.count(size);
        self.windows(object, content)
    }
}

impl Drop for Searcher<'_> {
    fn drop(&mut self) {
        self.settle();
        let seen = std::mem::take(&mut self.seen);
        self.common.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).merge(seen);
    }
}

/// A name for the ledger, with its keys masked.
pub(super) fn shown(name: &[u8]) -> String {
    mask::sanitize(&String::from_utf8_lossy(name))
}
