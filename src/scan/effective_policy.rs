//! Chooses the version of the policy that a scan obeys: of the index for what is staged, of the merge base for a range,
//! on disk for the rest. `--policy-ref`, `--config`, `--baseline`, `--no-config` and `--accept-policy` override it.

use std::path::Path;
use std::rc::Rc;

use super::plan::ScanPlan;
use super::target::{OpenTarget, TreeFiles};
use crate::git::disk;
use crate::model::snapshot::Snapshot;
use crate::model::{Context, Finding, Status};
use crate::policy::policy_diff::{self, Acceptance};
use crate::policy::{self, Baseline, CONFIG_FILE, Error, Policy, PolicyConfig};
use crate::rules::RuleSet;
use crate::source::open_repository::{CommitTree, OpenRepository};

#[derive(Default)]
pub(crate) struct EffectivePolicy {
    /// One for the whole report, or one a repository.
    policies: Vec<Policy>,
    /// The scanned change, if it must not allow itself.
    change: Option<PolicyChange>,
    /// Why no policy is obeyed.
    pub(crate) problem: Option<String>,
}

/// The policy before and after a scanned change.
struct PolicyChange {
    before: Rc<dyn Snapshot>,
    after: Rc<dyn Snapshot>,
    /// The policy in force for findings about the change itself, without the entries that it adds.
    own: Vec<Policy>,
    acceptance: Acceptance,
}

impl EffectivePolicy {
    /// # Errors
    /// A policy file exists and cannot be used.
    pub(crate) fn load(plan: &ScanPlan, target: &OpenTarget<'_>) -> Result<Self, Error> {
        let choice = &plan.policy;
        let mut effective = Self::default();
        let named = choice.revision.as_ref().filter(|_| !choice.none);
        let named = named.map(|revision| at_revision(revision, target)).transpose()?;
        let commit = named.as_ref().and_then(CommitTree::commit).map(|commit| commit.to_string());
        // The end of the range is trusted: it tells what it changed, and its own allows count.
        let is_head = commit.is_some() && commit == target.target.head;
        let inline = target.inline_allows || is_head;
        let mut before = target.policy.last().map(|policy| Rc::clone(&policy.files));
        if let Some(named) = named {
            effective.policies.push(Policy { inline, ..Policy::load(&named)? });
            before = before.filter(|_| is_head).or(Some(Rc::new(named)));
        } else if !choice.none {
            for TreeFiles { repository, below, files } in &target.policy {
                let policy = Policy::load(&**files).map_err(|error| error.below(below))?;
                let (repository, below) = (repository.clone(), below.clone());
                effective.policies.push(Policy { repository, below, inline, ..policy });
            }
        }
        if effective.policies.is_empty() {
            effective.policies.push(Policy::default());
        }
        if let Some(file) = &choice.config {
            let config = PolicyConfig::parse(&file.to_string_lossy(), &read_named(file)?)?;
            effective.policies.iter_mut().for_each(|policy| policy.config = config.clone());
        }
        if let Some(file) = &choice.baseline {
            let baseline = Baseline::parse(&file.to_string_lossy(), &read_named(file)?)?;
            effective.policies.iter_mut().for_each(|policy| policy.baseline = baseline.clone());
        }
        if let Some((before, after)) = before.zip(target.proposed.clone()).filter(|_| !choice.none) {
            let acceptance = match &choice.accepted_by {
                _ if is_head => Acceptance::Everything("in force at the end of the range".to_owned()),
                Some(user) => Acceptance::Entries(format!("accepted by {user}")),
                None => Acceptance::Nothing,
            };
            effective.set_change(PolicyChange { before, after, own: Vec::new(), acceptance });
        }
        Ok(effective)
    }

    /// Adds what a change adds to the policy, if somebody accepted that.
    fn set_change(&mut self, mut change: PolicyChange) {
        change.own.clone_from(&self.policies);
        if matches!(change.acceptance, Acceptance::Entries(_)) {
            for policy in &mut self.policies {
                policy_diff::add_entries(policy, &*change.before, &*change.after);
                policy.inline = true;
            }
        }
        self.change = Some(change);
    }

    /// Returns true if the policy is the one that was there before the scanned change, chosen by nobody.
    pub(crate) fn is_of_base(plan: &ScanPlan, target: &OpenTarget<'_>) -> bool {
        let choice = &plan.policy;
        let chosen = choice.config.is_some() || choice.baseline.is_some() || choice.revision.is_some();
        target.proposed.is_some() && !chosen
    }

    /// Returns the policy of nobody.
    pub(crate) fn broken(problem: &dyn std::fmt::Display) -> Self {
        let problem = format!("the policy before this change cannot be used, so none is obeyed: {problem}");
        Self { policies: vec![Policy::default()], change: None, problem: Some(problem) }
    }

    /// Returns the rule files of the policy. Rules of one of several repositories would judge the others, too.
    pub(crate) fn rule_files(&self) -> &[(String, Vec<u8>)] {
        match self.policies.as_slice() {
            [only] => &only.rule_files,
            _ => &[],
        }
    }

    /// Checks that every rule that the policy names exists, where its own rules are loaded.
    ///
    /// # Errors
    /// The first rule that does not exist.
    pub(crate) fn check_rules(&self, rules: &RuleSet) -> Result<(), Error> {
        let own_rules_known = |policy: &&Policy| policy.rule_files.is_empty() || self.policies.len() == 1;
        self.policies.iter().filter(own_rules_known).try_for_each(|policy| {
            policy.config.check_rules(CONFIG_FILE, rules).map_err(|error| error.below(&policy.below))
        })
    }

    /// Returns the contexts that the policy gives a path of the report.
    pub(crate) fn context(&self, path: &str) -> Option<Vec<Context>> {
        let innermost = self.policies.iter().filter(|policy| path.starts_with(&policy.below));
        let policy = innermost.max_by_key(|policy| policy.below.len())?;
        policy.config.context(&path[policy.below.len()..]).map(<[_]>::to_vec)
    }

    /// Applies the policy to findings and adds those about a change of the policy. Returns notices for the user, and
    /// false if no time was left: then some findings are still open.
    pub(crate) fn apply(
        &self,
        findings: &mut Vec<Finding>,
        rules: &RuleSet,
        expired: &dyn Fn() -> bool,
    ) -> (Vec<String>, bool) {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let mut weakened = Vec::new();
        if let Some(change) = &self.change {
            weakened = policy_diff::findings(rules, (&*change.before, &*change.after), &change.acceptance);
            // Findings about the policy have no directives.
            let locations = findings.iter().flat_map(|finding| &finding.locations);
            let added = locations.filter(|at| at.status == Status::Open && at.directive.is_some());
            weakened.extend(policy_diff::inline(rules, added.cloned().collect(), &change.acceptance));
            // Entries that a change adds do not cover the findings about that change.
            policy::apply(&change.own, &mut weakened, (rules, today), expired);
        }
        let (mut notices, done) = policy::apply(&self.policies, findings, (rules, today), expired);
        findings.append(&mut weakened);
        let unused = self.policies.iter().filter(|policy| self.policies.len() > 1 && !policy.rule_files.is_empty());
        notices.extend(unused.map(|policy| {
            format!("{}{CONFIG_FILE}: its own rules are not used in a scan of several repositories", policy.below)
        }));
        (notices, done)
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
        None => OpenRepository::here(false).map_err(|_| failed("there is no repository here"))?,
    };
    let commit = repository.resolve(revision).map_err(|error| failed(&error.to_string()))?;
    Ok(CommitTree::new(&repository, Some(commit)))
}
