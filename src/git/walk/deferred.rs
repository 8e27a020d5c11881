//! The end of a walk, by one thread: deferred trees, loose objects, streams, and second copies of damaged objects.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::atomic::Ordering;

use flate2::read::ZlibDecoder;

use super::super::hash;
use super::super::inflate::{Inflater, ReusableBuffer};
use super::super::object::{Damage, ObjectError, ObjectKind};
use super::super::oid::Oid;
use super::super::pack::chain::DeltaChain;
use super::super::pack::delta;
use super::super::pack::entry::EntryContent;
use super::delta_reader::DeltaReader;
use super::tree_worker::{MemoryBudget, TreeWorker};
use super::{Deferred, ObjectVisitor, VisitedObject, WalkContext, WalkFailures};
use crate::model::limits::MAX_IN_MEMORY;

/// The largest base that is held in memory for deltas against it. Git writes no deltas against larger objects.
const MAX_BASE: u64 = 512 << 20;

/// Shows what the worker threads have left.
pub(super) fn finish<V: ObjectVisitor>(context: &WalkContext<'_>, visitor: V, loose: &[(Oid, u32)]) -> WalkFailures {
    let mut deferred = std::mem::take(&mut *context.deferred());
    for (number, selection) in context.selections.iter().enumerate() {
        deferred.entries.extend(selection.thin.iter().map(|entry| (number, *entry)));
        let index = &context.pack(number).index;
        let named = |(name, damage): &(u32, Damage)| index.oid(*name as usize).map(|oid| (oid, *damage));
        deferred.failures.extend(selection.damaged.iter().filter_map(named));
    }
    let mut worker = TreeWorker::new(context, 0, visitor);
    worker.memory = MemoryBudget { object: MAX_IN_MEMORY, kept: 32 << 20 };
    let mut pass = DeferredPass { context, worker, failures: WalkFailures::default() };
    loose.iter().take_while(|_| !(context.plan.stop)()).for_each(|(oid, number)| pass.loose(oid, *number));
    pass.entries(&mut deferred);
    pass.damaged(deferred)
}

struct DeferredPass<'a, V: ObjectVisitor> {
    context: &'a WalkContext<'a>,
    worker: TreeWorker<'a, V>,
    failures: WalkFailures,
}

