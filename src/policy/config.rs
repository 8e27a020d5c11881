//! Reads `pinstripe.toml`.
//!
//! Unknown keys are errors, because an allow entry or a severity that silently has no effect is worse than none.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use globset::{Glob, GlobBuilder, GlobMatcher};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::Error;
use super::rolled::{RolledEntry, required_day};
use crate::credential::Fingerprint;
use crate::model::{Context, Finding, Severity, Suppression};
use crate::rules::{RuleSet, toml_error};

/// The lowest severities that fail a scan and that are shown, where nobody says which.
pub(crate) const DEFAULT_FAIL_ON: Severity = Severity::Medium;
pub(crate) const DEFAULT_MIN_SEVERITY: Severity = Severity::Low;

/// Largest number of entries in one list, each of which is compared with each finding.
const MAX_ENTRIES: usize = 10_000;

/// Longest glob, in bytes, and most `{` in one: the library panics where its own bounds are passed.
const MAX_GLOB: usize = 4_096;
const MAX_BRACES: usize = 64;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct PolicyConfig {
    #[serde(default, rename = "allow")]
    pub(crate) allows: Vec<AllowEntry>,
    /// Credentials that were rolled.
    #[serde(default)]
    pub(crate) rolled: Vec<RolledEntry>,
    /// Contexts of paths that do not show them.
    #[serde(default, rename = "context")]
    pub(crate) contexts: Vec<ContextOverride>,
    /// By rule id.
    #[serde(default)]
    pub(crate) severity: BTreeMap<String, Severity>,
    #[serde(default)]
    pub(crate) rules: OwnRules,
    /// Files whose entries count as well; where both speak, this one wins.
    #[serde(default)]
    pub(crate) extends: Vec<String>,
    /// The lowest severity that fails a scan.
    pub(crate) fail_on: Option<Severity>,
    /// The lowest severity that is shown.
    pub(crate) min_severity: Option<Severity>,
    /// Files below the root count as well.
    pub(crate) nested: Option<bool>,
}

/// An entry that allows one credential by its fingerprint, locations by their paths, or one credential in some paths.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AllowEntry {
    /// Id of the rule, or `*`.
    pub(crate) rule: String,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Globs below the root, one of which must match.
    #[serde(default)]
    pub(crate) paths: Vec<PathPattern>,
    /// The reason that it is allowed; required.
    pub(crate) reason: String,
    /// The person responsible for the entry.
    pub(crate) owner: Option<String>,
    /// The last day on which the entry counts.
    #[serde(default, deserialize_with = "day")]
    pub(crate) expires: Option<Date>,
}

impl AllowEntry {
    /// Describes the entry in one line.
    pub(super) fn description(&self) -> String {
        let mut words = vec![format!("rule {}", self.rule)];
        words.extend(self.fingerprint.map(|fingerprint| format!("fingerprint {fingerprint}")));
        let paths: Vec<&str> = self.paths.iter().map(|pattern| pattern.text.as_str()).collect();
        words.extend((!paths.is_empty()).then(|| format!("paths {}", paths.join(" "))));
        words.extend(self.expires.map(|day| format!("until {day}")));
        words.extend(self.owner.as_ref().map(|owner| format!("owner {owner}")));
        format!("{}: {}", words.join(", "), self.reason)
    }

    pub(super) fn suppression(&self) -> Suppression {
        Suppression { owner: self.owner.clone(), ..super::suppression("config", &self.reason, self.expires) }
    }

