//! Follows an application's own comparisons of codes as values: searches in a list of signatures, tests whether one is in
//! it, and the list or number of the ones that were found.

use std::rc::Rc;

use super::super::model::{Code, Kind, NodeId};
use super::Analysis;
use super::called::{Called, last, together};
use super::conditions::{ABSENT, PRESENT};
use super::path::{Path, merge};
use super::statements::Ways;
use super::value::{Constant, Traits, Value, counted};

/// Functions that search in a list by what another says.
const SEARCHES: &[&str] = &[
    "some",
    "every",
    "find",
    "findIndex",
    "findLast",
    "detect",
    "any?",
    "all?",
    "none?",
    "Any",
    "All",
    "any",
    "all",
    "none",
    "None",
    "anyMatch",
    "allMatch",
    "noneMatch",
    "reduce",
    "array_reduce",
    "inject",
    "array_any",
    "array_all",
    "array_find",
    "contains",
    "ContainsFunc",
    "IndexFunc",
    "exists",
    "Exists",
    "firstOrNull",
    "FirstOrDefault",
    "find_index",
    "index",
    "indexOfFirst",
    "position",
];

/// Functions that return a list of what another says, or of that for which it holds.
const MAKES_LIST: &[&str] =
    &["filter", "array_filter", "select", "find_all", "Where", "map", "array_map", "Select", "collect", "flatMap"];

/// Functions that return the list that they are given in another form.
const KEEPS_LIST: &[&str] = &["list", "tuple", "set", "sorted", "array_values", "toList", "ToList", "all_of", "iter"];

/// Functions that say whether something is in a list or a text, or where.
const HOLDS: &[&str] = &[
    "includes",
    "include?",
    "member?",
    "in?",
    "in_array",
    "array_search",
    "has",
    "contains",
    "Contains",
    "ContainsKey",
    "containsKey",
    "contains_key",
    "__contains__",
    "str_contains",
    "strpos",
    "strstr",
    "indexOf",
    "lastIndexOf",
    "IndexOf",
    "Index",
    "index",
    "count",
    "endsWith",
    "endswith",
    "ends_with",
    "end_with?",
    "EndsWith",
    "HasSuffix",
    "str_ends_with",
    "startsWith",
    "startswith",
    "starts_with",
    "start_with?",
    "StartsWith",
    "HasPrefix",
    "str_starts_with",
    "test",
    "match",
    "match?",
    "matches",
    "IsMatch",
    "preg_match",
    "equals",
    "Equals",
    "equal",
    "Equal",
    "equal?",
    "isEqual",
    "isEqualTo",
    "eql?",
    "eq",
    "contentEquals",
    "equalsIgnoreCase",
    "SequenceEqual",
    "EqualFold",
];

/// Functions that are zero for what is equal.
const ORDERS: &[&str] =
    &["strcmp", "strcasecmp", "compare", "Compare", "compareTo", "CompareTo", "localeCompare", "CompareOrdinal"];

/// Functions that say how many there are in a list, or return the first of it.
const FINDS: &[&str] = &[
    "len",
    "count",
    "size",
    "sizeof",
    "length",
    "Count",
    "Any",
    "first",
    "First",
    "FirstOrDefault",
    "findFirst",
    "findAny",
    "from",
];

/// Functions that throw where a condition does not hold.
const ASSERTS: &[&str] = &["assert", "invariant", "ok", "checkArgument", "checkState", "require", "check", "isTrue"];

fn verdict(holds: bool) -> Value {
    Value::constant(if holds { Constant::True } else { Constant::False })
}

