//! Records: the columns of one row, in one run of bytes behind a header of their types and lengths.

/// One column of a record. Nulls and floating-point numbers are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(i64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// Reads the columns of a record, each with its position from 0. `None` unless the payload has exactly the length that
/// its header adds up to. `length` is that of the whole record, of which `payload` may be a part: then its last columns
/// are cut off.
pub(super) fn columns(payload: &[u8], length: u64) -> Option<impl Iterator<Item = (usize, Value<'_>)>> {
    let (header, first) = varint(payload, 0)?;
    let header = usize::try_from(header).ok().filter(|header| (first..=payload.len()).contains(header))?;
    let kinds = move || kinds(&payload[..header], first);
    let total = kinds().try_fold(header as u64, |total, kind| total.checked_add(column_size(kind?)))?;
    let mut from = header;
    (total == length).then(|| {
        kinds().flatten().enumerate().filter_map(move |(column, kind)| {
            let to = from.saturating_add(usize::try_from(column_size(kind)).unwrap_or(usize::MAX));
            let bytes = &payload[from.min(payload.len())..to.min(payload.len())];
            from = to;
            Some((column, value(kind, bytes)?))
        })
    })
}

/// Reads the types in a header; the last item is `None` if they do not fill it exactly.
fn kinds(header: &[u8], mut at: usize) -> impl Iterator<Item = Option<u64>> {
    std::iter::from_fn(move || {
        (at < header.len()).then(|| {
            let kind = varint(header, at);
            at = kind.map_or(header.len(), |(_, next)| next);
            kind.map(|(kind, _)| kind)
        })
    })
}

/// Returns the bytes of a column with this number in the header of a record.
pub(crate) fn column_size(kind: u64) -> u64 {
    match kind {
        0..=4 => kind,
        5 => 6,
        6 | 7 => 8,
        8..=11 => 0,
        _ => (kind - 12) / 2,
    }
}

fn value(kind: u64, bytes: &[u8]) -> Option<Value<'_>> {
    Some(match kind {
        1..=6 => {
            let sign = bytes.first().map_or(0, |first| i64::from(first.cast_signed() >> 7));
            Value::Number(bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte)))
        }
        8 | 9 => Value::Number(kind.cast_signed() - 8),
        12.. if kind.is_multiple_of(2) => Value::Blob(bytes),
        12.. => Value::Text(bytes),
        _ => return None,
    })
}

/// Reads a number of two bytes; 0 where there is none.
pub(super) fn short(page: &[u8], at: usize) -> usize {
    page.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| usize::from(u16::from_be_bytes(*bytes)))
}

/// Reads a number of four bytes; 0 where there is none.
pub(super) fn long(page: &[u8], at: usize) -> u32 {
    page.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// Reads a number of one to nine bytes. Also returns where it ends.
pub(crate) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for step in 0..9 {
        let byte = *bytes.get(at + step)?;
        if step == 8 {
            return Some((value << 8 | u64::from(byte), at + 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + step + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &[u8]) -> Option<Vec<(usize, Value<'_>)>> {
        Some(columns(payload, payload.len() as u64)?.collect())
    }

    #[test]
    fn columns_of_every_type() {
        let payload = [&[9, 0, 1, 2, 9, 17, 16, 7, 8][..], &[0xff, 0x80, 0], b"ab", b"cd", &[0; 8]].concat();
        let expected = [
            (1, Value::Number(-1)),
            (2, Value::Number(-32_768)),
            (3, Value::Number(1)),
            (4, Value::Text(b"ab")),
            (5, Value::Blob(b"cd")),
            (7, Value::Number(0)),
        ];
        assert_eq!(read(&payload).unwrap(), expected);
        assert_eq!(columns(&payload[..14], payload.len() as u64).unwrap().last(), Some((7, Value::Number(0))));
    }

    #[test]
    fn what_does_not_add_up_is_no_record() {
        for payload in [&[][..], &[0], &[5, 17], &[2, 17, b'a'], &[2, 17, b'a', b'b', b'c'], &[2, 0x80], &[0xff; 20]] {
            assert!(read(payload).is_none_or(|columns| columns.is_empty() && payload == [0]), "{payload:?}");
        }
    }
}
