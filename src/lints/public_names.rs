//! Names of Stripe secrets with a prefix that a framework inlines into the bundle. The lint needs no key.
//!
//! [`spans`] collects every such name and every alias of a secret; whether its prefix is public depends on the package and
//! is decided later, by [`confirm`].

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::context::framework::{self, Package};
use super::line_syntax::MAX_BEFORE;
use super::source_file::{SourceFile, SourceSpan};
use super::variable_names::{is_stripe_secret, words};
use crate::model::Evidence;
use crate::rules::lint::FileKind;
use crate::rules::pattern;

/// Returns the names that contain `stripe` after an underscore.
fn stripe_names(text: &[u8]) -> Vec<Range<usize>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut names: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    // `p` is the rarest letter of the word.
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

/// Returns false if a text has neither such a name nor an alias.
pub(super) fn may_have(text: &[u8]) -> bool {
    let is_secret = |name: Range<usize>| is_stripe_secret(&String::from_utf8_lossy(&text[name]));
    stripe_names(text).into_iter().any(is_secret) || framework::any_prefix_in(text)
}

/// Matches `NAME=$OTHER`, `NAME: ${OTHER}`, `NAME: ${{ secrets.OTHER }}`, `NAME: process.env.OTHER`.
fn aliases() -> Option<&'static Regex> {
    static ALIASES: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"\b(?P<name>[A-Za-z][A-Za-z0-9]*_\w+)["']?\s*[:=]\s*["']?(?:\$\{?\{?\s*(?:(?:secrets|vars|env)\.)?|process\.env\.|(?:var|local)\.)(?P<value>[A-Za-z_]\w+)"#;
    ALIASES.get_or_init(|| pattern::compile_lint(pattern).ok()).as_ref()
}

/// Returns the names and aliases of a file, each at its first use.
pub(super) fn spans(file: &SourceFile<'_>) -> Vec<SourceSpan> {
    let text = &file.code.text;
    let (mut spans, mut known) = (Vec::new(), HashSet::new());
    let mut add = |span: Range<usize>, name: String, value: Option<String>| {
        let identity = value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}=${value}"));
        if known.insert(identity.clone()) {
            spans.push(SourceSpan { span, name: Some(name), value, identity: Some(identity), ..SourceSpan::default() });
        }
    };
    for span in stripe_names(text) {
        let name = String::from_utf8_lossy(&text[span.clone()]).into_owned();
        // `STRIPE_SECRET_KEY` itself has no prefix.
        let is_prefixed = !name.to_ascii_lowercase().starts_with("stripe");
        if is_prefixed && is_stripe_secret(&name) && is_use(file, &span) {
            add(span, name, None);
        }
    }
    let aliases = aliases().filter(|_| framework::any_prefix_in(text));
    for captures in aliases.into_iter().flat_map(|aliases| aliases.captures_iter(text)) {
        let (Some(name), Some(value)) = (captures.name("name"), captures.name("value")) else { continue };
        let span = name.start()..value.end();
        let [name, value] = [name, value].map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
        if !is_stripe_secret(&name) && framework::any_prefix(&name) {
            add(span, name, Some(value));
        }
    }
    spans
}

/// Ends of the code in front of the name of an environment variable that is read, separated by blanks.
const ACCESSES: &str = r#"env. env[" env[' env(" env(' get(" get(' env?. ENV[' ENV[" environ[' environ[""#;

