//! Remembers from one scan to the next which objects are clean.
//!
//! An object's name is its hash, so what was clean under the same rules stays clean. The cache holds sorted names with a
//! checksum. It is valid for one program version, one set of rules and one set of options, and never holds an object with
//! a hit or one that could not be read. It is written to a temporary file that then replaces it.

#![expect(clippy::disallowed_methods, reason = "writes the cache")]

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::git::mmap::MappedFile;
use crate::git::{ObjectFormat, Oid, Repository};
use crate::source::whole_file;

const MAGIC: &[u8] = b"pinstripe-clean/1\n";
/// Magic, key, length of a name, number of names.
const HEAD: usize = MAGIC.len() + 32 + 1 + 8;
const CHECKSUM: usize = 32;

/// Names of clean objects.
#[derive(Debug)]
pub(super) struct CleanCache {
    file: PathBuf,
    key: [u8; 32],
    format: ObjectFormat,
    known: Option<MappedFile>,
}

impl CleanCache {
    /// Opens the cache of a repository in `directory`. `under` names rules and options. Returns a warning if the cache is
    /// damaged.
    pub(super) fn open(directory: &Path, repository: &Repository, under: &str) -> (Self, Option<String>) {
        let place = Sha256::digest(repository.common_dir.as_os_str().as_encoded_bytes());
        let name: String = place.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let key = Sha256::digest(format!("{} {under}", env!("CARGO_PKG_VERSION")));
        let mut cache = Self {
            file: directory.join(format!("{name}.clean")),
            key: key.into(),
            format: repository.format,
            known: None,
        };
        let Ok(Some(bytes)) = MappedFile::open(&cache.file) else { return (cache, None) };
        match cache.check(&bytes) {
            Some(true) => cache.known = Some(bytes),
            Some(false) => {}
            None => {
                let message = format!("{}: the cache is damaged and was discarded", cache.file.display());
                return (cache, Some(message));
            }
        }
        (cache, None)
    }

    /// Returns `None` if the bytes are no cache, and false if the cache is for other rules or options.
    fn check(&self, bytes: &[u8]) -> Option<bool> {
        let head = bytes.get(..HEAD)?.strip_prefix(MAGIC)?;
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
        let count = usize::try_from(u64::from_be_bytes(*head[33..].first_chunk::<8>()?)).ok()?;
        let length = usize::from(head[32]);
        if content.len().checked_sub(HEAD)? != count.checked_mul(length)? || *Sha256::digest(content) != *checksum {
            return None;
        }
        Some(head[..32] == self.key && length == self.format.raw_len())
    }

    fn names(&self) -> &[u8] {
        let whole = self.known.as_deref().unwrap_or_default();
        whole.get(HEAD..whole.len().saturating_sub(CHECKSUM)).unwrap_or_default()
    }

    /// Returns true if an earlier scan found the object clean.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        let (names, length) = (self.names(), self.format.raw_len());
        let (mut low, mut high) = (0, names.len() / length);
        while low < high {
            let middle = low + (high - low) / 2;
            match names[middle * length..][..length].cmp(name) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }

    /// Adds clean objects and writes the cache, if there are any.
    pub(super) fn save(self, mut clean: Vec<Oid>) -> std::io::Result<()> {
        if clean.is_empty() {
            return Ok(());
        }
        let length = self.format.raw_len();
        clean.extend(self.names().chunks_exact(length).filter_map(Oid::from_raw));
        clean.sort_unstable();
        clean.dedup();
        let mut bytes = Vec::with_capacity(HEAD + clean.len() * length + CHECKSUM);
        bytes.extend(MAGIC);
        bytes.extend(self.key);
        bytes.push(u8::try_from(length).unwrap_or(0));
        bytes.extend((clean.len() as u64).to_be_bytes());
        clean.iter().for_each(|oid| bytes.extend(oid.as_bytes()));
        drop(clean);
        let checksum = Sha256::digest(&bytes);
        bytes.extend(checksum);
        let directory = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        whole_file::write_cache(&self.file, &bytes)
    }
}
