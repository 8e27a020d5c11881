//! Hooks around a push: on the side that sends and on the side that receives.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::super::more_args::{HookScan, PreReceive};
use super::super::{output, scan};
use super::{everything, judge, plan, variable};
use crate::detect::redact::sanitize;
use crate::git::git_cli;
use crate::git::{GitEnv, Odb, Oid, OpenOptions, Repository, rev};
use crate::model::{Finding, Severity};
use crate::report::Report;
use crate::scan::plan::{Plan, Subject};

/// Bytes of ref lines that are read: about a hundred thousand.
const MAX_LINES: u64 = 64 << 20;

/// Findings that a server's refusal names.
const NAMED: usize = 5;

struct Here {
    repository: Repository,
    env: GitEnv,
    odb: Odb,
}

impl Here {
    fn open() -> anyhow::Result<Self> {
        let env = GitEnv::from_process();
        let options = OpenOptions { env: Some(env.clone()), alternates: false };
        let repository = Repository::discover(Path::new("."), &options)?;
        let odb = Odb::open(&repository);
        Ok(Self { repository, env, odb })
    }

    /// The objects of all refs whose name begins with `prefix`, tags unwrapped.
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

    /// Only commits hide what they reach.
    fn commits(&self, oids: Vec<Oid>) -> Vec<Oid> {
        oids.iter().filter_map(|oid| self.commit(oid)).collect()
    }
}

/// The lines that git writes to a hook, split into words.
fn lines() -> anyhow::Result<Vec<Vec<String>>> {
    let mut text = Vec::new();
    io::stdin().lock().take(MAX_LINES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_LINES {
        bail!("more than {MAX_LINES} bytes of ref lines");
    }
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    Ok(lines.map(|line| String::from_utf8_lossy(line).split(' ').map(str::to_owned).collect()).collect())
}

fn oid(word: Option<&String>) -> anyhow::Result<Option<Oid>> {
    let word = word.context("a ref line is cut short")?;
    let oid: Oid = word.trim().parse().with_context(|| format!("{:?}", sanitize(word)))?;
    Ok((!oid.is_zero()).then_some(oid))
}

/// `local_ref local_oid remote_ref remote_oid`, or what a framework says about them.
pub(super) fn pre_push(mut wanted: HookScan) -> anyhow::Result<u8> {
    let remote = std::mem::take(&mut wanted.arguments).into_iter().next();
    let framework = variable("PRE_COMMIT_TO_REF");
    if framework.is_none() && variable("PRE_COMMIT").is_some() {
        return judge(&plan(wanted, everything()), &mut io::empty(), |_| ());
    }
    let here = Here::open()?;
    let remote = match &framework {
        Some(_) => variable("PRE_COMMIT_REMOTE_NAME"),
        None => remote.map(|name| name.to_string_lossy().into_owned()),
    };
    let (mut heads, mut olds) = (Vec::new(), Vec::new());
    if let Some(to) = framework {
        let resolve = |name: &str| rev::resolve(&here.repository, Some(&here.env), &here.odb, name);
        heads.push(resolve(&to)?);
        olds.extend(variable("PRE_COMMIT_FROM_REF").and_then(|from| resolve(&from).ok()));
    } else {
        for line in lines()? {
            let (Some(head), old) = (oid(line.get(1))?, oid(line.get(3))?) else { continue };
            heads.push(head);
            olds.extend(old.filter(|old| here.odb.contains(old)));
        }
    }
    let mut known = here.commits(olds);
    let trusted = known.first().copied();
    if let Some(remote) = remote.filter(|name| is_name(name)) {
        let of_remote = here.refs(&format!("refs/remotes/{remote}/"))?;
        known.extend(here.commits(of_remote));
    }
    let trusted = trusted.or_else(|| known.first().copied());
    judge(&plan(wanted, Subject::Pushed { known, heads, trusted }), &mut io::empty(), |_| ())
}

/// A remote that has a name, instead of being a URL.
fn is_name(remote: &str) -> bool {
    !remote.is_empty() && !remote.contains([':', '*', '?', '[', '\\', ' ']) && !remote.starts_with(['/', '.', '-'])
}

/// `old_oid new_oid ref`, all lines together; new objects may lie in a quarantine that only the environment names.
pub(super) fn pre_receive(wanted: PreReceive) -> anyhow::Result<u8> {
    let here = Here::open()?;
    let mut heads = Vec::new();
    for line in lines()? {
        oid(line.first())?;
        heads.extend(oid(line.get(1))?);
    }
    if heads.is_empty() {
        return Ok(0);
    }
    let trusted = rev::head(&here.repository).and_then(|head| here.commit(&head));
    let mut known: Vec<Oid> = trusted.into_iter().collect();
    known.extend(here.commits(here.refs("")?));
    let mut plan = plan(wanted.scan, Subject::Pushed { known, heads, trusted });
    plan.timeout = wanted.time_budget.or(plan.timeout);
    plan.reporting.allow_incomplete |= wanted.accept_incomplete;
    receive(&plan)
}

/// Says in a few lines why a push is refused.
fn receive(plan: &Plan) -> anyhow::Result<u8> {
    let (report, _) = scan::report(plan)?;
    let code = scan::exit_code(&plan.reporting, &report);
    let failing: Vec<&Finding> = report.open_at_or_above(plan.reporting.fail_on).collect();
    if code == 1 {
        output::warn(&format!("pinstripe: push refused: {} found", count(failing.len())));
        failing.iter().take(NAMED).for_each(|finding| output::warn(&line(finding)));
        if failing.len() > NAMED {
            output::warn(&format!("  and {} more", failing.len() - NAMED));
        }
        output::warn("  Remove them from the commits (git rebase), and roll the keys: they have left your machine.");
    }
    if !report.coverage.complete {
        let verdict = if code == 3 { "push refused" } else { "warning" };
        output::warn(&format!("pinstripe: {verdict}: not everything could be scanned: {}", gaps(&report)));
    }
    Ok(code)
}

fn count(number: usize) -> String {
    if number == 1 { "1 finding".to_owned() } else { format!("{number} findings") }
}

fn line(finding: &Finding) -> String {
    let severity: Severity = finding.severity;
    let place = finding.locations.first().map(|at| {
        let commit = at.commit.as_deref().and_then(|commit| commit.get(..10)).unwrap_or("?");
        if at.path.is_empty() {
            format!("{} of {commit}", serde_json::to_value(at.origin).unwrap_or_default().as_str().unwrap_or(""))
        } else {
            format!("{}:{} in {commit}", sanitize(&at.path), at.line)
        }
    });
    format!("  {}: {} ({})", severity.name(), sanitize(&finding.message), place.unwrap_or_default())
}

fn gaps(report: &Report) -> String {
    let unread = report.coverage.skipped.iter().filter(|skipped| skipped.class == crate::model::SkipClass::Unread);
    unread.map(|skipped| format!("{} {}", skipped.count, skipped.reason.name())).collect::<Vec<_>>().join(", ")
}
