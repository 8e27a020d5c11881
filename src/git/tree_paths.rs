//! Finds the entries of a tree by their paths. The directories on the way to the last path are remembered, so that neighbours
//! are cheap however deep they are.

use std::collections::HashMap;

use super::oid::{ObjectFormat, Oid};
use super::tree::{FileVersion, TreeEntries};

/// Most bytes of trees whose entries are remembered.
const MAX_REMEMBERED: usize = 32 << 20;

/// A directory on the way.
#[derive(Debug, Clone)]
struct KnownDirectory {
    /// End of its path.
    end: usize,
    tree: Oid,
    entries: Option<HashMap<Vec<u8>, FileVersion>>,
}

#[derive(Debug, Clone)]
pub(crate) struct TreePaths {
    format: ObjectFormat,
    path: Vec<u8>,
    /// The directories of `path`, the root first.
    known: Vec<KnownDirectory>,
    /// Bytes of the trees whose entries are remembered.
    remembered: usize,
}

impl TreePaths {
    pub(crate) fn new(root: Oid) -> Self {
        let root = KnownDirectory { end: 0, tree: root, entries: None };
        Self { format: root.tree.format(), path: Vec::new(), known: vec![root], remembered: 0 }
    }

    /// Returns the entry at a path that has no empty components. `read` returns the content of a tree.
    pub(crate) fn find<E>(
        &mut self,
        path: &[u8],
        read: &mut dyn FnMut(&Oid) -> Result<Vec<u8>, E>,
    ) -> Result<Option<FileVersion>, E> {
        let same = |end: usize| end == 0 || (path.get(end) == Some(&b'/') && path.get(..end) == self.path.get(..end));
        let known = self.known.partition_point(|directory| same(directory.end));
        self.known.truncate(known.max(1));
        path.clone_into(&mut self.path);
        while let Some(end) = self.known.last().map(|directory| directory.end) {
            let from = end + usize::from(end > 0);
            let rest = path.get(from..).unwrap_or_default();
            let slash = memchr::memchr(b'/', rest);
            let name = &rest[..slash.unwrap_or(rest.len())];
            let Some(found) = self.entry(name, read)? else { return Ok(None) };
            match slash {
                None => return Ok(Some(found)),
                Some(slash) if found.is_tree() => {
                    self.known.push(KnownDirectory { end: from + slash, tree: found.oid, entries: None });
                }
                Some(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Looks a name up in the last known directory.
    fn entry<E>(
        &mut self,
        name: &[u8],
        read: &mut dyn FnMut(&Oid) -> Result<Vec<u8>, E>,
    ) -> Result<Option<FileVersion>, E> {
        let Some(last) = self.known.last() else { return Ok(None) };
        if let Some(entries) = &last.entries {
            return Ok(entries.get(name).copied());
        }
        let content = read(&last.tree)?;
        if self.remembered + content.len() > MAX_REMEMBERED {
            self.known.iter_mut().for_each(|directory| directory.entries = None);
            self.remembered = 0;
        }
        self.remembered += content.len();
        let parsed = TreeEntries::new(&content, self.format).map_while(Result::ok);
        let entries: HashMap<Vec<u8>, FileVersion> =
            parsed.map(|entry| (entry.name.to_vec(), FileVersion { mode: entry.mode, oid: entry.oid })).collect();
        let found = entries.get(name).copied();
        if let Some(last) = self.known.last_mut() {
            last.entries = Some(entries);
        }
        Ok(found)
    }
}
