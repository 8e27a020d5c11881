//! Layers that show no pivot, found by shape.
//!
//! Base64 of base64, of UTF-16, of escaped JSON or of a gzip stream shows no core in its outer layer. Such a layer is
//! long: it is found as a stretch of digits that decode to text ([`super::stretch`]), or as a compressed stream by its
//! first characters ([`super::packed`]). What is found, and where it is told of, depends on the digits around the place
//! and on nothing else: not on where a search began, nor on anything beyond the run's delimiters ([`is_run_digit`]).

use super::segments::{Sign, Signs};
use super::view::View;
use super::{Covered, base64, hex, packed, spaced, stretch};

/// How far around a region stretches are looked for: one may reach in or out.
const MARGIN: usize = 128;

/// Whether a long run may go on with this byte. A change on the other side of a byte that is none changes no run.
#[must_use]
pub fn is_run_digit(byte: u8) -> bool {
    base64::ALPHABET[usize::from(byte)] || spaced::is_separator(byte)
}

/// Tells where long runs hold text: the places to ask [`super::run_views`] about.
pub fn long_runs(bytes: &[u8], tell: &mut dyn FnMut(usize)) {
    let mut stretches = stretch::Finder::default();
    for sign in Signs::new(bytes) {
        match sign {
            Sign::Segment(segment) => {
                stretches.digits(bytes, &segment, tell);
                if packed::begins(&bytes[segment.start..]) {
                    tell(segment.start);
                }
            }
            Sign::Digits(region) => {
                let region_around = region.start.saturating_sub(MARGIN)..bytes.len().min(region.end + MARGIN);
                stretches.digits(bytes, &region_around, tell);
                packed::find(bytes, &region, tell);
            }
            Sign::Separators(block) => stretches.spaced(bytes, block, tell),
        }
    }
}

/// Gives the views of the long run that [`long_runs`] told of.
pub fn run_views(bytes: &[u8], at: usize, covered: &mut Covered, give: &mut dyn FnMut(View)) {
    if let Some(view) = packed::view(bytes, at, &mut covered.work) {
        give(view);
    }
    if stretch::is_base64(bytes, at)
        && !covered.has_base64(at, 0)
        && let Some(view) = base64::view_at(bytes, at, 0)
    {
        covered.add_base64(&view);
        give(view);
    }
    if stretch::is_hex(bytes, at)
        && !covered.has_hex(at)
        && let Some(view) = hex::view_at(bytes, at)
    {
        covered.add_hex(at, &view);
        give(view);
    }
    if stretch::is_spaced_hex(bytes, at)
        && !covered.has_spaced(at)
        && let Some(view) = spaced::view_at(bytes, at)
    {
        covered.add_spaced(&view);
        give(view);
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
            long_runs(&text, &mut |at| told.push(at));
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
        let mut noise = Noise::new(8);
        let text: String = (0..2_000).map(|_| format!("{}\n", noise.body(76))).collect();
        let mut views = 0;
        long_runs(text.as_bytes(), &mut |at| {
            run_views(text.as_bytes(), at, &mut Covered::default(), &mut |_| views += 1)
        });
        assert!(views < 5, "{views}");
    }
}
