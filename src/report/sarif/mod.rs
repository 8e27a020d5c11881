//! SARIF 2.1.0, as GitHub code scanning reads it.
//!
//! One run; one result for each rule, credential and file; `results: []` without any, which closes old alerts. Findings that
//! are allowed or in the baseline are left out, because code scanning ignores suppressions and would show them as open.
//! Unread input is a notification, and the execution then counts as not successful. Runs over history have a category of
//! their own. The types are serde-sarif's, and stay in this module.

use std::cmp::Reverse;
use std::io::{self, Write};

use serde_json::ser::CompactFormatter;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, Notification, PropertyBag, ReportingDescriptorReference, Run,
    RunAutomationDetails, Sarif, Tool, ToolComponent,
};

mod descriptor;
mod result;
mod uri;

use super::describe::{self, clean};
use super::{Options, json, summary};
use crate::credential::Mode;
use crate::model::{Finding, Report, TargetKind};
use crate::rules::RuleSet;

/// The numbers of results that GitHub takes from a run.
#[derive(Debug, Clone, Copy)]
struct UploadLimits {
    /// Above this, it rejects the whole file.
    accepted: usize,
    /// Above this, it drops the rest.
    kept: usize,
}

/// Source: github/docs, "SARIF support for code scanning".
const GITHUB: UploadLimits = UploadLimits { accepted: 25_000, kept: 5_000 };
/// The base that locations are relative to.
const ROOT: &str = "%SRCROOT%";

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let log = Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json")
        .version(json!("2.1.0"))
        .runs(vec![run(report, rules, options, GITHUB)])
        .build();
    json::write(&log, CompactFormatter, out)
}

fn run(report: &Report, rules: &RuleSet, options: &Options, limits: UploadLimits) -> Run {
    let mut findings: Vec<&Finding> = report.at_or_above(options.min_severity).collect();
    // The limit cuts off live keys last.
    findings.sort_by_key(|finding| {
        let live = finding.key.as_ref().is_some_and(|key| key.mode == Mode::Live);
        (Reverse(finding.severity), Reverse(live))
    });
    let ids = descriptor::ids(rules, &findings);
    let (mut results, mut line_hashes) = (Vec::new(), result::LineHashes::default());
    let mut total = 0;
    for finding in findings {
        let mut found = result::results(report, rules, &ids, finding);
        found.iter_mut().for_each(|result| line_hashes.separate(result));
        total += found.len();
        let room = limits.accepted.saturating_sub(results.len());
        results.extend(found.into_iter().take(room));
    }
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
    run.invocations = Some(vec![invocation(report, total, limits)]);
    run.automation_details = category(report.target.kind);
    run.original_uri_base_ids = Some([(ROOT.to_owned(), root())].into());
    run.results = Some(results);
    run
}

/// Keeps findings in history, whose lines are those of other commits, apart from findings in the tree.
fn category(kind: TargetKind) -> Option<RunAutomationDetails> {
    (kind == TargetKind::History)
        .then(|| RunAutomationDetails { id: Some("pinstripe/history/".to_owned()), ..Default::default() })
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
        let left_out = results.saturating_sub(limits.accepted);
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

    #[test]
    fn limits_drop_the_least_and_say_so() {
        let (report, rules) = (sample::report(), sample::rules());
        let all = run(&report, &rules, &sample::OPTIONS, GITHUB).results.unwrap();
        let cut = run(&report, &rules, &sample::OPTIONS, UploadLimits { accepted: 4, kept: 2 });
        assert_eq!(cut.results.unwrap(), all[..4]);
        assert_eq!(all[0].rule_id.as_deref(), Some("secret-live"));
        let notices = cut.invocations.unwrap().remove(0).tool_execution_notifications.unwrap();
        let text = notices.last().and_then(|notice| notice.message.text.clone()).unwrap();
        let expected = format!(
            "There are {} results, the most severe first. GitHub keeps 2 of a run; {} are",
            all.len(),
            all.len() - 4
        );
        assert!(text.starts_with(&expected), "{text}");
    }

    #[test]
    fn live_keys_come_before_others_of_the_same_severity() {
        let (mut report, rules) = (sample::report(), sample::rules());
        for finding in &mut report.findings {
            finding.severity = crate::model::Severity::High;
        }
        let results = run(&report, &rules, &sample::OPTIONS, GITHUB).results.unwrap();
        let live: Vec<bool> = results
            .iter()
            .map(|result| result.properties.as_ref().unwrap().additional_properties.get("mode") == Some(&json!("live")))
            .collect();
        assert!(live.is_sorted_by(|a, b| a >= b), "{live:?}");
    }
}
