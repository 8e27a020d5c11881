//! One thread's look at trees, commits and tags: the names and texts in them, and what they name.
//!
//! The names in trees are searched, and what they name is looked up: an object that is missing is told. Commits and tags
//! are searched part by part, so that it can be said which part holds a key. On the way, what attribution wants to know
//! is gathered.

use std::collections::HashSet;
use std::io::{self, Read};

use super::texts::parts;
use super::visitor::{Common, Raw, Share};
use crate::attribute::prefix;
use crate::coverage::Reason;
use crate::engine::Window;
use crate::engine::stream::{Scratch, scan_reader};
use crate::finding::Origin;
use crate::git::commit::tag_target;
use crate::git::tree::{TreeEntries, TreeEntry};
use crate::git::tree_starts::{Parts, Starts};
use crate::git::walk::{Copied, Made, Object, Visitor};
use crate::git::{Commit, Kind, Oid};

/// What a walk over the structure is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose<'a> {
    /// Names and texts are searched, and what they name is looked up.
    pub(super) search: bool,
    /// Commits, tags and edges are gathered: those to other trees and to these blobs, by prefix.
    pub(super) gather: Option<&'a HashSet<u64>>,
}

/// What is remembered of a tree for those that are made from it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    starts: Starts,
    /// Entries that are gathered: where they begin, ascending, and the prefix of what they name.
    edges: Vec<(u32, u64)>,
    /// A name holds a key, which is told of every tree that has it.
    hit: bool,
    /// Whether anything was to be told, which is not told again of a copy.
    told: bool,
}

/// An entry of a tree that no base had.
struct New<'a> {
    at: u32,
    /// All of it: mode, name and what it names.
    raw: &'a [u8],
    entry: TreeEntry<'a>,
}

