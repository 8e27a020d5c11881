//! Writes reports. Every format is a function of the same value.

use std::io;

use crate::model::{Report, Severity};
use crate::rules::RuleSet;

mod csv;
mod describe;
mod github;
mod github_output;
mod gitlab;
mod grouping;
mod html;
pub(crate) mod json;
mod junit;
mod links;
mod markdown;
mod redacted;
pub(crate) mod remediation;
mod sarif;
pub(crate) mod split;
mod summary;
mod text;
mod uri;

#[cfg(test)]
mod sample;

pub use redacted::Redacted;
pub(crate) use text::wrap;

/// The options for writing a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Uses escape sequences for colours.
    pub color: bool,
    /// Level of detail besides the findings.
    pub verbose: u8,
    /// Writes findings only.
    pub quiet: bool,
    /// Hides findings below this severity.
    pub min_severity: Severity,
    /// Findings at or above this severity fail the scan.
    pub fail_on: Severity,
    /// Page of the repository on its host; commits are below `commit/`, files below `blob/`.
    pub repository_url: Option<String>,
    /// Category in code scanning.
    pub sarif_category: Option<String>,
}

/// A format by name.
pub struct ReportFormat {
    /// The name on the command line.
    pub name: &'static str,
    write: fn(&Report, &RuleSet, &Options, &mut dyn io::Write) -> io::Result<()>,
    /// True if the format uses [`crate::model::line_hash`], which takes a second read of every file with a hit.
    pub needs_line_hashes: bool,
}

impl ReportFormat {
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

/// Every format. The command line, its help and the tests iterate over it.
pub const FORMATS: &[ReportFormat] = &[
    ReportFormat { name: "text", write: text::write, needs_line_hashes: false },
    ReportFormat { name: "json", write: json::json, needs_line_hashes: true },
    ReportFormat { name: "jsonl", write: json::jsonl, needs_line_hashes: true },
    ReportFormat { name: "sarif", write: sarif::write, needs_line_hashes: true },
    ReportFormat { name: "github", write: github::write, needs_line_hashes: true },
    ReportFormat { name: "github-output", write: github_output::write, needs_line_hashes: false },
    ReportFormat { name: "markdown", write: markdown::write, needs_line_hashes: false },
    ReportFormat { name: "html", write: html::write, needs_line_hashes: false },
    ReportFormat { name: "csv", write: csv::write, needs_line_hashes: false },
    ReportFormat { name: "gitlab", write: gitlab::write, needs_line_hashes: false },
    ReportFormat { name: "junit", write: junit::write, needs_line_hashes: false },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Generation, Key, split};

    /// Tests every format at every verbosity with everything that a report can hold.
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
                let options = Options { verbose, quiet, color, min_severity: Severity::Note, ..sample::OPTIONS };
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

    /// Returns true for what acts on a terminal. A byte-order mark at the beginning does not.
    fn acting(character: char) -> bool {
        character != '\n' && crate::model::escape::is_unsafe(character)
    }

    #[test]
    fn no_format_for_people_acts_on_a_terminal() {
        for format in FORMATS {
            let options = Options { verbose: 2, min_severity: Severity::Note, ..sample::OPTIONS };
            let text = sample::written(format.name, &sample::report(), &options);
            assert_eq!(text.strip_prefix('\u{feff}').unwrap_or(&text).find(acting), None, "{}", format.name);
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
                let marked = text.strip_prefix('\u{feff}').unwrap_or(&text);
                proptest::prop_assert_eq!(marked.find(acting), None, "{}", format.name);
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
