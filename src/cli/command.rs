//! The commands of the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{CommandFactory as _, Parser, Subcommand};

use super::action_args::ActionCommand;
use super::args::{RuleArgs, ScanArgs};
use super::baseline_args::BaselineCommand;
use super::fleet::args::FleetCommand;
use super::hook_args::HookCommand;
use super::report_args::{DiffArgs, SavedReportArgs};
use super::rolled_args::RolledCommand;
use crate::rules::load;

/// Find Stripe credentials in files and git history, and lint how code handles them.
#[derive(Debug, Parser)]
#[command(name = "pinstripe", version, about, max_term_width = 100, propagate_version = true)]
#[command(
    override_usage = "pinstripe <COMMAND>\n       pinstripe <PATH>...",
    after_help = "Without a command, a PATH is scanned."
)]
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
    /// Write any format from saved JSON reports, merged
    Report(Box<SavedReportArgs>),
    /// Scan many repositories on many machines: plan units, work on them, merge their reports
    #[command(subcommand)]
    Fleet(Box<FleetCommand>),
    /// Compare a JSON report with an earlier one: new, gone, changed, the same
    Diff(Box<DiffArgs>),
    /// Note which credentials were rolled
    #[command(subcommand)]
    Rolled(RolledCommand),
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
        /// Format of the list
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
        format: String,
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Explain what a rule finds, why it matters and how to fix it
    Explain {
        /// Id of the rule, such as secret-live
        #[arg(value_parser = RuleId, hide_possible_values = true)]
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

/// Takes any id, since directories may bring rules; completions offer the built-in ones.
#[derive(Clone)]
struct RuleId;

impl TypedValueParser for RuleId {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(load::builtin_ids().map(PossibleValue::new)))
    }
}

/// Puts `scan` before a first argument that is a path and no command.
pub(super) fn with_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if let Some(first) = arguments.get(1)
        && is_path(first)
        && Cli::command().get_subcommands().all(|command| first != command.get_name())
    {
        arguments.insert(1, "scan".into());
    }
    arguments
}

/// A word that is misspelt is no path, so that the command it resembles can be suggested.
fn is_path(argument: &OsString) -> bool {
    let bytes = argument.as_encoded_bytes();
    let written_as_path = bytes == b"-" || bytes.iter().any(|byte| matches!(byte, b'/' | b'\\'));
    let option = bytes.starts_with(b"-") && bytes != b"-";
    !option && (written_as_path || Path::new(argument).symlink_metadata().is_ok())
}
