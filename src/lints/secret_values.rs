//! Values that hold a secret of Stripe: by the name that they are read from, followed through variables and expressions.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::variable_names::{is_stripe_secret, lists, words};
use crate::code::model::{Code, Kind, NodeId};
use crate::rules::pattern;

/// Steps that a value is followed through names and expressions.
const MAX_DEPTH: usize = 12;

/// Nodes of one value that are looked at.
const MAX_NODES: usize = 400;

/// Members that are given to variables one by one, and functions around them, of one file.
const MAX_PARTS: usize = 200;
const MAX_FUNCTIONS: usize = 2_000;

const WHOLE_ENVIRONMENTS: &str = "process.env os.environ Deno.env.toObject ENV.to_h ENV";

struct Words {
    wraps: Regex,
    looks_up: Regex,
}

fn vocabulary() -> Option<&'static Words> {
    static WORDS: OnceLock<Option<Words>> = OnceLock::new();
    let compile = |name: &str| pattern::compile_lint(&format!("%{name}%")).ok();
    let build = || Some(Words { wraps: compile("data-wraps")?, looks_up: compile("data-looks-up")? });
    WORDS.get_or_init(build).as_ref()
}

/// A member that is given to a variable: `context["key"] = …`.
struct Part<'a> {
    of: &'a str,
    value: NodeId,
    /// The function in which it is given.
    within: Range<usize>,
}

/// The variables of a file.
pub(super) struct SecretValues<'a> {
    code: &'a Code,
    /// The first value of each name.
    names: BTreeMap<&'a str, NodeId>,
    parts: Vec<Part<'a>>,
    words: &'static Words,
}

impl<'a> SecretValues<'a> {
    pub(super) fn new(code: &'a Code) -> Option<Self> {
        let mut found = Self { code, names: BTreeMap::new(), parts: Vec::new(), words: vocabulary()? };
        let functions = code.nodes().filter(|(_, node)| node.kind == Kind::Function).take(MAX_FUNCTIONS);
        let functions: Vec<Range<usize>> = functions.map(|(id, _)| code.span(id)).collect();
        for (id, _) in code.nodes().filter(|(_, node)| node.kind == Kind::Assign) {
            let (target, value) = (code.child(id, 0), code.child(id, 1));
            match code.kind(target) {
                Kind::Name if value != Code::NOTHING => drop(found.names.entry(code.name(target)).or_insert(value)),
                Kind::Index | Kind::Member if found.parts.len() < MAX_PARTS => {
                    let at = code.span(id).start;
                    let around = functions.iter().filter(|span| span.contains(&at)).min_by_key(|span| span.len());
                    let within = around.cloned().unwrap_or(0..usize::MAX);
                    found.parts.extend(found.part(target, value).map(|of| Part { of, value, within }));
                }
                _ => {}
            }
        }
        Some(found)
    }

