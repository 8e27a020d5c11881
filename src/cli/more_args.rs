//! What may be said to hooks and about the baseline.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::args::{Limits, Policy, Reporting, Rules, severity_names};
use crate::scan::plan;

#[derive(Debug, Subcommand)]
pub(super) enum Hook {
    /// Install hooks; one that is there already is kept and runs first
    Install(Install),
    /// Scan what is about to be committed, or the named files
    PreCommit(HookScan),
    /// Scan a commit message
    CommitMsg(HookScan),
    /// Scan the commits that are about to be pushed
    PrePush(HookScan),
    /// Scan what a push brings, on the server
    PreReceive(PreReceive),
}

#[derive(Debug, Args)]
pub(super) struct Install {
    /// Install the pre-push hook instead of those for commits
    #[arg(long)]
    pub(super) pre_push: bool,

    /// Install the commit-msg hook instead of those for commits
    #[arg(long)]
    pub(super) commit_msg: bool,

    /// Install the hooks for commits and merges; needed only together with the others
    #[arg(long)]
    pub(super) pre_commit: bool,

    /// Install for all repositories of this user
    #[arg(long)]
    pub(super) global: bool,
}

#[derive(Debug, Args)]
pub(super) struct HookScan {
    /// What git or the hook framework names
    #[arg(value_name = "ARGUMENT")]
    pub(super) arguments: Vec<PathBuf>,

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
pub(super) struct PreReceive {
    /// Stop after this long; servers give all hooks together a few seconds
    #[arg(long, value_name = "DURATION", value_parser = plan::duration, conflicts_with = "timeout")]
    pub(super) time_budget: Option<Duration>,

    /// Accept a push that could not be scanned completely, instead of refusing it
    #[arg(long)]
    pub(super) accept_incomplete: bool,

    #[command(flatten)]
    pub(super) scan: HookScan,
}

#[derive(Debug, Subcommand)]
pub(super) enum Baseline {
    /// Write a baseline of everything that is open
    Create(BaselineScan),
    /// Add what is open to the baseline; entries that are there stay
    Update(BaselineUpdate),
    /// List entries that nothing was found for; exit 1 if there are any
    Stale(BaselineScan),
    /// Make entries of what gitleaks was told to ignore
    Import(BaselineScan),
}

#[derive(Debug, Args)]
pub(super) struct BaselineUpdate {
    /// Take away entries that nothing was found for
    #[arg(long)]
    pub(super) prune: bool,

    #[command(flatten)]
    pub(super) scan: BaselineScan,
}

#[derive(Debug, Args)]
pub(super) struct BaselineScan {
    /// Directories or files to scan [default: .]
    #[arg(value_name = "PATH", conflicts_with = "from")]
    pub(super) paths: Vec<PathBuf>,

    /// Take the findings of a JSON report instead of scanning
    #[arg(long, value_name = "REPORT")]
    pub(super) from: Option<PathBuf>,

    /// The baseline [default: .pinstripe-baseline.json at the root]
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    /// Why the findings may stay for now
    #[arg(long, value_name = "TEXT", default_value = "known when the baseline was made")]
    pub(super) reason: String,

    /// The last day on which they may (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = crate::policy::date)]
    pub(super) expires: Option<jiff::civil::Date>,

    /// Leave findings below this severity out
    #[arg(long, value_name = "SEVERITY", default_value = "low", value_parser = severity_names())]
    pub(super) min_severity: String,

    #[command(flatten)]
    pub(super) rules: Rules,
}
