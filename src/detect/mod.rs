//! The matcher: bytes in, hits out. It never sees a path.
//!
//! [`Prefilter`] finds candidates, a rule's pattern confirms a token there, [`classify`] assigns its class, and a
//! [`Redactor`] redacts the line around it. A text may be given whole or in windows; a classification never reads
//! further than [`crate::model::limits::REACH`] bytes from its anchor, so both ways find the same.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem::Finder;

mod anchor_index;
pub mod assignment;
mod binary;
pub mod boundary;
pub mod classify;
pub mod decode;
pub mod lines;
mod near;
mod nested;
mod patterns;
pub mod prefilter;
pub mod redact;
mod redactor;
pub mod stream;
pub mod vendors;

pub use nested::Budget;
#[cfg(test)]
pub(crate) use nested::DEFECT;
pub use redactor::Redactor;

use crate::credential::{DatabaseLogin, Fingerprint, Key, Secret};
use crate::detect::decode::Prefixes;
use crate::model::limits::{CONTEXT, REACH};
use crate::model::{Confidence, ScanLocation, Snippet};
use crate::rules::RuleSet;
use crate::rules::rule::{BodyCheck, RuleRole};
use anchor_index::{AnchorEntry, AnchorIndex, Literal};
use classify::{Classification, PathRule, TokenInContext};
use lines::{Cursor, Position};
use nested::Layer;
use patterns::TokenPatterns;
use prefilter::{Candidate, Prefilter};
use redact::Caution;

/// Bytes of the line shown on either side of a hit.
const SNIPPET_REACH: usize = 100;

/// A reported token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index of the rule in the [`RuleSet`].
    pub rule: usize,
    /// The facts that the token states.
    pub key: Key,
    /// Its stable name.
    pub fingerprint: Fingerprint,
    /// Confidence of the classification.
    pub confidence: Confidence,
    /// Its bytes in the text, from the text's first byte.
    pub span: Range<u64>,
    /// Position of its first byte.
    pub start: Position,
    /// Position behind its last byte.
    pub end: Position,
    /// Encodings from the outermost inwards.
    pub encodings: Vec<&'static str>,
    /// The name it is assigned to, masked.
    pub variable: Option<String>,
    /// The masked line.
    pub snippet: Snippet,
    /// Condition on the path under which the classification holds.
    pub path_rule: PathRule,
    /// Text after an inline `pinstripe:allow` or `gitleaks:allow` on its line, the marker included.
    pub directive: Option<String>,
}

/// A hit with the location of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedHit {
    /// The hit.
    pub hit: Hit,
    /// The location of the text.
    pub place: ScanLocation,
}

/// A text, or a window of one.
#[derive(Debug, Clone)]
pub struct Window<'a> {
    /// The bytes at hand.
    pub bytes: &'a [u8],
    /// Tokens that start in this range are reported; the rest is context.
    pub judged: Range<usize>,
    /// Offset of `bytes` in the whole text.
    pub offset: u64,
    /// Position of the first of `bytes`.
    pub position: Position,
}

impl<'a> Window<'a> {
    /// A window that is the whole text.
    #[must_use]
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, judged: 0..bytes.len(), offset: 0, position: Position::START }
    }
}

/// The engine cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules' literals are more or larger than the searcher takes.
    #[error("the rules' literals cannot be searched: {0}")]
    Literals(#[from] aho_corasick::BuildError),
}

/// Rules made ready to search with. Shared by all threads.
#[derive(Debug)]
pub struct Engine {
    rules: RuleSet,
    prefixes: Arc<Prefixes>,
    prefilter: Prefilter,
    entries: Vec<AnchorEntry>,
    /// Literals too short for an anchor of their own: looked for near `stripe` only.
    near: Vec<(Finder<'static>, Literal)>,
    patterns: Arc<TokenPatterns>,
    redactor: Arc<Redactor>,
}

impl Engine {
    /// Prepares the rules. Patterns are compiled when one of their literals is first seen.
    ///
    /// # Errors
    /// When the literals cannot be searched together.
    pub fn new(rules: RuleSet) -> Result<Self, Error> {
        Self::with(rules, true)
    }

    /// Builds an engine that ignores encodings: the baseline of benches.
    ///
    /// # Errors
    /// When the literals cannot be searched together.
    pub fn without_encodings(rules: RuleSet) -> Result<Self, Error> {
        Self::with(rules, false)
    }

    fn with(mut rules: RuleSet, encodings: bool) -> Result<Self, Error> {
        let AnchorIndex { prefixes, texts, filter, entries, near } = AnchorIndex::new(&rules, encodings);
        let patterns = Arc::new(TokenPatterns::new(&rules));
        let redactor = Arc::new(Redactor::with(&rules, Arc::clone(&prefixes), Arc::clone(&patterns)));
        // Formats quote what rules say.
        rules.change_texts(&|text| redactor.masked(text));
        let prefilter = Prefilter::new(texts, encodings)?.with_filter(filter);
        Ok(Self { prefixes, prefilter, entries, near, patterns, redactor, rules })
    }

