//! What the lines around a credential say: whether it is commented out, which sections it stands in, what chooses it.

use super::names::words;

/// Lines above that are looked at for sections.
const REACH: usize = 400;

/// The text of a 1-based line.
pub(super) fn line(text: &str, number: u64) -> &str {
    usize::try_from(number).ok().and_then(|number| text.lines().nth(number.checked_sub(1)?)).unwrap_or("")
}

/// Whether a line is a comment as a whole: what it assigns is not in force.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", ";", "--", "<!--", "/*", "* ", "*/", "%", "rem ", "REM "].iter().any(|mark| line.starts_with(mark))
}

/// The names of the sections around a line, the innermost first: keys of less indented lines above, `[tables]`, and the
/// path of directories is not among them.
pub(super) fn sections(text: &str, number: u64) -> Vec<String> {
    let Ok(number) = usize::try_from(number) else { return Vec::new() };
    let lines: Vec<&str> = text.lines().take(number).collect();
    let Some((own, above)) = lines.split_last() else { return Vec::new() };
    let mut sections = Vec::new();
    let mut indent = indentation(own);
    for line in above.iter().rev().take(REACH) {
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
        // Closing brackets close what is not ours.
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

/// The label of the innermost bracket that is open in front of a column: `us: { key: '` is inside of `us`.
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

/// The words of a line that opens a section.
fn label(line: &str) -> String {
    words(line).join(" ")
}

/// Whether a value is one of several that a condition chooses from: `a ? x : y`, `x if a else y`.
pub(super) fn is_chosen(line: &str) -> bool {
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
        assert!(is_chosen("key = live ? 'a' : 'b'") && is_chosen("key = 'a' if live else 'b'"));
        assert!(!is_chosen("key = 'https://x?a=b:c'") && !is_chosen("a ?? b") && !is_chosen("a?.b"));
    }
}
