//! What was read and what was not: the ledger that keeps silence from being taken for "clean".
//!
//! Whoever leaves something out says so here, with a [`Reason`]. The class of a reason is fixed: what the
//! user's own policy leaves out (`policy`) keeps a scan complete, what could not be read (`unread`) does not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::limits::MAX_SKIP_EXAMPLES;

/// Whether leaving something out was a decision or a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SkipClass {
    /// Left out on purpose; the scan is complete without it.
    Policy,
    /// Could not be read; the scan is incomplete.
    Unread,
}

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// An untracked file that an ignore file names.
    Ignored,
    /// A FIFO, socket or device: never opened.
    SpecialFile,
    /// What a symbolic link points to; the link text itself is scanned.
    SymlinkTarget,
    /// A commit of another repository.
    Submodule,
    /// A Git LFS pointer whose content is not stored here.
    LfsPointer,
    /// The `.git` directory of a work tree.
    GitDir,
    /// Archives left closed because the user asked so.
    ArchiveNotOpened,
    /// The operating system refused to read it.
    Unreadable,
    /// It was listed, and gone when it was opened.
    Vanished,
    /// It changed while it was read.
    Changed,
    /// An object that the repository names and does not hold.
    MissingObject,
    /// A bound of [`crate::model::limits`] was reached.
    OverLimit,
    /// Encrypted, hence unreadable without its password.
    Encrypted,
    /// Its bytes are not what its format says.
    Damaged,
    /// A format, version or extension that this program does not know.
    Unsupported,
    /// History ends here because the clone is shallow.
    ShallowBoundary,
    /// An object store outside the repository that was not followed.
    Alternate,
    /// `--timeout` or a time budget ran out before it was read.
    TimedOut,
    /// A defect of this program; please report it.
    Internal,
}

impl Reason {
    /// The class of this reason.
    #[must_use]
    pub fn class(self) -> SkipClass {
        match self {
            Self::Ignored
            | Self::SpecialFile
            | Self::SymlinkTarget
            | Self::Submodule
            | Self::LfsPointer
            | Self::GitDir
            | Self::ArchiveNotOpened => SkipClass::Policy,
            _ => SkipClass::Unread,
        }
    }

    /// The name used in reports, in kebab case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::SpecialFile => "special-file",
            Self::SymlinkTarget => "symlink-target",
            Self::Submodule => "submodule",
            Self::LfsPointer => "lfs-pointer",
            Self::GitDir => "git-dir",
            Self::ArchiveNotOpened => "archive-not-opened",
            Self::Unreadable => "unreadable",
            Self::Vanished => "vanished",
            Self::Changed => "changed",
            Self::MissingObject => "missing-object",
            Self::OverLimit => "over-limit",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::Unsupported => "unsupported",
            Self::ShallowBoundary => "shallow-boundary",
            Self::Alternate => "alternate",
            Self::TimedOut => "timed-out",
            Self::Internal => "internal",
        }
    }
}

/// One reason with everything left out for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Why.
    pub reason: Reason,
    /// Decision or failure; follows from the reason.
    pub class: SkipClass,
    /// How many things.
    pub count: u64,
    /// The first of them, at most [`MAX_SKIP_EXAMPLES`], `.env*` files before others, already masked and escaped.
    pub examples: Vec<String>,
}

/// How often, with examples in the order in which they are worth naming.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tally {
    count: u64,
    examples: BTreeSet<(bool, String)>,
}

impl Tally {
    fn add(&mut self, example: String) {
        // An ignored `.env` is what a reader most needs to hear of.
        let name = example.rsplit('/').next().unwrap_or(&example);
        self.examples.insert((!name.starts_with(".env"), example));
        if self.examples.len() > MAX_SKIP_EXAMPLES {
            self.examples.pop_last();
        }
    }
}

/// The ledger of one scan. Merging is associative and commutative, so that threads keep their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files read from a work tree, an index or standard input.
    pub files: u64,
    /// Git objects read.
    pub objects: u64,
    /// Bytes searched, archive members and decoded objects included.
    pub bytes: u64,
    skipped: BTreeMap<Reason, Tally>,
}

impl Coverage {
    /// Counts one thing left out. `example` names it and, where it helps, says what the matter was.
    pub fn skip(&mut self, reason: Reason, example: impl Into<String>) {
        self.skip_many(reason, 1, Some(example.into()));
    }

    /// Counts `count` things left out, with one example if there is one.
    pub fn skip_many(&mut self, reason: Reason, count: u64, example: Option<String>) {
        let entry = self.skipped.entry(reason).or_default();
        entry.count += count;
        if let Some(example) = example {
            entry.add(example);
        }
    }

    /// Counts the hits of a text that were not kept.
    pub fn skip_hits(&mut self, count: u64, text: &str) {
        if count > 0 {
            self.skip_many(Reason::OverLimit, count, Some(format!("{count} more findings in {text}")));
        }
    }

    /// Adds another ledger to this one.
    pub fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.objects += other.objects;
        self.bytes += other.bytes;
        for (reason, tally) in other.skipped {
            let entry = self.skipped.entry(reason).or_default();
            entry.count += tally.count;
            tally.examples.into_iter().for_each(|(_, example)| entry.add(example));
        }
    }

    /// False if anything could not be read.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.skipped.keys().all(|reason| reason.class() == SkipClass::Policy)
    }

    /// How many things were left out in all.
    #[must_use]
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().map(|tally| tally.count).sum()
    }

    /// How many things were left out for this reason.
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        self.skipped.get(&reason).map_or(0, |tally| tally.count)
    }

    /// Everything left out, by reason, in a fixed order.
    #[must_use]
    pub fn skipped(&self) -> Vec<Skipped> {
        self.skipped
            .iter()
            .map(|(reason, tally)| Skipped {
                reason: *reason,
                class: reason.class(),
                count: tally.count,
                examples: tally.examples.iter().map(|(_, example)| example.clone()).collect(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_does_not_depend_on_order() {
        let mut one = Coverage::default();
        let mut two = Coverage::default();
        for i in 0..60 {
            one.skip(Reason::Unreadable, format!("a{i:02}"));
            two.skip(Reason::Unreadable, format!("b{i:02}"));
        }
        two.skip(Reason::Ignored, "x");
        let mut left = one.clone();
        left.merge(two.clone());
        let mut right = two;
        right.merge(one);
        assert_eq!(left, right);
        assert_eq!(left.count(Reason::Unreadable), 120);
        assert_eq!(left.skipped()[1].examples.len(), MAX_SKIP_EXAMPLES);
    }

    #[test]
    fn policy_keeps_a_scan_complete() {
        let mut coverage = Coverage::default();
        coverage.skip(Reason::Ignored, "target");
        assert!(coverage.complete());
        coverage.skip(Reason::Damaged, "x.zip");
        assert!(!coverage.complete());
    }

    #[test]
    fn names_are_those_that_serde_writes() {
        for reason in [Reason::LfsPointer, Reason::OverLimit, Reason::TimedOut, Reason::GitDir] {
            let written = serde_json::to_string(&reason).unwrap();
            assert_eq!(written, format!("\"{}\"", reason.name()));
        }
    }
}
