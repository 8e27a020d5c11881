//! Compiles the patterns of rules. Lints share named parts of patterns, written `%name%`: data in
//! `rules/tables/vocabulary.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Nesting of parts that name other parts.
const MAX_DEPTH: usize = 4;

fn parts() -> &'static BTreeMap<String, String> {
    static PARTS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    // A test parses the table.
    PARTS.get_or_init(|| toml::from_str(include_str!("../../rules/tables/vocabulary.toml")).unwrap_or_default())
}

/// Replaces the named parts of a pattern by their text.
fn expand(pattern: &str) -> Result<String, String> {
    let mut expanded = pattern.to_owned();
    for _ in 0..MAX_DEPTH {
        if !expanded.contains('%') {
            break;
        }
        // Every second segment is a name.
        let segments: Vec<&str> = expanded.split('%').collect();
        if let [.., rest] = segments.as_slice()
            && segments.len().is_multiple_of(2)
        {
            return Err(format!("unterminated `%` in {rest:?}; write \\x25 for the character"));
        }
        let mut filled = String::with_capacity(expanded.len() * 2);
        for (at, segment) in segments.iter().enumerate() {
            let part = if at % 2 == 0 { Some(*segment) } else { parts().get(*segment).map(String::as_str) };
            filled.push_str(part.ok_or_else(|| format!("no such part: %{segment}%"))?);
        }
        expanded = filled;
    }
    if expanded.contains('%') { Err("named parts are nested too deeply".to_owned()) } else { Ok(expanded) }
}

/// Bounds the cost of patterns, so that no rule directory can do harm.
fn bounded(pattern: &str) -> RegexBuilder {
    let mut builder = RegexBuilder::new(pattern);
    builder.unicode(false).size_limit(1 << 20).dfa_size_limit(8 << 20).nest_limit(50);
    builder
}

/// Compiles the pattern of a key rule.
///
/// # Errors
/// When the pattern is malformed or too large once compiled.
pub(crate) fn compile_key(pattern: &str) -> Result<Regex, regex::Error> {
    bounded(pattern).build()
}

/// Compiles the pattern of a lint: expands named parts, and lets `^` and `$` match at every line.
///
/// # Errors
/// A sentence about what is wrong with it.
pub(crate) fn compile_lint(pattern: &str) -> Result<Regex, String> {
    bounded(&expand(pattern)?).multi_line(true).build().map_err(|error| error.to_string())
}

/// Compiles parts of patterns, by their names, as one: which of them match is found in one pass, and compiling them takes
/// half as long as one by one.
///
/// # Errors
/// A sentence about what is wrong with one of them.
pub(crate) fn compile_parts(names: &[&str]) -> Result<RegexSet, String> {
    let patterns: Vec<String> = names.iter().map(|name| expand(&format!("%{name}%"))).collect::<Result<_, _>>()?;
    let mut builder = RegexSetBuilder::new(patterns);
    builder.unicode(false).multi_line(true).size_limit(8 << 20).build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_compiles() {
        let parts: BTreeMap<String, String> =
            toml::from_str(include_str!("../../rules/tables/vocabulary.toml")).unwrap();
        for name in parts.keys() {
            compile_lint(&format!("%{name}%")).unwrap();
        }
        assert!(compile_lint("%nothing%").is_err() && compile_lint("50%").is_err());
    }

    #[test]
    fn secrets_have_names() {
        let pattern = compile_lint("^%secret-name%$").unwrap();
        for name in [
            "process.env.STRIPE_SECRET_KEY",
            "STRIPE_SECRET",
            "stripeSecretKey",
            "config.stripe.secretKey",
            "process.env['STRIPE_SECRET_KEY']",
            "import.meta.env.VITE_STRIPE_SECRET_KEY",
            "STRIPE_LIVE_SECRET_KEY",
            "STRIPE_SK",
            "secret_key",
        ] {
            assert!(pattern.is_match(name.as_bytes()), "{name}");
        }
        for name in [
            "clientSecret",
            "STRIPE_KEY",
            "stripePublishableKey",
            "process.env.STRIPE_PUBLISHABLE_KEY",
            "STRIPE_CLIENT_SECRET",
            "secretKeyName",
        ] {
            assert!(!pattern.is_match(name.as_bytes()), "{name}");
        }
    }
}
