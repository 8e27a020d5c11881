//! Runs a scan: opens the target, loads policy and rules, reads the source, groups hits into findings, runs lints and
//! applies the policy. The only place that knows the order of these stages.

mod effective_policy;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub(crate) mod group;
mod owners;
pub(crate) mod plan;
pub(crate) mod prove;
mod target;

use std::io;

use crate::detect::{self, Engine};
use crate::lints::LintInput;
use crate::model::{CoverageReport, Report, SCHEMA, Severity, SkipReason, Tool};
use crate::policy;
use crate::rules::{RuleSet, load};
use crate::source::{self, Progress, ScanContext};
use effective_policy::EffectivePolicy;
use plan::{ScanPlan, ScanSubject};
use target::OpenTarget;

/// A scan that made no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Rules(#[from] load::Error),
    #[error(transparent)]
    Policy(#[from] policy::Error),
    #[error(transparent)]
    Engine(#[from] detect::Error),
    #[error(transparent)]
    Source(#[from] source::Error),
}

/// A report and what it takes to show it.
pub(crate) struct ScanOutcome {
    pub(crate) report: Report,
    /// The matcher, with the rules in force.
    pub(crate) engine: Engine,
    /// Warnings and notes for the user.
    pub(crate) notices: Vec<String>,
    /// The lowest severities that fail the scan and that are shown.
    pub(crate) fail_on: Severity,
    pub(crate) min_severity: Severity,
}

/// Runs a scan. `input` is standard input. `ready` is called once the rules are in force, so that the caller can redact
/// by them whatever comes of the scan, errors included. Nothing in the outcome is redacted yet.
///
/// # Errors
/// The rules or the policy are invalid, or the target cannot be opened.
pub(crate) fn run(plan: &ScanPlan, input: &mut dyn io::Read, ready: &dyn Fn(&Engine)) -> Result<ScanOutcome, Error> {
    let mut target = OpenTarget::open(plan, input)?;
    let (policy, rules) = policy_and_rules(plan, &target)?;
    let engine = Engine::new(rules)?;
    ready(&engine);
    let context = context(plan, &engine);
    target.source.scan(&context)?;
    context.note_unavailable(plan.unscanned.as_deref());
    let (report, notices) = report(&context, target, &policy)?;
    drop(context);
    let (fail_on, min_severity) = policy.thresholds();
    let fail_on = plan.thresholds.fail_on.unwrap_or(fail_on);
    // No policy hides what fails the scan.
    let min_severity = plan.thresholds.min_severity.unwrap_or(min_severity.min(fail_on));
    Ok(ScanOutcome { report, engine, notices, fail_on, min_severity })
}

/// Loads the policy in force and its rules. The policy that was there before a change may be broken, and must not block the
/// change that repairs it: then none is obeyed.
fn policy_and_rules(plan: &ScanPlan, target: &OpenTarget<'_>) -> Result<(EffectivePolicy, RuleSet), Error> {
    let with_rules = |policy: EffectivePolicy| {
        let rules = load::load_with(plan.rules.builtin, &plan.rules.directories, policy.rule_files())?;
        policy.check_rules(&rules)?;
        Ok((policy, rules))
    };
    match EffectivePolicy::load(plan, target).map_err(Error::from).and_then(with_rules) {
        Err(error) if EffectivePolicy::is_of_base(plan, target) => with_rules(EffectivePolicy::broken(&error)),
        outcome => outcome,
    }
}

/// State that the threads of a scan share.
fn context<'a>(plan: &ScanPlan, engine: &'a Engine) -> ScanContext<'a> {
    let deadline = plan.deadline();
    let unit = if matches!(plan.subject, ScanSubject::History { .. }) { "objects" } else { "files" };
    let progress = if plan.progress { Progress::drawn(unit) } else { Progress::hidden() };
    let mut context = ScanContext::new(engine, deadline, progress);
    context.archives = plan.archives;
    context.line_hashes = plan.reporting.needs_line_hashes();
    context
}

/// Turns hits into findings, lints them, and applies the policy.
fn report(
    context: &ScanContext<'_>,
    opened: OpenTarget<'_>,
    policy: &EffectivePolicy,
) -> Result<(Report, Vec<String>), Error> {
    let OpenTarget { target, options, repositories, source, files, owners, .. } = opened;
    let rules = context.engine.rules();
    let collected = context.take_collected();
    let mut findings = group::findings(rules, collected.hits);
    for finding in &mut findings {
        source.expose(rules, finding);
        group::fold_versions(finding);
        finding.sort_locations();
    }
    let context_of = |path: &str| policy.context(path);
    let input = LintInput { tree: &*files, policy_tags: &context_of, expired: &|| context.expired() };
    let mut coverage = collected.coverage;
    coverage.merge(context.lints().run(&mut findings, &collected.facts, &input));
    let tool = Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules_digest: rules.digest().to_owned(),
    };
    let (schema, unfinished) = (SCHEMA.to_owned(), CoverageReport::from(&coverage));
    let mut report = Report { schema, tool, target, options, repositories, findings, coverage: unfinished };
    report.sort();
    let warnings = source.warnings().iter().chain(policy.problem.as_ref()).map(|warning| format!("warning: {warning}"));
    let (notices, done) = policy.apply(&mut report.findings, rules, &|| context.expired());
    let notices = notices.into_iter().chain(policy.nested_notices(rules)?).map(|notice| format!("note: {notice}"));
    let mut notices: Vec<String> = warnings.chain(notices).collect();
    let repositories = report.repositories.as_deref_mut().unwrap_or_default();
    notices.extend(owners::assign(&owners, repositories, &mut report.findings, &|| context.expired()));
    if !done {
        coverage.skip(SkipReason::TimedOut, "policy");
        report.coverage = CoverageReport::from(&coverage);
    }
    report.sort();
    Ok((report, notices))
}
