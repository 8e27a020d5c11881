//! Arguments resolved once: what to scan, with which rules, and what to do with the report.
//!
//! Nothing behind this type knows how it was asked for; no type of the argument parser goes beyond it.

use std::path::PathBuf;
use std::time::Duration;

use crate::git::Oid;
use crate::model::Severity;
use crate::report::FORMATS;

/// What to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Directories and files on disk.
    Worktree {
        /// As given.
        paths: Vec<PathBuf>,
        /// Take ignored files as well.
        no_ignore: bool,
    },
    /// The index of the repository around the current directory.
    Staged,
    /// What one commit's history has that another's has not, in the repository around the current directory.
    Range {
        /// The commit whose history is known.
        base: String,
        /// The commit whose history is looked at.
        head: String,
    },
    /// The whole object store of each repository.
    History {
        /// Repositories, or paths in them.
        repositories: Vec<PathBuf>,
        /// Follow alternates that lie outside of the repository.
        alternates: bool,
        /// Search every text whole: slower, with the same result.
        plain: bool,
        /// Where the names of clean objects are kept between scans.
        cache: Option<PathBuf>,
    },
    /// What a push brings to a repository.
    Pushed {
        /// Objects whose history was there before.
        known: Vec<Oid>,
        /// Objects that refs are to point to.
        heads: Vec<Oid>,
        /// The commit whose policy is in force.
        trusted: Option<Oid>,
    },
    /// Standard input.
    Stdin {
        /// The name that locations have.
        name: String,
    },
}

/// Which policy is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyChoice {
    /// None of the repository's own, inline allows included.
    pub none: bool,
    /// This file instead of `pinstripe.toml` at the root.
    pub config: Option<PathBuf>,
    /// This file instead of the baseline at the root.
    pub baseline: Option<PathBuf>,
    /// As of this revision, instead of the index, the merge base or the disk.
    pub revision: Option<String>,
}

/// Which rules are in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The built-in ones.
    pub builtin: bool,
    /// Directories that add or override.
    pub directories: Vec<PathBuf>,
}

/// A report in one format, to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// A name of [`crate::report::FORMATS`].
    pub format: String,
    /// Where to.
    pub file: PathBuf,
}

/// What to do with the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporting {
    /// The format on standard output.
    pub format: String,
    /// Files besides.
    pub outputs: Vec<Output>,
    /// Findings from here on fail the scan.
    pub fail_on: Severity,
    /// Findings below are hidden.
    pub min_severity: Severity,
    /// Findings do not fail the scan.
    pub exit_zero: bool,
    /// Gaps do not fail the scan.
    pub allow_incomplete: bool,
    /// Colours on standard output.
    pub color: bool,
    /// How much to say besides.
    pub verbose: u8,
    /// Nothing but findings.
    pub quiet: bool,
}

impl Reporting {
    /// Whether one of the formats names lines as code scanning does.
    #[must_use]
    pub fn needs_line_hashes(&self) -> bool {
        let mut names = std::iter::once(&self.format).chain(self.outputs.iter().map(|output| &output.format));
        names.any(|name| FORMATS.iter().any(|format| format.name == *name && format.needs_line_hashes))
    }
}

/// A scan, ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What to scan.
    pub subject: Subject,
    /// Which rules.
    pub rules: Rules,
    /// Which policy.
    pub policy: PolicyChoice,
    /// Whether archives are opened.
    pub archives: bool,
    /// Worker threads; `None` for one per core.
    pub threads: Option<usize>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Whether to draw a progress bar.
    pub progress: bool,
    /// What to do with the report.
    pub reporting: Reporting,
}

impl Plan {
    /// How many worker threads to start. Cores are counted only here: that reads files, and few scans start threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }
}

/// Reads a duration such as `500ms`, `90s`, `5m` or `1h`; a bare number is seconds.
///
/// # Errors
/// A sentence about what a duration looks like.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "a duration is a number with ms, s, m or h".to_owned())?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => Some(number),
        "" | "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => None,
    };
    milliseconds.map(Duration::from_millis).ok_or_else(|| "a duration is a number with ms, s, m or h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, milliseconds) in [("500ms", 500), ("90s", 90_000), ("2", 2_000), ("5m", 300_000), ("1h", 3_600_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "1d", "-1s", "1.5s", "99999999999999999999h", "18446744073709551615h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
