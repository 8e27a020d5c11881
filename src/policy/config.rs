//! `pinstripe.toml`.
//!
//! Every key is checked: a misspelt one is an error with its line, because an allowance or a severity that silently does
//! nothing is worse than none.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::Error;
use crate::credential::Fingerprint;
use crate::model::{Context, Finding, Location, Severity};
use crate::rules::RuleSet;

/// Entries of one list that are read.
const MAX_ENTRIES: usize = 100_000;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Findings that are allowed.
    #[serde(default, rename = "allow")]
    pub allows: Vec<Allow>,
    /// What places are for, where their paths do not say it.
    #[serde(default, rename = "context")]
    pub contexts: Vec<ContextOverride>,
    /// Severities by rule.
    #[serde(default)]
    pub severity: BTreeMap<String, Severity>,
    /// Rules of the repository's own.
    #[serde(default)]
    pub rules: Rules,
}

/// An allowance: for one credential by its fingerprint, or for places by their paths, or for both together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Allow {
    /// The rule's id, or `*`.
    pub rule: String,
    /// The finding's fingerprint.
    pub fingerprint: Option<Fingerprint>,
    /// Globs below the root, one of which must match.
    #[serde(default)]
    pub paths: Vec<Pattern>,
    /// Why it is allowed.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it counts.
    #[serde(default, deserialize_with = "day")]
    pub expires: Option<Date>,
}

impl Allow {
    /// Whether this is about a finding in a place.
    #[must_use]
    pub fn covers(&self, finding: &Finding, location: &Location) -> bool {
        (self.rule == "*" || self.rule == finding.rule)
            && self.fingerprint.is_none_or(|fingerprint| fingerprint == finding.fingerprint)
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.matches(&location.path)))
    }
}

/// What places are for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ContextOverride {
    /// Globs below the root.
    pub paths: Vec<Pattern>,
    /// What these places are for, instead of what their paths say.
    pub is: Vec<Context>,
}

/// Rules of the repository's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rules {
    /// Directories below the root.
    #[serde(default)]
    pub directories: Vec<String>,
}

/// A glob: `*` stays within a directory, `**` does not.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Whether a path below the root matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.matcher.is_match(path)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let glob = GlobBuilder::new(&text).literal_separator(true).backslash_escape(true).build();
        let glob = glob.map_err(serde::de::Error::custom)?;
        Ok(Self { text, matcher: glob.compile_matcher() })
    }
}

/// A date, as TOML has them or in quotes.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(date) => date.to_string(),
        _ => return Err(serde::de::Error::custom("a date is written YYYY-MM-DD")),
    };
    super::date(&text).map(Some).map_err(serde::de::Error::custom)
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |why: String| Error::Malformed { file: file.to_owned(), why };
        let text = std::str::from_utf8(bytes).map_err(|error| malformed(format!("not UTF-8: {error}")))?;
        let config: Self = toml::from_str(text).map_err(|error| malformed(error.to_string().trim_end().to_owned()))?;
        config.check().map_err(malformed)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.allows.len() > MAX_ENTRIES || self.contexts.len() > MAX_ENTRIES {
            return Err(format!("more than {MAX_ENTRIES} entries"));
        }
        for (at, allow) in self.allows.iter().enumerate() {
            let number = at + 1;
            if allow.fingerprint.is_none() && allow.paths.is_empty() {
                return Err(format!("allow entry {number}: it needs a fingerprint, paths, or both"));
            }
            if allow.reason.trim().is_empty() {
                return Err(format!("allow entry {number}: it needs a reason"));
            }
        }
        for directory in &self.rules.directories {
            let leaves = directory.starts_with(['/', '\\'])
                || directory.contains(':')
                || directory.split(['/', '\\']).any(|part| part == "..");
            if leaves || directory.is_empty() {
                return Err(format!("rules.directories: {directory:?} is not below the root"));
            }
        }
        Ok(())
    }

    /// Complains about rules that are named and do not exist.
    ///
    /// # Errors
    /// The first of them.
    pub fn check_rules(&self, file: &str, rules: &RuleSet) -> Result<(), Error> {
        let allowed = self.allows.iter().map(|allow| &allow.rule).filter(|rule| *rule != "*");
        match allowed.chain(self.severity.keys()).find(|rule| rules.get(rule).is_none()) {
            None => Ok(()),
            Some(rule) => Err(Error::Malformed { file: file.to_owned(), why: format!("there is no rule {rule:?}") }),
        }
    }

    /// What a place is for, where the file says so.
    #[must_use]
    pub fn context(&self, path: &str) -> Option<&[Context]> {
        let covers = |entry: &&ContextOverride| entry.paths.iter().any(|pattern| pattern.matches(path));
        // As in ignore files, the last word counts.
        self.contexts.iter().rev().find(covers).map(|entry| entry.is.as_slice())
    }

    /// Sets contexts and the severity of a finding.
    pub(super) fn adjust(&self, finding: &mut Finding, rules: &RuleSet) {
        let mut told = false;
        for location in &mut finding.locations {
            if let Some(tags) = self.context(&location.path) {
                let mut tags = tags.to_vec();
                tags.sort_unstable();
                tags.dedup();
                location.context = tags;
                told = true;
            }
        }
        if told
            && finding.key.is_some()
            && let Some(rule) = rules.get(&finding.rule)
        {
            finding.severity = crate::scan::group::severity(rule, &finding.locations);
        }
        if let Some(severity) = self.severity.get(&finding.rule) {
            finding.severity = *severity;
        }
    }
}
