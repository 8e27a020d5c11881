//! Lengths of strings in SQLite records outside of a database: in images of disks, in journals whose header is gone, in
//! free space.
//!
//! A record is a header, which holds its own length and a number for each column that says type and length, and then the
//! columns in one run. The first bytes of a deleted one are overwritten.

use crate::archive::sqlite::{column_size, varint};

/// Bytes of a record before one of its columns.
const REACH: usize = 96;

/// Bytes of a deleted record before one of its columns.
const NEAR: usize = 32;

/// Bytes that a deleted record, and others before it, may have more than the string.
const FREE: usize = 512;

/// Returns the length of the string behind these bytes, if they end in the length of a record, a whole header and the
/// columns before the string.
pub(super) fn length_by_header(before: &[u8]) -> Option<usize> {
    let before = &before[before.len().saturating_sub(REACH)..];
    (0..before.len()).rev().find_map(|start| {
        let (header, first) = number(before, start)?;
        let end = start.checked_add(header).filter(|end| *end > first && *end <= before.len())?;
        let (mut at, mut column) = (first, end);
        let mut length = None;
        while at < end {
            let (kind, next) = number(before, at)?;
            if column == before.len() && length.is_none() {
                length = text_length(kind);
            }
            column = column.checked_add(size(kind))?;
            at = next;
        }
        length.filter(|_| at == end && is_announced(&before[..start], column - start))
    })
}

/// Returns true if these bytes end in the length of a record, and the number of its row if there is one.
fn is_announced(before: &[u8], length: usize) -> bool {
    let is_row = |row: &[u8]| match row.split_last() {
        Some((last, rest)) => last & 0x80 == 0 && rest.len() < 9 && rest.iter().all(|byte| byte & 0x80 != 0),
        None => true,
    };
    let says = |at: usize| number(before, at).is_some_and(|(found, next)| found == length && is_row(&before[next..]));
    (before.len().saturating_sub(12)..before.len()).any(says)
}

/// As [`length_by_header`], for a deleted record, whose first four bytes say how many bytes are free. `None` unless the
/// length is one of `wanted`.
pub(super) fn length_of_deleted(before: &[u8], wanted: impl Fn(usize) -> bool) -> Option<usize> {
    let before = &before[before.len().saturating_sub(NEAR)..];
    (2..before.len()).rev().find_map(|at| {
        let (kind, _) = number(before, at).filter(|(_, next)| *next == at + 2)?;
        let length = text_length(kind).filter(|length| wanted(*length))?;
        let is_free =
            |size: &[u8]| (length..length + FREE).contains(&usize::from(u16::from_be_bytes([size[0], size[1]])));
        before[..at].windows(2).any(is_free).then_some(length)
    })
}

fn text_length(kind: usize) -> Option<usize> {
    (kind >= 13 && kind % 2 == 1).then(|| size(kind))
}

fn size(kind: usize) -> usize {
    usize::try_from(column_size(kind as u64)).unwrap_or(usize::MAX)
}

/// Reads a number of one to three bytes. Also returns where it ends.
fn number(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let (value, next) = varint(bytes, at).filter(|(_, next)| next - at <= 3)?;
    Some((usize::try_from(value).ok()?, next))
}
