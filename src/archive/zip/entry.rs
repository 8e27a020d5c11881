//! One member of a zip: its fields, from the directory or a local header, and its content.

use super::super::codec::{Codec, DecodeFault, StreamDecoder};
use super::super::one_shot::{self, InflateClaim};
use super::super::peek_reader::PeekReader;
use super::super::walker::{ArchiveWalker, display};
use super::LOCAL;
use crate::model::SkipReason;

const ENCRYPTED: u16 = 1;
/// Sizes and checksum follow the data.
pub(super) const DESCRIPTOR: u16 = 1 << 3;
const MASKED: u16 = 1 << 13;

/// WinZip's AES encryption, which hides the real method.
const AES: u16 = 99;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ZipEntry {
    pub(in super::super) name: String,
    pub(in super::super) flags: u16,
    pub(in super::super) method: u16,
    pub(in super::super) crc: u32,
    pub(in super::super) packed: u64,
    pub(in super::super) size: u64,
    pub(in super::super) at: u64,
}

impl ZipEntry {
    /// Reads and takes a local header. If it was `found` by its mark alone it must also be plausible: the mark is in
    /// every program that reads zips.
    pub(super) fn local(source: &mut PeekReader<'_>, found: bool) -> Option<Self> {
        let at = source.taken();
        let record = source.peek(LOCAL as usize);
        if record.len() < LOCAL as usize || !record.starts_with(b"PK\x03\x04") {
            return None;
        }
        let [name, extra] = [26, 28].map(|at| usize::from(u16_at(record, at)));
        let record = source.peek(LOCAL as usize + name + extra);
        let rest = record.get(LOCAL as usize..LOCAL as usize + name + extra)?;
        let mut entry = Self {
            name: display(&rest[..name]),
            flags: u16_at(record, 6),
            method: u16_at(record, 8),
            crc: u32_at(record, 14),
            packed: u64::from(u32_at(record, 18)),
            size: u64::from(u32_at(record, 22)),
            at,
        };
        if let Some(wide) = fields(&rest[name..]).find(|field| field.id == ExtraField::ZIP64 && field.data.len() >= 16)
        {
            if entry.size == u64::from(u32::MAX) {
                entry.size = u64_at(wide.data, 0);
            }
            if entry.packed == u64::from(u32::MAX) {
                entry.packed = u64_at(wide.data, 8);
            }
        }
        let method = matches!(entry.method, 0..=20 | 93..=99);
        let usual = record[4] <= 63 && method && name > 0 && !rest[..name].iter().any(|byte| *byte < 0x20);
        if found && !usual {
            return None;
        }
        source.skip((LOCAL as usize + name + extra) as u64);
        Some(entry)
    }

