//! Findings and their locations.
//!
//! A finding is one credential (or one misuse without a literal) under one rule, with every place that holds it. Its
//! identity is (rule, fingerprint), and nothing positional.

use serde::{Deserialize, Deserializer, Serialize};

use super::exposure::Exposure;
use super::location::{Location, Status, is_zero};
use crate::credential::{Fingerprint, Key};

/// Ordered from the least to the most severe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information, hidden by default.
    #[default]
    Note,
    /// To be cleaned up.
    Low,
    /// Not to be merged.
    Medium,
    /// Requires action today.
    High,
    /// Requires action now.
    Critical,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 5] = [Self::Note, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Returns the name used on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Ordered from the least to the most certain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Prefix and a random-looking body only.
    Low,
    /// A known length.
    Medium,
    /// A known structure.
    #[default]
    High,
}

impl Confidence {
    /// Returns the name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A place that explains a finding, such as the other key of a pair or the framework's configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// A sentence about this place.
    pub message: String,
    /// Path relative to the root.
    pub path: String,
    /// 1-based line.
    pub line: u64,
    /// 1-based byte column.
    pub column: u64,
}

/// One credential or misuse under one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// The severity of the rule, capped or set by the policy.
    pub severity: Severity,
    /// The confidence of the classification.
    pub confidence: Confidence,
    /// Identity together with `rule`.
    pub fingerprint: Fingerprint,
    /// One or two sentences.
    pub message: String,
    /// The credential; null for misuse without a literal.
    pub key: Option<Key>,
    /// The most open status of its places.
    pub status: Status,
    /// Every place, the most exposed one first.
    #[serde(deserialize_with = "tight")]
    pub locations: Vec<Location>,
    /// Number of places beyond `locations`, where a limit was reached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_locations: u64,
    /// Places that explain the finding.
    #[serde(default, rename = "trace", skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Its exposure in the history of the first location's repository; null for other targets.
    pub exposure: Option<Exposure>,
    /// Its exposure in each repository, where the report has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposures: Vec<Exposure>,
    /// The owners of its places, each once, in the order of the places.
    #[serde(default)]
    pub owners: Vec<String>,
}

/// Reads a list without room for more: most findings have one place, and there may be millions.
fn tight<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let mut items = Vec::deserialize(deserializer)?;
    items.shrink_to_fit();
    Ok(items)
}

impl Finding {
    /// Sorts the places, takes the exposure from the repository of the first one, and lists the owners in their order.
    pub fn sort_locations(&mut self) {
        self.locations.sort();
        let first = self.locations.first().and_then(|location| location.repository.as_ref());
        if let Some(exposure) = self.exposures.iter().find(|exposure| exposure.repository.as_ref() == first) {
            self.exposure = Some(exposure.clone());
        }
        self.owners.clear();
        for owner in self.locations.iter().flat_map(|location| &location.owners) {
            if !self.owners.contains(owner) {
                self.owners.push(owner.clone());
            }
        }
    }

    /// Sets the status to the most open one of the places.
    pub fn refresh_status(&mut self) {
        self.status = self.locations.iter().map(|location| location.status).max().unwrap_or(Status::Open);
    }
}
