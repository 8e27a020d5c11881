//! The figures of the summary as lines of `GITHUB_OUTPUT`, for the steps behind a scan.

use std::io::{self, Write};

use super::Options;
use super::grouping::GroupedFindings;
use crate::model::Report;
use crate::rules::RuleSet;

pub(super) fn write(report: &Report, rules: &RuleSet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let grouped = GroupedFindings::new(report, rules, options);
    writeln!(out, "findings-count={}", grouped.open().count())?;
    writeln!(out, "fail-on={}", options.fail_on.name())?;
    writeln!(out, "new-count={}", grouped.open().filter(|block| block.main.severity >= options.fail_on).count())
}
