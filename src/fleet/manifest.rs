//! The manifest of a unit: what a worker did of it. It is written last, so that a unit is done where there is one, and
//! names the report by its digest.

use serde::{Deserialize, Serialize};

use super::FleetError;
use super::digest::is_digest;
use super::plan::Unit;
use crate::credential::Fingerprint;
use crate::model::CoverageReport;
use crate::model::escape::{escape, is_unsafe};

/// The version of the manifest's JSON.
const SCHEMA: &str = "pinstripe.manifest/1";

/// The reason that a repository was not scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    /// Trying again may help.
    pub(crate) transient: bool,
}

/// Result of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepositoryRecord {
    /// As in the plan.
    pub(crate) name: String,
    /// Its directory.
    pub(crate) path: String,
    /// Digest of its refs and HEAD, where it could be opened.
    pub(crate) refs: Option<String>,
    /// Digest of all that decides what a scan sees; `None` where that cannot be told, so that it is scanned again.
    pub(crate) state: Option<String>,
    pub(crate) milliseconds: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
}

/// A finding that the last report had in a repository, and whose objects are gone from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lost {
    pub(crate) rule: String,
    pub(crate) fingerprint: Fingerprint,
    /// The directory of the repository.
    pub(crate) repository: String,
}

/// Result of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) schema: String,
    /// The id of the unit.
    pub(crate) unit: String,
    /// The digest of the unit.
    pub(crate) digest: String,
    /// Digest of program, rules and options.
    pub(crate) run: String,
    pub(crate) rules_digest: String,
    /// The SHA-256 of the report, which its file is named by.
    pub(crate) report: String,
    /// Digest of the policies in work trees that judged the findings, where they do not depend on anything else.
    pub(crate) policy: Option<String>,
    /// The time when the scan began, RFC 3339, UTC.
    pub(crate) started: String,
    pub(crate) milliseconds: u64,
    pub(crate) coverage: CoverageReport,
    pub(crate) repositories: Vec<RepositoryRecord>,
    /// Findings that the last report had and the mirrors have lost.
    pub(crate) lost: Vec<Lost>,
}

impl Manifest {
    /// The version that is written.
    pub(crate) const SCHEMA: &'static str = SCHEMA;

    /// Largest manifest, in bytes.
    pub(crate) const MAX_SIZE: u64 = 1 << 28;

    /// Returns the name of the file about a unit. Only ids of a plan that was checked may come here.
    pub(crate) fn file(unit: &Unit) -> String {
        format!("{}.manifest.json", unit.id)
    }

    /// Returns the name of a report's file.
    pub(crate) fn report_file(unit: &Unit, digest: &str) -> String {
        format!("{}-{}.json", unit.id, digest.get(..16).unwrap_or_default())
    }

    /// Reads the manifest of a unit, and checks what is relied on: it may come from anywhere.
    ///
    /// # Errors
    /// It is no manifest, or that of something else.
    pub(crate) fn parse(unit: &Unit, bytes: &[u8]) -> Result<Self, FleetError> {
        let failed = |why: &str| FleetError(format!("its manifest cannot be used: {}", escape(why)));
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| failed(&error.to_string()))?;
        if manifest.schema != SCHEMA {
            return Err(failed(&format!("its schema is {:?}", manifest.schema)));
        }
        let names = manifest.repositories.iter().map(|record| &record.name);
        if manifest.unit != unit.id || manifest.digest != unit.digest || !names.eq(&unit.repositories) {
            return Err(failed("it is about another unit"));
        }
        let digests = [&manifest.run, &manifest.rules_digest, &manifest.report].into_iter();
        if !digests.chain(&manifest.policy).all(|digest| is_digest(digest)) {
            return Err(failed("a digest is none"));
        }
        let texts = manifest.repositories.iter().flat_map(|record| [Some(&record.path), record.reason()]);
        if texts.flatten().any(|text| text.contains(is_unsafe)) {
            return Err(failed("it has control characters"));
        }
        Ok(manifest)
    }

    /// Iterates over the repositories that were not scanned.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&RepositoryRecord, &Failure)> {
        self.repositories.iter().filter_map(|record| Some((record, record.failure.as_ref()?)))
    }
}

impl RepositoryRecord {
    fn reason(&self) -> Option<&String> {
        self.failure.as_ref().map(|failure| &failure.reason)
    }
}