impl Analysis<'_> {
    /// Follows a call that says what became of a comparison. `None` for any other.
    pub(super) fn verdict_of(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        self.code_held(called, path)
            .or_else(|| self.searched(called, path))
            .or_else(|| self.asserted(called, path))
            .or_else(|| {
                let value = summed_up(called)?;
                Some(vec![(path.clone(), value)])
            })
    }

    /// `signatures.includes(expected)`, `expected.equals(signature)`
    fn code_held(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        let (name, is_method) =
            (last(&called.dotted), called.code.kind(called.code.child(called.node, 0)) == Kind::Member);
        let all = together(&called.arguments).with(called.object.traits);
        if path.verified || !all.has(Traits::MAC) {
            return None;
        }
        let (first, rest) = called.arguments.split_first()?;
        let is_order = ORDERS.contains(&name);
        if !(is_order || HOLDS.contains(&name)) {
            // Whatever is given both compares them.
            let signs = |value: &&Value| value.constant.is_none() && !value.has(Traits::MAC);
            let code = called.arguments.iter().find(|value| value.has(Traits::MAC))?;
            let signature = called.arguments.iter().find(signs)?;
            let (yes, no) = self.codes(called.node, code, signature, path.clone());
            let with = |(path, value)| (path, Value { traits: all, ..value });
            return Some(ways(yes, no, true).into_iter().map(with).collect());
        }
        if !is_method && rest.is_empty() || called.arguments.iter().chain([&called.object]).any(says_nothing) {
            return None;
        }
        let other = rest.first().unwrap_or(&called.object);
        let (yes, no) = self.codes(called.node, first, &other.or(&called.object), path.clone());
        if name == "index" && called.code.dialect.name == "python" {
            self.frame().thrown.extend(no);
            return Some(yes.into_iter().map(|path| (path, Value::default())).collect());
        }
        Some(ways(yes, no, !is_order))
    }

    /// Searches in a list: `signatures.some((one) => isEqual(one, expected))` verifies if what it is given does.
    fn searched(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        let name = last(&called.dotted);
        let makes_list = MAKES_LIST.contains(&name);
        if path.verified || !(makes_list || SEARCHES.contains(&name)) {
            return None;
        }
        let at = called.arguments.iter().find_map(Value::function)?;
        let traits = together(&called.arguments).with(called.object.traits);
        let ways = self.invoke(at, vec![Value::of(traits); 2], path.clone(), called.node);
        let (found, value) = ways.into_iter().find(|(found, _)| found.verified)?;
        let holds = value.truth().unwrap_or(true) != name.to_ascii_lowercase().contains("none");
        let maps = matches!(name, "map" | "array_map" | "Select" | "collect" | "flatMap");
        let said = |holds: bool| match makes_list {
            true if maps || holds => Value { traits, ..Value::constant(Constant::Each(holds)) },
            _ => verdict(holds),
        };
        let mut nothing = path.clone();
        nothing.fail();
        Some(vec![(found, said(holds)), (nothing, said(!holds))])
    }

    /// `assert.ok(isEqual(…))`
    fn asserted(&mut self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        let (name, root) = (last(&called.dotted), called.dotted.split('.').next().unwrap_or_default());
        let asserts = ASSERTS.contains(&name) && (name != "ok" || matches!(root, "assert" | "require"));
        let failed = called.arguments.first().and_then(|value| value.constant.as_ref()) == Some(&Constant::False);
        if !asserts || !failed {
            return None;
        }
        self.frame().thrown.push(path.clone());
        Some(Vec::new())
    }

    /// `[one for one in signatures if is_equal(one, expected)]`
    pub(super) fn comprehension(&mut self, code: &Code, node: NodeId, path: Path) -> Ways {
        let (outer, was_verified) = (Rc::clone(&path.scope), path.verified);
        let (mut open, mut empty, mut traits) = (vec![path], Vec::new(), Traits::default());
        for clause in code.children(node).iter().skip(1) {
            let mut next = Vec::new();
            for path in open {
                let (Kind::Group, [target, list]) = (code.kind(*clause), code.children(*clause)) else {
                    let (yes, no) = self.condition(*clause, path);
                    next.extend(yes);
                    empty.extend(no);
                    continue;
                };
                for (mut path, value) in self.eval(*list, path) {
                    traits = traits.with(value.traits);
                    self.bind(code, *target, &Value::of(value.traits), &mut path);
                    next.push(path);
                }
            }
            open = merge(next);
        }
        let mut ways: Ways = Vec::new();
        for path in open {
            ways.extend(self.eval(code.child(node, 0), path));
        }
        traits = ways.iter().fold(traits, |all, (_, value)| all.with(value.traits));
        let verifies = !was_verified && ways.iter().map(|(path, _)| path).chain(&empty).any(|path| path.verified);
        let listed = |(path, value): (Path, Value)| {
            let each = value.truth().or(path.verified.then_some(true)).map(Constant::Each);
            (path, Value { traits, constant: each.filter(|_| verifies).or(Some(Constant::Present)), thing: None })
        };
        let none = Value { traits, ..Value::constant(if verifies { Constant::False } else { Constant::Present }) };
        let empty = empty.into_iter().map(|path| (path, none.clone()));
        let ways = ways.into_iter().map(listed).chain(empty);
        let ways = ways.map(|(path, value)| (Path { scope: Rc::clone(&outer), ..path }, value)).collect();
        self.joined(ways)
    }

    /// Splits by an operation of two values, if it says what became of a comparison.
    pub(super) fn verdict_of_operation(&mut self, code: &Code, node: NodeId, path: &Path) -> Option<Ways> {
        let name = code.name(node);
        let (is_in, compares) = (matches!(name, "in" | "not in" | "!in"), matches!(name, "<" | "<=" | ">" | ">="));
        let [left, right] = code.children(node) else { return None };
        if path.verified || !(is_in || compares) {
            return None;
        }
        let mut all = Vec::new();
        for (path, first) in self.eval(*left, path.clone()) {
            for (path, second) in self.eval(*right, path.clone()) {
                let is_held = first.has(Traits::MAC) || second.has(Traits::MAC);
                match (&first.constant, &second.constant) {
                    (Some(Constant::True), Some(Constant::Each(each))) if is_in => {
                        all.push((path, verdict(*each == (name == "in"))));
                    }
                    _ if is_in && is_held && ![&first, &second].into_iter().any(says_nothing) => {
                        let (yes, no) = self.codes(node, &first, &second, path);
                        all.extend(ways(yes, no, name == "in"));
                    }
                    _ if compares => {
                        let greater = name.starts_with('>');
                        let known = counted(&first, &second, greater).or_else(|| counted(&second, &first, !greater));
                        let value = known.map_or(Value::of(first.traits.with(second.traits)), verdict);
                        all.push((path, value));
                    }
                    _ => return None,
                }
            }
        }
        Some(all)
    }
}

