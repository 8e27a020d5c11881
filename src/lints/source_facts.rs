//! Matches of source lints in one file, found while its bytes are at hand.
//!
//! Nothing here depends on other files: whether a name is public, a place ships or an imported module verifies is decided
//! later, in [`super::code_lints`], when the whole tree is known.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::bytes::{Captures, Regex};

use super::context::path_purpose::PathPurpose;
use super::lexer::SourceCode;
use super::line_syntax::position;
use super::lint_set::{LintSet, SourceLint, SourcePatterns};
use super::source_file::{SourceFile, SourceSpan};
use super::variable_names;
use super::{client_graph, imports, public_names, server_data, webhook_texts};
use crate::code::model::Code;
use crate::detect::Redactor;
use crate::detect::lines::{self, Position};
use crate::detect::redact::Caution;
use crate::model::{Origin, Reach, ScanLocation, Snippet};
use crate::rules::language;
use crate::rules::lint::{CodeAnalysis, CodePattern, NameClaim};

/// Largest file whose code is read, in bytes.
pub const MAX_SOURCE: usize = 2 << 20;

/// Most matches kept of one file.
const MAX_MATCHES: usize = 200;

/// Most places of a name at which a value assigned to it is looked for.
const MAX_ASSIGNMENTS: usize = 100;

/// Bytes of a line shown on either side of a match.
const FRAME_REACH: usize = 100;

/// The matches of source lints in one file.
#[derive(Debug, Clone)]
pub struct SourceFacts {
    pub(super) place: ScanLocation,
    pub(super) matches: Vec<SourceMatch>,
    /// Imports of local modules, as written; empty unless a match depends on them.
    pub(super) imports: Vec<String>,
    /// The file's model, if it may take part in the handling of a webhook.
    pub(super) code: Option<Arc<Code>>,
    /// Client code starts here.
    pub(super) entry: bool,
    /// That of its previous version, if there is a change to judge.
    pub(super) before: Option<Option<Arc<Code>>>,
}

/// A match of one source lint.
#[derive(Debug, Clone)]
pub(super) struct SourceMatch {
    /// Index of the rule.
    pub(super) rule: usize,
    /// Index among the source lints of the set.
    pub(super) lint: usize,
    pub(super) start: Position,
    pub(super) end: Position,
    /// The matched text, redacted, white space collapsed: the identity of a finding without a literal.
    pub(super) text: String,
    pub(super) name: Option<String>,
    /// Redacted.
    pub(super) value: Option<String>,
    pub(super) snippet: Snippet,
    pub(super) directive: Option<String>,
    pub(super) existing: bool,
    pub(super) evidence: Option<(Position, String)>,
    /// The module of the component that is given this.
    pub(super) component: Option<String>,
}

impl SourceFacts {
    fn empty(place: &ScanLocation) -> Self {
        let (matches, imports) = (Vec::new(), Vec::new());
        Self { place: place.clone(), matches, imports, code: None, entry: false, before: None }
    }

    /// The file.
    #[must_use]
    pub fn place(&self) -> &ScanLocation {
        &self.place
    }

    /// Returns what identifies each match: its rule and its text.
    pub fn identities(&self) -> impl Iterator<Item = (usize, &str)> {
        self.matches.iter().map(|found| (found.rule, found.text.as_str()))
    }

    /// Keeps the model of the previous version, with which what is found in this one is compared.
    pub fn keep_previous(&mut self, previous: Option<&Self>) {
        self.before = Some(previous.and_then(|previous| previous.code.clone()));
    }

    /// Returns true for a file that the change leaves as it is.
    pub(super) fn is_unchanged(&self) -> bool {
        let same = |old: &Arc<Code>| self.code.as_ref().is_some_and(|code| Arc::ptr_eq(old, code));
        self.before.as_ref().and_then(Option::as_ref).is_some_and(same)
    }

