//! Decoders that replace some sequences of a text and copy the rest: escapes, invisible characters, concatenated
//! literals.
//!
//! Such an encoding only parses a single sequence. The rest is common to all of them: the view around an anchor, the
//! check of the neighbourhood that avoids nearly every view, and the continuation of a token after a sequence.

use std::ops::Range;

use super::view::{EncodingNames, ViewBuilder};
use super::{Anchor, DecodeOutcome, Prefixes, RunDecoder};

/// Source bytes to decode before an anchor, and after it: a 255-character body of the widest sequences and its context.
const LEFT: usize = 1 << 10;
const RIGHT: usize = 8 << 10;

/// A token that starts this close to the end of a view gets a view around its own anchor.
const MARGIN: usize = 4 << 10;

/// Bytes on either side that are decoded to check for a core.
const NEAR: usize = 96;

/// If there is none, no anchor up to this much further has one either.
const SKIP: usize = 96;

/// Longest sequence that an anchor may follow or end.
const LONGEST: usize = 16;

/// A sequence of source bytes, and the text it stands for: empty if it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EscapeSequence {
    /// Source bytes.
    pub(super) width: usize,
    text: [u8; 4],
    len: usize,
}

impl EscapeSequence {
    pub(super) fn gap(width: usize) -> Self {
        Self { width, text: [0; 4], len: 0 }
    }

    pub(super) fn byte(byte: u8, width: usize) -> Self {
        Self { width, text: [byte, 0, 0, 0], len: 1 }
    }

    /// Half a surrogate pair becomes U+FFFD.
    pub(super) fn char(code: u32, width: usize) -> Self {
        let mut text = [0; 4];
        let len = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut text).len();
        Self { width, text, len }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text[..self.len]
    }
}

/// The syntax of escape sequences.
pub(super) trait EscapeSyntax: Sync {
    fn may_start_with(&self, byte: u8) -> bool;

    /// Parses the sequence that starts at `at`. Its first byte may start one.
    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence>;

    /// Returns true if the text before `at` is one that uses the syntax.
    fn is_used(&self, _bytes: &[u8], _at: usize) -> bool {
        true
    }

    /// Returns a more specific name than that of the row, given a sequence at `at`.
    fn names_at(&self, _bytes: &[u8], _at: usize) -> EncodingNames {
        &[]
    }
}

impl<T: EscapeSyntax> RunDecoder for T {
    fn decode(&self, prefixes: &Prefixes, bytes: &[u8], anchor: &Anchor, start: usize) -> DecodeOutcome {
        let end = start + anchor.text.len();
        let low = start.saturating_sub(LONGEST);
        let reaches_anchor = |at: &usize| {
            self.may_start_with(bytes[*at])
                && self.parse(bytes, *at).is_some_and(|sequence| at + sequence.width > start)
        };
        match (low..end).find(reaches_anchor) {
            Some(first) => decode_around(self, prefixes, bytes, first..first),
            None => DecodeOutcome::Skip(end),
        }
    }

    fn continue_right(&self, prefixes: &Prefixes, bytes: &[u8], anchor: usize, at: usize) -> Option<DecodeOutcome> {
        if !self.may_start_with(*bytes.get(at)?) {
            return None;
        }
        let sequence = self.parse(bytes, at)?;
        let next = sequence.text().first().or_else(|| bytes.get(at + sequence.width)).copied()?;
        let continues =
            prefixes.is_word(next) || matches!(next, 0x80..|b'"'| b'\'' | b'\\' | b'%' | b'&' | b'=' | b'$' | b'#');
        continues.then(|| decode_around(self, prefixes, bytes, anchor.min(at)..at))
    }

    fn continue_left(
        &self,
        prefixes: &Prefixes,
        bytes: &[u8],
        starts: Range<usize>,
        ends: Range<usize>,
    ) -> Option<DecodeOutcome> {
        let ends_there = |at: usize| self.parse(bytes, at).is_some_and(|found| ends.contains(&(at + found.width)));
        let at = starts.into_iter().find(|at| self.may_start_with(bytes[*at]) && ends_there(*at))?;
        Some(decode_around(self, prefixes, bytes, at..at))
    }
}

/// Decodes around `at`, from an anchor to a sequence, if there is a core near the anchor.
fn decode_around(syntax: &impl EscapeSyntax, prefixes: &Prefixes, bytes: &[u8], at: Range<usize>) -> DecodeOutcome {
    if !syntax.is_used(bytes, at.start) {
        return DecodeOutcome::Skip(at.end);
    }
    let near = rewrite(syntax, bytes, at.start.saturating_sub(NEAR)..bytes.len().min(at.end + NEAR + SKIP));
    if !prefixes.are_in(near.bytes()) {
        return DecodeOutcome::Skip(at.end + SKIP);
    }
    let end = bytes.len().min(at.start + RIGHT);
    let source = at.start.saturating_sub(LEFT)..end;
    let settled = if end == bytes.len() { end } else { end - MARGIN };
    DecodeOutcome::View(rewrite(syntax, bytes, source.clone()).finish(syntax.names_at(bytes, at.end), source, settled))
}

/// Decodes every sequence in a range. One that the range's end cuts is copied; a parser may read beyond the end, such
/// as for the word that joins a list.
fn rewrite(syntax: &impl EscapeSyntax, bytes: &[u8], range: Range<usize>) -> ViewBuilder {
    let mut builder = ViewBuilder::with_capacity(range.len());
    let (mut at, mut copied) = (range.start, range.start);
    while at < range.end {
        let sequence = if syntax.may_start_with(bytes[at]) { syntax.parse(bytes, at) } else { None };
        let Some(sequence) = sequence.filter(|found| (1..=range.end - at).contains(&found.width)) else {
            at += 1;
            continue;
        };
        builder.copy(&bytes[copied..at], copied);
        builder.push_text(sequence.text(), at, sequence.width);
        at += sequence.width;
        copied = at;
    }
    builder.copy(&bytes[copied..range.end], copied);
    builder
}

/// Parses up to `most` hexadecimal digits at `at`: their value and number.
pub(super) fn hex_digits(bytes: &[u8], at: usize, most: usize) -> (u32, usize) {
    let digits = bytes.get(at..).unwrap_or_default().iter().take(most);
    digits
        .map_while(|byte| char::from(*byte).to_digit(16))
        .fold((0, 0), |(value, n), digit| (value << 4 | digit, n + 1))
}

/// Parses two hexadecimal digits at `at`.
pub(super) fn hex_byte(bytes: &[u8], at: usize) -> Option<u8> {
    match hex_digits(bytes, at, 2) {
        (value, 2) => u8::try_from(value).ok(),
        _ => None,
    }
}
