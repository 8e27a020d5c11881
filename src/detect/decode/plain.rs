//! Where a key that begins or ends in plain text goes on in disguise: `sk_live_\x35…`, `"sk_li" + "ve_…"`,
//! `s\x6b_live_…`.
//!
//! Looked at from each plain pivot. Nearly all pivots are ordinary names such as `test_helper`, so a few bytes decide.

use std::ops::Range;

use super::{Covered, ENCODINGS, Encoding, Look, UNITS, View};

/// How far behind a pivot a body may break off.
const MAX_WORD: usize = crate::model::limits::MAX_BODY + 32;

/// What stands in front of each core in a complete prefix.
pub(super) const HEADS: &[&[u8]] = &[b"sk_", b"rk_", b"pk_", b"ek_", b"rkcs_", b"pst_", b"pss_", b"sk_org_", b"cs_"];

/// Longest part of a prefix in front of a core, its last character escaped in the longest way.
const MAX_HEAD: usize = 20;

/// Longest part of an object's id in front of its secret: that of a checkout session has 66 characters.
const MAX_OBJECT: usize = 80;

/// Longest name of an object in front of its id, with the underscore.
const LONGEST_OBJECT: usize = 7;

/// Longest glue or gap in front of a piece.
const MAX_GAP: usize = 96;

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What a token can break off at and still go on.
pub(super) fn may_break_off(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'%' | b'&' | b'=' | b'$' | b'#' | b'{' | 0xc2 | 0xe2 | 0xef)
}

/// Gives the views in which the word around a plain pivot goes on, to the right or to the left.
pub(super) fn views(bytes: &[u8], pivot: &Range<usize>, covered: &mut Covered, give: &mut dyn FnMut(View)) {
    if !may_be_core(bytes, pivot) {
        return;
    }
    let end = match &bytes[pivot.clone()] {
        // The piece ends at the closing quote, which belongs to the pivot.
        b"\"_\"" | b"'_'" => pivot.end - 1,
        _ => covered.word_end(bytes, pivot.end, MAX_WORD),
    };
    let right = bytes.get(end).copied().is_some_and(may_break_off) && may_reach(bytes, pivot, end);
    let left = goes_on_left(bytes, pivot);
    if !right && left.is_none() {
        return;
    }
    for (index, encoding) in ENCODINGS[..UNITS].iter().enumerate() {
        if covered.has_mark(index, pivot.start) {
            continue;
        }
        let look = if right { encoding.resumes(bytes, pivot.start, end) } else { None };
        let look = look.or_else(|| left.and_then(|word| from_left(*encoding, bytes, word, pivot.start)));
        if let Some(look) = look {
            covered.keep(index, pivot.start, look, give);
        }
    }
}

/// Whether `live` and `test` end a piece, as in `"_live" + "_…"` or `%5Flive%5F`, or go on with their underscore. Other
/// pivots are rare.
fn may_be_core(bytes: &[u8], pivot: &Range<usize>) -> bool {
    if !matches!(&bytes[pivot.clone()], b"live" | b"test") {
        return true;
    }
    let before = bytes[..pivot.start].last();
    let begins = before.is_some_and(|byte| matches!(byte, b'_' | b'"' | b'\'' | b'`') || ends_unit(*byte));
    match bytes.get(pivot.end) {
        Some(b'_') => true,
        Some(next) => may_break_off(*next) && begins,
        None => false,
    }
}

/// Whether an escape or an invisible character can end with this byte.
fn ends_unit(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b';' | b'}' | 0x80..)
}

/// Whether the word up to its break can be the beginning of a key: `k_l` goes on with `ive_` as far as it goes.
fn may_reach(bytes: &[u8], pivot: &Range<usize>, end: usize) -> bool {
    let rest: &[u8] = match &bytes[pivot.clone()] {
        b"k_l" => b"ive_",
        b"k_t" => b"est_",
        b"whs" => b"ec_",
        b"_sec" => b"ret_",
        _ => return true,
    };
    let word = &bytes[pivot.end..end];
    let shared = word.len().min(rest.len());
    word[..shared] == rest[..shared]
}

/// The start of the word that ends at a pivot, if what stands in front of it can be a disguised beginning of a prefix.
fn goes_on_left(bytes: &[u8], pivot: &Range<usize>) -> Option<usize> {
    let (heads, reach): (&[&[u8]], usize) = match &bytes[pivot.clone()] {
        b"live" | b"test" if bytes.get(pivot.end) == Some(&b'_') => (HEADS, MAX_HEAD),
        b"sec_" => (&[b"wh"], MAX_HEAD),
        b"cret_" => (&[b"_se"], MAX_OBJECT),
        b"org_" => (&[b"sk_"], MAX_HEAD),
        _ => return None,
    };
    let low = pivot.start.saturating_sub(reach);
    let start = pivot.start - bytes[low..pivot.start].iter().rev().take_while(|byte| is_word(**byte)).count();
    let before = *bytes.get(start.checked_sub(1)?)?;
    let word = &bytes[start..pivot.start];
    let escaped = matches!(before, b'%' | b'\\' | b'#' | b'=' | b'{') && !word.is_empty();
    // In front of `_secret_` stands the object that the secret is for, `pi_…`.
    let object = word.strip_suffix(b"_se").filter(|_| heads == [b"_se"]);
    let partial =
        heads.iter().any(|head| head.len() > word.len() && head.ends_with(word)) || object.is_some_and(is_cut);
    let gap = matches!(before, b'"' | b'\'' | b'`' | b';' | b'}' | 0x80..|b'\n'| b'\r' | b' ' | b'\t');
    let whole = heads.contains(&word) && object.is_none();
    (!whole && (escaped || partial && gap)).then_some(start)
}

/// Whether an object's id is short of its beginning, or of the id itself: `3Ab…`, `_3Ab…`, `i_3Ab…`.
fn is_cut(object: &[u8]) -> bool {
    let id = object.iter().rposition(|byte| *byte == b'_').map_or(object, |at| &object[at + 1..]);
    object.len() < MAX_OBJECT
        && object.len() - id.len() <= LONGEST_OBJECT
        && (id.len() == object.len() || id.len() >= 12)
}

/// The view from a unit that ends where the word begins, or inside it.
fn from_left(encoding: &dyn Encoding, bytes: &[u8], word: usize, pivot: usize) -> Option<Look> {
    if matches!(bytes[word - 1], b'\n' | b'\r' | b' ' | b'\t') {
        // Only a line end that is itself escaped.
        let low = word.saturating_sub(MAX_GAP);
        let last = bytes[low..word].iter().rposition(|byte| !matches!(byte, b'\n' | b'\r' | b' ' | b'\t'))?;
        if !matches!(bytes[low + last], b'\\' | b'=') {
            return None;
        }
    }
    encoding.leads_to(bytes, word.saturating_sub(MAX_GAP)..pivot, word..pivot + 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    #[test]
    fn ordinary_names_cost_nothing() {
        for (text, pivot) in [
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
            let at = text.find(pivot).unwrap();
            let mut views = 0;
            super::views(text.as_bytes(), &(at..at + pivot.len()), &mut Covered::default(), &mut |_| views += 1);
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
