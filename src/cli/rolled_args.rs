//! Arguments of `pinstripe rolled`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::policy;

#[derive(Debug, Subcommand)]
pub(super) enum RolledCommand {
    /// Note in pinstripe.toml that a credential was rolled: it is told apart where only history holds it
    Add(RolledAddArgs),
    /// List the credentials that were rolled
    List(RolledListArgs),
}

#[derive(Debug, Args)]
pub(super) struct RolledAddArgs {
    /// Fingerprint of the credential, or its last four characters with --report
    #[arg(value_name = "FINGERPRINT")]
    pub(super) credential: String,

    /// JSON report that has the credential (repeatable)
    #[arg(long = "report", value_name = "FILE")]
    pub(super) reports: Vec<PathBuf>,

    /// Name of who rolled it
    #[arg(long, value_name = "WHO")]
    pub(super) by: String,

    /// Day on which the old credential stopped to work [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = policy::date)]
    pub(super) date: Option<Date>,

    /// Note for whoever reads the entry
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,

    /// File to write instead of pinstripe.toml in the root directory
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RolledListArgs {
    /// File to read instead of pinstripe.toml in the root directory
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}
