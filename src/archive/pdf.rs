//! PDF: its streams that are compressed: text of pages, objects, attachments.
//!
//! The table of objects is not followed: a stream is found by its keyword, so that what a later version of the document
//! replaced is visited, too. Images are passed over.

mod filter;

use std::io::SeekFrom;

use memchr::memmem;

use super::Seekable;
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode};
use crate::git::inflate::is_zlib;
use crate::model::SkipReason;

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("PDF", b"%PDF-", has_version, OpenMode::Document(open));

const KEYWORD: &[u8] = b"stream";
const ENCRYPT: &[u8] = b"/Encrypt";

/// Bytes before a stream in which its dictionary and the number of its object are looked for.
const DICTIONARY: usize = 2 << 10;

/// Returns true if a version and white space follow, as in `%PDF-1.7`.
fn has_version(head: &[u8]) -> bool {
    matches!(head.get(5..9), Some([b'0'..=b'9', b'.', b'0'..=b'9', end]) if end.is_ascii_whitespace())
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    if is_encrypted(input) {
        return walker.skip(SkipReason::Encrypted, "needs a password");
    }
    let (mut at, mut count) = (0, 0);
    while let Some(broken) = visit_from(walker, input, at, &mut count) {
        // Broken data has no end, and the next stream may be in what the decoder took for it.
        at = broken;
    }
    walker.report_stop();
}

