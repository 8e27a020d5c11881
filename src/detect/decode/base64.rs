//! Base64 in its two alphabets, padded or not, in all three alignments, wrapped in any way of [`super::wraps`].
//!
//! A pivot is three characters or more of an encoded core and tells which character begins a group of four, so the run
//! around it can be decoded from any place. A core's first and last characters are separate pivots where it is long
//! enough, because a wrap may fall into it.

use std::ops::Range;

use super::view::{Line, View};
use super::wraps::{self, Alphabet};
use super::{Encoding, Look, has_core};

/// Source bytes decoded in front of a pivot, and behind it.
const LEFT: usize = 4 << 10;
const RIGHT: usize = 12 << 10;

/// A token that begins this far from the end of a view is decoded again around its own pivot.
const MARGIN: usize = 4 << 10;

const NONE: u8 = 0xff;

/// The value of each character of either alphabet.
pub(super) const SEXTETS: [u8; 256] = {
    let mut table = [NONE; 256];
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        table[digits[i] as usize] = i as u8;
        i += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// The characters of both alphabets.
pub(super) const ALPHABET: Alphabet = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = SEXTETS[i] != NONE;
        i += 1;
    }
    table
};

/// Pivot texts, and at which place of a group of four each begins.
const PIVOTS: &[(&[u8], usize)] = &[
    // `_live_`
    (b"X2xp", 0),
    (b"dmVf", 0),
    (b"9saX", 2),
    (b"XZlX", 1),
    (b"fbGl", 3),
    (b"l2ZV", 2),
    // `_test_`
    (b"X3Rl", 0),
    (b"c3Rf", 0),
    (b"90ZX", 2),
    (b"XN0X", 1),
    (b"fdGV", 3),
    (b"VzdF", 2),
    // `whs` of `whsec_`, `sec` of that and of `_secret_`, `ret_` of the latter
    (b"d2hz", 0),
    (b"doc2", 2),
    (b"3aHN", 3),
    (b"ZWN", 0),
    (b"2Vj", 1),
    (b"NlY", 2),
    (b"JldF", 2),
    (b"ZXRf", 0),
    (b"cmV0", 0),
];

pub(super) struct Base64;

impl Encoding for Base64 {
    fn view(&self, bytes: &[u8], pivot: Range<usize>) -> Look {
        let until = pivot.end;
        Look::or_barren(view_of(bytes, pivot), until)
    }
}

fn view_of(bytes: &[u8], pivot: Range<usize>) -> Option<View> {
    let text = bytes.get(pivot.clone())?;
    let phase = phase_of(text)?;
    let near = decode(bytes, pivot.start, phase, 48..48)?;
    has_core(&near.bytes).then(|| view_at(bytes, pivot.start, phase))?
}

/// The place in a group of four at which a pivot begins.
pub(super) fn phase_of(pivot: &[u8]) -> Option<usize> {
    PIVOTS.iter().find(|(text, _)| *text == pivot).map(|(_, phase)| *phase)
}

/// The view of the run around the character at `at`, which begins `phase` places into a group of four.
pub(super) fn view_at(bytes: &[u8], at: usize, phase: usize) -> Option<View> {
    decode(bytes, at, phase, LEFT..RIGHT)
}

/// Decodes the run around `at`, `reach.start` bytes to the left and `reach.end` to the right of it.
pub(super) fn decode(bytes: &[u8], at: usize, phase: usize, reach: Range<usize>) -> Option<View> {
    let bounds = at.saturating_sub(reach.start)..bytes.len().min(at + reach.end);
    let mut pieces = wraps::run_around(bytes, at, bounds.clone(), &ALPHABET);
    // PEM's armour is made of digits of the other alphabet.
    pieces.retain(|piece| piece.contains(&at) || !is_armour(&bytes[piece.clone()]));
    let source = pieces.first()?.start..pieces.last()?.end;
    let mut lines = Vec::with_capacity(pieces.len());
    let mut sextets = Vec::with_capacity(source.len());
    let mut before = 0;
    for piece in pieces {
        lines.push(Line { index: sextets.len(), source: piece.start });
        if piece.contains(&at) {
            before = sextets.len() + at - piece.start;
        }
        sextets.extend(bytes[piece].iter().map(|byte| SEXTETS[usize::from(*byte)]));
    }
    // The first character that begins a group, given that character `before` stands at `phase` of one.
    let first = (before + 4 - phase) % 4;
    let out = groups(sextets.get(first..)?);
    let text = &bytes[source.clone()];
    let url =
        text.iter().any(|byte| matches!(byte, b'-' | b'_')) && !text.iter().any(|byte| matches!(byte, b'+' | b'/'));
    let settled = if source.end < bounds.end { source.end } else { source.end.saturating_sub(MARGIN).max(at + 1) };
    let settled = if bounds.end == bytes.len() { source.end } else { settled };
    Some(View::of_base64(out, if url { &["base64url"] } else { &["base64"] }, first, lines).covering(source, settled))
}

