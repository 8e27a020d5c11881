//! The report for people: one block for each credential, then what was scanned and what was not.
//!
//! A block says where the key is, shows the line with the key masked, says whose it is, why it matters, where else it is
//! and what to do next. Everything fits 80 columns except links and paths, which stay whole to be clickable.

use std::io::{self, Write};

mod folded;
mod snippet;
mod style;

use super::describe::{self, clean};
use super::grouping::{CredentialBlock, GroupedFindings};
use super::{Options, remediation, summary};
use crate::model::{Confidence, Evidence, Finding, Location, Report, Severity, SkipClass, Status};
use crate::rules::RuleSet;
pub(crate) use style::wrap;
use style::{TextStyle, WIDTH};

/// Columns of the widest label, its colon included.
const LABEL: usize = 6;

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let grouped = GroupedFindings::new(report, rules, options);
    let mut text = TextWriter { rules, options, out };
    if options.quiet {
        for block in grouped.open() {
            text.line_of(block, None)?;
        }
        return if report.coverage.complete { Ok(()) } else { text.incomplete(report) };
    }
    let mut before = None;
    for group in grouped.open_folded(options) {
        match group.as_slice() {
            [block] => text.block(block, before)?,
            blocks => text.folded(blocks)?,
        }
        before = group.first().copied();
    }
    if options.verbose > 0 {
        text.not_open(&grouped)?;
    }
    text.summary(report, &grouped)
}

struct TextWriter<'a> {
    rules: &'a RuleSet,
    options: &'a Options,
    out: &'a mut dyn Write,
}

