//! Finds the candidates of a text in one SIMD pass.
//!
//! The searcher is aho-corasick's `packed` (Teddy), which exists for at most 64 patterns and is several times as fast
//! as the automata that take over beyond. So the anchors are few and shared: cores of several families' prefixes, not
//! the prefixes themselves. Every occurrence is reported, overlapping ones included, so that the set of anchors in a
//! text depends on nothing but the text.

use std::ops::Range;

use aho_corasick::packed::{self, Config, MatchKind};
use aho_corasick::{AhoCorasick, BuildError, Input, Span};

use crate::detect::decode::{self, ANCHORS, AnchorFilter, FILTER_AFTER, FILTER_BEFORE};

/// The most anchors the SIMD searcher is built with.
pub const MAX_ANCHORS: usize = 64;

/// An occurrence of an anchor, or the start of a run without one: a place to scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Offset of its first byte.
    pub at: usize,
    /// The number of the anchor.
    pub anchor: usize,
}

/// The searchers and their anchors.
#[derive(Debug)]
pub struct Prefilter {
    anchors: Vec<Vec<u8>>,
    filter: AnchorFilter,
    /// The built-in rules need one.
    searchers: Vec<Searcher>,
    /// Set if long runs are reported as well.
    runs: bool,
    longest: usize,
}

/// A search for several anchors at once.
#[derive(Debug)]
struct Searcher {
    /// The anchors by the searcher's numbers.
    numbers: Vec<usize>,
    kind: SearcherKind,
}

