//! Finds the ranges near the word `stripe`: only there short prefixes and prefix-less keys count.

use std::ops::Range;

use super::boundary::is_word;
use crate::detect::decode;
use crate::model::limits::{CONTEXT, MAX_BODY};

/// Length of a prefix-less key of 2011 and 2012.
const UNPREFIXED: usize = 32;

/// Merged ranges, ascending.
#[derive(Debug, Default)]
pub(super) struct ContextWindows(Vec<Range<usize>>);

impl ContextWindows {
    /// Adds the range around a `stripe` at `at`. Calls come in ascending order.
    pub(super) fn add(&mut self, at: usize, length: usize) {
        let range = at.saturating_sub(CONTEXT + MAX_BODY)..(at + CONTEXT + 8).min(length);
        match self.0.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => self.0.push(range),
        }
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.0.iter().cloned()
    }
}

/// Returns the whole words of exactly 32 alphanumerics that start in a range.
pub(super) fn unprefixed_runs(bytes: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut done = range.start;
    let end = bytes.len().min(range.end + UNPREFIXED);
    for row in decode::blind::find_digit_blocks(&bytes[range.start..end]).map(|row| range.start + row) {
        if row < done || !is_word(bytes[row]) {
            continue;
        }
        let before = bytes[..row].iter().rev().take(UNPREFIXED).take_while(|byte| is_word(**byte)).count();
        let start = row - before;
        let word = bytes[start..].iter().take(UNPREFIXED + 1).take_while(|byte| is_word(**byte)).count();
        done = start + word;
        let run = &bytes[start..done];
        if range.contains(&start)
            && word == UNPREFIXED
            && run.iter().all(u8::is_ascii_alphanumeric)
            && !bytes[done..].starts_with(b"-")
        {
            runs.push(start..done);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_definition(bytes: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
        let is_run = |start: &usize| {
            let end = start + UNPREFIXED;
            bytes.get(*start..end).is_some_and(|run| run.iter().all(u8::is_ascii_alphanumeric))
                && (*start == 0 || !is_word(bytes[start - 1]))
                && !bytes.get(end).is_some_and(|byte| is_word(*byte) || *byte == b'-')
        };
        range.filter(is_run).map(|start| start..start + UNPREFIXED).collect()
    }

    proptest! {
        #[test]
        fn none_is_missed(
            pieces in proptest::collection::vec("[a-zA-Z0-9]{30,34}|[a-z_. ='-]{1,40}", 0..12),
            from in 0..60usize,
            to in 0..200usize,
        ) {
            let text = pieces.concat().into_bytes();
            let (from, to) = (from.min(text.len()), to.min(text.len()));
            let range = from.min(to)..from.max(to);
            prop_assert_eq!(unprefixed_runs(&text, range.clone()), by_definition(&text, range));
        }
    }
}
