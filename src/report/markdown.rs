//! A summary in Markdown, for GitHub's step summary and for comments.
//!
//! The verdict comes first, then a warning if the scan is incomplete, a table with a row for each credential, and the
//! advice, once for each rule. GitHub rejects a step summary above 1 MiB, so the rows stop well below that and a last
//! row counts the others. Text of a repository appears in code spans only.

use std::io::{self, Write};

use super::describe::{self, clean};
use super::grouping::{CredentialBlock, GroupedFindings, MAX_EXAMPLES};
use super::links::Links;
use super::{Options, remediation, summary};
use crate::model::{Finding, Location, Report, Severity, Status};
use crate::rules::{Rule, RuleSet};

/// Bytes of a summary; GitHub rejects more than 1 MiB.
const MAX_BYTES: usize = 900 << 10;
/// Bytes reserved for what follows the table.
const RESERVE: usize = 64 << 10;
/// Bytes of one echoed name.
const MAX_NAME: usize = 256;
/// Owners that a row names.
const MAX_OWNERS: usize = 5;
/// Places that a row names.
const MAX_PLACES: usize = 20;

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let grouped = GroupedFindings::new(report, rules, options);
    let mut text = format!("## {}\n\n", prose(&summary::verdict(report, &grouped, options)));
    if !report.coverage.complete {
        incomplete(&mut text, report);
    }
    table(&mut text, rules, &grouped.open_folded(options), &Links::new(report, options));
    for part in advice(rules, &grouped).into_iter().chain(reviewed(report)) {
        if text.len() + part.len() > MAX_BYTES {
            break;
        }
        text.push_str(&part);
    }
    for difference in summary::differences(report).map(|difference| format!("- {}\n", prose(&difference))) {
        if text.len() + difference.len() > MAX_BYTES {
            break;
        }
        text.push_str(&difference);
    }
    if report.diff.as_ref().is_some_and(|diff| !diff.entries.is_empty()) {
        text.push('\n');
    }
    let repository = repositories(report);
    for line in summary::totals(&grouped).into_iter().chain([summary::account(report, &grouped, options)]) {
        text.push_str(&prose(&line));
        text.push_str("\n\n");
    }
    text.truncate(text.trim_end().len());
    text.push_str(&repository);
    text.push('\n');
    out.write_all(text.as_bytes())
}

/// Names the repository, where it is one with a remote.
fn repositories(report: &Report) -> String {
    let [only] = report.repositories.as_deref().unwrap_or_default() else { return String::new() };
    let Some(remote) = &only.remote else { return String::new() };
    let head = only.head.as_deref().map(|head| format!(" at {}", code(describe::short(head)))).unwrap_or_default();
    format!("\n\nRepository: {}{head}", code(remote))
}

fn incomplete(text: &mut String, report: &Report) {
    text.push_str("> [!CAUTION]\n> **This scan is incomplete.** Not read:\n");
    for unread in summary::unread(report) {
        let shown: Vec<String> = unread.examples.iter().take(3).map(|name| code(name)).collect();
        let more = if unread.examples.len() > shown.len() { ", …" } else { "" };
        let examples = if shown.is_empty() { String::new() } else { format!(": {}{more}", shown.join(", ")) };
        text.push_str(&format!("> - {}{examples}. Next step: {}.\n", prose(&unread.problem), prose(unread.next_step)));
    }
    text.push('\n');
}

