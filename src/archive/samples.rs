//! Archives for tests: every format that can be written, and a visitor that records what it visits.

use std::io::{Cursor, Read, Write};
use std::time::Duration;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{ArchiveLimits, MemberVisitor, ValueNames, open};
use crate::model::SkipReason;

/// Records what a walk visits.
#[derive(Default)]
pub(super) struct RecordedWalk {
    pub(super) members: Vec<(String, Vec<u8>)>,
    pub(super) names: Vec<String>,
    pub(super) skips: Vec<(SkipReason, String)>,
    pub(super) total: u64,
}

impl MemberVisitor for RecordedWalk {
    fn member(&mut self, chain: &[String], content: &mut dyn Read) {
        let mut bytes = Vec::new();
        content.take(1 << 20).read_to_end(&mut bytes).unwrap();
        self.total += bytes.len() as u64;
        let mut window = vec![0; 1 << 16];
        loop {
            match content.read(&mut window).unwrap() {
                0 => break,
                count => self.total += count as u64,
            }
        }
        self.members.push((chain.join("!"), bytes));
    }

    fn values(&mut self, chain: &[String], text: &[u8], names: &dyn ValueNames) {
        self.total += text.len() as u64;
        for at in memchr::memmem::find_iter(text, MARK) {
            let (value, name) = names.value_at(at).unwrap();
            self.members.push(([chain, &[name]].concat().join("!"), text[value].to_vec()));
        }
    }

    fn name(&mut self, chain: &[String]) {
        self.names.push(chain.join("!"));
    }

    fn skip(&mut self, reason: SkipReason, chain: &[String], _what: &str) {
        self.skips.push((reason, chain.join("!")));
    }
}

impl RecordedWalk {
    /// The chains at which the marker was seen.
    pub(super) fn places(&self) -> Vec<&str> {
        let found = self.members.iter().filter(|(_, bytes)| memchr::memmem::find(bytes, MARK).is_some());
        found.map(|(chain, _)| chain.as_str()).collect()
    }

    pub(super) fn reasons(&self) -> Vec<SkipReason> {
        let mut reasons: Vec<_> = self.skips.iter().map(|(reason, _)| *reason).collect();
        reasons.sort();
        reasons.dedup();
        reasons
    }
}

/// The text that tests search for.
pub(super) const MARK: &[u8] = b"MARK-of-a-key-0123456789";

pub(super) fn see(bytes: &[u8]) -> RecordedWalk {
    see_within(bytes, ArchiveLimits::default())
}

pub(super) fn see_within(bytes: &[u8], limits: ArchiveLimits) -> RecordedWalk {
    let mut seen = RecordedWalk::default();
    open(&mut Cursor::new(bytes), &mut seen, limits);
    seen
}

/// Small bounds, so that what is over them is quick to build.
pub(super) fn tight() -> ArchiveLimits {
    ArchiveLimits {
        entries: 1_000,
        bytes: 4 << 20,
        floor: 1 << 20,
        time: Duration::from_secs(20),
        held: 1 << 20,
        ..ArchiveLimits::default()
    }
}

/// Text that holds the marker and does not compress to nothing.
pub(super) fn secret() -> Vec<u8> {
    let mut text: Vec<u8> = noise(3_000).iter().map(|byte| b'a' + byte % 26).collect();
    text.extend_from_slice(b"\nKEY=");
    text.extend_from_slice(MARK);
    text.extend_from_slice(b"\nlast line\n");
    text
}

/// Bytes without pattern.
pub(super) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}

pub(super) fn zip_with(method: CompressionMethod, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(super) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(CompressionMethod::Deflated, members)
}

pub(super) fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(CompressionMethod::Stored, members)
}

pub(super) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn xz(content: &[u8]) -> Vec<u8> {
    liblzma::encode_all(content, 6).unwrap()
}

