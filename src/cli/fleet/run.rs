//! `pinstripe fleet work` and `pinstripe fleet run`: one unit, or all of them in a small pool.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

use super::super::args::VerdictArgs;
use super::super::{FAILED, output};
use super::args::{FleetArgs, RunArgs, WorkArgs};
use super::unit::{UnitOutcome, Worker};
use super::{PLAN_FILE, TRY_AGAIN, read_plan};
use crate::fleet::{FleetPlan, Unit};
use crate::git::disk;
use crate::source::{Progress, interrupt};

/// Times that `run` tries a unit whose failure may pass.
const TRIES: u8 = 3;

pub(super) fn work(args: WorkArgs) -> anyhow::Result<u8> {
    let WorkArgs { fleet, unit } = args;
    let quiet = fleet.quiet;
    interrupt::listen();
    let (plan, worker) = open(fleet)?;
    let count = plan.units.len();
    let unit = usize::try_from(unit).ok().and_then(|at| plan.units.get(at));
    let unit = unit.with_context(|| format!("the plan has units 0 to {}", count.saturating_sub(1)))?;
    worker.needs_mirrors(unit)?;
    let worked = worker.work(unit);
    if worked.is_err() && interrupt::interrupted() {
        output::warn("interrupted: nothing was written");
        return Ok(interrupt::INTERRUPTED_CODE);
    }
    let UnitOutcome { code, text } = worked?;
    if !quiet {
        output::warn(&text);
    }
    Ok(code)
}

/// Reads the plan, leaves a copy beside the results, and makes a worker.
fn open(args: FleetArgs) -> anyhow::Result<(FleetPlan, Worker)> {
    let (plan, bytes) = read_plan(&args.plan, args.protocols.protocols())?;
    let copy = args.out.join(PLAN_FILE);
    let worker = Worker::new(args)?;
    keep(&copy, &bytes).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok((plan, worker))
}

fn keep(copy: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let there = disk::read(copy, FleetPlan::MAX_SIZE)?;
    if there.as_deref() != Some(bytes) {
        output::write_whole(copy, bytes)?;
    }
    Ok(())
}

pub(super) fn run(args: RunArgs) -> anyhow::Result<u8> {
    let RunArgs { fleet, jobs, no_progress } = args;
    let (quiet, VerdictArgs { exit_zero, allow_incomplete, .. }) = (fleet.quiet, fleet.verdict);
    interrupt::listen();
    let (plan, mut worker) = open(fleet)?;
    plan.units.iter().try_for_each(|unit| worker.needs_mirrors(unit))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = jobs.map_or(cores, usize::from).min(plan.units.len()).max(1);
    worker.use_threads(cores.div_ceil(jobs));
    let drawn = !no_progress && !quiet && std::io::stderr().is_terminal();
    let progress = if drawn { Progress::drawn("units") } else { Progress::hidden() };
    progress.expect(plan.units.len() as u64);
    let codes = Pool { worker: &worker, plan: &plan, progress: &progress, is_quiet: quiet || drawn }.run(jobs);
    progress.finish();
    if interrupt::interrupted() {
        output::warn("interrupted: run again, and what is done is kept");
        return Ok(interrupt::INTERRUPTED_CODE);
    }
    let failed = codes.iter().filter(|code| matches!(**code, FAILED | TRY_AGAIN)).count();
    if failed > 0 {
        output::warn(&format!("{failed} of {} units failed; run again, and what is done is kept", plan.units.len()));
    }
    Ok(match () {
        () if codes.contains(&1) && !exit_zero => 1,
        () if codes.iter().all(|code| matches!(code, 0 | 1)) => 0,
        () if failed == 0 && allow_incomplete => 0,
        () => 3,
    })
}

struct Pool<'a> {
    worker: &'a Worker,
    plan: &'a FleetPlan,
    progress: &'a Progress,
    is_quiet: bool,
}

impl Pool<'_> {
    /// Works on all units, the longest first, and returns their codes.
    fn run(&self, jobs: usize) -> Vec<u8> {
        let (next, codes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some(unit) = self.plan.units.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if interrupt::interrupted() {
                            return;
                        }
                        let code = self.unit(unit);
                        self.progress.add(unit.bytes);
                        codes.lock().unwrap_or_else(PoisonError::into_inner).push(code);
                    }
                });
            }
        });
        codes.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn unit(&self, unit: &Unit) -> u8 {
        let mut code = FAILED;
        for _ in 0..TRIES {
            let text = match self.worker.work(unit) {
                Ok(outcome) => {
                    code = outcome.code;
                    outcome.text
                }
                Err(error) => format!("error: unit {} {}: {error:#}", unit.number, unit.id),
            };
            if interrupt::interrupted() {
                break;
            }
            if !self.is_quiet || code == FAILED {
                output::warn(&text);
            }
            if code != TRY_AGAIN {
                break;
            }
        }
        code
    }
}
