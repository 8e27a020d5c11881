//! Chooses the version of the policy that a scan obeys: of the index for what is staged, of the merge base for a range,
//! on disk for the rest. `--policy-ref`, `--config`, `--baseline`, `--no-config` and `--accept-policy` override it.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use jiff::civil::Date;

use super::plan::{ScanPlan, Thresholds};
use super::target::OpenTarget;
use crate::git::OpenOptions;
use crate::git::disk;
use crate::model::snapshot::{EmptySnapshot, Snapshot};
use crate::model::{Context, Finding, ReportThresholds, Severity, Status, TargetKind};
use crate::policy::config::{DEFAULT_FAIL_ON, DEFAULT_MIN_SEVERITY};
use crate::policy::policy_diff::{self, Acceptance, PolicyVersions};
use crate::policy::{self, Baseline, CONFIG_FILE, ConfigFiles, Error, Policy, PolicyConfig, PolicyLayer};
use crate::rules::RuleSet;
use crate::source::open_repository::{CommitTree, OpenRepository};
use crate::source::snapshots::DiskFiles;

#[derive(Default)]
pub(crate) struct EffectivePolicy {
    policy: Policy,
    /// The scanned change, if it must not allow itself.
    change: Option<PolicyChange>,
    /// The policy has rules of its own, which are not in force.
    leaves_rules_out: bool,
    /// The scan reads all that the policy is about, so that an entry that covers nothing is of no use.
    judges_all: bool,
    /// The reason that no policy is obeyed.
    pub(crate) problem: Option<String>,
}

/// The policy before and after a scanned change.
struct PolicyChange {
    versions: PolicyVersions,
    /// The policy in force for findings about the change itself, without the entries that it adds.
    own: Policy,
    acceptance: Acceptance,
}

impl EffectivePolicy {
    /// `name` is what the names of the target's files begin with in messages.
    ///
    /// # Errors
    /// A policy file exists and cannot be used.
    pub(crate) fn load(plan: &ScanPlan, target: &OpenTarget<'_>, name: &str) -> Result<Self, Error> {
        let choice = &plan.policy;
        let mut effective = Self { judges_all: target.is_whole && choice.config.is_empty(), ..Self::default() };
        let named = choice.revision.as_ref().filter(|_| !choice.none);
        let named = named.map(|revision| at_revision(revision, target)).transpose()?;
        let commit = named.as_ref().and_then(CommitTree::commit).map(|commit| commit.to_string());
        // The end of the range is trusted: it tells what it changed, and its own allows count.
        let is_head = commit.is_some() && commit == target.target.head;
        let inline = target.inline_allows || is_head;
        let outside = target.is_own_work_tree && !choice.confined;
        let layers = named_layers(&choice.config, target, outside)?;
        let mut change = target.change.clone();
        effective.policy = match (named.map(Rc::new), target.policy.as_ref().filter(|_| !choice.none)) {
            (Some(named), _) => {
                let files: Rc<dyn Snapshot> = Rc::clone(&named) as _;
                change = change.map(|(before, after)| (if is_head { before } else { named }, after));
                Policy { inline, ..Policy::load(&files, layers, false)? }
            }
            (None, Some(files)) => {
                let policy = Policy::load(files, layers, outside).map_err(|error| error.below(name))?;
                Policy { inline, ..policy }
            }
            (None, None) => {
                let none: Rc<dyn Snapshot> = Rc::new(EmptySnapshot);
                Policy { inline: false, ..Policy::load(&none, layers, false)? }
            }
        };
        effective.policy.in_history = target.target.kind == TargetKind::History;
        effective.policy.check_rolled(latest_today()).map_err(|error| error.below(name))?;
        if let Some(file) = &choice.baseline {
            effective.policy.baseline = Baseline::parse(&file.to_string_lossy(), &read_named(file)?)?;
        }
        if let Some((before, after)) = change.filter(|_| !choice.none) {
            let nested = before.changed_files(&after, CONFIG_FILE);
            let versions = PolicyVersions { before, after, nested };
            let acceptance = match &choice.accepted_by {
                _ if is_head => Acceptance::Everything("in force at the end of the range".to_owned()),
                Some(user) => Acceptance::Entries(format!("accepted by {user}")),
                None => Acceptance::Nothing,
            };
            effective.set_change(PolicyChange { versions, own: Policy::default(), acceptance });
        }
        Ok(effective)
    }

    /// Adds what a change adds to the policy, if somebody accepted that.
    fn set_change(&mut self, mut change: PolicyChange) {
        change.own.clone_from(&self.policy);
        if matches!(change.acceptance, Acceptance::Entries(_)) {
            policy_diff::add_entries(&mut self.policy, &change.versions);
            self.policy.inline = true;
        }
        self.change = Some(change);
    }

    /// Returns true if the policy is the one that was there before the scanned change, chosen by nobody.
    pub(crate) fn is_of_base(plan: &ScanPlan, target: &OpenTarget<'_>) -> bool {
        let choice = &plan.policy;
        let chosen = !choice.config.is_empty() || choice.baseline.is_some() || choice.revision.is_some();
        target.change.is_some() && !chosen
    }

    /// Returns the policy of nobody.
    pub(crate) fn broken(problem: &dyn std::fmt::Display) -> Self {
        // The first line says where and why; the others show the place.
        let problem = problem.to_string().lines().next().unwrap_or_default().to_owned();
        let problem = format!("the policy before this change cannot be used, so none is obeyed: {problem}");
        Self { problem: Some(problem), ..Self::default() }
    }

