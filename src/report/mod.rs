//! The report is a value: every format, baseline and exit code is a function of it.

use std::io;

use serde::{Deserialize, Serialize};

use crate::model::{Coverage, Finding, Severity, Skipped, Status};
use crate::rules::RuleSet;

pub mod advice;
mod github;
mod json;
mod markdown;
mod redacted;
mod sarif;
mod summary;
mod text;
mod view;

#[cfg(test)]
mod sample;

pub use redacted::Redacted;
pub(crate) use text::wrap;

/// The version of the JSON contract.
pub const SCHEMA: &str = "pinstripe.report/1";

/// Which program made the report, with which rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `pinstripe`.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// SHA-256 over the rules in force, hex.
    pub rules_digest: String,
}

/// What kind of thing was scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// Directories and files on disk.
    Worktree,
    /// The index.
    Staged,
    /// What one commit's history has and another's has not.
    Range,
    /// The whole object store.
    History,
    /// Standard input.
    Stdin,
}

/// What was scanned.
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

/// The ledger as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageReport {
    /// Files read.
    pub files: u64,
    /// Git objects read.
    pub objects: u64,
    /// Bytes searched.
    pub bytes: u64,
    /// What was not read, by reason.
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

/// Everything a scan has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Program and rules.
    pub tool: Tool,
    /// What was scanned.
    pub target: Target,
    /// Findings of every severity and status, the most severe first.
    pub findings: Vec<Finding>,
    /// What was read and what was not.
    pub coverage: CoverageReport,
}

impl Report {
    /// The order of findings in every format: severity, rule, first place, fingerprint.
    pub fn sort(&mut self) {
        self.findings.sort_by_cached_key(|finding| {
            let place = finding.locations.first().map(|at| (at.path.clone(), at.archive.clone(), at.line, at.column));
            (std::cmp::Reverse(finding.severity), place, finding.rule.clone(), finding.fingerprint)
        });
    }

    /// Findings at or above a severity, open or not.
    pub fn at_or_above(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity >= severity)
    }

    /// Open findings at or above a severity: those that fail a scan.
    pub fn open_at_or_above(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.status == Status::Open && finding.severity >= severity)
    }

    /// The exit code that this report alone asks for: 1, 3 or 0, before `--exit-zero` and `--allow-incomplete`.
    #[must_use]
    pub fn verdict(&self, fail_on: Severity) -> u8 {
        if self.open_at_or_above(fail_on).next().is_some() {
            1
        } else if self.coverage.complete {
            0
        } else {
            3
        }
    }
}

/// How a report is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether escape sequences for colours may be used.
    pub color: bool,
    /// How much to say besides the findings.
    pub verbose: u8,
    /// Nothing but findings.
    pub quiet: bool,
    /// Findings below are hidden.
    pub min_severity: Severity,
    /// Findings from here on fail the scan.
    pub fail_on: Severity,
}

/// A format by name.
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    write: fn(&Report, &RuleSet, &Options, &mut dyn io::Write) -> io::Result<()>,
    /// Whether it names lines and columns as code scanning does ([`line_hash`]).
    pub needs_line_hashes: bool,
}

impl Format {
    /// Writes a report.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(
        &self,
        report: &Redacted,
        rules: &RuleSet,
        options: &Options,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        (self.write)(report, rules, options, out)
    }
}