fn table(text: &mut String, rules: &RuleSet, groups: &[Vec<&CredentialBlock<'_>>], links: &Links<'_>) {
    if groups.is_empty() {
        return;
    }
    text.push_str("| Severity | Finding | Place |\n| --- | --- | --- |\n");
    let mut groups = groups.iter().peekable();
    while let Some(group) = groups.peek() {
        let row = match group.as_slice() {
            [block] => row(rules, block, links),
            blocks => folded_row(rules, blocks, links),
        };
        if text.len() + row.len() > MAX_BYTES - RESERVE {
            break;
        }
        text.push_str(&row);
        groups.next();
    }
    let left_out = groups.count() as u64;
    if left_out > 0 {
        let rows = describe::counted(left_out, "more row");
        text.push_str(&format!("| | **{rows} left out: size limit reached. The JSON report has them all.** | |\n"));
    }
    text.push('\n');
}

fn row(rules: &RuleSet, block: &CredentialBlock<'_>, links: &Links<'_>) -> String {
    let main = block.main;
    let message = marked(&shorten(&clean(&main.message)));
    let mut what = match &main.key {
        Some(key) => {
            let message = if describe::is_lint(rules, main) { format!("<br>{message}") } else { String::new() };
            format!("{}<br>{}{message}", marked(&describe::title(rules, main)), code(&key.masked))
        }
        None => message,
    };
    for other in &block.others {
        what.push_str(&format!("<br>+ {}", marked(&describe::title(rules, other))));
    }
    format!("| {} | {what} | {} |\n", severity(main.severity), places(main, links))
}

/// Writes one row for many credentials of a rule that matter little.
fn folded_row(rules: &RuleSet, blocks: &[&CredentialBlock<'_>], links: &Links<'_>) -> String {
    let Some(main) = blocks.first().map(|block| block.main) else { return String::new() };
    let plural = describe::rule(rules, main).map_or(main.rule.as_str(), |rule| &rule.plural);
    let what = marked(&format!("{} {}", describe::number(blocks.len() as u64), clean(plural)));
    let example = |block: &&CredentialBlock<'_>| {
        let place = describe::most_open_first(block.main).first().map(|at| linked_place(at, links)).unwrap_or_default();
        let masked = block.main.key.as_ref().map(|key| format!(" {}", code(&key.masked))).unwrap_or_default();
        format!("{place}{masked}")
    };
    let mut places: Vec<String> = blocks.iter().take(MAX_EXAMPLES).map(example).collect();
    let more = blocks.len().saturating_sub(MAX_EXAMPLES) as u64;
    places.extend((more > 0).then(|| format!("and {} more; `-v` lists them all", describe::number(more))));
    format!("| {} | {what} | {} |\n", severity(main.severity), places.join("<br>"))
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

/// Writes the most open place, and folds whose credential it is, how long it was exposed, and the other places.
fn places(finding: &Finding, links: &Links<'_>) -> String {
    let cell = |location: &Location| {
        let status = describe::status(location.status).map(|status| format!(" ({status})")).unwrap_or_default();
        let versions = describe::versions(location).map(|versions| format!(" ({versions})")).unwrap_or_default();
        format!("{}{versions}{status}", linked_place(location, links))
    };
    let places = describe::most_open_first(finding);
    let mut cells = places.iter().map(|location| cell(location));
    let first = cells.next().unwrap_or_default();
    let mut folded: Vec<String> = finding.key.iter().map(|key| prose(&describe::identity(key))).collect();
    folded.extend(describe::exposure(finding).map(|exposure| prose(&exposure)));
    let owners: Vec<String> = finding.owners.iter().take(MAX_OWNERS).map(|owner| code(owner)).collect();
    folded.extend((!owners.is_empty()).then(|| format!("owned by {}", owners.join(", "))));
    folded.extend(cells.take(MAX_PLACES));
    let others = places.len().saturating_sub(1);
    let more = others.saturating_sub(MAX_PLACES) as u64 + finding.more_locations;
    folded.extend((more > 0).then(|| format!("and {} more", describe::number(more))));
    if folded.is_empty() {
        return first;
    }
    let label = match others as u64 + finding.more_locations {
        0 => "details".to_owned(),
        others => format!("details and {}", describe::counted(others, "other place")),
    };
    format!("{first}<details><summary>{label}</summary>{}</details>", folded.join("<br>"))
}

/// Writes a place with a link to its line and, for an older version, to its commit.
fn linked_place(location: &Location, links: &Links<'_>) -> String {
    let place = code(&describe::place(location));
    let place = links.line(location).map_or(place.clone(), |url| format!("[{place}](<{url}>)"));
    let commit = location.commit.as_deref().zip(links.commit(location));
    let commit = commit.map(|(id, url)| format!(" in [{}](<{url}>)", code(describe::short(id)))).unwrap_or_default();
    format!("{place}{commit}")
}

/// Writes once for each rule of the open blocks why it matters and what to do.
fn advice(rules: &RuleSet, grouped: &GroupedFindings<'_>) -> Vec<String> {
    let mut by_rule: Vec<(&Rule, Vec<&Finding>)> = Vec::new();
    for finding in grouped.open().flat_map(CredentialBlock::findings) {
        let Some(rule) = describe::rule(rules, finding) else { continue };
        match by_rule.iter_mut().find(|(known, _)| known.id == rule.id) {
            Some((_, findings)) => findings.push(finding),
            None => by_rule.push((rule, vec![finding])),
        }
    }
    let part = |(rule, findings): (&Rule, Vec<&Finding>)| {
        // The pages of one account, where there is one.
        let steps = match findings.as_slice() {
            [only] => remediation::steps(rule, only),
            _ => remediation::general_steps(rule),
        };
        let numbered: String =
            steps.iter().zip(1..).map(|(step, number)| format!("{number}. {}\n", linked(step))).collect();
        let (title, why) = (marked(&clean(&rule.title)), marked(&clean(&rule.help.why)));
        format!("<details><summary>What to do: {title}</summary>\n\n{why}\n\n{numbered}\n</details>\n\n")
    };
    by_rule.into_iter().map(part).collect()
}

/// Lists the changes of the policy that somebody answers for.
fn reviewed(report: &Report) -> Option<String> {
    let mut text = String::new();
    for finding in report.findings.iter().filter(|finding| finding.status == Status::Suppressed) {
        let Some(reason) = describe::review(finding) else { continue };
        text.push_str(&format!("- {} ({})\n", marked(&shorten(&clean(&finding.message))), prose(&clean(reason))));
        let entries = finding.evidence.iter().map(|entry| code(&entry.message));
        let places =
            finding.locations.iter().filter(|_| finding.evidence.is_empty()).map(|at| code(&describe::place(at)));
        entries.chain(places).for_each(|entry| text.push_str(&format!("  - {entry}\n")));
    }
    (!text.is_empty()).then(|| format!("**Accepted changes of the policy**\n\n{text}\n"))
}

/// Escapes the prose of a rule, but keeps its links and code.
fn linked(text: &str) -> String {
    let word = |word: &str| if is_link(word) { format!("<{word}>") } else { prose(word) };
    spans(&clean(text), &|text| text.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

/// Escapes a text, but keeps its code.
fn marked(text: &str) -> String {
    spans(text, &prose)
}

/// Writes what stands between backticks as code, and the rest with `other`. A single backtick at the end is none.
fn spans(text: &str, other: &dyn Fn(&str) -> String) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let closed = if parts.len().is_multiple_of(2) { parts.len() - 1 } else { parts.len() };
    let written = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        _ if at >= closed => format!("\\`{}", other(part)),
        1 if !part.is_empty() => code(part),
        1 => "\\`\\`".to_owned(),
        _ => other(part),
    });
    written.collect()
}

fn is_link(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    word.starts_with("https://") && word.bytes().all(plain)
}

/// Escapes a text for Markdown and HTML, and joins its lines.
pub(super) fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A mention would notify a user.
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

/// Writes a text of a repository as a code span that it cannot end, shortened.
fn code(text: &str) -> String {
    let text = shorten(&clean(text));
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
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
    // The end of a path is more specific than its beginning.
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
        for at in 0..8_000_u64 {
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
