//! Compares two reports: what is new, gone, changed and the same.
//!
//! The result is the later report. What was there before is `existing` in it, so that every format and the verdict tell
//! what is new; what the later scan did not look at is counted as not read, because it may still be there.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::components;
use crate::credential::Fingerprint;
use crate::model::{
    Context, Coverage, CoverageReport, DiffEntry, DiffKind, Finding, Location, Reach, Report, ReportDiff,
    ReportedRepository, SkipReason, Status, TargetKind,
};

/// Compares an earlier report with a later one.
#[must_use]
pub fn compare(old: &Report, mut new: Report) -> Report {
    let view = DiffView::new(old, &new);
    let index: BTreeMap<(&str, Fingerprint), &Finding> =
        new.findings.iter().map(|finding| ((finding.rule.as_str(), finding.fingerprint), finding)).collect();
    let mut entries = Vec::new();
    let mut known = BTreeSet::new();
    for before in &old.findings {
        let after = index.get(&(before.rule.as_str(), before.fingerprint)).copied();
        view.entries(before, after, &mut entries);
        known.insert((before.rule.clone(), before.fingerprint));
    }
    let mut coverage = Coverage::default();
    coverage.add(&new.coverage, &str::to_owned);
    for entry in entries.iter().filter(|entry| entry.kind == DiffKind::NotSeen) {
        let repository = entry.repository.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
        coverage.skip(SkipReason::NotSeen, format!("{repository}{}", entry.what));
    }
    let (mut fresh, mut same) = (0, 0);
    for finding in &mut new.findings {
        if !known.contains(&(finding.rule.clone(), finding.fingerprint)) {
            fresh += 1;
            continue;
        }
        let is_same = |entry: &DiffEntry| (&entry.rule, entry.fingerprint) == (&finding.rule, finding.fingerprint);
        same += u64::from(!entries.iter().any(is_same));
        for location in finding.locations.iter_mut().filter(|location| location.status == Status::Open) {
            location.status = Status::Existing;
        }
        finding.refresh_status();
    }
    new.coverage = CoverageReport::from(&coverage);
    new.diff = Some(ReportDiff { new: fresh, same, entries });
    new.sort();
    new
}

/// The repositories of both reports.
struct DiffView {
    /// The ids of the later report by name, and why the repository was not looked at as the earlier scan did.
    new: BTreeMap<String, (String, Option<String>)>,
    /// The names of the earlier report by id.
    names: BTreeMap<String, String>,
}

/// Returns the name of a repository in both reports.
fn name(repository: &ReportedRepository) -> String {
    repository.remote.clone().unwrap_or_else(|| repository.path.clone())
}

/// Returns the repositories of a report, or the directory that it is about, by id.
fn repositories(report: &Report) -> Vec<(String, String, bool)> {
    let listed = report.repositories.as_deref().unwrap_or_default();
    if listed.is_empty() {
        return vec![(".".to_owned(), report.target.root.clone(), report.coverage.complete)];
    }
    let complete = |known: &ReportedRepository| known.coverage.as_ref().unwrap_or(&report.coverage).complete;
    listed.iter().map(|known| (known.id.clone(), name(known), complete(known))).collect()
}

impl DiffView {
    fn new(old: &Report, new: &Report) -> Self {
        let unlike = unlike(old, new);
        let look = |(id, name, complete): (String, String, bool)| {
            let reason = unlike.clone().or_else(|| (!complete).then(|| "it was not read completely".to_owned()));
            let limited = || (!covers(new, &id)).then(|| "only a part of it was scanned".to_owned());
            (name, (id.clone(), reason.or_else(limited)))
        };
        let names = repositories(old).into_iter().map(|(id, name, _)| (id, name)).collect();
        Self { new: repositories(new).into_iter().map(look).collect(), names }
    }

