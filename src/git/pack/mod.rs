//! Packs: one file of compressed entries, many of them deltas, and its index.
//!
//! Every offset and length is checked against the file at hand; nothing that a header claims is allocated before the
//! caller's bound allows it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(crate) mod delta;
pub(crate) mod entry;
pub(crate) mod index;
mod rescue;

use super::disk::DiskError;
use super::map::Mapped;
use super::object::Damage;
use super::oid::{ObjectFormat, Oid};
use entry::Header;
use index::Index;

/// Bytes before the first entry.
pub(crate) const HEADER_LEN: usize = 12;

/// A pack that can be read.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) index: Index,
    pub(crate) format: ObjectFormat,
    path: PathBuf,
    data: Mapped,
    by_offset: OnceLock<Vec<(u64, u32)>>,
}

/// Why a pack cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("{}: {why}", path.display())]
    Unusable { path: PathBuf, why: &'static str },
}

/// A pack, and what was wrong with it although it can be read.
pub(crate) type Opened = (Pack, Vec<String>);

impl Pack {
    /// Opens `pack-….pack` with its index; without one that is of use, the pack itself is read through and indexed in
    /// memory.
    pub(crate) fn open(path: &Path, format: ObjectFormat) -> Result<Opened, PackError> {
        let unusable = |why| PackError::Unusable { path: path.to_path_buf(), why };
        let data = Mapped::open(path)?.ok_or_else(|| unusable("it vanished"))?;
        if data.len() < HEADER_LEN {
            return Err(unusable("the pack is empty or cut short"));
        }
        let mut complaints = Vec::new();
        if !data.starts_with(b"PACK\0\0\0\x02") && !data.starts_with(b"PACK\0\0\0\x03") {
            complaints.push(format!("{}: the pack has a damaged header or an unknown version", path.display()));
        }
        let index = match Self::index_of(path, format) {
            Ok(index) => index,
            Err(why) => {
                let (index, rescued) = rescue::index(&data, format);
                complaints.push(format!("{}: {why}; {rescued}", path.display()));
                index.map_err(|_| unusable("it has no index, and too many entries for a new one"))?
            }
        };
        if index.len() as u64 > data.len() as u64 {
            return Err(unusable("its index names more objects than it has bytes"));
        }
        if let Some(promised) = data.get(8..HEADER_LEN).and_then(|bytes| bytes.first_chunk::<4>())
            && u32::from_be_bytes(*promised) as usize != index.len()
            && complaints.is_empty()
        {
            complaints.push(format!("{}: pack and index disagree on the number of objects", path.display()));
        }
        Ok((Self { index, format, path: path.to_path_buf(), data, by_offset: OnceLock::new() }, complaints))
    }

    fn index_of(pack: &Path, format: ObjectFormat) -> Result<Index, String> {
        let map = Mapped::open(&pack.with_extension("idx")).map_err(|error| error.to_string())?;
        let map = map.ok_or_else(|| "it has no index".to_owned())?;
        Index::mapped(map, format).map_err(|error| error.to_string())
    }

    /// What is wrong with the index although it can be used.
    pub(crate) fn complaint(&self) -> Option<String> {
        let intact = self.index.is_intact(self.format);
        (!intact).then(|| format!("{}: its index has a wrong checksum", self.path.display()))
    }

    /// The whole file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// The header of the entry at this offset.
    pub(crate) fn header(&self, offset: u64) -> Result<Header, Damage> {
        entry::header(&self.data, offset, self.format)
    }

    /// The compressed bytes of an entry and whatever follows them.
    pub(crate) fn compressed(&self, header: &Header) -> &[u8] {
        self.data.get(header.data..).unwrap_or_default()
    }

    /// The name of the entry at this offset. The table behind it is made when it is first asked for, which only large
    /// and damaged objects are a reason to.
    pub(crate) fn name_at(&self, offset: u64) -> Option<Oid> {
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
