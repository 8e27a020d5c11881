//! The result of a delta as a stream: only its base is in memory.

use std::io::{self, Read};

use super::super::object::Damage;
use super::super::pack::delta::{DeltaOp, DeltaOps};

pub(super) struct DeltaReader<'a> {
    base: &'a [u8],
    ops: DeltaOps<'a>,
    piece: &'a [u8],
}

impl<'a> DeltaReader<'a> {
    pub(super) fn new(base: &'a [u8], instructions: &'a [u8]) -> Self {
        Self { base, ops: DeltaOps::new(instructions), piece: &[] }
    }
}

impl Read for DeltaReader<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            self.piece = match self.ops.next().map_err(io::Error::other)? {
                Some(DeltaOp::Copy { from, len }) => {
                    self.base.get(from..from + len).ok_or_else(|| io::Error::other(Damage::Delta))?
                }
                Some(DeltaOp::Insert(bytes)) => bytes,
                None => return Ok(0),
            };
        }
        let (now, later) = self.piece.split_at(self.piece.len().min(space.len()));
        space[..now.len()].copy_from_slice(now);
        self.piece = later;
        Ok(now.len())
    }
}
