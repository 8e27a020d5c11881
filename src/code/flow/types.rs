//! Finds the classes that types name, behind references, wrappers and interfaces.

use std::sync::Arc;

use super::super::model::{Kind, NodeId};
use super::Analysis;
use super::called::{Called, last, together};
use super::classes::leaves_of_body;
use super::names::INHERITED;
use super::value::{Constant, Thing, Traits, Value};

/// Most names of one type that are looked up: `State<Arc<dyn Loader>>`.
const MAX_NAMES: usize = 4;

/// Words in the names of classes that stand in for others in tests.
const STAND_INS: &[&str] = &["mock", "fake", "stub", "noop", "dummy"];

/// Calls that return an instance of the class that they are given.
const MAKERS: &[&str] = &["app", "resolve", "make", "makeWith", "get"];

/// Calls of Rust that wrap an object, and methods that return it.
const WRAPPERS: &[&str] =
    &["Arc.new", "Box.new", "Rc.new", "Mutex.new", "RwLock.new", "Data.new", "web.Data.new", "Arc.clone"];
const KEEP: &[&str] =
    &["clone", "as_ref", "get_ref", "lock", "read", "write", "unwrap", "expect", "into_inner", "borrow"];

impl Analysis<'_> {
    /// Returns an instance of the class that a type names; an interface stands for the class that has its name or
    /// implements it.
    pub(super) fn instance_of(&mut self, file: usize, typed: &str) -> Option<Value> {
        let names = typed.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '\\' | ':'));
        let names =
            names.map(|name| name.trim_matches(':')).filter(|name| !matches!(*name, "" | "dyn" | "mut" | "impl"));
        let mut found = None;
        for name in names.take(MAX_NAMES) {
            let qualified = self.program.file(file).code.dialect.name;
            let qualified = matches!(qualified, "go" | "rust" | "php");
            let name = if qualified { name } else { name.rsplit(['.', '\\']).next().unwrap_or_default() };
            found = self.named_instance(file, name);
            if found.is_some() {
                break;
            }
        }
        found
    }

    fn named_instance(&mut self, file: usize, name: &str) -> Option<Value> {
        let found = self.class_named(file, name);
        let last = name.rsplit(['.', '\\', ':']).next().unwrap_or_default();
        let interface =
            last.strip_prefix('I').filter(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()));
        let is_go = self.program.file(file).code.dialect.name == "go";
        if let Some(Thing::Class(file, node)) = found.as_ref().and_then(|value| value.thing).filter(|_| is_go)
            && let Some(value) = self.implementation(file, node)
        {
            return Some(value);
        }
        let found = found
            .filter(|value| self.has_code(value))
            .or_else(|| self.program.derived(last).map(|(file, node)| Value::thing(Thing::Class(file, node))));
        let found = found.or_else(|| interface.and_then(|name| self.class_named(file, name)));
        match self.imported(found?).thing? {
            Thing::Class(file, node) => Some(Value::thing(Thing::Instance(file, node))),
            thing => Some(Value::thing(thing)),
        }
    }

    /// Returns what an interface of Go stands for: an instance of the one class that has its methods. `None` for a class
    /// that is no interface.
    fn implementation(&mut self, file: usize, node: NodeId) -> Option<Value> {
        let code = Arc::clone(&self.program.file(file).code);
        let body = code.child(node, 1);
        let mut methods = leaves_of_body(&code, body);
        methods.retain(|at| code.kind(*at) == Kind::Function && code.kind(body) == Kind::Block);
        let program = self.program;
        let has = |class: (usize, NodeId), method: NodeId| {
            program.with_method(code.name(method)).iter().any(|other| program.is_part(class, *other))
        };
        let mut classes = program.with_method(code.name(*methods.first()?));
        classes.retain(|class| methods.iter().all(|method| has(*class, *method)));
        if classes.len() > 1 {
            let name = |(file, node): &(usize, NodeId)| program.file(*file).code.name(*node).to_ascii_lowercase();
            classes.retain(|class| !STAND_INS.iter().any(|word| name(class).contains(word)));
        }
        Some(match classes.as_slice() {
            [(file, node)] => Value::thing(Thing::Instance(*file, *node)),
            _ => Value::of(Traits::MISSING),
        })
    }

    /// Returns false for a class whose methods have no statements.
    fn has_code(&self, value: &Value) -> bool {
        let Some(Thing::Class(file, node)) = value.thing else { return true };
        let code = &self.program.file(file).code;
        leaves_of_body(code, code.child(node, 1))
            .into_iter()
            .any(|at| code.kind(at) != Kind::Function || !code.children(code.child(at, 1)).is_empty())
    }

    /// Returns what the object was made of whose method is called.
    pub(super) fn made_of(&self, at: usize, called: &Called<'_>) -> Traits {
        let is_own = || self.frames.last().is_some_and(|frame| frame.class == self.closures[at].class);
        match called.object.thing {
            Some(Thing::Instance(..)) => called.object.traits.only(INHERITED),
            None if called.object == Value::default() && is_own() => self.made_of,
            _ => Traits::default(),
        }
    }

    /// Returns what a function is declared to return.
    pub(super) fn result(&mut self, at: usize) -> Option<Thing> {
        let (file, node) = (self.closures[at].file, self.closures[at].node);
        let code = Arc::clone(&self.program.file(file).code);
        let typed = code.name(code.child(node, 3));
        if typed.is_empty() { None } else { self.instance_of(file, typed)?.thing }
    }

    /// Returns a class by its name: of the file, imported, or anywhere where it needs no import.
    pub(super) fn class_named(&mut self, file: usize, name: &str) -> Option<Value> {
        let is_go = || self.program.file(file).code.dialect.name == "go";
        if !name.starts_with(|first: char| first.is_ascii_uppercase() || first == '\\')
            && !name.contains("::")
            && !is_go()
        {
            return None;
        }
        let key = (file, name.to_owned());
        if let Some(known) = self.named_classes.get(&key) {
            return known.clone();
        }
        let found = self.find_class(file, name);
        self.named_classes.insert(key, found.clone());
        found
    }

    fn find_class(&mut self, file: usize, name: &str) -> Option<Value> {
        let language = self.program.file(file).code.dialect.name;
        let last = name.rsplit(['\\', '.', ':']).next().unwrap_or(name).to_owned();
        // `billing.Client`, `billing::Client`
        if let Some((home, _)) = name.split_once(['.', ':']).filter(|_| matches!(language, "go" | "rust")) {
            let home = self.module_scope(file)?.get(home).cloned()?;
            return Some(self.member_of(&home, &last)).filter(|value| value.thing.is_some());
        }
        if let Some(value) = self.module_scope(file).unwrap_or_default().get(last.as_str()).cloned() {
            let value = self.imported(value);
            if value.thing.is_some() {
                return Some(value);
            }
        }
        if language == "go" {
            return self.global(file, &last).filter(|value| matches!(value.thing, Some(Thing::Class(..))));
        }
        if !matches!(language, "ruby" | "php" | "java" | "kotlin" | "csharp" | "elixir") {
            return None;
        }
        let module = if language == "ruby" { name.replace('.', "::") } else { name.to_owned() };
        if let Some(found) = self.program.module(file, &module).and_then(|file| self.class_in(file, &last)) {
            return Some(found);
        }
        let same = |(other, _): &(usize, NodeId)| self.program.file(*other).code.dialect.name == language;
        let found = self.program.classes(&last).into_iter().find(same);
        found.map(|(file, node)| Value::thing(Thing::Class(file, node)))
    }

    pub(super) fn class_in(&self, file: usize, name: &str) -> Option<Value> {
        let found = self.program.classes(name).into_iter().find(|(other, _)| *other == file);
        found.map(|(file, node)| Value::thing(Thing::Class(file, node)))
    }
}

/// Returns the instance that `Billing.new(…)` of Ruby or `app(Billing::class)` of Laravel makes.
pub(super) fn made(called: &Called<'_>) -> Option<Value> {
    let (name, traits) = (last(&called.dotted), together(&called.arguments));
    if called.code.dialect.name == "rust" {
        let is_object = |value: &&Value| matches!(value.thing, Some(Thing::Instance(..) | Thing::Class(..)));
        let of =
            if WRAPPERS.contains(&called.dotted.as_str()) { called.arguments.first() } else { Some(&called.object) };
        let kept = WRAPPERS.contains(&called.dotted.as_str()) || KEEP.contains(&name);
        return of.filter(|_| kept).filter(is_object).cloned();
    }
    let class = match (called.code.dialect.name, called.arguments.first()) {
        ("ruby", _) if name == "new" => called.object.thing,
        ("php", Some(class)) if MAKERS.contains(&name) => class.thing,
        _ => None,
    };
    let Some(Thing::Class(file, node)) = class else { return None };
    Some(Value { traits, constant: Some(Constant::Present), thing: Some(Thing::Instance(file, node)) })
}
