//! A finding as results: one for each file that holds it, with its other places linked from the message.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Location as Place, LogicalLocation, Message, PhysicalLocation, Region, Result as SarifResult,
    ResultLevel, ResultProvenance,
};

use super::super::view::{self, clean};
use super::super::{Report, TargetKind, advice};
use super::{ROOT, descriptor, escaped, message, properties, uri};
use crate::credential::Fingerprint;
use crate::model::{Exposure, Finding, Location, Origin, Severity, Status};
use crate::rules::RuleSet;

/// Other places that a result names; GitHub keeps 100 and rejects the file above 1,000.
const MAX_RELATED: usize = 20;

/// The results of a finding. Places that are allowed or in the baseline make none.
pub(super) fn results(report: &Report, rules: &RuleSet, ids: &[String], finding: &Finding) -> Vec<SarifResult> {
    let shown: Vec<&Location> = finding
        .locations
        .iter()
        .filter(|location| matches!(location.status, Status::Open | Status::Existing))
        .collect();
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
            result.baseline_state = baseline_state(report.target.kind, here[0].status);
            result
        })
        .collect()
}

/// New or not is known only where something was compared.
fn baseline_state(kind: TargetKind, status: Status) -> Option<Value> {
    let known = matches!(kind, TargetKind::Staged | TargetKind::Range);
    known.then(|| json!(if status == Status::Existing { "unchanged" } else { "new" }))
}

fn result(rules: &RuleSet, finding: &Finding, location: &Location, others: &[&Location]) -> SarifResult {
    let mut result = SarifResult::builder().message(text(rules, finding, location, others)).build();
    result.level = Some(match descriptor::level(finding.severity) {
        "error" => ResultLevel::Error,
        "warning" => ResultLevel::Warning,
        _ => ResultLevel::Note,
    });
    result.rank = Some(match finding.severity {
        Severity::Critical => 100.0,
        Severity::High => 80.0,
        Severity::Medium => 60.0,
        Severity::Low => 40.0,
        Severity::Note => 10.0,
    });
    result.locations = Some(vec![place(location)]);
    let related: Vec<Place> = related(others)
        .zip(1..)
        .map(|(other, id)| {
            let mut related = place(other);
            related.id = Some(id);
            related.message = Some(message(&view::place(other)));
            related
        })
        .chain(evidence(finding, others))
        .collect();
    result.related_locations = (!related.is_empty()).then_some(related);
    result.partial_fingerprints = Some([("primaryLocationLineHash".to_owned(), line_hash(finding, location))].into());
    result.fingerprints = Some(
        [("pinstripeCredential/v1".to_owned(), format!("{}:{}", clean(&finding.rule), finding.fingerprint))].into(),
    );
    result.provenance = finding.exposure.as_ref().and_then(provenance);
    result.properties = Some(details(finding, location));
    result
}

fn related<'a>(others: &'a [&'a Location]) -> impl Iterator<Item = &'a Location> {
    others.iter().copied().take(MAX_RELATED)
}

/// Places that explain the finding; their ids go on where those of the related places end.
fn evidence<'a>(finding: &'a Finding, others: &[&Location]) -> impl Iterator<Item = Place> + use<'a> {
    let first = others.len().min(MAX_RELATED) as i64 + 1;
    finding.evidence.iter().take(MAX_RELATED).zip(first..).map(|(evidence, id)| {
        let region = region(evidence.line, evidence.column, evidence.line, evidence.column + 1);
        Place {
            id: Some(id),
            message: Some(message(&clean(&evidence.message))),
            physical_location: Some(physical(uri::of_path(&evidence.path, false), region)),
            ..Default::default()
        }
    })
}

