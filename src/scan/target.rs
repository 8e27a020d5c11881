//! Opens what a plan is to scan, once: the repository, the ends of a range, and the files that policy and lints read.

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use crate::git::{Oid, OpenOptions, Repository, disk, rev};
use crate::model::snapshot::{EmptySnapshot, Snapshot};
use crate::model::{PathText, ReportedRepository, ScanOptions, Target, TargetKind};
use crate::scan::plan::{ScanPlan, ScanSubject};
use crate::source::history::{self, HistorySource};
use crate::source::interrupt::interrupted;
use crate::source::open_repository::{self, CommitTree, OpenRepository};
use crate::source::pushed::PushedSource;
use crate::source::range::RangeSource;
use crate::source::snapshots::{CommitTrees, DiskFiles};
use crate::source::staged::{StagedIndex, StagedSource};
use crate::source::stdin::StdinSource;
use crate::source::worktree::{self, ResolvedPaths};
use crate::source::{self, ScanSource};

/// Pushed commits whose trees lints read.
const MAX_PUSHED_TREES: usize = 8;

/// A target, ready to be scanned.
pub(crate) struct OpenTarget<'a> {
    /// Name of the target in the report.
    pub(crate) target: Target,
    pub(crate) options: ScanOptions,
    /// The repositories; `None` if the target is in none.
    pub(crate) repositories: Option<Vec<ReportedRepository>>,
    pub(crate) source: Box<dyn ScanSource + 'a>,
    /// Files that lints read beside those with findings.
    pub(crate) files: Rc<dyn Snapshot>,
    /// Files that the policy is read from; `None` for standard input.
    pub(crate) policy: Option<Rc<dyn Snapshot>>,
    /// Files that name owners: those of HEAD, of a range's base, or of the disk.
    pub(crate) owners: Rc<dyn Snapshot>,
    /// False if the scanned texts are a change, which must not allow itself.
    pub(crate) inline_allows: bool,
    /// For such a change: the trees before and after it, whose policies are compared.
    pub(crate) change: Option<(Rc<CommitTree>, Rc<CommitTree>)>,
    /// The user's own work tree, whose policy may extend files outside of it.
    pub(crate) is_own_work_tree: bool,
    /// Everything in the policy's root is scanned.
    pub(crate) is_whole: bool,
    /// Paths that were asked for and lead nowhere.
    pub(crate) missing: Vec<String>,
    /// The repository, if it was opened.
    pub(crate) repository: Option<Rc<OpenRepository>>,
}

/// Opens the targets of a plan: one, or one a repository. `input` is standard input.
pub(crate) fn open<'a>(
    plan: &ScanPlan,
    deadline: Option<Instant>,
    input: &'a mut dyn io::Read,
) -> Result<Vec<OpenTarget<'a>>, source::Error> {
    let options = OpenOptions { env: None, alternates: plan.alternates, deadline };
    let mut opened = match &plan.subject {
        ScanSubject::Worktree { paths, no_ignore } => {
            let groups = worktree::by_work_tree(paths)?.into_iter();
            groups.map(|resolved| worktree(resolved, *no_ignore, plan.threads())).collect()
        }
        ScanSubject::Staged { paths } => vec![staged(options, paths)?],
        ScanSubject::Range { base, head, paths } => vec![range(options, (base, head), paths)?],
        ScanSubject::Pushed { known, heads, names, trusted } => {
            vec![pushed(plan, options, (known, heads, names), *trusted)?]
        }
        ScanSubject::History { repositories, plain, cache } => {
            let how = history::Options { threads: plan.threads(), plain: *plain, cache: cache.clone() };
            let (found, missing) = open_repository::discover(repositories, &options)?;
            let mut opened: Vec<_> = found.iter().map(|repository| history(repository, how.clone())).collect();
            opened.first_mut().into_iter().for_each(|first| first.missing.clone_from(&missing));
            opened
        }
        ScanSubject::Stdin { name } => {
            let target = describe(TargetKind::Stdin, Path::new(""), None, None);
            vec![OpenTarget::new(target, StdinSource { input, name: name.clone() })]
        }
    };
    for target in &mut opened {
        target.options = ScanOptions { paths: target.source.paths(), ..plan.options() };
    }
    Ok(opened)
}

impl<'a> OpenTarget<'a> {
    fn new(target: Target, source: impl ScanSource + 'a) -> Self {
        Self {
            target,
            options: ScanOptions::default(),
            repositories: None,
            source: Box::new(source),
            files: Rc::new(EmptySnapshot),
            policy: None,
            owners: Rc::new(EmptySnapshot),
            inline_allows: true,
            change: None,
            is_own_work_tree: false,
            is_whole: false,
            missing: Vec::new(),
            repository: None,
        }
    }
}

fn describe(kind: TargetKind, root: &Path, head: Option<Oid>, base: Option<Oid>) -> Target {
    let name = |oid: Option<Oid>| oid.map(|oid| oid.to_string());
    Target { kind, root: PathText::of(root).text, head: name(head), base: name(base) }
}

