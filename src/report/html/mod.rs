//! Writes `html`: one page that loads nothing and sends nothing, for a browser, a printer and a screen reader.
//!
//! Verdict and coverage are in the page itself; the list of credentials is data that its script shows. The content security
//! policy allows this script and this style by their hashes, and nothing else. Text of a repository is escaped by the template,
//! or set as text by the script; it is never markup.

mod data;

use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::describe::{self, clean};
use super::grouping::GroupedFindings;
use super::{Options, json, summary};
use crate::model::{CoverageReport, DiffEntry, Report, ReportedRepository, Status, TargetKind};
use crate::rules::RuleSet;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("app.js");
/// The place of the data in the page; no escaped text can be it.
const DATA: &str = "<!--data-->";

/// Examples of what could not be read for one reason.
const MAX_EXAMPLES: usize = 10;
/// Differences to an earlier report that the page lists.
const MAX_DIFFERENCES: usize = 1_000;
/// Characters shown of the beginning and of the end of a name in the section on coverage.
const MAX_HALF: usize = 120;

#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct Page<'a> {
    style: &'a str,
    style_hash: String,
    script: &'a str,
    script_hash: String,
    scope: String,
    kind: &'static str,
    head: String,
    state: &'static str,
    verdict: String,
    account: String,
    complete: bool,
    unread: Vec<UnreadRow>,
    repositories_counted: String,
    repositories: Vec<RepositoryRow>,
    has_read: bool,
    /// Counts of an earlier report's findings, if there is one.
    since: String,
    differences: Vec<DifferenceRow>,
    more_differences: usize,
    tool: String,
    rules_digest: String,
}

/// Places that could not be read for one reason.
struct UnreadRow {
    problem: String,
    examples: Vec<String>,
    /// Number of the other examples.
    more: usize,
    next_step: &'static str,
}

/// Fate of a credential of the earlier report.
struct DifferenceRow {
    kind: &'static str,
    how: String,
    name: String,
    place: String,
}

/// A repository in the section on coverage.
struct RepositoryRow {
    name: String,
    remote: String,
    head: String,
    read: String,
    owners: String,
}

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    // Nothing has to be asked for again.
    let options = &Options { verbose: options.verbose.max(1), ..options.clone() };
    let grouped = GroupedFindings::new(report, rules, options);
    // A checkout may have changed the line ends, which a browser undoes before it hashes.
    let (style, script) = (STYLE.replace('\r', ""), SCRIPT.replace('\r', ""));
    let page = page(report, &grouped, options, (&style, &script)).render().map_err(io::Error::other)?;
    let (before, after) = page.split_once(DATA).unwrap_or((&page, ""));
    out.write_all(before.as_bytes())?;
    let data = data::Data::new(report, rules, options, &grouped);
    json::write(&data, serde_json::ser::CompactFormatter, &mut InScript(out))?;
    out.write_all(after.as_bytes())
}

fn page<'a>(
    report: &Report,
    grouped: &GroupedFindings<'_>,
    options: &Options,
    (style, script): (&'a str, &'a str),
) -> Page<'a> {
    let repositories: Vec<RepositoryRow> = report.repositories.iter().flatten().map(repository).collect();
    let entries = report.diff.as_ref().map(|diff| diff.entries.as_slice()).unwrap_or_default();
    let differences = entries.iter().take(MAX_DIFFERENCES).map(difference).collect();
    let more_differences = entries.len().saturating_sub(MAX_DIFFERENCES);
    let since = report.diff.as_ref().map(|diff| format!("{}.", diff.counts()));
    let head = report.target.head.as_deref().map(describe::short).map(clean);
    Page {
        style,
        style_hash: hash(style),
        script,
        script_hash: hash(script),
        scope: scope(report),
        kind: kind(report.target.kind),
        head: head.unwrap_or_default(),
        state: state(report, grouped),
        verdict: summary::verdict(report, grouped, options),
        account: summary::account(report, grouped, options),
        complete: report.coverage.complete,
        unread: summary::unread(report).map(unread).collect(),
        repositories_counted: match repositories.len() {
            1 => "1 repository".to_owned(),
            several => format!("{} repositories", describe::number(several as u64)),
        },
        has_read: repositories.iter().any(|known| !known.read.is_empty()),
        repositories,
        since: since.unwrap_or_default(),
        differences,
        more_differences,
        tool: format!("{} {}", clean(&report.tool.name), clean(&report.tool.version)),
        rules_digest: clean(describe::short(&report.tool.rules_digest)),
    }
}

fn difference(entry: &DiffEntry) -> DifferenceRow {
    let repository = entry.repository.as_deref().filter(|_| entry.place.is_empty());
    DifferenceRow {
        kind: entry.kind.words(),
        how: clean(&entry.what),
        name: clean(&entry.name()),
        place: middle(&clean(repository.unwrap_or(&entry.place))),
    }
}

fn unread(unread: summary::Unread) -> UnreadRow {
    let summary::Unread { problem, examples, next_step } = unread;
    let more = examples.len().saturating_sub(MAX_EXAMPLES);
    UnreadRow {
        problem,
        examples: examples.iter().take(MAX_EXAMPLES).map(|name| middle(name)).collect(),
        more,
        next_step,
    }
}

