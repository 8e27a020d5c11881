//! The report that formats are given: the same, without keys.

use std::ops::Deref;

use super::Report;
use crate::detect::Redactor;
use crate::model::{Finding, Location};

/// A report in which every candidate is replaced by its masked form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted(Report);

impl Redacted {
    /// Redacts every text of a report that may come from what was scanned.
    #[must_use]
    pub fn new(mut report: Report, redactor: &Redactor) -> Self {
        report.target.root = redactor.sanitize(&report.target.root);
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

/// Redacts a finding. True if that may have changed its place among others.
fn finding(finding: &mut Finding, redactor: &Redactor) -> bool {
    change(&mut finding.message, redactor);
    for evidence in &mut finding.evidence {
        change(&mut evidence.message, redactor);
        change(&mut evidence.path, redactor);
    }
    for name in finding.exposure.iter_mut().flat_map(|exposure| &mut exposure.refs) {
        change(name, redactor);
    }
    let mut moved = false;
    for at in &mut finding.locations {
        moved |= location(at, redactor);
    }
    if moved {
        finding.locations.sort();
    }
    moved
}

/// Redacts a place; its line was redacted where it was cut. True if its path held a key.
fn location(location: &mut Location, redactor: &Redactor) -> bool {
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

fn change(text: &mut String, redactor: &Redactor) -> bool {
    let masked = redactor.masked(text);
    let changed = masked.is_some();
    if let Some(masked) = masked {
        *text = masked;
    }
    changed
}
