//! Arguments of `pinstripe scan`, and those that other commands share with it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, FromArgMatches as _, ValueEnum};

use crate::model::Severity;
use crate::report::FORMATS;
use crate::scan::plan::{self, OutputFile};
use crate::source::history::CacheOptions;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 complete, and nothing open at or above --fail-on; 1 an open finding at or above it; 2 error; 3 no such finding, and incomplete"
)]
pub(super) struct ScanArgs {
    /// Directories or files to scan, `-` for standard input, or repositories with --history [default: .; with --staged and --range everything]
    #[arg(value_name = "PATH", conflicts_with = "stdin")]
    pub(super) paths: Vec<PathBuf>,

    /// Scan staged changes, from the index that git uses (GIT_INDEX_FILE)
    #[arg(long, group = "store", conflicts_with_all = ["stdin", "no_ignore"])]
    pub(super) staged: bool,

    /// Scan everything in the history of HEAD that is not in the history of BASE; of a BASE of zeros, every commit
    #[arg(long, value_name = "BASE..HEAD", group = "store", conflicts_with_all = ["stdin", "no_ignore"], value_parser = range)]
    pub(super) range: Option<(String, String)>,

    /// Apply the allow entries, baseline entries and inline allows that the range adds, and list them as accepted by USER
    #[arg(long, value_name = "USER", requires = "range", conflicts_with_all = ["no_config", "policy_ref"])]
    pub(super) accept_policy: Option<String>,

    /// Let no policy extend a file outside of the root: what is scanned is not the user's own
    #[arg(long, hide = true)]
    pub(super) confined: bool,

    /// Do not name the authors of commits
    #[arg(long)]
    pub(super) no_authors: bool,

    /// Count the scan as incomplete: TEXT is what should have been scanned and is not here
    #[arg(long, value_name = "TEXT")]
    pub(super) unscanned: Option<String>,

    /// Page of the repository on its host, for links to commits and lines
    #[arg(long, value_name = "URL")]
    pub(super) repository_url: Option<String>,

    /// Category of the SARIF report in code scanning
    #[arg(long, value_name = "NAME")]
    pub(super) sarif_category: Option<String>,

    /// Scan every object of a repository: all refs, stashes, reflogs and unreachable objects
    #[arg(long, group = "store", conflicts_with_all = ["stdin", "no_ignore"])]
    pub(super) history: bool,

    /// Also read alternate object stores outside the repository; --staged and --range read them anyway where you own it
    #[arg(long, requires = "store")]
    pub(super) alternates: bool,

    #[command(flatten)]
    pub(super) cache: CacheArgs,

    /// Search every blob in full instead of only what deltas insert
    #[arg(long, requires = "history", hide = true)]
    pub(super) plain_history: bool,

    /// Scan standard input
    #[arg(long)]
    pub(super) stdin: bool,

    /// File name to report for standard input
    #[arg(long, value_name = "NAME")]
    pub(super) stdin_name: Option<String>,

    /// Also scan ignored files
    #[arg(long)]
    pub(super) no_ignore: bool,

    /// Do not show a progress bar
    #[arg(long)]
    pub(super) no_progress: bool,

    /// Search the raw bytes of archives without extracting them
    #[arg(long)]
    pub(super) no_archives: bool,

    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// Cache of histories.
#[derive(Debug, Args)]
pub(super) struct CacheArgs {
    /// Keep in DIR what is known of a history, so that the next scan reads only what is new; nothing of any key is kept
    #[arg(long, value_name = "DIR")]
    pub(super) since_cache: Option<PathBuf>,

    /// Most bytes of all caches in that directory, such as 500M; the oldest go first
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = byte_count)]
    pub(super) cache_size: u64,
}

impl CacheArgs {
    pub(super) fn options(self) -> Option<CacheOptions> {
        self.in_directory(None)
    }

    /// As [`Self::options`], where it has a place without being asked for.
    pub(super) fn in_directory(self, default: Option<PathBuf>) -> Option<CacheOptions> {
        let size = self.cache_size;
        self.since_cache.or(default).map(|directory| CacheOptions { directory, size })
    }
}

/// Reads a number of bytes with K, M, G or T for powers of 1024.
fn byte_count(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power = match &text[digits.len()..] {
        "" => 0,
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => 64,
    };
    let number: Option<u64> = digits.parse().ok();
    let size = number.and_then(|number| number.checked_mul(1_u64.checked_shl(power)?));
    size.ok_or_else(|| "a size is a number of bytes, or with K, M, G or T".to_owned())
}

