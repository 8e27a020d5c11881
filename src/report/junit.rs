//! Writes `junit`: a suite for each repository and a test for each of its credentials, as Jenkins and GitLab read them.
//!
//! What fails the scan fails its test; what is below `--fail-on`, allowed or known is skipped with the reason. What could not
//! be read is a test with an error, and a repository without findings has a test that passes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::Options;
use super::describe::{self, clean};
use super::grouping::{CredentialBlock, GroupedFindings};
use super::summary;
use crate::model::{Location, Report, Status};
use crate::rules::RuleSet;

/// Places that a test lists.
const MAX_PLACES: usize = 50;

/// The outcome of a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failure,
    Error,
    Skipped,
}

/// A test.
struct Case {
    class: String,
    name: String,
    outcome: Outcome,
    message: String,
    details: String,
}

/// The tests of a repository, or of what is in none that is listed.
struct Suite<'a> {
    name: String,
    number: usize,
    /// Their tests are made while they are written.
    blocks: Vec<&'a CredentialBlock<'a>>,
    others: Vec<Case>,
}

impl Suite<'_> {
    fn new((number, name): (usize, String)) -> Self {
        Self { name, number, blocks: Vec::new(), others: Vec::new() }
    }
}

/// Makes suites and their tests.
struct JunitWriter<'a> {
    rules: &'a RuleSet,
    options: &'a Options,
    /// The numbers of suites by repository, where there are several.
    numbers: BTreeMap<&'a str, usize>,
}

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let grouped = GroupedFindings::new(report, rules, options);
    let known = report.repositories.as_deref().filter(|known| known.len() > 1).unwrap_or_default();
    let numbers = known.iter().zip(0..).map(|(known, number)| (known.id.as_str(), number)).collect();
    let junit = JunitWriter { rules, options, numbers };
    let suites = junit.suites(report, &grouped);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"pinstripe\"{}>", junit.counts(&suites).0)?;
    for suite in &suites {
        let (counts, skipped) = junit.counts(std::slice::from_ref(suite));
        writeln!(out, "  <testsuite name=\"{}\"{counts} skipped=\"{skipped}\">", escaped(&suite.name))?;
        suite.blocks.iter().try_for_each(|block| write_case(&junit.case(block, suite.number), out))?;
        suite.others.iter().try_for_each(|case| write_case(case, out))?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn root(report: &Report) -> String {
    let root = clean(&report.target.root);
    if root.is_empty() { "pinstripe".to_owned() } else { root }
}

impl JunitWriter<'_> {
    fn suites<'a>(&self, report: &Report, grouped: &'a GroupedFindings<'_>) -> Vec<Suite<'a>> {
        let known = report.repositories.iter().flatten().take(self.numbers.len());
        let names = known.map(|known| clean(&known.id)).chain([root(report)]);
        let mut suites: Vec<Suite<'a>> = names.enumerate().map(Suite::new).collect();
        for block in &grouped.blocks {
            let places = block.findings().flat_map(|finding| &finding.locations);
            for number in places.map(|at| self.number(at)).collect::<BTreeSet<_>>() {
                suites.get_mut(number).into_iter().for_each(|suite| suite.blocks.push(block));
            }
        }
        // A finding in none of several is not lost.
        if suites.len() > 1 {
            suites.pop_if(|rest| rest.blocks.is_empty());
        }
        if let Some(first) = suites.first_mut() {
            first.others.extend(unread(report));
        }
        for suite in suites.iter_mut().filter(|suite| suite.blocks.is_empty() && suite.others.is_empty()) {
            suite.others.push(Case {
                class: "pinstripe".to_owned(),
                name: "no Stripe credentials".to_owned(),
                outcome: Outcome::Passed,
                message: String::new(),
                details: String::new(),
            });
        }
        suites
    }

    /// Returns the number of the suite of a place.
    fn number(&self, at: &Location) -> usize {
        let known = at.repository.as_deref().and_then(|id| self.numbers.get(id));
        known.copied().unwrap_or(self.numbers.len())
    }

    /// Returns the places of a credential in a suite, and the most open status of them.
    fn places<'a>(&self, block: &CredentialBlock<'a>, suite: usize) -> (Vec<&'a Location>, Status) {
        let places = describe::most_open_first(block.main).into_iter();
        let places: Vec<&Location> = places.filter(|at| self.number(at) == suite).collect();
        let status = places.first().map_or_else(|| block.status(), |at| at.status);
        (places, status)
    }

    fn outcome(&self, block: &CredentialBlock<'_>, status: Status) -> Outcome {
        let fails = status == Status::Open && block.main.severity >= self.options.fail_on;
        if fails { Outcome::Failure } else { Outcome::Skipped }
    }

    /// Counts tests by outcome, in attributes, and those that are skipped.
    fn counts(&self, suites: &[Suite<'_>]) -> (String, usize) {
        let of_blocks = suites
            .iter()
            .flat_map(|suite| suite.blocks.iter().map(|block| self.outcome(block, self.places(block, suite.number).1)));
        let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
        for outcome in of_blocks.chain(suites.iter().flat_map(|suite| &suite.others).map(|case| case.outcome)) {
            tests += 1;
            match outcome {
                Outcome::Passed => {}
                Outcome::Failure => failures += 1,
                Outcome::Error => errors += 1,
                Outcome::Skipped => skipped += 1,
            }
        }
        (format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\""), skipped)
    }

    fn case(&self, block: &CredentialBlock<'_>, suite: usize) -> Case {
        let (rules, main) = (self.rules, block.main);
        let (places, status) = self.places(block, suite);
        let first = places.first().map(|at| describe::place(at)).unwrap_or_default();
        let outcome = self.outcome(block, status);
        let message = match describe::status(status) {
            Some(words) => words.to_owned(),
            None if outcome == Outcome::Failure => format!("{} at {first}", describe::headline(rules, main)),
            None => format!("{}: below --fail-on {}", main.severity.name(), self.options.fail_on.name()),
        };
        let lines = places.iter().take(MAX_PLACES).map(|at| describe::place_with_remarks(at));
        let more = places.len().saturating_sub(MAX_PLACES) as u64 + main.more_locations;
        let more = (more > 0).then(|| format!("and {}", describe::counted(more, "more place")));
        let details = block.findings().flat_map(|finding| describe::sentences(rules, finding));
        let details: Vec<String> = details
            .chain(lines)
            .chain(more)
            .chain(describe::exposure(main).map(|exposure| format!("Exposure: {exposure}.")))
            .chain((!main.owners.is_empty()).then(|| format!("Owners: {}.", clean(&main.owners.join(" ")))))
            .chain(describe::numbered_steps(rules, main))
            .collect();
        let name = format!("{} at {first} [{}]", describe::headline(rules, main), main.fingerprint);
        Case { class: format!("pinstripe.{}", clean(&main.rule)), name, outcome, message, details: details.join("\n") }
    }
}