fn worktree<'a>(resolved: ResolvedPaths, no_ignore: bool, threads: usize) -> OpenTarget<'a> {
    let ResolvedPaths { paths, missing, root } = resolved;
    // The root need not be a work tree, and its HEAD need not have a commit.
    let repository = Repository::open(&root, &OpenOptions::default()).ok();
    let is_foreign = disk::is_foreign(&root) || repository.as_ref().is_some_and(|repository| repository.foreign);
    let head = repository.as_ref().and_then(|repository| rev::head(repository).ok().flatten());
    let opened = repository.map(|opened| OpenRepository::new(opened, None));
    let repositories = opened.as_ref().map(|opened| vec![opened.describe(".".to_owned(), head)]);
    let target = describe(TargetKind::Worktree, &root, head, None);
    let files = |follow_links| Rc::new(DiskFiles { root: root.clone(), follow_links });
    let (files, policy) = (files(false), files(true));
    let owners: Rc<dyn Snapshot> = match opened.filter(|_| head.is_some()) {
        Some(opened) => Rc::new(CommitTree::new(&opened, head)),
        None => Rc::clone(&files) as _,
    };
    let (is_own_work_tree, is_whole) = (!is_foreign, paths.contains(&root));
    let source = worktree::WorktreeSource { paths, missing, root, no_ignore, threads };
    let (policy, opened) = (Some(policy as _), OpenTarget::new(target, source));
    OpenTarget { repositories, files, policy, owners, is_own_work_tree, is_whole, ..opened }
}

fn staged<'a>(options: OpenOptions, paths: &[PathBuf]) -> Result<OpenTarget<'a>, source::Error> {
    let index = Rc::new(StagedIndex::open(options)?);
    let repository = Rc::clone(&index.repository);
    let target = describe(TargetKind::Staged, repository.root(), index.head, None);
    let opened = OpenTarget::new(target, StagedSource::new(&index, paths)?);
    let policy: Option<Rc<dyn Snapshot>> = Some(Rc::clone(&index) as _);
    let owners: Rc<dyn Snapshot> = match index.head {
        Some(head) => Rc::new(CommitTree::new(&repository, Some(head))),
        None => Rc::clone(&index) as _,
    };
    let repositories = Some(vec![repository.describe(".".to_owned(), index.head)]);
    Ok(OpenTarget { repositories, files: index, policy, owners, repository: Some(repository), ..opened })
}

fn range<'a>(
    options: OpenOptions,
    (base, head): (&str, &str),
    paths: &[PathBuf],
) -> Result<OpenTarget<'a>, source::Error> {
    let deadline = options.deadline;
    let repository = OpenRepository::here(options)?;
    let expired = || interrupted() || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let mut source = RangeSource::open(&repository, base, head, &expired)?;
    source.limit(paths)?;
    let target = describe(TargetKind::Range, repository.root(), Some(source.head), source.base);
    // Without a common ancestor the base itself decides, never the head.
    let policy = Rc::new(CommitTree::new(&repository, source.merge_base.or(source.base)));
    let has_base = source.base.is_some();
    let head = Rc::new(CommitTree::new(&repository, Some(source.head)));
    Ok(OpenTarget {
        repositories: Some(vec![repository.describe(".".to_owned(), Some(source.head))]),
        files: Rc::clone(&head) as _,
        policy: Some(Rc::clone(&policy) as _),
        owners: if has_base { Rc::clone(&policy) as _ } else { Rc::clone(&head) as _ },
        inline_allows: false,
        // If every commit is new, there is no policy that it could weaken.
        change: has_base.then_some((policy, head)),
        repository: Some(repository),
        ..OpenTarget::new(target, source)
    })
}

fn pushed<'a>(
    plan: &ScanPlan,
    options: OpenOptions,
    (known, heads, names): (&[Oid], &[Oid], &[(String, Oid)]),
    trusted: Option<Oid>,
) -> Result<OpenTarget<'a>, source::Error> {
    let repository = OpenRepository::here(options)?;
    let target = describe(TargetKind::Range, repository.root(), heads.last().copied(), known.first().copied());
    let newest = heads.iter().rev().take(MAX_PUSHED_TREES);
    let trees = newest.map(|head| CommitTree::new(&repository, Some(*head))).collect();
    let policy = Rc::new(CommitTree::new(&repository, trusted));
    // With `--policy-ref` the user says whom to trust, whatever is pushed.
    let inline_allows = plan.policy.revision.is_some();
    // The first push of all has nothing that it could weaken.
    let change = (!inline_allows && policy.oid().is_some()).then(|| {
        let last = heads.last().and_then(|head| repository.resolve(&head.to_string()).ok());
        (Rc::clone(&policy), Rc::new(CommitTree::new(&repository, last)))
    });
    let source = PushedSource::new(&repository, (known, heads), names);
    Ok(OpenTarget {
        repositories: Some(vec![repository.describe(".".to_owned(), heads.last().copied())]),
        files: Rc::new(CommitTrees(trees)),
        policy: Some(Rc::clone(&policy) as _),
        owners: policy,
        inline_allows,
        change,
        repository: Some(repository),
        ..OpenTarget::new(target, source)
    })
}

fn history<'a>(repository: &Rc<OpenRepository>, options: history::Options) -> OpenTarget<'a> {
    // An unreadable HEAD is counted with the other refs.
    let head = rev::head(&repository.repository).ok().flatten();
    let policy: Rc<dyn Snapshot> = match &repository.repository.work_tree {
        Some(root) => Rc::new(DiskFiles { root: root.clone(), follow_links: true }),
        None => Rc::new(CommitTree::new(repository, head)),
    };
    let target = describe(TargetKind::History, repository.root(), head, None);
    OpenTarget {
        repositories: Some(vec![repository.describe(".".to_owned(), head)]),
        files: Rc::new(CommitTrees(vec![CommitTree::new(repository, head)])),
        policy: Some(policy),
        owners: Rc::new(CommitTree::new(repository, head)),
        repository: Some(Rc::clone(repository)),
        is_whole: true,
        ..OpenTarget::new(target, HistorySource::new(repository, options))
    }
}
