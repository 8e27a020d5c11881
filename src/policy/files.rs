//! Where policy is read from: the disk, the index, or the tree of a commit.

use std::path::PathBuf;

use super::{Error, MAX_POLICY_FILE};
use crate::detect::redact::sanitize;
use crate::git::{ObjectKind, Odb, Oid, TreeEntries, disk};
use crate::source::staged::Stage;

/// Rule files of a repository's own directory that are read.
const MAX_FILES: usize = 500;

/// Files by their path below the root.
pub trait Files {
    /// The content of a file; `None` if there is none.
    ///
    /// # Errors
    /// It is there and cannot be read, or is no file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Paths of the TOML files right in a directory, sorted.
    ///
    /// # Errors
    /// The directory cannot be read.
    fn list(&self, directory: &str) -> Result<Vec<String>, Error>;
}

fn unreadable(file: &str, why: impl std::fmt::Display) -> Error {
    Error::Unreadable { file: sanitize(file), why: sanitize(&why.to_string()) }
}

fn is_rule_file(name: &[u8]) -> bool {
    name.ends_with(b".toml")
}

/// No files at all.
#[derive(Debug)]
pub struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    fn list(&self, _: &str) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }
}

/// Files on disk.
#[derive(Debug)]
pub struct Disk {
    /// The root.
    pub root: PathBuf,
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        disk::read(&self.root.join(path), MAX_POLICY_FILE).map_err(|error| unreadable(path, error))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, Error> {
        let listed = disk::list(&self.root.join(directory), MAX_FILES);
        let (entries, _) = listed.map_err(|error| unreadable(directory, error))?;
        let names = entries.into_iter().filter(|(name, _)| is_rule_file(name.as_encoded_bytes()));
        Ok(names.map(|(name, _)| format!("{directory}/{}", name.to_string_lossy())).collect())
    }
}

/// Files as staged.
pub struct Staged<'a>(pub &'a Stage);

impl Files for Staged<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(entry) = self.0.index.find(path.as_bytes()) else { return Ok(None) };
        if entry.is_link() || entry.is_submodule() {
            return Err(unreadable(path, "it is not a regular file"));
        }
        if entry.intent_to_add {
            return Ok(None);
        }
        blob(&self.0.odb, path, &entry.oid).map(Some)
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, Error> {
        let prefix = format!("{}/", directory.trim_end_matches('/'));
        let from = self.0.index.lower_bound(prefix.as_bytes());
        let below = (from..).map_while(|at| self.0.index.get(at)).map_while(|entry| {
            let rest = entry.path.strip_prefix(prefix.as_bytes())?;
            Some((rest, entry.stage))
        });
        let files = below.filter(|(rest, stage)| *stage == 0 && !rest.contains(&b'/') && is_rule_file(rest));
        Ok(files.take(MAX_FILES).map(|(rest, _)| format!("{prefix}{}", String::from_utf8_lossy(rest))).collect())
    }
}

/// Files of a commit.
#[derive(Debug)]
pub struct Tree<'a> {
    /// The objects.
    pub odb: &'a Odb,
    /// The commit's tree; `None` before the first commit.
    pub tree: Option<Oid>,
}

impl Tree<'_> {
    /// The tree entry at a path: its mode and name.
    fn entry(&self, path: &str) -> Result<Option<(u32, Oid)>, Error> {
        let Some(tree) = self.tree else { return Ok(None) };
        let mut at = (0o040_000, tree);
        for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if at.0 & 0o170_000 != 0o040_000 {
                return Ok(None);
            }
            let content = object(self.odb, path, &at.1, ObjectKind::Tree)?;
            let entries = TreeEntries::new(&content, self.odb.format);
            let found = entries.filter_map(Result::ok).find(|entry| entry.name == part.as_bytes());
            let Some(found) = found else { return Ok(None) };
            at = (found.mode, found.oid);
        }
        Ok(Some(at))
    }
}

impl Files for Tree<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        match self.entry(path)? {
            None => Ok(None),
            Some((mode, oid)) if mode & 0o170_000 == 0o100_000 => blob(self.odb, path, &oid).map(Some),
            Some(_) => Err(unreadable(path, "it is not a regular file")),
        }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, Error> {
        let Some((_, oid)) = self.entry(directory)? else { return Ok(Vec::new()) };
        let content = object(self.odb, directory, &oid, ObjectKind::Tree)?;
        let entries = TreeEntries::new(&content, self.odb.format).filter_map(Result::ok);
        let files = entries.filter(|entry| !entry.is_tree() && is_rule_file(entry.name));
        let named = files.map(|entry| format!("{directory}/{}", String::from_utf8_lossy(entry.name)));
        Ok(named.take(MAX_FILES).collect())
    }
}

fn blob(odb: &Odb, path: &str, oid: &Oid) -> Result<Vec<u8>, Error> {
    object(odb, path, oid, ObjectKind::Blob)
}

fn object(odb: &Odb, path: &str, oid: &Oid, kind: ObjectKind) -> Result<Vec<u8>, Error> {
    match odb.read_within(oid, MAX_POLICY_FILE) {
        Ok(Some((found, bytes))) if found == kind => Ok(bytes),
        Ok(Some(_)) => Err(unreadable(path, format!("object {oid} is no {}", kind.name()))),
        Ok(None) => Err(unreadable(path, format!("object {oid} is missing"))),
        Err(error) => Err(unreadable(path, error)),
    }
}
