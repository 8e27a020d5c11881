//! Dumps of PostgreSQL in its own format: compressed tables, cut into chunks behind their lengths.

use std::io::{self, Read, SeekFrom};

use super::super::Seekable;
use super::super::marked::{LZ4, TRIAL, ZLIB, ZSTD, begins_stream, report_others, seek_mark, visit_stream};
use super::super::peek_reader::PeekReader;
use super::super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, is_text, read_at};
use crate::model::SkipReason;

pub(in super::super) const FORMAT: ArchiveFormat =
    ArchiveFormat::new("PostgreSQL", b"PGDMP", |head| head.len() > 5 && !is_text(&head[5..]), OpenMode::Document(open));

/// Bytes of the length of a chunk: a sign, and a number.
const LENGTH: u64 = 5;
const MAX_CHUNK: u32 = 16 << 20;

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    report_others(walker, input, LZ4);
    let marks: Vec<_> = ZLIB.iter().chain(ZSTD).map(|mark| memchr::memmem::Finder::new(*mark)).collect();
    let (mut at, mut count) = (0, 0);
    while walker.budget.in_time() {
        if input.seek(SeekFrom::Start(at)).is_err() {
            walker.skip(SkipReason::Unreadable, "data cannot be read");
            break;
        }
        let mut reader: &mut dyn Seekable = input;
        let mut source = PeekReader::new(&mut reader);
        // A mark without a length before it is none.
        let found = loop {
            if !walker.budget.in_time() || !seek_mark(&mut source, &marks) {
                break None;
            }
            if begins_stream(source.peek(TRIAL)) {
                break Some(at + source.taken());
            }
            source.skip(1);
        };
        let Some(mark) = found else { break };
        at = mark + 1;
        let Some(start) = mark.checked_sub(LENGTH).filter(|start| chunk(&read_at(input, *start, 5)) > 0) else {
            continue;
        };
        count += 1;
        let name = format!("table {count}");
        let mut chunks = ChunkReader { input, at: start, left: 0 };
        let outcome = visit_stream(walker, &name, &mut PeekReader::new(&mut chunks));
        if let Err(fault) = outcome {
            walker.fault(Some(&name), fault);
        }
        let end = chunks.at;
        // Pays for bytes that are read again, so that the time is in proportion to the size.
        if outcome.is_ok() {
            at = end;
        } else if !walker.budget.expand(end - start) {
            break;
        }
    }
    walker.report_stop();
}

/// Reads the length of a chunk; 0 for none.
fn chunk(head: &[u8]) -> u32 {
    match *head {
        [0, a, b, c, d] => Some(u32::from_le_bytes([a, b, c, d])).filter(|size| *size <= MAX_CHUNK).unwrap_or(0),
        _ => 0,
    }
}

/// Reads chunks as one, from the length of the first one at `at`.
struct ChunkReader<'a> {
    input: &'a mut dyn Seekable,
    at: u64,
    left: u32,
}

impl Read for ChunkReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.left = chunk(&read_at(self.input, self.at, 5));
            if self.left == 0 {
                return Ok(0);
            }
            self.at += LENGTH;
        }
        self.input.seek(SeekFrom::Start(self.at))?;
        let most = out.len().min(self.left as usize);
        let count = self.input.read(&mut out[..most])?;
        self.at += count as u64;
        self.left -= count as u32;
        Ok(count)
    }
}

#[cfg(test)]
pub(in super::super) mod tests {
    use super::super::super::samples::{noise, secret, see, see_within, stored, tight, zlib, zstd};
    use super::*;

    fn dump(tables: &[&[u8]], width: usize) -> Vec<u8> {
        let mut file = [b"PGDMP\x01\x0e\0\x04\x08\x01", &noise(200)[..]].concat();
        for table in tables {
            file.extend(b"\x01\0\x07\0\0\0");
            for part in table.chunks(width) {
                file.push(0);
                file.extend((part.len() as u32).to_le_bytes());
                file.extend(part);
            }
            file.extend([0; 5]);
        }
        file
    }

    pub(in super::super::super) fn sample(text: &[u8]) -> Vec<u8> {
        dump(&[&zlib(text)], 1_000)
    }

    #[test]
    fn tables_in_chunks() {
        let text = secret();
        for packed in [zlib(&text), zstd(&text)] {
            for width in [700, 70_000] {
                let seen = see(&stored(&[("a.dump", &dump(&[&packed, &packed], width))]));
                let expected = (vec!["a.dump!table 1", "a.dump!table 2"], vec![]);
                assert_eq!((seen.places(), seen.reasons()), expected, "{width}");
            }
            let broken = see(&dump(&[&packed[..900], &packed], 700));
            assert!(broken.places().contains(&"table 2"));
            assert_eq!(broken.reasons(), [SkipReason::Damaged]);
        }
        assert_eq!(see(&dump(&[b"stored, as it is"], 9)).members.len(), 0);
    }

    #[test]
    fn hostile_dumps_are_bounded() {
        let bomb = dump(&[&zlib(&vec![0; 6 << 20])], 4_000);
        assert_eq!(see_within(&bomb, tight()).reasons(), [SkipReason::OverLimit]);
        let one = zlib(b"some words, and some more words");
        let many = dump(&vec![&one[..]; 20_000], 100);
        assert!(see_within(&many, tight()).reasons().contains(&SkipReason::OverLimit));
    }
}
