//! What the report is made of: severities, places and findings.
//!
//! A finding is one credential (or one misuse without a literal) under one rule, with every place it was seen in. Its
//! identity is (rule, fingerprint), and nothing positional.

use serde::{Deserialize, Serialize};

use crate::credential::{Fingerprint, Key};
use crate::model::line_hash::LineHash;

/// How much a finding matters. Ordered from the least to the most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, hidden by default.
    Note,
    /// Should be cleaned up.
    Low,
    /// Should not be merged.
    Medium,
    /// Act today.
    High,
    /// Act now.
    Critical,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 5] = [Self::Note, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name used on the command line and in reports.
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

/// How sure the judgement is. Ordered from the least to the most certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Prefix and a random-looking body only.
    Low,
    /// A known length.
    Medium,
    /// A known structure.
    High,
}

impl Confidence {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Whether somebody has to act. Ordered from the least to the most open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Listed in the baseline file.
    Baselined,
    /// Allowed by configuration or an inline directive.
    Suppressed,
    /// Stood in the same file before the change that is looked at.
    Existing,
    /// Somebody has to act.
    Open,
}

/// Which part of a repository a location is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The content of a file.
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

/// Who can get at a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// On disk, in the work tree or on standard input.
    Worktree,
    /// Staged.
    Index,
    /// In the tree of HEAD.
    Head,
    /// In the history of a ref.
    Ref,
    /// In a stash.
    Stash,
    /// Named by a reflog only.
    Reflog,
    /// In the object store, named by nothing.
    Unreachable,
}

/// What a place is for, judged from its path and, for some, its content.
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
    /// Made by a build.
    Build,
}

/// Why a location is not open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Suppression {
    /// `baseline`, `config` or `inline`.
    pub source: String,
    /// The reason given by whoever suppressed it.
    pub reason: String,
}

/// The line of a location as it may be shown: every candidate masked, control characters escaped, long lines cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Frame {
    /// The masked text.
    pub text: String,
    /// Byte offset in `text` where the marked part begins.
    pub start: usize,
    /// Byte offset in `text` where it ends.
    pub end: usize,
}

/// One place of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The file in the tree, relative to the report's root, with `/`.
    pub path: String,
    /// `percent` when the path's bytes are not UTF-8 and were percent-encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_encoding: Option<String>,
    /// Archive members from the outermost inwards, without `path`.
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
    /// Which part of the repository.
    pub origin: Origin,
    /// Who can get at it.
    pub reach: Reach,
    /// The blob, or the object whose text it is.
    pub blob: Option<String>,
    /// The commit it was seen in.
    pub commit: Option<String>,
    /// Encodings from the outermost inwards.
    pub encodings: Vec<String>,
    /// The name the value is assigned to.
    pub variable: Option<String>,
    /// What the place is for.
    pub context: Vec<Context>,
    /// Whether somebody has to act on this place.
    pub status: Status,
    /// Why not, if not.
    pub suppression: Option<Suppression>,
    /// Whether a key in the path was replaced by its masked form.
    pub redacted: bool,
    /// The masked line, for people; not part of the JSON report.
    #[serde(skip)]
    pub frame: Option<Frame>,
    /// Text behind an inline allow on the line; not part of the JSON report.
    #[serde(skip)]
    pub directive: Option<String>,
    /// GitHub's rolling hash of the line, and UTF-16 columns, for SARIF; not part of the JSON report.
    #[serde(skip)]
    pub line_hash: Option<LineHash>,
}

impl Location {
    /// Returns an open location at the beginning of a file.
    #[must_use]
    pub fn in_file(path: String) -> Self {
        Self {
            path,
            path_encoding: None,
            archive: Vec::new(),
            within: None,
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
            origin: Origin::File,
            reach: Reach::Head,
            blob: None,
            commit: None,
            encodings: Vec::new(),
            variable: None,
            context: Vec::new(),
            status: Status::Open,
            suppression: None,
            redacted: false,
            frame: None,
            directive: None,
            line_hash: None,
        }
    }
}

/// A commit and its committer date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommitDate {
    /// The commit's id.
    pub commit: String,
    /// Committer date, RFC 3339, UTC.
    pub date: String,
}

/// How long and where a credential was exposed in history.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exposure {
    /// The topologically oldest commit whose tree holds it.
    pub introduced: Option<CommitDate>,
    /// The commit of HEAD's ancestry after which no tree holds it.
    pub removed: Option<CommitDate>,
    /// Whether HEAD's tree holds it.
    pub in_head: bool,
    /// Days from `introduced` to `removed`, else to HEAD's date.
    pub days: Option<u64>,
    /// Refs that still reach it, at most [`crate::model::limits::MAX_REFS_NAMED`].
    pub refs: Vec<String>,
    /// How many refs reach it.
    pub refs_total: u64,
}

/// A place that explains a finding without being one of its own: the other key of a pair, the framework's config.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// What this place shows.
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
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// How sure the judgement is.
    pub confidence: Confidence,
    /// Identity together with `rule`.
    pub fingerprint: Fingerprint,
    /// One or two sentences for people.
    pub message: String,
    /// What the credential says about itself; null for misuse without a literal.
    pub key: Option<Key>,
    /// The most open status of its places.
    pub status: Status,
    /// Every place, sorted.
    pub locations: Vec<Location>,
    /// Places beyond those listed, where a cap was reached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_locations: u64,
    /// Places that explain the finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// How long it was exposed; null outside history and range.
    pub exposure: Option<Exposure>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Finding {
    /// Sets the status to the most open one of the places.
    pub fn refresh_status(&mut self) {
        self.status = self.locations.iter().map(|location| location.status).max().unwrap_or(Status::Open);
    }
}
