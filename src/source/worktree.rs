//! Scans files on disk: directories, single files, and the work trees of repositories in them.

#![expect(clippy::disallowed_methods, reason = "looks at the paths that are scanned")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::disk::{self, RootDir, bytes_of, is_repository, work_tree_of};
use super::ignores::{EntryDecision, IgnoreDecider, IgnoreRules};
use super::text_result::reason_of;
use super::text_scanner::Extras;
use super::text_searcher::TextInput;
use super::{Collector, Error, ScanContext, ScanSource};
use crate::model::{PathText, ScanLocation, SkipReason, limits::WINDOW};

/// Files and directories on disk.
#[derive(Debug, Clone)]
pub(crate) struct WorktreeSource {
    /// Absolute paths of directories and files.
    pub(crate) paths: Vec<PathBuf>,
    /// Paths that were asked for and are not there.
    pub(crate) missing: Vec<MissingPath>,
    /// The directory that locations are relative to.
    pub(crate) root: PathBuf,
    /// Scan ignored files as well.
    pub(crate) no_ignore: bool,
    pub(crate) threads: usize,
}

/// A path of the command line that does not exist.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub(crate) struct MissingPath {
    path: PathBuf,
    error: Arc<io::Error>,
}

impl MissingPath {
    pub(super) fn new(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_path_buf(), error: Arc::new(error) }
    }

    /// Counts it as unread.
    pub(super) fn report(&self, collector: &mut Collector<'_>) {
        let reason = match self.error.kind() {
            io::ErrorKind::NotFound => SkipReason::Unavailable,
            _ => reason_of(&self.error),
        };
        collector.skip(reason, &self.to_string());
    }

    /// Separates what is there from what is not.
    ///
    /// # Errors
    /// Nothing is there.
    pub(super) fn separate<T>(found: impl Iterator<Item = Result<T, Self>>) -> Result<(Vec<T>, Vec<Self>), Self> {
        let (mut there, mut missing) = (Vec::new(), Vec::new());
        for found in found {
            match found {
                Ok(found) => there.push(found),
                Err(error) => missing.push(error),
            }
        }
        match missing.first() {
            Some(first) if there.is_empty() => Err(first.clone()),
            _ => Ok((there, missing)),
        }
    }
}

/// Makes the paths absolute and finds the root that locations are relative to: the work tree that holds them all, else
/// their nearest common directory.
///
/// # Errors
/// None of the paths is there.
pub(crate) fn resolve(paths: &[PathBuf]) -> Result<ResolvedPaths, MissingPath> {
    let resolve = |path: &PathBuf| {
        let missing = |error| MissingPath::new(path, error);
        let metadata = std::fs::symlink_metadata(path).map_err(missing)?;
        // Keep the last component: a link given by name is scanned as a link, unless it is one to a directory.
        let resolved = if metadata.is_symlink() && !path.is_dir() {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            parent.canonicalize().map_err(missing)?.join(path.file_name().unwrap_or_default())
        } else {
            path.canonicalize().map_err(missing)?
        };
        Ok(resolved)
    };
    let (paths, missing) = MissingPath::separate(paths.iter().map(resolve))?;
    let root = common_root(&paths);
    Ok(ResolvedPaths { paths, missing, root })
}

/// Paths of the command line, absolute, and the directory that locations are relative to.
#[derive(Debug)]
pub(crate) struct ResolvedPaths {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) missing: Vec<MissingPath>,
    pub(crate) root: PathBuf,
}

/// Returns the work tree that holds all of these paths, else their nearest common directory.
fn common_root(paths: &[PathBuf]) -> PathBuf {
    let mut directories = paths.iter().map(|path| directory_of(path));
    let mut common = directories.next().unwrap_or_default();
    for directory in directories {
        while !directory.starts_with(&common) {
            common = common.parent().unwrap_or(Path::new("/")).to_path_buf();
        }
    }
    work_tree_of(&common).unwrap_or(common)
}

/// As [`resolve`], by work tree, where the paths are in several or not in one.
pub(crate) fn by_work_tree(paths: &[PathBuf]) -> Result<Vec<ResolvedPaths>, MissingPath> {
    let mut all = resolve(paths)?;
    if all.paths.len() == 1 || is_repository(&all.root) {
        return Ok(vec![all]);
    }
    let mut groups: BTreeMap<Option<PathBuf>, Vec<PathBuf>> = BTreeMap::new();
    for path in all.paths {
        groups.entry(work_tree_of(&directory_of(&path))).or_default().push(path);
    }
    let group = |paths: Vec<PathBuf>| {
        let (root, missing) = (common_root(&paths), std::mem::take(&mut all.missing));
        ResolvedPaths { paths, missing, root }
    };
    Ok(groups.into_values().map(group).collect())
}

/// Writes a path below the root, `.` for the root itself.
pub(super) fn listed(path: &[u8]) -> String {
    if path.is_empty() { ".".to_owned() } else { PathText::new(path).text }
}

fn directory_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_path_buf() } else { path.parent().unwrap_or(Path::new("/")).to_path_buf() }
}

impl ScanSource for WorktreeSource {
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error> {
        scan(context, self);
        Ok(())
    }

    fn paths(&self) -> Vec<String> {
        let below = |path: &PathBuf| path.strip_prefix(&self.root).map(bytes_of).unwrap_or_default();
        self.paths.iter().map(|path| listed(&below(path))).collect()
    }
}

