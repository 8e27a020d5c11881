//! Spans of time: numbers of seconds, however they are written, and whether an event may be that old.

use super::super::model::{Code, Kind, NodeId};
use super::Analysis;
use super::called::{Called, last};
use super::path::Path;
use super::statements::Ways;
use super::value::{Constant, Value};

/// Units in which languages make spans of time: `7.days`, `ofDays(7)`, `timedelta(days=7)`, `time.Hour`.
const UNITS: &[(&str, i64)] =
    &[("second", 1), ("sec", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400), ("week", 604_800)];

/// Calls and members that give a span in seconds.
const SECONDS: &[&str] = &[
    "to_i",
    "to_int",
    "in_seconds",
    "total_seconds",
    "toSeconds",
    "getSeconds",
    "TotalSeconds",
    "inWholeSeconds",
    "int",
    "Number",
    "freeze",
];

/// Names of the greatest number there is.
const ENDLESS: &[&str] = &[
    "Infinity",
    "INFINITY",
    "POSITIVE_INFINITY",
    "inf",
    "PHP_INT_MAX",
    "MAX_VALUE",
    "MAX_SAFE_INTEGER",
    "MaxValue",
    "maxsize",
    "MaxInt32",
    "MaxInt64",
];

/// Age in seconds from which on an event may be sent again: a day.
const TOO_OLD: i64 = 86_400;

fn unit(name: &str) -> Option<i64> {
    let name = name.to_ascii_lowercase();
    let name = ["of", "from", "from_"].iter().rev().find_map(|verb| name.strip_prefix(verb)).unwrap_or(&name);
    UNITS.iter().find(|(unit, _)| name.trim_end_matches('s') == *unit).map(|(_, seconds)| *seconds)
}

/// Returns the number that a literal writes: `86_400`, `30L`.
pub(super) fn number(literal: &str) -> Option<Constant> {
    let digits = literal.replace('_', "");
    digits.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok().map(Constant::Number)
}

fn seconds(value: &Value) -> Option<i64> {
    match value.constant {
        Some(Constant::Number(seconds)) => Some(seconds),
        _ => None,
    }
}

/// Returns what a member of a value, or a call of it, is in seconds.
pub(super) fn duration(dotted: &str, object: &Value, arguments: &[(&str, &Value)]) -> Option<Constant> {
    let name = last(dotted);
    let given = || arguments.iter().filter_map(|(key, value)| seconds(value)?.checked_mul(unit(key)?));
    let only = arguments.first().map(|(_, value)| *value).unwrap_or(object);
    let found = match (unit(name), seconds(only)) {
        (Some(unit), Some(number)) => number.checked_mul(unit),
        (Some(unit), None) => dotted.starts_with("time.").then_some(unit),
        (None, Some(number)) if SECONDS.contains(&name) => Some(number),
        (None, _) if name == "timedelta" => given().reduce(i64::saturating_add),
        _ => None,
    };
    found.map(Constant::Number)
}

impl Analysis<'_> {
    /// Returns the span of time that a call makes.
    pub(super) fn span_of(&self, called: &Called<'_>) -> Option<Constant> {
        let code = called.code;
        let key = |node: &NodeId| code.name(code.child(*node, 0)).trim_end_matches(':');
        let nodes = &code.children(called.node)[1..];
        let given: Vec<(&str, &Value)> = nodes.iter().map(key).zip(&called.arguments).collect();
        duration(&called.dotted, &called.object, &given)
    }

    /// A product; of numbers, it is one.
    pub(super) fn product(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let mut ways = Vec::new();
        for (path, left) in self.eval(code.child(node, 0), path) {
            for (path, right) in self.eval(code.child(node, 1), path) {
                let product = seconds(&left).zip(seconds(&right)).and_then(|(left, right)| left.checked_mul(right));
                let traits = left.traits.with(right.traits);
                ways.push((path, Value { constant: product.map(Constant::Number), ..Value::of(traits) }));
            }
        }
        ways
    }

    /// Returns true if the call of a verifier lets an event be as old as it likes, or days old.
    pub(super) fn is_ageless(&self, called: &Called<'_>) -> bool {
        let name = last(&called.dotted);
        let (code, language) = (called.code, called.code.dialect.name);
        // The default of these checks no age.
        let headers = matches!(name, "verifyHeader" | "verifyHeaderAsync" | "verify_header");
        let nodes = &code.children(called.node)[1..];
        let named = |node: NodeId| code.kind(node) == Kind::Pair;
        let tolerance = nodes.iter().enumerate().find(|(at, node)| match named(**node) {
            true => code.name(code.child(**node, 0)).trim_end_matches(':') == "tolerance",
            false => *at == 3,
        });
        let options = called.arguments.last().map(|value| (self.option(value, "IgnoreTolerance"), value));
        if let Some((ignores, value)) = options
            && (ignores.truth() == Some(true)
                || seconds(&self.option(value, "Tolerance")).is_some_and(|age| age >= TOO_OLD))
        {
            return true;
        }
        let Some((at, node)) = tolerance else { return headers };
        let node = if named(*node) { code.child(*node, 1) } else { *node };
        let is_nothing = code.kind(node) == Kind::Null || code.name(node) == "undefined";
        let age = called.arguments.get(at).and_then(seconds);
        let endless = matches!(code.kind(node), Kind::Name | Kind::Member) && ENDLESS.contains(&code.name(node));
        endless
            || age.is_some_and(|age| age <= 0 || age >= TOO_OLD)
            || is_nothing && (headers || matches!(language, "python" | "ruby" | "php"))
    }

    fn option(&self, value: &Value, name: &str) -> Value {
        match value.thing {
            Some(super::value::Thing::Object(at)) => self.objects[at].get(name).cloned().unwrap_or_default(),
            _ => Value::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_units() {
        let of = |value: i64| Value::constant(Constant::Number(value));
        for (literal, expected) in [
            ("300", Some(300)),
            ("86_400", Some(86_400)),
            ("30L", Some(30)),
            ("-1", Some(-1)),
            ("1.5", None),
            ("x", None),
        ] {
            assert_eq!(number(literal), expected.map(Constant::Number), "{literal}");
        }
        let (nothing, seven) = (Value::default(), of(7));
        for (dotted, object, argument, expected) in [
            ("days", &seven, None, Some(604_800)),
            ("Duration.ofMinutes", &nothing, Some(("", &seven)), Some(420)),
            ("TimeSpan.FromDays", &nothing, Some(("", &seven)), Some(604_800)),
            ("time.Hour", &nothing, None, Some(3_600)),
            ("shop.hour", &nothing, None, None),
            ("timedelta", &nothing, Some(("weeks", &seven)), Some(4_233_600)),
            ("span.toSeconds", &seven, None, Some(7)),
            ("span.toMinutes", &seven, None, None),
            ("total", &seven, None, None),
        ] {
            let found = duration(dotted, object, argument.as_slice());
            assert_eq!(found, expected.map(Constant::Number), "{dotted}");
        }
    }
}
