//! Proof of the rules by their own examples: each rule finds what it must, leaves what it must leave, and no rule finds
//! anything in another's examples.

use crate::engine::{Engine, Error};
use crate::key::forge::Forge;

use super::RuleSet;

/// A rule that does not do what its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The rule whose example it is.
    pub rule: String,
    /// Which example, with its placeholders.
    pub example: String,
    /// What went wrong.
    pub reason: String,
}

/// Runs every rule on every rule's examples.
///
/// # Errors
/// When the rules cannot be searched together.
pub fn check(rules: &RuleSet) -> Result<Vec<Failure>, Error> {
    let engine = Engine::new(rules.clone())?;
    let mut failures = Vec::new();
    let mut forge = Forge::new(2026);
    for rule in rules.iter() {
        for example in &rule.examples {
            let found = ids(&engine, &forge.fill(example));
            if !found.contains(&rule.id) {
                failures.push(failure(&rule.id, example, "the rule does not find its example".to_owned()));
            }
            for other in found.iter().filter(|id| **id != rule.id) {
                failures.push(failure(&rule.id, example, format!("rule {other} finds something in it as well")));
            }
        }
        for example in &rule.counter_examples {
            if ids(&engine, &forge.fill(example)).contains(&rule.id) {
                failures.push(failure(&rule.id, example, "the rule finds its counter-example".to_owned()));
            }
        }
    }
    Ok(failures)
}

fn failure(rule: &str, example: &str, reason: String) -> Failure {
    Failure { rule: rule.to_owned(), example: example.to_owned(), reason }
}

fn ids(engine: &Engine, text: &str) -> Vec<String> {
    let mut ids: Vec<String> =
        engine.scan(text.as_bytes()).into_iter().map(|hit| engine.rules()[hit.rule].id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load::load;

    #[test]
    fn the_built_in_rules_keep_their_word() {
        let rules = load(true, &[]).unwrap();
        let failures = check(&rules).unwrap();
        assert!(failures.is_empty(), "{failures:#?}");
        for rule in rules.iter().filter(|rule| rule.detect.is_some()) {
            assert!(rule.examples.len() >= 2 && !rule.counter_examples.is_empty(), "{} needs examples", rule.id);
        }
    }
}
