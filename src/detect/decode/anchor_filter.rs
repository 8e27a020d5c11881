//! Rejects anchors that cannot belong to a key, given the few bytes around them.
//!
//! `live` and `test` occur in every other file: in `deliver`, `latest`, `test_helper`. An anchor is kept if the rest of
//! the prefix surrounds it, or breaks off where an encoding can start or end. Rejecting the others here saves the regex
//! and the classifier, and lets a history skip texts that hold nothing else.

use std::sync::{Arc, OnceLock};

use super::line_wrap::Alphabet;
use super::prefixes::may_break_off;
use super::{Anchor, AnchorRole, Digits, ENCODINGS, Prefixes, line_fold, terminal};

/// Bytes before and after an anchor that the filter reads.
pub(crate) const FILTER_BEFORE: usize = PART + 1 + MARK;
pub(crate) const FILTER_AFTER: usize = PART + 1;

/// Bytes of the prefix that are compared on either side.
const PART: usize = 8;

/// Most blanks and digits to skip: more than the longest escape sequence has.
const MARK: usize = 10;

/// The filters of the anchors of a search.
#[derive(Debug, Default)]
pub(crate) struct AnchorFilter {
    anchors: Vec<FilteredAnchor>,
    /// The prefixes that may be encoded.
    prefixes: Option<Arc<Prefixes>>,
    /// The literals of all rules.
    literals: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct FilteredAnchor {
    anchor: Anchor,
    /// Its surroundings in the prefixes that contain it. Computed late, because most anchors are never seen.
    around: OnceLock<Vec<Surroundings>>,
    /// Set for each byte that an encoded prefix may continue with: after nearly all false positives it may not.
    may_follow: OnceLock<Alphabet>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Surroundings {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl AnchorFilter {
    /// Builds one filter per anchor.
    pub(crate) fn new<'a>(
        anchors: impl Iterator<Item = &'a Anchor>,
        prefixes: Arc<Prefixes>,
        literals: Vec<Vec<u8>>,
    ) -> Self {
        let filtered = |anchor: &Anchor| FilteredAnchor {
            anchor: anchor.clone(),
            around: OnceLock::new(),
            may_follow: OnceLock::new(),
        };
        Self { anchors: anchors.map(filtered).collect(), prefixes: Some(prefixes), literals }
    }

    /// Returns true if every anchor passes.
    pub(crate) fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Returns true if the anchor of this number, found at `at`, may belong to a key.
    #[inline]
    pub(crate) fn accepts(&self, number: usize, bytes: &[u8], at: usize) -> bool {
        let Some(filtered) = self.anchors.get(number) else { return true };
        let prefixes = self.prefixes.as_ref().map(|prefixes| prefixes.texts()).unwrap_or_default();
        let anchor = &filtered.anchor;
        let (before, after) = (&bytes[..at], &bytes[at + anchor.text.len()..]);
        match &anchor.role {
            AnchorRole::Core => {
                let around =
                    filtered.around.get_or_init(|| surroundings(&anchor.text, prefixes.iter().chain(&self.literals)));
                around.is_empty() || around.iter().any(|around| around.fits_plain(before, after))
            }
            AnchorRole::Encoded(rows) => match &ENCODINGS[rows[0]].digits {
                Some(digits) => filtered.fits_digits(prefixes, before, after, digits),
                None => fits_neighbours(anchor, before, after),
            },
            AnchorRole::Short | AnchorRole::Vendor | AnchorRole::ZipEnd => true,
        }
    }
}

fn fits_neighbours(anchor: &Anchor, before: &[u8], after: &[u8]) -> bool {
    let fits = |byte: Option<&u8>, wanted: &[u8]| wanted.is_empty() || byte.is_none_or(|byte| wanted.contains(byte));
    fits(before.iter().rev().take(MARK).find(|byte| **byte != b'0'), anchor.before) && fits(after.first(), anchor.after)
}

impl FilteredAnchor {
    /// Returns true if the anchor is part of a prefix in these digits.
    fn fits_digits(&self, prefixes: &[Vec<u8>], before: &[u8], after: &[u8], digits: &Digits) -> bool {
        let around = self.around.get_or_init(|| {
            let spellings = prefixes.iter().flat_map(|prefix| (digits.spellings)(prefix));
            let texts: Vec<Vec<u8>> = spellings.map(|spelling| spelling.digits).collect();
            surroundings(&self.anchor.text, texts.iter())
        });
        let may_follow = self.may_follow.get_or_init(|| {
            let starts = |byte: u8| around.iter().any(|around| around.tail.first().is_none_or(|first| *first == byte));
            std::array::from_fn(|byte| !digits.alphabet[byte] || u8::try_from(byte).is_ok_and(starts))
        });
        after.first().is_none_or(|byte| may_follow[usize::from(*byte)])
            && around.iter().any(|around| around.fits_digits(before, after, digits.alphabet))
    }
}

impl Surroundings {
    /// Returns true if the rest of the literal follows and precedes, up to where an encoding may start or end.
    fn fits_plain(&self, before: &[u8], after: &[u8]) -> bool {
        difference(after.iter(), self.tail.iter()).is_none_or(|at| may_break_off(after[at]))
            && difference(before.iter().rev(), self.head.iter().rev()).is_none_or(|at| {
                let before = &before[..before.len() - at];
                may_end_encoding(before) || line_fold::ends_after(before, &self.head[..self.head.len() - at])
            })
    }

    /// Returns true if the rest of the encoded text follows and precedes, up to where a line may be wrapped.
    fn fits_digits(&self, before: &[u8], after: &[u8], alphabet: &Alphabet) -> bool {
        difference(after.iter(), self.tail.iter()).is_none_or(|at| !alphabet[usize::from(after[at])])
            && difference(before.iter().rev(), self.head.iter().rev())
                .is_none_or(|at| may_end_wrap(&before[..before.len() - at], alphabet))
    }
}

/// Collects the surroundings of a text in the texts that contain it.
fn surroundings<'a>(text: &[u8], within: impl Iterator<Item = &'a Vec<u8>>) -> Vec<Surroundings> {
    let mut all = Vec::new();
    for whole in within {
        all.extend(memchr::memmem::find_iter(whole, text).map(|at| {
            let (head, tail) = (&whole[..at], &whole[at + text.len()..]);
            Surroundings {
                head: head[head.len().saturating_sub(PART)..].to_vec(),
                tail: tail[..tail.len().min(PART)].to_vec(),
            }
        }));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns the first place at which two texts differ, up to the end of either.
fn difference<'a>(text: impl Iterator<Item = &'a u8>, wanted: impl Iterator<Item = &'a u8>) -> Option<usize> {
    text.zip(wanted).position(|(byte, wanted)| byte != wanted)
}

/// Returns true if a line may be wrapped after these bytes.
fn may_end_wrap(before: &[u8], alphabet: &Alphabet) -> bool {
    before.last().is_none_or(|last| !alphabet[usize::from(*last)]) || may_end_encoding(before)
}

/// Returns true if an escape sequence or glue may end with the last of these bytes: an escape, a quote, an escaped line
/// end.
fn may_end_encoding(before: &[u8]) -> bool {
    let Some((last, rest)) = before.split_last() else { return true };
    match last {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            let mark = rest.iter().rev().take(MARK).find(|byte| !byte.is_ascii_alphanumeric());
            mark.is_some_and(|byte| matches!(byte, b'\\' | b'%' | b'#' | b'=' | b'{' | b'&'))
                || matches!(rest, [.., b'\\', b'\'', _])
                || terminal::may_end(*last, rest)
        }
        b'"' | b'\'' | b'`' => without_blanks(rest)
            .is_none_or(|rest| !rest.last().is_some_and(|byte| matches!(byte, b'=' | b':' | b'[' | b'!' | b'?'))),
        b' ' | b'\t' | b'\n' | b'\r' => without_blanks(before)
            .is_none_or(|rest| rest.ends_with(b"\\") || rest.ends_with(b"=") || rest.ends_with(b"\\n")),
        b';' | b'}' | b')' | b'\\' | 0x80.. => true,
        _ => false,
    }
}

/// Strips the blanks at the end, unless there are too many.
fn without_blanks(before: &[u8]) -> Option<&[u8]> {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let blanks = before.iter().rev().take(MARK).take_while(is_blank).count();
    (blanks < MARK).then(|| &before[..before.len() - blanks])
}

#[cfg(test)]
mod tests {
    use super::super::{ANCHORS, testing};
    use super::*;
    use crate::credential::forge::Forge;
    use crate::detect::{Engine, Hit};
    use proptest::prelude::*;

