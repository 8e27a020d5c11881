//! `pinstripe baseline`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::severity;
use super::more_args::{self as args, BaselineScan};
use super::{output, scan};
use crate::detect::redact::sanitize;
use crate::git::disk;
use crate::model::Report;
use crate::model::{Location, Status};
use crate::policy::baseline::Entry;
use crate::policy::import::Gitleaks;
use crate::policy::{BASELINE_FILE, Baseline, MAX_POLICY_FILE};
use crate::scan::plan::{Plan, PolicyChoice};
use crate::source::worktree;

/// Largest source file that is read for its tokens when importing, in bytes.
const MAX_SOURCE: u64 = 16 << 20;

pub(super) fn run(command: args::Baseline) -> anyhow::Result<u8> {
    match command {
        args::Baseline::Create(scan) => create(&scan),
        args::Baseline::Update(update) => change(&update.scan, update.prune),
        args::Baseline::Stale(scan) => stale(&scan),
        args::Baseline::Import(scan) => import(&scan),
    }
}

/// A scan's findings, the root, the baseline's file and what it holds.
struct Subject {
    report: Report,
    root: PathBuf,
    file: PathBuf,
    old: Option<Baseline>,
}

fn subject(wanted: &BaselineScan) -> anyhow::Result<Subject> {
    let paths = if wanted.paths.is_empty() { vec![PathBuf::from(".")] } else { wanted.paths.clone() };
    let (_, root) = worktree::resolve(&paths)?;
    let file = wanted.file.clone().unwrap_or_else(|| root.join(BASELINE_FILE));
    let old = disk::read(&file, MAX_POLICY_FILE)?;
    let old = old.map(|bytes| Baseline::parse(&file.to_string_lossy(), &bytes)).transpose()?;
    let report = match &wanted.from {
        Some(from) => {
            let bytes = disk::read(from, MAX_POLICY_FILE)?.with_context(|| format!("no file {}", from.display()))?;
            serde_json::from_slice(&bytes).with_context(|| format!("{} is no JSON report", from.display()))?
        }
        None => {
            let policy = PolicyChoice { baseline: old.as_ref().map(|_| file.clone()), ..PolicyChoice::default() };
            let plan = Plan { policy, ..scan::plan_of_paths(paths, &wanted.rules) };
            scan::report(&plan)?.0
        }
    };
    if !report.coverage.complete {
        output::warn("warning: not everything could be read; run `pinstripe scan` for what was left out");
    }
    Ok(Subject { report, root, file, old })
}

fn create(wanted: &BaselineScan) -> anyhow::Result<u8> {
    let subject = subject(wanted)?;
    if subject.old.is_some() {
        bail!("{} is there already; use `pinstripe baseline update`", subject.file.display());
    }
    write(&subject.file, &Baseline::default(), wanted, &subject.report)
}

fn change(wanted: &BaselineScan, prune: bool) -> anyhow::Result<u8> {
    let subject = subject(wanted)?;
    let mut baseline = subject.old.clone().unwrap_or_default();
    if prune {
        for entry in unused(&baseline, &subject.report) {
            baseline.remove(&entry.rule, entry.fingerprint);
        }
    }
    write(&subject.file, &baseline, wanted, &subject.report)
}

/// Adds what is open, and writes the file.
fn write(file: &Path, old: &Baseline, wanted: &BaselineScan, report: &Report) -> anyhow::Result<u8> {
    let mut baseline = old.clone();
    let mut added = 0;
    for finding in report.open_at_or_above(severity(&wanted.min_severity)) {
        if let Some(known) = baseline.find(&finding.rule, finding.fingerprint) {
            if wanted.expires.is_none() {
                let (rule, fingerprint) = (&known.rule, known.fingerprint);
                output::warn(&format!("{rule} {fingerprint} ran out and stays so; --expires DATE prolongs it"));
                continue;
            }
            baseline.remove(&finding.rule, finding.fingerprint);
        }
        added += 1;
        baseline.add(Entry {
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint,
            reason: sanitize(&wanted.reason),
            expires: wanted.expires,
        });
    }
    save(file, &baseline)?;
    output::warn(&format!("{}: {added} added, {} in all", sanitize(&file.to_string_lossy()), baseline.iter().len()));
    Ok(0)
}

fn save(file: &Path, baseline: &Baseline) -> anyhow::Result<()> {
    output::write_whole(file, &baseline.to_bytes()).with_context(|| format!("cannot write {}", file.display()))
}

fn unused(baseline: &Baseline, report: &Report) -> Vec<Entry> {
    let found = |entry: &&Entry| {
        let same = |rule: &str, fingerprint| *rule == *entry.rule && fingerprint == entry.fingerprint;
        !report.findings.iter().any(|finding| same(&finding.rule, finding.fingerprint))
    };
    baseline.iter().filter(found).cloned().collect()
}

fn stale(wanted: &BaselineScan) -> anyhow::Result<u8> {
    let subject = subject(wanted)?;
    let Some(baseline) = &subject.old else { bail!("there is no {}", subject.file.display()) };
    let stale = unused(baseline, &subject.report);
    for entry in &stale {
        let line = format!("{} {} {}\n", entry.rule, entry.fingerprint, sanitize(&entry.reason));
        output::print_bytes(line.as_bytes())?;
    }
    output::warn(&format!("{} of {} entries are stale", stale.len(), baseline.iter().len()));
    Ok(u8::from(!stale.is_empty()))
}

fn import(wanted: &BaselineScan) -> anyhow::Result<u8> {
    let subject = subject(wanted)?;
    let mut gitleaks = Gitleaks::default();
    let read = |name: &str| -> anyhow::Result<Option<String>> {
        let bytes = disk::read(&subject.root.join(name), MAX_POLICY_FILE)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let (ignore, config) = (read(".gitleaksignore")?, read(".gitleaks.toml")?);
    if ignore.is_none() && config.is_none() {
        bail!("there is neither .gitleaksignore nor .gitleaks.toml in {}", subject.root.display());
    }
    gitleaks.ignore_file(&ignore.unwrap_or_default());
    gitleaks.config(&config.unwrap_or_default()).map_err(|why| anyhow::anyhow!(".gitleaks.toml: {why}"))?;
    let outcome = gitleaks.carry(&subject.report, &|location| token(&subject.root, location));
    let mut baseline = subject.old.clone().unwrap_or_default();
    for entry in outcome.entries {
        baseline.add(Entry { expires: wanted.expires, ..entry });
    }
    for line in outcome.said {
        output::print_bytes(format!("{line}\n").as_bytes())?;
    }
    save(&subject.file, &baseline)?;
    Ok(0)
}

/// The bytes of a place on disk, where they stand there as they are.
fn token(root: &Path, location: &Location) -> Option<Vec<u8>> {
    let plain = location.archive.is_empty() && location.encodings.is_empty() && location.path_encoding.is_none();
    if !plain || location.line != location.end_line || location.status == Status::Existing {
        return None;
    }
    let bytes = disk::read(&root.join(&location.path), MAX_SOURCE).ok().flatten()?;
    let line = bytes.split(|byte| *byte == b'\n').nth(usize::try_from(location.line.checked_sub(1)?).ok()?)?;
    let (from, to) = (location.column.checked_sub(1)?, location.end_column.checked_sub(1)?);
    line.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?).map(<[u8]>::to_vec)
}
