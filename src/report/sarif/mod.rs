//! SARIF 2.1.0, as GitHub code scanning reads it.
//!
//! One result for each rule, credential and file, written one after the other, in runs of as many as GitHub takes;
//! `results: []` without any, which closes old alerts. Findings that
//! are allowed or in the baseline are left out, because code scanning ignores suppressions and would show them as open.
//! Unread input is a notification, and the execution then counts as not successful. Runs over history have a category of
//! their own. The types are serde-sarif's, and stay in this module.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::CompactFormatter;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, Notification, PropertyBag, ReportingDescriptorReference, Run,
    RunAutomationDetails, Tool, ToolComponent, VersionControlDetails,
};

mod descriptor;
mod result;

use super::describe::{self, clean};
use super::{Options, json, summary};
use crate::credential::Mode;
use crate::model::{Finding, Report, TargetKind};
use crate::rules::RuleSet;

/// The numbers of results that GitHub takes.
#[derive(Debug, Clone, Copy)]
struct UploadLimits {
    /// Results of a run; above this, it rejects the whole file.
    accepted: usize,
    /// Results of a run; above this, it drops the rest.
    kept: usize,
    /// Runs of a file; above this, it rejects the file.
    runs: usize,
}

/// Source: github/docs, "SARIF support for code scanning".
const GITHUB: UploadLimits = UploadLimits { accepted: 25_000, kept: 5_000, runs: 20 };
/// The base that locations are relative to.
const ROOT: &str = "%SRCROOT%";

/// A log whose results are made while it is written.
#[derive(Serialize)]
struct StreamedLog<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: R,
}

#[derive(Serialize)]
struct StreamedRun<R> {
    #[serde(flatten)]
    head: Run,
    results: R,
}

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_within(report, rules, (options, GITHUB), out)
}

/// Writes one result after the other, in as many runs as the limits ask for.
fn write_within(
    report: &Report,
    rules: &RuleSet,
    (options, limits): (&Options, UploadLimits),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut findings: Vec<&Finding> = report.at_or_above(options.min_severity).collect();
    // The limits cut off live keys last.
    findings.sort_by_key(|finding| {
        let live = finding.key.as_ref().is_some_and(|key| key.mode == Mode::Live);
        (Reverse(finding.severity), Reverse(live))
    });
    let ids = descriptor::ids(rules, &findings);
    let total: usize = findings.iter().map(|finding| result::count(finding)).sum();
    let mut line_hashes = result::LineHashes::default();
    let results = findings.into_iter().flat_map(|finding| result::results(report, rules, &ids, finding));
    let results = RefCell::new(results.map(|mut result| {
        line_hashes.separate(&mut result);
        result
    }));
    let count = total.div_ceil(limits.accepted).clamp(1, limits.runs);
    let runs = RefCell::new((1..=count).map(|number| {
        let mut head = head(report, rules, &ids, options);
        head.invocations = Some(vec![invocation(report, total, limits)]);
        head.automation_details = category(report.target.kind, options, number);
        StreamedRun { head, results: json::Streamed { items: &results, most: limits.accepted } }
    }));
    let runs = json::Streamed { items: &runs, most: count };
    let log = StreamedLog { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs };
    json::write(&log, CompactFormatter, out)
}

/// Makes everything of a run but its results.
fn head(report: &Report, rules: &RuleSet, ids: &[String], options: &Options) -> Run {
    let mut driver = ToolComponent::builder()
        .name("pinstripe")
        .full_name(format!("pinstripe {}", clean(&report.tool.version)))
        .build();
    driver.version = Some(clean(&report.tool.version));
    driver.semantic_version = Some(clean(&report.tool.version));
    driver.information_uri = Some(descriptor::INFORMATION.to_owned());
    driver.rules = Some(ids.iter().map(|id| descriptor::descriptor(rules, id)).collect());
    driver.notifications = Some(descriptor::notifications());
    driver.properties = Some(properties([("rulesDigest", json!(report.tool.rules_digest))]));
    let mut run = Run::builder().tool(Tool::builder().driver(driver).build()).build();
    run.column_kind = Some(json!("utf16CodeUnits"));
    run.version_control_provenance = provenance(report, options);
    run.original_uri_base_ids = Some([(ROOT.to_owned(), root())].into());
    run
}

/// Returns the category of a run: uploads of one replace each other. By default only findings in history, whose lines are
/// those of other commits, have their own. The runs of one file are kept apart: GitHub refuses two of one category.
fn category(kind: TargetKind, options: &Options, number: usize) -> Option<RunAutomationDetails> {
    let by_kind = if kind == TargetKind::History { Some("pinstripe/history") } else { None };
    let name = options.sarif_category.as_deref().or(by_kind).or((number > 1).then_some("pinstripe"))?;
    let part = if number > 1 { format!("part-{number}/") } else { String::new() };
    // The part behind the last slash is the run's own.
    Some(RunAutomationDetails { id: Some(format!("{}/{part}", clean(name))), ..Default::default() })
}

