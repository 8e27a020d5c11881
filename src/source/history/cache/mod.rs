//! Keeps the facts of a repository's history for the next scan: one file a repository, of four parts.
//!
//! Most records of many objects are in a second file, the base, which a fetch leaves as it is.
//!
//! * The result: what was found, for a store in the same state.
//! * The lints: what they made of it, under the same policy.
//! * The store: its packs, and the graph that attribution made of its commits and trees.
//! * The objects: for each its name, the bytes that were searched, and whether anything was reported.
//!
//! Keeps what detection saw, and nothing of a key: an object with hits is decoded and searched again, and texts that
//! the redactor would change are not written. A file is valid for one program version, one set of rules and one set of
//! options; each part has a checksum. It is written beside the old one, which it then replaces, so that several processes
//! may share a directory.

#![expect(clippy::disallowed_methods, reason = "writes and deletes caches")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use crate::git::disk;
use crate::git::mmap::MappedFile;
use crate::git::{ObjectFormat, Repository};
use crate::source::whole_file;

mod known_store;
mod notes;
mod objects;
mod result;

pub(super) use known_store::KnownStore;
pub(super) use notes::{ObjectNotes, flags};
pub(super) use objects::{Comparison, KnownObjects, ObjectRecords, Selector};
pub(super) use result::SavedResult;

const MAGIC: &[u8] = b"pinstripe-history/3\n";
/// Begins the files of all versions.
const NAME: &[u8] = MAGIC.split_at(MAGIC.len() - 2).0;
const HASH: usize = 32;
/// Behind the parts: key, length of a name, lengths and checksums of the parts and the base, checksum of all that.
const TAIL: usize = HASH + 1 + (PARTS + 1) * FIELD + HASH;
const PARTS: usize = 4;
/// Number of the base behind those of the parts.
const BASE: usize = PARTS;
/// Length and checksum of a part.
const FIELD: usize = 8 + SUM;
/// Checksum of a part: CRC-32 and Adler-32.
const SUM: usize = 8;
const EXTENSION: &str = "history";

/// Ends the name of a base, and the fewest bytes of one.
const BASE_NAME: &str = "-objects";
const LEAST_BASE: usize = 64 << 10;

/// Most files of a directory that are looked at to keep it within its size.
const MAX_FILES: usize = 1 << 20;

/// Part of the room in a directory that a process takes before it looks again.
const ROOM_PART: u64 = 4;

/// Part of a full directory that is freed, so that not every cache costs a look.
const SPARE_PART: u64 = 16;

/// The directory that this process writes to, and the bytes that it may write before it looks again.
static ROOM: Mutex<Option<(PathBuf, u64)>> = Mutex::new(None);

/// Directory of caches, and the most bytes that they may take together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CacheOptions {
    pub(crate) directory: PathBuf,
    pub(crate) size: u64,
}

/// A part of a cache.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Result,
    Store,
    Objects,
    Lints,
}

/// The cache of one repository.
#[derive(Debug)]
pub(super) struct HistoryCache {
    options: CacheOptions,
    file: PathBuf,
    key: [u8; HASH],
    pub(super) format: ObjectFormat,
    known: Option<MappedFile>,
    /// The records of objects that it names; another file.
    base: Option<MappedFile>,
}

/// A file that is no whole cache.
#[derive(Debug, thiserror::Error)]
#[error("{}: the cache is damaged and was discarded", .0.display())]
pub(super) struct DamagedCache(PathBuf);

impl HistoryCache {
    /// Opens the cache of a repository. `under` names rules and options. Returns what is wrong with a damaged one.
    pub(super) fn open(options: &CacheOptions, repo: &Repository, under: &str) -> (Self, Option<DamagedCache>) {
        let place = Sha256::digest(repo.common_dir.as_os_str().as_encoded_bytes());
        let name: String = place.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let mut cache = Self {
            options: options.clone(),
            file: options.directory.join(format!("{name}.{EXTENSION}")),
            key: Sha256::digest(format!("{} {under}", env!("CARGO_PKG_VERSION"))).into(),
            format: repo.format,
            known: None,
            base: None,
        };
        let is_sound = cache.read().is_some();
        let damaged = (!is_sound).then(|| cache.damaged());
        (cache, damaged)
    }

