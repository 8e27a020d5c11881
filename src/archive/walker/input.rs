//! Reads the outermost archive: within its time, and at an offset.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::Seekable;
use super::super::budget::ArchiveBudget;

/// Reads the outermost archive until its time is over.
pub(super) struct TimedInput<'a> {
    pub(super) inner: &'a mut dyn Seekable,
    pub(super) budget: &'a ArchiveBudget,
}

impl Read for TimedInput<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.budget.in_time() { self.inner.read(out) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}

impl Seek for TimedInput<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Reads up to `count` bytes from `at`; fewer at the end of the input.
pub(in super::super) fn read_at(input: &mut dyn Seekable, at: u64, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if input.seek(SeekFrom::Start(at)).is_ok() {
        let mut reader: &mut dyn Seekable = input;
        // Bytes that were read before an error are returned.
        let _ = Read::take(&mut reader, count as u64).read_to_end(&mut bytes);
    }
    bytes
}
