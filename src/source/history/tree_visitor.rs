//! Visits trees, commits and tags: searches the names and texts in them, looks up the objects that they name, and gathers
//! what attribution needs.
//!
//! A tree that is a delta is compared with its base: only its new entries are searched. Commits and tags are searched part
//! by part, so that a hit names the part that holds it.

use std::io::{self, Read};

use super::cache::flags;
use super::commit_parts::commit_parts;
use super::lookup_batch::LookupBatch;
use super::worker::{HistoryContext, HistoryWorker, text_name};
use crate::detect::prefilter::Candidate;
use crate::git::commit::tag_target;
use crate::git::tree::TreeEntry;
use crate::git::tree_diff::{EntryOffsets, NewEntry, TreeDiff};
use crate::git::walk::{CopiedRange, DeltaOnly, ObjectStore, ObjectVisitor, Resolved, VisitedObject};
use crate::git::{Commit, ObjectKind, Oid};
use crate::model::SkipReason;
use crate::source::attribution::{PrefixTable, TreeEdges, oid_prefix};
use crate::source::text_searcher::{TextInput, guarded};

/// The purpose of a walk over trees, commits and tags.
#[derive(Debug, Clone, Copy)]
pub(super) struct WalkPurpose<'a> {
    /// Search names and texts, and look up the objects that they name.
    pub(super) search: bool,
    /// Gather commits, tags and edges: those to other trees and to these blobs.
    pub(super) gather: Option<&'a PrefixTable>,
}

/// State of a tree, remembered for the deltas on it.
#[derive(Debug, Default)]
pub(super) struct TreeState {
    starts: EntryOffsets,
    /// GatheredObjects entries, ascending: their offset, and the id of the look-up of what they name.
    edges: Vec<(u32, u32)>,
    /// A name holds a key, which is reported for every tree that has it.
    has_hit: bool,
}

/// A tree to read.
struct Tree<'a> {
    object: &'a VisitedObject,
    /// All of it, or its new entries.
    bytes: &'a [u8],
    search: bool,
}

pub(super) struct TreeVisitor<'a> {
    worker: HistoryWorker<'a>,
    purpose: WalkPurpose<'a>,
    lookups: LookupBatch<'a>,
    /// With ids of look-ups for numbers.
    edges: TreeEdges,
    parts: TreeDiff,
    /// New entries of a tree that is not resolved.
    new_entries: Vec<u8>,
    /// Buffer for the edges of a tree that is not remembered.
    spare: Vec<(u32, u32)>,
    found: Vec<Candidate>,
}

impl<'a> TreeVisitor<'a> {
    pub(super) fn new(context: &'a HistoryContext<'a>, store: &'a ObjectStore<'a>, purpose: WalkPurpose<'a>) -> Self {
        Self {
            worker: HistoryWorker::new(context),
            purpose,
            lookups: LookupBatch::new(store, context.odb),
            edges: TreeEdges::default(),
            parts: TreeDiff::default(),
            new_entries: Vec::new(),
            spare: Vec::new(),
            found: Vec::new(),
        }
    }

    fn tree(&mut self, object: &VisitedObject, bytes: &[u8], base: Option<(&TreeState, &[CopiedRange])>) -> TreeState {
        let search = self.searches(object);
        if search {
            self.worker.count(object, bytes.len() as u64);
        }
        let format = object.oid.format();
        let mut parts = std::mem::take(&mut self.parts);
        let base = base.filter(|(base, _)| !base.has_hit && !self.worker.context.plain);
        let made = base.and_then(|(base, copies)| Some((base, base.starts.diff(copies, bytes, format, &mut parts)?)));
        let (base, starts) = match made {
            Some((base, starts)) => (Some(base), Some(starts)),
            None => (None, EntryOffsets::read(bytes, format, &mut parts)),
        };
        let Some(starts) = starts else {
            if search {
                self.worker.skip(object, SkipReason::Damaged);
            }
            return TreeState::default();
        };
        let mut state = TreeState { starts, ..TreeState::default() };
        self.read_new(&Tree { object, bytes, search }, &parts, base, &mut state);
        self.parts = parts;
        state
    }

