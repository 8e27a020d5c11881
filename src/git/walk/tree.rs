//! One tree of deltas, walked by one thread in bounded memory.

use std::sync::atomic::Ordering;

use super::super::inflate::{Buffer, Inflater};
use super::super::object::{Damage, Kind};
use super::super::pack::delta;
use super::super::pack::entry::{Content, Header};
use super::choice::Choice;
use super::forest::Forest;
use super::{Copied, Made, Object, Shared, Unbuilt, Visitor};

/// Bytes of texts that all threads together keep for what is made from them.
const KEPT: usize = 48 << 20;

/// The smallest share of it that a thread gets.
const KEPT_AT_LEAST: usize = 6 << 20;

/// A text that others are made from.
struct Level<S> {
    bytes: Buffer,
    state: S,
    kind: Kind,
    entry: u32,
    next: usize,
}

/// What became of a child.
enum Visited<S> {
    /// Nothing is made from it.
    Leaf,
    /// Its bytes, and what is known of them for those that are made from it.
    Inner(Buffer, S),
}

/// How much memory a walk may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// The largest text that is rebuilt here.
    pub(super) text: u64,
    /// Bytes kept in levels before further subtrees are put off.
    pub(super) kept: usize,
}

/// One thread with its space.
pub(super) struct Worker<'a, V: Visitor> {
    shared: &'a Shared<'a>,
    pack: usize,
    pub(super) room: Room,
    pub(super) visitor: V,
    inflater: Inflater,
    delta: Buffer,
    copies: Vec<Copied>,
    spare: Vec<Buffer>,
    visited: usize,
    suspect: Vec<u32>,
}

impl<'a, V: Visitor> Worker<'a, V> {
    pub(super) fn new(shared: &'a Shared<'a>, pack: usize, visitor: V) -> Self {
        let kept = (KEPT / shared.store.pool.current_num_threads().max(1)).max(KEPT_AT_LEAST);
        let room = Room { text: (kept / 3).max(4 << 20) as u64, kept };
        Self {
            shared,
            pack,
            room,
            visitor,
            inflater: Inflater::new(),
            delta: Buffer::default(),
            copies: Vec::new(),
            spare: Vec::new(),
            visited: 0,
            suspect: Vec::new(),
        }
    }

    /// Turns to another pack.
    pub(super) fn turn_to(&mut self, pack: usize) {
        self.settle();
        self.pack = pack;
    }

    /// Walks the tree of a whole object.
    pub(super) fn tree(&mut self, root: u32, kind: Kind) {
        match self.inflate_root(root) {
            Ok(Some(bytes)) => self.below(root, kind, bytes),
            Ok(None) => self.put_off(root),
            Err(damage) => self.lose(root, damage),
        }
    }

