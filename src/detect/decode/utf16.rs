//! UTF-16 and UTF-32 text: whole files, and text inside other bytes.
//!
//! Whole files are recognised by their byte order mark or their zero bytes and converted to UTF-8 piece by piece, so
//! that lines and columns are those of the text. Inside string tables of executables, registry exports and mail stores,
//! the run of characters around an anchor is decoded, and only Latin-1 ones, because a key has no others.

use std::ops::Range;

use super::anchor::{EncodedAnchor, owned};
use super::view::{DecodedView, EncodingNames, LEFT, RIGHT, ViewBuilder, settled};
use super::{Anchor, DecodeOutcome, Prefixes, RunDecoder};

/// Bytes that decide the layout of a file without a byte order mark.
const SAMPLE: usize = 4 << 10;

/// Width and byte order of wide characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WideLayout {
    width: usize,
    big: bool,
}

impl WideLayout {
    /// Returns the layout of a file of wide text, given its first bytes (4 KiB are enough).
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        let layout = |width, big| Self { width, big };
        match bytes {
            [0xff, 0xfe, 0, 0, ..] if bytes.len().is_multiple_of(4) || bytes.len() >= SAMPLE => {
                return Some(layout(4, false));
            }
            [0, 0, 0xfe, 0xff, ..] => return Some(layout(4, true)),
            [0xff, 0xfe, ..] => return Some(layout(2, false)),
            [0xfe, 0xff, ..] => return Some(layout(2, true)),
            _ => {}
        }
        let sample = &bytes[..bytes.len().min(SAMPLE)];
        if sample.len() < 8 || memchr::memchr(0, sample).is_none() {
            return None;
        }
        let layouts = [layout(4, false), layout(4, true), layout(2, false), layout(2, true)];
        layouts.into_iter().find(|layout| layout.is_text(sample))
    }

    /// The name of this layout as an encoding.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    fn names(self) -> EncodingNames {
        match (self.width, self.big) {
            (2, false) => &["utf-16le"],
            (2, true) => &["utf-16be"],
            (_, false) => &["utf-32le"],
            (_, true) => &["utf-32be"],
        }
    }

    /// Bytes of a unit: 2 or 4.
    #[must_use]
    pub fn width(self) -> usize {
        self.width
    }

    fn unit(self, bytes: &[u8]) -> u32 {
        let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        if self.big { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) }
    }

    /// Returns true if nine of ten units are printable ASCII and none is zero.
    fn is_text(self, sample: &[u8]) -> bool {
        let units = sample.chunks_exact(self.width).map(|unit| self.unit(unit));
        let (mut all, mut printable) = (0, 0);
        for unit in units {
            if unit == 0 {
                return false;
            }
            all += 1;
            printable += usize::from(matches!(unit, 0x20..=0x7e | 0x09 | 0x0a | 0x0d));
        }
        all >= 4 && printable * 10 >= all * 9
    }

    /// Returns the Latin-1 character at `at`. Control characters other than blanks are none, and neither is `ÿ`, which
    /// is more often half a byte order mark.
    fn char(self, bytes: &[u8], at: usize) -> Option<u8> {
        let byte = u8::try_from(self.unit(bytes.get(at..at + self.width)?)).ok()?;
        (byte >= 0x20 && byte != 0xff && !(0x7f..0xa0).contains(&byte) || matches!(byte, b'\t' | b'\n' | b'\r'))
            .then_some(byte)
    }

    /// Decodes the run of characters around `at`, and one more byte before and behind it that may be a character.
    fn decode(self, bytes: &[u8], at: usize, reach: Range<usize>, [first, last]: [Option<u8>; 2]) -> DecodedView {
        let low = at.saturating_sub(reach.start);
        let mut start = at;
        while start >= low + self.width && self.char(bytes, start - self.width).is_some() {
            start -= self.width;
        }
        let high = bytes.len().min(at + reach.end);
        let mut builder = ViewBuilder::default();
        let mut next = start;
        if let Some(first) = first {
            start -= 1;
            builder.push_text(char::from(first).encode_utf8(&mut [0; 2]).as_bytes(), start, 1);
        }
        while let Some(char) = self.char(&bytes[..high], next) {
            builder.push_text(char::from(char).encode_utf8(&mut [0; 2]).as_bytes(), next, self.width);
            next += self.width;
        }
        let is_cut = high < bytes.len() && next + self.width > high;
        if let Some(last) = last {
            builder.push_text(char::from(last).encode_utf8(&mut [0; 2]).as_bytes(), next, 1);
            next += 1;
        }
        let settled = settled(at, next, is_cut);
        builder.finish(self.names(), start..next, settled)
    }
}

