//! Arguments of `pinstripe fleet`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::args::{CacheArgs, LimitArgs, PolicyArgs, ReportArgs, RuleArgs, VerdictArgs};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum FleetCommand {
    /// Divide repositories into units of about equal weight; opens no network
    Plan(PlanArgs),
    /// Scan one unit of a plan; can be killed and run again at any time
    #[command(after_help = "Exit codes: as `pinstripe scan`, and 75 where trying again may help")]
    Work(Box<WorkArgs>),
    /// Scan all units of a plan on this machine; what is done already is not done again
    #[command(after_help = "Exit codes: as `pinstripe scan`, of all units: 1 beats 3; 3 where a unit failed")]
    Run(Box<RunArgs>),
    /// Merge the units that workers left in a directory into one report, and name what is missing
    #[command(after_help = "Exit codes: as `pinstripe scan`: 1 beats 3; 3 while anything is missing")]
    Merge(Box<MergeArgs>),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PlanArgs {
    /// File with a path or URL a line, directory of repositories, or - for standard input
    #[arg(value_name = "INPUT", default_value = "-")]
    pub(super) input: PathBuf,

    /// Number of units [default: one a GiB of packs, at most 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) units: Option<u32>,

    /// Directory of mirrors of what is a URL: their sizes are known
    #[arg(long, value_name = "DIR")]
    pub(super) mirrors: Option<PathBuf>,

    /// Write the plan to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    #[command(flatten)]
    pub(super) protocols: ProtocolArgs,
}

#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct ProtocolArgs {
    /// Also clone by file and from servers of this machine, for tests
    #[arg(long, hide = true)]
    pub(super) local_protocols: bool,
}

/// Arguments that all units share.
#[derive(Debug, Args)]
pub(in crate::cli) struct FleetArgs {
    /// Plan, as `pinstripe fleet plan` wrote it
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,

    /// Directory for reports and manifests, shared by all workers
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,

    /// Directory for mirrors of what is a URL: cloned and fetched there by git, and nowhere else
    #[arg(long, value_name = "DIR")]
    pub(super) mirrors: Option<PathBuf>,

    #[command(flatten)]
    pub(super) cache: CacheArgs,

    /// Print errors only
    #[arg(short, long)]
    pub(super) quiet: bool,

    #[command(flatten)]
    pub(super) protocols: ProtocolArgs,

    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(flatten)]
    pub(super) verdict: VerdictArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct WorkArgs {
    #[command(flatten)]
    pub(super) fleet: FleetArgs,

    /// Number of the unit, from 0
    #[arg(long, value_name = "N")]
    pub(super) unit: u32,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(super) fleet: FleetArgs,

    /// Units that are worked on at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,

    /// Do not show a progress bar
    #[arg(long)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MergeArgs {
    /// Directory that workers wrote to
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,

    /// Plan, instead of the copy that workers left in DIR
    #[arg(long, value_name = "FILE")]
    pub(super) plan: Option<PathBuf>,

    /// JSON report of the last run: what is new and what is gone is told
    #[arg(long, value_name = "FILE")]
    pub(super) previous: Option<PathBuf>,

    /// File for lines to be queried [default: audit.jsonl in DIR]
    #[arg(long, value_name = "FILE")]
    pub(super) audit: Option<PathBuf>,

    #[command(flatten)]
    pub(super) protocols: ProtocolArgs,

    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) report: ReportArgs,
}
