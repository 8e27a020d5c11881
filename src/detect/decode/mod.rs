//! Encodings: decodes the bytes around an anchor and maps every decoded byte back to its source.
//!
//! A key in base64 or in an escaped literal is as leaked as a plain one. Decoding everything would be too slow, so each
//! encoding lists *anchors*: short texts that the common parts of prefixes (`live_`, `test_`, `whsec_`) leave in encoded
//! text, and further ones that the literals of user rules leave ([`Prefixes`]). One search finds all of them, plain ones
//! included ([`ANCHORS`]), and [`views`] decodes the run around each.
//! Layers are undone one by one: the engine searches a view like any other bytes. Layers without an anchor, such as
//! base64 of base64, are found by their shape ([`blind`]).
//!
//! Nothing here reads further than [`crate::model::limits::REACH`] from an anchor, and nothing judges: the engine
//! decides whether a view holds a key. An encoding is one file and one row of `ENCODINGS`.

mod anchor;
mod anchor_filter;
mod backslash;
mod base64;
pub mod blind;
mod char_codes;
mod decoded_ranges;
mod entity;
mod escape;
mod hex;
mod hex_dump;
mod line_fold;
mod line_wrap;
mod mixed;
mod percent;
mod prefixes;
mod quoted_printable;
mod string_concat;
pub(super) mod terminal;
#[cfg(test)]
mod testing;
pub mod utf16;
mod view;
mod zero_width;

use std::ops::Range;

pub use anchor::{ANCHORS, Anchor, AnchorRole};
pub(crate) use anchor_filter::{AnchorFilter, FILTER_AFTER, FILTER_BEFORE};
pub use decoded_ranges::DecodedRanges;
pub use prefixes::Prefixes;
pub use view::DecodedView;

use anchor::{EncodedAnchor, Spelling, UNICODE_MARKS, text};
use line_wrap::Alphabet;
use view::EncodingNames;

/// The result of decoding around an anchor.
enum DecodeOutcome {
    View(DecodedView),
    /// False positive; no anchor before this offset needs another attempt.
    Skip(usize),
}

impl DecodeOutcome {
    fn or_skip(view: Option<DecodedView>, until: usize) -> Self {
        view.map_or(Self::Skip(until), Self::View)
    }
}

/// Decodes one encoding.
trait RunDecoder: Sync {
    /// Decodes the run around one of the encoding's anchors, found at `at`, if one of the prefixes is near.
    fn decode(&self, prefixes: &Prefixes, bytes: &[u8], anchor: &Anchor, at: usize) -> DecodeOutcome;

    /// Decodes a token that starts in plain text, at `anchor`, and continues in this encoding at `at`.
    fn continue_right(&self, _prefixes: &Prefixes, _bytes: &[u8], _anchor: usize, _at: usize) -> Option<DecodeOutcome> {
        None
    }

    /// Decodes around the first escape sequence that starts within `starts` and ends within `ends`.
    fn continue_left(
        &self,
        _prefixes: &Prefixes,
        _bytes: &[u8],
        _starts: Range<usize>,
        _ends: Range<usize>,
    ) -> Option<DecodeOutcome> {
        None
    }
}

/// Everything about an encoding.
struct Encoding {
    /// Its name in reports. A view may carry a more specific one.
    names: EncodingNames,
    /// Texts that prefixes leave in it.
    anchors: &'static [EncodedAnchor],
    /// Returns the anchors of one byte of a literal, if it writes bytes one by one. Its `anchors` are those of the
    /// underscore.
    byte_anchors: fn(u8) -> Vec<EncodedAnchor>,
    decoder: &'static dyn RunDecoder,
    phases: Phases,
    /// Set if a token may start in plain text and continue in this encoding, or the other way round.
    continues_plain: bool,
    /// The digits it writes every byte in, if it does.
    digits: Option<Digits>,
    /// Its decoder that needs no anchor.
    blind: Option<BlindDecoder>,
}

/// The ways to decode one place: runs in different phases are decoded separately.
#[derive(Clone, Copy)]
enum Phases {
    /// The offset modulo this number.
    Offset(usize),
    /// The place of the anchor's first character in its group of four. Line wraps shift it.
    Group,
}

