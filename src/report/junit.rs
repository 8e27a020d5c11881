//! Writes `junit`: a suite for each repository and a test for each of its credentials, as Jenkins and GitLab read them.
//!
//! What fails the scan fails its test; what is below `--fail-on`, allowed or known is skipped with the reason. What could not
//! be read is a test with an error, and a repository without findings has a test that passes.

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

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let grouped = GroupedFindings::new(report, rules, options);
    let known: Vec<&str> = report.repositories.iter().flatten().map(|known| &*known.id).collect();
    let suite = |name: String, is_in: &dyn Fn(&Location) -> bool| (name, cases(rules, options, &grouped, is_in));
    let mut suites: Vec<(String, Vec<Case>)> = match known.as_slice() {
        [] | [_] => vec![suite(root(report), &|_| true)],
        several => {
            let each = several.iter().map(|id| suite(clean(id), &|at| at.repository.as_deref() == Some(id)));
            // What is in none of them is not lost.
            let rest = suite(root(report), &|at| !at.repository.as_deref().is_some_and(|id| several.contains(&id)));
            each.chain([rest].into_iter().filter(|(_, cases)| !cases.is_empty())).collect()
        }
    };
    if let Some((_, cases)) = suites.first_mut() {
        cases.extend(unread(report));
    }
    for (_, cases) in suites.iter_mut().filter(|(_, cases)| cases.is_empty()) {
        cases.push(Case {
            class: "pinstripe".to_owned(),
            name: "no Stripe credentials".to_owned(),
            outcome: Outcome::Passed,
            message: String::new(),
            details: String::new(),
        });
    }
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"pinstripe\"{}>", counts(all()))?;
    for (name, cases) in &suites {
        let skipped = cases.iter().filter(|case| case.outcome == Outcome::Skipped).count();
        let counts = counts(cases.iter());
        writeln!(out, "  <testsuite name=\"{}\"{counts} skipped=\"{skipped}\">", escaped(name))?;
        cases.iter().try_for_each(|case| write_case(case, out))?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn root(report: &Report) -> String {
    let root = clean(&report.target.root);
    if root.is_empty() { "pinstripe".to_owned() } else { root }
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case> + Clone) -> String {
    let count = |outcome| cases.clone().filter(|case| case.outcome == outcome).count();
    let (failures, errors) = (count(Outcome::Failure), count(Outcome::Error));
    format!(" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", cases.clone().count())
}

/// Returns the tests of the credentials with these places.
fn cases(
    rules: &RuleSet,
    options: &Options,
    grouped: &GroupedFindings<'_>,
    is_in: &dyn Fn(&Location) -> bool,
) -> Vec<Case> {
    let here = |block: &&CredentialBlock<'_>| block.findings().flat_map(|finding| &finding.locations).any(is_in);
    grouped.blocks.iter().filter(here).map(|block| case(rules, options, block, is_in)).collect()
}

fn case(rules: &RuleSet, options: &Options, block: &CredentialBlock<'_>, is_in: &dyn Fn(&Location) -> bool) -> Case {
    let main = block.main;
    let places: Vec<&Location> = describe::most_open_first(main).into_iter().filter(|at| is_in(at)).collect();
    let first = places.first().map(|at| describe::place(at)).unwrap_or_default();
    let status = places.iter().map(|at| at.status).max().unwrap_or(block.status());
    let fails = status == Status::Open && main.severity >= options.fail_on;
    let (outcome, message) = match describe::status(status) {
        Some(words) => (Outcome::Skipped, words.to_owned()),
        None if fails => (Outcome::Failure, format!("{} at {first}", describe::headline(rules, main))),
        None => (Outcome::Skipped, format!("{}: below --fail-on {}", main.severity.name(), options.fail_on.name())),
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
