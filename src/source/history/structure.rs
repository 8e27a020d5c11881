//! One thread's look at trees, commits and tags: the names and texts in them, and what they name.
//!
//! The names in trees are searched, and what they name is looked up: an object that is missing is told. Commits and tags
//! are searched part by part, so that it can be said which part holds a key. On the way, what attribution wants to know
//! is gathered.

use std::io::{self, Read};

use super::named::Named;
use super::texts::parts;
use super::visitor::{Common, Raw, Share};
use crate::detect::{
    Budget, Window,
    prefilter::Found,
    stream::{Scratch, scan_reader},
};
use crate::git::commit::tag_target;
use crate::git::tree::TreeEntry;
use crate::git::tree_diff::{EntryOffsets, NewEntry, TreeDiff};
use crate::git::walk::{CopiedRange, DeltaOnly, ObjectStore, ObjectVisitor, Resolved, VisitedObject};
use crate::git::{Commit, ObjectKind, Oid};
use crate::model::{Origin, SkipReason};
use crate::source::attribution::{Edges, Prefixes, prefix};
use crate::source::guarded;

/// What a walk over the structure is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose<'a> {
    /// Names and texts are searched, and what they name is looked up.
    pub(super) search: bool,
    /// Commits, tags and edges are gathered: those to other trees and to these blobs.
    pub(super) gather: Option<&'a Prefixes>,
}

/// What is remembered of a tree for those that are made from it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    starts: EntryOffsets,
    /// Entries that are gathered: where they begin, ascending, and the tickets of what they name.
    edges: Vec<(u32, u32)>,
    /// A name holds a key, which is told of every tree that has it.
    hit: bool,
    /// Whether anything was to be told, which is not told again of a copy.
    told: bool,
}

impl Memory {
    /// That of a tree which could not be read.
    fn unknown() -> Self {
        Self { told: true, ..Self::default() }
    }
}

/// A tree that is read.
struct Tree<'a> {
    object: &'a VisitedObject,
    /// All of it, or what is new in it.
    bytes: &'a [u8],
    search: bool,
}

