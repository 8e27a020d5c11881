//! The results of a finding: one for each file that holds it, with links to the other places in the message.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Location as SarifLocation, LogicalLocation, Message, PhysicalLocation, Region,
    Result as SarifResult, ResultProvenance, ThreadFlow, ThreadFlowLocation,
};

use super::descriptor::SeverityTerms;
use super::{ROOT, escaped, message, properties};
use crate::credential::Fingerprint;
use crate::model::{CommitDate, Evidence, Exposure, Finding, Location, Origin, Report, Status, TargetKind};
use crate::report::describe::{self, clean, is_inside};
use crate::report::uri;
use crate::rules::RuleSet;

/// Other places that a result links; GitHub keeps 100 and rejects the file above 1,000.
const MAX_RELATED: usize = 20;

/// Counts the results of a finding.
pub(super) fn count(finding: &Finding) -> usize {
    shown(finding).map(artifact).collect::<BTreeSet<String>>().len()
}

fn shown(finding: &Finding) -> impl Iterator<Item = &Location> {
    finding.locations.iter().filter(|location| matches!(location.status, Status::Open | Status::Existing))
}

/// Returns the results of a finding, without its places that are allowed or in the baseline.
pub(super) fn results(report: &Report, rules: &RuleSet, ids: &[String], finding: &Finding) -> Vec<SarifResult> {
    let shown: Vec<&Location> = shown(finding).collect();
    let mut files: BTreeMap<String, Vec<&Location>> = BTreeMap::new();
    for location in &shown {
        files.entry(artifact(location)).or_default().push(location);
    }
    files
        .into_values()
        .map(|mut here| {
            here.sort_by_key(|location| (std::cmp::Reverse(location.status), location.line, location.column));
            let elsewhere = shown.iter().filter(|location| artifact(location) != artifact(here[0]));
            let others: Vec<&Location> = here[1..].iter().copied().chain(elsewhere.copied()).collect();
            let mut result = result(rules, finding, here[0], &others);
            result.rule_id = Some(clean(&finding.rule));
            result.rule_index = ids.binary_search(&finding.rule).ok().and_then(|at| i64::try_from(at).ok());
            result.baseline_state = baseline_state(report, here[0].status);
            result
        })
        .collect()
}

/// Returns the state of a result where the scan compared versions.
fn baseline_state(report: &Report, status: Status) -> Option<Value> {
    let known = report.diff.is_some() || matches!(report.target.kind, TargetKind::Staged | TargetKind::Range);
    known.then(|| json!(if status == Status::Existing { "unchanged" } else { "new" }))
}

fn result(rules: &RuleSet, finding: &Finding, location: &Location, others: &[&Location]) -> SarifResult {
    let mut result = SarifResult::builder().message(text(rules, finding, location, others)).build();
    let terms = SeverityTerms::new(finding.severity);
    (result.level, result.rank) = (Some(terms.level), Some(terms.rank));
    result.locations = Some(vec![place(location)]);
    let related: Vec<SarifLocation> = related(others)
        .zip(1..)
        .map(|(other, id)| {
            let mut related = place(other);
            related.id = Some(id);
            related.message = Some(message(&describe::place(other)));
            related
        })
        .chain(evidence(finding, others))
        .collect();
    result.related_locations = (!related.is_empty()).then_some(related);
    result.code_flows = code_flow(finding, location, others).map(|flow| vec![flow]);
    result.partial_fingerprints = Some([("primaryLocationLineHash".to_owned(), line_hash(finding, location))].into());
    // Importers take the first of them as the identity of a result, so it covers the file.
    let identity = hash("pinstripe/result/1", finding, &artifact(location));
    result.fingerprints = Some([("pinstripeResult/v1".to_owned(), identity.to_string())].into());
    result.provenance = finding.exposure.as_ref().and_then(provenance);
    result.properties = Some(details(finding, location));
    result
}

fn related<'a>(others: &'a [&'a Location]) -> impl Iterator<Item = &'a Location> {
    others.iter().copied().take(MAX_RELATED)
}

/// Returns the places that explain the finding, with ids behind those of the related places.
fn evidence<'a>(finding: &'a Finding, others: &[&Location]) -> impl Iterator<Item = SarifLocation> + use<'a> {
    let first = others.len().min(MAX_RELATED) as i64 + 1;
    let numbered = finding.evidence.iter().take(MAX_RELATED).zip(first..);
    numbered.map(|(evidence, id)| SarifLocation { id: Some(id), ..step(evidence) })
}

fn step(evidence: &Evidence) -> SarifLocation {
    let region = region(evidence.line, evidence.column, evidence.line, evidence.column + 1);
    SarifLocation {
        message: Some(message(&clean(&evidence.message))),
        physical_location: Some(physical(uri::of_path(&evidence.path, false), region)),
        ..Default::default()
    }
}

