//! Finds changes that weaken the policy (rule `policy-weakened`).
//!
//! A change cannot use the allow entries that it adds, and its reviewer has to see that it adds some. Removing entries
//! weakens nothing; every other difference is reported.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::baseline::BaselineEntry;
use super::config::{AllowEntry, DEFAULT_FAIL_ON, DEFAULT_MIN_SEVERITY};
use super::layer::{is_vendored, parse_nested};
use super::rolled::RolledEntry;
use super::{BASELINE_FILE, Baseline, CONFIG_FILE, ConfigFiles, MAX_POLICY_FILE, Policy, PolicyConfig, PolicyLayer};
use crate::credential::Fingerprint;
use crate::model::snapshot::Snapshot;
use crate::model::{Confidence, Evidence, Finding, Location, Status};
use crate::rules::RuleSet;

/// Id of the rule.
pub(crate) const RULE: &str = "policy-weakened";

const UNREADABLE: &str = "makes the configuration unreadable";

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

/// The files of a policy before and after a change.
#[derive(Clone)]
pub(crate) struct PolicyVersions {
    pub(crate) before: Rc<dyn Snapshot>,
    pub(crate) after: Rc<dyn Snapshot>,
    /// Paths of the configuration files below the root that differ.
    pub(crate) nested: Vec<String>,
}

/// One way in which a change weakens a file of the policy.
struct Weakening {
    path: String,
    how: String,
    /// Descriptions of the entries that it adds; empty if it does something else.
    entries: Vec<String>,
}

/// Returns a finding for each way in which a change weakens a policy file.
pub(crate) fn findings(rules: &RuleSet, versions: &PolicyVersions, acceptance: &Acceptance) -> Vec<Finding> {
    let mut weaker = configuration_weakened(versions);
    if let Some((old, new)) = versions.difference(BASELINE_FILE) {
        weaker.extend(baseline_weakened(&old, &new));
    }
    let changed = versions.rule_files().into_iter().filter(|path| versions.difference(path).is_some());
    let rule_file = |path| Weakening::of(path, "changes a rule of the repository's own");
    weaker.extend(changed.map(rule_file));
    weaker.into_iter().filter_map(|weakening| weakening.finding(rules, acceptance)).collect()
}

/// Adds to a policy the entries that a change adds to it. Files that it extends only since then add nothing.
pub(crate) fn add_entries(policy: &mut Policy, versions: &PolicyVersions) {
    let known = layers(&*versions.before).unwrap_or_default();
    let known = known.iter().map(|layer| layer.file.as_str()).chain([CONFIG_FILE]).collect::<BTreeSet<_>>();
    for path in known.into_iter().chain(versions.own_nested()) {
        let read = |bytes: &[u8]| parse(path, bytes);
        if let Some((old, new)) = versions.difference(path)
            && let (Ok(old), Ok(new)) = (read(&old), read(&new))
        {
            let allows = added_allows(&old, &new).cloned().collect();
            let config = PolicyConfig { allows, ..PolicyConfig::default() };
            policy.layers.push(Rc::new(PolicyLayer::new(path, versions.directory(path), config)));
        }
    }
    if let Some((old, new)) = versions.difference(BASELINE_FILE)
        && let (Ok(old), Ok(new)) = (parse_baseline(&old), parse_baseline(&new))
    {
        for entry in added_entries(&old, &new) {
            policy.baseline.remove(&entry.rule, entry.fingerprint);
            policy.baseline.add(entry.clone());
        }
    }
}

impl PolicyVersions {
    /// Returns both versions of a file, if they differ.
    fn difference(&self, path: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        let read = |files: &dyn Snapshot| files.read(path, MAX_POLICY_FILE).ok().flatten();
        let (old, new) = (read(&*self.before), read(&*self.after));
        (old != new).then(|| (old.unwrap_or_default(), new.unwrap_or_default()))
    }

    /// Iterates over the configuration files below the root that count.
    fn own_nested(&self) -> impl Iterator<Item = &str> {
        self.nested.iter().map(String::as_str).filter(|path| !is_vendored(path))
    }

