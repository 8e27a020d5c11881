//! Converts byte columns to UTF-16 columns.
//!
//! Code scanning and editors count columns in UTF-16 code units; locations count bytes. The conversion needs the text, so it
//! runs in the same pass as the line's hash.

use std::collections::HashMap;

pub(super) struct Utf16Columns {
    /// Positions still ahead, last first.
    ahead: Vec<(u64, u64)>,
    found: HashMap<(u64, u64), u64>,
    line: u64,
    byte: u64,
    unit: u64,
    after_cr: bool,
}

impl Utf16Columns {
    /// Takes the positions to convert, as line and byte column.
    pub(super) fn new(positions: impl Iterator<Item = (u64, u64)>) -> Self {
        let mut ahead: Vec<(u64, u64)> = positions.collect();
        ahead.sort_unstable_by(|a, b| b.cmp(a));
        ahead.dedup();
        Self { ahead, found: HashMap::new(), line: 1, byte: 1, unit: 1, after_cr: false }
    }

    /// Returns true once every position was reached.
    pub(super) fn done(&self) -> bool {
        self.ahead.is_empty()
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let Some(next) = self.ahead.last().copied() else { return };
            if self.after_cr && byte != b'\n' {
                self.next_line();
            }
            self.after_cr = byte == b'\r';
            self.reach(next);
            self.byte += 1;
            // One unit for each character, two for those beyond the basic plane; a stray byte counts as one.
            self.unit += match byte {
                0x80..=0xBF => 0,
                0xF0..=0xFF => 2,
                _ => 1,
            };
            if byte == b'\n' {
                self.next_line();
            }
        }
    }

    fn next_line(&mut self) {
        self.line += 1;
        self.byte = 1;
        self.unit = 1;
    }

    /// Records the column of `next` if it is here, and drops the positions that the text has passed.
    fn reach(&mut self, mut next: (u64, u64)) {
        while next <= (self.line, self.byte) {
            if next == (self.line, self.byte) {
                self.found.insert(next, self.unit);
            }
            self.ahead.pop();
            match self.ahead.last() {
                Some(ahead) => next = *ahead,
                None => return,
            }
        }
    }

    /// Returns the UTF-16 column of a position; its byte column if the text has no such position.
    pub(super) fn get(&self, position: (u64, u64)) -> u64 {
        let here = ((self.line, self.byte) == position).then_some(self.unit);
        self.found.get(&position).copied().or(here).unwrap_or(position.1)
    }
}
