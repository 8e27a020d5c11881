//! The places of a finding.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::line_hash::LineHash;

/// The state of a finding or of one of its places. Ordered from the least to the most open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Listed in the baseline file.
    Baselined,
    /// Allowed by configuration or an inline directive.
    Suppressed,
    /// In history only, of a credential that was rolled.
    Rolled,
    /// Already in the same file before the scanned change.
    Existing,
    /// To be acted on.
    #[default]
    Open,
}

/// The part of a repository that a location is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The content of a file.
    #[default]
    File,
    /// The name of a file or directory.
    FileName,
    /// The message or another header of a commit.
    CommitMessage,
    /// The author field of a commit.
    Author,
    /// The committer field of a commit, or the tagger of a tag.
    Committer,
    /// The message of an annotated tag.
    TagMessage,
    /// A git note.
    Note,
    /// The name of a branch, tag or other ref.
    RefName,
}

/// The way that leads to a location. Ordered from the most to the least exposed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// In the tree of HEAD.
    Head,
    /// Staged.
    Index,
    /// On disk, in the work tree or on standard input.
    #[default]
    Worktree,
    /// In the history of a ref.
    Ref,
    /// In a stash.
    Stash,
    /// Reached from a reflog only.
    Reflog,
    /// In the object store, reached from nothing.
    Unreachable,
}

/// The purpose of a place, classified by its path and, for some, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// Ships to browsers or devices.
    Frontend,
    /// Runs on a server.
    Server,
    /// Test code or its fixtures.
    Test,
    /// An example or sample.
    Example,
    /// Documentation.
    Docs,
    /// Configuration of production.
    Production,
    /// Configuration of development.
    Development,
    /// Continuous integration.
    Ci,
    /// Infrastructure as code.
    Infra,
    /// Build output.
    Build,
}

impl Context {
    /// Every purpose.
    pub const ALL: [Self; 10] = [
        Self::Frontend,
        Self::Server,
        Self::Test,
        Self::Example,
        Self::Docs,
        Self::Production,
        Self::Development,
        Self::Ci,
        Self::Infra,
        Self::Build,
    ];
}

/// The reason why a location is not open.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// `baseline`, `config`, `inline`, `rolled`, or `review` for a change of the policy that somebody answers for.
    pub source: String,
    /// The reason that its author gave.
    pub reason: String,
    /// The day on which the credential was rolled, for `rolled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The person responsible for it, if its author names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it counts, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// The redacted line of a location: every candidate masked, control characters escaped, long lines cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snippet {
    /// The redacted text.
    pub text: String,
    /// Byte offset in `text` of the credential's first byte.
    pub start: usize,
    /// Byte offset in `text` behind its last byte.
    pub end: usize,
}

/// One place of a finding. Ordered from the most to the least exposed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// The id of its repository, in a report on several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The file in the tree, relative to the report's root, with `/`.
    pub path: String,
    /// `percent` where the path is not UTF-8 and was percent-encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_encoding: Option<String>,
    /// Archive members, outermost first, without `path`.
    pub archive: Vec<String>,
    /// The original source of a source map, the cell of a notebook.
    pub within: Option<String>,
    /// 1-based line in the innermost member.
    pub line: u64,
    /// 1-based byte column.
    pub column: u64,
    /// Line of the end.
    pub end_line: u64,
    /// Byte column behind the last byte.
    pub end_column: u64,
    /// The part of the repository.
    pub origin: Origin,
    /// The way that leads to it.
    pub reach: Reach,
    /// The blob, or the object whose text it is.
    pub blob: Option<String>,
    /// The commit that holds it.
    pub commit: Option<String>,
    /// Number of versions of the file that hold it, where there are several; this is the most exposed and the latest one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub versions: u64,
    /// Encodings, outermost first.
    pub encodings: Vec<String>,
    /// The name that the value is assigned to.
    pub variable: Option<String>,
    /// Purposes of the place.
    pub context: Vec<Context>,
    /// The state of this place.
    pub status: Status,
    /// The reason that it is not open.
    pub suppression: Option<Suppression>,
    /// True if a key in the path was masked.
    pub redacted: bool,
    /// Its owners, by the file that names owners.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// The redacted line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Snippet>,
    /// The text of an inline allow on the line; not part of the JSON report.
    #[serde(skip)]
    pub directive: Option<String>,
    /// GitHub's hash of the line, and UTF-16 columns, for SARIF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_hash: Option<LineHash>,
    /// The later of two versions has the higher number; not part of the JSON report.
    #[serde(skip)]
    pub sequence: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Ord for Location {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self, other);
        (a.reach, a.prominence())
            .cmp(&(b.reach, b.prominence()))
            .then_with(|| (&a.path, &a.archive, &a.within).cmp(&(&b.path, &b.archive, &b.within)))
            .then_with(|| {
                (a.line, a.column, a.end_line, a.end_column).cmp(&(b.line, b.column, b.end_line, b.end_column))
            })
            .then_with(|| {
                (&a.repository, a.origin, &a.blob, &a.commit).cmp(&(&b.repository, b.origin, &b.blob, &b.commit))
            })
            .then_with(|| (&a.encodings, &a.variable, a.status).cmp(&(&b.encodings, &b.variable, b.status)))
            .then_with(|| (&a.suppression, &a.context, &a.directive).cmp(&(&b.suppression, &b.context, &b.directive)))
    }
}

impl PartialOrd for Location {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Location {
    /// Ranks the purpose of the place: 0 for what ships to users, 3 for tests.
    fn prominence(&self) -> u8 {
        let has = |tag| self.context.contains(&tag);
        match () {
            () if has(Context::Test) => 3,
            () if has(Context::Example) || has(Context::Docs) => 2,
            () if has(Context::Frontend) => 0,
            () => 1,
        }
    }

    /// Returns an open location at the beginning of a file.
    #[must_use]
    pub fn in_file(path: String) -> Self {
        let (line, end_line, column, end_column) = (1, 1, 1, 1);
        Self { path, line, column, end_line, end_column, reach: Reach::Head, ..Self::default() }
    }
}
