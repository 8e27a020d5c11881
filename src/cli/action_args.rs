//! Arguments of `pinstripe action`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum ActionCommand {
    /// Read the event of GitHub Actions or GitLab CI, and print what to fetch, then what to scan
    #[command(
        after_help = "Prints lines: `fetch=` arguments of git, to be run before asking again; without any, `scan=` one argument \
                      of pinstripe each, `range=` what it scans, `warning=` why that is not what the event brought, `notice=`, \
                      `category=`. Inputs are the variables PINSTRIPE_SCAN, _BASE, _HEAD, _FETCH, _CONFIG, _BASELINE, \
                      _CATEGORY and _ACCEPT_POLICY_LABEL."
    )]
    Plan(PlanArgs),
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// File with the `fetch=` commands that ran already, one a line
    #[arg(long, value_name = "FILE")]
    pub(super) tried: Option<PathBuf>,
}
