//! The decoders that replace some units of a text and copy the rest: escapes, invisible characters, joined literals.
//!
//! Such an encoding says what a single unit is. Everything else is common to all of them: the view around a pivot,
//! the cheap look at the neighbourhood that spares nearly every view, and the question whether a token that breaks
//! off goes on behind a unit.

use std::ops::Range;

use super::view::{Builder, Names};
use super::{Encoding, Look, has_core};

/// Source bytes in front of a pivot, and behind it: a 255-character body of the widest units and its context.
const LEFT: usize = 1 << 10;
const RIGHT: usize = 8 << 10;

/// A token that begins this far from the end of a view gets a view around its own pivot.
const MARGIN: usize = 4 << 10;

/// Bytes on either side that are decoded to see whether there is a core at all.
const NEAR: usize = 96;

/// Where there is none, a pivot up to this much further has none either.
const BARREN: usize = 96;

/// Longest unit in front of which a pivot may lie.
const LONGEST_UNIT: usize = 16;

/// One unit: its width in source bytes, and what it stands for (nothing, for what is left out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) width: usize,
    text: [u8; 4],
    len: usize,
}

impl Unit {
    /// A unit that stands for nothing.
    pub(super) fn gap(width: usize) -> Self {
        Self { width, text: [0; 4], len: 0 }
    }

    /// A unit that stands for one byte.
    pub(super) fn byte(byte: u8, width: usize) -> Self {
        Self { width, text: [byte, 0, 0, 0], len: 1 }
    }

    /// A unit that stands for a character; half a surrogate pair becomes U+FFFD.
    pub(super) fn char(code: u32, width: usize) -> Self {
        let mut text = [0; 4];
        let len = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut text).len();
        Self { width, text, len }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text[..self.len]
    }
}

/// An encoding made of units.
pub(super) trait Units: Sync {
    /// Whether a unit can begin with this byte.
    fn leads(&self, byte: u8) -> bool;

    /// The unit that begins at `at`, if one does.
    fn unit(&self, bytes: &[u8], at: usize) -> Option<Unit>;

    /// The name of the encoding as seen from the unit at `at`.
    fn name_at(&self, bytes: &[u8], at: usize) -> Names;
}

impl<T: Units> Encoding for T {
    fn view(&self, bytes: &[u8], pivot: Range<usize>) -> Look {
        // The unit that the pivot belongs to or ends with; a pivot of plain text has none and was asked for by name.
        let low = pivot.start.saturating_sub(LONGEST_UNIT);
        let held = |at: &usize| {
            self.leads(bytes[*at]) && self.unit(bytes, *at).is_some_and(|unit| at + unit.width > pivot.start)
        };
        match (low..pivot.end).find(held) {
            Some(lead) => self.view_from(bytes, lead..lead),
            None => Look::Barren(pivot.end),
        }
    }

    fn resumes(&self, bytes: &[u8], pivot: usize, at: usize) -> Option<Look> {
        if !self.leads(*bytes.get(at)?) {
            return None;
        }
        let unit = self.unit(bytes, at)?;
        // Behind the unit, or inside it, something must be able to carry a token on.
        let next = unit.text().first().or_else(|| bytes.get(at + unit.width)).copied()?;
        let goes_on = next.is_ascii_alphanumeric()
            || matches!(next, b'_' | 0x80..|b'"'| b'\'' | b'\\' | b'%' | b'&' | b'=' | b'$' | b'#');
        goes_on.then(|| self.view_from(bytes, pivot.min(at)..at))
    }

    fn leads_to(&self, bytes: &[u8], starts: Range<usize>, ends: Range<usize>) -> Option<Look> {
        let ends_there = |at: usize| self.unit(bytes, at).is_some_and(|unit| ends.contains(&(at + unit.width)));
        let at = starts.into_iter().find(|at| self.leads(bytes[*at]) && ends_there(*at))?;
        Some(self.view_from(bytes, at..at))
    }
}

/// Taking views from a known unit.
trait ViewFrom {
    /// The view around `at`, from a pivot to a unit, if there is a core near the pivot.
    fn view_from(&self, bytes: &[u8], at: Range<usize>) -> Look;
}

impl<T: Units> ViewFrom for T {
    fn view_from(&self, bytes: &[u8], at: Range<usize>) -> Look {
        let near = rewrite(self, bytes, at.start.saturating_sub(NEAR)..bytes.len().min(at.end + NEAR + BARREN));
        if !has_core(near.bytes()) {
            return Look::Barren(at.end + BARREN);
        }
        let end = bytes.len().min(at.start + RIGHT);
        let source = at.start.saturating_sub(LEFT)..end;
        let settled = if end == bytes.len() { end } else { end - MARGIN };
        Look::View(rewrite(self, bytes, source.clone()).finish(self.name_at(bytes, at.end), source, settled))
    }
}

/// Undoes every unit in a range. A unit that the range's end cuts is copied as it is; what tells that something is a
/// unit, such as the word that joins a list, may stand behind it.
fn rewrite<T: Units + ?Sized>(units: &T, bytes: &[u8], range: Range<usize>) -> Builder {
    let mut builder = Builder::with_capacity(range.len());
    let (mut at, mut copied) = (range.start, range.start);
    while at < range.end {
        let unit = if units.leads(bytes[at]) { units.unit(bytes, at) } else { None };
        let Some(unit) = unit.filter(|unit| (1..=range.end - at).contains(&unit.width)) else {
            at += 1;
            continue;
        };
        builder.copy(&bytes[copied..at], copied);
        builder.unit(unit.text(), at, unit.width);
        at += unit.width;
        copied = at;
    }
    builder.copy(&bytes[copied..range.end], copied);
    builder
}

/// The value of up to `most` hexadecimal digits at `at`, and how many there are.
pub(super) fn hex_digits(bytes: &[u8], at: usize, most: usize) -> (u32, usize) {
    let digits = bytes.get(at..).unwrap_or_default().iter().take(most);
    digits
        .map_while(|byte| char::from(*byte).to_digit(16))
        .fold((0, 0), |(value, n), digit| (value << 4 | digit, n + 1))
}

/// The hexadecimal byte at `at`.
pub(super) fn hex_byte(bytes: &[u8], at: usize) -> Option<u8> {
    match hex_digits(bytes, at, 2) {
        (value, 2) => u8::try_from(value).ok(),
        _ => None,
    }
}
