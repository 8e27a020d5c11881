//! Hashes of objects, packs and indexes.

use std::io::{self, Read};

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::object::ObjectKind;
use super::oid::{ObjectFormat, Oid};

/// Hashes an object whose content arrives in pieces.
#[derive(Debug, Clone)]
pub(crate) enum ObjectHasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl ObjectHasher {
    pub(crate) fn new(format: ObjectFormat, kind: ObjectKind, size: u64) -> Self {
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

/// Computes the name of an object from its content.
pub(crate) fn object_id(format: ObjectFormat, kind: ObjectKind, content: &[u8]) -> Option<Oid> {
    let mut hasher = ObjectHasher::new(format, kind, content.len() as u64);
    hasher.update(content);
    hasher.finish()
}

/// As [`file_checksum`], of bytes that are read; `None` if that fails.
pub(crate) fn checksum_of(format: ObjectFormat, content: &mut dyn Read) -> Option<Oid> {
    let mut hasher = ObjectHasher::empty(format);
    let mut window = vec![0; 64 << 10];
    loop {
        match content.read(&mut window) {
            Ok(0) => return hasher.finish(),
            Ok(count) => hasher.update(&window[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Computes the checksum that packs and indexes end with.
pub(crate) fn file_checksum(format: ObjectFormat, bytes: &[u8]) -> Option<Oid> {
    let mut hasher = ObjectHasher::empty(format);
    hasher.update(bytes);
    hasher.finish()
}
