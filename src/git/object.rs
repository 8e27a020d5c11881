//! What an object is, and what can be wrong with one.

use super::oid::Oid;

/// The four kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// The content of a file.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// The name that git uses, also when hashing.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag].into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

/// What is wrong with stored bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Damage {
    /// The file ends before the object does, or an offset lies outside of the file.
    #[error("it lies outside of its file")]
    Outside,
    /// A header that means nothing.
    #[error("its header is malformed")]
    Header,
    /// The compressed stream is malformed, cut short, or its checksum is wrong.
    #[error("its compressed data is damaged")]
    Stream,
    /// More or fewer bytes than its header says.
    #[error("its length is not what its header says")]
    Length,
    /// A delta that does not fit its base.
    #[error("its delta does not fit its base")]
    Delta,
    /// The base of its delta cannot be read.
    #[error("the base of its delta cannot be read")]
    Base,
    /// Its delta leads back to itself.
    #[error("its delta leads back to itself")]
    Cycle,
    /// Its bytes are not those that its pack's index was made from.
    #[error("its checksum is wrong")]
    Checksum,
    /// Its content does not hash to its name.
    #[error("its content does not match its name")]
    Name,
}

/// Why an object was not read.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// All copies are damaged.
    #[error("object {oid}: {damage}")]
    Damaged {
        /// Which object.
        oid: Oid,
        /// What is wrong with the last copy tried.
        damage: Damage,
    },
    /// It is larger than the caller takes.
    #[error("object {oid}: {size} bytes are more than {limit}")]
    TooLarge {
        /// Which object.
        oid: Oid,
        /// How large it says it is.
        size: u64,
        /// How much the caller takes.
        limit: u64,
    },
    /// Its file could not be read.
    #[error(transparent)]
    Disk(#[from] super::disk::DiskError),
}

impl ObjectError {
    /// The reason under which the ledger counts this.
    #[must_use]
    pub fn reason(&self) -> crate::model::SkipReason {
        match self {
            Self::Damaged { .. } => crate::model::SkipReason::Damaged,
            Self::TooLarge { .. } => crate::model::SkipReason::OverLimit,
            Self::Disk(error) => error.reason(),
        }
    }
}
