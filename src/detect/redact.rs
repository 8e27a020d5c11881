//! Replaces spans of a text, and maps offsets of the original to the result.

use std::fmt::Write as _;
use std::ops::Range;

use crate::credential::masked;
use crate::credential::randomness as shape;

/// Texts that count as keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caution {
    /// Candidates: for paths, names and messages, whose other text must stay readable.
    Candidates,
    /// Also every long random run, with or without a prefix: for lines around a finding.
    Everything,
}

/// A redacted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The redacted text.
    pub text: String,
    /// Set if anything was replaced by a masked form.
    pub redacted: bool,
    /// Pairs of (offset in the original, offset in `text`) where pieces begin and end, ascending.
    anchors: Vec<(usize, usize)>,
}

impl Masked {
    /// Maps an offset of the original to the masked text; inside a masked key, to where the key begins or ends.
    #[must_use]
    pub fn position(&self, original: usize) -> usize {
        let at = self.anchors.partition_point(|(from, _)| *from <= original);
        self.anchors.get(at.wrapping_sub(1)).map_or(0, |(_, to)| *to)
    }
}

/// A part of a text that must not be shown, and its replacement.
pub(super) type Span = (Range<usize>, String);

/// Adds runs of base64 characters that could be a key, or hold an encoded one.
pub(super) fn random_runs(bytes: &[u8], spans: &mut Vec<Span>) {
    let mut at = 0;
    while at < bytes.len() {
        let run =
            bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).count();
        let body = &bytes[at..at + run];
        let mixed = body.iter().any(u8::is_ascii_digit) || body.iter().any(u8::is_ascii_uppercase);
        if run >= 20 && mixed && shape::distinct(body) >= 8 {
            spans.push((at..at + run, masked(b"", body)));
        }
        at += run.max(1);
    }
}

/// Replaces spans of a part of `bytes`. Of those that begin together the longest counts, of equals the first.
pub(super) fn replace(bytes: &[u8], part: Range<usize>, mut spans: Vec<Span>, push: fn(&mut String, char)) -> Masked {
    let bytes = &bytes[part];
    spans.sort_by_key(|(span, _)| (span.start, usize::MAX - span.end));
    let mut masked = Masked { text: String::new(), redacted: false, anchors: vec![(0, 0)] };
    let mut at = 0;
    for (span, shown) in spans {
        if span.start < at {
            // The rest of an overlapping span is dropped, too.
            at = at.max(span.end);
            masked.anchors.push((at, masked.text.len()));
            continue;
        }
        push_piece(&mut masked, bytes, at..span.start, push);
        masked.anchors.push((span.start, masked.text.len()));
        masked.text.push_str(&shown);
        masked.redacted = true;
        at = span.end;
        masked.anchors.push((at, masked.text.len()));
    }
    push_piece(&mut masked, bytes, at..bytes.len(), push);
    masked.anchors.push((bytes.len(), masked.text.len()));
    masked
}

pub(super) fn push_plain(text: &mut String, character: char) {
    text.push(character);
}

fn push_piece(masked: &mut Masked, bytes: &[u8], range: Range<usize>, push: fn(&mut String, char)) {
    let mut at = range.start;
    for chunk in bytes[range].utf8_chunks() {
        for character in chunk.valid().chars() {
            if masked.anchors.last().is_some_and(|(from, to)| at - from != masked.text.len() - to) {
                masked.anchors.push((at, masked.text.len()));
            }
            push(&mut masked.text, character);
            at += character.len_utf8();
            masked.anchors.push((at, masked.text.len()));
        }
        for byte in chunk.invalid() {
            let _ = write!(masked.text, "\\x{byte:02x}");
            at += 1;
            masked.anchors.push((at, masked.text.len()));
        }
    }
}
