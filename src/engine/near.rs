//! Stretches of text near the word `stripe`: the only places where short prefixes and prefix-less keys count.

use std::ops::Range;

use super::boundary::is_word;
use crate::limits::{CONTEXT, MAX_BODY};

/// Length of a prefix-less key of 2011 and 2012.
const UNPREFIXED: usize = 32;

/// Merged stretches, ascending.
#[derive(Debug, Default)]
pub(super) struct Windows(Vec<Range<usize>>);

impl Windows {
    /// Adds what lies near a `stripe` found at `at`. Calls come in ascending order.
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

/// Runs of exactly 32 alphanumerics that are quoted or assigned.
pub(super) fn unprefixed_runs(bytes: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut at = range.start;
    while at < range.end {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let mut end = at;
        while end < bytes.len() && end - at <= MAX_BODY && is_word(bytes[end]) {
            end += 1;
        }
        let alphanumeric = bytes[at..end].iter().all(u8::is_ascii_alphanumeric);
        let begins = at == 0 || !is_word(bytes[at - 1]);
        if end - at == UNPREFIXED && alphanumeric && begins && !bytes[end..].starts_with(b"-") {
            runs.push(at..end);
        }
        at = end;
    }
    runs
}