    /// Searches and gathers the entries that the base does not have.
    fn read_new(&mut self, tree: &Tree<'_>, parts: &TreeDiff, base: Option<&TreeState>, state: &mut TreeState) {
        let object = tree.object;
        if tree.search {
            state.has_hit = self.search_names(object, tree.bytes, &parts.new);
        } else {
            // The tree was visited elsewhere: whether its names hold a key is not known here, unless they were searched.
            let is_clean = || self.worker.context.is_known(&object.oid, |flags| flags & flags::REPORTED == 0);
            state.has_hit = self.purpose.search && !parts.new.is_empty() && !is_clean();
        }
        self.look_up_entries(tree, parts, base, &mut state.edges);
        if object.fresh && !state.edges.is_empty() {
            let id = self.lookups.number(&object.oid, false);
            self.edges.add(id, state.edges.iter().map(|edge| edge.1));
        }
    }

    /// Reads the new entries of a tree from its delta alone. Returns false if the tree has to be resolved.
    fn read_delta(&mut self, object: &VisitedObject, base: &TreeState, unbuilt: &DeltaOnly<'_>) -> bool {
        if object.kind != ObjectKind::Tree || base.has_hit || base.starts.is_empty() || self.worker.context.plain {
            return false;
        }
        let (mut parts, mut new_entries) = (std::mem::take(&mut self.parts), std::mem::take(&mut self.new_entries));
        let is_read = base.starts.diff_delta(unbuilt, object.oid.format(), &mut new_entries, &mut parts).is_some();
        if is_read {
            let search = self.searches(object);
            if search {
                self.worker.count(object, unbuilt.size as u64);
            }
            let edges = std::mem::take(&mut self.spare);
            let mut state = TreeState { edges, ..TreeState::default() };
            self.read_new(&Tree { object, bytes: &new_entries, search }, &parts, Some(base), &mut state);
            state.edges.clear();
            self.spare = state.edges;
        }
        (self.parts, self.new_entries) = (parts, new_entries);
        is_read
    }

    /// Returns true if an object is to be searched, not only gathered or used as a delta base.
    fn searches(&self, object: &VisitedObject) -> bool {
        self.purpose.search && object.fresh && self.worker.context.due.is_none_or(|due| due.has(object.number))
    }

    /// Looks up the objects that new entries name, and gathers the tree's edges in order.
    fn look_up_entries(
        &mut self,
        tree: &Tree<'_>,
        parts: &TreeDiff,
        base: Option<&TreeState>,
        edges: &mut Vec<(u32, u32)>,
    ) {
        let Tree { object, bytes, search } = *tree;
        let mut kept = kept_edges(base, parts).peekable();
        edges.reserve(base.map_or(0, |base| base.edges.len() + 1));
        for new in &parts.new {
            edges.extend(std::iter::from_fn(|| kept.next_if(|edge| edge.0 < new.at)));
            let Some(entry) = new.entry(bytes, object.oid.format()) else { continue };
            let check = search && !entry.is_submodule();
            if self.gathers(&entry) {
                edges.push((new.at, self.lookups.number(&entry.oid, check)));
            } else if check {
                self.lookups.check(&entry.oid);
            }
            if search && entry.is_submodule() {
                self.worker.partial.submodules.insert(entry.name.to_vec());
            }
        }
        edges.extend(kept);
    }

    fn gathers(&self, entry: &TreeEntry<'_>) -> bool {
        self.purpose.gather.is_some_and(|blobs| entry.is_tree() || blobs.find(oid_prefix(&entry.oid)).is_some())
    }

    /// Searches the names of new entries. Returns true if one of them holds a key or causes a panic.
    fn search_names(&mut self, object: &VisitedObject, bytes: &[u8], new: &[NewEntry]) -> bool {
        let mut has_hit = false;
        for run in new.chunk_by(|a, b| a.end == b.at && !a.renewed && !b.renewed) {
            let (Some(first), Some(last)) = (run.first().filter(|first| !first.renewed), run.last()) else { continue };
            // Search many entries at once: most names are shorter than what a search costs to start.
            self.found.clear();
            let raw = &bytes[first.at as usize..last.end as usize];
            self.worker.context.scan.engine.prefilter().find(raw, &mut self.found);
            if !self.found.is_empty() {
                for entry in run.iter().filter_map(|new| new.entry(bytes, object.oid.format())) {
                    let result = self.worker.scanner.searcher.search_name(entry.name, 0);
                    has_hit |= !result.hits.is_empty() || result.is_defective();
                    if !result.is_clean() {
                        self.worker.note(object, flags::REPORTED);
                        let partial = &mut self.worker.partial;
                        partial.add((object.oid, object.kind), Some(entry.name), &text_name(object), result);
                    }
                }
            }
        }
        has_hit
    }

