//! The pivots: the few short texts that every search looks for, all at once.
//!
//! **At most 60, and in this order.** `aho_corasick::packed` searches with fat Teddy: sixteen buckets, a pattern's
//! place in the list modulo sixteen chooses its bucket (patterns whose first bytes have the same low halves share
//! one), and a bucket fires on any mixture of its patterns' first three bytes. In a bad order the searcher drowns in
//! false alarms: measured on source trees, minified JavaScript and base64, 0.7–1.0 GB/s against 2.2–3.2 GB/s in this
//! order (three needles: 4.6). The order was found by annealing over 3-gram counts of those corpora and of large JSON documents; `benches/` has
//! the figures. After adding a pivot, look at them again.
//!
//! Cores are found through two overlapping halves (`k_l` and `live`, `_sec` and `cret_`), so that a prefix split at any
//! place still shows one, and split at several places mostly does. A longer text would not be faster: the first three
//! bytes decide. A prefix in pieces of one or two characters shows neither, but mostly an underscore between quotes.
//! Base64 cores are split for the same reason: a line wrap may fall into them. Halves that cores share serve all of
//! them: `sec` in base64 belongs to `whsec_` and `_secret_`.

use super::{BACKSLASH, BASE64, CHAR_CODES, ENTITY, HEX, PERCENT, QUOTED_PRINTABLE, WIDE16, WIDE32, ZERO_WIDTH};

/// A text worth stopping at.
#[derive(Debug, Clone, Copy)]
pub struct Pivot {
    /// What is searched for.
    pub text: &'static [u8],
    /// What finding it means.
    pub role: Role,
    /// One of these stands in front of it, or it means nothing; anything may if there are none.
    pub behind: &'static [u8],
}

/// What finding a pivot means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Part of a family's prefix in plain text. The token may also go on in disguise: ask [`super::views`].
    Core,
    /// A short or shared prefix, which counts in plain text only.
    Short,
    /// The vendor's name, which gives its surroundings a meaning.
    Vendor,
    /// Part of a prefix in the named encodings: ask [`super::views`].
    Encoded(&'static [u8]),
}

const fn core(text: &'static [u8]) -> Pivot {
    Pivot { text, role: Role::Core, behind: b"" }
}

const fn short(text: &'static [u8]) -> Pivot {
    Pivot { text, role: Role::Short, behind: b"" }
}

const fn vendor(text: &'static [u8]) -> Pivot {
    Pivot { text, role: Role::Vendor, behind: b"" }
}

const fn encoded(text: &'static [u8], encodings: &'static [u8]) -> Pivot {
    Pivot { text, role: Role::Encoded(encodings), behind: b"" }
}

impl Pivot {
    const fn behind(self, behind: &'static [u8]) -> Self {
        Self { behind, ..self }
    }
}

/// Every pivot, in the order that makes the search fast. A search must report overlapping ones (`k_l` lies across
/// `live`): go on one byte behind the beginning of each match.
pub const PIVOTS: &[Pivot] = &[
    encoded(b"_\xc2\xad", &[ZERO_WIDTH]),
    encoded(b"X3Rl", &[BASE64]),
    encoded(b"JldF", &[BASE64]),
    encoded(b"cmV0", &[BASE64]),
    encoded(b"005F", &[BACKSLASH, ENTITY]).behind(b"uUxX{"),
    encoded(b"x5f", &[BACKSLASH, ENTITY, CHAR_CODES]),
    encoded(b"736563", &[HEX]),
    encoded(b"=5F", &[QUOTED_PRINTABLE]),
    short(b"oak_"),
    encoded(b"ZWN", &[BASE64]),
    encoded(b"XN0X", &[BASE64]),
    encoded(b"%5F", &[PERCENT]),
    encoded(b"6976655", &[HEX]),
    core(b"cret_"),
    vendor(b"TRIPE"),
    core(b"sec_"),
    short(b"oart_"),
    encoded(b"c3Rf", &[BASE64]),
    encoded(b"VzdF", &[BASE64]),
    encoded(b"doc2", &[BASE64]),
    encoded(b"90ZX", &[BASE64]),
    encoded(b"{5F", &[BACKSLASH]),
    encoded(b"95,", &[CHAR_CODES]),
    encoded(b"\0_\0", &[WIDE16, WIDE32]),
    encoded(b"fbGl", &[BASE64]),
    core(b"'_'"),
    encoded(b"9saX", &[BASE64]),
    encoded(b"%25", &[PERCENT]),
    core(b"org_"),
    core(b"k_l"),
    encoded(b"\\137", &[BACKSLASH]),
    core(b"whs"),
    encoded(b"_\xe2\x81", &[ZERO_WIDTH]),
    encoded(b"ZXRf", &[BASE64]),
    encoded(b"NlY", &[BASE64]),
    encoded(b"dmVf", &[BASE64]),
    short(b"uk_"),
    encoded(b"_\xe2\x80", &[ZERO_WIDTH]),
    encoded(b"95;", &[ENTITY]),
    encoded(b"3aHN", &[BASE64]),
    encoded(b"fdGV", &[BASE64]),
    encoded(b"2Vj", &[BASE64]),
    core(b"_sec"),
    encoded(b"&Under", &[ENTITY]),
    encoded(b"%5f", &[PERCENT]),
    core(b"k_t"),
    encoded(b"005f", &[BACKSLASH, ENTITY]).behind(b"uUxX{"),
    core(b"test"),
    core(b"live"),
    encoded(b"l2ZV", &[BASE64]),
    encoded(b"XZlX", &[BASE64]),
    vendor(b"tripe"),
    encoded(b"x5F", &[BACKSLASH, ENTITY, CHAR_CODES]),
    encoded(b"X2xp", &[BASE64]),
    encoded(b"746573745", &[HEX]),
    encoded(b"{5f", &[BACKSLASH]),
    encoded(b"d2hz", &[BASE64]),
    core(b"\"_\""),
    encoded(b"_\xef\xbb", &[ZERO_WIDTH]),
    encoded(b"&lowb", &[ENTITY]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simd_searcher_takes_them_all() {
        assert!(PIVOTS.len() <= 60);
        assert!(PIVOTS.iter().all(|pivot| pivot.text.len() >= 3));
        let searcher = aho_corasick::packed::Searcher::new(PIVOTS.iter().map(|pivot| pivot.text));
        if cfg!(target_arch = "x86_64") {
            assert!(searcher.is_some());
        }
    }

    #[test]
    fn no_pivot_hides_another() {
        for (at, pivot) in PIVOTS.iter().enumerate() {
            for other in &PIVOTS[at + 1..] {
                assert!(
                    !pivot.text.starts_with(other.text) && !other.text.starts_with(pivot.text),
                    "{pivot:?} {other:?}"
                );
            }
        }
    }
}
