//! Parts that the lints' patterns share, by name: data in `rules/tables/vocabulary.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// How deep parts may name each other.
const DEPTH: usize = 4;

fn parts() -> &'static BTreeMap<String, String> {
    static PARTS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    // A test reads the table; a mistake in it cannot get here.
    PARTS.get_or_init(|| toml::from_str(include_str!("../../rules/tables/vocabulary.toml")).unwrap_or_default())
}

/// A pattern with its named parts filled in.
fn expand(pattern: &str) -> Result<String, String> {
    let mut expanded = pattern.to_owned();
    for _ in 0..DEPTH {
        let Some(open) = expanded.find('%') else { return Ok(expanded) };
        let mut filled = String::with_capacity(expanded.len() * 2);
        filled.push_str(&expanded[..open]);
        let mut rest = &expanded[open + 1..];
        loop {
            let Some((name, behind)) = rest.split_once('%') else {
                return Err(format!("a `%` without its end in {rest:?}; write \\x25 for the character"));
            };
            filled.push_str(parts().get(name).ok_or_else(|| format!("no such part: %{name}%"))?);
            match behind.split_once('%') {
                Some((text, next)) => {
                    filled.push_str(text);
                    rest = next;
                }
                None => {
                    filled.push_str(behind);
                    break;
                }
            }
        }
        expanded = filled;
    }
    if expanded.contains('%') { Err("parts name each other too deeply".to_owned()) } else { Ok(expanded) }
}

/// Compiles a pattern within bounds that keep any rule directory harmless. `^` and `$` are those of a line.
///
/// # Errors
/// A sentence about what is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&expand(pattern)?)
        .unicode(false)
        .multi_line(true)
        .size_limit(1 << 20)
        .dfa_size_limit(8 << 20)
        .nest_limit(50)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_compiles() {
        let parts: BTreeMap<String, String> =
            toml::from_str(include_str!("../../rules/tables/vocabulary.toml")).unwrap();
        for name in parts.keys() {
            compile(&format!("%{name}%")).unwrap();
        }
        assert!(compile("%nothing%").is_err() && compile("50%").is_err());
    }

    #[test]
    fn secrets_have_names() {
        let pattern = compile("^%secret-name%$").unwrap();
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
