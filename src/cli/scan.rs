//! `pinstripe scan`.

#![expect(clippy::disallowed_methods, reason = "asks the environment about the terminal")]

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context as _;

use super::args::{Color, Scan, severity};
use super::output;
use crate::engine::Engine;
use crate::pipeline;
use crate::plan::{Plan, Reporting, Rules, Subject};
use crate::report::{self, FORMATS, Report};

/// Scans, reports and gives the exit code.
pub(super) fn run(args: Scan) -> anyhow::Result<u8> {
    let plan = plan(args);
    let engine = pipeline::engine(&plan)?;
    for wanted in &plan.reporting.outputs {
        output::clear(&wanted.file).with_context(|| format!("cannot write {}", wanted.file.display()))?;
    }
    let report = pipeline::scan(&plan, &engine, &mut io::stdin().lock())?;
    deliver(&plan.reporting, &engine, &report)?;
    Ok(exit_code(&plan.reporting, &report))
}

fn plan(args: Scan) -> Plan {
    let subject = if args.staged {
        Subject::Staged
    } else if let Some((base, head)) = args.range {
        Subject::Range { base, head }
    } else if args.history {
        let repositories = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths };
        Subject::History { repositories, alternates: args.alternates, plain: args.plain_history, cache: None }
    } else if args.stdin {
        Subject::Stdin { name: args.stdin_name }
    } else {
        let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths };
        Subject::Worktree { paths, no_ignore: args.no_ignore }
    };
    let threads = args.limits.threads.map(usize::from);
    let color = match args.reporting.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    Plan {
        subject,
        rules: Rules { builtin: !args.rules.no_default_rules, directories: args.rules.directories },
        archives: !args.no_archives,
        threads: threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        timeout: args.limits.timeout,
        progress: !args.reporting.no_progress && !args.reporting.quiet && io::stderr().is_terminal(),
        reporting: Reporting {
            format: args.reporting.format,
            outputs: args.reporting.outputs,
            fail_on: severity(&args.reporting.fail_on),
            min_severity: severity(&args.reporting.min_severity),
            exit_zero: args.reporting.exit_zero,
            allow_incomplete: args.reporting.allow_incomplete,
            color,
            verbose: args.reporting.verbose,
            quiet: args.reporting.quiet,
        },
    }
}

/// Writes the report to the files first, then to standard output.
fn deliver(wanted: &Reporting, engine: &Engine, report: &Report) -> anyhow::Result<()> {
    for file in &wanted.outputs {
        let bytes = render(&file.format, &Reporting { color: false, ..wanted.clone() }, engine, report)?;
        output::write_whole(&file.file, &bytes).with_context(|| format!("cannot write {}", file.file.display()))?;
    }
    output::print_bytes(&render(&wanted.format, wanted, engine, report)?)?;
    Ok(())
}

fn render(format: &str, wanted: &Reporting, engine: &Engine, report: &Report) -> anyhow::Result<Vec<u8>> {
    let format = FORMATS.iter().find(|known| known.name == format).context("no such format")?;
    let options = report::Options {
        color: wanted.color,
        verbose: wanted.verbose,
        quiet: wanted.quiet,
        min_severity: wanted.min_severity,
        fail_on: wanted.fail_on,
    };
    let mut bytes = Vec::new();
    (format.write)(report, engine.rules(), &options, &mut bytes)?;
    Ok(bytes)
}

fn exit_code(wanted: &Reporting, report: &Report) -> u8 {
    match report.verdict(wanted.fail_on) {
        1 if wanted.exit_zero => 0,
        3 if wanted.allow_incomplete => 0,
        code => code,
    }
}
