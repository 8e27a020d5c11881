//! `pinstripe fleet`: plans, workers and merges for many repositories.

pub(super) mod args;
mod kept;
mod merge;
mod mirror;
mod plan;
mod results;
mod run;
mod unit;

use std::path::Path;

use anyhow::Context as _;

use super::output;
use crate::fleet::{FleetPlan, Protocols};
use crate::git::disk;
use args::{FleetCommand, ProtocolArgs};

/// Exit code where trying again may help, as `sysexits.h` has it.
const TRY_AGAIN: u8 = 75;

/// Name of the copy of the plan beside the results.
const PLAN_FILE: &str = "plan.json";

pub(super) fn run(command: FleetCommand) -> anyhow::Result<u8> {
    match command {
        FleetCommand::Plan(args) => plan::run(&args),
        FleetCommand::Work(args) => run::work(*args),
        FleetCommand::Run(args) => run::run(*args),
        FleetCommand::Merge(args) => merge::run(&args),
    }
}

impl ProtocolArgs {
    fn protocols(self) -> Protocols {
        if self.local_protocols { Protocols::Local } else { Protocols::Remote }
    }
}

/// Manifests and messages repeat the names of repositories.
fn refuse_key(name: &str) -> anyhow::Result<()> {
    anyhow::ensure!(output::shown(name) == name, "a name of a repository holds a key: {name}");
    Ok(())
}

fn read_plan(file: &Path, protocols: Protocols) -> anyhow::Result<(FleetPlan, Vec<u8>)> {
    let bytes =
        disk::read(file, FleetPlan::MAX_SIZE)?.with_context(|| format!("{}: there is no such file", file.display()))?;
    let plan = FleetPlan::parse(&file.display().to_string(), &bytes, protocols)?;
    plan.units.iter().flat_map(|unit| &unit.repositories).try_for_each(|name| refuse_key(name))?;
    Ok((plan, bytes))
}
