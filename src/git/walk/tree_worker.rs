//! One tree of deltas, walked depth first by one thread in bounded memory.

use std::sync::atomic::Ordering;

use super::super::inflate::{Inflater, ReusableBuffer};
use super::super::object::{Damage, ObjectKind};
use super::super::pack::delta;
use super::super::pack::entry::{EntryContent, EntryHeader};
use super::delta_forest::DeltaForest;
use super::selection::Selection;
use super::{CopiedRange, DeltaOnly, ObjectVisitor, Resolved, VisitedObject, WalkContext};

/// Bytes that all threads together keep of objects whose deltas are still to come.
const KEPT: usize = 48 << 20;

/// Least share of [`KEPT`] for one thread.
const KEPT_AT_LEAST: usize = 6 << 20;

/// An object whose deltas are being visited.
struct StackFrame<S> {
    bytes: ReusableBuffer,
    state: S,
    kind: ObjectKind,
    entry: u32,
    next: usize,
}

enum ChildResult<S> {
    /// Nothing selected depends on it.
    Leaf,
    /// The rebuilt object and the visitor's state of it, for the deltas against it.
    Inner(ReusableBuffer, S),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct MemoryBudget {
    /// Largest object that is rebuilt; larger ones are deferred.
    pub(super) object: u64,
    /// Bytes held in stack frames before further subtrees are deferred.
    pub(super) kept: usize,
}

pub(super) struct TreeWorker<'a, V: ObjectVisitor> {
    context: &'a WalkContext<'a>,
    pack: usize,
    /// The number of the pack's first name.
    first: u32,
    pub(super) memory: MemoryBudget,
    pub(super) visitor: V,
    inflater: Inflater,
    delta: ReusableBuffer,
    copies: Vec<CopiedRange>,
    spare: Vec<ReusableBuffer>,
    visited: usize,
    /// Bytes of objects that were made of deltas since this was last added to the shared count.
    made: u64,
    suspect: Vec<u32>,
}

impl<'a, V: ObjectVisitor> TreeWorker<'a, V> {
    pub(super) fn new(context: &'a WalkContext<'a>, pack: usize, visitor: V) -> Self {
        let kept = (KEPT / context.store.pool.current_num_threads().max(1)).max(KEPT_AT_LEAST);
        let memory = MemoryBudget { object: (kept / 3).max(4 << 20) as u64, kept };
        Self {
            context,
            pack,
            first: first_number(context, pack),
            memory,
            visitor,
            inflater: Inflater::new(),
            delta: ReusableBuffer::default(),
            copies: Vec::new(),
            spare: Vec::new(),
            visited: 0,
            made: 0,
            suspect: Vec::new(),
        }
    }

    pub(super) fn switch_pack(&mut self, pack: usize) {
        self.flush();
        (self.pack, self.first) = (pack, first_number(self.context, pack));
    }

    /// Walks the tree below an object that is stored whole.
    pub(super) fn walk_tree(&mut self, root: u32, kind: ObjectKind) {
        match self.inflate_root(root) {
            Ok(Some(bytes)) => self.walk_from(root, kind, bytes),
            Ok(None) => self.defer(root),
            Err(damage) => self.fail(root, damage),
        }
    }

