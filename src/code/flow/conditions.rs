//! Conditions: the ways on which one holds and those on which it does not.

use super::super::model::{Code, Kind, NodeId};
use super::path::{Path, merge};
use super::statements::leaves;
use super::value::{Constant, Traits, Value, counted};
use super::{Analysis, Skip};

const NO_SECRET: &str = "without a secret the check is skipped";
const NO_SIGNATURE: &str = "without a signature the check is skipped";
const SWITCHED: &str = "a setting decides whether the check runs";

/// Calls that are true for nothing, and for something.
pub(super) const ABSENT: &[&str] = &[
    "empty",
    "is_null",
    "isEmpty",
    "isBlank",
    "empty?",
    "blank?",
    "nil?",
    "none?",
    "IsNullOrEmpty",
    "IsNullOrWhiteSpace",
    "isNullOrEmpty",
    "isNullOrBlank",
    "is_none",
    "is_err",
    "is_empty",
    "isNil",
    "isnull",
    "isNull",
];
pub(super) const PRESENT: &[&str] = &[
    "isset",
    "present?",
    "any?",
    "is_some",
    "is_ok",
    "isPresent",
    "filled",
    "Boolean",
    "bool",
    "isNotEmpty",
    "isNotBlank",
    "isDefined",
    "exists",
];

type Split = (Vec<Path>, Vec<Path>);

