//! Documents: files that are read as they are and hold text in compressed parts as well.

use std::io::Read;

use super::super::codec::{Codec, StreamDecoder};
use super::super::peek_reader::PeekReader;
use super::{ArchiveWalker, OpenSeekable, TOO_LARGE};
use crate::model::SkipReason;

impl ArchiveWalker<'_> {
    /// Visits a document inside of another archive, and its parts.
    pub(super) fn document(&mut self, source: &mut PeekReader<'_>, open: OpenSeekable) {
        let (bytes, fits) = self.hold(source);
        if !fits {
            self.plain(&mut (&bytes[..]).chain(source));
            return self.skip(SkipReason::OverLimit, TOO_LARGE);
        }
        self.plain(&mut &bytes[..]);
        self.open_held(&bytes, open);
    }

    /// Visits a part in zlib's format. Its checksum is not verified: many writers get it wrong, and no reader minds.
    /// Returns false if it was not read to its end.
    pub(in super::super) fn zlib_part(&mut self, name: &str, source: &mut PeekReader<'_>) -> bool {
        source.skip(2);
        let mut decoder = StreamDecoder::single(Codec::inflate(), source, self.budget);
        if !self.enter(name, &mut decoder) {
            return false;
        }
        let outcome = decoder.finish();
        if let Err(fault) = outcome {
            self.fault(Some(name), fault);
        }
        outcome.is_ok()
    }
}
