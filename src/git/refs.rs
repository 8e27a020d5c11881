//! All refs of a repository, the HEADs of its worktrees, and the objects that reflogs remember.
//!
//! Loose files and `packed-refs` are read here, within bounds; git lists refs in tables. A bad ref is one problem, and
//! the rest is read.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::disk::{self, EntryKind};
use super::git_cli;
use super::head;
use super::oid::{ObjectFormat, Oid};
use super::reftable;
use super::repo::{RefStorage, Repository, bytes_to_path};
use crate::model::{Coverage, SkipReason};

/// Largest `packed-refs`, in bytes: two million refs.
const MAX_PACKED: u64 = 256 << 20;
/// Largest loose ref or HEAD, in bytes.
const MAX_LOOSE: u64 = 64 << 10;
/// Largest reflog, in bytes.
const MAX_LOG: u64 = 64 << 20;
/// Most refs, directories and reflogs.
const MAX_NAMES: usize = 2_000_000;
/// Depth of directories of refs.
const MAX_DEPTH: usize = 64;
/// Symbolic refs that are followed.
const MAX_HOPS: usize = 8;
/// Files beside HEAD that name commits, first those of operations that are under way, which need them. What the others
/// name may have been pruned.
const PSEUDO: [&str; 7] =
    ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_HEAD", "REBASE_HEAD", "ORIG_HEAD", "FETCH_HEAD"];
const NEEDED: usize = 4;

#[derive(Debug, Clone, Default)]
pub(crate) struct Refs {
    pub(crate) refs: BTreeMap<Vec<u8>, Oid>,
    /// The commit of HEAD, unless its branch is unborn.
    pub(crate) head: Option<Oid>,
    pub(crate) worktree_heads: Vec<Oid>,
    /// Commits in the reflog of the stash.
    pub(crate) stashes: Vec<Oid>,
    /// Commits in other reflogs and in files like `ORIG_HEAD`.
    pub(crate) logged: Vec<Oid>,
    /// Commits that reflogs say a ref was set to, and those of operations that are under way: git keeps these.
    pub(super) set: Vec<Oid>,
    /// The main git directory and those of all linked worktrees.
    pub(crate) git_dirs: Vec<PathBuf>,
    problems: Vec<(SkipReason, String)>,
}

impl Refs {
    pub(crate) fn read(repo: &Repository) -> Self {
        let mut refs = Self::default();
        refs.git_dirs = refs.list_git_dirs(repo);
        if repo.ref_storage == RefStorage::Files {
            refs.read_packed(repo);
            refs.read_loose(repo, &repo.common_dir);
            if repo.git_dir != repo.common_dir {
                refs.read_loose(repo, &repo.git_dir);
            }
        } else {
            refs.ask_git(repo);
        }
        refs.read_heads(repo);
        refs.read_logs(repo);
        refs
    }

    /// Counts what could not be read.
    pub(crate) fn report_problems(&self, coverage: &mut Coverage) {
        for (reason, example) in &self.problems {
            coverage.skip(*reason, example.as_str());
        }
    }

