//! Cuts the line of a finding to the width of a terminal, with a mark below the key.

use unicode_width::UnicodeWidthChar;

use super::style::width;
use crate::model::Snippet;

/// Replaces text that was cut off.
const CUT: &str = "…";

/// A line with its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FittedSnippet {
    /// The line; wider than requested only if the key alone is.
    pub(super) line: String,
    /// Columns in front of the mark.
    pub(super) indent: usize,
    /// Columns of the mark, at least one.
    pub(super) mark: usize,
}

/// Cuts a snippet to `columns`, around its marked part, which stays whole.
pub(super) fn fit(snippet: &Snippet, columns: usize) -> Option<FittedSnippet> {
    let (before, rest) = snippet.text.split_at_checked(snippet.start)?;
    let (marked, after) = rest.split_at_checked(snippet.end.checked_sub(snippet.start)?)?;
    let before = before.trim_start();
    let after = after.trim_end();
    let room = columns.saturating_sub(width(marked));
    let (wide_before, wide_after) = (width(before), width(after));
    // Text in front of the key is more informative than text behind it.
    let for_after = wide_after.min(room.saturating_sub(wide_before).max(room / 3));
    let before = last_columns(before, room - for_after);
    let after = first_columns(after, room.saturating_sub(width(&before)));
    Some(FittedSnippet { indent: width(&before), mark: width(marked).max(1), line: format!("{before}{marked}{after}") })
}

fn last_columns(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let fitting = fitting(text.chars().rev(), columns);
    if columns == 0 { String::new() } else { format!("{CUT}{}", &text[text.len() - fitting..]) }
}

fn first_columns(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let fitting = fitting(text.chars(), columns);
    if columns == 0 { String::new() } else { format!("{}{CUT}", &text[..fitting]) }
}

/// Returns the bytes of the leading characters that fit `columns` together with [`CUT`].
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let (mut room, mut bytes) = (columns.saturating_sub(width(CUT)), 0);
    for character in characters {
        let Some(rest) = room.checked_sub(character.width().unwrap_or(0)) else { break };
        room = rest;
        bytes += character.len_utf8();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn snippet(before: &str, marked: &str, after: &str) -> Snippet {
        let start = before.len();
        Snippet { text: format!("{before}{marked}{after}"), start, end: start + marked.len() }
    }

    #[test]
    fn a_short_line_is_shown_as_it_is() {
        let shown = fit(&snippet("  KEY=\"", "sk_…abcd", "\";  "), 40).unwrap();
        assert_eq!((shown.line.as_str(), shown.indent, shown.mark), ("KEY=\"sk_…abcd\";", 5, 8));
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let shown = fit(&snippet(&"a".repeat(60), "sk_…abcd", &"b".repeat(60)), 40).unwrap();
        assert_eq!(width(&shown.line), 40);
        assert!(shown.line.starts_with("…a") && shown.line.ends_with("b…"));
    }

    #[test]
    fn wide_characters_move_the_mark() {
        assert_eq!(fit(&snippet("鍵=", "sk_…abcd", ""), 40).unwrap().indent, 3);
    }

    #[test]
    fn offsets_that_do_not_fit_are_refused() {
        assert_eq!(fit(&Snippet { text: "é".to_owned(), start: 1, end: 2 }, 40), None);
        assert_eq!(fit(&Snippet { text: "abc".to_owned(), start: 2, end: 1 }, 40), None);
    }

    proptest! {
        #[test]
        fn every_snippet_fits(before in "\\PC{0,80}", after in "\\PC{0,80}", columns in 0_usize..90) {
            let shown = fit(&snippet(&before, "sk_…abcd", &after), columns).unwrap();
            prop_assert!(width(&shown.line) <= columns.max(8) + 1, "{shown:?}");
            prop_assert!(shown.line.contains("sk_…abcd"));
        }
    }
}
