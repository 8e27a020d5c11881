//! Leaves out the holes of sparse files: a terabyte of zeros takes no longer to read than what was written.
//!
//! A hole is shortened to a length that no match and no context spans, so that the text on either side gives the same
//! hits; their places are corrected afterwards.

use std::fs::{File, Metadata};
use std::io::{self, Read};

use crate::detect::Hit;
use crate::model::limits::{MAX_IN_MEMORY, REACH};

/// Bytes to which a hole is shortened.
const KEPT: u64 = 4 * REACH as u64;

/// A shortened hole.
#[derive(Debug, Clone, Copy)]
struct ShortenedHole {
    /// Offset in the text that is read, and the number of bytes left out there.
    at: u64,
    bytes: u64,
}

/// The state of reading a sparse file.
#[derive(Debug)]
pub(super) struct Holes {
    size: u64,
    /// Bytes read, and their offset in the file.
    read: u64,
    offset: u64,
    /// Zeros that come next, and the offset at which the data behind them ends.
    zeros: u64,
    end: u64,
    shortened: Vec<ShortenedHole>,
}

impl Holes {
    /// Returns `None` for a file without holes, and for a small one.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        let size = metadata.len();
        let is_sparse = size > MAX_IN_MEMORY && allocated(metadata) < size - size / 16;
        is_sparse.then(|| Self { size, read: 0, offset: 0, zeros: 0, end: 0, shortened: Vec::new() })
    }

    pub(super) fn read(&mut self, file: &mut File, out: &mut [u8]) -> io::Result<usize> {
        if self.zeros == 0 && self.offset >= self.end && self.offset < self.size {
            self.advance(file)?;
        }
        if self.zeros > 0 {
            let count = usize::try_from(self.zeros).unwrap_or(usize::MAX).min(out.len());
            out[..count].fill(0);
            self.zeros -= count as u64;
            self.read += count as u64;
            return Ok(count);
        }
        // Bytes that were appended since are read as well.
        let most = if self.offset < self.end { self.end - self.offset } else { u64::MAX };
        let count = usize::try_from(most).unwrap_or(usize::MAX).min(out.len());
        let count = file.read(&mut out[..count])?;
        (self.read, self.offset) = (self.read + count as u64, self.offset + count as u64);
        Ok(count)
    }

    /// Goes to the next data.
    fn advance(&mut self, file: &mut File) -> io::Result<()> {
        let (data, end) = next_data(file, self.offset, self.size)?;
        let hole = data - self.offset;
        self.zeros = hole.min(KEPT);
        if hole > self.zeros {
            self.shortened.push(ShortenedHole { at: self.read, bytes: hole - self.zeros });
        }
        (self.offset, self.end) = (data, end);
        Ok(())
    }

    pub(super) fn left_out(&self) -> u64 {
        self.shortened.iter().map(|hole| hole.bytes).sum()
    }

    /// Corrects the place of a hit.
    pub(super) fn place(&self, hit: &mut Hit) {
        let line_start = hit.span.start.saturating_sub(hit.start.column.saturating_sub(1));
        let before = self.shortened.partition_point(|hole| hole.at < hit.span.start);
        let in_line = self.shortened[..before].partition_point(|hole| hole.at < line_start);
        let bytes = |holes: &[ShortenedHole]| holes.iter().map(|hole| hole.bytes).sum::<u64>();
        let added = bytes(&self.shortened[in_line..before]);
        if hit.end.line == hit.start.line {
            hit.end.column += added;
        }
        hit.start.column += added;
        let moved = bytes(&self.shortened[..before]);
        hit.span = hit.span.start + moved..hit.span.end + moved;
    }
}

#[cfg(unix)]
fn allocated(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)
}

#[cfg(not(unix))]
fn allocated(metadata: &Metadata) -> u64 {
    metadata.len()
}

/// Returns the offsets at which the next data begins and ends, and goes to its beginning.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn next_data(file: &mut File, from: u64, size: u64) -> io::Result<(u64, u64)> {
    use rustix::fs::{SeekFrom, seek};
    let data = match seek(&*file, SeekFrom::Data(from)) {
        Ok(data) => data.clamp(from, size.max(from)),
        Err(rustix::io::Errno::NXIO) => size,
        // A file system that does not know.
        Err(_) => from,
    };
    let end = if data < size { seek(&*file, SeekFrom::Hole(data)).unwrap_or(size) } else { size };
    seek(&*file, SeekFrom::Start(data))?;
    Ok((data, end.clamp(data, size.max(data))))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn next_data(_file: &mut File, from: u64, size: u64) -> io::Result<(u64, u64)> {
    Ok((from, size))
}
