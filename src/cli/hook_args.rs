//! Arguments of `pinstripe hook`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::args::{CommonArgs, LimitArgs, PolicyArgs, RuleArgs, severity_parser};
use crate::model::Severity;
use crate::scan::plan;

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    /// Install git hooks; an existing hook is kept and runs first
    Install(InstallArgs),
    /// Remove the hooks of this program and restore those that were there before
    Uninstall(HookScope),
    /// Show which hooks are installed, and the program that manages them
    Status(HookScope),
    /// Scan staged changes, or the given files
    PreCommit(HookArgs),
    /// Scan a commit message
    CommitMsg(HookArgs),
    /// Scan the commits to be pushed
    PrePush(HookArgs),
    /// Scan the commits received from a push, on the server
    PreReceive(PreReceiveArgs),
}

#[derive(Debug, Args)]
pub(super) struct InstallArgs {
    /// Install the pre-push hook instead of the hooks for commits
    #[arg(long)]
    pub(super) pre_push: bool,

    /// Install the commit-msg hook instead of the hooks for commits
    #[arg(long)]
    pub(super) commit_msg: bool,

    /// Install the hooks for commits and merges in addition to other hooks; the default without them
    #[arg(long)]
    pub(super) pre_commit: bool,

    #[command(flatten)]
    pub(super) scope: HookScope,
}

#[derive(Debug, Args)]
pub(super) struct HookScope {
    /// The hooks of all repositories of the current user
    #[arg(long)]
    pub(super) global: bool,
}

#[derive(Debug, Args)]
pub(super) struct HookArgs {
    /// Arguments passed by git or by a hook framework
    #[arg(value_name = "ARGUMENT")]
    pub(super) arguments: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(super) struct PreReceiveArgs {
    /// Stop after this time; git servers limit the total run time of hooks
    #[arg(long, value_name = "DURATION", value_parser = plan::duration, conflicts_with = "timeout")]
    pub(super) time_budget: Option<Duration>,

    /// Accept a push even if it could not be scanned completely
    #[arg(long)]
    pub(super) accept_incomplete: bool,

    /// Fail on findings at or above this severity [default: that of pinstripe.toml, or medium]
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) fail_on: Option<Severity>,

    /// Accept a push even if it brings findings
    #[arg(long)]
    pub(super) exit_zero: bool,

    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,
}
