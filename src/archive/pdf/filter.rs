//! Filters of PDF streams beside a plain Flate: ASCII85, hexadecimal, LZW, run length, and several one after the other.
//! Predictors are not undone.

use std::io::Read;

use memchr::memmem;

use super::super::codec::{Codec, DecodeFault, StreamDecoder};
use super::super::peek_reader::PeekReader;
use super::super::walker::ArchiveWalker;
use crate::model::SkipReason;

/// Most bytes of a stream, and of what a filter makes of it.
const MAX_DATA: usize = 16 << 20;
const MAX_TEXT: usize = 64 << 20;

const TOO_LARGE: DecodeFault = DecodeFault::OverLimit("too large a stream");

/// Returns the names of the filters in a stream's dictionary.
pub(super) fn names(dictionary: &[u8]) -> Vec<&[u8]> {
    let value = |at: usize| dictionary[at + b"/Filter".len()..].trim_ascii_start();
    let is_list = |value: &&[u8]| matches!(value.first(), Some(b'/' | b'['));
    let Some(value) = memmem::find_iter(dictionary, b"/Filter").map(value).find(is_list) else { return Vec::new() };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric();
    let name = |part: &'_ _| -> usize { <[u8]>::iter(part).take_while(|byte| is_name(byte)).count() };
    let list = match value.strip_prefix(b"[") {
        Some(list) => &list[..list.iter().position(|byte| *byte == b']').unwrap_or(list.len())],
        None => &value[..1 + name(&value[1..])],
    };
    list.split(|byte| *byte == b'/').skip(1).map(|part| &part[..name(part)]).collect()
}

/// Returns true if a filter other than Flate is known, or may hide text.
pub(super) fn is_filter(name: &[u8]) -> bool {
    !matches!(
        name,
        b"FlateDecode" | b"Fl" | b"DCTDecode" | b"DCT" | b"JPXDecode" | b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode"
    )
}

/// Visits the data of a stream, up to its end, without its filters.
pub(super) fn visit(
    walker: &mut ArchiveWalker<'_>,
    name: &str,
    source: &mut PeekReader<'_>,
    filters: &[&[u8]],
    is_early: bool,
) {
    let Some(mut data) = take_data(source) else { return walker.fault(Some(name), TOO_LARGE) };
    for filter in filters {
        let (text, fault) = match *filter {
            b"ASCII85Decode" | b"A85" => (ascii85(&data), None),
            b"ASCIIHexDecode" | b"AHx" => (hexadecimal(&data), None),
            b"RunLengthDecode" | b"RL" => run_length(&data),
            b"LZWDecode" | b"LZW" => lzw(&data, is_early),
            b"FlateDecode" | b"Fl" => inflate(walker, &data),
            // An image.
            other if !is_filter(other) => return,
            other => {
                let why = format!("filter {} is not supported", String::from_utf8_lossy(other));
                return walker.skip_member(name, SkipReason::Unsupported, &why);
            }
        };
        if !walker.budget.expand(text.len() as u64) {
            return;
        }
        if let Some(fault) = fault {
            walker.fault(Some(name), fault);
        }
        data = text;
    }
    walker.enter(name, &mut &data[..]);
}

/// Takes bytes up to the keyword at the end of a stream.
fn take_data(source: &mut PeekReader<'_>) -> Option<Vec<u8>> {
    const END: &[u8] = b"endstream";
    let mut data = Vec::new();
    while source.peek(END.len()).len() == END.len() {
        let ahead = source.ahead();
        let found = memmem::find(ahead, END);
        let step = found.unwrap_or(ahead.len() + 1 - END.len());
        data.extend_from_slice(&ahead[..step]);
        source.skip(step as u64);
        if found.is_some() {
            return Some(data);
        }
        if data.len() > MAX_DATA {
            return None;
        }
    }
    data.extend_from_slice(source.peek(END.len()));
    Some(data)
}

