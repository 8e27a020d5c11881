//! Arguments of `pinstripe baseline`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::{RuleArgs, severity_parser};
use crate::model::Severity;

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Create a baseline of all open findings
    Create(EntryArgs),
    /// Add open findings to the baseline and keep its entries
    Update(UpdateArgs),
    /// List entries that match no finding; exit with 1 if there are any
    Stale(BaselineArgs),
    /// Import the findings that gitleaks is configured to ignore
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Last day on which new entries apply (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = crate::policy::date)]
    pub(super) expires: Option<jiff::civil::Date>,

    #[command(flatten)]
    pub(super) baseline: BaselineArgs,
}

#[derive(Debug, Args)]
pub(super) struct EntryArgs {
    /// Reason to record in new entries
    #[arg(long, value_name = "TEXT", default_value = "known when the baseline was made")]
    pub(super) reason: String,

    /// Last day on which new entries apply (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = crate::policy::date)]
    pub(super) expires: Option<jiff::civil::Date>,

    /// Skip findings below this severity
    #[arg(long, value_name = "SEVERITY", default_value = "low", value_parser = severity_parser())]
    pub(super) min_severity: Severity,

    #[command(flatten)]
    pub(super) baseline: BaselineArgs,
}

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// Remove entries that match no finding
    #[arg(long)]
    pub(super) prune: bool,

    #[command(flatten)]
    pub(super) entries: EntryArgs,
}

#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    /// Directories or files to scan
    #[arg(value_name = "PATH", default_value = ".", conflicts_with = "from")]
    pub(super) paths: Vec<PathBuf>,

    /// Read findings from a JSON report instead of scanning
    #[arg(long, value_name = "REPORT")]
    pub(super) from: Option<PathBuf>,

    /// Baseline file [default: .pinstripe-baseline.json in the root directory]
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) rules: RuleArgs,
}
