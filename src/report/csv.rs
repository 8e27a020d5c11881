//! Writes `csv`: a row for each credential and place, for spreadsheets and scripts.
//!
//! UTF-8 with a byte-order mark, because spreadsheets take it for another encoding without one. Every text is quoted, and what
//! a spreadsheet could take for a formula is defused with an apostrophe, as quotes do not help. What could not be read has a
//! row with the status `unread`, so that an empty table is never taken for a clean one; what an earlier report had has rows
//! with the status `gone`, `changed` or `not seen`.

use std::io::{self, Write};

use super::Options;
use super::describe::{self, clean, name};
use super::grouping::{CredentialBlock, GroupedFindings};
use super::summary;
use crate::model::{Finding, Location, Report};
use crate::rules::RuleSet;

const COLUMNS: [&str; 35] = [
    "severity",
    "status",
    "rules",
    "title",
    "kind",
    "mode",
    "account",
    "account_created",
    "key",
    "confidence",
    "repository",
    "path",
    "inside",
    "line",
    "column",
    "origin",
    "reach",
    "commit",
    "versions",
    "encodings",
    "variable",
    "context",
    "introduced",
    "introduced_commit",
    "introduced_by",
    "removed",
    "removed_commit",
    "in_head",
    "days",
    "refs",
    "owners",
    "reason",
    "message",
    "fingerprint",
    "unlisted_places",
];

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    row(out, &COLUMNS.map(str::to_owned))?;
    let grouped = GroupedFindings::new(report, rules, options);
    for block in &grouped.blocks {
        for (location, findings) in block.places() {
            row(out, &cells(rules, block, location, &findings))?;
        }
    }
    for entry in report.diff.iter().flat_map(|diff| &diff.entries) {
        let known = [
            ("severity", entry.severity.name().to_owned()),
            ("status", entry.kind.words().to_owned()),
            ("rules", clean(&entry.rule)),
            ("key", entry.masked.as_deref().map(clean).unwrap_or_default()),
            ("repository", entry.repository.as_deref().map(clean).unwrap_or_default()),
            ("path", clean(&entry.place)),
            ("reason", clean(&entry.what)),
            ("fingerprint", entry.fingerprint.to_string()),
        ];
        row(out, &sparse(&known))?;
    }
    for unread in summary::unread(report) {
        let examples = unread.examples.join(" ");
        row(out, &sparse(&[("status", "unread".to_owned()), ("title", unread.problem), ("path", examples)]))?;
    }
    Ok(())
}

/// Returns the cells of a row of which only some columns have a text.
fn sparse(known: &[(&str, String)]) -> Vec<String> {
    let cell = |name: &&str| known.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
    COLUMNS.iter().map(|name| cell(name).unwrap_or_default()).collect()
}

fn cells(rules: &RuleSet, block: &CredentialBlock<'_>, at: &Location, findings: &[&Finding]) -> Vec<String> {
    let main = findings.iter().max_by_key(|finding| finding.severity).copied().unwrap_or(block.main);
    let key = main.key.as_ref();
    let exposure = describe::exposure_at(main, at);
    let introduced = exposure.and_then(|exposure| exposure.introduced.as_ref());
    let removed = exposure.and_then(|exposure| exposure.removed.as_ref());
    let or_empty = |text: Option<String>| text.unwrap_or_default();
    vec![
        main.severity.name().to_owned(),
        name(&at.status),
        findings.iter().map(|finding| &*finding.rule).collect::<Vec<_>>().join(" "),
        describe::title(rules, main),
        or_empty(key.map(|key| name(&key.kind))),
        or_empty(key.map(|key| key.mode.name().to_owned())),
        or_empty(key.and_then(|key| key.account.as_ref()).map(ToString::to_string)),
        or_empty(key.and_then(|key| key.account_created.clone())),
        or_empty(key.map(|key| key.masked.clone())),
        main.confidence.name().to_owned(),
        or_empty(at.repository.clone()),
        at.path.clone(),
        at.archive.iter().chain(&at.within).map(String::as_str).collect::<Vec<_>>().join("!"),
        at.line.to_string(),
        at.column.to_string(),
        name(&at.origin),
        name(&at.reach),
        or_empty(at.commit.clone()),
        at.versions.max(1).to_string(),
        at.encodings.join(" "),
        or_empty(at.variable.clone()),
        at.context.iter().map(name).collect::<Vec<_>>().join(" "),
        or_empty(introduced.map(|change| change.date.clone())),
        or_empty(introduced.map(|change| change.commit.clone())),
        or_empty(introduced.and_then(|change| change.author.clone())),
        or_empty(removed.map(|change| change.date.clone())),
        or_empty(removed.map(|change| change.commit.clone())),
        or_empty(exposure.map(|exposure| exposure.in_head.to_string())),
        or_empty(exposure.and_then(|exposure| exposure.days).map(|days| days.to_string())),
        or_empty(exposure.map(|exposure| exposure.refs_total.to_string())),
        at.owners.join(" "),
        or_empty(at.suppression.as_ref().map(|why| why.reason.clone())),
        main.message.clone(),
        main.fingerprint.to_string(),
        main.more_locations.to_string(),
    ]
}