    /// Turns the filter of anchors off.
    #[cfg(test)]
    pub(crate) fn accept_every_anchor(&mut self) {
        self.prefilter.drop_filter();
    }

    /// Returns the rules in force.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Returns the redactor of the rules in force.
    #[must_use]
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    /// Returns true if an anchor is the word `stripe`.
    #[must_use]
    pub fn is_stripe(&self, anchor: usize) -> bool {
        self.entries.get(anchor).is_some_and(|entry| entry.near_stripe)
    }

    /// Returns true if a zip ends at one of the candidates.
    pub(crate) fn holds_zip(&self, found: &[Candidate]) -> bool {
        found.iter().any(|found| self.entries[found.anchor].ends_zip)
    }

    /// Returns the searcher of candidates.
    #[must_use]
    pub fn prefilter(&self) -> &Prefilter {
        &self.prefilter
    }

    /// Returns true if encodings are undone.
    #[must_use]
    pub fn decodes(&self) -> bool {
        self.prefilter.has_runs()
    }

    /// Scans a whole text. Returns hits in order of place; a text in UTF-16 or UTF-32 is read as such.
    #[must_use]
    pub fn scan(&self, bytes: &[u8]) -> Vec<Hit> {
        self.scan_within(bytes, &mut Budget::new(bytes.len()))
    }

    /// As [`Self::scan`], and counts in `budget` what was left undecoded and which hits were not kept.
    #[must_use]
    pub fn scan_within(&self, bytes: &[u8], budget: &mut Budget) -> Vec<Hit> {
        if self.decodes() && decode::utf16::WideLayout::detect(bytes).is_some() {
            let (mut hits, mut scratch) = (Vec::new(), stream::Scratch::default());
            // Reading from memory does not fail.
            let _ = stream::scan_reader(self, &mut { bytes }, &mut scratch, &mut hits);
            budget.add(scratch.cut_short(), scratch.left_out());
            return hits;
        }
        let mut found = Vec::new();
        self.prefilter.find(bytes, &mut found);
        self.classify_within(&Window::whole(bytes), &found, budget)
    }

    /// Classifies every candidate of a window. `found` is what the prefilter finds in the window's bytes, in order.
    #[must_use]
    pub fn classify(&self, window: &Window<'_>, found: &[Candidate]) -> Vec<Hit> {
        self.classify_within(window, found, &mut Budget::new(window.bytes.len()))
    }

    /// As [`Self::classify`], and counts in `budget` what was left undecoded and which hits were not kept.
    #[must_use]
    pub fn classify_within(&self, window: &Window<'_>, found: &[Candidate], budget: &mut Budget) -> Vec<Hit> {
        if found.is_empty() {
            return Vec::new();
        }
        let mut matches = Vec::new();
        self.find_matches(&Layer::outermost(window.bytes), found, budget, &mut matches);
        self.hits(window, &nested::resolve_overlaps(matches), budget)
    }

    /// Adds the matches of a text, its views included.
    fn find_matches(&self, layer: &Layer<'_>, found: &[Candidate], budget: &mut Budget, matches: &mut Vec<Match>) {
        let mut near = near::ContextWindows::default();
        for candidate in found {
            let entry = &self.entries[candidate.anchor];
            for literal in &entry.literals {
                self.confirm(layer, literal, candidate.at, matches);
            }
            if entry.near_stripe && layer.plain {
                near.add(candidate.at, layer.bytes.len());
            }
        }
        self.match_near_stripe(layer, &near, matches);
        self.decode_layers(layer, found, budget, matches);
    }

    /// If the literal stands around this anchor and its rule's pattern, boundary and check agree, adds the match.
    fn confirm(&self, layer: &Layer<'_>, literal: &Literal, anchor_at: usize, matches: &mut Vec<Match>) {
        let bytes = layer.bytes;
        let Some(at) = anchor_at.checked_sub(literal.anchor_at) else { return };
        if !bytes[at..].starts_with(&literal.text) {
            return;
        }
        let Some(detect) = &self.rules[literal.rule].detect else { return };
        if detect.plain_only && !layer.plain {
            return;
        }
        let Some(span) = self.patterns.match_at(bytes, literal.rule, at) else { return };
        if let Some((end, is_guess)) = binary::end_of_token(layer, &span, detect) {
            let context = TokenInContext::cut(layer, span.start..end, is_guess);
            self.classify_match(literal.rule, context, matches);
        } else if detect.check == BodyCheck::Database
            || boundary::left_is_clean(bytes, span.start)
            || boundary::is_pickled(bytes, &span)
        {
            self.classify_match(literal.rule, TokenInContext::new(layer, span), matches);
        }
    }

