//! Webhook handlers: follows the events of requests through the program, and says where one is acted on without a
//! verification.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::OnceLock;

use super::findings::{CodeFinding, MessageFields};
use super::lint_context::LintContext;
use super::lint_set::LintSet;
use super::source_facts::{self, SourceFacts, SourceMatch};
use super::source_file::SourceSpan;
use regex::bytes::Regex;

use crate::code::flow::{Analysis, Defect, Names, Outcome, Word, Words};
use crate::code::program::Program;
use crate::model::{Confidence, Evidence};
use crate::rules::lint::CodeAnalysis;
use crate::rules::pattern::{self, NamePattern};

/// A defect at its place.
pub(super) struct Handler<'f> {
    facts: &'f SourceFacts,
    found: SourceMatch,
    outcome: Outcome,
}

/// Words of the vocabulary that say what names mean.
const WORDS: &[&str] = &[
    "flow-body",
    "flow-body-parameter",
    "flow-request",
    "flow-place",
    "flow-verifier",
    "flow-ageless",
    "flow-trusting",
    "flow-retrieve",
    "flow-state",
    "flow-mac",
    "flow-compare",
    "flow-event",
    "flow-event-constant",
    "flow-event-function",
    "flow-known-secret",
    "flow-secret",
    "flow-signature",
    "flow-foreign",
    "flow-hook",
    "flow-sender",
    "flow-switch",
    "flow-check",
    "flow-verifies",
    "flow-ends",
    "flow-exits",
    "flow-next",
    "flow-event-class",
    "flow-refusal",
    "flow-given",
    "flow-guard",
    "flow-router",
    "flow-registers",
];

/// `None` if a word has no pattern, which a test rules out.
fn words() -> Option<Words> {
    let names = Names::new(WORDS.iter().map(|word| NamePattern::of_part(word)).collect::<Option<_>>()?);
    let mut numbers = 0..WORDS.len();
    let mut word = || Some(Word::new(&names, numbers.next()?));
    Some(Words {
        body: word()?,
        body_parameter: word()?,
        request: word()?,
        place: word()?,
        verifier: word()?,
        ageless: word()?,
        trusting: word()?,
        retrieve: word()?,
        state: word()?,
        mac: word()?,
        compare: word()?,
        event: word()?,
        event_constant: word()?,
        event_function: word()?,
        known_secret: word()?,
        secret: word()?,
        signature: word()?,
        foreign: word()?,
        hook: word()?,
        sender: word()?,
        switch: word()?,
        check: word()?,
        verifies: word()?,
        ends: word()?,
        exits: word()?,
        next: word()?,
        event_class: word()?,
        refusal: word()?,
        given: word()?,
        guard: word()?,
        router: word()?,
        registers: word()?,
    })
}

/// Returns true for the text of a file that may concern a webhook.
fn leads(text: &str) -> bool {
    static LEADS: OnceLock<Option<Regex>> = OnceLock::new();
    let leads = LEADS.get_or_init(|| pattern::compile_lint("%webhook-lead%").ok());
    leads.as_ref().is_some_and(|leads| leads.is_match(text.as_bytes()))
}

/// Returns the analysis of a rule that tells of a defect.
fn analysis(defect: Defect) -> CodeAnalysis {
    match defect {
        Defect::FailOpen => CodeAnalysis::WebhookFailOpen,
        Defect::Disabled => CodeAnalysis::WebhookDisabled,
        Defect::Unverified => CodeAnalysis::WebhookUnverified,
        Defect::Replay => CodeAnalysis::WebhookReplay,
    }
}

