//! Lists of words that are searched for in one pass.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use regex::bytes::Regex;

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

    fn searcher(&self) -> Option<&AhoCorasick> {
        let build = || {
            let mut builder = AhoCorasick::builder();
            // Only a search for the leftmost word uses SIMD.
            builder.match_kind(MatchKind::LeftmostFirst).ascii_case_insensitive(self.any_case);
            builder.build(self.words).ok()
        };
        self.searcher.get_or_init(build).as_ref()
    }

    /// Returns true if one of the words is in a text.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        // Such lists always build.
        self.searcher().is_none_or(|searcher| searcher.is_match(bytes))
    }

    /// Returns true if a pattern matches in a line that holds one of the words, its end and the text before it included: a
    /// pattern whose every match holds a word, and which alone would be searched for byte by byte.
    pub(super) fn is_matched(&self, bytes: &[u8], pattern: &Regex) -> bool {
        let Some(searcher) = self.searcher() else { return pattern.is_match(bytes) };
        let line = |at: usize| memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
        let mut at = 0;
        while let Some(word) = searcher.find(Input::new(bytes).span(at..bytes.len())) {
            let start = line(bytes[..line(word.start())].trim_ascii_end().len());
            at = memchr::memchr(b'\n', &bytes[word.end()..]).map_or(bytes.len(), |end| word.end() + end + 1);
            if pattern.is_match(&bytes[start..at]) {
                return true;
            }
        }
        false
    }
}
