//! Chooses the version of the policy that a scan obeys: of the index for what is staged, of the merge base for a range,
//! on disk for the rest. `--policy-ref`, `--config`, `--baseline` and `--no-config` override it.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use super::plan::ScanPlan;
use super::target::OpenTarget;
use crate::git::disk;
use crate::model::snapshot::Snapshot;
use crate::model::{Finding, Status};
use crate::policy::{self, Baseline, Error, Policy, PolicyConfig, policy_diff};
use crate::rules::RuleSet;
use crate::source::open_repository::{CommitTree, OpenRepository};

#[derive(Default)]
pub(crate) struct EffectivePolicy {
    pub(crate) policy: Policy,
    /// Versions of the policy before and after the scanned change, if it must not allow itself.
    change: Option<(Rc<dyn Snapshot>, Rc<dyn Snapshot>)>,
}

impl EffectivePolicy {
    /// # Errors
    /// A policy file exists and cannot be used.
    pub(crate) fn load(plan: &ScanPlan, target: &OpenTarget<'_>) -> Result<Self, Error> {
        let choice = &plan.policy;
        let mut effective = Self::default();
        if !choice.none {
            let files = match &choice.revision {
                Some(revision) => Rc::new(at_revision(revision, target)?),
                None => Rc::clone(&target.policy),
            };
            effective.policy = Policy { inline: target.inline_allows, ..Policy::load(&*files)? };
            effective.change = target.proposed.clone().map(|proposed| (files, proposed));
        }
        if let Some(file) = &choice.config {
            effective.policy.config = PolicyConfig::parse(&file.to_string_lossy(), &read_named(file)?)?;
        }
        if let Some(file) = &choice.baseline {
            effective.policy.baseline = Baseline::parse(&file.to_string_lossy(), &read_named(file)?)?;
        }
        Ok(effective)
    }

    /// Applies the policy to findings and adds those about a change of the policy. Returns notices for the user, and
    /// false if no time was left: then some findings are still open.
    pub(crate) fn apply(
        &self,
        findings: &mut Vec<Finding>,
        rules: &RuleSet,
        expired: &dyn Fn() -> bool,
    ) -> (BTreeSet<String>, bool) {
        if let Some((before, after)) = &self.change {
            findings.extend(policy_diff::findings(rules, &**before, &**after));
            // Findings about the policy have no directives.
            let locations = findings.iter().flat_map(|finding| &finding.locations);
            let added = locations.filter(|at| at.status == Status::Open && at.directive.is_some());
            findings.extend(policy_diff::inline(rules, added.cloned().collect()));
        }
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let mut notices = BTreeSet::new();
        for finding in findings.chunks_mut(1) {
            if expired() {
                return (notices, false);
            }
            notices.extend(self.policy.apply(finding, rules, today));
        }
        (notices, true)
    }
}

fn read_named(file: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |reason: &str| Error::unreadable(&file.to_string_lossy(), reason);
    let bytes = disk::read(file, policy::MAX_POLICY_FILE).map_err(|error| unreadable(&error.to_string()))?;
    bytes.ok_or_else(|| unreadable("there is no such file"))
}

/// Opens the tree of `--policy-ref` in the repository around the current directory.
fn at_revision(revision: &str, target: &OpenTarget<'_>) -> Result<CommitTree, Error> {
    let failed = |reason: &str| Error::unreadable("--policy-ref", reason);
    let repository = match &target.repository {
        Some(repository) => Rc::clone(repository),
        None => OpenRepository::here().map_err(|_| failed("there is no repository here"))?,
    };
    let commit = repository.resolve(revision).map_err(|error| failed(&error.to_string()))?;
    Ok(CommitTree::new(&repository, Some(commit)))
}
