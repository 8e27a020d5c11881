//! Kind `scan`: scans a small project and compares what is reported with the rows of `case.toml`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use pinstripe::model::Report;
use pinstripe::model::{Severity, Status};
use pinstripe::rules::load::load;
use serde::Deserialize;

use super::TOPICS;
use super::case::Case;
use crate::support::Dir;

/// A `case.toml` of this kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expectations {
    /// The reason for what is expected, for people.
    #[serde(default, rename = "why")]
    _why: String,
    /// The topic under which the case as a whole does not hold yet.
    fails: Option<String>,
    /// Nothing above note is reported but what the rows expect.
    #[serde(default)]
    exact: bool,
    /// Arguments of the scan besides its format: paths and flags.
    #[serde(default = "here")]
    arguments: Vec<String>,
    /// The exit code.
    exit: Option<i32>,
    #[serde(default)]
    expect: Vec<Row>,
    #[serde(default)]
    never: Vec<Row>,
}

fn here() -> Vec<String> {
    vec![".".to_owned()]
}

/// Something that has to be reported (`[[expect]]`), or must not be above note (`[[never]]`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    /// A file, or `*` for any.
    path: String,
    /// A rule, one of `A|B`, or `*` for any.
    rule: String,
    line: Option<u64>,
    severity: Option<Severity>,
    at_most: Option<Severity>,
    /// A part of the message.
    message: Option<String>,
    /// The topic under which this row does not hold yet.
    fails: Option<String>,
}

/// One open place of a finding.
struct Seen {
    path: String,
    line: u64,
    rule: String,
    severity: Severity,
    message: String,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{} ({}): {}", self.rule, self.path, self.line, self.severity.name(), self.message)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.rule, self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(severity) = self.severity {
            write!(f, ", {}", severity.name())?;
        }
        if let Some(severity) = self.at_most {
            write!(f, ", at most {}", severity.name())?;
        }
        self.message.iter().try_for_each(|message| write!(f, ", saying `{message}`"))
    }
}

/// The ids of the rules that come with the program.
static RULES: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| load(true, &[]).unwrap().iter().map(|rule| rule.id.clone()).collect());

impl Row {
    /// Refuses a path or a rule that does not exist, which would never be reported. A rule may be one of the case's own
    /// `rules/`, and one that is still to come where the row is marked.
    fn check(&self, dir: &Dir) -> Result<(), String> {
        if self.path != "*" && !dir.join(&self.path).is_file() {
            return Err(format!("there is no file {}", self.path));
        }
        let known =
            |rule: &str| rule == "*" || RULES.contains(rule) || dir.join(&format!("rules/{rule}.toml")).is_file();
        match self.rule.split('|').find(|rule| !known(rule)) {
            Some(rule) if self.fails.is_none() => Err(format!("there is no rule {rule}")),
            _ => Ok(()),
        }
    }

    fn is_about(&self, seen: &Seen) -> bool {
        (self.path == "*" || self.path == seen.path)
            && (self.rule == "*" || self.rule.split('|').any(|rule| rule == seen.rule))
            && self.line.is_none_or(|line| line == seen.line)
            && self.message.as_ref().is_none_or(|part| seen.message.contains(part))
            && (self.rule != "*" || seen.severity > Severity::Note)
    }

    fn expects(&self, seen: &Seen) -> bool {
        self.is_about(seen) && self.severity.is_none_or(|severity| severity == seen.severity)
    }

    /// Returns true if the expected finding was seen, and nothing above its limit.
    fn is_met(&self, all: &[Seen]) -> bool {
        let high = |seen: &Seen| self.at_most.is_some_and(|limit| seen.severity > limit);
        all.iter().any(|seen| self.expects(seen)) && !all.iter().any(|seen| self.expects(seen) && high(seen))
    }

    /// Returns true if nothing above note was seen that this row forbids.
    fn is_kept(&self, all: &[Seen]) -> bool {
        !all.iter().any(|seen| seen.severity > Severity::Note && self.is_about(seen))
    }
}

/// Returns the rows that do not hold, and complaints about wrong marks.
#[derive(Default)]
struct Verdict {
    broken: Vec<String>,
    marks: Vec<String>,
}

impl Verdict {
    /// Adds the outcome of one row.
    fn row(&mut self, what: &str, row: &Row, holds: bool) {
        match (&row.fails, holds) {
            (Some(topic), true) => {
                self.marks.push(format!("holds now, take off fails = \"{topic}\": {what} {row}"));
            }
            (None, false) => self.broken.push(format!("{what} {row}")),
            _ => {}
        }
    }
}

pub(super) fn run(case: &Case) -> Result<Vec<String>, String> {
    let expectations: Expectations = case.parse()?;
    let dir = case.build()?;
    expectations.check(&dir)?;
    let arguments: Vec<&str> = expectations.arguments.iter().map(String::as_str).collect();
    let run = dir.scan(&arguments);
    if run.stdout.is_empty() {
        return Err(format!("no report, exit code {}: {}", run.code, run.stderr));
    }
    let all = seen(&run.report());
    if std::env::var_os("PINSTRIPE_CASE").is_some() {
        eprintln!("{}: exit code {}\n{}", case.name, run.code, listed(&all));
    }
    let mut verdict = expectations.judge(&all);
    if let Some(code) = expectations.exit.filter(|code| *code != run.code) {
        verdict.broken.push(format!("expected exit code {code}, seen {}", run.code));
    }
    let mut complaints = verdict.marks;
    match &expectations.fails {
        Some(topic) if verdict.broken.is_empty() => {
            complaints.push(format!("passes now, take off fails = \"{topic}\""));
        }
        Some(_) => {}
        None => complaints.append(&mut verdict.broken),
    }
    if !complaints.is_empty() {
        complaints.push(format!("seen:\n{}", listed(&all)));
    }
    Ok(complaints)
}

