//! Rows E: encodings, and bytes that look like one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::containers::gzip;
use crate::table::{Row, elsewhere, prove, row};

const ENCODINGS: &str = "tests/it/encodings.rs";

pub(crate) const ROWS: &[Row] = &[
    elsewhere("E01", "each encoding with each kind of key", ENCODINGS, "every_kind_in_every_disguise"),
    row("E02", "UTF-16 of odd length, with a lone surrogate, with a mark in its middle", 0, &[], |case| {
        case.control();
        let text =
            |key: &str| -> Vec<u8> { format!("K=\"{key}\"\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for (name, before) in [("odd", &b""[..]), ("surrogate", b"\x00\xd8"), ("mark", b"a\0\xff\xfe")] {
            let key = text(&case.key());
            case.write(name, [b"\xff\xfe", before, &key, b"x"].concat());
        }
    }),
    row("E03", "base64 of base64 of gzip", 0, &[], |case| {
        case.control();
        let key = case.line();
        case.write("k", format!("v: {}\n", STANDARD.encode(STANDARD.encode(gzip(key.as_bytes())))));
    }),
    row("E03b", "base64 four deep", 3, &["over-limit"], |case| {
        case.control();
        // Only a key is counted there, so the run without keys needs one as well.
        let planted = case.key_or_named("k");
        let other = || pinstripe::credential::forge::Forge::new(4).make("sk_live").unwrap();
        let key = if planted.starts_with("sk_") { planted } else { other() };
        let four = (0..4).fold(format!("KEY={key}\n").repeat(3), |text, _| STANDARD.encode(text));
        case.write("k", format!("v: {four}\n"));
    }),
    elsewhere("E04", "base64 at 76 columns with CRLF", ENCODINGS, "every_kind_in_every_disguise"),
    elsewhere("E05", "100 MiB of noise in base64", "benches/noise.rs", "main"),
    row("E06", "bytes that are no UTF-8 around a key", 0, &[], |case| {
        case.control();
        let key = case.key();
        case.write("k", [b"\xff\xfe\x00\xc3\"", key.as_bytes(), b"\"\xe2\x82\xff"].concat());
    }),
    elsewhere(
        "E07",
        "text that begins like an archive",
        "tests/it/archives.rs",
        "text_that_starts_like_an_archive_is_text",
    ),
    elsewhere(
        "E08",
        "notebook and source map",
        "tests/it/stores.rs",
        "cells_and_sources_are_named_in_every_version_and_in_archives",
    ),
    row("E08b", "minified JavaScript of 8 MiB", 0, &[], |case| {
        case.control();
        let unit = "function a(b,c){return b?c:a(c,b)}var d={e:\"f\",g:[1,2,3]};";
        let half = unit.repeat((4 << 20) / unit.len());
        let key = case.key();
        case.write("app.min.js", format!("{half}s=\"{key}\";{half}"));
    }),
    elsewhere("E09", "key with a zero-width space", ENCODINGS, "every_kind_in_every_disguise"),
    row("E10", "100,000 near misses", 0, &[], |case| {
        case.control();
        let miss = ["sk", "live", "ab1Z9 "].join("_");
        case.write("misses", miss.repeat(100_000));
    }),
];

#[test]
fn encodings() {
    prove(ROWS);
}
