//! The coverage of a scan: counts of what was read and, by [`SkipReason`], of what was skipped, so that an incomplete scan is
//! never reported as clean.
//!
//! The class of a reason is fixed: what the policy leaves out (`policy`) keeps a scan complete, what could not be read
//! (`unread`) does not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::limits::MAX_SKIP_EXAMPLES;

/// The class of a skip reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SkipClass {
    /// Left out on purpose; the scan is complete without it.
    Policy,
    /// Could not be read; the scan is incomplete.
    Unread,
}

/// Defines the skip reasons: each has a name in reports and a class.
macro_rules! skip_reasons {
    ($($(#[$doc:meta])* $reason:ident = $name:literal, $class:ident;)*) => {
        /// The reason why something was skipped.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum SkipReason { $($(#[$doc])* $reason,)* }

        impl SkipReason {
            /// Returns the class of this reason.
            #[must_use]
            pub fn class(self) -> SkipClass {
                match self { $(Self::$reason => SkipClass::$class,)* }
            }

            /// Returns the name used in reports, in kebab case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$reason => $name,)* }
            }
        }
    };
}

skip_reasons! {
    /// An untracked file that an ignore file names.
    Ignored = "ignored", Policy;
    /// A FIFO, socket or device: never opened.
    SpecialFile = "special-file", Policy;
    /// The target of a symbolic link; the text of the link itself is scanned.
    SymlinkTarget = "symlink-target", Policy;
    /// A commit of another repository.
    Submodule = "submodule", Policy;
    /// A Git LFS pointer whose content is not stored here.
    LfsPointer = "lfs-pointer", Policy;
    /// The `.git` directory of a work tree.
    GitDir = "git-dir", Policy;
    /// An archive, with `--no-archives`.
    ArchiveNotOpened = "archive-not-opened", Policy;
    /// The operating system refused to read it.
    Unreadable = "unreadable", Unread;
    /// Listed, but gone when it was opened.
    Vanished = "vanished", Unread;
    /// Changed while it was read.
    Changed = "changed", Unread;
    /// An object that the repository references but does not contain.
    MissingObject = "missing-object", Unread;
    /// Over a limit.
    OverLimit = "over-limit", Unread;
    /// Encrypted.
    Encrypted = "encrypted", Unread;
    /// Bytes that violate its format.
    Damaged = "damaged", Unread;
    /// An unknown format, version or extension.
    Unsupported = "unsupported", Unread;
    /// The history behind the boundary of a shallow clone.
    ShallowBoundary = "shallow-boundary", Unread;
    /// An object store outside the repository that was not followed.
    Alternate = "alternate", Unread;
    /// Not reached before `--timeout` or a time budget ran out.
    TimedOut = "timed-out", Unread;
    /// Input that the caller wanted to be scanned and could not provide.
    Unavailable = "unavailable", Unread;
    /// A finding of an earlier report, where the later scan did not look.
    NotSeen = "not-seen", Unread;
    /// A bug in this program.
    Internal = "internal", Unread;
}

/// Everything that was skipped for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The reason.
    pub reason: SkipReason,
    /// The class of the reason.
    pub class: SkipClass,
    /// Number of skipped items.
    pub count: u64,
    /// At most [`MAX_SKIP_EXAMPLES`] names, `.env*` files before others, already masked and escaped.
    pub examples: Vec<String>,
}

/// The coverage of a scan, as it is serialized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageReport {
    /// Files read.
    pub files: u64,
    /// Git objects read.
    pub objects: u64,
    /// Bytes searched.
    pub bytes: u64,
    /// Skipped items, by reason.
    pub skipped: Vec<Skipped>,
    /// False if anything could not be read.
    pub complete: bool,
}

impl From<&Coverage> for CoverageReport {
    fn from(coverage: &Coverage) -> Self {
        Self {
            files: coverage.files,
            objects: coverage.objects,
            bytes: coverage.bytes,
            skipped: coverage.skipped(),
            complete: coverage.complete(),
        }
    }
}

