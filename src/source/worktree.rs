//! Files on disk: directories, single files, and whatever repositories lie in them.

#![expect(clippy::disallowed_methods, reason = "looks at the paths that are scanned")]

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::disk::{self, bytes_of};
use super::ignores::{Decider, Decision, Ignores};
use super::{Collector, Error, Shared, Source};
use crate::model::{
    PathText, ScanLocation, SkipReason,
    limits::{MAX_IN_MEMORY, WINDOW},
};

/// What to scan and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directories and files, as given.
    pub paths: Vec<PathBuf>,
    /// The directory that locations are relative to.
    pub root: PathBuf,
    /// Take ignored files as well.
    pub no_ignore: bool,
    /// Worker threads.
    pub threads: usize,
}

/// A path that was asked for and is not there.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct Missing {
    path: PathBuf,
    error: io::Error,
}

/// Whether a directory is the root of a work tree.
#[must_use]
pub fn is_repository(path: &Path) -> bool {
    std::fs::symlink_metadata(path.join(".git")).is_ok_and(|git| git.is_dir() || git.is_file())
}

/// Makes the paths absolute and finds the root that locations are relative to: the work tree that holds them all, else
/// their nearest common directory.
///
/// # Errors
/// The first path that is not there.
pub fn resolve(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, PathBuf), Missing> {
    let mut absolute = Vec::with_capacity(paths.len());
    for path in paths {
        let missing = |error| Missing { path: path.clone(), error };
        let metadata = std::fs::symlink_metadata(path).map_err(missing)?;
        // The last component stays as it is: a link given by name is scanned as a link, unless it is a directory.
        let resolved = if metadata.is_symlink() && !path.is_dir() {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            parent.canonicalize().map_err(missing)?.join(path.file_name().unwrap_or_default())
        } else {
            path.canonicalize().map_err(missing)?
        };
        absolute.push(resolved);
    }
    let mut common = directory_of(&absolute[0]);
    for path in &absolute[1..] {
        let directory = directory_of(path);
        while !directory.starts_with(&common) {
            common = common.parent().unwrap_or(Path::new("/")).to_path_buf();
        }
    }
    let root = work_tree_of(&common).unwrap_or(common);
    Ok((absolute, root))
}

fn directory_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_path_buf() } else { path.parent().unwrap_or(Path::new("/")).to_path_buf() }
}

/// The work tree that a directory is in.
#[must_use]
pub fn work_tree_of(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|ancestor| is_repository(ancestor)).map(Path::to_path_buf)
}

impl Source for Options {
    fn scan(&mut self, shared: &Shared<'_>) -> Result<(), Error> {
        scan(shared, self);
        Ok(())
    }
}

/// Scans everything below the paths.
fn scan(shared: &Shared<'_>, options: &Options) {
    let ignores = Ignores::default();
    for path in &options.paths {
        let scope = Scope { shared, options, ignores: (!options.no_ignore).then_some(&ignores) };
        if path.is_dir() && !path.is_symlink() {
            scope.directory(path);
        } else {
            // A file that is named is scanned, whatever an ignore file says.
            let mut collector = Collector::new(shared);
            scope.entry(&mut collector, path, std::fs::symlink_metadata(path).map(|m| m.file_type()).ok());
        }
    }
}

struct Scope<'a> {
    shared: &'a Shared<'a>,
    options: &'a Options,
    ignores: Option<&'a Ignores>,
}

