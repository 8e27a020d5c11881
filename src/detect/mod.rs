//! The matcher: bytes in, hits out. It never sees a path.
//!
//! [`Prefilter`] says where to look, a rule's pattern confirms a token there, [`judge`] decides what it is, and a
//! [`Redactor`] makes the line around it fit for showing. A text may be given whole or in windows; what is judged never looks
//! further than [`crate::model::limits::REACH`] bytes from its pivot, so both ways find the same.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem::Finder;

pub mod assignment;
pub mod boundary;
pub mod decode;
mod disguise;
pub mod judge;
pub mod lines;
mod meanings;
mod near;
mod patterns;
pub mod prefilter;
pub mod redact;
mod redactor;
pub mod stream;
pub mod vendors;

pub use disguise::Budget;
#[cfg(test)]
pub(crate) use disguise::DEFECT;
pub use redactor::Redactor;

use crate::credential::{Fingerprint, Key, Secret};
use crate::detect::decode::Prefixes;
use crate::model::{
    Confidence, ScanLocation, Snippet,
    limits::{CONTEXT, REACH},
};
use crate::rules::RuleSet;
use crate::rules::rule::{BodyCheck, RuleRole};
use disguise::Text;
use judge::{Candidate, PathRule, Verdict};
use lines::{Cursor, Position};
use meanings::{Literal, Meaning, Wanted};
use patterns::TokenPatterns;
use prefilter::{Found, Prefilter};
use redact::Caution;

/// Bytes of the line that are shown on either side of a hit.
const SNIPPET_REACH: usize = 100;

/// A token that was judged to be worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index of the rule in the [`RuleSet`].
    pub rule: usize,
    /// What the token says about itself.
    pub key: Key,
    /// Its stable name.
    pub fingerprint: Fingerprint,
    /// How sure the judgement is.
    pub confidence: Confidence,
    /// Its bytes in the text, from the text's first byte.
    pub span: Range<u64>,
    /// Where it begins.
    pub start: Position,
    /// Where it ends, exclusive.
    pub end: Position,
    /// Encodings from the outermost inwards.
    pub encodings: Vec<&'static str>,
    /// The name it is assigned to, masked.
    pub variable: Option<String>,
    /// The masked line.
    pub snippet: Snippet,
    /// What the path must say for the verdict to hold.
    pub path_rule: PathRule,
    /// Text behind an inline `pinstripe:allow` or `gitleaks:allow` on its line, the marker included.
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
    /// Tokens that begin in this range are reported; the rest is context.
    pub judged: Range<usize>,
    /// Offset of `bytes` in the whole text.
    pub offset: u64,
    /// Position of the first of `bytes`.
    pub position: Position,
}

impl<'a> Window<'a> {
    /// A text given whole.
    #[must_use]
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, judged: 0..bytes.len(), offset: 0, position: Position::START }
    }
}