    /// Describes how a local header contradicts this entry of the directory.
    pub(super) fn contradicts(&self, local: &Self) -> Option<&'static str> {
        let in_descriptor = local.flags & DESCRIPTOR != 0;
        if self.name != local.name && local.flags & MASKED == 0 {
            Some("directory and header disagree on its name")
        } else if self.method != local.method || (self.flags ^ local.flags) & ENCRYPTED != 0 {
            Some("directory and header disagree on its method")
        } else if !in_descriptor && (self.packed, self.size) != (local.packed, local.size) {
            Some("directory and header disagree on its size")
        } else {
            None
        }
    }

    /// Visits the content, which comes next in `source`.
    pub(in super::super) fn visit(&self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
        if self.flags & (ENCRYPTED | MASKED) != 0 || self.method == AES {
            if walker.mention(&self.name) {
                walker.skip_member(&self.name, SkipReason::Encrypted, "needs a password");
                source.skip(self.packed);
            }
            return;
        }
        let memory = walker.decoder_memory();
        let codec = match self.method {
            0 => Ok(Codec::Stored(self.packed.max(self.size))),
            8 => {
                let claim = InflateClaim { packed: self.packed, size: self.size, crc: self.crc };
                Ok(one_shot::inflate(source, claim))
            }
            9 => return self.visit_deflate64(walker, source),
            12 => Ok(Codec::bzip2()),
            14 => return self.visit_lzma(walker, source),
            93 => Codec::zstd(memory),
            95 => Codec::xz(memory),
            _ => {
                if walker.mention(&self.name) {
                    walker.skip_member(&self.name, SkipReason::Unsupported, "unknown compression method");
                    source.skip(self.packed);
                }
                return;
            }
        };
        match codec {
            Ok(codec) => self.decode(walker, source, codec),
            Err(fault) => walker.fault(Some(&self.name), fault),
        }
    }

    /// The Deflate64 decoder takes more than it needs, so it gets no more than there is.
    fn visit_deflate64(&self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
        let packed = if self.flags & DESCRIPTOR != 0 && self.packed == 0 { u64::MAX } else { self.packed };
        let mut part = std::io::Read::take(&mut *source, packed);
        self.decode(walker, &mut PeekReader::new(&mut part), Codec::deflate64());
        if packed < u64::MAX {
            let left = part.limit();
            source.skip(left);
        }
    }

    /// LZMA in a zip has a header of its own; the decoder wants that of a `.lzma` file.
    fn visit_lzma(&self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
        let Ok([_, _, 5, 0, properties @ ..]) = <[u8; 9]>::try_from(source.peek(9)) else {
            return walker.fault(Some(&self.name), DecodeFault::Damaged("corrupt compressed data"));
        };
        source.skip(9);
        // Bit 1: an end marker closes the data; otherwise the size does.
        let size = if self.flags & 2 != 0 { u64::MAX } else { self.size };
        let header = [&properties[..], &size.to_le_bytes()].concat();
        match Codec::lzma(walker.decoder_memory()) {
            Ok(codec) => {
                let mut joined = std::io::Read::chain(&header[..], &mut *source);
                let mut joined = PeekReader::new(&mut joined);
                self.decode(walker, &mut joined, codec);
            }
            Err(fault) => walker.fault(Some(&self.name), fault),
        }
    }

    fn decode(&self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, codec: Codec) {
        let before = source.taken();
        let has_dictionary = matches!(codec, Codec::Zstd(_) | Codec::Lzma(_));
        let is_stored = matches!(codec, Codec::Stored(_));
        let mut decoder = StreamDecoder::single(codec, source, walker.budget);
        if has_dictionary {
            walker.decoding(|walker| walker.enter(&self.name, &mut decoder));
        } else {
            walker.enter(&self.name, &mut decoder);
        }
        match decoder.finish() {
            Err(fault) => walker.fault(Some(&self.name), fault),
            // A header that leaves them to a descriptor holds neither size nor checksum.
            Ok(_) if self.crc == 0 && self.size == 0 && self.flags & DESCRIPTOR != 0 => {}
            Ok((_, size)) if size != self.size || is_stored && self.size != self.packed => {
                walker.skip_member(&self.name, SkipReason::Damaged, "wrong size");
            }
            Ok((crc, _)) if crc != self.crc => {
                walker.skip_member(&self.name, SkipReason::Damaged, "wrong checksum");
            }
            Ok(_) if self.method != 14 && source.taken() - before != self.packed => {
                walker.skip_member(&self.name, SkipReason::Damaged, "wrong size");
            }
            Ok(_) => {}
        }
    }
}

pub(super) struct ExtraField<'a> {
    pub(super) id: u16,
    pub(super) data: &'a [u8],
}

impl ExtraField<'_> {
    pub(super) const ZIP64: u16 = 1;
}

/// Parses the extra fields of a record, as far as they are whole.
pub(super) fn fields(mut extra: &[u8]) -> impl Iterator<Item = ExtraField<'_>> {
    std::iter::from_fn(move || {
        if extra.len() < 4 {
            return None;
        }
        let (id, size) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let data = extra.get(4..4 + size)?;
        extra = &extra[4 + size..];
        Some(ExtraField { id, data })
    })
}

/// Reads little-endian numbers; bytes beyond the end are zero.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|slice| slice.try_into().ok()).unwrap_or([0; N])
}
