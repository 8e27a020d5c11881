//! Inflating into space that is used again and again.
//!
//! The length of what comes out is known beforehand and capped by the caller, so one call of libdeflate does it, and
//! anything longer, shorter or with a wrong checksum is damage.

use libdeflater::{DecompressionError, Decompressor};

use super::object::Damage;

/// Bytes that shrink and grow without being cleared each time.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    store: Vec<u8>,
    len: usize,
}

impl Buffer {
    /// Makes the length `len` and gives the bytes to be overwritten; they hold leftovers.
    pub(crate) fn reset(&mut self, len: usize) -> &mut [u8] {
        if self.store.len() < len {
            // What was there need not be copied to a larger home.
            if self.store.capacity() < len {
                self.store = Vec::with_capacity(len.max(2 * self.store.capacity()).min(len + (4 << 20)));
            }
            self.store.resize(len, 0);
        }
        self.len = len;
        &mut self.store[..len]
    }

    /// Bytes of memory that this holds on to.
    pub(crate) fn held(&self) -> usize {
        self.store.capacity()
    }

    /// The bytes, without the space around them.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        self.store.truncate(self.len);
        self.store
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(store: Vec<u8>) -> Self {
        Self { len: store.len(), store }
    }
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.store[..self.len]
    }
}

/// One thread's decompressor.
pub(crate) struct Inflater(Decompressor);

impl Inflater {
    pub(crate) fn new() -> Self {
        Self(Decompressor::new())
    }

    /// Inflates the zlib stream at the beginning of `input`, which must hold exactly `size` bytes.
    pub(crate) fn inflate(&mut self, input: &[u8], size: usize, out: &mut Buffer) -> Result<(), Damage> {
        exactly(size, self.0.zlib_decompress(input, out.reset(size)))
    }

    /// As [`Inflater::inflate`], for a stream whose stored bytes are known to be those that git wrote: the checksum of
    /// what comes out can say nothing more.
    pub(crate) fn inflate_sound(&mut self, input: &[u8], size: usize, out: &mut Buffer) -> Result<(), Damage> {
        // Deflate, without a dictionary, and the header's own checksum.
        let is_plain =
            |head: &[u8; 2]| head[0] & 0x0f == 8 && head[1] & 0x20 == 0 && u16::from_be_bytes(*head).is_multiple_of(31);
        match input.split_first_chunk() {
            Some((head, deflated)) if is_plain(head) => {
                exactly(size, self.0.deflate_decompress(deflated, out.reset(size)))
            }
            _ => self.inflate(input, size, out),
        }
    }
}

/// What the number of bytes that came out means, if it has to be `size`.
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