/// Returns true where a variable is read or set, and false in prose, a list of forbidden names or a guard.
fn is_use(file: &SourceFile<'_>, name: &Range<usize>) -> bool {
    let text = &file.code.text;
    let (start, end) = (name.start, name.end);
    let before = String::from_utf8_lossy(&text[start.saturating_sub(40)..start]);
    let after = String::from_utf8_lossy(&text[end..(end + 160).min(text.len())]);
    let near = start.saturating_sub(MAX_BEFORE);
    let line_start = memchr::memrchr(b'\n', &text[near..start]).map_or(near, |at| near + at + 1);
    let line = String::from_utf8_lossy(&text[line_start..start]);
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
            let read = ACCESSES.split(' ').chain(["env, '", "env, \""]).any(|access| before.ends_with(access));
            let key =
                !quoted && (after.trim_start().starts_with([':', '=']) || before.trim_end().ends_with(['{', ',']));
            (read || key) && !is_guard(&line, &after)
        }
    }
}

/// Returns true for `if (process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY) throw`.
fn is_guard(line: &str, after: &str) -> bool {
    let condition = line.trim_start();
    let tests = (condition.starts_with("if") || condition.contains("assert")) && !condition.contains('!');
    tests
        && ["throw", "raise", "exit(", "panic", "console.error", "process.exit"].iter().any(|word| after.contains(word))
}

/// A prefix that is inlined into what a package ships.
pub(super) struct PublicPrefix {
    pub(super) prefix: String,
    /// A clause for the message: "`apps/web` is a Vite app; `VITE_` variables are inlined into the bundle".
    pub(super) why: String,
    pub(super) evidence: Option<Evidence>,
}

/// Returns the prefix of a name that is inlined in this package. Shared files, such as a workflow or the env file of a
/// whole repository, are judged by the prefix alone.
pub(super) fn public_prefix(name: &str, package: &Package, kind: FileKind) -> Option<PublicPrefix> {
    if let Some(config) = &package.env_prefix
        && let Some(prefix) = config.prefixes.iter().find(|prefix| name.starts_with(prefix.as_str()))
    {
        let (path, message) = (config.file.clone(), format!("envPrefix makes `{prefix}` public"));
        let why = format!("`envPrefix` of `{path}` makes `{prefix}` variables part of the bundle");
        let evidence = Some(Evidence { message, path, line: 1, column: 1 });
        return Some(PublicPrefix { prefix: prefix.clone(), why, evidence });
    }
    let is_replaced = |prefix: &str| package.env_prefix.is_some() && prefix == "VITE_";
    for framework in &package.frameworks {
        if let Some(prefix) = framework.prefix_of(name).filter(|prefix| !is_replaced(prefix)) {
            let why = format!("{}; `{prefix}` variables are inlined into the bundle", package.is_app_of(framework));
            let evidence = package.evidence(framework);
            return Some(PublicPrefix { prefix: prefix.to_owned(), why, evidence });
        }
    }
    let has_prefixes = package.frameworks.iter().any(|framework| !framework.prefixes.is_empty());
    let is_own = matches!(kind, FileKind::Code | FileKind::Settings);
    if (has_prefixes && is_own)
        || (package.is_backend && (is_own || !package.directory.is_empty()))
        || (is_replaced("VITE_") && name.starts_with("VITE_"))
    {
        return None;
    }
    let framework = framework::all().iter().find(|it| it.prefix_of(name).is_some_and(|prefix| prefix != "PUBLIC_"))?;
    let prefix = framework.prefix_of(name)?;
    let why = format!("{} inlines `{prefix}` variables into the bundle", framework.name);
    Some(PublicPrefix { prefix: prefix.to_owned(), why, evidence: None })
}

/// Returns why a collected name or alias is public, or `None` if it is not.
pub(super) fn confirm(
    (name, value): (&str, Option<&str>),
    package: &Package,
    kind: FileKind,
    is_secret: &dyn Fn(&str) -> bool,
) -> Option<PublicPrefix> {
    let mut public = public_prefix(name, package, kind)?;
    if let Some(value) = value {
        if !is_stripe_secret(value) && !is_secret(value) {
            return None;
        }
        public.why = format!("{}; it takes its value from `{value}`", public.why);
    } else if words(&name[public.prefix.len().min(name.len())..]).is_empty() {
        return None;
    }
    Some(public)
}
