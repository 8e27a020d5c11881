//! The end of a walk, by one thread: what was put off, loose objects, streams, and copies of what was damaged.

use std::io::{self, Read};
use std::sync::atomic::Ordering;

use flate2::read::ZlibDecoder;

use super::super::inflate::{Buffer, Inflater};
use super::super::object::{Damage, ObjectError};
use super::super::oid::Oid;
use super::super::pack::delta;
use super::super::pack::entry::Content;
use super::delta_reader::DeltaReader;
use super::tree::{Room, Worker};
use super::{Late, Lost, Object, Shared, Visitor};
use crate::model::limits::MAX_IN_MEMORY;

/// The largest base that is held in memory for deltas against it. Git itself makes none against anything larger.
const MAX_BASE: u64 = 512 << 20;

/// Shows what the threads have left.
pub(super) fn finish<V: Visitor>(shared: &Shared<'_>, visitor: V, loose: &[Oid]) -> Lost {
    let mut late = std::mem::take(&mut *shared.late());
    for (number, choice) in shared.choices.iter().enumerate() {
        late.entries.extend(choice.thin.iter().map(|entry| (number, *entry)));
        let index = &shared.pack(number).index;
        let named = |(name, damage): &(u32, Damage)| index.oid(*name as usize).map(|oid| (oid, *damage));
        late.lost.extend(choice.damaged.iter().filter_map(named));
    }
    let mut end = End { shared, worker: Worker::new(shared, 0, visitor), lost: Lost::default() };
    end.worker.room = Room { text: MAX_IN_MEMORY, kept: 32 << 20 };
    loose.iter().take_while(|_| !(shared.plan.stop)()).for_each(|oid| end.loose(oid));
    end.entries(&mut late);
    end.damaged(late)
}

struct End<'a, V: Visitor> {
    shared: &'a Shared<'a>,
    worker: Worker<'a, V>,
    lost: Lost,
}

