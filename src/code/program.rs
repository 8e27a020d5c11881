//! Files of one tree and what their imports lead to. A file is read and parsed when something leads to it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::model::{Code, Kind, NodeId};
use super::resolve::{self, Tree};

/// Most files that are read because something leads to them.
const MAX_LOADED: usize = 200;

/// Largest file that is read because something leads to it, in bytes: longer ones are tables.
const MAX_LOADED_BYTES: usize = 256 << 10;

/// A file of the program.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) code: Arc<Code>,
}

/// The file of a class, and its node there.
pub(crate) type Class = (usize, NodeId);

/// Paths by the directory with an extension, and the module's name.
type Candidates = BTreeMap<(String, String), Rc<[String]>>;

pub(crate) struct Program<'a> {
    tree: &'a dyn Tree,
    /// Returns true for the text of a file that is worth reading.
    leads: &'a dyn Fn(&str) -> bool,
    files: RefCell<Vec<Rc<File>>>,
    by_path: RefCell<BTreeMap<String, Option<usize>>>,
    resolved: RefCell<BTreeMap<(usize, String), Option<usize>>>,
    /// Paths that a module's name may mean in the files of a directory and an extension.
    candidates: RefCell<Candidates>,
    loaded: RefCell<usize>,
    /// Files that were looked at and not read, because they say nothing that matters.
    silent: RefCell<BTreeSet<String>>,
    classes: RefCell<BTreeMap<Arc<str>, Vec<Class>>>,
    derived: RefCell<BTreeMap<Arc<str>, Class>>,
    /// Parts of classes of Go by their method.
    methods: RefCell<BTreeMap<Arc<str>, Vec<Class>>>,
    /// Directories of packages of Go whose files were read.
    packages: RefCell<BTreeSet<String>>,
}

impl<'a> Program<'a> {
    /// `leads` says by its text which file is read because something leads to it.
    pub(crate) fn new(tree: &'a dyn Tree, leads: &'a dyn Fn(&str) -> bool) -> Self {
        Self {
            tree,
            leads,
            files: RefCell::default(),
            by_path: RefCell::default(),
            resolved: RefCell::default(),
            candidates: RefCell::default(),
            loaded: RefCell::default(),
            silent: RefCell::default(),
            classes: RefCell::default(),
            derived: RefCell::default(),
            methods: RefCell::default(),
            packages: RefCell::default(),
        }
    }

    /// Adds a file that was parsed before.
    pub(crate) fn add(&self, path: &str, code: Arc<Code>) -> usize {
        let mut files = self.files.borrow_mut();
        self.index(&code, files.len());
        files.push(Rc::new(File { path: path.to_owned(), code }));
        self.by_path.borrow_mut().insert(path.to_owned(), Some(files.len() - 1));
        files.len() - 1
    }

