//! Results of what may fail, as values: `Result` of Rust and Kotlin, `{:ok, event}` of Elixir, promises. A failed one is
//! `Null`, whatever it holds.

use super::super::model::{Code, Kind, NodeId};
use super::called::{Called, last};
use super::conditions::{ABSENT, PRESENT};
use super::path::Path;
use super::statements::Ways;
use super::value::{Constant, Traits, Value};
use super::{Analysis, Defect};
use crate::credential::randomness::looks_random;

/// Methods that end the function, or the program, if a result is a failed one.
const DEMANDS: &[&str] = &["unwrap", "expect", "getOrThrow"];

/// Methods that return something else in place of a failed result.
const FALLBACKS: &[&str] =
    &["unwrap_or", "unwrap_or_else", "unwrap_or_default", "or", "or_else", "getOrElse", "getOrDefault", "recover"];

/// Methods that return the result itself, or one that fails when it does.
const KEEP: &[&str] = &[
    "map_err",
    "ok",
    "ok_or",
    "ok_or_else",
    "as_ref",
    "inspect_err",
    "context",
    "with_context",
    "wrap_err",
    "change_context",
    "getOrNull",
    "onFailure",
    "onSuccess",
];

const NO_VERDICT: &str = "the result of the check is not used";
const EMPTY: &str = "the secret is empty, so anyone can sign";
const KNOWN: &str = "the signing secret stands in the code, so anyone who reads it can sign";

