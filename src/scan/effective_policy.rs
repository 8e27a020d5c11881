//! Which version of the policy a scan obeys: that of the index for what is staged, that of the merge base for a range,
//! what is on disk for everything else. `--policy-ref`, `--config`, `--baseline` and `--no-config` have their way first.

use std::path::{Path, PathBuf};

use crate::git::ancestry::Ancestry;
use crate::git::{Commit, GitEnv, ObjectKind, Odb, Oid, OpenOptions, Repository, disk, rev};
use crate::model::{Finding, Status};
use crate::policy::files::{Disk, Nothing, Staged, Tree};
use crate::policy::{self, Baseline, Config, Error, Files, Policy, weakened};
use crate::report::Report;
use crate::rules::RuleSet;
use crate::scan::plan::{Plan, PolicyChoice, Subject};
use crate::source::staged::Stage;
use crate::source::worktree;

/// A policy, with what is needed to tell whether a change weakens it.
pub struct InForce {
    /// The policy.
    pub policy: Policy,
    /// Rule files of the repository's own: their paths and texts.
    pub rule_files: Vec<(String, Vec<u8>)>,
    /// For a range: the repository, and the trees before and after.
    change: Option<(Odb, Option<Oid>, Option<Oid>)>,
}

/// Finds and reads the policy that a plan is to obey. `stage` is what is staged, where that is the plan's subject.
///
/// # Errors
/// A file of it is there and cannot be used.
pub fn find(plan: &Plan, stage: Option<&Stage>) -> Result<InForce, Error> {
    let choice = &plan.policy;
    let mut found = match (&choice.revision, &plan.subject) {
        _ if choice.none => InForce { policy: Policy::default(), rule_files: Vec::new(), change: None },
        (Some(revision), _) => at_revision(plan, revision)?,
        (None, Subject::Worktree { paths, .. }) => match worktree::resolve(paths) {
            Ok((_, root)) => read(&Disk { root })?,
            // The scan itself says what is missing.
            Err(_) => read(&Nothing)?,
        },
        (None, Subject::History { repositories, .. }) => history(repositories)?,
        (None, Subject::Stdin { .. }) => read(&Nothing)?,
        (None, Subject::Staged) => match stage {
            Some(stage) => read(&Staged(stage))?,
            None => read(&Nothing)?,
        },
        (None, Subject::Range { base, head }) => range(base, head)?,
        (None, Subject::Pushed { heads, trusted, .. }) => pushed(heads, *trusted)?,
    };
    named(choice, &mut found.policy)?;
    Ok(found)
}

fn read(files: &dyn Files) -> Result<InForce, Error> {
    let policy = Policy::load(files)?;
    let mut rule_files = Vec::new();
    for directory in &policy.config.rules.directories {
        for path in files.list(directory.trim_end_matches('/'))? {
            rule_files.extend(files.read(&path)?.map(|bytes| (path, bytes)));
        }
    }
    Ok(InForce { policy, rule_files, change: None })
}

/// Files that the user names outrank those of the repository.
fn named(choice: &PolicyChoice, policy: &mut Policy) -> Result<(), Error> {
    if let Some(file) = &choice.config {
        policy.config = Config::parse(&shown(file), &named_file(file)?)?;
    }
    if let Some(file) = &choice.baseline {
        policy.baseline = Baseline::parse(&shown(file), &named_file(file)?)?;
    }
    Ok(())
}

fn shown(file: &Path) -> String {
    crate::detect::redact::sanitize(&file.to_string_lossy())
}

fn named_file(file: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |why: String| Error::Unreadable { file: shown(file), why };
    let bytes = disk::read(file, policy::MAX_POLICY_FILE).map_err(|error| unreadable(error.to_string()))?;
    bytes.ok_or_else(|| unreadable("there is no such file".to_owned()))
}

/// The repository around the current directory; without one, the scan itself complains.
fn here() -> Option<(Repository, GitEnv)> {
    let env = GitEnv::from_process();
    let options = OpenOptions { env: Some(env.clone()), alternates: false };
    Some((Repository::discover(Path::new("."), &options).ok()?, env))
}