pub(super) fn lzma(content: &[u8]) -> Vec<u8> {
    let options = liblzma::stream::LzmaOptions::new_preset(6).unwrap();
    let stream = liblzma::stream::Stream::new_lzma_encoder(&options).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

pub(super) fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let header =
            format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", format!("{name}/"), 0, 0, 0, "100644", content.len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}

#[test]
fn every_format_is_opened_two_levels_deep() {
    let text = secret();
    let inner: [(&str, Vec<u8>, &str); 28] = [
        ("a.zip", zip(&[("conf/.env", &text)]), "a.zip!conf/.env"),
        ("a.jar", stored(&[("conf/.env", &text)]), "a.jar!conf/.env"),
        ("a.tar", tar(&[("conf/.env", &text)]), "a.tar!conf/.env"),
        ("a.tar.gz", gzip(&tar(&[("conf/.env", &text)])), "a.tar.gz!conf/.env"),
        ("a.env.gz", gzip(&text), "a.env.gz!a.env"),
        ("a.tbz2", bzip2(&tar(&[("conf/.env", &text)])), "a.tbz2!conf/.env"),
        ("a.env.bz2", bzip2(&text), "a.env.bz2!a.env"),
        ("a.env.xz", xz(&text), "a.env.xz!a.env"),
        ("a.env.lzma", lzma(&text), "a.env.lzma!a.env"),
        ("a.tar.zst", zstd(&tar(&[("conf/.env", &text)])), "a.tar.zst!conf/.env"),
        ("nameless", zstd(&text), "nameless!content"),
        ("a.phar", super::phar::tests::sample(&text), "a.phar!src/.env"),
        ("a.pdf", super::pdf::tests::sample(&text), "a.pdf!object 12 stream"),
        ("a.png", super::png::tests::sample(&text), "a.png!zTXt Comment"),
        ("a.zz", zlib(&text), "a.zz!a"),
        ("a.js.br", super::brotli::tests::sample(&[&b" ".repeat(4_000)[..], &text].concat()), "a.js.br!a.js"),
        ("a.eml", super::mail::tests::sample(&text), "a.eml!a.zip!conf/.env"),
        ("a.patch", super::mail::tests::patch(&[("literal", &zlib(&text))]), "a.patch!b/conf.bin"),
        ("a.uu", super::mail::tests::uuencoded_sample(&text), "a.uu!conf/.env"),
        ("a.reg", super::registry::tests::sample(&text), "a.reg!Key"),
        ("a.dump", super::columnar::pg_sample(&text), "a.dump!table 1"),
        ("a.rdb", super::redis::tests::sample(&text), "a.rdb!value 1"),
        ("a.hex", super::hex_dump::tests::sample(&text), "a.hex!bytes"),
        ("a.avro", super::columnar::avro_sample(&text), "a.avro!rows"),
        ("a.orc", super::columnar::orc_sample(&text), "a.orc!columns"),
        ("a.parquet", super::columnar::parquet_sample(&text), "a.parquet!pages"),
        ("a.h5", super::marked::tests::sample(&text), "a.h5!stream 1"),
        ("a.deb", ar(&[("data.tar.xz", &xz(&tar(&[("conf/.env", &text)])))]), "a.deb!data.tar.xz!conf/.env"),
    ];
    for (name, archive, chain) in &inner {
        let outer: [(&str, Vec<u8>); 8] = [
            ("zip", zip(&[("x", b"nothing"), (name, archive)])),
            ("stored", stored(&[("x", b"nothing"), (name, archive)])),
            ("tar", tar(&[("x", b"nothing"), (name, archive)])),
            ("tgz", gzip(&tar(&[("x", b"nothing"), (name, archive)]))),
            ("tbz", bzip2(&tar(&[("x", b"nothing"), (name, archive)]))),
            ("txz", xz(&tar(&[("x", b"nothing"), (name, archive)]))),
            ("zst", zstd(&tar(&[("x", b"nothing"), (name, archive)]))),
            ("ar", ar(&[("x", b"nothing"), (name, archive)])),
        ];
        for (kind, bytes) in outer {
            let seen = see(&bytes);
            assert_eq!(seen.skips, [], "{kind} {name}");
            assert!(seen.places().contains(chain), "{kind} {name}: {:?}", seen.places());
        }
    }
}

#[test]
fn zip_methods_that_are_read() {
    let methods = [
        CompressionMethod::Stored,
        CompressionMethod::Deflated,
        CompressionMethod::Bzip2,
        CompressionMethod::Zstd,
        CompressionMethod::Xz,
    ];
    for method in methods {
        let seen = see(&zip_with(method, &[("a/b.env", &secret()), ("empty", b"")]));
        assert_eq!(seen.places(), ["a/b.env"], "{method}");
        assert_eq!(seen.skips, [], "{method}");
        assert_eq!(seen.names, ["a/b.env", "empty"]);
    }
}
