//! Compiles the patterns of rules. Lints share named parts of patterns, written `%name%`: data in
//! `rules/tables/vocabulary.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::Input;
use regex_automata::dfa::{Automaton, sparse::DFA};

use super::parts::expand;

// `AUTOMATA: &[(&str, &[u8])]`, from `build.rs`.
include!(concat!(env!("OUT_DIR"), "/automata.rs"));

fn parts() -> &'static BTreeMap<String, String> {
    static PARTS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    // A test parses the table.
    PARTS.get_or_init(|| toml::from_str(include_str!("../../rules/tables/vocabulary.toml")).unwrap_or_default())
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
    bounded(&expand(pattern, parts())?).multi_line(true).build().map_err(|error| error.to_string())
}

/// A part whose name begins with `flow-`: it is searched for in names, of which there are many, each short. The build script
/// compiles it, because that and the states of a lazy automaton took longer than all the rest of following a webhook.
pub(crate) struct NamePattern(DFA<&'static [u8]>);

impl NamePattern {
    pub(crate) fn of_part(name: &str) -> Option<Self> {
        let (_, bytes) = AUTOMATA.iter().find(|(known, _)| *known == name)?;
        // The build script wrote them; a test reads each.
        DFA::from_bytes(bytes).ok().map(|(automaton, _)| Self(automaton))
    }

    pub(crate) fn is_match(&self, name: &str) -> bool {
        let input = Input::new(name).earliest(true);
        self.0.try_search_fwd(&input).is_ok_and(|found| found.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_compiles() {
        let parts: BTreeMap<String, String> =
            toml::from_str(include_str!("../../rules/tables/vocabulary.toml")).unwrap();
        for name in parts.keys() {
            let regex = compile_lint(&format!("%{name}%")).unwrap();
            let Some(automaton) = NamePattern::of_part(name) else {
                let is_named = parts.values().any(|pattern| pattern.contains(&format!("%{name}%")));
                assert!(is_named || !name.starts_with("flow-"), "{name}");
                continue;
            };
            for text in ["", "req.body", "Stripe.Event", "\n403", "verify_signature", "invoice.paid", "x\nnext", "é"] {
                assert_eq!(automaton.is_match(text), regex.is_match(text.as_bytes()), "{name} {text}");
            }
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
