//! The rules' patterns, compiled when one of their literals is first seen.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use crate::credential::DatabaseLogin;
use crate::model::limits::{CONTEXT, MAX_BODY};
use crate::rules::RuleSet;
use crate::rules::pattern::compile_key;
use crate::rules::rule::BodyCheck;

/// Bytes of the next token, glued to one, that the pattern of that one may take: `fcsess`.
const LONGEST_START: usize = 6;

/// The pattern of each rule's tokens.
#[derive(Debug)]
pub(super) struct TokenPatterns(Vec<Option<TokenPattern>>);

#[derive(Debug)]
struct TokenPattern {
    text: String,
    lookbehind: usize,
    builtin: bool,
    /// It may be written as fields.
    is_login: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl TokenPatterns {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let pattern = |rule: &crate::rules::Rule| {
            let detect = rule.detect.as_ref()?;
            Some(TokenPattern {
                text: detect.pattern.clone(),
                lookbehind: detect.lookbehind,
                builtin: rule.is_builtin(),
                is_login: detect.check == BodyCheck::Database,
                compiled: OnceLock::new(),
            })
        };
        Self(rules.iter().map(pattern).collect())
    }

    /// Returns true if tokens of this rule begin with its literal.
    pub(super) fn begins_with_literal(&self, rule: usize) -> bool {
        self.0.get(rule).and_then(Option::as_ref).is_some_and(|pattern| pattern.lookbehind == 0)
    }

    pub(super) fn is_builtin(&self, rule: usize) -> bool {
        self.0.get(rule).and_then(Option::as_ref).is_some_and(|pattern| pattern.builtin)
    }

    /// Returns the token of a rule around its literal at `at`.
    pub(super) fn match_at(&self, bytes: &[u8], rule: usize, at: usize) -> Option<Range<usize>> {
        let pattern = self.0.get(rule)?.as_ref()?;
        let compiled = pattern.compiled.get_or_init(|| pattern.compile().ok()).as_ref()?;
        let from = at.saturating_sub(pattern.lookbehind);
        let to = at.saturating_add(MAX_BODY + CONTEXT).min(bytes.len());
        let mut start = from;
        // A match further left may have nothing to do with this literal.
        while let Some(found) = compiled.find(&bytes[start..to]) {
            let span = start + found.start()..start + found.end();
            if span.start > at {
                return None;
            }
            if span.end > at && (pattern.lookbehind > 0 || span.start == at) {
                return Some(span);
            }
            // The next one may begin in what this one took of it.
            start = span.end.saturating_sub(LONGEST_START).max(span.start + 1);
        }
        if !pattern.is_login {
            return None;
        }
        let (from, to) = (at.saturating_sub(CONTEXT), at.saturating_add(CONTEXT).min(bytes.len()));
        let (_, span) = DatabaseLogin::of_fields(&bytes[from..to], at - from)?;
        Some(from + span.start..from + span.end)
    }
}

/// The bytes that a token may go on with beyond what its pattern took: letters, digits, and what could be its first or last
/// byte.
pub(super) struct TokenAlphabet<'a> {
    patterns: &'a TokenPatterns,
    rule: usize,
    /// The token with another byte at one end, and where it holds its literal.
    token: Vec<u8>,
    end: usize,
    literal: usize,
    known: [Option<bool>; 256],
}

impl<'a> TokenAlphabet<'a> {
    /// The bytes that may precede a token.
    pub(super) fn before(patterns: &'a TokenPatterns, rule: usize, token: &[u8], literal: usize) -> Self {
        Self { patterns, rule, token: token.to_vec(), end: 0, literal, known: [None; 256] }
    }

    /// The bytes that may follow a token.
    pub(super) fn behind(patterns: &'a TokenPatterns, rule: usize, token: &[u8], literal: usize) -> Self {
        Self { end: token.len().saturating_sub(1), ..Self::before(patterns, rule, token, literal) }
    }

    pub(super) fn has(&mut self, byte: u8) -> bool {
        if !byte.is_ascii_punctuation() {
            return byte.is_ascii_alphanumeric();
        }
        if let Some(known) = self.known[usize::from(byte)] {
            return known;
        }
        let Some(end) = self.token.get_mut(self.end) else { return false };
        *end = byte;
        let is_whole = self.patterns.match_at(&self.token, self.rule, self.literal) == Some(0..self.token.len());
        *self.known[usize::from(byte)].insert(is_whole)
    }
}

impl TokenPattern {
    /// Anchors a token that begins with its literal there: near misses in a row cost nothing.
    fn compile(&self) -> Result<Regex, regex::Error> {
        if self.lookbehind > 0 {
            return compile_key(&self.text);
        }
        compile_key(&format!(r"\A(?:{})", self.text))
    }
}