    fn accepts(text: &str, anchor: &str) -> bool {
        let known = ANCHORS.iter().filter(|known| *known.text == *anchor.as_bytes());
        let filter = AnchorFilter::new(known, Arc::new(testing::prefixes()), Vec::new());
        filter.accepts(0, text.as_bytes(), text.find(anchor).unwrap())
    }

    #[test]
    fn words_are_rejected_and_parts_of_prefixes_accepted() {
        for (text, anchor, expected) in [
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
            ("return\n live_", "live", false),
            ("sk_\n live_", "live", true),
            ("sk_li\r\n ve_", "k_l", true),
            ("sk\\_live\\_x", "live", true),
            ("sk{\\_}live", "live", true),
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
            ("\\u005f", "005", true),
            ("\\U0000005F", "005", true),
            ("ab7005f3", "005", false),
            ("\\u0058", "005", false),
            ("\\u{5f}", "u{5", true),
            ("\\u{5}", "u{5", false),
            ("&lowbar;", "ar;", true),
            ("var;", "ar;", false),
            ("c2tfbGl2ZV8", "fbGl", true),
            ("c2tfbGl4ZV8", "fbGl", false),
            ("c2t4bGl2ZV8", "l2ZV", false),
            ("xxc2t\\nfbGl\\n2ZV8", "fbGl", true),
            ("736b5f6c6976655f", "6976655", true),
            ("736B5F6C6976655F", "6976655", true),
            ("80736563aa", "736563", false),
            ("\"7768\n736563\"", "736563", true),
        ] {
            assert_eq!(accepts(text, anchor), expected, "{text}");
        }
    }

