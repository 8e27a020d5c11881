//! Reads the lines around a credential: comments, enclosing sections, conditional values.

use std::rc::Rc;

use super::variable_names::words;
use crate::detect::lines::{Cursor, Position};

/// Lines above a credential that are searched for sections.
const MAX_LINES_ABOVE: usize = 400;

/// Sections around a credential that are named.
const MAX_SECTIONS: usize = 32;

/// Bytes in front of a credential that are searched for the bracket that it is in, or matched.
pub(super) const MAX_BEFORE: usize = 4 << 10;

/// Bytes of a line that are read for the label of a section.
const MAX_LABEL: usize = 256;

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

    fn line_at(&self, at: usize) -> &str {
        let Some(start) = self.starts.get(at) else { return "" };
        let Some(next) = self.starts.get(at + 1) else { return &self.text[*start..] };
        let line = &self.text[*start..next - 1];
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// Returns the names of the sections around a line, innermost first: keys of less indented lines above, `[tables]`.
    pub(super) fn sections(&self, number: u64) -> Vec<String> {
        let own = usize::try_from(number).unwrap_or(usize::MAX).min(self.starts.len());
        let Some(own) = own.checked_sub(1) else { return Vec::new() };
        let mut sections = Vec::new();
        let mut indent = indentation(self.line_at(own));
        for line in (0..own).rev().take(MAX_LINES_ABOVE).map(|at| self.line_at(at)) {
            let trimmed = line.trim();
            if trimmed.is_empty() || is_comment(trimmed) {
                continue;
            }
            if trimmed.ends_with(']')
                && trimmed.len() <= MAX_LABEL
                && let Some(table) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next())
                && !trimmed.contains(',')
            {
                sections.push(table.trim_matches(['[', '"', '\'']).to_lowercase());
                break;
            }
            let here = indentation(line);
            // A closing bracket ends a sibling section.
            if here < indent && !trimmed.starts_with(['}', ']', ')']) {
                indent = here;
                sections.push(label(trimmed));
            } else if here < indent {
                indent = here + 1;
            }
            if sections.len() == MAX_SECTIONS {
                break;
            }
        }
        sections.retain(|section| !section.is_empty());
        sections
    }
}

/// Returns true if the whole line is a comment.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", ";", "--", "<!--", "/*", "* ", "*/", "%", "rem ", "REM "].iter().any(|mark| line.starts_with(mark))
}

/// Returns the label of the innermost open bracket in front of a column: `us` for `us: { key: '`.
pub(super) fn opener(line: &str, column: u64) -> String {
    let end = usize::try_from(column).unwrap_or(1).saturating_sub(1).min(line.len());
    let Some(before) = line.get(..end) else { return String::new() };
    let before = &before[before.ceil_char_boundary(end.saturating_sub(MAX_BEFORE))..];
    let mut depth = 0_usize;
    for (at, character) in before.char_indices().rev() {
        match character {
            '}' | ']' | ')' => depth += 1,
            '{' | '[' | '(' if depth > 0 => depth -= 1,
            '{' | '[' | '(' => return label(before[..at].rsplit([',', ';', '{']).next().unwrap_or("")),
            _ => {}
        }
    }
    String::new()
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn label(line: &str) -> String {
    words(&line[..line.floor_char_boundary(MAX_LABEL)]).join(" ")
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

    fn sections(text: &str, number: u64) -> Vec<String> {
        IndexedText::new(Rc::from(text)).sections(number)
    }

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
    fn sections_are_what_stands_around() {
        let yaml = "development:\n  stripe:\n    key: x\nproduction:\n  stripe:\n    key: y\n";
        assert_eq!(sections(yaml, 6), ["stripe", "production"]);
        assert_eq!(sections(yaml, 3), ["stripe", "development"]);
        let json = "{\n  \"dev\": {\n    \"a\": 1\n  },\n  \"prod\": {\n    \"a\": 1\n  }\n}";
        assert_eq!(sections(json, 6), ["prod"]);
        assert_eq!(sections("[default]\na = 1\n[live]\nkey = 1\n", 4), ["live"]);
        assert_eq!(sections("A=1\nB=2\n", 2), Vec::<String>::new());
    }

    #[test]
    fn openers_are_what_a_value_is_in() {
        for (line, expected) in [
            ("  us: { key: 'HIT' }", "us"),
            ("$s['live'] = ['key' => 'HIT']", "s live"),
            ("{ \"a\": { \"b\": 1 }, \"c\": { \"key\": \"HIT\"", "c"),
            ("KEY=HIT", ""),
            ("f(a) + 'HIT'", ""),
        ] {
            let column = line.find("HIT").unwrap() as u64 + 1;
            assert_eq!(opener(line, column), expected, "{line}");
        }
    }

    #[test]
    fn choices() {
        assert!(is_conditional("key = live ? 'a' : 'b'") && is_conditional("key = 'a' if live else 'b'"));
        assert!(!is_conditional("key = 'https://x?a=b:c'") && !is_conditional("a ?? b") && !is_conditional("a?.b"));
    }
}