/// Why an engine cannot be built.
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
    meanings: Vec<Meaning>,
    /// Literals too short for a pivot of their own: looked for near `stripe` only.
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

    /// As [`Self::new`], but blind to encodings: what the others are measured against.
    ///
    /// # Errors
    /// When the literals cannot be searched together.
    pub fn without_encodings(rules: RuleSet) -> Result<Self, Error> {
        Self::with(rules, false)
    }

    fn with(mut rules: RuleSet, encodings: bool) -> Result<Self, Error> {
        let Wanted { prefixes, texts, senses, meanings, near } = Wanted::by(&rules, encodings);
        let patterns = Arc::new(TokenPatterns::new(&rules));
        let redactor = Arc::new(Redactor::with(&rules, Arc::clone(&prefixes), Arc::clone(&patterns)));
        // Formats quote what rules say.
        rules.change_texts(&|text| redactor.masked(text));
        let prefilter = Prefilter::new(texts, encodings)?.with_senses(senses);
        Ok(Self { prefixes, prefilter, meanings, near, patterns, redactor, rules })
    }

    /// Judges every pivot, however senseless.
    #[cfg(test)]
    pub(crate) fn take_everything_for_sense(&mut self) {
        self.prefilter.forget_senses();
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The redactor of the rules in force.
    #[must_use]
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    /// Whether a pivot is the word `stripe`.
    #[must_use]
    pub fn is_stripe(&self, pivot: usize) -> bool {
        self.meanings.get(pivot).is_some_and(|meaning| meaning.near_stripe)
    }

    /// The searcher that says where to look.
    #[must_use]
    pub fn prefilter(&self) -> &Prefilter {
        &self.prefilter
    }

    /// Whether encodings are undone.
    #[must_use]
    pub fn decodes(&self) -> bool {
        self.prefilter.has_runs()
    }

    /// Everything in a text that is given whole, in order of place; a text in UTF-16 or UTF-32 is read as such.
    #[must_use]
    pub fn scan(&self, bytes: &[u8]) -> Vec<Hit> {
        self.scan_within(bytes, &mut Budget::new(bytes.len()))
    }

    /// As [`Self::scan`], and counts in `budget` what was left undecoded and which hits were not kept.
    #[must_use]
    pub fn scan_within(&self, bytes: &[u8], budget: &mut Budget) -> Vec<Hit> {
        if self.decodes() && decode::utf16::WideLayout::detect(bytes).is_some() {
            let (mut hits, mut scratch) = (Vec::new(), stream::Scratch::default());
            // Reading from memory does not fail, and what came before a failure would be there.
            let _ = stream::scan_reader(self, &mut { bytes }, &mut scratch, &mut hits);
            budget.add(scratch.cut_short(), scratch.left_out());
            return hits;
        }
        let mut found = Vec::new();
        self.prefilter.find(bytes, &mut found);
        self.judge_within(&Window::whole(bytes), &found, budget)
    }

    /// Judges every pivot of a window. `found` is what the prefilter finds in the window's bytes, in order.
    #[must_use]
    pub fn judge(&self, window: &Window<'_>, found: &[Found]) -> Vec<Hit> {
        self.judge_within(window, found, &mut Budget::new(window.bytes.len()))
    }

    /// As [`Self::judge`], and counts in `budget` what was left undecoded and which hits were not kept.
    #[must_use]
    pub fn judge_within(&self, window: &Window<'_>, found: &[Found], budget: &mut Budget) -> Vec<Hit> {
        if found.is_empty() {
            return Vec::new();
        }
        let mut tokens = Vec::new();
        self.tokens(&Text::outermost(window.bytes), found, budget, &mut tokens);
        self.hits(window, &disguise::settle(tokens), budget)
    }

    /// Adds the tokens of a text, its views included.
    fn tokens(&self, text: &Text<'_>, found: &[Found], budget: &mut Budget, tokens: &mut Vec<Token>) {
        let mut near = near::Windows::default();
        for pivot in found {
            let meaning = &self.meanings[pivot.pivot];
            for literal in &meaning.literals {
                self.confirm(text, literal, pivot.at, tokens);
            }
            if meaning.near_stripe && text.plain {
                near.add(pivot.at, text.bytes.len());
            }
        }
        self.judge_near(text, &near, tokens);
        self.undo(text, found, budget, tokens);
    }

    /// If the literal stands around this pivot and its rule's pattern, boundary and judgement agree, adds the token.
    fn confirm(&self, text: &Text<'_>, literal: &Literal, pivot_at: usize, tokens: &mut Vec<Token>) {
        let bytes = text.bytes;
        let Some(at) = pivot_at.checked_sub(literal.pivot_at) else { return };
        if !bytes[at..].starts_with(&literal.text) {
            return;
        }
        let Some(detect) = &self.rules[literal.rule].detect else { return };
        if detect.plain_only && !text.plain {
            return;
        }
        let Some(span) = self.patterns.match_at(bytes, literal.rule, at) else { return };
        if boundary::left_is_clean(bytes, span.start) {
            self.decide(text, literal.rule, span, tokens);
        }
    }

    /// Judges a token and adds it with the rule that its verdict falls under.
    fn decide(&self, text: &Text<'_>, rule: usize, span: Range<usize>, tokens: &mut Vec<Token>) {
        let Some(detect) = &self.rules[rule].detect else { return };
        let mut candidate = Candidate::new(text, span);
        let verdict = judge::judge(&mut candidate, detect);
        if verdict == Verdict::Nothing {
            return;
        }
        let secret = Secret::new(&text.bytes[candidate.span.clone()]);
        let fingerprint = secret.fingerprint();
        let role = |role| self.rules.role(role);
        let (rule, confidence, path_rule) = match verdict {
            _ if self.rules.is_sample(fingerprint) => {
                (role(RuleRole::PublishedSample), Confidence::High, PathRule::Any)
            }
            Verdict::Credential(confidence, path_rule) => (Some(rule), confidence, path_rule),
            Verdict::Placeholder | Verdict::Nothing => (role(RuleRole::Placeholder), Confidence::Medium, PathRule::Any),
        };
        let Some(rule) = rule else { return };
        tokens.push(Token {
            rule,
            fingerprint,
            confidence: confidence.min(self.rules[rule].confidence),
            key: secret.key(detect.kind, &detect.literals),
            variable: candidate.variable().map(str::to_owned),
            span: candidate.span,
            path_rule,
            believed: verdict != Verdict::Placeholder,
            traced: true,
            encodings: Vec::new(),
        });
    }

    /// Looks for what counts near `stripe` only.
    fn judge_near(&self, text: &Text<'_>, near: &near::Windows, tokens: &mut Vec<Token>) {
        let bytes = text.bytes;
        for range in near.ranges() {
            for (finder, literal) in &self.near {
                for at in finder.find_iter(&bytes[range.clone()]) {
                    self.confirm(text, literal, range.start + at + literal.pivot_at, tokens);
                }
            }
            for (rule, detect) in self.rules.detecting() {
                if detect.check == BodyCheck::Unprefixed {
                    for span in near::unprefixed_runs(bytes, range.clone()) {
                        self.decide(text, rule, span, tokens);
                    }
                }
            }
        }
    }

    fn hits(&self, window: &Window<'_>, tokens: &[Token], budget: &mut Budget) -> Vec<Hit> {
        let mut cursor = Cursor::new(window.position);
        let judged = || tokens.iter().filter(|token| window.judged.contains(&token.span.start));
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
                    snippet: self.snippet(window.bytes, &token.span, tokens),
                    directive: directive(&self.redactor, window.bytes, &token.span),
                    path_rule: token.path_rule,
                    key: token.key.clone(),
                }
            })
            .collect()
    }

    /// The line of a token as it may be shown. Every token that touches the line is masked, also where only a decoder can
    /// tell that there is one.
    fn snippet(&self, bytes: &[u8], span: &Range<usize>, tokens: &[Token]) -> Snippet {
        let line = lines::line_around(bytes, span.start, span.end, SNIPPET_REACH);
        let (start, end) = (span.start.max(line.start) - line.start, span.end.min(line.end) - line.start);
        let from = tokens.partition_point(|token| token.span.start + REACH < line.start);
        let known: Vec<(Range<usize>, &str)> = tokens[from..]
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

/// A judged token, not yet placed.
struct Token {
    rule: usize,
    key: Key,
    fingerprint: Fingerprint,
    confidence: Confidence,
    span: Range<usize>,
    variable: Option<String>,
    path_rule: PathRule,
    /// Whether it was judged to be more than a placeholder.
    believed: bool,
    /// Whether its span is its own, and not that of a compressed stream that may hold others.
    traced: bool,
    encodings: Vec<&'static str>,
}

/// An inline directive on the token's line, with what follows it.
pub(crate) fn directive(redactor: &Redactor, bytes: &[u8], span: &Range<usize>) -> Option<String> {
    let range = lines::line_around(bytes, span.start, span.end, CONTEXT);
    let line = &bytes[range.clone()];
    let at =
        memchr::memmem::find(line, b"pinstripe:allow").or_else(|| memchr::memmem::find(line, b"gitleaks:allow"))?;
    Some(redactor.mask_part(bytes, range.start + at..range.end, Caution::Candidates, &[]).text)
}