impl<V: ObjectVisitor> DeferredPass<'_, V> {
    /// Repeats until nothing is deferred any more. Each round shows at least the entries themselves.
    fn entries(&mut self, deferred: &mut Deferred) {
        while !deferred.entries.is_empty() {
            deferred.entries.sort_unstable();
            for (pack, entry) in std::mem::take(&mut deferred.entries) {
                if self.context.is_over() {
                    return;
                }
                self.worker.switch_pack(pack);
                self.entry(pack, entry, deferred);
            }
            let more = std::mem::take(&mut *self.context.deferred());
            deferred.entries.extend(more.entries);
            deferred.failures.extend(more.failures);
            deferred.suspect.extend(more.suspect);
        }
    }

    fn entry(&mut self, pack: usize, entry: u32, deferred: &mut Deferred) {
        let (store, selection) = (self.context.store, &self.context.selections[pack]);
        let (odb, forest) = (store.odb, &*self.context.forests[pack]);
        let Some(oid) = forest.oid(&odb.packs[pack], entry) else { return };
        let kind = odb.kind(&oid).ok().flatten();
        if kind.is_some_and(|kind| !self.context.plan.kinds.contains(&kind)) {
            return;
        }
        self.worker.check(entry);
        let read = odb.read(&oid);
        // Every delta of its chain makes an object about as large.
        let made = read.as_ref().ok().and_then(Option::as_ref).map_or(MAX_IN_MEMORY, |read| read.1.len() as u64);
        let chain = DeltaChain::follow(&odb.packs[pack], forest.offset(entry)).len();
        self.context.charge(made.saturating_mul(chain as u64));
        match (kind, read) {
            (_, Ok(Some((kind, bytes)))) => self.worker.walk_from(entry, kind, ReusableBuffer::from(bytes)),
            (Some(kind), Err(ObjectError::TooLarge { .. })) => {
                let number = self.number(pack, forest.name(entry));
                let object = VisitedObject { oid, number, kind, fresh: selection.is_visited(entry) };
                match self.stream(pack, entry, &object) {
                    Ok(()) => {}
                    Err(ObjectError::Damaged { oid, damage }) => deferred.failures.push((oid, damage)),
                    Err(error) => self.failures.objects.push(error),
                }
                let children = forest.children(entry);
                let mut next = 0;
                while let Some(at) = selection.next(children, next) {
                    deferred.entries.push((pack, children[at]));
                    next = at + 1;
                }
            }
            (_, Err(ObjectError::Damaged { damage, .. })) => self.worker.fail(entry, damage),
            _ => self.worker.fail(entry, Damage::Base),
        }
    }

    fn number(&self, pack: usize, name: usize) -> u32 {
        u32::try_from(self.context.store.first_number(pack) + name).unwrap_or(u32::MAX)
    }

    /// Streams an entry that does not fit in memory.
    fn stream(&mut self, pack: usize, entry: u32, object: &VisitedObject) -> Result<(), ObjectError> {
        let damaged = |damage| ObjectError::Damaged { oid: object.oid, damage };
        if !object.fresh {
            return Ok(());
        }
        let odb = self.context.store.odb;
        let (pack, offset) = (self.context.pack(pack), self.context.forests[pack].offset(entry));
        let header = pack.header(offset).map_err(damaged)?;
        let base = match header.content {
            EntryContent::Whole(_) => {
                return self.read_stream(object, header.size, &mut ZlibDecoder::new(pack.compressed(&header)));
            }
            EntryContent::OffsetDelta(base) => pack.oid_at(base),
            EntryContent::RefDelta(base) => Some(base),
        };
        let base = base.ok_or_else(|| damaged(Damage::Base))?;
        let (_, base) = odb.read_within(&base, MAX_BASE)?.ok_or_else(|| damaged(Damage::Base))?;
        let delta = pack.inflate(&header, MAX_BASE, &mut Inflater::new());
        let delta = delta.map_err(|error| error.for_object(&object.oid, MAX_BASE))?;
        let (base_len, len, start) = delta::sizes(&delta).map_err(damaged)?;
        if base_len != base.len() as u64 {
            return Err(damaged(Damage::Delta));
        }
        self.read_stream(object, len, &mut DeltaReader::new(&base, &delta[start..]))
    }

    /// Shows a stream, which must have exactly `size` bytes.
    fn read_stream(&mut self, object: &VisitedObject, size: u64, content: &mut dyn Read) -> Result<(), ObjectError> {
        let damaged = |damage| ObjectError::Damaged { oid: object.oid, damage };
        let mut counted = CountedReader { content, read: 0, most: size };
        if self.worker.visitor.stream(object, size, &mut counted).is_err() {
            // Out of time: the object counts among those that were not visited.
            return if self.context.is_over() { Ok(()) } else { Err(damaged(Damage::Stream)) };
        }
        let (read, ends) = (counted.read, matches!(counted.content.read(&mut [0]), Ok(0)));
        if read != size || !ends {
            return Err(damaged(Damage::Length));
        }
        self.context.visited.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn loose(&mut self, oid: &Oid, number: u32) {
        let odb = self.context.store.odb;
        let opened = match odb.read(oid) {
            Ok(Some((kind, bytes))) => {
                if self.context.plan.kinds.contains(&kind) {
                    self.check_name(oid, kind, &bytes);
                    self.show(&VisitedObject { oid: *oid, number, kind, fresh: true }, &bytes);
                }
                return;
            }
            Ok(None) => Ok(None),
            Err(ObjectError::TooLarge { .. }) => odb.open_loose(oid),
            Err(error) => Err(error),
        };
        let outcome = match opened {
            Ok(Some(mut opened)) => {
                let object = VisitedObject { oid: *oid, number, kind: opened.kind, fresh: true };
                self.read_stream(&object, opened.size, &mut opened.content)
            }
            Ok(None) => Err(ObjectError::Damaged { oid: *oid, damage: Damage::Outside }),
            Err(error) => Err(error),
        };
        self.failures.objects.extend(outcome.err());
    }

    /// No index has a checksum of a loose object, so its content is compared with its name.
    fn check_name(&mut self, oid: &Oid, kind: ObjectKind, bytes: &[u8]) {
        if hash::object_id(self.context.store.odb.format, kind, bytes) != Some(*oid) {
            self.failures.suspect.push(*oid);
        }
    }

    fn show(&mut self, object: &VisitedObject, bytes: &[u8]) {
        self.worker.visitor.whole(object, bytes);
        self.context.visited.fetch_add(1, Ordering::Relaxed);
    }

    /// Tries another copy of each damaged object.
    fn damaged(mut self, mut deferred: Deferred) -> WalkFailures {
        deferred.failures.sort_unstable();
        deferred.failures.dedup_by_key(|failure| failure.0);
        for (oid, damage) in deferred.failures {
            if self.context.is_over() {
                break;
            }
            match self.context.store.odb.read(&oid) {
                Ok(Some((kind, bytes))) => {
                    if self.context.plan.kinds.contains(&kind) {
                        let number = self.context.store.number(&oid).unwrap_or(u32::MAX);
                        self.show(&VisitedObject { oid, number, kind, fresh: true }, &bytes);
                    }
                }
                Ok(None) | Err(_) => self.failures.objects.push(ObjectError::Damaged { oid, damage }),
            }
        }
        let DeferredPass { worker, mut failures, context } = self;
        drop(worker);
        failures.suspect.extend(deferred.suspect);
        failures.suspect.extend(std::mem::take(&mut context.deferred().suspect));
        failures.suspect.sort_unstable();
        failures.suspect.dedup();
        let unread: BTreeSet<Oid> = failures.objects.iter().map(ObjectError::oid).collect();
        failures.suspect.retain(|oid| !unread.contains(oid));
        failures
    }
}

/// Counts the bytes that are read, and ends at a bound.
struct CountedReader<'a> {
    content: &'a mut dyn Read,
    read: u64,
    most: u64,
}

impl Read for CountedReader<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.most - self.read).unwrap_or(usize::MAX).min(space.len());
        let read = self.content.read(&mut space[..most])?;
        self.read += read as u64;
        Ok(read)
    }
}