    /// A key in two pieces, or with some characters before its core escaped. Something separates it from its neighbours:
    /// whether glued keys are told apart depends on the views that happen to be made.
    fn disguised() -> impl Strategy<Value = String> {
        let glue =
            ["\" + \"", "' . '", "\", \"", "' '", "\\\n  ", "=\r\n", "\u{200b}", "\u{ad}", "\"}", "${\"", "", " ", "x"];
        let keys =
            ["{{sk_live}}", "{{rk_test}}", "{{whsec}}", "{{pst_live}}", "{{pi_secret}}", "{{ek_live}}", "{{sk_org}}"];
        let split = (0..14usize, proptest::sample::select(glue.to_vec()));
        // Of two syntaxes in one prefix, each shows an incomplete one: found only in a view that another key asks for.
        let escapes = (proptest::collection::vec(0..3usize, 0..3), 0..7usize);
        let how = prop_oneof![split.prop_map(Ok), escapes.prop_map(Err)];
        let edges = proptest::sample::select(vec![" ", "\n", "\"", "'", ": ", "="]);
        (any::<u64>(), proptest::sample::select(keys.to_vec()), how, edges).prop_map(|(seed, key, how, edge)| {
            let key = Forge::new(seed).fill(key);
            let mut parts: Vec<String> = key.chars().map(|c| c.to_string()).collect();
            match how {
                // Of `pst_l` and `ive_`, neither shows an anchor.
                Ok((5..8, _)) if key.starts_with("pst_") => {}
                Ok((at, glue)) => parts[at].insert_str(0, glue),
                Err((places, how)) => {
                    // `wh\163ec_` shows no anchor: it is found only if another one happens to be near.
                    let shows_anchor = |at: &usize| *at != 2 || !key.starts_with("whsec_");
                    places.into_iter().filter(shows_anchor).for_each(|at| parts[at] = escaped(key.as_bytes()[at], how));
                }
            }
            format!("{edge}{}{edge}", parts.concat())
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
        fn rejected_anchors_give_no_hit(text in text()) {
            let rules = || crate::rules::load::load(true, &[]).unwrap();
            let engine = Engine::new(rules()).unwrap();
            let mut thorough = Engine::new(rules()).unwrap();
            thorough.accept_every_anchor();
            // The anchor that gives a view may change its name.
            let hits = |engine: &Engine| engine.scan(text.as_bytes()).into_iter().map(|hit| Hit { encodings: Vec::new(), ..hit }).collect::<Vec<_>>();
            prop_assert_eq!(hits(&engine), hits(&thorough));
        }
    }
}