/// Decodes wide text inside other bytes, in either byte order: the zero bytes of an anchor do not determine it.
pub(super) struct WideRun {
    pub(super) width: usize,
}

impl RunDecoder for WideRun {
    fn decode(&self, prefixes: &Prefixes, bytes: &[u8], anchor: &Anchor, at: usize) -> DecodeOutcome {
        let end = at + anchor.text.len();
        DecodeOutcome::or_skip(self.view_around(prefixes, bytes, at..end), end)
    }
}

impl WideRun {
    fn view_around(&self, prefixes: &Prefixes, bytes: &[u8], anchor: Range<usize>) -> Option<DecodedView> {
        let start = anchor.start;
        // The anchor starts with a character or with the zero bytes before one.
        let char = start + bytes.get(anchor)?.iter().position(|byte| *byte != 0)?;
        let little = WideLayout { width: self.width, big: false };
        let big = WideLayout { width: self.width, big: true };
        let starts = [(little, Some(char)), (big, char.checked_sub(self.width - 1))];
        let has_key = |(layout, at): &(WideLayout, Option<usize>)| {
            let text = at.map(|at| layout.decode(bytes, at, 64..64, [None; 2]).bytes);
            text.is_some_and(|text| prefixes.are_in(&text) || has_host(&text))
        };
        let views = starts
            .into_iter()
            .filter(has_key)
            .filter_map(|(layout, at)| Some(layout.decode(bytes, at?, LEFT / 2..RIGHT, [None; 2])));
        let views: Vec<DecodedView> = views.collect();
        match views.as_slice() {
            // Both orders decode the inside of the text. The wrong one loses its first or last character, and may take
            // one at the other end, so that nothing tells which it is: both are kept, at the places of the likelier one.
            [first, second] if first.source.len() == second.source.len() => {
                let (early, late) = (first.source.start, second.source.start);
                if early < late && late.is_multiple_of(self.width) {
                    let more = [bytes.get(early).copied(), None];
                    return Some(big.decode(bytes, char.checked_sub(self.width - 1)?, LEFT / 2..RIGHT, more));
                }
                let last = bytes.get(first.source.end).filter(|_| early < late);
                Some(little.decode(bytes, char, LEFT / 2..RIGHT, [None, last.copied()]))
            }
            _ => views.into_iter().max_by_key(|view| view.source.len()),
        }
    }
}

/// Returns true if the name of a database's host begins in this text, which no prefix tells.
fn has_host(text: &[u8]) -> bool {
    let ends_word = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'_';
    memchr::memmem::find_iter(text, b"db_").any(|at| at.checked_sub(1).is_none_or(|before| ends_word(&text[before])))
}

/// Returns the anchor of a wide character in either width and byte order.
pub(super) fn byte_anchors(byte: u8) -> Vec<EncodedAnchor> {
    vec![owned([0, byte, 0])]
}

/// Converts wide text to UTF-8 piece by piece. Invalid units become U+FFFD; the byte order mark is dropped.
#[derive(Debug)]
pub struct Transcoder {
    layout: WideLayout,
    /// The start of a unit that the last piece cut.
    cut: Vec<u8>,
    /// The first half of a surrogate pair.
    high: Option<u32>,
    has_begun: bool,
}

impl Transcoder {
    /// Creates a transcoder for one file.
    #[must_use]
    pub fn new(layout: WideLayout) -> Self {
        Self { layout, cut: Vec::new(), high: None, has_begun: false }
    }

    /// Appends the text of the next piece.
    pub fn feed(&mut self, mut bytes: &[u8], text: &mut Vec<u8>) {
        text.reserve(bytes.len() / self.layout.width + 4);
        if !self.cut.is_empty() {
            let missing = (self.layout.width - self.cut.len()).min(bytes.len());
            self.cut.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.cut.len() < self.layout.width {
                return;
            }
            let unit = self.layout.unit(&self.cut);
            self.cut.clear();
            self.push_unit(unit, text);
        }
        let units = bytes.chunks_exact(self.layout.width);
        self.cut.extend_from_slice(units.remainder());
        for unit in units {
            self.push_unit(self.layout.unit(unit), text);
        }
    }

    /// Appends U+FFFD for a unit or a pair that the end of the file cuts.
    pub fn finish(mut self, text: &mut Vec<u8>) {
        if self.high.take().is_some() || !self.cut.is_empty() {
            push(char::REPLACEMENT_CHARACTER, text);
        }
    }

