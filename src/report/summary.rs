//! The last words of a report for people: what was found, what was read, what was left out and why.
//!
//! Silence is never "clean": whatever could not be read is named here with its reason and a next step.

use super::view::{View, clean, counted, number, size};
use super::{Options, Report, TargetKind};
use crate::model::{Reason, Severity, SkipClass, Skipped, Status};

/// Names of ignored environment files that are told without being asked.
const NAMED: usize = 5;

/// The verdict in one sentence.
pub(super) fn verdict(report: &Report, view: &View<'_>, options: &Options) -> String {
    let open = view.open().count() as u64;
    let incomplete = !report.coverage.complete;
    if open > 0 {
        let tally = view.tally();
        let rest = if incomplete { ", in what could be read" } else { "" };
        return format!("Found {}: {tally}{rest}.{}", counted(open, "open problem"), failing(view, options));
    }
    if incomplete {
        return format!("Found nothing {} in what could be read, and not everything could be.", threshold(options));
    }
    if is_empty(report) {
        return nothing(report.target.kind).to_owned();
    }
    format!("Found nothing {}.", threshold(options))
}

/// How many of the open problems fail the scan, unless all do.
fn failing(view: &View<'_>, options: &Options) -> String {
    let open = view.open().count();
    let fail = view.open().filter(|block| block.main.severity >= options.fail_on).count();
    let flag = format!("--fail-on {}", options.fail_on.name());
    match fail {
        fail if fail == open => String::new(),
        0 if open == 1 => format!(" It does not fail the scan ({flag})."),
        0 => format!(" None of them fails the scan ({flag})."),
        1 => format!(" One of them fails the scan ({flag})."),
        fail => format!(" {} of them fail the scan ({flag}).", number(fail as u64)),
    }
}

fn threshold(options: &Options) -> String {
    match options.min_severity {
        Severity::Note => "at all".to_owned(),
        severity => format!("of severity {} or above", severity.name()),
    }
}

/// Whether there was nothing that could have been read.
pub(super) fn is_empty(report: &Report) -> bool {
    let coverage = &report.coverage;
    coverage.files == 0 && coverage.objects == 0 && coverage.bytes == 0 && report.findings.is_empty()
}

fn nothing(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Worktree => "Nothing to scan: no file.",
        TargetKind::Staged => "Nothing to scan: nothing is staged.",
        TargetKind::Range => "Nothing to scan: the range holds no new object.",
        TargetKind::History => "Nothing to scan: the repository holds no object.",
        TargetKind::Stdin => "Nothing to scan: standard input was empty.",
    }
}

/// What was scanned, left out on purpose, set aside and hidden, in one line.
pub(super) fn account(report: &Report, view: &View<'_>, options: &Options) -> String {
    let mut parts = vec![format!("Scanned {}", scanned(report))];
    let left_out: Vec<String> = report
        .coverage
        .skipped
        .iter()
        .filter(|skipped| skipped.class == SkipClass::Policy)
        .filter(|skipped| skipped.reason != Reason::GitDir || options.verbose > 0)
        .map(left_out)
        .collect();
    if !left_out.is_empty() {
        parts.push(format!("left out {}", left_out.join(", ")));
    }
    let aside: Vec<String> =
        [(Status::Existing, "already there"), (Status::Suppressed, "allowed"), (Status::Baselined, "in the baseline")]
            .into_iter()
            .map(|(status, words)| (view.count(status), words))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{} {words}", number(count as u64)))
            .collect();
    if !aside.is_empty() {
        let hint = if options.verbose > 0 { "" } else { " (-v lists them)" };
        parts.push(format!("not counted: {}{hint}", aside.join(", ")));
    }
    if let Some(hidden) = &view.hidden {
        parts.push(format!("hidden: {hidden}"));
    }
    format!("{}.", parts.join("; "))
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
    format!("{} ({})", counts.join(" and "), size(coverage.bytes))
}

fn left_out(skipped: &Skipped) -> String {
    let noun = match skipped.reason {
        Reason::Ignored => {
            return format!("{} ignored{}", number(skipped.count), environment_files(&skipped.examples));
        }
        Reason::SpecialFile => "special file",
        Reason::SymlinkTarget => "symlink target",
        Reason::Submodule => "submodule",
        Reason::LfsPointer => "Git LFS object",
        Reason::GitDir => ".git directory",
        Reason::ArchiveNotOpened => "unopened archive",
        other => other.name(),
    };
    if skipped.count != 1 && skipped.reason == Reason::GitDir {
        return format!("{} .git directories", number(skipped.count));
    }
    counted(skipped.count, noun)
}

