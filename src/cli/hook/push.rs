//! Hooks of a push: pre-push on the client, pre-receive on the server.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::super::args::{CommonArgs, ReportArgs, VerdictArgs};
use super::super::hook_args::{HookArgs, PreReceiveArgs};
use super::super::{output, scan};
use super::refusal::{Moment, count, gaps, list, received};
use super::{plan_of, run_plan, variable, whole_worktree};
use crate::git::git_cli;
use crate::git::{GitEnv, Odb, Oid, OpenOptions, Repository, rev};
use crate::model::Finding;
use crate::scan::plan::{ScanPlan, ScanSubject};

/// Most bytes of ref lines that are read.
const MAX_LINES: u64 = 64 << 20;

/// Most findings that a server's refusal lists.
const MAX_LISTED: usize = 5;

/// The repository of a push.
struct HookRepository {
    repository: Repository,
    env: GitEnv,
    odb: Odb,
    deadline: Option<Instant>,
}

impl HookRepository {
    /// Opens the repository around a directory. The whole hook has this time.
    fn open(directory: &Path, time: Option<Duration>) -> anyhow::Result<Self> {
        let env = GitEnv::from_process();
        let deadline = time.and_then(|time| Instant::now().checked_add(time));
        let options = OpenOptions { env: Some(env.clone()), deadline, ..OpenOptions::default() };
        let repository = Repository::discover(directory, &options)?;
        let odb = Odb::open(&repository);
        Ok(Self { repository, env, odb, deadline })
    }

    /// Plans the scan of what is pushed, in the time that is left.
    fn plan(&self, subject: ScanSubject, common: CommonArgs) -> ScanPlan {
        let timeout = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        ScanPlan { timeout, ..plan_of(subject, common) }
    }

    /// Returns the objects of all refs with a prefix, tags peeled.
    fn refs(&self, prefix: &str) -> anyhow::Result<Vec<Oid>> {
        let format = "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)";
        let mut arguments = vec![OsStr::new("for-each-ref"), OsStr::new(format)];
        if !prefix.is_empty() {
            arguments.push(OsStr::new(prefix));
        }
        let listed = git_cli::run(&self.repository, Some(&self.env), &arguments)?;
        let mut oids: Vec<Oid> = listed.split(|byte| *byte == b'\n').filter_map(Oid::from_hex).collect();
        oids.sort_unstable();
        oids.dedup();
        Ok(oids)
    }

    fn commit(&self, oid: &Oid) -> Option<Oid> {
        rev::resolve(&self.repository, Some(&self.env), &self.odb, &oid.to_string()).ok()
    }

    /// Keeps commits only.
    fn commits(&self, oids: Vec<Oid>) -> Vec<Oid> {
        oids.iter().filter_map(|oid| self.commit(oid)).collect()
    }
}

