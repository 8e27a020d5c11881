//! Since when, until when and by which refs a credential is exposed.

use serde::{Deserialize, Serialize};

/// A commit, its committer date and its author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitDate {
    /// The commit's id.
    pub commit: String,
    /// Committer date, RFC 3339, UTC.
    pub date: String,
    /// Name and address of its author, as the mailmap has them; `None` where persons are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

/// The exposure of a credential in the history of one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// The id of the repository, in a report on several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The topologically oldest commit with it in its tree.
    pub introduced: Option<CommitDate>,
    /// The commit in HEAD's ancestry after which no tree holds it.
    pub removed: Option<CommitDate>,
    /// True if HEAD's tree holds it.
    pub in_head: bool,
    /// Days from `introduced` to `removed`, else to HEAD's date.
    pub days: Option<u64>,
    /// Refs that still reach it, at most [`crate::model::limits::MAX_REFS_NAMED`].
    pub refs: Vec<String>,
    /// Number of refs that reach it.
    pub refs_total: u64,
}
