//! Works on one unit: fetches what is a URL, scans each repository, and leaves the unit's report and manifest.

#![expect(clippy::disallowed_methods, reason = "makes the directory of results")]

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;

use super::super::args::{CommonArgs, ReportArgs};
use super::super::{output, scan};
use super::TRY_AGAIN;
use super::args::FleetArgs;
use super::kept;
use super::mirror::Mirrors;
use super::results::{self, UnitResult};
use crate::audit::Merger;
use crate::detect::Engine;
use crate::fleet::{self, Failure, Lost, Manifest, Protocols, RepositoryName, RepositoryRecord, Unit};
use crate::git::{OpenOptions, Repository, RepositoryState};
use crate::model::{Report, ReportThresholds};
use crate::report::Redacted;
use crate::rules::{RuleSet, load};
use crate::scan::plan::{Reporting, ScanPlan, ScanSubject};
use crate::source::history::CacheOptions;
use crate::source::interrupt;

/// Directory of caches below that of the mirrors or results.
const CACHE: &str = ".history";

/// Settings that all units share.
pub(super) struct Worker {
    /// Its subject is the next repository.
    plan: ScanPlan,
    cache: Option<CacheOptions>,
    out: PathBuf,
    mirrors: Option<Mirrors>,
    protocols: Protocols,
    /// Made once for all repositories.
    engine: Engine,
    /// Digest of program, rules and options; `None` where files that are named extend others, so that nothing is kept.
    run: Option<String>,
}

/// Outcome of a unit.
pub(super) struct UnitOutcome {
    pub(super) code: u8,
    pub(super) text: String,
}

/// A repository of a unit, fetched.
struct Fetched {
    record: RepositoryRecord,
    /// Its directory, if it can be opened.
    opened: Option<PathBuf>,
    remote: Option<String>,
}

impl Worker {
    pub(super) fn new(args: FleetArgs) -> anyhow::Result<Self> {
        let FleetArgs { out, mirrors, cache, protocols, rules, policy, limits, verdict, .. } = args;
        let protocols = protocols.protocols();
        let engine = Engine::new(load::load(!rules.no_default_rules, &rules.directories)?)?;
        output::redact_by(Arc::clone(engine.redactor()));
        std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
        // Beside the mirrors, which are as large and as local.
        let cache = cache.in_directory(Some(mirrors.as_ref().unwrap_or(&out).join(CACHE)));
        let mirrors = mirrors.map(|directory| Mirrors::open(&directory, protocols)).transpose()?;
        let defaults = CommonArgs::defaults()?;
        let subject = ScanSubject::History { repositories: Vec::new(), plain: false, cache: None };
        let report = ReportArgs { verdict, format: "json".to_owned(), ..defaults.report };
        let mut plan = scan::plan_of(subject, CommonArgs { rules, policy, limits, report });
        (plan.progress, plan.of_several) = (false, true);
        let run = kept::run_digest(&plan, engine.rules().digest())?;
        Ok(Self { plan, cache, out, mirrors, protocols, engine, run })
    }

    /// Scans with this many threads, unless the user named a number.
    pub(super) fn use_threads(&mut self, threads: usize) {
        self.plan.threads.get_or_insert(threads);
    }

    pub(super) fn needs_mirrors(&self, unit: &Unit) -> anyhow::Result<()> {
        let names = unit.names(self.protocols)?;
        let is_remote = names.iter().any(|name| name.mirror().is_some());
        anyhow::ensure!(
            !is_remote || self.mirrors.is_some(),
            "the plan has URLs: --mirrors DIR says where to clone them"
        );
        Ok(())
    }