    /// Describes what could not be read.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(|problem| problem.1.as_str())
    }

    /// Iterates over the objects that must be there.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Oid> {
        self.refs.values().chain(&self.head).chain(&self.worktree_heads).chain(&self.set)
    }

    fn problem(&mut self, reason: SkipReason, what: impl Into<String>) {
        self.problems.push((reason, what.into()));
    }

    fn file(&mut self, path: &Path, limit: u64) -> Option<Vec<u8>> {
        match disk::read(path, limit) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.problem(error.reason(), error.to_string());
                None
            }
        }
    }

    fn read_packed(&mut self, repo: &Repository) {
        let text = self.file(&repo.common_dir.join("packed-refs"), MAX_PACKED).unwrap_or_default();
        for line in text.split(|byte| *byte == b'\n') {
            if line.is_empty() || line.starts_with(b"#") || line.starts_with(b"^") {
                continue;
            }
            let hex = repo.format.hex_len();
            let oid = line.get(..hex).and_then(Oid::from_hex);
            match (oid, line.get(hex), line.get(hex + 1..)) {
                (Some(oid), Some(b' '), Some(name)) if !name.is_empty() => {
                    self.refs.insert(name.trim_ascii_end().to_vec(), oid);
                }
                _ => {
                    self.problem(SkipReason::Damaged, "a line of packed-refs");
                    return;
                }
            }
        }
    }

    /// Loose refs take precedence over packed ones.
    fn read_loose(&mut self, repo: &Repository, top: &Path) {
        for (name, path) in self.files_below(top, b"refs") {
            match self.follow(repo, &path, MAX_HOPS) {
                Some(oid) => {
                    self.refs.insert(name, oid);
                }
                None => self.problem(SkipReason::Damaged, format!("ref {}", String::from_utf8_lossy(&name))),
            }
        }
    }

    /// Lists every file below a directory, with its name from the top.
    fn files_below(&mut self, top: &Path, below: &[u8]) -> Vec<(Vec<u8>, PathBuf)> {
        let mut found = Vec::new();
        let mut queue = vec![(below.to_vec(), top.join(bytes_to_path(below)), 0)];
        while let Some((name, dir, depth)) = queue.pop() {
            let listed = disk::list(&dir, MAX_NAMES);
            let (entries, more) = match listed {
                Ok(listed) => listed,
                Err(error) => {
                    self.problem(error.reason(), error.to_string());
                    continue;
                }
            };
            if more || depth > MAX_DEPTH || found.len() > MAX_NAMES {
                self.problem(SkipReason::OverLimit, format!("refs below {}", dir.display()));
                continue;
            }
            for (file, kind) in entries {
                let full = [&name[..], b"/", file.as_encoded_bytes()].concat();
                match kind {
                    EntryKind::Dir => queue.push((full, dir.join(&file), depth + 1)),
                    _ if file.as_encoded_bytes().ends_with(b".lock") => {}
                    EntryKind::File | EntryKind::Link => found.push((full, dir.join(&file))),
                    EntryKind::Special => self.problem(SkipReason::Unreadable, dir.join(&file).display().to_string()),
                }
            }
        }
        found
    }

    fn follow(&mut self, repo: &Repository, path: &Path, hops: usize) -> Option<Oid> {
        let text = self.file(path, MAX_LOOSE)?;
        let text = text.trim_ascii();
        if let Some(target) = text.strip_prefix(b"ref:") {
            let target = target.trim_ascii();
            let hops = hops.checked_sub(1)?;
            let inside = bytes_to_path(target).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            let path = repo.common_dir.join(bytes_to_path(target));
            if inside && disk::exists(&path) {
                return self.follow(repo, &path, hops);
            }
            return self.refs.get(target).copied();
        }
        of_format(text.get(..repo.format.hex_len())?, repo.format)
    }

    fn read_heads(&mut self, repo: &Repository) {
        if repo.ref_storage == RefStorage::Files {
            let own = repo.git_dir.join("HEAD");
            self.head = self.follow(repo, &own, MAX_HOPS);
        }
        for dir in &self.git_dirs.clone() {
            if *dir != repo.git_dir {
                self.read_worktree_head(repo, dir);
            }
            for (at, pseudo) in PSEUDO.into_iter().enumerate() {
                let text = self.file(&dir.join(pseudo), MAX_LOG).unwrap_or_default();
                let named = self.parse_lines(&text, repo.format, &format!("{}/{pseudo}", dir.display()));
                let named: Vec<Oid> = named.into_iter().map(|[oid, _]| oid).collect();
                self.set.extend(named.iter().filter(|_| at < NEEDED));
                self.logged.extend(named);
            }
            if *dir != repo.common_dir && *dir != repo.git_dir && repo.ref_storage == RefStorage::Files {
                self.read_loose(repo, dir);
            }
        }
    }

    /// Reads the HEAD of a linked worktree.
    fn read_worktree_head(&mut self, repo: &Repository, dir: &Path) {
        let path = dir.join("HEAD");
        if repo.ref_storage == RefStorage::Files {
            let head = self.follow(repo, &path, MAX_HOPS);
            self.worktree_heads.extend(head);
            if head::is_junk(&path, repo.format) {
                self.problem(SkipReason::Damaged, format!("{}: no branch and no commit", path.display()));
            }
        } else if let Some(name) = dir.file_name() {
            let name = [OsStr::new("worktrees/"), name, OsStr::new("/HEAD")].join(OsStr::new(""));
            let asked = ["rev-parse", "--verify", "--quiet"].map(OsStr::new);
            let head = git_cli::run(repo, None, &[&asked[..], &[&name]].concat());
            self.worktree_heads.extend(head.ok().and_then(|text| Oid::from_hex(text.trim_ascii())));
        }
    }

    fn read_logs(&mut self, repo: &Repository) {
        for dir in self.git_dirs.clone() {
            if disk::is_dir(&dir.join("logs/HEAD")) {
                self.problem(SkipReason::Unreadable, format!("{}: a directory", dir.join("logs/HEAD").display()));
            }
            for (name, path) in self.files_below(&dir, b"logs") {
                let text = self.file(&path, MAX_LOG).unwrap_or_default();
                let pairs = self.parse_lines(&text, repo.format, &path.display().to_string());
                let list = if name == b"logs/refs/stash" { &mut self.stashes } else { &mut self.logged };
                list.extend(pairs.iter().flatten().filter(|oid| !oid.is_zero()));
                self.set.extend(pairs.into_iter().map(|[_, new]| new).filter(|oid| !oid.is_zero()));
            }
        }
        for list in [&mut self.stashes, &mut self.logged, &mut self.set, &mut self.worktree_heads] {
            list.sort_unstable();
            list.dedup();
        }
    }

    /// Parses lines that begin with the name of an object, and of another one in reflogs. Counts the file if there are
    /// others.
    fn parse_lines(&mut self, text: &[u8], format: ObjectFormat, file: &str) -> Vec<[Oid; 2]> {
        let (mut found, hex) = (Vec::new(), format.hex_len());
        let mut is_whole = true;
        for line in text.split(|byte| *byte == b'\n').take(MAX_NAMES).filter(|line| !line.trim_ascii().is_empty()) {
            let first = line.get(..hex).and_then(|hex| of_format(hex, format));
            let second = line.get(hex + 1..2 * hex + 1).and_then(|hex| of_format(hex, format));
            is_whole &= first.is_some();
            found.extend(first.map(|first| [first, second.unwrap_or(first)]));
        }
        if !is_whole {
            self.problem(SkipReason::Damaged, format!("a line of {file}"));
        }
        found
    }

    fn list_git_dirs(&mut self, repo: &Repository) -> Vec<PathBuf> {
        let worktrees = repo.common_dir.join("worktrees");
        let names = disk::list(&worktrees, MAX_NAMES).unwrap_or_else(|error| {
            self.problem(error.reason(), error.to_string());
            Default::default()
        });
        let linked = names.0.iter().map(|(name, _)| worktrees.join(name));
        std::iter::once(repo.common_dir.clone()).chain(linked).collect()
    }

    /// Lists refs in tables.
    fn ask_git(&mut self, repo: &Repository) {
        let dirs = self.git_dirs.iter().filter(|dir| disk::exists(&dir.join("reftable")) || **dir == repo.common_dir);
        self.problems.extend(dirs.flat_map(|dir| reftable::problems(dir)).collect::<Vec<_>>());
        let format = "--format=%(objectname) %(refname)";
        let listed = git_cli::run(repo, None, &["for-each-ref", format].map(OsStr::new));
        match listed {
            Ok(text) => {
                for line in text.split(|byte| *byte == b'\n') {
                    let hex = repo.format.hex_len();
                    if let (Some(oid), Some(name)) = (line.get(..hex).and_then(Oid::from_hex), line.get(hex + 1..)) {
                        self.refs.insert(name.to_vec(), oid);
                    }
                }
                let head = git_cli::run(repo, None, &["rev-parse", "--verify", "--quiet", "HEAD"].map(OsStr::new));
                self.head = head.ok().and_then(|text| Oid::from_hex(text.trim_ascii()));
                let logged = git_cli::run(repo, None, &["rev-list", "--walk-reflogs", "--all"].map(OsStr::new));
                match logged {
                    Ok(text) => self.logged.extend(text.split(|byte| *byte == b'\n').filter_map(Oid::from_hex)),
                    Err(error) => self.problem(SkipReason::Unsupported, format!("reflogs in tables: {error}")),
                }
            }
            Err(error) => self.problem(SkipReason::Unsupported, format!("refs in tables: {error}")),
        }
    }
}

