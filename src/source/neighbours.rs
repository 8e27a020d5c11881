//! The files beside those that were scanned, for lints: on disk, in the index, in a commit. What is staged is judged by
//! what is staged.

use std::cell::OnceCell;
use std::io::Read;
use std::path::PathBuf;

use super::disk;
use super::staged::Stage;
use crate::git::tree::TreeEntries;
use crate::git::{ObjectKind, Odb, Oid, Repository};
use crate::lints::Neighbours;
use crate::lints::neighbours::MAX_NEIGHBOUR;

/// Files below a directory.
#[derive(Debug, Clone)]
pub struct Disk(pub PathBuf);

impl Neighbours for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let full = self.0.join(path);
        // Most that are asked for are not there.
        let opened = disk::open(&full).ok()??;
        // A link on the way may lead out of the tree that is scanned.
        if full.parent()?.canonicalize().ok()?.strip_prefix(&self.0).is_err() {
            return None;
        }
        if opened.size > MAX_NEIGHBOUR {
            return None;
        }
        let mut bytes = Vec::new();
        opened.file.take(MAX_NEIGHBOUR).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// Files of the index: what would be committed, whatever the disk says.
pub struct Staged<'a>(pub &'a Stage);

impl Neighbours for Staged<'_> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let entry = self.0.index.find(path.as_bytes())?;
        if entry.is_submodule() || entry.is_link() { None } else { blob(&self.0.odb, &entry.oid) }
    }
}

/// Files of a commit.
pub struct Committed {
    repository: Repository,
    commit: Oid,
    opened: OnceCell<Option<(Odb, Oid)>>,
}

impl Committed {
    /// The tree of a commit.
    #[must_use]
    pub fn new(repository: Repository, commit: Oid) -> Self {
        Self { repository, commit, opened: OnceCell::new() }
    }
}

impl Neighbours for Committed {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let open = || {
            let odb = Odb::open(&self.repository);
            let tree = super::staged::tree_of(&odb, &self.repository, &self.commit)?;
            Some((odb, tree))
        };
        let (odb, root) = self.opened.get_or_init(open).as_ref()?;
        let mut at = *root;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let Ok(Some((ObjectKind::Tree, content))) = odb.read_within(&at, MAX_NEIGHBOUR) else { return None };
            let entry = TreeEntries::new(&content, self.repository.format)
                .map_while(Result::ok)
                .find(|entry| entry.name == part.as_bytes())?;
            if parts.peek().is_none() {
                return if entry.is_tree() || entry.is_link() || entry.is_submodule() {
                    None
                } else {
                    blob(odb, &entry.oid)
                };
            }
            at = entry.oid;
        }
        None
    }
}

/// Several commits, the likeliest first: for what a push brings.
impl Neighbours for Vec<Committed> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.iter().find_map(|tree| tree.read(path))
    }
}

fn blob(odb: &Odb, oid: &Oid) -> Option<Vec<u8>> {
    match odb.read_within(oid, MAX_NEIGHBOUR) {
        Ok(Some((ObjectKind::Blob, bytes))) => Some(bytes),
        _ => None,
    }
}
