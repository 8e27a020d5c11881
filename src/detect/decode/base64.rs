//! Base64 in both alphabets, padded or not, in all three alignments, with any of the [line wraps](super::line_wrap).
//!
//! An anchor is at least three characters of an encoded core. It determines which character starts a group of four, so
//! that the run around it can be decoded from any place. Each core has an anchor at either end, because a line may be
//! wrapped inside one of them.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::anchor::{EncodedAnchor, Spelling, owned, text};
use super::line_wrap::{self, Alphabet};
use super::view::{Base64Line, DecodedView, LEFT, RIGHT, settled};
use super::{Anchor, DecodeOutcome, Prefixes, RunDecoder};

/// Characters of an anchor of a literal.
const PART: usize = 4;

const NONE: u8 = 0xff;

/// The value of each character of both alphabets.
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

/// Anchors, and at which place of a group of four each starts.
pub(super) const ANCHORS: &[EncodedAnchor] = &[
    // `_live_`
    text(b"X2xp").at_phase(0),
    text(b"dmVf").at_phase(0),
    text(b"9saX").at_phase(2),
    text(b"XZlX").at_phase(1),
    text(b"fbGl").at_phase(3),
    text(b"l2ZV").at_phase(2),
    // `_test_`
    text(b"X3Rl").at_phase(0),
    text(b"c3Rf").at_phase(0),
    text(b"90ZX").at_phase(2),
    text(b"XN0X").at_phase(1),
    text(b"fdGV").at_phase(3),
    text(b"VzdF").at_phase(2),
    // `whs` of `whsec_`, `sec` of that and of `_secret_`, `ret_` of the latter
    text(b"d2hz").at_phase(0),
    text(b"doc2").at_phase(2),
    text(b"3aHN").at_phase(3),
    text(b"ZWN").at_phase(0),
    text(b"2Vj").at_phase(1),
    text(b"NlY").at_phase(2),
    text(b"JldF").at_phase(2),
    text(b"ZXRf").at_phase(0),
    text(b"cmV0").at_phase(0),
];

pub(super) struct Base64;

impl RunDecoder for Base64 {
    fn decode(&self, prefixes: &Prefixes, bytes: &[u8], anchor: &Anchor, at: usize) -> DecodeOutcome {
        DecodeOutcome::or_skip(view_around(prefixes, bytes, anchor.phase, at), at + anchor.text.len())
    }
}

fn view_around(prefixes: &Prefixes, bytes: &[u8], phase: usize, at: usize) -> Option<DecodedView> {
    let near = decode(bytes, at, phase, 48..48)?;
    prefixes.are_in(&near.bytes).then(|| view_at(bytes, at, phase))?
}

/// Returns the characters that a literal determines, at each alignment and in both alphabets.
pub(super) fn spellings(literal: &[u8]) -> Vec<Spelling> {
    let mut all = Vec::new();
    for before in 0..3 {
        let bytes = [&[0; 2][..before], literal].concat();
        let first = (8 * before).div_ceil(6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let digits = engine.encode(&bytes).into_bytes()[first..8 * bytes.len() / 6].to_vec();
            let spelling = Spelling { digits, phase: first };
            if !all.contains(&spelling) {
                all.push(spelling);
            }
        }
    }
    all
}

/// Returns two anchors that share one character, because a line may be wrapped inside one of them.
pub(super) fn anchors(spelling: &Spelling) -> Vec<EncodedAnchor> {
    let digits = &spelling.digits;
    let middle = digits.len() / 2;
    let starts = if digits.len() >= 2 * PART - 1 { vec![middle + 1 - PART, middle] } else { vec![0] };
    let part = |start: usize| digits[start..digits.len().min(start + PART)].to_vec();
    starts.into_iter().map(|start| owned(part(start)).at_phase((spelling.phase + start) % 4)).collect()
}

/// Decodes the run around the character at `at`, which is at place `phase` of a group of four.
pub(super) fn view_at(bytes: &[u8], at: usize, phase: usize) -> Option<DecodedView> {
    decode(bytes, at, phase, LEFT..RIGHT)
}

/// Decodes the run around `at`, `reach.start` bytes to the left and `reach.end` to the right of it.
pub(super) fn decode(bytes: &[u8], at: usize, phase: usize, reach: Range<usize>) -> Option<DecodedView> {
    let bounds = at.saturating_sub(reach.start)..bytes.len().min(at + reach.end);
    let mut pieces = line_wrap::run_around(bytes, at, bounds.clone(), &ALPHABET);
    // The dashes of PEM's armour are characters of the URL-safe alphabet.
    pieces.retain(|piece| piece.contains(&at) || !is_armour(&bytes[piece.clone()]));
    let source = pieces.first()?.start..pieces.last()?.end;
    let mut lines = Vec::with_capacity(pieces.len());
    let mut sextets = Vec::with_capacity(source.len());
    let mut before = 0;
    for piece in pieces {
        lines.push(Base64Line { index: sextets.len(), source: piece.start });
        if piece.contains(&at) {
            before = sextets.len() + at - piece.start;
        }
        sextets.extend(bytes[piece].iter().map(|byte| SEXTETS[usize::from(*byte)]));
    }
    // Character `before` is at place `phase` of a group.
    let first = (before + 4 - phase) % 4;
    let out = groups(sextets.get(first..)?);
    let text = &bytes[source.clone()];
    let url =
        text.iter().any(|byte| matches!(byte, b'-' | b'_')) && !text.iter().any(|byte| matches!(byte, b'+' | b'/'));
    let settled = settled(at, source.end, source.end == bounds.end && bounds.end < bytes.len());
    Some(
        DecodedView::of_base64(out, if url { &["base64url"] } else { &["base64"] }, first, lines)
            .covering(source, settled),
    )
}

fn is_armour(piece: &[u8]) -> bool {
    piece.starts_with(b"--") || piece.ends_with(b"--")
}

/// Decodes whole groups and the bytes of the last, incomplete one.
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
    use super::super::testing::{self, Noise, token};
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    fn find(text: &[u8], secret: &[u8]) -> Option<Range<usize>> {
        let prefixes = testing::prefixes();
        ANCHORS.iter().find_map(|anchor| {
            memchr::memmem::find_iter(text, &*anchor.text).find_map(|at| {
                let view = view_around(&prefixes, text, anchor.phase, at)?;
                let hit = memchr::memmem::find(&view.bytes, secret)?;
                Some(view.span(hit..hit + secret.len()))
            })
        })
    }

    #[test]
    fn anchors_stand_where_the_table_says() {
        for EncodedAnchor { text: anchor, phase, .. } in ANCHORS {
            let stands = |(core, pad): (&str, usize)| {
                let code = STANDARD.encode(format!("{}{core}??", &"ab"[..pad]));
                memchr::memmem::find(code.as_bytes(), anchor).is_some_and(|at| at % 4 == *phase)
            };
            let cores = ["_live_", "_test_", "whsec_", "_secret_"];
            assert!(cores.iter().flat_map(|core| (0..3).map(|pad| (*core, pad))).any(stands), "{anchor:?}");
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
