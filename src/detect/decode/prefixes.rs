//! The prefixes that may be encoded, and the anchors that the literals of user rules need beyond [`ANCHORS`].
//!
//! One list, made of the table of families and the literals of the loaded rules. Everything else is derived from it: the
//! anchors of the search, the bytes around them that [`AnchorFilter`](super::AnchorFilter) accepts, and the check that a
//! decoder makes before it decodes a whole run.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::anchor::{Spelling, add_encoded};
use super::{ANCHORS, Anchor, AnchorRole, ENCODINGS};
use crate::credential::family::FAMILIES;

/// Bytes of a plain anchor made from a literal. A longer one would not be found faster.
const HALF: usize = 4;

/// Prefixes in byte order, and what is derived from them.
#[derive(Debug)]
pub struct Prefixes {
    texts: Vec<Vec<u8>>,
    anchors: Vec<Anchor>,
    /// Plain anchors with their surroundings in the prefixes. Most scans of a file never need them.
    cores: OnceLock<Vec<CoreContext>>,
    /// The last bytes of prefixes, and the bytes before those.
    ends: Vec<u8>,
    before_end: [bool; 256],
    /// The bytes of plain tokens.
    word: [bool; 256],
}

/// A plain anchor, and the text before and after it in the prefixes that contain it.
#[derive(Debug)]
pub(super) struct CoreContext {
    text: Vec<u8>,
    pub(super) heads: Vec<Vec<u8>>,
    tails: Vec<Vec<u8>>,
    /// Set if a prefix that is cut in front of it shows another anchor, or nothing of a prefix is in front of it.
    pub(super) is_first: bool,
}

impl Prefixes {
    /// Collects the prefixes of the families that may be encoded and the given literals of rules.
    pub fn new<'a>(literals: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let known = |text: &[u8]| FAMILIES.iter().any(|family| family.prefix.as_bytes() == text);
        let families = FAMILIES.iter().filter(|family| family.encoded).map(|family| family.prefix.as_bytes().to_vec());
        let mut texts: BTreeSet<Vec<u8>> = families.collect();
        let mut anchors = Vec::new();
        for literal in literals {
            if texts.insert(literal.to_vec()) && !known(literal) {
                add_anchors(literal, &mut anchors);
            }
        }
        let mut word = [false; 256];
        let digits = (b'0'..=b'9').chain(b'a'..=b'z').chain(b'A'..=b'Z').chain([b'_']);
        let marks = texts.iter().flatten().copied().filter(|byte| byte.is_ascii_graphic() && !may_break_off(*byte));
        digits.chain(marks).for_each(|byte| word[usize::from(byte)] = true);
        let mut before_end = [false; 256];
        let mut ends: Vec<u8> = Vec::new();
        for text in &texts {
            if let [.., before, end] = text.as_slice() {
                before_end[usize::from(*before)] = true;
                ends.push(*end);
            }
        }
        ends.sort_unstable();
        ends.dedup();
        let texts: Vec<Vec<u8>> = texts.into_iter().collect();
        Self { texts, anchors, cores: OnceLock::new(), ends, before_end, word }
    }

    /// Returns the anchors that find these prefixes: [`ANCHORS`], then those of literals that need more.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        ANCHORS.iter().chain(&self.anchors)
    }

    pub(super) fn texts(&self) -> &[Vec<u8>] {
        &self.texts
    }

    /// Returns true if the bytes contain a complete prefix.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        let ends_at = |at: usize| {
            at.checked_sub(1).is_some_and(|before| self.before_end[usize::from(bytes[before])])
                && self.texts.iter().any(|text| bytes[..=at].ends_with(text))
        };
        self.ends.iter().any(|end| memchr::memchr_iter(*end, bytes).any(ends_at))
    }

    /// Returns the surroundings of a plain anchor.
    pub(super) fn core(&self, text: &[u8]) -> Option<&CoreContext> {
        let cores = self.cores.get_or_init(|| {
            let cores = self.anchors().filter(|anchor| anchor.role == AnchorRole::Core);
            cores.map(|anchor| CoreContext::new(anchor, &self.texts)).collect()
        });
        cores.iter().find(|core| core.text == text)
    }

    /// Returns true if a byte may be part of a plain token.
    pub(super) fn is_word(&self, byte: u8) -> bool {
        self.word[usize::from(byte)]
    }
}

impl CoreContext {
    fn new(anchor: &Anchor, prefixes: &[Vec<u8>]) -> Self {
        let (mut heads, mut tails) = (BTreeSet::new(), BTreeSet::new());
        for prefix in prefixes {
            for at in memchr::memmem::find_iter(prefix, &*anchor.text) {
                heads.insert(prefix[..at].to_vec());
                tails.insert(prefix[at + anchor.text.len()..].to_vec());
            }
        }
        let is_first = anchor.half || heads.iter().all(Vec::is_empty);
        let (heads, tails) = (heads.into_iter().collect(), tails.into_iter().collect());
        Self { text: anchor.text.to_vec(), heads, tails, is_first }
    }

    /// Returns true if a word after the anchor can be the rest of a prefix and the start of a body, as far as it goes.
    pub(super) fn may_continue(&self, word: &[u8]) -> bool {
        let agrees = |tail: &Vec<u8>| word.iter().zip(tail).all(|(byte, wanted)| byte == wanted);
        self.tails.is_empty() || self.tails.iter().any(agrees)
    }

    /// Returns true if a byte can follow the anchor in a key.
    pub(super) fn may_follow(&self, byte: u8) -> bool {
        self.tails.iter().any(|tail| tail.first().is_none_or(|first| *first == byte))
    }

    /// Returns true if a byte precedes the anchor in a prefix.
    pub(super) fn may_precede(&self, byte: u8) -> bool {
        self.heads.iter().any(|head| head.last() == Some(&byte))
    }
}

