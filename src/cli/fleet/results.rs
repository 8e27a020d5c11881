//! Results of units on disk: a report that is named by its digest, and a manifest that names it.

#![expect(clippy::disallowed_methods, reason = "removes reports that no manifest names any more")]

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::super::output;
use crate::audit::{MAX_SAVED_REPORT, SavedReport};
use crate::detect::Redactor;
use crate::fleet::{Manifest, Unit};
use crate::git::disk;
use crate::report::Redacted;

/// Files that a worker left of a unit.
pub(super) struct UnitResult {
    pub(super) manifest: Manifest,
    pub(super) report: Redacted,
}

/// Reads the result of a unit; `None` if there is none.
///
/// # Errors
/// Files are there, and cannot be used.
pub(super) fn read(directory: &Path, unit: &Unit, redactor: &Redactor) -> anyhow::Result<Option<UnitResult>> {
    let Some(bytes) = disk::read(&directory.join(Manifest::file(unit)), Manifest::MAX_SIZE)? else { return Ok(None) };
    let manifest = Manifest::parse(unit, &bytes)?;
    let file = directory.join(Manifest::report_file(unit, &manifest.report));
    let bytes = disk::read(&file, MAX_SAVED_REPORT)?.context("its report is not there")?;
    anyhow::ensure!(digest(&bytes) == manifest.report, "its report is damaged");
    let report = Redacted::of_saved(SavedReport::parse(&file.display().to_string(), &bytes)?, redactor);
    Ok(Some(UnitResult { manifest, report }))
}

/// Writes a report, then the manifest that names it, each whole or not at all; then removes the report of the last run.
pub(super) fn write(directory: &Path, unit: &Unit, manifest: &mut Manifest, report: &[u8]) -> anyhow::Result<()> {
    let named = directory.join(Manifest::file(unit));
    let last = last_report(directory, unit, &named);
    manifest.report = digest(report);
    let file = directory.join(Manifest::report_file(unit, &manifest.report));
    let failed = |file: &Path| format!("cannot write {}", file.display());
    output::write_whole(&file, report).with_context(|| failed(&file))?;
    let mut bytes = serde_json::to_vec_pretty(manifest)?;
    bytes.push(b'\n');
    output::write_whole(&named, &bytes).with_context(|| failed(&named))?;
    if let Some(last) = last.filter(|last| *last != file) {
        // A file that stays is named by nothing, and does no harm.
        let _ = std::fs::remove_file(last);
    }
    Ok(())
}

fn last_report(directory: &Path, unit: &Unit, manifest: &Path) -> Option<PathBuf> {
    let bytes = disk::read(manifest, Manifest::MAX_SIZE).ok()??;
    let last = Manifest::parse(unit, &bytes).ok()?;
    Some(directory.join(Manifest::report_file(unit, &last.report)))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