/// Title, account, reason, steps, and links to the other places. The first sentence is the alert's title.
fn text(rules: &RuleSet, finding: &Finding, location: &Location, others: &[&Location]) -> Message {
    let mut sentences = Vec::new();
    match &finding.key {
        Some(key) => {
            sentences.push(format!("{}: {}.", view::headline(rules, finding), view::identity(key)));
            if view::is_lint(rules, finding) {
                sentences.push(sentence(&clean(&finding.message)));
            }
        }
        None => sentences.push(sentence(&clean(&finding.message))),
    }
    if is_inside(location) || location.origin != Origin::File {
        sentences.push(format!("Where: {}.", view::place(location)));
    }
    if !location.encodings.is_empty() {
        sentences.push(format!("Encoded as {}.", clean(&location.encodings.join(", then "))));
    }
    if let Some(exposure) = view::exposure(finding) {
        sentences.push(format!("Seen {exposure}."));
    }
    if let Some(rule) = rules.get(&finding.rule) {
        sentences.push(clean(&rule.help.why));
        let steps = advice::steps(rule, finding);
        let numbered = steps.iter().enumerate().map(|(at, step)| match steps.len() {
            1 => clean(step),
            _ => format!("{}. {}", at + 1, clean(step)),
        });
        // Brackets in a link would have to be escaped, and not every reader undoes that.
        sentences.extend(numbered.map(|step| step.replace("[]=", "%5B%5D=")));
    }
    let mut text = escaped(&sentences.join(" "));
    text.push_str(&links(finding, others));
    Message { text: Some(text), ..Default::default() }
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// `Also in [a.js:3](1), [b.js:4](2) and 7 more places.`
fn links(finding: &Finding, others: &[&Location]) -> String {
    let mut text = String::new();
    if !others.is_empty() || finding.more_locations > 0 {
        let links: Vec<String> =
            related(others).zip(1..).map(|(other, id)| format!("[{}]({id})", escaped(&view::place(other)))).collect();
        let more = (others.len() - links.len()) as u64 + finding.more_locations;
        let more = if more > 0 { format!(" and {}", view::counted(more, "more place")) } else { String::new() };
        text.push_str(&format!(" Also in {}{more}.", links.join(", ")));
    }
    let first = others.len().min(MAX_RELATED) + 1;
    for (evidence, id) in finding.evidence.iter().take(MAX_RELATED).zip(first..) {
        text.push_str(&format!(" See [{}]({id}).", escaped(&clean(&evidence.message))));
    }
    text
}

/// Whether the line is one of something inside of the file: then the file's own lines mean nothing.
fn is_inside(location: &Location) -> bool {
    !location.archive.is_empty() || location.within.is_some()
}

/// The URI of the file; objects that are no file get a name below `.git/`, where no checkout has one.
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

fn place(location: &Location) -> Place {
    let region = match &location.line_hash {
        _ if is_inside(location) || location.origin == Origin::FileName => region(1, 1, 1, 2),
        Some(known) => region(location.line, known.column, location.end_line, known.end_column),
        None => region_from_bytes(location),
    };
    let logical = logical(location);
    Place {
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

/// Columns in UTF-16 units as far as the shown line tells: keys are ASCII, so that only what stands in front matters.
fn region_from_bytes(location: &Location) -> Region {
    let before = location.frame.as_ref().and_then(|frame| frame.text.get(..frame.start)).unwrap_or_default();
    // The mask's ellipsis stands for ASCII.
    let extra: usize = before.chars().filter(|character| *character != '…').map(|c| c.len_utf8() - c.len_utf16()).sum();
    let column = location.column.saturating_sub(extra as u64).max(1);
    let same_line = location.line == location.end_line;
    let end = if same_line { location.end_column.saturating_sub(extra as u64) } else { location.end_column };
    region(location.line, column, location.end_line, end)
}

fn logical(location: &Location) -> Vec<LogicalLocation> {
    let mut logical = Vec::new();
    if is_inside(location) {
        logical.push(logical_location("member", &view::file(location), &view::place(location)));
    }
    if let Some(commit) = &location.commit {
        logical.push(logical_location("commit", view::short(commit), commit));
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

/// GitHub's hash where the line is in the checkout; else one of what was found and where, so that it stays the same.
fn line_hash(finding: &Finding, location: &Location) -> String {
    match &location.line_hash {
        Some(known) if !is_inside(location) && location.origin == Origin::File => known.hash.clone(),
        _ => {
            let file = view::file(location);
            let fingerprint = finding.fingerprint.to_string();
            let parts = ["pinstripe/place/1", &finding.rule, &fingerprint, &file].map(|part| format!("{part}\0"));
            let bytes: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
            let hash = Fingerprint::of_parts(&bytes).to_string();
            format!("{}:1", &hash[..16])
        }
    }
}

fn provenance(exposure: &Exposure) -> Option<ResultProvenance> {
    let introduced = exposure.introduced.as_ref()?;
    Some(ResultProvenance { first_detection_time_utc: Some(introduced.date.clone()), ..Default::default() })
}

fn details(finding: &Finding, location: &Location) -> serde_sarif::sarif::PropertyBag {
    let key = finding.key.as_ref();
    let commit = |change: Option<&crate::model::CommitDate>| change.map(|change| clean(&change.commit));
    let exposure = finding.exposure.as_ref();
    properties([
        ("severity", json!(finding.severity.name())),
        ("confidence", json!(finding.confidence.name())),
        ("fingerprint", json!(finding.fingerprint)),
        ("mode", json!(key.map(|key| key.mode.name()))),
        ("masked", json!(key.map(|key| clean(&key.masked)))),
        ("account", json!(key.and_then(|key| key.account.as_ref()))),
        ("accountCreated", json!(key.and_then(|key| key.account_created.as_ref()))),
        ("variable", json!(location.variable.as_deref().map(clean))),
        ("introduced", json!(commit(exposure.and_then(|exposure| exposure.introduced.as_ref())))),
        ("removed", json!(commit(exposure.and_then(|exposure| exposure.removed.as_ref())))),
        ("inHead", json!(exposure.map(|exposure| exposure.in_head))),
    ])
}
