//! `pinstripe fleet plan`: finds repositories and plans their units. Opens no network.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};

use super::super::output;
use super::args::PlanArgs;
use crate::fleet::{FleetPlan, PlannedRepository, Protocols, RepositoryName};
use crate::git::{self, OpenOptions, Repository, disk};

/// Largest list of repositories, in bytes.
const MAX_LIST: u64 = 1 << 28;

/// Most directories below each other that lead to a repository.
const MAX_DEPTH: usize = 8;

pub(super) fn run(args: &PlanArgs) -> anyhow::Result<u8> {
    let protocols = args.protocols.protocols();
    let names = if args.input.as_os_str() != "-" && disk::is_dir(&args.input) {
        below(&args.input, protocols)?
    } else {
        listed(&args.input, protocols)?
    };
    ensure!(!names.is_empty(), "{}: there is no repository", args.input.display());
    ensure!(names.len() <= FleetPlan::MAX_REPOSITORIES, "{}: too many repositories", args.input.display());
    let (mut unknown, mut stores, mut sized) = (0_usize, BTreeSet::new(), Vec::new());
    for name in names {
        super::refuse_key(name.as_str())?;
        let opened = open(&name, args.mirrors.as_deref());
        unknown += usize::from(opened.is_none());
        // Linked worktrees share one store, which is scanned once.
        if opened.as_ref().is_none_or(|opened| stores.insert(opened.common_dir.clone())) {
            sized.push(PlannedRepository { name, bytes: opened.as_ref().map(git::pack_bytes) });
        }
    }
    let plan = FleetPlan::new(sized, args.units);
    let mut text = serde_json::to_vec_pretty(&plan)?;
    text.push(b'\n');
    match &args.output {
        Some(file) => output::write_whole(file, &text).with_context(|| format!("cannot write {}", file.display()))?,
        None => output::print_bytes(&text)?,
    }
    let count: usize = plan.units.iter().map(|unit| unit.repositories.len()).sum();
    let seconds = plan.units.iter().map(|unit| unit.seconds);
    let (all, longest) = (seconds.clone().fold(0, u64::saturating_add), seconds.max().unwrap_or(0));
    output::warn(&format!(
        "{count} repositories in {} units; about {all} s of one core, {longest} s for the longest unit",
        plan.units.len()
    ));
    if unknown > 0 {
        output::warn(&format!("note: {unknown} repositories are not here yet, and their sizes are guessed"));
    }
    Ok(0)
}

/// Reads names, one a line; empty lines and those that begin with # are left out.
fn listed(input: &Path, protocols: Protocols) -> anyhow::Result<Vec<RepositoryName>> {
    let bytes = if input.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().take(MAX_LIST + 1).read_to_end(&mut bytes)?;
        ensure!(bytes.len() as u64 <= MAX_LIST, "standard input: too large");
        bytes
    } else {
        disk::read(input, MAX_LIST)?.with_context(|| format!("{}: there is no such file", input.display()))?
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| anyhow!("{}: not UTF-8", input.display()))?;
    let lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
    let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(line, number)| named(line, protocols).with_context(|| format!("line {number}"))).collect()
}

/// Reads a name as a user writes it: paths may be relative.
fn named(text: &str, protocols: Protocols) -> anyhow::Result<RepositoryName> {
    let refused = |why: &str| anyhow!("{text} {why}");
    if RepositoryName::is_remote(text) || text.starts_with('-') {
        return RepositoryName::parse(text, protocols).map_err(refused);
    }
    // A path that does not exist is planned nevertheless, so that a report says that it is missing.
    let path = match disk::canonical(Path::new(text)) {
        Ok(path) => path,
        Err(error) => {
            output::warn(&format!("warning: {error}"));
            std::path::absolute(text)?
        }
    };
    path_name(&path, protocols)
}

fn path_name(path: &Path, protocols: Protocols) -> anyhow::Result<RepositoryName> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    match RepositoryName::parse(text, protocols) {
        Ok(name @ RepositoryName::Path(_)) => Ok(name),
        Ok(RepositoryName::Url(_)) => bail!("{text} is no absolute path"),
        Err(why) => bail!("{text} {why}"),
    }
}

/// Finds the repositories below a directory. Those inside of others are part of them.
fn below(directory: &Path, protocols: Protocols) -> anyhow::Result<Vec<RepositoryName>> {
    let mut names = Vec::new();
    let mut walk = walkdir::WalkDir::new(disk::canonical(directory)?).max_depth(MAX_DEPTH).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry?;
        if !entry.file_type().is_dir() || Repository::open(entry.path(), &OpenOptions::default()).is_err() {
            continue;
        }
        names.push(path_name(entry.path(), protocols)?);
        walk.skip_current_dir();
    }
    Ok(names)
}

/// Opens a repository that is here.
fn open(name: &RepositoryName, mirrors: Option<&Path>) -> Option<Repository> {
    let path = match name {
        RepositoryName::Path(path) => Path::new(path).to_owned(),
        RepositoryName::Url(_) => mirrors?.join(name.mirror()?),
    };
    Repository::open(&path, &OpenOptions::default()).ok()
}