    /// Reads the files, if they are for these rules and options. `None` if they are damaged.
    fn read(&mut self) -> Option<()> {
        let Some(whole) = MappedFile::open(&self.file).ok()? else { return Some(()) };
        if !self.check(&whole)? {
            return Some(());
        }
        if length_of(&whole, BASE)? > 0 {
            // Another process may have replaced it, and will replace this file.
            let base = MappedFile::open(&self.base_file()).ok()?;
            let Some(base) = base.filter(|base| base.ends_with(field_of(&whole, BASE).unwrap_or_default())) else {
                return Some(());
            };
            self.base = Some(base);
        }
        self.known = Some(whole);
        Some(())
    }

    fn base_file(&self) -> PathBuf {
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy();
        self.file.with_file_name(format!("{name}{BASE_NAME}.{EXTENSION}"))
    }

    pub(super) fn damaged(&self) -> DamagedCache {
        DamagedCache(self.file.clone())
    }

    /// Returns `None` if the bytes are no whole cache, and false if the cache is for other rules or options, or of another
    /// version.
    fn check(&self, bytes: &[u8]) -> Option<bool> {
        if bytes.starts_with(NAME) && !bytes.starts_with(MAGIC) {
            return Some(false);
        }
        let (content, (tail, checksum)) = (content_of(bytes)?, tail_of(bytes)?.split_at(TAIL - HASH));
        (bytes.starts_with(MAGIC) && *Sha256::digest(tail) == *checksum).then_some(())?;
        let lengths = (0..PARTS).map(|part| length_of(bytes, part));
        let total = lengths.into_iter().try_fold(0_usize, |sum, length| sum.checked_add(length?))?;
        (content.len() == total).then_some(())?;
        Some(tail.get(..HASH)? == self.key && usize::from(*tail.get(HASH)?) == self.format.raw_len())
    }

    /// Returns a part; an empty one where there is no cache.
    pub(super) fn part(&self, part: Part) -> Result<&[u8], DamagedCache> {
        let Some(whole) = &self.known else { return Ok(&[]) };
        let wanted = checksum_of(whole, part as usize);
        let part = part_of(whole, part as usize).unwrap_or_default();
        if wanted == Some(&checksum(part)) { Ok(part) } else { Err(self.damaged()) }
    }

