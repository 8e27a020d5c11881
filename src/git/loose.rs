//! Loose objects: one compressed file each, header included. Inflated here, bounded, because libgit2 hangs on one that
//! is cut short.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;

use super::disk::{self, EntryKind};
use super::inflate::{Buffer, Inflater};
use super::object::{Damage, Kind, ObjectError};
use super::oid::{ObjectFormat, Oid};
use super::repo::bytes_to_path;

/// Longest header: kind, a space, 20 digits, a NUL.
const MAX_HEADER: usize = 32;

/// Names looked at in one directory of loose objects.
const MAX_PER_DIRECTORY: usize = 10_000_000;

/// Where an object would lie.
fn path(objects: &Path, oid: &Oid) -> PathBuf {
    let hex = oid.to_string();
    objects.join(&hex[..2]).join(&hex[2..])
}

/// An object's header, with the stream that goes on behind it.
pub(crate) struct Opened {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) content: Box<dyn Read>,
}

/// Opens an object as a stream; `None` if it is not there.
pub(crate) fn open(objects: &Path, oid: &Oid) -> Result<Option<Opened>, ObjectError> {
    let Some((file, _)) = disk::open(&path(objects, oid))? else { return Ok(None) };
    let mut stream = ZlibDecoder::new(file);
    let mut head = Vec::with_capacity(MAX_HEADER);
    let mut byte = [0];
    while head.len() < MAX_HEADER {
        match stream.read(&mut byte) {
            Ok(1) if byte[0] != 0 => head.push(byte[0]),
            Ok(1) => break,
            Ok(_) => return Err(damaged(oid, Damage::Header)),
            Err(_) => return Err(damaged(oid, Damage::Stream)),
        }
    }
    let (kind, size) = parse_header(&head).ok_or_else(|| damaged(oid, Damage::Header))?;
    Ok(Some(Opened { kind, size, content: Box::new(stream) }))
}

/// Reads an object of at most `limit` bytes; `None` if it is not there.
pub(crate) fn read(
    objects: &Path,
    oid: &Oid,
    limit: u64,
    inflater: &mut Inflater,
) -> Result<Option<(Kind, Vec<u8>)>, ObjectError> {
    let Some(Opened { kind, size, content }) = open(objects, oid)? else { return Ok(None) };
    drop(content);
    if size > limit {
        return Err(ObjectError::TooLarge { oid: *oid, size, limit });
    }
    // Deflate never grows a stream by more than a few bytes in a thousand.
    let bound = size + size / 100 + (64 << 10);
    let Some(compressed) = disk::read(&path(objects, oid), bound)? else { return Ok(None) };
    let header = kind.name().len() + 1 + decimal_digits(size) + 1;
    let mut out = Buffer::default();
    let whole = usize::try_from(size).map_err(|_| damaged(oid, Damage::Length))? + header;
    inflater.inflate(&compressed, whole, &mut out).map_err(|damage| damaged(oid, damage))?;
    let mut bytes = out.into_vec();
    if !bytes.get(..header).is_some_and(|head| head.ends_with(b"\0")) {
        return Err(damaged(oid, Damage::Header));
    }
    bytes.drain(..header);
    Ok(Some((kind, bytes)))
}

fn damaged(oid: &Oid, damage: Damage) -> ObjectError {
    ObjectError::Damaged { oid: *oid, damage }
}

fn decimal_digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |digits| digits as usize + 1)
}

fn parse_header(head: &[u8]) -> Option<(Kind, u64)> {
    let space = head.iter().position(|byte| *byte == b' ')?;
    let kind = Kind::from_name(&head[..space])?;
    let digits = &head[space + 1..];
    let canonical =
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || digits[0] != b'0');
    let size = std::str::from_utf8(digits).ok().filter(|_| canonical)?.parse().ok()?;
    Some((kind, size))
}

/// The names of all loose objects of a directory, sorted, and what of it could not be listed.
pub(crate) fn list(objects: &Path, format: ObjectFormat) -> (Vec<Oid>, Vec<disk::DiskError>) {
    let (mut oids, mut problems) = (Vec::new(), Vec::new());
    for first in 0..=255_u8 {
        let prefix = format!("{first:02x}");
        match disk::list(&objects.join(&prefix), MAX_PER_DIRECTORY) {
            Ok((entries, more)) => {
                let named = entries.iter().filter(|(_, kind)| matches!(kind, EntryKind::File | EntryKind::Link));
                let hex = named.map(|(name, _)| [prefix.as_bytes(), name.as_encoded_bytes()].concat());
                oids.extend(hex.filter(|hex| hex.len() == format.hex_len()).filter_map(|hex| Oid::from_hex(&hex)));
                if more {
                    let path = objects.join(bytes_to_path(prefix.as_bytes()));
                    problems.push(disk::DiskError::TooLarge { path, limit: MAX_PER_DIRECTORY as u64 });
                }
            }
            Err(error) => problems.push(error),
        }
    }
    oids.sort_unstable();
    (oids, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for (head, parsed) in [
            ("blob 12", Some((Kind::Blob, 12))),
            ("tree 0", Some((Kind::Tree, 0))),
            ("blob 012", None),
            ("blob ", None),
            ("blob -1", None),
            ("blub 1", None),
            ("tag 99999999999999999999", None),
            ("commit", None),
        ] {
            assert_eq!(parse_header(head.as_bytes()), parsed, "{head}");
        }
        for size in [0, 9, 10, 12345, u64::MAX] {
            assert_eq!(decimal_digits(size), size.to_string().len());
        }
    }
}
