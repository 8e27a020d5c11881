//! A scan as a value: target, rules, policy and output. It holds no type of the argument parser.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::git::Oid;
use crate::model::{PolicyOptions, ScanOptions, Severity};
use crate::report::FORMATS;
use crate::source::history::CacheOptions;

/// The target of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScanSubject {
    /// Directories and files on disk.
    Worktree {
        paths: Vec<PathBuf>,
        /// Scan ignored files, too.
        no_ignore: bool,
    },
    /// The index of the repository around the current directory.
    Staged {
        /// Limits to these files and directories; none is no limit.
        paths: Vec<PathBuf>,
    },
    /// The commits that `head` reaches and `base` does not, in the repository around the current directory.
    Range {
        base: String,
        head: String,
        /// As above.
        paths: Vec<PathBuf>,
    },
    /// The whole object store of each repository.
    History {
        /// Repositories, or paths in them.
        repositories: Vec<PathBuf>,
        /// Search every blob whole instead of what its delta inserts: slower, with the same result.
        plain: bool,
        /// Cache of a history between scans.
        cache: Option<CacheOptions>,
    },
    /// The objects that a push adds to a repository.
    Pushed {
        /// Objects whose history the repository has already.
        known: Vec<Oid>,
        /// Objects that refs will point to.
        heads: Vec<Oid>,
        /// Names of new refs, with what they point to.
        names: Vec<(String, Oid)>,
        /// The commit whose policy is obeyed.
        trusted: Option<Oid>,
    },
    /// Standard input.
    Stdin {
        /// The path in locations.
        name: String,
    },
}

/// Overrides of the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PolicyChoice {
    /// Ignore the repository's policy, inline allows included.
    pub(crate) none: bool,
    /// These files instead of `pinstripe.toml` at the root; the later wins.
    pub(crate) config: Vec<PathBuf>,
    /// Files outside of the root are never extended.
    pub(crate) confined: bool,
    /// This file instead of the baseline at the root.
    pub(crate) baseline: Option<PathBuf>,
    /// The version of this revision, instead of that of the index, the merge base or the disk.
    pub(crate) revision: Option<String>,
    /// The user who accepted the entries that the scanned change adds.
    pub(crate) accepted_by: Option<String>,
}

/// The rules to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleChoice {
    /// Use the built-in rules.
    pub(crate) builtin: bool,
    /// Directories of rules that add to them or override them by id.
    pub(crate) directories: Vec<PathBuf>,
}

/// A report to write to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputFile {
    /// A name of [`crate::report::FORMATS`].
    pub(crate) format: String,
    pub(crate) file: PathBuf,
}

/// OutputFile of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reporting {
    /// The format on standard output.
    pub(crate) format: String,
    /// Reports to write to files.
    pub(crate) outputs: Vec<OutputFile>,
    /// Lowest severity that fails the scan.
    pub(crate) fail_on: Severity,
    /// Lowest severity that is shown.
    pub(crate) min_severity: Severity,
    /// Findings do not fail the scan.
    pub(crate) exit_zero: bool,
    /// Gaps do not fail the scan.
    pub(crate) allow_incomplete: bool,
    /// Colors on standard output.
    pub(crate) color: bool,
    pub(crate) verbose: u8,
    /// Print findings only.
    pub(crate) quiet: bool,
    /// See [`crate::report::Options`].
    pub(crate) repository_url: Option<String>,
    pub(crate) sarif_category: Option<String>,
}

impl Reporting {
    /// Returns true if one of the formats needs the line hashes of code scanning.
    pub(crate) fn needs_line_hashes(&self) -> bool {
        let mut names = std::iter::once(&self.format).chain(self.outputs.iter().map(|output| &output.format));
        names.any(|name| FORMATS.iter().any(|format| format.name == *name && format.needs_line_hashes))
    }
}

/// Severities that the user names. What is `None` is left to the policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Thresholds {
    pub(crate) fail_on: Option<Severity>,
    pub(crate) min_severity: Option<Severity>,
}

/// A scan to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScanPlan {
    pub(crate) subject: ScanSubject,
    pub(crate) rules: RuleChoice,
    pub(crate) policy: PolicyChoice,
    pub(crate) thresholds: Thresholds,
    /// The report will be merged with those on other repositories, which the rules of this one must not judge.
    pub(crate) of_several: bool,
    /// Objects that should have been scanned and are not here: counted as unread.
    pub(crate) unscanned: Option<String>,
    /// Open archives.
    pub(crate) archives: bool,
    /// Follow alternates outside of the repository, whoever owns it.
    pub(crate) alternates: bool,
    /// Name the authors of commits.
    pub(crate) authors: bool,
    /// Worker threads; `None` for one per core.
    pub(crate) threads: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    /// Draw a progress bar.
    pub(crate) progress: bool,
    /// Its severities are the defaults until the policy is known.
    pub(crate) reporting: Reporting,
}

impl ScanPlan {
    /// Returns the number of worker threads. Counts cores only here, because that reads files and few scans start threads.
    pub(crate) fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Returns the options that decide what the report holds.
    pub(crate) fn options(&self) -> ScanOptions {
        let name = |file: &PathBuf| file.to_string_lossy().into_owned();
        let PolicyChoice { none, config, baseline, revision, accepted_by: _, confined: _ } = &self.policy;
        let (config, baseline) = (config.iter().map(name).collect(), baseline.as_ref().map(name));
        ScanOptions {
            paths: Vec::new(),
            archives: self.archives,
            ignored: matches!(self.subject, ScanSubject::Worktree { no_ignore: true, .. }),
            alternates: self.alternates,
            authors: self.authors,
            policy: PolicyOptions { none: *none, config, baseline, revision: revision.clone() },
        }
    }

    /// Returns the time when a scan that begins now has to end.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }
}

/// Reads a duration such as `500ms`, `90s`, `5m` or `1h`; a bare number is seconds.
///
/// # Errors
/// A sentence about the form of a duration.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
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
