//! Workflow commands: annotations that GitHub shows beside the changed lines.
//!
//! GitHub takes ten errors and ten warnings of a step and silently drops the rest, so the most severe come first and a last
//! line counts the others. Findings that fail the scan are errors, all others warnings. No text of a repository can begin a
//! command: line ends are encoded, and no line begins with foreign text.

use std::io::{self, Write};

use super::describe::{self, clean};
use super::grouping::{CredentialBlock, GroupedFindings};
use super::{Options, summary};
use crate::model::{Finding, Location, Origin, Report, Status};
use crate::rules::RuleSet;

/// Annotations of one kind that GitHub takes from a step.
const MAX_OF_KIND: usize = 10;
/// Other places that an annotation names.
const MAX_PLACES: usize = 5;

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let grouped = GroupedFindings::new(report, rules, options);
    let (mut errors, mut warnings, mut left_out) = (0, usize::from(!report.coverage.complete), 0);
    if !report.coverage.complete {
        let reasons = summary::unread(report).map(|unread| format!("{} ({})", unread.problem, unread.next_step));
        let text = format!("Some input could not be read: {}.", reasons.collect::<Vec<_>>().join("; "));
        command(out, "warning", &[("title", "The scan is incomplete".to_owned())], &text)?;
    }
    for block in grouped.open() {
        let fails = block.main.severity >= options.fail_on;
        let (kind, used) = if fails { ("error", &mut errors) } else { ("warning", &mut warnings) };
        if *used == MAX_OF_KIND {
            left_out += 1;
            continue;
        }
        *used += 1;
        annotation(out, rules, kind, block)?;
    }
    for finding in report.findings.iter().filter(|finding| finding.status == Status::Suppressed) {
        if let Some(reason) = describe::review(finding) {
            reviewed(out, finding, reason)?;
        }
    }
    if left_out > 0 {
        let text = format!("{} more, see summary.", describe::number(left_out));
        command(out, "notice", &[("title", "More findings".to_owned())], &text)?;
    }
    if !options.quiet {
        writeln!(out, "{}", inert(&summary::verdict(report, &grouped, options)))?;
        writeln!(out, "{}", inert(&summary::account(report, &grouped, options)))?;
    }
    Ok(())
}

fn annotation(out: &mut dyn Write, rules: &RuleSet, kind: &str, block: &CredentialBlock<'_>) -> io::Result<()> {
    let main = block.main;
    let place = main.locations.iter().find(|location| location.status == Status::Open).or(main.locations.first());
    let mut properties = place.map(position).unwrap_or_default();
    properties.push(("title", format!("{} ({})", describe::headline(rules, main), main.severity.name())));
    command(out, kind, &properties, &text(rules, block, place))
}

/// Reports a change of the policy that somebody answers for; it fails nothing.
fn reviewed(out: &mut dyn Write, finding: &Finding, reason: &str) -> io::Result<()> {
    let mut properties = finding.locations.first().map(position).unwrap_or_default();
    properties.push(("title", "The policy has changed".to_owned()));
    let mut lines = vec![format!("{} ({})", clean(&finding.message), clean(reason))];
    lines.extend(finding.evidence.iter().map(|entry| clean(&entry.message)));
    command(out, "notice", &properties, &lines.join("\n"))
}

/// Returns the position of an annotation. Lines inside of an archive are not those of the archive file.
fn position(location: &Location) -> Vec<(&'static str, String)> {
    if !matches!(location.origin, Origin::File | Origin::FileName) {
        return Vec::new();
    }
    let mut properties = vec![("file", clean(&location.path))];
    if location.origin == Origin::File && !describe::is_inside(location) {
        properties.push(("line", location.line.to_string()));
        properties.push(("endLine", location.end_line.to_string()));
        if location.line == location.end_line {
            let known = location.line_hash.as_ref().map(|known| (known.column, known.end_column));
            let (column, end_column) = known.unwrap_or((location.column, location.end_column));
            properties.push(("col", column.to_string()));
            properties.push(("endColumn", end_column.to_string()));
        }
    }
    properties
}

