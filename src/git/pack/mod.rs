//! Packs: one file of compressed entries, most of them deltas, and its index.
//!
//! Every offset and length is checked against the file, and no size that a header claims is allocated before it was
//! compared with the caller's limit.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

pub(crate) mod chain;
pub(crate) mod delta;
pub(crate) mod entry;
pub(crate) mod index;
mod reindex;
mod reverse_index;
pub(crate) mod unindexed;

use super::disk::DiskError;
use super::inflate::{Inflater, ReusableBuffer};
use super::mmap::MappedFile;
use super::object::{Damage, ResolveError};
use super::oid::{ObjectFormat, Oid};
use entry::EntryHeader;
use index::PackIndex;
use reverse_index::ReverseIndex;

/// Bytes of objects that any store may make of its deltas, and further ones for each byte of its packs: real stores expand
/// some twenty times, and some hundred times where large files change often.
const MADE_FLOOR: u64 = if cfg!(test) { 256 << 20 } else { 4 << 30 };
const MADE_RATIO: u64 = 1_000;

/// Returns how many bytes of objects may be made of the deltas in packs of `stored` bytes.
pub(crate) fn most_made(stored: u64) -> u64 {
    MADE_FLOOR.max(stored.saturating_mul(MADE_RATIO))
}

/// Bytes that Linux maps for one that is read, if they are in memory, and how many of these groups stay mapped.
const PAGE_GROUP: u64 = 64 << 10;
const MOST_GROUPS: u64 = 512;

/// Bytes before the first entry.
pub(crate) const HEADER_LEN: usize = 12;

#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) index: PackIndex,
    pub(crate) format: ObjectFormat,
    path: PathBuf,
    data: MappedFile,
    reverse: OnceLock<Option<ReverseIndex>>,
    /// Offsets with their positions in the index, sorted.
    by_offset: OnceLock<Vec<(u64, u32)>>,
    /// Present once pages are to be given back.
    mapped: OnceLock<MappedPages>,
}

/// The pages of a pack that were read since they were last given back, by groups.
#[derive(Debug)]
struct MappedPages {
    groups: Vec<AtomicU64>,
    count: AtomicU64,
}

/// The reason that a pack cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("{}: {why}", path.display())]
    Unusable { path: PathBuf, why: &'static str },
}

/// A pack that can be read, and what is wrong with it nevertheless.
pub(crate) type OpenedPack = (Pack, Vec<String>);

impl Pack {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens `pack-….pack` with its index. Without a usable index, reads the pack until the deadline and builds one in memory.
    pub(crate) fn open(path: &Path, format: ObjectFormat, deadline: Option<Instant>) -> Result<OpenedPack, PackError> {
        let unusable = |why| PackError::Unusable { path: path.to_path_buf(), why };
        let data = MappedFile::open(path)?.ok_or_else(|| unusable("vanished while opening"))?;
        if data.len() < HEADER_LEN {
            return Err(unusable("pack is empty or cut short"));
        }
        let mut complaints = Vec::new();
        if !data.starts_with(b"PACK\0\0\0\x02") && !data.starts_with(b"PACK\0\0\0\x03") {
            complaints.push(format!("{}: pack has a damaged header or an unknown version", path.display()));
        }
        let index = match Self::open_index(path, format) {
            Ok(index) => index,
            Err(why) => {
                let (index, summary) = reindex::reindex(&data, format, deadline);
                complaints.push(format!("{}: {why}; {summary}", path.display()));
                index.map_err(|_| unusable("no index, and too many entries for a new one"))?
            }
        };
        if index.len() as u64 > data.len() as u64 {
            return Err(unusable("index names more objects than the pack has bytes"));
        }
        if let Some(promised) = data.get(8..HEADER_LEN).and_then(|bytes| bytes.first_chunk::<4>())
            && u32::from_be_bytes(*promised) as usize != index.len()
            && complaints.is_empty()
        {
            complaints.push(format!("{}: pack and index disagree on the number of objects", path.display()));
        }
        let (path, reverse, by_offset) = (path.to_path_buf(), OnceLock::new(), OnceLock::new());
        let pack = Self { index, format, path, data, reverse, by_offset, mapped: OnceLock::new() };
        if complaints.is_empty() && pack.index.pack_checksum().is_some_and(|checksum| !pack.data.ends_with(checksum)) {
            complaints.push(pack.complaint("pack and index disagree on the checksum of the pack"));
        }
        Ok((pack, complaints))
    }

    /// Describes what is wrong with this pack.
    pub(crate) fn complaint(&self, what: &str) -> String {
        format!("{}: {what}", self.path.display())
    }