    /// Returns the records of objects in the base.
    pub(super) fn base(&self) -> Result<&[u8], DamagedCache> {
        let (Some(whole), Some(base)) = (&self.known, &self.base) else { return Ok(&[]) };
        let records = base.get(..base.len().saturating_sub(FIELD)).unwrap_or_default();
        if field_of(whole, BASE) == Some(&field(records)) { Ok(records) } else { Err(self.damaged()) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_none()
    }

    /// Gives the pages of the file back to the system, until they are read again.
    pub(super) fn release(&self) {
        self.known.iter().chain(&self.base).for_each(MappedFile::release);
    }

    /// Notes that the cache is in use.
    pub(super) fn touch(&self) {
        if let Ok(file) = std::fs::File::options().append(true).open(&self.file) {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// Writes the cache, whose last part comes once the others were written, and removes the oldest ones beyond the size of
    /// the directory.
    pub(super) fn save(
        &self,
        [result, store]: [&[u8]; 2],
        objects: &ObjectRecords,
        last: &mut dyn FnMut() -> std::io::Result<Vec<u8>>,
    ) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.options.directory)?;
        let mut written = 0;
        let known = || self.known.as_deref().and_then(|whole| field_of(whole, BASE)?.first_chunk().copied());
        let (objects, base): (&[u8], [u8; FIELD]) = match objects {
            ObjectRecords::Recent(recent) => (recent, known().unwrap_or_default()),
            ObjectRecords::All(all) if all.len() < LEAST_BASE => (all, [0; FIELD]),
            ObjectRecords::All(all) => {
                let base = field(all);
                let content = [&all[..], &base];
                let mut write = |out: &mut dyn Write| content.iter().try_for_each(|part| out.write_all(part));
                whole_file::write_cache(&self.base_file(), &mut write)?;
                written += all.len() as u64;
                (&[], base)
            }
        };
        let parts = [result, store, objects];
        whole_file::write_cache(&self.file, &mut |out| {
            let mut tail = self.key.to_vec();
            tail.push(u8::try_from(self.format.raw_len()).unwrap_or(0));
            let mut write = |out: &mut dyn Write, part: &[u8]| {
                tail.extend(field(part));
                written += part.len() as u64;
                out.write_all(part)
            };
            out.write_all(MAGIC)?;
            parts.iter().try_for_each(|part| write(out, part))?;
            write(out, &last()?)?;
            tail.extend(base);
            out.write_all(&tail)?;
            out.write_all(&Sha256::digest(&tail))
        })?;
        self.make_room(written);
        Ok(())
    }

    /// Keeps the directory within its size. To look at all of its files each time would be quadratic, so that a process
    /// looks again once it has written a part of the room that was left; others may write as well.
    fn make_room(&self, written: u64) {
        let mut room = ROOM.lock().unwrap_or_else(PoisonError::into_inner);
        let known = room.as_ref().filter(|(directory, _)| *directory == self.options.directory);
        let left = known.and_then(|(_, left)| left.checked_sub(written));
        let left = left.or_else(|| Some(self.remove_oldest()? / ROOM_PART));
        *room = left.map(|left| (self.options.directory.clone(), left));
    }

    /// Removes the caches that were not used for longest, each with its base. Returns the room that is left.
    fn remove_oldest(&self) -> Option<u64> {
        let (names, _) = disk::list(&self.options.directory, MAX_FILES).ok()?;
        let mut caches: BTreeMap<String, CacheFiles> = BTreeMap::new();
        for file in names.iter().map(|(name, _)| self.options.directory.join(name)) {
            let known = file.symlink_metadata().ok().filter(std::fs::Metadata::is_file);
            let (Some(name), Some(known)) = (name_of(&file), known) else { continue };
            let cache = caches.entry(name).or_default();
            cache.used = cache.used.max(known.modified().ok());
            cache.size += known.len();
            cache.files.push(file);
        }
        let own = name_of(&self.file);
        let mut size = caches.values().fold(0_u64, |size, cache| size.saturating_add(cache.size));
        let limit = self.options.size;
        let spare = if size > limit { limit / SPARE_PART } else { 0 };
        let mut caches: Vec<(bool, CacheFiles)> =
            caches.into_iter().map(|(name, cache)| (Some(&name) == own.as_ref(), cache)).collect();
        caches.sort();
        for (is_own, cache) in caches {
            if size <= if is_own { limit } else { limit - spare } {
                break;
            }
            size = size.saturating_sub(cache.size);
            for file in cache.files {
                let _ = std::fs::remove_file(file);
            }
        }
        Some(limit.saturating_sub(size))
    }
}

/// The files of one cache.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct CacheFiles {
    used: Option<SystemTime>,
    files: Vec<PathBuf>,
    size: u64,
}

/// Returns the name of the cache that a file belongs to.
fn name_of(file: &Path) -> Option<String> {
    let name = file.file_stem()?.to_string_lossy();
    let is_cache = file.extension().is_some_and(|extension| extension == EXTENSION);
    is_cache.then(|| name.trim_end_matches(BASE_NAME).to_owned())
}

/// Returns the checksum of a part, which is large: against damage, not against malice.
fn checksum(part: &[u8]) -> [u8; SUM] {
    let (crc, adler) = (u64::from(libdeflater::crc32(part)), u64::from(libdeflater::adler32(part)));
    (crc << 32 | adler).to_le_bytes()
}

/// Returns length and checksum of a part.
fn field(part: &[u8]) -> [u8; FIELD] {
    let mut field = [0; FIELD];
    field[..8].copy_from_slice(&(part.len() as u64).to_le_bytes());
    field[8..].copy_from_slice(&checksum(part));
    field
}

/// Returns the parts, one behind the other.
fn content_of(whole: &[u8]) -> Option<&[u8]> {
    whole.get(MAGIC.len()..whole.len().checked_sub(TAIL)?)
}

fn tail_of(whole: &[u8]) -> Option<&[u8]> {
    whole.get(whole.len().checked_sub(TAIL)?..)
}

/// Returns the field of a part in the tail.
fn field_of(whole: &[u8], part: usize) -> Option<&[u8]> {
    tail_of(whole)?.get(HASH + 1 + part * FIELD..)?.get(..FIELD)
}

fn length_of(whole: &[u8], part: usize) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*field_of(whole, part)?.first_chunk()?)).ok()
}

fn checksum_of(whole: &[u8], part: usize) -> Option<&[u8]> {
    field_of(whole, part)?.get(8..)
}

fn part_of(whole: &[u8], part: usize) -> Option<&[u8]> {
    let before = (0..part).try_fold(0_usize, |sum, part| sum.checked_add(length_of(whole, part)?))?;
    content_of(whole)?.get(before..)?.get(..length_of(whole, part)?)
}