    /// Leaves the rules of the repository's own out, which would judge other repositories, too.
    pub(crate) fn leave_rules_out(&mut self) {
        self.leaves_rules_out = !self.policy.rule_files.is_empty();
        self.policy.rule_files.clear();
    }

    pub(crate) fn rule_files(&self) -> &[(String, Vec<u8>)] {
        &self.policy.rule_files
    }

    /// Checks that every rule that the policy names exists, where its own rules are loaded.
    ///
    /// # Errors
    /// The first rule that does not exist.
    pub(crate) fn check_rules(&self, rules: &RuleSet) -> Result<(), Error> {
        let mut layers = self.policy.layers.iter().filter(|_| !self.leaves_rules_out);
        layers.try_for_each(|layer| layer.check_rules(rules))
    }

    /// Returns the contexts that the policy gives a path.
    pub(crate) fn context(&self, path: &str) -> Option<Vec<Context>> {
        self.policy.context(path)
    }

    /// Returns the lowest severities that fail the scan and that are shown, where the user names none.
    pub(crate) fn thresholds(&self, named: Thresholds) -> ReportThresholds {
        let last =
            |value: &dyn Fn(&PolicyConfig) -> Option<Severity>, default| self.policy.last(value).unwrap_or(default);
        let fail_on = named.fail_on.unwrap_or_else(|| last(&|config| config.fail_on, DEFAULT_FAIL_ON));
        // No policy hides what fails the scan.
        let own = || last(&|config| config.min_severity, DEFAULT_MIN_SEVERITY).min(fail_on);
        ReportThresholds { fail_on, min_severity: named.min_severity.unwrap_or_else(own) }
    }

    /// Returns notices about the files below the root that were asked for.
    ///
    /// # Errors
    /// One of them is broken, and the policy is not the one before a change.
    pub(crate) fn nested_notices(&self, rules: &RuleSet) -> Result<Vec<String>, Error> {
        let (errors, mut notices) = self.policy.take_nested_problems(rules);
        for error in errors {
            if self.change.is_none() {
                return Err(error);
            }
            let why = error.to_string().lines().next().unwrap_or_default().to_owned();
            notices.push(format!("it has no effect, because it cannot be used: {why}"));
        }
        Ok(notices)
    }

    /// Returns true if what covers a finding does not ask where it is.
    pub(crate) fn covers_anywhere(&self, finding: &Finding, rules: &RuleSet) -> bool {
        self.policy.covers_anywhere(finding, (rules, today()))
    }

    /// Applies the policy to findings and adds those about a change of the policy. Returns notices for the user, and
    /// false if no time was left: then some findings are still open.
    pub(crate) fn apply(
        &self,
        findings: &mut Vec<Finding>,
        rules: &RuleSet,
        expired: &dyn Fn() -> bool,
    ) -> (Vec<String>, bool) {
        let today = today();
        let mut weakened = Vec::new();
        if let Some(change) = &self.change {
            weakened = policy_diff::findings(rules, &change.versions, &change.acceptance);
            // Findings about the policy have no directives.
            let locations = findings.iter().flat_map(|finding| &finding.locations);
            let added = locations.filter(|at| at.status == Status::Open && at.directive.is_some());
            weakened.extend(policy_diff::inline(rules, added.cloned().collect(), &change.acceptance));
            // Entries that a change adds do not cover the findings about that change.
            policy::apply(&change.own, &mut weakened, (rules, today), expired, false);
        }
        let (mut notices, done) = policy::apply(&self.policy, findings, (rules, today), expired, self.judges_all);
        findings.append(&mut weakened);
        if self.leaves_rules_out {
            notices.push(format!("{CONFIG_FILE}: its own rules are not used in a scan of several repositories"));
        }
        (notices, done)
    }
}

/// Reads the files that the user names; `None` if there are none.
fn named_layers(
    names: &[PathBuf],
    target: &OpenTarget<'_>,
    outside: bool,
) -> Result<Option<Vec<Rc<PolicyLayer>>>, Error> {
    let root = PathBuf::from(&target.target.root);
    let mut layers = Vec::new();
    for name in names {
        let full = std::path::absolute(name).unwrap_or_else(|_| name.clone());
        let path = full.strip_prefix(&root).unwrap_or(&full).to_string_lossy().replace('\\', "/");
        let files = DiskFiles { root: root.clone(), follow_links: true };
        let found = ConfigFiles { files: &files, outside }.load(&path)?;
        if found.is_empty() {
            return Err(Error::unreadable(&name.to_string_lossy(), "there is no such file"));
        }
        layers.extend(found);
    }
    Ok((!names.is_empty()).then_some(layers))
}

fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Returns today's date where it comes first.
pub(crate) fn latest_today() -> Date {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(14)).to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn read_named(file: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |reason: &str| Error::unreadable(&file.to_string_lossy(), reason);
    let bytes = disk::read(file, policy::MAX_POLICY_FILE).map_err(|error| unreadable(&error.why()))?;
    bytes.ok_or_else(|| unreadable("there is no such file"))
}

/// Opens the tree of `--policy-ref` in the repository around the current directory.
fn at_revision(revision: &str, target: &OpenTarget<'_>) -> Result<CommitTree, Error> {
    let failed = |reason: &str| Error::unreadable("--policy-ref", reason);
    let repository = match &target.repository {
        Some(repository) => Rc::clone(repository),
        None => OpenRepository::here(OpenOptions::default()).map_err(|_| failed("there is no repository here"))?,
    };
    let commit = repository.resolve(revision).map_err(|error| failed(&error.to_string()))?;
    Ok(CommitTree::new(&repository, Some(commit)))
}