fn unread(report: &Report) -> impl Iterator<Item = Case> {
    summary::unread(report).map(|unread| Case {
        class: "pinstripe.coverage".to_owned(),
        name: format!("not read: {}", unread.problem),
        outcome: Outcome::Error,
        message: format!("The scan is incomplete. Next step: {}.", unread.next_step),
        details: unread.examples.join("\n"),
    })
}

fn write_case(case: &Case, out: &mut dyn Write) -> io::Result<()> {
    let Case { class, name, outcome, message, details } = case;
    write!(out, "    <testcase classname=\"{}\" name=\"{}\"", escaped(class), escaped(name))?;
    let element = match outcome {
        Outcome::Passed => return writeln!(out, "/>"),
        Outcome::Failure => "failure",
        Outcome::Error => "error",
        Outcome::Skipped => "skipped",
    };
    let (message, details) = (escaped(message), escaped(details));
    writeln!(out, ">\n      <{element} message=\"{message}\">{details}</{element}>\n    </testcase>")
}

/// Escapes a text for attributes and elements, and replaces what XML cannot hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            '\n' => escaped.push(character),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CoverageReport, ReportedRepository};
    use crate::report::sample;

    #[test]
    fn the_sample_report() {
        insta::assert_snapshot!(sample::written("junit", &sample::report(), &sample::OPTIONS));
    }

    #[test]
    fn each_repository_is_a_suite_and_a_clean_one_passes() {
        let mut report = sample::report();
        report.coverage = CoverageReport { complete: true, skipped: Vec::new(), ..report.coverage };
        let repository = |id: &str| ReportedRepository {
            id: id.to_owned(),
            path: format!("/srv/{id}"),
            remote: None,
            head: None,
            codeowners: None,
            coverage: None,
        };
        report.repositories = Some(["services/api", "web"].map(repository).to_vec());
        report.findings.retain(|finding| finding.locations.iter().any(|at| at.repository.is_some()));
        let text = sample::written("junit", &report, &sample::OPTIONS);
        assert!(text.contains("<testsuites name=\"pinstripe\" tests=\"2\" failures=\"1\" errors=\"0\">"), "{text}");
        assert!(
            text.contains("<testsuite name=\"services/api\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">")
        );
        assert!(text.contains("<testcase classname=\"pinstripe\" name=\"no Stripe credentials\"/>"));
    }

    #[test]
    fn nothing_leaves_its_element() {
        assert_eq!(escaped("<a b=\"c\">&]]>\u{1}\u{fffe}\n"), "&lt;a b=&quot;c&quot;&gt;&amp;]]&gt;\u{fffd}\u{fffd}\n");
    }
}
