//! Escapes for characters that could act on a terminal or hide something from a reader.

use std::fmt::Write as _;

/// Escapes the control, bidirectional and invisible characters of a text.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars().for_each(|character| push(&mut escaped, character));
    escaped
}

/// Appends a character, or its escape.
pub(crate) fn push(text: &mut String, character: char) {
    match character {
        '\t' => text.push(' '),
        c if is_unsafe(c) => {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
        }
        c => text.push(c),
    }
}

/// Returns true if a character could act on a terminal or hide something from a reader.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    character.is_control() || is_invisible(character)
}

/// Returns true for bidirectional controls, zero-width characters and the soft hyphen.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(escape("a\u{1b}[31mb\nc\u{202e}\td"), "a\\u{1b}[31mb\\u{a}c\\u{202e} d");
    }
}