/// An encoding that writes every byte in digits of an alphabet.
struct Digits {
    alphabet: &'static Alphabet,
    /// Returns the digits that a literal determines, in every phase, case and alphabet.
    spellings: fn(&[u8]) -> Vec<Spelling>,
    /// Returns the anchors of a spelling.
    anchors: fn(&Spelling) -> Vec<EncodedAnchor>,
}

/// Finds and decodes a run without an anchor.
struct BlindDecoder {
    /// Returns true if a run that decodes to text starts here.
    starts: fn(&[u8], usize) -> bool,
    decode: fn(&[u8], usize) -> Option<DecodedView>,
}

/// Every encoding. The order decides which one names a view that several of them give.
static ENCODINGS: &[Encoding] = &[
    Encoding {
        names: &["percent"],
        anchors: &[text(b"%5F"), text(b"%5f"), text(b"%25")],
        byte_anchors: percent::byte_anchors,
        ..escape(&percent::Percent)
    },
    Encoding {
        names: &["unicode-escape"],
        anchors: &[
            text(b"005").between(UNICODE_MARKS, b"fF"),
            text(b"u{5").between(b"", b"fF"),
            text(b"x{5").between(b"", b"fF"),
            text(b"x5f"),
            text(b"x5F"),
            text(b"\\137"),
            text(b"\\'5").between(b"", b"fF"),
        ],
        byte_anchors: backslash::byte_anchors,
        ..escape(&backslash::Backslash)
    },
    Encoding {
        names: &["html-entity"],
        anchors: &[
            text(b"005").between(UNICODE_MARKS, b"fF"),
            text(b"x5f"),
            text(b"x5F"),
            text(b"95;"),
            text(b"ar;").between(b"bB", b""),
        ],
        byte_anchors: entity::byte_anchors,
        ..escape(&entity::Entity)
    },
    Encoding {
        names: &["quoted-printable"],
        anchors: &[text(b"=5F")],
        byte_anchors: quoted_printable::byte_anchors,
        ..escape(&quoted_printable::QuotedPrintable)
    },
    Encoding {
        names: &["zero-width"],
        anchors: &[text(b"_\xc2\xad"), text(b"_\xe2\x80"), text(b"_\xe2\x81"), text(b"_\xef\xbb")],
        byte_anchors: zero_width::byte_anchors,
        ..escape(&zero_width::ZeroWidth)
    },
    Encoding { names: &["terminal-escape"], ..escape(&terminal::Terminal) },
    Encoding { names: &["folded"], ..escape(&line_fold::LineFold) },
    Encoding { names: &["joined"], ..escape(&string_concat::StringConcat::Operators) },
    Encoding { names: &["joined"], ..escape(&string_concat::StringConcat::Elements) },
    Encoding { names: &["joined"], ..escape(&string_concat::StringConcat::Underscored) },
    Encoding {
        names: &["base64"],
        anchors: base64::ANCHORS,
        phases: Phases::Group,
        digits: Some(Digits { alphabet: &base64::ALPHABET, spellings: base64::spellings, anchors: base64::anchors }),
        blind: Some(BlindDecoder { starts: blind::starts_base64, decode: |bytes, at| base64::view_at(bytes, at, 0) }),
        ..run(&base64::Base64)
    },
    Encoding {
        names: &["hex"],
        anchors: &[text(b"6976655"), text(b"746573745"), text(b"736563")],
        phases: Phases::Offset(2),
        digits: Some(Digits { alphabet: &hex::ALPHABET, spellings: hex::spellings, anchors: hex::anchors }),
        blind: Some(BlindDecoder { starts: blind::starts_hex, decode: hex::view_at }),
        ..run(&hex::Hex)
    },
    Encoding {
        names: &["hex"],
        blind: Some(BlindDecoder { starts: blind::starts_hex_dump, decode: hex_dump::view_at }),
        ..run(&hex_dump::HexDump)
    },
    Encoding {
        names: &["utf-16le"],
        anchors: &[text(b"\0_\0")],
        byte_anchors: utf16::byte_anchors,
        phases: Phases::Offset(2),
        ..run(&utf16::WideRun { width: 2 })
    },
    Encoding {
        names: &["utf-32le"],
        anchors: &[text(b"\0_\0")],
        byte_anchors: utf16::byte_anchors,
        phases: Phases::Offset(4),
        ..run(&utf16::WideRun { width: 4 })
    },
    Encoding {
        names: &["char-codes"],
        anchors: &[text(b"95,"), text(b"x5f"), text(b"x5F")],
        byte_anchors: char_codes::byte_anchors,
        ..run(&char_codes::CharCodes)
    },
];