/// Names the repository and the commit that the paths are those of.
fn provenance(report: &Report, options: &Options) -> Option<Vec<VersionControlDetails>> {
    let known = match &options.repository_url {
        Some(url) => vec![(url.trim_end_matches("/-"), &report.target.head)],
        None => {
            let repositories = report.repositories.iter().flatten();
            let named = repositories.filter_map(|at| Some((at.remote.as_deref()?, &at.head)));
            named.filter(|(url, _)| url.starts_with("https://") || url.starts_with("http://")).collect()
        }
    };
    let details = known.into_iter().map(|(url, head)| {
        let mut details = VersionControlDetails::builder().repository_uri(clean(url)).build();
        details.revision_id = head.as_deref().map(clean);
        details.mapped_to = Some(ArtifactLocation { uri_base_id: Some(ROOT.to_owned()), ..Default::default() });
        details
    });
    Some(details.collect::<Vec<_>>()).filter(|details| !details.is_empty())
}

fn root() -> ArtifactLocation {
    ArtifactLocation { description: Some(message("The root of the scanned repository.")), ..Default::default() }
}

fn invocation(report: &Report, results: usize, limits: UploadLimits) -> Invocation {
    let mut notifications: Vec<Notification> = summary::unread(report)
        .map(|unread| {
            let names = unread.examples.join(", ");
            let names = if names.is_empty() { names } else { format!(": {names}") };
            notification(0, &format!("Not read, {}{names}. Next step: {}.", unread.problem, unread.next_step))
        })
        .collect();
    if results > limits.kept {
        let left_out = results.saturating_sub(limits.accepted * limits.runs);
        let text = format!(
            "There are {} results, the most severe first. GitHub keeps {} of a run; {} are missing in this file. The JSON report has them all.",
            describe::number(results as u64),
            describe::number(limits.kept as u64),
            describe::number(left_out as u64)
        );
        notifications.push(notification(1, &text));
    }
    let mut invocation = Invocation::builder().execution_successful(report.coverage.complete).build();
    invocation.tool_execution_notifications = Some(notifications);
    invocation
}

fn notification(descriptor: usize, text: &str) -> Notification {
    let reference = ReportingDescriptorReference {
        id: Some(descriptor::NOTIFICATIONS[descriptor].0.to_owned()),
        index: i64::try_from(descriptor).ok(),
        ..Default::default()
    };
    let mut notification = Notification::builder().message(message(text)).build();
    notification.level = Some(json!("warning"));
    notification.descriptor = Some(reference);
    notification
}

/// Writes a message whose text contains no links.
fn message(text: &str) -> Message {
    Message { text: Some(escaped(text)), ..Default::default() }
}

/// Escapes brackets, which would begin a link.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn properties<const N: usize>(entries: [(&str, Value); N]) -> PropertyBag {
    PropertyBag {
        additional_properties: entries
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn runs(report: &Report, limits: UploadLimits) -> Vec<Value> {
        let mut bytes = Vec::new();
        write_within(report, &sample::rules(), (&sample::OPTIONS, limits), &mut bytes).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["runs"].as_array().unwrap().clone()
    }

    fn results(runs: &[Value]) -> Vec<Value> {
        runs.iter().flat_map(|run| run["results"].as_array().unwrap().clone()).collect()
    }

    #[test]
    fn many_results_make_several_runs() {
        let mut report = sample::report();
        let all = results(&runs(&report, GITHUB));
        assert_eq!(all[0]["ruleId"], "secret-live");
        let parts = runs(&report, UploadLimits { accepted: 4, ..GITHUB });
        assert_eq!(parts.iter().map(|run| results(std::slice::from_ref(run)).len()).max(), Some(4));
        assert_eq!(results(&parts), all);
        let ids = |parts: &[Value]| parts.iter().map(|run| run["automationDetails"]["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&parts)[..2], [Value::Null, json!("pinstripe/part-2/")]);
        report.target.kind = TargetKind::History;
        let parts = runs(&report, UploadLimits { accepted: 4, ..GITHUB });
        assert_eq!(ids(&parts)[..2], [json!("pinstripe/history/"), json!("pinstripe/history/part-2/")]);
        report.findings.clear();
        assert_eq!(runs(&report, GITHUB)[0]["results"], json!([]));
    }

    #[test]
    fn limits_drop_the_least_and_say_so() {
        let report = sample::report();
        let all = results(&runs(&report, GITHUB));
        let cut = runs(&report, UploadLimits { accepted: 2, kept: 1, runs: 2 });
        assert_eq!((cut.len(), results(&cut)), (2, all[..4].to_vec()));
        let notices = cut[0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        let text = notices.last().unwrap()["message"]["text"].as_str().unwrap();
        let expected = format!(
            "There are {} results, the most severe first. GitHub keeps 1 of a run; {} are",
            all.len(),
            all.len() - 4
        );
        assert!(text.starts_with(&expected), "{text}");
    }

    #[test]
    fn live_keys_come_before_others_of_the_same_severity() {
        let mut report = sample::report();
        for finding in &mut report.findings {
            finding.severity = crate::model::Severity::High;
        }
        let live: Vec<bool> =
            results(&runs(&report, GITHUB)).iter().map(|result| result["properties"]["mode"] == "live").collect();
        assert!(live.is_sorted_by(|a, b| a >= b), "{live:?}");
    }
}
