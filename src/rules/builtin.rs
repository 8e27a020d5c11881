//! The rules embedded in the binary: `build.rs` lists the files of `rules/keys` and `rules/lints`, with what scans need of
//! them as JSON, which is read several times faster than TOML.

use serde::Deserialize;

use super::parse::{self, parse};
use super::rule::{Examples, KeyPattern, RuleFacts, RuleRole};

include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// A rule embedded in the binary.
#[derive(Debug)]
pub(super) struct BuiltinRule {
    pub(super) id: &'static str,
    text: &'static str,
    /// The SHA-256 of its text.
    pub(super) hash: [u8; 32],
    detect: Option<&'static str>,
    role: Option<&'static str>,
    facts: &'static str,
}

// The build script and a test rule out that any of this fails.

impl BuiltinRule {
    pub(super) fn detect(&self) -> Option<KeyPattern> {
        read(self.detect?)
    }

    pub(super) fn role(&self) -> Option<RuleRole> {
        read(self.role?)
    }

    pub(super) fn facts(&self) -> RuleFacts {
        read(self.facts).map(|table| parse::facts(self.id, table)).unwrap_or_default()
    }

    pub(super) fn examples(&self) -> Examples {
        parse(self.id, self.id, self.text, false).map(|file| file.examples).unwrap_or_default()
    }
}

fn read<T: for<'a> Deserialize<'a>>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn the_built_in_rules_are_those_of_their_files() {
        for rule in BUILTIN {
            let id = rule.id;
            assert_eq!(rule.hash, *Sha256::digest(rule.text), "{id}");
            let whole = parse(id, id, rule.text, true).unwrap();
            assert_eq!((rule.detect(), rule.role(), rule.facts()), (whole.detect, whole.role, whole.facts), "{id}");
        }
    }
}
