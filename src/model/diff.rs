//! The differences between a report and an earlier one.

use serde::{Deserialize, Serialize};

use super::finding::Severity;
use crate::credential::Fingerprint;

/// Fate of a finding of the earlier report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiffKind {
    /// It is not there any more, or not in HEAD.
    Gone,
    /// It is there, and more exposed or rated otherwise.
    Changed,
    /// The later scan did not look where it was.
    NotSeen,
}

impl DiffKind {
    /// Returns the words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::NotSeen => "not seen",
        }
    }
}

/// A difference in one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffEntry {
    /// Its fate.
    pub kind: DiffKind,
    /// The way it changed, or the reason that it was not seen.
    pub what: String,
    /// The rule of the finding.
    pub rule: String,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its severity.
    pub severity: Severity,
    /// The masked credential.
    pub masked: Option<String>,
    /// The repository, in a report on several.
    pub repository: Option<String>,
    /// Path and line of a place; empty outside of files.
    pub place: String,
}

impl DiffEntry {
    /// Names the finding in a few words.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.masked {
            Some(masked) => format!("{} {masked}", self.rule),
            None => self.rule.clone(),
        }
    }
}

/// The differences to an earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportDiff {
    /// Findings that the earlier report does not have.
    pub new: u64,
    /// Findings without a difference.
    pub same: u64,
    /// The differences.
    pub entries: Vec<DiffEntry>,
}

impl ReportDiff {
    /// Counts what is new, the same and different: `2 new, 1 the same, 1 changed, 0 gone`.
    #[must_use]
    pub fn counts(&self) -> String {
        let count = |kind| self.entries.iter().filter(|entry| entry.kind == kind).count();
        let (changed, gone, not_seen) = (count(DiffKind::Changed), count(DiffKind::Gone), count(DiffKind::NotSeen));
        let words = format!("{} new, {} the same, {changed} changed, {gone} gone", self.new, self.same);
        if not_seen > 0 { format!("{words}, {not_seen} not seen") } else { words }
    }
}