/// Visits the streams behind `at`. Returns where the data of one begins that is broken.
fn visit_from(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, at: u64, count: &mut u64) -> Option<u64> {
    if !walker.seek(input, at) {
        return None;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    let mut before = Vec::new();
    while walker.budget.in_time() && seek_stream(&mut source, &mut before) {
        let Some(dictionary) = before.strip_suffix(KEYWORD).map(<[u8]>::trim_ascii_end) else { continue };
        let next = source.peek(4);
        let Some(gap) = line_end(next).filter(|_| dictionary.ends_with(b">>")) else { continue };
        let is_zlib = begins_like_zlib(&next[gap..]);
        *count += 1;
        let object = object_of(dictionary);
        let name = object.map_or_else(|| format!("stream {count}"), |(number, _)| format!("object {number} stream"));
        let dictionary = object.map_or(dictionary, |(_, dictionary)| dictionary);
        let filters = filter::names(dictionary);
        let is_filtered = !is_zlib && filters.iter().any(|name| filter::is_filter(name));
        if object.is_some() && is_image(dictionary) || !is_zlib && !is_filtered {
            continue;
        }
        source.skip(gap as u64);
        if is_filtered {
            let is_early = memmem::find(dictionary, b"/EarlyChange 0").is_none();
            filter::visit(walker, &name, &mut source, &filters, is_early);
            before.clear();
            continue;
        }
        let data = source.taken();
        if !walker.zlib_part(&name, &mut source) {
            // Pays for bytes that are read again, so that the time is in proportion to the size.
            return walker.budget.expand(source.taken() - data).then_some(at + data);
        }
        before.clear();
    }
    None
}

fn is_encrypted(input: &mut dyn Seekable) -> bool {
    if input.seek(SeekFrom::Start(0)).is_err() {
        return false;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    while source.seek_mark(ENCRYPT) {
        source.skip(ENCRYPT.len() as u64);
        if source.peek(1).first().is_some_and(|next| next.is_ascii_whitespace() || *next == b'<') {
            return true;
        }
    }
    false
}

/// Takes bytes up to the end of the next keyword. `before` gets those that are taken last.
fn seek_stream(source: &mut PeekReader<'_>, before: &mut Vec<u8>) -> bool {
    while source.peek(KEYWORD.len()).len() == KEYWORD.len() {
        let ahead = source.ahead();
        let found = memmem::find(ahead, KEYWORD);
        let step = found.map_or(ahead.len() + 1 - KEYWORD.len(), |at| at + KEYWORD.len());
        before.extend_from_slice(&ahead[step.saturating_sub(DICTIONARY)..step]);
        before.drain(..before.len().saturating_sub(DICTIONARY));
        source.skip(step as u64);
        if found.is_some() {
            return true;
        }
    }
    false
}

/// Returns the number of bytes of the line end between the keyword and data.
fn line_end(next: &[u8]) -> Option<usize> {
    match next {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

fn begins_like_zlib(data: &[u8]) -> bool {
    // Windows are at most 32 kB.
    data.first_chunk().is_some_and(|head| head[0] < 0x80 && is_zlib(*head))
}

/// Returns the number of the object that was begun last, and what follows its `12 0 obj`.
fn object_of(before: &[u8]) -> Option<(u32, &[u8])> {
    memmem::rfind_iter(before, b"obj").find_map(|at| {
        let digits = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = before[..at].trim_ascii_end();
        let rest = rest[..rest.len() - digits(rest)].trim_ascii_end();
        let number = &rest[rest.len() - digits(rest)..];
        Some((std::str::from_utf8(number).ok()?.parse().ok()?, &before[at..]))
    })
}

fn is_image(dictionary: &[u8]) -> bool {
    memmem::find_iter(dictionary, b"/Subtype").any(|at| {
        let value = dictionary[at..].strip_prefix(b"/Subtype").unwrap_or_default().trim_ascii_start();
        value.strip_prefix(b"/Image").is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, noise, secret, see, see_within, stored, tight, zip, zlib};
    use super::*;

    /// A document with one stream.
    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        document(&[(12, "/Filter /FlateDecode", "\n", &zlib(text))])
    }

    /// A document of streams, each with its number, what its dictionary holds, the end of the keyword's line, and data.
    fn document(streams: &[(u32, &str, &str, &[u8])]) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        for (number, dictionary, end, data) in streams {
            file.extend(format!("{number} 0 obj\n<< /Length {} {dictionary} >>\nstream{end}", data.len()).bytes());
            file.extend([data, &b"\nendstream\nendobj\n"[..]].concat());
        }
        file.extend(b"trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
        file
    }

    #[test]
    fn compressed_streams_are_members() {
        let (data, long) = (zlib(&secret()), format!("/W [{}]", "0 ".repeat(2_000)));
        let acrobat = [&[0x48, 0x89], &data[2..]].concat();
        for (dictionary, end, data, place) in [
            ("/Filter /FlateDecode", "\n", &data, "object 7 stream"),
            ("/Filter[/FlateDecode]/Type/ObjStm/N 3", "\r\n", &data, "object 7 stream"),
            ("/Filter /FlateDecode /Subtype /ImageText", "\r", &data, "object 7 stream"),
            ("/Filter /FlateDecode", "\n", &acrobat, "object 7 stream"),
            ("/Filter /FlateDecode", "\n", &data[..data.len() - 4].to_vec(), "object 7 stream"),
            (&long, "\n", &data, "stream 2"),
            ("/Type /EmbeddedFile", "\n", &zlib(&zip(&[(".env", &secret())])), "object 7 stream!.env"),
            ("", "\n", &MARK.to_vec(), ""),
        ] {
            // A stream before it, and pixels after it that are passed over.
            let pixels = zlib(&secret());
            let file = document(&[
                (3, "", "\n", &zlib(b"q 1 0 0 1 0 0 cm")),
                (7, dictionary, end, data),
                (8, "/Subtype /Image", "\n", &pixels),
            ]);
            let seen = see(&stored(&[("a.pdf", &file)]));
            let place = format!("a.pdf!{place}");
            assert_eq!((seen.places(), seen.reasons()), (vec![place.trim_end_matches('!')], vec![]), "{dictionary}");
        }
    }

    #[test]
    fn streams_of_other_filters_are_decoded() {
        let text = secret();
        let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
        let runs: Vec<u8> = text.chunks(100).flat_map(|part| [&[part.len() as u8 - 1], part].concat()).collect();
        for (dictionary, data) in [
            ("/Filter /ASCII85Decode", filter::tests::ascii85_of(&text)),
            ("/Filter [ /ASCII85Decode /FlateDecode ]", filter::tests::ascii85_of(&zlib(&text))),
            ("/Filter[/AHx/LZWDecode]/DecodeParms[null<</EarlyChange 0>>]", {
                let packed = filter::tests::lzw_of(&text, false);
                packed.iter().map(|byte| format!("{byte:02X}")).collect::<String>().into_bytes()
            }),
            ("/Filter /LZWDecode", filter::tests::lzw_of(&text, true)),
            ("/Filter/ASCIIHexDecode", hex.into_bytes()),
            ("/Filter /RunLengthDecode", runs),
        ] {
            let file = document(&[(7, dictionary, "\n", &data), (8, "", "\n", &zlib(MARK))]);
            let seen = see(&file);
            assert_eq!(
                (seen.places(), seen.reasons()),
                (vec!["object 7 stream", "object 8 stream"], vec![]),
                "{dictionary}"
            );
        }
        for (filter, reasons) in
            [("/BrotliDecode", vec![SkipReason::Unsupported]), ("/DCTDecode", vec![]), ("[/A85/DCT]", vec![])]
        {
            let file = document(&[(7, &format!("/Filter {filter}"), "\n", b"data")]);
            assert_eq!((see(&file).members.len(), see(&file).reasons()), (0, reasons), "{filter}");
        }
        let runs = [b"\x81a".repeat(700_000), vec![0x80]].concat();
        assert_eq!(see(&document(&[(7, "/Filter /RL", "\n", &runs)])).reasons(), [SkipReason::OverLimit]);
    }

    #[test]
    fn streams_are_found_at_any_distance_from_the_edge_of_a_read() {
        for before in (65_400..65_600).chain(4_000..4_100) {
            let file = document(&[(3, "", "\n", &vec![b'.'; before]), (7, "", "\n", &zlib(MARK))]);
            assert_eq!(see(&file).places(), ["object 7 stream"], "{before}");
        }
    }

    #[test]
    fn damage_is_counted_and_hides_no_other_stream() {
        let whole = zlib(&[secret(), noise(90_000)].concat());
        for broken in [&whole[..9_000], &whole[..70_000]] {
            let file = document(&[(3, "", "\n", broken), (7, "", "\n", &zlib(MARK))]);
            let seen = see(&file);
            assert_eq!(seen.places(), ["object 3 stream", "object 7 stream"], "{}", broken.len());
            assert_eq!(seen.skips, [(SkipReason::Damaged, "object 3 stream".to_owned())]);
        }
        let file = document(&[(3, "", "\n", &whole)]);
        let data = memmem::find(&file, b"stream\n").unwrap() + 7;
        for cut in (0..file.len()).step_by(997) {
            let is_broken = (data + 2..data + whole.len() - 4).contains(&cut);
            assert_eq!(see(&file[..cut]).skips.len(), usize::from(is_broken), "{cut}");
        }
    }

    #[test]
    fn encrypted_documents_are_counted() {
        let open = sample(&secret());
        let locked = [&open[..], b"trailer << /Encrypt 9 0 R >>"].concat();
        assert_eq!(see(&locked).skips, [(SkipReason::Encrypted, String::new())]);
        let metadata = [&open[..], b"<< /EncryptMetadata false >>"].concat();
        assert_eq!((see(&metadata).places().len(), see(&metadata).reasons()), (1, vec![]));
    }

    #[test]
    fn a_zip_behind_a_document_is_opened() {
        let file = [sample(&secret()), zip(&[("conf/.env", &secret())])].concat();
        assert_eq!(see(&file).places(), ["object 12 stream", "conf/.env"]);
    }

    #[test]
    fn documents_lie_one_level_deeper_than_archives() {
        let nest = |inner: Vec<u8>, count: usize| (0..count).fold(inner, |inner, _| zip(&[("n.zip", &inner)]));
        let seen = see(&nest(sample(&secret()), 4));
        assert_eq!((seen.places().len(), seen.reasons()), (1, vec![]));
        assert_eq!(see(&nest(sample(&sample(&secret())), 4)).reasons(), [SkipReason::OverLimit]);
        let deep = (0..12).fold(secret(), |inner, _| sample(&inner));
        assert_eq!(see(&deep).reasons(), [SkipReason::OverLimit]);
    }

    #[test]
    fn hostile_streams_are_bounded() {
        let bomb = document(&[(1, "", "\n", &zlib(&vec![0; 6 << 20]))]);
        let empty = [b"%PDF-1.7\n".to_vec(), b"<<>>\nstream\nx\x9c\x03\0\0\0\0\x01".repeat(100_000)].concat();
        let mut endless = b"%PDF-1.7\n".to_vec();
        // Each stream ends in an uncompressed block that is longer than the file.
        (0..20_000).for_each(|_| endless.extend(b"<<>>stream\nx\x9c\0\xff\xff\0\0"));
        // Each stream goes on through all that follow, in blocks of their headers.
        let mut chained = b"%PDF-1.7\n".to_vec();
        (0..20_000).for_each(|_| chained.extend(b"<<>>stream\nx\x9c\0\x0d\0\xf2\xff"));
        for file in [&bomb, &empty, &endless, &chained] {
            assert!(see_within(file, tight()).reasons().contains(&SkipReason::OverLimit));
        }
        assert_eq!((see(&empty).members.len(), see(&empty).reasons()), (100_000, vec![]));
        for mark in ["stream", "stream\n", ">>stream\n", "obj<<>>stream\n", "/Encrypt", "1 0 obj 1 0 obj"] {
            let seen = see(&[b"%PDF-1.7\n", mark.repeat(100_000).as_bytes()].concat());
            assert_eq!((seen.members.len(), seen.reasons()), (0, vec![]), "{mark}");
        }
    }
}