impl Analysis<'_> {
    /// Follows a verification: on one way it holds, and on the other it throws, or says that it does not.
    pub(super) fn verification(&mut self, called: &Called<'_>, path: Path) -> Ways {
        self.attempt_at(called.node);
        if self.words.ageless.is_match(&called.dotted) || self.is_ageless(called) {
            self.tell_of(called, Defect::Replay, "");
        }
        if let Some(why) = self.known_secret(called) {
            self.tell_of(called, Defect::FailOpen, why);
        }
        let (mut verified, mut path) = (path.clone(), path);
        verified.verify();
        // An event that was only made before is not acted on where the check fails.
        path.pending.retain(|sink| self.sinks[*sink].defect != Defect::Disabled);
        path.fail();
        let event = Value::of(Traits::EVENT);
        if called.code.dialect.returns_errors {
            let with = |constant| Value { constant: Some(constant), ..event.clone() };
            let mut failed = path;
            failed.skipped = failed.skipped.or(self.passed_by(called.node, NO_VERDICT));
            return vec![(verified, with(Constant::Null)), (failed, with(Constant::Present))];
        }
        if called.code.dialect.results && called.code.dialect.name != "kotlin" {
            let mut failed = path;
            failed.skipped = failed.skipped.or(self.passed_by(called.node, NO_VERDICT));
            let made = Value { constant: Some(Constant::Present), ..event };
            return vec![(verified, made), (failed, Value::constant(Constant::Null))];
        }
        self.frame().thrown.push(path);
        vec![(verified, Value { constant: Some(Constant::Present), ..event })]
    }

    /// Returns why anybody can sign what a verifier accepts: its secret is known.
    fn known_secret(&self, called: &Called<'_>) -> Option<&'static str> {
        let code = called.code;
        let key = |node: &NodeId| code.name(code.child(*node, 0)).trim_end_matches(':').to_ascii_lowercase();
        let nodes = &code.children(called.node)[1..];
        let named = nodes.iter().position(|node| code.kind(*node) == Kind::Pair && key(node).contains("secret"));
        let Some(Constant::Text(secret)) = &called.arguments.get(named.unwrap_or(2))?.constant else { return None };
        // A random text is a key, which is told as such.
        let is_key = || secret.rsplit('_').next().is_some_and(|body| looks_random(body.as_bytes()));
        match secret.is_empty() {
            // Java makes no key of nothing.
            true => Some(EMPTY).filter(|_| !matches!(code.dialect.name, "java" | "kotlin")),
            false => {
                let is_known = self.words.known_secret.is_match(&format!("{}={secret}", called.dotted));
                Some(KNOWN).filter(|_| is_known && !is_key())
            }
        }
    }

    /// Follows a call that is made on a result, or that makes one of what a function throws. `None` for any other.
    pub(super) fn result_of(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        let (name, dialect) = (last(&called.dotted), called.code.dialect);
        if name == "runCatching" && dialect.name == "kotlin" {
            let at = called.arguments.iter().find_map(Value::function)?;
            let (ways, thrown) = self.caught(|all| all.invoke(at, Vec::new(), path.clone(), called.node));
            let made = |(path, value)| (path, Value { constant: Some(Constant::Present), ..value });
            let failed = self.forgiven(called.node, thrown).into_iter();
            let failed = failed.map(|path| (path, Value::constant(Constant::Null)));
            return Some(ways.into_iter().map(made).chain(failed).collect());
        }
        if !dialect.results {
            return None;
        }
        match called.dotted.as_str() {
            "Err" => return Some(vec![(path.clone(), Value::constant(Constant::Null))]),
            "Ok" | "Some" => {
                let held = called.arguments.first().cloned().unwrap_or_default();
                return Some(vec![(path.clone(), Value { constant: Some(Constant::Present), ..held })]);
            }
            _ => {}
        }
        let Some(truth) = called.object.truth() else {
            let is_body = (KEEP.contains(&name) || name == "and_then") && called.object.has(Traits::BODY);
            return is_body.then(|| vec![(path.clone(), called.object.clone())]);
        };
        let function = called.arguments.iter().find_map(Value::function);
        let same = |path: Path| Some(vec![(path, called.object.clone())]);
        match name {
            _ if DEMANDS.contains(&name) && !truth => {
                self.frame().thrown.push(path.clone());
                Some(Vec::new())
            }
            _ if FALLBACKS.contains(&name) && !truth => match function {
                Some(at) => Some(self.invoke(at, Vec::new(), path.clone(), called.node)),
                None => Some(vec![(path.clone(), called.arguments.first().cloned().unwrap_or_default())]),
            },
            "onFailure" if !truth => {
                let ways = self.invoke(function?, Vec::new(), path.clone(), called.node);
                Some(ways.into_iter().map(|(path, _)| (path, called.object.clone())).collect())
            }
            "map" | "and_then" if !truth => same(path.clone()),
            _ if KEEP.contains(&name) || DEMANDS.contains(&name) || FALLBACKS.contains(&name) => same(path.clone()),
            _ if called.arguments.is_empty() && (PRESENT.contains(&name) || ABSENT.contains(&name)) => {
                let holds = truth == PRESENT.contains(&name);
                let constant = if holds { Constant::True } else { Constant::False };
                Some(vec![(path.clone(), Value::constant(constant))])
            }
            _ => None,
        }
    }

    /// `construct_event(…)?` ends the function with a failed result.
    pub(super) fn unwrapped(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let (failed, held) =
            self.values(code, node, path).into_iter().partition(|(_, value)| value.truth() == Some(false));
        let failed: Ways = failed;
        self.frame().exits.extend(failed);
        held
    }

    /// Follows what `.catch(…)`, or `.then(…)` with two functions, is called on, and the function that gets what it threw.
    pub(super) fn promised(&mut self, code: &Code, node: NodeId, path: &Path) -> Option<Ways> {
        let callee = code.child(node, 0);
        let handler = match (code.name(callee), code.children(node)) {
            _ if code.dialect.name != "javascript" || code.kind(callee) != Kind::Member => return None,
            ("catch", [_, handler]) => *handler,
            ("then", [_, _, handler]) => *handler,
            _ => return None,
        };
        let object = code.child(callee, 0);
        let (ways, thrown) = self.caught(|all| match code.name(callee) {
            "catch" => all.eval(object, path.clone()),
            _ => all.plain_call(code, node, path.clone()),
        });
        let mut all = ways;
        for path in self.forgiven(node, thrown) {
            let outer = std::rc::Rc::clone(&path.scope);
            for (mut path, value) in self.eval(handler, path) {
                path.scope = std::rc::Rc::clone(&outer);
                match value.function() {
                    Some(at) => all.extend(self.invoke(at, Vec::new(), path, node)),
                    None => all.push((path, Value::default())),
                }
            }
        }
        Some(all)
    }

    /// Follows something. Returns its ways, and those on which it threw, which end nothing.
    fn caught(&mut self, follow: impl FnOnce(&mut Self) -> Ways) -> (Ways, Vec<Path>) {
        let outer = std::mem::take(&mut self.frame().thrown);
        let ways = follow(self);
        (ways, std::mem::replace(&mut self.frame().thrown, outer))
    }
}
