//! Finds the edges of a token.
//!
//! A letter in front of `sk_live_` makes it a part of another word (`task_live_…`), unless that letter ends an escape:
//! in `"\nsk_live_…"` the decoded character before it is a line feed. A body that goes on with `_` or `-` is a name.

use super::decode::terminal;

/// Returns true if a byte would continue a word.
#[must_use]
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns true if a token may begin at `at`.
#[must_use]
pub fn left_is_clean(bytes: &[u8], at: usize) -> bool {
    match at.checked_sub(1).map(|before| bytes[before]) {
        Some(byte) if is_word(byte) => match escape_before(&bytes[at.saturating_sub(10)..at]) {
            Some(continues) => !continues,
            None => terminal::ends_before(&bytes[..at]),
        },
        _ => true,
    }
}

/// Returns true for a string of a pickle in text: `V` before it, and the number that it gets on the next line.
#[must_use]
pub fn is_pickled(bytes: &[u8], token: &std::ops::Range<usize>) -> bool {
    let (before, after) = (&bytes[..token.start], &bytes[token.end..]);
    let opens = before.strip_suffix(b"V").is_some_and(|rest| !rest.last().is_some_and(|byte| is_word(*byte)));
    opens && matches!(after, [b'\n', b'p', b'0'..=b'9', ..])
}

/// Returns true if the bytes end in an escape of a character that would continue a word; `None` without an escape.
fn escape_before(before: &[u8]) -> Option<bool> {
    let hex = |digits: &[u8]| {
        let text = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(text, 16).ok().filter(|_| !text.starts_with('+'))
    };
    let continues = |value: u32| u8::try_from(value).is_ok_and(is_word);
    let n = before.len();
    if n >= 6 && &before[n - 6..n - 4] == b"\\u" {
        return hex(&before[n - 4..]).map(continues);
    }
    if n >= 4 && matches!(&before[n - 4..n - 2], b"\\x" | b"\\'") {
        return hex(&before[n - 2..]).map(continues);
    }
    if n >= 4 && before[n - 4] == b'\\' && before[n - 3..].iter().all(|byte| matches!(byte, b'0'..=b'7')) {
        let value = before[n - 3..].iter().fold(0, |sum, byte| sum * 8 + u32::from(byte - b'0'));
        return Some(continues(value));
    }
    if n >= 3 && matches!(before[n - 3], b'%' | b'=') {
        return hex(&before[n - 2..]).map(continues);
    }
    if n >= 2
        && before[n - 2] == b'\\'
        && matches!(before[n - 1], b'n' | b't' | b'r' | b'0' | b'b' | b'f' | b'v' | b'a' | b'e')
    {
        return Some(false);
    }
    None
}

/// The text that follows a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// A delimiter, or the end.
    Clean,
    /// `_`, or `-` and a word character: a body that goes on like this is a name.
    Name,
}

/// Classifies the text that follows a token that ends at `end`.
#[must_use]
pub fn right(bytes: &[u8], end: usize) -> Right {
    let at = |offset: usize| bytes.get(end + offset).copied();
    match at(0) {
        Some(b'_') => Right::Name,
        Some(b'-') if at(1).is_some_and(is_word) => Right::Name,
        _ => Right::Clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_escapes_on_the_left() {
        for (before, clean) in [
            ("", true),
            ("=", true),
            ("'", true),
            ("ta", false),
            ("_", false),
            ("1", false),
            ("é", true),
            ("\\n", true),
            ("\\t", true),
            ("\\0", true),
            ("\\\\n", true),
            ("\\u0022", true),
            ("\\u0041", false),
            ("\\x22", true),
            ("\\x5f", false),
            ("\\'a0", true),
            ("\\'41", false),
            ("\\042", true),
            ("%3D", true),
            ("%41", false),
            ("=3D", true),
            ("%zz", false),
            ("&quot;", true),
            ("\\q", false),
        ] {
            let text = format!("{before}sk_");
            assert_eq!(left_is_clean(text.as_bytes(), before.len()), clean, "{before}");
        }
    }

    #[test]
    fn names_on_the_right() {
        for (after, expected) in [
            ("", Right::Clean),
            (":", Right::Clean),
            ("_suite", Right::Name),
            ("-x", Right::Name),
            ("-", Right::Clean),
            ("->", Right::Clean),
            ("\\n", Right::Clean),
            ("</k>", Right::Clean),
        ] {
            assert_eq!(right(after.as_bytes(), 0), expected, "{after}");
        }
    }
}
