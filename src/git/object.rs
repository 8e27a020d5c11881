//! Kinds of objects, and the ways in which one can be unreadable.

use super::disk::DiskError;
use super::oid::Oid;
use crate::model::SkipReason;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ObjectKind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl ObjectKind {
    /// Returns git's name for the kind, which is also hashed.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag].into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

/// A defect of stored bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum Damage {
    /// The file ends before the object does, or an offset points outside of the file.
    #[error("outside of its file")]
    Outside,
    #[error("malformed header")]
    Header,
    /// The compressed stream is malformed or cut short, or its checksum is wrong.
    #[error("damaged compressed data")]
    Stream,
    #[error("length differs from its header")]
    Length,
    #[error("delta does not fit its base")]
    Delta,
    #[error("delta base cannot be read")]
    Base,
    #[error("delta chain without end")]
    Cycle,
}

/// The reason that an object was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectError {
    #[error("object {oid}: {damage}")]
    Damaged { oid: Oid, damage: Damage },
    #[error("object {oid}: {size} bytes exceed the limit of {limit}")]
    TooLarge { oid: Oid, size: u64, limit: u64 },
    #[error("{error}")]
    Disk {
        oid: Oid,
        #[source]
        error: DiskError,
    },
}

impl ObjectError {
    pub(crate) fn oid(&self) -> Oid {
        match self {
            Self::Damaged { oid, .. } | Self::TooLarge { oid, .. } | Self::Disk { oid, .. } => *oid,
        }
    }

    /// Returns what identifies a failure: the same object with the same damage is one failure, however often it is met.
    pub(crate) fn key(&self) -> (Oid, Option<Damage>) {
        match self {
            Self::Damaged { oid, damage } => (*oid, Some(*damage)),
            Self::TooLarge { oid, .. } | Self::Disk { oid, .. } => (*oid, None),
        }
    }

    /// Returns the reason under which the coverage counts this error.
    pub(crate) fn reason(&self) -> SkipReason {
        match self {
            Self::Damaged { .. } => SkipReason::Damaged,
            Self::TooLarge { .. } => SkipReason::OverLimit,
            Self::Disk { error, .. } => error.reason(),
        }
    }
}

/// The reason that an entry of a pack was not rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResolveError {
    Damaged(Damage),
    /// The object, or one that its deltas lead to, has this many bytes.
    TooLarge(u64),
}

impl ResolveError {
    pub(crate) fn for_object(self, oid: &Oid, limit: u64) -> ObjectError {
        match self {
            Self::Damaged(damage) => ObjectError::Damaged { oid: *oid, damage },
            Self::TooLarge(size) => ObjectError::TooLarge { oid: *oid, size, limit },
        }
    }
}

impl From<Damage> for ResolveError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}
