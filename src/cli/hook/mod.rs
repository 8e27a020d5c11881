//! `pinstripe hook`: what git, a hook framework or a server runs.
//!
//! A hook that lets something pass prints nothing. One that refuses says why, in the format asked for. Exit codes are
//! those of `scan`; anything but 0 makes git refuse.

#![expect(clippy::disallowed_methods, reason = "edge module: hooks learn from the environment what they are for")]

mod commit;
mod install;
mod push;

use std::io;
use std::path::PathBuf;

use super::more_args::{self as args, HookScan};
use super::{output, scan};
use crate::model::Report;
use crate::scan::plan::{Plan, Subject};

pub(super) fn run(command: args::Hook) -> anyhow::Result<u8> {
    match command {
        args::Hook::Install(wanted) => install::run(&wanted),
        args::Hook::PreCommit(wanted) => commit::pre_commit(wanted),
        args::Hook::CommitMsg(wanted) => commit::commit_msg(wanted),
        args::Hook::PrePush(wanted) => push::pre_push(wanted),
        args::Hook::PreReceive(wanted) => push::pre_receive(wanted),
    }
}

/// The plan that a hook's arguments make of a subject.
fn plan(wanted: HookScan, subject: Subject) -> Plan {
    let plan = scan::plan_with(subject, &wanted.rules, wanted.policy, (wanted.limits, wanted.reporting));
    Plan { progress: false, ..plan }
}

/// Runs a plan, and reports it unless it lets everything pass.
fn judge(plan: &Plan, input: &mut dyn io::Read, adjust: impl FnOnce(&mut Report)) -> anyhow::Result<u8> {
    let code = scan::with_input(plan, input, adjust)?;
    if code == 3 {
        output::warn("pinstripe: refused, because not everything could be read (--allow-incomplete accepts that)");
    }
    Ok(code)
}

/// What a framework means that names neither files nor commits (`--all-files`): never nothing.
fn everything() -> Subject {
    Subject::Worktree { paths: vec![PathBuf::from(".")], no_ignore: false }
}

/// The value of a variable, unless it is empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