    /// Returns `None` if the object is too large for this thread.
    fn inflate_root(&mut self, root: u32) -> Result<Option<ReusableBuffer>, Damage> {
        let header = self.header(root)?;
        if header.size > self.memory.object {
            return Ok(None);
        }
        let size = usize::try_from(header.size).map_err(|_| Damage::Length)?;
        let mut bytes = self.take_buffer(size);
        self.inflate(root, &header, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Inflates the stored bytes of an entry; the caller has bounded their length.
    fn inflate(&mut self, entry: u32, header: &EntryHeader, out: &mut ReusableBuffer) -> Result<(), Damage> {
        let inflate = if self.check(entry) { Inflater::inflate_sound } else { Inflater::inflate };
        let size = usize::try_from(header.size).map_err(|_| Damage::Length)?;
        let (pack, offset) = (self.context.pack(self.pack), self.forest().offset(entry));
        pack.note_read(offset, self.forest().end(pack, entry).saturating_sub(offset));
        inflate(&mut self.inflater, pack.compressed(header), size, out)
    }

    /// Visits an object and walks everything that is built on it.
    pub(super) fn walk_from(&mut self, entry: u32, kind: ObjectKind, bytes: ReusableBuffer) {
        let Some(object) = self.object(entry, kind) else { return };
        let state = self.visitor.whole(&object, &bytes);
        self.count(&object);
        let mut frames = vec![StackFrame { bytes, state, kind, entry, next: 0 }];
        while let Some(frame) = frames.last_mut() {
            if self.context.is_spent(self.made) || (self.context.plan.stop)() {
                break;
            }
            let children = self.forest().children(frame.entry);
            let Some(at) = self.selection().next(children, frame.next) else {
                if let Some(frame) = frames.pop() {
                    self.recycle(frame.bytes);
                }
                continue;
            };
            let child = children[at];
            frame.next = at + 1;
            let is_last = self.selection().next(children, frame.next).is_none();
            let kept: usize = frames.iter().map(|frame| frame.bytes.held()).sum();
            if frames.len() > 1 && kept > self.memory.kept {
                self.defer(child);
                continue;
            }
            let Some(resolved) = self.visit_child(child, &frames) else { continue };
            if is_last && let Some(frame) = frames.pop() {
                self.recycle(frame.bytes);
            }
            frames.extend(resolved);
        }
        self.context.charge(std::mem::take(&mut self.made));
    }

    /// Visits a delta against the last frame. Returns `None` if it was deferred or failed, `Some(None)` if nothing is
    /// built on it.
    fn visit_child(&mut self, entry: u32, frames: &[StackFrame<V::State>]) -> Option<Option<StackFrame<V::State>>> {
        let frame = frames.last()?;
        let object = self.object(entry, frame.kind)?;
        match self.visit_delta(entry, &object, frame) {
            Ok(Some(ChildResult::Inner(bytes, state))) => {
                self.count(&object);
                Some(Some(StackFrame { bytes, state, kind: frame.kind, entry, next: 0 }))
            }
            Ok(Some(ChildResult::Leaf)) => {
                self.count(&object);
                Some(None)
            }
            Ok(None) => {
                self.defer(entry);
                None
            }
            Err(damage) => {
                self.fail(entry, damage);
                None
            }
        }
    }

    /// Visits a delta, and rebuilds its object unless the visitor can skip it. Returns `None` if it is too large for
    /// this thread.
    fn visit_delta(
        &mut self,
        entry: u32,
        object: &VisitedObject,
        frame: &StackFrame<V::State>,
    ) -> Result<Option<ChildResult<V::State>>, Damage> {
        let Some((start, size)) = self.inflate_delta(entry, &frame.bytes)? else { return Ok(None) };
        let is_leaf = self.selection().next(self.forest().children(entry), 0).is_none();
        let delta_only = DeltaOnly { base: &frame.bytes, instructions: &self.delta[start..], size };
        if is_leaf && self.visitor.can_skip(object, &frame.state, &delta_only) {
            return Ok(Some(ChildResult::Leaf));
        }
        let mut bytes = self.take_buffer(size);
        self.made += size as u64;
        delta::apply(&frame.bytes, &self.delta[start..], size, &mut bytes, &mut self.copies)?;
        let resolved = Resolved { bytes: &bytes, copies: &self.copies };
        let state = self.visitor.resolved(object, &frame.state, &resolved);
        if is_leaf {
            self.recycle(bytes);
            return Ok(Some(ChildResult::Leaf));
        }
        Ok(Some(ChildResult::Inner(bytes, state)))
    }

    /// Inflates a delta. Returns where its instructions begin and the length of its result; `None` if that is too large
    /// for this thread.
    fn inflate_delta(&mut self, entry: u32, base: &[u8]) -> Result<Option<(usize, usize)>, Damage> {
        let header = self.header(entry)?;
        if matches!(header.content, EntryContent::Whole(_)) {
            return Err(Damage::Header);
        }
        if header.size > self.memory.object {
            return Ok(None);
        }
        let mut delta = std::mem::take(&mut self.delta);
        let inflated = self.inflate(entry, &header, &mut delta);
        self.delta = delta;
        inflated?;
        let (from, size, start) = delta::sizes(&self.delta)?;
        if from != base.len() as u64 {
            return Err(Damage::Delta);
        }
        if size > self.memory.object {
            return Ok(None);
        }
        Ok(Some((start, usize::try_from(size).map_err(|_| Damage::Length)?)))
    }

    fn forest(&self) -> &'a DeltaForest {
        &self.context.forests[self.pack]
    }

    fn selection(&self) -> &'a Selection {
        &self.context.selections[self.pack]
    }

