//! `pinstripe rules`: lists, explains and checks the rules.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, bail};
use serde_json::json;

use super::args::RuleArgs;
use super::command::RulesCommand;
use super::{FAILED, output};
use crate::detect::Redactor;
use crate::model::Severity;
use crate::model::escape::escape;
use crate::report::{remediation, wrap};
use crate::rules::Rule;
use crate::rules::rule::{BodyCheck, KeyPattern, RequiredContext};
use crate::rules::{RuleSet, load};
use crate::scan::prove;

/// Width of explanations, in columns.
const WIDTH: usize = 80;
/// Most lines of an example that fails.
const MAX_EXAMPLE_LINES: usize = 20;
const BOLD: Style = Style::new().bold();

pub(super) fn run(command: RulesCommand) -> anyhow::Result<u8> {
    match command {
        RulesCommand::List { format, rules } => {
            let rules = loaded(&rules)?;
            output::print_styled(&if format == "json" { list_json(&rules) } else { list(&rules) });
        }
        RulesCommand::Explain { id, rules } => {
            let rules = loaded(&rules)?;
            let Some(rule) = rules.get(&id) else { bail!(unknown_rule(&rules, &id)) };
            output::print_styled(&explain(rule));
        }
        RulesCommand::Check { directory } => {
            output::redact_by_rules(&load::readable(directory.as_slice()));
            return check_all(&load::load(true, directory.as_slice())?);
        }
    }
    Ok(0)
}

/// Loads the rules that the arguments name, their texts redacted before explanations are wrapped.
fn loaded(rules: &RuleArgs) -> Result<RuleSet, load::Error> {
    let mut rules = load::load(!rules.no_default_rules, &rules.directories)?;
    let redactor = Redactor::new(&rules);
    rules.change_texts(&|text| redactor.masked(text));
    Ok(rules)
}

/// Returns an error message that suggests similar ids.
fn unknown_rule(rules: &RuleSet, id: &str) -> String {
    let words: Vec<&str> = id.split('-').filter(|word| word.len() > 2).collect();
    let shared = |known: &str| words.iter().filter(|word| known.contains(**word)).count();
    let mut near: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).filter(|known| shared(known) > 0).collect();
    near.sort_by_key(|known| std::cmp::Reverse(shared(known)));
    let hint = match (rules.nearest(id), near.as_slice()) {
        (Some(nearest), _) => format!("did you mean {nearest}?"),
        (None, []) => "see `pinstripe rules list`".to_owned(),
        (None, near) => format!("did you mean {}?", near[..near.len().min(3)].join(", ")),
    };
    format!("unknown rule {}; {hint}", escape(id))
}

fn list(rules: &RuleSet) -> String {
    let mut sorted: Vec<&Rule> = rules.iter().collect();
    sorted.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let wide = sorted.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in sorted {
        let (style, name) = (style(rule.severity), rule.severity.name());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{style}{name:<8}{style:#}  {:<wide$}  {}", rule.id, escape(&rule.title));
    }
    text
}

/// Lists the rules as JSON: what a program has to know of them.
fn list_json(rules: &RuleSet) -> String {
    let entry = |rule: &Rule| {
        json!({
            "id": rule.id, "title": rule.title, "kind": if rule.is_lint() { "lint" } else { "key" },
            "severity": rule.severity, "confidence": rule.confidence, "what": rule.help.what, "why": rule.help.why,
            "fix": rule.help.fix,
        })
    };
    let document = json!({ "rules_digest": rules.digest(), "rules": rules.iter().map(entry).collect::<Vec<_>>() });
    format!("{document:#}\n")
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default().bold(),
        Severity::Low => AnsiColor::Cyan.on_default().bold(),
        Severity::Note => AnsiColor::Green.on_default().bold(),
    }
}

