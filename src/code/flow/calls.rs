//! Calls: verifications, what makes an event of a body, functions of the program, and functions that are given away.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::statements::{Ways, leaves};
use super::value::{Constant, Path, Thing, Traits, Value, merge};
use super::{Analysis, Defect};

/// Methods that do not call what they are given right away, or not as the handler of a request.
const LISTS: &[&str] = &["then", "catch", "finally", "map", "forEach", "filter", "each", "find", "some", "every"];

/// Methods of lists that say whether something is in them.
const SEARCHES: &[&str] =
    &["some", "every", "find", "findIndex", "any?", "all?", "Any", "All", "any", "all", "anyMatch"];

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

/// A call with its evaluated parts.
pub(super) struct Called<'c> {
    pub(super) code: &'c Code,
    pub(super) node: NodeId,
    /// Dotted path of what is called.
    pub(super) dotted: String,
    pub(super) object: Value,
    pub(super) arguments: Vec<Value>,
}

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
            _ => {}
        }
        let mut path = path;
        if let Some(ways) = self.event_looked_up(called, &mut path) {
            return ways;
        }
        if let Some(ways) = self.known(called, &path) {
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
        if called.dotted == "require" || called.dotted == "require_relative" || called.dotted == "import" {
            return vec![(path, self.required(called))];
        }
        self.doubt(called, &target, &mut path);
        if let Some(ways) = self.searched(called, &path) {
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

    /// Searches in a list: `signatures.some((one) => isEqual(one, expected))` verifies if what it is given does.
    fn searched(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        if path.verified || !SEARCHES.contains(&last(&called.dotted)) {
            return None;
        }
        let at = called.arguments.iter().find_map(|value| match value.thing {
            Some(Thing::Function(at)) => Some(at),
            _ => None,
        })?;
        let given = vec![Value::of(called.object.traits); 2];
        let ways = self.invoke(at, given, path.clone(), called.node);
        let found = ways.into_iter().map(|(found, _)| found).find(|found| found.verified)?;
        let nothing = (path.clone(), Value::constant(Constant::False));
        Some(vec![(found, Value::constant(Constant::Present)), nothing])
    }

    fn function(&mut self, at: usize, called: &Called<'_>, path: Path) -> Ways {
        if self.is_worth_following(at, called) {
            return self.invoke(at, called.arguments.clone(), path, called.node);
        }
        let mut path = path;
        let mut value = self.outcome(called, &mut path);
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
            let either = called.arguments.first().cloned().unwrap_or_default();
            let other = called.arguments.get(1).cloned().unwrap_or_default();
            let (yes, no) = self.codes(called.node, &either, &other.or(&called.object), path);
            let with = |constant: Constant| move |path| (path, Value::constant(constant.clone()));
            return Some(
                yes.into_iter().map(with(Constant::True)).chain(no.into_iter().map(with(Constant::False))).collect(),
            );
        }
        if words.mac.is_match(dotted) {
            return Some(vec![(path, Value::of(Traits::MAC.with(together(&called.arguments))))]);
        }
        if words.next.is_match(dotted) && (called.arguments.is_empty() || called.code.dialect.name != "javascript") {
            self.frame().continued.push(path.clone());
            return Some(vec![(path, Value::default())]);
        }
        if words.exits.is_match(dotted) {
            self.report(&path, self.entries);
            return Some(Vec::new());
        }
        if words.ends.is_match(dotted) {
            self.frame().thrown.push(path);
            return Some(Vec::new());
        }
        let given = together(&called.arguments);
        if words.trusting.is_match(dotted)
            || given.has(Traits::BODY) && !called.code.dialect.returns_errors && takes_class(called)
        {
            if !given.has(Traits::BODY) {
                return Some(vec![(path, Value::of(given))]);
            }
            let sink = self.sink(called.node, last(dotted).to_owned(), Defect::Disabled);
            path.use_event(sink);
            return Some(vec![(path, Value::of(Traits::BODY))]);
        }
        let (code, node) = (called.code, called.node);
        let got = [code.child(code.child(node, 0), 0), code.child(node, 1)];
        // `request('type')` of Laravel
        let asks = code.dialect.name == "php" && dotted == "request" && !called.arguments.is_empty();
        if asks
            || self.is_body(dotted, &path) && !answers(called)
            || last(dotted) == "get" && self.is_body_field(code, &got, &path)
            || self.reads_request(called, &path)
        {
            self.fill(called, &mut path);
            return Some(vec![(path, Value::of(Traits::BODY))]);
        }
        None
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
        let kept = kept.without(Traits::MISSING);
        // Rows of a database were not sent by the request.
        let is_row = QUERIES.contains(&name) || fetches(called);
        let kept = if is_row { kept.without(Traits::BODY) } else { kept };
        let is_error = code.dialect.returns_errors && ERRORS.contains(&name);
        let constant = is_error.then_some(Constant::Present).or_else(|| self.span_of(called));
        Value { constant, ..Value::of(if checks { kept.without(Traits::BODY) } else { kept }) }
    }

    /// Go and its like write into what they are given: `json.Unmarshal(body, &event)`.
    fn fill(&mut self, called: &Called<'_>, path: &mut Path) {
        if !called.code.dialect.returns_errors {
            return;
        }
        let reads = together(&called.arguments).has(Traits::BODY)
            || called.object.has(Traits::BODY)
            || self.words.body.is_match(&called.dotted);
        let name = last(&called.dotted).to_ascii_lowercase();
        let writes = ["unmarshal", "decode", "bind", "parse", "read"].iter().any(|verb| name.contains(verb));
        for node in called.code.children(called.node)[1..].iter().filter(|_| reads && writes) {
            let name = called.code.name(*node);
            let known = path.get(name).map_or(Traits::default(), |value| value.traits);
            if called.code.kind(*node) != Kind::Name || known.has(Traits::BODY) {
                continue;
            }
            if known.has(Traits::CLASS) {
                let sink = self.sink(called.node, last(&called.dotted).to_owned(), Defect::Disabled);
                path.use_event(sink);
            }
            path.set(&Arc::from(name), Value::of(Traits::BODY));
        }
    }

    /// Notes that something which could not be followed may have verified.
    fn doubt(&mut self, called: &Called<'_>, target: &Value, path: &mut Path) {
        let given = together(&called.arguments);
        let gets = given.has(Traits::BODY) || given.has(Traits::SIGNATURE) || given.has(Traits::REQUEST);
        let missing = target.has(Traits::MISSING) || called.object.has(Traits::MISSING);
        let foreign = given.has(Traits::FOREIGN) || self.words.foreign.is_match(&called.dotted);
        let checks = self.words.check.is_match(last(&called.dotted)) && !foreign;
        let verifies = checks && self.words.verifies.is_match(last(&called.dotted));
        if verifies && target.thing.is_none() && !missing && !self.is_bound(called, path) {
            // A function of this name that is declared nowhere in sight: a global, a generated one.
            path.verify();
        } else if (missing && (gets || checks)) || (checks && (gets || !called.arguments.is_empty())) {
            path.doubtful = true;
        }
    }

    /// Returns true if the first name of what is called is declared or imported in the file.
    fn is_bound(&mut self, called: &Called<'_>, path: &Path) -> bool {
        let root = called.dotted.split('.').next().unwrap_or_default();
        let file = self.file();
        let module = self.modules.get(&file).cloned().flatten();
        path.get(root).is_some() || module.is_some_and(|scope| scope.contains_key(root))
    }
}

/// Returns true for a call that fetches something of which the request only said the id.
fn fetches(called: &Called<'_>) -> bool {
    let (code, says) = (called.code, |word: &str| called.dotted.contains(word));
    let is_id = |(node, value): (&NodeId, &Value)| {
        let node = if code.kind(*node) == Kind::Pair { code.child(*node, 1) } else { *node };
        let key = if code.kind(node) == Kind::Index { code.child(node, 1) } else { node };
        let name = code.name(key).trim_start_matches(':');
        !value.has(Traits::BODY) || matches!(name, "id" | "Id" | "event_id" | "eventId" | "EventId")
    };
    (says("etrieve") || says("etch")) && code.children(called.node)[1..].iter().zip(&called.arguments).all(is_id)
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

pub(super) fn together(values: &[Value]) -> Traits {
    values.iter().fold(Traits::default(), |all, value| all.with(value.traits))
}

/// Returns the last name of a dotted path.
pub(super) fn last(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted)
}