    fn open_index(pack: &Path, format: ObjectFormat) -> Result<PackIndex, String> {
        let map = MappedFile::open(&pack.with_extension("idx")).map_err(|error| error.to_string())?;
        let map = map.ok_or_else(|| "no index".to_owned())?;
        PackIndex::from_map(map, format).map_err(|error| error.to_string())
    }

    /// Describes a usable index whose checksum is wrong.
    pub(crate) fn index_complaint(&self) -> Option<String> {
        let intact = self.index.is_intact(self.format);
        (!intact).then(|| self.complaint("index has a wrong checksum"))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Lets readers of few entries all over the pack give its pages back: the system maps a group for each of them.
    pub(crate) fn give_pages_back(&self) {
        let words = self.data.len() as u64 / PAGE_GROUP / 64 + 1;
        self.mapped.get_or_init(|| MappedPages {
            groups: (0..words).map(|_| AtomicU64::new(0)).collect(),
            count: AtomicU64::new(0),
        });
    }

    /// Notes that so many bytes are read at `offset`, and gives pages back once there are too many.
    pub(crate) fn note_read(&self, offset: u64, bytes: u64) {
        let Some(mapped) = self.mapped.get() else { return };
        let end = offset.saturating_add(bytes).min(self.data.len() as u64);
        let is_new = |group: u64| {
            let word = usize::try_from(group / 64).ok().and_then(|at| mapped.groups.get(at));
            word.is_some_and(|word| word.fetch_or(1 << (group % 64), Relaxed) & 1 << (group % 64) == 0)
        };
        let new = (offset / PAGE_GROUP..=end / PAGE_GROUP).filter(|group| is_new(*group)).count() as u64;
        if new > 0 && mapped.count.fetch_add(new, Relaxed) + new >= MOST_GROUPS {
            self.release();
        }
    }

    /// Gives the mapped pages back, if they are to be.
    pub(super) fn release(&self) {
        let Some(mapped) = self.mapped.get() else { return };
        mapped.count.store(0, Relaxed);
        mapped.groups.iter().for_each(|word| word.store(0, Relaxed));
        self.data.release();
    }

    /// Parses the header of the entry at `offset`.
    pub(crate) fn header(&self, offset: u64) -> Result<EntryHeader, Damage> {
        entry::header(&self.data, offset, self.format)
    }

    /// Returns the compressed bytes of an entry with everything behind them.
    pub(crate) fn compressed(&self, header: &EntryHeader) -> &[u8] {
        self.data.get(header.data..).unwrap_or_default()
    }

    /// Inflates the object or delta of an entry, if it has at most `limit` bytes.
    pub(crate) fn inflate(
        &self,
        header: &EntryHeader,
        limit: u64,
        inflater: &mut Inflater,
    ) -> Result<Vec<u8>, ResolveError> {
        if header.size > limit {
            return Err(ResolveError::TooLarge(header.size));
        }
        let mut out = ReusableBuffer::default();
        let size = usize::try_from(header.size).map_err(|_| Damage::Length)?;
        inflater.inflate(self.compressed(header), size, &mut out)?;
        Ok(out.into_vec())
    }

    pub(crate) fn offset_of(&self, oid: &Oid) -> Option<u64> {
        self.index.offset(self.index.find(oid)?)
    }

    /// Returns the offset of the pack's checksum, where its entries end.
    pub(crate) fn end(&self) -> u64 {
        self.data.len().saturating_sub(self.format.raw_len()) as u64
    }

    /// Returns the position in the index of the entry at `offset`, and the offset of the next one, if git has left a file
    /// that says so.
    pub(crate) fn entry_at(&self, offset: u64) -> Option<(u32, u64)> {
        let open = || ReverseIndex::open(&self.path, &self.index, self.format);
        self.reverse.get_or_init(open).as_ref()?.entry(&self.index, offset, self.end())
    }

    /// Looks up the name of the entry at `offset`. Only large and damaged objects need this, so the table is built at the
    /// first call.
    pub(crate) fn oid_at(&self, offset: u64) -> Option<Oid> {
        let table = self.by_offset.get_or_init(|| {
            let entry = |at: usize| Some((self.index.offset(at)?, u32::try_from(at).ok()?));
            let mut table: Vec<(u64, u32)> = (0..self.index.len()).filter_map(entry).collect();
            table.sort_unstable();
            table
        });
        let at = table.binary_search_by_key(&offset, |entry| entry.0).ok()?;
        self.index.oid(table[at].1 as usize)
    }
}
