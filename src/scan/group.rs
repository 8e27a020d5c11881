//! Groups hits into findings: one per rule and credential, with all its locations.
//!
//! Paths are known here for the first time, so conditions on paths, which the matcher could not check, are checked here.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::credential::Key;
use crate::detect::LocatedHit;
use crate::detect::{
    classify::{PathRule, says_one_of},
    vendors,
};
use crate::lints::context::path_purpose::PathPurpose;
use crate::model::{Finding, Location, Origin, Status, limits::MAX_PLACES_PER_BLOB};
use crate::rules::{Rule, RuleSet};

/// Returns the findings sorted by rule and fingerprint.
pub(crate) fn findings(rules: &RuleSet, sightings: Vec<LocatedHit>) -> Vec<Finding> {
    let identity = |sighting: &LocatedHit| (sighting.hit.rule, sighting.hit.fingerprint);
    // Boxes are freed one by one, while findings take their place.
    let allowed = sightings.into_iter().filter(|sighting| path_allows(&rules[sighting.hit.rule], sighting));
    let mut sightings: Vec<Box<LocatedHit>> = allowed.map(Box::new).collect();
    sightings.sort_by_key(|sighting| identity(sighting));
    let (mut findings, mut sightings) = (Vec::new(), sightings.into_iter().peekable());
    while let Some(first) = sightings.next() {
        let (id, rule) = (identity(&first), &rules[first.hit.rule]);
        let others = std::iter::from_fn(|| sightings.next_if(|sighting| identity(sighting) == id));
        findings.push(finding(rule, *first, others.map(|sighting| *sighting)));
    }
    findings
}

fn path_allows(rule: &Rule, sighting: &LocatedHit) -> bool {
    let path = &sighting.place.words();
    match sighting.hit.path_rule {
        PathRule::Any => true,
        PathRule::NoOtherVendor => !vendors::names_another(path.as_bytes()),
        PathRule::SaysSo => rule.detect.as_ref().is_some_and(|detect| says_one_of(path, &detect.says_so)),
    }
}

fn finding(rule: &Rule, first: LocatedHit, others: impl Iterator<Item = LocatedHit>) -> Finding {
    let (fingerprint, key) = (first.hit.fingerprint, first.hit.key.clone());
    let mut confidence = first.hit.confidence;
    let mut locations = Vec::with_capacity(1);
    for sighting in std::iter::once(first).chain(others) {
        confidence = confidence.max(sighting.hit.confidence);
        locations.push(location(sighting));
    }
    locations.sort();
    locations.dedup();
    let more_locations = cap_per_file(&mut locations);
    let mut finding = Finding {
        rule: rule.id.clone(),
        severity: rule.severity_at(&locations),
        confidence,
        fingerprint,
        message: message(rule, &key),
        key: Some(key),
        status: Status::Open,
        locations,
        more_locations,
        evidence: Vec::new(),
        exposure: None,
        exposures: Vec::new(),
        owners: Vec::new(),
    };
    finding.refresh_status();
    finding
}

/// Lists each place once, in its most exposed and latest version, and counts the other versions of the file there.
/// Versions with another inline directive stay apart, because another decision may apply to them.
pub(crate) fn fold_versions(finding: &mut Finding) {
    let mut places: BTreeMap<PlaceKey, Vec<Location>> = BTreeMap::new();
    let mut folded = Vec::with_capacity(finding.locations.len());
    for location in std::mem::take(&mut finding.locations) {
        let is_versioned = matches!(location.origin, Origin::File | Origin::FileName) && !location.path.is_empty();
        match location.blob.as_ref().filter(|_| is_versioned) {
            Some(_) => places.entry(place_key(&location)).or_default().push(location),
            None => folded.push(location),
        }
    }
    for mut found in places.into_values() {
        found.sort_by_cached_key(|at| (at.reach, Reverse(at.sequence), at.blob.clone()));
        let blobs: BTreeSet<Option<String>> = found.iter().map(|at| at.blob.clone()).collect();
        let versions = if blobs.len() > 1 { blobs.len() as u64 } else { 0 };
        let shown = found[0].blob.clone();
        let found = found.into_iter().filter(|at| at.blob == shown);
        folded.extend(found.map(|at| Location { versions, ..at }));
    }
    finding.locations = folded;
}

