//! `[source]`: decides about matches in code, now that the whole tree is known.

use super::context::file_context::FileContext;
use super::findings::{CodeFinding, Draft, MessageFields};
use super::lint_context::{KeySite, LintContext};
use super::lint_set::{LintSet, SourceLint};
use super::source_facts::{SourceFacts, SourceMatch, is_quoted};
use super::{imports, public_names};
use crate::credential::Kind;
use crate::model::{Confidence, Evidence};
use crate::rules::lint::CodeAnalysis;

/// Why a match holds.
struct Confirmation {
    why: String,
    evidence: Vec<Evidence>,
}

/// Returns drafts for matches on credentials, and findings for matches on other code.
pub(super) fn run<'a, 'f>(
    lints: &LintSet<'_>,
    context: &LintContext<'_>,
    facts: &'f [SourceFacts],
    sites: &[KeySite<'a>],
) -> (Vec<Draft<'a>>, Vec<CodeFinding<'f>>) {
    let (mut drafts, mut findings) = (Vec::new(), Vec::new());
    for (facts, found) in facts.iter().flat_map(|facts| facts.matches.iter().map(move |found| (facts, found))) {
        let Some(lint) = lints.source_lint(found.lint) else { continue };
        let path = facts.place.path.text.as_str();
        let file = context.file(path);
        let Some(Confirmation { why, evidence }) = confirm(lint, context, (facts, found), (&file, sites)) else {
            continue;
        };
        let (rule, message) = (found.rule, &lint.source.message);
        let confidence = lint.source.confidence.unwrap_or(Confidence::High);
        if let Some(site) = sites.iter().find(|site| site.location.path == path && overlaps(site, found)) {
            let message = MessageFields::of(site).with("why", why).render(message);
            drafts.push(Draft { rule, confidence, site: *site, message, evidence });
        } else if !found.value.as_deref().is_some_and(is_quoted) {
            let message = MessageFields::of_code(facts, found).with("why", why).render(message);
            let context = file.tags.clone();
            findings.push(CodeFinding { facts, found, confidence, message, evidence, context });
        }
        // Any other literal is a placeholder, a sample or another vendor's key.
    }
    (drafts, findings)
}

fn overlaps(site: &KeySite<'_>, found: &SourceMatch) -> bool {
    let at = site.location;
    at.line >= found.start.line
        && at.end_line <= found.end.line
        && (at.line > found.start.line || at.end_column > found.start.column)
        && (at.end_line < found.end.line || at.column < found.end.column)
}

/// Returns why a match holds, or `None` if something around it contradicts.
fn confirm(
    lint: SourceLint<'_>,
    context: &LintContext<'_>,
    (facts, found): (&SourceFacts, &SourceMatch),
    (file, sites): (&FileContext, &[KeySite<'_>]),
) -> Option<Confirmation> {
    let path = facts.place.path.text.as_str();
    if !file.admits(&lint.source.context, &lint.source.unless_context)
        || (lint.source.imports && is_excluded_by_import(lint, context, facts))
    {
        return None;
    }
    let mut evidence = Vec::new();
    if let Some((at, message)) = &found.evidence {
        let (line, column) = (at.line, at.column);
        evidence.push(Evidence { message: message.clone(), path: path.to_owned(), line, column });
    }
    if lint.source.structure != Some(CodeAnalysis::PublicName) {
        let why = file.frontend.as_ref().map(|frontend| frontend.why.clone()).unwrap_or_default();
        return Some(Confirmation { why, evidence });
    }
    let is_secret = |name: &str| {
        sites.iter().any(|site| {
            site.location.path == path
                && site.location.variable.as_deref() == Some(name)
                && !matches!(site.key.kind, Kind::Publishable | Kind::ConnectClientId | Kind::ClientSecret)
        })
    };
    let name = (found.name.as_deref()?, found.value.as_deref());
    let public = public_names::confirm(name, &file.package, file.kind, &is_secret)?;
    evidence.extend(public.evidence);
    Some(Confirmation { why: public.why, evidence })
}

/// Returns true if an imported local module matches what keeps the lint silent.
fn is_excluded_by_import(lint: SourceLint<'_>, context: &LintContext<'_>, facts: &SourceFacts) -> bool {
    facts.imports.iter().any(|import| {
        let mut paths = imports::candidates(&facts.place.path.text, import).into_iter();
        let text = paths.find_map(|path| context.tree.text(&path));
        text.is_some_and(|text| lint.excludes(text.as_bytes()))
    })
}
