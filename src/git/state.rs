//! The state of a repository as digests: what decides which objects a scan of its history sees, and where it finds them.
//!
//! Packs are named by what they hold, so their names and sizes stand for them, and loose objects are named by their content.
//! `pinstripe.toml` and baselines of a work tree, and the day, are no part of it.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::disk::{self, EntryKind};
use super::loose;
use super::oid::Oid;
use super::refs::Refs;
use super::repo::{MAX_PACK_FILES, Repository};
use super::walk::ObjectStore;

/// Most names in one directory of loose objects.
const MAX_LOOSE: usize = 1 << 20;

/// Largest index that is hashed, in bytes.
const MAX_INDEX: u64 = 1 << 30;

/// Directories of the store of Git LFS above its files.
const LFS_DEPTH: usize = 2;

/// Digests of a repository, as hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepositoryState {
    /// Of refs and HEAD.
    pub(crate) refs: String,
    /// Of everything; `None` where a part of it cannot be read.
    pub(crate) whole: Option<String>,
}

impl RepositoryState {
    pub(crate) fn read(repo: &Repository) -> Self {
        Self::of(repo, &Refs::read(repo), None)
    }

    /// As [`Self::read`], of refs that were read and a store that was opened already: if the repository has changed since
    /// then, the digest is that of no other state.
    pub(crate) fn of(repo: &Repository, refs: &Refs, store: Option<&ObjectStore<'_>>) -> Self {
        let mut parts = Parts(Sha256::new());
        for (name, oid) in &refs.refs {
            parts.add(name);
            parts.add(oid.as_bytes());
        }
        parts.add(refs.head.as_ref().map_or(&[][..], |oid| oid.as_bytes()));
        let of_refs = parts.clone().finish();
        for list in [&refs.worktree_heads, &refs.stashes, &refs.logged, &refs.set, &repo.shallow] {
            parts.list(list.len(), list.iter());
        }
        for problem in refs.problems() {
            parts.add(problem.as_bytes());
        }
        if let Some(store) = store {
            parts.list(store.loose_oids().count(), store.loose_oids());
            store.pack_paths().for_each(|path| parts.add(path.as_os_str().as_encoded_bytes()));
        }
        let whole = parts.stores(repo).and_then(|()| parts.files(repo, refs)).map(|()| parts.finish());
        Self { refs: of_refs, whole }
    }
}

/// Returns the size of the packs of the repository's own.
pub(crate) fn pack_bytes(repo: &Repository) -> u64 {
    let packs = repo.object_dirs.first().map(|objects| objects.join("pack"));
    let sizes = packs.iter().flat_map(|packs| {
        let names = disk::list(packs, MAX_PACK_FILES).unwrap_or_default().0.into_iter();
        let names = names.filter(|(name, _)| name.as_encoded_bytes().ends_with(b".pack"));
        names.filter_map(|(name, _)| disk::open(&packs.join(name)).ok().flatten()).map(|(_, size)| size)
    });
    sizes.fold(0, u64::saturating_add)
}

