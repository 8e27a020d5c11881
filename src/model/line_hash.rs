//! Computes GitHub's fingerprint of a line, with the columns that code scanning shows.
//!
//! Code scanning tracks an alert by `partialFingerprints.primaryLocationLineHash`. Its uploader computes that value from
//! the checkout and warns about any other, so this is the same algorithm: a 64-bit rolling hash, base 37, over the
//! 100 UTF-16 code units that follow the beginning of the line, without spaces and tabs, every line end as `\n`, behind
//! the end of the file 0xFFFF and zeros; then the number of its occurrences in the file so far. Source: github/codeql-action,
//! `src/fingerprints.ts`, with its test vectors.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::utf16_columns::Utf16Columns;

/// UTF-16 code units that a line's hash covers.
const BLOCK: usize = 100;
const BASE: u64 = 37;
/// Marks the end of the text.
const END: u16 = 0xFFFF;
/// Different hashes whose occurrences are counted, to bound memory. Any further hash gets count 1.
const MAX_COUNTED: usize = 1 << 20;
/// Bytes hashed between two tests for whether all tokens are done.
const CHUNK: usize = 64 << 10;

/// The hash of a token's line, and the token's UTF-16 columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineHash {
    /// `hex:count`.
    pub hash: String,
    /// 1-based column of the token's first code unit.
    pub column: u64,
    /// 1-based column behind its last code unit.
    pub end_column: u64,
}

/// A token to hash the line of, by 1-based lines and byte columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSpan {
    /// Line and column of the first byte.
    pub start: (u64, u64),
    /// Line and column behind the last byte.
    pub end: (u64, u64),
}

/// Computes the line hashes of tokens in a text, in their order; `None` for a line that the text does not have. The text
/// behind the last token is not read.
#[must_use]
pub fn compute(bytes: &[u8], tokens: &[TokenSpan]) -> Vec<Option<LineHash>> {
    let mut lines = LineHasher::new(tokens);
    for chunk in bytes.chunks(CHUNK) {
        if lines.done() {
            break;
        }
        lines.feed(chunk);
    }
    lines.finish(tokens)
}

/// Decodes a text in pieces and hashes its lines.
struct LineHasher {
    rolling: RollingHash,
    columns: Utf16Columns,
    /// The bytes of an incomplete character.
    partial: Vec<u8>,
}

impl LineHasher {
    fn new(tokens: &[TokenSpan]) -> Self {
        let lines = tokens.iter().map(|token| token.start.0);
        let columns = Utf16Columns::new(tokens.iter().flat_map(|token| [token.start, token.end]));
        Self { rolling: RollingHash::new(lines), columns, partial: Vec::new() }
    }

    fn done(&self) -> bool {
        self.rolling.missing == 0 && self.columns.done()
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.columns.feed(bytes);
        let joined;
        let mut rest = bytes;
        if !self.partial.is_empty() {
            joined = [std::mem::take(&mut self.partial).as_slice(), bytes].concat();
            rest = &joined;
        }
        let cut = rest.len() - incomplete_tail(rest);
        self.decode(&rest[..cut]);
        self.partial = rest[cut..].to_vec();
    }

    /// Decodes lossily, as GitHub does: malformed bytes become U+FFFD.
    fn decode(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            for unit in chunk.valid().encode_utf16() {
                self.rolling.push(unit);
            }
            if !chunk.invalid().is_empty() {
                self.rolling.push(0xFFFD);
            }
        }
    }

    fn finish(mut self, tokens: &[TokenSpan]) -> Vec<Option<LineHash>> {
        let partial = std::mem::take(&mut self.partial);
        self.decode(&partial);
        let hashes = self.rolling.finish();
        let hash = |token: &TokenSpan| {
            Some(LineHash {
                hash: hashes.get(&token.start.0)?.clone(),
                column: self.columns.get(token.start),
                end_column: self.columns.get(token.end),
            })
        };
        tokens.iter().map(hash).collect()
    }
}

/// Returns the number of last bytes that begin an incomplete character.
fn incomplete_tail(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let length = match bytes[bytes.len() - back] {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return 0,
        };
        return if length > back { back } else { 0 };
    }
    0
}

/// The rolling hash over UTF-16 code units.
struct RollingHash {
    window: [u16; BLOCK],
    /// The line that begins with each unit of the window; 0 for none.
    lines: [u64; BLOCK],
    at: usize,
    hash: u64,
    leaving: u64,
    line: u64,
    line_start: bool,
    after_cr: bool,
    counts: HashMap<u64, u32>,
    wanted: BTreeMap<u64, Option<String>>,
    missing: usize,
}

impl RollingHash {
    fn new(lines: impl Iterator<Item = u64>) -> Self {
        let wanted: BTreeMap<u64, Option<String>> = lines.map(|line| (line, None)).collect();
        Self {
            window: [0; BLOCK],
            lines: [0; BLOCK],
            at: 0,
            hash: 0,
            leaving: BASE.wrapping_pow(BLOCK as u32),
            line: 0,
            line_start: true,
            after_cr: false,
            counts: HashMap::new(),
            missing: wanted.len(),
            wanted,
        }
    }

