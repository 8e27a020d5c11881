//! Object names: 20 bytes of SHA-1 or 32 of SHA-256, as one `Copy` type.
//!
//! A repository's hash is set by its `extensions.objectFormat`; a name knows its own from its length.

use std::fmt;

/// The hash that names the objects of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ObjectFormat {
    /// 20 bytes, git's default since 2005.
    Sha1,
    /// 32 bytes, `git init --object-format=sha256`.
    Sha256,
}

impl ObjectFormat {
    #[inline]
    pub(crate) const fn raw_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub(crate) const fn hex_len(self) -> usize {
        self.raw_len() * 2
    }
}

/// The name of an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Oid {
    bytes: [u8; 32],
    len: u8,
}

impl Oid {
    /// Converts the bytes of a name; `None` unless there are 20 or 32 of them.
    #[inline]
    pub(crate) fn from_raw(raw: &[u8]) -> Option<Self> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self { bytes, len: if raw.len() == 20 { 20 } else { 32 } })
    }

    /// Parses 40 or 64 hex digits of either case.
    pub(crate) fn from_hex(hex: &[u8]) -> Option<Self> {
        if hex.len() != 40 && hex.len() != 64 {
            return None;
        }
        let mut raw = [0; 32];
        let (pairs, _) = hex.as_chunks();
        let mut all = 0;
        for (byte, [high, low]) in raw.iter_mut().zip(pairs) {
            let (high, low) = (DIGITS[usize::from(*high)], DIGITS[usize::from(*low)]);
            all |= high | low;
            *byte = high << 4 | low;
        }
        (all < 16).then(|| Self::from_raw(&raw[..hex.len() / 2])).flatten()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn format(&self) -> ObjectFormat {
        if self.len == 20 { ObjectFormat::Sha1 } else { ObjectFormat::Sha256 }
    }

    /// Returns true for the name of all zeros, which git writes where there is no object.
    pub(crate) fn is_zero(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Oid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Oid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        hex.parse().map_err(serde::de::Error::custom)
    }
}

impl std::str::FromStr for Oid {
    type Err = NotAnOid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_hex(text.as_bytes()).ok_or(NotAnOid)
    }
}

/// The text is not 40 or 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an object name: 40 or 64 hex digits are needed")]
pub(crate) struct NotAnOid;

/// The value of each hexadecimal digit, more than 15 for other bytes. Names are random, so that a branch for each digit
/// would be mispredicted.
static DIGITS: [u8; 256] = {
    let mut digits = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_there_and_back() {
        for text in ["0123456789abcdef0123456789abcdef01234567", &"ab".repeat(32)] {
            let oid: Oid = text.parse().unwrap();
            assert_eq!(oid.to_string(), text);
            assert_eq!(oid.format().hex_len(), text.len());
            assert_eq!(Oid::from_hex(text.to_uppercase().as_bytes()), Some(oid));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "0", &"0".repeat(41), &"g".repeat(40), &"é".repeat(20)] {
            assert_eq!(text.parse::<Oid>(), Err(NotAnOid));
        }
        assert_eq!(Oid::from_raw(&[0; 21]), None);
        assert!(Oid::from_raw(&[0; 32]).is_some_and(|oid| oid.is_zero()));
    }
}
