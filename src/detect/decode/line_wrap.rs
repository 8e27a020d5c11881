//! Line wraps inside base64 and hex text.
//!
//! Mail and PEM wrap with LF or CRLF, YAML block scalars indent, JSON writes the break as `\n`, URLs as `%0A`, XML as
//! `&#10;`, and source code closes one literal and opens the next. A blank line, padding or anything else ends a run.
//! The grammar is written once, forwards; going back searches for the place from which it leads here.
//!
//! The next line need not continue the run: in `TOKEN=c2tf…\nOTHER=1` it starts with a name. Lines of one block are
//! recognised by their width and by the bytes after them ([`block_around`]).

use std::ops::Range;

use super::string_concat;

/// Longest wrap, in bytes: a deep indentation or a literal's glue.
const MAX_WRAP: usize = 96;

/// A set of bytes.
pub(super) type Alphabet = [bool; 256];

/// Returns the end of the wrap that starts at `at`.
pub(super) fn wrap(bytes: &[u8], at: usize) -> Option<usize> {
    let end = match bytes.get(at)? {
        b'\n' | b'\r' | b' ' | b'\t' => newline(bytes, at)?,
        b'\\' => escaped_newline(bytes, at)?,
        b'%' | b'&' => spelled_newline(bytes, at)?,
        b'"' | b'\'' | b'`' => string_concat::glue(bytes, at, false)?,
        _ => return None,
    };
    (end - at <= MAX_WRAP).then_some(end)
}

fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    at
}

fn newline(bytes: &[u8], at: usize) -> Option<usize> {
    let at = blanks(&bytes[..bytes.len().min(at + MAX_WRAP)], at);
    let at = match bytes.get(at..)? {
        [b'\r', b'\n', ..] => at + 2,
        [b'\r' | b'\n', ..] => at + 1,
        _ => return None,
    };
    Some(blanks(&bytes[..bytes.len().min(at + MAX_WRAP)], at))
}

/// Returns the end of `\n` or `\r\n` as text, with up to eight backslashes each, or of an escaped line end.
fn escaped_newline(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    let mut seen = false;
    for letter in [b'r', b'n'] {
        let slashes = bytes[end..].iter().take(8).take_while(|byte| **byte == b'\\').count();
        if slashes > 0 && bytes.get(end + slashes) == Some(&letter) {
            end += slashes + 1;
            seen = true;
        }
    }
    if !seen {
        return if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) { newline(bytes, at + 1) } else { None };
    }
    let end = blanks(&bytes[..bytes.len().min(end + MAX_WRAP)], end);
    // "…\n" + "…": the literal ends after the break.
    Some(string_concat::glue(bytes, end, false).unwrap_or(end))
}

fn spelled_newline(bytes: &[u8], at: usize) -> Option<usize> {
    const SPELLED: &[&[u8]] = &[b"%0d", b"%0a", b"&#13;", b"&#10;", b"&#xd;", b"&#xa;"];
    let mut end = at;
    while let Some(word) = SPELLED.iter().find(|word| {
        bytes.get(end..end + word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word)) && end < at + 12
    }) {
        end += word.len();
    }
    (end > at).then_some(end)
}

/// Returns the wrap before `start`, the first digit of a segment. It may end later, because the `n` of `\n` looks like
/// a digit.
fn wrap_before(bytes: &[u8], start: usize, low: usize, alphabet: &Alphabet) -> Option<Range<usize>> {
    let low = low.max(start.saturating_sub(MAX_WRAP));
    (low + 1..start)
        .filter(|at| alphabet[usize::from(bytes[at - 1])] && !alphabet[usize::from(bytes[*at])])
        .find_map(|at| wrap(bytes, at).filter(|end| (start..=start + 3).contains(end)).map(|end| at..end))
}

