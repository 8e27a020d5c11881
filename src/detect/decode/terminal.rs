//! Escape sequences of terminals, as bytes (`ESC[32m`) and written (`\x1b[32m`, `^[[32m`). Logs keep them, and what
//! `grep --color` marks is cut in two by them. Outside of a key a sequence is an edge, inside it is skipped.

use super::escape::{EscapeSequence, EscapeSyntax};
use crate::credential::family::FAMILIES;

/// Longest control sequence: a colour of 24 bits for text, ground and underline.
const MAX_CONTROL: usize = 64;

/// Longest command with a text, such as the address of a link.
const MAX_COMMAND: usize = 512;

/// Most sequences in a row.
const MAX_ROW: usize = 8;

/// Ways to write the escape character, in lower case.
const ESCAPES: &[&[u8]] = &[
    b"\x1b",
    b"\\u001b",
    b"\\x1b",
    b"\\033",
    b"\\e",
    b"\\u{1b}",
    b"\\x{1b}",
    b"\\u{001b}",
    b"\\u0000001b",
    b"\\c[",
    b"\\27",
    b"^[",
    b"&#27;",
    b"&#x1b;",
    b"%1b",
    b"=1b",
    b"\xe2\x90\x9b",
];

/// Ways to write the introducer of a control sequence as one character.
const CONTROLS: &[&[u8]] = &[b"\xc2\x9b", b"\x9b", b"\\u009b", b"\\x9b", b"\\233"];

/// Ends of a command: the bell, and the string terminator without its escape character.
const BELLS: &[&[u8]] = &[b"\x07", b"\\u0007", b"\\x07", b"\\007", b"\\a", b"^g", b"\x9c"];

pub(super) struct Terminal;

fn starts_with_one(bytes: &[u8], texts: &[&[u8]]) -> Option<usize> {
    let starts = |text: &&&[u8]| bytes.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    texts.iter().find(starts).map(|text| text.len())
}

fn ends_with_one(bytes: &[u8], texts: &[&[u8]]) -> bool {
    let end = |text: &&[u8]| bytes.len().checked_sub(text.len()).map(|at| &bytes[at..]);
    texts.iter().any(|text| end(text).is_some_and(|end| end.eq_ignore_ascii_case(text)))
}

/// Returns the length of parameters, intermediate bytes and the final byte.
fn control(bytes: &[u8]) -> Option<usize> {
    let inner = bytes.iter().take(MAX_CONTROL).take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    matches!(bytes.get(inner), Some(0x40..=0x7e)).then_some(inner + 1)
}

/// Returns the length of a command up to its end.
fn command(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len().min(MAX_COMMAND)).find_map(|at| {
        let rest = &bytes[at..];
        let terminator = || {
            let escape = starts_with_one(rest, ESCAPES)?;
            let slashes = rest[escape..].iter().take(2).take_while(|byte| **byte == b'\\').count();
            (slashes > 0).then_some(escape + if rest[0] == b'\x1b' { 1 } else { slashes })
        };
        starts_with_one(rest, BELLS).or_else(terminator).map(|width| at + width)
    })
}

/// Returns the length of the sequence at the start of `bytes`.
fn sequence(bytes: &[u8]) -> Option<usize> {
    if let Some(start) = starts_with_one(bytes, CONTROLS) {
        return control(&bytes[start..]).map(|length| start + length);
    }
    let quoting = bytes.iter().take(4).take_while(|byte| **byte == b'\\').count().saturating_sub(1);
    let start = quoting + starts_with_one(&bytes[quoting..], ESCAPES)?;
    let rest = &bytes[start..];
    let bracket = |text: &'static [u8]| rest.get(..3).is_some_and(|code| code.eq_ignore_ascii_case(text)).then_some(3);
    let length = match rest.first()? {
        b'[' => 1 + control(&rest[1..])?,
        b'%' | b'=' => bracket(b"%5b").or_else(|| bracket(b"=5b")).and_then(|at| Some(at + control(&rest[at..])?))?,
        b']' => 1 + command(&rest[1..])?,
        b' '..=b'/' => control(rest).filter(|length| *length == 2)?,
        b'7' | b'8' | b'>' | b'c' | b'D' | b'E' | b'H' | b'M' if bytes[0] == 0x1b => 1,
        _ => return None,
    };
    Some(start + length)
}

/// Returns true if a sequence ends where `before` does. One that lost its escape character counts if it has parameters.
pub(in super::super) fn ends_before(before: &[u8]) -> bool {
    let before = &before[before.len().saturating_sub(MAX_CONTROL)..];
    let Some((last @ (b'A'..=b'Z' | b'a'..=b'z'), rest)) = before.split_last() else { return false };
    if *last == b'G' && rest.ends_with(b"^") {
        return true;
    }
    let inner = rest.iter().rev().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    let start = &rest[..rest.len() - inner];
    match start.split_last() {
        _ if ends_with_one(start, CONTROLS) => true,
        Some((b'[', escape)) => ends_with_one(escape, ESCAPES) || *last == b'm' && inner > 0,
        // Of `%1B%5B` the bracket is written as well.
        _ => inner == 1 && ends_with_one(start, ESCAPES) || ends_with_one(start, &[b"%1b%5b", b"=1b=5b"]),
    }
}

