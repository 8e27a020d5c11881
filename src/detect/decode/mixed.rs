//! Keys that start or end in plain text and continue in an encoding: `sk_live_\x35…`, `"sk_li" + "ve_…"`,
//! `s\x6b_live_…`.
//!
//! Called for each plain anchor. Nearly all of them are ordinary names such as `test_helper`, so that the first checks
//! read a few bytes only.

use std::ops::Range;

use super::view::is_word;
use super::{DecodeOutcome, DecodedRanges, DecodedView, ENCODINGS, RunDecoder};

/// Longest word after an anchor.
const MAX_WORD: usize = crate::model::limits::MAX_BODY + 32;

/// The part before the core in a complete prefix.
pub(super) const HEADS: &[&[u8]] = &[b"sk_", b"rk_", b"pk_", b"ek_", b"rkcs_", b"pst_", b"pss_", b"sk_org_", b"cs_"];

/// Longest part of a prefix before a core, its last character escaped in the longest way.
const MAX_HEAD: usize = 20;

/// Longest id of an object before its secret: that of a checkout session has 66 characters.
const MAX_OBJECT: usize = 80;

/// Longest prefix of an object's id, with the underscore.
const LONGEST_OBJECT: usize = 7;

/// Longest sequence before a piece.
const MAX_GAP: usize = 96;

/// Returns true if a token may break off at this byte and continue in an encoding.
pub(super) fn may_break_off(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'%' | b'&' | b'=' | b'$' | b'#' | b'{' | 0xc2 | 0xe2 | 0xef)
}

/// Passes on the views in which the word around a plain anchor continues, to the right or to the left.
pub(super) fn views(
    bytes: &[u8],
    anchor: &Range<usize>,
    decoded: &mut DecodedRanges,
    give: &mut dyn FnMut(DecodedView),
) {
    if !may_be_core(bytes, anchor) {
        return;
    }
    let end = match &bytes[anchor.clone()] {
        // The piece ends at the closing quote, which is part of the anchor.
        b"\"_\"" | b"'_'" => anchor.end - 1,
        _ => decoded.word_end(bytes, anchor.end, MAX_WORD),
    };
    let right = bytes.get(end).copied().is_some_and(may_break_off) && may_reach(bytes, anchor, end);
    let left = start_on_left(bytes, anchor);
    if !right && left.is_none() {
        return;
    }
    for (index, encoding) in ENCODINGS.iter().enumerate().filter(|(_, encoding)| encoding.continues_plain) {
        if decoded.has(index, 0, anchor.start) {
            continue;
        }
        let outcome = if right { encoding.decoder.continue_right(bytes, anchor.start, end) } else { None };
        let outcome = outcome.or_else(|| continue_left(encoding.decoder, bytes, left?, anchor.start));
        if let Some(outcome) = outcome {
            decoded.keep(index, anchor.start, outcome, give);
        }
    }
}

/// Returns true if `live` or `test` ends a piece, as in `"_live" + "_…"` or `%5Flive%5F`, or continues with an
/// underscore. Other anchors are too rare to check.
fn may_be_core(bytes: &[u8], anchor: &Range<usize>) -> bool {
    if !matches!(&bytes[anchor.clone()], b"live" | b"test") {
        return true;
    }
    let before = bytes[..anchor.start].last();
    let begins = before.is_some_and(|byte| matches!(byte, b'_' | b'"' | b'\'' | b'`') || may_end_sequence(*byte));
    match bytes.get(anchor.end) {
        Some(b'_') => true,
        Some(next) => may_break_off(*next) && begins,
        None => false,
    }
}

/// Returns true if an escape sequence or an invisible character can end with this byte.
fn may_end_sequence(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b';' | b'}' | 0x80..)
}

/// Returns true if the word up to its break can be the start of a key: `ive_` follows `k_l`, as far as the word goes.
fn may_reach(bytes: &[u8], anchor: &Range<usize>, end: usize) -> bool {
    let rest: &[u8] = match &bytes[anchor.clone()] {
        b"k_l" => b"ive_",
        b"k_t" => b"est_",
        b"whs" => b"ec_",
        b"_sec" => b"ret_",
        _ => return true,
    };
    let word = &bytes[anchor.end..end];
    let shared = word.len().min(rest.len());
    word[..shared] == rest[..shared]
}

