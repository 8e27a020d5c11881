//! Delta chains: the way from an object of a pack to the whole object it is built on, and back.

use super::super::inflate::Inflater;
use super::super::object::{Damage, ObjectKind, ResolveError};
use super::super::oid::Oid;
use super::entry::{EntryContent, EntryHeader};
use super::{Pack, delta, most_made};

/// Longest chain that is followed. Git itself writes at most 4,095 deltas in a row.
const MAX_CHAIN: usize = 100_000;

/// The deltas that lead from an object to its base.
#[derive(Debug)]
pub(crate) struct DeltaChain {
    /// Offsets, the object's own first.
    deltas: Vec<u64>,
    pub(crate) end: ChainEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChainEnd {
    /// A whole object of the same pack.
    Whole { kind: ObjectKind, at: u64, header: EntryHeader },
    /// An object that the pack does not hold.
    Elsewhere(Oid),
    /// An entry whose header is malformed.
    Damaged { at: u64, damage: Damage },
    /// A cycle, or a chain that is longer than [`MAX_CHAIN`].
    Endless,
}

impl DeltaChain {
    /// Follows the chain of the entry at `offset`; reads headers only.
    pub(crate) fn follow(pack: &Pack, offset: u64) -> Self {
        let (mut at, mut deltas) = (offset, Vec::new());
        let most = MAX_CHAIN.min(pack.index.len());
        let end = loop {
            let header = match pack.header(at) {
                Ok(header) => header,
                Err(damage) => break ChainEnd::Damaged { at, damage },
            };
            pack.note_read(at, header.size);
            let base = match header.content {
                EntryContent::Whole(kind) => break ChainEnd::Whole { kind, at, header },
                EntryContent::OffsetDelta(base) => Ok(base),
                EntryContent::RefDelta(base) => pack.offset_of(&base).ok_or(base),
            };
            if deltas.len() == most {
                break ChainEnd::Endless;
            }
            deltas.push(at);
            match base {
                Ok(base) => at = base,
                Err(oid) => break ChainEnd::Elsewhere(oid),
            }
        };
        Self { deltas, end }
    }

    /// Returns true for an object that is stored whole.
    pub(crate) fn is_empty(&self) -> bool {
        self.deltas.is_empty()
    }

    /// Returns the number of deltas.
    pub(crate) fn len(&self) -> usize {
        self.deltas.len()
    }

    /// Applies the deltas to the content of the chain's end, one at a time. No object on the way is larger than `limit`, and
    /// all together are within
    /// [`most_made`].
    pub(crate) fn apply(
        &self,
        pack: &Pack,
        mut content: Vec<u8>,
        limit: u64,
        inflater: &mut Inflater,
    ) -> Result<Vec<u8>, ResolveError> {
        // A delta may be a little longer than what it produces.
        let longest = limit.saturating_add(limit / 8).saturating_add(1 << 16);
        let (mut made, most) = (0, most_made(pack.bytes().len() as u64));
        for at in self.deltas.iter().rev() {
            let header = pack.header(*at)?;
            if header.size > longest {
                return Err(Damage::Length.into());
            }
            let delta = pack.inflate(&header, longest, inflater)?;
            content = delta::rebuild(&content, &delta, limit)?;
            made += content.len() as u64;
            if made > most {
                return Err(ResolveError::TooLarge(made));
            }
        }
        Ok(content)
    }
}
