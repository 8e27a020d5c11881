//! Numbers and texts as bytes, little-endian, and back. Nothing that is read is trusted: a count is compared with the bytes
//! that are left before anything is allocated for it.

use crate::detect::Redactor;
use crate::git::{ObjectFormat, Oid};

#[derive(Debug)]
pub(crate) struct FieldWriter<'a> {
    pub(crate) bytes: Vec<u8>,
    redactor: &'a Redactor,
    /// A text that was written may hold a key.
    pub(crate) may_hold_key: bool,
}

impl<'a> FieldWriter<'a> {
    pub(crate) fn new(redactor: &'a Redactor) -> Self {
        Self { bytes: Vec::new(), redactor, may_hold_key: false }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.raw(&number.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    /// Writes a number of items. One that is too large is refused when it is read.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(crate) fn text(&mut self, text: &[u8]) {
        let shown = String::from_utf8_lossy(text);
        self.may_hold_key |= self.redactor.redact(&shown) != shown;
        self.count(text.len());
        self.raw(text);
    }

    pub(crate) fn oids<'o>(&mut self, oids: impl ExactSizeIterator<Item = &'o Oid>) {
        self.count(oids.len());
        oids.for_each(|oid| self.raw(oid.as_bytes()));
    }
}

/// Reads fields; `None` where they end too early.
#[derive(Debug, Clone)]
pub(crate) struct FieldReader<'a> {
    rest: &'a [u8],
    format: ObjectFormat,
}

impl<'a> FieldReader<'a> {
    pub(crate) fn new(bytes: &'a [u8], format: ObjectFormat) -> Self {
        Self { rest: bytes, format }
    }

    pub(crate) fn raw(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.raw(4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.raw(8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// Reads the number of items of at least so many bytes.
    pub(crate) fn count(&mut self, least: usize) -> Option<usize> {
        let count = self.u32()? as usize;
        (count.checked_mul(least)? <= self.rest.len()).then_some(count)
    }

    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.count(1)?;
        self.raw(length)
    }

    pub(crate) fn oid(&mut self) -> Option<Oid> {
        self.raw(self.format.raw_len()).and_then(Oid::from_raw)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn oids(&mut self) -> Option<Vec<Oid>> {
        (0..self.count(self.format.raw_len())?).map(|_| self.oid()).collect()
    }
}