fn row(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    let cells = cells.iter().map(|cell| match cell.bytes().all(|byte| byte.is_ascii_digit()) {
        true => cell.clone(),
        false => format!("\"{}\"", inert(&clean(cell))),
    });
    writeln!(out, "{}", cells.collect::<Vec<_>>().join(","))
}

/// Doubles quotes, and puts an apostrophe before what would begin a formula: also behind what a spreadsheet that is set to
/// other separators could end the cell at.
fn inert(text: &str) -> String {
    let (mut safe, mut begins) = (String::with_capacity(text.len() + 2), true);
    for character in text.chars() {
        if begins && matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            safe.push('\'');
        }
        begins = matches!(character, ',' | ';' | '"' | '|') || begins && character.is_whitespace();
        if character == '"' {
            safe.push('"');
        }
        safe.push(character);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// Reads what RFC 4180 describes.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut characters = text.strip_prefix('\u{feff}').unwrap().chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\n' if !quoted => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                other => cell.push(other),
            }
        }
        assert!(row.is_empty() && cell.is_empty() && !quoted);
        rows
    }

    #[test]
    fn every_place_has_a_row_and_every_row_all_columns() {
        let report = sample::report();
        let rows = read(&sample::written("csv", &report, &sample::OPTIONS));
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        let at = |row: &[String], name: &str| row[COLUMNS.iter().position(|column| *column == name).unwrap()].clone();
        let shown = report.at_or_above(sample::OPTIONS.min_severity);
        let places: usize = shown.map(|finding| finding.locations.len()).sum();
        let unread = rows.iter().filter(|row| at(row, "status") == "unread").count();
        assert_eq!((rows.len(), unread), (1 + places + 2, 2));
        let live = rows.iter().find(|row| at(row, "path") == "dist/x.zip").unwrap();
        assert_eq!(at(live, "inside"), "inner.tar.gz!conf/.env");
        assert_eq!((at(live, "severity"), at(live, "unlisted_places")), ("critical".to_owned(), "4".to_owned()));
        let old = rows.iter().find(|row| at(row, "path") == "old/pay.rb").unwrap();
        assert_eq!((at(old, "introduced"), at(old, "days")), ("2024-02-01T10:00:00Z".to_owned(), "10".to_owned()));
    }

    #[test]
    fn one_place_under_several_rules_is_one_row() {
        let mut report = sample::report();
        let mut lint = report.findings.iter().find(|finding| finding.rule == "secret-test").unwrap().clone();
        lint.rule = "secret-in-frontend".to_owned();
        lint.severity = crate::model::Severity::High;
        report.findings.push(lint);
        let text = sample::written("csv", &report, &sample::OPTIONS);
        let rows: Vec<_> = read(&text).into_iter().filter(|row| row[2].contains("secret-in-frontend")).collect();
        assert_eq!((rows.len(), &*rows[0][0], &*rows[0][2]), (1, "high", "secret-in-frontend secret-test"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1", "'-1"),
            ("＝1", "'＝1"),
            ("＠x ＋y", "'＠x ＋y"),
            (" \u{3000}+1", " \u{3000}'+1"),
            ("a;=1", "a;'=1"),
            ("a\",=1", "a\"\",'=1"),
            ("\"=1", "\"\"'=1"),
            ("a=b", "a=b"),
            ("a-b, c@d", "a-b, c@d"),
        ] {
            assert_eq!(inert(text), expected, "{text}");
        }
        let mut report = sample::report();
        for finding in &mut report.findings {
            for (at, start) in
                finding.locations.iter_mut().zip(["\t=x", "\r=x", "\n＝x", "=x", "\u{b}@x"].iter().cycle())
            {
                at.path = format!("{start}()|\"");
                at.variable = Some(at.path.clone());
                at.owners = vec![at.path.clone()];
            }
        }
        for cell in read(&sample::written("csv", &report, &sample::OPTIONS)).into_iter().flatten() {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r']), "{cell}");
        }
    }
}
