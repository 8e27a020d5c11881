//! One SIMD pass over the bytes that says where to look closer.
//!
//! The searcher is aho-corasick's `packed` (Teddy), which exists for at most 64 patterns and is several times as fast
//! as the automata that take over beyond. So the pivots are few and shared: cores of several families' prefixes, not
//! the prefixes themselves. Every occurrence is reported, overlapping ones included, so that the set of pivots in a
//! text depends on nothing but the text.

use std::ops::Range;

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, Span};

use crate::detect::decode::{self, AnchorFilter, FILTER_AFTER, FILTER_BEFORE};

/// The most pivots the SIMD searcher is built with.
pub const MAX_PIVOTS: usize = 64;

/// Shared parts of prefixes: a literal is looked for by the first of these that it contains. All of them are pivots of
/// [`crate::detect::decode::ANCHORS`].
pub const CORES: &[&str] = &["cret_", "live", "test", "whs", "org_", "oak_", "oart_", "sec_", "uk_"];

/// Where a pivot was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Offset of its first byte.
    pub at: usize,
    /// Which pivot.
    pub pivot: usize,
}

/// The searcher and what it looks for.
#[derive(Debug)]
pub struct Prefilter {
    pivots: Vec<Vec<u8>>,
    senses: AnchorFilter,
    simd: Option<Searcher>,
    fallback: Option<AhoCorasick>,
    /// Whether long runs are told of as well.
    runs: bool,
    longest: usize,
}

impl Prefilter {
    /// Builds the searcher. More than [`MAX_PIVOTS`], which only rules of the user's own can bring about, are searched
    /// by an automaton, slower and with the same result.
    ///
    /// # Errors
    /// When aho-corasick refuses the pivots, for their number or size.
    pub fn new(pivots: Vec<Vec<u8>>, runs: bool) -> Result<Self, aho_corasick::BuildError> {
        let simd = if pivots.len() <= MAX_PIVOTS {
            Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(&pivots).build()
        } else {
            None
        };
        let fallback = match simd {
            Some(_) => None,
            None => Some(AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostFirst).build(&pivots)?),
        };
        let longest = pivots.iter().map(Vec::len).max().unwrap_or(1);
        Ok(Self { pivots, senses: AnchorFilter::default(), simd, fallback, runs, longest })
    }

    /// Leaves out pivots that make no sense where they stand.
    #[must_use]
    pub(super) fn with_senses(self, senses: AnchorFilter) -> Self {
        Self { senses, ..self }
    }

    #[cfg(test)]
    pub(super) fn forget_senses(&mut self) {
        self.senses = AnchorFilter::default();
    }

    /// Whether the fast searcher is in use.
    #[must_use]
    pub fn is_simd(&self) -> bool {
        self.simd.is_some()
    }

    /// The pivots, by number.
    #[must_use]
    pub fn pivots(&self) -> &[Vec<u8>] {
        &self.pivots
    }

    /// How far behind the first byte of a pivot anything lies that it depends on, and in front of it.
    pub(crate) fn reach(&self) -> (usize, usize) {
        if self.senses.is_empty() { (self.longest, 0) } else { (self.longest + FILTER_AFTER, FILTER_BEFORE) }
    }

    /// Whether long runs of encoded text are told of.
    #[must_use]
    pub fn has_runs(&self) -> bool {
        self.runs
    }

    /// The number under which a long run of encoded text is found ([`crate::detect::decode::blind::blind_runs`]).
    #[must_use]
    pub fn long_run(&self) -> usize {
        self.pivots.len()
    }

    /// Adds every occurrence of a pivot in `bytes` to `found`, and where long runs are, in order of offset.
    pub fn find(&self, bytes: &[u8], found: &mut Vec<Found>) {
        let first = found.len();
        self.find_pivots(bytes, 0..bytes.len(), found);
        if self.runs {
            let pivots = found.len();
            decode::blind::blind_runs(bytes, &mut |at| found.push(Found { at, pivot: self.long_run() }));
            if found.len() > pivots {
                found[first..].sort_by_key(|found| found.at);
                // A stretch may begin like a compressed stream.
                found.dedup();
            }
        }
    }

    /// As [`Prefilter::find`], without the long runs, and only pivots that begin in `range`.
    pub(crate) fn find_pivots(&self, bytes: &[u8], range: Range<usize>, found: &mut Vec<Found>) {
        let end = bytes.len().min(range.end + self.longest - 1);
        let mut at = range.start;
        while at < range.end {
            let span = Span { start: at, end };
            let next = match (&self.simd, &self.fallback) {
                (Some(simd), _) => simd.find_in(bytes, span),
                (None, Some(automaton)) => automaton.find(aho_corasick::Input::new(bytes).span(span)),
                (None, None) => None,
            };
            let Some(next) = next.filter(|next| next.start() < range.end) else { return };
            let pivot = next.pattern().as_usize();
            if self.senses.accepts(pivot, bytes, next.start()) {
                found.push(Found { at: next.start(), pivot });
            }
            at = next.start() + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(pivots: &[&str]) -> Prefilter {
        Prefilter::new(pivots.iter().map(|pivot| pivot.as_bytes().to_vec()).collect(), false).unwrap()
    }

    #[test]
    fn overlapping_pivots_are_all_found() {
        let prefilter = build(&["_test_", "_secret_"]);
        let mut found = Vec::new();
        prefilter.find(b"x_test_secret_test_", &mut found);
        assert_eq!(found.iter().map(|f| (f.at, f.pivot)).collect::<Vec<_>>(), [(1, 0), (6, 1), (13, 0)]);
    }

    #[test]
    fn the_automaton_finds_the_same() {
        let many: Vec<Vec<u8>> = (0..80).map(|i| format!("pivot{i:03}").into_bytes()).collect();
        let prefilter = Prefilter::new(many, false).unwrap();
        assert!(!prefilter.is_simd());
        let mut found = Vec::new();
        prefilter.find(b"pivot005pivot079 pivot999", &mut found);
        assert_eq!(found.iter().map(|f| (f.at, f.pivot)).collect::<Vec<_>>(), [(0, 5), (8, 79)]);
    }
}
