//! Keys that start or end in plain text and continue in an encoding: `sk_live_\x35…`, `"sk_li" + "ve_…"`,
//! `s\x6b_live_…`.
//!
//! Called for each plain anchor. Nearly all of them are ordinary names such as `test_helper`, so that the first checks
//! read a few bytes only.

use std::ops::Range;

use super::prefixes::{CoreContext, may_break_off};
use super::{DecodeOutcome, DecodedRanges, DecodedView, ENCODINGS, Prefixes, RunDecoder, line_fold, terminal};

/// Longest word after an anchor.
const MAX_WORD: usize = crate::model::limits::MAX_BODY + 32;

/// Longest part of a built-in prefix before a core, its last character escaped in the longest way.
const MAX_HEAD: usize = 20;

/// Longest escape sequence of one character.
const MAX_ESCAPE: usize = 13;

/// Longest id of an object before its secret: that of a checkout session has 66 characters.
const MAX_OBJECT: usize = 80;

/// Longest prefix of an object's id, with the underscore.
const LONGEST_OBJECT: usize = 7;

/// Longest sequence before a piece.
const MAX_GAP: usize = 96;

/// Passes on the views in which the word around a plain anchor continues, to the right or to the left.
pub(super) fn views(
    bytes: &[u8],
    anchor: &Range<usize>,
    decoded: &mut DecodedRanges<'_>,
    give: &mut dyn FnMut(DecodedView),
) {
    let prefixes = decoded.prefixes;
    let Some(core) = prefixes.core(&bytes[anchor.clone()]) else { return };
    if !may_be_core(bytes, anchor, core) {
        return;
    }
    let end = match &bytes[anchor.clone()] {
        // The piece ends at the closing quote, which is part of the anchor.
        [b'"' | b'\'', .., b'"' | b'\''] => anchor.end - 1,
        _ => decoded.word_end(bytes, anchor.end, MAX_WORD),
    };
    let breaks_off = bytes.get(end).copied().is_some_and(may_break_off) || bytes[end..].starts_with(b"<wbr");
    let right = breaks_off && core.may_continue(&bytes[anchor.end.min(end)..end]);
    let left = start_on_left(prefixes, bytes, anchor, core);
    if !right && left.is_none() {
        return;
    }
    for (index, encoding) in ENCODINGS.iter().enumerate().filter(|(_, encoding)| encoding.continues_plain) {
        if decoded.has(index, 0, anchor.start) {
            continue;
        }
        let outcome = if right { encoding.decoder.continue_right(prefixes, bytes, anchor.start, end) } else { None };
        let outcome = outcome.or_else(|| continue_left(encoding.decoder, prefixes, bytes, left?..anchor.start));
        if let Some(outcome) = outcome {
            decoded.keep(index, anchor.start, outcome, give);
        }
    }
}

/// Returns true if `live` or `test` ends a piece, as in `"_live" + "_…"` or `%5Flive%5F`, or continues as it does in a prefix.
/// Other anchors are too rare to check.
fn may_be_core(bytes: &[u8], anchor: &Range<usize>, core: &CoreContext) -> bool {
    if !matches!(&bytes[anchor.clone()], b"live" | b"test") {
        return true;
    }
    let before = bytes[..anchor.start].last();
    let begins = before
        .is_some_and(|byte| core.may_precede(*byte) || matches!(byte, b'"' | b'\'' | b'`') || may_end_sequence(*byte));
    match bytes.get(anchor.end) {
        Some(next) if core.may_follow(*next) => true,
        Some(next) => may_break_off(*next) && begins,
        None => false,
    }
}

/// Returns true if an escape sequence, that of a terminal included, or an invisible character can end with this byte.
fn may_end_sequence(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b';' | b'}' | b'm' | b'K' | 0x80..)
}

/// Returns the start of the word that ends at an anchor, if the bytes before it can encode the start of a prefix.
fn start_on_left(prefixes: &Prefixes, bytes: &[u8], anchor: &Range<usize>, core: &CoreContext) -> Option<usize> {
    let is_object = &bytes[anchor.clone()] == b"cret_";
    let reach = match &bytes[anchor.clone()] {
        b"live" | b"test" if !bytes.get(anchor.end).is_some_and(|next| core.may_follow(*next)) => return None,
        b"cret_" => MAX_OBJECT,
        _ if core.is_first => return None,
        _ => MAX_HEAD.max(core.heads.iter().map(Vec::len).max().unwrap_or(0) + MAX_ESCAPE),
    };
    let low = anchor.start.saturating_sub(reach);
    let start =
        anchor.start - bytes[low..anchor.start].iter().rev().take_while(|byte| prefixes.is_word(**byte)).count();
    let before = *bytes.get(start.checked_sub(1)?)?;
    let word = &bytes[start..anchor.start];
    let escaped = matches!(before, b'%' | b'\\' | b'#' | b'=' | b'{') && !word.is_empty();
    // The id of an object precedes `_secret_`: `pi_…`.
    let object = word.strip_suffix(b"_se").filter(|_| is_object);
    let partial =
        core.heads.iter().any(|head| head.len() > word.len() && head.ends_with(word)) || object.is_some_and(is_cut);
    let gap = matches!(before, b'"' | b'\'' | b'`' | b';' | b'}' | 0x80..|b'\n'| b'\r' | b' ' | b'\t');
    let whole = core.heads.iter().any(|head| head == word) && object.is_none();
    let coloured = terminal::precedes(before, word, &core.heads);
    (!whole && (escaped || partial && gap || coloured)).then_some(start)
}

/// Returns true if an object's id lacks its start: `3Ab…`, `_3Ab…`, `i_3Ab…`.
fn is_cut(object: &[u8]) -> bool {
    let id = object.iter().rposition(|byte| *byte == b'_').map_or(object, |at| &object[at + 1..]);
    object.len() < MAX_OBJECT
        && object.len() - id.len() <= LONGEST_OBJECT
        && (id.len() == object.len() || id.len() >= 12)
}

/// Decodes from a sequence that ends at the start of the word, or inside it. `at` reaches from there to the anchor.
fn continue_left(
    decoder: &dyn RunDecoder,
    prefixes: &Prefixes,
    bytes: &[u8],
    at: Range<usize>,
) -> Option<DecodeOutcome> {
    let (word, anchor) = (at.start, at.end);
    if matches!(bytes[word - 1], b'\n' | b'\r' | b' ' | b'\t') {
        // Only an escaped line end continues a token, and a fold.
        let low = word.saturating_sub(MAX_GAP);
        let last = bytes[low..word].iter().rposition(|byte| !matches!(byte, b'\n' | b'\r' | b' ' | b'\t'))?;
        if !matches!(bytes[low + last], b'\\' | b'=') && !line_fold::is_fold(&bytes[low + last + 1..word]) {
            return None;
        }
    }
    decoder.continue_left(prefixes, bytes, word.saturating_sub(MAX_GAP)..anchor, word..anchor + 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    #[test]
    fn ordinary_names_cost_nothing() {
        let prefixes = testing::prefixes();
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
            super::views(text.as_bytes(), &(at..at + anchor.len()), &mut DecodedRanges::new(&prefixes), &mut |_| {
                views += 1
            });
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