    /// Marks the matches that `is_known` says the file's previous version had as well.
    pub fn mark_existing(&mut self, is_known: &mut dyn FnMut((usize, &str)) -> bool) {
        for found in &mut self.matches {
            found.existing = is_known((found.rule, &found.text));
        }
    }
}

/// Runs the source lints on a file. `None` if nothing matches.
pub(super) fn collect(
    lints: &LintSet<'_>,
    place: &ScanLocation,
    bytes: &[u8],
    mentions_stripe: bool,
) -> Option<SourceFacts> {
    let path = place.path.text.as_str();
    let language = language::of_path(path).filter(|_| is_present(place, bytes))?;
    if !may_read(path) || is_minified(bytes) || memchr::memchr(0, bytes).is_some() {
        return None;
    }
    let reading = if mentions_stripe { lints.reading(language.name, path, bytes) } else { Vec::new() };
    let handles = lints.follow_webhooks() && may_serve(path) && webhook_texts::may_handle(bytes);
    let code = handles.then(|| crate::code::parse(path, bytes)).flatten().map(Arc::new);
    // Lexing is the expensive part: first make sure that a lint may match, comments included.
    let reading: Vec<(usize, SourceLint<'_>, &SourcePatterns)> = reading
        .into_iter()
        .filter(|(_, lint)| lint.includes(bytes))
        .filter_map(|(at, lint)| Some((at, lint, lint.patterns()?)))
        .filter(|(_, lint, _)| may_match(bytes, lint.source))
        .collect();
    if reading.is_empty() && code.is_none() {
        return None;
    }
    let mut facts = SourceFacts { code, ..SourceFacts::empty(place) };
    if reading.is_empty() {
        return Some(facts);
    }
    let file = SourceFile::new(bytes, language);
    let mut needs_imports = false;
    for (at, lint, patterns) in reading {
        if !lint.includes(&file.code.text) {
            continue;
        }
        let found = match lint.source.structure {
            Some(CodeAnalysis::SentSecret) => sent(place, bytes, &facts),
            _ => spans(&file, lint, patterns),
        };
        for span in found.into_iter().take(MAX_MATCHES - facts.matches.len()) {
            facts.matches.push(locate(lints.redactor(), file.bytes, (lint.rule, at), span));
            needs_imports |= lint.source.imports;
        }
    }
    if facts.matches.is_empty() && facts.code.is_none() {
        return None;
    }
    if needs_imports {
        facts.imports = imports::specifiers(&file);
    }
    Some(facts)
}

fn is_present(place: &ScanLocation, bytes: &[u8]) -> bool {
    let present = matches!(place.reach, Reach::Worktree | Reach::Index | Reach::Head);
    present && place.origin == Origin::File && place.archive.is_empty() && bytes.len() <= MAX_SOURCE
}

/// Notes in the facts of a file that client code starts there.
pub(super) fn note_entry(facts: Option<SourceFacts>, place: &ScanLocation, bytes: &[u8]) -> Option<SourceFacts> {
    let path = place.path.text.as_str();
    let entry = is_present(place, bytes) && client_graph::is_entry(path, bytes) && may_read(path);
    if !entry {
        return facts;
    }
    Some(SourceFacts { entry, ..facts.unwrap_or_else(|| SourceFacts::empty(place)) })
}

/// Reads the code of a file in its versions before and after a change, or in one that did not change.
pub(super) fn code_only(
    lints: &LintSet<'_>,
    place: &ScanLocation,
    (old, new): (Option<&[u8]>, &[u8]),
) -> Option<SourceFacts> {
    let path = place.path.text.as_str();
    if !lints.follow_webhooks() || new.len() > MAX_SOURCE || is_minified(new) {
        return None;
    }
    let code = crate::code::parse(path, new).map(Arc::new);
    let before = match old {
        Some(old) => crate::code::parse(path, old).map(Arc::new),
        None => code.clone(),
    };
    Some(SourceFacts { code, before: Some(before), ..SourceFacts::empty(place) })
}

/// Returns true for code that may answer requests: nobody reaches a handler that a test makes, and a test that calls a helper
/// with an event says nothing about the helper.
pub(super) fn may_serve(path: &str) -> bool {
    crate::code::reads(path) && !PathPurpose::is_test(path)
}

/// Returns true for a file in a known language that is not vendored.
pub(super) fn may_read(path: &str) -> bool {
    language::of_path(path).is_some() && !PathPurpose::is_vendored(path)
}

/// Returns false if a text, its comments included, cannot match.
fn may_match(bytes: &[u8], source: &CodePattern) -> bool {
    match source.structure {
        Some(CodeAnalysis::PublicName) => public_names::may_have(bytes),
        Some(CodeAnalysis::SentSecret) => server_data::may_send(bytes),
        // Decided where the whole program is known.
        Some(_) => false,
        None => true,
    }
}

/// Returns true if lines have many hundred bytes on average.
fn is_minified(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64 << 10)];
    head.len() > 4 << 10 && head.len() / (memchr::memchr_iter(b'\n', head).count() + 1) > 400
}

