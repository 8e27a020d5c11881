//! Long runs of base64 or hex digits that hold readable text, found without a pivot.
//!
//! Base64 of base64, of UTF-16, of escaped JSON or of a gzip stream shows no core in its outer layer. Such a layer is
//! long, so it is looked for by shape: a *long segment* is a maximal sequence of at least [`LONG_SEGMENT`] digits of
//! either base64 alphabet. Of each, 32 characters in every [`TILE`] are tried, and only where they decode to text
//! (plain, UTF-16 or UTF-32) the run around them is decoded. Random data fails within sixteen characters.
//! Whether a segment is long, and where it is sampled, depends on the segment alone and not on where a search began.

use std::io::Read;
use std::ops::Range;

use super::view::View;
use super::wraps::{segment_end, segment_start};
use super::{Covered, base64, hex};

/// Digits in a row from which on a segment is looked at: the shortest key, twice in base64, has 52.
const LONG_SEGMENT: usize = 48;

/// Bytes that are tested at a time.
const BLOCK: usize = 16;

/// Bytes that are counted at a time on the way to the end of a long segment.
const WIDE_BLOCK: usize = 64;

/// From one tested block to the next: inside every long segment one block lies whole.
const STRIDE: usize = LONG_SEGMENT - BLOCK;

/// Characters that one sample stands for.
const TILE: usize = 64;

/// Characters of a sample.
const SAMPLE: usize = 32;

/// Base64 characters of one compressed stream that are decoded, and what may come out of it.
const MAX_PACKED: usize = 8 << 20;
const MAX_INFLATED: u64 = 16 << 20;

/// Base64 characters tried before a stream that looks compressed is believed to be.
const TRIAL: usize = 512;

/// Whether decoded bytes read as text: printable ASCII, possibly with the zero bytes of a wider encoding.
pub(super) fn is_texty(bytes: &[u8]) -> bool {
    let printable = bytes.iter().filter(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')).count();
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    printable + zeros == bytes.len() && printable * 5 >= bytes.len()
}

/// Whether a change of these bytes can make, end or change a long run. `bytes` should hold 64 unchanged bytes on either
/// side of the change. Line ends count as digits here, because a run goes on behind them.
#[must_use]
pub fn may_hold_long_run(bytes: &[u8]) -> bool {
    let mut digits = 0;
    for byte in bytes {
        if base64::ALPHABET[usize::from(*byte)] {
            digits += 1;
            if digits >= LONG_SEGMENT {
                return true;
            }
        } else if !matches!(byte, b'\n' | b'\r' | b'\\' | b'=') {
            digits = 0;
        }
    }
    false
}

/// Tells where long runs hold text: the places to ask [`super::run_views`] about, ascending.
pub fn long_runs(bytes: &[u8], tell: &mut dyn FnMut(usize)) {
    let mut done = 0;
    for at in (0..bytes.len().saturating_sub(BLOCK - 1)).step_by(STRIDE) {
        let Some(block) = bytes[at..].first_chunk::<BLOCK>() else { return };
        if at < done || !all_digits(block) {
            continue;
        }
        let start = segment_start(bytes, at, done, &base64::ALPHABET);
        let segment = start..digits_end(bytes, at + BLOCK);
        done = segment.end;
        if segment.len() >= LONG_SEGMENT {
            samples(bytes, segment, tell);
        }
    }
}

/// The end of the digits that go on at `at`.
fn digits_end(bytes: &[u8], at: usize) -> usize {
    let (blocks, _) = bytes[at..].as_chunks::<WIDE_BLOCK>();
    let whole = blocks.iter().take_while(|block| count_digits(block) == WIDE_BLOCK).count() * WIDE_BLOCK;
    segment_end(bytes, at + whole, bytes.len(), &base64::ALPHABET)
}

/// Counts without lookups or branches, so that it compiles to vector code.
fn count_digits(block: &[u8; WIDE_BLOCK]) -> usize {
    let mut count = 0u8;
    for byte in block {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'/') < 11;
        let sign = (*byte == b'+') | (*byte == b'-') | (*byte == b'_');
        count += u8::from(letter | digit | sign);
    }
    usize::from(count)
}

/// Branches once for text, whose blocks nearly all fail within the first half, and never in between: lookups are
/// cheaper than mispredictions. What is no digit has the top bit set in the table.
fn all_digits(block: &[u8; BLOCK]) -> bool {
    let value = |at: usize| base64::SEXTETS[usize::from(block[at])];
    let odd = value(1) | value(3) | value(5) | value(7) | value(9) | value(11) | value(13) | value(15);
    if odd & 0x80 != 0 {
        return false;
    }
    let even = value(0) | value(2) | value(4) | value(6) | value(8) | value(10) | value(12) | value(14);
    even & 0x80 == 0
}

