//! `pinstripe hook`, run by git, a hook framework or a server.
//!
//! A hook that accepts prints nothing; one that refuses prints a report. Exit codes are those of `scan`; git refuses on
//! anything but 0.

#![expect(clippy::disallowed_methods, reason = "hook frameworks pass arguments in the environment")]

mod commit;
mod install;
mod push;

use std::io;
use std::path::PathBuf;

use super::args::CommonArgs;
use super::hook_args::HookCommand;
use super::{output, scan};
use crate::model::Report;
use crate::scan::plan::{ScanPlan, ScanSubject};

pub(super) fn run(command: HookCommand) -> anyhow::Result<u8> {
    match command {
        HookCommand::Install(args) => install::run(&args),
        HookCommand::PreCommit(args) => commit::pre_commit(args),
        HookCommand::CommitMsg(args) => commit::commit_msg(args),
        HookCommand::PrePush(args) => push::pre_push(args),
        HookCommand::PreReceive(args) => push::pre_receive(args),
    }
}

fn plan_of(subject: ScanSubject, common: CommonArgs) -> ScanPlan {
    ScanPlan { progress: false, ..scan::plan_of(subject, common) }
}

/// Runs a plan on standard input. Prints a report if the hook refuses or the arguments ask for one.
fn run_plan(plan: &ScanPlan, input: &mut dyn io::Read, adjust: impl FnOnce(&mut Report)) -> anyhow::Result<u8> {
    scan::clear_outputs(plan)?;
    let (mut report, engine) = scan::report(plan, input)?;
    adjust(&mut report);
    let (wanted, code) = (&plan.reporting, scan::exit_code(&plan.reporting, &report));
    if code != 0 || wanted.verbose > 0 || wanted.format != "text" || !wanted.outputs.is_empty() {
        scan::deliver(wanted, &engine, report)?;
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