    fn header(&self, entry: u32) -> Result<EntryHeader, Damage> {
        self.context.pack(self.pack).header(self.forest().offset(entry))
    }

    /// Compares the stored bytes with the checksum in the index. A mismatch is recorded, and the object is visited if
    /// it can be inflated. Returns false if there is no checksum to compare with.
    pub(super) fn check(&mut self, entry: u32) -> bool {
        let (pack, forest) = (self.context.pack(self.pack), self.forest());
        let Some(expected) = forest.checksum(entry) else { return false };
        let range = (usize::try_from(forest.offset(entry)), usize::try_from(forest.end(pack, entry)));
        let (Ok(start), Ok(end)) = range else { return false };
        let is_sound = pack.bytes().get(start..end).map(libdeflater::crc32) == Some(expected);
        if !is_sound {
            self.suspect.push(entry);
        }
        is_sound
    }

    fn object(&self, entry: u32, kind: ObjectKind) -> Option<VisitedObject> {
        let oid = self.forest().oid(self.context.pack(self.pack), entry)?;
        let number = self.first.saturating_add(self.forest().name_u32(entry));
        Some(VisitedObject { oid, number, kind, fresh: self.selection().is_visited(entry) })
    }

    fn count(&mut self, object: &VisitedObject) {
        self.visited += usize::from(object.fresh);
    }

    /// Takes the smallest buffer that fits, or else the largest.
    fn take_buffer(&mut self, size: usize) -> ReusableBuffer {
        let waste = |at: &usize| match self.spare[*at].held() {
            held if held >= size => held,
            held => usize::MAX - held,
        };
        (0..self.spare.len()).min_by_key(waste).map(|at| self.spare.swap_remove(at)).unwrap_or_default()
    }

    pub(super) fn recycle(&mut self, bytes: ReusableBuffer) {
        let held: usize = self.spare.iter().map(ReusableBuffer::held).sum();
        if held + bytes.held() <= self.memory.kept {
            self.spare.push(bytes);
        }
    }

    fn defer(&mut self, entry: u32) {
        self.context.deferred().entries.push((self.pack, entry));
    }

    pub(super) fn fail(&mut self, entry: u32, damage: Damage) {
        let (pack, forest) = (self.context.pack(self.pack), self.forest());
        let failures = self.selection().with_descendants(forest, entry);
        let mut deferred = self.context.deferred();
        for (at, entry) in failures.into_iter().enumerate() {
            if let Some(oid) = forest.oid(pack, entry) {
                deferred.failures.push((oid, if at == 0 { damage } else { Damage::Base }));
            }
        }
    }

    /// Adds what this thread has seen of its pack to the shared results.
    fn flush(&mut self) {
        self.context.visited.fetch_add(std::mem::take(&mut self.visited), Ordering::Relaxed);
        let (pack, forest) = (self.context.pack(self.pack), self.forest());
        let suspect = self.suspect.drain(..).filter_map(|entry| forest.oid(pack, entry));
        self.context.deferred().suspect.extend(suspect);
    }
}

fn first_number(context: &WalkContext<'_>, pack: usize) -> u32 {
    u32::try_from(context.store.first_number(pack)).unwrap_or(u32::MAX)
}

impl<V: ObjectVisitor> Drop for TreeWorker<'_, V> {
    fn drop(&mut self) {
        if !self.context.forests.is_empty() {
            self.flush();
        }
    }
}
