//! What a team has decided about findings: allowed ones with their reasons, a baseline, severities, contexts.
//!
//! Policy is a value that is applied to the report. It never makes a finding disappear: what it covers keeps its place in
//! the report, with a status, the reason and where that came from, and the summary counts it. Whose version of the policy
//! is in force (of the index, of the merge base, on disk) is decided by whoever loads it; a change cannot allow itself.

pub mod baseline;
pub mod config;
pub mod files;
pub mod import;
pub mod inline;
pub mod weakened;

use jiff::civil::Date;

pub use baseline::Baseline;
pub use config::Config;
pub use files::Files;

use crate::model::Report;
use crate::model::{Finding, Location, Status, Suppression};
use crate::rules::RuleSet;

/// The name of the configuration file at the root.
pub const CONFIG_FILE: &str = "pinstripe.toml";

/// The name of the baseline file at the root.
pub const BASELINE_FILE: &str = ".pinstripe-baseline.json";

/// Largest policy file, in bytes: more than a hundred thousand entries.
pub const MAX_POLICY_FILE: u64 = 64 << 20;

/// Why a policy cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of it cannot be read.
    #[error("{file}: {why}")]
    Unreadable {
        /// Which.
        file: String,
        /// What the matter is.
        why: String,
    },
    /// A file of it says something that makes no sense.
    #[error("{file}: {why}")]
    Malformed {
        /// Which.
        file: String,
        /// What and where.
        why: String,
    },
}

/// Everything that is in force.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// `pinstripe.toml`.
    pub config: Config,
    /// `.pinstripe-baseline.json`.
    pub baseline: Baseline,
    /// Whether directives in the scanned text count. False where the text is a change that must not allow itself.
    pub inline: bool,
}

impl Policy {
    /// Reads `pinstripe.toml` and the baseline of a root.
    ///
    /// # Errors
    /// A file is there and cannot be used.
    pub fn load(files: &dyn Files) -> Result<Self, Error> {
        let mut policy = Self { inline: true, ..Self::default() };
        if let Some(bytes) = files.read(CONFIG_FILE)? {
            policy.config = Config::parse(CONFIG_FILE, &bytes)?;
        }
        if let Some(bytes) = files.read(BASELINE_FILE)? {
            policy.baseline = Baseline::parse(BASELINE_FILE, &bytes)?;
        }
        Ok(policy)
    }

    /// Sets severities, contexts and statuses. Returns what the user should know about the policy itself: entries that
    /// have run out, directives that do not count.
    pub fn apply(&self, report: &mut Report, rules: &RuleSet, today: Date) -> Vec<String> {
        let mut notices = Vec::new();
        for finding in &mut report.findings {
            self.config.adjust(finding, rules);
            for at in 0..finding.locations.len() {
                let Some((status, suppression)) = self.decide(finding, &finding.locations[at], today, &mut notices)
                else {
                    continue;
                };
                finding.locations[at].status = status;
                finding.locations[at].suppression = Some(suppression);
            }
            finding.refresh_status();
        }
        report.sort();
        notices.sort();
        notices.dedup();
        notices
    }

    fn decide(
        &self,
        finding: &Finding,
        location: &Location,
        today: Date,
        notices: &mut Vec<String>,
    ) -> Option<(Status, Suppression)> {
        if location.status != Status::Open {
            return None;
        }
        let because = |source: &str, reason: &str| Suppression { source: source.to_owned(), reason: reason.to_owned() };
        for allow in self.config.allows.iter().filter(|allow| allow.covers(finding, location)) {
            match allow.expires.filter(|expires| *expires < today) {
                None => return Some((Status::Suppressed, because("config", &allow.reason))),
                Some(expired) => notices.push(format!(
                    "{CONFIG_FILE}: the entry for {} ({}) ran out on {expired}; it does not count any more",
                    finding.rule, allow.reason
                )),
            }
        }
        if let Some(directive) = location.directive.as_deref() {
            match inline::read(directive) {
                _ if !self.inline => notices.push(format!(
                    "{}:{}: an inline allow does not count in a change that adds it; allow it in {CONFIG_FILE} of the base",
                    location.path, location.line
                )),
                Ok(allow) if allow.covers(finding) => {
                    return Some((Status::Suppressed, because("inline", &allow.reason)));
                }
                Ok(_) => {}
                Err(why) => notices.push(format!("{}:{}: {why}", location.path, location.line)),
            }
        }
        let entry = self.baseline.find(&finding.rule, finding.fingerprint)?;
        match entry.expires.filter(|expires| *expires < today) {
            None => Some((Status::Baselined, because("baseline", &entry.reason))),
            Some(expired) => {
                notices.push(format!(
                    "{BASELINE_FILE}: the entry {} {} ran out on {expired}; it does not count any more",
                    entry.rule, entry.fingerprint
                ));
                None
            }
        }
    }
}

/// Reads `2027-01-31`.
///
/// # Errors
/// A sentence about what a date looks like.
pub fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a date is written YYYY-MM-DD".to_owned())
}

#[cfg(test)]
mod tests;