/// Every format. The command line, its help and the tests iterate it.
pub const FORMATS: &[Format] = &[
    Format { name: "text", write: text::write, needs_line_hashes: false },
    Format { name: "json", write: json::json, needs_line_hashes: false },
    Format { name: "jsonl", write: json::jsonl, needs_line_hashes: false },
    Format { name: "sarif", write: sarif::write, needs_line_hashes: true },
    Format { name: "github", write: github::write, needs_line_hashes: true },
    Format { name: "markdown", write: markdown::write, needs_line_hashes: false },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Generation, Key, split};

    /// Law 5 for every format, at every verbosity, with every kind of thing that a report holds.
    #[test]
    fn no_format_shows_twelve_characters_of_a_key() {
        let mut report = sample::report();
        let keys = sample::keys();
        let all = keys.join(" ");
        report.findings[0].message = all;
        report.findings[0].locations[0].path = format!("a/{}/b", keys[0]);
        report.findings[0].locations[0].variable = Some(keys[1].clone());
        report.coverage.skipped[0].examples.push(keys[2].clone());
        for format in FORMATS {
            for (verbose, quiet, color) in [(0, false, false), (0, true, true), (2, false, true)] {
                let options = Options { verbose, quiet, color, min_severity: Severity::Note, fail_on: Severity::Low };
                let text = sample::written(format.name, &report, &options);
                for key in &keys {
                    let body = split(key.as_bytes()).body;
                    let modern = Key::read(key.as_bytes(), None).generation == Generation::Modern;
                    let random = if modern { &body[17..] } else { body };
                    for window in random.windows(12) {
                        let window = std::str::from_utf8(window).unwrap();
                        assert!(!text.contains(window), "{} shows a part of {}…", format.name, &key[..8]);
                    }
                }
            }
        }
    }

    #[test]
    fn no_format_for_people_acts_on_a_terminal() {
        for format in FORMATS {
            let options = Options { verbose: 2, min_severity: Severity::Note, ..sample::OPTIONS };
            let text = sample::written(format.name, &sample::report(), &options);
            let acting = |c: char| c != '\n' && crate::model::escape::is_unsafe(c);
            assert_eq!(text.find(acting), None, "{}", format.name);
        }
    }

    /// Puts a text wherever a scanned repository could put one.
    fn poisoned(foreign: &str) -> Report {
        let mut report = sample::report();
        let text = || foreign.to_owned();
        for finding in &mut report.findings {
            finding.message = text();
            finding.evidence.iter_mut().for_each(|evidence| (evidence.path, evidence.message) = (text(), text()));
            if let Some(exposure) = &mut finding.exposure {
                exposure.refs = vec![text()];
            }
            for location in &mut finding.locations {
                (location.path, location.variable, location.within) = (text(), Some(text()), Some(text()));
                (location.archive, location.encodings) = (vec![text()], vec![text()]);
                (location.commit, location.blob) = (location.commit.is_some().then(text), None);
                if let Some(why) = &mut location.suppression {
                    why.reason = text();
                }
            }
        }
        report.coverage.skipped.iter_mut().for_each(|skipped| skipped.examples.push(text()));
        report
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(10))]
        #[test]
        fn foreign_text_is_inert_in_every_format(foreign in "(.|[\\r\\n\u{1b}\u{9b}\u{202e}|`<\\]]){0,24}") {
            let report = poisoned(&foreign);
            let plain = sample::report();
            for format in FORMATS {
                let options = Options { verbose: 2, ..sample::OPTIONS };
                let text = sample::written(format.name, &report, &options);
                let acting = |c: char| c != '\n' && crate::model::escape::is_unsafe(c);
                proptest::prop_assert_eq!(text.find(acting), None, "{}", format.name);
                // One row a credential, one line a finding, whatever the text holds.
                let rows = |text: &str| text.lines().filter(|line| line.starts_with("| ")).count();
                if matches!(format.name, "markdown" | "jsonl") {
                    let expected = sample::written(format.name, &plain, &options);
                    proptest::prop_assert_eq!(rows(&text), rows(&expected));
                    proptest::prop_assert!(format.name != "jsonl" || text.lines().count() == expected.lines().count());
                }
                if matches!(format.name, "json" | "sarif") {
                    proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
                }
            }
        }
    }

    #[test]
    fn every_format_repeats_itself() {
        for format in FORMATS {
            let write = || sample::written(format.name, &sample::report(), &sample::OPTIONS);
            assert_eq!(write(), write(), "{}", format.name);
        }
    }
}
