//! Counts lines and columns, only up to hits.
//!
//! `\n`, `\r\n` and a lone `\r` end a line. Both numbers are 1-based; columns count bytes.

use serde::{Deserialize, Serialize};

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// 1-based.
    pub line: u64,
    /// 1-based, in bytes.
    pub column: u64,
}

impl Position {
    /// The first byte of a text.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Walks forward through a text and computes positions on the way.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    at: usize,
    position: Position,
}

impl Cursor {
    /// Starts at a text whose first byte has this position.
    #[must_use]
    pub fn new(position: Position) -> Self {
        Self { at: 0, position }
    }

    /// Returns the position of byte `to`. Calls must not go backwards.
    pub fn advance(&mut self, bytes: &[u8], to: usize) -> Position {
        let from = self.at;
        for at in memchr::memchr2_iter(b'\n', b'\r', &bytes[from..to]).map(|found| found + from) {
            // A `\r` before `\n` does not end the line, the `\n` does; the two may lie on either side of `to`.
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                self.position = Position { line: self.position.line + 1, column: 1 };
                self.at = at + 1;
            }
        }
        let position = Position { line: self.position.line, column: self.position.column + (to - self.at) as u64 };
        self.at = to;
        self.position = position;
        position
    }
}

/// Returns the line around a span, without its end, at most `reach` bytes to either side of the span.
#[must_use]
pub fn line_around(bytes: &[u8], start: usize, end: usize, reach: usize) -> std::ops::Range<usize> {
    let from = start.saturating_sub(reach);
    let to = end.saturating_add(reach).min(bytes.len());
    let first = memchr::memrchr2(b'\n', b'\r', &bytes[from..start]).map_or(from, |found| from + found + 1);
    let last = memchr::memchr2(b'\n', b'\r', &bytes[end..to]).map_or(to, |found| end + found);
    first..last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end() {
        for (text, at, line, column) in [
            ("abc", 2, 1, 3),
            ("a\nbc", 3, 2, 2),
            ("a\r\nbc", 4, 2, 2),
            ("a\rbc", 3, 2, 2),
            ("\n\n\nx", 3, 4, 1),
            ("\r\r\nx", 3, 3, 1),
            ("a\r\n", 2, 1, 3),
        ] {
            let position = Cursor::new(Position::START).advance(text.as_bytes(), at);
            assert_eq!(position, Position { line, column }, "{text:?}");
        }
    }

    #[test]
    fn steps_add_up() {
        let text = b"ab\ncd\r\nef\rgh";
        for first in 0..text.len() {
            for second in first..text.len() {
                let mut cursor = Cursor::new(Position::START);
                cursor.advance(text, first);
                assert_eq!(cursor.advance(text, second), Cursor::new(Position::START).advance(text, second));
            }
        }
    }

    #[test]
    fn a_line_ends_at_any_line_end() {
        let text = b"one\rtwo\nthree";
        assert_eq!(line_around(text, 5, 6, 100), 4..7);
        assert_eq!(line_around(text, 9, 10, 1), 8..11);
    }
}
