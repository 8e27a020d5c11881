//! Proves rules by their own examples: each rule matches its examples and not its counter-examples, and no other rule
//! matches in the examples of a key rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::credential::forge::Forge;
use crate::detect::LocatedHit;
use crate::detect::{Engine, Error};
use crate::lints::{self, LintInput, LintSet};
use crate::model::{Finding, PathText, ScanLocation};
use crate::rules::RuleSet;
use crate::scan::group;

/// An example that a rule does not satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedExample {
    /// Id of the rule.
    pub(crate) rule: String,
    /// The example, with its placeholders.
    pub(crate) example: String,
    pub(crate) reason: String,
}

/// Runs every rule on the examples of all rules.
///
/// # Errors
/// The rules cannot be searched together.
pub(crate) fn check(rules: &RuleSet) -> Result<Vec<FailedExample>, Error> {
    let engine = Engine::new(rules.clone())?;
    let lints = LintSet::new(&engine);
    let mut forge = Forge::new(2026);
    let mut failures = Vec::new();
    for rule in rules.iter() {
        let what = if rule.lint.is_some() { "lint" } else { "rule" };
        for (examples, must_match) in [(&rule.examples().found, true), (&rule.examples().not_found, false)] {
            for example in examples {
                let matched = if rule.lint.is_some() {
                    let found = findings(&lints, &engine, &Forge::new(2026).fill(example));
                    found.into_iter().map(|finding| finding.rule).collect()
                } else {
                    ids(&engine, &forge.fill(example))
                };
                let failure = |reason| FailedExample { rule: rule.id.clone(), example: example.clone(), reason };
                match (must_match, matched.contains(&rule.id)) {
                    (true, false) => failures.push(failure(format!("the {what} does not find its example"))),
                    (false, true) => failures.push(failure(format!("the {what} finds its counter-example"))),
                    _ => {}
                }
                if must_match && rule.lint.is_none() {
                    let others = matched.iter().filter(|id| **id != rule.id);
                    failures.extend(others.map(|other| failure(format!("rule {other} finds something in it, too"))));
                }
            }
        }
    }
    Ok(failures)
}

/// Splits an example into files, each of which begins with a line `--- path`.
fn split_files(example: &str) -> BTreeMap<String, Vec<u8>> {
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

/// Returns what the rules and lints find in the files of an example.
pub(super) fn findings(lints: &LintSet<'_>, engine: &Engine, example: &str) -> Vec<Finding> {
    let files = split_files(example);
    let (mut sightings, mut facts) = (Vec::new(), Vec::new());
    for (path, bytes) in &files {
        let place = ScanLocation::file(PathText::new(path.as_bytes()));
        sightings.extend(engine.scan(bytes).into_iter().map(|hit| LocatedHit { hit, place: place.clone() }));
        facts.extend(lints.collect(&place, bytes, lints::mention_stripe(bytes)));
    }
    let mut findings = group::findings(engine.rules(), sightings);
    let input = LintInput { tree: &files, policy_tags: &|_| None, record: false, expired: &|| false };
    lints.run(&mut findings, &facts, &input);
    findings
}

/// Returns the ids of the rules that match in a text.
fn ids(engine: &Engine, text: &str) -> BTreeSet<String> {
    engine.scan(text.as_bytes()).into_iter().map(|hit| engine.rules()[hit.rule].id.clone()).collect()
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
