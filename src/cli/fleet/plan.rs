//! `pinstripe fleet plan`: finds repositories and plans their units. Opens no network.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};

use super::super::output;
use super::args::PlanArgs;
use crate::fleet::{FleetPlan, PlannedRepository, Protocols, RepositoryName};
use crate::git::{self, OpenError, OpenOptions, Repository, disk};

/// Largest list of repositories, in bytes.
const MAX_LIST: u64 = 1 << 28;

/// Most directories below each other that lead to a repository: groups of GitLab nest 20 deep.
const MAX_DEPTH: usize = 32;

pub(super) fn run(args: &PlanArgs) -> anyhow::Result<u8> {
    let protocols = args.protocols.protocols();
    let names = if args.input.as_os_str() != "-" && disk::is_dir(&args.input) {
        below(&args.input, protocols)?
    } else {
        listed(&args.input, protocols)?
    };
    ensure!(!names.is_empty(), "{}: there is no repository", args.input.display());
    ensure!(names.len() <= FleetPlan::MAX_REPOSITORIES, "{}: too many repositories", args.input.display());
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        super::refuse_key(name.as_str())?;
        let opened = open(&name, args.mirrors.as_deref());
        let is_linked = opened.as_ref().is_some_and(|opened| opened.git_dir != opened.common_dir);
        found.push((is_linked, name, opened.map(|opened| (git::pack_bytes(&opened), opened.common_dir))));
    }
    // Linked worktrees share one store, which is scanned once, in the main one if that is here.
    found.sort_unstable();
    let unknown = found.iter().filter(|found| found.2.is_none()).count();
    let mut stores = BTreeSet::new();
    let sized = found.into_iter().filter_map(|(_, name, opened)| match opened {
        Some((bytes, store)) => stores.insert(store).then_some(PlannedRepository { name, bytes: Some(bytes) }),
        None => Some(PlannedRepository { name, bytes: None }),
    });
    let sized = sized.collect();
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
    if RepositoryName::is_remote(text) || text.starts_with('-') {
        // The text may be what is wrong with it: a password.
        return RepositoryName::parse(text, protocols).map_err(|why| anyhow!("it {why}"));
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

/// Finds the repositories below a directory, and those that links in it lead to. Those inside of others are part of them.
/// One that is broken is planned nevertheless, so that a report says so.
fn below(directory: &Path, protocols: Protocols) -> anyhow::Result<Vec<RepositoryName>> {
    let mut names = Vec::new();
    let mut walk = walkdir::WalkDir::new(disk::canonical(directory)?).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry?;
        let (path, is_dir) = (entry.path(), entry.file_type().is_dir());
        let leads_to_dir = || entry.path_is_symlink() && disk::is_dir(&disk::canonical(path).unwrap_or_default());
        if !is_dir && !leads_to_dir() {
            continue;
        }
        ensure!(entry.depth() <= MAX_DEPTH, "{}: too many directories below each other", path.display());
        let opened = Repository::open(path, &OpenOptions::default());
        let is_inside = is_dir && (opened.is_ok() || entry.file_name() == ".git");
        match opened {
            Ok(opened) => names.push(path_name(opened.root(), protocols)?),
            Err(OpenError::NotFound(_)) => {}
            Err(_) if is_inside => {}
            Err(error) => {
                output::warn(&format!("warning: {error}"));
                names.push(path_name(path, protocols)?);
            }
        }
        if is_inside {
            walk.skip_current_dir();
        }
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