impl Analysis<'_> {
    pub(super) fn condition(&mut self, node: NodeId, path: Path) -> Split {
        let code = self.code();
        match code.kind(node) {
            Kind::Not => {
                let (yes, no) = self.condition(code.child(node, 0), path);
                (no, yes)
            }
            Kind::And => {
                let (both, mut no) = self.condition(code.child(node, 0), path);
                let mut yes = Vec::new();
                for path in merge(both) {
                    let (right, wrong) = self.condition(code.child(node, 1), path);
                    yes.extend(right);
                    no.extend(wrong);
                }
                (yes, no)
            }
            Kind::Or => {
                let (mut yes, neither) = self.condition(code.child(node, 0), path);
                let mut no = Vec::new();
                for path in merge(neither) {
                    let (right, wrong) = self.condition(code.child(node, 1), path);
                    yes.extend(right);
                    no.extend(wrong);
                }
                (yes, no)
            }
            Kind::Equal => self.equal(&code, node, path),
            Kind::Differ => {
                let (yes, no) = self.equal(&code, node, path);
                (no, yes)
            }
            Kind::Group if code.children(node).len() == 1 => self.condition(code.child(node, 0), path),
            // `let Some(secret) = …`
            Kind::Group if code.children(node).len() == 2 => self.matched(&code, node, path),
            Kind::Call => self.tested(&code, node, path),
            _ => self.truth(node, node, path),
        }
    }

    /// Splits by whether a value counts as true.
    fn truth(&mut self, node: NodeId, whole: NodeId, path: Path) -> Split {
        let code = self.code();
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (path, value) in self.eval(node, path) {
            match value.truth() {
                Some(true) => yes.push(path),
                Some(false) => no.push(path),
                None => {
                    let (mut path, mut other) = self.split(&code, whole, &value, path);
                    refine(&code, node, &value, (&mut path, &mut other));
                    yes.push(path);
                    no.push(other);
                }
            }
        }
        (yes, no)
    }

    /// Returns the ways on which a value counts as true, and as false.
    fn split(&mut self, code: &Code, node: NodeId, value: &Value, path: Path) -> (Path, Path) {
        let (mut path, mut other) = (path.clone(), path);
        self.note_skip(code, node, &[value], &mut other);
        // A secret that is there leads past nothing.
        if !value.has(Traits::SECRET.with(Traits::SIGNATURE)) {
            path.skipped = other.skipped;
        }
        path.routed = other.routed;
        (path, other)
    }

    /// `let Some(secret) = …`, `let Err(error) = …`
    fn matched(&mut self, code: &Code, node: NodeId, path: Path) -> Split {
        let (pattern, subject) = (code.child(node, 0), code.child(node, 1));
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (path, value) in self.eval(subject, path) {
            let truth = self.pattern_truth(code, pattern, &value);
            let (mut held, other) = match truth {
                Some(_) => (path.clone(), path),
                None => self.split(code, node, &value, path),
            };
            if truth != Some(false) {
                self.bind_pattern(code, pattern, &value, &mut held);
                yes.push(held);
            }
            if truth != Some(true) {
                no.push(other);
            }
        }
        (yes, no)
    }

    /// `x.empty?`, `isset(x)` and the like; what else is called is a value.
    fn tested(&mut self, code: &Code, node: NodeId, path: Path) -> Split {
        let callee = code.child(node, 0);
        let (name, object) = (code.name(callee), code.child(callee, 0));
        let arguments = &code.children(node)[1..];
        let is_path = |at: NodeId| matches!(code.kind(at), Kind::Name | Kind::Member | Kind::Index | Kind::Call);
        let tested = match (code.kind(callee), arguments) {
            (_, [argument]) if is_path(*argument) => Some(*argument),
            (Kind::Member, []) if is_path(object) => Some(object),
            _ => None,
        };
        if let Some(tested) = tested {
            if ABSENT.contains(&name) {
                let (yes, no) = self.truth(tested, node, path);
                return (no, yes);
            }
            if PRESENT.contains(&name) {
                return self.truth(tested, node, path);
            }
        }
        // `"invoice.paid".equals(event.getType())`, `event.type.eql?("invoice.paid")`
        if let (Kind::Member, "equals" | "equalsIgnoreCase" | "eql?" | "Equals" | "eq", [argument]) =
            (code.kind(callee), name, arguments)
        {
            return self.equality(code, (object, *argument), node, path);
        }
        // `Objects.equals(event.get("type"), "invoice.paid")`
        if let ("equals" | "Equals" | "deepEqual" | "isEqual", [one, other]) = (name, arguments) {
            return self.equality(code, (*one, *other), node, path);
        }
        if let ("strcmp", [one, other]) = (name, arguments) {
            let (equal, other) = self.equality(code, (*one, *other), node, path);
            return (other, equal);
        }
        self.truth(node, node, path)
    }

    fn equal(&mut self, code: &Code, node: NodeId, path: Path) -> Split {
        self.equality(code, (code.child(node, 0), code.child(node, 1)), node, path)
    }

    fn equality(&mut self, code: &Code, (left, right): (NodeId, NodeId), node: NodeId, path: Path) -> Split {
        let right = match code.kind(right) {
            Kind::Pattern => leaves(code, right).first().copied().unwrap_or(right),
            _ => right,
        };
        for (tested, against) in [(left, right), (right, left)] {
            let is_empty = code.name(against).is_empty() && code.children(against).is_empty();
            match code.kind(against) {
                Kind::True => return self.condition(tested, path),
                Kind::Text if !is_empty => {}
                Kind::Null | Kind::False | Kind::Text => {
                    let (yes, no) = self.truth(tested, node, path);
                    return (no, yes);
                }
                _ => {}
            }
        }
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (path, first) in self.eval(left, path) {
            for (mut path, second) in self.eval(right, path) {
                if (first.has(Traits::MAC) || second.has(Traits::MAC))
                    && !measures(code, left)
                    && !measures(code, right)
                {
                    let (right, wrong) = self.codes(node, &first, &second, path);
                    yes.extend(right);
                    no.extend(wrong);
                    continue;
                }
                if let (Some(Constant::Text(one)), Some(Constant::Text(other))) = (&first.constant, &second.constant) {
                    if one == other { &mut yes } else { &mut no }.push(path);
                    continue;
                }
                if let Some(found) = counted(&first, &second, false).or_else(|| counted(&second, &first, false)) {
                    // `indexOf(…) === -1`, `count === 0`
                    let is_one = [&first, &second].iter().any(|value| value.constant == Some(Constant::Number(1)));
                    if found != is_one { &mut yes } else { &mut no }.push(path);
                    continue;
                }
                self.note_skip(code, node, &[&first, &second], &mut path);
                no.push(path.clone());
                if matches!(
                    (&first.constant, &second.constant),
                    (Some(Constant::Text(_)), _) | (_, Some(Constant::Text(_)))
                ) {
                    self.stands_in(first.traits.with(second.traits), node, &mut path);
                }
                for (node, own, value) in [(left, &first, &second), (right, &second, &first)] {
                    if let Some(name) = self.event_name(code, node).or_else(|| self.event_of(own)) {
                        self.compared(&mut path, value, node, name);
                    }
                }
                yes.push(path);
            }
        }
        (yes, no)
    }

    /// Compares message authentication codes: equal ones are a verification, unless another service's header is one.
    pub(super) fn codes(&mut self, node: NodeId, first: &Value, second: &Value, path: Path) -> Split {
        if first.has(Traits::FOREIGN) || second.has(Traits::FOREIGN) {
            return (vec![path.clone()], vec![path]);
        }
        // Any comparison in constant time may be the check; what is said of it needs a signature, of a webhook.
        if first.traits.with(second.traits).has(Traits::MAC.with(Traits::SIGNATURE)) && self.speaks() {
            self.attempt_at(node);
        }
        let (mut verified, mut failed) = (path.clone(), path);
        verified.verify();
        failed.fail();
        (vec![verified], vec![failed])
    }

    /// Remembers a condition by which a verification may be passed by.
    fn note_skip(&mut self, code: &Code, node: NodeId, values: &[&Value], path: &mut Path) {
        if path.verified || path.skipped.is_some() || self.asks_place(code, node, path) {
            return;
        }
        let has = |traits: Traits| values.iter().any(|value| value.has(traits));
        if has(Traits::BODY) || has(Traits::EVENT) {
            return;
        }
        let why = if has(Traits::SECRET) {
            NO_SECRET
        } else if has(Traits::SIGNATURE) {
            NO_SIGNATURE
        } else if self.names_switch(code, node) && !self.names_place(code, node, path) {
            SWITCHED
        } else {
            return;
        };
        let skip = Skip { file: self.file(), node, why };
        let known = self.skips.iter().position(|other| *other == skip);
        path.skipped = Some(known.unwrap_or_else(|| {
            self.skips.push(skip);
            self.skips.len() - 1
        }));
    }

    fn names_switch(&self, code: &Code, node: NodeId) -> bool {
        parts(code, node).into_iter().any(|at| self.words.switch.is_match(code.name(at)))
    }

    /// Returns true for a condition on the request's path or the name of its route, and one that a function decides to
    /// which the request is given.
    fn names_place(&self, code: &Code, node: NodeId, path: &Path) -> bool {
        let is_request = |at: &NodeId| path.get(code.name(*at)).is_some_and(|value| value.has(Traits::REQUEST));
        parts(code, node).into_iter().any(|at| {
            let is_given = || code.kind(at) == Kind::Call && code.children(at).iter().skip(1).any(is_request);
            self.words.place.is_match(code.name(at)) || is_given()
        })
    }

    /// Notes that a guard decides by the request's path, or by the name of its route.
    fn asks_place(&mut self, code: &Code, node: NodeId, path: &mut Path) -> bool {
        if !self.guarding || !self.names_place(code, node, path) {
            return false;
        }
        let texts = parts(code, node).into_iter().filter(|at| code.kind(*at) == Kind::Text);
        self.asked.extend(texts.filter_map(|at| code.node(at).name.clone()));
        path.routed = true;
        true
    }
}

/// Returns the first nodes of a condition.
fn parts(code: &Code, node: NodeId) -> Vec<NodeId> {
    let (mut open, mut found) = (vec![node], Vec::new());
    while let Some(at) = open.pop() {
        found.push(at);
        if found.len() < 40 {
            open.extend(code.children(at));
        }
    }
    found
}

/// Returns true for the length of something, which says nothing of what is in it.
fn measures(code: &Code, node: NodeId) -> bool {
    let at = if code.kind(node) == Kind::Call { code.child(node, 0) } else { node };
    let names = &["length", "len", "size", "Length", "byteLength", "bytesize", "strlen", "count", "Count"];
    names.contains(&code.name(at)) && (code.kind(at) == Kind::Member || at != node)
}

/// Remembers what a condition says about a variable.
fn refine(code: &Code, node: NodeId, value: &Value, (yes, no): (&mut Path, &mut Path)) {
    let Some(name) = code.node(node).name.clone().filter(|_| code.kind(node) == Kind::Name) else { return };
    let with = |constant| Value { constant: Some(constant), ..value.clone() };
    yes.set(&name, with(Constant::Present));
    no.set(&name, with(Constant::Null));
}
