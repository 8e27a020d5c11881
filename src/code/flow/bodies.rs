//! Ways to the body of a request: what a handler is given, what reads it, and what gathers it piece by piece.

use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::called::{Called, last, together};
use super::guards::decorators;
use super::path::Path;
use super::statements::{Ways, leaves};
use super::value::{Constant, Thing, Traits, Value};
use super::{Analysis, Defect};

/// Methods that add what they are given to a list or a text.
const GATHERS: &[&str] = &["push", "append", "add", "write", "concat", "extend", "Append", "Add", "Write", "push_str"];

/// Most nodes of a function that are looked at for what it gathers.
const MAX_NODES: usize = 200;

impl Analysis<'_> {
    /// Returns true if a dotted path reads the request's body, and the request is not something else here.
    pub(super) fn is_body(&self, dotted: &str, path: &Path) -> bool {
        let (root, rest) = dotted.split_once('.').unwrap_or((dotted, ""));
        let known = path.get(root).map_or(Traits::default(), |value| value.traits);
        if known.has(Traits::EVENT.with(Traits::BODY)) {
            return false;
        }
        // Whatever the parameter is called: `e.body` of a Lambda, `in.getBody()` of one that its type says.
        let usual = if known.has(Traits::TYPED) { "request" } else { "event" };
        let renamed = || known.has(Traits::REQUEST) && self.words.body.is_match(&format!("{usual}.{rest}"));
        (self.words.body.is_match(dotted) && !self.is_attribute(root)) || !rest.is_empty() && renamed()
    }

    /// Returns true for an object and a key that are the request's body: `event['body']` of a Lambda, `$request['type']`.
    pub(super) fn is_body_field(&self, code: &Code, parts: &[NodeId], path: &Path) -> bool {
        let [object, key] = parts else { return false };
        if code.kind(*object) != Kind::Name || code.kind(*key) != Kind::Text {
            return false;
        }
        let name = code.name(*object);
        let is_request = path.get(name).is_some_and(|value| value.has(Traits::REQUEST));
        let with = |name: &str| format!("{name}[{}]", code.name(*key));
        self.is_body(&with(name), path)
            || matches!(name, "event" | "evt" | "request") && self.is_body(&format!("{name}.{}", code.name(*key)), path)
            || is_request && self.words.body.is_match(&with("event"))
    }

    /// Remembers a function whose name says that it is given the request; one that is wrapped as well.
    pub(super) fn note_handler(&mut self, file: usize, code: &Code, name: &str, value: NodeId) {
        let is_handler = || self.words.request.is_match(&format!("first:{}:{name}", code.dialect.name));
        let function = match code.kind(value) {
            Kind::Function => Some(value),
            Kind::Call => code.children(value).iter().copied().find(|at| code.kind(*at) == Kind::Function),
            _ => None,
        };
        if let Some(function) = function.filter(|_| !name.is_empty() && is_handler()) {
            self.handlers.insert((file, function));
        }
    }

    /// Returns what a handler is given.
    pub(super) fn entry_arguments(&mut self, at: usize) -> Vec<Value> {
        let (file, node) = (self.closures[at].file, self.closures[at].node);
        let code = Arc::clone(&self.program.file(file).code);
        if self.is_given_event(&code, node, file) {
            return vec![Value::of(Traits::BODY)];
        }
        let is_route = self.is_route(&code, node) || self.is_action(&code, at);
        let parameters = code.children(code.child(node, 0)).iter().copied();
        let own = |at: &NodeId| !matches!(code.name(code.pattern(*at)), "self" | "cls");
        let parameters: Vec<NodeId> = parameters.filter(own).collect();
        parameters
            .iter()
            .enumerate()
            .map(|(index, at)| self.given((file, node), &code, (index, *at), is_route))
            .collect()
    }

    /// Returns what a parameter of a handler is given.
    fn given(
        &mut self,
        (file, function): (usize, NodeId),
        code: &Code,
        (index, parameter): (usize, NodeId),
        is_route: bool,
    ) -> Value {
        let (pattern, language) = (code.pattern(parameter), code.dialect.name);
        let typed = if code.kind(parameter) == Kind::Parameter { code.name(code.child(parameter, 1)) } else { "" };
        let (typed, name) = (typed.trim_start_matches([':', ' ']), code.name(pattern));
        let typed_event = self.words.event_class.is_match(&format!("type:{typed}"));
        let first = code.child(code.child(function, 0), 0);
        // JAX-RS gives the body to the parameter that has no mark.
        let bare = matches!(language, "java" | "kotlin")
            && code.child(parameter, 3) == Code::NOTHING
            && decorators(code, function).iter().any(|mark| code.name(code.child(*mark, 0)) == "POST");
        let is_body = self.is_body_parameter(code, parameter, typed)
            || is_route && self.is_model(file, code, (parameter, typed))
            || index == 1 && code.name(first) == "conn"
            || bare;
        let is_typed = !typed.is_empty() && self.words.request.is_match(&format!("type:{typed}"));
        let is_request = || {
            index == 0 && (code.kind(pattern) == Kind::Object || self.handlers.contains(&(file, function)))
                || self.words.request.is_match(&format!("name:{name}"))
        };
        if is_body {
            Value::of(if typed_event { Traits::BODY.with(Traits::CLASS) } else { Traits::BODY })
        } else if self.words.given.is_match(name) {
            Value::of(Traits::GIVEN)
        } else if is_typed {
            Value::of(Traits::REQUEST.with(Traits::TYPED))
        } else if is_request() {
            Value::of(Traits::REQUEST)
        } else if matches!(language, "php" | "csharp" | "go" | "kotlin" | "rust" | "java") {
            // A service that the framework makes, or whoever routes.
            self.instance_of(file, typed).unwrap_or_default()
        } else {
            Value::default()
        }
    }

    /// Returns true for a parameter whose decorators, type or name say that it is the body.
    fn is_body_parameter(&self, code: &Code, parameter: NodeId, typed: &str) -> bool {
        let says = |text: &str| !text.is_empty() && self.words.body_parameter.is_match(text);
        let mut open = vec![code.child(parameter, 3), code.pattern(parameter)];
        while let Some(at) = open.pop() {
            if says(&format!("@{}", code.name(at))) {
                return true;
            }
            open.extend(code.children(at));
        }
        let name = code.name(code.pattern(parameter));
        says(&format!("type:{typed}")) || says(&format!("param:{}:{name}:{typed}", code.dialect.name))
    }

    /// Returns true for a parameter of a route that is made of the body: its type, or what that is derived from, says so.
    fn is_model(&mut self, file: usize, code: &Code, (parameter, typed): (NodeId, &str)) -> bool {
        let (words, language) = (self.words, code.dialect.name);
        if words.body_parameter.is_match(&format!("model:{language}:{typed}")) {
            return true;
        }
        // A parameter with a default of its own is injected.
        if language != "python" || code.child(parameter, 2) != Code::NOTHING {
            return false;
        }
        let class = self.class_named(file, typed).map(|class| self.imported(class));
        let Some(Thing::Class(file, node)) = class.and_then(|class| class.thing) else { return false };
        let code = Arc::clone(&self.program.file(file).code);
        let heads = leaves(&code, code.child(node, 0));
        heads.into_iter().any(|head| words.body_parameter.is_match(&format!("base:{language}:{}", code.name(head))))
    }

    /// Returns true for an action of a controller of ASP.NET that is posted to.
    fn is_action(&self, code: &Code, at: usize) -> bool {
        let closure = &self.closures[at];
        let Some((_, class)) = closure.class.filter(|_| code.dialect.name == "csharp") else { return false };
        let heads = leaves(code, code.child(class, 0));
        let posts = |mark: &NodeId| {
            code.name(code.child(code.child(*mark, 0), 0)) == "HttpPost"
                || code.name(code.child(*mark, 0)) == "HttpPost"
        };
        heads.iter().any(|head| code.name(*head).contains("Controller"))
            && (code.name(closure.node).starts_with("Post") || decorators(code, closure.node).iter().any(posts))
    }

    /// `json.Unmarshal(body, &event)`: an event is made of the body, unless that fails.
    pub(super) fn filled(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        if !called.code.dialect.returns_errors {
            return None;
        }
        let mut made = path.clone();
        self.fill(called, &mut made);
        let is_event = made.pending.len() > path.pending.len();
        let with = |path, constant| (path, Value::constant(constant));
        is_event.then(|| vec![with(made, Constant::Null), with(path.clone(), Constant::Present)])
    }

    /// Go and its like write into what they are given: `json.Unmarshal(body, &event)`.
    pub(super) fn fill(&mut self, called: &Called<'_>, path: &mut Path) {
        let (code, gives) = (called.code, last(&called.dotted).starts_with("Try") && called.object.has(Traits::BODY));
        // `root.TryGetProperty("type", out var type)`
        for node in code.children(called.node)[1..].iter().filter(|_| gives && code.dialect.name == "csharp") {
            if let [.., _, name] = leaves(code, *node).as_slice() {
                path.set(&Arc::from(code.name(*name)), Value::of(Traits::BODY));
            }
        }
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

    /// Notes that a list or a text gets a part of the body: `chunks.push(chunk)`.
    pub(super) fn gathers(&mut self, called: &Called<'_>, path: &mut Path) {
        let Some(name) = gatherer(called.code, called.node) else { return };
        if together(&called.arguments).has(Traits::BODY) && !called.object.has(Traits::TABLE) {
            hold(name, path);
        }
    }

    /// Follows `req.on('data', (chunk) => …)`, which gathers the body in variables around it.
    pub(super) fn streamed(&mut self, called: &Called<'_>, path: &mut Path) -> Option<Value> {
        let [Value { constant: Some(Constant::Text(event)), .. }, handler, ..] = called.arguments.as_slice() else {
            return None;
        };
        let listens = matches!(last(&called.dotted), "on" | "once" | "addListener" | "addEventListener");
        let Some(Thing::Function(at)) = handler.thing.filter(|_| listens && &**event == "data") else { return None };
        if !called.object.has(Traits::REQUEST) {
            return None;
        }
        let (file, node) = (self.closures[at].file, self.closures[at].node);
        let code = Arc::clone(&self.program.file(file).code);
        let (mut open, mut looked) = (vec![node], 0);
        while let Some(at) = open.pop().filter(|_| looked < MAX_NODES) {
            looked += 1;
            match gatherer(&code, at) {
                Some(name) if path.get(name).is_some() => hold(name, path),
                _ => open.extend(code.children(at)),
            }
        }
        self.gathered = true;
        Some(called.object.clone())
    }

    /// Follows `new Promise((resolve) => …)`. The promise of a body that is gathered in it holds the body.
    pub(super) fn promise(&mut self, called: &Called<'_>, path: &Path) -> Option<Value> {
        let [Value { thing: Some(Thing::Function(at)), .. }, ..] = called.arguments.as_slice() else { return None };
        if called.dotted != "Promise" || called.code.dialect.name != "javascript" {
            return None;
        }
        let (outer, attempts) = (std::mem::take(&mut self.gathered), self.attempts.len());
        self.background(*at, Vec::new(), path.clone(), called.node);
        let is_body = std::mem::replace(&mut self.gathered, outer) && self.attempts.len() == attempts;
        Some(Value::of(if is_body { Traits::BODY } else { Traits::default() }))
    }
}

/// Returns the variable that a node adds something to: `text += chunk`, `chunks.push(chunk)`.
fn gatherer(code: &Code, node: NodeId) -> Option<&Arc<str>> {
    let first = code.child(node, 0);
    let target = match code.kind(node) {
        Kind::Assign => first,
        Kind::Call if code.kind(first) == Kind::Member && GATHERS.contains(&code.name(first)) => code.child(first, 0),
        _ => return None,
    };
    code.node(target).name.as_ref().filter(|_| code.kind(target) == Kind::Name)
}

fn hold(name: &Arc<str>, path: &mut Path) {
    let mut value = path.get(name).cloned().unwrap_or_default();
    value.traits = value.traits.with(Traits::BODY);
    value.constant = None;
    path.set(name, value);
}
