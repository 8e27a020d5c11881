//! Folded lines of calendars, address books, LDIF and manifests of jars: a line end and one blank, anywhere in a key.
//!
//! Elsewhere such a blank is indentation. So a line near the key must begin as those formats do: with a component, the
//! name of an entry, or the version of a manifest.

use memchr::memmem::rfind_iter;

use super::escape::{EscapeSequence, EscapeSyntax};

/// Bytes before a key in which its component, entry or manifest begins.
const REACH: usize = 8 << 10;

/// Beginnings of lines that only folded texts have.
const HEADS: &[&[u8]] = &[b"BEGIN:V", b"begin:v", b"dn:", b"Manifest-Version:"];

pub(super) struct LineFold;

/// Returns the width of a line end and one blank.
fn fold(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', b' ' | b'\t', ..] => Some(3),
        [b'\n', b' ' | b'\t', ..] => Some(2),
        _ => None,
    }
}

/// Returns true if a fold is between two pieces of a text.
pub(super) fn is_fold(gap: &[u8]) -> bool {
    fold(gap) == Some(gap.len())
}

/// Returns true if `before` ends in a fold, and the text that it continues in `head`.
pub(super) fn ends_after(before: &[u8], head: &[u8]) -> bool {
    let rest = before.strip_suffix(b"\n ").or_else(|| before.strip_suffix(b"\n\t"));
    let rest = rest.map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest));
    rest.is_some_and(|rest| rest.last().is_some_and(|last| head.last() == Some(last)))
}

impl EscapeSyntax for LineFold {
    fn may_start_with(&self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n')
    }

    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        fold(&bytes[at..]).map(EscapeSequence::gap)
    }

    fn is_used(&self, bytes: &[u8], at: usize) -> bool {
        let before = &bytes[at.saturating_sub(REACH)..at];
        let begins_line = |at: usize| before[..at].last().is_none_or(|byte| *byte == b'\n');
        HEADS.iter().any(|head| rfind_iter(before, head).any(begins_line))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};

    #[test]
    fn folds_at_every_place() {
        let mut noise = Noise::new(91);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(99));
            for at in testing::splits(prefix, &secret).into_iter().filter(|at| *at < 70) {
                for head in [
                    "BEGIN:VEVENT\r\nDESCRIPTION:",
                    "BEGIN:VCARD\nNOTE:",
                    "dn: cn=a\nuserPassword: ",
                    "Manifest-Version: 1.0\nKey: ",
                ] {
                    for fold in ["\r\n ", "\n ", "\n\t"] {
                        let code = [&secret[..at], &secret[at..70], &secret[70..]].join(fold);
                        testing::finds(&format!("{head}{code}\r\n"), &code, &secret);
                    }
                }
            }
        }
    }

    #[test]
    fn elsewhere_a_blank_is_indentation() {
        let secret = token("sk_live_", &Noise::new(92).body(24));
        let code = format!("{}\n {}", &secret[..20], &secret[20..]);
        for text in [format!("key: {code}"), format!("# BEGIN:VCARD\nkey: {code}"), format!("key: {code}\nBEGIN:VCARD")]
        {
            assert_eq!(testing::find(text.as_bytes(), secret.as_bytes()), None, "{text}");
        }
        let folded = format!("BEGIN:VCARD\nNOTE:{}\n  {}", &secret[..20], &secret[20..]);
        assert_eq!(testing::find(folded.as_bytes(), secret.as_bytes()), None);
    }
}
