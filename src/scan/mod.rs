//! Runs a scan: opens the target, loads policy and rules, reads the source, groups hits into findings, runs lints and
//! applies the policy. The only place that knows the order of these stages.

mod authors;
mod effective_policy;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub(crate) mod group;
mod owners;
pub(crate) mod plan;
pub(crate) mod prove;
mod target;

use std::collections::BTreeMap;
use std::io;
use std::time::Instant;

use crate::audit::{self, MergeError, Merger};
use crate::detect::{self, Engine};
use crate::lints::{LintInput, SourceFacts};
use crate::model::{Coverage, CoverageReport, Finding, Report, SCHEMA, SkipReason, Status, Tool};
use crate::policy;
use crate::report::Redacted;
use crate::rules::{RuleSet, load};
use crate::source::{self, Progress, ScanContext, ScanSource};
use effective_policy::EffectivePolicy;
pub(crate) use effective_policy::latest_today;
use plan::{ScanPlan, ScanSubject, Thresholds};
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
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error("there is nothing to scan")]
    NoTarget,
}

/// A report and what it takes to show it.
pub(crate) struct ScanOutcome {
    pub(crate) report: Report,
    /// The matcher, with the rules in force.
    pub(crate) engine: Engine,
    /// Warnings and notes for the user.
    pub(crate) notices: Vec<String>,
}

/// Runs a scan. `input` is standard input. `ready` is called once the rules are in force, so that the caller can redact
/// by them whatever comes of the scan, errors included. Nothing in the outcome is redacted yet.
///
/// # Errors
/// The rules or the policy are invalid, or the target cannot be opened.
pub(crate) fn run(plan: &ScanPlan, input: &mut dyn io::Read, ready: &dyn Fn(&Engine)) -> Result<ScanOutcome, Error> {
    let deadline = plan.deadline();
    let targets = target::open(plan, deadline, input)?;
    let names = names(&targets);
    let (policies, rules) = policies_and_rules(plan, &targets, &names)?;
    let engine = Engine::new(rules)?;
    ready(&engine);
    let (report, notices) = scan(plan, &engine, (targets, &policies, &names), deadline)?;
    Ok(ScanOutcome { report, engine, notices })
}

/// Runs a scan whose report will be merged with others, so that no policy changes its rules, by an engine that serves all of
/// them. Also returns warnings and notes for the user.
///
/// # Errors
/// A policy is invalid, or a target cannot be opened.
pub(crate) fn run_with(plan: &ScanPlan, engine: &Engine) -> Result<(Report, Vec<String>), Error> {
    let (deadline, mut input) = (plan.deadline(), io::empty());
    let targets = target::open(plan, deadline, &mut input)?;
    let names = names(&targets);
    let policies = policies(plan, &targets, &names)?;
    check_rules(&policies, &names, engine.rules())?;
    scan(plan, engine, (targets, &policies, &names), deadline)
}

/// Scans targets and merges the reports on them.
fn scan(
    plan: &ScanPlan,
    engine: &Engine,
    (targets, policies, names): (Vec<OpenTarget<'_>>, &[EffectivePolicy], &[String]),
    deadline: Option<Instant>,
) -> Result<(Report, Vec<String>), Error> {
    let (mut parts, mut notices) = (Merger::default(), Vec::new());
    let is_only = targets.len() == 1;
    for ((mut target, policy), name) in targets.into_iter().zip(policies).zip(names) {
        let context = context(plan, engine, deadline);
        target.source.scan(&context)?;
        context.note_unavailable(plan.unscanned.as_deref());
        target.missing.iter().for_each(|missing| context.note_unavailable(Some(missing)));
        let (mut report, told) = report(&context, target, policy).map_err(|error| error.below(name))?;
        report.thresholds = policy.thresholds(plan.thresholds);
        notices.extend(told.into_iter().map(|notice| notice.below(name)));
        // As of saved reports, what is merged are reports as they are shown.
        let report = if is_only { report } else { Redacted::new(report, engine.redactor()).into_report() };
        parts.add(name, report)?;
    }
    Ok((parts.finish()?.ok_or(Error::NoTarget)?, notices))
}

/// Returns what the names of files begin with in messages about each target: where there are several, its directory below
/// the one that holds them all.
fn names(targets: &[OpenTarget<'_>]) -> Vec<String> {
    let roots = || targets.iter().map(|opened| opened.target.root.as_str());
    let common = audit::common(roots());
    let slash = |below: String| if below.is_empty() { below } else { format!("{below}/") };
    roots().map(|root| slash(audit::below(&common, root))).collect()
}

/// Loads the policies in force and the rules. The policy that was there before a change may be broken, and must not block
/// the change that repairs it: then none is obeyed.
fn policies_and_rules(
    plan: &ScanPlan,
    targets: &[OpenTarget<'_>],
    names: &[String],
) -> Result<(Vec<EffectivePolicy>, RuleSet), Error> {
    let with_rules = |policies: Vec<EffectivePolicy>| {
        let own = if let [only] = policies.as_slice() { only.rule_files() } else { &[] };
        let rules = load::load_with(plan.rules.builtin, &plan.rules.directories, own)?;
        check_rules(&policies, names, &rules)?;
        Ok((policies, rules))
    };
    match policies(plan, targets, names).and_then(with_rules) {
        Err(error) if targets.iter().any(|target| EffectivePolicy::is_of_base(plan, target)) => {
            with_rules(vec![EffectivePolicy::broken(&error)])
        }
        outcome => outcome,
    }
}

/// Loads the policies of targets.
fn policies(plan: &ScanPlan, targets: &[OpenTarget<'_>], names: &[String]) -> Result<Vec<EffectivePolicy>, Error> {
    let load = |(target, name): (&OpenTarget<'_>, &String)| {
        let mut policy = EffectivePolicy::load(plan, target, name)?;
        if targets.len() > 1 || plan.of_several {
            policy.leave_rules_out();
        }
        Ok(policy)
    };
    targets.iter().zip(names).map(load).collect()
}

/// Checks that the rules which policies name are there.
fn check_rules(policies: &[EffectivePolicy], names: &[String], rules: &RuleSet) -> Result<(), Error> {
    let check =
        |(policy, name): (&EffectivePolicy, &String)| policy.check_rules(rules).map_err(|error| error.below(name));
    Ok(policies.iter().zip(names).try_for_each(check)?)
}

/// Something that the user is told beside the report.
struct Notice {
    kind: &'static str,
    text: String,
    /// It begins with the path of a file of the target.
    names_file: bool,
}

impl Notice {
    fn warning(text: String) -> Self {
        Self { kind: "warning", text, names_file: false }
    }

    fn of_policy(text: String) -> Self {
        Self { kind: "note", text, names_file: true }
    }

    fn of_owners(text: String) -> Self {
        Self { kind: "warning", text, names_file: true }
    }

    /// Returns the line for a target whose files have this prefix.
    fn below(self, prefix: &str) -> String {
        let Self { kind, text, names_file } = self;
        format!("{kind}: {}{text}", if names_file { prefix } else { "" })
    }
}

/// State that the threads of a scan share.
fn context<'a>(plan: &ScanPlan, engine: &'a Engine, deadline: Option<Instant>) -> ScanContext<'a> {
    let unit = if matches!(plan.subject, ScanSubject::History { .. }) { "objects" } else { "files" };
    let progress = if plan.progress { Progress::drawn(unit) } else { Progress::hidden() };
    let mut context = ScanContext::new(engine, deadline, progress);
    context.archives = plan.archives;
    context.line_hashes = plan.reporting.needs_line_hashes();
    context
}

/// Returns what a report says of the program and its rules.
pub(crate) fn tool(rules: &RuleSet) -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules_digest: rules.digest().to_owned(),
    }
}

