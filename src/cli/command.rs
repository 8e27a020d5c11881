//! The commands of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::action_args::ActionCommand;
use super::args::{RuleArgs, ScanArgs};
use super::baseline_args::BaselineCommand;
use super::hook_args::HookCommand;

/// Find Stripe credentials in files and git history, and lint how code handles them.
#[derive(Debug, Parser)]
#[command(name = "pinstripe", version, about, max_term_width = 100, propagate_version = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan directories, files, git history or standard input
    Scan(Box<ScanArgs>),
    /// Install or run git hooks
    #[command(subcommand)]
    Hook(Box<HookCommand>),
    /// Create and maintain a baseline of accepted findings
    #[command(subcommand)]
    Baseline(Box<BaselineCommand>),
    /// Plan a scan for the event of a CI system
    #[command(subcommand)]
    Action(ActionCommand),
    /// List, explain or check the rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Print a shell completion script
    Completions {
        /// Shell to print the script for
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List all rules, most severe first
    List {
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Explain what a rule finds, why it matters and how to fix it
    Explain {
        /// Id of the rule, such as secret-live
        id: String,
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Test every rule against its examples and counter-examples
    Check {
        /// Directory of rules to check together with the built-in ones
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}
