//! Reads the line of a credential: comments, conditional values.

use std::rc::Rc;

use crate::detect::lines::{Cursor, Position};

/// Bytes in front of a credential that are searched for the bracket that it is in, or matched.
pub(super) const MAX_BEFORE: usize = 4 << 10;

/// Computes line and column of an offset.
pub(super) fn position(text: &[u8], at: usize) -> Position {
    Cursor::new(Position::START).advance(text, at)
}

/// A text whose lines are found without reading those in front of them.
#[derive(Debug, Clone)]
pub(super) struct IndexedText {
    text: Rc<str>,
    /// Offsets of the beginnings of lines.
    starts: Vec<usize>,
}

impl IndexedText {
    pub(super) fn new(text: Rc<str>) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes());
        let starts = std::iter::once(0).chain(ends.map(|end| end + 1)).collect();
        Self { text, starts }
    }

    /// Returns a 1-based line, empty behind the end.
    pub(super) fn line(&self, number: u64) -> &str {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        at.map_or("", |at| self.line_at(at))
    }

    /// Returns a line by its index, empty behind the end.
    pub(super) fn line_at(&self, at: usize) -> &str {
        let Some(start) = self.starts.get(at) else { return "" };
        let Some(next) = self.starts.get(at + 1) else { return &self.text[*start..] };
        let line = &self.text[*start..next - 1];
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// Returns the number of lines.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }
}

/// Returns true if the whole line is a comment.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    // `%prod.` is a profile.
    ["#", "//", ";", "--", "<!--", "/*", "* ", "*/", "% ", "%%", "%-", "rem ", "REM "]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// Returns true for a conditional value: `a ? x : y`, `x if a else y`.
pub(super) fn is_conditional(line: &str) -> bool {
    let question = line.find('?').is_some_and(|at| {
        let rest = &line[at + 1..];
        !rest.starts_with(['.', '?', ':'])
            && !line[..at].ends_with("http")
            && rest.contains(':')
            && !rest.starts_with(|c: char| c.is_alphanumeric() && line[..at].contains("://"))
    });
    question || (line.contains(" if ") && line.contains(" else "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_text() {
        for text in ["", "a", "a\n", "a\r\nb\n\nc", "\n\n", "a\rb\r\n"] {
            let indexed = IndexedText::new(Rc::from(text));
            for number in 0..6_u64 {
                let expected = number.checked_sub(1).and_then(|at| text.lines().nth(at as usize)).unwrap_or("");
                assert_eq!(indexed.line(number), expected, "{text:?}:{number}");
            }
        }
    }

    #[test]
    fn choices() {
        assert!(is_conditional("key = live ? 'a' : 'b'") && is_conditional("key = 'a' if live else 'b'"));
        assert!(!is_conditional("key = 'https://x?a=b:c'") && !is_conditional("a ?? b") && !is_conditional("a?.b"));
    }
}
