//! Calls: verifications, what makes an event of a body, functions of the program, and functions that are given away.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::called::{Called, last, together};
use super::fetched::fetches;
use super::path::{Path, merge};
use super::statements::{Ways, leaves};
use super::types::made;
use super::value::{Constant, Thing, Traits, Value};
use super::{Analysis, Defect};

/// Methods that do not call what they are given right away, or not as the handler of a request.
const LISTS: &[&str] = &["then", "catch", "finally", "map", "forEach", "filter", "each", "find", "some", "every"];

/// Calls that ask a database.
const QUERIES: &[&str] = &[
    "where",
    "findOne",
    "findUnique",
    "findFirst",
    "findMany",
    "findById",
    "findBy",
    "find_by",
    "find_one",
    "select",
    "query",
    "execute",
];

/// Functions of Go that make an error.
const ERRORS: &[&str] =
    &["Errorf", "New", "Wrap", "Wrapf", "WithStack", "WithMessage", "Error", "NewError", "NewHTTPError"];

impl Analysis<'_> {
    pub(super) fn call(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        if let Some(ways) = self.route(code, node, &path) {
            return ways;
        }
        match self.promised(code, node, &path) {
            Some(ways) => ways,
            None => self.plain_call(code, node, path),
        }
    }

    /// Follows a call, whatever becomes of what it throws.
    pub(super) fn plain_call(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let callee = code.child(node, 0);
        let mut ways = Vec::new();
        let objects = match code.kind(callee) {
            Kind::Member => self.eval(code.child(callee, 0), path),
            Kind::Name | Kind::Nothing => vec![(path, Value::default())],
            _ => self.eval(callee, path),
        };
        for (path, object) in objects {
            for (path, arguments) in self.arguments(code, &code.children(node)[1..], path) {
                let dotted = code.path(callee).replace("\\", ".").trim_start_matches('.').to_owned();
                let called = Called { code, node, dotted, object: object.clone(), arguments };
                ways.extend(self.called(&called, path));
            }
        }
        if ways.len() > 8 { self.joined(ways) } else { ways }
    }

    /// Joins the ways whose values are the same.
    pub(super) fn joined(&self, ways: Ways) -> Ways {
        let mut groups: BTreeMap<Value, Vec<Path>> = BTreeMap::new();
        for (path, value) in ways {
            groups.entry(value).or_default().push(path);
        }
        let with = |(value, paths)| merge(paths).into_iter().map(move |path| (path, Value::clone(&value)));
        groups.into_iter().flat_map(with).collect()
    }

    fn arguments(&mut self, code: &Code, nodes: &[NodeId], path: Path) -> Vec<(Path, Vec<Value>)> {
        let mut ways = vec![(path, Vec::new())];
        for node in nodes {
            let mut next = Vec::new();
            for (path, values) in ways {
                let outer = Rc::clone(&path.scope);
                for (mut path, value) in self.eval(*node, path) {
                    if code.kind(*node) == Kind::Function {
                        path.scope = Rc::clone(&outer);
                    }
                    let mut values: Vec<Value> = values.clone();
                    values.push(value);
                    next.push((path, values));
                }
            }
            ways = next;
        }
        ways
    }

    fn called(&mut self, called: &Called<'_>, path: Path) -> Ways {
        if let Some(ways) = self.result_of(called, &path) {
            return ways;
        }
        let target = self.target(called, &path);
        match target.thing {
            Some(Thing::Function(at)) => return self.function(at, called, path),
            Some(Thing::Class(file, node)) => {
                // A class that is called is made; one that wraps what it is given is not followed.
                let traits = together(&called.arguments);
                let value =
                    Value { traits, constant: Some(Constant::Present), thing: Some(Thing::Instance(file, node)) };
                return vec![(path, value)];
            }
            _ => {
                if let Some(made) = made(called) {
                    return vec![(path, made)];
                }
            }
        }
        let mut path = path;
        if let Some(ways) = self.event_looked_up(called, &mut path) {
            return ways;
        }
        let fetched = self.fetched_by_address(called, &path).or_else(|| self.filled(called, &path));
        if let Some(ways) = fetched.or_else(|| self.known(called, &path)) {
            return ways;
        }
        let runs_file = matches!(called.dotted.as_str(), "require" | "require_once" | "include" | "include_once");
        if runs_file && called.code.dialect.name == "php" {
            self.included(called.code, called.code.child(called.node, 1), &mut path);
            return vec![(path, Value::default())];
        }
        if let ("define", "php", [name, value]) =
            (called.dotted.as_str(), called.code.dialect.name, called.arguments.as_slice())
            && let Some(Constant::Text(name)) = &name.constant
        {
            path.set(name, value.clone());
        }
        let is_named = called.code.kind(called.code.child(called.node, 0)) != Kind::Call;
        if is_named && (called.dotted == "require" || called.dotted == "require_relative" || called.dotted == "import")
        {
            return vec![(path, self.required(called))];
        }
        self.doubt(called, &target, &mut path);
        if let Some(ways) = self.verdict_of(called, &path) {
            return ways;
        }
        if let Some(value) = self.promise(called, &path).or_else(|| self.streamed(called, &mut path)) {
            return vec![(path, value)];
        }
        if LISTS.contains(&last(&called.dotted)) {
            for value in &called.arguments {
                let Some(Thing::Function(at)) = value.thing else { continue };
                let given = vec![Value::of(called.object.traits); 2];
                self.background(at, given, path.clone(), called.node);
            }
        } else if let Some(value) = self.registered_route(called, &mut path) {
            return vec![(path, value)];
        }
        let value = self.outcome(called, &mut path);
        vec![(path, value)]
    }

    fn function(&mut self, at: usize, called: &Called<'_>, path: Path) -> Ways {
        if self.is_worth_following(at, called) {
            let made_of = self.made_of(at, called);
            let outer = std::mem::replace(&mut self.made_of, made_of);
            let ways = self.invoke(at, called.arguments.clone(), path, called.node);
            self.made_of = outer;
            return ways;
        }
        let mut path = path;
        let mut value = self.outcome(called, &mut path);
        value.thing = self.result(at);
        if self.reads_request(called, &path) {
            value.traits = value.traits.with(Traits::BODY);
        }
        vec![(path, value)]
    }

    /// Returns true for a call that is given the request and, as its name says, reads the body.
    fn reads_request(&self, called: &Called<'_>, path: &Path) -> bool {
        together(&called.arguments).has(Traits::REQUEST) && self.is_body(&format!("{}(request)", called.dotted), path)
    }

    /// Returns what is called.
    fn target(&mut self, called: &Called<'_>, path: &Path) -> Value {
        let (code, callee) = (called.code, called.code.child(called.node, 0));
        let is_function = matches!(called.object.thing, Some(Thing::Function(_)));
        let value = match code.kind(callee) {
            Kind::Name => self.lookup(code, callee, path),
            Kind::Member => match path.get(&called.dotted) {
                Some(value) => value.clone(),
                // `next.ServeHTTP(w, r)` calls the function itself.
                None if is_function && matches!(code.name(callee), "ServeHTTP" | "Invoke") => called.object.clone(),
                None => self.member_of(&called.object, code.name(callee)),
            },
            _ => called.object.clone(),
        };
        self.imported(value)
    }

    fn required(&mut self, called: &Called<'_>) -> Value {
        let Some(Constant::Text(module)) = called.arguments.first().and_then(|value| value.constant.clone()) else {
            return Value::default();
        };
        let (file, name) = (self.file(), if called.code.dialect.name == "javascript" { "default" } else { "*" });
        if called.code.dialect.name == "ruby" {
            self.program.module(file, &module);
            return Value::default();
        }
        self.imports.push((file, module.to_string(), Arc::from(name)));
        let value = Value::thing(Thing::Import(self.imports.len() - 1));
        self.imported(value)
    }

    /// Calls whose meaning the words say.
    fn known(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        let (dotted, words) = (called.dotted.as_str(), self.words);
        let mut path = path.clone();
        if words.verifier.is_match(dotted) {
            return Some(self.verification(called, path));
        }
        if words.retrieve.is_match(dotted) && !called.object.has(Traits::TABLE) {
            return Some(self.fetched(called, &path));
        }
        if words.compare.is_match(dotted) {
            return Some(self.compares(called, path));
        }
        if words.mac.is_match(dotted) {
            return Some(vec![(path, Value::of(Traits::MAC.with(together(&called.arguments))))]);
        }
        let is_builtin = dotted == "next" && called.code.dialect.name == "python";
        if words.next.is_match(dotted)
            && !is_builtin
            && (called.arguments.is_empty() || called.code.dialect.name != "javascript")
        {
            self.frame().continued.push(path.clone());
            return Some(vec![(path, Value::default())]);
        }
        if words.exits.is_match(dotted) {
            self.report(&path, self.entries);
            return Some(Vec::new());
        }
        if words.ends.is_match(dotted) {
            return Some(self.ends_if(called, path));
        }
        let given = together(&called.arguments);
        if words.trusting.is_match(dotted)
            || given.has(Traits::BODY) && !called.code.dialect.returns_errors && takes_class(called)
        {
            if !given.has(Traits::BODY) {
                return Some(vec![(path, Value::of(given))]);
            }
            let sink = self.sink(called.node, last(dotted).to_owned(), Defect::Disabled);
            let failed = path.clone();
            path.use_event(sink);
            let event = Value { constant: Some(Constant::Present), ..Value::of(Traits::BODY) };
            let dialect = called.code.dialect;
            let fails = dialect.results && dialect.name != "kotlin";
            let failed = fails.then_some((failed, Value::constant(Constant::Null)));
            return Some([(path, event)].into_iter().chain(failed).collect());
        }
        let (code, node) = (called.code, called.node);
        let got = [code.child(code.child(node, 0), 0), code.child(node, 1)];
        // `request('type')` of Laravel
        let asks = code.dialect.name == "php" && dotted == "request" && !called.arguments.is_empty();
        if asks
            || self.is_body(dotted, &path) && !answers(called) && !routes(called)
            || last(dotted) == "get" && self.is_body_field(code, &got, &path)
            || self.reads_request(called, &path)
        {
            self.fill(called, &mut path);
            let body = Value::of(Traits::BODY);
            return Some(vec![(path, Value::of(body.traits.with(self.part_got(called, &body))))]);
        }
        None
    }

    /// Follows a call that compares two codes.
    fn compares(&mut self, called: &Called<'_>, path: Path) -> Ways {
        let either = called.arguments.first().cloned().unwrap_or_default();
        let other = called.arguments.get(1).cloned().unwrap_or_default();
        let (yes, no) = self.codes(called.node, &either, &other.or(&called.object), path);
        let with = |constant: Constant| move |path| (path, Value::constant(constant.clone()));
        yes.into_iter().map(with(Constant::True)).chain(no.into_iter().map(with(Constant::False))).collect()
    }

    /// Ends a way; `abort_if(…)` and its like do so on a condition.
    fn ends_if(&mut self, called: &Called<'_>, path: Path) -> Ways {
        let name = last(&called.dotted);
        let holds = match name {
            "abort_if" | "throw_if" => true,
            "abort_unless" | "throw_unless" => false,
            _ => {
                self.frame().thrown.push(path);
                return Vec::new();
            }
        };
        let truth = called.arguments.first().and_then(Value::truth);
        if truth.is_none_or(|truth| truth == holds) {
            self.frame().thrown.push(path.clone());
        }
        let goes_on = truth.is_none_or(|truth| truth != holds);
        goes_on.then(|| (path, Value::default())).into_iter().collect()
    }

    /// A call into the void: what is given to functions that are not known.
    fn outcome(&mut self, called: &Called<'_>, path: &mut Path) -> Value {
        let all = together(&called.arguments).with(called.object.traits);
        let name = last(&called.dotted);
        self.fill(called, path);
        self.gathers(called, path);
        self.called_by_name(called, path);
        self.takes(called, all, path);
        self.given_to(called, path);
        let code = called.code;
        let refuses = |node: NodeId| self.words.refusal.is_match(code.name(node));
        let given = code.children(called.node)[1..].iter().flat_map(|argument| leaves(code, *argument));
        path.refused |= given.into_iter().any(refuses) || self.words.refusal.is_match(name);
        let checks = self.words.check.is_match(&called.dotted);
        // A list stays one; what is found in it by the request is none.
        let kept = if all.has(Traits::BODY) { all.without(Traits::TABLE) } else { all };
        let kept = kept.without(Traits::MISSING).with(self.part_got(called, &called.object));
        // Rows of a database were not sent by the request.
        let is_row = QUERIES.contains(&name) || fetches(called);
        let kept = if is_row { kept.without(Traits::BODY) } else { kept };
        let is_error = code.dialect.returns_errors && ERRORS.contains(&name);
        let constant = is_error.then_some(Constant::Present).or_else(|| self.span_of(called));
        Value { constant, ..Value::of(if checks { kept.without(Traits::BODY) } else { kept }) }
    }
}

/// Returns true for `r.POST("/hook", handler)`, which reads no body.
fn routes(called: &Called<'_>) -> bool {
    called.code.dialect.name == "go"
        && called.arguments.iter().any(|value| matches!(value.thing, Some(Thing::Function(_))))
}

/// Returns true for `c.json(…)` and the like, which answer; what reads a body is given nothing, or the request.
fn answers(called: &Called<'_>) -> bool {
    called.code.dialect.name == "javascript"
        && matches!(last(&called.dotted), "json" | "text" | "body" | "html")
        && !called.arguments.is_empty()
        && !together(&called.arguments).has(Traits::REQUEST)
}

/// Returns true if an argument is the class of events: `gson.fromJson(payload, Event.class)`.
fn takes_class(called: &Called<'_>) -> bool {
    called.arguments.iter().any(|value| value.has(Traits::CLASS) && !value.has(Traits::BODY))
}
