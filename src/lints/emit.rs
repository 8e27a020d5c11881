//! From what a lint has seen to findings: messages filled in, places of one identity put together.

use std::collections::BTreeMap;

use super::facts::{Match, SourceFacts};
use super::scene::Spotted;
use crate::credential::{Fingerprint, Kind};
use crate::model::{Confidence, Context, Evidence, Finding, Location, Severity, Status};
use crate::rules::RuleSet;

/// Evidence kept per finding.
const MAX_EVIDENCE: usize = 16;

/// A lint about a credential, at one place.
pub(super) struct Draft<'a> {
    pub(super) rule: usize,
    pub(super) confidence: Confidence,
    pub(super) spotted: Spotted<'a>,
    pub(super) message: String,
    pub(super) evidence: Vec<Evidence>,
}

/// What goes into a message.
#[derive(Debug, Default)]
pub(super) struct Fill {
    pub(super) masked: String,
    pub(super) kind: String,
    pub(super) variable: String,
    pub(super) path: String,
    pub(super) line: u64,
    pub(super) why: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) other: String,
    pub(super) other_place: String,
}

/// A kind in words.
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
        _ => "credential",
    }
}

impl Fill {
    pub(super) fn of(spotted: &Spotted<'_>) -> Self {
        Self {
            masked: spotted.key.masked.clone(),
            kind: kind_name(spotted.key.kind).to_owned(),
            variable: spotted.location.variable.clone().unwrap_or_else(|| "it".to_owned()),
            path: spotted.location.path.clone(),
            line: spotted.location.line,
            ..Self::default()
        }
    }

    /// Fills a message; a sentence begins with a capital.
    pub(super) fn fill(&self, message: &str) -> String {
        let mut text = message.to_owned();
        for (name, value) in [
            ("{masked}", &self.masked),
            ("{kind}", &self.kind),
            ("{variable}", &self.variable),
            ("{path}", &self.path),
            ("{line}", &self.line.to_string()),
            ("{why}", &self.why),
            ("{name}", &self.name),
            ("{value}", &self.value),
            ("{other}", &self.other),
            ("{other-place}", &self.other_place),
        ] {
            text = text.replace(name, value);
        }
        let mut characters = text.chars();
        match characters.next() {
            Some(first) => first.to_uppercase().chain(characters).collect(),
            None => text,
        }
    }
}

/// Findings about credentials: one for each lint and credential.
pub(super) fn about_credentials(rules: &RuleSet, drafts: Vec<Draft<'_>>) -> Vec<Finding> {
    let mut groups: BTreeMap<(usize, Fingerprint), Vec<Draft<'_>>> = BTreeMap::new();
    for draft in drafts {
        groups.entry((draft.rule, draft.spotted.finding.fingerprint)).or_default().push(draft);
    }
    let mut findings = Vec::with_capacity(groups.len());
    for ((rule, fingerprint), mut drafts) in groups {
        drafts.sort_by(|a, b| (a.spotted.location, &a.message).cmp(&(b.spotted.location, &b.message)));
        let Some(first) = drafts.first() else { continue };
        let mut locations: Vec<Location> = drafts.iter().map(|draft| draft.spotted.location.clone()).collect();
        locations.dedup();
        let mut evidence: Vec<Evidence> = drafts.iter().flat_map(|draft| draft.evidence.iter().cloned()).collect();
        evidence.sort();
        evidence.dedup();
        evidence.truncate(MAX_EVIDENCE);
        let mut finding = Finding {
            rule: rules[rule].id.clone(),
            severity: rules[rule].severity,
            confidence: drafts
                .iter()
                .map(|draft| draft.confidence)
                .max()
                .unwrap_or(Confidence::Low)
                .min(rules[rule].confidence),
            fingerprint,
            message: first.message.clone(),
            key: Some(first.spotted.key.clone()),
            status: Status::Open,
            locations,
            more_locations: 0,
            evidence,
            exposure: first.spotted.finding.exposure.clone(),
        };
        finding.refresh_status();
        findings.push(finding);
    }
    findings
}

/// A lint without a credential, at one place.
pub(super) struct Bare<'a> {
    pub(super) facts: &'a SourceFacts,
    pub(super) found: &'a Match,
    pub(super) confidence: Confidence,
    pub(super) message: String,
    pub(super) evidence: Vec<Evidence>,
    pub(super) context: Vec<Context>,
}

/// Findings about code: one for each lint, text and path.
pub(super) fn about_code(rules: &RuleSet, bare: Vec<Bare<'_>>) -> Vec<Finding> {
    let mut groups: BTreeMap<(usize, Fingerprint), Finding> = BTreeMap::new();
    for it in bare {
        let rule = &rules[it.found.rule];
        let path = &it.facts.place.path.text;
        let fingerprint = Fingerprint::of_parts(&[
            b"pinstripe/1\0",
            rule.id.as_bytes(),
            b"\0",
            it.found.text.as_bytes(),
            b"\0",
            path.as_bytes(),
        ]);
        let harmless = it.context.iter().any(|tag| matches!(tag, Context::Test | Context::Example | Context::Docs));
        let location = location(&it);
        let finding = groups.entry((it.found.rule, fingerprint)).or_insert_with(|| Finding {
            rule: rule.id.clone(),
            severity: if harmless { Severity::Note } else { rule.severity },
            confidence: it.confidence.min(rule.confidence),
            fingerprint,
            message: it.message.clone(),
            key: None,
            status: Status::Open,
            locations: Vec::new(),
            more_locations: 0,
            evidence: it.evidence.clone(),
            exposure: None,
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

fn location(it: &Bare<'_>) -> Location {
    let (place, found) = (&it.facts.place, it.found);
    Location {
        path: place.path.text.clone(),
        path_encoding: place.path.percent.then(|| "percent".to_owned()),
        archive: Vec::new(),
        within: None,
        line: found.start.line,
        column: found.start.column,
        end_line: found.end.line,
        end_column: found.end.column,
        origin: place.origin,
        reach: place.reach,
        blob: place.blob.clone(),
        commit: place.commit.clone(),
        encodings: Vec::new(),
        variable: found.name.clone(),
        directive: found.directive.clone(),
        context: it.context.clone(),
        status: if place.existing || found.existing { Status::Existing } else { Status::Open },
        suppression: None,
        redacted: place.path.redacted,
        snippet: Some(found.frame.clone()),
        line_hash: None,
    }
}
