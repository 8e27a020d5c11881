//! Encoded runs without an anchor, found by their shape.
//!
//! Base64 of base64, of UTF-16, of escaped JSON or of a gzip stream shows no core in its outer layer. Such a layer is
//! long: it is a run of digits that decode to text, or the start of a compressed stream. All bytes of a text pass
//! through the first step below, few through the second, and hardly any through the last.
//!
//! ```text
//!  one chunk of 64 bytes
//!  ┌─────────┬─────────┬─────────┬─────────┐
//!  │ block 0 │ block 1 │ block 2 │ block 3 │   `block` tests 16 bytes at once.
//!  └─────────┴─────────┴─────────┴─────────┘
//!       ▲                   ▲
//!       └─ only digits? ────┘                  `run_scan` tests blocks 0 and 2 of each chunk: every segment of 48
//!                                              digits covers one of them. It gives a hint where an adjacent block
//!                                              shares a phase with this one, or a compressed stream starts.
//!
//!  k: "aGlkZGVuIHRleHQgaW4gYmFzZTY0…"          `text_run` decodes units: here groups of four characters, else pairs
//!      └──┘└──┘└──┘└──┘                        of hexadecimal digits, with or without a separator. Every byte of
//!      hid den  te xt                          ASCII has its top bit clear, so that the first character of a group is
//!                                              one of `A`–`Z`, `a`–`f`: in 32 random characters that holds in some
//!                                              phase once in 64 times.
//!      ├──────── text run ────────…            The longest sequence of units that are text is reported if it has 12
//!      ▲          ▲          ▲                 groups, 37 pairs or 24 pairs with separators: at its start, and again
//!                                              after every KiB.
//!  k: "H4sIAAAAAAAA…"                          `compressed` reports segments that start like a known format.
//!      ▲
//! ```
//!
//! If segments follow each other closely, and in noise, hints are regions instead of single segments. The runs depend
//! on their characters alone and not on where the search started, so that a history can carry them over from a delta base
//! to its descendants ([`is_run_digit`], `next_run_touching`).

mod block;
mod compressed;
mod run_scan;
mod text_run;
mod zip_members;

use super::{DecodeOutcome, DecodedRanges, DecodedView, ENCODINGS, base64, hex_dump};
use run_scan::{RunHint, RunHints};
use text_run::TextRunFinder;

pub(crate) use block::find_digit_blocks;
pub(crate) use run_scan::next_run_touching;
pub(super) use text_run::{starts_base64, starts_hex, starts_hex_dump};

/// Bytes around a region that are searched too: a run may reach in or out.
const MARGIN: usize = 128;

/// Returns true if an encoded run may contain this byte. A change after any other byte leaves the run as it is.
#[must_use]
pub fn is_run_digit(byte: u8) -> bool {
    base64::ALPHABET[usize::from(byte)] || hex_dump::is_separator(byte)
}

/// Reports the places of encoded runs, for [`blind_views`].
pub fn blind_runs(bytes: &[u8], report: &mut dyn FnMut(usize)) {
    let mut finder = TextRunFinder::default();
    for hint in RunHints::new(bytes) {
        match hint {
            RunHint::Segment(segment) => {
                finder.find(bytes, &segment, report);
                if compressed::starts(&bytes[segment.start..]) {
                    report(segment.start);
                }
            }
            RunHint::Digits(region) => {
                let region_around = region.start.saturating_sub(MARGIN)..bytes.len().min(region.end + MARGIN);
                finder.find(bytes, &region_around, report);
                compressed::find(bytes, &region, report);
            }
            RunHint::HexDump(chunk) => finder.find_hex_dump(bytes, chunk, report),
        }
    }
}

