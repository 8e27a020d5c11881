//! Account ids, and what they tell offline.

use std::fmt;

use base64::Engine as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds to add to the number in an id's first six characters to get Unix time. Source: exact on every public
/// object whose creation time is known.
const EPOCH: i64 = 426_256_548;

/// `acct_` and 16 characters. Not a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId(String);

impl AccountId {
    /// The id made of these 16 alphanumeric characters.
    #[must_use]
    pub fn from_characters(characters: &[u8]) -> Option<Self> {
        let fits = characters.len() == 16 && characters.iter().all(u8::is_ascii_alphanumeric);
        fits.then(|| Self(format!("acct_{}", String::from_utf8_lossy(characters))))
    }

    /// The ten characters that ids of this account's objects (`price_`, `prctbl_`, `buy_btn_`, …) carry at offset 6.
    #[must_use]
    pub fn object_mark(&self) -> &str {
        &self.0[self.0.len() - 10..]
    }

    /// When the account was created. `None` unless the id begins with `1`, as those made between July 2012 and July
    /// 2041 do.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        let characters = self.0.as_bytes().get("acct_".len()..)?;
        if *characters.first()? != b'1' {
            return None;
        }
        let number = characters.get(..6)?.iter().try_fold(0_i64, |sum, byte| Some(sum * 62 + base62(*byte)?))?;
        Timestamp::from_second(number + EPOCH).ok()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn base62(byte: u8) -> Option<i64> {
    Some(i64::from(match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        b'a'..=b'z' => byte - b'a' + 36,
        _ => return None,
    }))
}

/// Ephemeral and Terminal session keys begin with base64 of `acct_…,`.
pub(super) fn from_encoded_body(body: &[u8]) -> Option<AccountId> {
    let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(body.get(..28)?).ok()?;
    AccountId::from_characters(decoded.strip_prefix(b"acct_")?.get(..16)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creation_time_is_read_off_the_id() {
        let id = AccountId::from_characters(b"1PgafTB7WZ01zgkW").unwrap();
        assert_eq!(id.to_string(), "acct_1PgafTB7WZ01zgkW");
        assert_eq!(id.object_mark(), "B7WZ01zgkW");
        let created = id.created().unwrap().to_string();
        assert!(created.starts_with("2024-07"), "{created}");
    }

    #[test]
    fn ids_of_another_clock_have_no_creation_time() {
        assert_eq!(AccountId::from_characters(b"3PgafTB7WZ01zgkW").unwrap().created(), None);
        assert_eq!(AccountId::from_characters(b"short"), None);
    }
}