fn of_format(hex: &[u8], format: ObjectFormat) -> Option<Oid> {
    Oid::from_hex(hex).filter(|oid| oid.format() == format)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests build repositories")]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn every_name() {
        for extra in ["--ref-format=files", "--ref-format=reftable"] {
            let lab = Lab::new(&[extra]);
            lab.commit("f", b"one");
            lab.git(&["tag", "-a", "-m", "t", "v1"]);
            lab.git(&["pack-refs", "--all"]);
            lab.commit("f", b"two");
            lab.git(&["branch", "deep/er/name"]);
            lab.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
            let repo = lab.repo();
            let refs = Refs::read(&repo);
            let shown = lab.git(&["for-each-ref", "--format=%(objectname) %(refname)"]);
            let read: Vec<String> =
                refs.refs.iter().map(|(name, oid)| format!("{oid} {}", String::from_utf8_lossy(name))).collect();
            let mut wanted: Vec<&str> = shown.lines().collect();
            wanted.sort_by_key(|line| line.split(' ').nth(1).map(str::as_bytes).map(<[u8]>::to_vec));
            assert_eq!(read, wanted);
            assert_eq!(refs.head.unwrap().to_string(), lab.git(&["rev-parse", "HEAD"]).trim());
            assert!(refs.logged.iter().any(|oid| oid.to_string() == lab.git(&["rev-parse", "HEAD~1"]).trim()));
            assert!(refs.problems.is_empty(), "{:?}", refs.problems);
        }
    }

    #[test]
    fn stashes_worktrees_and_nonsense() {
        let lab = Lab::new(&[]);
        lab.commit("f", b"one");
        for text in ["a", "b"] {
            std::fs::write(lab.root.join("f"), text).unwrap();
            lab.git(&["stash", "-q"]);
        }
        lab.git(&["worktree", "add", "-q", "--detach", "../linked"]);
        let dir = lab.root.join(".git/refs/heads");
        std::fs::write(dir.join("loop"), "ref: refs/heads/loop\n").unwrap();
        std::fs::write(dir.join("junk"), "nothing").unwrap();
        std::fs::write(dir.join("out"), "ref: ../../../../../../etc/hostname").unwrap();
        let refs = Refs::read(&lab.repo());
        assert_eq!(refs.stashes.len(), 2);
        assert_eq!(refs.worktree_heads, [refs.head.unwrap()]);
        assert_eq!(refs.problems.len(), 3);
        assert!(refs.refs.contains_key(&b"refs/stash"[..]));
    }
}
