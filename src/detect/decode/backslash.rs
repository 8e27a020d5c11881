//! Backslash escapes of programming languages: `\u005f`, `\u{5f}`, `\U0000005f`, `\x5f`, `\137`; of RTF: `\'5f`; of LaTeX and
//! Markdown: `\_`, `{\_}`.
//!
//! A sequence may start with several backslashes, as in JSON quoted in JSON. Escapes of characters that no token holds
//! (`\n`, `\"`) are copied: they end a token as the character does.

use super::anchor::{EncodedAnchor, UNICODE_MARKS, owned};
use super::escape::{EscapeSequence, EscapeSyntax, hex_byte, hex_digits};
use super::view::EncodingNames;

/// Most backslashes in a row: four layers of quoting.
const MAX_SLASHES: usize = 16;

pub(super) struct Backslash;

fn slashes(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take(MAX_SLASHES).take_while(|byte| **byte == b'\\').count()
}

/// Returns the anchors of a byte in every syntax.
pub(super) fn byte_anchors(byte: u8) -> Vec<EncodedAnchor> {
    let rtf = [format!("\\'{byte:02x}"), format!("\\'{byte:02X}")];
    let mut anchors = vec![owned(format!("\\{byte:03o}"))];
    anchors.extend(rtf.map(owned));
    for hex in [format!("{byte:02x}"), format!("{byte:02X}")] {
        anchors.push(owned(format!("x{hex}")));
        anchors.push(owned(format!("{{{hex}")));
        anchors.push(owned(format!("00{hex}")).between(UNICODE_MARKS, b""));
    }
    anchors
}

impl EscapeSyntax for Backslash {
    fn may_start_with(&self, byte: u8) -> bool {
        matches!(byte, b'\\' | b'{')
    }

    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        if bytes[at] == b'{' {
            return bytes[at..].starts_with(br"{\_}").then(|| EscapeSequence::byte(b'_', 4));
        }
        let letter = at + slashes(bytes, at);
        let width = |digits: usize| letter + digits - at;
        match bytes.get(letter)? {
            b'u' if bytes.get(letter + 1) == Some(&b'{') => {
                let (code, digits) = hex_digits(bytes, letter + 2, 6);
                let closed = bytes.get(letter + 2 + digits) == Some(&b'}');
                (digits > 0 && closed).then(|| EscapeSequence::char(code, width(digits + 3)))
            }
            b'u' => match hex_digits(bytes, letter + 1, 4) {
                (code, 4) => Some(EscapeSequence::char(code, width(5))),
                _ => None,
            },
            b'U' => match hex_digits(bytes, letter + 1, 8) {
                (code, 8) => Some(EscapeSequence::char(code, width(9))),
                _ => None,
            },
            b'x' if bytes.get(letter + 1) == Some(&b'{') => {
                let (code, digits) = hex_digits(bytes, letter + 2, 6);
                let closed = bytes.get(letter + 2 + digits) == Some(&b'}');
                (digits > 0 && closed).then(|| EscapeSequence::char(code, width(digits + 3)))
            }
            b'x' => hex_byte(bytes, letter + 1).map(|byte| EscapeSequence::byte(byte, width(3))),
            b'_' => Some(EscapeSequence::byte(b'_', width(1))),
            b'\'' => hex_byte(bytes, letter + 1).map(|byte| EscapeSequence::byte(byte, width(3))),
            b'0'..=b'7' => {
                let octal = bytes[letter..].iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
                let (value, digits) =
                    octal.fold((0u32, 0), |(value, n), byte| (value << 3 | u32::from(byte - b'0'), n + 1));
                let byte = u8::try_from(value).ok().filter(|_| digits >= 2)?;
                Some(EscapeSequence::byte(byte, width(digits)))
            }
            _ => None,
        }
    }

    fn names_at(&self, bytes: &[u8], at: usize) -> EncodingNames {
        match bytes.get(at + slashes(bytes, at)) {
            Some(b'x' | b'\'') => &["hex-escape"],
            Some(b'_' | b'{') => &["backslash-escape"],
            Some(b'0'..=b'7') => &["octal-escape"],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    #[test]
    fn units() {
        let rows = [
            (r"\u005f", 6),
            (r"\u005F1", 6),
            (r"\u{5f}", 6),
            (r"\u{00005F}", 10),
            (r"\U0000005f", 10),
            (r"\x5f", 4),
            (r"\x{5f}", 6),
            (r"\137", 4),
            (r"\1371", 4),
            (r"\\u005f", 7),
            (r"\\\\u005f", 9),
            (r"\\x5F", 5),
            (r"\_", 2),
            (r"{\_}", 4),
            (r"\'5f", 4),
            (r"\'5F", 4),
        ];
        for (text, width) in rows {
            assert_eq!(Backslash.parse(text.as_bytes(), 0), Some(EscapeSequence::byte(b'_', width)), "{text}");
        }
        for text in [r"\n", r#"\""#, r"\u00", r"\u{}", r"\u{5f", r"\x5", r"\8", r"\", r"\999"] {
            assert_eq!(Backslash.parse(text.as_bytes(), 0), None, "{text}");
        }
        assert_eq!(Backslash.parse(br"\ud83d", 0).unwrap().text(), "\u{fffd}".as_bytes());
    }

    #[test]
    fn some_or_all_characters() {
        let mut noise = Noise::new(9);
        let forms: [fn(u8) -> String; 8] = [
            |byte| format!("\\u{byte:04x}"),
            |byte| format!("\\\\u{byte:04X}"),
            |byte| format!("\\u{{{byte:x}}}"),
            |byte| format!("\\u{{{byte:X}}}"),
            |byte| format!("\\x{byte:02x}"),
            |byte| format!("\\x{byte:02X}"),
            |byte| format!("\\{byte:03o}"),
            |byte| format!("\\'{byte:02x}"),
        ];
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            for form in forms {
                let all: String = secret.bytes().map(form).collect();
                let some = secret.replace('_', &form(b'_'));
                let body: String =
                    prefix.chars().map(String::from).chain(secret.bytes().skip(prefix.len()).map(form)).collect();
                let markup = [r"\_", r"{\_}"].map(|escape| secret.replace('_', escape));
                for code in [all, some, body].into_iter().chain(markup) {
                    testing::finds(&format!("{{\"key\": \"{code}\"}}"), &code, &secret);
                }
            }
        }
    }
}