    /// Classifies a token and adds it as a match of the rule that its class falls under.
    fn classify_match(&self, rule: usize, mut context: TokenInContext<'_>, matches: &mut Vec<Match>) {
        let Some(detect) = &self.rules[rule].detect else { return };
        let classification = classify::classify(&mut context, detect);
        if classification == Classification::Nothing {
            return;
        }
        let login = (detect.check == BodyCheck::Database).then(|| DatabaseLogin::parse(context.token())).flatten();
        let secret = match &login {
            Some(login) => Secret::new(&login.canonical()),
            None => Secret::new(context.token()),
        };
        let fingerprint = secret.fingerprint();
        let role = |role| self.rules.role(role);
        let (rule, confidence, path_rule) = match classification {
            _ if self.rules.is_sample(fingerprint) => {
                (role(RuleRole::PublishedSample), Confidence::High, PathRule::Any)
            }
            Classification::Credential(confidence, path_rule) => (Some(rule), confidence, path_rule),
            Classification::Placeholder | Classification::Nothing => {
                (role(RuleRole::Placeholder), Confidence::Medium, PathRule::Any)
            }
        };
        let Some(rule) = rule else { return };
        matches.push(Match {
            rule,
            fingerprint,
            confidence: confidence.min(self.rules[rule].confidence),
            key: login.map_or_else(|| secret.key(detect.kind, &detect.literals), |login| Key::of_database(&login)),
            variable: context.variable().map(str::to_owned),
            span: context.span,
            path_rule,
            is_credible: classification != Classification::Placeholder,
            has_exact_span: true,
            encodings: Vec::new(),
        });
    }

    /// Adds the matches that count near `stripe` only.
    fn match_near_stripe(&self, layer: &Layer<'_>, near: &near::ContextWindows, matches: &mut Vec<Match>) {
        let bytes = layer.bytes;
        for range in near.ranges() {
            for (finder, literal) in &self.near {
                for at in finder.find_iter(&bytes[range.clone()]) {
                    self.confirm(layer, literal, range.start + at + literal.anchor_at, matches);
                }
            }
            for (rule, detect) in self.rules.detecting() {
                if detect.check == BodyCheck::Unprefixed {
                    for span in near::unprefixed_runs(bytes, range.clone()) {
                        self.classify_match(rule, TokenInContext::new(layer, span), matches);
                    }
                }
            }
        }
    }

    fn hits(&self, window: &Window<'_>, matches: &[Match], budget: &mut Budget) -> Vec<Hit> {
        let mut cursor = Cursor::new(window.position);
        let judged = || matches.iter().filter(|token| window.judged.contains(&token.span.start));
        judged()
            .take(budget.take_hits(judged().count()))
            .map(|token| {
                let start = cursor.advance(window.bytes, token.span.start);
                let end = cursor.clone().advance(window.bytes, token.span.end);
                Hit {
                    rule: token.rule,
                    fingerprint: token.fingerprint,
                    confidence: token.confidence,
                    span: window.offset + token.span.start as u64..window.offset + token.span.end as u64,
                    start,
                    end,
                    encodings: token.encodings.clone(),
                    variable: token.variable.as_deref().map(|name| self.redactor.sanitize(name)),
                    snippet: self.snippet(window.bytes, &token.span, matches),
                    directive: directive(&self.redactor, window.bytes, &token.span),
                    path_rule: token.path_rule,
                    key: token.key.clone(),
                }
            })
            .collect()
    }

    /// Returns the redacted line of a token. Every token that touches the line is masked, also one that only a decoder
    /// finds.
    fn snippet(&self, bytes: &[u8], span: &Range<usize>, matches: &[Match]) -> Snippet {
        let line = lines::line_around(bytes, span.start, span.end, SNIPPET_REACH);
        let (start, end) = (span.start.max(line.start) - line.start, span.end.min(line.end) - line.start);
        let from = matches.partition_point(|token| token.span.start + REACH < line.start);
        let known: Vec<(Range<usize>, &str)> = matches[from..]
            .iter()
            .take_while(|token| token.span.start < line.end)
            .filter(|token| token.span.end > line.start)
            .map(|token| {
                let start = token.span.start.max(line.start) - line.start;
                (start..token.span.end.min(line.end) - line.start, token.key.masked.as_str())
            })
            .collect();
        let shown = self.redactor.mask_part(bytes, line, Caution::Everything, &known);
        Snippet { start: shown.position(start), end: shown.position(end), text: shown.text }
    }
}

/// A classified token, not yet located.
struct Match {
    rule: usize,
    key: Key,
    fingerprint: Fingerprint,
    confidence: Confidence,
    span: Range<usize>,
    variable: Option<String>,
    path_rule: PathRule,
    /// Set unless it is a placeholder.
    is_credible: bool,
    /// Set if its span is its own, and not that of a compressed stream that may hold others.
    has_exact_span: bool,
    encodings: Vec<&'static str>,
}

/// Returns an inline directive on the token's line, with the text that follows it.
pub(crate) fn directive(redactor: &Redactor, bytes: &[u8], span: &Range<usize>) -> Option<String> {
    let range = lines::line_around(bytes, span.start, span.end, CONTEXT);
    let find = |mark| memchr::memmem::find(&bytes[range.clone()], mark);
    let at = find(b"pinstripe:allow").or_else(|| find(b"gitleaks:allow"))?;
    Some(redactor.mask_part(bytes, range.start + at..range.end, Caution::Candidates, &[]).text)
}