/// Returns true for what the code itself says: no signature.
fn says_nothing(value: &Value) -> bool {
    let said = matches!(value.constant, Some(Constant::Text(_)));
    said && !value.has(Traits::MAC)
}

fn ways(yes: Vec<Path>, no: Vec<Path>, holds: bool) -> Ways {
    let said = |holds: bool| move |path| (path, verdict(holds));
    yes.into_iter().map(said(holds)).chain(no.into_iter().map(said(!holds))).collect()
}

/// Returns whether there are some in a list of verdicts, by the member that counts them.
pub(super) fn counts(name: &str, list: &Value) -> Option<Constant> {
    let known = matches!(name, "length" | "size" | "Length" | "Count").then_some(list.constant.as_ref()?)?;
    match known {
        Constant::Each(_) => Some(Constant::True),
        Constant::False => Some(Constant::False),
        _ => None,
    }
}

/// Returns what a call says of a list of verdicts, or of one.
fn summed_up(called: &Called<'_>) -> Option<Value> {
    let name = last(&called.dotted);
    let is_list = |value: &&Value| matches!(value.constant, Some(Constant::Each(_)));
    let first = called.arguments.first();
    let list = first.filter(is_list).or(Some(&called.object).filter(is_list));
    let is_verdict = |value: &&Value| matches!(value.constant, Some(Constant::True | Constant::False));
    let said = list.or(first.filter(is_verdict)).or(Some(&called.object).filter(is_verdict))?;
    let found = said.truth()?;
    match (&said.constant, name) {
        _ if KEEPS_LIST.contains(&name) => Some(said.clone()),
        (Some(Constant::Each(each)), "any" | "all" | "next" | "sum" | "max" | "min") => Some(verdict(*each)),
        (Some(Constant::Each(each)), _) if HOLDS.contains(&name) && !FINDS.contains(&name) => Some(verdict(*each)),
        (_, "any" | "next" | "Number" | "int" | "boolval") => Some(verdict(found)),
        _ if FINDS.contains(&name) || PRESENT.contains(&name) => Some(verdict(found)),
        _ if ABSENT.contains(&name) => Some(verdict(!found)),
        _ => None,
    }
}
