//! `pinstripe baseline`.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::CommonArgs;
use super::baseline_args::{BaselineArgs, BaselineCommand, EntryArgs, ImportArgs};
use super::{output, report, scan};
use crate::git::disk;
use crate::model::Report;
use crate::model::{Location, Status};
use crate::policy::baseline::BaselineEntry;
use crate::policy::import::Gitleaks;
use crate::policy::{BASELINE_FILE, Baseline, MAX_POLICY_FILE};
use crate::scan::plan::{PolicyChoice, ScanPlan, ScanSubject};
use crate::source::worktree;

/// Largest source file read for its tokens on import, in bytes.
const MAX_SOURCE: u64 = 16 << 20;

pub(super) fn run(command: BaselineCommand) -> anyhow::Result<u8> {
    match command {
        BaselineCommand::Create(args) => create(&args),
        BaselineCommand::Update(args) => update(&args.entries, args.prune),
        BaselineCommand::Stale(args) => stale(&args),
        BaselineCommand::Import(args) => import(&args),
    }
}

/// Findings to compare with a baseline.
struct BaselineInput {
    report: Report,
    root: PathBuf,
    /// The baseline's path.
    file: PathBuf,
    /// `None` if the file does not exist.
    baseline: Option<Baseline>,
}

impl BaselineInput {
    /// Reads the baseline, then scans or reads a report.
    fn read(args: &BaselineArgs) -> anyhow::Result<Self> {
        let root = worktree::resolve(&args.paths)?.root;
        let file = args.file.clone().unwrap_or_else(|| root.join(BASELINE_FILE));
        let bytes = disk::read(&file, MAX_POLICY_FILE)?;
        let baseline = bytes.map(|bytes| Baseline::parse(&file.to_string_lossy(), &bytes)).transpose()?;
        let report = match &args.from {
            Some(from) => {
                let (_, redactor) = report::rules(&args.rules)?;
                report::read(from, &redactor)?.into_report()
            }
            None => {
                let subject = ScanSubject::Worktree { paths: args.paths.clone(), no_ignore: false };
                let common = CommonArgs { rules: args.rules.clone(), ..CommonArgs::defaults()? };
                let policy =
                    PolicyChoice { baseline: baseline.as_ref().map(|_| file.clone()), ..PolicyChoice::default() };
                scan::report(&ScanPlan { policy, ..scan::plan_of(subject, common) }, &mut io::empty())?.0
            }
        };
        if !report.coverage.complete {
            output::warn("warning: the scan is incomplete; run `pinstripe scan` for details");
        }
        Ok(Self { report, root, file, baseline })
    }
}

fn create(args: &EntryArgs) -> anyhow::Result<u8> {
    let input = BaselineInput::read(&args.baseline)?;
    if input.baseline.is_some() {
        bail!("{} already exists; use `pinstripe baseline update`", input.file.display());
    }
    add_open(args, &input, Baseline::default())
}

fn update(args: &EntryArgs, prune: bool) -> anyhow::Result<u8> {
    let input = BaselineInput::read(&args.baseline)?;
    let mut baseline = input.baseline.clone().unwrap_or_default();
    if prune {
        for entry in unused(&baseline, &input.report) {
            baseline.remove(&entry.rule, entry.fingerprint);
        }
    }
    add_open(args, &input, baseline)
}

/// Adds open findings and writes the file.
fn add_open(args: &EntryArgs, input: &BaselineInput, mut baseline: Baseline) -> anyhow::Result<u8> {
    let mut added = 0;
    for finding in input.report.open_at_or_above(args.min_severity) {
        // An open finding is listed only if its entry has expired.
        if let Some(known) = baseline.find(&finding.rule, finding.fingerprint) {
            if args.expires.is_none() {
                let (rule, fingerprint) = (&known.rule, known.fingerprint);
                output::warn(&format!("{rule} {fingerprint} has expired; --expires DATE prolongs it"));
                continue;
            }
            baseline.remove(&finding.rule, finding.fingerprint);
        }
        added += 1;
        baseline.add(BaselineEntry {
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint,
            reason: output::shown(&args.reason),
            expires: args.expires,
        });
    }
    save(&input.file, &baseline)?;
    output::warn(&format!("{}: {added} added, {} in all", input.file.display(), baseline.iter().len()));
    Ok(0)
}

fn save(file: &Path, baseline: &Baseline) -> anyhow::Result<()> {
    output::write_whole(file, &baseline.to_bytes()).with_context(|| format!("cannot write {}", file.display()))
}

/// Returns the entries that match no finding.
fn unused(baseline: &Baseline, report: &Report) -> Vec<BaselineEntry> {
    let found = |entry: &&BaselineEntry| {
        let same = |rule: &str, fingerprint| *rule == *entry.rule && fingerprint == entry.fingerprint;
        !report.findings.iter().any(|finding| same(&finding.rule, finding.fingerprint))
    };
    baseline.iter().filter(found).cloned().collect()
}

fn stale(args: &BaselineArgs) -> anyhow::Result<u8> {
    let input = BaselineInput::read(args)?;
    let Some(baseline) = &input.baseline else { bail!("{}: no such file", input.file.display()) };
    let stale = unused(baseline, &input.report);
    for entry in &stale {
        output::print_line(&format!("{} {} {}", entry.rule, entry.fingerprint, entry.reason))?;
    }
    output::warn(&format!("{} of {} entries are stale", stale.len(), baseline.iter().len()));
    Ok(u8::from(!stale.is_empty()))
}

fn import(args: &ImportArgs) -> anyhow::Result<u8> {
    let input = BaselineInput::read(&args.baseline)?;
    let mut gitleaks = Gitleaks::default();
    let read = |name: &str| -> anyhow::Result<Option<String>> {
        let bytes = disk::read(&input.root.join(name), MAX_POLICY_FILE)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let (ignore, config) = (read(".gitleaksignore")?, read(".gitleaks.toml")?);
    if ignore.is_none() && config.is_none() {
        bail!("found neither .gitleaksignore nor .gitleaks.toml in {}", input.root.display());
    }
    gitleaks.ignore_file(&ignore.unwrap_or_default());
    gitleaks.config(&config.unwrap_or_default()).map_err(|why| anyhow::anyhow!(".gitleaks.toml: {why}"))?;
    let imported = gitleaks.import(&input.report.findings, &|location| token(&input.root, location));
    let mut baseline = input.baseline.clone().unwrap_or_default();
    for entry in imported.entries {
        baseline.add(BaselineEntry { reason: output::shown(&entry.reason), expires: args.expires, ..entry });
    }
    for line in imported.log {
        output::print_line(&line)?;
    }
    save(&input.file, &baseline)?;
    Ok(0)
}

/// Reads the token at a location from disk. `None` if the file does not hold it in plain text.
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