/// A count with examples, most important first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SkipTally {
    count: u64,
    examples: BTreeSet<(bool, String)>,
}

impl SkipTally {
    fn add(&mut self, example: String) {
        // An ignored `.env` file is the most important one to name.
        let name = example.rsplit('/').next().unwrap_or(&example);
        self.examples.insert((!name.starts_with(".env"), example));
        if self.examples.len() > MAX_SKIP_EXAMPLES {
            self.examples.pop_last();
        }
    }
}

/// The coverage of a scan, or of one thread of it. Merging is associative and commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Files read from a work tree, an index or standard input.
    pub files: u64,
    /// Git objects read.
    pub objects: u64,
    /// Bytes searched, archive members and decoded objects included.
    pub bytes: u64,
    skipped: BTreeMap<SkipReason, SkipTally>,
}

impl Coverage {
    /// Counts one skipped item. `example` is its name, with the error where there is one.
    pub fn skip(&mut self, reason: SkipReason, example: impl Into<String>) {
        self.skip_many(reason, 1, Some(example.into()));
    }

    /// Counts skipped items, with an example if there is one.
    pub fn skip_many(&mut self, reason: SkipReason, count: u64, example: Option<String>) {
        let entry = self.skipped.entry(reason).or_default();
        entry.count = entry.count.saturating_add(count);
        if let Some(example) = example {
            entry.add(example);
        }
    }

    /// Counts the hits of a text that were dropped at a limit.
    pub fn skip_hits(&mut self, count: u64, text: &str) {
        if count > 0 {
            self.skip_many(SkipReason::OverLimit, count, Some(format!("{count} more findings in {text}")));
        }
    }

    /// Adds the counts of another part of the scan.
    pub fn merge(&mut self, other: Self) {
        self.files = self.files.saturating_add(other.files);
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
        for (reason, tally) in other.skipped {
            let entry = self.skipped.entry(reason).or_default();
            entry.count = entry.count.saturating_add(tally.count);
            tally.examples.into_iter().for_each(|(_, example)| entry.add(example));
        }
    }

    /// Adds the counts of a report, with its examples as `name` calls them.
    pub fn add(&mut self, other: &CoverageReport, name: &dyn Fn(&str) -> String) {
        self.files = self.files.saturating_add(other.files);
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
        for skipped in &other.skipped {
            let entry = self.skipped.entry(skipped.reason).or_default();
            entry.count = entry.count.saturating_add(skipped.count);
            skipped.examples.iter().for_each(|example| entry.add(name(example)));
        }
    }

    /// Returns false if anything could not be read.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.skipped.keys().all(|reason| reason.class() == SkipClass::Policy)
    }

    /// Counts all skipped items.
    #[must_use]
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().fold(0, |total, tally| total.saturating_add(tally.count))
    }

    /// Lists everything skipped, by reason, in a fixed order.
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
            one.skip(SkipReason::Unreadable, format!("a{i:02}"));
            two.skip(SkipReason::Unreadable, format!("b{i:02}"));
        }
        two.skip(SkipReason::Ignored, "x");
        let mut left = one.clone();
        left.merge(two.clone());
        let mut right = two;
        right.merge(one);
        assert_eq!(left, right);
        assert_eq!((left.skipped()[1].reason, left.skipped()[1].count), (SkipReason::Unreadable, 120));
        assert_eq!(left.skipped()[1].examples.len(), MAX_SKIP_EXAMPLES);
    }

    #[test]
    fn policy_keeps_a_scan_complete() {
        let mut coverage = Coverage::default();
        coverage.skip(SkipReason::Ignored, "target");
        assert!(coverage.complete());
        coverage.skip(SkipReason::Damaged, "x.zip");
        assert!(!coverage.complete());
    }

    #[test]
    fn names_are_those_that_serde_writes() {
        for reason in [SkipReason::LfsPointer, SkipReason::OverLimit, SkipReason::TimedOut, SkipReason::GitDir] {
            let written = serde_json::to_string(&reason).unwrap();
            assert_eq!(written, format!("\"{}\"", reason.name()));
        }
    }
}
