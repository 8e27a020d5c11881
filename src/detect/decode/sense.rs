//! Whether a pivot can belong to a key at all, told from the few bytes around it.
//!
//! `live` and `test` are in every other file: in `deliver`, `latest`, `test_helper`. A pivot makes sense if the literal
//! that it is a part of goes on around it, or breaks off where a disguise can begin or end. What makes no sense would
//! be judged to be nothing; to drop it at once saves that, and in a history the search of texts that hold nothing else.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::plain::{HEADS, may_break_off};
use super::wraps::Alphabet;
use super::{BASE64, HEX, PIVOTS, Pivot, Role, base64 as base64_text, hex};

/// How far in front of a pivot its sense is read, and behind it, in bytes.
pub(crate) const SENSE_BEFORE: usize = PART + 1 + MARK;
pub(crate) const SENSE_BEHIND: usize = PART + 1;

/// Bytes of the prefix that are compared on either side.
const PART: usize = 8;

/// How far blanks and digits are looked past: more than the longest escape of one character has.
const MARK: usize = 10;

/// What must stand around each pivot of a search.
#[derive(Debug, Default)]
pub(crate) struct Senses {
    pivots: Vec<Option<Sense>>,
    /// What rules look for.
    literals: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Sense {
    pivot: &'static Pivot,
    /// What is in front of it and behind it in the prefixes that contain it. Most pivots are never seen.
    around: OnceLock<Vec<Around>>,
    /// Whether an encoded prefix may go on behind it with a byte: nearly all that is there by chance does not.
    goes_on: OnceLock<Alphabet>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Around {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Senses {
    /// Those of the pivots of a search, by number; a text that is none of [`super::PIVOTS`] may stand anywhere.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a [u8]>, literals: Vec<Vec<u8>>) -> Self {
        let pivot = |text: &[u8]| PIVOTS.iter().find(|pivot| pivot.text == text);
        let sense = |text| pivot(text).map(|pivot| Sense { pivot, around: OnceLock::new(), goes_on: OnceLock::new() });
        Self { pivots: texts.map(sense).collect(), literals }
    }

    /// Whether nothing is asked of any pivot.
    pub(crate) fn is_empty(&self) -> bool {
        self.pivots.is_empty()
    }

    /// Whether the pivot of this number makes sense at `at`.
    #[inline]
    pub(crate) fn hold(&self, number: usize, bytes: &[u8], at: usize) -> bool {
        let Some(Some(sense)) = self.pivots.get(number) else { return true };
        let (before, after) = (&bytes[..at], &bytes[at + sense.pivot.text.len()..]);
        match sense.pivot.role {
            _ if !sense.pivot.behind.is_empty() => {
                let byte = before.iter().rev().take(MARK).find(|byte| **byte != b'0');
                byte.is_none_or(|byte| sense.pivot.behind.contains(byte))
            }
            Role::Core => {
                let around = sense.around.get_or_init(|| sense.within(&self.literals));
                around.is_empty() || around.iter().any(|around| around.is_plain(before, after))
            }
            Role::Encoded([BASE64]) => {
                sense.is_encoded(before, after, |prefix| in_base64(prefix).into(), &base64_text::ALPHABET)
            }
            Role::Encoded([HEX]) => sense.is_encoded(before, after, |prefix| in_hex(prefix).into(), &hex::ALPHABET),
            Role::Encoded(_) | Role::Short | Role::Vendor => true,
        }
    }
}

impl Sense {
    fn within(&self, literals: &[Vec<u8>]) -> Vec<Around> {
        around(self.pivot.text, prefixes().iter().chain(literals))
    }

    /// Whether it is a part of a prefix in the digits of an alphabet.
    fn is_encoded(&self, before: &[u8], after: &[u8], encode: fn(&[u8]) -> Vec<Vec<u8>>, alphabet: &Alphabet) -> bool {
        let around = self.around.get_or_init(|| {
            let texts: Vec<Vec<u8>> = prefixes().iter().flat_map(|prefix| encode(prefix)).collect();
            around(self.pivot.text, texts.iter())
        });
        let goes_on = self.goes_on.get_or_init(|| {
            let begins = |byte: u8| around.iter().any(|around| around.tail.first().is_none_or(|first| *first == byte));
            std::array::from_fn(|byte| !alphabet[byte] || u8::try_from(byte).is_ok_and(begins))
        });
        after.first().is_none_or(|byte| goes_on[usize::from(*byte)])
            && around.iter().any(|around| around.is_encoded(before, after, alphabet))
    }
}

impl Around {
    /// Whether the rest of the literal stands here, as far as it is not disguised.
    fn is_plain(&self, before: &[u8], after: &[u8]) -> bool {
        differs(after.iter(), self.tail.iter()).is_none_or(|at| may_break_off(after[at]))
            && differs(before.iter().rev(), self.head.iter().rev())
                .is_none_or(|at| may_end_disguise(&before[..before.len() - at]))
    }

    /// Whether the rest of the encoded text stands here, as far as the line is not wrapped.
    fn is_encoded(&self, before: &[u8], after: &[u8], alphabet: &Alphabet) -> bool {
        differs(after.iter(), self.tail.iter()).is_none_or(|at| !alphabet[usize::from(after[at])])
            && differs(before.iter().rev(), self.head.iter().rev())
                .is_none_or(|at| may_end_wrap(&before[..before.len() - at], alphabet))
    }
}

/// What stands around a text in the texts that contain it.
fn around<'a>(text: &[u8], within: impl Iterator<Item = &'a Vec<u8>>) -> Vec<Around> {
    let mut all = Vec::new();
    for whole in within {
        all.extend(memchr::memmem::find_iter(whole, text).map(|at| {
            let (head, tail) = (&whole[..at], &whole[at + text.len()..]);
            Around {
                head: head[head.len().saturating_sub(PART)..].to_vec(),
                tail: tail[..tail.len().min(PART)].to_vec(),
            }
        }));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Every prefix that may be disguised.
fn prefixes() -> Vec<Vec<u8>> {
    let moded = HEADS.iter().flat_map(|head| [b"live_", b"test_"].map(|core| [*head, core].concat()));
    moded.chain([b"whsec_".to_vec(), b"sk_org_".to_vec(), b"_secret_".to_vec()]).collect()
}

/// The characters that a text alone decides, at each alignment.
fn in_base64(text: &[u8]) -> [Vec<u8>; 3] {
    let at = |before: usize| {
        let bytes = [&[0; 2][..before], text].concat();
        let code = STANDARD_NO_PAD.encode(&bytes).into_bytes();
        code[(8 * before).div_ceil(6)..8 * bytes.len() / 6].to_vec()
    };
    [at(0), at(1), at(2)]
}

/// In lower case and in upper case.
fn in_hex(text: &[u8]) -> [Vec<u8>; 2] {
    let lower: Vec<u8> = text.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    [lower.to_ascii_uppercase(), lower]
}

/// Where a text differs from what is wanted, up to where either ends.
fn differs<'a>(text: impl Iterator<Item = &'a u8>, wanted: impl Iterator<Item = &'a u8>) -> Option<usize> {
    text.zip(wanted).position(|(byte, wanted)| byte != wanted)
}

/// Whether a line may end here, wrapped in any way.
fn may_end_wrap(before: &[u8], alphabet: &Alphabet) -> bool {
    before.last().is_none_or(|last| !alphabet[usize::from(*last)]) || may_end_disguise(before)
}

/// Whether a disguise may end with the last of these bytes: an escape, a quote, a line end that is escaped.
fn may_end_disguise(before: &[u8]) -> bool {
    let Some((last, rest)) = before.split_last() else { return true };
    match last {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            let mark = rest.iter().rev().take(MARK).find(|byte| !byte.is_ascii_alphanumeric());
            mark.is_some_and(|byte| matches!(byte, b'\\' | b'%' | b'#' | b'=' | b'{' | b'&'))
        }
        b'"' | b'\'' | b'`' => without_blanks(rest)
            .is_none_or(|rest| !rest.last().is_some_and(|byte| matches!(byte, b'=' | b':' | b'[' | b'!' | b'?'))),
        b' ' | b'\t' | b'\n' | b'\r' => without_blanks(before)
            .is_none_or(|rest| rest.ends_with(b"\\") || rest.ends_with(b"=") || rest.ends_with(b"\\n")),
        b';' | b'}' | b')' | 0x80.. => true,
        _ => false,
    }
}

/// The bytes in front of the blanks at their end, unless those are too many.
fn without_blanks(before: &[u8]) -> Option<&[u8]> {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let blanks = before.iter().rev().take(MARK).take_while(is_blank).count();
    (blanks < MARK).then(|| &before[..before.len() - blanks])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::forge::Forge;
    use crate::detect::{Engine, Hit};
    use proptest::prelude::*;

    fn makes_sense(text: &str, pivot: &str) -> bool {
        let senses = Senses::new(std::iter::once(pivot.as_bytes()), Vec::new());
        senses.hold(0, text.as_bytes(), text.find(pivot).unwrap())
    }

    #[test]
    fn words_make_no_sense_and_parts_of_prefixes_do() {
        for (text, pivot, expected) in [
            ("sk_live_x", "live", true),
            ("deliver", "live", false),
            ("a live_mode", "live", false),
            (" my_live_mode", "live", false),
            ("live", "live", true),
            ("'sk_' + 'live_x'", "live", true),
            ("mode = 'live_x'", "live", false),
            ("sk\\x5flive_", "live", true),
            ("sk&#95;live_", "live", true),
            ("sk_\u{200b}live_", "live", true),
            ("sk_\\\n    live_", "live", true),
            ("return\n    live_", "live", false),
            ("sk_\\\\\\n  live_", "live", true),
            ("sk_live\" + \"_x", "live", true),
            ("sk_lively", "live", false),
            ("the latest_version", "test", false),
            ("task_list", "k_l", false),
            ("sk_li' . 've_", "k_l", true),
            ("whsec_x", "whs", true),
            ("whsper", "whs", false),
            ("client_secret_x", "cret_", true),
            ("pi_3xy_secret_x", "_sec", true),
            ("my_section_x", "_sec", false),
            ("discret_x", "cret_", false),
            ("my_org_id", "org_", false),
            ("sk_org_live_x", "org_", true),
            ("\\u005f", "005f", true),
            ("\\U0000005f", "005f", true),
            ("ab7005f3", "005f", false),
            ("c2tfbGl2ZV8", "fbGl", true),
            ("c2tfbGl4ZV8", "fbGl", false),
            ("c2t4bGl2ZV8", "l2ZV", false),
            ("xxc2t\\nfbGl\\n2ZV8", "fbGl", true),
            ("736b5f6c6976655f", "6976655", true),
            ("736B5F6C6976655F", "6976655", true),
            ("80736563aa", "736563", false),
            ("\"7768\n736563\"", "736563", true),
        ] {
            assert_eq!(makes_sense(text, pivot), expected, "{text}");
        }
    }

    /// A key in two pieces, or with some characters in front of its core escaped.
    fn disguised() -> impl Strategy<Value = String> {
        let glue =
            ["\" + \"", "' . '", "\", \"", "' '", "\\\n  ", "=\r\n", "\u{200b}", "\u{ad}", "\"}", "${\"", "", " ", "x"];
        let keys =
            ["{{sk_live}}", "{{rk_test}}", "{{whsec}}", "{{pst_live}}", "{{pi_secret}}", "{{ek_live}}", "{{sk_org}}"];
        let split = (0..14usize, proptest::sample::select(glue.to_vec()));
        let escapes = proptest::collection::vec((0..3usize, 0..7usize), 0..3);
        let how = prop_oneof![split.prop_map(Ok), escapes.prop_map(Err)];
        (any::<u64>(), proptest::sample::select(keys.to_vec()), how).prop_map(|(seed, key, how)| {
            let key = Forge::new(seed).fill(key);
            let mut parts: Vec<String> = key.chars().map(|c| c.to_string()).collect();
            match how {
                Ok((at, glue)) => parts[at].insert_str(0, glue),
                Err(escapes) => escapes.into_iter().for_each(|(at, how)| parts[at] = escaped(key.as_bytes()[at], how)),
            }
            parts.concat()
        })
    }

    fn escaped(code: u8, how: usize) -> String {
        match how {
            0 => format!("\\x{code:02x}"),
            1 => format!("\\u{code:04X}"),
            2 => format!("%{code:02x}"),
            3 => format!("&#{code};"),
            4 => format!("={code:02X}"),
            5 => format!("\\{code:03o}"),
            _ => format!("\\u{{{code:x}}}"),
        }
    }

    fn text() -> impl Strategy<Value = String> {
        let words = [
            "live",
            "test",
            "sk_",
            "_",
            "k_l",
            "whsec_",
            "sec_",
            "stripe ",
            "key = \"",
            "\"",
            "'",
            ",",
            ".join('')",
            "\n",
        ];
        let piece = prop_oneof![
            3 => disguised(),
            3 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
            1 => "[a-z_ .(){}\\[\\]:=]{0,12}",
        ];
        proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn what_makes_no_sense_is_judged_to_be_nothing(text in text()) {
            let rules = || crate::rules::load::load(true, &[]).unwrap();
            let engine = Engine::new(rules()).unwrap();
            let mut thorough = Engine::new(rules()).unwrap();
            thorough.take_everything_for_sense();
            // Which pivot a view was taken from may change its name.
            let hits = |engine: &Engine| engine.scan(text.as_bytes()).into_iter().map(|hit| Hit { encodings: Vec::new(), ..hit }).collect::<Vec<_>>();
            prop_assert_eq!(hits(&engine), hits(&thorough));
        }
    }
}
