//! `[when]`: conditions on one place of one credential.

use super::context::file_context::FileContext;
use super::findings::{Draft, MessageFields};
use super::line_syntax::{self, MAX_BEFORE};
use super::lint_context::{KeySite, LintContext};
use super::lint_set::{KeyLint, KeyPatterns, LintSet};
use crate::model::Confidence;
use crate::rules::lint::{KeyCondition, NameClaim};

pub(super) fn run<'a>(lints: &LintSet<'_>, context: &LintContext<'_>, sites: &[KeySite<'a>]) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for lint in lints.key_lints() {
        for site in sites.iter().filter(|site| fits_finding(lint.when, site)) {
            if context.expired() {
                return drafts;
            }
            let file = context.file(&site.location.path);
            if fits_file(lint.when, context, site, &file)
                && lint.patterns().is_some_and(|patterns| fits_patterns(patterns, site, &file))
            {
                drafts.push(draft(lint, context, *site, &file));
            }
        }
    }
    drafts
}

fn fits_finding(when: &KeyCondition, site: &KeySite<'_>) -> bool {
    (when.kinds.is_empty() || when.kinds.contains(&site.key.kind))
        && (when.modes.is_empty() || when.modes.contains(&site.key.mode))
        && when.confidence.is_none_or(|least| site.finding.confidence >= least)
}

fn fits_file(when: &KeyCondition, context: &LintContext<'_>, site: &KeySite<'_>, file: &FileContext) -> bool {
    let location = site.location;
    file.admits(location.line, &when.context, &when.unless_context)
        && (when.files.is_empty() || when.files.contains(&file.kind))
        && (when.variable.is_empty() || when.variable.iter().any(|claim| context.claims(location, *claim)))
        && !when.unless_variable.iter().any(|claim| context.claims(location, *claim))
        && (when.commented || !file.line(location.line).is_some_and(line_syntax::is_comment))
}

/// Returns the line in front of a credential, or its end. It may hold other keys: only match it, never show it.
fn text_before<'a>(site: &'a KeySite<'_>, file: &'a FileContext) -> &'a str {
    let location = site.location;
    let column = usize::try_from(location.column).unwrap_or(1).saturating_sub(1);
    file.line(location.line)
        .and_then(|line| line.get(..column))
        .or_else(|| location.snippet.as_ref().and_then(|snippet| snippet.text.get(..snippet.start)))
        .map_or("", |before| &before[before.ceil_char_boundary(before.len().saturating_sub(MAX_BEFORE))..])
}

fn fits_patterns(patterns: &KeyPatterns, site: &KeySite<'_>, file: &FileContext) -> bool {
    let location = site.location;
    patterns.variable.accepts(&[location.variable.as_deref().unwrap_or("")])
        && patterns.path.accepts(&[&location.path])
        && patterns.before.accepts(&[text_before(site, file)])
        && (patterns.section.is_empty()
            || patterns.section.accepts(&file.around(location.line, location.column).sections))
}

fn draft<'a>(lint: KeyLint<'_>, context: &LintContext<'_>, site: KeySite<'a>, file: &FileContext) -> Draft<'a> {
    let mut confidence = site.finding.confidence;
    let mut evidence = Vec::new();
    let mut why = String::new();
    if let Some(frontend) = &file.frontend {
        confidence = confidence.min(frontend.confidence);
        why.clone_from(&frontend.why);
        evidence.extend(frontend.evidence.clone());
    }
    if lint.when.variable.contains(&NameClaim::Public)
        && let Some(public) = context.public_prefix(site.location)
    {
        // The name is proof, whatever is known about the file.
        confidence = site.finding.confidence.max(Confidence::Medium);
        why = public.why;
        evidence = public.evidence.into_iter().collect();
    }
    let message = MessageFields::of(&site).with("why", why).render(&lint.when.message);
    Draft { rule: lint.rule, confidence, site, message, evidence }
}
