//! `pinstripe action plan`: reads the event of a CI system and prints what to fetch, then what to scan.

#![expect(clippy::disallowed_methods, reason = "CI systems pass their events in the environment")]

use std::path::Path;
use std::rc::Rc;

use super::action_args::{ActionCommand, PlanArgs};
use super::output;
use crate::action::{Event, Inputs, LocalClone, Payload, ScanStep, Step, plan};
use crate::git::OpenOptions;
use crate::git::ancestry::Ancestry;
use crate::git::{Oid, disk, remotes};
use crate::source::missing::missing_objects;
use crate::source::open_repository::OpenRepository;

/// Largest event and largest list of commands, in bytes.
const MAX_FILE: u64 = 64 << 20;

pub(super) fn run(command: &ActionCommand) -> anyhow::Result<u8> {
    match command {
        ActionCommand::Plan(args) => print_plan(args),
    }
}

fn print_plan(args: &PlanArgs) -> anyhow::Result<u8> {
    let inputs = Inputs::read(&variable)?;
    let event = Event { variables: &variable, payload: payload() };
    let tried = args.tried.as_ref().map(|file| disk::read(file, MAX_FILE)).transpose()?.flatten().unwrap_or_default();
    match plan(&event, &inputs, &Checkout::open(), &String::from_utf8_lossy(&tried))? {
        Step::Fetch(commands) => lines("fetch", &commands)?,
        Step::Scan(step) => print_scan(&step)?,
    }
    Ok(0)
}

fn print_scan(step: &ScanStep) -> anyhow::Result<()> {
    lines("warning", step.warning.as_slice())?;
    lines("notice", &step.notices)?;
    lines("range", std::slice::from_ref(&step.range))?;
    lines("category", std::slice::from_ref(&step.category))?;
    lines("scan", &step.arguments)
}

fn lines(name: &str, values: &[String]) -> anyhow::Result<()> {
    for value in values {
        output::print_line(&format!("{name}={value}"))?;
    }
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

fn payload() -> Payload {
    let Some(file) = variable("GITHUB_EVENT_PATH") else {
        return Payload::unreadable("GITHUB_EVENT_PATH names no file".to_owned());
    };
    match disk::read(Path::new(&file), MAX_FILE) {
        Ok(Some(bytes)) => Payload::parse(&bytes),
        Ok(None) => Payload::unreadable(format!("{file}: no such file")),
        Err(error) => Payload::unreadable(error.to_string()),
    }
}

/// The repository around the current directory, if there is one.
struct Checkout {
    repository: Option<Rc<OpenRepository>>,
    /// Name and URL of the remote to fetch from: `origin`, else the first.
    remote: Option<(String, String)>,
}

impl Checkout {
    fn open() -> Self {
        let repository = OpenRepository::here(OpenOptions::default()).ok();
        let mut known = repository.as_ref().map(|open| remotes(&open.repository)).unwrap_or_default();
        let origin = known.iter().position(|(name, _)| name == "origin").unwrap_or(0);
        let remote = (!known.is_empty()).then(|| known.swap_remove(origin));
        Self { repository, remote }
    }
}

impl LocalClone for Checkout {
    fn remote(&self) -> Option<String> {
        self.remote.as_ref().map(|(name, _)| name.clone())
    }

    fn remote_url(&self) -> Option<String> {
        self.remote.as_ref().map(|(_, url)| url.clone())
    }

    fn resolve(&self, revision: &str) -> Option<Oid> {
        self.repository.as_ref()?.resolve(revision).ok()
    }

    fn tip(&self, remote: &str, branch: &str) -> Option<Oid> {
        self.resolve(&format!("refs/remotes/{remote}/{branch}"))
    }

    fn is_part(&self) -> bool {
        let here = disk::canonical(Path::new("."));
        let top = self.repository.as_ref().and_then(|open| open.repository.work_tree.as_ref());
        top.zip(here.ok()).is_some_and(|(top, here)| here != *top && here.starts_with(top))
    }

    fn is_shallow(&self) -> bool {
        self.repository.as_ref().is_some_and(|open| !open.repository.shallow.is_empty())
    }

    fn is_partial(&self) -> bool {
        self.repository.as_ref().is_some_and(|open| open.repository.partial)
    }

    fn holds(&self, base: Option<Oid>, head: Oid) -> bool {
        let Some(open) = &self.repository else { return false };
        let shallow = &open.repository.shallow;
        if shallow.is_empty() {
            return true;
        }
        let mut ancestry = Ancestry::new(open.odb(), shallow, &|| false);
        let is_joined = base.is_none_or(|base| ancestry.merge_base(&base, &head).is_some());
        ancestry.know(base.as_slice());
        is_joined && ancestry.next_range(&head).iter().all(|oid| shallow.binary_search(oid).is_err())
    }

    fn missing(&self, base: Option<Oid>, head: Oid) -> Vec<Oid> {
        self.repository.as_ref().map(|open| missing_objects(open, base, head)).unwrap_or_default()
    }
}