fn text(rules: &RuleSet, block: &CredentialBlock<'_>, place: Option<&Location>) -> String {
    let main = block.main;
    let mut lines = describe::sentences(rules, main);
    lines.extend(
        place
            .filter(|location| {
                describe::is_inside(location)
                    || location.origin != Origin::File
                    || !describe::remarks(location).is_empty()
            })
            .map(describe::place_with_remarks),
    );
    lines.extend(describe::rule(rules, main).map(|rule| clean(&rule.help.why)));
    let others = block.others.iter();
    lines.extend(others.map(|other| format!("Also: {} [{}].", describe::title(rules, other), clean(&other.rule))));
    lines.extend(describe::exposure(main).map(|exposure| format!("Exposure: {exposure}.")));
    lines.extend(other_places(main, place));
    lines.extend(describe::numbered_steps(rules, main));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn other_places(finding: &Finding, shown: Option<&Location>) -> Option<String> {
    let others: Vec<&Location> = finding.locations.iter().filter(|location| Some(*location) != shown).collect();
    let places = describe::places(&others, MAX_PLACES, finding.more_locations, describe::place);
    (!places.is_empty()).then(|| format!("Also in {places}."))
}

/// Writes one workflow command on a line of its own.
fn command(out: &mut dyn Write, kind: &str, properties: &[(&str, String)], text: &str) -> io::Result<()> {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", escape_property(value))).collect();
    writeln!(out, "::{kind} {}::{}", properties.join(","), escape_data(text))
}

/// Escapes the text of a command as GitHub's toolkit does.
fn escape_data(text: &str) -> String {
    inert(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command as GitHub's toolkit does.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Breaks up the old form of a command, which GitHub recognizes anywhere in a line.
fn inert(text: &str) -> String {
    text.replace("##[", "## [")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;
    use crate::report::sample;
    use proptest::prelude::*;

    #[test]
    fn the_sample_report() {
        insta::assert_snapshot!(sample::written("github", &sample::report(), &sample::OPTIONS));
    }

    #[test]
    fn github_drops_nothing_silently() {
        let mut report = sample::report();
        let rules = sample::rules();
        let mut forge = crate::credential::forge::Forge::new(9);
        for at in 0..15 {
            let key = forge.make("sk_live").unwrap();
            report.findings.push(sample::finding(
                &rules,
                "secret-live",
                &key,
                vec![sample::location("a", at, "k=", &key)],
            ));
        }
        report.sort();
        let text = sample::written("github", &report, &sample::OPTIONS);
        let count = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
        assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 1, 1));
        assert!(text.contains("::11 more, see summary."), "{text}");
        assert!(text.lines().filter(|line| line.starts_with("::error ")).all(|line| line.contains("(critical)")));
    }

    #[test]
    fn what_does_not_fail_is_a_warning() {
        let options = Options { fail_on: Severity::Critical, ..sample::OPTIONS };
        let text = sample::written("github", &sample::report(), &options);
        assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 2);
    }

    proptest! {
        /// Every line is one of our commands or begins with our words, and the escapes can be undone.
        #[test]
        fn nothing_foreign_begins_a_command(foreign in "(\\PC|[\\r\\n:%,#\\[]){0,40}") {
            let mut report = sample::report();
            let location = &mut report.findings[0].locations[0];
            location.path = foreign.clone();
            location.status = Status::Open;
            report.findings[0].message = foreign.clone();
            let text = sample::written("github", &report, &sample::OPTIONS);
            let known = ["::error file=", "::error title=", "::warning title=The scan", "Found ", "Scanned "];
            for line in text.split(['\r', '\n']).filter(|line| !line.is_empty()) {
                prop_assert!(known.iter().any(|known| line.starts_with(known)), "{line}");
                prop_assert!(!line.contains("##["));
            }
            let back = escape_property(&foreign).replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
            prop_assert_eq!(back, inert(&foreign));
        }
    }
}
