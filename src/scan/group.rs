//! Groups hits into findings: one per rule and credential, with all its locations.
//!
//! Paths are known here for the first time, so conditions on paths, which the matcher could not check, are checked here.

use std::collections::BTreeMap;

use crate::credential::{Fingerprint, Key};
use crate::detect::{
    Hit,
    judge::{PathRule, says_one_of},
    vendors,
};
use crate::lints::context::path_purpose::PathPurpose;
use crate::model::{Finding, LocatedHit, Location, ScanLocation, Status, limits::MAX_PLACES_PER_BLOB};
use crate::rules::Rule;
use crate::rules::RuleSet;

/// Returns the findings sorted by rule and fingerprint.
pub(crate) fn findings(rules: &RuleSet, sightings: Vec<LocatedHit>) -> Vec<Finding> {
    let mut groups: BTreeMap<(usize, Fingerprint), Vec<LocatedHit>> = BTreeMap::new();
    for sighting in sightings {
        if path_allows(&rules[sighting.hit.rule], &sighting) {
            groups.entry((sighting.hit.rule, sighting.hit.fingerprint)).or_default().push(sighting);
        }
    }
    groups.into_iter().filter_map(|((rule, _), sightings)| finding(&rules[rule], sightings)).collect()
}

fn path_allows(rule: &Rule, sighting: &LocatedHit) -> bool {
    let path = &sighting.place.words();
    match sighting.hit.path_rule {
        PathRule::Any => true,
        PathRule::NoOtherVendor => !vendors::names_another(path.as_bytes()),
        PathRule::SaysSo => {
            let words = rule.detect.as_ref().map(|detect| detect.says_so.as_slice()).unwrap_or_default();
            says_one_of(path, words)
        }
    }
}

fn finding(rule: &Rule, sightings: Vec<LocatedHit>) -> Option<Finding> {
    let first = sightings.first()?;
    let (fingerprint, key) = (first.hit.fingerprint, first.hit.key.clone());
    let confidence = sightings.iter().map(|sighting| sighting.hit.confidence).max()?;
    let mut locations: Vec<Location> =
        sightings.into_iter().map(|sighting| location(sighting.hit, sighting.place)).collect();
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
    };
    finding.refresh_status();
    Some(finding)
}

/// Keeps at most [`MAX_PLACES_PER_BLOB`] locations of one file or archive member, and the square of it of all members of
/// an archive. Returns the number of dropped locations.
fn cap_per_file(locations: &mut Vec<Location>) -> u64 {
    let before = locations.len();
    let (mut run, mut in_file) = (0, 0);
    let mut previous: Option<(String, Vec<String>, Option<String>)> = None;
    locations.retain(|location| {
        let here = (location.path.clone(), location.archive.clone(), location.blob.clone());
        run = if previous.as_ref() == Some(&here) { run + 1 } else { 1 };
        let same_file = previous.as_ref().is_some_and(|(path, _, blob)| (path, blob) == (&here.0, &here.2));
        previous = Some(here);
        in_file = if same_file { in_file + 1 } else { 1 };
        run <= MAX_PLACES_PER_BLOB && in_file <= MAX_PLACES_PER_BLOB * MAX_PLACES_PER_BLOB
    });
    (before - locations.len()) as u64
}

/// Combines a hit and its place; the only conversion between the two and [`Location`].
fn location(hit: Hit, place: ScanLocation) -> Location {
    Location {
        context: PathPurpose::of(&place.words()).tags,
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
        encodings: hit.encodings.iter().map(|name| (*name).to_owned()).collect(),
        variable: hit.variable,
        status: if place.existing { Status::Existing } else { Status::Open },
        suppression: None,
        redacted: false,
        frame: Some(hit.frame),
        directive: hit.directive,
        line_hash: place.line_hash,
    }
}

/// Names the credential and its account in one sentence.
fn message(rule: &Rule, key: &Key) -> String {
    match (&key.account, &key.account_created) {
        (Some(account), Some(created)) => {
            let day = created.split('T').next().unwrap_or(created);
            format!("{} {} of account {account} (created {day})", rule.title, key.masked)
        }
        (Some(account), None) => format!("{} {} of account {account}", rule.title, key.masked),
        (None, _) => format!("{} {}", rule.title, key.masked),
    }
}