    fn push_unit(&mut self, unit: u32, text: &mut Vec<u8>) {
        let first = !std::mem::replace(&mut self.has_begun, true);
        if first && unit == 0xfeff {
            return;
        }
        if self.layout.width == 2 {
            if let Some(high) = self.high.take() {
                if (0xdc00..0xe000).contains(&unit) {
                    let code = 0x1_0000 + ((high - 0xd800) << 10 | (unit - 0xdc00));
                    return push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), text);
                }
                push(char::REPLACEMENT_CHARACTER, text);
            }
            if (0xd800..0xdc00).contains(&unit) {
                self.high = Some(unit);
                return;
            }
        }
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => text.push(byte),
            _ => push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), text),
        }
    }
}

fn push(char: char, text: &mut Vec<u8>) {
    text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, WIDE, token};
    use super::*;
    use proptest::prelude::*;

    fn transcode(bytes: &[u8], layout: WideLayout, piece: usize) -> String {
        let mut coder = Transcoder::new(layout);
        let mut text = Vec::new();
        bytes.chunks(piece).for_each(|piece| coder.feed(piece, &mut text));
        coder.finish(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn files_are_recognised_with_and_without_a_mark() {
        let text = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software]\r\n\"Ключ\"=\"x\"\r\n";
        for (name, unit) in WIDE {
            for mark in ["", "\u{feff}"] {
                let bytes: Vec<u8> = format!("{mark}{text}").chars().flat_map(unit).collect();
                let layout = WideLayout::detect(&bytes).unwrap_or_else(|| panic!("{name} {mark:?}"));
                assert_eq!(layout.name(), *name);
                for piece in [1, 3, 7, 4096] {
                    assert_eq!(transcode(&bytes, layout, piece), text, "{name} {piece}");
                }
            }
        }
    }

    #[test]
    fn binaries_and_plain_text_are_not() {
        for bytes in [
            b"plain text, nothing else".as_slice(),
            &[0; 64],
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0",
            b"",
            b"\0",
            b"a\0",
        ] {
            assert_eq!(WideLayout::detect(bytes), None, "{bytes:?}");
        }
        let table: Vec<u8> = (0..2_000u16).flat_map(u16::to_le_bytes).collect();
        assert_eq!(WideLayout::detect(&table), None);
    }

    #[test]
    fn half_pairs_and_odd_ends() {
        let layout = WideLayout { width: 2, big: false };
        assert_eq!(transcode(b"a\0\x00\xd8b\0\x00\xdc\0", layout, 2), "a\u{fffd}b\u{fffd}\u{fffd}");
        assert_eq!(transcode(b"\x3d\xd8\x00\xde", layout, 1), "\u{1f600}");
    }

    #[test]
    fn bytes_that_either_order_takes_for_a_character() {
        let mut noise = Noise::new(17);
        for (name, unit) in WIDE.iter().filter(|(name, _)| name.starts_with("utf-16")) {
            let secret = format!("pi_3{}_secret_{}", noise.body(23), noise.body(25));
            for (before, after) in
                [(&b"x"[..], &b"\x81\x05"[..]), (b"\x81\x05", b"y"), (b"\x81\x05", b"\xc9\x4b"), (b"x", b"y")]
            {
                let bytes = [before, &secret.chars().flat_map(unit).collect::<Vec<u8>>(), after].concat();
                let found = testing::find(&bytes, secret.as_bytes());
                assert!(found.is_some(), "{name} {before:?} {after:?}");
            }
        }
    }

    #[test]
    fn every_order_width_and_offset() {
        let mut noise = Noise::new(91);
        for prefix in testing::PREFIXES {
            for pad in 0..5 {
                let secret = token(prefix, &noise.body(40));
                let text = format!("\u{feff}Key é={secret}\r\n");
                for (name, unit) in WIDE {
                    let code: Vec<u8> = secret.chars().flat_map(unit).collect();
                    let mut bytes = vec![0xfe; pad];
                    bytes.extend(text.chars().flat_map(unit));
                    bytes.extend([7, 7, 7]);
                    let found =
                        testing::find(&bytes, secret.as_bytes()).unwrap_or_else(|| panic!("{name} {prefix} {pad}"));
                    assert_eq!(found.0, vec![*name]);
                    let at = memchr::memmem::find(&bytes, &code).unwrap();
                    assert_eq!(found.1, at..at + code.len());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1usize..20) {
            for layout in [WideLayout { width: 2, big: false }, WideLayout { width: 4, big: true }] {
                prop_assert_eq!(transcode(&bytes, layout, piece), transcode(&bytes, layout, 999));
            }
            let _ = WideLayout::detect(&bytes);
        }
    }
}
