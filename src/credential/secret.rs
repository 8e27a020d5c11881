//! A credential in hand, and the two things that may leave with it: its masked form and its fingerprint.
//!
//! [`Secret`] has no `Debug`, `Display`, `Clone` or `Serialize`, so that the compiler refuses to let one out, and it is
//! wiped when dropped.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::credential::{Key, Kind};

/// The bytes of a credential.
///
/// ```compile_fail
/// let secret = pinstripe::credential::Secret::new(b"x");
/// println!("{secret:?}");
/// ```
/// ```compile_fail
/// let secret = pinstripe::credential::Secret::new(b"x");
/// let copy = secret.clone();
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the token's bytes.
    #[must_use]
    pub fn new(token: &[u8]) -> Self {
        Self(Zeroizing::new(token.to_vec()))
    }

    /// Reads the token as one of a rule with these literals.
    #[must_use]
    pub fn key(&self, kind: Option<Kind>, literals: &[String]) -> Key {
        Key::of_rule(&self.0, kind, literals)
    }

    /// The token's stable name.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_parts(&[b"pinstripe/1\0", &self.0])
    }
}

/// First 16 bytes of SHA-256 over `"pinstripe/1\0"` and the token: the same wherever and whenever it is found.
/// Keys have entropy enough for a plain hash; findings without a literal hash their rule, text and path instead.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Hashes the parts one after the other.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        Self(first)
    }

    /// Reads 32 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 32 || !digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a fingerprint is 32 lower-case hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_contracted_hash() {
        // printf 'pinstripe/1\0abc' | sha256sum | cut -c1-32
        let expected = "0824748472f9ca3702bcf06c9e78f13e";
        assert_eq!(Secret::new(b"abc").fingerprint().to_string(), expected);
        assert_eq!(Fingerprint::parse(expected).map(|f| f.to_string()).as_deref(), Some(expected));
        assert_eq!(Fingerprint::parse("xyz"), None);
    }
}