pub(super) struct Reader<'a> {
    share: Share<'a>,
    purpose: Purpose<'a>,
    named: Named<'a>,
    /// By ticket.
    edges: Edges,
    parts: TreeDiff,
    /// What is new in a tree that is not built.
    pieces: Vec<u8>,
    /// Space for the edges of a tree that is not remembered.
    spare: Vec<(u32, u32)>,
    found: Vec<Found>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(common: &'a Common<'a>, store: &'a ObjectStore<'a>, purpose: Purpose<'a>) -> Self {
        Self {
            share: Share::new(common),
            purpose,
            named: Named::new(store, common.odb),
            edges: Edges::default(),
            parts: TreeDiff::default(),
            pieces: Vec::new(),
            spare: Vec::new(),
            found: Vec::new(),
        }
    }

    /// As [`guarded`], for an object.
    fn guard<T>(&mut self, object: &VisitedObject, scan: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let outcome = guarded(|| scan(self));
        if let Err(reason) = outcome {
            self.share.defect(object, reason);
        }
        outcome.ok()
    }

    fn tree(&mut self, object: &VisitedObject, bytes: &[u8], base: Option<(&Memory, &[CopiedRange])>) -> Memory {
        let search = self.searches(object);
        if search {
            self.share.count(bytes.len() as u64);
        }
        let format = object.oid.format();
        let mut parts = std::mem::take(&mut self.parts);
        let base = base.filter(|(base, _)| !base.hit && !self.share.common.plain);
        let made = base.and_then(|(base, copies)| Some((base, base.starts.diff(copies, bytes, format, &mut parts)?)));
        let (base, starts) = match made {
            Some((base, starts)) => (Some(base), Some(starts)),
            None => (None, EntryOffsets::read(bytes, format, &mut parts)),
        };
        let Some(starts) = starts else {
            if search {
                self.share.seen.coverage.skip(SkipReason::Damaged, format!("tree {}", object.oid));
            }
            return Memory::unknown();
        };
        let told = base.is_some_and(|base| base.told);
        let mut memory = Memory { starts, told, ..Memory::default() };
        self.tell(&Tree { object, bytes, search }, &parts, base, &mut memory);
        self.parts = parts;
        memory
    }

    /// Searches and gathers what a tree has that its base does not.
    fn tell(&mut self, tree: &Tree<'_>, parts: &TreeDiff, base: Option<&Memory>, memory: &mut Memory) {
        let object = tree.object;
        if tree.search {
            let names = self.guard(object, |reader| reader.names(object, tree.bytes, &parts.new));
            memory.hit = names.unwrap_or(true);
            memory.told |= memory.hit;
        } else {
            // Visited elsewhere: whether its names hold a key is not known here.
            let is_known = self.share.common.knows(object.oid.as_bytes());
            memory.hit = self.purpose.search && !parts.new.is_empty() && !is_known;
        }
        memory.told |= self.entries(tree, parts, base, &mut memory.edges);
        if object.fresh && !memory.edges.is_empty() {
            let ticket = self.named.number(&object.oid, false);
            self.edges.add(ticket, memory.edges.iter().map(|edge| edge.1));
        }
        if tree.search && !memory.told {
            self.share.clean(object.oid);
        }
    }

    /// A tree that nothing is made from need not be built to see what is new in it.
    fn leaf(&mut self, object: &VisitedObject, base: &Memory, unbuilt: &DeltaOnly<'_>) -> bool {
        if object.kind != ObjectKind::Tree || base.hit || base.starts.is_empty() || self.share.common.plain {
            return false;
        }
        let (mut parts, mut pieces) = (std::mem::take(&mut self.parts), std::mem::take(&mut self.pieces));
        let is_read = base.starts.diff_delta(unbuilt, object.oid.format(), &mut pieces, &mut parts).is_some();
        if is_read {
            let search = self.searches(object);
            if search {
                self.share.count(unbuilt.size as u64);
            }
            let edges = std::mem::take(&mut self.spare);
            let mut memory = Memory { told: base.told, edges, ..Memory::default() };
            self.tell(&Tree { object, bytes: &pieces, search }, &parts, Some(base), &mut memory);
            memory.edges.clear();
            self.spare = memory.edges;
        }
        (self.parts, self.pieces) = (parts, pieces);
        is_read
    }

    /// Whether an object is searched, and not only gathered or made others from.
    fn searches(&self, object: &VisitedObject) -> bool {
        self.purpose.search && object.fresh && !self.share.common.knows(object.oid.as_bytes())
    }

    /// Looks up what a tree names that its base does not, and gathers its edges in order. True if anything is to be told.
    fn entries(
        &mut self,
        tree: &Tree<'_>,
        parts: &TreeDiff,
        base: Option<&Memory>,
        edges: &mut Vec<(u32, u32)>,
    ) -> bool {
        let Tree { object, bytes, search } = *tree;
        let mut kept = kept_edges(base, parts).peekable();
        let mut told = false;
        edges.reserve(base.map_or(0, |base| base.edges.len() + 1));
        for new in &parts.new {
            edges.extend(std::iter::from_fn(|| kept.next_if(|edge| edge.0 < new.at)));
            let Some(entry) = new.entry(bytes, object.oid.format()) else { continue };
            let check = search && !entry.is_submodule();
            if self.gathers(&entry) {
                edges.push((new.at, self.named.number(&entry.oid, check)));
            } else if check {
                self.named.check(&entry.oid);
            }
            if search && entry.is_submodule() {
                self.share.seen.submodules.insert(entry.name.to_vec());
                told = true;
            }
        }
        edges.extend(kept);
        told | self.lacks()
    }

    /// Whether anything is missing that was just asked for. Only who remembers what is clean needs to know at once.
    fn lacks(&mut self) -> bool {
        self.share.common.cache.is_some() && self.named.lacks()
    }

    fn gathers(&self, entry: &TreeEntry<'_>) -> bool {
        self.purpose.gather.is_some_and(|blobs| entry.is_tree() || blobs.find(prefix(&entry.oid)).is_some())
    }

    /// Searches the names that the base does not have. True if one of them holds a key.
    fn names(&mut self, object: &VisitedObject, bytes: &[u8], new: &[NewEntry]) -> bool {
        let mut hit = false;
        for run in new.chunk_by(|a, b| a.end == b.at && !a.renewed && !b.renewed) {
            let (Some(first), Some(last)) = (run.first().filter(|first| !first.renewed), run.last()) else { continue };
            // The searcher is made for more bytes than most names have.
            self.found.clear();
            let raw = &bytes[first.at as usize..last.end as usize];
            self.share.common.shared.engine.prefilter().find(raw, &mut self.found);
            if !self.found.is_empty() {
                let entries = run.iter().filter_map(|new| new.entry(bytes, object.oid.format()));
                entries.for_each(|entry| hit |= self.name(object, entry.name));
            }
        }
        hit
    }

    fn name(&mut self, object: &VisitedObject, name: &[u8]) -> bool {
        let engine = self.share.common.shared.engine;
        self.found.clear();
        engine.prefilter().find(name, &mut self.found);
        let mut budget = Budget::new(name.len());
        let hits = engine.judge_within(&Window::whole(name), &self.found, &mut budget);
        self.share.leave_out(object, false, budget.left_out());
        let hit = !hits.is_empty();
        self.share.seen.hits.extend(hits.into_iter().map(|hit| Raw {
            oid: object.oid,
            kind: object.kind,
            origin: Origin::FileName,
            chain: Vec::new(),
            name: Some(name.to_vec()),
            within: None,
            hit,
        }));
        hit
    }

    fn commit(&mut self, object: &VisitedObject, bytes: &[u8]) {
        let search = self.searches(object);
        let Some(commit) = Commit::parse(bytes, object.oid.format()) else {
            return self.text(object, bytes, &[], false);
        };
        if search {
            // The parents of a shallow boundary are known not to be here.
            let is_boundary = self.share.common.repo.shallow.binary_search(&object.oid).is_ok();
            let parents: &[Oid] = if is_boundary { &[] } else { &commit.parents };
            self.text(object, bytes, &[parents, &[commit.tree]].concat(), true);
        }
        if self.purpose.gather.is_some() {
            self.share.seen.gathered.commit(object.oid, commit);
        }
    }

    fn tag(&mut self, object: &VisitedObject, bytes: &[u8]) {
        let target = tag_target(bytes, object.oid.format());
        self.text(object, bytes, target.as_slice(), target.is_some());
        if let Some(target) = target.filter(|_| self.purpose.gather.is_some()) {
            self.share.seen.gathered.tag(object.oid, target);
        }
    }

    /// Looks up what a commit or tag names, and searches its parts, if there is anything to look at in them.
    fn text(&mut self, object: &VisitedObject, bytes: &[u8], named: &[Oid], is_whole: bool) {
        if !self.searches(object) {
            return;
        }
        self.share.count(bytes.len() as u64);
        if !is_whole {
            self.share.seen.coverage.skip(SkipReason::Damaged, format!("{} {}", object.kind.name(), object.oid));
        }
        let common = self.share.common;
        named.iter().for_each(|oid| self.named.check(oid));
        let told = self.lacks() || !is_whole;
        self.found.clear();
        common.shared.engine.prefilter().find(bytes, &mut self.found);
        let first = self.share.seen.hits.len();
        let is_read = self.found.is_empty() || self.guard(object, |reader| reader.parts_of(object, bytes)).is_some();
        if is_read && !told && self.share.seen.hits.len() == first {
            self.share.clean(object.oid);
        }
    }

    fn parts_of(&mut self, object: &VisitedObject, bytes: &[u8]) {
        for (origin, part) in parts(object.kind, bytes) {
            let mut budget = Budget::new(part.len());
            let hits = self.share.common.shared.engine.scan_within(part, &mut budget);
            self.share.leave_out(object, budget.is_spent(), budget.left_out());
            self.share.keep(object, origin, hits);
        }
    }

    fn look(&mut self, object: &VisitedObject, bytes: &[u8], base: Option<(&Memory, &[CopiedRange])>) -> Memory {
        match object.kind {
            ObjectKind::Tree => return self.tree(object, bytes, base),
            ObjectKind::Commit if object.fresh => self.commit(object, bytes),
            ObjectKind::Tag if object.fresh => self.tag(object, bytes),
            _ => {}
        }
        Memory::default()
    }
}

