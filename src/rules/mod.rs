//! Rules: data in `rules/`, embedded in the binary, extended or overridden by directories of the user's own.

use std::borrow::Cow;
use std::ops::Index;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

pub mod builtin;
pub(crate) mod language;
pub mod lint;
pub mod load;
pub mod rule;
pub(crate) mod vocabulary;

use crate::credential::Fingerprint;
use rule::{Detect, Rule};

/// The rules in force, sorted by id.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Vec<Rule>,
    samples: OnceLock<Vec<Fingerprint>>,
    digest: String,
}

impl RuleSet {
    /// Puts rules together; of two with the same id the later one counts. `sources` are the texts that they were read
    /// from, for the digest.
    #[must_use]
    pub fn new(loaded: Vec<(Rule, Cow<'static, str>)>) -> Self {
        let mut by_id = std::collections::BTreeMap::new();
        for (rule, source) in loaded {
            by_id.insert(rule.id.clone(), (rule, source));
        }
        let mut hash = Sha256::new();
        let mut rules = Vec::with_capacity(by_id.len());
        for (id, (rule, source)) in by_id {
            hash.update((id.len() as u64).to_le_bytes());
            hash.update(&id);
            hash.update((source.len() as u64).to_le_bytes());
            hash.update(source.as_bytes());
            rules.push(rule);
        }
        let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { rules, samples: OnceLock::new(), digest }
    }

    /// The rules in order of id.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.rules.iter()
    }

    /// Rules that find tokens, with their index.
    pub fn detecting(&self) -> impl Iterator<Item = (usize, &Detect)> {
        self.rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.detect.as_ref()?)))
    }

    /// The index of a rule.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()
    }

    /// A rule by id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.index_of(id).map(|at| &self.rules[at])
    }

    /// Whether a token is one of the published samples.
    #[must_use]
    pub fn is_sample(&self, fingerprint: Fingerprint) -> bool {
        let samples = self.samples.get_or_init(|| {
            let mut samples: Vec<Fingerprint> = self.rules.iter().flat_map(|rule| rule.samples.clone()).collect();
            samples.sort_unstable();
            samples
        });
        samples.binary_search(&fingerprint).is_ok()
    }

    /// Puts what a function makes of them in the place of the texts that rules of the user's own hold for people. Those
    /// of built-in rules are known.
    pub(crate) fn change_texts(&mut self, change: &dyn Fn(&str) -> Option<String>) {
        self.rules.iter_mut().for_each(|rule| rule.change_texts(change));
    }

    /// SHA-256 over ids and texts, hex: changes whenever a judgement could.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl Index<usize> for RuleSet {
    type Output = Rule;

    fn index(&self, at: usize) -> &Rule {
        &self.rules[at]
    }
}