fn explain(rule: &Rule) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}  [{}]", escape(&rule.title), rule.id);
    let style = style(rule.severity);
    let _ = writeln!(
        text,
        "severity {style}{}{style:#}, confidence at most {}",
        rule.severity.name(),
        rule.confidence.name()
    );
    text.push('\n');
    paragraph(&mut text, "", &format!("{} {}", rule.help.what, rule.help.why));
    section(&mut text, "What to do");
    let steps = remediation::general_steps(rule);
    for (at, step) in steps.iter().enumerate() {
        let mark = if steps.len() > 1 { format!("{}. ", at + 1) } else { String::new() };
        paragraph(&mut text, &mark, step);
    }
    for code in &rule.help.code {
        section(&mut text, &format!("In {}", escape(&code.language)));
        for line in code.text.trim_end().lines() {
            let _ = writeln!(text, "  {}", escape(line));
        }
    }
    if let Some(detect) = &rule.detect {
        section(&mut text, "Detection");
        paragraph(&mut text, "", &detection(detect));
    }
    for (title, examples) in [("Matches", &rule.examples().found), ("Does not match", &rule.examples().not_found)] {
        if !examples.is_empty() {
            section(&mut text, title);
            for example in examples {
                for line in example.trim_end().lines() {
                    let _ = writeln!(text, "  {}", escape(line));
                }
                if examples.iter().any(|example| example.trim_end().contains('\n')) {
                    text.push('\n');
                }
            }
        }
    }
    if !rule.help.links.is_empty() {
        section(&mut text, "Links");
        for link in &rule.help.links {
            let _ = writeln!(text, "{}", escape(link));
        }
    }
    text
}

fn section(text: &mut String, title: &str) {
    let _ = writeln!(text, "\n{BOLD}{title}{BOLD:#}");
}

fn paragraph(text: &mut String, mark: &str, prose: &str) {
    for (at, line) in wrap(&escape(prose), WIDTH - mark.len()).iter().enumerate() {
        let indent = " ".repeat(mark.len());
        let _ = writeln!(text, "{}{line}", if at == 0 { mark } else { &indent });
    }
}

/// Describes how a match is classified.
fn detection(detect: &KeyPattern) -> String {
    let mut sentences = Vec::new();
    if !detect.literals.is_empty() {
        sentences.push(format!("Contains {}.", detect.literals.join(" or ")));
    }
    let check = match detect.check {
        BodyCheck::ApiKey => {
            "Bodies of 24, 34 and 99 characters with Stripe's structure are certain; others must look random."
        }
        BodyCheck::WebhookEndpoint => {
            "32 alphanumeric characters are certain; other base64 counts only near the word stripe."
        }
        BodyCheck::WebhookCli => "The body is 64 hexadecimal digits.",
        BodyCheck::Opaque => "The body has no known structure and must look random.",
        BodyCheck::Unprefixed => "32 characters without a prefix count if the name that they are assigned to says so.",
        BodyCheck::Database => "A password that is no placeholder counts, whatever port, database and options follow.",
        BodyCheck::Any => "Everything that matches the pattern counts.",
    };
    sentences.push(check.to_owned());
    match detect.near {
        RequiredContext::Nothing => {}
        RequiredContext::Stripe => sentences.push("Requires the word stripe nearby.".to_owned()),
        RequiredContext::SaysSo => sentences.push(format!(
            "Requires the word stripe nearby, or {} in the name of the variable or file.",
            detect.says_so.join(" or ")
        )),
    }
    if detect.plain_only {
        sentences.push("Encoded text is not searched.".to_owned());
    }
    sentences.join(" ")
}

/// Runs every rule on every example, and prints failures.
fn check_all(rules: &RuleSet) -> anyhow::Result<u8> {
    let failures = prove::check(rules).context("the rules cannot be searched together")?;
    let examples: usize = rules.iter().map(|rule| rule.examples().found.len() + rule.examples().not_found.len()).sum();
    for failure in &failures {
        let said = format!("{}: {}: {}", escape(&failure.rule), escape(&failure.reason), failure.example);
        output::warn_lines(&said.lines().take(MAX_EXAMPLE_LINES).collect::<Vec<_>>().join("\n"));
    }
    if !failures.is_empty() {
        output::warn(&format!("error: {} of {examples} examples fail", failures.len()));
        return Ok(FAILED);
    }
    for rule in rules.iter().filter(|rule| rule.detect.is_some() && rule.examples().found.is_empty()) {
        output::warn(&format!("warning: rule {} has no examples", escape(&rule.id)));
    }
    let count = rules.iter().count();
    output::print_styled(&format!("{count} rules pass their {examples} examples.\n"));
    Ok(0)
}
