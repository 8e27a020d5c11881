//! Reads the lines around a credential: comments, enclosing sections, conditional values.

use super::variable_names::words;
use crate::detect::lines::{Cursor, Position};

/// Lines above a credential that are searched for sections.
const MAX_LINES_ABOVE: usize = 400;

/// Computes line and column of an offset.
pub(super) fn position(text: &[u8], at: usize) -> Position {
    Cursor::new(Position::START).advance(text, at)
}

/// Returns the text of a 1-based line.
pub(super) fn line(text: &str, number: u64) -> &str {
    usize::try_from(number).ok().and_then(|number| text.lines().nth(number.checked_sub(1)?)).unwrap_or("")
}

/// Returns true if the whole line is a comment.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", ";", "--", "<!--", "/*", "* ", "*/", "%", "rem ", "REM "].iter().any(|mark| line.starts_with(mark))
}

/// Returns the names of the sections around a line, innermost first: keys of less indented lines above, `[tables]`.
pub(super) fn sections(text: &str, number: u64) -> Vec<String> {
    let Ok(number) = usize::try_from(number) else { return Vec::new() };
    let lines: Vec<&str> = text.lines().take(number).collect();
    let Some((own, above)) = lines.split_last() else { return Vec::new() };
    let mut sections = Vec::new();
    let mut indent = indentation(own);
    for line in above.iter().rev().take(MAX_LINES_ABOVE) {
        let trimmed = line.trim();
        if trimmed.is_empty() || is_comment(trimmed) {
            continue;
        }
        if let Some(table) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next())
            && trimmed.ends_with(']')
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
    }
    sections.retain(|section| !section.is_empty());
    sections
}

/// Returns the label of the innermost open bracket in front of a column: `us` for `us: { key: '`.
pub(super) fn opener(line: &str, column: u64) -> String {
    let end = usize::try_from(column).unwrap_or(1).saturating_sub(1).min(line.len());
    let Some(before) = line.get(..end) else { return String::new() };
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
    words(line).join(" ")
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
