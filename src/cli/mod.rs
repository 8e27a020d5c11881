//! The command line.

use std::process::ExitCode;

mod action;
mod action_args;
mod args;
mod baseline;
mod baseline_args;
mod command;
mod diff;
mod fleet;
mod hook;
mod hook_args;
mod manual;
mod output;
mod report;
mod report_args;
mod rolled;
mod rolled_args;
mod rules;
mod scan;

use clap::Parser;

use command::Command;

/// Exit code for usage, configuration, rules and internal errors.
pub(crate) const FAILED: u8 = 2;

/// Parses the arguments, runs the command and returns the exit code.
#[expect(clippy::exit, reason = "a scope of threads cannot be left while those that run wait for others")]
#[must_use]
pub fn run() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        // Threads that run already may wait for those that could not be started.
        if info.payload_as_str().is_some_and(|text| text.starts_with("failed to spawn thread")) {
            output::warn_plainly("error: the worker threads cannot be started");
            std::process::exit(i32::from(FAILED));
        }
        // The payload may quote what was scanned. The place in the code is enough for a bug report.
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        output::warn_plainly(&format!("internal error at {place}; please report it"));
    }));
    let code = std::panic::catch_unwind(|| {
        match command::Cli::try_parse_from(command::with_command(std::env::args_os().collect())) {
            Ok(cli) => dispatch(cli),
            Err(error) => print_usage(&error),
        }
    });
    ExitCode::from(code.unwrap_or(FAILED))
}

fn dispatch(cli: command::Cli) -> u8 {
    let outcome = match cli.command {
        Command::Scan(scan) => scan::run(*scan),
        Command::Hook(command) => hook::run(*command),
        Command::Action(command) => action::run(&command),
        Command::Fleet(command) => fleet::run(*command),
        Command::Baseline(command) => baseline::run(*command),
        Command::Report(args) => report::run(*args),
        Command::Diff(args) => diff::run(&args),
        Command::Rolled(command) => rolled::run(command),
        Command::Rules(command) => rules::run(command),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man => manual::man(),
    };
    outcome.unwrap_or_else(|error| {
        output::warn_lines(&format!("error: {}", explain(&error)));
        FAILED
    })
}

/// Joins an error and its causes, each said once: some errors quote their cause.
fn explain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text.as_str() {
        "" => cause,
        said if said.contains(&cause) => text,
        _ => format!("{text}: {cause}"),
    })
}

/// Prints help and version to standard output, errors to standard error. Errors quote arguments, which may hold a key.
fn print_usage(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        output::warn_lines(error.render().to_string().trim_end());
        return FAILED;
    }
    output::print_help(&error.render().ansi().to_string());
    0
}