    /// Scans a unit, unless an equal result is there.
    pub(super) fn work(&self, unit: &Unit) -> anyhow::Result<UnitOutcome> {
        let (started, clock) = (jiff::Timestamp::now().to_string(), Instant::now());
        let names = unit.names(self.protocols)?;
        let fetched: Vec<Fetched> = names.iter().map(|name| self.fetch(name)).collect();
        let last = results::read(&self.out, unit, self.engine.redactor()).unwrap_or_else(|error| {
            output::warn(&format!("warning: unit {}: {error:#}; it is scanned again", unit.number));
            None
        });
        if let Some(last) = last.as_ref().filter(|last| self.is_equal(last, &fetched)) {
            let text = format!("unit {} {}: nothing new", unit.number, unit.id);
            return Ok(UnitOutcome { code: self.verdict(&last.report), text });
        }
        let (report, records) = self.scan_all(fetched)?;
        // A part of the findings is no result of the unit.
        anyhow::ensure!(!interrupt::interrupted(), "interrupted");
        let lost = last.map(|last| lost(self.engine.rules(), &last.report, &report)).unwrap_or_default();
        let mut manifest = Manifest {
            schema: Manifest::SCHEMA.to_owned(),
            unit: unit.id.clone(),
            digest: unit.digest.clone(),
            run: self.run.clone().unwrap_or_else(|| "0".repeat(64)),
            rules_digest: report.tool.rules_digest.clone(),
            report: String::new(),
            policy: kept::policy_digest(&report),
            started,
            milliseconds: milliseconds(clock),
            coverage: report.coverage.clone(),
            repositories: records,
            lost,
        };
        let wanted = self.reporting(&report);
        let mut bytes = Vec::new();
        scan::render("json", &wanted, (self.engine.rules(), &report), &mut bytes)?;
        results::write(&self.out, unit, &mut manifest, &bytes)?;
        self.tell(unit, &manifest);
        let is_transient = manifest.failures().any(|(_, failure)| failure.transient);
        let code = if is_transient { TRY_AGAIN } else { self.verdict(&report) };
        let state = if report.coverage.complete { "complete" } else { "incomplete" };
        let open = report.open_at_or_above(wanted.fail_on).count();
        let count = manifest.repositories.len();
        let text = format!(
            "unit {} {}: {count} repositories, {state}, {open} findings, {} ms",
            unit.number, unit.id, manifest.milliseconds
        );
        Ok(UnitOutcome { code, text })
    }

    fn tell(&self, unit: &Unit, manifest: &Manifest) {
        for (record, failure) in manifest.failures() {
            output::warn(&format!("warning: unit {}: {}: {}", unit.number, record.name, failure.reason));
        }
        for Lost { rule, fingerprint, repository } in &manifest.lost {
            output::warn(&format!("note: {repository} has lost {rule} {fingerprint}, which the last report had"));
        }
    }

    /// Returns how to report, with the severities of the repositories where the user named none.
    fn reporting(&self, report: &Report) -> Reporting {
        let ReportThresholds { fail_on, min_severity } = report.thresholds;
        Reporting { fail_on, min_severity, ..self.plan.reporting.clone() }
    }

    fn verdict(&self, report: &Report) -> u8 {
        scan::exit_code(&self.reporting(report), report)
    }

    fn is_equal(&self, last: &UnitResult, fetched: &[Fetched]) -> bool {
        let UnitResult { manifest, report } = last;
        let same = |(now, last): (&Fetched, &RepositoryRecord)| {
            let is_whole = now.record.failure.is_none() && last.failure.is_none() && now.record.state.is_some();
            is_whole && now.record.state == last.state && now.record.path == last.path
        };
        self.run.as_ref() == Some(&manifest.run)
            && fetched.len() == manifest.repositories.len()
            && fetched.iter().zip(&manifest.repositories).all(same)
            && manifest.policy.is_some()
            && manifest.policy == kept::policy_digest(report)
    }

