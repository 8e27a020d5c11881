//! Writes `gitlab`: a report of secret detection, as GitLab's `artifacts:reports:secret_detection` takes it.
//!
//! An open place is a vulnerability. The schema wants to know when the scan ran; to repeat byte for byte, the report says the
//! time of the newest commit that it names.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Options;
use super::describe::{self, clean};
use super::grouping::GroupedFindings;
use super::{json, remediation, summary};
use crate::credential::Fingerprint;
use crate::model::{Finding, Location, Origin, Report, Severity, Status};
use crate::rules::RuleSet;

/// The version of the schema. GitLab checks a report by the newest patch of a minor version that it knows.
const VERSION: &str = "15.2.3";
/// The commit of what is in none, as GitLab's own analyzer writes it.
const NO_COMMIT: &str = "0000000";
const MAX_NAME: usize = 255;
const MAX_SOLUTION: usize = 7_000;

/// A report whose vulnerabilities are made while it is written.
#[derive(Serialize)]
struct GitlabDocument<V> {
    scan: Value,
    version: &'static str,
    vulnerabilities: V,
}

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let vulnerabilities = report.open_at_or_above(options.min_severity).flat_map(|finding| {
        let open = finding.locations.iter().filter(|at| at.status == Status::Open);
        open.map(move |at| vulnerability(report, rules, finding, at))
    });
    let vulnerabilities = RefCell::new(vulnerabilities);
    let program = json!({
        "id": "pinstripe",
        "name": "pinstripe",
        "version": report.tool.version,
        "vendor": {"name": "pinstripe"},
    });
    let time = newest(report);
    let status = if report.coverage.complete { "success" } else { "failure" };
    let scan = json!({
        "type": "secret_detection",
        "status": status,
        "start_time": time,
        "end_time": time,
        "analyzer": program,
        "scanner": program,
        "messages": messages(report, rules, options),
    });
    let vulnerabilities = json::Streamed { items: &vulnerabilities, most: usize::MAX };
    let document = GitlabDocument { scan, version: VERSION, vulnerabilities };
    json::write(&document, serde_json::ser::PrettyFormatter::new(), out)
}

/// Says what was not read, and what is not in the list.
fn messages(report: &Report, rules: &RuleSet, options: &Options) -> Vec<Value> {
    let unread = summary::unread(report).map(|unread| {
        let examples = unread.examples.join(", ");
        json!({"level": "warn", "value": format!("Not read: {}: {examples}. Next step: {}.", unread.problem, unread.next_step)})
    });
    let grouped = GroupedFindings::new(report, rules, options);
    let account = json!({"level": "info", "value": summary::account(report, &grouped, options)});
    unread.chain([account]).collect()
}

/// Returns the time of the newest commit that the report names, without a zone.
fn newest(report: &Report) -> String {
    let exposures = report.findings.iter().flat_map(|finding| finding.exposure.iter().chain(&finding.exposures));
    let dates = exposures.flat_map(|exposure| exposure.introduced.iter().chain(&exposure.removed));
    let seconds = dates.filter_map(|change| change.date.get(..19)).filter(|date| is_time(date)).max();
    seconds.unwrap_or("1970-01-01T00:00:00").to_owned()
}

fn is_time(text: &str) -> bool {
    text.bytes().zip(b"0000-00-00T00:00:00").all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *form,
    })
}

