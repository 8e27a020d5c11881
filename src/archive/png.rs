//! PNG: its compressed texts. Pixels are not read.

use std::io::Read;

use memchr::memchr;

use super::Seekable;
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, display, read_at};
use crate::model::SkipReason;

const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(super) const FORMAT: ArchiveFormat =
    ArchiveFormat::new("PNG", MAGIC, |head| head.get(12..16) == Some(b"IHDR"), OpenMode::Document(open));

/// Bytes of a text in which its compressed data must begin.
const MAX_KEYWORDS: usize = 4 << 10;

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    let mut at = MAGIC.len() as u64;
    while walker.budget.in_time() {
        let head = read_at(input, at, 8);
        let Some(([a, b, c, d], kind)) = head.split_first_chunk::<4>() else { break };
        let length = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
        if matches!(kind, b"zTXt" | b"iTXt") {
            let mut reader: &mut dyn Seekable = input;
            text(walker, kind == b"zTXt", &mut PeekReader::new(&mut Read::take(&mut reader, length)));
        }
        // A checksum follows.
        at += 12 + length;
    }
    walker.report_stop();
}

/// Visits a text chunk. One of the kind `iTXt` says itself that it is compressed.
fn text(walker: &mut ArchiveWalker<'_>, is_compressed: bool, source: &mut PeekReader<'_>) {
    let head = source.peek(MAX_KEYWORDS);
    let keyword = &head[..memchr(0, head).unwrap_or(head.len())];
    let rest = head.get(keyword.len() + 1..).unwrap_or_default();
    let kind = if is_compressed { "zTXt" } else { "iTXt" };
    let data = match rest {
        [_, ..] if is_compressed => Some(1),
        [0, ..] => return,
        // A compression method, a language and a translated keyword come first.
        [_, _, names @ ..] => memchr::memchr_iter(0, names).nth(1).map(|end| end + 3),
        _ => None,
    };
    let name = format!("{kind} {}", display(keyword));
    let Some(data) = data else { return walker.skip_member(&name, SkipReason::Damaged, "corrupt header") };
    let skipped = keyword.len() + 1 + data;
    source.skip(skipped as u64);
    walker.zlib_part(&name, source);
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, secret, see, see_within, stored, tight, zlib};
    use super::*;

    /// An image with a compressed comment.
    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        image(&[(b"zTXt", &[b"Comment\0\0", &zlib(text)[..]].concat())])
    }

    fn image(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let pixels = zlib(&[0; 100]);
        let mut file = MAGIC.to_vec();
        let ends: [(&[u8; 4], &[u8]); 2] = [(b"IDAT", &pixels), (b"IEND", b"")];
        for (kind, data) in [&[(b"IHDR", &[0; 13][..])], chunks, &ends].concat() {
            file.extend((data.len() as u32).to_be_bytes());
            file.extend([&kind[..], data, &[0; 4]].concat());
        }
        file
    }

    #[test]
    fn compressed_texts_are_members() {
        let packed = zlib(&secret());
        let text = |head: &[u8]| [head, &packed].concat();
        for (kind, data, place) in [
            (b"zTXt", text(b"Comment\0\0"), "a.png!zTXt Comment"),
            (b"zTXt", text(b"\0\0"), "a.png!zTXt "),
            (b"iTXt", text(b"XML:com.adobe.xmp\0\x01\0\0\0"), "a.png!iTXt XML:com.adobe.xmp"),
            (b"iTXt", text(b"Title\0\x01\0de\0\xc3\x9cberschrift\0"), "a.png!iTXt Title"),
            (b"iTXt", [b"Title\0\0\0\0\0", MARK].concat(), "a.png"),
            (b"tEXt", [b"Title\0", MARK].concat(), "a.png"),
        ] {
            let seen = see(&stored(&[("a.png", &image(&[(b"gAMA", &[0; 4]), (kind, &data)]))]));
            assert_eq!((seen.places(), seen.reasons()), (vec![place], vec![]));
        }
        assert_eq!(see(&image(&[(b"IDAT", &text(b""))])).members.len(), 0);
    }

    #[test]
    fn broken_texts_are_counted() {
        let packed = [b"Comment\0\0", &zlib(&secret())[..]].concat();
        let whole = image(&[(b"zTXt", &packed)]);
        for (file, members) in [
            (image(&[(b"zTXt", b"no end")]), 0),
            (image(&[(b"iTXt", b"Title\0\x01\0de")]), 0),
            (image(&[(b"zTXt", &packed[..packed.len() - 900])]), 1),
            (whole[..whole.len() - 900].to_vec(), 1),
            (image(&[(b"zTXt", b"Title\0\0text")]), 1),
        ] {
            let seen = see(&file);
            assert_eq!((seen.members.len(), seen.reasons()), (members, vec![SkipReason::Damaged]));
        }
        let bomb = sample(&vec![0; 6 << 20]);
        let many = image(&vec![(b"zTXt", &b"\0\0x\x9c\x03\0"[..]); 2_000]);
        for file in [bomb, many] {
            assert_eq!(see_within(&file, tight()).reasons(), [SkipReason::OverLimit]);
        }
        let endless = [&image(&[])[..], &[0; 12].repeat(100_000)].concat();
        assert_eq!(see(&endless).reasons(), []);
    }
}
