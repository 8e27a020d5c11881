//! Decisions of a team about findings: allowed ones with their reasons, a baseline, severities, contexts.
//!
//! Policy is a value that is applied to findings. It never removes one: a covered finding stays in the report, with its
//! status, the reason and where the reason was written, and the summary counts it. Which version of the policy is in
//! force (index, merge base, disk) is up to the caller of [`Policy::load`]; a change cannot allow itself.

pub(crate) mod baseline;
pub(crate) mod config;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub(crate) mod import;
pub(crate) mod inline;
mod layer;
pub(crate) mod policy_diff;
pub(crate) mod rolled;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use jiff::civil::Date;

pub(crate) use baseline::Baseline;
use config::AllowEntry;
pub(crate) use config::PolicyConfig;
pub(crate) use layer::{ConfigFiles, NestedLayers, PolicyLayer};

use crate::model::escape::escape;
use crate::model::snapshot::{Snapshot, SnapshotError};
use crate::model::{Context, Finding, Location, Status, Suppression};
use crate::rules::RuleSet;

/// Name of the configuration file at the root.
pub(crate) const CONFIG_FILE: &str = "pinstripe.toml";

/// Name of the baseline file at the root.
pub(crate) const BASELINE_FILE: &str = ".pinstripe-baseline.json";

/// Largest policy file, in bytes: more than a hundred thousand entries.
pub(crate) const MAX_POLICY_FILE: u64 = 64 << 20;

/// A policy file that cannot be read or has invalid content.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub(crate) struct Error {
    file: String,
    reason: String,
}

impl Error {
    pub(crate) fn unreadable(file: &str, reason: &str) -> Self {
        Self { file: escape(file), reason: escape(reason) }
    }

    /// `reason` may have several lines, which the command line escapes one by one.
    fn malformed(file: &str, reason: impl std::fmt::Display) -> Self {
        Self { file: escape(file), reason: reason.to_string() }
    }

    /// Names the file by its path in a report on several repositories.
    pub(crate) fn below(self, directory: &str) -> Self {
        Self { file: format!("{}{}", escape(directory), self.file), ..self }
    }
}

impl From<SnapshotError> for Error {
    fn from(error: SnapshotError) -> Self {
        Self::unreadable(&error.path, &error.reason)
    }
}

/// The files of a policy, read and checked.
#[derive(Clone, Default)]
pub(crate) struct Policy {
    /// `pinstripe.toml` and what it extends, or the files that the user names; the later wins.
    pub(crate) layers: Vec<Rc<PolicyLayer>>,
    /// The files below the root.
    pub(crate) nested: Option<Rc<RefCell<NestedLayers>>>,
    /// `.pinstripe-baseline.json`.
    pub(crate) baseline: Baseline,
    /// False if directives in the scanned text are ignored, because the text is a change that must not allow itself.
    pub(crate) inline: bool,
    /// True if places in history are judged, and not a change or what is there now.
    pub(crate) in_history: bool,
    /// Paths and texts of the rule files that the configuration names.
    pub(crate) rule_files: Vec<(String, Vec<u8>)>,
}

impl Policy {
    /// Reads `pinstripe.toml` with what it extends, the baseline and the rule files of a root. `named` replaces
    /// `pinstripe.toml`; `outside` allows files outside of the root.
    ///
    /// # Errors
    /// A file exists and cannot be read, or has invalid content.
    pub(crate) fn load(
        files: &Rc<dyn Snapshot>,
        named: Option<Vec<Rc<PolicyLayer>>>,
        outside: bool,
    ) -> Result<Self, Error> {
        let mut policy = Self { inline: true, ..Self::default() };
        let is_own = named.is_none();
        policy.layers = match named {
            Some(named) => named,
            None => ConfigFiles { files: &**files, outside }.load(CONFIG_FILE)?,
        };
        let obeys_nested = policy.last(|config| config.nested).unwrap_or(is_own);
        let refused = if is_own { "`nested` is false" } else { "--config is given without `nested = true` in it" };
        let nested = NestedLayers::new(Rc::clone(files), (!obeys_nested).then_some(refused));
        policy.nested = Some(Rc::new(RefCell::new(nested)));
        if let Some(bytes) = files.read(BASELINE_FILE, MAX_POLICY_FILE)? {
            policy.baseline = Baseline::parse(BASELINE_FILE, &bytes)?;
        }
        for path in rule_paths(&**files, &policy.layers).collect::<Result<Vec<_>, _>>()?.concat() {
            policy.rule_files.extend(files.read(&path, MAX_POLICY_FILE)?.map(|bytes| (path, bytes)));
        }
        Ok(policy)
    }