/// An encoding that replaces some characters and copies the rest.
const fn escape(decoder: &'static dyn RunDecoder) -> Encoding {
    Encoding { continues_plain: true, ..run(decoder) }
}

/// An encoding that writes a whole run differently.
const fn run(decoder: &'static dyn RunDecoder) -> Encoding {
    Encoding {
        names: &[],
        anchors: &[],
        byte_anchors: |_| Vec::new(),
        decoder,
        phases: Phases::Offset(1),
        continues_plain: false,
        digits: None,
        blind: None,
    }
}

/// Passes the views of the run around an anchor found at `at` to `give`. Call it for the anchors of one slice in order,
/// with one `decoded`: a run is decoded once, however many anchors it holds.
pub fn views(
    bytes: &[u8],
    anchor: &Anchor,
    at: usize,
    decoded: &mut DecodedRanges<'_>,
    give: &mut dyn FnMut(DecodedView),
) {
    match &anchor.role {
        AnchorRole::Core => mixed::views(bytes, &(at..at + anchor.text.len()), decoded, give),
        AnchorRole::Encoded(encodings) => {
            for encoding in encodings.iter().copied() {
                if !decoded.has(encoding, anchor.phase, at) {
                    decoded.keep(
                        encoding,
                        at,
                        ENCODINGS[encoding].decoder.decode(decoded.prefixes, bytes, anchor, at),
                        give,
                    );
                }
            }
        }
        AnchorRole::Short | AnchorRole::Vendor | AnchorRole::ZipEnd => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces that lead a decoder on: anchors, the beginnings of units, glue, and noise.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let bait: Vec<Vec<u8>> = [
            "\"", "'", " + ", "\\", "\\x", "\\u", "\\u{", "%", "%25", "&", "&#", "&#x", "&amp;", "=", "=\r\n", "\n",
            "${\"", "\"}", ", ", "join", "0x", "107,", "sk_", "live_", "_", "\u{200b}", "\u{ad}", "\0", "_\0", "AAAA",
            "}", ";", "/*", "*/", "H4sI", "eJ",
        ]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .chain(ANCHORS.iter().map(|anchor| anchor.text.to_vec()))
        .collect();
        let piece = prop_oneof![
            8 => proptest::sample::select(bait),
            1 => proptest::collection::vec(any::<u8>(), 0..12),
            1 => "[A-Za-z0-9+/]{30,70}".prop_map(String::into_bytes),
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    fn exercise(bytes: &[u8], depth: usize) {
        let mut check = |view: DecodedView| {
            assert!(view.source.end <= bytes.len() && view.source.start <= view.source.end);
            let mut last = 0;
            for at in 0..view.bytes.len() {
                let unit = view.source_range(at);
                assert!(unit.start >= last && unit.end <= bytes.len(), "{:?}", view.encodings);
                assert!(unit.start >= view.source.start && unit.end <= view.source.end && unit.start < unit.end);
                assert!(!view.is_plain(at..at + 1) || bytes[unit] == view.bytes[at..=at]);
                last = view.source_range(at).start;
            }
            if depth > 1 {
                exercise(&view.bytes, depth - 1);
            }
        };
        let prefixes = Prefixes::new(["_secret_", "acme_live_", "zz-"].map(str::as_bytes));
        let mut decoded = DecodedRanges::new(&prefixes);
        for at in 0..bytes.len() {
            for anchor in prefixes.anchors().filter(|anchor| bytes[at..].starts_with(&anchor.text)) {
                views(bytes, anchor, at, &mut decoded, &mut check);
            }
        }
        blind::blind_runs(bytes, &mut |at| blind::blind_views(bytes, at, &mut decoded, &mut check));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn any_bytes_give_sound_views(bytes in pieces()) {
            exercise(&bytes, 2);
        }
    }
}
