//! Reads saved reports. They are foreign input: whoever wrote the file may have put anything into it, so a report is
//! checked for what formats rely on, and can only be had redacted.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};

use serde::Deserialize;

use crate::credential::Fingerprint;
use crate::model::escape::{escape, is_unsafe};
use crate::model::{CommitDate, CoverageReport, Exposure, Finding, Location, Report, SCHEMA, SkipClass};

/// Largest saved report, in bytes: some millions of places.
pub const MAX_SAVED_REPORT: u64 = 1 << 30;

/// Largest number in a report that every format can calculate with, and JSON can hold.
const MAX_NUMBER: u64 = 1 << 53;

/// Characters of a reason: it may hold a text of the report.
const MAX_REASON: usize = 300;

/// A file that is no report of this program.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct LoadError {
    name: String,
    reason: String,
}

/// A report that was read, checked and not redacted yet. Only [`crate::report::Redacted`] gives it out.
#[derive(Debug)]
pub struct SavedReport(Report);

#[derive(Deserialize)]
struct SchemaOnly {
    schema: String,
}

impl SavedReport {
    /// Reads the JSON of a report in memory. `name` is that of its file in messages.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, LoadError> {
        Self::read(name, Cursor::new(bytes))
    }

    /// Reads the JSON of a report without holding its text. `name` is that of its file in messages.
    ///
    /// # Errors
    /// The text is too long, or not JSON of this form, or of another version, or contradicts itself.
    pub fn read(name: &str, mut input: impl Read + Seek) -> Result<Self, LoadError> {
        let failed = |reason: &str| {
            let cut = reason.char_indices().nth(MAX_REASON).and_then(|(at, _)| reason.get(..at));
            let reason = cut.map_or_else(|| escape(reason), |cut| escape(cut) + "…");
            LoadError { name: escape(name), reason }
        };
        let mut report: Report = match parsed(&mut input) {
            Ok(report) => report,
            Err(reason) => {
                let other = input.rewind().ok().and_then(|()| parsed(&mut input).ok());
                let other = other.filter(|known: &SchemaOnly| known.schema != SCHEMA);
                return Err(failed(&other.map_or(reason, |known| wrong_schema(&known.schema))));
            }
        };
        if report.schema != SCHEMA {
            return Err(failed(&wrong_schema(&report.schema)));
        }
        check(&mut report).map_err(|reason| failed(&reason))?;
        Ok(Self(report))
    }

    /// Returns the report, to be redacted.
    pub(crate) fn into_unredacted(self) -> Report {
        self.0
    }
}

/// Parses the only value of a text, behind a byte-order mark. Returns what is wrong with it.
fn parsed<T: for<'de> Deserialize<'de>>(input: &mut impl Read) -> Result<T, String> {
    let mut input = BufReader::new(input.take(MAX_SAVED_REPORT + 1));
    let is_empty = begin(&mut input).map_err(|error| error.to_string())?;
    if is_empty {
        return Err("it is empty".to_owned());
    }
    let parsed = serde_json::from_reader(&mut input);
    if input.get_ref().limit() == 0 {
        return Err(format!("larger than {MAX_SAVED_REPORT} bytes"));
    }
    parsed.map_err(|error| format!("it is not a JSON report of pinstripe: {error}"))
}

/// Skips a byte-order mark and blanks. Returns true if nothing follows.
fn begin(input: &mut impl BufRead) -> io::Result<bool> {
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    loop {
        let bytes = input.fill_buf()?;
        let (all, blank) = (bytes.len(), bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count());
        input.consume(blank);
        if blank < all || all == 0 {
            return Ok(all == 0);
        }
    }
}

fn wrong_schema(schema: &str) -> String {
    format!("its schema is {schema:?}, and this pinstripe reads {SCHEMA:?}")
}

