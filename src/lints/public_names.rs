//! Names of Stripe secrets behind a prefix that a framework inlines: no key is needed for the mistake to be there.
//!
//! Every such name, and every alias of a secret, is gathered here; whether its prefix is public takes the framework of
//! the package and is settled later, in [`settle`].

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::facts::{File, Match, Spot};
use super::names::{is_stripe_secret, words};
use crate::lints::context::framework::{self, Package};
use crate::lints::context::surroundings::manifest_evidence;
use crate::model::Evidence;
use crate::rules::lint::FileKind;
use crate::rules::pattern;

/// Where names are that have `stripe` in them, behind an underscore.
fn names(text: &[u8]) -> Vec<Range<usize>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut names: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(found) = memchr::memchr2_iter(b'p', b'P', &text[from..]).map(|at| from + at).find(|at| {
        at.checked_sub(4).and_then(|at| text.get(at..at + 6)).is_some_and(|it| it.eq_ignore_ascii_case(b"stripe"))
    }) {
        let start = text[..found].iter().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
        let end = text[found..].iter().position(|byte| !is_word(byte)).map_or(text.len(), |at| found + at);
        if text[start].is_ascii_alphabetic() && text[start..found].contains(&b'_') {
            names.push(start..end);
        }
        from = end;
    }
    names
}

/// Whether a text may have a name or an alias that counts.
pub(super) fn may_have(text: &[u8]) -> bool {
    let told = |name: Range<usize>| is_stripe_secret(&String::from_utf8_lossy(&text[name]));
    names(text).into_iter().any(told) || framework::any_prefix_in(text)
}