    fn commit(&mut self, object: &VisitedObject, bytes: &[u8]) {
        let search = self.searches(object);
        let Some(commit) = Commit::parse(bytes, object.oid.format()) else {
            return self.text(object, bytes, &[], false);
        };
        if search {
            // The parents of a shallow boundary are known to be missing.
            let is_boundary = self.worker.context.repo.shallow.binary_search(&object.oid).is_ok();
            let parents: &[Oid] = if is_boundary { &[] } else { &commit.parents };
            self.text(object, bytes, &[parents, &[commit.tree]].concat(), true);
        }
        if self.purpose.gather.is_some() {
            self.worker.partial.gathered.commit(object.oid, commit);
        }
    }

    fn tag(&mut self, object: &VisitedObject, bytes: &[u8]) {
        let target = tag_target(bytes, object.oid.format());
        self.text(object, bytes, target.as_slice(), target.is_some());
        if let Some(target) = target.filter(|_| self.purpose.gather.is_some()) {
            self.worker.partial.gathered.tag(object.oid, target);
        }
    }

    /// Looks up the objects that a commit or tag names, and searches its parts, if it has any candidate.
    fn text(&mut self, object: &VisitedObject, bytes: &[u8], named: &[Oid], is_whole: bool) {
        if !self.searches(object) {
            return;
        }
        self.worker.count(object, bytes.len() as u64);
        if !is_whole {
            self.worker.skip(object, SkipReason::Damaged);
        }
        named.iter().for_each(|oid| self.lookups.check(oid));
        self.found.clear();
        self.worker.context.scan.engine.prefilter().find(bytes, &mut self.found);
        if !self.found.is_empty() {
            for (origin, part) in commit_parts(object.kind, bytes) {
                let result = self.worker.scanner.searcher.search(TextInput::Bytes(part));
                self.worker.add(object, origin, result);
            }
        }
    }

    fn visit(&mut self, object: &VisitedObject, bytes: &[u8], base: Option<(&TreeState, &[CopiedRange])>) -> TreeState {
        let visit = |visitor: &mut Self| match object.kind {
            ObjectKind::Tree => visitor.tree(object, bytes, base),
            kind => {
                match kind {
                    ObjectKind::Commit if object.fresh => visitor.commit(object, bytes),
                    ObjectKind::Tag if object.fresh => visitor.tag(object, bytes),
                    _ => {}
                }
                TreeState::default()
            }
        };
        guarded(|| visit(self)).unwrap_or_else(|reason| {
            self.worker.defect(object, reason);
            TreeState::default()
        })
    }
}

/// Returns the edges of the base that are copied, in order.
fn kept_edges(base: Option<&TreeState>, parts: &TreeDiff) -> impl Iterator<Item = (u32, u32)> {
    let edges = base.map_or(&[][..], |base| &base.edges);
    parts.kept.iter().flat_map(move |(range, to)| {
        let first = edges.partition_point(|edge| edge.0 < range.start);
        let inside = edges[first..].iter().take_while(|edge| edge.0 < range.end);
        inside.map(move |(at, id)| (at - range.start + to, *id))
    })
}

impl Drop for TreeVisitor<'_> {
    fn drop(&mut self) {
        self.lookups.resolve();
        let mut edges = std::mem::take(&mut self.edges);
        edges.renumber(|id| self.lookups.resolved(id));
        self.worker.partial.gathered.edges(edges);
        self.worker.partial.missing.append(&mut self.lookups.missing);
    }
}

impl ObjectVisitor for TreeVisitor<'_> {
    type State = TreeState;

    fn whole(&mut self, object: &VisitedObject, bytes: &[u8]) -> TreeState {
        self.visit(object, bytes, None)
    }

    fn resolved(&mut self, object: &VisitedObject, base: &TreeState, made: &Resolved<'_>) -> TreeState {
        self.visit(object, made.bytes, Some((base, made.copies)))
    }

    fn can_skip(&mut self, object: &VisitedObject, base: &TreeState, unbuilt: &DeltaOnly<'_>) -> bool {
        // After a panic the tree is resolved and read as any other.
        guarded(|| self.read_delta(object, base, unbuilt)).unwrap_or(false)
    }

    /// Searches a tree or commit that no sane tool writes like a blob.
    fn stream(&mut self, object: &VisitedObject, size: u64, content: &mut dyn Read) -> io::Result<()> {
        self.worker.stream(object, size, content, self.purpose.search)
    }
}
