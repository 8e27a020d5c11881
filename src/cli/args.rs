//! What may be said on the command line. Only what works is listed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::Severity;
use crate::report::FORMATS;
use crate::scan::plan::{self, Output};

/// Find every Stripe credential, say what it is and how exposed it is.
#[derive(Debug, Parser)]
#[command(name = "pinstripe", version, about, max_term_width = 100, propagate_version = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan directories, files or standard input
    Scan(Box<Scan>),
    /// Git hooks: install them, or run one
    #[command(subcommand)]
    Hook(Box<super::more_args::Hook>),
    /// Findings that may stay for now
    #[command(subcommand)]
    Baseline(Box<super::more_args::Baseline>),
    /// List, explain or check the rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List the rules in force, the most severe first
    List {
        #[command(flatten)]
        rules: Rules,
    },
    /// Say what a rule finds, why it matters and what to do
    Explain {
        /// The rule, such as secret-live
        id: String,
        #[command(flatten)]
        rules: Rules,
    },
    /// Prove every rule by its examples and counter-examples
    Check {
        /// A directory of rules to check together with the built-in ones
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

/// Exit codes: 0 nothing open at or above --fail-on, 1 findings, 2 error, 3 incomplete without findings.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 error, 3 incomplete and nothing found"
)]
pub(super) struct Scan {
    /// Directories or files to scan [default: .]
    #[arg(value_name = "PATH", conflicts_with = "stdin")]
    pub(super) paths: Vec<PathBuf>,

    /// Scan what is about to be committed, from the index in force
    #[arg(long, conflicts_with_all = ["paths", "stdin", "range", "no_ignore"])]
    pub(super) staged: bool,

    /// Scan everything that HEAD's history holds and BASE's does not
    #[arg(long, value_name = "BASE..HEAD", conflicts_with_all = ["paths", "stdin", "no_ignore"], value_parser = range)]
    pub(super) range: Option<(String, String)>,

    /// Scan every object of a repository's store: all refs, stashes, reflogs and what nothing reaches
    #[arg(long, conflicts_with_all = ["stdin", "staged", "range", "no_ignore"])]
    pub(super) history: bool,

    /// Follow object stores outside of the repository that its alternates name
    #[arg(long, requires = "history")]
    pub(super) alternates: bool,

    /// Keep the names of clean objects here, so that the next scan reads only what is new
    #[arg(long, value_name = "DIR", requires = "history")]
    pub(super) since_cache: Option<PathBuf>,

    /// Search every text whole instead of what deltas insert
    #[arg(long, requires = "history", hide = true)]
    pub(super) plain_history: bool,

    /// Scan standard input
    #[arg(long)]
    pub(super) stdin: bool,

    /// Name to report standard input under
    #[arg(long, value_name = "NAME", requires = "stdin", default_value = "stdin")]
    pub(super) stdin_name: String,

    /// Scan ignored files as well
    #[arg(long)]
    pub(super) no_ignore: bool,

    /// Search archives as they stand, without opening them
    #[arg(long)]
    pub(super) no_archives: bool,

    #[command(flatten)]
    pub(super) rules: Rules,

    #[command(flatten)]
    pub(super) policy: Policy,

    #[command(flatten)]
    pub(super) limits: Limits,

    #[command(flatten)]
    pub(super) reporting: Reporting,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct Rules {
    /// Add or override rules from a directory (repeatable)
    #[arg(long = "rules", value_name = "DIR")]
    pub(super) directories: Vec<PathBuf>,

    /// Leave the built-in rules out
    #[arg(long)]
    pub(super) no_default_rules: bool,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct Policy {
    /// Read this file instead of pinstripe.toml at the root
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Obey no policy of the repository: no pinstripe.toml, no baseline, no inline allow
    #[arg(long, conflicts_with = "config")]
    pub(super) no_config: bool,

    /// Read this file instead of .pinstripe-baseline.json at the root
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Read the policy as of a revision
    #[arg(long, value_name = "REV", conflicts_with = "no_config")]
    pub(super) policy_ref: Option<String>,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,

    /// Stop after this long and report what was read (500ms, 90s, 5m, 1h)
    #[arg(long, value_name = "DURATION", value_parser = plan::duration)]
    pub(super) timeout: Option<Duration>,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Report")]
pub(super) struct Reporting {
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format_names())]
    pub(super) format: String,

    /// Write a report to a file as well (repeatable)
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = output)]
    pub(super) outputs: Vec<Output>,

    /// Findings from this severity on fail the scan
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity_names())]
    pub(super) fail_on: String,

    /// Hide findings below this severity
    #[arg(long, value_name = "SEVERITY", default_value = "low", value_parser = severity_names())]
    pub(super) min_severity: String,

    /// Exit with 0 even if there are findings
    #[arg(long)]
    pub(super) exit_zero: bool,

    /// Exit with 0 even if something could not be read
    #[arg(long)]
    pub(super) allow_incomplete: bool,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", value_enum)]
    pub(super) color: Color,

    /// Draw no progress bar
    #[arg(long)]
    pub(super) no_progress: bool,

    /// Print findings only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Say more about what was read and left out
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// If standard output is a terminal and NO_COLOR is not set
    #[default]
    Auto,
    Always,
    Never,
}

fn format_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(FORMATS.iter().map(|format| format.name))
}

pub(super) fn severity_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Severity::ALL.map(Severity::name))
}

/// The severity of a name that the parser has let through.
pub(super) fn severity(name: &str) -> Severity {
    Severity::ALL.into_iter().find(|severity| severity.name() == name).unwrap_or(Severity::Low)
}

fn range(text: &str) -> Result<(String, String), String> {
    let (base, head) = text.split_once("...").or_else(|| text.split_once("..")).ok_or("write BASE..HEAD")?;
    if base.is_empty() {
        return Err("write BASE..HEAD; BASE is missing".to_owned());
    }
    let head = if head.is_empty() { "HEAD" } else { head };
    Ok((base.to_owned(), head.to_owned()))
}

fn output(text: &str) -> Result<Output, String> {
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE")?;
    if !FORMATS.iter().any(|known| known.name == format) {
        let names: Vec<&str> = FORMATS.iter().map(|known| known.name).collect();
        return Err(format!("no format {format:?}; there are {}", names.join(", ")));
    }
    if file.is_empty() {
        return Err("write FORMAT=FILE".to_owned());
    }
    Ok(Output { format: format.to_owned(), file: PathBuf::from(file) })
}
