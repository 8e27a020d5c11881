//! Naming objects: the hash of kind, length and content.

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::object::Kind;
use super::oid::{ObjectFormat, Oid};

/// An object's name in the making, for content that comes in pieces.
#[derive(Debug, Clone)]
pub(crate) enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(format: ObjectFormat, kind: Kind, size: u64) -> Self {
        let mut hasher = Self::empty(format);
        hasher.update(format!("{} {size}\0", kind.name()).as_bytes());
        hasher
    }

    fn empty(format: ObjectFormat) -> Self {
        match format {
            ObjectFormat::Sha1 => Self::Sha1(Sha1::new()),
            ObjectFormat::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Option<Oid> {
        match self {
            Self::Sha1(hasher) => Oid::from_raw(&hasher.finalize()),
            Self::Sha256(hasher) => Oid::from_raw(&hasher.finalize()),
        }
    }
}

/// The name of an object.
pub(crate) fn name(format: ObjectFormat, kind: Kind, content: &[u8]) -> Option<Oid> {
    let mut hasher = Hasher::new(format, kind, content.len() as u64);
    hasher.update(content);
    hasher.finish()
}

/// The hash of bytes that are no object: what ends a pack or an index.
pub(crate) fn of_bytes(format: ObjectFormat, bytes: &[u8]) -> Option<Oid> {
    let mut hasher = Hasher::empty(format);
    hasher.update(bytes);
    hasher.finish()
}
