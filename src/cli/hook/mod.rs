//! `pinstripe hook`, run by git, a hook framework or a server.
//!
//! A hook that accepts prints nothing; one that refuses prints a line for each credential and what to do now, with `-v`
//! the whole report. Exit codes are those of `scan`; git refuses on anything but 0.

#![expect(clippy::disallowed_methods, reason = "hook frameworks pass arguments in the environment")]

mod commit;
mod install;
mod manager;
mod push;
mod refusal;

use std::io;
use std::path::PathBuf;

use super::args::CommonArgs;
use super::hook_args::HookCommand;
use super::{output, scan};
use crate::model::Report;
use crate::report::Redacted;
use crate::scan::plan::{ScanPlan, ScanSubject};
use refusal::Moment;

/// The name by which `SKIP` leaves this program out, as pre-commit does with its hooks.
const NAME: &str = "pinstripe";

pub(super) fn run(command: HookCommand) -> anyhow::Result<u8> {
    let is_local = matches!(command, HookCommand::PreCommit(_) | HookCommand::CommitMsg(_) | HookCommand::PrePush(_));
    let skipped = variable("SKIP").unwrap_or_default();
    if is_local && skipped.split(',').any(|name| name.trim() == NAME) {
        output::warn("pinstripe: skipped, as the variable SKIP asks: nothing was scanned");
        return Ok(0);
    }
    match command {
        HookCommand::Install(args) => install::run(&args),
        HookCommand::Uninstall(scope) => install::uninstall(&scope),
        HookCommand::Status(scope) => install::status(&scope),
        HookCommand::PreCommit(args) => commit::pre_commit(args),
        HookCommand::CommitMsg(args) => commit::commit_msg(args),
        HookCommand::PrePush(args) => push::pre_push(args),
        HookCommand::PreReceive(args) => push::pre_receive(args),
    }
}

fn plan_of(subject: ScanSubject, common: CommonArgs) -> ScanPlan {
    ScanPlan { progress: false, ..scan::plan_of(subject, common) }
}

/// Runs a plan on standard input. Says why the hook refuses; prints the report if the arguments ask for it.
fn run_plan(
    plan: &ScanPlan,
    input: &mut dyn io::Read,
    moment: Moment,
    adjust: impl FnOnce(&mut Report),
) -> anyhow::Result<u8> {
    scan::clear_outputs(&plan.reporting)?;
    let (mut report, engine, wanted) = scan::report(plan, input)?;
    adjust(&mut report);
    let (wanted, code) = (&wanted, scan::exit_code(&wanted, &report));
    let is_asked_for = wanted.verbose > 0 || wanted.format != "text" || !wanted.outputs.is_empty();
    if code == 1 && !is_asked_for {
        refusal::print(&report, wanted.fail_on, moment);
    } else if code != 0 || is_asked_for {
        scan::deliver(wanted, engine.rules(), &Redacted::new(report, engine.redactor()))?;
    }
    if code == 3 {
        output::warn("pinstripe: refused: the scan is incomplete (--allow-incomplete accepts this)");
    }
    Ok(code)
}

/// Returns the subject for a framework that names neither files nor commits (`--all-files`).
fn whole_worktree() -> ScanSubject {
    ScanSubject::Worktree { paths: vec![PathBuf::from(".")], no_ignore: false }
}

/// Returns the value of an environment variable, `None` if it is empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
