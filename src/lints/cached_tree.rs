//! Remembers the files that lints read beside the scanned ones: every file of a package needs the same manifest.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::string::FromUtf8Error;

use serde_json::Value;

use crate::code::{Tree, parse_json};
use crate::model::snapshot::Snapshot;

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 2 << 20;

/// A tree that is read once per path.
pub(crate) struct CachedTree<'a> {
    tree: &'a dyn Snapshot,
    texts: RefCell<BTreeMap<String, Option<Rc<str>>>>,
    documents: RefCell<BTreeMap<String, Option<Rc<Value>>>>,
    /// Names by their directory; `None` where they are not known.
    names: RefCell<HashMap<String, Option<HashSet<String>>>>,
}

impl<'a> CachedTree<'a> {
    pub(crate) fn new(tree: &'a dyn Snapshot) -> Self {
        Self { tree, texts: RefCell::default(), documents: RefCell::default(), names: RefCell::default() }
    }

    /// Returns the text of a file, with replacement characters where it is not UTF-8.
    pub(crate) fn text(&self, path: &str) -> Option<Rc<str>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        // Try the conversion without copying first: almost every file is valid UTF-8.
        let lossy = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
        let bytes = self.may_hold(path).then(|| self.tree.read(path, MAX_FILE).ok().flatten()).flatten();
        let text = bytes.map(|bytes| Rc::from(String::from_utf8(bytes).unwrap_or_else(lossy)));
        self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// Returns false if there is no file at a path. Most that lints ask for are not there, and mostly their directory is not.
    fn may_hold(&self, path: &str) -> bool {
        // Other names may mean the same file.
        if !path.is_ascii() || path.starts_with('/') || path.contains("./") || path.contains("//") {
            return true;
        }
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let holds = |directory: &str, name: &str| {
            let mut names = self.names.borrow_mut();
            let known = names.entry(directory.to_owned()).or_insert_with(|| self.tree.names(directory));
            known.as_ref().map(|names| names.contains(&name.to_ascii_lowercase()))
        };
        if !self.names.borrow().contains_key(directory) {
            let ends = directory.match_indices('/').map(|(end, _)| end).chain([directory.len()]);
            for end in ends.filter(|_| !directory.is_empty()) {
                let (above, name) = directory[..end].rsplit_once('/').unwrap_or(("", &directory[..end]));
                let unknown = match holds(above, name) {
                    Some(true) => continue,
                    Some(false) => Some(HashSet::new()),
                    None => None,
                };
                self.names.borrow_mut().insert(directory.to_owned(), unknown);
                break;
            }
        }
        holds(directory, name).unwrap_or(true)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.text(path).is_some()
    }
}

impl Tree for CachedTree<'_> {
    fn text(&self, path: &str) -> Option<Rc<str>> {
        CachedTree::text(self, path)
    }

    fn json(&self, path: &str) -> Option<Rc<Value>> {
        if let Some(known) = self.documents.borrow().get(path) {
            return known.clone();
        }
        let document = self.text(path).and_then(|text| parse_json(&text)).map(Rc::new);
        self.documents.borrow_mut().insert(path.to_owned(), document.clone());
        document
    }

    fn list(&self, directory: &str, ending: &str) -> Vec<String> {
        self.tree.list(directory, ending).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::model::snapshot::SnapshotError;

    /// Counts how often files are asked for. What is behind `link` is not known.
    #[derive(Default)]
    struct CountedTree {
        files: BTreeMap<String, Vec<u8>>,
        reads: Cell<usize>,
    }

    impl Snapshot for CountedTree {
        fn read(&self, path: &str, _: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
            self.reads.set(self.reads.get() + 1);
            Ok(self.files.get(path).cloned())
        }

        fn list(&self, _: &str, _: &str) -> Result<Vec<String>, SnapshotError> {
            Ok(Vec::new())
        }

        fn names(&self, directory: &str) -> Option<HashSet<String>> {
            let below = if directory.is_empty() { String::new() } else { format!("{directory}/") };
            let inside = self.files.keys().filter_map(|path| path.strip_prefix(&below)?.split('/').next());
            (directory != "link").then(|| inside.map(str::to_ascii_lowercase).collect())
        }
    }

    #[test]
    fn only_files_that_may_be_there_are_asked_for() {
        let files = ["src/lib/Pay.ts", "link/a.ts"].map(|path| (path.to_owned(), b"x".to_vec()));
        let tree = CountedTree { files: files.into(), ..CountedTree::default() };
        let cached = CachedTree::new(&tree);
        for path in ["none.ts", "src/none/a.ts", "src/none/b/c.ts", "src/lib/other.ts", "src/lib/Pay.ts/a.ts", "/src"] {
            assert!(!cached.has(path), "{path}");
        }
        assert_eq!(tree.reads.get(), 1, "an absolute path is left to the tree");
        assert!(cached.has("src/lib/Pay.ts") && !cached.has("src/lib/pay.ts"));
        assert!(cached.has("link/a.ts") && !cached.has("link/b/c.ts") && !cached.has("src/./lib/Pay.ts"));
        assert_eq!(tree.reads.get(), 6);
        assert!(!cached.has(&"a/".repeat(100_000)));
    }
}
