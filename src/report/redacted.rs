//! Redacts a report before any format writes it.

use std::ops::Deref;

use crate::detect::Redactor;
use crate::model::{Finding, Location, Report, ReportedRepository, RepositoryExposure};

/// A report with every candidate masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted(Report);

impl Redacted {
    /// Redacts every text of a report that may come from the scanned input.
    #[must_use]
    pub fn new(mut report: Report, redactor: &Redactor) -> Self {
        report.target.root = redactor.sanitize(&report.target.root);
        for repository in report.repositories.iter_mut().flatten() {
            let ReportedRepository { id, path, remote, .. } = repository;
            for text in [id, path].into_iter().chain(remote) {
                *text = redactor.sanitize(text);
            }
        }
        for example in report.coverage.skipped.iter_mut().flat_map(|skipped| &mut skipped.examples) {
            *example = redactor.sanitize(example);
        }
        let mut moved = false;
        for at in &mut report.findings {
            moved |= finding(at, redactor);
        }
        if moved {
            report.sort();
        }
        Self(report)
    }
}

impl Deref for Redacted {
    type Target = Report;

    fn deref(&self) -> &Report {
        &self.0
    }
}

/// Redacts a finding. Returns true if that may change its order among others.
fn finding(finding: &mut Finding, redactor: &Redactor) -> bool {
    change(&mut finding.message, redactor);
    for evidence in &mut finding.evidence {
        change(&mut evidence.message, redactor);
        change(&mut evidence.path, redactor);
    }
    for RepositoryExposure { repository, exposure } in &mut finding.exposures {
        *repository = redactor.sanitize(repository);
        exposure.refs.iter_mut().for_each(|name| _ = change(name, redactor));
    }
    for name in finding.exposure.iter_mut().flat_map(|exposure| &mut exposure.refs) {
        change(name, redactor);
    }
    let mut moved = false;
    for at in &mut finding.locations {
        moved |= location(at, redactor);
    }
    if moved {
        finding.sort_locations();
    }
    moved
}

/// Redacts a place, whose snippet is redacted already. Returns true if its path contained a key.
fn location(location: &mut Location, redactor: &Redactor) -> bool {
    if let Some(repository) = &mut location.repository {
        *repository = redactor.sanitize(repository);
    }
    let mut in_path = change(&mut location.path, redactor);
    for name in &mut location.archive {
        in_path |= change(name, redactor);
    }
    location.redacted |= in_path;
    let texts = [location.within.as_mut(), location.variable.as_mut()].into_iter().flatten();
    for text in texts.chain(location.suppression.as_mut().map(|suppression| &mut suppression.reason)) {
        change(text, redactor);
    }
    in_path
}

/// Redacts a text. Returns true if it contained a key.
fn change(text: &mut String, redactor: &Redactor) -> bool {
    let masked = redactor.masked(text);
    let changed = masked.is_some();
    if let Some(masked) = masked {
        *text = masked;
    }
    changed
}