    /// Returns the value of the last file that has one.
    pub(crate) fn last<T>(&self, value: impl Fn(&PolicyConfig) -> Option<T>) -> Option<T> {
        self.layers.iter().rev().find_map(|layer| value(&layer.config))
    }

    /// Returns the files about a path, the one that wins last.
    fn layers_of(&self, path: &str) -> Vec<Rc<PolicyLayer>> {
        let nested = self.nested.as_ref().map(|nested| nested.borrow_mut().above(path));
        self.layers.iter().cloned().chain(nested.unwrap_or_default()).collect()
    }

    /// Returns the contexts that the policy gives a path.
    pub(crate) fn context(&self, path: &str) -> Option<Vec<Context>> {
        self.layers_of(path).iter().rev().find_map(|layer| layer.context(path)).map(<[_]>::to_vec)
    }

    /// Checks that nothing was rolled after a day.
    ///
    /// # Errors
    /// The first entry that was.
    pub(crate) fn check_rolled(&self, last: Date) -> Result<(), Error> {
        for layer in &self.layers {
            if let Some(entry) = layer.config.rolled.iter().find(|entry| entry.date > last) {
                let reason = format!("rolled: {}: the date {} is after today", entry.fingerprint, entry.date);
                return Err(Error::malformed(&layer.file, reason));
            }
        }
        Ok(())
    }

    /// Takes the errors of files below the root, and notices about them.
    pub(crate) fn take_nested_problems(&self, rules: &RuleSet) -> (Vec<Error>, Vec<String>) {
        let Some(nested) = &self.nested else { return Default::default() };
        let mut nested = nested.borrow_mut();
        nested.check_rules(rules);
        let notices = std::mem::take(&mut nested.notices).into_iter().collect();
        (std::mem::take(&mut nested.errors), notices)
    }

    /// Returns true if a further place of a finding is covered, wherever it is.
    pub(crate) fn covers_anywhere(&self, finding: &Finding, judge: (&RuleSet, Date)) -> bool {
        let Some(known) = finding.locations.last() else { return false };
        let elsewhere = Location { path: "\u{2026}".to_owned(), status: Status::Open, ..known.clone() };
        self.decide(finding, &elsewhere, judge, &mut Told::default()).is_some()
    }

    /// Names the entries of the root's files that covered nothing.
    fn unused(&self, used: &HashSet<*const AllowEntry>) -> Vec<String> {
        let entries = self.layers.iter().flat_map(|layer| layer.config.allows.iter().map(move |allow| (layer, allow)));
        // Findings about a change exist in scans of changes only.
        let judged = entries.filter(|(_, allow)| allow.rule != policy_diff::RULE);
        let unused = judged.filter(|(_, allow)| !used.contains(&std::ptr::from_ref(*allow)));
        let entry = |(layer, allow): (&Rc<PolicyLayer>, &AllowEntry)| {
            format!("{}: an allow entry covers nothing: {}", layer.file, escape(&allow.description()))
        };
        unused.map(entry).collect()
    }

