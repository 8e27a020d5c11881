//! Rules as reporting descriptors, which code scanning shows beside an alert and sorts by.

use serde_json::{Value, json};
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ResultLevel,
};

use crate::model::{Confidence, Finding, Severity};
use crate::report::describe::clean;
use crate::report::remediation;
use crate::rules::rule::Category;
use crate::rules::{Rule, RuleSet};

/// Documentation of what the tool finds.
pub(super) const INFORMATION: &str = "https://docs.stripe.com/keys-best-practices";

/// Longest name and description that GitHub takes.
const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 1_000;

/// Ids and descriptions of notifications about the run itself.
pub(super) const NOTIFICATIONS: [(&str, &str); 2] = [
    ("scan-incomplete", "Something could not be read, so the scan is incomplete."),
    ("results-left-out", "There are more results than code scanning takes."),
];

/// Returns the ids of all rules in force, and of unknown rules in a report made elsewhere.
pub(super) fn ids(rules: &RuleSet, findings: &[&Finding]) -> Vec<String> {
    let mut ids: Vec<String> = rules.iter().map(|rule| rule.id.clone()).collect();
    ids.extend(findings.iter().map(|finding| finding.rule.clone()));
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Describes the notifications of a run.
pub(super) fn notifications() -> Vec<ReportingDescriptor> {
    NOTIFICATIONS.map(|(id, text)| plain_descriptor(id, text)).into()
}

/// Describes a rule.
pub(super) fn descriptor(rules: &RuleSet, id: &str) -> ReportingDescriptor {
    let Some(rule) = rules.get(id) else {
        return plain_descriptor(id, &format!("A finding of rule {}.", clean(id)));
    };
    let mut descriptor = plain_descriptor(id, "");
    descriptor.short_description = Some(plain(&format!("{}.", shortened(&clean(&rule.title)))));
    descriptor.full_description = Some(plain(&shortened(&clean(&format!("{} {}", rule.help.what, rule.help.why)))));
    descriptor.help = Some(help(rule));
    let link = rule.help.links.iter().find(|link| link.starts_with("https://"));
    descriptor.help_uri = Some(link.map_or_else(|| INFORMATION.to_owned(), |link| clean(link)));
    let configuration =
        ReportingConfiguration { level: Some(json!(SeverityTerms::new(rule.severity).level)), ..Default::default() };
    descriptor.default_configuration = Some(configuration);
    descriptor.properties = Some(qualities(rule));
    descriptor
}

fn plain_descriptor(id: &str, text: &str) -> ReportingDescriptor {
    let mut descriptor = ReportingDescriptor::builder().id(clean(id)).build();
    descriptor.name = Some(pascal_case(id));
    descriptor.short_description = Some(plain(text));
    descriptor.full_description = Some(plain(text));
    descriptor.help = Some(plain(text));
    descriptor.help_uri = Some(INFORMATION.to_owned());
    descriptor
}

/// GitHub's terms for a severity.
pub(super) struct SeverityTerms {
    /// The level of a result. GitHub fails a pull request on every new `error`.
    pub(super) level: ResultLevel,
    /// The severity of a problem of correctness.
    problem: &'static str,
    /// The security score: critical above 9, high from 7, medium from 4.
    score: &'static str,
    /// The order among results.
    pub(super) rank: f64,
}

impl SeverityTerms {
    pub(super) fn new(severity: Severity) -> Self {
        let (level, problem, score, rank) = match severity {
            Severity::Critical => (ResultLevel::Error, "error", "9.5", 100.0),
            Severity::High => (ResultLevel::Error, "error", "8.0", 80.0),
            Severity::Medium => (ResultLevel::Warning, "warning", "5.5", 60.0),
            Severity::Low => (ResultLevel::Note, "recommendation", "2.0", 40.0),
            Severity::Note => (ResultLevel::Note, "recommendation", "0.1", 10.0),
        };
        Self { level, problem, score, rank }
    }
}

fn plain(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn help(rule: &Rule) -> MultiformatMessageString {
    let steps: Vec<String> = remediation::general_steps(rule).iter().map(|step| clean(step)).collect();
    let (what, why) = (clean(&rule.help.what), clean(&rule.help.why));
    let links: Vec<String> = rule.help.links.iter().map(|link| clean(link)).collect();
    let numbered: Vec<String> = steps.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1)).collect();
    let text = format!("{what} {why}\n\n{}\n\n{}", numbered.join("\n"), links.join("\n"));
    let linked: Vec<String> = links.iter().map(|link| format!("- <{link}>")).collect();
    let code = rule.help.code.iter().map(|code| {
        format!("\n\n### {}\n\n```\n{}\n```", clean(&code.language), clean(code.text.trim_end()).replace("```", ""))
    });
    let markdown = format!(
        "{what} {why}\n\n## What to do\n\n{}{}\n\n## Read on\n\n{}\n",
        numbered.iter().map(|step| link_words(step)).collect::<Vec<_>>().join("\n"),
        code.collect::<String>(),
        linked.join("\n")
    );
    MultiformatMessageString::builder().text(text).markdown(markdown).build()
}

/// Puts links into angle brackets, so that brackets in them have no meaning in Markdown.
fn link_words(text: &str) -> String {
    let words: Vec<String> = text
        .split(' ')
        .map(|word| if word.starts_with("https://") { format!("<{word}>") } else { word.to_owned() })
        .collect();
    words.join(" ")
}

fn qualities(rule: &Rule) -> PropertyBag {
    let terms = SeverityTerms::new(rule.severity);
    let mut tags = vec!["stripe".to_owned()];
    let mut more: Vec<(&str, Value)> = vec![("precision", json!(precision(rule.confidence)))];
    // A rule with the tag `security` has a score, and only such a rule.
    if rule.category == Category::Correctness || rule.severity == Severity::Note {
        tags.extend((rule.category == Category::Correctness).then(|| "correctness".to_owned()));
        more.push(("problem.severity", json!(terms.problem)));
    } else {
        tags.splice(0..0, ["security".to_owned()]);
        tags.push(format!("external/cwe/cwe-{}", rule.cwe));
        more.push(("security-severity", json!(terms.score)));
    }
    PropertyBag {
        tags: Some(tags),
        additional_properties: more.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

/// Turns `secret-live` into `SecretLive`, and a single word `x` into `StripeX`, because a name must differ from its id.
fn pascal_case(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric()).map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    let name: String = words.collect();
    let name = if name.eq_ignore_ascii_case(id) { format!("Stripe{name}") } else { name };
    name.chars().take(MAX_NAME).collect()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_DESCRIPTION {
        return text.trim_end_matches('\n').to_owned();
    }
    let cut: String = text.chars().take(MAX_DESCRIPTION - 1).collect();
    format!("{cut}…")
}
