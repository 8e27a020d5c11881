//! UTF-16 columns of positions that are known by line and byte column.
//!
//! Code scanning and editors count columns in UTF-16 code units; locations count bytes. What lies between is known only to
//! who has the line at hand, so it is counted in the same pass as the line's hash.

use std::collections::HashMap;

use super::line_hash::Wanted;

/// Byte columns to UTF-16 columns.
pub(super) struct Columns {
    /// Positions still ahead, in order.
    open: Vec<(u64, u64)>,
    found: HashMap<(u64, u64), u64>,
    line: u64,
    byte: u64,
    unit: u64,
    after_cr: bool,
}

impl Columns {
    /// Gets ready to meet these tokens.
    pub(super) fn new(wanted: &[Wanted]) -> Self {
        let mut open: Vec<(u64, u64)> = wanted.iter().flat_map(|wanted| [wanted.start, wanted.end]).collect();
        open.sort_unstable_by(|a, b| b.cmp(a));
        open.dedup();
        Self { open, found: HashMap::new(), line: 1, byte: 1, unit: 1, after_cr: false }
    }

    /// Whether every position was met.
    pub(super) fn done(&self) -> bool {
        self.open.is_empty()
    }

    /// Walks on through the text.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let Some(next) = self.open.last().copied() else { return };
            if self.after_cr && byte != b'\n' {
                self.next_line();
            }
            self.after_cr = byte == b'\r';
            self.settle(next);
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

    fn settle(&mut self, mut next: (u64, u64)) {
        while next <= (self.line, self.byte) {
            if next == (self.line, self.byte) {
                self.found.insert(next, self.unit);
            }
            self.open.pop();
            match self.open.last() {
                Some(ahead) => next = *ahead,
                None => return,
            }
        }
    }

    /// The UTF-16 column of a position; at the very end of the text, or where none was met, the byte column stands in.
    pub(super) fn of(&self, position: (u64, u64)) -> u64 {
        let here = ((self.line, self.byte) == position).then_some(self.unit);
        self.found.get(&position).copied().or(here).unwrap_or(position.1)
    }
}
