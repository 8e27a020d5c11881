//! Phar, the archive of PHP: a program that lists its files behind itself, each compressed on its own. Its signature ends
//! the file; phars in zip and tar are opened as those are.

use super::Seekable;
use super::peek_reader::PeekReader;
use super::walker::{AppendedCheck, ArchiveFormat, ArchiveWalker, OpenMode, display, read_at};
use super::zip::ZipEntry;
use crate::model::SkipReason;

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat {
    appended: Some(AppendedCheck {
        may_end: ends_like_phar,
        is_there: |input, size, _| {
            ends_like_phar(&read_at(input, size.saturating_sub(SIGNATURE_END.len() as u64), SIGNATURE_END.len()))
        },
    }),
    ..ArchiveFormat::new("phar", PROGRAM_END, |_| false, OpenMode::Seekable(open))
};

/// Ends the program, whatever follows.
const PROGRAM_END: &[u8] = b"__HALT_COMPILER();";
const SIGNATURE_END: &[u8] = b"GBMB";

/// Longest name and metadata.
const MAX_FIELD: usize = 1 << 20;

const GZIP: u32 = 0x1000;
const BZIP2: u32 = 0x2000;

/// Returns true if a file may be a phar, by its last bytes. Costs one comparison.
pub(super) fn ends_like_phar(bytes: &[u8]) -> bool {
    bytes.ends_with(SIGNATURE_END)
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    if !walker.seek(input, 0) {
        return;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    // Without the end of a program, this is something else with the same last bytes.
    if !source.seek_mark(PROGRAM_END) {
        return;
    }
    source.skip(PROGRAM_END.len() as u64);
    for blank in [&b" ?>"[..], b"\n?>", b"?>", b"\r\n", b"\n"] {
        if source.peek(blank.len()) == blank {
            source.skip(blank.len() as u64);
        }
    }
    match entries(walker, &mut source) {
        Some(entries) => {
            for entry in entries {
                if walker.budget.is_stopped() {
                    break;
                }
                let next = source.taken() + entry.packed;
                entry.visit(walker, &mut source);
                source.skip(next.saturating_sub(source.taken()));
            }
        }
        None => walker.skip(SkipReason::Damaged, "corrupt list of files"),
    }
    walker.report_stop();
}

/// Takes the list of files.
fn entries(walker: &ArchiveWalker<'_>, source: &mut PeekReader<'_>) -> Option<Vec<ZipEntry>> {
    let end = source.taken() + 4 + u64::from(number(source)?);
    let count = u64::from(number(source)?);
    // Version and flags.
    source.skip(6);
    field(source)?;
    field(source)?;
    let mut entries = Vec::new();
    // One more than there may be, so that the budget is spent.
    for _ in 0..count.min(walker.budget.entries_left().saturating_add(1)) {
        entries.push(entry(source)?);
    }
    if entries.len() as u64 == count && source.taken() <= end {
        source.skip(end - source.taken());
    }
    Some(entries)
}

fn entry(source: &mut PeekReader<'_>) -> Option<ZipEntry> {
    let name = display(&field(source)?);
    let (size, _time, packed) = (number(source)?, number(source)?, number(source)?);
    let (crc, flags) = (number(source)?, number(source)?);
    field(source)?;
    let method = if flags & GZIP != 0 {
        8
    } else if flags & BZIP2 != 0 {
        12
    } else {
        0
    };
    let at = source.taken();
    Some(ZipEntry { name, flags: 0, method, crc, packed: u64::from(packed), size: u64::from(size), at })
}

/// Takes a number.
fn number(source: &mut PeekReader<'_>) -> Option<u32> {
    let number = u32::from_le_bytes(*source.peek(4).first_chunk()?);
    source.skip(4);
    Some(number)
}

/// Takes bytes behind their length.
fn field(source: &mut PeekReader<'_>) -> Option<Vec<u8>> {
    let length = usize::try_from(number(source)?).ok().filter(|length| *length <= MAX_FIELD)?;
    let bytes = source.peek(length).to_vec();
    source.skip(length as u64);
    (bytes.len() == length).then_some(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::super::samples::{MARK, bzip2, gzip, noise, secret, see, see_within, stored, tight};
    use super::*;

    /// A phar of files with their flags, each content and what is stored of it.
    fn phar(head: &[u8], files: &[(&str, u32, &[u8], &[u8])]) -> Vec<u8> {
        let text = |bytes: &[u8]| [&(bytes.len() as u32).to_le_bytes(), bytes].concat();
        let mut list = [&(files.len() as u32).to_le_bytes()[..], b"\x11\x00\0\0\x01\0", &text(b"a.phar")].concat();
        list.extend(text(b"a:0:{}"));
        for (name, flags, content, packed) in files {
            list.extend(text(name.as_bytes()));
            for number in [content.len() as u32, 0, packed.len() as u32, libdeflater::crc32(content), 0o644 | flags] {
                list.extend(number.to_le_bytes());
            }
            list.extend(text(b""));
        }
        let data: Vec<u8> = files.iter().flat_map(|file| file.3).copied().collect();
        [head, b"<?php run();\n__HALT_COMPILER(); ?>\r\n", &text(&list), &data, &[7; 32], b"\x03\0\0\0GBMB"].concat()
    }

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        phar(b"", &[("src/.env", GZIP, text, &deflated(text))])
    }

    #[test]
    fn files_of_every_compression() {
        let text = secret();
        let files: &[(&str, u32, &[u8], &[u8])] = &[
            ("a", GZIP, &text, &deflated(&text)),
            ("b", BZIP2, &text, &bzip2(&text)),
            ("c", 0, MARK, MARK),
            ("d.gz", 0, &gzip(&text), &gzip(&text)),
        ];
        for head in [&b""[..], b"#!/usr/bin/env php\n", &b"<?php // long\n".repeat(9_000)] {
            let file = phar(head, files);
            let places = see(&file).places().join(" ");
            assert_eq!((places.as_str(), see(&file).reasons()), ("a b c d.gz!d", vec![]));
            let nested = see(&stored(&[("x.phar", &file)]));
            assert!(nested.places().contains(&"x.phar!a"), "{:?}", nested.places());
            assert_eq!(nested.reasons(), []);
        }
    }

    #[test]
    fn what_is_no_phar() {
        for head in [&b"<?php echo 'GBMB"[..], b"#!/bin/sh\nGBMB", b"GBMB", b"", b"__HALT_COMPILER(); ?>"] {
            assert_eq!(see(head).skips, []);
        }
    }

    #[test]
    fn hostile_phars_are_bounded() {
        let zeros = vec![0; 6 << 20];
        let bomb = phar(b"", &[("a", GZIP, &zeros, &deflated(&zeros))]);
        assert_eq!(see_within(&bomb, tight()).reasons(), [SkipReason::OverLimit]);
        let many: Vec<(&str, u32, &[u8], &[u8])> = vec![("a", 0, b"", b""); 5_000];
        assert_eq!(see_within(&phar(b"", &many), tight()).reasons(), [SkipReason::OverLimit]);
        let file = sample(&secret());
        let list = file.len() - 40 - deflated(&secret()).len() - 100;
        for at in (list..file.len()).step_by(3) {
            for value in [0, 0x7f, 0xff] {
                let mut file = file.clone();
                file[at] = value;
                see(&file);
            }
        }
        let cut = [&file[..file.len() - 1_000], b"GBMB"].concat();
        assert_eq!(see(&cut).reasons(), [SkipReason::Damaged]);
        let noisy = [b"<?php __HALT_COMPILER();", &noise(9_000)[..], b"GBMB"].concat();
        assert_eq!(see(&noisy).reasons(), [SkipReason::Damaged]);
    }
}