fn seen(report: &Report) -> Vec<Seen> {
    let mut all = Vec::new();
    for finding in &report.findings {
        for at in finding.locations.iter().filter(|at| at.status == Status::Open) {
            all.push(Seen {
                path: at.path.clone(),
                line: at.line,
                rule: finding.rule.clone(),
                severity: finding.severity,
                message: finding.message.clone(),
            });
        }
    }
    all.sort_by(|a, b| (&a.path, a.line, &a.rule).cmp(&(&b.path, b.line, &b.rule)));
    all
}

fn listed(all: &[Seen]) -> String {
    match all {
        [] => "  nothing".to_owned(),
        all => all.iter().map(|seen| format!("  {seen}")).collect::<Vec<_>>().join("\n"),
    }
}

impl Expectations {
    /// Refuses what is no case: one without a row, marks within a marked case, and names of nothing.
    fn check(&self, dir: &Dir) -> Result<(), String> {
        let rows = || self.expect.iter().chain(&self.never);
        if rows().next().is_none() && !self.exact && self.exit.is_none() {
            return Err("nothing is expected".to_owned());
        }
        if self.fails.is_some() && rows().any(|row| row.fails.is_some()) {
            return Err("`fails` stands on the case and on a row".to_owned());
        }
        rows().try_for_each(|row| row.check(dir))?;
        let topics = self.fails.iter().chain(rows().filter_map(|row| row.fails.as_ref()));
        match topics.into_iter().find(|topic| !TOPICS.contains(&topic.as_str())) {
            Some(topic) => Err(format!("unknown topic `{topic}`: it is one of {}", TOPICS.join(", "))),
            None => Ok(()),
        }
    }

    fn judge(&self, all: &[Seen]) -> Verdict {
        let mut verdict = Verdict::default();
        for row in &self.expect {
            verdict.row("expected", row, row.is_met(all));
        }
        for row in &self.never {
            verdict.row("must not be:", row, row.is_kept(all));
        }
        if self.exact {
            let marked = || self.never.iter().filter(|row| row.fails.is_some());
            let known =
                |seen: &Seen| self.expect.iter().any(|row| row.expects(seen)) || marked().any(|row| row.is_about(seen));
            let strangers = all.iter().filter(|seen| seen.severity > Severity::Note && !known(seen));
            verdict.broken.extend(strangers.map(|seen| format!("not expected: {seen}")));
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(rule: &str, line: u64, severity: Severity) -> Seen {
        Seen { path: "a.ts".to_owned(), line, rule: rule.to_owned(), severity, message: "It is so".to_owned() }
    }

    /// Returns how many complaints there are about results, and how many about marks.
    fn judged(expectations: &str, all: &[Seen]) -> (usize, usize) {
        let verdict = toml::from_str::<Expectations>(expectations).unwrap().judge(all);
        (verdict.broken.len(), verdict.marks.len())
    }

    #[test]
    fn rows_hold_or_do_not() {
        let all = [seen("one", 3, Severity::Medium), seen("two", 4, Severity::Note)];
        for (row, holds) in [
            ("[[expect]]\npath = 'a.ts'\nrule = 'one'", true),
            ("[[expect]]\npath = '*'\nrule = 'none|one'\nline = 3\nseverity = 'medium'\nmessage = 'is so'", true),
            ("[[expect]]\npath = '*'\nrule = 'two'\nat-most = 'low'", true),
            ("[[expect]]\npath = '*'\nrule = 'one'\nline = 4", false),
            ("[[expect]]\npath = '*'\nrule = 'one'\nseverity = 'high'", false),
            ("[[expect]]\npath = '*'\nrule = 'one'\nat-most = 'low'", false),
            ("[[expect]]\npath = '*'\nrule = 'one'\nmessage = 'is not'", false),
            ("[[expect]]\npath = 'b.ts'\nrule = '*'", false),
            ("[[never]]\npath = '*'\nrule = 'two'", true),
            ("[[never]]\npath = '*'\nrule = '*'", false),
            ("[[never]]\npath = 'b.ts'\nrule = '*'", true),
        ] {
            assert_eq!(judged(row, &all), (usize::from(!holds), 0), "{row}");
            let marked = format!("{row}\nfails = 'missed'");
            assert_eq!(judged(&marked, &all), (0, usize::from(holds)), "a mark is right where the row does not hold");
        }
    }

    #[test]
    fn exact_leaves_nothing_out() {
        let all = [seen("one", 3, Severity::Medium), seen("one", 5, Severity::Low), seen("two", 4, Severity::Note)];
        assert_eq!(judged("exact = true", &all), (2, 0));
        assert_eq!(judged("exact = true\n[[expect]]\npath = '*'\nrule = 'one'", &all), (0, 0));
        let one = "exact = true\n[[expect]]\npath = '*'\nrule = 'one'\nline = 3\n";
        assert_eq!(judged(one, &all), (1, 0));
        let marked = format!("{one}[[never]]\npath = '*'\nrule = 'one'\nline = 5\nfails = 'noise'");
        assert_eq!(judged(&marked, &all), (0, 0));
    }
}
