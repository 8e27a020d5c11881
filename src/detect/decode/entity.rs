//! Character references of HTML and XML: decimal, hexadecimal and named, also escaped again (`&amp;#95;`).

use super::anchor::{EncodedAnchor, UNICODE_MARKS, owned};
use super::escape::{EscapeSequence, EscapeSyntax, hex_digits};

pub(super) struct Entity;

/// Named references that a key may hold: those of the underscore, of invisible characters and of quotes and `+`, which
/// concatenate literals.
const NAMED: &[(&[u8], u32)] = &[
    (b"lowbar;", 0x5f),
    (b"UnderBar;", 0x5f),
    (b"shy;", 0xad),
    (b"zwj;", 0x200d),
    (b"zwnj;", 0x200c),
    (b"ZeroWidthSpace;", 0x200b),
    (b"NoBreak;", 0x2060),
    (b"quot;", 0x22),
    (b"apos;", 0x27),
    (b"plus;", 0x2b),
];

/// Returns the anchors of a byte in numeric references.
pub(super) fn byte_anchors(byte: u8) -> Vec<EncodedAnchor> {
    let hex = [format!("{byte:02x}"), format!("{byte:02X}")];
    let padded = hex.clone().map(|hex| owned(format!("00{hex}")).between(UNICODE_MARKS, b""));
    hex.map(|hex| owned(format!("x{hex}"))).into_iter().chain(padded).chain([owned(format!("{byte};"))]).collect()
}

impl EscapeSyntax for Entity {
    fn may_start_with(&self, byte: u8) -> bool {
        byte == b'&'
    }

    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        let mut name = at + 1;
        while bytes[name..].starts_with(b"amp;") && name < at + 12 {
            name += 4;
        }
        let rest = &bytes[name..];
        if rest.first() != Some(&b'#') {
            let (text, code) = NAMED.iter().find(|(text, _)| rest.starts_with(text))?;
            return Some(EscapeSequence::char(*code, name + text.len() - at));
        }
        let (code, digits) = if matches!(rest.get(1), Some(b'x' | b'X')) {
            let (code, digits) = hex_digits(bytes, name + 2, 8);
            (code, digits + usize::from(digits > 0))
        } else {
            let digits = rest[1..].iter().take(8).take_while(|byte| byte.is_ascii_digit());
            digits.fold((0u32, 0), |(code, n), digit| (code * 10 + u32::from(digit - b'0'), n + 1))
        };
        if digits == 0 {
            return None;
        }
        let end = name + 1 + digits;
        let end = end + usize::from(bytes.get(end) == Some(&b';'));
        Some(EscapeSequence::char(code, end - at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    #[test]
    fn units() {
        for text in [
            "&#95;",
            "&#095;",
            "&#x5f;",
            "&#X5F;",
            "&#x005f;",
            "&lowbar;",
            "&UnderBar;",
            "&amp;#95;",
            "&amp;amp;lowbar;",
        ] {
            assert_eq!(Entity.parse(text.as_bytes(), 0), Some(EscapeSequence::byte(b'_', text.len())), "{text}");
        }
        for text in ["&", "&#", "&#x", "&#;", "&amp;", "&lowba"] {
            assert_eq!(Entity.parse(text.as_bytes(), 0), None, "{text}");
        }
        assert!(Entity.parse(b"&#99999999;", 0).is_some());
    }

    #[test]
    fn some_or_all_characters() {
        let mut noise = Noise::new(21);
        let forms: [fn(u8) -> String; 5] = [
            |byte| format!("&#{byte};"),
            |byte| format!("&#x{byte:x};"),
            |byte| format!("&#x{byte:X};"),
            |byte| format!("&#{byte:03};"),
            |byte| format!("&amp;#{byte};"),
        ];
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            let mut codes = vec![secret.replace('_', "&lowbar;"), secret.replace('_', "&UnderBar;")];
            for form in forms {
                codes.push(secret.bytes().map(form).collect());
                codes.push(secret.replace('_', &form(b'_')));
                codes.push(
                    prefix.chars().map(String::from).chain(secret.bytes().skip(prefix.len()).map(form)).collect(),
                );
            }
            for code in codes {
                testing::finds(&format!("<a key='{code}'>"), &code, &secret);
            }
        }
    }
}