/// Leaves out the middle of a long name.
fn middle(text: &str) -> String {
    let count = text.chars().count();
    if count <= 2 * MAX_HALF + 1 {
        return text.to_owned();
    }
    let (begin, end) = (text.chars().take(MAX_HALF), text.chars().skip(count - MAX_HALF));
    begin.chain(['…']).chain(end).collect()
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn scope(report: &Report) -> String {
    let root = middle(&clean(&report.target.root));
    if root.is_empty() { "standard input".to_owned() } else { root }
}

fn kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Worktree => "files on disk",
        TargetKind::Staged => "staged changes",
        TargetKind::Range => "a range of commits",
        TargetKind::History => "whole history",
        TargetKind::Stdin => "standard input",
    }
}

/// Returns the class of the verdict.
fn state(report: &Report, grouped: &GroupedFindings<'_>) -> &'static str {
    match (grouped.with_status(Status::Open).next(), report.coverage.complete) {
        (Some(_), _) => "open",
        (None, true) => "clean",
        (None, false) => "unknown",
    }
}

fn repository(known: &ReportedRepository) -> RepositoryRow {
    let name = if known.id == "." { &known.path } else { &known.id };
    let owners = known.codeowners.as_ref();
    RepositoryRow {
        name: middle(&clean(name)),
        remote: known.remote.as_deref().map(|remote| middle(&clean(remote))).unwrap_or_default(),
        head: known.head.as_deref().map(describe::short).map(clean).unwrap_or_default(),
        read: known.coverage.as_ref().map(read).unwrap_or_default(),
        owners: owners
            .map_or_else(|| "none".to_owned(), |file| format!("{} ({})", clean(&file.path), file.dialect.name())),
    }
}

/// Describes what was read of one repository among several.
fn read(coverage: &CoverageReport) -> String {
    let complete = if coverage.complete { "complete" } else { "incomplete" };
    format!("{complete}, {}", describe::size(coverage.bytes))
}

/// Escapes `<`, which in JSON stands in strings only, so that no string ends the element or begins a comment.
struct InScript<'a>(&'a mut dyn Write);

impl Write for InScript<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (at, part) in bytes.split(|byte| *byte == b'<').enumerate() {
            if at > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DiffEntry, DiffKind, ReportDiff, Severity};
    use crate::report::sample;

    fn written(options: &Options) -> String {
        sample::written("html", &sample::report(), options)
    }

    /// Returns what stands between two texts.
    fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
        text.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).unwrap().0
    }

    #[test]
    fn the_policy_allows_the_script_and_the_style_and_nothing_else() {
        let page = written(&sample::OPTIONS);
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
        let (style, script) = (between(&page, "<style>", "</style>"), between(&page, "<script>", "</script>"));
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
                hash(script),
                hash(style)
            )
        );
        // Nothing in the page needs what the policy forbids.
        let markup = page.replace(style, "").replace(script, "");
        let markup = markup.split("<script type=").next().unwrap();
        for forbidden in [" src=", " style=", " onclick=", "http:", "url("] {
            assert!(!markup.contains(forbidden) && !style.contains(forbidden), "{forbidden}");
        }
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "fetch("]
        {
            assert!(!script.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn the_data_holds_every_credential_and_ends_no_element() {
        let options = Options { min_severity: Severity::Note, ..sample::OPTIONS };
        let page = written(&options);
        let data = between(&page, "id=\"data\">", "</script>");
        assert!(!data.contains('<'));
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let report = sample::report();
        let fingerprints: std::collections::BTreeSet<String> =
            report.findings.iter().map(|finding| finding.fingerprint.to_string()).collect();
        let rows = data["rows"].as_array().unwrap();
        assert_eq!(rows.len(), fingerprints.len());
        assert!(rows.iter().all(|row| row.as_array().unwrap().len() == 17));
        assert_eq!(written(&options).matches("<script").count(), 2);
    }

    #[test]
    fn verdict_and_coverage_stand_before_the_credentials() {
        let page = written(&sample::OPTIONS);
        let order = ["Found 6 open problems", "private/: Permission denied", "2 encrypted", "id=\"app\""];
        let places: Vec<usize> = order.iter().map(|text| page.find(text).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(page.contains("3 publishable keys (note); --min-severity note lists them"));
    }

    #[test]
    fn what_changed_since_an_earlier_report_is_listed_and_marked() {
        let mut report = sample::report();
        let entry = |kind, at: usize| DiffEntry {
            kind,
            what: "removed <b>".to_owned(),
            rule: report.findings[at].rule.clone(),
            fingerprint: report.findings[at].fingerprint,
            severity: Severity::High,
            masked: None,
            repository: None,
            place: "a.js:1".to_owned(),
        };
        let entries = vec![entry(DiffKind::Changed, 0), entry(DiffKind::Gone, 1)];
        report.diff = Some(ReportDiff { new: 1, same: 2, entries });
        let page = sample::written("html", &report, &sample::OPTIONS);
        let section = between(&page, "Since the earlier report", "</section>");
        assert!(section.contains("1 new, 2 the same, 1 changed, 1 gone."), "{section}");
        assert_eq!((section.matches("<tr>").count(), section.contains("<b>")), (1 + 2, false));
        let data: serde_json::Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
        let changes: Vec<u64> = data["rows"].as_array().unwrap().iter().map(|row| row[3].as_u64().unwrap()).collect();
        assert!([0, 1, 2].iter().all(|change| changes.contains(change)), "{changes:?}");
        assert!(!written(&sample::OPTIONS).contains("Since the earlier report"));
    }
}