/// Reads the ref lines that git writes to standard input, split into fields.
fn ref_lines() -> anyhow::Result<Vec<Vec<String>>> {
    let mut text = Vec::new();
    io::stdin().lock().take(MAX_LINES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_LINES {
        bail!("standard input has more than {MAX_LINES} bytes");
    }
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    Ok(lines.map(|line| String::from_utf8_lossy(line).split(' ').map(str::to_owned).collect()).collect())
}

/// Parses a field of a ref line; `None` for the zero id.
fn oid(field: Option<&String>) -> anyhow::Result<Option<Oid>> {
    let field = field.context("malformed ref line on standard input: missing object id")?;
    let oid: Oid = field.trim().parse().with_context(|| format!("malformed object id {field:?}"))?;
    Ok((!oid.is_zero()).then_some(oid))
}

/// Reads lines of `local_ref local_oid remote_ref remote_oid`, or the variables of a framework.
pub(super) fn pre_push(mut args: HookArgs) -> anyhow::Result<u8> {
    let remote = std::mem::take(&mut args.arguments).into_iter().next();
    let framework = variable("PRE_COMMIT_TO_REF");
    if framework.is_none() && variable("PRE_COMMIT").is_some() {
        return run_plan(&plan_of(whole_worktree(), args.common), &mut io::empty(), Moment::Push, |_| ());
    }
    let repo = HookRepository::open(Path::new("."), args.common.limits.timeout)?;
    let remote = match &framework {
        Some(_) => variable("PRE_COMMIT_REMOTE_NAME"),
        None => remote.map(|name| name.to_string_lossy().into_owned()),
    };
    let (mut heads, mut olds, mut names) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(to) = framework {
        let resolve = |name: &str| rev::resolve(&repo.repository, Some(&repo.env), &repo.odb, name);
        heads.push(resolve(&to)?);
        olds.extend(variable("PRE_COMMIT_FROM_REF").and_then(|from| resolve(&from).ok()));
    } else {
        for line in ref_lines()? {
            let (Some(head), old) = (oid(line.get(1))?, oid(line.get(3))?) else { continue };
            heads.push(head);
            names.extend(line.get(2).filter(|_| old.is_none()).map(|name| (name.trim().to_owned(), head)));
            olds.extend(old.filter(|old| repo.odb.contains(old)));
        }
    }
    let mut known = repo.commits(olds);
    let trusted = known.first().copied();
    if let Some(remote) = remote.filter(|name| is_name(name)) {
        let of_remote = repo.refs(&format!("refs/remotes/{remote}/"))?;
        known.extend(repo.commits(of_remote));
    }
    let trusted = trusted.or_else(|| known.first().copied());
    let plan = repo.plan(ScanSubject::Pushed { known, heads, names, trusted }, args.common);
    run_plan(&plan, &mut io::empty(), Moment::Push, |_| ())
}

/// Returns true for the name of a remote, false for a URL or path.
fn is_name(remote: &str) -> bool {
    !remote.is_empty() && !remote.contains([':', '*', '?', '[', '\\', ' ']) && !remote.starts_with(['/', '.', '-'])
}

/// Reads lines of `old_oid new_oid ref`. New objects may be in a quarantine directory that only the environment names.
pub(super) fn pre_receive(args: PreReceiveArgs) -> anyhow::Result<u8> {
    let repo = HookRepository::open(Path::new("."), args.time_budget.or(args.limits.timeout))?;
    let (mut heads, mut names) = (Vec::new(), Vec::new());
    for line in ref_lines()? {
        let (old, Some(head)) = (oid(line.first())?, oid(line.get(1))?) else { continue };
        heads.push(head);
        names.extend(line.get(2).filter(|_| old.is_none()).map(|name| (name.trim().to_owned(), head)));
    }
    if heads.is_empty() {
        return Ok(0);
    }
    let trusted = rev::head(&repo.repository)?.and_then(|head| repo.commit(&head));
    let mut known: Vec<Oid> = trusted.into_iter().collect();
    known.extend(repo.commits(repo.refs("")?));
    let PreReceiveArgs { rules, policy, limits, fail_on, exit_zero, .. } = args;
    let verdict = VerdictArgs { fail_on, exit_zero, allow_incomplete: false };
    let report = ReportArgs { verdict, ..CommonArgs::defaults()?.report };
    let common = CommonArgs { rules, policy, limits, report };
    let mut plan = repo.plan(ScanSubject::Pushed { known, heads, names, trusted }, common);
    plan.reporting.allow_incomplete |= args.accept_incomplete;
    receive(&plan)
}

/// Scans a push and prints in a few lines why it is refused.
fn receive(plan: &ScanPlan) -> anyhow::Result<u8> {
    let (report, _, wanted) = scan::report(plan, &mut io::empty())?;
    let code = scan::exit_code(&wanted, &report);
    let failing: Vec<&Finding> = report.open_at_or_above(wanted.fail_on).collect();
    if code == 1 {
        output::warn(&format!("pinstripe: push refused: {}", count(failing.len())));
        list(&failing, MAX_LISTED);
        received(&failing).into_iter().for_each(|line| output::warn(&format!("  {line}")));
    }
    if !report.coverage.complete {
        let verdict = if code == 3 { "push refused" } else { "warning" };
        output::warn(&format!("pinstripe: {verdict}: the scan is incomplete: {}", gaps(&report)));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Lab;

    #[test]
    fn the_time_of_a_hook_holds_while_it_opens_the_repository() {
        let lab = Lab::new(&[]);
        lab.commit("a", b"a\n");
        lab.git(&["repack", "-adq"]);
        lab.packs("idx").into_iter().for_each(|index| std::fs::remove_file(index).unwrap());
        let head: Oid = lab.git(&["rev-parse", "main"]).trim().parse().unwrap();
        let opened = |time| HookRepository::open(&lab.root, time).unwrap().odb.contains(&head);
        assert!(opened(None) && !opened(Some(Duration::ZERO)));
    }
}