fn ascii85(data: &[u8]) -> Vec<u8> {
    let (mut text, mut group, mut count) = (Vec::with_capacity(data.len()), 0_u32, 0);
    let add = |group: u32, digit: u8| group.wrapping_mul(85).wrapping_add(u32::from(digit));
    for byte in data.strip_prefix(b"<~").unwrap_or(data).iter().copied() {
        match byte {
            b'!'..=b'u' => {
                (group, count) = (add(group, byte - b'!'), count + 1);
                if count == 5 {
                    text.extend(group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            b'z' if count == 0 => text.extend([0; 4]),
            b'~' => break,
            _ => {}
        }
    }
    if count > 1 {
        let whole = (count..5).fold(group, |group, _| add(group, 84));
        text.extend(&whole.to_be_bytes()[..count - 1]);
    }
    text
}

fn hexadecimal(data: &[u8]) -> Vec<u8> {
    let digits = data.iter().take_while(|byte| **byte != b'>').filter_map(|byte| char::from(*byte).to_digit(16));
    let mut digits = digits.filter_map(|digit| u8::try_from(digit).ok());
    let mut text = Vec::with_capacity(data.len() / 2);
    while let Some(high) = digits.next() {
        text.push(high << 4 | digits.next().unwrap_or(0));
    }
    text
}

fn run_length(mut data: &[u8]) -> (Vec<u8>, Option<DecodeFault>) {
    let mut text = Vec::new();
    while let [length, rest @ ..] = data {
        let length = usize::from(*length);
        match (length, rest) {
            (128, _) => return (text, None),
            (0..128, _) => {
                let copied = rest.len().min(length + 1);
                text.extend_from_slice(&rest[..copied]);
                data = &rest[copied..];
            }
            (_, [byte, rest @ ..]) => {
                text.extend(std::iter::repeat_n(*byte, 257 - length));
                data = rest;
            }
            _ => break,
        }
        if text.len() > MAX_TEXT {
            return (text, Some(TOO_LARGE));
        }
    }
    (text, None)
}

/// Undoes LZW with codes of 9 to 12 bits, the most significant first. `is_early` says that codes grow one code early.
fn lzw(data: &[u8], is_early: bool) -> (Vec<u8>, Option<DecodeFault>) {
    const CLEAR: usize = 256;
    const END: usize = 257;
    let mut text: Vec<u8> = Vec::new();
    // Each code from 258 on stands for a range of the text.
    let mut table: Vec<std::ops::Range<usize>> = Vec::new();
    let mut before: Option<std::ops::Range<usize>> = None;
    let (mut bits, mut count) = (0_u32, 0);
    for byte in data {
        (bits, count) = (bits << 8 | u32::from(*byte), count + 8);
        let next = END + 1 + table.len() + usize::from(before.is_some()) + usize::from(is_early);
        let width = if next < 512 { 9 } else { next.ilog2() + 1 }.min(12);
        if count < width {
            continue;
        }
        count -= width;
        let code = (bits >> count) as usize & ((1 << width) - 1);
        bits &= (1 << count) - 1;
        match code {
            CLEAR => {
                table.clear();
                before = None;
                continue;
            }
            END => return (text, None),
            _ => {}
        }
        // The code before, and the first byte of this one, are the next entry of the table.
        if let Some(last) = before.take().filter(|_| table.len() < 4096 - END - 1) {
            table.push(last.start..last.end + 1);
        }
        let start = text.len();
        match code.checked_sub(END + 1) {
            None => text.push(code as u8),
            Some(entry) => {
                let Some(range) = table.get(entry).cloned() else {
                    return (text, Some(DecodeFault::Damaged("corrupt compressed data")));
                };
                // The range may reach one byte into what is being written.
                range.for_each(|at| text.push(text[at]));
            }
        }
        before = Some(start..text.len());
        if text.len() > MAX_TEXT {
            return (text, Some(TOO_LARGE));
        }
    }
    (text, None)
}

fn inflate(walker: &ArchiveWalker<'_>, data: &[u8]) -> (Vec<u8>, Option<DecodeFault>) {
    let (mut text, mut reader) = (Vec::new(), data.get(2..).unwrap_or_default());
    let mut source = PeekReader::new(&mut reader);
    let mut decoder = StreamDecoder::single(Codec::inflate(), &mut source, walker.budget);
    let _ = decoder.by_ref().take(MAX_TEXT as u64).read_to_end(&mut text);
    let fault = if text.len() == MAX_TEXT { Some(TOO_LARGE) } else { decoder.finish().err() };
    (text, fault)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn ascii85_of(data: &[u8]) -> Vec<u8> {
        let group = |part: &[u8]| {
            let mut padded = [0; 4];
            padded[..part.len()].copy_from_slice(part);
            let value = u32::from_be_bytes(padded);
            let digits: Vec<u8> = (0..5).rev().map(|power| b'!' + (value / 85_u32.pow(power) % 85) as u8).collect();
            digits[..=part.len()].to_vec()
        };
        [data.chunks(4).flat_map(group).collect::<Vec<u8>>(), b"~>\n".to_vec()].concat()
    }

    /// Writes every byte as a code of its own, with as many entries in the table as a reader has.
    pub(in super::super) fn lzw_of(data: &[u8], is_early: bool) -> Vec<u8> {
        let (mut bits, mut all): (Vec<bool>, usize) = (Vec::new(), 0);
        let mut put = |code: usize, all: usize| {
            let next = 258 + all + usize::from(is_early);
            let width = if next < 512 { 9 } else { next.ilog2() + 1 }.min(12);
            bits.extend((0..width).rev().map(|bit| code >> bit & 1 == 1));
        };
        put(256, 0);
        for byte in data {
            put(usize::from(*byte), all);
            all = (all + 1).min(3838);
        }
        put(257, all);
        bits.chunks(8)
            .map(|byte| byte.iter().enumerate().fold(0, |sum, (at, bit)| sum | u8::from(*bit) << (7 - at)))
            .collect()
    }

    #[test]
    fn what_is_packed_comes_out() {
        let text: Vec<u8> = (0..9_000_u32).map(|at| ((at * at) >> 4) as u8).collect();
        assert_eq!(ascii85(&ascii85_of(&text[..8_999])), &text[..8_999]);
        assert_eq!(ascii85(b"<~87cURz\n~>x"), b"Hell\0\0\0\0");
        assert_eq!(hexadecimal(b"48 65\n6c6C 7>00"), b"Hellp");
        assert_eq!(run_length(b"\x02abc\xfex\x80zz").0, b"abcxxx");
        for is_early in [false, true] {
            assert_eq!(lzw(&lzw_of(&text, is_early), is_early), (text.clone(), None));
        }
        // The example of the specification: a code that stands for itself.
        let packed = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(lzw(&packed, true).0, [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
        assert!(lzw(&[0xff; 9], true).1.is_some());
    }

    #[test]
    fn names_in_dictionaries() {
        for (dictionary, expected) in [
            ("/Filter /FlateDecode /Length 3", &["FlateDecode"][..]),
            ("/Filter[/ASCII85Decode /FlateDecode]/Length 3", &["ASCII85Decode", "FlateDecode"]),
            ("/Filter/LZWDecode/Length 3", &["LZWDecode"]),
            ("/Filter 12 0 R", &[]),
            ("/Filter [", &[]),
            ("/Length 3", &[]),
        ] {
            let names: Vec<&str> =
                names(dictionary.as_bytes()).iter().map(|name| std::str::from_utf8(name).unwrap()).collect();
            assert_eq!(names, expected, "{dictionary}");
        }
    }
}