/// Turns hits into findings, lints them, and applies the policy.
fn report(
    context: &ScanContext<'_>,
    opened: OpenTarget<'_>,
    policy: &EffectivePolicy,
) -> Result<(Report, Vec<Notice>), policy::Error> {
    let OpenTarget {
        target, options, repositories, mut source, files, owners, policy: policy_files, repository, ..
    } = opened;
    let rules = context.engine.rules();
    let collected = context.take_collected();
    let mut findings = group::findings(rules, collected.hits);
    let mut unnamed = BTreeMap::new();
    for finding in &mut findings {
        let named = finding.more_locations;
        source.expose(rules, finding);
        if finding.more_locations > named {
            unnamed.insert((finding.rule.clone(), finding.fingerprint), finding.more_locations - named);
        }
        group::count_places(finding, &collected.more_places);
        group::fold_versions(finding);
        finding.sort_locations();
    }
    if let Some(repository) = repository.filter(|_| options.authors) {
        authors::name(&repository, policy_files.as_deref(), &mut findings, &|| context.expired());
    }
    let context_of = |path: &str| policy.context(path);
    let (expired, record) = (|| context.expired(), source.lint_record().is_some());
    let input = LintInput { tree: &*files, policy_tags: &context_of, record, expired: &expired };
    let mut coverage = collected.coverage;
    coverage.merge(lint(context, &mut *source, (&mut findings, collected.facts), &input));
    let tool = tool(rules);
    let (schema, unfinished) = (SCHEMA.to_owned(), CoverageReport::from(&coverage));
    let thresholds = policy.thresholds(Thresholds::default());
    let mut report =
        Report { schema, tool, target, options, thresholds, repositories, findings, coverage: unfinished, diff: None };
    report.sort();
    let warnings = source.warnings().iter().chain(policy.problem.as_ref()).cloned().map(Notice::warning);
    let (notices, done) = policy.apply(&mut report.findings, rules, &|| context.expired());
    let notices = notices.into_iter().chain(policy.nested_notices(rules)?).map(Notice::of_policy);
    let mut notices: Vec<Notice> = warnings.chain(notices).collect();
    let repository = report.repositories.as_mut().and_then(|known| known.first_mut());
    let problem = owners::assign(&*owners, repository, &mut report.findings, &|| context.expired());
    notices.extend(problem.map(Notice::of_owners));
    if !done {
        coverage.skip(SkipReason::TimedOut, "policy");
    }
    for finding in report.findings.iter().filter(|finding| finding.status < Status::Existing) {
        let unnamed = unnamed.get(&(finding.rule.clone(), finding.fingerprint));
        if let Some(count) = unnamed.filter(|_| !policy.covers_anywhere(finding, rules)) {
            let what = format!("{count} more places of {}, where the policy may not cover it", finding.fingerprint);
            coverage.skip_many(SkipReason::OverLimit, *count, Some(what));
        }
    }
    report.coverage = CoverageReport::from(&coverage);
    report.findings.iter_mut().for_each(group::cap_paths);
    report.sort();
    Ok((report, notices))
}

/// Runs the lints, if the source has no record of what they made of the same texts. Returns what was left out.
fn lint(
    context: &ScanContext<'_>,
    source: &mut dyn ScanSource,
    (findings, mut facts): (&mut Vec<Finding>, Vec<SourceFacts>),
    input: &LintInput<'_>,
) -> Coverage {
    let recorded = source.lint_record().filter(|record| !record.is_empty());
    if let Some(left_out) = recorded.and_then(|record| context.lints().run_again(findings, record, input)) {
        return left_out;
    }
    facts.extend(source.facts(context));
    let (left_out, record) = context.lints().run(findings, &facts, input);
    source.keep_lints(record);
    left_out
}
