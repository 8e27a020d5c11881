//! Quoted-printable mail text: `=5F`, and soft line breaks that may fall anywhere in a key.

use super::anchor::{EncodedAnchor, owned};
use super::escape::{EscapeSequence, EscapeSyntax, hex_byte};

pub(super) struct QuotedPrintable;

/// Returns the anchor of an escaped byte.
pub(super) fn byte_anchors(byte: u8) -> Vec<EncodedAnchor> {
    vec![owned(format!("={byte:02X}"))]
}

impl EscapeSyntax for QuotedPrintable {
    fn may_start_with(&self, byte: u8) -> bool {
        byte == b'='
    }

    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        // Gateways append blanks to lines.
        let blanks = bytes[at + 1..].iter().take(8).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let end = at + 1 + blanks;
        match bytes.get(end..)? {
            [b'\r', b'\n', ..] => Some(EscapeSequence::gap(end + 2 - at)),
            [b'\n' | b'\r', ..] => Some(EscapeSequence::gap(end + 1 - at)),
            // As messages of our own escape them.
            rest if rest.starts_with(b"\\u{a}") => Some(EscapeSequence::gap(end + 5 - at)),
            rest if rest.starts_with(b"\\u{d}\\u{a}") => Some(EscapeSequence::gap(end + 10 - at)),
            _ => hex_byte(bytes, at + 1).map(|byte| EscapeSequence::byte(byte, 3)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};

    #[test]
    fn escapes_and_soft_breaks_at_every_place() {
        let mut noise = Noise::new(33);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            for code in [secret.replace('_', "=5F"), secret.bytes().map(|byte| format!("={byte:02X}")).collect()] {
                testing::finds(&format!("Key: {code}\r\n"), &code, &secret);
            }
            for at in testing::splits(prefix, &secret) {
                for gap in ["=\r\n", "=\n", "= \r\n", "=\\u{a}"] {
                    let code = format!("{}{gap}{}", &secret[..at], &secret[at..]);
                    testing::finds(&format!("Key:=20{code}\r\n"), &code, &secret);
                }
            }
        }
    }
}
