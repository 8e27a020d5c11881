//! Percent-encoding of URLs and form bodies, also applied repeatedly (`%255F`).

use super::anchor::{EncodedAnchor, owned};
use super::escape::{EscapeSequence, EscapeSyntax, hex_byte};

pub(super) struct Percent;

/// Returns the anchors of an escaped byte.
pub(super) fn byte_anchors(byte: u8) -> Vec<EncodedAnchor> {
    [format!("%{byte:02x}"), format!("%{byte:02X}")].map(owned).into()
}

impl EscapeSyntax for Percent {
    fn may_start_with(&self, byte: u8) -> bool {
        byte == b'%'
    }

    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        // Each further layer turns the `%` into `%25`.
        let layers = bytes[at + 1..].chunks_exact(2).take(6).take_while(|pair| *pair == b"25").count();
        (0..=layers).rev().find_map(|layers| {
            let digits = at + 1 + 2 * layers;
            hex_byte(bytes, digits).map(|byte| EscapeSequence::byte(byte, digits + 2 - at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    #[test]
    fn layers_are_one_unit() {
        for (text, byte) in [
            ("%5F", b'_'),
            ("%5f!", b'_'),
            ("%255F", b'_'),
            ("%25252525255f", b'_'),
            ("%25255f", b'_'),
            ("%25", b'%'),
            ("%25zz", b'%'),
            ("%2525", b'%'),
        ] {
            assert_eq!(Percent.parse(text.as_bytes(), 0).map(|unit| unit.text()[0]), Some(byte), "{text}");
        }
        assert_eq!(Percent.parse(b"%", 0), None);
        assert_eq!(Percent.parse(b"%g0", 0), None);
    }

    #[test]
    fn some_or_all_characters() {
        let mut noise = Noise::new(5);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            let some = secret.replace('_', "%5F");
            let all: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let twice = secret.replace('_', "%255F");
            for code in [some, all, twice] {
                testing::finds(&format!("https://api?key={code}&x=%20"), &code, &secret);
            }
        }
    }
}
