//! Entry points of the fuzz targets to the readers of policies.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::import::Gitleaks;
use super::policy_diff::{Acceptance, PolicyVersions};
use super::{BASELINE_FILE, Baseline, CONFIG_FILE, Policy, PolicyConfig, inline, policy_diff};
use crate::model::snapshot::Snapshot;
use crate::rules::RuleSet;

/// Reads a configuration, and compares it with none in both directions.
pub fn config(bytes: &[u8], rules: &RuleSet) {
    let Ok(config) = PolicyConfig::parse(CONFIG_FILE, bytes) else { return };
    let _ = (config.unknown_rule(rules), config.context("src/pay.ts"), PolicyConfig::parse_unquoted("x", bytes));
    let nested = format!("a/{CONFIG_FILE}");
    let both = [CONFIG_FILE.to_owned(), nested.clone()].map(|path| (path, bytes.to_vec()));
    let (none, one): (Rc<dyn Snapshot>, Rc<dyn Snapshot>) = (Rc::new(BTreeMap::new()), Rc::new(BTreeMap::from(both)));
    let changes = |before: &Rc<dyn Snapshot>, after: &Rc<dyn Snapshot>| {
        let versions =
            PolicyVersions { before: Rc::clone(before), after: Rc::clone(after), nested: vec![nested.clone()] };
        policy_diff::findings(rules, &versions, &Acceptance::Nothing)
    };
    assert!(changes(&one, &one).is_empty());
    let (added, removed) = (changes(&none, &one), changes(&one, &none));
    assert!(config.allows.is_empty() && config.rolled.is_empty() || !added.is_empty());
    // Allowances, what was rolled and the seven other kinds, in two files.
    assert!(added.len() <= 18 && removed.len() <= 14);
    let _ = Policy::load(&one, None, false).map(|policy| policy.context("a/src/pay.ts"));
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
