//! Dumps of Redis. They are searched as they are; strings, and lists of small values, may be packed by LZF, which cuts a key
//! into pieces of 32 bytes. Such a value is found by the mark before its two lengths, whatever holds it, and must unpack to
//! them.

use std::ops::Range;

use memchr::memchr_iter;

use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, read_at};
use super::{Seekable, ValueNames};
use crate::model::SkipReason;

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("Redis", b"REDIS", is_dump, OpenMode::Document(open));

/// Stands before the lengths of a packed value.
const PACKED: u8 = 0xc3;

/// Bytes of a dump that are held at a time, and most bytes of a packed value and of its content.
const WINDOW: usize = 16 << 20;
const MAX_VALUE: usize = 64 << 20;

/// Bytes of values that are gathered before they are searched.
const FULL: usize = 256 << 10;

/// Ranges of values that are kept; hits in the others are reported twice.
const MAX_RANGES: usize = 1 << 20;

/// Returns true if four digits and the code of a first record follow the mark.
fn is_dump(head: &[u8]) -> bool {
    head.get(5..9).is_some_and(|version| version.iter().all(u8::is_ascii_digit))
        && matches!(head.get(9), Some(0xf4..=0xff))
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let mut values = UnpackedValues::default();
    let mut base = 0;
    while base < size && walker.budget.in_time() {
        let window = read_at(input, base, WINDOW);
        if window.is_empty() {
            walker.skip(SkipReason::Unreadable, "data cannot be read");
            break;
        }
        let is_last = base + window.len() as u64 >= size;
        let done = unpack_window(walker, (base, &window), is_last, &mut values);
        base += done as u64;
    }
    values.flush(walker);
    walker.replaced(&values.ranges);
    walker.report_stop();
}

/// Unpacks the values of a window. Returns the number of bytes that are done, at least one.
fn unpack_window(
    walker: &mut ArchiveWalker<'_>,
    (base, window): (u64, &[u8]),
    is_last: bool,
    values: &mut UnpackedValues,
) -> usize {
    let mut done = 0;
    for at in memchr_iter(PACKED, window) {
        if at < done {
            continue;
        }
        let mut rest = &window[at + 1..];
        let Some((packed, size)) = length(&mut rest).zip(length(&mut rest)) else {
            if !is_last && window.len() - at < 2 * LENGTH {
                return at.max(1);
            }
            continue;
        };
        if size > MAX_VALUE || packed > MAX_VALUE || packed == 0 {
            continue;
        }
        let data = &rest[..rest.len().min(packed)];
        let mut content = Vec::new();
        let is_sound = unpack(data, size, &mut content);
        if !walker.budget.expand(content.len() as u64) {
            break;
        }
        if is_sound && data.len() < packed && !is_last {
            if at > 0 {
                return at;
            }
            walker.skip(SkipReason::OverLimit, "too long a value");
        }
        if is_sound && data.len() == packed && content.len() == size {
            done = window.len() - rest.len() + packed;
            values.add(walker, content, base + at as u64..base + done as u64);
        }
    }
    window.len()
}

/// Most bytes of a length.
const LENGTH: usize = 9;

/// Takes a length: of 6 or 14 bits, or of 4 or 8 bytes behind a mark.
fn length(rest: &mut &[u8]) -> Option<usize> {
    let (value, behind) = match **rest {
        [low @ 0..=0x3f, ref behind @ ..] => (u64::from(low), behind),
        [high @ 0x40..=0x7f, low, ref behind @ ..] => (u64::from(high & 0x3f) << 8 | u64::from(low), behind),
        [0x80, a, b, c, d, ref behind @ ..] => (u64::from(u32::from_be_bytes([a, b, c, d])), behind),
        [0x81, ref behind @ ..] => (u64::from_be_bytes(*behind.first_chunk()?), &behind[8..]),
        _ => return None,
    };
    *rest = behind;
    usize::try_from(value).ok()
}

/// Undoes LZF: literals, and copies of what came before. Returns false for damage; what ends early is none.
fn unpack(data: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
    let mut rest = data;
    while let [code, behind @ ..] = rest {
        let high = usize::from(*code >> 5);
        if high == 0 {
            let count = usize::from(*code) + 1;
            let literal = &behind[..behind.len().min(count)];
            out.extend_from_slice(literal);
            rest = &behind[literal.len()..];
        } else {
            let (count, behind) = match (high, behind) {
                (7, [more, behind @ ..]) => (9 + usize::from(*more), behind),
                (7, []) => return true,
                _ => (high + 2, behind),
            };
            let [low, behind @ ..] = behind else { return true };
            let distance = (usize::from(*code & 0x1f) << 8 | usize::from(*low)) + 1;
            let Some(from) = out.len().checked_sub(distance) else { return false };
            // A copy may reach into what it writes.
            (from..from + count).for_each(|at| out.push(out[at]));
            rest = behind;
        }
        if out.len() > most {
            return false;
        }
    }
    true
}