    /// `None` if it is too large for here.
    fn inflate_root(&mut self, root: u32) -> Result<Option<Buffer>, Damage> {
        let header = self.header(root)?;
        if header.size > self.room.text {
            return Ok(None);
        }
        let size = usize::try_from(header.size).map_err(|_| Damage::Length)?;
        let mut bytes = self.spare(size);
        self.inflate(root, &header, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Inflates what an entry stores, whose length was found bearable.
    fn inflate(&mut self, entry: u32, header: &Header, out: &mut Buffer) -> Result<(), Damage> {
        let inflate = if self.check(entry) { Inflater::inflate_sound } else { Inflater::inflate };
        let size = usize::try_from(header.size).map_err(|_| Damage::Length)?;
        inflate(&mut self.inflater, self.shared.pack(self.pack).compressed(header), size, out)
    }

    /// Visits an object and walks all that is made from it.
    pub(super) fn below(&mut self, entry: u32, kind: Kind, bytes: Buffer) {
        let Some(object) = self.object(entry, kind) else { return };
        let state = self.visitor.whole(&object, &bytes);
        self.count(&object);
        let mut levels = vec![Level { bytes, state, kind, entry, next: 0 }];
        while let Some(level) = levels.last_mut() {
            let children = self.forest().children(level.entry);
            let Some(at) = self.choice().next(children, level.next) else {
                if let Some(level) = levels.pop() {
                    self.give_back(level.bytes);
                }
                continue;
            };
            let child = children[at];
            level.next = at + 1;
            let is_last = self.choice().next(children, level.next).is_none();
            let kept: usize = levels.iter().map(|level| level.bytes.held()).sum();
            if levels.len() > 1 && kept > self.room.kept {
                self.put_off(child);
                continue;
            }
            let Some(made) = self.child(child, &levels) else { continue };
            if is_last && let Some(level) = levels.pop() {
                self.give_back(level.bytes);
            }
            levels.extend(made);
        }
    }

    /// Makes a child of the last level and visits it. `None` if it has to wait or is lost, an empty level list if
    /// nothing is made from it.
    fn child(&mut self, entry: u32, levels: &[Level<V::State>]) -> Option<Option<Level<V::State>>> {
        let level = levels.last()?;
        let object = self.object(entry, level.kind)?;
        match self.make(entry, &object, level) {
            Ok(Some(Visited::Inner(bytes, state))) => {
                self.count(&object);
                Some(Some(Level { bytes, state, kind: level.kind, entry, next: 0 }))
            }
            Ok(Some(Visited::Leaf)) => {
                self.count(&object);
                Some(None)
            }
            Ok(None) => {
                self.put_off(entry);
                None
            }
            Err(damage) => {
                self.lose(entry, damage);
                None
            }
        }
    }

    /// Visits what is made from a level, and builds it if it has to be. `None` if it is too large for here.
    fn make(
        &mut self,
        entry: u32,
        object: &Object,
        level: &Level<V::State>,
    ) -> Result<Option<Visited<V::State>>, Damage> {
        let Some((start, size)) = self.delta(entry, &level.bytes)? else { return Ok(None) };
        let is_leaf = self.choice().next(self.forest().children(entry), 0).is_none();
        let unbuilt = Unbuilt { base: &level.bytes, instructions: &self.delta[start..], size };
        if is_leaf && self.visitor.passes(object, &level.state, &unbuilt) {
            return Ok(Some(Visited::Leaf));
        }
        let mut bytes = self.spare(size);
        delta::apply(&level.bytes, &self.delta[start..], size, &mut bytes, &mut self.copies)?;
        let made = Made { bytes: &bytes, copies: &self.copies };
        let state = self.visitor.made(object, &level.state, &made);
        if is_leaf {
            self.give_back(bytes);
            return Ok(Some(Visited::Leaf));
        }
        Ok(Some(Visited::Inner(bytes, state)))
    }

    /// Inflates a delta. Tells where its instructions begin and the length of what it makes; `None` if that is too large
    /// for here.
    fn delta(&mut self, entry: u32, base: &[u8]) -> Result<Option<(usize, usize)>, Damage> {
        let header = self.header(entry)?;
        if matches!(header.content, Content::Whole(_)) {
            return Err(Damage::Header);
        }
        if header.size > self.room.text {
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
        if size > self.room.text {
            return Ok(None);
        }
        Ok(Some((start, usize::try_from(size).map_err(|_| Damage::Length)?)))
    }

    fn forest(&self) -> &'a Forest {
        &self.shared.store.forests[self.pack]
    }

    fn choice(&self) -> &'a Choice {
        &self.shared.choices[self.pack]
    }

    fn header(&self, entry: u32) -> Result<Header, Damage> {
        self.shared.pack(self.pack).header(self.forest().offset(entry))
    }

    /// Compares the stored bytes with the checksum in the index. A difference is told and not acted on: what can be
    /// inflated is searched all the same. Whether they are equal; not if the index has none.
    fn check(&mut self, entry: u32) -> bool {
        let (pack, forest) = (self.shared.pack(self.pack), self.forest());
        let Some(expected) = forest.checksum(entry) else { return false };
        let range = (usize::try_from(forest.offset(entry)), usize::try_from(forest.end(pack, entry)));
        let (Ok(start), Ok(end)) = range else { return false };
        let is_sound = pack.bytes().get(start..end).map(libdeflater::crc32) == Some(expected);
        if !is_sound {
            self.suspect.push(entry);
        }
        is_sound
    }

    fn object(&self, entry: u32, kind: Kind) -> Option<Object> {
        let oid = self.forest().oid(self.shared.pack(self.pack), entry)?;
        Some(Object { oid, kind, fresh: self.choice().is_visited(entry) })
    }

    fn count(&mut self, object: &Object) {
        self.visited += usize::from(object.fresh);
    }

    /// The smallest space that a text fits in, or else the largest.
    fn spare(&mut self, size: usize) -> Buffer {
        let waste = |at: &usize| match self.spare[*at].held() {
            held if held >= size => held,
            held => usize::MAX - held,
        };
        (0..self.spare.len()).min_by_key(waste).map(|at| self.spare.swap_remove(at)).unwrap_or_default()
    }

    pub(super) fn give_back(&mut self, bytes: Buffer) {
        let held: usize = self.spare.iter().map(Buffer::held).sum();
        if held + bytes.held() <= self.room.kept {
            self.spare.push(bytes);
        }
    }

    fn put_off(&mut self, entry: u32) {
        self.shared.late().entries.push((self.pack, entry));
    }

    pub(super) fn lose(&mut self, entry: u32, damage: Damage) {
        let (pack, forest) = (self.shared.pack(self.pack), self.forest());
        let mut lost = Vec::new();
        self.choice().lost_with(forest, entry, &mut lost);
        let mut late = self.shared.late();
        for (at, entry) in lost.into_iter().enumerate() {
            if let Some(oid) = forest.oid(pack, entry) {
                late.lost.push((oid, if at == 0 { damage } else { Damage::Base }));
            }
        }
    }

    /// Tells the others what this thread has seen of this pack.
    fn settle(&mut self) {
        self.shared.visited.fetch_add(std::mem::take(&mut self.visited), Ordering::Relaxed);
        let (pack, forest) = (self.shared.pack(self.pack), &self.shared.store.forests[self.pack]);
        let suspect = self.suspect.drain(..).filter_map(|entry| forest.oid(pack, entry));
        self.shared.late().suspect.extend(suspect);
    }
}

impl<V: Visitor> Drop for Worker<'_, V> {
    fn drop(&mut self) {
        if !self.shared.store.forests.is_empty() {
            self.settle();
        }
    }
}
