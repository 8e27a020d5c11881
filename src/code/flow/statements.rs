//! Statements: blocks, choices, switches, loops, handlers of what is thrown, and what ends a way.

use super::super::model::{Code, Kind, NodeId};
use super::path::{Path, join, merge};
use super::value::{Constant, Traits, Value};
use super::{Analysis, Defect};

pub(super) type Ways = Vec<(Path, Value)>;

impl Analysis<'_> {
    /// Follows the statements of a block, one after the other; the value is that of the last.
    pub(super) fn block(&mut self, statements: &[NodeId], path: Path) -> Ways {
        let mut ways = vec![(path, Value::default())];
        for statement in statements {
            let before = if ways.len() > 1 { self.merged(ways) } else { ways };
            ways = before.into_iter().flat_map(|(path, _)| self.eval(*statement, path)).collect();
            if ways.is_empty() {
                break;
            }
        }
        ways
    }

    /// Joins ways that are alike; their values are forgotten.
    pub(super) fn merged(&self, ways: Ways) -> Ways {
        let paths = ways.into_iter().map(|(path, _)| path).collect();
        merge(paths).into_iter().map(|path| (path, Value::default())).collect()
    }

    pub(super) fn choice(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let started = self.attempts.len();
        let (yes, no) = self.condition(code.child(node, 0), path);
        let mut ways: Ways = Vec::new();
        for (paths, branch) in [(yes, code.child(node, 1)), (no, code.child(node, 2))] {
            for path in merge(paths) {
                ways.extend(self.eval(branch, path));
            }
        }
        self.mark_stand_ins(&mut ways, started);
        ways
    }

    pub(super) fn switch(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let children = code.children(node);
        let Some((subject, cases)) = children.split_first() else { return vec![(path, Value::default())] };
        let has_subject = !matches!(code.kind(*subject), Kind::Nothing | Kind::True);
        let outer = std::mem::take(&mut self.frame().left);
        let mut ways = Vec::new();
        for (path, value) in self.eval(*subject, path) {
            ways.extend(self.cases(code, cases, path, has_subject.then_some(&value)));
        }
        let left = std::mem::replace(&mut self.frame().left, outer);
        ways.extend(left.into_iter().map(|path| (path, Value::default())));
        ways
    }

    fn cases(&mut self, code: &Code, cases: &[NodeId], path: Path, subject: Option<&Value>) -> Ways {
        let (mut ways, mut rest, mut has_default) = (Vec::new(), vec![path], false);
        // Ways into a case without statements, which continue with the next one.
        let mut falling: Vec<Path> = Vec::new();
        for case in cases {
            let (patterns, body) = (code.child(*case, 0), code.child(*case, 1));
            let mut entering = std::mem::take(&mut falling);
            if code.kind(patterns) == Kind::Nothing || code.children(patterns).iter().all(|at| self.is_any(code, *at)) {
                has_default = true;
                entering.extend(rest.iter().cloned());
            } else {
                let before = std::mem::take(&mut rest);
                for path in merge(before) {
                    let (yes, no) = self.matches(code, patterns, path, subject);
                    entering.extend(yes);
                    rest.extend(no);
                }
            }
            if code.dialect.falls_through && code.children(body).is_empty() {
                falling = entering;
                continue;
            }
            for path in merge(entering) {
                ways.extend(self.eval(body, path));
            }
        }
        ways.extend(falling.into_iter().map(|path| (path, Value::default())));
        if !has_default {
            ways.extend(rest.into_iter().map(|path| (path, Value::default())));
        }
        ways
    }

    /// Returns true for a pattern that matches everything.
    fn is_any(&self, code: &Code, pattern: NodeId) -> bool {
        match code.kind(pattern) {
            Kind::Name => matches!(code.name(pattern), "_" | "default"),
            Kind::Pattern => code.children(pattern).iter().all(|at| self.is_any(code, *at)),
            _ => false,
        }
    }

    /// Splits a way by the patterns of a case.
    fn matches(
        &mut self,
        code: &Code,
        patterns: NodeId,
        path: Path,
        subject: Option<&Value>,
    ) -> (Vec<Path>, Vec<Path>) {
        let leaves = leaves(code, patterns);
        let Some(subject) = subject else {
            // A switch without a subject is a chain of conditions.
            let (mut yes, mut rest) = (Vec::new(), vec![path]);
            for leaf in leaves {
                let mut others = Vec::new();
                for path in rest {
                    let (matching, other) = self.condition(leaf, path);
                    yes.extend(matching);
                    others.extend(other);
                }
                rest = others;
            }
            return (yes, rest);
        };
        let (mut inside, outside) = (path.clone(), path);
        self.stands_in(subject.traits, patterns, &mut inside);
        // `%{"type" => "invoice.paid"} = event`
        let inner = leaves.iter().filter(|leaf| code.kind(**leaf) == Kind::Assign && code.dialect.results);
        let inner: Vec<NodeId> = inner.flat_map(|leaf| self::leaves(code, code.child(*leaf, 0))).collect();
        for leaf in leaves.iter().chain(&inner) {
            let name = self.event_name(code, *leaf).or_else(|| {
                let is_constant = match code.kind(*leaf) {
                    Kind::Name => code.name(*leaf).starts_with(|first: char| first.is_ascii_uppercase()),
                    kind => matches!(kind, Kind::Member | Kind::Call),
                };
                let values = if is_constant { self.eval(*leaf, inside.clone()) } else { Vec::new() };
                values.iter().find_map(|(_, value)| self.event_of(value))
            });
            if let Some(name) = name {
                self.compared(&mut inside, subject, *leaf, name);
            }
        }
        self.bind_pattern(code, patterns, subject, &mut inside);
        match self.pattern_truth(code, patterns, subject) {
            Some(true) => (vec![inside], Vec::new()),
            Some(false) => (Vec::new(), vec![outside]),
            None => (vec![inside], vec![outside]),
        }
    }

    /// Decides `Some(x)`, `Ok(x)`, `None`, `Err(_)` and constants, where the subject is known.
    pub(super) fn pattern_truth(&self, code: &Code, patterns: NodeId, subject: &Value) -> Option<bool> {
        let truth = subject.truth()?;
        let mut at = patterns;
        loop {
            match code.kind(at) {
                Kind::Group | Kind::Pattern => at = code.child(at, 0),
                Kind::Text if code.dialect.results => {
                    return match code.name(at) {
                        ":ok" => Some(truth),
                        ":error" => Some(!truth),
                        _ => None,
                    };
                }
                Kind::Name => {
                    return match code.name(at) {
                        "Some" | "Ok" => Some(truth),
                        "None" | "Err" => Some(!truth),
                        _ => None,
                    };
                }
                Kind::True => return Some(truth),
                Kind::False | Kind::Null => return Some(!truth),
                _ => return None,
            }
        }
    }

    /// Names in a pattern get the value's traits.
    pub(super) fn bind_pattern(&mut self, code: &Code, patterns: NodeId, subject: &Value, path: &mut Path) {
        for leaf in leaves(code, patterns) {
            if code.kind(leaf) == Kind::Name && code.name(leaf).starts_with(|first: char| first.is_ascii_lowercase()) {
                let value = Value::of(subject.traits);
                path.set(&std::sync::Arc::from(code.name(leaf)), value);
            }
        }
    }

    pub(super) fn attempt(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let children = code.children(node);
        let (body, last) = (code.child(node, 0), code.child(node, 1));
        let handlers = children.get(2..).unwrap_or_default();
        let (outer, attempts) = (std::mem::take(&mut self.frame().thrown), self.attempts.len());
        let mut ways = self.eval(body, path.clone());
        let mut thrown = std::mem::replace(&mut self.frame().thrown, outer);
        if handlers.is_empty() {
            self.frame().thrown.append(&mut thrown);
        } else {
            // Any call may throw.
            let mut path = path;
            if self.attempts.len() > attempts {
                path.fail();
            }
            thrown.push(path);
            for handler in handlers {
                let thrown = thrown.clone();
                // Without a check before it, none is forgotten.
                let caught =
                    if self.attempts.len() > attempts { self.forgiven(*handler, thrown) } else { merge(thrown) };
                for path in caught {
                    ways.extend(self.eval(code.child(*handler, 0), path.clone()));
                }
            }
        }
        self.mark_stand_ins(&mut ways, attempts);
        if last == Code::NOTHING {
            return ways;
        }
        ways.into_iter()
            .flat_map(|(path, value)| {
                let after = self.block(code.children(last), path);
                after.into_iter().map(move |(path, _)| (path, value.clone())).collect::<Ways>()
            })
            .collect()
    }

    pub(super) fn repeat(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let outer = std::mem::take(&mut self.frame().left);
        let mut scoped = path.clone();
        // The loop's variable is one of what is looped over.
        let mut children = code.children(node);
        if let [target, list, ..] = children
            && code.kind(*target) == Kind::Name
        {
            for (after, value) in self.eval(*list, scoped.clone()) {
                scoped = after;
                // `for await (const chunk of req)`
                let read = if value.has(Traits::REQUEST) { Traits::BODY } else { Traits::default() };
                self.bind(code, *target, &Value::of(value.traits.with(read)), &mut scoped);
            }
            children = &children[2..];
        }
        let mut ways = self.block(children, scoped);
        ways.push((path, Value::default()));
        let left = std::mem::replace(&mut self.frame().left, outer);
        let paths = ways.into_iter().map(|(path, _)| path).chain(left).collect();
        // A variable is what it was before the loop, or what the loop made of it.
        join(paths, true).into_iter().map(|path| (path, Value::default())).collect()
    }

    pub(super) fn leave(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        match code.kind(node) {
            Kind::Return => {
                let exits = self.values(code, node, path);
                self.frame().exits.extend(exits);
            }
            Kind::Throw => {
                let thrown = self.values(code, node, path).into_iter().map(|(path, _)| path);
                let thrown: Vec<Path> = thrown.collect();
                self.frame().thrown.extend(thrown);
            }
            _ => self.frame().left.push(path),
        }
        Vec::new()
    }

    /// Follows the children of a node; the value is all of theirs together.
    pub(super) fn values(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let mut ways = vec![(path, Value::default())];
        for (at, child) in code.children(node).iter().enumerate() {
            let mut next = Vec::new();
            for (path, before) in ways {
                for (path, value) in self.eval(*child, path) {
                    let joined = if at == 0 { value } else { together(code, &before, value) };
                    next.push((path, joined));
                }
            }
            ways = next;
        }
        ways
    }

    /// Notes that an event of this name is acted on.
    pub(super) fn compared(&mut self, path: &mut Path, value: &Value, node: NodeId, name: String) {
        if value.has(Traits::BODY) && !value.has(Traits::EVENT) && !path.verified {
            let sink = self.sink(node, name, Defect::Unverified);
            path.use_event(sink);
        }
    }
}

/// Several values: in Go the last one is the error, in Elixir the first says whether there is one.
fn together(code: &Code, before: &Value, last: Value) -> Value {
    let constant = match &before.constant {
        _ if code.dialect.returns_errors => last.constant,
        Some(Constant::Null) if code.dialect.name == "elixir" => Some(Constant::Null),
        _ => Some(Constant::Present),
    };
    Value { traits: before.traits.with(last.traits), constant, thing: before.thing.or(last.thing) }
}

/// Returns the alternatives of a pattern.
pub(super) fn leaves(code: &Code, node: NodeId) -> Vec<NodeId> {
    let (mut leaves, mut open) = (Vec::new(), vec![node]);
    while let Some(at) = open.pop() {
        match code.kind(at) {
            Kind::Group | Kind::Pattern | Kind::Object | Kind::Pair => open.extend(code.children(at).iter().rev()),
            Kind::Nothing => {}
            _ => leaves.push(at),
        }
    }
    leaves
}
