//! The anchors: the few short texts that every search looks for, all at once.
//!
//! Plain cores are listed here, those of encodings in their rows of [`ENCODINGS`]. **At most 60 in all, in the order of
//! [`ORDER`].** `aho_corasick::packed` searches with fat Teddy: sixteen buckets, a pattern's place modulo sixteen
//! chooses its bucket (patterns whose first three bytes have the same low halves share one), and a bucket fires on any
//! mixture of its patterns' first three bytes. In a bad order the searcher drowns in false alarms: 0.7–1.0 GB/s on
//! source trees, minified JavaScript and base64, against 2.2–3.2 GB/s in a good one (three needles: 4.6). An anchor
//! that [`ORDER`] does not list is searched last; `cargo bench --bench anchor_order` prints an order to paste.
//!
//! Cores are found through two overlapping halves (`k_l` and `live`, `_sec` and `cret_`), so that a prefix split at any
//! place still shows one. A longer text would not be faster: the first three bytes decide. Prefixes in pieces of one or
//! two characters mostly show an underscore between quotes. Base64 cores are halved for the same reason: a line wrap
//! may fall into them. Where a text has two spellings that differ after the third byte (`005f` and `005F`), the common
//! bytes are the anchor and [`Anchor::after`] rejects the rest.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::{ENCODINGS, Encoding, Phases};

/// A text worth stopping at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The text searched for.
    pub text: Cow<'static, [u8]>,
    /// The meaning of an occurrence.
    pub role: AnchorRole,
    /// If not empty, one of these bytes precedes it, zeros skipped.
    pub(super) before: &'static [u8],
    /// If not empty, one of these bytes follows it.
    pub(super) after: &'static [u8],
    /// Place of its first character in a group of four, in base64.
    pub(super) phase: usize,
    /// Set for the half of a prefix whose other half finds the whole prefix.
    pub(crate) half: bool,
}

/// The meaning of an anchor's occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorRole {
    /// Part of a prefix in plain text. The token may also continue in an encoding: call [`super::views`].
    Core,
    /// A short or shared prefix, which counts in plain text only.
    Short,
    /// The vendor's name, which makes short prefixes near it count.
    Vendor,
    /// The end of a zip, which may have other data on either side.
    ZipEnd,
    /// Part of a prefix in these rows of the table of encodings: call [`super::views`].
    Encoded(Vec<usize>),
}

const fn plain(text: &'static [u8], role: AnchorRole) -> Anchor {
    Anchor { text: Cow::Borrowed(text), role, before: b"", after: b"", phase: 0, half: false }
}

const fn half(text: &'static [u8]) -> Anchor {
    let mut anchor = plain(text, AnchorRole::Core);
    anchor.half = true;
    anchor
}

impl Anchor {
    /// A plain anchor made for a literal.
    pub(crate) fn new(text: Vec<u8>, role: AnchorRole) -> Self {
        Self { text: Cow::Owned(text), ..plain(b"", role) }
    }
}

/// An anchor of one encoding.
#[derive(Debug, Clone)]
pub(super) struct EncodedAnchor {
    pub(super) text: Cow<'static, [u8]>,
    before: &'static [u8],
    after: &'static [u8],
    pub(super) phase: usize,
}

/// An anchor that may have any neighbours.
pub(super) const fn text(text: &'static [u8]) -> EncodedAnchor {
    EncodedAnchor { text: Cow::Borrowed(text), before: b"", after: b"", phase: 0 }
}

/// An anchor made for a literal.
pub(super) fn owned(text: impl Into<Vec<u8>>) -> EncodedAnchor {
    EncodedAnchor { text: Cow::Owned(text.into()), ..super::anchor::text(b"") }
}

impl EncodedAnchor {
    /// Requires one of these bytes before the anchor, zeros skipped, and one of those after it; none means any.
    pub(super) const fn between(mut self, before: &'static [u8], after: &'static [u8]) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    pub(super) const fn at_phase(mut self, phase: usize) -> Self {
        self.phase = phase;
        self
    }
}

/// One way in which an encoding writes a literal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The digits that the literal determines.
    pub(super) digits: Vec<u8>,
    /// The place of the first one in a group.
    pub(super) phase: usize,
}

