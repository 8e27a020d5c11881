//! Proof of the rules by their own examples: each rule finds what it must, leaves what it must leave, and no rule finds
//! anything in another's examples.

use std::collections::BTreeMap;

use crate::credential::forge::Forge;
use crate::detect::{Engine, Error};
use crate::lints::{self, LintSet};
use crate::model::{Finding, PathText, Place, Sighting};
use crate::scan::group;

use crate::rules::RuleSet;
use crate::rules::rule::Rule;

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
    let lints = LintSet::new(rules);
    for rule in rules.iter() {
        if rule.lint.is_some() {
            check_lint(&lints, &engine, rule, &mut failures);
            continue;
        }
        for example in &rule.examples().found {
            let found = ids(&engine, &forge.fill(example));
            if !found.contains(&rule.id) {
                failures.push(failure(&rule.id, example, "the rule does not find its example".to_owned()));
            }
            for other in found.iter().filter(|id| **id != rule.id) {
                failures.push(failure(&rule.id, example, format!("rule {other} finds something in it as well")));
            }
        }
        for example in &rule.examples().not_found {
            if ids(&engine, &forge.fill(example)).contains(&rule.id) {
                failures.push(failure(&rule.id, example, "the rule finds its counter-example".to_owned()));
            }
        }
    }
    Ok(failures)
}

/// Runs all lints on the trees that a lint's examples describe.
fn check_lint(lints: &LintSet<'_>, engine: &Engine, rule: &Rule, failures: &mut Vec<Failure>) {
    for (examples, must, reason) in [
        (&rule.examples().found, true, "the lint does not find its example"),
        (&rule.examples().not_found, false, "the lint finds its counter-example"),
    ] {
        for example in examples {
            let findings = lint_tree(lints, engine, &tree(&Forge::new(2026).fill(example)));
            if findings.iter().any(|finding| finding.rule == rule.id) != must {
                failures.push(failure(&rule.id, example, reason.to_owned()));
            }
        }
    }
}

/// The files of an example: each begins with a line `--- path`.
#[must_use]
pub fn tree(example: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut path = String::new();
    for line in example.split_inclusive('\n') {
        match line.strip_prefix("--- ") {
            Some(name) => {
                name.trim().clone_into(&mut path);
                files.entry(path.clone()).or_default();
            }
            None => files.entry(path.clone()).or_default().extend_from_slice(line.as_bytes()),
        }
    }
    files
}

/// What the rules and lints find in a tree in memory.
#[must_use]
pub fn lint_tree(lints: &LintSet<'_>, engine: &Engine, tree: &BTreeMap<String, Vec<u8>>) -> Vec<Finding> {
    let (mut sightings, mut facts) = (Vec::new(), Vec::new());
    for (path, bytes) in tree {
        let place = Place::file(PathText::new(path.as_bytes()));
        sightings.extend(engine.scan(bytes).into_iter().map(|hit| Sighting { hit, place: place.clone() }));
        let mentions = lints::mention_stripe(bytes);
        facts.extend(lints.collect(&place, bytes, mentions));
    }
    let mut findings = group::findings(engine.rules(), sightings);
    lints.run(&mut findings, &facts, tree, &|_| None);
    findings
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
            assert!(
                rule.examples().found.len() >= 2 && !rule.examples().not_found.is_empty(),
                "{} needs examples",
                rule.id
            );
        }
        for rule in rules.iter().filter(|rule| rule.lint.is_some()) {
            assert!(
                rule.examples().found.len() >= 6 && rule.examples().not_found.len() >= 6,
                "{} needs examples",
                rule.id
            );
        }
    }
}
