//! The rules embedded in the binary: `build.rs` lists the files of `rules/keys` and `rules/lints`.
//!
//! Start-up parses only their `[detect]` sections. These files therefore keep a fixed layout: single keys before the lists
//! of examples, every section header on a line of its own, and no line of a list but its last one ends with `]`.

use super::parse::{RuleFile, parse};
use super::rule::{Examples, KeyPattern, RuleFacts, RuleRole};

include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// Parses the `[detect]` section and nothing else.
pub(super) fn detect(text: &str) -> Result<Option<KeyPattern>, toml::de::Error> {
    let Some((_, section)) = text.split_once("\n[detect]\n") else { return Ok(None) };
    let end = section.find("\n[").unwrap_or(section.len());
    toml::from_str(&section[..end]).map(Some)
}

pub(super) fn role(text: &str) -> Option<RuleRole> {
    let mut head = text.lines().take_while(|line| !line.starts_with('[') && !line.ends_with('['));
    match head.find_map(|line| line.strip_prefix("role = "))? {
        "\"placeholder\"" => Some(RuleRole::Placeholder),
        "\"published-sample\"" => Some(RuleRole::PublishedSample),
        _ => None,
    }
}

pub(super) fn facts(id: &str, text: &str) -> Option<RuleFacts> {
    file(id, &without_examples(text)).map(|file| file.facts)
}

pub(super) fn examples(id: &str, text: &str) -> Option<Examples> {
    file(id, text).map(|file| file.examples)
}

fn file(id: &str, text: &str) -> Option<RuleFile> {
    parse(id, id, text, false).ok()
}

/// Removes the examples, which are most of a rule's text.
fn without_examples(text: &str) -> String {
    let (mut list, mut string) = (false, false);
    let wanted = |line: &&str| {
        let inside = list || line.starts_with("examples = [") || line.starts_with("counter-examples = [");
        string ^= inside && line.matches("'''").count() % 2 == 1;
        list = inside && (string || !line.trim_end().ends_with(']'));
        !inside
    };
    text.split_inclusive('\n').filter(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn the_built_in_rules_load_and_their_patterns_compile() {
        for (id, text, hash) in BUILTIN {
            assert_eq!(*hash, *Sha256::digest(text), "{id}");
            let whole = parse(id, id, text, true).unwrap();
            assert_eq!(detect(text).unwrap(), whole.detect, "{id}");
            assert_eq!(role(text), whole.role, "{id}");
            assert_eq!(facts(id, text), Some(whole.facts), "{id}");
            assert!(!without_examples(text).contains("examples = ["), "{id}: a `]` ends each list and its line");
        }
    }
}
