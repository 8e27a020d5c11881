//! Echoing text without echoing a key.
//!
//! Whatever is shown of a scanned repository (a line, a path, a ref, an error) goes through here. Every candidate is
//! replaced by its masked form, whatever the verdict on it was, and characters that could act on a terminal are
//! written as escapes.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::prefilter::Prefilter;
use crate::credential::family::FAMILIES;
use crate::credential::randomness as shape;
use crate::detect::decode::{self, ANCHORS, DecodedRanges, DecodedView};
use crate::model::limits::MAX_DECODE_DEPTH;

/// How much is taken for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caution {
    /// Prefixes with a body: for paths, names and messages, whose other text must stay readable.
    Candidates,
    /// Also every long random run, with or without a prefix: for lines around a finding.
    Everything,
}

/// A text made fit for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// What may be shown.
    pub text: String,
    /// Whether anything was replaced by a masked form.
    pub redacted: bool,
    /// Pairs of (offset in the original, offset in `text`) where pieces begin and end, ascending.
    anchors: Vec<(usize, usize)>,
}

impl Masked {
    /// Where the original's offset is in the masked text; inside a masked key, where the key begins or ends.
    #[must_use]
    pub fn position(&self, original: usize) -> usize {
        let at = self.anchors.partition_point(|(from, _)| *from <= original);
        self.anchors.get(at.wrapping_sub(1)).map_or(0, |(_, to)| *to)
    }
}

/// Masks every key in `bytes`. `known` are spans that are keys without looking like one here (encoded, joined), with the
/// masked form to show.
#[must_use]
pub fn mask(bytes: &[u8], caution: Caution, known: &[(Range<usize>, &str)]) -> Masked {
    let mut spans: Vec<(Range<usize>, String)> =
        known.iter().map(|(span, text)| (span.clone(), (*text).to_owned())).collect();
    candidates(bytes, &mut spans);
    disguised(bytes, 0, &mut spans);
    if caution == Caution::Everything {
        random_runs(bytes, &mut spans);
    }
    // Known spans come first among those that begin together, longer ones before shorter.
    spans.sort_by_key(|(span, _)| (span.start, usize::MAX - span.end));
    let mut masked = Masked { text: String::new(), redacted: false, anchors: vec![(0, 0)] };
    let mut at = 0;
    for (span, shown) in spans {
        if span.start < at {
            // Overlaps what was masked already: the rest of it goes the same way.
            at = at.max(span.end);
            masked.anchors.push((at, masked.text.len()));
            continue;
        }
        push_escaped(&mut masked, bytes, at..span.start);
        masked.anchors.push((span.start, masked.text.len()));
        masked.text.push_str(&shown);
        masked.redacted = true;
        at = span.end;
        masked.anchors.push((at, masked.text.len()));
    }
    push_escaped(&mut masked, bytes, at..bytes.len());
    masked.anchors.push((bytes.len(), masked.text.len()));
    masked
}

/// Whether there is anything to mask.
#[must_use]
pub fn holds_candidate(bytes: &[u8]) -> bool {
    let mut spans = Vec::new();
    candidates(bytes, &mut spans);
    disguised(bytes, 0, &mut spans);
    !spans.is_empty()
}

fn prefixes() -> Option<&'static AhoCorasick> {
    static PREFIXES: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    PREFIXES.get_or_init(|| AhoCorasick::new(FAMILIES.iter().map(|family| family.prefix)).ok()).as_ref()
}

/// Spans that begin with a family's prefix and go on with a body.
fn candidates(bytes: &[u8], spans: &mut Vec<(Range<usize>, String)>) {
    let Some(prefixes) = prefixes() else { return };
    for found in prefixes.find_overlapping_iter(bytes) {
        let rest = &bytes[found.end()..];
        let plain = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        // `_` and base64's other characters belong to some families' bodies.
        let wide = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'/' | b'='))
            .count();
        let specific = found.len() >= 6;
        let long_part =
            rest[..wide].split(|byte| *byte == b'_').any(|part| part.len() >= 20 && shape::distinct(part) >= 8);
        let end = match (specific, plain) {
            (_, _) if long_part => wide,
            (true, 10..) => plain,
            _ => continue,
        };
        let tail = String::from_utf8_lossy(&rest[end.saturating_sub(4)..end]).into_owned();
        let prefix = String::from_utf8_lossy(&bytes[found.range()]).into_owned();
        spans.push((found.start()..found.end() + end, format!("{prefix}…{tail}")));
    }
}

/// Spans whose decoded text holds a candidate.
fn disguised(bytes: &[u8], depth: usize, spans: &mut Vec<(Range<usize>, String)>) {
    static PREFILTER: OnceLock<Option<Prefilter>> = OnceLock::new();
    let texts = || ANCHORS.iter().map(|pivot| pivot.text.to_vec()).collect();
    let Some(prefilter) = PREFILTER.get_or_init(|| Prefilter::new(texts(), true).ok()) else { return };
    let mut found = Vec::new();
    prefilter.find(bytes, &mut found);
    let mut look = |view: DecodedView| {
        let mut inner = Vec::new();
        candidates(&view.bytes, &mut inner);
        inner.retain(|(span, _)| !view.is_plain(span.clone()));
        if depth + view.encodings.len() < MAX_DECODE_DEPTH {
            disguised(&view.bytes, depth + view.encodings.len(), &mut inner);
        }
        spans.extend(inner.into_iter().map(|(span, shown)| (view.span(span), shown)));
    };
    let (mut covered, mut covered_runs) = (DecodedRanges::default(), DecodedRanges::default());
    for pivot in found {
        match ANCHORS.get(pivot.pivot) {
            Some(known) => decode::views(bytes, known, pivot.at, &mut covered, &mut look),
            None => decode::blind::blind_views(bytes, pivot.at, &mut covered_runs, &mut look),
        }
    }
}