    /// `path` is that of a location, in its repository.
    pub(super) fn covers(&self, finding: &Finding, path: &str) -> bool {
        (self.rule == "*" || self.rule == finding.rule)
            && self.fingerprint.is_none_or(|fingerprint| fingerprint == finding.fingerprint)
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.is_match(path)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ContextOverride {
    /// Globs below the root.
    pub(crate) paths: Vec<PathPattern>,
    /// Replaces the contexts that the paths have by their names.
    pub(crate) is: Vec<Context>,
}

/// Rules of the repository's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct OwnRules {
    #[serde(default)]
    pub(crate) directories: Vec<String>,
}

/// A glob: `*` stays within a directory, `**` does not.
#[derive(Debug, Clone)]
pub(crate) struct PathPattern {
    text: String,
    glob: Glob,
    /// Compiled on first use: a policy may hold thousands.
    matcher: OnceLock<GlobMatcher>,
}

impl PathPattern {
    pub(super) fn is_match(&self, path: &str) -> bool {
        self.matcher.get_or_init(|| self.glob.compile_matcher()).is_match(path)
    }
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PathPattern {}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > MAX_GLOB || text.matches('{').count() > MAX_BRACES {
            let bounds = format!("a path of more than {MAX_GLOB} bytes or {MAX_BRACES} braces");
            return Err(serde::de::Error::custom(bounds));
        }
        let glob = GlobBuilder::new(&text).literal_separator(true).backslash_escape(true).build();
        let glob = glob.map_err(serde::de::Error::custom)?;
        Ok(Self { text, glob, matcher: OnceLock::new() })
    }
}

/// Reads a TOML date, or one in quotes.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    required_day(deserializer).map(Some)
}

impl PolicyConfig {
    /// # Errors
    /// The file is not TOML of this form; with line and column.
    pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        Self::read(file, bytes, &toml_error::explain)
    }

    /// As [`Self::parse`], but no error quotes the file, which may be anything that another file names.
    pub(super) fn parse_unquoted(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        Self::read(file, bytes, &|error, text| {
            format!("{}not what a policy may hold; --config shows more", toml_error::place(error, text))
        })
    }

    fn read(file: &str, bytes: &[u8], explain: &dyn Fn(&toml::de::Error, &str) -> String) -> Result<Self, Error> {
        let malformed = |reason: String| Error::malformed(file, reason);
        let text = std::str::from_utf8(bytes).map_err(|error| malformed(format!("not UTF-8: {error}")))?;
        let config: Self = toml::from_str(text).map_err(|error| malformed(explain(&error, text)))?;
        config.check().map_err(malformed)?;
        Ok(config)
    }

    /// Returns true if it holds what may stand in a file below the root: allow entries and contexts.
    pub(super) fn may_be_nested(&self) -> bool {
        let rest = Self { allows: Vec::new(), contexts: Vec::new(), ..self.clone() };
        rest == Self::default()
    }

    fn check(&self) -> Result<(), String> {
        if [self.allows.len(), self.contexts.len(), self.rolled.len()].into_iter().any(|count| count > MAX_ENTRIES) {
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
        if let Some(at) = self.rolled.iter().position(|entry| entry.by.trim().is_empty()) {
            return Err(format!("rolled entry {}: it needs `by`, who rolled the credential", at + 1));
        }
        for (at, directory) in self.rules.directories.iter().enumerate() {
            let leaves = directory.starts_with(['/', '\\'])
                || directory.contains(':')
                || directory.split(['/', '\\']).any(|part| part == "..");
            if leaves || directory.is_empty() {
                return Err(format!("rules.directories: entry {} is not below the root", at + 1));
            }
        }
        Ok(())
    }

    /// Returns the first rule that the file names and that does not exist.
    pub(super) fn unknown_rule(&self, rules: &RuleSet) -> Option<&str> {
        let allowed = self.allows.iter().map(|allow| &allow.rule).filter(|rule| *rule != "*");
        allowed.chain(self.severity.keys()).find(|rule| rules.get(rule).is_none()).map(String::as_str)
    }

    /// Returns the contexts that the file gives a path.
    pub(crate) fn context(&self, path: &str) -> Option<&[Context]> {
        let covers = |entry: &&ContextOverride| entry.paths.iter().any(|pattern| pattern.is_match(path));
        // The last match wins, as in ignore files.
        self.contexts.iter().rev().find(covers).map(|entry| entry.is.as_slice())
    }
}