#[derive(Debug)]
enum SearcherKind {
    Simd(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Searcher {
    fn new(anchors: &[Vec<u8>], numbers: Vec<usize>) -> Result<Self, BuildError> {
        let texts = || numbers.iter().map(|number| &anchors[*number]);
        let simd = || Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(texts()).build();
        let is_small = numbers.len() <= MAX_ANCHORS && is_prefix_free(&texts().collect::<Vec<_>>());
        let kind = match is_small.then(simd).flatten() {
            Some(simd) => SearcherKind::Simd(simd),
            None => SearcherKind::Automaton(AhoCorasick::new(texts())?),
        };
        Ok(Self { numbers, kind })
    }

    /// Reports every place in `span` with the number of the anchor there.
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

/// Returns true if none hides another, as a SIMD search reports one for each place.
fn is_prefix_free(texts: &[&Vec<u8>]) -> bool {
    let mut sorted = texts.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| !pair[1].starts_with(pair[0]))
}

impl Prefilter {
    /// Builds the searchers: a SIMD searcher for the first anchors, as many as it takes, and another for what only rules
    /// of the user's own can add. Where that is more than a SIMD searcher takes, it is an automaton, slower and with the
    /// same result.
    ///
    /// # Errors
    /// When aho-corasick refuses the anchors, for their number or size.
    pub fn new(anchors: Vec<Vec<u8>>, runs: bool) -> Result<Self, BuildError> {
        let (mut first, mut rest): (Vec<usize>, Vec<usize>) = Default::default();
        for (number, anchor) in anchors.iter().enumerate() {
            let hides = |other: &usize| anchor.starts_with(&anchors[*other]) || anchors[*other].starts_with(anchor);
            let is_rest = first.len() >= MAX_ANCHORS || number >= ANCHORS.len() && first.iter().any(hides);
            if is_rest { rest.push(number) } else { first.push(number) }
        }
        let groups = [first, rest].into_iter().filter(|numbers| !numbers.is_empty());
        let searchers = groups.map(|numbers| Searcher::new(&anchors, numbers)).collect::<Result<_, _>>()?;
        let longest = anchors.iter().map(Vec::len).max().unwrap_or(1);
        Ok(Self { anchors, filter: AnchorFilter::default(), searchers, runs, longest })
    }

    /// Rejects anchors that cannot belong to a key.
    #[must_use]
    pub(super) fn with_filter(self, filter: AnchorFilter) -> Self {
        Self { filter, ..self }
    }

    #[cfg(test)]
    pub(super) fn drop_filter(&mut self) {
        self.filter = AnchorFilter::default();
    }

    /// Returns true if nothing is searched by an automaton.
    #[cfg(test)]
    fn is_simd(&self) -> bool {
        self.searchers.iter().all(|searcher| matches!(searcher.kind, SearcherKind::Simd(_)))
    }

    /// Returns the anchors, by number.
    #[must_use]
    pub fn anchors(&self) -> &[Vec<u8>] {
        &self.anchors
    }

    /// Returns the number of bytes after the first one of an anchor, and before it, that decide about it.
    pub(crate) fn reach(&self) -> (usize, usize) {
        if self.filter.is_empty() { (self.longest, 0) } else { (self.longest + FILTER_AFTER, FILTER_BEFORE) }
    }

    /// Returns true if long runs of encoded text are reported.
    #[must_use]
    pub fn has_runs(&self) -> bool {
        self.runs
    }

    /// Returns the number of a long run of encoded text ([`crate::detect::decode::blind::blind_runs`]).
    #[must_use]
    pub fn long_run(&self) -> usize {
        self.anchors.len()
    }

    /// Adds every occurrence of an anchor in `bytes` and every long run to `found`, in order of offset.
    pub fn find(&self, bytes: &[u8], found: &mut Vec<Candidate>) {
        let first = found.len();
        self.find_anchors(bytes, 0..bytes.len(), found);
        if self.runs {
            let anchors = found.len();
            decode::blind::blind_runs(bytes, &mut |at| found.push(Candidate { at, anchor: self.long_run() }));
            if found.len() > anchors {
                found[first..].sort_by_key(|found| (found.at, found.anchor));
                // A text run may start like a compressed stream.
                found.dedup();
            }
        }
    }

    /// As [`Prefilter::find`], without the long runs, and only anchors that begin in `range`.
    pub(crate) fn find_anchors(&self, bytes: &[u8], range: Range<usize>, found: &mut Vec<Candidate>) {
        let first = found.len();
        let end = bytes.len().min(range.end.saturating_add(self.longest - 1));
        if range.start >= range.end {
            return;
        }
        for searcher in &self.searchers {
            searcher.find(bytes, range.start..end, |at, anchor| {
                if at < range.end && self.filter.accepts(anchor, bytes, at) {
                    found.push(Candidate { at, anchor });
                }
            });
        }
        if !matches!(self.searchers.as_slice(), [Searcher { kind: SearcherKind::Simd(_), .. }]) {
            found[first..].sort_unstable_by_key(|found| (found.at, found.anchor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(anchors: &[&str]) -> Prefilter {
        Prefilter::new(anchors.iter().map(|anchor| anchor.as_bytes().to_vec()).collect(), false).unwrap()
    }

    #[test]
    fn overlapping_anchors_are_all_found() {
        let prefilter = build(&["_test_", "_secret_"]);
        let mut found = Vec::new();
        prefilter.find(b"x_test_secret_test_", &mut found);
        assert_eq!(found.iter().map(|f| (f.at, f.anchor)).collect::<Vec<_>>(), [(1, 0), (6, 1), (13, 0)]);
    }

    #[test]
    fn the_automaton_finds_the_same() {
        for (count, simd) in [(80, true), (140, false)] {
            let many: Vec<Vec<u8>> = (0..count).map(|i| format!("token{i:03}").into_bytes()).collect();
            let prefilter = Prefilter::new(many, false).unwrap();
            assert_eq!(prefilter.is_simd(), simd);
            let mut found = Vec::new();
            prefilter.find(b"token079token005 token999", &mut found);
            assert_eq!(found.iter().map(|f| (f.at, f.anchor)).collect::<Vec<_>>(), [(0, 79), (8, 5)]);
        }
    }

    #[test]
    fn an_anchor_of_a_user_rule_hides_none() {
        let mut texts: Vec<Vec<u8>> = ANCHORS.iter().map(|anchor| anchor.text.to_vec()).collect();
        texts.extend(["liv", "live_key", "ive_"].map(|text| text.as_bytes().to_vec()));
        let prefilter = Prefilter::new(texts.clone(), false).unwrap();
        let mut found = Vec::new();
        prefilter.find(b"a live_key", &mut found);
        let texts: Vec<_> = found.iter().map(|found| (found.at, texts[found.anchor].as_slice())).collect();
        let expected: [(usize, &[u8]); 4] = [(2, b"live"), (2, b"liv"), (2, b"live_key"), (3, b"ive_")];
        assert_eq!(texts, expected);
    }
}
