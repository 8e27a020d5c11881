//! Remembers the files that lints read beside the scanned ones: every file of a package needs the same manifest.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::string::FromUtf8Error;

use serde_json::Value;

use crate::code::{Tree, parse_json};
use crate::model::snapshot::Snapshot;
use crate::model::{Location, Origin};

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 2 << 20;

/// A tree that is read once per path.
pub(crate) struct CachedTree<'a> {
    tree: &'a dyn Snapshot,
    texts: RefCell<BTreeMap<String, Option<Rc<str>>>>,
    documents: RefCell<BTreeMap<String, Option<Rc<Value>>>>,
}

impl<'a> CachedTree<'a> {
    pub(crate) fn new(tree: &'a dyn Snapshot) -> Self {
        Self { tree, texts: RefCell::default(), documents: RefCell::default() }
    }

    /// Returns the text of a file, with replacement characters where it is not UTF-8.
    pub(crate) fn text(&self, path: &str) -> Option<Rc<str>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        // Try the conversion without copying first: almost every file is valid UTF-8.
        let lossy = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
        let bytes = self.tree.read(path, MAX_FILE).ok().flatten();
        let text = bytes.map(|bytes| Rc::from(String::from_utf8(bytes).unwrap_or_else(lossy)));
        self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.text(path).is_some()
    }

    /// Returns true if a location is a plain file of this tree, not an archive member or a place in history.
    pub(crate) fn holds(&self, location: &Location) -> bool {
        location.origin == Origin::File
            && location.archive.is_empty()
            && location.path_encoding.is_none()
            && self.tree.holds(location.reach)
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
}