impl<V: Visitor> End<'_, V> {
    /// Goes on until nothing more is put off. Each round shows at least the entries themselves.
    fn entries(&mut self, late: &mut Late) {
        while !late.entries.is_empty() {
            late.entries.sort_unstable();
            for (pack, entry) in std::mem::take(&mut late.entries) {
                if (self.shared.plan.stop)() {
                    return;
                }
                self.worker.turn_to(pack);
                self.entry(pack, entry, late);
            }
            let more = std::mem::take(&mut *self.shared.late());
            late.entries.extend(more.entries);
            late.lost.extend(more.lost);
            late.suspect.extend(more.suspect);
        }
    }

    fn entry(&mut self, pack: usize, entry: u32, late: &mut Late) {
        let (store, choice) = (self.shared.store, &self.shared.choices[pack]);
        let (odb, forest) = (store.odb, &store.forests[pack]);
        let Some(oid) = forest.oid(&odb.packs[pack], entry) else { return };
        let kind = odb.kind(&oid).ok().flatten();
        if kind.is_some_and(|kind| !self.shared.plan.kinds.contains(&kind)) {
            return;
        }
        match (kind, odb.read_within(&oid, MAX_IN_MEMORY)) {
            (_, Ok(Some((kind, bytes)))) => self.worker.below(entry, kind, Buffer::from(bytes)),
            (Some(kind), Err(ObjectError::TooLarge { .. })) => {
                let object = Object { oid, kind, fresh: choice.is_visited(entry) };
                if let Err(error) = self.stream(pack, entry, &object) {
                    self.fail(&object, error, late);
                }
                let children = forest.children(entry);
                let mut next = 0;
                while let Some(at) = choice.next(children, next) {
                    late.entries.push((pack, children[at]));
                    next = at + 1;
                }
            }
            (_, Err(ObjectError::Damaged { damage, .. })) => self.worker.lose(entry, damage),
            _ => self.worker.lose(entry, Damage::Base),
        }
    }

    fn fail(&mut self, object: &Object, error: ObjectError, late: &mut Late) {
        match error {
            ObjectError::Damaged { damage, .. } => late.lost.push((object.oid, damage)),
            error => self.lost.objects.push(error),
        }
    }

    /// Streams an entry that does not fit in memory.
    fn stream(&mut self, pack: usize, entry: u32, object: &Object) -> Result<(), ObjectError> {
        let damaged = |damage| ObjectError::Damaged { oid: object.oid, damage };
        if !object.fresh {
            return Ok(());
        }
        let odb = self.shared.store.odb;
        let (pack, offset) = (self.shared.pack(pack), self.shared.store.forests[pack].offset(entry));
        let header = pack.header(offset).map_err(damaged)?;
        let mut stored = ZlibDecoder::new(pack.compressed(&header));
        let (base, at) = match header.content {
            Content::Whole(_) => return self.read_stream(object, header.size, &mut stored),
            Content::OffsetDelta(base) => (pack.name_at(base), offset),
            Content::NameDelta(base) => (Some(base), offset),
        };
        let base = base.ok_or_else(|| damaged(Damage::Base))?;
        let (_, base) = odb.read_within(&base, MAX_BASE)?.ok_or_else(|| damaged(Damage::Base))?;
        let header = pack.header(at).map_err(damaged)?;
        let size = usize::try_from(header.size).ok().filter(|size| *size as u64 <= MAX_BASE);
        let too_large = || ObjectError::TooLarge { oid: object.oid, size: header.size, limit: MAX_BASE };
        let mut instructions = Buffer::default();
        let size = size.ok_or_else(too_large)?;
        Inflater::new().inflate(pack.compressed(&header), size, &mut instructions).map_err(damaged)?;
        let (from, size, start) = delta::sizes(&instructions).map_err(damaged)?;
        if from != base.len() as u64 {
            return Err(damaged(Damage::Delta));
        }
        self.read_stream(object, size, &mut DeltaReader::new(&base, &instructions[start..]))
    }

    /// Shows a stream, which must have exactly `size` bytes.
    fn read_stream(&mut self, object: &Object, size: u64, content: &mut dyn Read) -> Result<(), ObjectError> {
        let damaged = |damage| ObjectError::Damaged { oid: object.oid, damage };
        let mut counted = Counted { content, read: 0, most: size };
        let outcome = self.worker.visitor.stream(object, size, &mut counted);
        if outcome.is_err() {
            return Err(damaged(Damage::Stream));
        }
        let (read, ends) = (counted.read, matches!(counted.content.read(&mut [0]), Ok(0)));
        if read != size || !ends {
            return Err(damaged(Damage::Length));
        }
        self.shared.visited.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn loose(&mut self, oid: &Oid) {
        let too_large = match self.shared.store.odb.read_within(oid, MAX_IN_MEMORY) {
            Ok(Some((kind, bytes))) => {
                if self.shared.plan.kinds.contains(&kind) {
                    self.check_name(oid, kind, &bytes);
                    self.show(&Object { oid: *oid, kind, fresh: true }, &bytes);
                }
                return;
            }
            Ok(None) => Err(ObjectError::Damaged { oid: *oid, damage: Damage::Outside }),
            Err(ObjectError::TooLarge { .. }) => self.shared.store.odb.open_loose(oid),
            Err(error) => Err(error),
        };
        let outcome = match too_large {
            Ok(Some(mut opened)) => {
                let object = Object { oid: *oid, kind: opened.kind, fresh: true };
                self.read_stream(&object, opened.size, &mut opened.content)
            }
            Ok(None) => Err(ObjectError::Damaged { oid: *oid, damage: Damage::Outside }),
            Err(error) => Err(error),
        };
        self.lost.objects.extend(outcome.err());
    }

    /// A loose object has no checksum in an index; its name is one.
    fn check_name(&mut self, oid: &Oid, kind: super::Kind, bytes: &[u8]) {
        if super::super::hash::name(self.shared.store.odb.format, kind, bytes) != Some(*oid) {
            self.lost.suspect.push(*oid);
        }
    }

    fn show(&mut self, object: &Object, bytes: &[u8]) {
        self.worker.visitor.whole(object, bytes);
        self.shared.visited.fetch_add(1, Ordering::Relaxed);
    }

    /// Looks for another copy of what was damaged.
    fn damaged(mut self, mut late: Late) -> Lost {
        late.lost.sort_unstable();
        late.lost.dedup_by_key(|lost| lost.0);
        for (oid, damage) in late.lost {
            if (self.shared.plan.stop)() {
                break;
            }
            match self.shared.store.odb.read(&oid) {
                Ok(Some((kind, bytes))) => {
                    if self.shared.plan.kinds.contains(&kind) {
                        self.show(&Object { oid, kind, fresh: true }, &bytes);
                    }
                }
                Ok(None) | Err(_) => self.lost.objects.push(ObjectError::Damaged { oid, damage }),
            }
        }
        let End { worker, mut lost, shared } = self;
        drop(worker);
        lost.suspect.extend(late.suspect);
        lost.suspect.extend(std::mem::take(&mut shared.late().suspect));
        lost.suspect.sort_unstable();
        lost.suspect.dedup();
        let gone: std::collections::BTreeSet<String> = lost.objects.iter().map(ToString::to_string).collect();
        lost.suspect.retain(|oid| !gone.iter().any(|text| text.contains(&oid.to_string())));
        lost
    }
}

/// Counts what is read, and ends at a bound.
struct Counted<'a> {
    content: &'a mut dyn Read,
    read: u64,
    most: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.most - self.read).unwrap_or(usize::MAX).min(space.len());
        let read = self.content.read(&mut space[..most])?;
        self.read += read as u64;
        Ok(read)
    }
}