/// Returns the pieces between the wraps of the run of digits around `at`.
pub(super) fn run_around(bytes: &[u8], at: usize, bounds: Range<usize>, alphabet: &Alphabet) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut end = at;
    loop {
        let mut start = segment_start(bytes, end, bounds.start, alphabet);
        let wrap = if start > bounds.start { wrap_before(bytes, start, bounds.start, alphabet) } else { None };
        if let Some(wrap) = &wrap {
            start = wrap.end.min(end);
        }
        pieces.push(start..end);
        match wrap {
            Some(wrap) if wrap.start > bounds.start => end = wrap.start,
            _ => break,
        }
    }
    pieces.reverse();
    let mut start = at;
    loop {
        let end = segment_end(bytes, start, bounds.end, alphabet);
        match pieces.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => pieces.push(start..end),
        }
        match wrap(bytes, end) {
            Some(next) if next < bounds.end && alphabet[usize::from(bytes[next])] => start = next,
            _ => break,
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    block_around(bytes, at, &pieces, bounds)
}

/// Returns the pieces of the block of lines around `at`: lines of one width, a shorter one at the end, and the value
/// after a name at the start.
fn block_around(bytes: &[u8], at: usize, pieces: &[Range<usize>], bounds: Range<usize>) -> Vec<Range<usize>> {
    let Some(held) = pieces.iter().position(|piece| piece.end >= at) else { return Vec::new() };
    let width = |piece: usize| pieces[piece].len();
    let literal = |piece: usize| is_literal(bytes, pieces[piece].end..pieces[piece + 1].start);
    // A literal, or a value after a name, need not be as wide as the next line.
    let free = |piece: usize| literal(piece) || piece == 0 && !begins_line(bytes, pieces[0].start, bounds.start);
    let mut last = held;
    while last + 1 < pieces.len() {
        let open = pieces[last + 1].end == bounds.end && bounds.end < bytes.len();
        let ended = last > 0 && !free(last - 1) && width(last - 1) > width(last);
        let fits = free(last) || width(last + 1) <= width(last);
        if !literal(last) && (ended || !fits || !open && is_name(bytes, pieces[last + 1].end)) {
            break;
        }
        last += 1;
    }
    let mut first = held;
    while let Some(before) = first.checked_sub(1) {
        let fits = width(before) == width(first) || width(before) > width(first) && first == last;
        if !free(before) && !fits || before == 0 && !literal(0) && is_prose(bytes, pieces[0].start) {
            break;
        }
        first = before;
    }
    pieces[first..=last].to_vec()
}

/// Returns true if the gap between two pieces ends one literal and starts the next, so that their widths may differ.
fn is_literal(bytes: &[u8], gap: Range<usize>) -> bool {
    bytes[gap].iter().any(|byte| matches!(byte, b'"' | b'\'' | b'`'))
}

/// Returns true if only blanks precede `at` in its line.
fn begins_line(bytes: &[u8], at: usize, low: usize) -> bool {
    let blanks = bytes[low..at].iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match bytes[..at - blanks].last() {
        Some(byte) => matches!(byte, b'\n' | b'\r'),
        None => true,
    }
}

/// Returns true if the digits up to `end` are the first word of an unrelated line: `OTHER=1`, `next: 2`, `export X`,
/// `call(`.
fn is_name(bytes: &[u8], end: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    match bytes.get(end..).unwrap_or_default() {
        [b':' | b'.' | b'(' | b'[' | b'{' | b'@' | b'$', ..] => true,
        [b'=', b'"' | b'\'', next, ..] | [b'=', next, ..] => is_word(next),
        [b' ' | b'\t', rest @ ..] => {
            let next = rest.iter().take(MAX_WRAP).find(|byte| !matches!(byte, b' ' | b'\t'));
            next.is_some_and(|byte| is_word(byte) || matches!(byte, b'=' | b':' | b'+' | b'('))
        }
        _ => false,
    }
}