fn vulnerability(report: &Report, rules: &RuleSet, finding: &Finding, at: &Location) -> Value {
    let rule = describe::rule(rules, finding);
    let mut identifiers = vec![json!({
        "type": "pinstripe_rule_id",
        "name": format!("pinstripe rule {}", clean(&finding.rule)),
        "value": clean(&finding.rule),
    })];
    if let Some(cwe) = rule.map(|rule| rule.cwe) {
        let url = format!("https://cwe.mitre.org/data/definitions/{cwe}.html");
        identifiers.push(json!({"type": "cwe", "name": format!("CWE-{cwe}"), "value": cwe.to_string(), "url": url}));
    }
    let why = rule.map(|rule| clean(&rule.help.why));
    let sentences = describe::sentences(rules, finding).into_iter();
    let exposure = describe::exposure(finding).map(|exposure| format!("Exposure: {exposure}."));
    let description: Vec<String> =
        sentences.chain([format!("Place: {}.", describe::place_with_remarks(at))]).chain(exposure).chain(why).collect();
    let steps = rule.map(|rule| remediation::steps(rule, finding)).unwrap_or_default();
    let mut links = rule.map(|rule| rule.help.links.clone()).unwrap_or_default();
    links.retain(|link| link.starts_with("https://"));
    json!({
        "id": id(finding, at),
        "name": cut(describe::title(rules, finding), MAX_NAME),
        "description": description.join("\n\n"),
        "severity": severity(finding.severity),
        "solution": cut(steps.iter().map(|step| clean(step)).collect::<Vec<_>>().join("\n"), MAX_SOLUTION),
        "identifiers": identifiers,
        "links": links.iter().map(|link| json!({"url": link})).collect::<Vec<_>>(),
        "details": details(finding, at),
        "location": location(report, at),
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "Info",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

/// Returns an identifier in the form of a UUID: the same for the same credential, rule and place.
fn id(finding: &Finding, at: &Location) -> String {
    let place = describe::place(at);
    let parts = [&*finding.rule, &finding.fingerprint.to_string(), at.repository.as_deref().unwrap_or(""), &place];
    let parts = parts.map(|part| format!("{part}\0"));
    let bytes: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    let hex = Fingerprint::of_parts(&bytes).to_string();
    let group = |from, to| hex.get(from..to).unwrap_or_default();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}

fn location(report: &Report, at: &Location) -> Value {
    let repository =
        report.repositories.iter().flatten().find(|known| at.repository.as_ref().is_none_or(|id| known.id == *id));
    let head = repository.and_then(|known| known.head.as_ref()).or(report.target.head.as_ref());
    let commit = at.commit.as_ref().or(head).map_or_else(|| NO_COMMIT.to_owned(), |commit| clean(commit));
    let mut location = json!({"commit": {"sha": commit}});
    if matches!(at.origin, Origin::File | Origin::FileName) {
        location["file"] = clean(&describe::file(at)).into();
        location["start_line"] = at.line.into();
        location["end_line"] = at.end_line.into();
    }
    location
}

fn details(finding: &Finding, at: &Location) -> Map<String, Value> {
    let key = finding.key.as_ref();
    let snippet = at.snippet.as_ref().map(|snippet| clean(&snippet.text));
    let fields = [
        ("key", "Key", key.map(|key| clean(&key.masked))),
        ("mode", "Mode", key.map(|key| key.mode.name().to_owned())),
        ("account", "Account", key.and_then(|key| key.account.as_ref()).map(ToString::to_string)),
        ("account_created", "Account created", key.and_then(|key| key.account_created.clone())),
        ("owners", "Owners", (!at.owners.is_empty()).then(|| clean(&at.owners.join(" ")))),
        ("fingerprint", "Fingerprint", Some(finding.fingerprint.to_string())),
    ];
    let text = |(id, name, value): (&str, &str, Option<String>)| {
        Some((id.to_owned(), json!({"name": name, "type": "text", "value": value?})))
    };
    let code = snippet.map(|line| ("line".to_owned(), json!({"name": "Line", "type": "code", "value": line})));
    fields.into_iter().filter_map(text).chain(code).collect()
}

/// Shortens a text to a number of characters.
fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn document(report: &Report) -> Value {
        serde_json::from_str(&sample::written("gitlab", report, &sample::OPTIONS)).unwrap()
    }

    fn text<'a>(value: &'a Value, name: &str) -> &'a str {
        value[name].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("{name} in {value}"))
    }

    /// Checks what the schema of GitLab's secret detection demands, in its versions 15.0 to 15.2.
    #[test]
    fn the_report_is_as_the_schema_demands() {
        let mut report = sample::report();
        for at in report.findings.iter_mut().flat_map(|finding| &mut finding.locations) {
            at.owners = vec!["@team".to_owned()];
        }
        let document = document(&report);
        assert!(text(&document, "version").split('.').all(|part| part.parse::<u32>().is_ok()));
        let scan = &document["scan"];
        assert_eq!((text(scan, "type"), text(scan, "status")), ("secret_detection", "failure"));
        assert_eq!(text(scan, "start_time"), "2024-02-11T10:00:00");
        for program in ["analyzer", "scanner"] {
            assert!(["id", "name", "version"].iter().all(|name| !text(&scan[program], name).is_empty()));
            text(&scan[program]["vendor"], "name");
        }
        for message in scan["messages"].as_array().unwrap() {
            assert!(["info", "warn", "fatal"].contains(&text(message, "level")) && !text(message, "value").is_empty());
        }
        let vulnerabilities = document["vulnerabilities"].as_array().unwrap();
        let mut ids: Vec<&str> = vulnerabilities.iter().map(|one| text(one, "id")).collect();
        for one in vulnerabilities {
            assert!(text(one, "name").chars().count() <= MAX_NAME);
            assert!(one["solution"].as_str().unwrap().chars().count() <= MAX_SOLUTION);
            assert!(["Info", "Low", "Medium", "High", "Critical"].contains(&text(one, "severity")));
            text(&one["location"]["commit"], "sha");
            for identifier in one["identifiers"].as_array().unwrap() {
                assert!(["type", "name", "value"].iter().all(|name| !text(identifier, name).is_empty()));
            }
            for detail in one["details"].as_object().unwrap().values() {
                text(detail, "name");
                assert!(["text", "code"].contains(&text(detail, "type")) && detail["value"].is_string());
            }
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), vulnerabilities.len());
        let open = report.open_at_or_above(Severity::Low).flat_map(|finding| &finding.locations);
        assert_eq!(ids.len(), open.filter(|at| at.status == Status::Open).count());
    }

    #[test]
    fn times_and_names_have_the_form_of_the_schema() {
        for (date, expected) in [("2024-01-02T03:04:05Z", true), ("+09999-01-02T03:04:05Z", false), ("", false)] {
            assert_eq!(date.get(..19).is_some_and(is_time), expected, "{date}");
        }
        assert_eq!(cut("äöü".to_owned(), 3), "äöü");
        assert_eq!(cut("äöüß".to_owned(), 3), "äö…");
    }
}