    /// Decides about a location; `None` if nothing covers it.
    fn decide(
        &self,
        finding: &Finding,
        location: &Location,
        (rules, today): (&RuleSet, Date),
        told: &mut Told,
    ) -> Option<(Status, Suppression)> {
        let notices = &mut told.notices;
        if location.status != Status::Open {
            return None;
        }
        let mut rolled = self.layers.iter().filter(|_| self.in_history).flat_map(|layer| &layer.config.rolled);
        if let Some(covered) = rolled.find_map(|entry| entry.cover(finding, location)) {
            return Some(covered);
        }
        let path = &location.path;
        for layer in self.layers_of(path) {
            for allow in layer.allows(finding, path) {
                told.used.insert(std::ptr::from_ref(allow));
                match allow.expires.filter(|expires| *expires < today) {
                    None => return Some((Status::Suppressed, allow.suppression())),
                    Some(expired) => notices.push(format!(
                        "{}: the entry for {} ({}) expired on {expired} and has no effect",
                        layer.file, finding.rule, allow.reason
                    )),
                }
            }
        }
        if let Some(directive) = location.directive.as_deref() {
            let mut notice = |text: &str| notices.push(format!("{}:{}: {text}", location.path, location.line));
            match inline::parse(directive) {
                _ if !self.inline => notice(&format!(
                    "an inline allow has no effect in the change that adds it; allow it in {CONFIG_FILE} of the base"
                )),
                Ok(allow) if allow.covers(finding) => {
                    return Some((Status::Suppressed, suppression("inline", &allow.reason, None)));
                }
                Ok(allow) => {
                    let unknown = allow.rule.as_deref().filter(|rule| rules.get(rule).is_none());
                    unknown.into_iter().for_each(|rule| notice(&no_rule(rule, rules)));
                }
                Err(reason) => notice(&reason),
            }
        }
        let entry = self.baseline.find(&finding.rule, finding.fingerprint)?;
        let Some(expired) = entry.expires.filter(|expires| *expires < today) else {
            return Some((Status::Baselined, suppression("baseline", &entry.reason, entry.expires)));
        };
        notices.push(format!(
            "{BASELINE_FILE}: the entry {} {} expired on {expired} and has no effect",
            entry.rule, entry.fingerprint
        ));
        None
    }
}

/// Sets severities, contexts and statuses. Returns notices about the policy itself: expired entries, directives without
/// effect; of a `whole` repository, entries that cover nothing. Also returns false if no time was left: then some findings
/// are still open.
pub(crate) fn apply(
    policy: &Policy,
    findings: &mut [Finding],
    (rules, today): (&RuleSet, Date),
    expired: &dyn Fn() -> bool,
    whole: bool,
) -> (Vec<String>, bool) {
    let (mut told, mut done) = (Told::default(), true);
    for finding in findings {
        done &= !expired();
        if !done {
            break;
        }
        adjust(policy, finding, rules);
        for at in 0..finding.locations.len() {
            let location = &finding.locations[at];
            if let Some((status, suppression)) = policy.decide(finding, location, (rules, today), &mut told) {
                finding.locations[at].status = status;
                finding.locations[at].suppression = Some(suppression);
            }
        }
        finding.sort_locations();
        finding.refresh_status();
    }
    if done && whole {
        told.notices.extend(policy.unused(&told.used));
    }
    told.notices.sort();
    told.notices.dedup();
    (told.notices, done)
}

/// Notices for the user, and the entries that covered something.
#[derive(Default)]
struct Told {
    notices: Vec<String>,
    used: HashSet<*const AllowEntry>,
}

fn suppression(source: &str, reason: &str, expires: Option<Date>) -> Suppression {
    let expires = expires.map(|day| day.to_string());
    Suppression { source: source.to_owned(), reason: reason.to_owned(), expires, ..Suppression::default() }
}

/// Sets the contexts of a finding's locations, and its severity.
fn adjust(policy: &Policy, finding: &mut Finding, rules: &RuleSet) {
    let mut changed = false;
    for location in &mut finding.locations {
        if let Some(tags) = policy.context(&location.path) {
            location.context = tags;
            location.context.sort_unstable();
            location.context.dedup();
            changed = true;
        }
    }
    if changed
        && finding.key.is_some()
        && let Some(rule) = rules.get(&finding.rule)
    {
        finding.severity = rule.severity_at(&finding.locations);
    }
    let named = |config: &PolicyConfig| config.severity.get(&finding.rule).copied();
    finding.severity = policy.last(named).unwrap_or(finding.severity);
}

/// Lists the rule files in each directory that the configuration names.
fn rule_paths(
    files: &dyn Snapshot,
    layers: &[Rc<PolicyLayer>],
) -> impl Iterator<Item = Result<Vec<String>, SnapshotError>> {
    let directories = layers.iter().flat_map(|layer| &layer.config.rules.directories);
    directories.map(|directory| files.list(directory.trim_end_matches('/'), ".toml"))
}

/// Says that there is no rule of this id, and which one may be meant.
fn no_rule(id: &str, rules: &RuleSet) -> String {
    let meant = rules.nearest(id).map(|near| format!("; did you mean {near}?"));
    format!("there is no rule {id:?}{}", meant.unwrap_or_default())
}

/// Reads `2027-01-31`.
///
/// # Errors
/// A sentence about the form of a date.
pub(crate) fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a date is written YYYY-MM-DD".to_owned())
}

#[cfg(test)]
mod tests;