impl Spelling {
    /// Returns true if an anchor of the row finds the literal that is spelled like this.
    pub(super) fn has(&self, anchor: &Anchor, row: usize) -> bool {
        let group = match ENCODINGS[row].phases {
            Phases::Offset(phases) => phases,
            Phases::Group => 4,
        };
        matches!(&anchor.role, AnchorRole::Encoded(rows) if rows.contains(&row))
            && memchr::memmem::find_iter(&self.digits, &*anchor.text)
                .any(|at| (self.phase + at) % group == anchor.phase)
    }
}

/// The marks of escapes with zeros before their digits.
pub(super) const UNICODE_MARKS: &[u8] = b"uUxX{";

/// Anchors in plain text.
const PLAIN: &[Anchor] = &[
    plain(b"live", AnchorRole::Core),
    plain(b"test", AnchorRole::Core),
    half(b"k_l"),
    half(b"k_t"),
    plain(b"whs", AnchorRole::Core),
    plain(b"sec_", AnchorRole::Core),
    half(b"_sec"),
    plain(b"cret_", AnchorRole::Core),
    plain(b"org_", AnchorRole::Core),
    half(b"\"_\""),
    half(b"'_'"),
    plain(b"oak_", AnchorRole::Short),
    plain(b"oart_", AnchorRole::Short),
    plain(b"uk_", AnchorRole::Short),
    plain(b"tripe", AnchorRole::Vendor),
    plain(b"TRIPE", AnchorRole::Vendor),
    plain(b"PK\x05\x06\0\0\0\0", AnchorRole::ZipEnd),
];

/// Every anchor, in the order of the search. A search must report overlapping ones (`k_l` overlaps `live`): continue
/// one byte after the start of each match.
pub static ANCHORS: LazyLock<Vec<Anchor>> = LazyLock::new(|| {
    let mut anchors = all();
    anchors.sort_by_cached_key(|anchor| ORDER.iter().position(|text| **text == *anchor.text).unwrap_or(ORDER.len()));
    anchors
});

/// Merges the anchors of all rows: a text that several encodings share is searched for once.
fn all() -> Vec<Anchor> {
    let mut anchors = PLAIN.to_vec();
    for (row, Encoding { anchors: of_row, .. }) in ENCODINGS.iter().enumerate() {
        of_row.iter().for_each(|anchor| add_encoded(anchor.clone(), row, &mut anchors));
    }
    anchors
}

/// Adds an anchor of a row to those of others.
pub(super) fn add_encoded(anchor: EncodedAnchor, row: usize, anchors: &mut Vec<Anchor>) {
    let EncodedAnchor { text, before, after, phase } = anchor;
    let is_same =
        |known: &&mut Anchor| known.text == text && (known.before, known.after, known.phase) == (before, after, phase);
    let rows = anchors.iter_mut().filter(is_same).find_map(|known| match &mut known.role {
        AnchorRole::Encoded(rows) => Some(rows),
        _ => None,
    });
    match rows {
        Some(rows) if rows.contains(&row) => {}
        Some(rows) => rows.push(row),
        None => anchors.push(Anchor { text, role: AnchorRole::Encoded(vec![row]), before, after, phase, half: false }),
    }
}

