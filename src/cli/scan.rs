//! `pinstripe scan`.

#![expect(clippy::disallowed_methods, reason = "asks the environment about the terminal")]

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context as _;

use super::args::{self, Color, Scan, severity};
use super::output;
use crate::detect::{Engine, redact::sanitize};
use crate::model::Report;
use crate::report::{self, FORMATS};
use crate::scan;
use crate::scan::plan::{Plan, PolicyChoice, Reporting, Rules, Subject};

/// Scans, reports and gives the exit code.
pub(super) fn run(args: Scan) -> anyhow::Result<u8> {
    let plan = plan(args);
    clear_outputs(&plan)?;
    let (report, engine) = report(&plan)?;
    deliver(&plan.reporting, &engine, &report)?;
    Ok(exit_code(&plan.reporting, &report))
}

/// Takes older reports away, so that none is taken for one of this scan.
pub(super) fn clear_outputs(plan: &Plan) -> anyhow::Result<()> {
    for wanted in &plan.reporting.outputs {
        output::clear(&wanted.file).with_context(|| format!("cannot write {}", wanted.file.display()))?;
    }
    Ok(())
}

/// Runs a plan. Tells what the user should know about the policy.
pub(super) fn report(plan: &Plan) -> anyhow::Result<(Report, Engine)> {
    report_of(plan, &mut io::stdin().lock())
}

fn report_of(plan: &Plan, input: &mut dyn io::Read) -> anyhow::Result<(Report, Engine)> {
    let prepared = scan::prepare(plan)?;
    let (report, notices) = scan::scan(plan, &prepared, input)?;
    for notice in notices {
        output::warn(&format!("note: {}", sanitize(&notice)));
    }
    Ok((report, prepared.engine))
}

/// Runs a plan on a text at hand; reports it unless it lets everything pass.
pub(super) fn with_input(
    plan: &Plan,
    input: &mut dyn io::Read,
    adjust: impl FnOnce(&mut Report),
) -> anyhow::Result<u8> {
    clear_outputs(plan)?;
    let (mut report, engine) = report_of(plan, input)?;
    adjust(&mut report);
    let code = exit_code(&plan.reporting, &report);
    if code != 0 || plan.reporting.verbose > 0 || plan.reporting.format != "text" || !plan.reporting.outputs.is_empty()
    {
        deliver(&plan.reporting, &engine, &report)?;
    }
    Ok(code)
}

/// The plan of a scan of these paths as if nothing else had been said.
pub(super) fn plan_of_paths(paths: Vec<PathBuf>, rules: &args::Rules) -> Plan {
    let (policy, limits, reporting) = Default::default();
    plan_with(Subject::Worktree { paths, no_ignore: false }, rules, policy, (limits, reporting))
}

pub(super) fn plan(args: Scan) -> Plan {
    let subject = if args.staged {
        Subject::Staged
    } else if let Some((base, head)) = args.range {
        Subject::Range { base, head }
    } else if args.history {
        let repositories = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths };
        Subject::History {
            repositories,
            alternates: args.alternates,
            plain: args.plain_history,
            cache: args.since_cache,
        }
    } else if args.stdin {
        Subject::Stdin { name: args.stdin_name }
    } else {
        let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths };
        Subject::Worktree { paths, no_ignore: args.no_ignore }
    };
    let plan = plan_with(subject, &args.rules, args.policy, (args.limits, args.reporting));
    Plan { archives: !args.no_archives, ..plan }
}

/// The plan of what was said about a subject.
pub(super) fn plan_with(
    subject: Subject,
    rules: &args::Rules,
    policy: args::Policy,
    (limits, reporting): (args::Limits, args::Reporting),
) -> Plan {
    let color = match reporting.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    Plan {
        subject,
        rules: Rules { builtin: !rules.no_default_rules, directories: rules.directories.clone() },
        policy: PolicyChoice {
            none: policy.no_config,
            config: policy.config,
            baseline: policy.baseline,
            revision: policy.policy_ref,
        },
        archives: true,
        threads: limits.threads.map(usize::from),
        timeout: limits.timeout,
        progress: !reporting.no_progress && !reporting.quiet && io::stderr().is_terminal(),
        reporting: Reporting {
            format: reporting.format,
            outputs: reporting.outputs,
            fail_on: severity(&reporting.fail_on),
            min_severity: severity(&reporting.min_severity),
            exit_zero: reporting.exit_zero,
            allow_incomplete: reporting.allow_incomplete,
            color,
            verbose: reporting.verbose,
            quiet: reporting.quiet,
        },
    }
}

/// Writes the report to the files first, then to standard output.
pub(super) fn deliver(wanted: &Reporting, engine: &Engine, report: &Report) -> anyhow::Result<()> {
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

pub(super) fn exit_code(wanted: &Reporting, report: &Report) -> u8 {
    match report.verdict(wanted.fail_on) {
        1 if wanted.exit_zero => 0,
        3 if wanted.allow_incomplete => 0,
        code => code,
    }
}
