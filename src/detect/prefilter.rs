//! One SIMD pass over the bytes that says where to look closer.
//!
//! The searcher is aho-corasick's `packed` (Teddy), which exists for at most 64 patterns and is several times as fast
//! as the automata that take over beyond. So the pivots are few and shared: cores of several families' prefixes, not
//! the prefixes themselves. Every occurrence is reported, overlapping ones included, so that the set of pivots in a
//! text depends on nothing but the text.

use std::ops::Range;

use aho_corasick::packed::{self, Config, MatchKind};
use aho_corasick::{AhoCorasick, BuildError, Input, Span};

use crate::detect::decode::{self, ANCHORS, AnchorFilter, FILTER_AFTER, FILTER_BEFORE};

/// The most pivots the SIMD searcher is built with.
pub const MAX_PIVOTS: usize = 64;

/// Where a pivot was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Offset of its first byte.
    pub at: usize,
    /// Which pivot.
    pub pivot: usize,
}

/// The searchers and what they look for.
#[derive(Debug)]
pub struct Prefilter {
    pivots: Vec<Vec<u8>>,
    senses: AnchorFilter,
    /// All that the built-in rules ask for is one.
    searchers: Vec<Searcher>,
    /// Whether long runs are told of as well.
    runs: bool,
    longest: usize,
}

/// A search for several pivots at once.
#[derive(Debug)]
struct Searcher {
    /// The pivots by the searcher's numbers.
    numbers: Vec<usize>,
    kind: SearcherKind,
}

#[derive(Debug)]
enum SearcherKind {
    Simd(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Searcher {
    fn new(pivots: &[Vec<u8>], numbers: Vec<usize>) -> Result<Self, BuildError> {
        let texts = || numbers.iter().map(|number| &pivots[*number]);
        let simd = || Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(texts()).build();
        let is_small = numbers.len() <= MAX_PIVOTS && is_prefix_free(&texts().collect::<Vec<_>>());
        let kind = match is_small.then(simd).flatten() {
            Some(simd) => SearcherKind::Simd(simd),
            None => SearcherKind::Automaton(AhoCorasick::new(texts())?),
        };
        Ok(Self { numbers, kind })
    }

    /// Tells every place in `span` and the number of the pivot there.
    #[inline]
    fn find(&self, bytes: &[u8], span: Range<usize>, mut tell: impl FnMut(usize, usize)) {
        match &self.kind {
            SearcherKind::Simd(simd) => {
                let mut at = span.start;
                while let Some(next) = simd.find_in(bytes, Span { start: at, end: span.end }) {
                    tell(next.start(), self.numbers[next.pattern().as_usize()]);
                    at = next.start() + 1;
                }
            }
            SearcherKind::Automaton(automaton) => automaton
                .find_overlapping_iter(Input::new(bytes).span(span))
                .for_each(|next| tell(next.start(), self.numbers[next.pattern().as_usize()])),
        }
    }
}

/// Whether none hides another, as a SIMD search reports one for each place.
fn is_prefix_free(texts: &[&Vec<u8>]) -> bool {
    let mut sorted = texts.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| !pair[1].starts_with(pair[0]))
}

impl Prefilter {
    /// Builds the searchers: a SIMD searcher for the first pivots, as many as it takes, and another for what only rules
    /// of the user's own can add. Where that is more than a SIMD searcher takes, it is an automaton, slower and with the
    /// same result.
    ///
    /// # Errors
    /// When aho-corasick refuses the pivots, for their number or size.
    pub fn new(pivots: Vec<Vec<u8>>, runs: bool) -> Result<Self, BuildError> {
        let (mut first, mut rest): (Vec<usize>, Vec<usize>) = Default::default();
        for (number, pivot) in pivots.iter().enumerate() {
            let hides = |other: &usize| pivot.starts_with(&pivots[*other]) || pivots[*other].starts_with(pivot);
            let is_rest = first.len() >= MAX_PIVOTS || number >= ANCHORS.len() && first.iter().any(hides);
            if is_rest { rest.push(number) } else { first.push(number) }
        }
        let groups = [first, rest].into_iter().filter(|numbers| !numbers.is_empty());
        let searchers = groups.map(|numbers| Searcher::new(&pivots, numbers)).collect::<Result<_, _>>()?;
        let longest = pivots.iter().map(Vec::len).max().unwrap_or(1);
        Ok(Self { pivots, senses: AnchorFilter::default(), searchers, runs, longest })
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

    /// Whether nothing is searched by an automaton.
    #[must_use]
    pub fn is_simd(&self) -> bool {
        self.searchers.iter().all(|searcher| matches!(searcher.kind, SearcherKind::Simd(_)))
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
                found[first..].sort_by_key(|found| (found.at, found.pivot));
                // A stretch may begin like a compressed stream.
                found.dedup();
            }
        }
    }

    /// As [`Prefilter::find`], without the long runs, and only pivots that begin in `range`.
    pub(crate) fn find_pivots(&self, bytes: &[u8], range: Range<usize>, found: &mut Vec<Found>) {
        let first = found.len();
        let end = bytes.len().min(range.end.saturating_add(self.longest - 1));
        if range.start >= range.end {
            return;
        }
        for searcher in &self.searchers {
            searcher.find(bytes, range.start..end, |at, pivot| {
                if at < range.end && self.senses.accepts(pivot, bytes, at) {
                    found.push(Found { at, pivot });
                }
            });
        }
        if !matches!(self.searchers.as_slice(), [Searcher { kind: SearcherKind::Simd(_), .. }]) {
            found[first..].sort_unstable_by_key(|found| (found.at, found.pivot));
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
        for (count, simd) in [(80, true), (140, false)] {
            let many: Vec<Vec<u8>> = (0..count).map(|i| format!("pivot{i:03}").into_bytes()).collect();
            let prefilter = Prefilter::new(many, false).unwrap();
            assert_eq!(prefilter.is_simd(), simd);
            let mut found = Vec::new();
            prefilter.find(b"pivot079pivot005 pivot999", &mut found);
            assert_eq!(found.iter().map(|f| (f.at, f.pivot)).collect::<Vec<_>>(), [(0, 79), (8, 5)]);
        }
    }

    #[test]
    fn a_pivot_of_one_s_own_hides_none() {
        let mut texts: Vec<Vec<u8>> = ANCHORS.iter().map(|pivot| pivot.text.to_vec()).collect();
        texts.extend(["liv", "live_key", "ive_"].map(|text| text.as_bytes().to_vec()));
        let prefilter = Prefilter::new(texts.clone(), false).unwrap();
        let mut found = Vec::new();
        prefilter.find(b"a live_key", &mut found);
        let texts: Vec<_> = found.iter().map(|found| (found.at, texts[found.pivot].as_slice())).collect();
        let expected: [(usize, &[u8]); 4] = [(2, b"live"), (2, b"liv"), (2, b"live_key"), (3, b"ive_")];
        assert_eq!(texts, expected);
    }
}
