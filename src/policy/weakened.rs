//! Whether a change makes the policy weaker, which is a finding of its own.
//!
//! A change cannot use the allowances that it adds, and whoever reviews it must see that it adds some. Taking entries
//! away is no weakening; anything else that differs is taken for one.

use super::{BASELINE_FILE, CONFIG_FILE, Config, Files, Policy};
use crate::credential::Fingerprint;
use crate::model::{Confidence, Context, Finding, Location, Origin, Reach, Status};
use crate::rules::RuleSet;

/// The rule of these findings.
pub const RULE: &str = "policy-weakened";

/// What a change does to the policy: one finding for each file of it that becomes weaker.
#[must_use]
pub fn findings(rules: &RuleSet, before: &dyn Files, after: &dyn Files) -> Vec<Finding> {
    let Some(rule) = rules.get(RULE) else { return Vec::new() };
    let mut weaker = Vec::new();
    let differs = |path: &str| {
        let (old, new) = (before.read(path).ok().flatten(), after.read(path).ok().flatten());
        (old != new).then(|| (old.unwrap_or_default(), new.unwrap_or_default()))
    };
    if let Some((old, new)) = differs(CONFIG_FILE)
        && let Some(why) = config(&old, &new)
    {
        weaker.push((CONFIG_FILE.to_owned(), why));
    }
    if let Some((old, new)) = differs(BASELINE_FILE)
        && let Some(why) = baseline(&old, &new)
    {
        weaker.push((BASELINE_FILE.to_owned(), why));
    }
    for path in rule_files(before, after) {
        if differs(&path).is_some() {
            weaker.push((path, "changes a rule of the repository's own".to_owned()));
        }
    }
    let finding = |(path, why): (String, String)| Finding {
        rule: rule.id.clone(),
        severity: rule.severity,
        confidence: Confidence::High,
        fingerprint: Fingerprint::of_parts(&[rule.id.as_bytes(), b"\0", why.as_bytes(), b"\0", path.as_bytes()]),
        message: format!("{}: this change {why}", rule.title),
        key: None,
        status: Status::Open,
        locations: vec![location(path)],
        more_locations: 0,
        evidence: Vec::new(),
        exposure: None,
    };
    weaker.into_iter().map(finding).collect()
}

/// The finding for inline allowances that a change adds, each at its place.
#[must_use]
pub fn inline(rules: &RuleSet, added: Vec<Location>) -> Option<Finding> {
    let rule = rules.get(RULE)?;
    let first = added.first()?;
    Some(Finding {
        rule: rule.id.clone(),
        severity: rule.severity,
        confidence: Confidence::High,
        fingerprint: Fingerprint::of_parts(&[rule.id.as_bytes(), b"\0inline\0", first.path.as_bytes()]),
        message: format!("{}: this change adds an inline allow to a credential that it adds", rule.title),
        key: None,
        status: Status::Open,
        locations: added,
        more_locations: 0,
        evidence: Vec::new(),
        exposure: None,
    })
}

fn config(old: &[u8], new: &[u8]) -> Option<String> {
    let (Ok(old), Ok(new)) = (Config::parse(CONFIG_FILE, old), Config::parse(CONFIG_FILE, new)) else {
        return Some("makes the configuration unreadable".to_owned());
    };
    if new.allows.iter().any(|allow| !old.allows.contains(allow)) {
        return Some("adds or changes an allowance".to_owned());
    }
    let lowered = new.severity.iter().any(|(rule, severity)| old.severity.get(rule).is_none_or(|was| severity < was));
    if lowered || old.severity.keys().any(|rule| !new.severity.contains_key(rule)) {
        return Some("changes a severity".to_owned());
    }
    if old.contexts != new.contexts {
        return Some("changes what places are for".to_owned());
    }
    (old.rules != new.rules).then(|| "changes which rules are in force".to_owned())
}

fn baseline(old: &[u8], new: &[u8]) -> Option<String> {
    let parse = |bytes: &[u8]| match bytes {
        [] => Ok(super::Baseline::default()),
        bytes => super::Baseline::parse(BASELINE_FILE, bytes),
    };
    let (Ok(old), Ok(new)) = (parse(old), parse(new)) else {
        return Some("makes the baseline unreadable".to_owned());
    };
    let never = jiff::civil::Date::MAX;
    let later = |entry: &super::baseline::Entry| {
        old.find(&entry.rule, entry.fingerprint)
            .is_none_or(|was| entry.expires.unwrap_or(never) > was.expires.unwrap_or(never))
    };
    let count = new.iter().filter(|entry| later(entry)).count();
    match count {
        0 => None,
        1 => Some("adds or prolongs 1 entry of the baseline".to_owned()),
        count => Some(format!("adds or prolongs {count} entries of the baseline")),
    }
}

/// Rule files that either side of the change has.
fn rule_files(before: &dyn Files, after: &dyn Files) -> Vec<String> {
    let mut paths = Vec::new();
    for files in [before, after] {
        let Ok(policy) = Policy::load(files) else { continue };
        for directory in &policy.config.rules.directories {
            for side in [before, after] {
                paths.extend(side.list(directory).unwrap_or_default());
            }
        }
    }
    paths.sort();
    paths.dedup();
    paths
}

fn location(path: String) -> Location {
    Location {
        path,
        path_encoding: None,
        archive: Vec::new(),
        within: None,
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        origin: Origin::File,
        reach: Reach::Head,
        blob: None,
        commit: None,
        encodings: Vec::new(),
        variable: None,
        context: Vec::<Context>::new(),
        status: Status::Open,
        suppression: None,
        redacted: false,
        snippet: None,
        line_hash: None,
        directive: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::policy::Error;
    use crate::rules::load::load;

    struct Tree(BTreeMap<&'static str, String>);

    impl Files for Tree {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
            Ok(self.0.get(path).map(|text| text.clone().into_bytes()))
        }

        fn list(&self, directory: &str) -> Result<Vec<String>, Error> {
            let below = |path: &&&str| path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
            Ok(self.0.keys().filter(below).map(ToString::to_string).collect())
        }
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
        let rules = "[rules]\ndirectories = ['own']\n".to_owned();
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
            let (before, after) = (Tree([(file, old.clone())].into()), Tree([(file, new.clone())].into()));
            let found = findings(&load(true, &[]).unwrap(), &before, &after);
            assert_eq!(!found.is_empty(), weaker, "{file}\n--- before\n{old}\n--- after\n{new}\n{found:?}");
        }
        let before = Tree([(CONFIG_FILE, rules.clone()), ("own/a.toml", "a".to_owned())].into());
        let after = Tree([(CONFIG_FILE, rules), ("own/a.toml", "b".to_owned())].into());
        let found = findings(&load(true, &[]).unwrap(), &before, &after);
        assert_eq!(found[0].locations[0].path, "own/a.toml");
    }
}