fn is_armour(piece: &[u8]) -> bool {
    piece.starts_with(b"--") || piece.ends_with(b"--")
}

/// Decodes whole groups and what the last, short one still holds.
fn groups(sextets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(sextets.len() / 4 * 3 + 3);
    let (whole, rest) = sextets.as_chunks::<4>();
    for [a, b, c, d] in whole {
        out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    if let [a, b, ..] = rest {
        out.push(a << 2 | b >> 4);
    }
    if let [_, b, c] = rest {
        out.push(b << 4 | c >> 2);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Noise, token};
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    fn find(text: &[u8], secret: &[u8]) -> Option<Range<usize>> {
        PIVOTS.iter().find_map(|(pivot, _)| {
            memchr::memmem::find_iter(text, pivot).find_map(|at| {
                let view = view_of(text, at..at + pivot.len())?;
                let hit = memchr::memmem::find(&view.bytes, secret)?;
                Some(view.span(hit..hit + secret.len()))
            })
        })
    }

    #[test]
    fn pivots_stand_where_the_table_says() {
        for (pivot, phase) in PIVOTS {
            let stands = |(core, pad): (&str, usize)| {
                let code = STANDARD.encode(format!("{}{core}??", &"ab"[..pad]));
                memchr::memmem::find(code.as_bytes(), pivot).is_some_and(|at| at % 4 == *phase)
            };
            let cores = ["_live_", "_test_", "whsec_", "_secret_"];
            assert!(cores.iter().flat_map(|core| (0..3).map(|pad| (*core, pad))).any(stands), "{pivot:?}");
        }
    }

    #[test]
    fn every_alignment_and_both_alphabets() {
        let mut noise = Noise::new(7);
        for prefix in ["sk_live_", "rk_live_", "sk_test_", "whsec_", "pst_live_"] {
            for pad in 0..9 {
                let secret = token(prefix, &noise.body(24 + pad * 9));
                let plain = [noise.body(pad).as_bytes(), b"?", secret.as_bytes(), b">>\n"].concat();
                for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                    let text = format!("data: {}\n", engine.encode(&plain));
                    let span = find(text.as_bytes(), secret.as_bytes()).expect("found");
                    let start = 6 + (pad + 1) / 3 * 4 + (pad + 1) % 3;
                    assert_eq!(span.start, start, "{prefix} {pad}");
                    assert!(span.end < text.len() && span.len() >= secret.len() * 4 / 3);
                }
            }
        }
    }

    #[test]
    fn wrapped_at_any_width_and_place() {
        let mut noise = Noise::new(11);
        let prefixes =
            ["sk_live_", "rk_live_", "whsec_", "sk_test_", "pi_3ab_secret_", "cs_live_a1b2_secret_", "pst_test_"];
        for (width, prefix) in (8..80).flat_map(|width| prefixes.map(|prefix| (width, prefix))) {
            for eol in ["\n", "\r\n", "\n    ", "\\n"] {
                let secret = token(prefix, &noise.body(32));
                let plain = format!("{}:{secret}:", noise.body(width % 17));
                let code = STANDARD.encode(plain);
                let lines: Vec<&str> =
                    code.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
                let text = format!("tls.key: |{eol}{}{eol}next: 1", lines.join(eol));
                assert!(find(text.as_bytes(), secret.as_bytes()).is_some(), "{prefix} {width} {eol:?}");
            }
        }
    }
}
