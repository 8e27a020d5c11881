//! From a plan to a report: the only place that knows the order of the stages.

pub mod effective_policy;
pub mod group;
pub mod plan;
pub mod prove;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::detect::LocatedHit;
use crate::detect::{self, Engine, redact::sanitize};
use crate::git::{GitEnv, Oid, OpenError, OpenOptions, Repository, rev};
use crate::lints::{Neighbours, Nobody};
use crate::model::{Coverage, Finding};
use crate::model::{CoverageReport, Report, SCHEMA, Target, TargetKind, Tool};
use crate::policy::{self, CONFIG_FILE};
use crate::rules::load;
use crate::scan::plan::{Plan, Subject};
use crate::source::staged::{Stage, StageError};
use crate::source::{Progress, Shared, history, neighbours, range, staged, stdin, worktree};
use effective_policy::InForce;

/// Heads of one push whose trees lints may ask.
const MAX_PUSHED_TREES: usize = 8;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules are at fault.
    #[error(transparent)]
    Rules(#[from] load::Error),
    /// The policy is at fault.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// The rules cannot be searched together.
    #[error(transparent)]
    Engine(#[from] detect::Error),
    /// A path that was asked for is not there.
    #[error(transparent)]
    Missing(#[from] worktree::Missing),
    /// There is no repository where one is needed.
    #[error(transparent)]
    Repository(#[from] OpenError),
    /// What is staged cannot be read.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The range that was asked for cannot be walked.
    #[error(transparent)]
    Range(#[from] range::Error),
    /// The history that was asked for cannot be walked.
    #[error(transparent)]
    History(#[from] history::Error),
}

/// What a scan needs beside its plan.
pub struct Prepared {
    /// The matcher, with the rules in force.
    pub engine: Engine,
    policy: InForce,
    /// What is staged, where that is the subject.
    stage: Option<Stage>,
}

/// Reads the policy that a plan is to obey, and makes the engine that the two ask for.
///
/// # Errors
/// When the rules or the policy are at fault.
pub fn prepare(plan: &Plan) -> Result<Prepared, Error> {
    let stage = matches!(plan.subject, Subject::Staged).then(Stage::open).transpose()?;
    let policy = effective_policy::find(plan, stage.as_ref())?;
    let rules = load::load_with(plan.rules.builtin, &plan.rules.directories, &policy.rule_files)?;
    policy.policy.config.check_rules(CONFIG_FILE, &rules)?;
    Ok(Prepared { engine: Engine::new(rules)?, policy, stage })
}

/// Runs a scan. `input` is standard input. Gives the report, and what the user should know about the policy.
///
/// # Errors
/// When there is nothing that a report could be about: a missing path.
pub fn scan(plan: &Plan, prepared: &Prepared, input: &mut dyn io::Read) -> Result<(Report, Vec<String>), Error> {
    let engine = &prepared.engine;
    let shared = shared(plan, engine);
    let mut finish: Box<dyn Fn(&mut Finding) + '_> = Box::new(|_| {});
    let mut tree: Box<dyn Neighbours> = Box::new(Nobody);
    let target = match &plan.subject {
        Subject::Worktree { paths, no_ignore } => {
            let (paths, root) = worktree::resolve(paths)?;
            let target = worktree_target(&root);
            tree = Box::new(neighbours::Disk(root.clone()));
            let options = worktree::Options { paths, root, no_ignore: *no_ignore, threads: plan.threads() };
            worktree::scan(&shared, &options);
            target
        }
        Subject::Staged => {
            let stage = prepared.stage.as_ref().ok_or_else(|| OpenError::NotFound(PathBuf::from(".")))?;
            staged::scan(&shared, stage);
            tree = Box::new(neighbours::Staged(stage));
            repository_target(TargetKind::Staged, &stage.repository, stage.head, None)
        }
        Subject::Range { base, head } => {
            let env = GitEnv::from_process();
            let repository = here(&env)?;
            let range = range::scan(&shared, &repository, Some(&env), (base, head))?;
            let ends = range.ends.clone();
            finish = Box::new(move |finding| range.expose(finding));
            let target = repository_target(TargetKind::Range, &repository, Some(ends.head), ends.base);
            tree = Box::new(neighbours::Committed::new(repository, ends.head));
            target
        }
        Subject::Pushed { known, heads, .. } => {
            let env = GitEnv::from_process();
            let repository = here(&env)?;
            let ranges = range::scan_pushed(&shared, &repository, Some(&env), known, heads)?;
            finish = Box::new(move |finding| {
                if let Some(range) = ranges.iter().find(|range| range.concerns(finding)) {
                    range.expose(finding);
                }
            });
            let newest = heads.iter().rev().take(MAX_PUSHED_TREES);
            let trees: Vec<_> = newest.map(|head| neighbours::Committed::new(repository.clone(), *head)).collect();
            tree = Box::new(trees);
            repository_target(TargetKind::Range, &repository, heads.last().copied(), known.first().copied())
        }
        Subject::History { repositories, alternates, plain, cache } => {
            let options = history::Options { threads: plan.threads(), plain: *plain, cache: cache.clone() };
            let open = OpenOptions { env: None, alternates: *alternates };
            let mut history = history::scan_all(&shared, repositories, &open, &options)?;
            warn(&history.warnings);
            let target = history_target(&history);
            tree = Box::new(std::mem::take(&mut history.heads));
            finish = Box::new(move |finding| history.expose(engine.rules(), finding));
            target
        }
        Subject::Stdin { name } => {
            stdin::scan(&shared, input, name);
            Target { kind: TargetKind::Stdin, root: String::new(), head: None, base: None }
        }
    };
    let walked = Walked { target, finish, tree };
    Ok(walked.settle(&shared, prepared))
}

/// What every thread of a scan shares, from what the plan asks for.
fn shared<'a>(plan: &Plan, engine: &'a Engine) -> Shared<'a> {
    let deadline = plan.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let progress = if plan.progress { Progress::drawn(unit(&plan.subject)) } else { Progress::hidden() };
    let mut shared = Shared::new(engine, deadline, progress);
    shared.archives = plan.archives;
    shared.line_hashes = plan.reporting.needs_line_hashes();
    shared
}

/// What a source leaves behind besides what it collected.
struct Walked<'a> {
    target: Target,
    /// What only the source can add to a finding.
    finish: Box<dyn Fn(&mut Finding) + 'a>,
    /// The files beside those that were scanned.
    tree: Box<dyn Neighbours + 'a>,
}

impl Walked<'_> {
    /// Findings, then lints, then policy.
    fn settle(self, shared: &Shared<'_>, prepared: &Prepared) -> (Report, Vec<String>) {
        let collected = shared.take_collected();
        let mut report = report(&prepared.engine, self.target, collected.sightings, &collected.coverage);
        report.findings.iter_mut().for_each(self.finish);
        let told = |path: &str| prepared.policy.policy.config.context(path).map(<[_]>::to_vec);
        shared.lints().run(&mut report.findings, &collected.facts, self.tree.as_ref(), &told);
        report.sort();
        let notices = prepared.policy.apply(&mut report, prepared.engine.rules());
        (report, notices)
    }
}

/// The repository around the current directory, or the one that git's environment names.
fn here(env: &GitEnv) -> Result<Repository, OpenError> {
    Repository::discover(Path::new("."), &OpenOptions { env: Some(env.clone()), alternates: false })
}

fn repository_target(kind: TargetKind, repository: &Repository, head: Option<Oid>, base: Option<Oid>) -> Target {
    let name = |oid: Option<Oid>| oid.map(|oid| oid.to_string());
    Target { kind, root: sanitize(&repository.root().to_string_lossy()), head: name(head), base: name(base) }
}

/// Sentences for the user, beside the report.
fn warn(sentences: &[String]) {
    use std::io::Write as _;
    for sentence in sentences {
        // There is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "warning: {sentence}");
    }
}

fn history_target(history: &history::Histories) -> Target {
    let head = history.head.map(|head| head.to_string());
    Target { kind: TargetKind::History, root: sanitize(&history.root.to_string_lossy()), head, base: None }
}

/// What the progress bar counts.
fn unit(subject: &Subject) -> &'static str {
    if matches!(subject, Subject::History { .. }) { "objects" } else { "files" }
}

fn worktree_target(root: &Path) -> Target {
    Target { kind: TargetKind::Worktree, root: sanitize(&root.to_string_lossy()), head: head_of(root), base: None }
}

/// The commit of HEAD, where the root is a work tree that has one.
fn head_of(root: &Path) -> Option<String> {
    let repository = Repository::open(root, &OpenOptions::default()).ok()?;
    rev::head(&repository).map(|oid| oid.to_string())
}

fn report(engine: &Engine, target: Target, sightings: Vec<LocatedHit>, coverage: &Coverage) -> Report {
    let rules = engine.rules();
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules_digest: rules.digest().to_owned(),
        },
        target,
        findings: group::findings(rules, sightings),
        coverage: CoverageReport::from(coverage),
    }
}
