//! Kind `delimiters`: puts every kind of key of `case.toml` into every file of `templates/`, in place of `KEY`, and
//! scans them all at once.

use pinstripe::credential::{Key, Kind, Mode, account::AccountId};
use pinstripe::model::Report;
use serde::Deserialize;
use walkdir::WalkDir;

use super::case::Case;
use crate::support::Dir;
use crate::support::placeholders::Placeholders;

/// A `case.toml` of this kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Rules that may be reported beside those of the keys.
    also: Vec<String>,
    key: Vec<Row>,
}

/// A kind of key, with the rule and facts that it must be reported with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// A placeholder without its braces.
    key: String,
    rule: String,
    kind: Kind,
    mode: Mode,
}

/// One key in one template.
struct Expected<'a> {
    path: String,
    row: &'a Row,
    account: Option<AccountId>,
    line: u64,
    column: u64,
}

pub(super) fn run(case: &Case) -> Result<Vec<String>, String> {
    let table: Table = case.parse()?;
    let templates = templates(case)?;
    let (dir, mut placeholders) = (Dir::new(), Placeholders::new(&case.name));
    let mut expected = Vec::new();
    for row in &table.key {
        let key = placeholders.value(&row.key).ok_or_else(|| format!("unknown placeholder {}", row.key))?;
        let account = Key::read(key.as_bytes(), None).account;
        for (name, template) in &templates {
            let path = format!("{}/{name}.bin", row.key.replace(':', "-"));
            dir.write_bytes(&path, template.replace("KEY", &key).as_bytes());
            let (line, column) = place(template).ok_or_else(|| format!("{name} has no KEY"))?;
            expected.push(Expected { path, row, account: account.clone(), line, column });
        }
    }
    let report = dir.scan(&["."]).report();
    let mut complaints: Vec<String> = expected.iter().filter_map(|expected| expected.complaint(&report)).collect();
    let known = |rule: &String| table.also.contains(rule) || table.key.iter().any(|row| row.rule == *rule);
    let strangers = report.findings.iter().filter(|finding| !known(&finding.rule));
    complaints.extend(strangers.map(|finding| format!("not expected: {}", finding.rule)));
    Ok(complaints)
}

/// Returns the name and text of every template.
fn templates(case: &Case) -> Result<Vec<(String, String)>, String> {
    let files = WalkDir::new(case.folder().join("templates")).min_depth(1).sort_by_file_name();
    let read = |entry: walkdir::Result<walkdir::DirEntry>| {
        let entry = entry.map_err(|error| error.to_string())?;
        let name = entry.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, std::fs::read_to_string(entry.path()).map_err(|error| error.to_string())?))
    };
    files.into_iter().map(read).collect()
}

/// Returns line and column of the first `KEY`. A carriage return ends a line, alone or in front of a newline.
fn place(template: &str) -> Option<(u64, u64)> {
    let before = &template[..template.find("KEY")?];
    let ends = before.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count() - before.matches("\r\n").count();
    let column = before.len() - before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    Some((ends as u64 + 1, column as u64 + 1))
}

impl Expected<'_> {
    /// Returns what is wrong with how this key was reported.
    fn complaint(&self, report: &Report) -> Option<String> {
        let of_rule = report.findings.iter().filter(|finding| finding.rule == self.row.rule);
        let hit = of_rule.into_iter().find_map(|finding| {
            let at = finding.locations.iter().find(|at| at.path == self.path)?;
            Some((finding.key.as_ref()?, at))
        });
        let Some((key, at)) = hit else {
            return Some(format!("missed {} in {}", self.row.rule, self.path));
        };
        let seen = (key.kind, key.mode, &key.account, at.line, at.column);
        let wanted = (self.row.kind, self.row.mode, &self.account, self.line, self.column);
        (seen != wanted).then(|| format!("{} in {}: expected {wanted:?}, seen {seen:?}", self.row.rule, self.path))
    }
}
