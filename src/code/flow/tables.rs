//! Tables of events: lists and maps that name them, and what looks the type of an event up in one.

use super::super::model::{Code, Kind, NodeId};
use super::called::{Called, last};
use super::path::Path;
use super::statements::Ways;
use super::value::{Constant, Traits, Value};
use super::{Analysis, Words};

/// Calls that make a list, a set or a map of what they are given.
const MAKERS: &[&str] = &[
    "Set",
    "Map",
    "set",
    "frozenset",
    "dict",
    "tuple",
    "list",
    "MappingProxyType",
    "of",
    "ofEntries",
    "entry",
    "asList",
    "freeze",
    "setOf",
    "mapOf",
    "listOf",
    "hashSetOf",
    "hashMapOf",
    "arrayOf",
    "to_set",
    "new",
    "from",
    "HashSet",
    "HashMap",
    "List",
    "Dictionary",
    "collect",
];

/// Calls that say whether something is there, or how a text begins.
const TESTS: &[&str] = &[
    "includes",
    "has",
    "in_array",
    "include?",
    "member?",
    "in?",
    "contains",
    "Contains",
    "contains?",
    "array_key_exists",
    "key?",
    "has_key?",
    "hasOwnProperty",
    "hasOwn",
    "containsKey",
    "ContainsKey",
    "contains_key",
    "startsWith",
    "startswith",
    "start_with?",
    "starts_with?",
    "starts_with",
    "StartsWith",
    "HasPrefix",
    "str_starts_with",
    "str_contains",
    "Equal",
    "matches",
];

/// Calls that return what they find.
const LOOKUPS: &[&str] = &[
    "indexOf",
    "array_search",
    "get",
    "Get",
    "fetch",
    "dig",
    "getOrDefault",
    "GetValueOrDefault",
    "TryGetValue",
    "pop",
    "strpos",
    "strncmp",
];

/// Most nodes of a value that are looked at.
const MAX_NODES: usize = 64;

/// Returns true for a value that lists the names of events, or maps them to something.
pub(super) fn lists_events(code: &Code, value: NodeId, words: &Words) -> bool {
    let (mut open, mut looked) = (vec![value], 0);
    while let Some(at) = open.pop().filter(|_| looked < MAX_NODES) {
        looked += 1;
        match code.kind(at) {
            Kind::Text if words.event.is_match(code.name(at)) => return true,
            Kind::Group | Kind::Object | Kind::Operation => open.extend(code.children(at).iter().rev()),
            Kind::Pair | Kind::Assign => open.push(code.child(at, 0)),
            Kind::Call => {
                let callee = code.child(at, 0);
                match code.kind(callee) {
                    Kind::Group => open.push(callee),
                    Kind::Name | Kind::Member if MAKERS.contains(&code.name(callee)) => {
                        open.push(code.child(callee, 0));
                        open.extend(code.children(at)[1..].iter().rev());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    false
}

/// Returns the ways on which an event was found, and on which it was not.
fn found(found: Path, other: Path, is_true: bool) -> Ways {
    let constant = |holds: bool| Value::constant(if holds { Constant::True } else { Constant::False });
    vec![(found, constant(is_true)), (other, constant(!is_true))]
}

impl Analysis<'_> {
    /// Notes that a call looks up something of the request in a table of events, or the name of one in it. Returns the ways
    /// on of one that only says whether it is there.
    pub(super) fn event_looked_up(&mut self, called: &Called<'_>, path: &mut Path) -> Option<Ways> {
        let name = last(&called.dotted);
        let parts = || called.arguments.iter().chain([&called.object]);
        let is_only = |one: Traits, other: Traits| parts().any(|value| value.has(one) && !value.has(other));
        let tests = TESTS.contains(&name);
        let looks_up = tests || LOOKUPS.contains(&name);
        if !(looks_up && is_only(Traits::TABLE, Traits::BODY) && is_only(Traits::BODY, Traits::TABLE)) {
            return None;
        }
        let other = path.clone();
        self.compared(path, &Value::of(Traits::BODY), called.node, "an event's type".to_owned());
        tests.then(|| found(path.clone(), other, true))
    }

    /// An operation; `kind in EVENTS` looks up.
    pub(super) fn operation(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let looks_up = matches!(code.name(node), "in" | "not in" | "!in" | "instanceof" | "=~");
        if let Some(ways) = self.verdict_of_operation(code, node, &path) {
            return ways;
        }
        let mut ways = Vec::new();
        for (mut path, value) in self.values(code, node, path) {
            if looks_up && value.has(Traits::TABLE) && value.has(Traits::BODY) {
                let other = path.clone();
                self.compared(&mut path, &Value::of(Traits::BODY), node, "an event's type".to_owned());
                ways.extend(found(path, other, !matches!(code.name(node), "not in" | "!in")));
            } else {
                ways.push((path, Value::of(value.traits)));
            }
        }
        ways
    }
}