/// A digest over parts, each with its length.
#[derive(Clone)]
struct Parts(Sha256);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn list<'o>(&mut self, count: usize, oids: impl Iterator<Item = &'o Oid>) {
        self.add(&(count as u64).to_be_bytes());
        oids.for_each(|oid| self.add(oid.as_bytes()));
    }

    fn stores(&mut self, repo: &Repository) -> Option<()> {
        for objects in &repo.object_dirs {
            self.add(objects.as_os_str().as_encoded_bytes());
            self.file(&objects.join("info/alternates"))?;
            for (name, kind) in listed(&objects.join("pack"), MAX_PACK_FILES)? {
                let size = match kind {
                    EntryKind::File => disk::open(&objects.join("pack").join(&name)).ok()??.1,
                    _ => 0,
                };
                self.add(name.as_encoded_bytes());
                self.add(&size.to_be_bytes());
            }
            for fan in loose::first_bytes(objects) {
                for (name, _) in listed(&objects.join(format!("{fan:02x}")), MAX_LOOSE)? {
                    self.add(&[fan]);
                    self.add(name.as_encoded_bytes());
                }
            }
        }
        Some(())
    }

    /// Adds the files beside refs and objects that a scan reads.
    fn files(&mut self, repo: &Repository, refs: &Refs) -> Option<()> {
        for name in ["config", "shallow", "packed-refs"] {
            self.file(&repo.common_dir.join(name))?;
        }
        for dir in &refs.git_dirs {
            self.add(dir.as_os_str().as_encoded_bytes());
            for name in ["HEAD", "index"] {
                self.file(&dir.join(name))?;
            }
            // A split index names its other half by checksum.
            let names = listed(dir, MAX_LOOSE)?.into_iter().map(|(name, _)| name);
            let shared = names.filter(|name| name.as_encoded_bytes().starts_with(b"sharedindex."));
            shared.for_each(|name| self.add(name.as_encoded_bytes()));
        }
        self.below(&repo.common_dir.join("lfs/objects"), LFS_DEPTH)?;
        // Tables of refs are told by their names, and by the list of them.
        for (name, _) in listed(&repo.common_dir.join("reftable"), MAX_LOOSE)? {
            self.add(name.as_encoded_bytes());
        }
        Some(())
    }

    /// Adds the names of files in a directory, and their sizes.
    fn below(&mut self, directory: &Path, depth: usize) -> Option<()> {
        for (name, kind) in listed(directory, MAX_LOOSE)? {
            self.add(name.as_encoded_bytes());
            match kind {
                EntryKind::Dir if depth > 0 => self.below(&directory.join(&name), depth - 1)?,
                EntryKind::File if depth == 0 => {
                    let size = disk::open(&directory.join(&name)).ok()?.map_or(0, |(_, size)| size);
                    self.add(&size.to_be_bytes());
                }
                _ => self.add(&[u8::from(kind == EntryKind::File)]),
            }
        }
        Some(())
    }

    fn file(&mut self, file: &Path) -> Option<()> {
        let bytes = disk::read(file, MAX_INDEX).ok()?;
        self.add(&[u8::from(bytes.is_some())]);
        self.add(&bytes.unwrap_or_default());
        Some(())
    }
}

/// Lists a directory that has not too many entries.
fn listed(directory: &Path, limit: usize) -> Option<Vec<(std::ffi::OsString, EntryKind)>> {
    disk::list(directory, limit).ok().filter(|(_, more)| !more).map(|(names, _)| names)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test changes a repository")]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn whatever_a_scan_sees_changes_the_state() {
        let lab = Lab::new(&[]);
        lab.commit("f", b"one");
        let state = || RepositoryState::read(&lab.repo());
        let mut last = state();
        assert_eq!(last, state());
        let steps: [(&str, &dyn Fn(), bool); 5] = [
            ("a branch", &|| drop(lab.git(&["branch", "b"])), false),
            ("an index", &|| drop(lab.git(&["rm", "-q", "--cached", "f"])), true),
            ("a pack", &|| drop(lab.git(&["repack", "-a", "-d", "-q"])), true),
            ("a shallow file", &|| std::fs::write(lab.root.join(".git/shallow"), "").unwrap(), true),
            ("a reflog", &|| drop(lab.git(&["reflog", "expire", "--expire=now", "--all"])), true),
        ];
        for (what, step, keeps_refs) in steps {
            step();
            let next = state();
            assert_ne!(last.whole, next.whole, "{what}");
            assert_eq!(last.refs == next.refs, keeps_refs, "{what}");
            last = next;
        }
        assert!(pack_bytes(&lab.repo()) > 100);
        std::fs::remove_file(lab.root.join(".git/index")).unwrap();
        std::fs::create_dir(lab.root.join(".git/index")).unwrap();
        assert_eq!(state().whole, None);
    }
}