    /// Returns true for a path that was added or loaded.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.by_path.borrow().get(path).is_some_and(Option::is_some)
    }

    /// Remembers the classes of a file, and what they are derived from.
    fn index(&self, code: &Code, file: usize) {
        for (id, node) in code.nodes().filter(|(_, node)| node.kind == Kind::Class) {
            if let Some(name) = node.name.clone() {
                self.classes.borrow_mut().entry(name).or_default().push((file, id));
            }
            let method = code.child(id, 1);
            if let Some(name) = code.node(method).name.clone().filter(|_| code.kind(method) == Kind::Function) {
                self.methods.borrow_mut().entry(name).or_default().push((file, id));
            }
            let mut open = vec![code.child(id, 0)];
            while let Some(at) = open.pop() {
                match code.kind(at) {
                    Kind::Group => open.extend(code.children(at)),
                    Kind::Name => {
                        let name = code.node(at).name.clone().unwrap_or_default();
                        self.derived.borrow_mut().entry(name).or_insert((file, id));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Returns the classes of a name in all files, the first files first.
    pub(crate) fn classes(&self, name: &str) -> Vec<Class> {
        self.classes.borrow().get(name).cloned().unwrap_or_default()
    }

    /// Returns a class that is derived from another, or implements it.
    pub(crate) fn derived(&self, name: &str) -> Option<(usize, NodeId)> {
        self.derived.borrow().get(name).copied()
    }

    pub(crate) fn file(&self, at: usize) -> Rc<File> {
        Rc::clone(&self.files.borrow()[at])
    }

    pub(crate) fn len(&self) -> usize {
        self.files.borrow().len()
    }

    /// Returns the file at a path, which is read if it is not yet known.
    pub(crate) fn load(&self, path: &str) -> Option<usize> {
        if let Some(known) = self.by_path.borrow().get(path) {
            return *known;
        }
        let code = (*self.loaded.borrow() < MAX_LOADED && super::reads(path)).then(|| self.tree.text(path)).flatten();
        let code = code.filter(|text| text.len() <= MAX_LOADED_BYTES);
        if code.as_ref().is_some_and(|text| !(self.leads)(text) && !gives_on(text)) {
            self.silent.borrow_mut().insert(path.to_owned());
            self.by_path.borrow_mut().insert(path.to_owned(), None);
            return None;
        }
        let code = code.and_then(|text| super::parse(path, text.as_bytes()));
        match code {
            Some(code) => {
                *self.loaded.borrow_mut() += 1;
                Some(self.add(path, Arc::new(code)))
            }
            None => {
                self.by_path.borrow_mut().insert(path.to_owned(), None);
                None
            }
        }
    }

    /// Returns the file that a file means by a module's name.
    pub(crate) fn module(&self, from: usize, module: &str) -> Option<usize> {
        let key = (from, module.to_owned());
        if let Some(known) = self.resolved.borrow().get(&key) {
            return *known;
        }
        let found = self.candidates(from, module).iter().find_map(|path| self.load(path));
        self.resolved.borrow_mut().insert(key, found);
        found
    }

    /// Returns true if a module's name means a file of the tree, found or not.
    pub(crate) fn is_local(&self, from: usize, module: &str) -> bool {
        let file = self.file(from);
        resolve::is_local(&file.path, module, file.code.dialect.name, self.tree)
    }

    /// Returns true if a module's name means a file that says nothing that matters.
    pub(crate) fn is_silent(&self, from: usize, module: &str) -> bool {
        let silent = self.silent.borrow();
        !silent.is_empty() && self.candidates(from, module).iter().any(|path| silent.contains(path))
    }

    fn candidates(&self, from: usize, module: &str) -> Rc<[String]> {
        let file = self.file(from);
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let home = format!("{}/*.{extension}", resolve::directory(&file.path));
        if let Some(known) = self.candidates.borrow().get(&(home.clone(), module.to_owned())) {
            return Rc::clone(known);
        }
        let found: Rc<[String]> = resolve::candidates(&file.path, module, file.code.dialect.name, self.tree).into();
        self.candidates.borrow_mut().insert((home, module.to_owned()), Rc::clone(&found));
        found
    }

    /// Returns the files of the package of a file that need no import, itself left out.
    pub(crate) fn neighbours(&self, from: usize) -> Vec<usize> {
        let own = self.file(from);
        let home = resolve::directory(&own.path);
        if own.code.dialect.name == "go" && self.packages.borrow_mut().insert(home.to_owned()) {
            for path in resolve::package(home, self.tree) {
                self.load(&path);
            }
        }
        (0..self.len()).filter(|at| *at != from && self.is_near(from, *at)).collect()
    }

    /// Returns true for two files of one language in one directory.
    fn is_near(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.file(one), self.file(other));
        one.code.dialect.name == other.code.dialect.name
            && resolve::directory(&one.path) == resolve::directory(&other.path)
    }

    /// Returns the other parts of a class: blocks of methods of Rust, methods of Go, partial classes.
    pub(crate) fn parts(&self, (file, node): Class) -> Vec<Class> {
        let own = self.file(file);
        let language = own.code.dialect.name;
        if !matches!(language, "go" | "rust" | "csharp") {
            return Vec::new();
        }
        if language == "go" {
            self.neighbours(file);
        }
        let is_part = |(other, at): &Class| {
            (*other, *at) != (file, node)
                && if language == "go" {
                    self.is_near(file, *other)
                } else {
                    self.file(*other).code.dialect.name == language
                }
        };
        self.classes(own.code.name(node)).into_iter().filter(is_part).collect()
    }

    /// Returns true for two parts of one class of Go.
    pub(crate) fn is_part(&self, one: Class, other: Class) -> bool {
        self.is_near(one.0, other.0) && self.file(one.0).code.name(one.1) == self.file(other.0).code.name(other.1)
    }

    /// Returns the classes with a method of Go.
    pub(crate) fn with_method(&self, name: &str) -> Vec<Class> {
        self.methods.borrow().get(name).cloned().unwrap_or_default()
    }
}

/// Returns true for a text that gives on what other files declare.
fn gives_on(text: &str) -> bool {
    const MARKS: &[&str] = &[
        "export *",
        "export {",
        "import *",
        "pub use ",
        "module.exports = require",
        "from .",
        "php://input",
        "struct {",
        "pub struct ",
    ];
    MARKS.iter().any(|mark| text.contains(mark))
}
