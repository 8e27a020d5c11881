//! Where a key that begins or ends in plain text goes on in disguise: `sk_live_\x35…`, `"sk_li" + "ve_…"`,
//! `s\x6b_live_…`.
//!
//! Looked at from each plain pivot. Nearly all pivots are ordinary names such as `test_helper`, so a few bytes decide.

use std::ops::Range;

use super::{Covered, ENCODINGS, Encoding, Look, UNITS, View};

/// How far behind a pivot a body may break off.
const MAX_WORD: usize = crate::limits::MAX_BODY + 32;

/// What stands in front of each core in a complete prefix.
pub(super) const HEADS: &[&[u8]] = &[b"sk_", b"rk_", b"pk_", b"ek_", b"rkcs_", b"pst_", b"pss_", b"sk_org_", b"cs_"];

/// Longest part of a prefix in front of a core.
const MAX_HEAD: usize = 40;

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

/// Whether `live` and `test` end a piece, as in `"_live" + "_…"`, or go on with their underscore. Other pivots are rare.
fn may_be_core(bytes: &[u8], pivot: &Range<usize>) -> bool {
    if !matches!(&bytes[pivot.clone()], b"live" | b"test") {
        return true;
    }
    match bytes.get(pivot.end) {
        Some(b'_') => true,
        Some(next) => {
            may_break_off(*next) && pivot.start > 0 && matches!(bytes[pivot.start - 1], b'_' | b'"' | b'\'' | b'`')
        }
        None => false,
    }
}

/// Whether the word up to its break can be the beginning of a key: `k_l` goes on with `ive_` as far as it goes.
fn may_reach(bytes: &[u8], pivot: &Range<usize>, end: usize) -> bool {
    let rest: &[u8] = match &bytes[pivot.clone()] {
        b"k_l" => b"ive_",
        b"k_t" => b"est_",
        b"whs" => b"ec_",
        _ => return true,
    };
    let word = &bytes[pivot.end..end];
    let shared = word.len().min(rest.len());
    word[..shared] == rest[..shared]
}

/// The start of the word that ends at a pivot, if what stands in front of it can be a disguised beginning of a prefix.
fn goes_on_left(bytes: &[u8], pivot: &Range<usize>) -> Option<usize> {
    let heads: &[&[u8]] = match &bytes[pivot.clone()] {
        b"live" | b"test" if bytes.get(pivot.end) == Some(&b'_') => HEADS,
        b"sec_" => &[b"wh"],
        b"_secret_" => &[],
        _ => return None,
    };
    let low = pivot.start.saturating_sub(MAX_HEAD);
    let start = pivot.start - bytes[low..pivot.start].iter().rev().take_while(|byte| is_word(**byte)).count();
    let before = *bytes.get(start.checked_sub(1)?)?;
    let word = &bytes[start..pivot.start];
    let escaped = matches!(before, b'%' | b'\\' | b'#' | b'=' | b'{') && !word.is_empty();
    // In front of `_secret_` stands the object that the secret is for, `pi_…`.
    let partial = heads.iter().any(|head| head.len() > word.len() && head.ends_with(word))
        || heads.is_empty() && !word.contains(&b'_') && word.len() < MAX_HEAD;
    let gap = matches!(before, b'"' | b'\'' | b'`' | b';' | b'}' | 0x80..|b'\n'| b'\r' | b' ' | b'\t');
    let whole = heads.contains(&word);
    (!whole && (escaped || partial && gap)).then_some(start)
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
    let low = word.saturating_sub(MAX_GAP);
    (low..pivot).find_map(|at| encoding.leads_to(bytes, at, word..pivot + 1))
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
            ("\"client_secret_id\"", "_secret_"),
            ("get(\"my_secret_id\")", "_secret_"),
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
        for cut in (3..secret.len()).filter(|cut| !(28..35).contains(cut)) {
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
