//! The members of a zip that base64 writes, one after the other, by their local headers.

use std::io::Read;

const HEADER: usize = 30;
const MAGIC: &[u8] = b"PK\x03\x04";
const HAS_DESCRIPTOR: u16 = 1 << 3;

/// Returns the names and contents of all members, up to `most` bytes. Takes what it reads; all, if a member is cut off.
pub(super) fn read(packed: &mut &[u8], most: u64) -> Vec<u8> {
    let mut text = Vec::new();
    while packed.starts_with(MAGIC) && (text.len() as u64) < most {
        if member(packed, most, &mut text).is_none() {
            *packed = &[];
        }
    }
    text
}

fn member(packed: &mut &[u8], most: u64, text: &mut Vec<u8>) -> Option<()> {
    let header = *packed;
    let short = |at: usize| Some(u16::from_le_bytes([*header.get(at)?, *header.get(at + 1)?]));
    let (flags, method) = (short(6)?, short(8)?);
    let size = usize::from(short(18)?) | usize::from(short(20)?) << 16;
    let (name, extra) = (usize::from(short(26)?), usize::from(short(28)?));
    text.extend_from_slice(header.get(HEADER..HEADER + name)?);
    text.push(b'\n');
    let mut data = header.get(HEADER + name + extra..)?;
    let has_descriptor = flags & HAS_DESCRIPTOR != 0;
    match method {
        8 => {
            let mut decoder = flate2::bufread::DeflateDecoder::new(&mut data);
            // Keeps the text before damage.
            decoder.by_ref().take(most.saturating_sub(text.len() as u64)).read_to_end(text).ok()?;
        }
        0 if !has_descriptor => {
            text.extend_from_slice(data.get(..size).unwrap_or(data));
            data = data.get(size..)?;
        }
        _ => data = data.get(size..).filter(|_| !has_descriptor)?,
    }
    text.push(b'\n');
    if has_descriptor {
        let mark = if data.starts_with(b"PK\x07\x08") { 4 } else { 0 };
        data = data.get(mark + 12..)?;
    }
    *packed = data;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{self, Noise, token};
    use super::*;
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::STANDARD;
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    fn packed(files: &[(&str, String)], method: CompressionMethod, is_streamed: bool) -> Vec<u8> {
        let options = SimpleFileOptions::default().compression_method(method);
        let mut bytes = Vec::new();
        if is_streamed {
            let mut writer = ZipWriter::new_stream(&mut bytes);
            for (name, content) in files {
                writer.start_file(*name, options).unwrap();
                writer.write_all(content.as_bytes()).unwrap();
            }
            writer.finish().unwrap();
        } else {
            let mut writer = ZipWriter::new(Cursor::new(&mut bytes));
            for (name, content) in files {
                writer.start_file(*name, options).unwrap();
                writer.write_all(content.as_bytes()).unwrap();
            }
            writer.finish().unwrap();
        }
        bytes
    }

    #[test]
    fn a_zip_in_base64() {
        let mut noise = Noise::new(111);
        for prefix in testing::PREFIXES {
            for filler in [0, 300, 40_000] {
                let secret = token(prefix, &noise.body(34));
                let files = [
                    ("a.txt", "some words ".repeat(9)),
                    ("b.js", noise.body(filler)),
                    (".env", format!("KEY={secret}\n")),
                ];
                for is_streamed in [false, true] {
                    let bytes = packed(&files, CompressionMethod::Deflated, is_streamed);
                    let text = format!("{{\"zip\": \"{}\"}}", STANDARD.encode(&bytes));
                    let (names, span) = testing::find(text.as_bytes(), secret.as_bytes()).expect("found");
                    assert_eq!((names, span.start), (vec!["base64", "zip"], 9), "{filler} {is_streamed}");
                }
            }
        }
    }

    #[test]
    fn what_is_cut_or_broken() {
        let files = [("a", "some words ".repeat(9)), ("b", "more".to_owned())];
        for method in [CompressionMethod::Deflated, CompressionMethod::Stored] {
            let whole = packed(&files, method, false);
            let mut rest = &whole[..];
            let text = read(&mut rest, 1 << 20);
            assert_eq!(text, format!("a\n{}\nb\nmore\n", files[0].1).as_bytes());
            assert!(rest.starts_with(b"PK\x01\x02"));
            for cut in 0..whole.len() {
                let mut rest = &whole[..cut];
                assert!(text.starts_with(&read(&mut rest, 1 << 20)[..]) && rest.len() < whole.len());
            }
            assert!(read(&mut &whole[..], 20).len() < 130);
            let mut broken = whole.clone();
            for at in 0..whole.len() {
                broken[at] ^= 0xa5;
                read(&mut &broken[..], 1 << 20);
            }
        }
    }
}