/// The order that makes the search fast.
#[rustfmt::skip]
const ORDER: &[&[u8]] = &[
    b"dmVf", b"005", b"fbGl", b"tripe", b"x5f", b"\\137", b"2Vj", b"9saX", b"doc2", b"cret_", b"test", b"l2ZV",
    b"oak_", b"6976655", b"k_t", b"746573745", b"cmV0", b"uk_", b"_\xe2\x80", b"XN0X", b"X3Rl", b"_\xc2\xad", b"\"_\"",
    b"VzdF", b"JldF", b"\0_\0", b"whs", b"95;", b"oart_", b"TRIPE", b"=5F", b"_\xef\xbb", b"NlY", b"90ZX", b"org_",
    b"x5F", b"%5f", b"X2xp", b"ZXRf", b"XZlX", b"d2hz", b"PK\x05\x06\0\0\0\0", b"sec_", b"ar;", b"fdGV", b"live",
    b"95,", b"736563", b"c3Rf", b"u{5", b"3aHN", b"%5F", b"_\xe2\x81", b"ZWN", b"'_'", b"_sec", b"k_l",
    b"\\'5",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::AnchorFilter;
    use super::super::testing::{self, Noise};
    use super::*;

    #[test]
    fn the_simd_searcher_takes_them_all() {
        assert!(ANCHORS.len() <= 60);
        assert!(ANCHORS.iter().all(|anchor| anchor.text.len() >= 3));
        let searcher = aho_corasick::packed::Searcher::new(ANCHORS.iter().map(|anchor| &anchor.text));
        if cfg!(target_arch = "x86_64") {
            assert!(searcher.is_some());
        }
    }

    #[test]
    fn no_anchor_hides_another() {
        for (at, anchor) in ANCHORS.iter().enumerate() {
            for other in &ANCHORS[at + 1..] {
                assert!(
                    !anchor.text.starts_with(&other.text) && !other.text.starts_with(&anchor.text),
                    "{anchor:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn the_order_lists_every_anchor() {
        let texts = all().into_iter().map(|anchor| anchor.text).collect::<BTreeSet<_>>();
        let missing: Vec<_> =
            texts.iter().filter(|text| !ORDER.contains(&&***text)).map(|text| text.escape_ascii()).collect();
        // Without a place, an anchor is searched last: slower, but found.
        if !missing.is_empty() {
            eprintln!("no place in ORDER for {missing:?}: `cargo bench --bench anchor_order` finds one");
        }
        assert!(ORDER.iter().all(|text| texts.contains(*text)), "ORDER lists a text that is no anchor");
        assert_eq!(ORDER.iter().collect::<BTreeSet<_>>().len(), ORDER.len(), "ORDER lists an anchor twice");
    }

    const PREFIXES: &[&str] = &[
        "sk_live_",
        "rk_live_",
        "pk_live_",
        "ek_live_",
        "rkcs_live_",
        "pst_live_",
        "pss_live_",
        "sk_org_live_",
        "sk_test_",
        "rk_test_",
        "pk_test_",
        "ek_test_",
        "rkcs_test_",
        "pst_test_",
        "pss_test_",
        "sk_org_test_",
        "whsec_",
        "pi_3Ab4Cd5Ef6Gh7Ij8Kl9Mn0Op_secret_",
        "cs_live_a1b2c3d4e5f6_secret_",
    ];

    fn assert_has_anchor(text: &[u8], prefix: &str, how: &str) {
        static FILTER: LazyLock<AnchorFilter> =
            LazyLock::new(|| AnchorFilter::new(ANCHORS.iter(), Arc::new(testing::prefixes()), Vec::new()));
        let shows = |(number, anchor): (usize, &Anchor)| {
            matches!(anchor.role, AnchorRole::Core | AnchorRole::Encoded(_))
                && memchr::memmem::find_iter(text, &*anchor.text).any(|at| FILTER.accepts(number, text, at))
        };
        assert!(ANCHORS.iter().enumerate().any(shows), "{prefix} shows no anchor: {how}");
    }

    /// The name of an escape syntax, and how it writes a byte.
    type EscapeSyntax = (&'static str, fn(u8) -> String);

    const ESCAPES: [EscapeSyntax; 21] = [
        ("percent", |byte| format!("%{byte:02X}")),
        ("percent in lower case", |byte| format!("%{byte:02x}")),
        ("\\u", |byte| format!("\\u{byte:04x}")),
        ("\\u in upper case", |byte| format!("\\\\u{byte:04X}")),
        ("\\u{}", |byte| format!("\\u{{{byte:x}}}")),
        ("\\u{} in upper case", |byte| format!("\\u{{{byte:X}}}")),
        ("\\u{00}", |byte| format!("\\u{{00{byte:X}}}")),
        ("\\U", |byte| format!("\\U000000{byte:X}")),
        ("\\x{}", |byte| format!("\\x{{{byte:x}}}")),
        ("\\x{} in upper case", |byte| format!("\\x{{{byte:X}}}")),
        ("\\x", |byte| format!("\\x{byte:02x}")),
        ("\\x in upper case", |byte| format!("\\x{byte:02X}")),
        ("octal", |byte| format!("\\{byte:03o}")),
        ("RTF", |byte| format!("\\'{byte:02x}")),
        ("RTF in upper case", |byte| format!("\\'{byte:02X}")),
        ("&#", |byte| format!("&#{byte};")),
        ("&#x", |byte| format!("&#x{byte:x};")),
        ("&#x in upper case", |byte| format!("&amp;#x{byte:X};")),
        ("&#x00", |byte| format!("&#x00{byte:x};")),
        ("named", |byte| if byte == b'_' { "&lowbar;".to_owned() } else { format!("&#{byte};") }),
        ("quoted-printable", |byte| format!("={byte:02X}")),
    ];

    #[test]
    fn every_prefix_shows_an_anchor_in_every_escape_syntax() {
        let body = Noise::new(1).body(24);
        for (prefix, (name, escape)) in PREFIXES.iter().flat_map(|prefix| ESCAPES.map(|escape| (*prefix, escape))) {
            let key = format!("{prefix}{body}");
            let write = |escaped: &dyn Fn(usize) -> bool| -> String {
                let byte = |(at, byte): (usize, u8)| if escaped(at) { escape(byte) } else { char::from(byte).into() };
                key.bytes().enumerate().map(byte).collect()
            };
            let is_underscore = |at: usize| key.as_bytes()[at] == b'_';
            assert_has_anchor(write(&is_underscore).as_bytes(), prefix, name);
            for cut in 0..=prefix.len() {
                assert_has_anchor(write(&|at| at >= cut).as_bytes(), prefix, name);
                if prefix[..cut].contains('_') {
                    assert_has_anchor(write(&|at| at < cut).as_bytes(), prefix, name);
                }
            }
        }
    }

    #[test]
    fn every_prefix_shows_an_anchor_in_two_pieces() {
        let body = Noise::new(2).body(24);
        for (prefix, glue) in PREFIXES.iter().flat_map(|prefix| {
            ["\" + \"", "' . '", "\\\n    ", "=\r\n", "\u{200b}", "\u{2060}", "\u{feff}", "\u{ad}"]
                .map(|glue| (*prefix, glue))
        }) {
            // Of `pst_l` and `ive_`, neither shows one.
            let core = prefix.rfind("_live").or(prefix.rfind("_test"));
            let is_halved = prefix.contains("sk_org_") || core.is_none_or(|core| prefix[..core].ends_with('k'));
            for cut in (1..=prefix.len())
                .filter(|cut| is_halved || core.is_some_and(|core| !(core + 2..core + 5).contains(cut)))
            {
                let text = format!("\"{}{glue}{}{body}\"", &prefix[..cut], &prefix[cut..]);
                assert_has_anchor(text.as_bytes(), prefix, &format!("{glue:?} at {cut}"));
            }
        }
    }

    #[test]
    fn every_prefix_shows_an_anchor_in_every_phase_and_wrap() {
        for prefix in PREFIXES {
            let body = Noise::new(3).body(24);
            for pad in 0..4 {
                let plain = [vec![0xfe; pad], prefix.bytes().collect(), body.bytes().collect()].concat();
                let code = STANDARD.encode(&plain);
                assert_has_anchor(code.as_bytes(), prefix, "base64");
                for cut in 0..code.len() {
                    let wrapped = format!("{}\n{}", &code[..cut], &code[cut..]);
                    assert_has_anchor(wrapped.as_bytes(), prefix, &format!("base64 with pad {pad} wrapped at {cut}"));
                }
                let hex: String = plain.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_has_anchor(hex.as_bytes(), prefix, "hex");
                assert_has_anchor(hex.to_uppercase().as_bytes(), prefix, "hex in upper case");
                for (name, write) in testing::WIDE {
                    let wide = prefix.chars().chain(body.chars()).flat_map(write);
                    let text: Vec<u8> = std::iter::repeat_n(0xfe, pad).chain(wide).collect();
                    assert_has_anchor(&text, prefix, name);
                }
            }
            let codes: [fn(u8) -> String; 3] =
                [|byte| format!("{byte}, "), |byte| format!("0x{byte:02x},"), |byte| format!("0x{byte:02X}, ")];
            for code in codes {
                assert_has_anchor(prefix.bytes().map(code).collect::<String>().as_bytes(), prefix, "character codes");
            }
            for gap in ["\u{200b}", "\u{2060}", "\u{feff}", "\u{ad}", "\",\"", "','"] {
                let text: String = prefix.chars().flat_map(|char| [char.to_string(), gap.to_owned()]).collect();
                assert_has_anchor(text.as_bytes(), prefix, &format!("{gap:?} between all"));
            }
        }
    }
}