/// Returns the start of the word that ends at an anchor, if the bytes before it can encode the start of a prefix.
fn start_on_left(bytes: &[u8], anchor: &Range<usize>) -> Option<usize> {
    let (heads, reach): (&[&[u8]], usize) = match &bytes[anchor.clone()] {
        b"live" | b"test" if bytes.get(anchor.end) == Some(&b'_') => (HEADS, MAX_HEAD),
        b"sec_" => (&[b"wh"], MAX_HEAD),
        b"cret_" => (&[b"_se"], MAX_OBJECT),
        b"org_" => (&[b"sk_"], MAX_HEAD),
        _ => return None,
    };
    let low = anchor.start.saturating_sub(reach);
    let start = anchor.start - bytes[low..anchor.start].iter().rev().take_while(|byte| is_word(**byte)).count();
    let before = *bytes.get(start.checked_sub(1)?)?;
    let word = &bytes[start..anchor.start];
    let escaped = matches!(before, b'%' | b'\\' | b'#' | b'=' | b'{') && !word.is_empty();
    // The id of an object precedes `_secret_`: `pi_…`.
    let object = word.strip_suffix(b"_se").filter(|_| heads == [b"_se"]);
    let partial =
        heads.iter().any(|head| head.len() > word.len() && head.ends_with(word)) || object.is_some_and(is_cut);
    let gap = matches!(before, b'"' | b'\'' | b'`' | b';' | b'}' | 0x80..|b'\n'| b'\r' | b' ' | b'\t');
    let whole = heads.contains(&word) && object.is_none();
    (!whole && (escaped || partial && gap)).then_some(start)
}

/// Returns true if an object's id lacks its start: `3Ab…`, `_3Ab…`, `i_3Ab…`.
fn is_cut(object: &[u8]) -> bool {
    let id = object.iter().rposition(|byte| *byte == b'_').map_or(object, |at| &object[at + 1..]);
    object.len() < MAX_OBJECT
        && object.len() - id.len() <= LONGEST_OBJECT
        && (id.len() == object.len() || id.len() >= 12)
}

/// Decodes from a sequence that ends at the start of the word, or inside it.
fn continue_left(decoder: &dyn RunDecoder, bytes: &[u8], word: usize, anchor: usize) -> Option<DecodeOutcome> {
    if matches!(bytes[word - 1], b'\n' | b'\r' | b' ' | b'\t') {
        // Only an escaped line end continues a token.
        let low = word.saturating_sub(MAX_GAP);
        let last = bytes[low..word].iter().rposition(|byte| !matches!(byte, b'\n' | b'\r' | b' ' | b'\t'))?;
        if !matches!(bytes[low + last], b'\\' | b'=') {
            return None;
        }
    }
    decoder.continue_left(bytes, word.saturating_sub(MAX_GAP)..anchor, word..anchor + 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    #[test]
    fn ordinary_names_cost_nothing() {
        for (text, anchor) in [
            ("def test_helper(x)", "test"),
            ("\"test_helper\"", "test"),
            ("[\"test\", \"live\"].join(\"\")", "test"),
            ("mode = \"live\"", "live"),
            ("a.split(\"_\").join(\"\")", "\"_\""),
            ("s.replace('-', '_') + 'b'", "'_'"),
            ("my_test' + 'x", "test"),
            ("link_list[\"a\"]", "k_l"),
            ("exec_live_mode", "live"),
            ("a = task_type", "k_t"),
            ("'nsec_'", "sec_"),
            ("f(x);test_a()", "test"),
            ("\"client_secret_id\"", "cret_"),
            ("get(\"my_secret_id\")", "_sec"),
            ("\"a_secret\": \"a\"", "_sec"),
            ("\"org_id\"", "org_"),
            ("\"latest\\n\"", "test"),
        ] {
            let at = text.find(anchor).unwrap();
            let mut views = 0;
            super::views(text.as_bytes(), &(at..at + anchor.len()), &mut DecodedRanges::default(), &mut |_| views += 1);
            assert_eq!(views, 0, "{text}");
        }
    }

    #[test]
    fn an_object_and_its_secret_in_pieces() {
        let mut noise = Noise::new(62);
        let secret = format!("pi_3{}_secret_{}", noise.body(23), noise.body(25));
        for cut in 1..secret.len() {
            let code = format!("{}\" + \"{}", &secret[..cut], &secret[cut..]);
            testing::finds(&format!("k = \"{code}\";"), &code, &secret);
        }
        let code = secret.replace("_secret_", "\" + \"_secret_\" + \"");
        testing::finds(&format!("k = \"{code}\";"), &code, &secret);
    }

    #[test]
    fn one_escaped_letter_of_the_prefix() {
        let mut noise = Noise::new(61);
        let secret = token("sk_live_", &noise.body(30));
        for letter in ["%6b", "\\x6b", "\\u006b", "&#107;", "\\153", "=6B"] {
            let code = secret.replacen('k', letter, 1);
            testing::finds(&format!("a=\"{code}\""), &code, &secret);
        }
    }
}
