//! A pack without an index of use: its entries are read through from the first to the last, and named by their hash.
//!
//! Slow and rare, so plain: what the pack's own stream still says is kept, from the beginning to the first entry that
//! cannot be inflated. Objects that need something beyond that stay unnamed and are counted.

use std::collections::HashMap;

use flate2::{Decompress, FlushDecompress, Status};

use super::super::hash;
use super::super::inflate::{Buffer, Inflater};
use super::super::object::{Damage, Kind};
use super::super::oid::{ObjectFormat, Oid};
use super::delta;
use super::entry::{self, Content, Header};
use super::index::{Index, IndexError};
use crate::model::limits::MAX_IN_MEMORY;

/// Rebuilt objects that are kept for the deltas that follow, in bytes.
const KEPT: usize = 64 << 20;

/// Makes an index, and a sentence on what could be had.
pub(super) fn index(pack: &[u8], format: ObjectFormat) -> (Result<Index, IndexError>, String) {
    let entries = entries(pack, format);
    let found = entries.len();
    let mut namer =
        Namer { pack, format, names: HashMap::new(), kept: HashMap::new(), held: 0, inflater: Inflater::new() };
    let by_offset: HashMap<u64, Header> = entries.iter().copied().collect();
    let mut named = Vec::new();
    // A delta may name a base that comes later: go on as long as that brings names.
    let mut left: Vec<u64> = entries.iter().map(|(offset, _)| *offset).collect();
    loop {
        let before = left.len();
        left.retain(|offset| match namer.name(*offset, &by_offset) {
            Some(oid) => {
                named.push((oid, checksum(pack, *offset, &by_offset), *offset));
                false
            }
            None => true,
        });
        if left.is_empty() || left.len() == before {
            break;
        }
    }
    named.sort_unstable();
    named.dedup_by_key(|entry| entry.0);
    let promised = pack.get(8..12).and_then(|bytes| bytes.first_chunk::<4>()).map_or(0, |b| u32::from_be_bytes(*b));
    let said =
        format!("{} of {} objects were read without it", found - left.len(), u64::from(promised).max(found as u64));
    (Index::made(&named, format), said)
}

/// The checksum that a healthy index would have: there is none to compare with, so what is there is taken for right.
fn checksum(pack: &[u8], offset: u64, headers: &HashMap<u64, Header>) -> u32 {
    let Some(header) = headers.get(&offset) else { return 0 };
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let Some(len) = stream_length(pack.get(header.data..).unwrap_or_default(), header.size) else { return 0 };
    pack.get(start..header.data + len).map_or(0, libdeflater::crc32)
}

fn entries(pack: &[u8], format: ObjectFormat) -> Vec<(u64, Header)> {
    let mut entries = Vec::new();
    let mut at = super::HEADER_LEN;
    while at + format.raw_len() < pack.len() {
        let Ok(header) = entry::header(pack, at as u64, format) else { break };
        let Some(len) = stream_length(&pack[header.data..], header.size) else { break };
        entries.push((at as u64, header));
        at = header.data + len;
    }
    entries
}

/// How long the compressed stream is, if it is whole and holds as many bytes as it should.
fn stream_length(input: &[u8], size: u64) -> Option<usize> {
    let mut inflate = Decompress::new(true);
    let mut space = [0; 32 << 10];
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let rest = input.get(usize::try_from(read).ok()?..)?;
        match inflate.decompress(rest, &mut space, FlushDecompress::None).ok()? {
            Status::StreamEnd => {
                return (inflate.total_out() == size).then(|| usize::try_from(inflate.total_in()).ok()).flatten();
            }
            _ if inflate.total_out() > size || (inflate.total_in(), inflate.total_out()) == (read, written) => {
                return None;
            }
            _ => {}
        }
    }
}

struct Namer<'a> {
    pack: &'a [u8],
    format: ObjectFormat,
    names: HashMap<Oid, u64>,
    kept: HashMap<u64, (Kind, Vec<u8>)>,
    held: usize,
    inflater: Inflater,
}

impl Namer<'_> {
    fn name(&mut self, offset: u64, headers: &HashMap<u64, Header>) -> Option<Oid> {
        let (kind, content) = self.content(offset, headers).ok()?;
        let oid = hash::name(self.format, kind, &content)?;
        self.names.insert(oid, offset);
        if self.held + content.len() > KEPT {
            self.kept.clear();
            self.held = 0;
        }
        self.held += content.len();
        self.kept.insert(offset, (kind, content));
        Some(oid)
    }

    fn content(&mut self, offset: u64, headers: &HashMap<u64, Header>) -> Result<(Kind, Vec<u8>), Damage> {
        let mut chain = Vec::new();
        let (mut at, mut base) = (offset, None);
        while base.is_none() {
            base = self.kept.get(&at).cloned();
            if base.is_some() {
                break;
            }
            let header = *headers.get(&at).ok_or(Damage::Base)?;
            if chain.len() > headers.len() {
                return Err(Damage::Cycle);
            }
            match header.content {
                Content::Whole(kind) => base = Some((kind, self.inflate(&header)?)),
                Content::OffsetDelta(next) => {
                    chain.push(header);
                    at = next;
                }
                Content::NameDelta(oid) => {
                    chain.push(header);
                    at = *self.names.get(&oid).ok_or(Damage::Base)?;
                }
            }
        }
        let (kind, mut content) = base.ok_or(Damage::Base)?;
        for header in chain.iter().rev() {
            let instructions = self.inflate(header)?;
            let (from, size, start) = delta::sizes(&instructions)?;
            if from != content.len() as u64 || size > MAX_IN_MEMORY {
                return Err(Damage::Delta);
            }
            let mut out = Buffer::default();
            let size = usize::try_from(size).map_err(|_| Damage::Delta)?;
            delta::apply(&content, &instructions[start..], size, &mut out, &mut Vec::new())?;
            content = out.into_vec();
        }
        Ok((kind, content))
    }

    fn inflate(&mut self, header: &Header) -> Result<Vec<u8>, Damage> {
        if header.size > MAX_IN_MEMORY {
            return Err(Damage::Length);
        }
        let mut out = Buffer::default();
        let size = usize::try_from(header.size).map_err(|_| Damage::Length)?;
        self.inflater.inflate(self.pack.get(header.data..).unwrap_or_default(), size, &mut out)?;
        Ok(out.into_vec())
    }
}