/// A place without the version of its file.
type PlaceKey = (Option<String>, String, Vec<String>, Option<String>, Origin, Vec<String>, Option<String>);

fn place_key(at: &Location) -> PlaceKey {
    let Location { repository, path, archive, within, origin, encodings, directive, .. } = at.clone();
    (repository, path, archive, within, origin, encodings, directive)
}

/// Keeps at most [`MAX_PLACES_PER_BLOB`] locations of one file or archive member, and the square of it of all members of
/// an archive. Returns the number of dropped locations.
fn cap_per_file(locations: &mut Vec<Location>) -> u64 {
    let before = locations.len();
    let (mut in_member, mut in_file) = (0, 0);
    let mut previous = (String::new(), None, Vec::new());
    locations.retain(|location| {
        let here = (location.path.clone(), location.blob.clone(), location.archive.clone());
        in_member = if previous == here { in_member + 1 } else { 1 };
        in_file = if (&previous.0, &previous.1) == (&here.0, &here.1) { in_file + 1 } else { 1 };
        previous = here;
        in_member <= MAX_PLACES_PER_BLOB && in_file <= MAX_PLACES_PER_BLOB * MAX_PLACES_PER_BLOB
    });
    (before - locations.len()) as u64
}

/// Counts the places of the finding's blobs that no location stands for.
pub(crate) fn count_places(finding: &mut Finding, more: &BTreeMap<String, u64>) {
    if !more.is_empty() {
        let blobs: BTreeSet<&String> = finding.locations.iter().filter_map(|at| at.blob.as_ref()).collect();
        finding.more_locations += blobs.into_iter().filter_map(|blob| more.get(blob)).sum::<u64>();
    }
}

/// Keeps at most [`MAX_PLACES_PER_BLOB`] paths of one blob, the most open ones, and counts the locations at others. Only
/// what has a status can be dropped: a place that nothing suppresses must not hide behind those that are.
pub(crate) fn cap_paths(finding: &mut Finding) {
    let before = finding.locations.len();
    if before <= MAX_PLACES_PER_BLOB {
        return;
    }
    let mut order: Vec<usize> = (0..before).collect();
    order.sort_by_key(|at| Reverse(finding.locations[*at].status));
    let mut paths: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    let mut kept = vec![true; before];
    for at in order {
        let Location { blob: Some(blob), path, .. } = &finding.locations[at] else { continue };
        let paths = paths.entry(blob).or_default();
        kept[at] = paths.contains(path) || (paths.len() < MAX_PLACES_PER_BLOB && paths.insert(path));
    }
    let mut kept = kept.into_iter();
    finding.locations.retain(|_| kept.next() != Some(false));
    finding.more_locations += (before - finding.locations.len()) as u64;
}

/// Combines a hit and its place; the only conversion between the two and [`Location`].
fn location(LocatedHit { hit, place }: LocatedHit) -> Location {
    Location {
        context: PathPurpose::of(&place.words()).tags,
        repository: None,
        path: place.path.text,
        path_encoding: place.path.percent.then(|| "percent".to_owned()),
        archive: place.archive,
        within: place.within,
        line: hit.start.line,
        column: hit.start.column,
        end_line: hit.end.line,
        end_column: hit.end.column,
        origin: place.origin,
        reach: place.reach,
        blob: place.blob,
        commit: place.commit,
        versions: 0,
        encodings: hit.encodings.iter().map(|name| (*name).to_owned()).collect(),
        variable: hit.variable,
        status: if place.existing { Status::Existing } else { Status::Open },
        suppression: None,
        redacted: false,
        owners: Vec::new(),
        snippet: Some(hit.snippet),
        directive: hit.directive,
        line_hash: place.line_hash,
        sequence: place.sequence,
    }
}

/// Names the credential and its account in one sentence.
fn message(rule: &Rule, key: &Key) -> String {
    let mut message = format!("{} {}", rule.title, key.masked);
    if let Some(account) = &key.account {
        message.push_str(&format!(" of account {account}"));
        let day = key.account_created.as_ref().and_then(|created| created.split('T').next());
        message.extend(day.map(|day| format!(" (created {day})")));
    }
    message
}
