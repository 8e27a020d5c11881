//! UTF-16 and UTF-32 text inside other bytes: string tables of executables, registry exports, mail stores.
//!
//! Files that are such text as a whole are transcoded by [`super::wide`]; here only the run of characters around a
//! pivot is read, and only characters of Latin script, because a key has no others.

use std::ops::Range;

use super::view::{Builder, Names, View};
use super::{Encoding, Look, has_core};

const LEFT: usize = 2 << 10;
const RIGHT: usize = 12 << 10;
const MARGIN: usize = 4 << 10;

/// Both byte orders of one unit width: the pivot's zero bytes do not tell them apart, what stands next to them does.
pub(super) struct Wide {
    pub(super) width: usize,
}

/// A way to lay a character out.
#[derive(Clone, Copy)]
struct Layout {
    width: usize,
    big: bool,
}

impl Layout {
    /// The Latin-1 character at `at`, without control characters other than blanks, and without `ÿ`, which is more
    /// often half a byte order mark.
    fn char(self, bytes: &[u8], at: usize) -> Option<u8> {
        let unit = bytes.get(at..at + self.width)?;
        let place = if self.big { self.width - 1 } else { 0 };
        let zero = unit.iter().enumerate().all(|(i, byte)| i == place || *byte == 0);
        let byte = unit[place];
        (zero
            && (byte >= 0x20 && byte != 0xff && !(0x7f..0xa0).contains(&byte) || matches!(byte, b'\t' | b'\n' | b'\r')))
        .then_some(byte)
    }

    fn names(self) -> Names {
        match (self.width, self.big) {
            (2, false) => &["utf-16le"],
            (2, true) => &["utf-16be"],
            (_, false) => &["utf-32le"],
            (_, true) => &["utf-32be"],
        }
    }

    fn read(self, bytes: &[u8], at: usize, reach: Range<usize>) -> View {
        let low = at.saturating_sub(reach.start);
        let mut start = at;
        while start >= low + self.width && self.char(bytes, start - self.width).is_some() {
            start -= self.width;
        }
        let high = bytes.len().min(at + reach.end);
        let mut builder = Builder::default();
        let mut next = start;
        while let Some(char) = self.char(&bytes[..high], next) {
            if char.is_ascii() {
                builder.push(char, next, self.width);
            } else {
                let mut text = [0; 2];
                builder.unit(char::from(char).encode_utf8(&mut text).as_bytes(), next, self.width);
            }
            next += self.width;
        }
        let open = high < bytes.len() && next + self.width > high;
        let settled = if open { next.saturating_sub(MARGIN).max(at + 1) } else { next };
        builder.finish(self.names(), start..next, settled)
    }
}

impl Encoding for Wide {
    fn view(&self, bytes: &[u8], pivot: Range<usize>) -> Look {
        let until = pivot.end;
        Look::or_barren(self.view_of(bytes, pivot), until)
    }
}

impl Wide {
    fn view_of(&self, bytes: &[u8], pivot: Range<usize>) -> Option<View> {
        let start = pivot.start;
        // The pivot begins with a character or with the zero bytes in front of one.
        let char = start + bytes.get(pivot)?.iter().position(|byte| *byte != 0)?;
        // Either order reads the inside of the text the same; the wrong one loses its first or last character.
        let little = Layout { width: self.width, big: false };
        let big = Layout { width: self.width, big: true };
        let starts = [(little, Some(char)), (big, char.checked_sub(self.width - 1))];
        let near = |(layout, at): &(Layout, Option<usize>)| {
            at.is_some_and(|at| has_core(&layout.read(bytes, at, 64..64).bytes))
        };
        let views =
            starts.into_iter().filter(near).filter_map(|(layout, at)| Some(layout.read(bytes, at?, LEFT..RIGHT)));
        views.max_by_key(|view| (view.bytes.len(), view.source.start.is_multiple_of(self.width)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};

    #[test]
    fn every_order_width_and_offset() {
        let mut noise = Noise::new(91);
        for prefix in testing::PREFIXES {
            for pad in 0..5 {
                let secret = token(prefix, &noise.body(40));
                let text = format!("\u{feff}Key é={secret}\r\n");
                for (name, unit) in testing::WIDE {
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
}
