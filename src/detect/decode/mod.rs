//! Encodings as views: bytes in, what they say and where each decoded byte came from out.
//!
//! A key in base64 or in an escaped literal is as leaked as a plain one. Decoding everything is out of the question,
//! so each encoding names its *pivots*: short texts that a core common to many families (`live_`, `test_`, `whsec_`)
//! leaves in encoded text. The engine searches for all of them at once, plain ones included ([`PIVOTS`]), and asks
//! here for the views of the run around each. Layers are undone one by one: the engine searches a view like any other
//! bytes. What has no pivot at all, such as base64 of base64, is found by shape ([`long_runs`]).
//!
//! Nothing here depends on anything further than [`crate::model::limits::REACH`] from the pivot, and nothing judges: whether a
//! view holds a key is for the engine to say. An encoding of its own is one file and one row.

mod backslash;
mod base64;
mod char_codes;
mod covered;
mod entity;
mod hex;
mod joined;
mod packed;
mod percent;
mod pivots;
mod plain;
mod quoted_printable;
mod rows;
mod runs;
mod segments;
mod sense;
mod spaced;
mod stretch;
#[cfg(test)]
mod testing;
mod units;
mod utf16;
mod view;
pub mod wide;
mod wraps;
mod zero_width;

use std::ops::Range;

pub use covered::Covered;
pub use pivots::{PIVOTS, Pivot, Role};
pub(crate) use rows::rows_of_digits;
pub use runs::{is_run_digit, long_runs, run_views};
pub(crate) use segments::next_touching as next_run_touching;
pub(crate) use sense::{SENSE_BEFORE, SENSE_BEHIND, Senses};
pub use view::View;

/// What a look at a pivot gave.
enum Look {
    View(View),
    /// The pivot is there by chance, and so are all before this offset.
    Barren(usize),
}

impl Look {
    fn or_barren(view: Option<View>, until: usize) -> Self {
        view.map_or(Self::Barren(until), Self::View)
    }
}

/// A way to write bytes as other bytes.
trait Encoding: Sync {
    /// The view of the run around one of its pivots, if the pivot is not there by chance.
    fn view(&self, bytes: &[u8], pivot: Range<usize>) -> Look;

    /// The view around a plain pivot whose word breaks off at `at`, if this encoding lets it go on there.
    fn resumes(&self, _bytes: &[u8], _pivot: usize, _at: usize) -> Option<Look> {
        None
    }

    /// The view around the first unit that begins within `starts` and ends within `ends`.
    fn leads_to(&self, _bytes: &[u8], _starts: Range<usize>, _ends: Range<usize>) -> Option<Look> {
        None
    }
}

/// Every encoding. The order is that of the constants below.
const ENCODINGS: [&dyn Encoding; 13] = [
    &percent::Percent,
    &backslash::Backslash,
    &entity::Entity,
    &quoted_printable::QuotedPrintable,
    &zero_width::ZeroWidth,
    &joined::Joined::Operators,
    &joined::Joined::Elements,
    &joined::Joined::Underscored,
    &base64::Base64,
    &hex::Hex,
    &utf16::Wide { width: 2 },
    &utf16::Wide { width: 4 },
    &char_codes::CharCodes,
];

const PERCENT: u8 = 0;
const BACKSLASH: u8 = 1;
const ENTITY: u8 = 2;
const QUOTED_PRINTABLE: u8 = 3;
const ZERO_WIDTH: u8 = 4;
const BASE64: u8 = 8;
const HEX: u8 = 9;
const WIDE16: u8 = 10;
const WIDE32: u8 = 11;
const CHAR_CODES: u8 = 12;

/// The first so many encodings can take over in the middle of a plain token.
const UNITS: usize = 8;

/// Gives the views of the run around a pivot of [`PIVOTS`] found at `at`. Pivots are to be asked about in the order in
/// which they stand, with one `covered` for one slice of bytes: a run is decoded once, however many pivots it holds.
pub fn views(bytes: &[u8], pivot: &Pivot, at: usize, covered: &mut Covered, give: &mut dyn FnMut(View)) {
    let range = at..at + pivot.text.len();
    match pivot.role {
        Role::Core => plain::views(bytes, &range, covered, give),
        Role::Encoded(encodings) => {
            for index in encodings.iter().map(|index| usize::from(*index)) {
                if !covered.has(index, pivot, at) {
                    covered.keep(index, at, ENCODINGS[index].view(bytes, range.clone()), give);
                }
            }
        }
        Role::Short | Role::Vendor => {}
    }
}

/// Whether the bytes hold a complete prefix that some encoding may disguise.
fn has_core(bytes: &[u8]) -> bool {
    const HEADS: &[&[u8]] = &[b"sk_", b"rk_", b"pk_", b"ek_", b"rkcs_", b"pst_", b"pss_", b"sk_org_", b"cs_"];
    memchr::memchr_iter(b'_', bytes).any(|at| {
        let text = &bytes[..at];
        match text.strip_suffix(b"live").or_else(|| text.strip_suffix(b"test")) {
            Some(head) => HEADS.iter().any(|prefix| head.ends_with(prefix)),
            None => text.ends_with(b"whsec") || text.ends_with(b"sk_org") || text.ends_with(b"_secret"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces that lead a decoder on: pivots, the beginnings of units, glue, and noise.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let bait: Vec<Vec<u8>> = [
            "\"", "'", " + ", "\\", "\\x", "\\u", "\\u{", "%", "%25", "&", "&#", "&#x", "&amp;", "=", "=\r\n", "\n",
            "${\"", "\"}", ", ", "join", "0x", "107,", "sk_", "live_", "_", "\u{200b}", "\u{ad}", "\0", "_\0", "AAAA",
            "}", ";", "/*", "*/", "H4sI", "eJ",
        ]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .chain(PIVOTS.iter().map(|pivot| pivot.text.to_vec()))
        .collect();
        let piece = prop_oneof![
            8 => proptest::sample::select(bait),
            1 => proptest::collection::vec(any::<u8>(), 0..12),
            1 => "[A-Za-z0-9+/]{30,70}".prop_map(String::into_bytes),
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    fn exercise(bytes: &[u8], depth: usize) {
        let mut check = |view: View| {
            assert!(view.source.end <= bytes.len() && view.source.start <= view.source.end);
            let mut last = 0;
            for at in 0..view.bytes.len() {
                let unit = view.unit(at);
                assert!(unit.start >= last && unit.end <= bytes.len(), "{:?}", view.encodings);
                assert!(unit.start >= view.source.start && unit.end <= view.source.end && unit.start < unit.end);
                assert!(!view.is_plain(at..at + 1) || bytes[unit] == view.bytes[at..=at]);
                last = view.unit(at).start;
            }
            if depth > 1 {
                exercise(&view.bytes, depth - 1);
            }
        };
        let mut covered = Covered::default();
        for at in 0..bytes.len() {
            for pivot in PIVOTS.iter().filter(|pivot| bytes[at..].starts_with(pivot.text)) {
                views(bytes, pivot, at, &mut covered, &mut check);
            }
        }
        long_runs(bytes, &mut |at| run_views(bytes, at, &mut covered, &mut check));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn any_bytes_give_sound_views(bytes in pieces()) {
            exercise(&bytes, 2);
        }
    }
}
