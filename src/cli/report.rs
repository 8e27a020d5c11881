//! `pinstripe report`: any format from saved reports.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::{ReportArgs, RuleArgs};
use super::report_args::SavedReportArgs;
use super::{output, scan};
use crate::audit::{MAX_SAVED_REPORT, Merger, SavedReport};
use crate::detect::Redactor;
use crate::git::disk;
use crate::model::{Report, ReportThresholds};
use crate::report::Redacted;
use crate::report::split::{self, Part, SplitBy};
use crate::rules::{RuleSet, load};
use crate::scan::plan::Reporting;

pub(super) fn run(args: SavedReportArgs) -> anyhow::Result<u8> {
    let (rules, redactor) = rules(&args.rules)?;
    let (repository_url, sarif_category) = (args.repository_url, args.sarif_category);
    let reporting = Reporting { repository_url, sarif_category, ..scan::reporting(&args.report) };
    refuse_inputs(&reporting, &args.files)?;
    scan::clear_outputs(&reporting)?;
    let report = merged(&args.files, &redactor)?;
    warn_of_other_rules(&rules, &report);
    let wanted = thresholds(&args.report, reporting, &report);
    let code = scan::exit_code(&wanted, &report);
    let report = Redacted::new(report, &redactor);
    match args.split_by.zip(args.output_dir) {
        Some((by, directory)) => deliver_parts(&wanted, &rules, &report, (by.into(), &directory))?,
        None => scan::deliver(&wanted, &rules, &report)?,
    }
    Ok(code)
}

/// Writes a Markdown report for each part, then says which there are.
fn deliver_parts(
    wanted: &Reporting,
    rules: &RuleSet,
    report: &Redacted,
    (by, directory): (SplitBy, &Path),
) -> anyhow::Result<()> {
    let cannot = || format!("cannot write to {}", directory.display());
    output::make_empty(directory).with_context(cannot)?;
    scan::write_outputs(wanted, rules, report)?;
    let parts = split::parts(report, by, wanted.min_severity);
    for Part { name, file_stem, report } in &parts {
        let file = directory.join(format!("{file_stem}.md"));
        let name = name.as_deref().map_or_else(|| format!("no {}", by.name()), |name| format!("{} {name}", by.name()));
        output::write_streamed(&file, &mut |out| {
            writeln!(out, "# Stripe credentials: {}\n", split::heading(&name))?;
            scan::render("markdown", wanted, (rules, report), out)
        })
        .with_context(cannot)?;
        output::print_line(&format!("{}: {name}, open findings: {}", file.display(), report.findings.len()))?;
    }
    if parts.is_empty() {
        output::print_line("nothing is open")?;
    }
    Ok(())
}

/// Refuses to write a file that is read.
pub(super) fn refuse_inputs<'a>(
    reporting: &Reporting,
    read: impl IntoIterator<Item = &'a PathBuf>,
) -> anyhow::Result<()> {
    match read.into_iter().find(|read| reporting.outputs.iter().any(|output| output.file == **read)) {
        Some(read) => bail!("{}: it is read, and would be overwritten", read.display()),
        None => Ok(()),
    }
}

/// Loads the rules by which saved reports are explained and redacted.
pub(super) fn rules(args: &RuleArgs) -> anyhow::Result<(RuleSet, Redactor)> {
    let rules = load::load(!args.no_default_rules, &args.directories)?;
    output::redact_by_rules(&rules);
    let redactor = Redactor::new(&rules);
    Ok((rules, redactor))
}

/// Reads reports and merges them.
pub(super) fn merged(files: &[PathBuf], redactor: &Redactor) -> anyhow::Result<Report> {
    let mut merger = Merger::default();
    for file in files {
        merger.add(&name(file), read(file, redactor)?.into_report())?;
    }
    merger.finish()?.context("there is no report to read")
}

pub(super) fn name(file: &Path) -> String {
    if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() }
}

/// Reads a report from a file or standard input.
pub(super) fn read(file: &Path, redactor: &Redactor) -> anyhow::Result<Redacted> {
    let saved = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().take(MAX_SAVED_REPORT + 1).read_to_end(&mut bytes)?;
        SavedReport::parse(&name(file), &bytes)?
    } else {
        let opened = disk::open(file)?.with_context(|| format!("{}: there is no such file", file.display()))?;
        SavedReport::read(&name(file), opened.0)?
    };
    Ok(Redacted::of_saved(saved, redactor))
}

/// Takes the severities from the report, where the arguments name none.
pub(super) fn thresholds(args: &ReportArgs, reporting: Reporting, report: &Report) -> Reporting {
    let ReportThresholds { fail_on, min_severity } = report.thresholds;
    // A finding that is asked to fail is not hidden because the scan hid it.
    let shown = args.verdict.fail_on.map_or(min_severity, |fail_on| min_severity.min(fail_on));
    let (fail_on, min_severity) = (args.verdict.fail_on.unwrap_or(fail_on), args.min_severity.unwrap_or(shown));
    Reporting { fail_on, min_severity, ..reporting }
}

pub(super) fn warn_of_other_rules(rules: &RuleSet, report: &Report) {
    if rules.digest() != report.tool.rules_digest {
        output::warn(
            "note: scanned with other rules than those that explain the findings here; --rules DIR names more",
        );
    }
}
