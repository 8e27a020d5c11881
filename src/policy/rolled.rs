//! `[[rolled]]`: credentials that were rolled, which history keeps for ever.
//!
//! An entry covers places in history only. Nothing of the credential is stored but its fingerprint.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use crate::credential::Fingerprint;
use crate::model::{Finding, Location, Reach, Status, Suppression};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RolledEntry {
    pub(crate) fingerprint: Fingerprint,
    /// The day from which on it is worth nothing.
    #[serde(deserialize_with = "required_day")]
    pub(crate) date: Date,
    /// Name of who rolled it.
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) note: String,
}

impl RolledEntry {
    /// Describes the entry in one line.
    pub(crate) fn description(&self) -> String {
        let Self { fingerprint, date, by, note } = self;
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        format!("{fingerprint} rolled on {date} by {by}{note}")
    }

    /// Marks a place that it covers.
    pub(super) fn cover(&self, finding: &Finding, location: &Location) -> Option<(Status, Suppression)> {
        let in_history = matches!(location.reach, Reach::Ref | Reach::Stash | Reach::Reflog | Reach::Unreachable);
        let is_covered = in_history && finding.key.is_some() && finding.fingerprint == self.fingerprint;
        is_covered.then(|| {
            let Self { date, by, note, .. } = self;
            let exposed = self.days_exposed(finding).map(|days| format!(", {days} days after it was introduced"));
            let note = if note.is_empty() { String::new() } else { format!(": {note}") };
            let reason = format!("on {date} by {by}{}{note}", exposed.unwrap_or_default());
            let (source, date) = ("rolled".to_owned(), Some(date.to_string()));
            (Status::Rolled, Suppression { source, reason, date, owner: None, expires: None })
        })
    }

    /// Returns the days from the commit that introduced the credential to the day on which it was rolled.
    fn days_exposed(&self, finding: &Finding) -> Option<i32> {
        let introduced = finding.exposure.as_ref()?.introduced.as_ref()?;
        let introduced: Date = introduced.date.get(..10)?.parse().ok()?;
        Some((self.date - introduced).get_days().max(0))
    }

    /// Returns the entry as TOML, to be added to the end of a file.
    pub(crate) fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut text = format!("\n[[rolled]]\nfingerprint = \"{}\"\ndate = {}\n", self.fingerprint, self.date);
        text.push_str(&format!("by = {}\n", quoted(&self.by)));
        if !self.note.is_empty() {
            text.push_str(&format!("note = {}\n", quoted(&self.note)));
        }
        text
    }
}

/// Reads a TOML date, or one in quotes.
pub(super) fn required_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(date) => date.to_string(),
        _ => return Err(serde::de::Error::custom("a date is written YYYY-MM-DD")),
    };
    super::date(&text).map_err(serde::de::Error::custom)
}
