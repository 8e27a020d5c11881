//! A place before it is a location: where a text was, in the words of the source that read it.

use std::borrow::Cow;

use crate::detect::{
    Hit,
    redact::{self, Caution},
};
use crate::model::{Origin, Reach, line_hash::LineHash};

/// A path fit for a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathText {
    /// With `/`, relative to the root, keys masked. Control characters stay: formats escape them.
    pub text: String,
    /// Whether its bytes were not UTF-8 and are percent-encoded.
    pub percent: bool,
    /// Whether a key in it was masked.
    pub redacted: bool,
}

impl PathText {
    /// Makes a path fit for a report from its bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let (text, percent) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (percent_encode(bytes), true),
        };
        if !redact::holds_candidate(text.as_bytes()) {
            return Self { text, percent, redacted: false };
        }
        Self { text: redact::mask(text.as_bytes(), Caution::Candidates, &[]).text, percent, redacted: true }
    }
}

/// Bytes outside of printable ASCII, and `%`, as `%XX`.
fn percent_encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b' '..=b'~' if *byte != b'%' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Where a text was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file in the tree.
    pub path: PathText,
    /// Archive members from the outermost inwards.
    pub archive: Vec<String>,
    /// The original source of a source map, the cell of a notebook.
    pub within: Option<String>,
    /// Which part of a repository.
    pub origin: Origin,
    /// Who can get at it.
    pub reach: Reach,
    /// The blob, or the object whose text it is.
    pub blob: Option<String>,
    /// The commit it was seen in.
    pub commit: Option<String>,
    /// GitHub's rolling hash of the line, where the source has computed it.
    pub line_hash: Option<LineHash>,
    /// Stood in the same file before the change that is looked at.
    pub existing: bool,
}

impl Place {
    /// A file on disk.
    #[must_use]
    pub fn file(path: PathText) -> Self {
        Self {
            path,
            archive: Vec::new(),
            within: None,
            origin: Origin::File,
            reach: Reach::Worktree,
            blob: None,
            commit: None,
            line_hash: None,
            existing: false,
        }
    }
}

impl Place {
    /// The path, or the object where there is none, for the ledger.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.path.text.is_empty() { self.blob.as_deref().unwrap_or_default() } else { &self.path.text }
    }

    /// The path with the members of archives as if they were directories and files: what a place says about itself.
    #[must_use]
    pub fn words(&self) -> Cow<'_, str> {
        if self.archive.is_empty() {
            return Cow::Borrowed(&self.path.text);
        }
        Cow::Owned([std::slice::from_ref(&self.path.text), &self.archive].concat().join("/"))
    }
}

/// A hit in its place: what sources hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// What was found.
    pub hit: Hit,
    /// Where.
    pub place: Place,
}