/// Checks what formats and merges rely on, and computes again what follows from the rest.
fn check(report: &mut Report) -> Result<(), String> {
    for head in [&report.target.head, &report.target.base] {
        object("the target", head.as_deref())?;
    }
    let repositories = report.repositories.as_deref().unwrap_or_default();
    let ids: BTreeSet<&str> = repositories.iter().map(|known| known.id.as_str()).collect();
    if ids.len() != repositories.len() {
        return Err("two repositories have one id".to_owned());
    }
    let is_several = repositories.len() > 1;
    for known in repositories {
        object("a repository", known.head.as_deref())?;
        known.coverage.iter().try_for_each(coverage)?;
        if known.coverage.is_some() != is_several {
            return Err("what was read of each repository is told where there are several, and only there".to_owned());
        }
    }
    coverage(&report.coverage)?;
    numbers(report.diff.iter().flat_map(|diff| [diff.new, diff.same]))?;
    let knows = |id: Option<&str>| match id {
        Some(id) => is_several && ids.contains(id),
        None => !is_several,
    };
    let mut seen: BTreeSet<(&str, Fingerprint)> = BTreeSet::new();
    for found in &report.findings {
        let what = || format!("the finding {} {}", found.rule, found.fingerprint);
        if !seen.insert((&found.rule, found.fingerprint)) {
            return Err(format!("{} is there twice", what()));
        }
        finding(found, &knows).map_err(|reason| format!("{}: {reason}", what()))?;
    }
    for found in &mut report.findings {
        found.sort_locations();
        found.refresh_status();
    }
    report.sort();
    Ok(())
}

fn coverage(coverage: &CoverageReport) -> Result<(), String> {
    let CoverageReport { files, objects, bytes, skipped, complete } = coverage;
    numbers([*files, *objects, *bytes].into_iter().chain(skipped.iter().map(|skipped| skipped.count)))?;
    if skipped.iter().any(|skipped| skipped.class != skipped.reason.class()) {
        return Err("what was not read has another class than its reason".to_owned());
    }
    let is_complete = skipped.iter().all(|skipped| skipped.class == SkipClass::Policy);
    if *complete == is_complete { Ok(()) } else { Err("`complete` contradicts what was not read".to_owned()) }
}

fn finding(finding: &Finding, knows: &dyn Fn(Option<&str>) -> bool) -> Result<(), String> {
    if finding.locations.is_empty() {
        return Err("it has no place".to_owned());
    }
    numbers([finding.more_locations])?;
    for at in &finding.locations {
        location(at)?;
    }
    numbers(finding.evidence.iter().flat_map(|at| [at.line, at.column]))?;
    for exposure in finding.exposures.iter().chain(&finding.exposure) {
        self::exposure(exposure)?;
    }
    let places = finding.locations.iter().map(|at| at.repository.as_deref());
    let mut named = places.chain(finding.exposures.iter().map(|at| at.repository.as_deref()));
    if named.any(|id| !knows(id)) {
        return Err("it is in a repository that the report does not list".to_owned());
    }
    Ok(())
}

fn location(at: &Location) -> Result<(), String> {
    numbers([at.line, at.column, at.end_line, at.end_column, at.versions])?;
    object("a place", at.commit.as_deref())?;
    object("a place", at.blob.as_deref())?;
    if at.path_encoding.as_deref().is_some_and(|encoding| encoding != "percent") {
        return Err("a path has an unknown encoding".to_owned());
    }
    if let Some(snippet) = &at.snippet {
        let is_inside = snippet.start <= snippet.end && snippet.text.get(snippet.start..snippet.end).is_some();
        if !is_inside || snippet.text.contains(is_unsafe) {
            return Err("a snippet has marks outside of its text, or control characters".to_owned());
        }
    }
    if let Some(hash) = &at.line_hash {
        numbers([hash.column, hash.end_column])?;
        if !hash.hash.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':') {
            return Err("a hash of a line is none".to_owned());
        }
    }
    let mut days = at.suppression.iter().flat_map(|why| why.date.iter().chain(&why.expires));
    if days.all(|day| day.parse::<jiff::civil::Date>().is_ok()) {
        Ok(())
    } else {
        Err("a day is written YYYY-MM-DD".to_owned())
    }
}

fn exposure(exposure: &Exposure) -> Result<(), String> {
    numbers(exposure.days.into_iter().chain([exposure.refs_total]))?;
    for CommitDate { commit, date, author: _ } in exposure.introduced.iter().chain(&exposure.removed) {
        object("an exposure", Some(commit))?;
        // Dates that no calendar has are empty.
        if !date.is_empty() && date.parse::<jiff::Timestamp>().is_err() {
            return Err("a date is not one of RFC 3339".to_owned());
        }
    }
    Ok(())
}

fn object(what: &str, id: Option<&str>) -> Result<(), String> {
    let is_id = |id: &str| matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if id.is_none_or(is_id) { Ok(()) } else { Err(format!("{what} has an object id that is none")) }
}

fn numbers(numbers: impl IntoIterator<Item = u64>) -> Result<(), String> {
    let is_sane = numbers.into_iter().all(|number| number <= MAX_NUMBER);
    if is_sane { Ok(()) } else { Err("a number is too large".to_owned()) }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
