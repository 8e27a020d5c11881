//! Entry point of the fuzz target to the cache of a history.

use super::cache::{KnownObjects, KnownStore, SavedResult};
use crate::git::{ObjectFormat, Oid};
use crate::source::fields::FieldReader;

/// Reads the parts of a cache, whose checksums were right.
pub fn cache(bytes: &[u8]) {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let whole = bytes.len() - bytes.len() % (format.raw_len() + 5);
        let base = whole / 2 - whole / 2 % (format.raw_len() + 5);
        if let Some(objects) = KnownObjects::new(&bytes[..base], &bytes[base..whole], format) {
            let name = bytes.get(..format.raw_len()).and_then(Oid::from_raw);
            assert!(name.is_none_or(|name| objects.find(&name).is_none() || objects.len() > 0));
        }
        KnownStore::read(FieldReader::new(bytes, format), format);
    }
    if let Some(saved) = SavedResult::decode(bytes) {
        saved.attribution();
        assert!(!crate::lints::is_record(bytes));
    }
    crate::lints::is_record(bytes);
}