/// Adds the anchors without which a literal is not found, in plain text and in every encoding.
fn add_anchors(literal: &[u8], anchors: &mut Vec<Anchor>) {
    add_halves(literal, anchors);
    // The anchors of the underscore exist already.
    if !literal.contains(&b'_')
        && let Some(byte) = literal.iter().rev().find(|byte| !byte.is_ascii_alphanumeric()).or(literal.last())
    {
        for (row, encoding) in ENCODINGS.iter().enumerate() {
            (encoding.byte_anchors)(*byte).into_iter().for_each(|anchor| add_encoded(anchor, row, anchors));
        }
        for quote in [b'"', b'\''] {
            add(half(vec![quote, *byte, quote]), anchors);
        }
    }
    for (row, encoding) in ENCODINGS.iter().enumerate() {
        let Some(digits) = &encoding.digits else { continue };
        let is_missing = |spelling: &Spelling| !ANCHORS.iter().chain(&*anchors).any(|anchor| spelling.has(anchor, row));
        let missing: Vec<_> = (digits.spellings)(literal).into_iter().filter(is_missing).collect();
        missing.iter().flat_map(digits.anchors).for_each(|anchor| add_encoded(anchor, row, anchors));
    }
}

fn core(text: Vec<u8>) -> Anchor {
    Anchor::new(text, AnchorRole::Core)
}

fn half(text: Vec<u8>) -> Anchor {
    Anchor { half: true, ..core(text) }
}

fn add(anchor: Anchor, anchors: &mut Vec<Anchor>) {
    let is_there = |known: &Anchor| known.text == anchor.text && known.role == anchor.role;
    if !ANCHORS.iter().chain(&*anchors).any(is_there) {
        anchors.push(anchor);
    }
}

/// Adds plain anchors so that one of them stays whole wherever the literal is cut in two.
fn add_halves(literal: &[u8], anchors: &mut Vec<Anchor>) {
    let cores = ANCHORS.iter().chain(&*anchors).filter(|anchor| anchor.role == AnchorRole::Core);
    let places =
        cores.flat_map(|core| memchr::memmem::find_iter(literal, &*core.text).map(|at| at..at + core.text.len()));
    let places: Vec<_> = places.collect();
    let last_start = places.iter().map(|place| place.start).max();
    let first_end = places.iter().map(|place| place.end).min();
    let before = |end: usize| literal[end.saturating_sub(HALF)..end].to_vec();
    let behind = |start: usize| literal[start..literal.len().min(start + HALF)].to_vec();
    match (last_start, first_end) {
        // Two halves that share one byte.
        (Some(start), Some(end)) if end <= start + 1 => {}
        (Some(start), Some(_)) if start >= 2 => add(half(before(start + 1)), anchors),
        (Some(_), Some(end)) => add(core(behind(end - 1)), anchors),
        _ => {
            let middle = middle(literal);
            add(half(before(middle)), anchors);
            add(core(behind(middle.saturating_sub(1))), anchors);
        }
    }
}

/// Returns the end of the first of two halves of a literal. If possible, one half lies within a word, which also stays whole
/// in a list that a program joins by underscores.
fn middle(literal: &[u8]) -> usize {
    let mut start = 0;
    for word in literal.split(|byte| *byte == b'_') {
        let end = start + word.len();
        match word.len() {
            3.. if start >= 2 => return start + 1,
            3.. if end + 2 <= literal.len() => return end,
            _ => start = end + 1,
        }
    }
    literal.len().div_ceil(2)
}

/// Returns true if a token may break off at this byte and continue in an encoding.
pub(super) fn may_break_off(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'\''
            | b'`'
            | b'\\'
            | b'%'
            | b'&'
            | b'='
            | b'$'
            | b'#'
            | b'{'
            | b'^'
            | b'\r'
            | b'\n'
            | 0x1b
            | 0x9b
            | 0xc2
            | 0xe2
            | 0xef
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: &[&str] = &["_secret_", "sk_live_", "whsec_", "sk_org_", "pst_test_", "rkcs_live_"];

    #[test]
    fn the_built_in_families_share_their_anchors() {
        let prefixes = Prefixes::new(BUILT_IN.iter().map(|literal| literal.as_bytes()));
        assert_eq!(prefixes.anchors().count(), ANCHORS.len());
    }

    #[test]
    fn an_anchor_is_whole_wherever_a_literal_is_cut() {
        for literal in ["wk_live_", "acme_live_", "acme_key_", "zz-", "acme", "my-own-secret_key_", "AB12", "k_list_of"]
        {
            let prefixes = Prefixes::new([literal.as_bytes()]);
            for cut in 1..literal.len() {
                let (left, right) = literal.split_at(cut);
                let mut cores = prefixes.anchors().filter(|anchor| anchor.role == AnchorRole::Core);
                let is_in = |core: &Anchor, part: &str| memchr::memmem::find(part.as_bytes(), &core.text).is_some();
                assert!(cores.any(|core| is_in(core, left) || is_in(core, right)), "{left} {right}");
            }
        }
    }

    #[test]
    fn only_complete_prefixes_count() {
        let prefixes = Prefixes::new(["_secret_", "zz-"].map(str::as_bytes));
        for (text, expected) in [
            ("a sk_live_b", true),
            ("live_", false),
            ("ask_test_", true),
            ("whsec_", true),
            ("pi_x_secret_y", true),
            ("secret_y", false),
            ("zz-1", true),
            ("z-1", false),
            ("-", false),
            ("", false),
            ("sk_org_", true),
            ("fcsess_", false),
            ("oak_live_", false),
        ] {
            assert_eq!(prefixes.are_in(text.as_bytes()), expected, "{text}");
        }
    }
}
