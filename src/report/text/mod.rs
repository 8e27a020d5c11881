//! The report for people: one block a credential, then what was read and what was not.
//!
//! A block says where the key is, shows the line with the key masked, says whose it is, why it matters, where else it is
//! and what to do next. Everything fits 80 columns but links and paths, which stay whole so that they can be clicked.

use std::io::{self, Write};

mod frame;
mod paint;

use super::view::{self, Block, View, clean};
use super::{Options, Report, advice, summary};
use crate::model::{Confidence, Finding, Location, Severity, Status};
use crate::rules::RuleSet;
pub(crate) use paint::wrap;
use paint::{Role, WIDTH, paint};

/// Columns of the widest label.
const LABEL: usize = 5;

/// Writes the report.
///
/// # Errors
/// The writer's own.
pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, rules, options);
    let mut text = Text { rules, options: *options, out };
    if options.quiet {
        for block in view.open() {
            text.line_of(block, None)?;
        }
        return if report.coverage.complete { Ok(()) } else { text.incomplete(report) };
    }
    let mut before = None;
    for block in view.open() {
        text.block(block, before)?;
        before = Some(block);
    }
    if options.verbose > 0 {
        text.set_aside(&view)?;
    }
    text.summary(report, &view)
}

struct Text<'a> {
    rules: &'a RuleSet,
    options: Options,
    out: &'a mut dyn Write,
}