fn environment_files(examples: &[String]) -> String {
    let names: Vec<String> = examples.iter().filter(|name| is_environment_file(name)).map(|name| clean(name)).collect();
    match names.len() {
        0 => String::new(),
        count => {
            let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
            let shown = names[..count.min(NAMED)].join(", ");
            format!(" (among them {shown}{more}; --no-ignore reads them)")
        }
    }
}

/// One line for each reason why something could not be read.
pub(super) fn unread(report: &Report) -> impl Iterator<Item = (String, Vec<String>, &'static str)> {
    report.coverage.skipped.iter().filter(|skipped| skipped.class == SkipClass::Unread).map(|skipped| {
        let words = format!("{} {}", number(skipped.count), problem(skipped.reason));
        (words, skipped.examples.iter().map(|name| clean(name)).collect(), next_step(skipped.reason))
    })
}

fn problem(reason: Reason) -> &'static str {
    match reason {
        Reason::Unreadable => "unreadable",
        Reason::Vanished => "gone before being read",
        Reason::Changed => "changed while being read",
        Reason::MissingObject => "missing from the object store",
        Reason::OverLimit => "over a limit",
        Reason::Encrypted => "encrypted",
        Reason::Damaged => "damaged",
        Reason::Unsupported => "of an unsupported format",
        Reason::ShallowBoundary => "cut off by a shallow clone",
        Reason::Alternate => "in an object store outside of the repository",
        Reason::TimedOut => "not reached in time",
        Reason::Internal => "stopped by a defect of pinstripe",
        other => other.name(),
    }
}

fn next_step(reason: Reason) -> &'static str {
    match reason {
        Reason::Unreadable => "run as a user who may read it",
        Reason::Vanished | Reason::Changed => "scan again when nothing writes there",
        Reason::MissingObject => "fetch it: git fetch --refetch",
        Reason::OverLimit => "unpack or split it and scan the parts",
        Reason::Encrypted => "decrypt it and scan what is inside",
        Reason::Damaged => "restore it; git fsck checks a repository",
        Reason::Unsupported => "convert or unpack it and scan the result",
        Reason::ShallowBoundary => "git fetch --unshallow",
        Reason::Alternate => "scan the repository that owns it",
        Reason::TimedOut => "give it more time with --timeout",
        Reason::Internal => "please report it",
        _ => "",
    }
}

fn is_environment_file(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(".env"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Coverage;
    use crate::report::{CoverageReport, sample};
    use crate::rules::load;

    fn words(report: &Report, options: &Options) -> (String, String) {
        let rules = load::load(true, &[]).unwrap();
        let view = View::new(report, &rules, options);
        (verdict(report, &view, options), account(report, &view, options))
    }

    fn empty(coverage: &Coverage) -> Report {
        Report { findings: Vec::new(), coverage: CoverageReport::from(coverage), ..sample::report() }
    }

    #[test]
    fn nothing_read_is_not_clean() {
        let mut coverage = Coverage::default();
        assert_eq!(words(&empty(&coverage), &sample::OPTIONS).0, "Nothing to scan: no file.");
        coverage.files = 2;
        coverage.bytes = 1_234;
        let (verdict, account) = words(&empty(&coverage), &sample::OPTIONS);
        assert_eq!(verdict, "Found nothing of severity low or above.");
        assert_eq!(account, "Scanned 2 files (1.2 kB).");
        coverage.skip(Reason::Encrypted, "a.zip");
        let (verdict, _) = words(&empty(&coverage), &sample::OPTIONS);
        assert!(verdict.contains("not everything could be"), "{verdict}");
    }

    #[test]
    fn ignored_environment_files_are_named() {
        let mut coverage = Coverage::default();
        coverage.files = 1;
        for name in ["target/", ".env", "apps/web/.env.local"] {
            coverage.skip(Reason::Ignored, name);
        }
        let (_, account) = words(&empty(&coverage), &sample::OPTIONS);
        assert!(
            account.contains("left out 3 ignored (among them .env, apps/web/.env.local; --no-ignore reads them)"),
            "{account}"
        );
    }

    #[test]
    fn hidden_notes_are_counted() {
        let (_, account) = words(&sample::report(), &sample::OPTIONS);
        assert!(account.contains("3 publishable keys (note); --min-severity note lists them"), "{account}");
    }
}