/// What is on disk at the root of the repository, or in HEAD where there is no work tree. Several repositories have no
/// policy in common.
fn history(repositories: &[PathBuf]) -> Result<InForce, Error> {
    let [path] = repositories else { return read(&Nothing) };
    let Ok(repository) = Repository::discover(path, &OpenOptions::default()) else { return read(&Nothing) };
    if let Some(root) = repository.work_tree.clone() {
        return read(&Disk { root });
    }
    let odb = Odb::open(&repository);
    let tree = rev::head(&repository).and_then(|head| tree_of(&odb, &head));
    read(&Tree { odb: &odb, tree })
}

fn range(base: &str, head: &str) -> Result<InForce, Error> {
    let Some((repository, env)) = here() else { return read(&Nothing) };
    let odb = Odb::open(&repository);
    let resolve = |name: &str| rev::resolve(&repository, Some(&env), &odb, name).ok();
    let (Some(base), Some(head)) = (resolve(base), resolve(head)) else { return read(&Nothing) };
    // Without a common ancestor the base itself decides: the head's word never counts.
    let trusted = Ancestry::new(&repository, Some(&env)).merge_base(&base, &head).unwrap_or(base);
    let before = tree_of(&odb, &trusted);
    let after = tree_of(&odb, &head);
    let mut found = read(&Tree { odb: &odb, tree: before })?;
    found.policy.inline = false;
    found.change = Some((odb, before, after));
    Ok(found)
}

/// For a push: the policy of the commit that the receiver trusts.
fn pushed(heads: &[Oid], trusted: Option<Oid>) -> Result<InForce, Error> {
    let Some((repository, env)) = here() else { return read(&Nothing) };
    let odb = Odb::open(&repository);
    let after = heads.last().and_then(|head| rev::resolve(&repository, Some(&env), &odb, &head.to_string()).ok());
    let (before, after) = (trusted.and_then(|oid| tree_of(&odb, &oid)), after.and_then(|oid| tree_of(&odb, &oid)));
    let mut found = read(&Tree { odb: &odb, tree: before })?;
    found.policy.inline = false;
    // The first push of all has nothing that it could weaken.
    found.change = before.map(|before| (odb, Some(before), after));
    Ok(found)
}

fn at_revision(plan: &Plan, revision: &str) -> Result<InForce, Error> {
    let unreadable = |why: String| Error::Unreadable { file: "--policy-ref".to_owned(), why };
    let (repository, env) = here().ok_or_else(|| unreadable("there is no repository here".to_owned()))?;
    let odb = Odb::open(&repository);
    let commit =
        rev::resolve(&repository, Some(&env), &odb, revision).map_err(|error| unreadable(error.to_string()))?;
    let before = tree_of(&odb, &commit);
    let mut found = read(&Tree { odb: &odb, tree: before })?;
    if let Subject::Range { head, .. } = &plan.subject {
        found.policy.inline = false;
        let head = rev::resolve(&repository, Some(&env), &odb, head).ok();
        let after = head.and_then(|head| tree_of(&odb, &head));
        found.change = Some((odb, before, after));
    }
    Ok(found)
}

fn tree_of(odb: &Odb, commit: &Oid) -> Option<Oid> {
    match odb.read(commit) {
        Ok(Some((ObjectKind::Commit, bytes))) => Commit::parse(&bytes, odb.format).map(|commit| commit.tree),
        _ => None,
    }
}

impl InForce {
    /// Applies the policy to a report, findings about a change of the policy included. Returns notices for the user.
    pub fn apply(&self, report: &mut Report, rules: &RuleSet) -> Vec<String> {
        if let Some((odb, before, after)) = &self.change {
            let (before, after) = (Tree { odb, tree: *before }, Tree { odb, tree: *after });
            report.findings.extend(weakened::findings(rules, &before, &after));
        }
        if self.change.is_some() {
            report.findings.extend(added_allows(report, rules));
        }
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        self.policy.apply(report, rules, today)
    }
}

/// Inline allows next to credentials that the change adds.
fn added_allows(report: &Report, rules: &RuleSet) -> Option<Finding> {
    let locations = report.findings.iter().flat_map(|finding| &finding.locations);
    let added = locations.filter(|at| at.status == Status::Open && at.directive.is_some());
    weakened::inline(rules, added.cloned().collect())
}
