//! The result of a scan, for a store in the same state: what attribution and lints made of the objects with hits, which are
//! searched again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::detect::Redactor;
use crate::git::{Oid, RepositoryState};
use crate::model::{Coverage, Exposure};
use crate::source::attribution::{Attribution, ObjectPaths, PathState};

/// A path, its flags, and the position of the first commit that has it.
type SavedPath = (String, u8, Option<u32>);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source::history) struct SavedResult {
    /// The digest of the repository.
    state: String,
    pub(in crate::source::history) coverage: Coverage,
    /// Objects with hits.
    pub(in crate::source::history) objects: BTreeSet<Oid>,
    /// Number of the hits.
    pub(in crate::source::history) hits: u64,
    /// The tree of HEAD, and the files of it that lints read.
    pub(in crate::source::history) tree: Option<Oid>,
    pub(in crate::source::history) files: Vec<(String, Oid)>,
    /// Files of it that lints need not read.
    pub(in crate::source::history) silent: Vec<(String, Oid)>,
    /// Paths of objects, and the number of those that were not kept.
    paths: BTreeMap<Oid, (Vec<SavedPath>, u32)>,
    texts: BTreeMap<Oid, u8>,
    exposures: Vec<Exposure>,
    commits: BTreeMap<u32, Oid>,
}

impl SavedResult {
    /// Keeps what attribution found. `None` if a path is no text.
    pub(in crate::source::history) fn of(state: &RepositoryState, found: &Attribution) -> Option<Self> {
        let path =
            |(path, at): &(Vec<u8>, PathState)| Some((String::from_utf8(path.clone()).ok()?, at.flags, at.first));
        let mut saved = Self { state: state.whole.clone()?, ..Self::default() };
        for (oid, paths) in &found.paths {
            let kept: Option<Vec<SavedPath>> = paths.kept.iter().map(path).collect();
            saved.paths.insert(*oid, (kept?, u32::try_from(paths.more()).ok()?));
        }
        saved.texts = found.texts.iter().map(|(oid, flags)| (*oid, *flags)).collect();
        saved.exposures.clone_from(&found.exposures);
        saved.commits.clone_from(&found.commits);
        Some(saved)
    }

    /// Returns it as bytes, unless a text in it may hold a key. Does without the files that lints need not read if theirs do.
    pub(in crate::source::history) fn encode(mut self, redactor: &Redactor) -> Option<Vec<u8>> {
        let text = serde_json::to_string(&self).ok()?;
        if redactor.redact(&text) == text {
            return Some(text.into_bytes());
        }
        let silent = std::mem::take(&mut self.silent);
        if silent.is_empty() { None } else { self.encode(redactor) }
    }

    /// Reads a result, if it is about a repository in this state.
    pub(in crate::source::history) fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(in crate::source::history) fn is_of(&self, state: &RepositoryState) -> bool {
        state.whole.as_ref() == Some(&self.state)
    }

    /// Returns what attribution found.
    pub(in crate::source::history) fn attribution(&self) -> Attribution {
        let state =
            |(path, flags, first): &SavedPath| (path.clone().into_bytes(), PathState { flags: *flags, first: *first });
        let paths = |(kept, more): &(Vec<SavedPath>, u32)| ObjectPaths::of(kept.iter().map(state).collect(), *more);
        Attribution {
            paths: self.paths.iter().map(|(oid, saved)| (*oid, paths(saved))).collect(),
            texts: self.texts.iter().map(|(oid, flags)| (*oid, *flags)).collect(),
            exposures: self.exposures.clone(),
            commits: self.commits.clone(),
            stopped: false,
        }
    }
}