impl TextWriter<'_> {
    fn paint(&self, style: TextStyle, text: &str) -> String {
        style.paint(self.options.color, text)
    }

    /// Writes a block, without repeating what the block `before` it said.
    fn block(&mut self, block: &CredentialBlock<'_>, before: Option<&CredentialBlock<'_>>) -> io::Result<()> {
        let main = block.main;
        let severity = self.paint(TextStyle::Severity(main.severity), main.severity.name());
        let headline = self.paint(TextStyle::Headline, &describe::headline(self.rules, main));
        let rule = self.paint(TextStyle::Aside, &format!("[{}]", clean(&main.rule)));
        writeln!(self.out, "{severity}: {headline} {rule}")?;
        let places = describe::most_open_first(main);
        let first = places.first().copied();
        let gutter = first.map_or(1, |location| location.line.to_string().len());
        if let Some(location) = first {
            self.snippet(location, main.severity, gutter)?;
        }
        let margin = " ".repeat(gutter);
        let same_rule = before.filter(|before| before.main.rule == main.rule);
        self.facts(main, first, &margin, same_rule.is_none())?;
        self.other_places(main, places.get(1..).unwrap_or_default(), &margin)?;
        for other in &block.others {
            self.other_rule(other, &margin)?;
        }
        let steps = self.steps_of(block);
        if same_rule.is_some_and(|before| self.steps_of(before) == steps) {
            self.fact(&margin, "do", "as above")?;
        } else {
            self.steps(&steps, &margin)?;
        }
        writeln!(self.out)
    }

    fn snippet(&mut self, location: &Location, severity: Severity, gutter: usize) -> io::Result<()> {
        let margin = " ".repeat(gutter);
        let arrow = self.paint(TextStyle::Gutter, "-->");
        writeln!(self.out, "{margin}{arrow} {}", describe::place(location))?;
        let bar = self.paint(TextStyle::Gutter, "|");
        let columns = WIDTH.saturating_sub(gutter + 3);
        if let Some(fitted) = location.snippet.as_ref().and_then(|snippet| snippet::fit(snippet, columns)) {
            let number = self.paint(TextStyle::Gutter, &location.line.to_string());
            let indent = " ".repeat(fitted.indent);
            let mark = self.paint(TextStyle::Severity(severity), &"^".repeat(fitted.mark));
            writeln!(self.out, "{margin} {bar}")?;
            writeln!(self.out, "{number} {bar} {}", clean(&fitted.line))?;
            writeln!(self.out, "{margin} {bar} {indent}{mark}")?;
        }
        Ok(())
    }

    fn facts(&mut self, main: &Finding, first: Option<&Location>, margin: &str, why: bool) -> io::Result<()> {
        if let Some(key) = &main.key {
            let unsure = match main.confidence {
                Confidence::High => "",
                Confidence::Medium => "; medium confidence",
                Confidence::Low => "; low confidence: it only looks like one",
            };
            self.fact(margin, "key", &format!("{}{unsure}", describe::identity(key)))?;
        }
        if main.key.is_none() || describe::is_lint(self.rules, main) {
            self.fact(margin, "what", &clean(&main.message))?;
        }
        if let Some(location) = first {
            let shown = location.snippet.as_ref().map(|snippet| snippet.text.as_str()).unwrap_or_default();
            if let Some(variable) = location.variable.as_deref().filter(|name| !shown.contains(*name)) {
                self.fact(margin, "name", &clean(variable))?;
            }
            self.fact(margin, "here", &describe::remarks(location).join("; "))?;
        }
        if let Some(rule) = describe::rule(self.rules, main).filter(|_| why) {
            self.fact(margin, "why", &clean(&rule.help.why))?;
        }
        if let Some(exposure) = describe::exposure(main) {
            self.fact(margin, "seen", &exposure)?;
        }
        for evidence in &main.evidence {
            self.fact(margin, "see", &evidence_line(evidence))?;
        }
        Ok(())
    }

    /// Writes a label with a paragraph beside it, unless that is empty.
    fn fact(&mut self, margin: &str, label: &str, text: &str) -> io::Result<()> {
        self.labelled(margin, label, &wrap(text, columns_beside_label(margin)))
    }

    fn labelled(&mut self, margin: &str, label: &str, lines: &[String]) -> io::Result<()> {
        for (at, line) in lines.iter().enumerate() {
            if at == 0 && !label.is_empty() {
                let sign = self.paint(TextStyle::Gutter, "=");
                let padding = " ".repeat(LABEL.saturating_sub(label.len() + 1));
                let label = self.paint(TextStyle::Headline, &format!("{label}:"));
                writeln!(self.out, "{margin} {sign} {label}{padding}{line}")?;
            } else {
                writeln!(self.out, "{margin}   {}{line}", " ".repeat(LABEL))?;
            }
        }
        Ok(())
    }

    fn other_places(&mut self, finding: &Finding, places: &[&Location], margin: &str) -> io::Result<()> {
        let limit = match self.options.verbose {
            0 => 5,
            1 => 50,
            _ => usize::MAX,
        };
        // Places are never wrapped, to be clickable.
        let mut lines: Vec<String> = places
            .iter()
            .take(limit)
            .map(|location| {
                let remarks = describe::remarks(location).join("; ");
                let remarks = if remarks.is_empty() { remarks } else { format!(" ({remarks})") };
                format!("{}{}", describe::place(location), self.paint(TextStyle::Aside, &remarks))
            })
            .collect();
        let more = (places.len() - lines.len()) as u64 + finding.more_locations;
        if more > 0 {
            lines.push(format!("and {} more", describe::number(more)));
        }
        self.labelled(margin, "also", &lines)
    }

    /// Writes what another rule found about the same credential.
    fn other_rule(&mut self, finding: &Finding, margin: &str) -> io::Result<()> {
        let severity = self.paint(TextStyle::Severity(finding.severity), finding.severity.name());
        let title = describe::title(self.rules, finding);
        let rule = self.paint(TextStyle::Aside, &format!("[{}]", clean(&finding.rule)));
        writeln!(self.out, "{margin} {} {severity}: {title} {rule}", self.paint(TextStyle::Gutter, "+"))?;
        let mut lines = Vec::new();
        if describe::is_lint(self.rules, finding) {
            lines = wrap(&clean(&finding.message), WIDTH.saturating_sub(margin.len() + 3));
        }
        lines.extend(describe::most_open_first(finding).into_iter().take(3).map(describe::place));
        lines.extend(finding.evidence.iter().take(3).map(evidence_line));
        lines.iter().try_for_each(|line| writeln!(self.out, "{margin}   {line}"))
    }

    /// Returns the remediation of a block, by the rules that found it, each step once.
    fn steps_of(&self, block: &CredentialBlock<'_>) -> Vec<String> {
        let mut steps: Vec<String> = Vec::new();
        for finding in block.findings() {
            let Some(rule) = describe::rule(self.rules, finding) else { continue };
            for step in remediation::steps(rule, finding) {
                // A step may be the beginning of one that says more.
                let is_same = |known: &&mut String| known.starts_with(&step) || step.starts_with(&**known);
                match steps.iter_mut().find(is_same) {
                    Some(known) if known.len() < step.len() => *known = step,
                    Some(_) => {}
                    None => steps.push(step),
                }
            }
        }
        steps
    }

    fn steps(&mut self, steps: &[String], margin: &str) -> io::Result<()> {
        if let [step] = steps {
            return self.fact(margin, "do", &clean(step));
        }
        let columns = columns_beside_label(margin).saturating_sub(3);
        let mut lines = Vec::new();
        for (step, number) in steps.iter().zip(1..) {
            let step = wrap(&clean(step), columns);
            lines.extend(step.iter().enumerate().map(|(row, line)| match row {
                0 => format!("{number}. {line}"),
                _ => format!("   {line}"),
            }));
        }
        self.labelled(margin, "do", &lines)
    }

    /// Writes one line for each finding of a block: `path:line:column: severity: what [rule]`.
    fn line_of(&mut self, block: &CredentialBlock<'_>, style: Option<TextStyle>) -> io::Result<()> {
        for finding in block.findings() {
            let place = describe::most_open_first(finding).first().map(|at| describe::place(at)).unwrap_or_default();
            let more = (finding.locations.len() as u64).saturating_sub(1) + finding.more_locations;
            let more =
                if more > 0 { format!(" (and {})", describe::counted(more, "more place")) } else { String::new() };
            let what = describe::headline(self.rules, finding);
            let rule = clean(&finding.rule);
            let severity = match style {
                Some(_) => finding.severity.name().to_owned(),
                None => self.paint(TextStyle::Severity(finding.severity), finding.severity.name()),
            };
            let rolled = finding.locations.iter().find(|at| at.status == Status::Rolled && finding.status == at.status);
            let rolled = rolled.and_then(|at| at.suppression.as_ref());
            let rolled = rolled.map(|why| format!(" (rolled {})", clean(&why.reason))).unwrap_or_default();
            let line = format!("{place}: {severity}: {what} [{rule}]{more}{rolled}");
            writeln!(self.out, "{}", style.map_or_else(|| line.clone(), |style| self.paint(style, &line)))?;
            let why = finding.locations.iter().find_map(|at| at.suppression.as_ref()).zip(style);
            if let Some((why, style)) = why.filter(|_| rolled.is_empty()) {
                for line in wrap(&describe::grounds(why), WIDTH - 4) {
                    writeln!(self.out, "    {}", self.paint(style, &line))?;
                }
            }
        }
        Ok(())
    }

    fn not_open(&mut self, grouped: &GroupedFindings<'_>) -> io::Result<()> {
        for (status, words) in describe::NOT_OPEN {
            let mut blocks = grouped.with_status(status).peekable();
            if blocks.peek().is_none() {
                continue;
            }
            let (first, rest) = words.split_at(1);
            let heading = format!("{}{rest}:", first.to_uppercase());
            writeln!(self.out, "{}", self.paint(TextStyle::Aside, &heading))?;
            for block in blocks {
                write!(self.out, "  ")?;
                self.line_of(block, Some(TextStyle::Aside))?;
            }
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn summary(&mut self, report: &Report, grouped: &GroupedFindings<'_>) -> io::Result<()> {
        let style = match grouped.open().map(|block| block.main.severity).max() {
            Some(severity) => TextStyle::Severity(severity),
            None if !report.coverage.complete || summary::is_empty(report) => TextStyle::Headline,
            None => TextStyle::Success,
        };
        let verdict = summary::verdict(report, grouped, self.options);
        writeln!(self.out, "{}", self.paint(style, &verdict))?;
        for difference in summary::differences(report) {
            writeln!(self.out, "  {difference}")?;
        }
        let totals = summary::totals(grouped).into_iter();
        for line in totals.chain([summary::account(report, grouped, self.options)]).flat_map(|text| wrap(&text, WIDTH))
        {
            writeln!(self.out, "{}", self.paint(TextStyle::Aside, &line))?;
        }
        if self.options.verbose > 0 {
            self.skipped(report)?;
        }
        if report.coverage.complete { Ok(()) } else { self.incomplete(report) }
    }

    fn skipped(&mut self, report: &Report) -> io::Result<()> {
        for skipped in &report.coverage.skipped {
            if !skipped.examples.is_empty() && skipped.class == SkipClass::Policy {
                let limit = if self.options.verbose > 1 { usize::MAX } else { 10 };
                let names: Vec<String> = skipped.examples.iter().take(limit).map(|name| clean(name)).collect();
                let more = skipped.count.saturating_sub(names.len() as u64);
                let more = if more > 0 { format!(" and {} more", describe::number(more)) } else { String::new() };
                let line = format!("  {}: {}{more}", skipped.reason.name(), names.join(", "));
                writeln!(self.out, "{}", self.paint(TextStyle::Aside, &line))?;
            }
        }
        Ok(())
    }

    fn incomplete(&mut self, report: &Report) -> io::Result<()> {
        writeln!(self.out, "{}", self.paint(TextStyle::Alarm, "This scan is incomplete:"))?;
        let limit = if self.options.verbose > 0 { usize::MAX } else { 3 };
        for unread in summary::unread(report) {
            writeln!(self.out, "  {}: {}", unread.problem, unread.next_step)?;
            for example in unread.examples.iter().take(limit) {
                writeln!(self.out, "    {example}")?;
            }
            if unread.examples.len() > limit {
                writeln!(self.out, "    … (-v lists more)")?;
            }
        }
        Ok(())
    }
}

fn columns_beside_label(margin: &str) -> usize {
    WIDTH.saturating_sub(margin.len() + 3 + LABEL)
}

fn evidence_line(evidence: &Evidence) -> String {
    format!("{}:{}:{} {}", clean(&evidence.path), evidence.line, evidence.column, clean(&evidence.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(options: &Options) -> String {
        sample::written("text", &sample::report(), options)
    }

    #[test]
    fn the_sample_report() {
        insta::assert_snapshot!(written(&sample::OPTIONS));
    }

    #[test]
    fn the_sample_report_in_short() {
        insta::assert_snapshot!(written(&Options { quiet: true, ..sample::OPTIONS }));
    }

    #[test]
    fn many_findings_that_matter_little_are_one_block() {
        let rules = sample::rules();
        let mut report = sample::report();
        let mut forge = crate::credential::forge::Forge::new(9);
        report.findings.clear();
        for at in 0..12 {
            for (kind, rule) in [("pi_secret", "client-secret"), ("sk_test", "secret-test")] {
                let key = forge.make(kind).unwrap();
                let place = sample::location(&format!("src/{kind}.log"), at + 1, "k=", &key);
                report.findings.push(sample::finding(&rules, rule, &key, vec![place]));
            }
        }
        report.sort();
        let text = sample::written("text", &report, &sample::OPTIONS);
        let count = |text: &str, word: &str| text.lines().filter(|line| line.contains(word)).count();
        assert_eq!((count(&text, "[client-secret]"), count(&text, "[secret-test]")), (1, 12), "{text}");
        assert!(text.contains("low: 12 client secrets [client-secret]"), "{text}");
        assert!(text.contains("     and 7 more; -v lists them all"), "{text}");
        let all = sample::written("text", &report, &Options { verbose: 1, ..sample::OPTIONS });
        assert_eq!(count(&all, "[client-secret]"), 12);
        let table = sample::written("markdown", &report, &sample::OPTIONS);
        assert_eq!((count(&table, "| 🟡 low |"), count(&table, "| 🟠 medium |")), (1, 12), "{table}");
        assert!(
            table.contains("| 12 client secrets |") && table.contains("and 7 more; `-v` lists them all"),
            "{table}"
        );
        let table = sample::written("markdown", &report, &Options { verbose: 1, ..sample::OPTIONS });
        assert_eq!(count(&table, "| 🟡 low |"), 12);
        report.findings.truncate(22);
        let few = sample::written("text", &report, &sample::OPTIONS);
        assert_eq!(count(&few, "[client-secret]"), 10);
    }

    #[test]
    fn colours_change_nothing_else() {
        let options = Options { verbose: 1, min_severity: Severity::Note, ..sample::OPTIONS };
        let painted = written(&Options { color: true, ..options.clone() });
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), written(&options));
        assert!(painted.contains('\u{1b}'));
    }

    #[test]
    fn prose_fits_a_narrow_terminal() {
        for line in written(&Options { verbose: 1, ..sample::OPTIONS }).lines() {
            let whole = ["https://", "-->", "config/", "k8s/", "src/", "Pay.tsx", "  ignored:"];
            let fits = style::width(line) <= WIDTH || whole.iter().any(|mark| line.contains(mark));
            assert!(fits, "{line}");
        }
    }
}
