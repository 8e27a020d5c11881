//! Loose objects: one compressed file each. Inflated here, within bounds, because libgit2 hangs on a truncated one.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;

use super::disk;
use super::inflate::{Inflater, ReusableBuffer};
use super::object::{Damage, ObjectError, ObjectKind};
use super::oid::{ObjectFormat, Oid};
use super::repo::bytes_to_path;

/// Longest header: kind, a space, 20 digits, a NUL.
const MAX_HEADER: usize = 32;

/// Most names in one directory of loose objects.
const MAX_PER_DIRECTORY: usize = 10_000_000;

fn path(objects: &Path, oid: &Oid) -> PathBuf {
    let hex = oid.to_string();
    objects.join(&hex[..2]).join(&hex[2..])
}

/// A parsed header, and the stream of the content behind it.
pub(crate) struct LooseObject {
    pub(crate) kind: ObjectKind,
    pub(crate) size: u64,
    pub(crate) content: Box<dyn Read>,
}

/// Opens an object as a stream; `None` if it is not there.
pub(crate) fn open(objects: &Path, oid: &Oid) -> Result<Option<LooseObject>, ObjectError> {
    let Some((file, _)) = disk::open(&path(objects, oid)).map_err(|error| unreadable(oid, error))? else {
        return Ok(None);
    };
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
    Ok(Some(LooseObject { kind, size, content: Box::new(stream) }))
}

/// Reads an object of at most `limit` bytes; `None` if it is not there.
pub(crate) fn read(
    objects: &Path,
    oid: &Oid,
    limit: u64,
    inflater: &mut Inflater,
) -> Result<Option<(ObjectKind, Vec<u8>)>, ObjectError> {
    let Some(LooseObject { kind, size, content }) = open(objects, oid)? else { return Ok(None) };
    drop(content);
    if size > limit {
        return Err(ObjectError::TooLarge { oid: *oid, size, limit });
    }
    // Deflate grows a stream by at most a few bytes in a thousand.
    let bound = size + size / 100 + (64 << 10);
    let Some(compressed) = disk::read(&path(objects, oid), bound).map_err(|error| unreadable(oid, error))? else {
        return Ok(None);
    };
    let header = kind.name().len() + 1 + decimal_digits(size) + 1;
    let mut out = ReusableBuffer::default();
    let whole = usize::try_from(size).map_err(|_| damaged(oid, Damage::Length))? + header;
    inflater.inflate(&compressed, whole, &mut out).map_err(|damage| damaged(oid, damage))?;
    let mut bytes = out.into_vec();
    if !bytes.get(..header).is_some_and(|head| head.ends_with(b"\0")) {
        return Err(damaged(oid, Damage::Header));
    }
    bytes.drain(..header);
    Ok(Some((kind, bytes)))
}

fn unreadable(oid: &Oid, error: disk::DiskError) -> ObjectError {
    ObjectError::Disk { oid: *oid, error }
}

fn damaged(oid: &Oid, damage: Damage) -> ObjectError {
    ObjectError::Damaged { oid: *oid, damage }
}

fn decimal_digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |digits| digits as usize + 1)
}

fn parse_header(head: &[u8]) -> Option<(ObjectKind, u64)> {
    let space = head.iter().position(|byte| *byte == b' ')?;
    let kind = ObjectKind::from_name(&head[..space])?;
    let digits = &head[space + 1..];
    let canonical =
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || digits[0] != b'0');
    let size = std::str::from_utf8(digits).ok().filter(|_| canonical)?.parse().ok()?;
    Some((kind, size))
}

/// Lists the loose objects of a directory, sorted, and the errors.
pub(crate) fn list(objects: &Path, format: ObjectFormat) -> (Vec<Oid>, Vec<disk::DiskError>) {
    let (mut oids, mut problems) = (Vec::new(), Vec::new());
    for first in first_bytes(objects) {
        let prefix = format!("{first:02x}");
        match disk::list(&objects.join(&prefix), MAX_PER_DIRECTORY) {
            Ok((entries, more)) => {
                // An entry with the name of an object that is no file is listed as well, so that it is counted as missing.
                let hex = entries.iter().map(|(name, _)| [prefix.as_bytes(), name.as_encoded_bytes()].concat());
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

/// Returns the first bytes of names for which there may be a directory, ascending: mostly few of 256.
pub(super) fn first_bytes(objects: &Path) -> Vec<u8> {
    let Ok((names, false)) = disk::list(objects, MAX_PER_DIRECTORY) else { return (0..=u8::MAX).collect() };
    let two = names.iter().filter_map(|(name, _)| name.to_str()).filter(|name| name.len() == 2);
    let mut bytes: Vec<u8> = two.filter_map(|name| u8::from_str_radix(name, 16).ok()).collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for (head, parsed) in [
            ("blob 12", Some((ObjectKind::Blob, 12))),
            ("tree 0", Some((ObjectKind::Tree, 0))),
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
