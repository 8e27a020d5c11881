//! A summary in Markdown, for GitHub's step summary and for comments.
//!
//! The first line is the verdict, and an incomplete scan says so right below it. Then a table with a row for each
//! credential, then what to do, once for each rule. GitHub takes 1 MiB of a step's summary and refuses it whole above, so
//! rows stop well below that and a last row says how many were left out. Text of a repository stands in code spans only.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::view::{self, Block, View, clean};
use super::{Options, Report, advice, summary};
use crate::model::{Finding, Location, Severity, Status};
use crate::rules::RuleSet;

/// Bytes of a summary; GitHub refuses more than 1 MiB.
const MAX_BYTES: usize = 900 << 10;
/// Bytes that are kept for what follows the table.
const RESERVE: usize = 64 << 10;
/// Bytes of one echoed name.
const MAX_NAME: usize = 256;
/// Places that a row names.
const MAX_PLACES: usize = 3;

/// Writes the summary.
///
/// # Errors
/// The writer's own.
pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, rules, options);
    let mut text = format!("## {}\n\n", prose(&summary::verdict(report, &view, options)));
    if !report.coverage.complete {
        text.push_str(&incomplete(report));
    }
    table(&mut text, rules, &view);
    for part in help(rules, &view) {
        if text.len() + part.len() > MAX_BYTES {
            break;
        }
        text.push_str(&part);
    }
    text.push_str(&prose(&summary::account(report, &view, options)));
    text.push('\n');
    out.write_all(text.as_bytes())
}

fn incomplete(report: &Report) -> String {
    let mut text = "> [!CAUTION]\n> **This scan is incomplete.** Not read:\n".to_owned();
    for (words, examples, step) in summary::unread(report) {
        let shown: Vec<String> = examples.iter().take(3).map(|name| code(name)).collect();
        let more = if examples.len() > shown.len() { ", …" } else { "" };
        let examples = if shown.is_empty() { String::new() } else { format!(": {}{more}", shown.join(", ")) };
        text.push_str(&format!("> - {}{examples}. Next step: {}.\n", prose(&words), prose(step)));
    }
    text.push('\n');
    text
}

fn table(text: &mut String, rules: &RuleSet, view: &View<'_>) {
    let mut blocks = view.open().peekable();
    if blocks.peek().is_none() {
        return;
    }
    text.push_str("| Severity | What | Where | Whose | First step |\n| --- | --- | --- | --- | --- |\n");
    while let Some(block) = blocks.peek() {
        let row = row(rules, block);
        if text.len() + row.len() > MAX_BYTES - RESERVE {
            break;
        }
        text.push_str(&row);
        blocks.next();
    }
    let left_out = blocks.count() as u64;
    if left_out > 0 {
        let words = view::counted(left_out, "more row");
        text.push_str(&format!(
            "| | **{words} left out: a summary has a limit. The JSON report has them all.** | | | |\n"
        ));
    }
    text.push('\n');
}

fn row(rules: &RuleSet, block: &Block<'_>) -> String {
    let main = block.main;
    let mut what = prose(&view::title(rules, &main.rule));
    match &main.key {
        Some(key) => {
            what.push_str(&format!("<br>{}", code(&key.masked)));
            if view::is_lint(rules, main) {
                what.push_str(&format!("<br>{}", prose(&shorten(&clean(&main.message)))));
            }
        }
        None => what = prose(&shorten(&clean(&main.message))),
    }
    for other in &block.others {
        what.push_str(&format!("<br>+ {}", prose(&view::title(rules, &other.rule))));
    }
    let whose = main.key.as_ref().map(|key| prose(&view::identity(key))).unwrap_or_default();
    let step =
        view::rule(rules, main).and_then(|rule| advice::steps(rule, main).into_iter().next()).unwrap_or_default();
    format!("| {} | {what} | {} | {whose} | {} |\n", severity(main.severity), places(main), linked(&step))
}

fn severity(severity: Severity) -> String {
    let sign = match severity {
        Severity::Critical | Severity::High => "🔴",
        Severity::Medium => "🟠",
        Severity::Low => "🟡",
        Severity::Note => "⚪",
    };
    format!("{sign} {}", severity.name())
}

fn places(finding: &Finding) -> String {
    let mut places: Vec<&Location> = finding.locations.iter().collect();
    places.sort_by_key(|location| std::cmp::Reverse(location.status));
    let mut cells: Vec<String> = places
        .iter()
        .take(MAX_PLACES)
        .map(|location| {
            let was = match location.status {
                Status::Open => "",
                Status::Existing => " (was there before)",
                Status::Suppressed => " (allowed)",
                Status::Baselined => " (in the baseline)",
            };
            format!("{}{was}", code(&view::place(location)))
        })
        .collect();
    let more = (places.len() - cells.len()) as u64 + finding.more_locations;
    if more > 0 {
        cells.push(format!("and {} more", view::number(more)));
    }
    if let Some(exposure) = view::exposure(finding) {
        cells.push(prose(&exposure));
    }
    cells.join("<br>")
}

