//! Archives as places: bytes in, members out.
//!
//! A key in a jar in a tarball is as leaked as one in a text file, so whatever holds other files is opened,
//! nested ones too, and every member is handed to a [`Visitor`] with the names that lead to it. What something
//! is, its first bytes say, never its name. Everything is streamed: nothing is written to disk, and memory is
//! bounded by [`Limits`], whose defaults are those of [`crate::model::limits`].
//!
//! A damaged, encrypted or endless archive is never an error here. Whatever could be read is visited, and what
//! could not is told to the visitor with its [`SkipReason`]. This module does not search anything, and it does not
//! visit the bytes of the outermost file itself: its caller has those already.

mod ar;
mod at_once;
mod budget;
mod bzip2;
mod codec;
mod format;
mod gzip;
mod pack;
mod source;
mod sqlite;
mod tar;
mod walker;
mod xz;
mod zip;
mod zstd;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod quine;
#[cfg(test)]
mod samples;

use std::io::{Read, Seek};

use crate::model::SkipReason;

pub use budget::Limits;
pub use format::is_archive;
pub(crate) use format::may_be_archive;
pub use walker::is_archive_at;

/// Bytes that can be read from any position: a slice in a [`std::io::Cursor`], or a file.
pub trait Seekable: Read + Seek {}

impl<T: Read + Seek> Seekable for T {}

/// Receives what an archive holds. A chain lists names, outermost first, without that of the outermost file.
pub trait Visitor {
    /// The content of one member, or what of an opened nested archive lies outside its members. The reader
    /// never fails: damage ends it, and is told through [`Visitor::skip`]. It need not be read to its end.
    fn member(&mut self, chain: &[String], content: &mut dyn Read);

    /// As [`Visitor::member`], for content that is in memory anyway.
    fn bytes(&mut self, chain: &[String], mut content: &[u8]) {
        self.member(chain, &mut content);
    }

    /// The last name of `chain` stands in an archive: a file, link or directory, with content or without.
    fn name(&mut self, _chain: &[String]) {}

    /// Something at `chain` was not read, or only in part. `what` says what the matter was.
    fn skip(&mut self, reason: SkipReason, chain: &[String], what: &str);
}

/// Opens `input`, if it is an archive, and visits everything in it within the default limits.
pub fn open(input: &mut dyn Seekable, visitor: &mut dyn Visitor) {
    open_within(input, visitor, Limits::default());
}

/// As [`open`], within limits of the caller's.
pub fn open_within(input: &mut dyn Seekable, visitor: &mut dyn Visitor, limits: Limits) {
    walker::open(input, visitor, limits);
}
