//! Shared by the decoders' tests: deterministic bodies, and a search through views as the engine does it.

use std::ops::Range;

use super::blind::{blind_runs, blind_views};
use super::{ANCHORS, AnchorRole, DecodedRanges, DecodedView, Prefixes, views};

/// Prefixes to try with every encoding.
pub(super) const PREFIXES: [&str; 4] = ["sk_live_", "rk_live_", "whsec_", "sk_test_"];

/// A layout's name and how it writes a character.
type WideWriter = (&'static str, fn(char) -> Vec<u8>);

pub(super) const WIDE: &[WideWriter] = &[
    ("utf-16le", |c| (c as u16).to_le_bytes().to_vec()),
    ("utf-16be", |c| (c as u16).to_be_bytes().to_vec()),
    ("utf-32le", |c| (c as u32).to_le_bytes().to_vec()),
    ("utf-32be", |c| (c as u32).to_be_bytes().to_vec()),
];

/// The prefixes of the built-in rules.
pub(super) fn prefixes() -> Prefixes {
    Prefixes::new([b"_secret_".as_slice()])
}

pub(super) fn token(prefix: &str, body: &str) -> String {
    format!("{prefix}{body}")
}

/// A small generator of bodies that look random and are the same in each run.
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub(super) fn body(&mut self, length: usize) -> String {
        const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        (0..length).map(|_| char::from(DIGITS[(self.next() % 62) as usize])).collect()
    }
}

/// Every place at which a prefix can be split, and some in the body.
pub(super) fn splits(prefix: &str, secret: &str) -> Vec<usize> {
    (1..=prefix.len()).chain([prefix.len() + 1, prefix.len() + 7, secret.len() - 1]).collect()
}

/// Returns the encodings through which a secret is found, and its place.
pub(super) fn find(bytes: &[u8], secret: &[u8]) -> Option<(Vec<&'static str>, Range<usize>)> {
    assert!(memchr::memmem::find(bytes, secret).is_none(), "plain");
    search(bytes, secret, 3)
}

fn search(bytes: &[u8], secret: &[u8], depth: usize) -> Option<(Vec<&'static str>, Range<usize>)> {
    let mut found: Option<(Vec<&'static str>, Range<usize>)> = None;
    let mut look = |view: DecodedView| {
        if found.is_some() {
            return;
        }
        if let Some(at) = memchr::memmem::find(&view.bytes, secret) {
            found = Some((view.encodings.to_vec(), view.span(at..at + secret.len())));
        } else if depth > 1
            && let Some((inner, span)) = search(&view.bytes, secret, depth - 1)
        {
            found = Some((view.encodings.iter().copied().chain(inner).collect(), view.span(span)));
        }
    };
    let prefixes = prefixes();
    let mut decoded = DecodedRanges::new(&prefixes);
    for at in 0..bytes.len() {
        for anchor in ANCHORS
            .iter()
            .filter(|anchor| !matches!(anchor.role, AnchorRole::Short | AnchorRole::Vendor | AnchorRole::ZipEnd))
        {
            if bytes[at..].starts_with(&anchor.text) {
                views(bytes, anchor, at, &mut decoded, &mut look);
            }
        }
    }
    let mut decoded = DecodedRanges::new(&prefixes);
    blind_runs(bytes, &mut |at| blind_views(bytes, at, &mut decoded, &mut look));
    found
}

/// Asserts that a secret is found in a text, at the place of its code if one is given.
#[track_caller]
pub(super) fn finds(text: &str, code: &str, secret: &str) {
    let shape = |text: &str| text.replace(secret, "SECRET");
    let Some((_, span)) = find(text.as_bytes(), secret.as_bytes()) else { panic!("not found in {}", shape(text)) };
    if !code.is_empty() {
        let at = text.find(code).unwrap_or_default();
        assert_eq!(span, at..at + code.len(), "{} ({})", shape(text), &text[span.clone()]);
    }
}
