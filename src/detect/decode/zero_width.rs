//! Invisible characters: zero-width spaces, joiners and marks, the byte order mark, the soft hyphen, and HTML's tag for
//! the same. A key copied from a chat or a word processor holds them, and so may a hidden one.

use super::anchor::{EncodedAnchor, owned};
use super::escape::{EscapeSequence, EscapeSyntax};

pub(super) struct ZeroWidth;

/// Places at which a browser may break a word.
const BREAKS: &[&[u8]] = &[b"<wbr>", b"<wbr/>", b"<wbr />"];

/// Returns the anchors of a byte that an invisible character follows.
pub(super) fn byte_anchors(byte: u8) -> Vec<EncodedAnchor> {
    [[byte, 0xc2, 0xad], [byte, 0xe2, 0x80], [byte, 0xe2, 0x81], [byte, 0xef, 0xbb]].map(owned).into()
}

impl EscapeSyntax for ZeroWidth {
    fn may_start_with(&self, byte: u8) -> bool {
        matches!(byte, 0xc2 | 0xe2 | 0xef | b'<')
    }

    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        match bytes.get(at..)? {
            [0xc2, 0xad, ..] => Some(EscapeSequence::gap(2)),
            [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..]
            | [0xe2, 0x81, 0xa0..=0xa4 | 0xa6..=0xaf, ..]
            | [0xef, 0xbb, 0xbf, ..] => Some(EscapeSequence::gap(3)),
            rest => BREAKS.iter().find(|tag| rest.starts_with(tag)).map(|tag| EscapeSequence::gap(tag.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};

    #[test]
    fn invisible_characters_at_every_place() {
        let mut noise = Noise::new(41);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            for at in testing::splits(prefix, &secret) {
                for gap in ["\u{200b}", "\u{200d}", "\u{200f}", "\u{2060}", "\u{feff}", "\u{ad}", "\u{200b}\u{ad}"] {
                    let code = format!("{}{gap}{}", &secret[..at], &secret[at..]);
                    testing::finds(&format!("key={code} "), &code, &secret);
                }
            }
        }
    }

    #[test]
    fn places_to_break_a_word() {
        let mut noise = Noise::new(43);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            for at in prefix.len()..secret.len() {
                for gap in ["<wbr>", "<wbr/>", "<wbr />", "<wbr>&shy;", "&ZeroWidthSpace;"] {
                    let code = format!("{}{gap}{}", &secret[..at], &secret[at..]);
                    testing::finds(&format!("<td>{code}</td>"), &code, &secret);
                }
            }
        }
    }

    #[test]
    fn invisible_characters_between_all() {
        let mut noise = Noise::new(42);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(99));
            for gap in ["\u{200b}", "\u{200c}", "\u{2060}", "\u{feff}", "\u{ad}", "\u{200b}\u{200d}"] {
                let letters: Vec<String> = secret.chars().map(String::from).collect();
                let code = letters.join(gap);
                testing::finds(&format!("key={code} "), &code, &secret);
            }
        }
    }
}
