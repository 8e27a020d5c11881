//! Files beside the one that is judged: manifests, framework configuration, env files, imported modules.
//!
//! They come from the tree that is scanned (disk, index, commit), never from another, so a staged change is judged by
//! what is staged. [`Cached`] remembers what was asked, because every file of a package asks for the same manifest.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::string::FromUtf8Error;

use crate::model::snapshot::Snapshot;
use crate::model::{Location, Origin};

/// Largest file that is read, in bytes.
const MAX_NEIGHBOUR: u64 = 2 << 20;

/// Asks the tree for each path once.
pub(crate) struct Cached<'a> {
    tree: &'a dyn Snapshot,
    seen: RefCell<BTreeMap<String, Option<Rc<str>>>>,
}

impl<'a> Cached<'a> {
    pub(crate) fn new(tree: &'a dyn Snapshot) -> Self {
        Self { tree, seen: RefCell::default() }
    }

    /// The text of a file; what is not UTF-8 in it is replaced.
    pub(crate) fn text(&self, path: &str) -> Option<Rc<str>> {
        if let Some(known) = self.seen.borrow().get(path) {
            return known.clone();
        }
        // Nearly all is UTF-8, which is seen faster than what is not is replaced.
        let replaced = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
        let text = self
            .tree
            .read(path, MAX_NEIGHBOUR)
            .ok()
            .flatten()
            .map(|bytes| Rc::from(String::from_utf8(bytes).unwrap_or_else(replaced)));
        self.seen.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// Whether a place is in the tree that is looked at, as a file of its own.
    pub(crate) fn holds(&self, location: &Location) -> bool {
        location.origin == Origin::File
            && location.archive.is_empty()
            && location.path_encoding.is_none()
            && self.tree.holds(location.reach)
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.text(path).is_some()
    }
}

/// The directory of a path, without `/` at its end; empty for the root.
#[must_use]
pub(crate) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The directory and all those above it, the nearest first, the root last.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory(path)), |at| (!at.is_empty()).then(|| directory(at)))
}

/// A path below a directory, `.` and `..` resolved. `None` if it leaves the root.
#[must_use]
pub(crate) fn join(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("a", "../../etc"), None);
        assert_eq!(join("", "x").as_deref(), Some("x"));
        assert_eq!(ancestors("a/b/c.ts").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(ancestors("c.ts").collect::<Vec<_>>(), [""]);
    }
}