fn samples(bytes: &[u8], segment: Range<usize>, tell: &mut dyn FnMut(usize)) {
    if looks_packed(&bytes[segment.clone()]).is_some() {
        tell(segment.start);
    }
    // The end of a short segment: a word glued to its beginning (`token/…`) does not spoil the sample.
    let mut at = if segment.len() < TILE + SAMPLE { segment.end - SAMPLE } else { segment.start + SAMPLE };
    while at + SAMPLE <= segment.end {
        if let Some(sample) = bytes[at..].first_chunk::<SAMPLE>()
            && (base64::text_phases(sample) != 0 || (0..2).any(|skip| is_hex_text(sample, skip)))
        {
            tell(at);
        }
        at += TILE;
    }
}

/// Whether 32 characters are hexadecimal text, given that the first byte begins `skip` characters in.
fn is_hex_text(sample: &[u8; SAMPLE], skip: usize) -> bool {
    if !hex::ALPHABET[usize::from(sample[0])] || !hex::ALPHABET[usize::from(sample[1])] {
        return false;
    }
    let (pairs, _) = sample[skip..].as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| hex::value(*high) << 4 | hex::value(*low);
    // The cheap test first: of random digits, half of the pairs are no text.
    pairs.iter().all(|pair| matches!(byte(pair), 0 | b' '..=b'~' | b'\t' | b'\n' | b'\r'))
        && sample.iter().all(|byte| hex::ALPHABET[usize::from(*byte)])
        && is_texty(&pairs.iter().map(byte).collect::<Vec<_>>())
}

/// Gives the views of the long run that [`long_runs`] told of.
pub fn run_views(bytes: &[u8], at: usize, covered: &mut Covered, give: &mut dyn FnMut(View)) {
    if let Some(view) = packed(bytes, at) {
        give(view);
    }
    let Some(sample) = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<SAMPLE>()) else { return };
    let phases = base64::text_phases(sample);
    for phase in (0..4).filter(|phase| phases & 1 << phase != 0) {
        if !covered.has_base64(at, phase)
            && let Some(view) = base64::view_at(bytes, at, phase)
        {
            covered.add_base64(&view);
            give(view);
        }
    }
    for skip in (0..2).filter(|skip| phases == 0 && is_hex_text(sample, *skip)) {
        if !covered.has_hex(at + skip)
            && let Some(view) = hex::view_at(bytes, at + skip)
        {
            covered.add_hex(at + skip, &view);
            give(view);
        }
    }
}

/// Whether base64 text begins like a compressed stream: `Some(true)` for gzip, `Some(false)` for zlib.
fn looks_packed(text: &[u8]) -> Option<bool> {
    match text {
        [b'H', b'4', b's', b'I', ..] => Some(true),
        [b'e', b'J' | b'N' | b'A' | b'F', ..] => Some(false),
        _ => None,
    }
}

/// A gzip or zlib stream in base64, inflated.
fn packed(bytes: &[u8], at: usize) -> Option<View> {
    let gzip = looks_packed(bytes.get(at..)?)?;
    let start = base64::decode(bytes, at, 0, 0..TRIAL)?;
    inflate(&start.bytes, gzip, 64).filter(|head| head.len() >= 16)?;
    let whole = base64::decode(bytes, at, 0, 0..MAX_PACKED)?;
    let inflated = inflate(&whole.bytes, gzip, MAX_INFLATED)?;
    let names: &[&str] = if gzip { &["base64", "gzip"] } else { &["base64", "zlib"] };
    Some(View::of_whole(inflated, names, whole.source))
}

/// What comes out of a stream until it ends, breaks or reaches the limit; `None` if nothing does.
fn inflate(packed: &[u8], gzip: bool, limit: u64) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let result = if gzip {
        flate2::read::MultiGzDecoder::new(packed).take(limit).read_to_end(&mut out)
    } else {
        flate2::read::ZlibDecoder::new(packed).take(limit).read_to_end(&mut out)
    };
    // A stream that is cut or damaged still gave what was read before.
    (result.is_ok() || !out.is_empty()).then_some(out)
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

    #[test]
    fn layers_without_a_pivot() {
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
                    ("base64 base64 gzip", STANDARD.encode(STANDARD.encode(&gzip))),
                    ("base64 base64", URL_SAFE_NO_PAD.encode(URL_SAFE_NO_PAD.encode(&secret))),
                ];
                for (chain, code) in rows {
                    for pad in ["", "x", "ab", "tok/"] {
                        let text = format!("v: {pad}{code}\n");
                        let found = testing::find(text.as_bytes(), secret.as_bytes());
                        let found = found.unwrap_or_else(|| panic!("{chain}, {body}, {pad:?}"));
                        assert_eq!(found.0.join(" ").replace("base64url", "base64"), chain);
                        assert!(found.1.start >= 3 && found.1.end < text.len());
                        // A compressed stream is known by its first characters.
                        if chain == "base64 gzip" {
                            break;
                        }
                    }
                }
            }
        }
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
    fn the_predicate_sees_every_long_segment() {
        let mut noise = Noise::new(6);
        for length in 1..64 {
            let text = format!("a {} b", noise.body(length));
            assert_eq!(may_hold_long_run(text.as_bytes()), length >= LONG_SEGMENT);
        }
        assert!(may_hold_long_run(format!("{}\n{}", noise.body(30), noise.body(30)).as_bytes()));
        assert!(!may_hold_long_run(b"fn main() { println(\"hello\"); }\n"));
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
