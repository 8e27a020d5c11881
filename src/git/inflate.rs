//! Inflation into reused buffers.
//!
//! The length of the result is known beforehand and bounded by the caller, so one call of libdeflate does it, and a
//! result that is longer, shorter or has a wrong checksum is damage.

use libdeflater::{DecompressionError, Decompressor};

use super::object::Damage;

/// A buffer that is resized without being cleared.
#[derive(Debug, Default)]
pub(crate) struct ReusableBuffer {
    store: Vec<u8>,
    len: usize,
}

impl ReusableBuffer {
    /// Sets the length and returns the bytes to be overwritten; they hold leftovers.
    pub(crate) fn reset(&mut self, len: usize) -> &mut [u8] {
        if self.store.len() < len {
            // The old bytes need not be copied to a larger allocation.
            if self.store.capacity() < len {
                self.store = Vec::with_capacity(len.max(2 * self.store.capacity()).min(len + (4 << 20)));
            }
            self.store.resize(len, 0);
        }
        self.len = len;
        &mut self.store[..len]
    }

    /// Returns the allocated bytes.
    pub(crate) fn held(&self) -> usize {
        self.store.capacity()
    }

    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        self.store.truncate(self.len);
        self.store
    }
}

impl From<Vec<u8>> for ReusableBuffer {
    fn from(store: Vec<u8>) -> Self {
        Self { len: store.len(), store }
    }
}

impl std::ops::Deref for ReusableBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.store[..self.len]
    }
}

/// The decompressors of one thread: one for streams that begin with a block of static Huffman codes, as most short
/// deltas do, which keeps the tables of these codes from one stream to the next.
pub(crate) struct Inflater {
    fixed: Decompressor,
    other: Decompressor,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self { fixed: Decompressor::new(), other: Decompressor::new() }
    }

    /// Returns the decompressor for a stream whose deflated part begins with this byte (RFC 1951, section 3.2.3).
    fn suited(&mut self, first: Option<&u8>) -> &mut Decompressor {
        if first.is_some_and(|first| first >> 1 & 3 == 1) { &mut self.fixed } else { &mut self.other }
    }

    /// Inflates the zlib stream at the beginning of `input`, which must hold exactly `size` bytes.
    pub(crate) fn inflate(&mut self, input: &[u8], size: usize, out: &mut ReusableBuffer) -> Result<(), Damage> {
        exactly(size, self.suited(input.get(2)).zlib_decompress(input, out.reset(size)))
    }

    /// As [`Inflater::inflate`], without checking the checksum of the result: the stored bytes are known to be those
    /// that git wrote.
    pub(crate) fn inflate_sound(&mut self, input: &[u8], size: usize, out: &mut ReusableBuffer) -> Result<(), Damage> {
        match input.split_first_chunk() {
            Some((head, deflated)) if is_zlib(*head) => {
                exactly(size, self.suited(deflated.first()).deflate_decompress(deflated, out.reset(size)))
            }
            _ => self.inflate(input, size, out),
        }
    }
}

/// Returns true for the head of a zlib stream without a dictionary: deflate, and a valid check of the head.
pub(crate) fn is_zlib(head: [u8; 2]) -> bool {
    head[0] & 0x0f == 8 && head[1] & 0x20 == 0 && u16::from_be_bytes(head).is_multiple_of(31)
}

fn exactly(size: usize, written: Result<usize, DecompressionError>) -> Result<(), Damage> {
    match written {
        Ok(written) if written == size => Ok(()),
        Ok(_) | Err(DecompressionError::InsufficientSpace) => Err(Damage::Length),
        Err(DecompressionError::BadData) => Err(Damage::Stream),
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inflater")
    }
}
