//! Finds changes that weaken the policy (rule `policy-weakened`).
//!
//! A change cannot use the allow entries that it adds, and its reviewer has to see that it adds some. Removing entries
//! weakens nothing; every other difference is reported.

use super::baseline::BaselineEntry;
use super::config::AllowEntry;
use super::{BASELINE_FILE, Baseline, CONFIG_FILE, MAX_POLICY_FILE, Policy, PolicyConfig};
use crate::credential::Fingerprint;
use crate::model::snapshot::Snapshot;
use crate::model::{Confidence, Evidence, Finding, Location, Status, Suppression};
use crate::rules::RuleSet;

/// Id of the rule.
pub(crate) const RULE: &str = "policy-weakened";

/// Entries that a finding names.
const MAX_NAMED: usize = 100;

/// The part of a change to the policy that somebody answers for, and the words that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Acceptance {
    Nothing,
    /// For allow entries, entries of the baseline and inline allows; for severities, contexts and rules never.
    Entries(String),
    Everything(String),
}

/// One way in which a change weakens a file of the policy.
struct Weakening {
    path: String,
    how: String,
    /// Descriptions of the entries that it adds; empty if it does something else.
    entries: Vec<String>,
}

/// Returns a finding for each way in which a change weakens a policy file.
pub(crate) fn findings(
    rules: &RuleSet,
    (before, after): (&dyn Snapshot, &dyn Snapshot),
    acceptance: &Acceptance,
) -> Vec<Finding> {
    let mut weaker = Vec::new();
    if let Some((old, new)) = difference(before, after, CONFIG_FILE) {
        weaker.extend(config_weakened(&old, &new));
    }
    if let Some((old, new)) = difference(before, after, BASELINE_FILE) {
        weaker.extend(baseline_weakened(&old, &new));
    }
    let changed = rule_files(before, after).into_iter().filter(|path| difference(before, after, path).is_some());
    let rule_file = |path| Weakening::of(path, "changes a rule of the repository's own");
    weaker.extend(changed.map(rule_file));
    weaker.into_iter().filter_map(|weakening| weakening.finding(rules, acceptance)).collect()
}

/// Adds to a policy the entries that a change adds to it.
pub(crate) fn add_entries(policy: &mut Policy, before: &dyn Snapshot, after: &dyn Snapshot) {
    let parse = |bytes: &[u8]| PolicyConfig::parse(CONFIG_FILE, bytes);
    if let Some((old, new)) = difference(before, after, CONFIG_FILE)
        && let (Ok(old), Ok(new)) = (parse(&old), parse(&new))
    {
        policy.config.allows.extend(added_allows(&old, &new).cloned());
    }
    if let Some((old, new)) = difference(before, after, BASELINE_FILE)
        && let (Ok(old), Ok(new)) = (parse_baseline(&old), parse_baseline(&new))
    {
        for entry in added_entries(&old, &new) {
            policy.baseline.remove(&entry.rule, entry.fingerprint);
            policy.baseline.add(entry.clone());
        }
    }
}

/// Returns both versions of a file, if they differ.
fn difference(before: &dyn Snapshot, after: &dyn Snapshot, path: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let read = |files: &dyn Snapshot| files.read(path, MAX_POLICY_FILE).ok().flatten();
    let (old, new) = (read(before), read(after));
    (old != new).then(|| (old.unwrap_or_default(), new.unwrap_or_default()))
}

/// Returns the finding for inline allows that a change adds, with all their locations.
pub(crate) fn inline(rules: &RuleSet, added: Vec<Location>, acceptance: &Acceptance) -> Option<Finding> {
    let path = added.first()?.path.clone();
    let message = "this change adds an inline allow to a credential that it adds";
    let mut finding = finding(rules, &["\0inline\0", &path], message, added)?;
    accept(&mut finding, acceptance, true);
    Some(finding)
}

/// Marks a finding for which somebody answers.
fn accept(finding: &mut Finding, acceptance: &Acceptance, adds_entries: bool) {
    let reason = match acceptance {
        Acceptance::Everything(reason) => reason,
        Acceptance::Entries(reason) if adds_entries => reason,
        _ => return,
    };
    for location in &mut finding.locations {
        location.status = Status::Suppressed;
        location.suppression = Some(Suppression { source: "review".to_owned(), reason: reason.clone(), date: None });
    }
    finding.refresh_status();
}