/// Values that are searched at once, each on lines of its own.
#[derive(Default)]
struct UnpackedValues {
    text: Vec<u8>,
    /// Ranges of the values in the text, and the number of the first one.
    places: Vec<Range<usize>>,
    first: usize,
    /// Bytes of the dump that hold the values.
    ranges: Vec<Range<u64>>,
}

impl UnpackedValues {
    fn add(&mut self, walker: &mut ArchiveWalker<'_>, content: Vec<u8>, range: Range<u64>) {
        if self.ranges.len() < MAX_RANGES {
            self.ranges.push(range);
        }
        let from = self.text.len();
        self.text.extend(content);
        self.places.push(from..self.text.len());
        let content = &self.text[from..];
        if walker.sniff(&content[..content.len().min(super::HEAD)]).is_some() {
            walker.piece(format!("value {}", self.first + self.places.len()), content);
        }
        // An empty line ends whatever could go on in the next line.
        self.text.extend_from_slice(b"\n\n");
        if self.text.len() > FULL {
            self.flush(walker);
        }
    }

    fn flush(&mut self, walker: &mut ArchiveWalker<'_>) {
        if !self.places.is_empty() {
            walker.values(&self.text, self);
        }
        self.first += self.places.len();
        self.places.clear();
        self.text.clear();
    }
}

impl ValueNames for UnpackedValues {
    fn value_at(&self, offset: usize) -> Option<(Range<usize>, String)> {
        let next = self.places.partition_point(|place| place.start <= offset);
        let place = self.places.get(next.checked_sub(1)?)?;
        Some((place.clone(), format!("value {}", self.first + next)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, noise, secret, see, see_within, stored, tight};
    use super::*;

    fn number(value: usize) -> Vec<u8> {
        if value < 64 { vec![value as u8] } else { [&[0x80][..], &(value as u32).to_be_bytes()].concat() }
    }

    /// Packs a text in literals of seven bytes, and a run of the last one behind them.
    fn packed(text: &[u8], run: usize) -> Vec<u8> {
        let mut data: Vec<u8> = text.chunks(7).flat_map(|part| [&[part.len() as u8 - 1], part].concat()).collect();
        data.extend([0xe0, 255, 0].repeat(run));
        [&[PACKED][..], &number(data.len()), &number(text.len() + 264 * run), &data].concat()
    }

    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        dump(&[packed(text, 1)])
    }

    fn dump(values: &[Vec<u8>]) -> Vec<u8> {
        let records: Vec<u8> = values.iter().flat_map(|value| [b"\0\x03key", &value[..]].concat()).collect();
        [b"REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\0", &records[..], b"\xff\x01\x02\x03\x04\x05\x06\x07\x08"].concat()
    }

    #[test]
    fn packed_values_of_every_length() {
        let values = [packed(MARK, 0), packed(&secret(), 3), packed(&noise(40), 0), packed(MARK, 9)];
        let seen = see(&dump(&values));
        assert_eq!((seen.places(), seen.reasons()), (vec!["value 1", "value 2", "value 4"], vec![]));
        let far = dump(&[noise(WINDOW - 100), packed(&secret(), 1), packed(MARK, 0)]);
        let seen = see(&far);
        assert_eq!((seen.places().len(), seen.reasons()), (2, vec![]));
        assert_eq!(see(&stored(&[("a.rdb", &sample(MARK))])).places(), ["a.rdb!value 1"]);
    }

    #[test]
    fn what_is_no_dump_or_no_value() {
        for text in [&b"REDIS"[..], b"REDIS0011", b"REDIS0011 is how it begins", b"REDISabcd\xfa"] {
            assert!(!is_dump(text), "{text:?}");
        }
        for mark in [&b"\xc3"[..], b"\xc3\x80", b"\xc3\x05\x06\0", b"\xc3\x7f\xff\x7f\xff\x1f"] {
            assert_eq!(see(&dump(&[mark.repeat(60_000)])).skips, [], "{mark:?}");
        }
    }

    #[test]
    fn hostile_dumps_are_bounded() {
        let bomb = dump(&[packed(b"a", 40_000)]);
        assert_eq!(see_within(&bomb, tight()).reasons(), [SkipReason::OverLimit]);
        // Each mark claims what follows, which unpacks nearly to its end.
        let claim = [b"\xc3\x80\0\x0f\0\0\x80\x03\0\0\0", &[&b"\x1f"[..], &[b'a'; 32]].concat().repeat(3)[..]].concat();
        let seen = see_within(&dump(&[claim.repeat(9_000)]), tight());
        assert!(seen.reasons().iter().all(|reason| *reason == SkipReason::OverLimit));
    }
}