fn scan(context: &ScanContext<'_>, options: &WorktreeSource) {
    let ignores = IgnoreRules::default();
    let root = RootDir::new(&options.root);
    for path in &options.paths {
        let ignores = (!options.no_ignore).then_some(&ignores);
        let scope = WorktreeScan { context, options, root: &root, ignores };
        if path.is_dir() && !path.is_symlink() {
            scope.directory(path);
        } else {
            scope.named_file(path);
        }
    }
    let mut collector = Collector::new(context);
    options.missing.iter().for_each(|missing| missing.report(&mut collector));
    for file in ignores.take_refused() {
        let shown = PathText::new(&bytes_of(disk::relative(&options.root, &file).unwrap_or(&file))).text;
        collector.skip(SkipReason::OverLimit, &format!("{shown}: too large, its rules do not apply"));
    }
}

struct WorktreeScan<'a> {
    context: &'a ScanContext<'a>,
    options: &'a WorktreeSource,
    root: &'a RootDir,
    ignores: Option<&'a IgnoreRules>,
}

impl WorktreeScan<'_> {
    /// Scans a file given by name, whatever an ignore file says.
    fn named_file(&self, path: &Path) {
        let mut collector = Collector::new(self.context);
        match std::fs::symlink_metadata(path).map(|metadata| metadata.file_type()) {
            Ok(kind) if kind.is_file() || kind.is_symlink() => self.entry(&mut collector, path, Some(kind)),
            Ok(_) => {
                let what = format!("{}: neither a file nor a directory", self.shown(path).text);
                collector.skip(SkipReason::Unreadable, &what);
            }
            Err(error) => collector.skip(reason_of(&error), &format!("{}: {error}", self.shown(path).text)),
        }
    }

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

    /// Scans everything in an ignored directory that was given by name, such as build output.
    fn named_output(&self, path: &Path) {
        let mut collector = Collector::new(self.context);
        for entry in walkdir::WalkDir::new(path).follow_links(false).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => self.entry(&mut collector, entry.path(), Some(entry.file_type())),
                Err(error) => {
                    let shown = error.path().map(|path| self.shown(path).text).unwrap_or_default();
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    collector.skip(SkipReason::Unreadable, &format!("{shown}: {why}"));
                }
            }
        }
    }

    fn walk(&self, path: &Path, ignores: Option<&IgnoreRules>) {
        let walker = WalkBuilder::new(path)
            .standard_filters(false)
            .follow_links(false)
            .threads(self.options.threads)
            .build_parallel();
        walker.run(|| {
            let mut collector = Collector::new(self.context);
            let mut decider = ignores.map(IgnoreDecider::new);
            Box::new(move |entry| self.visit(&mut collector, entry, decider.as_mut()))
        });
    }

    fn visit(
        &self,
        collector: &mut Collector<'_>,
        entry: Result<DirEntry, ignore::Error>,
        decider: Option<&mut IgnoreDecider<'_>>,
    ) -> WalkState {
        if self.context.expired() {
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
                collector.scan_name(&relative, &ScanLocation::file(PathText::new(&relative)));
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
        decider: Option<&mut IgnoreDecider<'_>>,
    ) -> Option<SkipReason> {
        match decider {
            Some(_) if depth == 0 && work_tree_of(path).is_some() => None,
            Some(decider) => match decider.decide(path, is_directory) {
                EntryDecision::Take => None,
                EntryDecision::Ignored => Some(SkipReason::Ignored),
                EntryDecision::GitDir => Some(SkipReason::GitDir),
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
        bytes_of(disk::relative(&self.options.root, path).unwrap_or(path))
    }

    fn entry(&self, collector: &mut Collector<'_>, path: &Path, kind: Option<std::fs::FileType>) {
        let relative = self.relative(path);
        let place = ScanLocation::file(PathText::new(&relative));
        collector.scan_name(&relative, &place);
        let outcome = match kind {
            Some(kind) if kind.is_file() => self.file(collector, path, &place),
            Some(kind) if kind.is_symlink() => self.link(collector, path, &place),
            _ => {
                collector.skip(SkipReason::SpecialFile, &place.path.text);
                Ok(())
            }
        };
        if let Err(error) = outcome {
            collector.skip(reason_of(&error), &format!("{}: {error}", place.path.text));
        }
    }

    fn file(&self, collector: &mut Collector<'_>, path: &Path, place: &ScanLocation) -> io::Result<()> {
        let Some(mut opened) = self.root.open(path)? else {
            collector.skip(SkipReason::Changed, &format!("{}: no file any more", place.path.text));
            return Ok(());
        };
        // Stop near the size at opening time, so that a file that grows meanwhile has an end.
        let most = opened.size.saturating_add(WINDOW as u64);
        let mut result = collector.scanner.scan(TextInput::File(&mut opened, most), Extras::of_file(place));
        opened.place(&mut result.hits);
        result.bytes += opened.left_out();
        let (bytes, failure, is_defective) = (result.bytes, result.failure.take(), result.is_defective());
        collector.add(result, place);
        if let Some(failure) = failure {
            return Err(failure);
        }
        collector.coverage().files += u64::from(!is_defective);
        if bytes < opened.size && !is_defective {
            collector.skip(SkipReason::Changed, &place.path.text);
        }
        Ok(())
    }

    fn link(&self, collector: &mut Collector<'_>, path: &Path, place: &ScanLocation) -> io::Result<()> {
        collector.scan_text(&self.root.link_text(path)?, place);
        collector.coverage().files += 1;
        collector.skip(SkipReason::SymlinkTarget, &place.path.text);
        Ok(())
    }

    fn unreadable_entry(&self, collector: &mut Collector<'_>, error: &ignore::Error) {
        let reason = error.io_error().map_or(SkipReason::Unreadable, reason_of);
        collector.skip(reason, &self.without_root(&error.to_string()));
    }

    /// Makes the absolute paths in a message of the walker relative to the root.
    fn without_root(&self, message: &str) -> String {
        let root = format!("{}/", self.options.root.display());
        message.replace(&root, "")
    }
}
