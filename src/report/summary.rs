//! The summary of a report: the verdict, what was scanned, and what was skipped with the reason and a next step.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use super::describe::{self, clean, counted, number, size};
use super::grouping::GroupedFindings;
use crate::model::{Report, Severity, SkipClass, SkipReason, Skipped, TargetKind};

/// Names in a list of totals.
const MAX_TOTALS: usize = 10;
/// Ignored environment files that the summary names.
const MAX_NAMED: usize = 5;

/// Writes the verdict in one sentence.
pub(super) fn verdict(report: &Report, grouped: &GroupedFindings<'_>, options: &Options) -> String {
    let open = grouped.open().count() as u64;
    let complete = report.coverage.complete;
    if open > 0 {
        let tally = grouped.tally();
        let rest = if complete { "" } else { ", in what could be read" };
        return format!("Found {}: {tally}{rest}.{}", counted(open, "open problem"), failing(grouped, options));
    }
    if complete && is_empty(report) {
        return nothing(report.target.kind).to_owned();
    }
    let rest = if complete { "" } else { " in what could be read; the scan is incomplete" };
    match options.min_severity {
        Severity::Note => format!("No findings{rest}."),
        severity => format!("No findings at or above {}{rest}.", severity.name()),
    }
}

/// Counts the open problems that fail the scan, unless all do.
fn failing(grouped: &GroupedFindings<'_>, options: &Options) -> String {
    let open = grouped.open().count();
    let fail = grouped.open().filter(|block| block.main.severity >= options.fail_on).count();
    let flag = format!("--fail-on {}", options.fail_on.name());
    match fail {
        fail if fail == open => String::new(),
        0 if open == 1 => format!(" It does not fail the scan ({flag})."),
        0 => format!(" None of them fails the scan ({flag})."),
        1 => format!(" One of them fails the scan ({flag})."),
        fail => format!(" {} of them fail the scan ({flag}).", number(fail as u64)),
    }
}

/// Returns true if there was nothing to read.
pub(super) fn is_empty(report: &Report) -> bool {
    let coverage = &report.coverage;
    coverage.files == 0 && coverage.objects == 0 && coverage.bytes == 0 && report.findings.is_empty()
}

fn nothing(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Worktree => "Nothing to scan: no files.",
        TargetKind::Staged => "Nothing to scan: nothing is staged.",
        TargetKind::Range => "Nothing to scan: the range has no new objects.",
        TargetKind::History => "Nothing to scan: the repository has no objects.",
        TargetKind::Stdin => "Nothing to scan: standard input was empty.",
    }
}

