//! Parts of a fleet's report: a repository of which nothing was read, and the places of what was found.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::Lost;
use crate::model::{
    Coverage, CoverageReport, Report, ReportThresholds, ReportedRepository, SCHEMA, ScanOptions, Severity, SkipReason,
    Target, TargetKind, Tool,
};

/// Returns the report on a repository, by path and remote, that could not be scanned for a reason.
pub(crate) fn unscanned(
    (tool, options): (&Tool, &ScanOptions),
    (path, remote): (String, Option<String>),
    reason: &str,
) -> Report {
    let mut coverage = Coverage::default();
    coverage.skip(SkipReason::Unavailable, reason);
    let root = path.clone();
    let repository =
        ReportedRepository { id: ".".to_owned(), path, remote, head: None, codeowners: None, coverage: None };
    // It has no say in what fails, because the lowest severity of all parts counts.
    let thresholds = ReportThresholds { fail_on: Severity::Critical, min_severity: Severity::Critical };
    Report {
        schema: SCHEMA.to_owned(),
        tool: tool.clone(),
        target: Target { kind: TargetKind::History, root, head: None, base: None },
        options: options.clone(),
        thresholds,
        repositories: Some(vec![repository]),
        findings: Vec::new(),
        coverage: CoverageReport::from(&coverage),
        diff: None,
    }
}

/// Returns the repositories of each finding.
pub(crate) fn places(report: &Report) -> BTreeSet<Lost> {
    let repositories = report.repositories.as_deref().unwrap_or_default();
    let paths: BTreeMap<&str, &str> = repositories.iter().map(|known| (&*known.id, &*known.path)).collect();
    let mut places = BTreeSet::new();
    for finding in &report.findings {
        for place in &finding.locations {
            let id = place.repository.as_deref().unwrap_or(".");
            let repository = paths.get(id).map_or_else(|| id.to_owned(), |path| (*path).to_owned());
            places.insert(Lost { rule: finding.rule.clone(), fingerprint: finding.fingerprint, repository });
        }
    }
    places
}
