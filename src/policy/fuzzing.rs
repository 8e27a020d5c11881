//! Entry points of the fuzz targets to the readers of policies.

use std::collections::BTreeMap;

use super::import::Gitleaks;
use super::policy_diff::Acceptance;
use super::{BASELINE_FILE, Baseline, CONFIG_FILE, Policy, PolicyConfig, inline, policy_diff};
use crate::rules::RuleSet;

/// Reads a configuration, and compares it with none in both directions.
pub fn config(bytes: &[u8], rules: &RuleSet) {
    let Ok(config) = PolicyConfig::parse(CONFIG_FILE, bytes) else { return };
    let _ = (config.check_rules(CONFIG_FILE, rules), config.context("src/pay.ts"));
    let (none, one) = (BTreeMap::new(), BTreeMap::from([(CONFIG_FILE.to_owned(), bytes.to_vec())]));
    let changes = |before, after| policy_diff::findings(rules, (before, after), &Acceptance::Nothing);
    assert!(changes(&one, &one).is_empty());
    let (added, removed) = (changes(&none, &one), changes(&one, &none));
    assert!(config.allows.is_empty() || !added.is_empty());
    // Allowances, severities, contexts and rules.
    assert!(added.len() <= 4 && removed.len() <= 3);
    let _ = Policy::load(&one);
}

/// Reads a baseline, and writes it so that it reads the same.
pub fn baseline(bytes: &[u8]) {
    let Ok(baseline) = Baseline::parse(BASELINE_FILE, bytes) else { return };
    let written = baseline.to_bytes();
    let again = Baseline::parse(BASELINE_FILE, &written);
    assert!(again.is_ok_and(|again| again == baseline && again.to_bytes() == written));
}

/// Reads an inline directive, and the files of gitleaks.
pub fn foreign(text: &str) {
    let _ = inline::parse(text);
    let mut gitleaks = Gitleaks::default();
    gitleaks.ignore_file(text);
    let _ = gitleaks.config(text);
    assert!(gitleaks.import(&[], &|_| None).entries.is_empty());
}
