//! `.pinstripe-baseline.json`: findings that a team has seen and will deal with.
//!
//! An entry names a rule and a fingerprint, never a path, a line or a time of writing, so the file changes only when a
//! decision does. Entries are written sorted, one a line, between 256 fixed marks: two branches that each add a finding
//! change different lines of the file, and git merges them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Error;
use crate::credential::Fingerprint;

const SCHEMA: &str = "pinstripe.baseline/1";

/// Largest number of entries.
const MAX_ENTRIES: usize = 1_000_000;

/// One accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BaselineEntry {
    /// The rule's id; never `*`.
    pub(crate) rule: String,
    pub(crate) fingerprint: Fingerprint,
    /// The reason that it is accepted for now.
    #[serde(default)]
    pub(crate) reason: String,
    /// The last day on which it is accepted.
    #[serde(default, deserialize_with = "day")]
    pub(crate) expires: Option<Date>,
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| super::date(&text).map_err(serde::de::Error::custom)).transpose()
}

impl BaselineEntry {
    /// Returns the last day on which the entry counts; the last of all days if it never expires.
    pub(super) fn last_day(&self) -> Date {
        self.expires.unwrap_or(Date::MAX)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    schema: String,
    entries: Vec<EntryOrMark>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EntryOrMark {
    Mark(String),
    Entry(Value),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    entries: BTreeMap<(Fingerprint, String), BaselineEntry>,
}

impl Baseline {
    /// Reads a file. Entries may have any order and may be repeated, as after a merge; of two entries for the same finding
    /// the one that expires first counts.
    ///
    /// # Errors
    /// The file is not JSON of this form, or an entry is for every rule.
    pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |reason: String| Error::malformed(file, reason);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let read: BaselineFile = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if read.schema != SCHEMA {
            return Err(malformed(format!("schema {:?} is not {SCHEMA:?}", read.schema)));
        }
        if read.entries.len() > MAX_ENTRIES {
            return Err(malformed(format!("more than {MAX_ENTRIES} entries")));
        }
        let mut baseline = Self::default();
        for (at, line) in read.entries.into_iter().enumerate() {
            let value = match line {
                EntryOrMark::Mark(mark) if mark.len() == 2 => continue,
                EntryOrMark::Mark(_) => return Err(malformed(format!("entry {}: not an entry", at + 1))),
                EntryOrMark::Entry(value) => value,
            };
            let entry: BaselineEntry =
                serde_json::from_value(value).map_err(|error| malformed(format!("entry {}: {error}", at + 1)))?;
            if entry.rule.is_empty() || entry.rule.contains(['*', '?', '[']) {
                return Err(malformed(format!("entry {}: an entry has to name one rule", at + 1)));
            }
            baseline.add(entry);
        }
        Ok(baseline)
    }

    /// Adds an entry; of two for the same finding the one that expires first is kept.
    pub(crate) fn add(&mut self, entry: BaselineEntry) {
        let key = (entry.fingerprint, entry.rule.clone());
        if self.entries.get(&key).is_none_or(|known| entry.last_day() < known.last_day()) {
            self.entries.insert(key, entry);
        }
    }

    pub(crate) fn remove(&mut self, rule: &str, fingerprint: Fingerprint) {
        self.entries.remove(&(fingerprint, rule.to_owned()));
    }

    pub(crate) fn find(&self, rule: &str, fingerprint: Fingerprint) -> Option<&BaselineEntry> {
        self.entries.get(&(fingerprint, rule.to_owned()))
    }

    /// Iterates over the entries, sorted by fingerprint and rule.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &BaselineEntry> {
        self.entries.values()
    }

    /// Returns the bytes of the file; the same entries give the same bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{{\n\"schema\": {SCHEMA:?},\n\"entries\": [\n");
        let mut entries = self.entries.values().peekable();
        for mark in 0..=255_u8 {
            let mark = format!("{mark:02x}");
            while let Some(entry) = entries.next_if(|entry| entry.fingerprint.to_string().starts_with(&mark)) {
                let mut line = json!({
                    "fingerprint": entry.fingerprint.to_string(), "rule": entry.rule, "reason": entry.reason,
                });
                if let Some(expires) = entry.expires {
                    line["expires"] = expires.to_string().into();
                }
                text.push_str(&format!("{line},\n"));
            }
            text.push_str(&format!("\"{mark}\"{}\n", if mark == "ff" { "" } else { "," }));
        }
        text.push_str("]\n}\n");
        text.into_bytes()
    }
}
