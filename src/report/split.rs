//! Splits a report into one for each owner, repository or account, to be handed to those who act on it.

use std::collections::BTreeMap;

use super::Redacted;
use crate::model::{Finding, Location, Severity, Status};

/// Property that a report is split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SplitBy {
    /// The owners of places.
    Owner,
    /// The repositories of places.
    Repository,
    /// The accounts of keys.
    Account,
}

/// The part of a report that concerns one of them.
pub(crate) struct Part {
    /// Their name; `None` for what has none.
    pub(crate) name: Option<String>,
    /// A name for a file, other than that of every other part.
    pub(crate) file_stem: String,
    pub(crate) report: Redacted,
}

/// Returns the parts with open findings at or above a severity, by name. A credential of several is in the part of each, with
/// all of its places, their own first: it cannot be rolled for one of them alone.
pub(crate) fn parts(report: &Redacted, by: SplitBy, min_severity: Severity) -> Vec<Part> {
    let mut found: BTreeMap<Option<String>, Vec<Finding>> = BTreeMap::new();
    // Places say which repository they are in only where there are several.
    let only = match report.repositories.as_deref() {
        Some([only]) => Some(&only.path),
        _ => None,
    };
    for finding in report.open_at_or_above(min_severity) {
        for name in names(finding, by, only) {
            let mut finding = finding.clone();
            finding.locations.sort_by_key(|at| !is_of(at, by, name.as_deref()));
            found.entry(name).or_default().push(finding);
        }
    }
    let mut stems: BTreeMap<String, usize> = BTreeMap::new();
    let part = |(name, findings): (Option<String>, Vec<Finding>)| {
        let stem = name.as_deref().map_or_else(|| format!("no-{}", by.name()), |name| stem(name, by));
        let number = stems.entry(stem.clone()).or_default();
        *number += 1;
        let file_stem = if *number > 1 { format!("{stem}~{number}") } else { stem };
        Part { name, file_stem, report: report.with_findings(findings) }
    };
    found.into_iter().map(part).collect()
}

/// Returns the name of a part, escaped for a heading in Markdown.
pub(crate) fn heading(name: &str) -> String {
    super::markdown::prose(&super::describe::clean(name))
}

impl SplitBy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Repository => "repository",
            Self::Account => "account",
        }
    }
}

/// Returns those whom a finding concerns; `None` if there is nobody.
fn names(finding: &Finding, by: SplitBy, only: Option<&String>) -> Vec<Option<String>> {
    let open = finding.locations.iter().filter(|at| at.status == Status::Open);
    let mut names: Vec<Option<String>> = match by {
        SplitBy::Owner => open.flat_map(|at| &at.owners).cloned().map(Some).collect(),
        SplitBy::Repository => open.map(|at| at.repository.as_ref().or(only).cloned()).collect(),
        SplitBy::Account => {
            vec![finding.key.as_ref().and_then(|key| key.account.as_ref()).map(ToString::to_string)]
        }
    };
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push(None);
    }
    names
}

fn is_of(at: &Location, by: SplitBy, name: Option<&str>) -> bool {
    match by {
        SplitBy::Owner => name.is_some_and(|name| at.owners.iter().any(|owner| owner == name)),
        SplitBy::Repository => at.repository.as_deref().is_none_or(|id| Some(id) == name),
        SplitBy::Account => true,
    }
}

/// Returns a name that every file system takes, and that is none of a device.
fn stem(name: &str, by: SplitBy) -> String {
    let plain = |character: char| match character.to_ascii_lowercase() {
        plain @ ('a'..='z' | '0'..='9' | '_') => plain,
        _ => '-',
    };
    let words: String = name.chars().take(200).map(plain).collect();
    let words: Vec<&str> = words.split('-').filter(|word| !word.is_empty()).collect();
    let words: String = words.join("-").chars().take(80).collect();
    format!("{}-{words}", by.name()).trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Redactor;
    use crate::report::sample;

    #[test]
    fn names_of_files_are_plain_and_differ() {
        for (name, expected) in [
            ("@acme/Payments", "owner-acme-payments"),
            ("../../etc/passwd", "owner-etc-passwd"),
            ("con", "owner-con"),
            ("\u{202e}é", "owner"),
            ("ada@example.com", "owner-ada-example-com"),
        ] {
            assert_eq!(stem(name, SplitBy::Owner), expected, "{name}");
        }
        assert_eq!(stem(&"n".repeat(4_000), SplitBy::Owner).len(), 86);
    }

    #[test]
    fn every_open_finding_is_in_a_part_and_a_shared_one_in_each() {
        let mut report = sample::report();
        for (at, finding) in report.findings.iter_mut().enumerate() {
            let owners = [&["@a/b", "@a-b"][..], &["@a/b"], &[]][at % 3];
            for location in &mut finding.locations {
                location.owners = owners.iter().map(|owner| (*owner).to_owned()).collect();
            }
            finding.sort_locations();
        }
        let open: Vec<_> =
            report.open_at_or_above(Severity::Low).map(|one| (one.rule.clone(), one.fingerprint)).collect();
        let report = Redacted::new(report, &Redactor::new(&sample::rules()));
        for by in [SplitBy::Owner, SplitBy::Repository, SplitBy::Account] {
            let parts = parts(&report, by, Severity::Low);
            let mut stems: Vec<&str> = parts.iter().map(|part| &*part.file_stem).collect();
            if by == SplitBy::Owner {
                assert_eq!(stems, ["no-owner", "owner-a-b", "owner-a-b~2"]);
            }
            stems.sort_unstable();
            stems.dedup();
            assert_eq!(stems.len(), parts.len());
            let parted = || parts.iter().flat_map(|part| &part.report.findings);
            assert!(open.iter().all(|(rule, id)| parted().any(|one| one.rule == *rule && one.fingerprint == *id)));
            assert!(parted().count() >= open.len());
        }
    }
}
