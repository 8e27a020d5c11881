//! Lists of words that are searched for in one pass.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// At most 64 words, for which the search is SIMD where case matters.
pub(super) struct WordList {
    words: &'static [&'static str],
    any_case: bool,
    searcher: OnceLock<Option<AhoCorasick>>,
}

impl WordList {
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        Self { words, any_case: false, searcher: OnceLock::new() }
    }

    pub(super) const fn of_any_case(words: &'static [&'static str]) -> Self {
        Self { words, any_case: true, searcher: OnceLock::new() }
    }

    /// Returns true if one of the words is in a text.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        let build = || {
            let mut builder = AhoCorasick::builder();
            // Only a search for the leftmost word uses SIMD.
            builder.match_kind(MatchKind::LeftmostFirst).ascii_case_insensitive(self.any_case);
            builder.build(self.words).ok()
        };
        // Such lists always build.
        self.searcher.get_or_init(build).as_ref().is_none_or(|searcher| searcher.is_match(bytes))
    }
}
