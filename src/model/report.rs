//! The report of a scan, as a value that every format writes and every exit code is computed from.

use serde::{Deserialize, Serialize};

use super::coverage::{Coverage, Skipped};
use super::finding::{Finding, Severity, Status};

/// The version of the JSON contract.
pub const SCHEMA: &str = "pinstripe.report/1";

/// The program that made the report, and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `pinstripe`.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// SHA-256 over the rules in force, in hex.
    pub rules_digest: String,
}

/// The kind of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// Directories and files on disk.
    Worktree,
    /// The index.
    Staged,
    /// The commits that one history has and another has not.
    Range,
    /// The whole object store.
    History,
    /// Standard input.
    Stdin,
}

/// The target of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its kind.
    pub kind: TargetKind,
    /// The directory that locations' paths are relative to.
    pub root: String,
    /// The commit of HEAD, where there is one.
    pub head: Option<String>,
    /// The base commit of a range.
    pub base: Option<String>,
}

/// A repository that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportedRepository {
    /// Its directory below the report's root, `.` for the root itself; names it in locations and exposures.
    pub id: String,
    /// Its directory.
    pub path: String,
    /// The address of `origin`, without credentials.
    pub remote: Option<String>,
    /// The commit of HEAD, where there is one.
    pub head: Option<String>,
}

/// The coverage of a scan, as it is serialized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageReport {
    /// Files read.
    pub files: u64,
    /// Git objects read.
    pub objects: u64,
    /// Bytes searched.
    pub bytes: u64,
    /// Skipped items, by reason.
    pub skipped: Vec<Skipped>,
    /// False if anything could not be read.
    pub complete: bool,
}

impl From<&Coverage> for CoverageReport {
    fn from(coverage: &Coverage) -> Self {
        Self {
            files: coverage.files,
            objects: coverage.objects,
            bytes: coverage.bytes,
            skipped: coverage.skipped(),
            complete: coverage.complete(),
        }
    }
}

/// The result of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Program and rules.
    pub tool: Tool,
    /// The target.
    pub target: Target,
    /// The repositories of a history or a range.
    #[serde(default)]
    pub repositories: Option<Vec<ReportedRepository>>,
    /// Findings of every severity and status, the most severe first.
    pub findings: Vec<Finding>,
    /// Counts of read and skipped input.
    pub coverage: CoverageReport,
}

impl Report {
    /// Sorts the findings as every format shows them: by severity, first place, rule and fingerprint.
    pub fn sort(&mut self) {
        fn place(finding: &Finding) -> Option<(&str, &[String], u64, u64)> {
            finding.locations.first().map(|at| (&*at.path, &*at.archive, at.line, at.column))
        }
        self.findings.sort_by(|a, b| {
            let by_place = || place(a).cmp(&place(b));
            let by_name = || (&a.rule, a.fingerprint).cmp(&(&b.rule, b.fingerprint));
            b.severity.cmp(&a.severity).then_with(by_place).then_with(by_name)
        });
    }

    /// Iterates over the findings at or above a severity, open or not.
    pub fn at_or_above(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity >= severity)
    }

    /// Iterates over the open findings at or above a severity, which fail a scan.
    pub fn open_at_or_above(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.at_or_above(severity).filter(|finding| finding.status == Status::Open)
    }

    /// Computes the exit code before `--exit-zero` and `--allow-incomplete`: 1, 3 or 0.
    #[must_use]
    pub fn verdict(&self, fail_on: Severity) -> u8 {
        match self.open_at_or_above(fail_on).next() {
            Some(_) => 1,
            None if self.coverage.complete => 0,
            None => 3,
        }
    }
}
