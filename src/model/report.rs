//! The report of a scan, as a value that every format writes and every exit code is computed from.

use serde::{Deserialize, Serialize};

use super::coverage::CoverageReport;
use super::diff::ReportDiff;
use super::finding::{Finding, Severity};
use super::location::Status;

/// The version of the JSON contract.
pub const SCHEMA: &str = "pinstripe.report/1";

/// The program that made the report, and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[serde(deny_unknown_fields)]
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

/// The options of a scan that decide what its report holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanOptions {
    /// Files and directories that the scan was limited to, relative to the root, `.` for the root itself; none is no limit.
    pub paths: Vec<String>,
    /// Archives were opened.
    pub archives: bool,
    /// Ignored files were read, too.
    pub ignored: bool,
    /// Object stores outside of the repository were read, too.
    pub alternates: bool,
    /// Authors of commits are named.
    pub authors: bool,
    /// The choice of the policy.
    pub policy: PolicyOptions,
}

/// The lowest severities that fail a scan and that are shown, as its policy and options have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportThresholds {
    /// Fails the scan.
    pub fail_on: Severity,
    /// Is shown.
    pub min_severity: Severity,
}

/// The choice of the policy that a scan obeyed; by default that of the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyOptions {
    /// None was obeyed.
    pub none: bool,
    /// Configuration files by name.
    pub config: Vec<String>,
    /// A baseline by name.
    pub baseline: Option<String>,
    /// The revision that it was read from.
    pub revision: Option<String>,
}

/// The dialects of files that name owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnersDialect {
    /// The last match counts.
    Github,
    /// Sections, each of which counts, with default owners and exclusions.
    Gitlab,
    /// Comments behind patterns, and groups of its own.
    Bitbucket,
}

impl OwnersDialect {
    /// Returns the name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Bitbucket => "bitbucket",
        }
    }
}

/// The file that names owners in a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnersFile {
    /// Its path in the repository.
    pub path: String,
    /// The dialect that it was read as.
    pub dialect: OwnersDialect,
}

/// A repository that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedRepository {
    /// Its directory below the report's root, `.` for the root itself; names it in locations and exposures.
    pub id: String,
    /// Its directory.
    pub path: String,
    /// The address of `origin`, without credentials.
    pub remote: Option<String>,
    /// The commit of HEAD, where there is one.
    pub head: Option<String>,
    /// The file that names its owners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codeowners: Option<OwnersFile>,
    /// Its own coverage, in a report on several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageReport>,
}

/// The result of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "ReportDocument")]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Program and rules.
    pub tool: Tool,
    /// The target.
    pub target: Target,
    /// The options of the scan.
    pub options: ScanOptions,
    /// The severities that fail the scan and that are shown, where the reader asks for no other.
    pub thresholds: ReportThresholds,
    /// The repositories; `None` if the target is in none.
    pub repositories: Option<Vec<ReportedRepository>>,
    /// Findings of every severity and status, the most severe first.
    pub findings: Vec<Finding>,
    /// Counts of read and skipped input.
    pub coverage: CoverageReport,
    /// The differences to an earlier report, if it is the result of a comparison.
    pub diff: Option<ReportDiff>,
}

/// A report as JSON holds it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportDocument {
    schema: String,
    tool: Tool,
    target: Target,
    options: ScanOptions,
    thresholds: ReportThresholds,
    repositories: Option<Vec<ReportedRepository>>,
    findings: Vec<Finding>,
    /// The findings below `--min-severity`.
    hidden: Vec<Finding>,
    coverage: CoverageReport,
    #[serde(default)]
    diff: Option<ReportDiff>,
}

impl From<ReportDocument> for Report {
    fn from(saved: ReportDocument) -> Self {
        let ReportDocument {
            schema,
            tool,
            target,
            options,
            thresholds,
            repositories,
            findings,
            hidden,
            coverage,
            diff,
        } = saved;
        let (mut findings, mut hidden) = (findings, hidden);
        findings.append(&mut hidden);
        let mut report = Self { schema, tool, target, options, thresholds, repositories, findings, coverage, diff };
        report.sort();
        report
    }
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