/// Returns true if the digits that start at `start`, inside a line, are the last word of a sentence.
fn is_prose(bytes: &[u8], start: usize) -> bool {
    let before = bytes[..start].strip_suffix(b" ").unwrap_or_default();
    before.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'.'))
}

pub(super) fn segment_start(bytes: &[u8], at: usize, low: usize, alphabet: &Alphabet) -> usize {
    let digits = bytes[low..at].iter().rev().take_while(|byte| alphabet[usize::from(**byte)]).count();
    at - digits
}

pub(super) fn segment_end(bytes: &[u8], at: usize, high: usize, alphabet: &Alphabet) -> usize {
    at + bytes[at..high].iter().take_while(|byte| alphabet[usize::from(**byte)]).count()
}

#[cfg(test)]
mod tests {
    use super::super::base64::ALPHABET;
    use super::*;

    fn joined_run(text: &[u8], at: usize) -> Vec<u8> {
        run_around(text, at, 0..text.len(), &ALPHABET).into_iter().flat_map(|piece| text[piece].to_vec()).collect()
    }

    #[test]
    fn runs_continue_behind_every_kind_of_wrap() {
        let wraps: &[&str] = &[
            "\n",
            "\r\n",
            "\r",
            "\n      ",
            " \n\t",
            "\\n",
            "\\r\\n",
            "\\\\n",
            "\\\\r\\\\n",
            "\\\n",
            "%0A",
            "%0d%0a",
            "&#10;",
            "&#xA;",
            "&#13;&#10;",
            "\" +\n    \"",
            "' . '",
            "\\n\" +\n  \"",
            "\"\n    \"",
        ];
        for wrap in wraps {
            let text = format!("key: \"QUJD{wrap}REVG{wrap}R0hJ=\"");
            for at in ["QUJD", "REVG", "R0hJ"] {
                let at = text.find(at).unwrap() + 2;
                assert_eq!(joined_run(text.as_bytes(), at), b"QUJDREVGR0hJ", "{text:?}");
            }
        }
    }

    #[test]
    fn a_blank_line_or_padding_ends_a_run() {
        for text in ["QUJD\n\nREVG", "QUJD=\nREVG", "QUJD, REVG", "QUJD\n- REVG"] {
            let run = joined_run(text.as_bytes(), 1);
            assert!(run == b"QUJD" || run == b"QUJD-", "{text:?}: {run:?}");
        }
    }

    #[test]
    fn unrelated_lines_are_left_out() {
        for (text, run) in [
            ("A=QUJDREVG\nOTHER=1\n", "QUJDREVG"),
            ("a:\n  b: QUJDREVG\n  c: 1\n", "QUJDREVG"),
            ("k: QUJDREVG\nexport X=1\n", "QUJDREVG"),
            ("k = QUJDREVG\nnext = 1\n", "QUJDREVG"),
            ("QUJDREVG\nQUJDREVG\nQUJD\nend\n", "QUJDREVGQUJDREVGQUJD"),
            ("QUJDREVG\nQUJD\nlonger\n", "QUJDREVGQUJD"),
            ("so long as this\nQUJDREVG\nQUJD\n", "QUJDREVGQUJD"),
            ("abc\nQUJDREVG\nQUJD\n", "QUJDREVGQUJD"),
            ("k: QUJD\n  QUJDREVG\n  QUJD==\nnext: 1", "QUJDQUJDREVGQUJD"),
        ] {
            let at = text.find("QUJDREVG").unwrap() + 3;
            assert_eq!(String::from_utf8(joined_run(text.as_bytes(), at)).unwrap(), run, "{text:?}");
        }
    }

    #[test]
    fn bounds_are_kept() {
        let text = b"AAAABBBBCCCC";
        assert_eq!(run_around(text, 6, 3..9, &ALPHABET), vec![3..9]);
        assert_eq!(run_around(text, 12, 0..12, &ALPHABET), vec![0..12]);
    }
}
