//! The command line: arguments in, exit code out.

use std::process::ExitCode;

mod args;
mod baseline;
mod hook;
mod manual;
mod more_args;
mod output;
mod rules;
mod scan;

use clap::Parser;

/// Exit code of usage, configuration, rules and internal errors.
pub(crate) const FAILED: u8 = 2;

/// Parses the arguments, runs the command and gives the exit code.
#[must_use]
pub fn run() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        // The payload may quote what was scanned; the place in our code is enough for a bug report.
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        output::warn_plainly(&format!("internal error at {place}; please report it"));
    }));
    let code = std::panic::catch_unwind(|| match args::Cli::try_parse() {
        Ok(cli) => dispatch(cli),
        Err(error) => refuse(&error),
    });
    // The hook has said where; what was read so far is not to be taken for a report.
    ExitCode::from(code.unwrap_or(FAILED))
}

fn dispatch(cli: args::Cli) -> u8 {
    let outcome = match cli.command {
        args::Command::Scan(scan) => scan::run(*scan),
        args::Command::Hook(command) => hook::run(*command),
        args::Command::Baseline(command) => baseline::run(*command),
        args::Command::Rules(command) => rules::run(command),
        args::Command::Completions { shell } => manual::completions(shell),
        args::Command::Man => manual::man(),
    };
    outcome.unwrap_or_else(|error| {
        for line in format!("{error:#}").lines() {
            output::warn(&format!("error: {line}"));
        }
        FAILED
    })
}

/// Help and version go to standard output; complaints quote the arguments, which may hold a key.
fn refuse(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        error.render().to_string().trim_end().lines().for_each(output::warn);
        return FAILED;
    }
    output::print_help(&error.render().ansi().to_string());
    0
}
