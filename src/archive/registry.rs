//! Exports of the Windows registry: values that are written as lists of hexadecimal bytes, over several lines.

use std::io::{BufRead, BufReader, Read};

use super::Seekable;
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, display};
use crate::model::SkipReason;

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("registry", b"", is_export, OpenMode::Document(open));

/// Longest line that is read as one, and longest value.
const MAX_LINE: u64 = 64 << 10;
const MAX_VALUE: usize = 4 << 20;

const OLD: &[u8] = b"REGEDIT4";
const NEW: &[u8] = b"Windows Registry Editor";

/// Returns true if an export begins here, in UTF-16 or in bytes.
fn is_export(head: &[u8]) -> bool {
    let narrow = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != 0).take(NEW.len()).collect::<Vec<u8>>();
    let marked = |mark: &[u8]| head.strip_prefix(mark).map(narrow);
    match head.first() {
        Some(b'R') => head.starts_with(OLD) && head[OLD.len()..].first().is_none_or(u8::is_ascii_whitespace),
        Some(b'W') => narrow(head) == NEW,
        Some(0xff) => marked(b"\xff\xfe").is_some_and(|text| text == NEW),
        Some(0xef) => marked(b"\xef\xbb\xbf").is_some_and(|text| text == NEW),
        _ => false,
    }
}

/// Reads text of ASCII in UTF-16 as bytes.
struct NarrowReader<'a>(&'a mut dyn Seekable);

impl Read for NarrowReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let got = self.0.read(out)?;
            let mut kept = 0;
            for at in 0..got {
                if out[at] != 0 {
                    out[kept] = out[at];
                    kept += 1;
                }
            }
            if kept > 0 || got == 0 {
                return Ok(kept);
            }
        }
    }
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    if !walker.seek(input, 0) {
        return;
    }
    let mut lines = BufReader::with_capacity(64 << 10, NarrowReader(input));
    let mut line = Vec::new();
    // The value that goes on in the next line.
    let mut value: Option<(String, Vec<u8>)> = None;
    while walker.budget.in_time() {
        line.clear();
        // An error ends the file, and the reader that met it has reported it.
        let _ = Read::take(&mut lines, MAX_LINE).read_until(b'\n', &mut line);
        if line.is_empty() {
            break;
        }
        let text = line.trim_ascii();
        let (name, mut bytes, digits) = match value.take() {
            Some((name, bytes)) => (name, bytes, text),
            None => match hexadecimal_value(text) {
                Some((name, digits)) => (name, Vec::new(), digits),
                None => continue,
            },
        };
        add_bytes(digits, &mut bytes);
        if text.ends_with(b"\\") && bytes.len() < MAX_VALUE {
            value = Some((name, bytes));
        } else if walker.budget.entry() {
            if bytes.len() >= MAX_VALUE {
                walker.skip_member(&name, SkipReason::OverLimit, "too long a value");
            }
            walker.piece(name, &bytes);
        }
    }
    if let Some((name, bytes)) = value {
        walker.piece(name, &bytes);
    }
    walker.report_stop();
}

/// Splits `"name"=hex(7):73,6b` into name and digits.
fn hexadecimal_value(line: &[u8]) -> Option<(String, &[u8])> {
    let at = memchr::memmem::find(line, b"=hex")?;
    let rest = &line[at + 4..];
    let colon = rest.iter().take(12).position(|byte| *byte == b':')?;
    let name = line[..at].trim_ascii();
    let name = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name);
    Some((display(name), &rest[colon + 1..]))
}

fn add_bytes(digits: &[u8], bytes: &mut Vec<u8>) {
    let pairs = digits.split(|byte| matches!(byte, b',' | b'\\')).map(<[u8]>::trim_ascii);
    let value = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    bytes.extend(pairs.filter_map(value));
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, see, stored};
    use super::*;

    /// An export with a value on lines of a few bytes.
    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        export(&format!("{}\r\n", std::str::from_utf8(OLD).unwrap()), "\"Key\"=hex(7):", text).into_bytes()
    }

    fn export(head: &str, name: &str, value: &[u8]) -> String {
        let pairs: Vec<String> = value.iter().map(|byte| format!("{byte:02x}")).collect();
        let lines: Vec<String> = pairs.chunks(14).map(|line| line.join(",")).collect();
        format!(
            "{head}\r\n[HKEY_CURRENT_USER\\Software\\Shop]\r\n\"a\"=\"b\"\r\n{name}{}\r\n@=dword:1\r\n",
            lines.join(",\\\r\n  ")
        )
    }

    #[test]
    fn values_of_every_kind_and_width() {
        let new = "Windows Registry Editor Version 5.00\r\n";
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (name, place) in [
            ("\"Key\"=hex(7):", "a.reg!Key"),
            ("\"a=b\"=hex:", "a.reg!a=b"),
            ("@=hex(2):", "a.reg!@"),
            ("\"Key\" = hex(0):", ""),
        ] {
            for text in [export("REGEDIT4\r\n", name, MARK), export(new, name, MARK)] {
                let marked = [&[0xff, 0xfe], &wide(&text)[..]].concat();
                for file in [text.as_bytes(), &marked, &wide(&text)] {
                    let is_wide_old = file[1] == 0 && text.starts_with('R') || file.starts_with(&[0xff, 0xfe, b'R']);
                    let seen = see(&stored(&[("a.reg", file)]));
                    let expected = if place.is_empty() || is_wide_old { vec![] } else { vec![place] };
                    assert_eq!((seen.places(), seen.reasons()), (expected, vec![]), "{name}");
                }
            }
        }
    }

    #[test]
    fn hostile_exports_are_bounded() {
        for mark in ["a=hex:\\\n", "=hex", "\"a\"=hex:00\n", "a=hex:", "00,\\\n"] {
            let seen = see(format!("REGEDIT4\n{}", mark.repeat(100_000)).as_bytes());
            assert!(seen.reasons().iter().all(|reason| *reason == SkipReason::OverLimit), "{mark}");
        }
        let long = format!("REGEDIT4\na=hex:{}", "00,\\\n".repeat(5 << 20));
        assert_eq!(see(long.as_bytes()).reasons(), [SkipReason::OverLimit]);
        for text in ["REGEDIT45", "Windows Registry", "WINDOWS Registry Editor", ""] {
            assert!(!is_export(text.as_bytes()), "{text}");
        }
    }
}
