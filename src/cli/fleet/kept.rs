//! Decides what a result depends on beside the repositories, so that it is kept only while that is the same.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;

use crate::fleet::Digest;
use crate::git::disk;
use crate::model::{Report, Status};
use crate::policy::{BASELINE_FILE, CONFIG_FILE, MAX_POLICY_FILE};
use crate::scan::plan::ScanPlan;

/// Returns the digest of program, rules and options; `None` where a file that is named extends others.
pub(super) fn run_digest(plan: &ScanPlan, rules: &str) -> anyhow::Result<Option<String>> {
    let mut digest = Digest::new("pinstripe-run/1");
    digest.add(env!("CARGO_PKG_VERSION").as_bytes());
    digest.add(rules.as_bytes());
    digest.add(&serde_json::to_vec(&plan.options())?);
    let names = [plan.thresholds.fail_on, plan.thresholds.min_severity];
    names.iter().for_each(|severity| digest.add(severity.map_or("", |severity| severity.name()).as_bytes()));
    let mut is_settled = plan.timeout.is_none();
    for file in plan.policy.config.iter().chain(&plan.policy.baseline) {
        let bytes = disk::read(file, MAX_POLICY_FILE)?;
        let bytes = bytes.with_context(|| format!("{}: there is no such file", file.display()))?;
        is_settled &= !extends(&bytes);
        digest.add(&bytes);
    }
    Ok(is_settled.then(|| digest.finish()))
}

/// Returns the digest of the policies on disk that may judge the findings of a report, and of the day where one of them
/// is not open, because entries expire. `None` where it may depend on more.
pub(super) fn policy_digest(report: &Report) -> Option<String> {
    let repositories = report.repositories.as_deref().unwrap_or_default();
    let mut files: BTreeSet<(&str, String)> = BTreeSet::new();
    for known in repositories {
        files.extend([CONFIG_FILE, BASELINE_FILE].map(|name| (&*known.path, name.to_owned())));
    }
    let mut depends_on_day = false;
    for place in report.findings.iter().flat_map(|finding| &finding.locations) {
        if place.redacted || place.path_encoding.is_some() {
            return None;
        }
        depends_on_day |= !matches!(place.status, Status::Open | Status::Existing);
        let is_here = |id: &str| place.repository.as_deref().is_none_or(|named| named == id);
        let known = repositories.iter().find(|known| is_here(&known.id))?;
        let below = place.repository.as_ref().and_then(|id| place.path.strip_prefix(&**id)?.strip_prefix('/'));
        let path = below.unwrap_or(&place.path);
        let above = path.match_indices('/').map(|(at, _)| (&*known.path, format!("{}{CONFIG_FILE}", &path[..=at])));
        files.extend(above);
    }
    let mut digest = Digest::new("pinstripe-policy/1");
    for (root, name) in files {
        let bytes = disk::read(&Path::new(root).join(&name), MAX_POLICY_FILE).ok()?.unwrap_or_default();
        if extends(&bytes) {
            return None;
        }
        [root.as_bytes(), name.as_bytes(), &bytes].into_iter().for_each(|part| digest.add(part));
    }
    if depends_on_day {
        digest.add(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string().as_bytes());
    }
    Some(digest.finish())
}

/// Returns true for a policy that may take others in.
fn extends(policy: &[u8]) -> bool {
    memchr::memmem::find(policy, b"extends").is_some()
}