/// Returns the way that leads to a place and on from it. `None` where the trace may be that of another place.
fn code_flow(finding: &Finding, location: &Location, others: &[&Location]) -> Option<CodeFlow> {
    let repository = &location.repository;
    let is_ours = |at: &Evidence| {
        let below = |id: &String| at.path.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('/'));
        repository.as_ref().is_none_or(|id| id == "." || below(id))
    };
    let is_other = |at: &&Location| at.repository == *repository && artifact(at) != artifact(location);
    let steps: Vec<&Evidence> = finding.evidence.iter().filter(|at| is_ours(at)).collect();
    if steps.is_empty() || others.iter().any(is_other) || finding.more_locations > 0 {
        return None;
    }
    let is_behind =
        |at: &&Evidence| at.path == location.path && (at.line, at.column) > (location.line, location.column);
    let (behind, before): (Vec<&Evidence>, Vec<&Evidence>) = steps.into_iter().partition(is_behind);
    let here = SarifLocation { message: Some(message(&clean(&finding.message))), ..place(location) };
    let steps = before.into_iter().map(step).chain([here]).chain(behind.into_iter().map(step));
    let steps = steps.map(|step| ThreadFlowLocation { location: Some(step), ..Default::default() });
    let flow = ThreadFlow::builder().locations(steps.collect::<Vec<_>>()).build();
    Some(CodeFlow::builder().thread_flows(vec![flow]).build())
}

/// Writes title, account, reason, steps, and links to the other places. The first sentence is the alert's title.
fn text(rules: &RuleSet, finding: &Finding, location: &Location, others: &[&Location]) -> Message {
    let mut sentences: Vec<String> = describe::sentences(rules, finding).into_iter().map(sentence).collect();
    if is_inside(location) || location.origin != Origin::File {
        sentences.push(format!("Place: {}.", describe::place(location)));
    }
    if !location.encodings.is_empty() {
        sentences.push(format!("Encoded as {}.", clean(&location.encodings.join(", then "))));
    }
    sentences.extend(describe::exposure(finding).map(|exposure| format!("Exposure: {exposure}.")));
    sentences.extend(describe::rule(rules, finding).map(|rule| clean(&rule.help.why)));
    sentences.extend(describe::numbered_steps(rules, finding));
    let mut text = escaped(&sentences.join(" "));
    text.push_str(&links(finding, others));
    Message { text: Some(text), ..Default::default() }
}

