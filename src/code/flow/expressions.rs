//! Expressions: what is known of their values.

use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::comparisons::counts;
use super::durations::{duration, number};
use super::fetched::{address, keeps};
use super::path::Path;
use super::statements::Ways;
use super::value::{Constant, Members, Thing, Traits, Value};
use super::{Analysis, Closure, Defect, Sink};

/// Calls of Rails that answer.
const ANSWERS: &[&str] = &["render", "head", "redirect_to", "redirect_back", "respond_with"];

/// Most nodes inside of each other that are followed, those of called functions included: the depth of the stack.
const MAX_DEPTH: usize = 220;

impl Analysis<'_> {
    /// Follows a node. Returns the ways on, each with the node's value; none if the function ends here.
    pub(super) fn eval(&mut self, node: NodeId, path: Path) -> Ways {
        if !self.step() {
            return Vec::new();
        }
        if self.depth >= MAX_DEPTH {
            self.summaries.deep = true;
            return vec![(path, Value::default())];
        }
        self.depth += 1;
        let ways = self.eval_kind(node, path);
        self.depth -= 1;
        ways
    }

    fn eval_kind(&mut self, node: NodeId, path: Path) -> Ways {
        let code = self.code();
        match code.kind(node) {
            Kind::Block => self.block(code.children(node), path),
            Kind::Choice => self.choice(&code, node, path),
            Kind::Switch => self.switch(&code, node, path),
            Kind::Attempt => self.attempt(&code, node, path),
            Kind::Loop => self.repeat(&code, node, path),
            Kind::Return | Kind::Throw | Kind::Leave => self.leave(&code, node, path),
            Kind::Name => {
                let value = self.lookup(&code, node, &path);
                self.bare_call(&code, node, value, path)
            }
            Kind::Text => self.text(&code, node, path),
            Kind::True => vec![(path, Value::constant(Constant::True))],
            Kind::False => vec![(path, Value::constant(Constant::False))],
            Kind::Null => vec![(path, Value::constant(Constant::Null))],
            Kind::Not | Kind::And | Kind::Or | Kind::Equal | Kind::Differ => self.logical(&code, node, path),
            Kind::Call => self.call(&code, node, path),
            Kind::Member => self.member(&code, node, path),
            Kind::Index => self.index(&code, node, path),
            Kind::Assign => self.assign(&code, node, path),
            Kind::Function => self.define(&code, node, path),
            Kind::Class => {
                let mut path = path;
                let value = Value::thing(Thing::Class(self.file(), node));
                if let Some(name) = code.node(node).name.clone() {
                    path.set(&name, value.clone());
                }
                vec![(path, value)]
            }
            Kind::Object => self.object(&code, node, path),
            Kind::Comprehension => self.comprehension(&code, node, path),
            Kind::Operation if code.name(node) == "*" => self.product(&code, node, path),
            Kind::Operation => self.operation(&code, node, path),
            Kind::Import => {
                let mut path = path;
                self.import(&code, node, &mut path);
                vec![(path, Value::default())]
            }
            Kind::Unwrap => self.unwrapped(&code, node, path),
            Kind::Export => self.export(&code, node, path),
            Kind::Pair => self.eval(code.child(node, 1), path),
            Kind::Number => {
                vec![(path, Value { constant: number(code.name(node)), ..Value::default() })]
            }
            Kind::Nothing | Kind::Alias | Kind::Decorator | Kind::Parameter => {
                vec![(path, Value::default())]
            }
            _ => self.values(&code, node, path),
        }
    }

    fn text(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let name = code.name(node);
        let (words, mut traits) = (self.words.body.all(name), Traits::default());
        for (word, named) in [
            (&self.words.body, Traits::BODY),
            (&self.words.signature, Traits::SIGNATURE),
            (&self.words.foreign, Traits::FOREIGN),
            (&self.words.secret, Traits::SECRET),
        ] {
            traits = if word.is_among(words) { traits.with(named) } else { traits };
        }
        // `authorization, content-type, stripe-signature` allows headers, and is none.
        if name.contains(',') {
            traits = traits.without(Traits::SIGNATURE);
        }
        if self.words.retrieve.is_among(words) {
            traits = traits.with(address(name));
        }
        // `{:error, reason}` is a failed result.
        let verdict = match name {
            ":ok" => Some(Constant::Present),
            ":error" => Some(Constant::Null),
            _ => None,
        };
        if let Some(verdict) = verdict.filter(|_| code.dialect.results) {
            return vec![(path, Value::constant(verdict))];
        }
        if code.children(node).is_empty() {
            if self.words.event.is_among(words) {
                traits = traits.with(Traits::TABLE);
            }
            let constant = Some(Constant::Text(Arc::from(name)));
            return vec![(path, Value { traits, constant, thing: None })];
        }
        let ways = self.values(code, node, path);
        let with = |value: Value| Value::of(value.traits.with(traits));
        ways.into_iter().map(|(path, value)| (path, with(value))).collect()
    }

    /// A condition as a value. `a || b` and `a && b` are one of the two.
    fn logical(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let is_or = match code.kind(node) {
            Kind::Or => true,
            Kind::And => false,
            _ => {
                let (yes, no) = self.condition(node, path);
                let with = |constant: Constant| move |path| (path, Value::constant(constant.clone()));
                let no = no.into_iter().map(with(Constant::False));
                return yes.into_iter().map(with(Constant::True)).chain(no).collect();
            }
        };
        let (left, right) = (code.child(node, 0), code.child(node, 1));
        // `render(…) and return` of Ruby: an answer is something.
        let answers = code.kind(right) == Kind::Return && ANSWERS.contains(&code.name(code.child(left, 0)));
        let mut ways = Vec::new();
        for (path, value) in self.eval(left, path) {
            let (truth, is_secret) = (if answers { Some(true) } else { value.truth() }, value.has(Traits::SECRET));
            match truth {
                Some(truth) if truth == is_or => ways.push((path, value)),
                truth => {
                    if truth.is_none() {
                        // The rest of `a && b` does not count as true.
                        let constant = if is_or { value.constant.clone() } else { Some(Constant::False) };
                        ways.push((path.clone(), Value { constant, ..value }));
                    }
                    // `secret || ""` is not known to be empty, and `secret || "whsec_test"` is told where it stands.
                    let forgets = |text: &str| truth.is_none() && (is_secret || text.is_empty());
                    let other = self.eval(right, path).into_iter().map(|(path, mut value)| {
                        value.constant.take_if(|known| matches!(known, Constant::Text(text) if forgets(text)));
                        (path, value)
                    });
                    ways.extend(other);
                }
            }
        }
        ways
    }

    /// An object or a list: its members.
    fn object(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let (mut path, mut traits, mut members) = (path, Traits::default(), Members::new());
        for (at, child) in code.children(node).iter().enumerate() {
            let (key, valued) = match code.kind(*child) {
                Kind::Pair if code.children(*child).len() > 1 => {
                    (code.node(code.child(*child, 0)).name.clone(), code.child(*child, 1))
                }
                Kind::Pair => (Some(Arc::from(at.to_string())), code.child(*child, 0)),
                Kind::Function | Kind::Name => (code.node(*child).name.clone(), *child),
                _ => (Some(Arc::from(at.to_string())), *child),
            };
            if self.words.event.is_match(code.name(code.child(*child, 0))) {
                traits = traits.with(Traits::TABLE);
            }
            let outer = Rc::clone(&path.scope);
            let Some((after, value)) = self.eval(valued, path.clone()).into_iter().next() else { continue };
            path = after;
            if code.kind(*child) == Kind::Function {
                path.scope = outer;
            }
            let is_pair = code.kind(*child) == Kind::Pair && code.children(*child).len() > 1;
            traits = traits.with(if is_pair { value.traits.without(Traits::TABLE) } else { value.traits });
            if let Some(key) = key {
                members.insert(key, value);
            }
        }
        let thing = self.object_of(node, members);
        vec![(path, Value { traits, constant: Some(Constant::Present), thing: Some(thing) })]
    }

    fn define(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let mut path = path;
        let class = self.frames.last().and_then(|frame| frame.class);
        let value = self.closure(Closure { file: self.file(), node, scope: Rc::clone(&path.scope), class });
        let value = self.decorate(code, node, value, &mut path);
        if let Some(name) = code.node(node).name.clone() {
            path.set(&name, value.clone());
        }
        vec![(path, value)]
    }

    fn assign(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let (target, value) = (code.child(node, 0), code.child(node, 1));
        let mut ways = if value == Code::NOTHING { vec![(path, Value::default())] } else { self.eval(value, path) };
        if self.words.event_class.is_match(code.name(code.child(node, 2))) {
            for (path, value) in &mut ways {
                self.compared(path, value, node, "an event".to_owned());
                value.traits = value.traits.with(Traits::CLASS);
            }
        }
        // `new() { ["invoice.paid"] = Paid }`
        if self.words.event.is_match(code.name(target)) {
            ways.iter_mut().for_each(|(_, value)| value.traits = value.traits.with(Traits::TABLE));
        }
        // `{:ok, event} = verify(conn)` raises if it does not match.
        if code.dialect.results && code.kind(target) != Kind::Name {
            let (wrong, right): (Ways, Ways) =
                ways.into_iter().partition(|(_, value)| self.pattern_truth(code, target, value) == Some(false));
            self.frame().thrown.extend(wrong.into_iter().map(|(path, _)| path));
            ways = right;
        }
        ways.into_iter()
            .map(|(mut path, value)| {
                self.bind(code, target, &value, &mut path);
                (path, value)
            })
            .collect()
    }

    /// Gives a value to a name, a member, or to several names.
    pub(super) fn bind(&mut self, code: &Code, target: NodeId, value: &Value, path: &mut Path) {
        match code.kind(target) {
            Kind::Name => {
                if let Some(name) = code.node(target).name.clone() {
                    path.set(&name, value.clone());
                }
            }
            Kind::Member | Kind::Index => {
                let name = code.path(target);
                for exports in ["module.exports.", "exports."] {
                    if let Some(rest) = name.strip_prefix(exports) {
                        path.set(&Arc::from(rest), value.clone());
                    }
                }
                if name == "module.exports" {
                    path.set(&Arc::from("default"), value.clone());
                }
                path.set(&Arc::from(name), value.clone());
                keeps(value.traits, path);
            }
            Kind::Object => {
                for child in code.children(target) {
                    let (key, target) = match code.kind(*child) {
                        Kind::Pair => (code.child(*child, 0), code.child(*child, 1)),
                        Kind::Assign => (code.child(*child, 0), code.child(*child, 0)),
                        _ => (*child, *child),
                    };
                    self.reads(value, code.name(key), path);
                    let mut member = self.member_of(value, code.name(key));
                    member.traits = member.traits.with(self.part(value, code.name(key)));
                    // `({ body }) => …` is given the request.
                    if value.has(Traits::REQUEST) && matches!(code.name(key), "body" | "rawBody") {
                        member.traits = member.traits.with(Traits::BODY);
                    }
                    self.bind(code, target, &member, path);
                }
            }
            Kind::Group | Kind::Pattern => {
                let children = code.children(target);
                let last = children.len().saturating_sub(1);
                for (at, child) in children.iter().enumerate() {
                    // In Go the last of several values is the error.
                    let constant = value.constant.clone().filter(|_| at == last && code.dialect.returns_errors);
                    self.bind(code, *child, &Value { constant, ..value.clone() }, path);
                }
            }
            // `%{"type" => "invoice.paid"}` in a pattern.
            Kind::Text if self.words.event.is_match(code.name(target)) => {
                self.compared(path, value, target, format!("'{}'", code.name(target)));
            }
            Kind::Assign | Kind::Pair | Kind::Await => self.bind(code, code.child(target, 0), value, path),
            _ => {}
        }
    }

    fn member(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let dotted = code.path(node);
        if let Some(known) = path.get(&dotted) {
            let known = known.clone();
            return vec![(path, known)];
        }
        if self.is_body(&dotted, &path) {
            let part = self.part_at(&dotted);
            return vec![(path, Value::of(Traits::BODY.with(part)))];
        }
        let named = self.named(&dotted, code.name(node));
        let ways = self.eval(code.child(node, 0), path);
        ways.into_iter()
            .map(|(mut path, object)| {
                self.reads(&object, code.name(node), &mut path);
                let mut value = self.member_of(&object, code.name(node));
                value.traits = value.traits.with(named).with(self.part(&object, code.name(node)));
                value.constant = value.constant.or_else(|| counts(code.name(node), &object));
                value.constant = value.constant.or_else(|| duration(&dotted, &object, &[]));
                (path, value)
            })
            .collect()
    }

    fn index(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let dotted = code.path(node);
        let is_body = self.is_body(&dotted, &path) || self.is_body_field(code, code.children(node), &path);
        if is_body {
            let part = self.part_at(&format!("{}.{}", code.name(code.child(node, 0)), code.name(code.child(node, 1))));
            return vec![(path, Value::of(Traits::BODY.with(part)))];
        }
        let mut ways = Vec::new();
        for (path, object) in self.eval(code.child(node, 0), path) {
            for (mut path, key) in self.eval(code.child(node, 1), path) {
                if object.has(Traits::TABLE) && key.has(Traits::BODY) {
                    self.compared(&mut path, &key, node, "an event's type".to_owned());
                }
                self.indexed(&object, &key, node, &mut path);
                let name = match &key.constant {
                    Some(Constant::Text(text)) => text.to_string(),
                    _ => String::new(),
                };
                self.reads(&object, &name, &mut path);
                let mut value = self.member_of(&object, &name);
                let named = key.traits.without(Traits::BODY.with(Traits::EVENT));
                value.traits = value.traits.with(named).with(self.part(&object, &name));
                ways.push((path, value));
            }
        }
        ways
    }

    /// Returns what a name says about its value.
    pub(super) fn named(&self, dotted: &str, name: &str) -> Traits {
        let (whole, name) = (self.words.secret.all(dotted), self.words.secret.all(name));
        let mut traits = Traits::default();
        for (word, named, words) in [
            (&self.words.secret, Traits::SECRET, name),
            (&self.words.signature, Traits::SIGNATURE, name),
            (&self.words.event_constant, Traits::TABLE, whole),
            (&self.words.event_class, Traits::CLASS, whole),
        ] {
            traits = if word.is_among(words) { traits.with(named) } else { traits };
        }
        traits
    }

    /// Returns the name of an event that a node says.
    pub(super) fn event_name(&self, code: &Code, node: NodeId) -> Option<String> {
        match code.kind(node) {
            Kind::Text => self.words.event.is_match(code.name(node)).then(|| format!("'{}'", code.name(node))),
            Kind::Member | Kind::Name => {
                let path = code.path(node);
                self.words.event_constant.is_match(&path).then_some(path)
            }
            _ => None,
        }
    }

    /// Returns the name of an event that a constant holds.
    pub(super) fn event_of(&self, value: &Value) -> Option<String> {
        match &value.constant {
            Some(Constant::Text(text)) => self.words.event.is_match(text).then(|| format!("'{text}'")),
            // One of a list.
            None if value.has(Traits::TABLE) && !value.has(Traits::BODY) => Some("an event's type".to_owned()),
            _ => None,
        }
    }

    /// Returns the call that led here from the entry, in the entry's file.
    pub(super) fn call_of_entry(&self) -> Option<(usize, NodeId)> {
        let inner = self.frames.get(self.entry + 1).map(|frame| frame.call);
        inner.zip(self.frames.get(self.entry)).map(|(call, frame)| (frame.file, call))
    }

    pub(super) fn sink(&mut self, node: NodeId, name: String, defect: Defect) -> usize {
        let file = self.file();
        let known = self.sinks.iter().position(|sink| (sink.file, sink.node, sink.defect) == (file, node, defect));
        known.unwrap_or_else(|| {
            let from = self.call_of_entry();
            self.sinks.push(Sink { file, node, name, defect, from });
            self.sinks.len() - 1
        })
    }
}