impl Text<'_> {
    fn paint(&self, role: Role, text: &str) -> String {
        paint(self.options.color, role, text)
    }

    /// `before` is the block above: what it has said already is not said again.
    fn block(&mut self, block: &Block<'_>, before: Option<&Block<'_>>) -> io::Result<()> {
        let main = block.main;
        let severity = self.paint(Role::Severity(main.severity), main.severity.name());
        let headline = self.paint(Role::Headline, &view::headline(self.rules, main));
        let rule = self.paint(Role::Aside, &format!("[{}]", clean(&main.rule)));
        writeln!(self.out, "{severity}: {headline} {rule}")?;
        let mut places = ordered(main).into_iter();
        let first = places.next();
        let gutter = first.map_or(1, |location| location.line.to_string().len());
        if let Some(location) = first {
            self.frame(location, main.severity, gutter)?;
        }
        let margin = " ".repeat(gutter);
        let same_rule = before.filter(|before| before.main.rule == main.rule);
        self.facts(block, first, &margin, same_rule.is_none())?;
        self.other_places(main, &places.collect::<Vec<_>>(), &margin)?;
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

    fn frame(&mut self, location: &Location, severity: Severity, gutter: usize) -> io::Result<()> {
        let margin = " ".repeat(gutter);
        let arrow = self.paint(Role::Frame, "-->");
        writeln!(self.out, "{margin}{arrow} {}", view::place(location))?;
        let bar = self.paint(Role::Frame, "|");
        let columns = WIDTH.saturating_sub(gutter + 3);
        if let Some(shown) = location.frame.as_ref().and_then(|frame| frame::fit(frame, columns)) {
            let number = self.paint(Role::Frame, &location.line.to_string());
            let indent = " ".repeat(shown.indent);
            let mark = self.paint(Role::Severity(severity), &"^".repeat(shown.mark));
            writeln!(self.out, "{margin} {bar}")?;
            writeln!(self.out, "{number} {bar} {}", clean(&shown.line))?;
            writeln!(self.out, "{margin} {bar} {indent}{mark}")?;
        }
        Ok(())
    }

    fn facts(&mut self, block: &Block<'_>, first: Option<&Location>, margin: &str, reason: bool) -> io::Result<()> {
        let main = block.main;
        match &main.key {
            Some(key) => {
                let unsure = match main.confidence {
                    Confidence::High => "",
                    Confidence::Medium => "; medium confidence",
                    Confidence::Low => "; low confidence: it only looks like one",
                };
                self.fact(margin, "key", &format!("{}{unsure}", view::identity(key)))?;
            }
            None => self.fact(margin, "what", &clean(&main.message))?,
        }
        if main.key.is_some() && view::is_lint(self.rules, main) {
            self.fact(margin, "what", &clean(&main.message))?;
        }
        if let Some(location) = first {
            let in_frame = location.frame.as_ref().map(|frame| frame.text.as_str()).unwrap_or_default();
            if let Some(variable) = location.variable.as_deref().filter(|name| !in_frame.contains(*name)) {
                self.fact(margin, "name", &clean(variable))?;
            }
            let remarks = view::remarks(location);
            if !remarks.is_empty() {
                self.fact(margin, "here", &remarks.join("; "))?;
            }
        }
        let why = view::rule(self.rules, main).map(|rule| clean(&rule.help.why)).unwrap_or_default();
        if reason && !why.is_empty() {
            self.fact(margin, "why", &why)?;
        }
        if let Some(exposure) = view::exposure(main) {
            self.fact(margin, "seen", &exposure)?;
        }
        for evidence in &main.evidence {
            let place = format!("{}:{}:{}", clean(&evidence.path), evidence.line, evidence.column);
            self.fact(margin, "see", &format!("{place} {}", clean(&evidence.message)))?;
        }
        Ok(())
    }

    /// A label and a paragraph beside it.
    fn fact(&mut self, margin: &str, label: &str, text: &str) -> io::Result<()> {
        let sign = self.paint(Role::Frame, "=");
        let columns = WIDTH.saturating_sub(margin.len() + 3 + LABEL + 1);
        for (at, line) in wrap(text, columns).iter().enumerate() {
            if at == 0 {
                let label = self.paint(Role::Headline, &format!("{label}:"));
                let padding = " ".repeat((LABEL + 1).saturating_sub(paint::width(&label_text(&label))));
                writeln!(self.out, "{margin} {sign} {label}{padding}{line}")?;
            } else {
                writeln!(self.out, "{margin}   {}{line}", " ".repeat(LABEL + 1))?;
            }
        }
        Ok(())
    }

    fn other_places(&mut self, finding: &Finding, places: &[&Location], margin: &str) -> io::Result<()> {
        let cap = match self.options.verbose {
            0 => 5,
            1 => 50,
            _ => usize::MAX,
        };
        for (at, location) in places.iter().take(cap).enumerate() {
            let label = if at == 0 { "also" } else { "" };
            self.place(margin, label, location)?;
        }
        let more = places.len().saturating_sub(cap) as u64 + finding.more_locations;
        if more > 0 {
            self.place_text(
                margin,
                if places.is_empty() { "also" } else { "" },
                &format!("and {} more", view::number(more)),
            )?;
        }
        Ok(())
    }

    fn place(&mut self, margin: &str, label: &str, location: &Location) -> io::Result<()> {
        let remarks = view::remarks(location);
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join("; ")) };
        let remarks = self.paint(Role::Aside, &remarks);
        self.place_text(margin, label, &format!("{}{remarks}", view::place(location)))
    }

    /// Like a fact, but never broken: a place must stay clickable.
    fn place_text(&mut self, margin: &str, label: &str, text: &str) -> io::Result<()> {
        let (sign, label) = match label {
            "" => (" ".to_owned(), " ".repeat(LABEL + 1)),
            label => {
                let padding = " ".repeat(LABEL - label.len());
                (self.paint(Role::Frame, "="), format!("{}{padding}", self.paint(Role::Headline, &format!("{label}:"))))
            }
        };
        writeln!(self.out, "{margin} {sign} {label}{text}")
    }

    /// What another rule has to say about the same credential.
    fn other_rule(&mut self, finding: &Finding, margin: &str) -> io::Result<()> {
        let severity = self.paint(Role::Severity(finding.severity), finding.severity.name());
        let title = view::title(self.rules, &finding.rule);
        let rule = self.paint(Role::Aside, &format!("[{}]", clean(&finding.rule)));
        writeln!(self.out, "{margin} {} {severity}: {title} {rule}", self.paint(Role::Frame, "+"))?;
        let columns = WIDTH.saturating_sub(margin.len() + 3);
        if view::is_lint(self.rules, finding) {
            for line in wrap(&clean(&finding.message), columns) {
                writeln!(self.out, "{margin}   {line}")?;
            }
        }
        for location in ordered(finding).into_iter().take(3) {
            writeln!(self.out, "{margin}   {}", view::place(location))?;
        }
        for evidence in finding.evidence.iter().take(3) {
            let place = format!("{}:{}:{}", clean(&evidence.path), evidence.line, evidence.column);
            writeln!(self.out, "{margin}   {place} {}", clean(&evidence.message))?;
        }
        Ok(())
    }

    /// What to do about a block, by the rules that found it, each step once.
    fn steps_of(&self, block: &Block<'_>) -> Vec<String> {
        let mut steps: Vec<String> = Vec::new();
        for finding in std::iter::once(block.main).chain(block.others.iter().copied()) {
            let Some(rule) = view::rule(self.rules, finding) else { continue };
            for step in advice::steps(rule, finding) {
                if !steps.contains(&step) {
                    steps.push(step);
                }
            }
        }
        steps
    }

    fn steps(&mut self, steps: &[String], margin: &str) -> io::Result<()> {
        if steps.len() == 1 {
            return self.fact(margin, "do", &clean(&steps[0]));
        }
        for (at, step) in steps.iter().enumerate() {
            let sign = if at == 0 { self.paint(Role::Frame, "=") } else { " ".to_owned() };
            let label = if at == 0 { self.paint(Role::Headline, "do:") } else { "   ".to_owned() };
            let columns = WIDTH.saturating_sub(margin.len() + 3 + LABEL + 1 + 3);
            for (row, line) in wrap(&clean(step), columns).iter().enumerate() {
                if row == 0 {
                    writeln!(self.out, "{margin} {sign} {label}   {}. {line}", at + 1)?;
                } else {
                    writeln!(self.out, "{margin}   {}{line}", " ".repeat(LABEL + 1 + 3))?;
                }
            }
        }
        Ok(())
    }

    /// One line for a block: `path:line:column: severity: what [rule]`.
    fn line_of(&mut self, block: &Block<'_>, role: Option<Role>) -> io::Result<()> {
        for finding in std::iter::once(block.main).chain(block.others.iter().copied()) {
            let place = ordered(finding).first().map(|location| view::place(location)).unwrap_or_default();
            let more = (finding.locations.len() as u64).saturating_sub(1) + finding.more_locations;
            let more = if more > 0 { format!(" (and {})", view::counted(more, "more place")) } else { String::new() };
            let what = view::headline(self.rules, finding);
            let rule = clean(&finding.rule);
            let (severity, name) = (Role::Severity(finding.severity), finding.severity.name());
            let line = match role {
                Some(role) => self.paint(role, &format!("{place}: {name}: {what} [{rule}]{more}")),
                None => format!("{place}: {}: {what} [{rule}]{more}", self.paint(severity, name)),
            };
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// What nobody has to act on, dimly.
    fn set_aside(&mut self, view: &View<'_>) -> io::Result<()> {
        for (status, words) in [
            (Status::Existing, "Was there before:"),
            (Status::Suppressed, "Allowed:"),
            (Status::Baselined, "In the baseline:"),
        ] {
            let blocks: Vec<&Block<'_>> = view.blocks.iter().filter(|block| block.status() == status).collect();
            if blocks.is_empty() {
                continue;
            }
            writeln!(self.out, "{}", self.paint(Role::Aside, words))?;
            for block in blocks {
                write!(self.out, "  ")?;
                self.line_of(block, Some(Role::Aside))?;
            }
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn summary(&mut self, report: &Report, view: &View<'_>) -> io::Result<()> {
        let worst = view.open().map(|block| block.main.severity).max();
        let role = match worst {
            Some(severity) => Role::Severity(severity),
            None if !report.coverage.complete || summary::is_empty(report) => Role::Headline,
            None => Role::Fine,
        };
        let verdict = summary::verdict(report, view, &self.options);
        writeln!(self.out, "{}", self.paint(role, &verdict))?;
        for line in wrap(&summary::account(report, view, &self.options), WIDTH) {
            writeln!(self.out, "{}", self.paint(Role::Aside, &line))?;
        }
        if self.options.verbose > 0 {
            self.left_out(report)?;
        }
        if report.coverage.complete { Ok(()) } else { self.incomplete(report) }
    }

    fn left_out(&mut self, report: &Report) -> io::Result<()> {
        for skipped in &report.coverage.skipped {
            if !skipped.examples.is_empty() && skipped.class == crate::model::SkipClass::Policy {
                let cap = if self.options.verbose > 1 { usize::MAX } else { 10 };
                let names: Vec<String> = skipped.examples.iter().take(cap).map(|name| clean(name)).collect();
                let more = skipped.count.saturating_sub(names.len() as u64);
                let more = if more > 0 { format!(" and {} more", view::number(more)) } else { String::new() };
                let line = format!("  {}: {}{more}", skipped.reason.name(), names.join(", "));
                writeln!(self.out, "{}", self.paint(Role::Aside, &line))?;
            }
        }
        Ok(())
    }

    fn incomplete(&mut self, report: &Report) -> io::Result<()> {
        writeln!(self.out, "{}", self.paint(Role::Alarm, "This scan is incomplete:"))?;
        let cap = if self.options.verbose > 0 { usize::MAX } else { 3 };
        for (words, examples, step) in summary::unread(report) {
            writeln!(self.out, "  {words}: {step}")?;
            for example in examples.iter().take(cap) {
                writeln!(self.out, "    {example}")?;
            }
            if examples.len() > cap {
                writeln!(self.out, "    … (-v lists more)")?;
            }
        }
        Ok(())
    }
}

/// A label without its colour.
fn label_text(label: &str) -> String {
    anstream::adapter::strip_str(label).to_string()
}

/// Places with the most open ones first.
fn ordered(finding: &Finding) -> Vec<&Location> {
    let mut places: Vec<&Location> = finding.locations.iter().collect();
    places.sort_by_key(|location| std::cmp::Reverse(location.status));
    places
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
    fn colours_change_nothing_else() {
        let options = Options { verbose: 1, min_severity: Severity::Note, ..sample::OPTIONS };
        let painted = written(&Options { color: true, ..options });
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), written(&options));
        assert!(painted.contains('\u{1b}'));
    }

    #[test]
    fn prose_fits_a_narrow_terminal() {
        for line in written(&Options { verbose: 1, ..sample::OPTIONS }).lines() {
            let whole = ["https://", "-->", "config/", "k8s/", "src/", "Pay.tsx", "  ignored:"];
            let fits = paint::width(line) <= WIDTH || whole.iter().any(|mark| line.contains(mark));
            assert!(fits, "{line}");
        }
    }
}
