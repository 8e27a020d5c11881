//! Finds changes that weaken the policy (rule `policy-weakened`).
//!
//! A change cannot use the allow entries that it adds, and its reviewer has to see that it adds some. Removing entries
//! weakens nothing; every other difference is reported.

use super::{BASELINE_FILE, Baseline, CONFIG_FILE, MAX_POLICY_FILE, PolicyConfig};
use crate::credential::Fingerprint;
use crate::model::snapshot::Snapshot;
use crate::model::{Confidence, Finding, Location, Status};
use crate::rules::RuleSet;

/// Id of the rule.
pub(crate) const RULE: &str = "policy-weakened";

/// Returns one finding for each policy file that a change weakens.
pub(crate) fn findings(rules: &RuleSet, before: &dyn Snapshot, after: &dyn Snapshot) -> Vec<Finding> {
    let mut weaker = Vec::new();
    let differs = |path: &str| {
        let read = |files: &dyn Snapshot| files.read(path, MAX_POLICY_FILE).ok().flatten();
        let (old, new) = (read(before), read(after));
        (old != new).then(|| (old.unwrap_or_default(), new.unwrap_or_default()))
    };
    let config = differs(CONFIG_FILE).and_then(|(old, new)| config_weakened(&old, &new));
    let baseline = differs(BASELINE_FILE).and_then(|(old, new)| baseline_weakened(&old, &new));
    weaker.extend(config.map(|how| (CONFIG_FILE.to_owned(), how)));
    weaker.extend(baseline.map(|how| (BASELINE_FILE.to_owned(), how)));
    let changed_rules = rule_files(before, after).into_iter().filter(|path| differs(path).is_some());
    weaker.extend(changed_rules.map(|path| (path, "changes a rule of the repository's own".to_owned())));
    let finding = |(path, how): (String, String)| {
        finding(rules, &["\0", &how, "\0", &path], &format!("this change {how}"), vec![Location::in_file(path.clone())])
    };
    weaker.into_iter().filter_map(finding).collect()
}

/// Returns the finding for inline allows that a change adds, with all their locations.
pub(crate) fn inline(rules: &RuleSet, added: Vec<Location>) -> Option<Finding> {
    let path = added.first()?.path.clone();
    finding(rules, &["\0inline\0", &path], "this change adds an inline allow to a credential that it adds", added)
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
    })
}

fn config_weakened(old: &[u8], new: &[u8]) -> Option<String> {
    let (Ok(old), Ok(new)) = (PolicyConfig::parse(CONFIG_FILE, old), PolicyConfig::parse(CONFIG_FILE, new)) else {
        return Some("makes the configuration unreadable".to_owned());
    };
    let lowered = new.severity.iter().any(|(rule, severity)| old.severity.get(rule).is_none_or(|was| severity < was));
    let how = if new.allows.iter().any(|allow| !old.allows.contains(allow)) {
        "adds or changes an allowance"
    } else if lowered || old.severity.keys().any(|rule| !new.severity.contains_key(rule)) {
        "changes a severity"
    } else if old.contexts != new.contexts {
        "changes what places are for"
    } else if old.rules != new.rules {
        "changes which rules are in force"
    } else {
        return None;
    };
    Some(how.to_owned())
}

fn baseline_weakened(old: &[u8], new: &[u8]) -> Option<String> {
    let parse = |bytes: &[u8]| match bytes {
        [] => Ok(Baseline::default()),
        bytes => Baseline::parse(BASELINE_FILE, bytes),
    };
    let (Ok(old), Ok(new)) = (parse(old), parse(new)) else {
        return Some("makes the baseline unreadable".to_owned());
    };
    let lasts_longer = |entry: &&super::baseline::BaselineEntry| {
        old.find(&entry.rule, entry.fingerprint).is_none_or(|known| entry.last_day() > known.last_day())
    };
    match new.iter().filter(lasts_longer).count() {
        0 => None,
        1 => Some("adds or prolongs 1 entry of the baseline".to_owned()),
        count => Some(format!("adds or prolongs {count} entries of the baseline")),
    }
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
            let found = findings(&load(true, &[]).unwrap(), &before, &after);
            assert_eq!(!found.is_empty(), weaker, "{file}\n--- before\n{old}\n--- after\n{new}\n{found:?}");
        }
        let before = tree([(CONFIG_FILE, rules.clone()), ("own/a.toml", "a".to_owned())]);
        let after = tree([(CONFIG_FILE, rules), ("own/a.toml", "b".to_owned())]);
        let found = findings(&load(true, &[]).unwrap(), &before, &after);
        assert_eq!(found[0].locations[0].path, "own/a.toml");
    }
}
