//! Builds findings from what lints matched: renders messages, groups places of one identity.

use std::collections::BTreeMap;

use super::lint_context::KeySite;
use super::source_facts::{SourceFacts, SourceMatch};
use crate::credential::{Fingerprint, Kind};
use crate::model::{Confidence, Context, Evidence, Finding, Location, Severity, Status};
use crate::rules::RuleSet;

/// Most evidence kept per finding.
const MAX_EVIDENCE: usize = 16;

/// A lint that matched a credential at one place.
pub(super) struct Draft<'a> {
    pub(super) rule: usize,
    pub(super) confidence: Confidence,
    pub(super) site: KeySite<'a>,
    pub(super) message: String,
    pub(super) evidence: Vec<Evidence>,
}

/// A lint that matched code without a credential, at one place.
pub(super) struct CodeFinding<'a> {
    pub(super) facts: &'a SourceFacts,
    pub(super) found: &'a SourceMatch,
    pub(super) confidence: Confidence,
    pub(super) message: String,
    pub(super) evidence: Vec<Evidence>,
    pub(super) context: Vec<Context>,
    /// Something on the way was not found: a note.
    pub(super) doubtful: bool,
}

pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Secret => "secret key",
        Kind::Restricted => "restricted key",
        Kind::Publishable => "publishable key",
        Kind::Organization => "organization key",
        Kind::WebhookSigning => "webhook signing secret",
        Kind::UserKey => "user key",
        Kind::OauthAccess => "OAuth access key",
        Kind::OauthRefresh => "OAuth refresh token",
        Kind::AppSigning => "app signing secret",
        Kind::Legacy => "secret key without a prefix",
        Kind::Database => "database login",
        _ => "credential",
    }
}

/// Values for the placeholders of a message, by name. A placeholder without a value is removed.
pub(super) struct MessageFields(Vec<(&'static str, String)>);

impl MessageFields {
    pub(super) fn of(site: &KeySite<'_>) -> Self {
        let location = site.location;
        Self(vec![
            ("masked", site.key.masked.clone()),
            ("kind", kind_name(site.key.kind).to_owned()),
            ("variable", location.variable.clone().unwrap_or_else(|| "it".to_owned())),
            ("path", location.path.clone()),
            ("line", location.line.to_string()),
        ])
    }

    pub(super) fn of_code(facts: &SourceFacts, found: &SourceMatch) -> Self {
        Self(vec![
            ("name", found.name.clone().unwrap_or_default()),
            ("value", found.value.clone().unwrap_or_default()),
            ("path", facts.place.path.text.clone()),
            ("line", found.start.line.to_string()),
        ])
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.0.push((name, value));
        self
    }

    /// Fills in a message and capitalizes it.
    pub(super) fn render(&self, message: &str) -> String {
        let mut text = String::with_capacity(message.len() * 2);
        let mut rest = message;
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            rest = match behind.split_once('}').filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    text.push_str(self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
                    after
                }
                None => {
                    text.push('{');
                    behind
                }
            };
        }
        text.push_str(rest);
        let mut characters = text.chars();
        match characters.next() {
            Some(first) => first.to_uppercase().chain(characters).collect(),
            None => text,
        }
    }
}

/// Returns a finding for each rule and credential.
pub(super) fn about_credentials(rules: &RuleSet, drafts: Vec<Draft<'_>>) -> Vec<Finding> {
    let mut groups: BTreeMap<(usize, Fingerprint), Vec<Draft<'_>>> = BTreeMap::new();
    for draft in drafts {
        groups.entry((draft.rule, draft.site.finding.fingerprint)).or_default().push(draft);
    }
    let mut findings = Vec::with_capacity(groups.len());
    for ((rule, fingerprint), mut drafts) in groups {
        drafts.sort_by(|a, b| (a.site.location, &a.message).cmp(&(b.site.location, &b.message)));
        let confidence = drafts.iter().map(|draft| draft.confidence).max().unwrap_or(Confidence::Low);
        let mut finding = finding(rules, rule, fingerprint, confidence);
        finding.locations = drafts.iter().map(|draft| draft.site.location.clone()).collect();
        finding.locations.dedup();
        // In the order in which one step leads to the next.
        for evidence in drafts.iter().flat_map(|draft| &draft.evidence) {
            if finding.evidence.len() < MAX_EVIDENCE && !finding.evidence.contains(evidence) {
                finding.evidence.push(evidence.clone());
            }
        }
        if let Some(first) = drafts.into_iter().next() {
            finding.message = first.message;
            finding.key = Some(first.site.key.clone());
            finding.exposure.clone_from(&first.site.finding.exposure);
            finding.exposures.clone_from(&first.site.finding.exposures);
        }
        finding.refresh_status();
        findings.push(finding);
    }
    findings
}

/// Returns a finding for each rule, matched text and path.
pub(super) fn about_code(rules: &RuleSet, matched: Vec<CodeFinding<'_>>) -> Vec<Finding> {
    let mut groups: BTreeMap<(usize, Fingerprint), Finding> = BTreeMap::new();
    for code in matched {
        let (rule, id) = (code.found.rule, &rules[code.found.rule].id);
        let path = &code.facts.place.path.text;
        let parts = [b"pinstripe/1\0", id.as_bytes(), b"\0", code.found.text.as_bytes(), b"\0", path.as_bytes()];
        let fingerprint = Fingerprint::of_parts(&parts);
        let location = location(&code);
        let is_harmless = |tag: &Context| matches!(tag, Context::Test | Context::Example | Context::Docs);
        let finding = groups.entry((rule, fingerprint)).or_insert_with(|| {
            let mut finding = finding(rules, rule, fingerprint, code.confidence);
            if code.doubtful || code.context.iter().any(is_harmless) {
                finding.severity = Severity::Note;
            }
            Finding { message: code.message, evidence: code.evidence, ..finding }
        });
        if !finding.locations.contains(&location) {
            finding.locations.push(location);
        }
    }
    let mut findings: Vec<Finding> = groups.into_values().collect();
    for finding in &mut findings {
        finding.locations.sort();
        finding.refresh_status();
    }
    findings
}

fn finding(rules: &RuleSet, rule: usize, fingerprint: Fingerprint, confidence: Confidence) -> Finding {
    let rule = &rules[rule];
    Finding {
        rule: rule.id.clone(),
        severity: rule.severity,
        confidence: confidence.min(rule.confidence),
        fingerprint,
        message: String::new(),
        key: None,
        status: Status::Open,
        locations: Vec::new(),
        more_locations: 0,
        evidence: Vec::new(),
        exposure: None,
        exposures: Vec::new(),
        owners: Vec::new(),
    }
}

fn location(code: &CodeFinding<'_>) -> Location {
    let (place, found) = (&code.facts.place, code.found);
    Location {
        path_encoding: place.path.percent.then(|| "percent".to_owned()),
        line: found.start.line,
        column: found.start.column,
        end_line: found.end.line,
        end_column: found.end.column,
        origin: place.origin,
        reach: place.reach,
        blob: place.blob.clone(),
        commit: place.commit.clone(),
        variable: found.name.clone(),
        directive: found.directive.clone(),
        context: code.context.clone(),
        status: if place.existing || found.existing { Status::Existing } else { Status::Open },
        snippet: Some(found.snippet.clone()),
        ..Location::in_file(place.path.text.clone())
    }
}
