//! `pinstripe fleet merge`: the report on all units, one at a time, and what is missing of them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;

use super::super::{output, report, scan};
use super::args::MergeArgs;
use super::results::{self, UnitResult};
use super::{PLAN_FILE, read_plan};
use crate::audit::{MergeError, Merger};
use crate::detect::Redactor;
use crate::fleet::{self, Known, RepositoryName, Unit};
use crate::model::{Report, ScanOptions, Tool};
use crate::report::{Redacted, json};

pub(super) fn run(args: &MergeArgs) -> anyhow::Result<u8> {
    let (rules, redactor) = report::rules(&args.rules)?;
    let reporting = scan::reporting(&args.report);
    let file = args.plan.clone().unwrap_or_else(|| args.directory.join(PLAN_FILE));
    let (plan, _) = read_plan(&file, args.protocols.protocols())?;
    let last = args.previous.as_ref().map(|file| known(file, &redactor)).transpose()?;
    let audit = args.audit.clone().unwrap_or_else(|| args.directory.join("audit.jsonl"));
    scan::clear_outputs(&reporting)?;
    let failed = || format!("cannot write {}", audit.display());
    output::clear(&audit).with_context(failed)?;
    let mut parts = Parts { redactor: &redactor, merger: Merger::default(), alike: None, mirrors: None };
    let mut missing = Vec::new();
    for unit in &plan.units {
        if let Err(why) = parts.add(&args.directory, unit)? {
            output::warn(&format!("unit {} {}: {why}", unit.number, unit.id));
            missing.push((unit, why));
        }
    }
    if !missing.is_empty() {
        output::warn(&format!("{} of {} units are missing", missing.len(), plan.units.len()));
    }
    for (unit, why) in &missing {
        parts.add_missing(unit, unit.names(args.protocols.protocols())?, why)?;
    }
    let Some(report) = parts.merger.finish()? else {
        output::warn("no unit has a result");
        return Ok(if args.report.verdict.allow_incomplete { 0 } else { 3 });
    };
    let report = Redacted::new(report, &redactor);
    report::warn_of_other_rules(&rules, &report);
    output::write_streamed(&audit, &mut |out| {
        fleet::lines(&report, last.as_ref()).try_for_each(|line| json::write_line(&line, out))
    })
    .with_context(failed)?;
    if let Some(last) = &last {
        compare(last, &report);
    }
    let wanted = report::thresholds(&args.report, reporting, &report);
    scan::deliver(&wanted, &rules, &report)?;
    Ok(scan::exit_code(&wanted, &report))
}

/// Returns the findings of the last report.
fn known(file: &Path, redactor: &Redactor) -> anyhow::Result<Known> {
    let last = report::read(file, redactor)?.into_report();
    Ok(identities(&last))
}

fn identities(report: &Report) -> Known {
    report.findings.iter().map(|finding| (finding.rule.clone(), finding.fingerprint)).collect()
}

fn compare(last: &Known, report: &Report) {
    let here = identities(report);
    for (rule, fingerprint) in last.difference(&here) {
        output::warn(&format!("gone: {rule} {fingerprint}"));
    }
    let (new, gone) = (here.difference(last).count(), last.difference(&here).count());
    output::warn(&format!("{new} new and {gone} gone since the last run"));
}

/// The units so far.
struct Parts<'a> {
    redactor: &'a Redactor,
    merger: Merger,
    /// The program, rules and options of the first unit.
    alike: Option<(Tool, ScanOptions)>,
    /// The directory of mirrors of a unit.
    mirrors: Option<String>,
}

impl Parts<'_> {
    /// Adds the result of a unit. Returns why it cannot be used, if it is missing.
    fn add(&mut self, directory: &Path, unit: &Unit) -> anyhow::Result<Result<(), String>> {
        let UnitResult { manifest, report } = match results::read(directory, unit, self.redactor) {
            Ok(Some(result)) => result,
            Ok(None) => return Ok(Err("it has no result".to_owned())),
            Err(error) => return Ok(Err(format!("{error:#}"))),
        };
        for (record, failure) in manifest.failures() {
            output::warn(&format!("unit {} {}: {}: {}", unit.number, unit.id, record.name, failure.reason));
        }
        for lost in &manifest.lost {
            let (rule, fingerprint) = (&lost.rule, lost.fingerprint);
            output::warn(&format!(
                "note: {} has lost {rule} {fingerprint}, which the last report had",
                lost.repository
            ));
        }
        let mirror = manifest.repositories.iter().find(|record| RepositoryName::is_remote(&record.name));
        let directory = mirror.and_then(|record| record.path.rsplit_once('/')).map(|(above, _)| above.to_owned());
        self.mirrors = self.mirrors.take().or(directory);
        let report = report.into_report();
        let reported = report.repositories.iter().flatten().map(|known| &known.path).collect::<BTreeSet<_>>();
        let is_own = reported == manifest.repositories.iter().map(|record| &record.path).collect();
        if !is_own || reported.iter().any(|path| self.merger.has(path)) {
            return Ok(Err("its report is about other repositories".to_owned()));
        }
        self.alike.get_or_insert_with(|| (report.tool.clone(), report.options.clone()));
        match self.merger.add(&format!("unit {}", unit.number), report) {
            Ok(()) => Ok(Ok(())),
            Err(error @ MergeError::Unlike { .. }) => Ok(Err(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds the repositories of a missing unit, of which nothing was read.
    fn add_missing(&mut self, unit: &Unit, names: Vec<RepositoryName>, why: &str) -> anyhow::Result<()> {
        let Some((tool, options)) = &self.alike else { return Ok(()) };
        for name in names {
            let place = match (&name, name.mirror()) {
                (RepositoryName::Url(url), Some(mirror)) => {
                    (format!("{}/{mirror}", self.mirrors.as_deref().unwrap_or("/mirrors")), Some(url.clone()))
                }
                (name, _) => (name.as_str().to_owned(), None),
            };
            let part = fleet::unscanned((tool, options), place, &format!("unit {}: {why}", unit.number));
            self.merger.add(name.as_str(), Redacted::new(part, self.redactor).into_report())?;
        }
        Ok(())
    }
}
