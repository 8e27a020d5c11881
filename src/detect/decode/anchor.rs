//! The anchors: the few short texts that every search looks for, all at once.
//!
//! Plain cores are listed here, those of encodings in their rows of [`ENCODINGS`]. **At most 60 in all, in the order of
//! [`ORDER`].** `aho_corasick::packed` searches with fat Teddy: sixteen buckets, a pattern's place modulo sixteen
//! chooses its bucket (patterns whose first three bytes have the same low halves share one), and a bucket fires on any
//! mixture of its patterns' first three bytes. In a bad order the searcher drowns in false alarms: 0.7–1.0 GB/s on
//! source trees, minified JavaScript and base64, against 2.2–3.2 GB/s in a good one (three needles: 4.6). An anchor that
//! [`ORDER`] does not list is searched last; `cargo bench --bench anchor_order` prints an order to paste.
//!
//! Cores are found through two overlapping halves (`k_l` and `live`, `_sec` and `cret_`), so that a prefix split at any
//! place still shows one. A longer text would not be faster: the first three bytes decide. Prefixes in pieces of one or
//! two characters mostly show an underscore between quotes. Base64 cores are halved for the same reason: a line wrap may
//! fall into them. Where a text has two spellings that differ behind the third byte (`005f` and `005F`), the common
//! bytes are the anchor and [`Anchor::after`] tells them from the rest.

use std::sync::LazyLock;

use super::ENCODINGS;

/// A text worth stopping at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The text searched for.
    pub text: &'static [u8],
    /// What to do where it is found.
    pub role: Role,
    /// If not empty, one of these bytes precedes it, zeros skipped.
    pub(super) before: &'static [u8],
    /// If not empty, one of these bytes follows it.
    pub(super) after: &'static [u8],
    /// Place of its first character in a group of four, in base64.
    pub(super) phase: usize,
}

/// What to do where an anchor is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Part of a prefix in plain text. The token may also continue in an encoding: call [`super::views`].
    Core,
    /// A short or shared prefix, which counts in plain text only.
    Short,
    /// The vendor's name, which makes short prefixes near it count.
    Vendor,
    /// Part of a prefix in these rows of the table of encodings: call [`super::views`].
    Encoded(Vec<usize>),
}

/// An anchor of one encoding.
#[derive(Debug, Clone, Copy)]
pub(super) struct EncodedAnchor {
    pub(super) text: &'static [u8],
    before: &'static [u8],
    after: &'static [u8],
    pub(super) phase: usize,
}

/// An anchor that may have any neighbours.
pub(super) const fn text(text: &'static [u8]) -> EncodedAnchor {
    EncodedAnchor { text, before: b"", after: b"", phase: 0 }
}

impl EncodedAnchor {
    /// Requires one of these bytes before the anchor, zeros skipped, and one of those after it; none means any.
    pub(super) const fn between(self, before: &'static [u8], after: &'static [u8]) -> Self {
        Self { before, after, ..self }
    }

    pub(super) const fn at_phase(self, phase: usize) -> Self {
        Self { phase, ..self }
    }
}

/// Anchors in plain text.
const PLAIN: &[(&[u8], Role)] = &[
    (b"live", Role::Core),
    (b"test", Role::Core),
    (b"k_l", Role::Core),
    (b"k_t", Role::Core),
    (b"whs", Role::Core),
    (b"sec_", Role::Core),
    (b"_sec", Role::Core),
    (b"cret_", Role::Core),
    (b"org_", Role::Core),
    (b"\"_\"", Role::Core),
    (b"'_'", Role::Core),
    (b"oak_", Role::Short),
    (b"oart_", Role::Short),
    (b"uk_", Role::Short),
    (b"tripe", Role::Vendor),
    (b"TRIPE", Role::Vendor),
];

/// Every anchor, in the order of the search. A search must report overlapping ones (`k_l` overlaps `live`): continue one
/// byte after the start of each match.
pub static ANCHORS: LazyLock<Vec<Anchor>> = LazyLock::new(|| {
    let mut anchors = all();
    anchors.sort_by_key(|anchor| ORDER.iter().position(|text| *text == anchor.text).unwrap_or(ORDER.len()));
    anchors
});

/// Merges the anchors of all rows: a text that several encodings share is searched for once.
fn all() -> Vec<Anchor> {
    let plain =
        |(text, role): &(&'static [u8], Role)| Anchor { text, role: role.clone(), before: b"", after: b"", phase: 0 };
    let mut anchors: Vec<Anchor> = PLAIN.iter().map(plain).collect();
    for (row, encoding) in ENCODINGS.iter().enumerate() {
        for EncodedAnchor { text, before, after, phase } in encoding.anchors.iter().copied() {
            match anchors.iter_mut().find(|anchor| anchor.text == text) {
                Some(Anchor { role: Role::Encoded(rows), .. }) => rows.push(row),
                _ => anchors.push(Anchor { text, role: Role::Encoded(vec![row]), before, after, phase }),
            }
        }
    }
    anchors
}

/// The order that makes the search fast.
const ORDER: &[&[u8]] = &[
    b"_\xc2\xad",
    b"X3Rl",
    b"JldF",
    b"cmV0",
    b"005",
    b"x5f",
    b"736563",
    b"=5F",
    b"oak_",
    b"ZWN",
    b"XN0X",
    b"%5F",
    b"6976655",
    b"cret_",
    b"TRIPE",
    b"sec_",
    b"oart_",
    b"c3Rf",
    b"VzdF",
    b"doc2",
    b"90ZX",
    b"u{5",
    b"95,",
    b"\0_\0",
    b"fbGl",
    b"'_'",
    b"9saX",
    b"org_",
    b"k_l",
    b"\\137",
    b"whs",
    b"_\xe2\x81",
    b"ZXRf",
    b"NlY",
    b"dmVf",
    b"uk_",
    b"_\xe2\x80",
    b"95;",
    b"3aHN",
    b"fdGV",
    b"2Vj",
    b"_sec",
    b"ar;",
    b"%5f",
    b"k_t",
    b"test",
    b"live",
    b"l2ZV",
    b"XZlX",
    b"tripe",
    b"x5F",
    b"X2xp",
    b"746573745",
    b"d2hz",
    b"\"_\"",
    b"_\xef\xbb",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simd_searcher_takes_them_all() {
        assert!(ANCHORS.len() <= 60);
        assert!(ANCHORS.iter().all(|anchor| anchor.text.len() >= 3));
        let searcher = aho_corasick::packed::Searcher::new(ANCHORS.iter().map(|anchor| anchor.text));
        if cfg!(target_arch = "x86_64") {
            assert!(searcher.is_some());
        }
    }

    #[test]
    fn no_anchor_hides_another() {
        for (at, anchor) in ANCHORS.iter().enumerate() {
            for other in &ANCHORS[at + 1..] {
                assert!(
                    !anchor.text.starts_with(other.text) && !other.text.starts_with(anchor.text),
                    "{anchor:?} {other:?}"
                );
            }
        }
    }
}