    /// Fetches a repository if it is a URL, and reads its state.
    fn fetch(&self, name: &RepositoryName) -> Fetched {
        let clock = Instant::now();
        let (path, mut failure, remote) = match (name, name.mirror(), &self.mirrors) {
            (RepositoryName::Url(url), Some(mirror), Some(mirrors)) => {
                (mirrors.path(&mirror), mirrors.update(name).err(), Some(url.clone()))
            }
            (name, _, _) => (PathBuf::from(name.as_str()), None, None),
        };
        let opened = Repository::open(&path, &OpenOptions::default());
        if let (Err(error), None) = (&opened, &failure) {
            failure = Some(Failure { reason: output::shown(&error.to_string()), transient: false });
        }
        let state = opened.as_ref().ok().map(RepositoryState::read);
        let opened = opened.ok().map(|opened| opened.root().to_owned());
        let path = shown(opened.as_ref().unwrap_or(&path));
        let (refs, state) = state.map_or((None, None), |state| (Some(state.refs), state.whole));
        let (name, milliseconds) = (name.as_str().to_owned(), milliseconds(clock));
        let record = RepositoryRecord { name, path, refs, state, milliseconds, failure };
        Fetched { record, opened, remote }
    }

    /// Scans repositories and merges the reports. What is not here is a repository of which nothing was read.
    fn scan_all(&self, fetched: Vec<Fetched>) -> anyhow::Result<(Redacted, Vec<RepositoryRecord>)> {
        let (mut merger, mut records, mut absent) = (Merger::default(), Vec::new(), Vec::new());
        for Fetched { mut record, opened, remote } in fetched {
            let clock = Instant::now();
            let scanned = opened.map(|path| self.scan(&record, path));
            match scanned {
                Some(Ok(report)) => merger.add(&record.name, report)?,
                other => {
                    if let Some(Err(error)) = other {
                        let reason = output::shown(&format!("{error:#}"));
                        record.failure = Some(Failure { reason, transient: false });
                    }
                    let reason = record.failure.as_ref().map_or("", |failure| &failure.reason);
                    absent.push((record.name.clone(), record.path.clone(), remote, reason.to_owned()));
                }
            }
            record.milliseconds = record.milliseconds.saturating_add(milliseconds(clock));
            records.push(record);
        }
        let tool = crate::scan::tool(self.engine.rules());
        for (name, path, remote, reason) in absent {
            let part = fleet::unscanned((&tool, &self.plan.options()), (path, remote), &reason);
            merger.add(&name, Redacted::new(part, self.engine.redactor()).into_report())?;
        }
        let report = merger.finish()?.context("the unit has no repository")?;
        Ok((Redacted::new(report, self.engine.redactor()), records))
    }

    /// Scans a repository. What could not be fetched counts as unread.
    fn scan(&self, record: &RepositoryRecord, path: PathBuf) -> anyhow::Result<Report> {
        let subject = ScanSubject::History { repositories: vec![path], plain: false, cache: self.cache.clone() };
        let unscanned = record.failure.as_ref().map(|failure| failure.reason.clone());
        let plan = ScanPlan { subject, unscanned, ..self.plan.clone() };
        let scan = || crate::scan::run_with(&plan, &self.engine);
        let scanned = std::panic::catch_unwind(AssertUnwindSafe(scan));
        let (report, notices) = scanned.map_err(|_| anyhow::anyhow!("internal error"))??;
        for notice in &notices {
            output::warn(&format!("{}: {notice}", record.name));
        }
        Ok(Redacted::new(report, self.engine.redactor()).into_report())
    }
}

/// Returns the credentials of the last report that a repository has no longer, where it was scanned.
fn lost(rules: &RuleSet, last: &Report, report: &Report) -> Vec<Lost> {
    let here = fleet::places(report);
    let is_credential = |place: &Lost| rules.get(&place.rule).is_some_and(|rule| rule.lint.is_none());
    fleet::places(last).into_iter().filter(|place| is_credential(place) && !here.contains(place)).collect()
}

fn shown(path: &Path) -> String {
    output::shown(&path.to_string_lossy())
}

fn milliseconds(clock: Instant) -> u64 {
    u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX)
}
