//! Looks up names: variables, imports, members of modules, objects and classes.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::classes::leaves_of_body;
use super::path::Path;
use super::scope::Scope;
use super::statements::Ways;
use super::value::{Constant, Thing, Traits, Value};
use super::{Analysis, Closure, Frame};

/// Traits that a member has of the whole.
pub(super) const INHERITED: Traits = Traits::GIVEN
    .with(Traits::BODY)
    .with(Traits::EVENT)
    .with(Traits::MAC)
    .with(Traits::FOREIGN)
    .with(Traits::MISSING)
    .with(Traits::SIGNATURE)
    .with(Traits::FETCHED)
    .with(Traits::SYNCED)
    .with(Traits::STAND_IN)
    .with(Traits::PART);

/// Most re-exports that are followed for one name.
const MAX_HOPS: usize = 16;

/// Imports of a file that are read for what they name.
const MAX_IMPORTS: usize = 20;

impl Analysis<'_> {
    pub(super) fn lookup(&mut self, code: &Code, node: NodeId, path: &Path) -> Value {
        let name = code.name(node);
        if let Some(value) = path.get(name) {
            let mut value = value.clone();
            if let Some(Thing::Import(_)) = value.thing {
                value = self.imported(value);
            }
            value.traits = value.traits.with(self.named(name, name));
            return value;
        }
        let named = self.named(name, name);
        if self.is_body(name, path) {
            return Value::of(Traits::BODY);
        }
        let (file, class) = (self.file(), self.frames.last().and_then(|frame| frame.class));
        let is_receiver = |class: &(usize, NodeId)| code.dialect.name == "go" && receiver(code, class.1) == name;
        if matches!(name, "this" | "self" | "$this") || class.as_ref().is_some_and(is_receiver) {
            let made = |(file, node)| Value { traits: self.made_of, ..Value::thing(Thing::Instance(file, node)) };
            return class.map_or(Value::default(), made);
        }
        if let ("Self" | "static", Some((file, node))) = (name, class) {
            return Value::thing(Thing::Class(file, node));
        }
        // Members of the same class need no object in Ruby, Java, Kotlin and C#.
        let bare = matches!(code.dialect.name, "ruby" | "java" | "kotlin" | "csharp" | "elixir");
        let found = self
            .global(file, name)
            .or_else(|| class.filter(|_| bare).and_then(|class| self.member_of_class(class, name, 0)));
        let found = found.or_else(|| self.class_named(file, name));
        let made_of = if bare && class.is_some() { self.made_of } else { Traits::default() };
        let mut value = found.unwrap_or_else(|| Value::of(made_of));
        value.traits = value.traits.with(named);
        value
    }

    /// Returns a name of the top level of a file, or of its package.
    pub(super) fn global(&mut self, file: usize, name: &str) -> Option<Value> {
        if let Some(value) = self.module_scope(file)?.get(name) {
            return Some(self.imported(value.clone()));
        }
        if matches!(self.program.file(file).code.dialect.name, "go" | "kotlin") {
            for other in self.program.neighbours(file) {
                if let Some(value) = self.declared(other, name) {
                    return Some(value);
                }
            }
        }
        None
    }

    /// Returns what is declared at the top of a file: a function, a class or a variable.
    fn declared(&mut self, file: usize, name: &str) -> Option<Value> {
        let code = Arc::clone(&self.program.file(file).code);
        let declares = |node: &NodeId| match code.kind(*node) {
            Kind::Assign => code.name(code.child(*node, 0)) == name,
            Kind::Function | Kind::Class => code.name(*node) == name,
            _ => false,
        };
        let node = leaves_of_body(&code, code.root()).into_iter().find(declares)?;
        match code.kind(node) {
            Kind::Function => Some(self.closure(Closure { file, node, scope: Rc::default(), class: None })),
            Kind::Class => Some(Value::thing(Thing::Class(file, node))),
            _ => self.module_scope(file)?.get(name).cloned(),
        }
    }

    /// Returns the names of the top level of a file, which is followed once.
    pub(super) fn module_scope(&mut self, file: usize) -> Option<Rc<Scope>> {
        if let Some(known) = self.modules.get(&file) {
            return known.clone();
        }
        // Modules that import each other see what was there first.
        self.modules.insert(file, None);
        let code = Arc::clone(&self.program.file(file).code);
        let frame = self.new_frame(file, code.root(), None, Code::NOTHING);
        let depth = std::mem::replace(&mut self.entry, self.frames.len());
        self.frames.push(frame);
        let mut scope = Path::default();
        self.hoist(&code, code.root(), &mut scope);
        self.modules.insert(file, Some(Rc::clone(&scope.scope)));
        let ways = self.block(code.children(code.root()), scope);
        let frame = self.frames.pop();
        self.entry = depth;
        let exits = frame.into_iter().flat_map(|frame| frame.exits);
        let paths: Vec<Path> = ways.into_iter().chain(exits).map(|(path, _)| path).collect();
        let entry = self.entries;
        paths.iter().for_each(|path| self.report(path, entry));
        let mut scopes = paths.into_iter().rev().map(|path| path.scope);
        let mut all = scopes.next().unwrap_or_default();
        scopes.for_each(|scope| Rc::make_mut(&mut all).complete(&scope));
        self.modules.insert(file, Some(Rc::clone(&all)));
        Some(all)
    }

    pub(super) fn new_frame(&self, file: usize, node: NodeId, class: Option<(usize, NodeId)>, call: NodeId) -> Frame {
        let code = Arc::clone(&self.program.file(file).code);
        let (exits, thrown, left, continued) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Frame { file, code, node, class, call, exits, thrown, left, continued }
    }

    /// Functions and classes are known before the statements above them run.
    pub(super) fn hoist(&mut self, code: &Code, block: NodeId, path: &mut Path) {
        let (file, class) = (self.file(), self.frames.last().and_then(|frame| frame.class));
        let mut open: Vec<NodeId> = code.children(block).iter().rev().copied().collect();
        let mut found = Vec::new();
        while let Some(node) = open.pop() {
            match code.kind(node) {
                Kind::Export | Kind::Block | Kind::Group => open.extend(code.children(node).iter().rev()),
                Kind::Import => self.import(code, node, path),
                Kind::Function => found.push((node, None)),
                Kind::Class => found.push((node, Some(Thing::Class(file, node)))),
                _ => {}
            }
        }
        for (node, thing) in found {
            let Some(name) = code.node(node).name.clone() else { continue };
            let value = match thing {
                Some(thing) => Value::thing(thing),
                None => self.closure(Closure { file, node, scope: Rc::clone(&path.scope), class }),
            };
            path.set(&name, value);
        }
    }

    pub(super) fn import(&mut self, code: &Code, node: NodeId, path: &mut Path) {
        let (module, file) = (code.name(node), self.file());
        for alias in code.children(node).iter().filter(|alias| code.kind(**alias) == Kind::Alias) {
            let (imported, local) = (code.name(*alias), code.child(*alias, 0));
            // `import a.b.C` names no module beside what it imports.
            let (module, imported) = match imported.strip_prefix('*').filter(|whole| !whole.is_empty()) {
                Some(whole) => (whole, "*"),
                None => (module, imported),
            };
            if local == Code::NOTHING
                || (imported == "*" && code.name(node).is_empty() && code.dialect.name == "javascript")
            {
                self.stars.entry(file).or_default().push(module.to_owned());
                continue;
            }
            self.imports.push((file, module.to_owned(), Arc::from(imported)));
            let whole = code.path(local);
            let local = whole.rsplit(['.', '\\']).next().unwrap_or_default();
            path.set(&Arc::from(local), Value::thing(Thing::Import(self.imports.len() - 1)));
        }
    }

    pub(super) fn export(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let mut path = path;
        for child in code.children(node) {
            if code.kind(*child) == Kind::Alias {
                let value = self.lookup(code, code.child(*child, 0), &path);
                let value = if value == Value::default() {
                    path.get(code.name(*child)).cloned().unwrap_or_default()
                } else {
                    value
                };
                let local = code.name(code.child(*child, 0)).to_owned();
                path.set(&Arc::from(local), value);
                continue;
            }
            let Some((after, value)) = self.eval(*child, path.clone()).into_iter().next() else { continue };
            path = after;
            if code.name(node) == "default" {
                path.set(&Arc::from("default"), value);
            }
        }
        vec![(path, Value::default())]
    }

    /// `require __DIR__ . '/lib.php'`: what the file declares is declared here as well.
    pub(super) fn included(&mut self, code: &Code, name: NodeId, path: &mut Path) {
        let (file, mut at) = (self.file(), name);
        while let Some(last) = code.children(at).last().filter(|_| code.kind(at) == Kind::Operation) {
            at = *last;
        }
        let name = code.name(at).trim_start_matches('/').to_owned();
        let Some(target) = self.program.module(file, &name) else { return };
        let declared = self.module_scope(target).unwrap_or_default();
        Rc::make_mut(&mut path.scope).complete(&declared);
    }

    /// Returns what an imported name stands for.
    pub(super) fn imported(&mut self, value: Value) -> Value {
        let mut value = value;
        for _ in 0..MAX_HOPS {
            let Some(Thing::Import(at)) = value.thing else { return value };
            let Some((file, module, name)) = self.imports.get(at).cloned() else { return Value::default() };
            let Some(target) = self.program.module(file, &module) else {
                let below = (&*name != "*").then(|| self.program.module(file, &format!("{module}.{name}"))).flatten();
                return match below {
                    Some(file) => Value::thing(Thing::Module(file)),
                    None if self.program.is_silent(file, &format!("{module}.{name}")) => Value::default(),
                    None => self.missing(file, &module),
                };
            };
            value = match &*name {
                "*" => self.whole(target, &module),
                name => self.exported(target, name),
            };
        }
        Value::default()
    }

    /// Reads what a file imports, if its name says that it handles what Stripe sends: whatever names an event there matters.
    pub(super) fn load_imports(&mut self, file: usize) {
        let path = self.program.file(file).path.to_ascii_lowercase();
        let (home, name) = path.rsplit_once('/').unwrap_or(("", &path));
        // `app/api/stripe/route.ts`
        let home = home.rsplit('/').next().filter(|_| name.starts_with("route.") || name.starts_with("index."));
        if ![name, home.unwrap_or_default()].iter().any(|text| text.contains("stripe") || text.contains("hook")) {
            return;
        }
        let modules = self.imports.iter().filter(|(from, ..)| *from == file).take(MAX_IMPORTS);
        for (_, module, name) in modules {
            if self.program.module(file, module).is_none() && &**name != "*" {
                self.program.module(file, &format!("{module}.{name}"));
            }
        }
    }

    /// A module itself; in languages with a file for each class, the class.
    fn whole(&mut self, file: usize, module: &str) -> Value {
        let last = module.rsplit(['.', '\\', '/', ':']).next().unwrap_or_default().to_owned();
        match self.class_in(file, &last) {
            Some(value) => value,
            None => Value::thing(Thing::Module(file)),
        }
    }

    fn missing(&self, file: usize, module: &str) -> Value {
        let is_local = self.program.is_local(file, module) && !self.program.is_silent(file, module);
        Value::of(if is_local { Traits::MISSING } else { Traits::default() })
    }

    /// Returns a name that a module gives away.
    pub(super) fn exported(&mut self, file: usize, name: &str) -> Value {
        // A package of Go is all of its files.
        if self.program.file(file).code.dialect.name == "go" {
            return self.global(file, name).unwrap_or_default();
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            if !seen.insert(file) || seen.len() > MAX_HOPS {
                continue;
            }
            let scope = self.module_scope(file).unwrap_or_default();
            if let Some(value) = scope.get(name).filter(|value| !self.is_own_module(file, value)) {
                return value.clone();
            }
            if let Some(Thing::Object(at)) = scope.get("default").and_then(|value| value.thing)
                && let Some(value) = self.objects[at].get(name)
            {
                return value.clone();
            }
            if let Some(value) = scope.get("default").filter(|_| name == "default").cloned() {
                return value;
            }
            for module in self.stars.get(&file).cloned().unwrap_or_default() {
                open.extend(self.program.module(file, &module));
            }
        }
        match name {
            "default" => Value::thing(Thing::Module(file)),
            name => self.submodule(file, name).map(|file| Value::thing(Thing::Module(file))).unwrap_or_default(),
        }
    }

    /// Returns true for a name that a package imports from itself: one of its modules.
    fn is_own_module(&self, package: usize, value: &Value) -> bool {
        let Some(Thing::Import(at)) = value.thing else { return false };
        self.imports
            .get(at)
            .is_some_and(|(file, module, _)| *file == package && self.program.module(package, module) == Some(package))
    }

    /// Returns a module of a package of Python, which need not name it.
    fn submodule(&self, package: usize, name: &str) -> Option<usize> {
        let is_package = self.program.file(package).path.ends_with("__init__.py");
        is_package.then(|| self.program.module(package, &format!(".{name}"))).flatten()
    }

    /// Returns a member of a value.
    pub(super) fn member_of(&mut self, value: &Value, name: &str) -> Value {
        let inherited = value.traits.only(INHERITED);
        let value = self.imported(value.clone());
        let mut member = match value.thing {
            Some(Thing::Module(file)) => self.exported(file, name),
            Some(Thing::Object(at)) => self.objects[at].get(name).cloned().unwrap_or_default(),
            // `Billing::class` of PHP
            Some(Thing::Class(..)) if name == "class" => value.clone(),
            Some(Thing::Instance(file, node) | Thing::Class(file, node)) => {
                self.member_of_class((file, node), name, 0).unwrap_or_default()
            }
            _ => Value::default(),
        };
        member = self.imported(member);
        // `Event::Paid->value` of an enum.
        if matches!(name, "value" | "getValue") && matches!(value.constant, Some(Constant::Text(_))) {
            member.constant = value.constant;
        }
        member.traits = member.traits.with(inherited);
        member
    }
}

/// Returns the name of the receiver of a method of Go, by the part of the class that it is.
fn receiver(code: &Code, class: NodeId) -> &str {
    code.name(code.child(code.child(code.child(class, 0), 0), 0))
}
