//! `pinstripe scan`.

#![expect(clippy::disallowed_methods, reason = "reads NO_COLOR")]

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::args::{ColorChoice, CommonArgs, ReportArgs, ScanArgs};
use super::output;
use crate::detect::Engine;
use crate::model::{Report, ReportThresholds};
use crate::policy::config::{DEFAULT_FAIL_ON, DEFAULT_MIN_SEVERITY};
use crate::report::{self, FORMATS, Redacted};
use crate::rules::RuleSet;
use crate::scan;
use crate::scan::plan::{PolicyChoice, Reporting, RuleChoice, ScanPlan, ScanSubject, Thresholds};
use crate::source::interrupt;

pub(super) fn run(args: ScanArgs) -> anyhow::Result<u8> {
    let plan = plan(args)?;
    clear_outputs(&plan.reporting)?;
    // Waiting for standard input ends at once.
    if !matches!(plan.subject, ScanSubject::Stdin { .. }) {
        interrupt::listen();
    }
    let (report, engine, wanted) = report(&plan, &mut io::stdin().lock())?;
    let code = exit_code(&wanted, &report);
    let was_interrupted = interrupt::interrupted();
    deliver(&wanted, engine.rules(), &Redacted::new(report, engine.redactor()))?;
    if was_interrupted {
        output::warn("interrupted: the report holds what was found so far");
        return Ok(interrupt::INTERRUPTED_CODE);
    }
    Ok(code)
}

/// Deletes older reports, so that none is mistaken for one of this scan.
pub(super) fn clear_outputs(reporting: &Reporting) -> anyhow::Result<()> {
    for wanted in &reporting.outputs {
        output::clear(&wanted.file).with_context(|| format!("cannot write {}", wanted.file.display()))?;
    }
    Ok(())
}

/// Runs a plan and prints notes about the policy. `input` is standard input. The report is not redacted yet. Also returns
/// the reporting that the policy asks for, where the plan leaves that to it.
pub(super) fn report(plan: &ScanPlan, input: &mut dyn io::Read) -> anyhow::Result<(Report, Engine, Reporting)> {
    let outcome = scan::run(plan, input, &|engine| output::redact_by(Arc::clone(engine.redactor())))?;
    outcome.notices.iter().for_each(|notice| output::warn(notice));
    let ReportThresholds { fail_on, min_severity } = outcome.report.thresholds;
    Ok((outcome.report, outcome.engine, Reporting { fail_on, min_severity, ..plan.reporting.clone() }))
}

fn plan(args: ScanArgs) -> anyhow::Result<ScanPlan> {
    let here = |paths: Vec<PathBuf>| if paths.is_empty() { vec![PathBuf::from(".")] } else { paths };
    anyhow::ensure!(args.history || args.cache.since_cache.is_none(), "--since-cache is for --history");
    let standard_input = args.standard_input()?;
    let subject = if let Some(name) = standard_input {
        ScanSubject::Stdin { name }
    } else if args.staged {
        ScanSubject::Staged { paths: args.paths }
    } else if let Some((base, head)) = args.range {
        ScanSubject::Range { base, head, paths: args.paths }
    } else if args.history {
        ScanSubject::History { repositories: here(args.paths), plain: args.plain_history, cache: args.cache.options() }
    } else {
        ScanSubject::Worktree { paths: here(args.paths), no_ignore: args.no_ignore }
    };
    let mut plan = ScanPlan { archives: !args.no_archives, unscanned: args.unscanned, ..plan_of(subject, args.common) };
    plan.alternates = args.alternates;
    plan.progress &= !args.no_progress;
    plan.authors = !args.no_authors;
    plan.policy.accepted_by = args.accept_policy;
    plan.policy.confined = args.confined;
    plan.reporting.repository_url = args.repository_url;
    plan.reporting.sarif_category = args.sarif_category;
    Ok(plan)
}

pub(super) fn plan_of(subject: ScanSubject, CommonArgs { rules, policy, limits, report }: CommonArgs) -> ScanPlan {
    ScanPlan {
        subject,
        rules: RuleChoice { builtin: !rules.no_default_rules, directories: rules.directories },
        policy: PolicyChoice {
            none: policy.no_config,
            config: policy.config,
            baseline: policy.baseline,
            revision: policy.policy_ref,
            accepted_by: None,
            confined: false,
        },
        thresholds: Thresholds { fail_on: report.verdict.fail_on, min_severity: report.min_severity },
        of_several: false,
        unscanned: None,
        archives: true,
        alternates: false,
        authors: true,
        threads: limits.threads.map(usize::from),
        timeout: limits.timeout,
        progress: !report.quiet && io::stderr().is_terminal(),
        reporting: reporting(&report),
    }
}

/// Returns how to report, with the default severities.
pub(super) fn reporting(args: &ReportArgs) -> Reporting {
    let color = match args.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    };
    Reporting {
        format: args.format.clone(),
        outputs: args.outputs.clone(),
        fail_on: args.verdict.fail_on.unwrap_or(DEFAULT_FAIL_ON),
        min_severity: args.min_severity.unwrap_or(DEFAULT_MIN_SEVERITY),
        exit_zero: args.verdict.exit_zero,
        allow_incomplete: args.verdict.allow_incomplete,
        color,
        verbose: args.verbose,
        quiet: args.quiet,
        repository_url: None,
        sarif_category: None,
    }
}

/// Writes the report to files first, then to standard output.
pub(super) fn deliver(wanted: &Reporting, rules: &RuleSet, report: &Redacted) -> anyhow::Result<()> {
    write_outputs(wanted, rules, report)?;
    output::print_streamed(&mut |out| render(&wanted.format, wanted, (rules, report), out))?;
    Ok(())
}

/// Writes the report to the files that are asked for.
pub(super) fn write_outputs(wanted: &Reporting, rules: &RuleSet, report: &Redacted) -> anyhow::Result<()> {
    for file in &wanted.outputs {
        let plain = Reporting { color: false, ..wanted.clone() };
        output::write_streamed(&file.file, &mut |out| render(&file.format, &plain, (rules, report), out))
            .with_context(|| format!("cannot write {}", file.file.display()))?;
    }
    Ok(())
}

pub(super) fn render(
    format: &str,
    wanted: &Reporting,
    (rules, report): (&RuleSet, &Redacted),
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let format = FORMATS.iter().find(|known| known.name == format);
    let format = format.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "unknown format"))?;
    let options = report::Options {
        color: wanted.color,
        verbose: wanted.verbose,
        quiet: wanted.quiet,
        min_severity: wanted.min_severity,
        fail_on: wanted.fail_on,
        repository_url: wanted.repository_url.clone(),
        sarif_category: wanted.sarif_category.clone(),
    };
    format.write(report, rules, &options, out)
}

pub(super) fn exit_code(wanted: &Reporting, report: &Report) -> u8 {
    match report.verdict(wanted.fail_on) {
        1 if wanted.exit_zero => 0,
        3 if wanted.allow_incomplete => 0,
        code => code,
    }
}
