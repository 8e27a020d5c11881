//! The line of a finding with a mark below the key, cut to what a terminal shows.

use unicode_width::UnicodeWidthChar;

use crate::model::Frame;

/// What stands for text that was cut off.
const CUT: &str = "…";

/// A line and its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// The line, at most as wide as asked for unless the key alone is wider.
    pub(super) line: String,
    /// Columns in front of the mark.
    pub(super) indent: usize,
    /// Columns of the mark, at least one.
    pub(super) mark: usize,
}

/// Fits a frame into `columns`: the marked part whole, with as much around it as there is room for.
pub(super) fn fit(frame: &Frame, columns: usize) -> Option<Shown> {
    let (before, rest) = frame.text.split_at_checked(frame.start)?;
    let (marked, after) = rest.split_at_checked(frame.end.checked_sub(frame.start)?)?;
    let before = before.trim_start();
    let after = after.trim_end();
    let room = columns.saturating_sub(width(marked));
    let (wide_before, wide_after) = (width(before), width(after));
    // What is in front of the key says more than what is behind it.
    let for_after = wide_after.min(room.saturating_sub(wide_before).max(room / 3));
    let before = last_columns(before, room - for_after);
    let after = first_columns(after, room.saturating_sub(width(&before)));
    Some(Shown { indent: width(&before), mark: width(marked).max(1), line: format!("{before}{marked}{after}") })
}

fn width(text: &str) -> usize {
    super::paint::width(text)
}

fn last_columns(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut room = columns.saturating_sub(width(CUT));
    let mut at = text.len();
    for (start, character) in text.char_indices().rev() {
        let wide = character.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        at = start;
    }
    if columns == 0 { String::new() } else { format!("{CUT}{}", &text[at..]) }
}

fn first_columns(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut room = columns.saturating_sub(width(CUT));
    let mut at = 0;
    for (start, character) in text.char_indices() {
        let wide = character.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        at = start + character.len_utf8();
    }
    if columns == 0 { String::new() } else { format!("{}{CUT}", &text[..at]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(before: &str, marked: &str, after: &str) -> Frame {
        let start = before.len();
        Frame { text: format!("{before}{marked}{after}"), start, end: start + marked.len() }
    }

    #[test]
    fn a_short_line_is_shown_as_it_is() {
        let shown = fit(&frame("  KEY=\"", "sk_…abcd", "\";  "), 40).unwrap();
        assert_eq!((shown.line.as_str(), shown.indent, shown.mark), ("KEY=\"sk_…abcd\";", 5, 8));
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let shown = fit(&frame(&"a".repeat(60), "sk_…abcd", &"b".repeat(60)), 40).unwrap();
        assert_eq!(width(&shown.line), 40);
        assert!(shown.line.starts_with("…a") && shown.line.ends_with("b…"));
    }

    #[test]
    fn wide_characters_move_the_mark() {
        assert_eq!(fit(&frame("鍵=", "sk_…abcd", ""), 40).unwrap().indent, 3);
    }

    #[test]
    fn offsets_that_do_not_fit_are_refused() {
        assert_eq!(fit(&Frame { text: "é".to_owned(), start: 1, end: 2 }, 40), None);
        assert_eq!(fit(&Frame { text: "abc".to_owned(), start: 2, end: 1 }, 40), None);
    }

    proptest! {
        #[test]
        fn every_frame_fits(before in "\\PC{0,80}", after in "\\PC{0,80}", columns in 0_usize..90) {
            let shown = fit(&frame(&before, "sk_…abcd", &after), columns).unwrap();
            prop_assert!(width(&shown.line) <= columns.max(8) + 1, "{shown:?}");
            prop_assert!(shown.line.contains("sk_…abcd"));
        }
    }
}