impl Weakening {
    fn of(path: impl Into<String>, how: impl Into<String>) -> Self {
        Self { path: path.into(), how: how.into(), entries: Vec::new() }
    }

    fn finding(self, rules: &RuleSet, acceptance: &Acceptance) -> Option<Finding> {
        let message = format!("this change {}", self.how);
        let place = Location::in_file(self.path.clone());
        let mut finding = finding(rules, &["\0", &self.how, "\0", &self.path], &message, vec![place])?;
        accept(&mut finding, acceptance, !self.entries.is_empty());
        let named = self.entries.into_iter().take(MAX_NAMED);
        let evidence = |message| Evidence { message, path: self.path.clone(), line: 1, column: 1 };
        finding.evidence = named.map(evidence).collect();
        Some(finding)
    }
}

fn finding(rules: &RuleSet, identity: &[&str], message: &str, locations: Vec<Location>) -> Option<Finding> {
    let rule = rules.get(RULE)?;
    let parts: Vec<&[u8]> =
        std::iter::once(rule.id.as_str()).chain(identity.iter().copied()).map(str::as_bytes).collect();
    Some(Finding {
        rule: rule.id.clone(),
        severity: rule.severity,
        confidence: Confidence::High,
        fingerprint: Fingerprint::of_parts(&parts),
        message: format!("{}: {message}", rule.title),
        key: None,
        status: Status::Open,
        locations,
        more_locations: 0,
        evidence: Vec::new(),
        exposure: None,
        exposures: Vec::new(),
        owners: Vec::new(),
    })
}

fn added_allows<'a>(old: &'a PolicyConfig, new: &'a PolicyConfig) -> impl Iterator<Item = &'a AllowEntry> {
    new.allows.iter().filter(|allow| !old.allows.contains(allow))
}

fn config_weakened(old: &[u8], new: &[u8]) -> Vec<Weakening> {
    let (Ok(old), Ok(new)) = (PolicyConfig::parse(CONFIG_FILE, old), PolicyConfig::parse(CONFIG_FILE, new)) else {
        return vec![Weakening::of(CONFIG_FILE, "makes the configuration unreadable")];
    };
    let lowered = new.severity.iter().any(|(rule, severity)| old.severity.get(rule).is_none_or(|was| severity < was));
    let entries: Vec<String> = added_allows(&old, &new).map(AllowEntry::description).collect();
    let other = [
        (lowered || old.severity.keys().any(|rule| !new.severity.contains_key(rule)), "changes a severity"),
        (old.contexts != new.contexts, "changes what places are for"),
        (old.rules != new.rules, "changes which rules are in force"),
    ];
    let mut weaker = Vec::new();
    if !entries.is_empty() {
        weaker.push(Weakening { entries, ..Weakening::of(CONFIG_FILE, "adds or changes an allowance") });
    }
    weaker.extend(other.into_iter().filter(|(is, _)| *is).map(|(_, how)| Weakening::of(CONFIG_FILE, how)));
    weaker
}

fn parse_baseline(bytes: &[u8]) -> Result<Baseline, super::Error> {
    if bytes.is_empty() { Ok(Baseline::default()) } else { Baseline::parse(BASELINE_FILE, bytes) }
}

/// Iterates over the entries that are new or last longer.
fn added_entries<'a>(old: &'a Baseline, new: &'a Baseline) -> impl Iterator<Item = &'a BaselineEntry> {
    new.iter().filter(|entry| {
        old.find(&entry.rule, entry.fingerprint).is_none_or(|known| entry.last_day() > known.last_day())
    })
}

fn baseline_weakened(old: &[u8], new: &[u8]) -> Option<Weakening> {
    let (Ok(old), Ok(new)) = (parse_baseline(old), parse_baseline(new)) else {
        return Some(Weakening::of(BASELINE_FILE, "makes the baseline unreadable"));
    };
    let describe = |entry: &BaselineEntry| format!("rule {}, {}: {}", entry.rule, entry.fingerprint, entry.reason);
    let entries: Vec<String> = added_entries(&old, &new).map(describe).collect();
    let how = match entries.len() {
        0 => return None,
        1 => "adds or prolongs 1 entry of the baseline".to_owned(),
        count => format!("adds or prolongs {count} entries of the baseline"),
    };
    Some(Weakening { entries, ..Weakening::of(BASELINE_FILE, how) })
}