    fn push(&mut self, unit: u16) {
        let (space, tab, line_feed, carriage_return) = (0x20, 0x09, 0x0A, 0x0D);
        if unit == space || unit == tab || (self.after_cr && unit == line_feed) {
            self.after_cr = false;
            return;
        }
        self.after_cr = unit == carriage_return;
        let unit = if self.after_cr { line_feed } else { unit };
        self.record();
        if self.line_start {
            self.line_start = false;
            self.line += 1;
            self.lines[self.at] = self.line;
        }
        self.line_start = unit == line_feed;
        self.roll(unit);
    }

    /// Records the hash if the unit that leaves the window begins a line: then the window covers exactly that line.
    fn record(&mut self) {
        let line = std::mem::take(&mut self.lines[self.at]);
        if line == 0 || self.missing == 0 {
            return;
        }
        let known = self.counts.len() < MAX_COUNTED || self.counts.contains_key(&self.hash);
        let count = if known { self.counts.entry(self.hash).or_insert(0) } else { &mut 0 };
        *count += 1;
        if let Some(slot @ None) = self.wanted.get_mut(&line) {
            *slot = Some(format!("{:x}:{count}", self.hash));
            self.missing -= 1;
        }
    }

    fn roll(&mut self, unit: u16) {
        let leaving = std::mem::replace(&mut self.window[self.at], unit);
        self.hash = self
            .hash
            .wrapping_mul(BASE)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.leaving.wrapping_mul(u64::from(leaving)));
        self.at = (self.at + 1) % BLOCK;
    }

    fn finish(mut self) -> BTreeMap<u64, String> {
        self.push(END);
        for _ in 0..BLOCK {
            self.record();
            self.roll(0);
        }
        self.wanted.into_iter().filter_map(|(line, hash)| Some((line, hash?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &[u8], chunk: usize) -> Vec<String> {
        let wanted: Vec<TokenSpan> = (1..40).map(|line| TokenSpan { start: (line, 1), end: (line, 1) }).collect();
        let mut lines = LineHasher::new(&wanted);
        text.chunks(chunk.max(1)).for_each(|chunk| lines.feed(chunk));
        lines.finish(&wanted).into_iter().map_while(|hash| Some(hash?.hash)).collect()
    }

    #[test]
    fn githubs_own_vectors() {
        let greetings = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        let lorem = "Lorem ipsum dolor sit amet.\n".repeat(10);
        let cases: [(&str, &[&str]); 8] = [
            ("", &["c129715d7a2bc9a3:1"]),
            (
                " a\nb\n  \t\tc\n d",
                &["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
            ),
            (
                " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
                &[
                    "8b7cf3e952e7aeb2:1",
                    "b1ae1287ec4718d9:1",
                    "bff680108adb0fcc:1",
                    "c6805c5e1288b612:1",
                    "b86d3392aea1be30:1",
                    "e6ceba753e1a442:1",
                ],
            ),
            (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", &greetings),
            (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", &greetings),
            (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", &greetings),
            (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", &greetings),
            (
                &lorem,
                &[
                    "a7f2ff13bc495cf2:1",
                    "a7f2ff13bc495cf2:2",
                    "a7f2ff13bc495cf2:3",
                    "a7f2ff13bc495cf2:4",
                    "a7f2ff13bc495cf2:5",
                    "a7f2ff13bc495cf2:6",
                    "a7f2ff1481e87703:1",
                    "a9cf91f7bbf1862b:1",
                    "55ec222b86bcae53:1",
                    "cc97dc7b1d7d8f7b:1",
                    "c129715d7a2bc9a3:1",
                ],
            ),
        ];
        for (text, expected) in cases {
            for chunk in [1, 2, 7, 1000] {
                assert_eq!(hashes(text.as_bytes(), chunk), expected, "{text:?} in chunks of {chunk}");
            }
        }
    }

    #[test]
    fn chunks_do_not_split_characters() {
        let mut text = "é 🦀\r\n漢字=\u{feff}x\n".as_bytes().to_vec();
        text.extend_from_slice(b"\xff\xf0\x9f stray \xe2\x82\n end\xf0\x9f\xa6");
        let whole = hashes(&text, 1000);
        for chunk in 1..9 {
            assert_eq!(hashes(&text, chunk), whole, "{chunk}");
        }
    }

    #[test]
    fn columns_count_utf16_units() {
        let text = "a\r\n\u{e9}🦀x=key;\rkey";
        let wanted = [
            TokenSpan { start: (2, 9), end: (2, 12) },
            TokenSpan { start: (3, 1), end: (3, 4) },
            TokenSpan { start: (9, 1), end: (9, 2) },
        ];
        let hashes = compute(text.as_bytes(), &wanted);
        let columns: Vec<Option<(u64, u64)>> =
            hashes.iter().map(|hash| hash.as_ref().map(|hash| (hash.column, hash.end_column))).collect();
        assert_eq!(columns, [Some((6, 9)), Some((1, 4)), None]);
    }

    #[test]
    fn reading_stops_behind_the_last_wanted_line() {
        let tokens = [TokenSpan { start: (70_000, 1), end: (70_000, 1) }];
        let mut lines = LineHasher::new(&tokens);
        lines.feed(&[b'\n'; 64 << 10]);
        assert!(!lines.done());
        lines.feed(&[b'\n'; 64 << 10]);
        assert!(lines.done());
        let hashes = compute(&vec![b'\n'; 1 << 20], &tokens);
        assert!(hashes[0].as_ref().unwrap().hash.ends_with(":70000"));
    }
}
