//! Writes `json`, one document, and `jsonl`, one finding a line.
//!
//! `jsonl` has a line `{"type":"finding",…}` for each finding, with its members in `json`, and a last line
//! `{"type":"report","schema":…,"tool":…,"target":…,"options":…,"repositories":…,"hidden":…,"coverage":…}`, which is
//! missing if the program was interrupted. Findings below `--min-severity` are no `findings`: `hidden` counts them in
//! `jsonl`, and lists them in `json`, so that a saved report can be merged, compared and shown at any severity.
//! Characters that could act on a terminal are written as `\u` escapes.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::Options;
use crate::model::escape::is_unsafe;
use crate::model::{
    CoverageReport, Finding, Report, ReportDiff, ReportThresholds, ReportedRepository, ScanOptions, Target, Tool,
};
use crate::rules::RuleSet;

#[derive(Serialize)]
struct JsonDocument<'a> {
    schema: &'a str,
    tool: &'a Tool,
    target: &'a Target,
    options: &'a ScanOptions,
    thresholds: &'a ReportThresholds,
    repositories: Option<&'a [ReportedRepository]>,
    findings: Vec<&'a Finding>,
    hidden: Vec<&'a Finding>,
    coverage: &'a CoverageReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'a ReportDiff>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum JsonLine<'a> {
    Finding(&'a Finding),
    Report {
        schema: &'a str,
        tool: &'a Tool,
        target: &'a Target,
        options: &'a ScanOptions,
        thresholds: &'a ReportThresholds,
        repositories: Option<&'a [ReportedRepository]>,
        hidden: usize,
        coverage: &'a CoverageReport,
        #[serde(skip_serializing_if = "Option::is_none")]
        diff: Option<&'a ReportDiff>,
    },
}

pub(super) fn json(report: &Report, _: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let (findings, hidden) = report.findings.iter().partition(|finding| finding.severity >= options.min_severity);
    let Report { schema, tool, target, options, thresholds, repositories, coverage, diff, .. } = report;
    let (repositories, diff) = (repositories.as_deref(), diff.as_ref());
    let document =
        JsonDocument { schema, tool, target, options, thresholds, repositories, findings, hidden, coverage, diff };
    write(&document, PrettyFormatter::new(), out)
}

pub(super) fn jsonl(report: &Report, _: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.at_or_above(options.min_severity) {
        write(&JsonLine::Finding(finding), CompactFormatter, out)?;
    }
    let hidden = report.findings.len() - report.at_or_above(options.min_severity).count();
    let Report { schema, tool, target, options, thresholds, repositories, coverage, diff, .. } = report;
    let (repositories, diff) = (repositories.as_deref(), diff.as_ref());
    let line = JsonLine::Report { schema, tool, target, options, thresholds, repositories, hidden, coverage, diff };
    write(&line, CompactFormatter, out)
}

/// Writes a value as one line.
pub(crate) fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write(value, CompactFormatter, out)
}

/// Writes a value and a line end.
pub(super) fn write(value: &impl Serialize, formatter: impl Formatter, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, InertFormatter(formatter));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// A list whose items are made while it is written: at most `most` of those that are left.
pub(super) struct Streamed<'i, I> {
    pub(super) items: &'i RefCell<I>,
    pub(super) most: usize,
}

impl<I: Iterator<Item: Serialize>> Serialize for Streamed<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items.borrow_mut().by_ref().take(self.most))
    }
}

/// Escapes what could act on a terminal: DEL, C1, bidirectional and invisible characters.
struct InertFormatter<F>(F);

macro_rules! delegate {
    ($($method:ident($($argument:ident: $kind:ty),*)),* $(,)?) => {$(
        fn $method<W: ?Sized + Write>(&mut self, writer: &mut W, $($argument: $kind),*) -> io::Result<()> {
            self.0.$method(writer, $($argument),*)
        }
    )*};
}

impl<F: Formatter> Formatter for InertFormatter<F> {
    delegate!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        end_object_key(),
        begin_object_value(),
        end_object_value(),
    );

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() && memchr::memchr(0x7f, fragment.as_bytes()).is_none() {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, character)| is_unsafe(*character)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;
    use crate::report::sample;

    fn written(name: &str, options: &Options) -> String {
        sample::written(name, &sample::report(), options)
    }

    #[test]
    fn a_report_survives_serialization() {
        for min_severity in [Severity::Note, Severity::Low, Severity::Critical] {
            let options = Options { min_severity, ..sample::OPTIONS };
            let back: Report = serde_json::from_str(&written("json", &options)).unwrap();
            assert_eq!(back, sample::report());
        }
    }

    #[test]
    fn hidden_findings_are_left_out() {
        let read = |options| -> serde_json::Value { serde_json::from_str(&written("json", options)).unwrap() };
        let all = read(&Options { min_severity: Severity::Note, ..sample::OPTIONS });
        let some = read(&sample::OPTIONS);
        let count = |document: &serde_json::Value, name: &str| document[name].as_array().unwrap().len();
        assert!(count(&some, "findings") < count(&all, "findings") && count(&all, "hidden") == 0);
        assert_eq!(count(&some, "findings") + count(&some, "hidden"), count(&all, "findings"));
        assert!(some["findings"].as_array().unwrap().iter().all(|finding| finding["severity"] != "note"));
        assert!(some["hidden"].as_array().unwrap().iter().all(|finding| finding["severity"] == "note"));
        let lines = written("jsonl", &sample::OPTIONS);
        let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!(last["hidden"], count(&some, "hidden"));
    }

    #[test]
    fn lines_hold_what_the_document_holds() {
        let document: serde_json::Value = serde_json::from_str(&written("json", &sample::OPTIONS)).unwrap();
        let text = written("jsonl", &sample::OPTIONS);
        let mut lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let last = lines.pop().unwrap();
        assert_eq!((&last["type"], &last["coverage"]), (&"report".into(), &document["coverage"]));
        for (line, finding) in lines.iter_mut().zip(document["findings"].as_array().unwrap()) {
            assert_eq!(line.as_object_mut().unwrap().remove("type").unwrap(), "finding");
            assert_eq!(line, finding);
        }
        assert_eq!(lines.len(), document["findings"].as_array().unwrap().len());
    }

    #[test]
    fn nothing_in_it_acts_on_a_terminal() {
        let mut bytes = Vec::new();
        write(&"a\u{7f}\u{9b}\u{202e}\u{200b}\u{1b}é", CompactFormatter, &mut bytes).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\"a\\u007f\\u009b\\u202e\\u200b\\u001bé\"\n");
    }
}
