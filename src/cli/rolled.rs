//! `pinstripe rolled`: credentials that were rolled, in `pinstripe.toml`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use jiff::civil::Date;

use super::rolled_args::{RolledAddArgs, RolledCommand, RolledListArgs};
use super::{output, report};
use crate::credential::Fingerprint;
use crate::detect::Redactor;
use crate::git::disk;
use crate::policy::rolled::RolledEntry;
use crate::policy::{CONFIG_FILE, MAX_POLICY_FILE, PolicyConfig};
use crate::rules::load;
use crate::scan;
use crate::source::worktree;

pub(super) fn run(command: RolledCommand) -> anyhow::Result<u8> {
    match command {
        RolledCommand::Add(args) => add(&args),
        RolledCommand::List(args) => list(&args),
    }
}

fn file(named: Option<&PathBuf>) -> anyhow::Result<PathBuf> {
    match named {
        Some(file) => Ok(file.clone()),
        None => Ok(worktree::resolve(&[PathBuf::from(".")])?.root.join(CONFIG_FILE)),
    }
}

fn add(args: &RolledAddArgs) -> anyhow::Result<u8> {
    let fingerprint = fingerprint(args)?;
    let file = file(args.config.as_ref())?;
    let latest = scan::latest_today();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let date: Date = args.date.unwrap_or(today);
    if date > latest {
        bail!("the date {date} is after today");
    }
    let mut bytes = disk::read(&file, MAX_POLICY_FILE)?.unwrap_or_default();
    let name = file.to_string_lossy();
    let known = PolicyConfig::parse(&name, &bytes)?;
    if known.rolled.iter().any(|entry| entry.fingerprint == fingerprint) {
        bail!("{name}: {fingerprint} is there already");
    }
    let note = output::shown(args.note.as_deref().unwrap_or_default());
    let entry = RolledEntry { fingerprint, date, by: output::shown(&args.by), note };
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    bytes.extend(entry.to_toml().trim_start_matches(if bytes.is_empty() { "\n" } else { "" }).as_bytes());
    let after = PolicyConfig::parse(&name, &bytes).context("the entry cannot be added to the end of the file")?;
    if after.rolled.last() != Some(&entry) {
        bail!("{name}: the entry cannot be added to the end of the file");
    }
    output::write_whole(&file, &bytes).with_context(|| format!("cannot write {name}"))?;
    output::warn(&format!("{name}: {}", entry.description()));
    Ok(0)
}

/// Returns the fingerprint that is named, or that of the only credential of the reports with these last characters.
fn fingerprint(args: &RolledAddArgs) -> anyhow::Result<Fingerprint> {
    let reports = || {
        let redactor = Redactor::new(&load::load(true, &[])?);
        args.reports.iter().map(|file| report::read(file, &redactor)).collect::<anyhow::Result<Vec<_>>>()
    };
    if let Some(fingerprint) = Fingerprint::parse(&args.credential) {
        let is_there = |found: &crate::report::Redacted| found.findings.iter().any(|it| it.fingerprint == fingerprint);
        if !args.reports.is_empty() && !reports()?.iter().any(is_there) {
            bail!("no report has {fingerprint}");
        }
        return Ok(fingerprint);
    }
    if args.credential.chars().count() != 4 || args.reports.is_empty() {
        bail!("expected a fingerprint (32 hex digits), or the last four characters of a key with --report FILE");
    }
    let ends = format!("…{}", args.credential);
    let mut found = BTreeSet::new();
    for report in reports()? {
        let with_end =
            report.findings.iter().filter(|it| it.key.as_ref().is_some_and(|key| key.masked.ends_with(&ends)));
        found.extend(with_end.map(|it| it.fingerprint));
    }
    match (found.len(), found.first()) {
        (1, Some(only)) => Ok(*only),
        (0, _) => bail!("no credential of the reports ends in {}", args.credential),
        (count, _) => {
            bail!("{count} credentials of the reports end in {}; name one by its fingerprint", args.credential)
        }
    }
}

fn list(args: &RolledListArgs) -> anyhow::Result<u8> {
    let file = file(args.config.as_ref())?;
    let bytes = disk::read(&file, MAX_POLICY_FILE)?.unwrap_or_default();
    for entry in PolicyConfig::parse(&file.to_string_lossy(), &bytes)?.rolled {
        output::print_line(&entry.description())?;
    }
    Ok(0)
}
