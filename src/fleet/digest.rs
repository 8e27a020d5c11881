//! Digests of lists: SHA-256 over parts, each with its length.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// A digest in the making.
#[derive(Debug, Clone)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Begins a digest of things of this kind.
    pub(crate) fn new(kind: &str) -> Self {
        let mut digest = Self(Sha256::new());
        digest.add(kind.as_bytes());
        digest
    }

    /// Adds a part.
    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// Returns 64 hex digits.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Returns true for the text of a digest.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
