//! Workflow commands: annotations that GitHub shows beside the changed lines.
//!
//! GitHub takes ten errors and ten warnings of a step and drops the rest without a word, so the most severe come first and
//! a last line says how many there are besides. What fails the scan is an error, everything else a warning. Nothing that
//! comes from a repository can begin a command of its own: line ends are encoded, and no line begins with foreign text.

use std::io::{self, Write};

use super::view::{self, Block, View, clean};
use super::{Options, Report, advice, summary};
use crate::model::{Finding, Location, Origin, Status};
use crate::rules::RuleSet;

/// Annotations of a kind that GitHub takes of one step.
const MAX_OF_KIND: usize = 10;
/// Other places that an annotation names.
const MAX_PLACES: usize = 5;

/// Writes the annotations and the verdict.
///
/// # Errors
/// The writer's own.
pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, rules, options);
    let (mut errors, mut warnings, mut left_out) = (0, usize::from(!report.coverage.complete), 0);
    if !report.coverage.complete {
        let reasons: Vec<String> =
            summary::unread(report).map(|(words, _, step)| format!("{words} ({step})")).collect();
        let text = format!("Not everything could be read: {}.", reasons.join("; "));
        command(out, "warning", &[("title", "The scan is incomplete")], &text)?;
    }
    for block in view.open() {
        let fails = block.main.severity >= options.fail_on;
        let (kind, used) = if fails { ("error", &mut errors) } else { ("warning", &mut warnings) };
        if *used == MAX_OF_KIND {
            left_out += 1;
            continue;
        }
        *used += 1;
        annotation(out, rules, kind, block)?;
    }
    if left_out > 0 {
        let text = format!("{} more, see summary.", view::number(left_out));
        command(out, "notice", &[("title", "More findings")], &text)?;
    }
    if !options.quiet {
        writeln!(out, "{}", inert(&summary::verdict(report, &view, options)))?;
        writeln!(out, "{}", inert(&summary::account(report, &view, options)))?;
    }
    Ok(())
}

fn annotation(out: &mut dyn Write, rules: &RuleSet, kind: &str, block: &Block<'_>) -> io::Result<()> {
    let main = block.main;
    let place = main.locations.iter().find(|location| location.status == Status::Open).or(main.locations.first());
    let title = format!("{} ({})", view::headline(rules, main), main.severity.name());
    let mut properties: Vec<(&str, String)> = Vec::new();
    if let Some(location) = place {
        properties.extend(position(location));
    }
    properties.push(("title", title));
    let properties: Vec<(&str, &str)> = properties.iter().map(|(name, value)| (*name, value.as_str())).collect();
    command(out, kind, &properties, &text(rules, block, place))
}

/// Where the annotation is shown; lines of archive members mean nothing in the archive.
fn position(location: &Location) -> Vec<(&'static str, String)> {
    if !matches!(location.origin, Origin::File | Origin::FileName) {
        return Vec::new();
    }
    let mut properties = vec![("file", clean(&location.path))];
    if location.archive.is_empty() && location.within.is_none() && location.origin == Origin::File {
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

fn text(rules: &RuleSet, block: &Block<'_>, place: Option<&Location>) -> String {
    let main = block.main;
    let mut lines = Vec::new();
    match &main.key {
        Some(key) => lines.push(format!("{}: {}.", view::headline(rules, main), view::identity(key))),
        None => lines.push(clean(&main.message)),
    }
    if main.key.is_some() && view::is_lint(rules, main) {
        lines.push(clean(&main.message));
    }
    if let Some(location) = place {
        let remarks = view::remarks(location);
        let inside = !location.archive.is_empty() || location.within.is_some() || location.origin != Origin::File;
        if inside || !remarks.is_empty() {
            let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join("; ")) };
            lines.push(format!("{}{remarks}", view::place(location)));
        }
    }
    lines.extend(view::rule(rules, main).map(|rule| clean(&rule.help.why)));
    lines.extend(
        block.others.iter().map(|other| format!("Also: {} [{}].", view::title(rules, &other.rule), clean(&other.rule))),
    );
    if let Some(exposure) = view::exposure(main) {
        lines.push(format!("Seen {exposure}."));
    }
    lines.extend(other_places(main, place));
    if let Some(rule) = view::rule(rules, main) {
        let steps = advice::steps(rule, main);
        lines.extend(steps.iter().enumerate().map(|(at, step)| match steps.len() {
            1 => clean(step),
            _ => format!("{}. {}", at + 1, clean(step)),
        }));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn other_places(finding: &Finding, shown: Option<&Location>) -> Option<String> {
    let others: Vec<&Location> = finding.locations.iter().filter(|location| Some(*location) != shown).collect();
    let total = others.len() as u64 + finding.more_locations;
    let named: Vec<String> = others.iter().take(MAX_PLACES).map(|location| view::place(location)).collect();
    let more = total - named.len() as u64;
    let more = if more > 0 { format!(" and {}", view::counted(more, "more place")) } else { String::new() };
    (total > 0).then(|| format!("Also in {}{more}.", named.join(", ")))
}

/// Writes one workflow command on a line of its own.
fn command(out: &mut dyn Write, kind: &str, properties: &[(&str, &str)], text: &str) -> io::Result<()> {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", escape_property(value))).collect();
    writeln!(out, "::{kind} {}::{}", properties.join(","), escape_data(text))
}

/// As GitHub's toolkit does for the text of a command. The old form of a command, which may stand anywhere in a line, is
/// broken up.
fn escape_data(text: &str) -> String {
    inert(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As GitHub's toolkit does for the properties of a command.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

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
        /// Whatever a repository says, a line is one of our commands or begins with our words, and undoing the escapes
        /// gives the text back.
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
