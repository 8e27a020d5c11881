//! Follows functions: their parameters, the ways on which they return, and the handlers of a request one after the other.

use std::rc::Rc;

use super::super::model::{Code, NodeId};
use super::Analysis;
use super::path::{Path, merge};
use super::scope::Scope;
use super::statements::Ways;
use super::value::{Constant, Value};

/// Most calls inside of each other that are followed.
const MAX_DEPTH: usize = 14;

impl Analysis<'_> {
    /// Follows a function. Returns the ways on which it returns, and those on which it gave the request on.
    pub(super) fn follow(&mut self, at: usize, arguments: Vec<Value>, path: Path, call: NodeId) -> (Ways, Vec<Path>) {
        let closure = self.closures[at].clone();
        let is_active = self.frames.iter().any(|frame| (frame.file, frame.node) == (closure.file, closure.node));
        if is_active || self.frames.len() >= MAX_DEPTH {
            if is_active {
                self.summaries.active.insert((closure.file, closure.node));
            } else {
                self.summaries.deep = true;
            }
            return (vec![(path, Value::default())], Vec::new());
        }
        self.visited.insert((closure.file, closure.node));
        let outer = Rc::clone(&path.scope);
        let mut inner = Path { scope: Rc::clone(&closure.scope), ..path };
        let frame = self.new_frame(closure.file, closure.node, closure.class, call);
        self.frames.push(frame);
        let code = self.code();
        self.give(&code, code.child(closure.node, 0), &arguments, &mut inner);
        let body = code.child(closure.node, 1);
        self.hoist(&code, body, &mut inner);
        let started = self.attempts.len();
        let mut ways = self.eval(body, inner);
        let Some(frame) = self.frames.pop() else { return (Vec::new(), Vec::new()) };
        if !code.dialect.last_value {
            ways.iter_mut().for_each(|(_, value)| *value = Value::constant(Constant::Null));
        }
        let given_on = frame.continued.clone();
        ways.extend(frame.exits);
        self.judge(&closure, &ways, &given_on, started);
        if let Some(caller) = self.frames.last_mut() {
            caller.thrown.extend(frame.thrown.into_iter().map(|path| Path { scope: Rc::clone(&outer), ..path }));
        }
        let back = |path: Path| Path { scope: Rc::clone(&outer), ..path };
        (self.joined(ways.into_iter().map(|(path, value)| (back(path), value)).collect()), merge(given_on))
    }

    /// Binds parameters.
    fn give(&mut self, code: &Code, parameters: NodeId, arguments: &[Value], path: &mut Path) {
        let mut at = 0;
        for parameter in code.children(parameters) {
            let pattern = code.pattern(*parameter);
            if matches!(code.name(pattern), "self" | "cls") {
                continue;
            }
            let value = arguments.get(at).cloned().unwrap_or_default();
            self.bind(code, pattern, &value, path);
            at += 1;
        }
    }

    /// Follows functions as the handlers of a request, each if the one before it gave the request on.
    pub(super) fn chain(&mut self, functions: &[usize], path: Path, call: NodeId) -> Vec<Path> {
        let mut paths = vec![path];
        let depth = std::mem::replace(&mut self.entry, self.frames.len());
        // A handler that a module registers is one of its own.
        let is_own = self.frames.last().is_some_and(|frame| frame.node == frame.code.root());
        let entries = self.entries;
        if is_own {
            self.entries = self.attempts.len();
        }
        self.summaries.clear();
        for at in functions {
            let mut next = Vec::new();
            for path in paths {
                let base = Rc::clone(&path.scope);
                let arguments = self.entry_arguments(*at);
                let (ways, continued) = self.follow(*at, arguments, path, call);
                let entry = self.entries;
                ways.iter().for_each(|(path, _)| self.report(path, entry));
                next.extend(continued.into_iter().map(|path| carried(path, &base)));
            }
            paths = merge(next);
        }
        (self.entry, self.entries) = (depth, entries);
        self.summaries.clear();
        paths
    }

    /// Follows a function that is called later.
    pub(super) fn background(&mut self, at: usize, arguments: Vec<Value>, path: Path, call: NodeId) {
        let entry = self.entries;
        for (path, _) in self.invoke(at, arguments, path, call) {
            self.report(&path, entry);
        }
    }
}

/// Keeps what a handler set on the request: `req.event = …`.
fn carried(path: Path, base: &Rc<Scope>) -> Path {
    let mut scope = Rc::clone(base);
    for name in path.scope.differing(base).into_iter().filter(|name| name.contains('.')) {
        if let Some(value) = path.get(&name) {
            Rc::make_mut(&mut scope).set(name, value.clone());
        }
    }
    Path { scope, ..path }
}