/// Follows the handlers of the files that were read.
pub(super) fn handlers<'f>(
    lints: &LintSet<'_>,
    context: &LintContext<'_>,
    facts: &'f [SourceFacts],
) -> Vec<Handler<'f>> {
    let Some(words) = facts.iter().any(|facts| facts.code.is_some()).then(words).flatten() else { return Vec::new() };
    let outcomes = outcomes(context, &words, facts, false);
    let known: BTreeSet<_> = match facts.iter().any(|facts| facts.before.is_some()) && !outcomes.is_empty() {
        true => self::outcomes(context, &words, facts, true).iter().map(identity).collect(),
        false => BTreeSet::new(),
    };
    let mut found = Vec::new();
    for outcome in outcomes {
        let (span, Some(facts)) =
            (&outcome.place.span, facts.iter().find(|facts| facts.place.path.text == outcome.place.path))
        else {
            continue;
        };
        let Some(lint) = lints.of_analysis(analysis(outcome.defect)) else { continue };
        let Some(text) = context.tree.text(&outcome.place.path).filter(|text| text.len() >= span.end) else { continue };
        let mut place = locate(lints, text.as_bytes(), lint, &outcome);
        place.existing = known.contains(&identity(&outcome));
        if place.existing && facts.is_unchanged() {
            continue;
        }
        found.push(Handler { facts, found: place, outcome });
    }
    found
}

fn identity(outcome: &Outcome) -> (Defect, String, String) {
    (outcome.defect, outcome.place.path.clone(), outcome.name.clone())
}

/// Analyses the files as they are, or as they were before the change.
fn outcomes(context: &LintContext<'_>, words: &Words, facts: &[SourceFacts], before: bool) -> Vec<Outcome> {
    let program = Program::new(context.tree, &leads);
    let mut files = Vec::new();
    for facts in facts {
        let code = match &facts.before {
            Some(old) if before => old.as_ref(),
            _ => facts.code.as_ref(),
        };
        if let Some(code) = code
            && !program.has(&facts.place.path.text)
        {
            files.push(program.add(&facts.place.path.text, Arc::clone(code)));
        }
    }
    Analysis::new(&program, words, &|| context.expired()).run(&files)
}

fn locate(lints: &LintSet<'_>, bytes: &[u8], lint: (usize, usize), outcome: &Outcome) -> SourceMatch {
    let Range { start, end } = outcome.place.span;
    // The first line says where it is.
    let end = memchr::memchr(b'\n', &bytes[start..end]).map_or(end, |length| start + length);
    let span = SourceSpan {
        span: start..end,
        name: Some(outcome.name.clone()),
        value: Some(outcome.why.to_owned()).filter(|why| !why.is_empty()),
        identity: Some(format!("{} {}", outcome.name, outcome.why)),
        ..SourceSpan::default()
    };
    source_facts::locate(lints.redactor(), bytes, lint, span)
}

/// Returns a finding for each handler that its rule admits.
pub(super) fn findings<'f>(
    lints: &LintSet<'_>,
    context: &LintContext<'_>,
    handlers: &'f [Handler<'f>],
) -> Vec<CodeFinding<'f>> {
    let mut findings = Vec::new();
    for Handler { facts, found, outcome } in handlers {
        let Some(lint) = lints.source_lint(found.lint) else { continue };
        let file = context.file(&facts.place.path.text);
        if !file.admits(found.start.line, &lint.source.context, &lint.source.unless_context) {
            continue;
        }
        let message = MessageFields::of_code(facts, found).render(&lint.source.message);
        let confidence = lint.source.confidence.unwrap_or(Confidence::High);
        let evidence = outcome.evidence.iter().filter_map(|(place, message)| {
            let text = context.tree.text(&place.path)?;
            let at = super::line_syntax::position(text.as_bytes(), place.span.start.min(text.len()));
            let (path, message) = (place.path.clone(), message.clone());
            Some(Evidence { message, path, line: at.line, column: at.column })
        });
        let (evidence, tags) = (evidence.collect(), file.tags.clone());
        findings.push(CodeFinding {
            facts,
            found,
            confidence,
            message,
            evidence,
            context: tags,
            doubtful: outcome.doubtful,
        });
    }
    findings
}
