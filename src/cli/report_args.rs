//! Arguments of `pinstripe report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{ReportArgs, RuleArgs};
use crate::report::split::SplitBy;

#[derive(Debug, Args)]
#[command(
    after_help = "Several reports are merged: a credential is listed once, with its places in every repository. They have to \
                  be scanned with the same rules and options.\n\nExit codes: 0 no findings, 1 findings at or above --fail-on, \
                  2 error, 3 a scan was incomplete and no such findings"
)]
pub(super) struct SavedReportArgs {
    /// JSON reports of `pinstripe scan`; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(super) files: Vec<PathBuf>,

    /// Page of the repository on its host, for links to commits and lines
    #[arg(long, value_name = "URL")]
    pub(super) repository_url: Option<String>,

    /// Category of the SARIF report in code scanning
    #[arg(long, value_name = "NAME")]
    pub(super) sarif_category: Option<String>,

    /// Write a Markdown report for each owner, repository or account with open findings, ready for a ticket
    #[arg(long, value_name = "WHAT", value_enum, requires = "output_dir", conflicts_with = "format")]
    pub(super) split_by: Option<SplitChoice>,

    /// Directory for these reports: a new or an empty one
    #[arg(long, value_name = "DIR", requires = "split_by")]
    pub(super) output_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) report: ReportArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SplitChoice {
    Owner,
    Repository,
    Account,
}

impl From<SplitChoice> for SplitBy {
    fn from(choice: SplitChoice) -> Self {
        match choice {
            SplitChoice::Owner => Self::Owner,
            SplitChoice::Repository => Self::Repository,
            SplitChoice::Account => Self::Account,
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "What was in OLD already is listed as already there. Something is gone only where NEW read its repository \
                  completely, with the same kind of target, rules and options; otherwise it is not seen, and the exit code \
                  is 3.\n\nExit codes: 0 nothing new, 1 something new at or above --fail-on, 2 error, 3 NEW did not look at \
                  everything and nothing new"
)]
pub(super) struct DiffArgs {
    /// The earlier JSON report
    pub(super) old: PathBuf,

    /// The later JSON report
    pub(super) new: PathBuf,

    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) report: ReportArgs,
}
