//! One block for many credentials of a rule that matter little.

use std::io;

use super::TextWriter;
use super::style::TextStyle;
use crate::report::describe::{self, clean};
use crate::report::grouping::{CredentialBlock, MAX_EXAMPLES};
use crate::report::remediation;

impl TextWriter<'_> {
    /// Writes one block for many credentials of a rule.
    pub(super) fn folded(&mut self, blocks: &[&CredentialBlock<'_>]) -> io::Result<()> {
        let Some(main) = blocks.first().map(|block| block.main) else { return Ok(()) };
        let rule = describe::rule(self.rules, main);
        let plural = clean(rule.map_or(main.rule.as_str(), |rule| &rule.plural));
        let severity = self.paint(TextStyle::Severity(main.severity), main.severity.name());
        let headline = self.paint(TextStyle::Headline, &format!("{} {plural}", describe::number(blocks.len() as u64)));
        let id = self.paint(TextStyle::Aside, &format!("[{}]", clean(&main.rule)));
        writeln!(self.out, "{severity}: {headline} {id}")?;
        let arrow = self.paint(TextStyle::Gutter, "-->");
        for block in blocks.iter().take(MAX_EXAMPLES) {
            let place = describe::most_open_first(block.main).first().map(|at| describe::place(at)).unwrap_or_default();
            let masked = block.main.key.as_ref().map(|key| clean(&key.masked)).unwrap_or_default();
            writeln!(self.out, " {arrow} {place} {}", self.paint(TextStyle::Aside, &masked))?;
        }
        if let Some(more) = blocks.len().checked_sub(MAX_EXAMPLES).filter(|more| *more > 0) {
            let more = format!("and {} more; -v lists them all", describe::number(more as u64));
            writeln!(self.out, "     {more}")?;
        }
        if let Some(rule) = rule {
            self.fact(" ", "why", &clean(&rule.help.why))?;
            self.steps(&remediation::general_steps(rule), " ")?;
        }
        writeln!(self.out)
    }
}