/// Returns the secrets that a file sends, but those that another lint has found.
fn sent(place: &ScanLocation, bytes: &[u8], facts: &SourceFacts) -> Vec<SourceSpan> {
    let path = place.path.text.as_str();
    let Some(code) = facts.code.clone().or_else(|| crate::code::parse(path, bytes).map(Arc::new)) else {
        return Vec::new();
    };
    let mut found = server_data::spans(path, &code);
    found.retain(|span| {
        let at = position(bytes, span.span.start);
        !facts.matches.iter().any(|known| known.start == at)
    });
    found
}

fn spans(file: &SourceFile<'_>, lint: SourceLint<'_>, patterns: &SourcePatterns) -> Vec<SourceSpan> {
    let spans = match lint.source.structure {
        Some(CodeAnalysis::PublicName) => public_names::spans(file),
        Some(_) => Vec::new(),
        None => pattern_spans(file, lint.source, patterns),
    };
    if spans.is_empty() || lint.excludes(&file.code.text) { Vec::new() } else { spans }
}

fn pattern_spans(file: &SourceFile<'_>, source: &CodePattern, patterns: &SourcePatterns) -> Vec<SourceSpan> {
    let text = &file.code.text;
    let within: Option<Vec<Range<usize>>> = patterns.within.as_ref().map(|opener| blocks(&file.code, opener));
    let mut spans = Vec::new();
    for captures in patterns.patterns.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let Some(whole) = captures.get(0) else { continue };
        let counts = (source.in_strings || !file.code.in_string(whole.start()))
            && within.as_ref().is_none_or(|blocks| is_within(blocks, whole.start()));
        if counts {
            let found = span(&captures, whole.range());
            let value = found.value.as_deref().unwrap_or("");
            let claims = |claim: &NameClaim| variable_names::claims(value, *claim);
            let is_claimed = source.value.is_empty() || source.value.iter().any(claims);
            if is_claimed && !(claims(&NameClaim::Secret) && holds_publishable(text, value)) {
                spans.push(found);
            }
        }
    }
    spans.sort_by_key(|found| (found.span.start, found.span.end));
    spans.dedup_by_key(|found| found.span.start);
    if source.once {
        spans.truncate(1);
    }
    spans
}

/// Returns true if a publishable key is assigned to a variable in this text: its value counts, whatever its name says.
fn holds_publishable(text: &[u8], variable: &str) -> bool {
    static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"^\s*(?::\s*\w+\s*)?[=:]\s*(?:["'`]pk_(?:live|test)_|(?P<name>[^=;\n][^;\n]{0,100}))"#).ok()
    });
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let name = variable.trim_end_matches(|c| !is_name(c)).rsplit(|c| !is_name(c)).next().unwrap_or_default();
    let mut places = memchr::memmem::find_iter(text, name).take(if name.is_empty() { 0 } else { MAX_ASSIGNMENTS });
    places.any(|at| {
        let after = &text[at + name.len()..text.len().min(at + name.len() + 200)];
        let Some(assigned) = ASSIGNED.as_ref().and_then(|assigned| assigned.captures(after)) else { return false };
        let says = |name: &[u8]| variable_names::claims(&String::from_utf8_lossy(name), NameClaim::Publishable);
        assigned.name("name").is_none_or(|name| says(name.as_bytes()))
    })
}

