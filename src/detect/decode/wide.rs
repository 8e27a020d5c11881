//! Whole files in UTF-16 or UTF-32: recognised by their byte order mark or by their zero bytes, and turned into UTF-8
//! piece by piece, so that lines and columns are those of the text.

/// Bytes that are looked at to recognise a file without a byte order mark.
const SAMPLE: usize = 4 << 10;

/// A layout of wide characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    width: usize,
    big: bool,
}

impl Layout {
    /// The name of this layout as an encoding.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.width, self.big) {
            (2, false) => "utf-16le",
            (2, true) => "utf-16be",
            (_, false) => "utf-32le",
            (_, true) => "utf-32be",
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
}

/// The layout of a file that is wide text, told from its first bytes (4 KiB are enough).
#[must_use]
pub fn is_wide_text(bytes: &[u8]) -> Option<Layout> {
    let layout = |width, big| Layout { width, big };
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
    [layout(4, false), layout(4, true), layout(2, false), layout(2, true)]
        .into_iter()
        .find(|layout| reads_as(sample, *layout))
}

/// Whether nine of ten units are printable ASCII and none is a zero.
fn reads_as(sample: &[u8], layout: Layout) -> bool {
    let units = sample.chunks_exact(layout.width).map(|unit| layout.unit(unit));
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

/// Turns wide text into UTF-8 as it arrives. What is no character becomes U+FFFD; a byte order mark is left out.
#[derive(Debug)]
pub struct Transcoder {
    layout: Layout,
    /// The beginning of a unit that the last piece cut.
    cut: Vec<u8>,
    high: Option<u32>,
    begun: bool,
}

impl Transcoder {
    /// A transcoder for one file.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { layout, cut: Vec::new(), high: None, begun: false }
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
            self.unit(unit, text);
        }
        let units = bytes.chunks_exact(self.layout.width);
        self.cut.extend_from_slice(units.remainder());
        for unit in units {
            self.unit(self.layout.unit(unit), text);
        }
    }

    /// Appends what a cut-off end of the file stands for.
    pub fn finish(mut self, text: &mut Vec<u8>) {
        if self.high.take().is_some() || !self.cut.is_empty() {
            push(char::REPLACEMENT_CHARACTER, text);
        }
    }

    fn unit(&mut self, unit: u32, text: &mut Vec<u8>) {
        let first = !std::mem::replace(&mut self.begun, true);
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
    use super::super::testing::WIDE;
    use super::*;
    use proptest::prelude::*;

    fn transcode(bytes: &[u8], layout: Layout, piece: usize) -> String {
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
                let layout = is_wide_text(&bytes).unwrap_or_else(|| panic!("{name} {mark:?}"));
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
            assert_eq!(is_wide_text(bytes), None, "{bytes:?}");
        }
        let table: Vec<u8> = (0..2_000u16).flat_map(u16::to_le_bytes).collect();
        assert_eq!(is_wide_text(&table), None);
    }

    #[test]
    fn half_pairs_and_odd_ends() {
        let layout = Layout { width: 2, big: false };
        assert_eq!(transcode(b"a\0\x00\xd8b\0\x00\xdc\0", layout, 2), "a\u{fffd}b\u{fffd}\u{fffd}");
        assert_eq!(transcode(b"\x3d\xd8\x00\xde", layout, 1), "\u{1f600}");
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1usize..20) {
            for layout in [Layout { width: 2, big: false }, Layout { width: 4, big: true }] {
                prop_assert_eq!(transcode(&bytes, layout, piece), transcode(&bytes, layout, 999));
            }
            let _ = is_wide_text(&bytes);
        }
    }
}
