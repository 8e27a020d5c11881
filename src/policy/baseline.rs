//! `.pinstripe-baseline.json`: findings that a team has seen and will deal with.
//!
//! An entry names a rule and a fingerprint, never a path, a line or a time of writing, so the file changes only when a
//! decision does. It is written sorted, an entry a line, and between the entries stand 256 fixed marks: two branches
//! that each add a finding change different places of the file, and git merges them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::Error;
use crate::credential::Fingerprint;

/// Version of the format.
const SCHEMA: &str = "pinstripe.baseline/1";

/// Entries that are read.
const MAX_ENTRIES: usize = 1_000_000;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The rule's id; never `*`.
    pub rule: String,
    /// The finding's fingerprint.
    pub fingerprint: Fingerprint,
    /// Why it may stay for now.
    #[serde(default)]
    pub reason: String,
    /// The last day on which it may.
    #[serde(default, deserialize_with = "day")]
    pub expires: Option<Date>,
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| super::date(&text).map_err(serde::de::Error::custom)).transpose()
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    entries: Vec<Line>,
}

/// An entry, or one of the fixed marks.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Mark(String),
    Entry(Value),
}

/// The entries, sorted by fingerprint and rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<(Fingerprint, String), Entry>,
}

impl Baseline {
    /// Reads a file. Order does not matter and neither do repetitions, so that whatever a merge makes of two files can
    /// be read; of two entries for the same finding the one that runs out first counts.
    ///
    /// # Errors
    /// It is not JSON of this form, or an entry is for every rule.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |why: String| Error::Malformed { file: file.to_owned(), why };
        let read: File = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if read.schema != SCHEMA {
            return Err(malformed(format!("schema {:?} is not {SCHEMA:?}", read.schema)));
        }
        if read.entries.len() > MAX_ENTRIES {
            return Err(malformed(format!("more than {MAX_ENTRIES} entries")));
        }
        let mut baseline = Self::default();
        for (at, line) in read.entries.into_iter().enumerate() {
            let value = match line {
                Line::Mark(mark) if mark.len() == 2 => continue,
                Line::Mark(_) => return Err(malformed(format!("entry {}: not an entry", at + 1))),
                Line::Entry(value) => value,
            };
            let entry: Entry =
                serde_json::from_value(value).map_err(|error| malformed(format!("entry {}: {error}", at + 1)))?;
            if entry.rule.is_empty() || entry.rule.contains(['*', '?', '[']) {
                return Err(malformed(format!("entry {}: an entry is for one rule", at + 1)));
            }
            baseline.add(entry);
        }
        Ok(baseline)
    }

    /// Adds an entry; of two for the same finding the one that runs out first stays.
    pub fn add(&mut self, entry: Entry) {
        let key = (entry.fingerprint, entry.rule.clone());
        let never = Date::MAX;
        match self.entries.get(&key) {
            Some(known) if known.expires.unwrap_or(never) <= entry.expires.unwrap_or(never) => {}
            _ => drop(self.entries.insert(key, entry)),
        }
    }

    /// Takes an entry away.
    pub fn remove(&mut self, rule: &str, fingerprint: Fingerprint) {
        self.entries.remove(&(fingerprint, rule.to_owned()));
    }

    /// The entry of a finding.
    #[must_use]
    pub fn find(&self, rule: &str, fingerprint: Fingerprint) -> Option<&Entry> {
        self.entries.get(&(fingerprint, rule.to_owned()))
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.values()
    }

    /// The bytes of the file: the same for the same entries.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{{\n\"schema\": {SCHEMA:?},\n\"entries\": [\n");
        let mut entries = self.entries.values().peekable();
        for mark in 0..=255_u8 {
            let mark = format!("{mark:02x}");
            while let Some(entry) = entries.next_if(|entry| entry.fingerprint.to_string().starts_with(&mark)) {
                let mut line = serde_json::Map::new();
                line.insert("fingerprint".to_owned(), entry.fingerprint.to_string().into());
                line.insert("rule".to_owned(), entry.rule.clone().into());
                line.insert("reason".to_owned(), entry.reason.clone().into());
                if let Some(expires) = entry.expires {
                    line.insert("expires".to_owned(), expires.to_string().into());
                }
                text.push_str(&Value::Object(line).to_string());
                text.push_str(",\n");
            }
            text.push_str(&format!("\"{mark}\"{}\n", if mark == "ff" { "" } else { "," }));
        }
        text.push_str("]\n}\n");
        text.into_bytes()
    }
}