fn sentence(text: String) -> String {
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

/// Writes `Also in [a.js:3](1), [b.js:4](2) and 7 more places.`
fn links(finding: &Finding, others: &[&Location]) -> String {
    let mut text = String::new();
    if !others.is_empty() || finding.more_locations > 0 {
        let mut ids = 1..;
        let link = |other: &Location| {
            let id = ids.next().unwrap_or_default();
            format!("[{}]({id})", escaped(&describe::place(other)))
        };
        text = format!(" Also in {}.", describe::places(others, MAX_RELATED, finding.more_locations, link));
    }
    let first = others.len().min(MAX_RELATED) + 1;
    for (evidence, id) in finding.evidence.iter().take(MAX_RELATED).zip(first..) {
        text.push_str(&format!(" See [{}]({id}).", escaped(&clean(&evidence.message))));
    }
    text
}

/// Returns the URI of a location's file. An object that is no file gets a URI in `.git/`, where no checkout has files.
fn artifact(location: &Location) -> String {
    let path = uri::of_path(&location.path, location.path_encoding.is_some());
    let object = location.commit.as_deref().or(location.blob.as_deref());
    match location.origin {
        Origin::File | Origin::FileName if !path.is_empty() => path,
        Origin::RefName => format!(".git/{path}"),
        origin => {
            let kind = match origin {
                Origin::TagMessage => "tags",
                Origin::Note => "notes",
                _ => "commits",
            };
            format!(".git/{kind}/{}", object.map_or_else(|| path.clone(), |id| uri::of_path(id, false)))
        }
    }
}

fn place(location: &Location) -> SarifLocation {
    let region = match &location.line_hash {
        _ if is_inside(location) || location.origin == Origin::FileName => region(1, 1, 1, 2),
        Some(known) => region(location.line, known.column, location.end_line, known.end_column),
        None => region_from_bytes(location),
    };
    let logical = logical(location);
    SarifLocation {
        physical_location: Some(physical(artifact(location), region)),
        logical_locations: (!logical.is_empty()).then_some(logical),
        ..Default::default()
    }
}

fn physical(uri: String, region: Region) -> PhysicalLocation {
    let artifact = ArtifactLocation { uri: Some(uri), uri_base_id: Some(ROOT.to_owned()), ..Default::default() };
    PhysicalLocation { artifact_location: Some(artifact), region: Some(region), ..Default::default() }
}

fn region(line: u64, column: u64, end_line: u64, end_column: u64) -> Region {
    let number = |value: u64| i64::try_from(value.max(1)).ok();
    Region {
        start_line: number(line),
        start_column: number(column),
        end_line: number(end_line.max(line)),
        end_column: number(if end_line > line { end_column } else { end_column.max(column + 1) }),
        ..Default::default()
    }
}

/// Estimates UTF-16 columns from the snippet. Keys are ASCII, so only the text in front of them matters.
fn region_from_bytes(location: &Location) -> Region {
    let before = location.snippet.as_ref().and_then(|snippet| snippet.text.get(..snippet.start)).unwrap_or_default();
    // The ellipsis of a masked key replaces ASCII.
    let extra: usize = before.chars().filter(|character| *character != '…').map(|c| c.len_utf8() - c.len_utf16()).sum();
    let column = location.column.saturating_sub(extra as u64).max(1);
    let same_line = location.line == location.end_line;
    let end = if same_line { location.end_column.saturating_sub(extra as u64) } else { location.end_column };
    region(location.line, column, location.end_line, end)
}

fn logical(location: &Location) -> Vec<LogicalLocation> {
    let mut logical = Vec::new();
    if is_inside(location) {
        logical.push(logical_location("member", &describe::file(location), &describe::place(location)));
    }
    if let Some(commit) = &location.commit {
        logical.push(logical_location("commit", describe::short(commit), commit));
    }
    logical
}

fn logical_location(kind: &str, name: &str, full: &str) -> LogicalLocation {
    LogicalLocation {
        kind: Some(kind.to_owned()),
        name: Some(clean(name)),
        fully_qualified_name: Some(clean(full)),
        ..Default::default()
    }
}

/// Returns GitHub's hash where the line is in the checkout, else a stable hash of rule, credential and place.
fn line_hash(finding: &Finding, location: &Location) -> String {
    match &location.line_hash {
        Some(known) if !is_inside(location) && location.origin == Origin::File => known.hash.clone(),
        _ => {
            let hash = hash("pinstripe/place/1", finding, &describe::file(location)).to_string();
            format!("{}:1", &hash[..16])
        }
    }
}

/// Hashes a finding together with one of its places.
fn hash(scheme: &str, finding: &Finding, place: &str) -> Fingerprint {
    let fingerprint = finding.fingerprint.to_string();
    let parts = [scheme, &finding.rule, &fingerprint, place].map(|part| format!("{part}\0"));
    let bytes: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    Fingerprint::of_parts(&bytes)
}

/// The line hashes in use by rule and file. Code scanning takes results that share all three for one alert.
#[derive(Default)]
pub(super) struct LineHashes(BTreeSet<(Option<String>, Option<String>, String)>);

impl LineHashes {
    /// Gives a result of a line that another credential shares a hash of its own.
    pub(super) fn separate(&mut self, result: &mut SarifResult) {
        let location = result.locations.as_ref().and_then(|locations| locations.first());
        let file = location.and_then(|at| at.physical_location.as_ref()?.artifact_location.as_ref()?.uri.clone());
        let identity = result.fingerprints.as_ref().and_then(|all| all.values().next().cloned()).unwrap_or_default();
        let Some(hash) = result.partial_fingerprints.as_mut().and_then(|all| all.values_mut().next()) else { return };
        if !self.0.insert((result.rule_id.clone(), file, hash.clone())) {
            let own = Fingerprint::of_parts(&[hash.as_bytes(), b"\0", identity.as_bytes()]).to_string();
            *hash = format!("{}:1", &own[..16]);
        }
    }
}

fn provenance(exposure: &Exposure) -> Option<ResultProvenance> {
    let introduced = exposure.introduced.as_ref()?;
    Some(ResultProvenance { first_detection_time_utc: Some(introduced.date.clone()), ..Default::default() })
}

fn details(finding: &Finding, location: &Location) -> serde_sarif::sarif::PropertyBag {
    let key = finding.key.as_ref();
    let commit = |change: Option<&CommitDate>| change.map(|change| clean(&change.commit));
    let exposure = finding.exposure.as_ref();
    properties([
        ("severity", json!(finding.severity.name())),
        ("confidence", json!(finding.confidence.name())),
        ("fingerprint", json!(finding.fingerprint)),
        ("mode", json!(key.map(|key| key.mode.name()))),
        ("masked", json!(key.map(|key| clean(&key.masked)))),
        ("account", json!(key.and_then(|key| key.account.as_ref()))),
        ("accountCreated", json!(key.and_then(|key| key.account_created.as_ref()))),
        ("repository", json!(location.repository.as_deref().map(clean))),
        ("versions", json!((location.versions > 1).then_some(location.versions))),
        ("variable", json!(location.variable.as_deref().map(clean))),
        ("introduced", json!(commit(exposure.and_then(|exposure| exposure.introduced.as_ref())))),
        ("removed", json!(commit(exposure.and_then(|exposure| exposure.removed.as_ref())))),
        ("inHead", json!(exposure.map(|exposure| exposure.in_head))),
    ])
}