/// `NAME=$OTHER`, `NAME: ${OTHER}`, `NAME: ${{ secrets.OTHER }}`, `NAME: process.env.OTHER`.
fn aliases() -> Option<&'static Regex> {
    static ALIASES: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"\b(?P<name>[A-Za-z][A-Za-z0-9]*_\w+)["']?\s*[:=]\s*["']?(?:\$\{?\{?\s*(?:(?:secrets|vars|env)\.)?|process\.env\.|(?:var|local)\.)(?P<value>[A-Za-z_]\w+)"#;
    ALIASES.get_or_init(|| pattern::compile_lint(pattern).ok()).as_ref()
}

/// Candidates of a file, one per name, at its first use.
pub(super) fn spots(file: &File<'_>) -> Vec<Spot> {
    let text = &file.code.text;
    let mut spots: Vec<Spot> = Vec::new();
    let mut add = |spot: Spot| {
        if !spots.iter().any(|known| known.identity == spot.identity) {
            spots.push(spot);
        }
    };
    for found in names(text) {
        let name = String::from_utf8_lossy(&text[found.clone()]).into_owned();
        // `STRIPE_SECRET_KEY` itself is behind no prefix.
        if name.to_ascii_lowercase().starts_with("stripe")
            || !is_stripe_secret(&name)
            || !is_use(file, found.start, found.end)
        {
            continue;
        }
        add(Spot { span: found, identity: Some(name.clone()), name: Some(name), ..Spot::default() });
    }
    let aliases = aliases().filter(|_| framework::any_prefix_in(text));
    for captures in aliases.into_iter().flat_map(|aliases| aliases.captures_iter(text)) {
        let (Some(name), Some(value)) = (captures.name("name"), captures.name("value")) else { continue };
        let shown = |found: regex::bytes::Match<'_>| String::from_utf8_lossy(found.as_bytes()).into_owned();
        if is_stripe_secret(&shown(name)) || !framework::any_prefix(&shown(name)) {
            continue;
        }
        let identity = Some(format!("{}=${}", shown(name), shown(value)));
        add(Spot {
            span: name.start()..value.end(),
            identity,
            name: Some(shown(name)),
            value: Some(shown(value)),
            ..Spot::default()
        });
    }
    spots
}

/// Whether the name stands where a variable is read or set, and not in prose, a list of forbidden names or a guard.
fn is_use(file: &File<'_>, start: usize, end: usize) -> bool {
    let text = &file.code.text;
    let before = String::from_utf8_lossy(&text[start.saturating_sub(40)..start]).into_owned();
    let after = String::from_utf8_lossy(&text[end..(end + 160).min(text.len())]).into_owned();
    let line = String::from_utf8_lossy(&text[memchr::memrchr(b'\n', &text[..start]).map_or(0, |at| at + 1)..start])
        .into_owned();
    match file.language.name {
        "env" | "config" => {
            line.trim_start_matches("export ").trim().trim_matches('"').is_empty() || line.contains("env")
        }
        "dockerfile" => {
            line.trim_start().starts_with("ARG ") || line.trim_start().starts_with("ENV ") || after.starts_with('=')
        }
        "yaml" | "json" => {
            after.trim_start_matches(['"', '\'']).trim_start().starts_with([':', '=']) || before.ends_with("env.")
        }
        "shell" => {
            after.starts_with('=')
                || before.ends_with("--build-arg ")
                || before.ends_with('$')
                || before.ends_with("${")
        }
        _ => {
            let quoted = file.code.in_string(start);
            let read = [
                "env.",
                "env[\"",
                "env['",
                "env(\"",
                "env('",
                "get(\"",
                "get('",
                "env?.",
                "Env.get('",
                "Env.get(\"",
                "_ENV['",
                "env, '",
                "env, \"",
                "ENV['",
                "ENV[\"",
                "environ['",
                "environ[\"",
            ]
            .iter()
            .any(|access| before.ends_with(access));
            let key =
                !quoted && (after.trim_start().starts_with([':', '=']) || before.trim_end().ends_with(['{', ',']));
            (read || key) && !is_guard(&line, &after)
        }
    }
}

/// `if (process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY) throw`: somebody knows.
fn is_guard(line: &str, after: &str) -> bool {
    let condition = line.trim_start();
    let asks = (condition.starts_with("if") || condition.contains("assert")) && !condition.contains('!');
    let refuses =
        ["throw", "raise", "exit(", "panic", "console.error", "process.exit"].iter().any(|word| after.contains(word));
    asks && refuses
}

/// Why a name is public in its package.
pub(super) struct Public {
    pub(super) prefix: String,
    /// The end of a sentence: "`apps/web` is a Vite app; `VITE_` variables are inlined into the bundle".
    pub(super) why: String,
    pub(super) evidence: Option<Evidence>,
}

/// Whether a name has a prefix that is inlined in this package. Shared files, such as a workflow or the env file of a
/// whole repository, are judged by the prefix alone.
pub(super) fn public(name: &str, package: &Package, kind: FileKind) -> Option<Public> {
    if let Some(prefixes) = &package.env_prefix
        && let Some(prefix) = prefixes.iter().find(|prefix| name.starts_with(prefix.as_str()))
    {
        let file = package.env_prefix_file.clone()?;
        let evidence =
            Evidence { message: format!("envPrefix makes `{prefix}` public"), path: file.clone(), line: 1, column: 1 };
        let why = format!("`envPrefix` of `{file}` makes `{prefix}` variables part of the bundle");
        return Some(Public { prefix: prefix.clone(), why, evidence: Some(evidence) });
    }
    let replaced = |prefix: &str| package.env_prefix.is_some() && prefix == "VITE_";
    for framework in &package.frameworks {
        if let Some(prefix) = framework.prefix_of(name).filter(|prefix| !replaced(prefix)) {
            let why = format!(
                "{} is {}; `{prefix}` variables are inlined into the bundle",
                package.shown(),
                framework.called()
            );
            return Some(Public {
                prefix: prefix.to_owned(),
                why,
                evidence: manifest_evidence(package, &framework.name),
            });
        }
    }
    let tells = package.frameworks.iter().any(|framework| !framework.prefixes.is_empty());
    if (tells && kind == FileKind::Code) || (replaced("VITE_") && name.starts_with("VITE_")) {
        return None;
    }
    let framework = framework::all().iter().find(|it| it.prefix_of(name).is_some_and(|prefix| prefix != "PUBLIC_"))?;
    let prefix = framework.prefix_of(name)?;
    let why = format!("{} inlines `{prefix}` variables into the bundle", framework.name);
    Some(Public { prefix: prefix.to_owned(), why, evidence: None })
}

/// Whether a candidate holds, and the sentence's end.
pub(super) fn settle(
    found: &Match,
    package: &Package,
    kind: FileKind,
    is_secret: &dyn Fn(&str) -> bool,
) -> Option<Public> {
    let name = found.name.as_deref()?;
    let mut public = public(name, package, kind)?;
    if let Some(value) = &found.value {
        if !is_stripe_secret(value) && !is_secret(value) {
            return None;
        }
        public.why = format!("{}; it takes its value from `{value}`", public.why);
    } else if words(&name[public.prefix.len().min(name.len())..]).is_empty() {
        return None;
    }
    Some(public)
}