    /// Adds what became of a finding, by repository.
    fn entries(&self, before: &Finding, after: Option<&Finding>, entries: &mut Vec<DiffEntry>) {
        let old_ids: BTreeSet<&str> = before.locations.iter().map(repository_of).collect();
        for id in &old_ids {
            let was: Vec<&Location> = before.locations.iter().filter(|at| repository_of(at) == *id).collect();
            let seen = self.names.get(*id).and_then(|name| self.new.get(name));
            let Some((new_id, problem)) = seen else {
                entries.push(entry(before, was.first().copied(), DiffKind::NotSeen, "its repository was not scanned"));
                continue;
            };
            let places = after.iter().flat_map(|after| &after.locations);
            let is: Vec<&Location> = places.filter(|at| repository_of(at) == new_id).collect();
            let (in_head, is_now) = (was.iter().any(|at| is_present(at)), is.iter().any(|at| is_present(at)));
            let gone = match (is.is_empty(), in_head && !is_now) {
                (true, _) if is_present_only(&was) => Some("removed"),
                (true, _) => Some("gone from history"),
                (false, true) => Some("removed from HEAD"),
                (false, false) => None,
            };
            match (gone, problem) {
                (Some(_), Some(problem)) => {
                    entries.push(entry(before, was.first().copied(), DiffKind::NotSeen, problem))
                }
                (Some(how), None) => entries.push(entry(before, was.first().copied(), DiffKind::Gone, how)),
                (None, _) if !in_head && is_now => {
                    entries.push(entry(before, is.first().copied(), DiffKind::Changed, "newly in HEAD"));
                }
                (None, _) => {}
            }
        }
        let Some(after) = after else { return };
        let in_frontend =
            |finding: &Finding| finding.locations.iter().any(|at| at.context.contains(&Context::Frontend));
        if in_frontend(after) && !in_frontend(before) {
            entries.push(entry(after, after.locations.first(), DiffKind::Changed, "newly in the frontend"));
        }
        if after.severity != before.severity {
            let what = format!("severity {}, was {}", after.severity.name(), before.severity.name());
            entries.push(entry(after, after.locations.first(), DiffKind::Changed, &what));
        }
        let was_in: BTreeSet<&String> = old_ids.iter().filter_map(|id| self.names.get(*id)).collect();
        for (name, (id, _)) in &self.new {
            let place = after.locations.iter().find(|at| repository_of(at) == id);
            if let Some(place) = place.filter(|_| !was_in.contains(name)) {
                entries.push(entry(after, Some(place), DiffKind::Changed, "newly in this repository"));
            }
        }
    }
}

/// Returns the id of the repository of a place, `.` for the only one.
fn repository_of(location: &Location) -> &str {
    location.repository.as_deref().unwrap_or(".")
}

fn is_present(location: &Location) -> bool {
    matches!(location.reach, Reach::Head | Reach::Index | Reach::Worktree)
}

/// Returns true if places are in files on disk: a scan of a work tree says nothing of history.
fn is_present_only(locations: &[&Location]) -> bool {
    locations.iter().all(|at| at.reach == Reach::Worktree)
}

fn entry(finding: &Finding, place: Option<&Location>, kind: DiffKind, what: &str) -> DiffEntry {
    let shown = |at: &Location| if at.path.is_empty() { String::new() } else { format!("{}:{}", at.path, at.line) };
    DiffEntry {
        kind,
        what: what.to_owned(),
        rule: finding.rule.clone(),
        fingerprint: finding.fingerprint,
        severity: finding.severity,
        masked: finding.key.as_ref().map(|key| key.masked.clone()),
        repository: place.and_then(|at| at.repository.clone()),
        place: place.map(shown).unwrap_or_default(),
    }
}

/// Returns the reason why the later scan cannot tell that something is gone.
fn unlike(old: &Report, new: &Report) -> Option<String> {
    let (mut before, mut after) = (old.options.clone(), new.options.clone());
    (before.paths, after.paths) = (Vec::new(), Vec::new());
    let reason = match () {
        () if old.target.kind != new.target.kind => "the kinds of target differ",
        () if !matches!(new.target.kind, TargetKind::History | TargetKind::Worktree) => {
            "only scans of a work tree or a whole history tell that something is gone"
        }
        () if old.tool.rules_digest != new.tool.rules_digest => "the rules differ",
        () if before != after => "the options differ",
        () => return None,
    };
    Some(reason.to_owned())
}

/// Returns true if a scan was not limited to a part of a repository.
fn covers(report: &Report, id: &str) -> bool {
    let paths = &report.options.paths;
    let holds = |path: &String| {
        let mut id = components(id);
        components(path).all(|name| id.next() == Some(name))
    };
    paths.is_empty() || paths.iter().any(holds)
}
