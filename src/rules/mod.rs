//! Rules: TOML files in `rules/`, embedded in the binary, extended or overridden by the user's own directories.

use std::collections::BTreeMap;
use std::ops::{Deref, Index};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

mod builtin;
pub(crate) mod language;
pub(crate) mod lint;
pub mod load;
mod parse;
mod parts;
pub(crate) mod pattern;
pub mod rule;
pub(crate) mod toml_error;

use crate::credential::Fingerprint;
use crate::model::{Context, Location, Severity};
use builtin::BuiltinRule;
use rule::{Examples, Help, KeyPattern, RuleFacts, RuleRole};

/// Likeness of two ids, in hundredths, from which one may be meant by the other.
const NEAR: u32 = 70;

/// One rule. The part that a scan searches with is read at once; the rest of a built-in rule is parsed on first use, which
/// most scans never need.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The stem of its file.
    pub id: String,
    /// `None` for lints and for rules with a role.
    pub(crate) detect: Option<KeyPattern>,
    pub(crate) role: Option<RuleRole>,
    builtin: Option<&'static BuiltinRule>,
    facts: OnceLock<RuleFacts>,
    examples: OnceLock<Examples>,
}

impl Rule {
    fn builtin(rule: &'static BuiltinRule) -> Self {
        let (facts, examples) = (OnceLock::new(), OnceLock::new());
        let (detect, role) = (rule.detect(), rule.role());
        Self { id: rule.id.to_owned(), detect, role, builtin: Some(rule), facts, examples }
    }

    /// Returns the texts that prove the rule. Scans never need them.
    #[must_use]
    pub fn examples(&self) -> &Examples {
        self.examples.get_or_init(|| self.builtin.map(BuiltinRule::examples).unwrap_or_default())
    }

    /// Returns the severity of a finding, capped if only tests, examples and documentation hold it.
    pub(crate) fn severity_at(&self, locations: &[Location]) -> Severity {
        let harmless = |location: &Location| {
            location.context.iter().any(|tag| matches!(tag, Context::Test | Context::Example | Context::Docs))
        };
        match self.severity_in_tests {
            Some(cap) if locations.iter().all(harmless) => self.severity.min(cap),
            _ => self.severity,
        }
    }

    pub(crate) fn is_builtin(&self) -> bool {
        self.builtin.is_some()
    }

    fn change_texts(&mut self, change: &dyn Fn(&str) -> Option<String>) {
        let builtin = self.is_builtin();
        let Some(facts) = self.facts.get_mut().filter(|_| !builtin) else { return };
        let Help { what, why, fix, code, links } = &mut facts.help;
        let code = code.iter_mut().flat_map(|code| [&mut code.language, &mut code.text]);
        let texts = [&mut facts.title, &mut facts.noun, &mut facts.plural, what, why, fix];
        for text in texts.into_iter().chain(code).chain(links) {
            if let Some(changed) = change(text) {
                *text = changed;
            }
        }
    }

    /// Returns true for rules about how credentials are used, whose findings explain themselves in their message.
    pub(crate) fn is_lint(&self) -> bool {
        self.detect.is_none() && self.role.is_none()
    }
}

impl From<parse::RuleFile> for Rule {
    fn from(file: parse::RuleFile) -> Self {
        let (facts, examples) = (file.facts.into(), file.examples.into());
        Self { id: file.id, detect: file.detect, role: file.role, builtin: None, facts, examples }
    }
}

impl Deref for Rule {
    type Target = RuleFacts;

    fn deref(&self) -> &RuleFacts {
        self.facts.get_or_init(|| self.builtin.map(BuiltinRule::facts).unwrap_or_default())
    }
}

/// The rules in force, sorted by id.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Vec<Rule>,
    roles: Vec<(RuleRole, usize)>,
    samples: OnceLock<Vec<Fingerprint>>,
    digest: String,
}

impl RuleSet {
    /// Returns the rule whose id is nearly this one.
    pub(crate) fn nearest(&self, id: &str) -> Option<&str> {
        let near = |rule: &Rule| (strsim::normalized_damerau_levenshtein(&rule.id, id) * 100.0) as u32;
        let nearest = self.iter().max_by_key(|rule| near(rule)).filter(|rule| near(rule) >= NEAR);
        nearest.map(|rule| rule.id.as_str())
    }

    /// Combines rules, each with the SHA-256 of its text. Of two rules with the same id, the later one replaces the other.
    pub(crate) fn new(loaded: Vec<(Rule, [u8; 32])>) -> Self {
        let by_id: BTreeMap<String, _> = loaded.into_iter().map(|rule| (rule.0.id.clone(), rule)).collect();
        let mut hash = Sha256::new();
        let mut rules: Vec<Rule> = Vec::with_capacity(by_id.len());
        for (id, (rule, text_hash)) in by_id {
            hash.update((id.len() as u64).to_le_bytes());
            hash.update(id);
            hash.update(text_hash);
            rules.push(rule);
        }
        let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let roles = rules.iter().enumerate().filter_map(|(at, rule)| Some((rule.role?, at))).collect();
        Self { rules, roles, samples: OnceLock::new(), digest }
    }

    /// Iterates over the rules in order of id.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.rules.iter()
    }

    /// Iterates over the rules that find tokens, with their index.
    pub(crate) fn detecting(&self) -> impl Iterator<Item = (usize, &KeyPattern)> {
        self.rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.detect.as_ref()?)))
    }

    pub(crate) fn index_of(&self, id: &str) -> Option<usize> {
        self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()
    }

    /// Returns the rule with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.index_of(id).map(|at| &self.rules[at])
    }

    /// Returns the index of the rule that has a role.
    pub(crate) fn role(&self, role: RuleRole) -> Option<usize> {
        self.roles.iter().find(|(known, _)| *known == role).map(|(_, at)| *at)
    }

    /// Returns true if a token is a published sample key.
    pub(crate) fn is_sample(&self, fingerprint: Fingerprint) -> bool {
        let samples = self.samples.get_or_init(|| {
            let rule = self.role(RuleRole::PublishedSample);
            let mut samples = rule.map(|at| self.rules[at].samples.clone()).unwrap_or_default();
            samples.sort_unstable();
            samples
        });
        samples.binary_search(&fingerprint).is_ok()
    }

    /// Changes the texts of the user's own rules, which may contain keys. Those of built-in rules contain none.
    pub(crate) fn change_texts(&mut self, change: &dyn Fn(&str) -> Option<String>) {
        self.rules.iter_mut().for_each(|rule| rule.change_texts(change));
    }

    /// Returns the SHA-256 over ids and texts, in hex.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

impl Index<usize> for RuleSet {
    type Output = Rule;

    fn index(&self, at: usize) -> &Rule {
        &self.rules[at]
    }
}