/// Runs of base64 characters that could be a key, or hold an encoded one.
fn random_runs(bytes: &[u8], spans: &mut Vec<(Range<usize>, String)>) {
    let mut at = 0;
    while at < bytes.len() {
        let run =
            bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).count();
        let body = &bytes[at..at + run];
        let mixed = body.iter().any(u8::is_ascii_digit) || body.iter().any(u8::is_ascii_uppercase);
        if run >= 20 && mixed && shape::distinct(body) >= 8 {
            let tail = String::from_utf8_lossy(&body[run - 4..]).into_owned();
            spans.push((at..at + run, format!("…{tail}")));
        }
        at += run.max(1);
    }
}

fn push_escaped(masked: &mut Masked, bytes: &[u8], range: Range<usize>) {
    let mut at = range.start;
    for chunk in bytes[range].utf8_chunks() {
        for character in chunk.valid().chars() {
            if masked.anchors.last().is_some_and(|(from, to)| at - from != masked.text.len() - to) {
                masked.anchors.push((at, masked.text.len()));
            }
            push_character(&mut masked.text, character);
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

/// Writes a character, or its escape where it could act on a terminal or hide something from a reader.
pub fn push_character(text: &mut String, character: char) {
    match character {
        '\t' => text.push(' '),
        c if is_unsafe(c) => {
            let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
        }
        c => text.push(c),
    }
}

/// Whether a character could act on a terminal or hide something from a reader.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    character.is_control() || is_invisible(character)
}

/// Bidirectional controls, zero-width characters and the soft hyphen.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}' | '\u{fff9}'..='\u{fffb}')
}

/// A name or message with its keys masked and its control characters escaped.
#[must_use]
pub fn sanitize(text: &str) -> String {
    mask(text.as_bytes(), Caution::Candidates, &[]).text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::forge::Forge;

    #[test]
    fn no_twelve_characters_survive() {
        let mut forge = Forge::new(21);
        for name in [
            "sk_live",
            "sk_test:24",
            "rk_live:34",
            "whsec",
            "whsec:hex",
            "whsec:base64",
            "sk_org",
            "ek_live",
            "pi_secret",
            "cs_live_secret",
            "oak",
            "oart",
            "uk",
            "absec",
            "ca",
            "rt",
            "pss_live",
            "rkcs_test",
            "sk_live:17",
        ] {
            let token = forge.make(name).unwrap();
            let line = format!("a {token}: b {token}");
            for caution in [Caution::Candidates, Caution::Everything] {
                let masked = mask(line.as_bytes(), caution, &[]);
                assert!(masked.redacted);
                let body = &token[token.len().saturating_sub(16)..];
                for window in body.as_bytes().windows(12) {
                    assert!(!masked.text.contains(std::str::from_utf8(window).unwrap()), "{name}");
                }
            }
        }
    }

    #[test]
    fn encoded_keys_are_masked_as_well() {
        use base64::Engine as _;
        let mut forge = Forge::new(22);
        for name in ["sk_live", "sk_live:24", "rk_live", "whsec", "sk_test"] {
            let token = forge.make(name).unwrap();
            let base64 = base64::engine::general_purpose::STANDARD.encode(&token);
            let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
            let percent: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let split = format!("{}\" + \"{}", &token[..6], &token[6..]);
            let twice = base64::engine::general_purpose::STANDARD.encode(&base64);
            for code in [base64, hex, percent, split, twice] {
                let masked = mask(format!("a/{code}.txt").as_bytes(), Caution::Candidates, &[]);
                let tail = &token[token.len() - 4..];
                // Padding may stay.
                assert!(masked.redacted && masked.text.contains(&format!("…{tail}")), "{name}");
                assert!(masked.text.len() < 70, "{name}: {}", masked.text.len());
            }
        }
    }

    #[test]
    fn ordinary_names_stay_readable() {
        for name in ["tests/pk_test_results_2024.sql", "src/start_task_list.rs", "ca_certificates", "a/pi_controller.c"]
        {
            assert_eq!(sanitize(name), name);
        }
    }

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(sanitize("a\u{1b}[31mb\nc\u{202e}"), "a\\u{1b}[31mb\\u{a}c\\u{202e}");
    }

    #[test]
    fn positions_follow() {
        let token = Forge::new(3).make("sk_live").unwrap();
        let line = format!("\u{1b}k={token};");
        let masked = mask(line.as_bytes(), Caution::Everything, &[]);
        let (start, end) = (masked.position(3), masked.position(3 + token.len()));
        assert!(masked.text[start..end].starts_with("sk_live_…"), "{}", masked.text);
        assert_eq!(&masked.text[end..], ";");
    }
}