/// Passes the views of an encoded run at a reported place to `give`.
pub fn blind_views(bytes: &[u8], at: usize, decoded: &mut DecodedRanges<'_>, give: &mut dyn FnMut(DecodedView)) {
    if let Some(view) = compressed::view(bytes, at, &mut decoded.work) {
        give(view);
    }
    for (row, encoding) in ENCODINGS.iter().enumerate() {
        if let Some(blind) = &encoding.blind
            && (blind.starts)(bytes, at)
            && !decoded.has(row, 0, at)
            && let Some(view) = (blind.decode)(bytes, at)
        {
            decoded.keep(row, at, DecodeOutcome::View(view), give);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use std::io::Write;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn through(mut reader: impl std::io::Read) -> Vec<u8> {
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn a_stream_among_digits_is_found_wherever_it_begins() {
        let stream = format!(".H4sI{}", "A".repeat(90));
        for len in 900..1300 {
            let text = [&b"+/".repeat(650)[..len], stream.as_bytes()].concat();
            let mut told = Vec::new();
            blind_runs(&text, &mut |at| told.push(at));
            assert!(told.contains(&(len + 1)), "{len}");
        }
    }

    #[test]
    fn layers_without_a_pivot() {
        let (best, fast) = (bzip2::Compression::best(), flate2::Compression::fast());
        let mut noise = Noise::new(101);
        for prefix in testing::PREFIXES {
            for body in [24, 34, 99] {
                let secret = token(prefix, &noise.body(body));
                let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let json = format!("{{\"key\":\"{}\"}}", secret.replace('_', "\\u005f"));
                let split = format!("k = \"{}\" + \"{}\"", &secret[..6], &secret[6..]);
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                gzip.write_all(secret.as_bytes()).unwrap();
                let gzip = gzip.finish().unwrap();
                let rows: Vec<(&str, String)> = vec![
                    ("base64 base64", STANDARD.encode(STANDARD.encode(&secret))),
                    ("base64 base64 base64", STANDARD.encode(STANDARD.encode(STANDARD.encode(&secret)))),
                    ("base64 base64", STANDARD.encode(format!("pw:{}", STANDARD.encode(format!("{secret}:"))))),
                    ("base64 utf-16le", STANDARD.encode(&utf16)),
                    ("base64 unicode-escape", STANDARD.encode(json)),
                    ("base64 joined", STANDARD.encode(split)),
                    ("base64 hex", STANDARD.encode(hex(secret.as_bytes()))),
                    ("hex base64", hex(STANDARD.encode(&secret).as_bytes())),
                    ("hex hex", hex(hex(secret.as_bytes()).as_bytes())),
                    ("base64 gzip", STANDARD.encode(&gzip)),
                    // Short random text is stored as it is.
                    ("base64", STANDARD.encode(zstd::encode_all(secret.as_bytes(), 19).unwrap())),
                    ("base64", STANDARD.encode(through(liblzma::read::XzEncoder::new(secret.as_bytes(), 6)))),
                    ("base64 bzip2", STANDARD.encode(through(bzip2::read::BzEncoder::new(secret.as_bytes(), best)))),
                    ("base64 zlib", STANDARD.encode(through(flate2::read::ZlibEncoder::new(secret.as_bytes(), fast)))),
                    ("base64 base64 gzip", STANDARD.encode(STANDARD.encode(&gzip))),
                    ("base64 base64", URL_SAFE_NO_PAD.encode(URL_SAFE_NO_PAD.encode(&secret))),
                ];
                for (chain, code) in rows {
                    for pad in ["", "x", "ab", "tok/"] {
                        let text = format!("v: {pad}{code}\n");
                        let found = testing::find(text.as_bytes(), secret.as_bytes());
                        let found = found.unwrap_or_else(|| panic!("{chain}, {body}, {pad:?}"));
                        let names = found.0.join(" ").replace("base64url", "base64");
                        assert!(names == chain || chain == "base64" && names.starts_with(chain), "{names} {chain}");
                        assert!(found.1.start >= 3 && found.1.end < text.len());
                        // A compressed stream is known by its first characters.
                        if chain == "base64"
                            || ["gzip", "zlib", "bzip2"].iter().any(|name| chain == format!("base64 {name}"))
                        {
                            break;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn zstd_that_compresses() {
        let mut noise = Noise::new(103);
        let secret = token("sk_live_", &noise.body(99));
        let text = format!("{}{secret}", "ee rr tt oo ".repeat(30) + &"e".repeat(200));
        let code = STANDARD.encode(zstd::encode_all(text.as_bytes(), 19).unwrap());
        let found = testing::find(format!("k={code}").as_bytes(), secret.as_bytes()).unwrap();
        assert!(found.0 == ["base64", "zstd"] || found.0 == ["base64"]);
    }

    #[test]
    fn blocks_and_segments_agree_at_every_offset() {
        let secret = token("sk_live_", &Noise::new(5).body(24));
        let code = STANDARD.encode(STANDARD.encode(&secret));
        for pad in 0..70 {
            let text = format!("{} {code} {}", " ".repeat(pad), " ".repeat(40));
            assert!(testing::find(text.as_bytes(), secret.as_bytes()).is_some(), "{pad}");
        }
    }

    #[test]
    fn noise_gives_no_view() {
        let prefixes = testing::prefixes();
        let mut noise = Noise::new(8);
        let text: String = (0..2_000).map(|_| format!("{}\n", noise.body(76))).collect();
        let mut views = 0;
        blind_runs(text.as_bytes(), &mut |at| {
            blind_views(text.as_bytes(), at, &mut DecodedRanges::new(&prefixes), &mut |_| views += 1)
        });
        assert!(views < 5, "{views}");
    }
}
