//! One header block of a tar archive, and the records that override it.

use super::super::walker::display;

pub(super) const BLOCK: usize = 512;

pub(super) struct TarHeader {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) kind: u8,
    /// An old GNU sparse map continues in further blocks.
    pub(super) is_sparse_continued: bool,
    link: Vec<u8>,
    owner: Vec<u8>,
}

/// Returns true if a tar archive begins here: the checksum of its first block matches, or at least the later magic
/// bytes are there, in which case it is damaged.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..BLOCK) else { return false };
    matches!(&block[257..265], b"ustar\x0000" | b"ustar  \0") || TarHeader::parse(block).is_some()
}

impl TarHeader {
    /// Parses a block; `None` if its checksum does not match or a number is malformed.
    pub(super) fn parse(block: &[u8]) -> Option<Self> {
        if block.len() != BLOCK || block[0] == 0 && block[345] == 0 {
            return None;
        }
        let sum = octal(&block[148..156])?;
        let (mut unsigned, mut signed) = (8 * u64::from(b' '), 8 * i64::from(b' '));
        for byte in block[..148].iter().chain(&block[156..]) {
            unsigned += u64::from(*byte);
            signed += i64::from(byte.cast_signed());
        }
        if sum != unsigned && i64::try_from(sum) != Ok(signed) {
            return None;
        }
        let is_gnu = &block[257..263] == b"ustar ";
        let is_ustar = &block[257..262] == b"ustar" && !is_gnu;
        let mut name = text(&block[..100]).to_vec();
        let prefix = text(&block[345..500]);
        if is_ustar && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let kind = block[156];
        Some(Self {
            name: display(&name),
            size: number(&block[124..136])?,
            kind,
            is_sparse_continued: is_gnu && kind == b'S' && block[482] != 0,
            link: text(&block[157..257]).to_vec(),
            owner: [text(&block[265..297]), b" ", text(&block[297..329])].concat(),
        })
    }

    /// Returns true if the format has content for this kind. Directories and links have none, though some writers give
    /// a size.
    pub(super) fn has_content(&self) -> bool {
        !matches!(self.kind, b'1'..=b'6')
    }

    /// Returns what a person may have written in the header, besides the name.
    pub(super) fn texts(&self) -> Vec<u8> {
        if self.link.is_empty() && self.owner.len() <= 1 {
            return Vec::new();
        }
        [&self.link, &b"\n"[..], &self.owner, b"\n"].concat()
    }
}

/// Fields that long-name and PAX headers set for the member that follows.
#[derive(Default)]
pub(super) struct HeaderOverrides {
    pub(super) name: Option<String>,
    pub(super) size: Option<u64>,
}

impl HeaderOverrides {
    /// Parses the records of a header of this kind. Returns false if they are malformed.
    pub(super) fn add(&mut self, kind: u8, records: &[u8]) -> bool {
        match kind {
            b'L' => self.name = Some(display(text(records))),
            b'x' | b'X' => return self.pax(records),
            // Global records name no single member, and long links are not followed.
            _ => {}
        }
        true
    }

    fn pax(&mut self, mut records: &[u8]) -> bool {
        while !text(records).is_empty() {
            let Some((key, value, rest)) = record(records) else { return false };
            match key {
                b"path" | b"GNU.sparse.name" => self.name = Some(display(value)),
                b"size" => match std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()) {
                    Some(size) => self.size = Some(size),
                    None => return false,
                },
                _ => {}
            }
            records = rest;
        }
        true
    }
}

/// Splits off `length key=value\n`.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let body = records.get(space + 1..length)?;
    let (b'\n', body) = body.split_last()? else { return None };
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some((&body[..equals], &body[equals + 1..], &records[length..]))
}

/// Returns the bytes before the first zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Parses a size: octal, or big-endian in base 256 if the first bit is set. A negative one counts as endless.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 == 0 {
        return octal(field);
    }
    let high = field[..4].iter().enumerate().any(|(at, byte)| if at == 0 { *byte != 0x80 } else { *byte != 0 });
    let low = <[u8; 8]>::try_from(&field[4..12]).ok()?;
    Some(if high { u64::MAX } else { u64::from_be_bytes(low) })
}

fn octal(field: &[u8]) -> Option<u64> {
    let field = text(field).trim_ascii();
    let mut value = 0_u64;
    for byte in field {
        if !matches!(byte, b'0'..=b'7') {
            return None;
        }
        value = value.checked_mul(8)?.checked_add(u64::from(byte - b'0'))?;
    }
    Some(value)
}
