//! Dumps in hexadecimal digits, as `xxd`, `hexdump`, `od` and packet viewers print them: the bytes are one member.

use std::io::{self, BufRead, Read};

use super::Seekable;
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, read_at};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("dump", b"0000", is_dump, OpenMode::Document(open));

/// Fewest bytes of the first line, bytes of a line unless the second one says otherwise, and most characters of one.
const FEWEST: usize = 8;
const USUAL: usize = 16;
const MAX_LINE: u64 = 1 << 10;

/// Blanks that end the digits of a line.
const GAP: usize = 4;

fn is_dump(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut bytes = Vec::new();
    read_line(line, USUAL, &mut bytes);
    bytes.len() >= FEWEST && offset(line).is_some_and(|(offset, _)| offset.iter().all(|digit| *digit == b'0'))
}

/// Splits a line behind its offset.
fn offset(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = line.iter().take(17).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (offset, rest) = line.split_at(digits);
    ((4..=16).contains(&digits) && matches!(rest, [b' ' | b':' | b'\t', ..])).then_some((offset, rest))
}

/// Adds the bytes of a line, at most as many as given.
fn read_line(line: &[u8], most: usize, bytes: &mut Vec<u8>) {
    let Some((_, rest)) = offset(line) else { return };
    let is_marked = rest.starts_with(b":");
    let (mut rest, end) = (&rest[usize::from(is_marked)..], bytes.len() + most);
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while bytes.len() < end {
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let word = &rest[blanks..];
        let digits = word.iter().take(9).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let ends = word.get(digits).is_none_or(|byte| byte.is_ascii_whitespace() || *byte == b'-');
        if blanks >= GAP || !matches!(digits, 2 | 4 | 8) || !ends && digits != 2 {
            return;
        }
        let start = bytes.len();
        bytes.extend(word[..digits].chunks_exact(2).filter_map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)));
        // Words of numbers have their bytes in the order of the machine.
        if !is_marked && digits > 2 {
            bytes[start..].reverse();
        }
        rest = &word[digits + usize::from(word.get(digits) == Some(&b'-'))..];
    }
    bytes.truncate(end);
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    let head = read_at(input, 0, 512);
    let second = head.split(|byte| *byte == b'\n').nth(1).and_then(offset);
    let width = second.and_then(|(digits, _)| usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
    // Octal offsets say 20 for 16.
    let width = width.filter(|width| *width <= 256 && *width != 0x20 || *width == 0x20 && is_long(&head));
    if !walker.seek(input, 0) {
        return;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    let mut content =
        DumpReader { source: &mut source, width: width.unwrap_or(USUAL), line: Vec::new(), bytes: Vec::new(), at: 0 };
    walker.enter("bytes", &mut content);
    walker.report_stop();
}

/// Returns true if the first line has more than 16 bytes.
fn is_long(head: &[u8]) -> bool {
    let mut bytes = Vec::new();
    read_line(head.split(|byte| *byte == b'\n').next().unwrap_or_default(), 32, &mut bytes);
    bytes.len() == 32
}

/// Reads the bytes of a dump.
struct DumpReader<'a, 'b> {
    source: &'a mut PeekReader<'b>,
    width: usize,
    line: Vec<u8>,
    bytes: Vec<u8>,
    at: usize,
}

impl Read for DumpReader<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.bytes.len() {
            self.line.clear();
            self.bytes.clear();
            self.at = 0;
            if self.source.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(0);
            }
            read_line(&self.line, self.width, &mut self.bytes);
        }
        let count = out.len().min(self.bytes.len() - self.at);
        out[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{gzip, secret, see, stored};
    use super::*;

    /// A dump as `xxd` prints it.
    pub(in super::super) fn sample(bytes: &[u8]) -> Vec<u8> {
        dump(
            bytes,
            16,
            |at| format!("{at:08x}: "),
            |part| {
                let pairs: Vec<String> =
                    part.chunks(2).map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
                format!("{:39}  {}", pairs.join(" "), shown(part))
            },
        )
    }

    fn shown(part: &[u8]) -> String {
        part.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' }).collect()
    }

    fn dump(bytes: &[u8], width: usize, offset: fn(usize) -> String, line: fn(&[u8]) -> String) -> Vec<u8> {
        let line = |(at, part): (usize, &[u8])| format!("{}{}\n", offset(at * width), line(part));
        bytes.chunks(width).enumerate().map(line).collect::<String>().into_bytes()
    }

    fn pairs(part: &[u8]) -> String {
        part.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<String>>().join(" ")
    }

    #[test]
    fn dumps_of_every_program() {
        let text = secret();
        let canonical = |part: &[u8]| {
            let (left, right) = part.split_at(part.len().min(8));
            format!("{:23}  {:23}  |{}|", pairs(left), pairs(right), shown(part))
        };
        let words = |part: &[u8]| -> String {
            part.chunks(2).map(|pair| format!(" {:02x}{:02x}", pair.get(1).unwrap_or(&0), pair[0])).collect()
        };
        for (name, file) in [
            ("xxd", sample(&text)),
            ("hexdump -C", dump(&text, 16, |at| format!("{at:08x}  "), canonical)),
            ("od -t x1", dump(&text, 16, |at| format!("{at:07o} "), pairs)),
            (
                "od -A x -t x1z",
                dump(&text, 16, |at| format!("{at:06x} "), |part| format!("{:47}  >{}<", pairs(part), shown(part))),
            ),
            (
                "packets",
                dump(&text, 16, |at| format!("{at:04x}  "), |part| format!("{:47}   {}", pairs(part), shown(part))),
            ),
            ("hexdump", dump(&text, 16, |at| format!("{at:07x}"), words)),
            (
                "xxd -c 32",
                dump(&text, 32, |at| format!("{at:08x}: "), |part| format!("{}  {}", pairs(part), shown(part))),
            ),
            ("two of gzip", sample(&gzip(&text))),
        ] {
            let seen = see(&stored(&[("a", &file)]));
            let place = if name == "two of gzip" { "a!bytes!content" } else { "a!bytes" };
            assert_eq!((seen.places(), seen.reasons()), (vec![place], vec![]), "{name}");
        }
    }

    #[test]
    fn what_is_no_dump() {
        for text in [
            "0000",
            "0000-00-00 00:00:00 ab cd",
            "00000000: 53 6b",
            "0000 1111 is a number",
            "00001111: 11 22 33 44 55 66 77 88 99",
        ] {
            assert!(!is_dump(text.as_bytes()), "{text}");
        }
        for mark in ["0000: ", "00 ", "\n", "0000: 0011\n"] {
            see(format!("00000000: 0011 2233 4455 6677 8899\n{}", mark.repeat(200_000)).as_bytes());
        }
    }
}