/// What to do, once for each rule of the open blocks.
fn help(rules: &RuleSet, view: &View<'_>) -> Vec<String> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut parts = Vec::new();
    for finding in view.open().flat_map(|block| std::iter::once(block.main).chain(block.others.iter().copied())) {
        let Some(rule) = view::rule(rules, finding).filter(|rule| told.insert(&rule.id)) else { continue };
        let mut part = format!(
            "<details><summary>{}</summary>\n\n{}\n\n",
            prose(&clean(&rule.title)),
            prose(&clean(&rule.help.why))
        );
        for (at, step) in advice::general_steps(rule).iter().enumerate() {
            part.push_str(&format!("{}. {}\n", at + 1, linked(step)));
        }
        part.push_str("\n</details>\n\n");
        parts.push(part);
    }
    parts
}

/// Prose of a rule, with its links and code kept.
fn linked(text: &str) -> String {
    let words: Vec<String> = clean(text)
        .split(' ')
        .map(|word| if is_link(word) { format!("<{word}>") } else { prose(word).replace("\\`", "`") })
        .collect();
    words.join(" ")
}

fn is_link(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    word.starts_with("https://") && word.bytes().all(plain)
}

/// Text without any meaning in Markdown or HTML, on one line.
fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A mention would notify somebody.
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text of a repository as a code span that it cannot end, cut to a bearable length.
fn code(text: &str) -> String {
    let text = shorten(&clean(text));
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // A pipe would end the cell even inside of a code span.
    let text = text.replace('|', "\\|");
    if text.is_empty() || longest > 0 || text.starts_with(' ') || text.ends_with(' ') {
        return format!("{fence} {text} {fence}");
    }
    format!("{fence}{text}{fence}")
}

fn shorten(text: &str) -> String {
    if text.len() <= MAX_NAME {
        return text.to_owned();
    }
    // The end of a path says more than its beginning.
    let cut = text.char_indices().map(|(at, _)| at).find(|at| text.len() - at < MAX_NAME - 3).unwrap_or(text.len());
    format!("…{}", &text[cut..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;

    #[test]
    fn the_sample_report() {
        insta::assert_snapshot!(sample::written("markdown", &sample::report(), &sample::OPTIONS));
    }

    #[test]
    fn the_verdict_comes_first() {
        let text = sample::written("markdown", &sample::report(), &sample::OPTIONS);
        assert!(text.starts_with("## Found 6 open problems: 2 critical, 2 high, 2 medium, in what could be read.\n"));
        assert!(text.lines().nth(2).is_some_and(|line| line == "> [!CAUTION]"));
    }

    #[test]
    fn a_summary_stays_below_githubs_limit() {
        let rules = sample::rules();
        let mut report = sample::report();
        let mut forge = crate::credential::forge::Forge::new(9);
        let template = forge.make("sk_live").unwrap();
        let mut finding =
            sample::finding(&rules, "secret-live", &template, vec![sample::location("a/b/c/d", 1, "k=", &template)]);
        for at in 0..4_000_u64 {
            finding.fingerprint = crate::credential::Fingerprint::of_parts(&[&at.to_le_bytes()]);
            report.findings.push(finding.clone());
        }
        report.sort();
        let text = sample::written("markdown", &report, &sample::OPTIONS);
        assert!(text.len() <= MAX_BYTES && text.len() > MAX_BYTES / 2, "{}", text.len());
        assert!(text.contains("more rows left out"));
        assert!(text.trim_end().ends_with("lists them."));
    }

    proptest! {
        #[test]
        fn prose_has_no_meaning(text in "\\PC{0,60}") {
            let escaped = prose(&text);
            prop_assert!(!escaped.contains(['<', '>', '@', '\n']));
            for (at, character) in escaped.char_indices() {
                if "`*_[]|~!$".contains(character) {
                    prop_assert_eq!(&escaped[at - 1..at], "\\");
                }
            }
        }

        #[test]
        fn a_code_span_is_never_left(text in "[`|a \\\\<]{0,40}") {
            let span = code(&text);
            let fence = span.chars().take_while(|c| *c == '`').count();
            let inner = &span[fence..span.len() - fence];
            let runs = inner.split(|c| c != '`').map(str::len);
            prop_assert!(runs.into_iter().all(|run| run != fence), "{span}");
            for (at, _) in inner.match_indices('|') {
                prop_assert_eq!(&inner[at - 1..at], "\\");
            }
        }
    }
}