/// Options of every command that scans.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(flatten)]
    pub(super) report: ReportArgs,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleArgs {
    /// Add or override rules from a directory (repeatable)
    #[arg(long = "rules", value_name = "DIR")]
    pub(super) directories: Vec<PathBuf>,

    /// Do not load the built-in rules
    #[arg(long)]
    pub(super) no_default_rules: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct PolicyArgs {
    /// Use this file instead of pinstripe.toml in the root directory (repeatable; the later wins)
    #[arg(long, value_name = "FILE")]
    pub(super) config: Vec<PathBuf>,

    /// Ignore the repository's pinstripe.toml, baseline and inline allow comments
    #[arg(long, conflicts_with = "config")]
    pub(super) no_config: bool,

    /// Use this file instead of .pinstripe-baseline.json in the root directory
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Read the policy from this revision
    #[arg(long, value_name = "REV", conflicts_with = "no_config")]
    pub(super) policy_ref: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// Number of worker threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,

    /// Stop after this time and report what was read (500ms, 90s, 5m, 1h)
    #[arg(long, value_name = "DURATION", value_parser = plan::duration)]
    pub(super) timeout: Option<Duration>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(super) struct ReportArgs {
    /// Format of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format_names())]
    pub(super) format: String,

    /// Also write a report to a file (repeatable)
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = output)]
    pub(super) outputs: Vec<OutputFile>,

    #[command(flatten)]
    pub(super) verdict: VerdictArgs,

    /// Hide findings below this severity [default: that of pinstripe.toml, or low]
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) min_severity: Option<Severity>,

    /// When to use color
    #[arg(long, value_name = "WHEN", default_value = "auto", value_enum)]
    pub(super) color: ColorChoice,

    /// Print findings only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Show details about what was read and skipped
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

/// Options that decide the exit code.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Report")]
pub(super) struct VerdictArgs {
    /// Fail on findings at or above this severity [default: that of pinstripe.toml, or medium]
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) fail_on: Option<Severity>,

    /// Exit with 0 even if there are findings
    #[arg(long)]
    pub(super) exit_zero: bool,

    /// Exit with 0 even if the scan is incomplete
    #[arg(long)]
    pub(super) allow_incomplete: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// If standard output is a terminal and NO_COLOR is not set
    Auto,
    Always,
    Never,
}

impl ScanArgs {
    /// Returns the name of standard input if that is what is scanned.
    ///
    /// # Errors
    /// `-` beside other paths or what git holds, and a name without standard input.
    pub(super) fn standard_input(&self) -> anyhow::Result<Option<String>> {
        let dash = self.paths.iter().any(|path| path.as_os_str() == "-");
        let of_git = self.staged || self.range.is_some() || self.history;
        ensure!(!dash || (self.paths.len() == 1 && !of_git), "- is standard input, which is scanned alone");
        let read = self.stdin || dash;
        ensure!(read || self.stdin_name.is_none(), "--stdin-name is for standard input: --stdin or -");
        Ok(read.then(|| self.stdin_name.clone().unwrap_or_else(|| "stdin".to_owned())))
    }
}

impl CommonArgs {
    /// Parses an empty command line.
    pub(super) fn defaults() -> Result<Self, clap::Error> {
        let command = Self::augment_args(clap::Command::new("pinstripe"));
        Self::from_arg_matches(&command.try_get_matches_from(["pinstripe"])?)
    }
}

fn format_names() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|format| format.name))
}

pub(super) fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    let parse = |name: String| Severity::ALL.into_iter().find(|severity| severity.name() == name);
    // The names are those of `ALL`, so that the default is never used.
    PossibleValuesParser::new(Severity::ALL.map(Severity::name)).map(move |name| parse(name).unwrap_or(Severity::Low))
}

fn range(text: &str) -> Result<(String, String), String> {
    let (base, head) = text.split_once("...").or_else(|| text.split_once("..")).ok_or("expected BASE..HEAD")?;
    if base.is_empty() {
        return Err("expected BASE..HEAD, but BASE is empty".to_owned());
    }
    let head = if head.is_empty() { "HEAD" } else { head };
    Ok((base.to_owned(), head.to_owned()))
}

fn output(text: &str) -> Result<OutputFile, String> {
    let (format, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("expected FORMAT=FILE")?;
    if !FORMATS.iter().any(|known| known.name == format) {
        let names: Vec<&str> = FORMATS.iter().map(|known| known.name).collect();
        return Err(format!("unknown format {format:?}; expected one of {}", names.join(", ")));
    }
    Ok(OutputFile { format: format.to_owned(), file: PathBuf::from(file) })
}