/// The edges of the base that came over, in order.
fn kept_edges(base: Option<&Memory>, parts: &TreeDiff) -> impl Iterator<Item = (u32, u32)> {
    let edges = base.map_or(&[][..], |base| &base.edges);
    parts.kept.iter().flat_map(move |(range, to)| {
        let first = edges.partition_point(|edge| edge.0 < range.start);
        let inside = edges[first..].iter().take_while(|edge| edge.0 < range.end);
        inside.map(move |(at, ticket)| (at - range.start + to, *ticket))
    })
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.named.settle();
        let mut edges = std::mem::take(&mut self.edges);
        edges.renumber(|ticket| self.named.answer(ticket));
        self.share.seen.gathered.edges(edges);
        self.share.seen.missing.append(&mut self.named.missing);
    }
}

impl ObjectVisitor for Reader<'_> {
    type State = Memory;

    fn whole(&mut self, object: &VisitedObject, bytes: &[u8]) -> Memory {
        self.guard(object, |reader| reader.look(object, bytes, None)).unwrap_or_else(Memory::unknown)
    }

    fn resolved(&mut self, object: &VisitedObject, base: &Memory, made: &Resolved<'_>) -> Memory {
        let base = Some((base, made.copies));
        self.guard(object, |reader| reader.look(object, made.bytes, base)).unwrap_or_else(Memory::unknown)
    }

    fn can_skip(&mut self, object: &VisitedObject, base: &Memory, unbuilt: &DeltaOnly<'_>) -> bool {
        // What brings out a defect here is built and read as any other tree.
        guarded(|| self.leaf(object, base, unbuilt)).unwrap_or(false)
    }

    /// Nobody writes such a tree or commit: its bytes are searched as a blob's are.
    fn stream(&mut self, object: &VisitedObject, size: u64, content: &mut dyn Read) -> io::Result<()> {
        self.share.count(size);
        let (mut hits, mut scratch) = (Vec::new(), Scratch::default());
        let engine = self.share.common.shared.engine;
        let outcome = self.guard(object, |_| scan_reader(engine, content, &mut scratch, &mut hits));
        if self.purpose.search {
            self.share.leave_out(object, scratch.cut_short(), scratch.left_out());
            self.share.keep(object, Origin::File, hits);
        }
        match outcome {
            Some(outcome) => outcome.map(drop).map_err(|(_, error)| error),
            // The rest is read all the same, so that the object is not taken for a damaged one.
            None => io::copy(content, &mut io::sink()).map(drop),
        }
    }
}