/// Returns true if a word that ends at an anchor begins with the end of a sequence, and goes on with a part of a prefix.
pub(super) fn precedes(before: u8, word: &[u8], heads: &[Vec<u8>]) -> bool {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_part = |part: &[u8]| part.is_empty() || heads.iter().any(|head| head.ends_with(part));
    matches!(before, b'[' | b';' | b':')
        && matches!(word.get(digits), Some(b'm' | b'K'))
        && word.get(digits + 1..).is_some_and(is_part)
}

/// As [`ends_before`], by the last bytes only: quick, and true too often.
pub(super) fn may_end(last: u8, rest: &[u8]) -> bool {
    matches!(last, b'm' | b'K') && matches!(rest.last(), Some(b'[' | b'0'..=b'9' | b';')) && {
        let parameters = rest.iter().rev().take(MAX_CONTROL).take_while(|byte| matches!(byte, b'0'..=b';')).count();
        rest[..rest.len() - parameters].ends_with(b"[")
    }
}

/// Returns true if a prefix begins at the start of `bytes`, as far as its word goes.
fn begins_prefix(bytes: &[u8]) -> bool {
    let word = bytes.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let agrees = |prefix: &[u8]| bytes[..word.min(prefix.len())] == prefix[..word.min(prefix.len())];
    word >= 3 && FAMILIES.iter().any(|family| family.encoded && agrees(family.prefix.as_bytes()))
}

impl EscapeSyntax for Terminal {
    fn may_start_with(&self, byte: u8) -> bool {
        matches!(byte, 0x1b | b'\\' | b'^' | b'&' | b'%' | b'=' | 0x9b | 0xc2 | 0xe2)
    }

    /// Takes all sequences in a row for one. In front of a prefix they leave an edge.
    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        let in_character = bytes[at] == 0x9b && at.checked_sub(1).is_some_and(|before| bytes[before] >= 0x80);
        let mut width = 0;
        for _ in 0..MAX_ROW {
            match sequence(&bytes[at + width..]).filter(|_| !in_character) {
                Some(length) => width += length,
                None => break,
            }
        }
        match width {
            0 => None,
            _ if begins_prefix(&bytes[at + width..]) => Some(EscapeSequence::byte(0x1b, width)),
            _ => Some(EscapeSequence::gap(width)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    const SEQUENCES: &[&str] = &[
        "\x1b[32m",
        "\x1b[m",
        "\x1b[01;31m\x1b[K",
        "\x1b[38;2;255;100;0m",
        "\x1b[4:3m",
        "\u{9b}1m",
        "\x1b(B\x1b[m",
        "\x1b]8;;https://example.com/a?b=c\x1b\\",
        "\x1b]8;id=1;https://example.com\x07",
        "\\u001b[32m",
        "\\x1b[01;31m\\x1b[K",
        "\\x1B[0m",
        "\\033[1;32m",
        "\\e[32m",
        "\\\\u001b[32m",
        "\\u{1b}[32m",
        "^[[32m",
        "^[[01;31m^[[K",
        "\\u001b]8;;https://example.com\\u0007",
        "\\u001b]8;;https://example.com\\u001b\\\\",
        "%1B%5B32m",
        "&#27;[32m",
        "␛[32m",
    ];

    #[test]
    fn sequences_at_every_place() {
        let mut noise = Noise::new(47);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            for at in prefix.len()..secret.len() {
                let sequence = SEQUENCES[at % SEQUENCES.len()];
                let code = format!("{}{sequence}{}", &secret[..at], &secret[at..]);
                testing::finds(&format!("key={code} "), &code, &secret);
            }
        }
    }

    #[test]
    fn a_coloured_match() {
        let mut noise = Noise::new(48);
        for (prefix, matched) in
            [("sk_live_", "live"), ("sk_live_", "sk_live"), ("rk_test_", "k_test_"), ("whsec_", "sec_")]
        {
            for (start, end) in
                [("\x1b[01;31m\x1b[K", "\x1b[m\x1b[K"), ("\\u001b[31m", "\\u001b[0m"), ("^[[31m", "^[[m")]
            {
                let secret = token(prefix, &noise.body(40));
                let code = secret.replacen(matched, &format!("{start}{matched}{end}"), 1);
                let text = format!("a.env:KEY={code} ");
                let found = testing::find(text.as_bytes(), secret.as_bytes());
                assert!(found.is_some(), "{matched} of {prefix} between {start:?}");
            }
        }
    }

    #[test]
    fn a_sequence_is_an_edge() {
        for sequence in SEQUENCES {
            let before = sequence.as_bytes();
            let is_edge = !before.last().is_some_and(u8::is_ascii_alphanumeric) || ends_before(before);
            assert!(is_edge || sequence.ends_with("u0007"), "{sequence:?}");
        }
        for (text, expected) in
            [("[32m", true), ("a[K", false), ("m", false), ("[m", false), ("list[item", false), ("^G", true)]
        {
            assert_eq!(ends_before(text.as_bytes()), expected, "{text}");
        }
    }
}
