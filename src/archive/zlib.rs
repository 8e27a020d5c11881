//! zlib: one stream with a header and a checksum (RFC 1950), such as a loose object of git that was copied somewhere.

use flate2::{Decompress, FlushDecompress};

use super::codec::{Codec, Compression, DecodeFault, StreamFraming};
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, OpenMode, is_text};
use crate::git::inflate;

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new(
    "zlib",
    b"x",
    is_zlib,
    OpenMode::Compressed(&Compression {
        suffixes: &[("zz", ""), ("zlib", "")],
        framing: |_| Box::new(ZlibFraming(false)),
    }),
);

/// Returns true if a stream begins here: its header says little, so its first bytes must inflate.
fn is_zlib(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|first| inflate::is_zlib(*first)) && !is_text(head) && inflates(head)
}

/// Returns true if the first bytes of a stream are no noise.
pub(super) fn inflates(head: &[u8]) -> bool {
    let (mut decoder, mut out) = (Decompress::new(true), [0; 256]);
    decoder.decompress(head, &mut out, FlushDecompress::None).is_ok() && decoder.total_out() > 0
}

/// Holds true once the stream was begun.
struct ZlibFraming(bool);

impl StreamFraming for ZlibFraming {
    fn start(&mut self, _source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
        Ok((!std::mem::replace(&mut self.0, true)).then(Codec::zlib))
    }
}

#[cfg(test)]
mod tests {
    use super::super::begins_like_archive;
    use super::super::samples::{MARK, secret, see, see_within, tight, zip, zlib};
    use crate::model::SkipReason;

    #[test]
    fn streams_are_opened() {
        let packed = zlib(&secret());
        assert_eq!((see(&packed).places(), see(&packed).reasons()), (vec!["content"], vec![]));
        assert_eq!(see(&zip(&[("a.env.zz", &packed)])).places(), ["a.env.zz!a.env"]);
        assert_eq!(see(&zlib(MARK)).places(), ["content"]);
        assert_eq!(see(&packed[..packed.len() - 9]).reasons(), [SkipReason::Damaged]);
        assert_eq!(see_within(&zlib(&vec![0; 6 << 20]), tight()).reasons(), [SkipReason::OverLimit]);
    }

    #[test]
    fn what_is_no_stream() {
        for head in
            [&b"x"[..], b"x\x9c", b"x^2 + y^2 = z^2", b"x\x9cnone of them", b"x\x01\x02\x03\x04\x05\xff\xff\xff"]
        {
            assert!(!begins_like_archive(head), "{head:?}");
        }
    }
}