impl Scope<'_> {
    fn directory(&self, path: &Path) {
        let ignores = self.ignores.filter(|ignores| match work_tree_of(path) {
            Some(root) => ignores.enter(&root, path),
            None => true,
        });
        if ignores.is_none() && self.ignores.is_some() {
            self.named_output(path);
            return;
        }
        self.walk(path, ignores);
    }

    /// A directory that is itself ignored and was named all the same, such as build output: everything in it counts.
    fn named_output(&self, path: &Path) {
        let mut collector = Collector::new(self.shared);
        for entry in walkdir::WalkDir::new(path).follow_links(false).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => self.entry(&mut collector, entry.path(), Some(entry.file_type())),
                Err(error) => {
                    let shown = error.path().map(|path| self.shown(path).text).unwrap_or_default();
                    collector.skip(SkipReason::Unreadable, &format!("{shown}: {error}"));
                }
            }
        }
    }

    fn walk(&self, path: &Path, ignores: Option<&Ignores>) {
        let walker = WalkBuilder::new(path)
            .standard_filters(false)
            .follow_links(false)
            .threads(self.options.threads)
            .build_parallel();
        walker.run(|| {
            let mut collector = Collector::new(self.shared);
            let mut decider = ignores.map(Decider::new);
            Box::new(move |entry| self.visit(&mut collector, entry, decider.as_mut()))
        });
    }

    fn visit(
        &self,
        collector: &mut Collector<'_>,
        entry: Result<DirEntry, ignore::Error>,
        decider: Option<&mut Decider<'_>>,
    ) -> WalkState {
        if self.shared.expired() {
            collector.skip(SkipReason::TimedOut, "the rest of the work tree");
            return WalkState::Quit;
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.unreadable_entry(collector, &error);
                return WalkState::Continue;
            }
        };
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        if (entry.depth() > 0 || is_directory)
            && let Some(reason) = self.left_out(entry.path(), is_directory, entry.depth(), decider)
        {
            let shown = self.shown(entry.path()).text;
            collector.skip(reason, &if is_directory { format!("{shown}/") } else { shown });
            return WalkState::Skip;
        }
        if is_directory {
            if entry.depth() > 0 {
                let relative = self.relative(entry.path());
                collector.name(&relative, &ScanLocation::file(PathText::new(&relative)));
            }
            return WalkState::Continue;
        }
        self.entry(collector, entry.path(), entry.file_type());
        WalkState::Continue
    }

    fn left_out(
        &self,
        path: &Path,
        is_directory: bool,
        depth: usize,
        decider: Option<&mut Decider<'_>>,
    ) -> Option<SkipReason> {
        match decider {
            Some(_) if depth == 0 && work_tree_of(path).is_some() => None,
            Some(decider) => match decider.decide(path, is_directory) {
                Decision::Take => None,
                Decision::Ignored => Some(SkipReason::Ignored),
                Decision::GitDir => Some(SkipReason::GitDir),
            },
            None => {
                let is_git = path.file_name().is_some_and(|name| name == ".git");
                (is_git && path.parent().is_some_and(is_repository)).then_some(SkipReason::GitDir)
            }
        }
    }

    fn shown(&self, path: &Path) -> PathText {
        PathText::new(&self.relative(path))
    }

    fn relative(&self, path: &Path) -> Vec<u8> {
        bytes_of(path.strip_prefix(&self.options.root).unwrap_or(path))
    }

    fn entry(&self, collector: &mut Collector<'_>, path: &Path, kind: Option<std::fs::FileType>) {
        let relative = self.relative(path);
        let place = ScanLocation::file(PathText::new(&relative));
        collector.name(&relative, &place);
        let outcome = collector.guard(&place.path.text, |collector| match kind {
            Some(kind) if kind.is_file() => self.file(collector, path, &place),
            Some(kind) if kind.is_symlink() => link(collector, path, &place),
            _ => {
                collector.skip(SkipReason::SpecialFile, &place.path.text);
                Ok(())
            }
        });
        if let Some(Err(error)) = outcome {
            let reason =
                if error.kind() == io::ErrorKind::NotFound { SkipReason::Vanished } else { SkipReason::Unreadable };
            collector.skip(reason, &format!("{}: {error}", place.path.text));
        }
    }

    fn file(&self, collector: &mut Collector<'_>, path: &Path, place: &ScanLocation) -> io::Result<()> {
        let Some(mut opened) = disk::open(path)? else {
            collector.skip(SkipReason::SpecialFile, &place.path.text);
            return Ok(());
        };
        // A file that grows while it is read ends where it ended when it was opened, give or take a window.
        let most = opened.size.saturating_add(WINDOW as u64);
        let scanned = collector.file(&mut opened.file, most, place)?;
        collector.coverage().files += 1;
        if scanned.bytes < opened.size {
            collector.skip(SkipReason::Changed, &place.path.text);
        }
        if opened.size <= MAX_IN_MEMORY {
            collector.hash_lines(&scanned, || Some(disk::open(path).ok()??.file.take(MAX_IN_MEMORY)));
        }
        Ok(())
    }

    fn unreadable_entry(&self, collector: &mut Collector<'_>, error: &ignore::Error) {
        let reason = match error.io_error().map(io::Error::kind) {
            Some(io::ErrorKind::NotFound) => SkipReason::Vanished,
            _ => SkipReason::Unreadable,
        };
        collector.skip(reason, &self.without_root(&error.to_string()));
    }

    /// Messages of the walker name absolute paths; reports name paths below the root.
    fn without_root(&self, message: &str) -> String {
        let root = format!("{}/", self.options.root.display());
        message.replace(&root, "")
    }
}

fn link(collector: &mut Collector<'_>, path: &Path, place: &ScanLocation) -> io::Result<()> {
    let target = disk::link_text(path)?;
    collector.text(&mut target.as_slice(), place)?;
    collector.coverage().files += 1;
    collector.skip(SkipReason::SymlinkTarget, &place.path.text);
    Ok(())
}
