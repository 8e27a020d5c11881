//! Arguments of `pinstripe report`.

use std::path::PathBuf;

use clap::Args;

use super::args::{ReportArgs, RuleArgs};

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

    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) report: ReportArgs,
}