fn span(captures: &Captures<'_>, whole: Range<usize>) -> SourceSpan {
    let group = |name: &str| captures.name(name).map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
    // The group is the exact place, where the pattern has one.
    let span = captures.name("value").or_else(|| captures.name("name")).map_or(whole, |found| found.range());
    SourceSpan { span, name: group("name"), value: group("value"), ..SourceSpan::default() }
}

/// Returns the inside of each bracket that an opener's matches end with or are followed by, sorted and joined.
fn blocks(code: &SourceCode, opener: &Regex) -> Vec<Range<usize>> {
    let brackets = brackets(&code.bare);
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for found in opener.find_iter(&code.text).filter(|found| !code.in_string(found.start())) {
        let next = brackets.partition_point(|(open, _)| open + 1 < found.end());
        let Some((open, Some(close))) = brackets.get(next) else { continue };
        match blocks.last_mut() {
            Some(last) if *open < last.end => last.end = last.end.max(*close),
            _ => blocks.push(open + 1..*close),
        }
    }
    blocks
}

fn is_within(blocks: &[Range<usize>], at: usize) -> bool {
    let next = blocks.partition_point(|block| block.start <= at);
    next > 0 && blocks[next - 1].contains(&at)
}

/// Returns each opening bracket with the one that closes it, if any does.
fn brackets(bare: &[u8]) -> Vec<(usize, Option<usize>)> {
    let (mut brackets, mut open) = (Vec::new(), Vec::new());
    for (at, byte) in bare.iter().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => {
                open.push(brackets.len());
                brackets.push((at, None));
            }
            b'}' | b']' | b')' => {
                if let Some((_, close)) = open.pop().and_then(|last: usize| brackets.get_mut(last)) {
                    *close = Some(at);
                }
            }
            _ => {}
        }
    }
    brackets
}

/// Computes line, column and shown text of a span.
pub(super) fn locate(
    redactor: &Redactor,
    bytes: &[u8],
    (rule, lint): (usize, usize),
    found: SourceSpan,
) -> SourceMatch {
    let span = found.span;
    let line = lines::line_around(bytes, span.start, span.end, FRAME_REACH);
    let shown = redactor.mask_part(bytes, line.clone(), Caution::Everything, &[]);
    let offset = |at: usize| shown.position(at.clamp(line.start, line.end) - line.start);
    let snippet = Snippet { start: offset(span.start), end: offset(span.end), text: shown.text.clone() };
    let words = || String::from_utf8_lossy(&bytes[span.clone()]).split_whitespace().collect::<Vec<_>>().join(" ");
    SourceMatch {
        rule,
        lint,
        start: position(bytes, span.start),
        end: position(bytes, span.end),
        text: found.identity.unwrap_or_else(|| redacted(redactor, &words())),
        name: found.name.as_deref().map(|name| shown_name(redactor, name)),
        value: found.value.as_deref().map(|value| shown_name(redactor, value)),
        snippet,
        directive: crate::detect::directive(redactor, bytes, &span),
        existing: false,
        component: found.component,
        evidence: found.evidence.map(|(at, message)| (position(bytes, at), message)),
    }
}

/// Redacts a literal. A name stays readable, however long.
fn shown_name(redactor: &Redactor, text: &str) -> String {
    if is_quoted(text) { redacted(redactor, text) } else { redactor.sanitize(text) }
}

pub(super) fn is_quoted(text: &str) -> bool {
    text.starts_with(['"', '\'', '`'])
}

fn redacted(redactor: &Redactor, text: &str) -> String {
    redactor.mask(text.as_bytes(), Caution::Everything, &[]).text
}