    /// Returns the directory that a configuration file is about.
    fn directory<'a>(&self, path: &'a str) -> &'a str {
        let is_nested = self.nested.iter().any(|nested| nested == path);
        path.strip_suffix(CONFIG_FILE).filter(|_| is_nested).unwrap_or_default()
    }

    /// Returns the paths of the rule files of either version.
    fn rule_files(&self) -> BTreeSet<String> {
        let both = [&*self.before, &*self.after];
        let layers = both.into_iter().flat_map(|files| layers(files).unwrap_or_default()).collect::<Vec<_>>();
        both.into_iter().flat_map(|files| super::rule_paths(files, &layers)).flatten().flatten().collect()
    }
}

/// Reads the root's configuration of one version.
fn layers(files: &dyn Snapshot) -> Result<Vec<Rc<PolicyLayer>>, super::Error> {
    ConfigFiles { files, outside: false }.load(CONFIG_FILE)
}

/// Reads a configuration file, of the root or below it.
fn parse(path: &str, bytes: &[u8]) -> Result<PolicyConfig, super::Error> {
    if path.ends_with(&format!("/{CONFIG_FILE}")) {
        parse_nested(path, bytes)
    } else {
        PolicyConfig::parse(path, bytes)
    }
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
        location.suppression = Some(super::suppression("review", reason, None));
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

/// Compares all files of the configuration.
fn configuration_weakened(versions: &PolicyVersions) -> Vec<Weakening> {
    let (old, new) = (layers(&*versions.before), layers(&*versions.after));
    let is_broken = new.is_err() && old.is_ok();
    let both = old.into_iter().chain(new).flatten().map(|layer| layer.file.clone());
    let of_root = both.chain([CONFIG_FILE.to_owned()]).collect::<BTreeSet<_>>();
    let paths = of_root.iter().map(String::as_str).chain(versions.own_nested());
    let changed = paths.filter_map(|path| Some((path, versions.difference(path)?)));
    let mut weaker: Vec<Weakening> = changed.flat_map(|(path, (old, new))| config_weakened(path, &old, &new)).collect();
    if is_broken && weaker.iter().all(|weakening| weakening.how != UNREADABLE) {
        weaker.push(Weakening::of(CONFIG_FILE, UNREADABLE));
    }
    weaker
}

fn config_weakened(path: &str, old: &[u8], new: &[u8]) -> Vec<Weakening> {
    let (Ok(old), Ok(new)) = (parse(path, old), parse(path, new)) else {
        return vec![Weakening::of(path, UNREADABLE)];
    };
    let lowered = new.severity.iter().any(|(rule, severity)| old.severity.get(rule).is_none_or(|was| severity < was));
    let entries: Vec<String> = added_allows(&old, &new).map(AllowEntry::description).collect();
    let other = [
        (lowered || old.severity.keys().any(|rule| !new.severity.contains_key(rule)), "changes a severity"),
        (old.contexts != new.contexts, "changes what places are for"),
        (old.rules != new.rules, "changes which rules are in force"),
        (old.extends != new.extends, "changes which files it extends"),
        (
            old.fail_on.unwrap_or(DEFAULT_FAIL_ON) < new.fail_on.unwrap_or(DEFAULT_FAIL_ON),
            "raises the severity that fails a scan",
        ),
        (
            old.min_severity.unwrap_or(DEFAULT_MIN_SEVERITY) < new.min_severity.unwrap_or(DEFAULT_MIN_SEVERITY),
            "raises the severity that is shown",
        ),
        (old.nested == Some(false) && new.nested != old.nested, "lets files below the root count"),
    ];
    let mut weaker = Vec::new();
    if !entries.is_empty() {
        weaker.push(Weakening { entries, ..Weakening::of(path, "adds or changes an allowance") });
    }
    let rolled = new.rolled.iter().filter(|entry| !old.rolled.contains(entry));
    let entries: Vec<String> = rolled.map(RolledEntry::description).collect();
    if !entries.is_empty() {
        weaker.push(Weakening { entries, ..Weakening::of(path, "calls a credential rolled") });
    }
    weaker.extend(other.into_iter().filter(|(is, _)| *is).map(|(_, how)| Weakening::of(path, how)));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rules::load::load;

    /// Compares two versions of these files.
    fn found<const N: usize>(files: [(&str, &str, &str); N]) -> Vec<Finding> {
        let version = |is_new: bool| -> Rc<dyn Snapshot> {
            let text = |(path, old, new): (&str, &str, &str)| {
                (path.to_owned(), if is_new { new } else { old }.as_bytes().to_vec())
            };
            Rc::new(files.into_iter().map(text).collect::<BTreeMap<_, _>>())
        };
        let (before, after) = (version(false), version(true));
        let nested = files.iter().map(|file| file.0).filter(|path| path.ends_with("/pinstripe.toml"));
        let nested = nested.map(str::to_owned).collect();
        let versions = PolicyVersions { before, after, nested };
        findings(&load(true, &[]).unwrap(), &versions, &Acceptance::Nothing)
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
            let found = found([(file, &old, &new)]);
            assert_eq!(!found.is_empty(), weaker, "{file}\n--- before\n{old}\n--- after\n{new}\n{found:?}");
        }
        let found = found([(CONFIG_FILE, &rules, &rules), ("own/a.toml", "a", "b")]);
        assert_eq!(found[0].locations[0].path, "own/a.toml");
    }

    #[test]
    fn files_that_are_extended_or_below_the_root_weaken_as_the_root_does() {
        let places = |found: Vec<Finding>| -> Vec<(String, String)> {
            let place = |finding: Finding| (finding.locations[0].path.clone(), finding.message);
            found.into_iter().map(place).collect()
        };
        let (one, two) = (allow("a"), [allow("a"), allow("b")].concat());
        let extends = "extends = ['org/base.toml']\n";
        for (files, path, how) in [
            ([("a/pinstripe.toml", "", one.as_str()), ("x", "", "")], "a/pinstripe.toml", "an allowance"),
            (
                [("a/pinstripe.toml", "[[context]]\npaths=['a']\nis=['test']", ""), ("x", "", "")],
                "a/pinstripe.toml",
                "places",
            ),
            ([("a/pinstripe.toml", "", "fail-on = 'high'"), ("x", "", "")], "a/pinstripe.toml", "unreadable"),
            ([("org/base.toml", &one, &two), (CONFIG_FILE, extends, extends)], "org/base.toml", "an allowance"),
            ([("org/base.toml", &one, &one), (CONFIG_FILE, "", extends)], CONFIG_FILE, "extends"),
            ([("org/base.toml", "", extends), (CONFIG_FILE, extends, extends)], "org/base.toml", "extends"),
            ([("x", "", ""), (CONFIG_FILE, "", "fail-on = 'high'")], CONFIG_FILE, "fails a scan"),
            ([("x", "", ""), (CONFIG_FILE, "fail-on = 'low'", "")], CONFIG_FILE, "fails a scan"),
            ([("x", "", ""), (CONFIG_FILE, "", "min-severity = 'critical'")], CONFIG_FILE, "is shown"),
            ([("x", "", ""), (CONFIG_FILE, "nested = false", "")], CONFIG_FILE, "below the root"),
        ] {
            let found = places(found(files));
            assert!(found[0].0 == path && found[0].1.contains(how), "{files:?} {found:?}");
        }
        for files in [
            [("node_modules/b/pinstripe.toml", "", one.as_str()), ("x", "", "")],
            [("a/pinstripe.toml", &one, ""), ("x", "", "")],
            [("x", "", ""), (CONFIG_FILE, "", "fail-on = 'low'\nmin-severity = 'note'\nnested = false")],
            [("x", "", ""), (CONFIG_FILE, "fail-on = 'high'", "fail-on = 'medium'")],
        ] {
            assert!(found(files).is_empty(), "{files:?}");
        }
    }
}
