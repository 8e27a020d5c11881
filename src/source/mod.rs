//! Reads the texts of a target and scans them. Each [`ScanSource`] hands hits and coverage over through one [`Collector`] a
//! thread.

use crate::git::rev::RevError;
use crate::git::walk::ThreadPoolError;
use crate::git::{IndexError, OpenError};
use crate::lints::SourceFacts;
use crate::model::Finding;
use crate::rules::RuleSet;

mod archive_members;
mod attribution;
mod blobs;
mod collector;
mod commit_date;
mod disk;
mod embedded;
mod fields;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub(crate) mod history;
mod holes;
mod ignores;
pub(crate) mod interrupt;
mod merged_parents;
pub(crate) mod missing;
pub(crate) mod open_repository;
mod pathspec;
mod place_budget;
mod previous_versions;
mod progress;
pub(crate) mod pushed;
pub(crate) mod range;
mod scan_context;
pub(crate) mod snapshots;
pub(crate) mod staged;
pub(crate) mod stdin;
mod tagged;
mod text_result;
mod text_scanner;
mod text_searcher;
mod tracked;
mod unchanged_callers;
pub(crate) mod whole_file;
pub(crate) mod worktree;

pub(crate) use collector::Collector;
pub(crate) use progress::Progress;
pub(crate) use scan_context::ScanContext;

/// A target that cannot be opened or walked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Missing(#[from] worktree::MissingPath),
    #[error(transparent)]
    Repository(#[from] OpenError),
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An end of a range is no commit of the repository; with a hint how to fetch it.
    #[error("{error}{hint}")]
    Revision { error: RevError, hint: &'static str },
    #[error(transparent)]
    Threads(#[from] ThreadPoolError),
}

/// A target that can be scanned.
pub(crate) trait ScanSource {
    /// Reads the target once. Hits and coverage go to `context`.
    ///
    /// # Errors
    /// The history of the target cannot be walked.
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error>;

    /// Adds to a finding how long it was exposed, if the source knows.
    fn expose(&self, _: &RuleSet, _: &mut Finding) {}

    /// Returns what was recorded of lints on the same texts, if records are kept; empty bytes where nothing was.
    fn lint_record(&self) -> Option<&[u8]> {
        None
    }

    /// Collects the facts that were left out because there is such a record.
    fn facts(&self, _: &ScanContext<'_>) -> Vec<SourceFacts> {
        Vec::new()
    }

    /// Keeps a record of lints for the next scan.
    fn keep_lints(&mut self, _record: Option<Vec<u8>>) {}

    /// Lists the files and directories that it is limited to, relative to the root; for a work tree, those that were asked
    /// for.
    fn paths(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns warnings for the user.
    fn warnings(&self) -> &[String] {
        &[]
    }
}

#[cfg(test)]
mod tests;