    /// Returns the variable of which a member is set; objects with settings of their own are none.
    fn part(&self, target: NodeId, value: NodeId) -> Option<&'a str> {
        let base = self.code.child(target, 0);
        let name = self.code.name(base);
        let made = self.names.get(name).is_some_and(|made| self.code.kind(*made) == Kind::Object);
        let is_data = self.code.kind(target) == Kind::Index || made;
        (self.code.kind(base) == Kind::Name && is_data && value != Code::NOTHING).then_some(name)
    }

    /// Returns the place and the name of a secret in a value; a whole environment counts if `whole`.
    pub(super) fn secret(&self, value: NodeId, whole: bool) -> Option<(NodeId, String)> {
        let code = self.code;
        let mut open = vec![(value, 0)];
        let mut seen = 0;
        while let Some((node, depth)) = open.pop() {
            seen += 1;
            if depth > MAX_DEPTH || seen > MAX_NODES {
                continue;
            }
            let below = |nodes: &[NodeId]| nodes.iter().map(|node| (*node, depth + 1)).collect::<Vec<_>>();
            match code.kind(node) {
                Kind::Name | Kind::Member | Kind::Index => {
                    let path = self.dotted(node);
                    if self.says_secret(&path) || (whole && lists(WHOLE_ENVIRONMENTS, &path)) {
                        return Some((node, path));
                    }
                    if code.kind(node) != Kind::Name {
                        continue;
                    }
                    if let Some(value) = self.names.get(path.as_str()) {
                        if let Some((_, secret)) = self.named(*value, &path) {
                            return Some((node, secret));
                        }
                        open.push((*value, depth + 4));
                    }
                    open.extend(self.parts_of(node).map(|value| (value, depth + 4)));
                }
                Kind::Call => {
                    let callee = code.path(code.child(node, 0));
                    let arguments = code.children(node).get(1..).unwrap_or_default();
                    if let Some(key) = self.looked_up(&callee, arguments) {
                        return Some((node, key));
                    } else if whole && lists(WHOLE_ENVIRONMENTS, &callee) {
                        return Some((node, callee));
                    } else if callee == "compact" {
                        let named = arguments.iter().filter_map(|key| self.names.get(code.name(*key)));
                        open.extend(named.map(|value| (*value, depth + 4)));
                    } else if self.words.wraps.is_match(callee.as_bytes()) {
                        open.extend(below(arguments));
                        open.extend(below(code.children(code.child(node, 0))));
                    }
                }
                Kind::Choice | Kind::And | Kind::Pair | Kind::Assign => {
                    open.extend(below(code.children(node).get(1..).unwrap_or_default()));
                }
                Kind::Or | Kind::Object | Kind::Group | Kind::Await | Kind::Unwrap | Kind::Text => {
                    open.extend(below(code.children(node)));
                }
                Kind::Operation if matches!(code.name(node), "+" | "." | "|>" | "<>") => {
                    open.extend(below(code.children(node)));
                }
                _ => {}
            }
        }
        None
    }

    /// Returns the key of a secret that a call looks up: `getenv("…")`, `credentials.dig(:stripe, :secret_key)`.
    fn looked_up(&self, callee: &str, arguments: &[NodeId]) -> Option<String> {
        let looks = self.words.looks_up.is_match(callee.as_bytes());
        let count = if callee.ends_with("dig") { arguments.len() } else { 1 };
        let keys = arguments.iter().take(count).map(|key| self.code.name(*key).trim_start_matches(':'));
        let key = keys.collect::<Vec<_>>().join(".");
        (looks && is_secret(&format!("env.{key}"))).then_some(key)
    }

    /// Returns what is given to the members of a variable in the function that uses it.
    fn parts_of(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let (name, at) = (self.code.name(node), self.code.span(node).start);
        self.parts.iter().filter(move |part| part.of == name && part.within.contains(&at)).map(|part| part.value)
    }

    /// Returns true for a path that names a secret, and for a field or an import that does.
    fn says_secret(&self, path: &str) -> bool {
        let last = ["this.", "self.", "_"].iter().find_map(|own| path.strip_prefix(own)).unwrap_or(path);
        let words = words(last);
        let ends = words.last().is_some_and(|word| lists("key secret sk secretkey", word));
        let has = |list: &str| words.iter().any(|word| lists(list, word));
        let is_own = !last.contains('.') && !self.names.contains_key(path);
        is_secret(path)
            || is_own && ends && has("stripe") && has("key sk secretkey") && is_stripe_secret(last) && !has(NO_SECRETS)
    }

    /// Returns a name whose value is a literal key.
    fn named(&self, value: NodeId, name: &str) -> Option<(NodeId, String)> {
        let text = self.code.name(value);
        let is_key = ["sk_live_", "sk_test_", "rk_live_", "rk_test_"].iter().any(|prefix| text.starts_with(prefix));
        (self.code.kind(value) == Kind::Text && is_key).then(|| (value, name.to_owned()))
    }

    /// Returns the path of an expression with its last key: `process.env.KEY` for `process.env['KEY']`.
    fn dotted(&self, node: NodeId) -> String {
        let path = self.code.path(node);
        if self.code.kind(node) != Kind::Index {
            return path;
        }
        let key = self.code.child(node, 1);
        if self.code.kind(key) == Kind::Text { format!("{path}.{}", self.code.name(key)) } else { path }
    }
}

/// Words of names that hold something else than a secret of the account.
const NO_SECRETS: &str = "intent session setup client ephemeral length slice id publishable";

/// Returns true for a name or a path of configuration that holds a secret of Stripe.
fn is_secret(path: &str) -> bool {
    let is_constant =
        path.rsplit('.').next().is_some_and(|last| last.chars().all(|c| !c.is_lowercase()) && last.contains("STRIPE"));
    let words = words(path);
    let has = |list: &str| words.iter().any(|word| lists(list, word));
    is_stripe_secret(path)
        && (is_constant || has("env environ config configuration services credentials"))
        && !has(NO_SECRETS)
}