pub(super) struct Reader<'a> {
    share: Share<'a>,
    purpose: Purpose<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(common: &'a Common<'a>, purpose: Purpose<'a>) -> Self {
        Self { share: Share::new(common), purpose }
    }

    fn tree(&mut self, object: &Object, bytes: &[u8], base: Option<(&Memory, &[Copied])>) -> Memory {
        let search = self.searches(object);
        if search {
            self.share.count(bytes.len() as u64);
        }
        let format = object.oid.format();
        let base = base.filter(|(base, _)| !base.hit && !self.share.common.plain);
        let made = base.and_then(|(base, copies)| Some((base, base.starts.made(copies, bytes, format)?)));
        let (parts, mut memory) = match made {
            Some((base, parts)) => {
                let memory = Memory { edges: kept_edges(base, &parts), told: base.told, ..Memory::default() };
                (Some(parts), memory)
            }
            None => (Starts::read(bytes, format), Memory::default()),
        };
        let Some(parts) = parts else {
            if search {
                self.share.seen.coverage.skip(Reason::Damaged, format!("tree {}", object.oid));
            }
            return Memory { told: true, ..Memory::default() };
        };
        for at in &parts.new {
            let rest = &bytes[*at as usize..];
            let mut entries = TreeEntries::new(rest, format);
            if let Some(Ok(entry)) = entries.next() {
                let raw = &rest[..rest.len() - entries.left()];
                self.entry(object, &New { at: *at, raw, entry }, search, &mut memory);
            }
        }
        memory.edges.sort_unstable();
        memory.starts = parts.starts;
        if object.fresh && self.purpose.gather.is_some() {
            self.share.seen.gathered.edges(&object.oid, memory.edges.iter().map(|edge| edge.1));
        }
        if search && !memory.told {
            self.share.clean(object.oid);
        }
        memory
    }

    /// Whether an object is searched, and not only gathered or made others from.
    fn searches(&self, object: &Object) -> bool {
        self.purpose.search && object.fresh && !self.share.common.knows(object.oid.as_bytes())
    }

    /// An entry that no base had.
    fn entry(&mut self, object: &Object, new: &New<'_>, search: bool, memory: &mut Memory) {
        let entry = &new.entry;
        if let Some(blobs) = self.purpose.gather {
            let child = prefix(&entry.oid);
            if entry.is_tree() || blobs.contains(&child) {
                memory.edges.push((new.at, child));
            }
        }
        if !search {
            // Visited elsewhere: whether its names hold a key is not known here.
            memory.hit |= self.purpose.search && !self.share.common.knows(object.oid.as_bytes());
            return;
        }
        if self.name(object, new) {
            (memory.hit, memory.told) = (true, true);
        }
        if entry.is_submodule() {
            self.share.seen.submodules.insert(entry.name.to_vec());
            memory.told = true;
        } else if !self.share.common.odb.contains(&entry.oid) {
            self.share.seen.missing.insert(entry.oid);
            memory.told = true;
        }
    }

    /// Searches the name of an entry.
    fn name(&mut self, object: &Object, new: &New<'_>) -> bool {
        let engine = self.share.common.shared.engine;
        let mut found = Vec::new();
        // The searcher is made for more bytes than most names have.
        engine.prefilter().find(new.raw, &mut found);
        if found.is_empty() {
            return false;
        }
        found.clear();
        let name = new.entry.name;
        engine.prefilter().find(name, &mut found);
        let hits = engine.judge(&Window::whole(name), &found);
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

    fn commit(&mut self, object: &Object, bytes: &[u8]) {
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

    fn tag(&mut self, object: &Object, bytes: &[u8]) {
        let target = tag_target(bytes, object.oid.format());
        self.text(object, bytes, target.as_slice(), target.is_some());
        if let Some(target) = target.filter(|_| self.purpose.gather.is_some()) {
            self.share.seen.gathered.tag(object.oid, target);
        }
    }

    /// Looks up what a commit or tag names, and searches its parts, if there is anything to look at in them.
    fn text(&mut self, object: &Object, bytes: &[u8], named: &[Oid], is_whole: bool) {
        if !self.searches(object) {
            return;
        }
        self.share.count(bytes.len() as u64);
        if !is_whole {
            self.share.seen.coverage.skip(Reason::Damaged, format!("{} {}", object.kind.name(), object.oid));
        }
        let common = self.share.common;
        let missing: Vec<Oid> = named.iter().filter(|oid| !common.odb.contains(oid)).copied().collect();
        let told = !is_whole || !missing.is_empty();
        self.share.seen.missing.extend(missing);
        let mut found = Vec::new();
        common.shared.engine.prefilter().find(bytes, &mut found);
        let first = self.share.seen.hits.len();
        if !found.is_empty() {
            for (origin, part) in parts(object.kind, bytes) {
                let hits = common.shared.engine.scan(part);
                self.share.keep(object, origin, hits);
            }
        }
        if !told && self.share.seen.hits.len() == first {
            self.share.clean(object.oid);
        }
    }

    fn look(&mut self, object: &Object, bytes: &[u8], base: Option<(&Memory, &[Copied])>) -> Memory {
        match object.kind {
            Kind::Tree => return self.tree(object, bytes, base),
            Kind::Commit if object.fresh => self.commit(object, bytes),
            Kind::Tag if object.fresh => self.tag(object, bytes),
            _ => {}
        }
        Memory::default()
    }
}

/// The edges of the base that came over.
fn kept_edges(base: &Memory, parts: &Parts) -> Vec<(u32, u64)> {
    let mut edges = Vec::with_capacity(base.edges.len() + 1);
    for (range, to) in &parts.kept {
        let first = base.edges.partition_point(|edge| edge.0 < range.start);
        let inside = base.edges[first..].iter().take_while(|edge| edge.0 < range.end);
        edges.extend(inside.map(|(at, child)| (at - range.start + to, *child)));
    }
    edges
}

impl Visitor for Reader<'_> {
    type State = Memory;

    fn whole(&mut self, object: &Object, bytes: &[u8]) -> Memory {
        self.look(object, bytes, None)
    }

    fn made(&mut self, object: &Object, base: &Memory, made: &Made<'_>) -> Memory {
        self.look(object, made.bytes, Some((base, made.copies)))
    }

    /// Nobody writes such a tree or commit: its bytes are searched as a blob's are.
    fn stream(&mut self, object: &Object, size: u64, content: &mut dyn Read) -> io::Result<()> {
        self.share.count(size);
        let (mut hits, mut scratch) = (Vec::new(), Scratch::default());
        let outcome = scan_reader(self.share.common.shared.engine, content, &mut scratch, &mut hits);
        if self.purpose.search {
            self.share.keep(object, Origin::File, hits);
        }
        outcome.map(|_| ()).map_err(|(_, error)| error)
    }
}