/// Returns the paths of the rule files of either version.
fn rule_files(before: &dyn Snapshot, after: &dyn Snapshot) -> Vec<String> {
    let both = [before, after];
    let config = |files: &dyn Snapshot| {
        let bytes = files.read(CONFIG_FILE, MAX_POLICY_FILE).ok().flatten()?;
        PolicyConfig::parse(CONFIG_FILE, &bytes).ok()
    };
    let mut paths = Vec::new();
    for config in both.into_iter().filter_map(config) {
        let listed = both.into_iter().flat_map(|files| super::rule_paths(files, &config));
        paths.extend(listed.flatten().flatten());
    }
    paths.sort();
    paths.dedup();
    paths
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rules::load::load;

    fn tree<const N: usize>(files: [(&str, String); N]) -> BTreeMap<String, Vec<u8>> {
        files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect()
    }

    fn allow(reason: &str) -> String {
        format!("[[allow]]\nrule = 'secret-live'\npaths = ['src/**']\nreason = '{reason}'\n")
    }

    fn entry(expires: &str) -> String {
        let fingerprint = "0".repeat(32);
        format!(
            "{{\"schema\":\"pinstripe.baseline/1\",\"entries\":[{{\"rule\":\"secret-live\",\"fingerprint\":\"{fingerprint}\",\"reason\":\"known\"{expires}}}]}}"
        )
    }

    #[test]
    fn what_weakens_and_what_does_not() {
        let none = String::new();
        let dated = |date: &str| entry(&format!(",\"expires\":\"{date}\""));
        let rules = "[rules]\ndirectories = ['own/']\n".to_owned();
        for (file, old, new, weaker) in [
            (CONFIG_FILE, none.clone(), allow("a"), true),
            (CONFIG_FILE, allow("a"), allow("another reason"), true),
            (CONFIG_FILE, none.clone(), "[severity]\nsecret-live = 'low'\n".to_owned(), true),
            (CONFIG_FILE, "[severity]\nsecret-test = 'high'\n".to_owned(), none.clone(), true),
            (CONFIG_FILE, none.clone(), "[[context]]\npaths = ['a']\nis = ['test']\n".to_owned(), true),
            (CONFIG_FILE, none.clone(), rules.clone(), true),
            (CONFIG_FILE, none.clone(), "not toml".to_owned(), true),
            (BASELINE_FILE, none.clone(), entry(""), true),
            (BASELINE_FILE, dated("2026-01-01"), dated("2027-01-01"), true),
            (BASELINE_FILE, dated("2026-01-01"), entry(""), true),
            (CONFIG_FILE, allow("a"), none.clone(), false),
            (CONFIG_FILE, allow("a"), format!("# why\n{}", allow("a")), false),
            (CONFIG_FILE, [allow("a"), allow("b")].concat(), [allow("b"), allow("a")].concat(), false),
            (
                CONFIG_FILE,
                "[severity]\nsecret-test = 'low'\n".to_owned(),
                "[severity]\nsecret-test = 'high'\n".to_owned(),
                false,
            ),
            (BASELINE_FILE, entry(""), none.clone(), false),
            (BASELINE_FILE, entry(""), dated("2027-01-01"), false),
            (BASELINE_FILE, dated("2027-01-01"), dated("2026-01-01"), false),
            ("src/pay.ts", none, allow("a"), false),
        ] {
            let (before, after) = (tree([(file, old.clone())]), tree([(file, new.clone())]));
            let found = findings(&load(true, &[]).unwrap(), (&before, &after), &Acceptance::Nothing);
            assert_eq!(!found.is_empty(), weaker, "{file}\n--- before\n{old}\n--- after\n{new}\n{found:?}");
        }
        let before = tree([(CONFIG_FILE, rules.clone()), ("own/a.toml", "a".to_owned())]);
        let after = tree([(CONFIG_FILE, rules), ("own/a.toml", "b".to_owned())]);
        let found = findings(&load(true, &[]).unwrap(), (&before, &after), &Acceptance::Nothing);
        assert_eq!(found[0].locations[0].path, "own/a.toml");
    }
}
