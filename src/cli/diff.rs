//! `pinstripe diff`: a report compared with an earlier one.

use super::report_args::DiffArgs;
use super::{output, report, scan};
use crate::audit;
use crate::report::Redacted;

pub(super) fn run(args: &DiffArgs) -> anyhow::Result<u8> {
    let (rules, redactor) = report::rules(&args.rules)?;
    let reporting = scan::reporting(&args.report);
    let (old, new) = (report::read(&args.old, &redactor)?, report::read(&args.new, &redactor)?);
    report::refuse_inputs(&reporting, [&args.old, &args.new])?;
    scan::clear_outputs(&reporting)?;
    let compared = audit::compare(&old, new.into_report());
    report::warn_of_other_rules(&rules, &compared);
    if let Some(diff) = &compared.diff {
        output::warn(&diff.counts());
    }
    let wanted = report::thresholds(&args.report, reporting, &compared);
    let code = scan::exit_code(&wanted, &compared);
    scan::deliver(&wanted, &rules, &Redacted::new(compared, &redactor))?;
    Ok(code)
}