/// Writes what was scanned, skipped by policy, not counted and hidden, in one line.
pub(super) fn account(report: &Report, grouped: &GroupedFindings<'_>, options: &Options) -> String {
    let mut parts = vec![format!("Scanned {}", scanned(report))];
    let by_policy = report.coverage.skipped.iter().filter(|skipped| skipped.class == SkipClass::Policy);
    let skipped: Vec<String> = by_policy
        .filter(|skipped| skipped.reason != SkipReason::GitDir || options.verbose > 0)
        .map(skipped_words)
        .collect();
    if !skipped.is_empty() {
        parts.push(format!("skipped {}", skipped.join(", ")));
    }
    let aside: Vec<String> = describe::NOT_OPEN
        .into_iter()
        .map(|(status, words)| (grouped.with_status(status).count() as u64, words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{} {words}", number(count)))
        .collect();
    if !aside.is_empty() {
        let hint = if options.verbose > 0 { "" } else { " (-v lists them)" };
        parts.push(format!("not counted: {}{hint}", aside.join(", ")));
    }
    if let Some(hidden) = &grouped.hidden {
        parts.push(format!("hidden: {hidden}"));
    }
    format!("{}.", parts.join("; "))
}

/// Counts open problems by repository, account, owner and rule, where there is more than one: `By rule: 2 secret-live, …`.
/// Also counts the repositories of credentials that several share.
pub(super) fn totals(grouped: &GroupedFindings<'_>) -> Vec<String> {
    let mut counts: [(&str, BTreeMap<String, u64>); 4] =
        ["repository", "account", "owner", "rule"].map(|name| (name, BTreeMap::new()));
    let mut shared = BTreeMap::new();
    for block in grouped.open() {
        let all = block.findings().flat_map(|finding| &finding.locations);
        let repositories = all.filter_map(|at| at.repository.as_ref()).collect::<BTreeSet<_>>().len() as u64;
        if let Some(key) = block.main.key.as_ref().filter(|_| repositories > 1) {
            shared.insert(key.masked.clone(), repositories);
        }
        let places = || block.main.locations.iter().filter(|at| at.status == block.main.status);
        let names: [BTreeSet<String>; 4] = [
            places().filter_map(|at| at.repository.clone()).collect(),
            block.main.key.iter().filter_map(|key| Some(key.account.as_ref()?.to_string())).collect(),
            places().flat_map(|at| at.owners.iter().cloned()).collect(),
            [block.main.rule.clone()].into(),
        ];
        for (names, (_, counts)) in names.into_iter().zip(&mut counts) {
            names.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
        }
    }
    let several = counts.into_iter().filter(|(_, counts)| counts.len() > 1);
    let by_name = several.map(|(what, counts)| format!("By {what}: {}.", largest(counts)));
    let shared = (!shared.is_empty()).then(|| format!("Repositories that share one: {}.", largest(shared)));
    by_name.chain(shared).collect()
}

/// Lists counts, the largest first.
fn largest(counts: BTreeMap<String, u64>) -> String {
    let all = counts.len();
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let shown = counts.iter().take(MAX_TOTALS);
    let mut words: Vec<String> = shown.map(|(name, count)| format!("{} {}", number(*count), clean(name))).collect();
    words.extend((all > MAX_TOTALS).then(|| format!("and {} more", number((all - MAX_TOTALS) as u64))));
    words.join(", ")
}

/// Describes the differences to an earlier report, one by one.
pub(super) fn differences(report: &Report) -> impl Iterator<Item = String> {
    report.diff.iter().flat_map(|diff| &diff.entries).map(|entry| {
        let place = if entry.place.is_empty() { String::new() } else { format!(", {}", clean(&entry.place)) };
        let repository = entry.repository.as_ref().map(|id| format!(" in {}", clean(id))).unwrap_or_default();
        format!("{}: {}{place}{repository}: {}", entry.kind.words(), clean(&entry.name()), clean(&entry.what))
    })
}

fn scanned(report: &Report) -> String {
    let coverage = &report.coverage;
    let mut counts = Vec::new();
    if coverage.files > 0 || coverage.objects == 0 {
        counts.push(counted(coverage.files, "file"));
    }
    if coverage.objects > 0 {
        counts.push(counted(coverage.objects, "git object"));
    }
    let repositories = report.repositories.as_ref().map_or(0, Vec::len);
    let several = if repositories > 1 { format!(" of {repositories} repositories") } else { String::new() };
    format!("{}{several} ({})", counts.join(" and "), size(coverage.bytes))
}

fn skipped_words(skipped: &Skipped) -> String {
    let noun = match skipped.reason {
        SkipReason::Ignored => {
            return format!("{} ignored{}", number(skipped.count), environment_files(&skipped.examples));
        }
        SkipReason::SpecialFile => "special file",
        SkipReason::SymlinkTarget => "symlink target",
        SkipReason::Submodule => "submodule",
        SkipReason::LfsPointer => "Git LFS object",
        SkipReason::GitDir if skipped.count == 1 => ".git directory",
        SkipReason::GitDir => return format!("{} .git directories", number(skipped.count)),
        SkipReason::ArchiveNotOpened => "unopened archive",
        other => other.name(),
    };
    counted(skipped.count, noun)
}

fn environment_files(examples: &[String]) -> String {
    let is_environment_file = |path: &&String| path.rsplit('/').next().is_some_and(|name| name.starts_with(".env"));
    let names: Vec<String> = examples.iter().filter(is_environment_file).map(|name| clean(name)).collect();
    match names.len() {
        0 => String::new(),
        count => {
            let more = if count > MAX_NAMED { format!(" and {} more", count - MAX_NAMED) } else { String::new() };
            let shown = names[..count.min(MAX_NAMED)].join(", ");
            format!(" (including {shown}{more}; --no-ignore reads them)")
        }
    }
}

/// Items that could not be read, for one reason.
pub(super) struct Unread {
    /// Count and reason: `2 encrypted`.
    pub(super) problem: String,
    pub(super) examples: Vec<String>,
    pub(super) next_step: &'static str,
}

/// Explains why input could not be read, by reason.
pub(super) fn unread(report: &Report) -> impl Iterator<Item = Unread> {
    report.coverage.skipped.iter().filter(|skipped| skipped.class == SkipClass::Unread).map(|skipped| {
        let (problem, next_step) = explain(skipped.reason);
        let examples = skipped.examples.iter().map(|name| clean(name)).collect();
        Unread { problem: format!("{} {problem}", number(skipped.count)), examples, next_step }
    })
}

/// Returns the problem and the next step.
fn explain(reason: SkipReason) -> (&'static str, &'static str) {
    match reason {
        SkipReason::Unreadable => ("unreadable", "run as a user with read permission"),
        SkipReason::Vanished => ("deleted before being read", "scan again while nothing writes there"),
        SkipReason::Changed => ("changed while being read", "scan again while nothing writes there"),
        SkipReason::MissingObject => ("missing from the object store", "fetch it: git fetch --refetch --no-filter"),
        SkipReason::OverLimit => ("over a limit", "unpack or split it and scan the parts"),
        SkipReason::Encrypted => ("encrypted", "decrypt it and scan the content"),
        SkipReason::Damaged => ("damaged", "restore it; git fsck checks a repository"),
        SkipReason::Unsupported => ("in an unsupported format", "convert or unpack it and scan the result"),
        SkipReason::ShallowBoundary => ("cut off by a shallow clone", "git fetch --unshallow"),
        SkipReason::Alternate => ("in an object store outside of the repository", "read it, too: scan --alternates"),
        SkipReason::TimedOut => ("not reached in time", "let it run to its end, or allow more time with --timeout"),
        SkipReason::Unavailable => {
            ("not here to be scanned", "name what is here, or fetch it (actions/checkout with fetch-depth: 0)")
        }
        SkipReason::NotSeen => {
            let problem = "in the earlier report and not looked for";
            (problem, "scan its repository again as for the earlier report: the same target, rules and options")
        }
        SkipReason::Internal => ("stopped by a bug in pinstripe", "please report it"),
        other => (other.name(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coverage, CoverageReport};
    use crate::report::sample;
    use crate::rules::load;

    fn words(report: &Report, options: &Options) -> (String, String) {
        let rules = load::load(true, &[]).unwrap();
        let grouped = GroupedFindings::new(report, &rules, options);
        (verdict(report, &grouped, options), account(report, &grouped, options))
    }

    fn empty(coverage: &Coverage) -> Report {
        Report { findings: Vec::new(), coverage: CoverageReport::from(coverage), ..sample::report() }
    }

    #[test]
    fn nothing_read_is_not_clean() {
        let mut coverage = Coverage::default();
        assert_eq!(words(&empty(&coverage), &sample::OPTIONS).0, "Nothing to scan: no files.");
        coverage.files = 2;
        coverage.bytes = 1_234;
        let (verdict, account) = words(&empty(&coverage), &sample::OPTIONS);
        assert_eq!(verdict, "No findings at or above low.");
        assert_eq!(account, "Scanned 2 files (1.2 kB).");
        coverage.skip(SkipReason::Encrypted, "a.zip");
        let (verdict, _) = words(&empty(&coverage), &sample::OPTIONS);
        assert!(verdict.ends_with("in what could be read; the scan is incomplete."), "{verdict}");
    }

    #[test]
    fn ignored_environment_files_are_named() {
        let mut coverage = Coverage::default();
        coverage.files = 1;
        for name in ["target/", ".env", "apps/web/.env.local"] {
            coverage.skip(SkipReason::Ignored, name);
        }
        let (_, account) = words(&empty(&coverage), &sample::OPTIONS);
        assert!(
            account.contains("skipped 3 ignored (including .env, apps/web/.env.local; --no-ignore reads them)"),
            "{account}"
        );
    }

    #[test]
    fn hidden_notes_are_counted() {
        let (_, account) = words(&sample::report(), &sample::OPTIONS);
        assert!(account.contains("3 publishable keys (note); --min-severity note lists them"), "{account}");
    }
}
