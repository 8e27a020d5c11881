//! Lines for queries: one a credential and repository, one a repository, one a finding that is gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::credential::{AccountId, Fingerprint, Mode};
use crate::model::{CommitDate, Exposure, Finding, Location, Report, ReportedRepository, Severity, SkipClass, Status};

/// Findings by rule and fingerprint.
pub(crate) type Known = BTreeSet<(String, Fingerprint)>;

/// A finding compared with the last report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    /// The last report did not have it.
    New,
    /// The last report had it.
    Same,
}

/// A line of `audit.jsonl`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum AuditLine<'a> {
    /// A credential in one repository.
    Credential(Box<Credential<'a>>),
    Repository {
        repository: &'a str,
        path: &'a str,
        remote: Option<&'a str>,
        head: Option<&'a str>,
        complete: bool,
        objects: u64,
        bytes: u64,
        unread: u64,
    },
    Gone {
        rule: &'a str,
        fingerprint: Fingerprint,
    },
}

#[derive(Debug, Serialize)]
pub(crate) struct Credential<'a> {
    rule: &'a str,
    severity: Severity,
    fingerprint: Fingerprint,
    masked: Option<&'a str>,
    mode: Option<Mode>,
    account: Option<&'a AccountId>,
    change: Option<Change>,
    repository: &'a str,
    remote: Option<&'a str>,
    status: Status,
    /// Its first place in the repository.
    path: &'a str,
    line: u64,
    places: usize,
    owners: BTreeSet<&'a str>,
    in_head: Option<bool>,
    introduced: Option<&'a str>,
    author: Option<&'a str>,
    removed: Option<&'a str>,
    days: Option<u64>,
    refs_total: Option<u64>,
}

/// Iterates over the lines about a report, compared with the findings of the last one.
pub(crate) fn lines<'a>(report: &'a Report, last: Option<&'a Known>) -> impl Iterator<Item = AuditLine<'a>> {
    let repositories = report.repositories.as_deref().unwrap_or_default();
    let by_id: BTreeMap<&str, &ReportedRepository> = repositories.iter().map(|known| (&*known.id, known)).collect();
    let credentials = report.findings.iter().flat_map(move |finding| of_finding(finding, &by_id, last));
    let whole = &report.coverage;
    let repositories = repositories.iter().map(move |known| {
        let coverage = known.coverage.as_ref().unwrap_or(whole);
        let unread = coverage.skipped.iter().filter(|skipped| skipped.class == SkipClass::Unread);
        AuditLine::Repository {
            repository: &known.id,
            path: &known.path,
            remote: known.remote.as_deref(),
            head: known.head.as_deref(),
            complete: coverage.complete,
            objects: coverage.objects,
            bytes: coverage.bytes,
            unread: unread.map(|skipped| skipped.count).fold(0, u64::saturating_add),
        }
    });
    let here: BTreeSet<(&str, Fingerprint)> =
        report.findings.iter().map(|finding| (&*finding.rule, finding.fingerprint)).collect();
    let gone = last.into_iter().flatten().filter(move |(rule, fingerprint)| !here.contains(&(rule, *fingerprint)));
    let gone = gone.map(|(rule, fingerprint)| AuditLine::Gone { rule, fingerprint: *fingerprint });
    credentials.chain(repositories).chain(gone)
}

fn of_finding<'a>(
    finding: &'a Finding,
    by_id: &BTreeMap<&str, &'a ReportedRepository>,
    last: Option<&Known>,
) -> Vec<AuditLine<'a>> {
    let mut places: BTreeMap<&str, Vec<&Location>> = BTreeMap::new();
    for place in &finding.locations {
        places.entry(place.repository.as_deref().unwrap_or(".")).or_default().push(place);
    }
    let change = last.map(|last| match last.contains(&(finding.rule.clone(), finding.fingerprint)) {
        true => Change::Same,
        false => Change::New,
    });
    let lines = places.into_iter().filter_map(|(repository, places)| {
        let first = places.first()?;
        let mut exposures = finding.exposures.iter().chain(&finding.exposure);
        let exposure = exposures.find(|at| at.repository.as_deref().unwrap_or(".") == repository);
        let date = |at: fn(&Exposure) -> &Option<CommitDate>| exposure.and_then(|exposure| at(exposure).as_ref());
        let (introduced, removed) = (date(|at| &at.introduced), date(|at| &at.removed));
        Some(AuditLine::Credential(Box::new(Credential {
            rule: &finding.rule,
            severity: finding.severity,
            fingerprint: finding.fingerprint,
            masked: finding.key.as_ref().map(|key| key.masked.as_str()),
            mode: finding.key.as_ref().map(|key| key.mode),
            account: finding.key.as_ref().and_then(|key| key.account.as_ref()),
            change,
            repository,
            remote: by_id.get(repository).and_then(|known| known.remote.as_deref()),
            status: places.iter().map(|place| place.status).max().unwrap_or_default(),
            path: &first.path,
            line: first.line,
            places: places.len(),
            owners: places.iter().flat_map(|place| &place.owners).map(String::as_str).collect(),
            in_head: exposure.map(|exposure| exposure.in_head),
            introduced: introduced.map(|at| at.date.as_str()),
            author: introduced.and_then(|at| at.author.as_deref()),
            removed: removed.map(|at| at.date.as_str()),
            days: exposure.and_then(|exposure| exposure.days),
            refs_total: exposure.map(|exposure| exposure.refs_total),
        })))
    });
    lines.collect()
}
