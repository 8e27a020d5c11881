//! Archives that lie, break or explode: bounded, counted, and readable up to the damage.

use std::io::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::quine::quine;
use super::samples::{
    MARK, ar, bzip2, gzip, lzma, noise, secret, see, see_within, stored, tar, tight, xz, zip, zlib, zstd,
};
use super::{ArchiveLimits, is_archive};
use crate::model::SkipReason;

#[test]
fn damage_is_counted_and_what_precedes_it_is_seen() {
    let mut content = secret();
    content.extend(noise(200_000));
    let whole = gzip(&content);
    let cases: [(&str, Vec<u8>); 8] = [
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("cut in its trailer", whole[..whole.len() - 3].to_vec()),
        ("bad checksum", {
            let mut bytes = whole.clone();
            let at = bytes.len() - 8;
            bytes[at] ^= 1;
            bytes
        }),
        ("garbage after it", [&whole[..], b"garbage"].concat()),
        ("cut tar", {
            let bytes = gzip(&tar(&[("first", &secret()), ("second", &content)]));
            bytes[..bytes.len() - 50_000].to_vec()
        }),
        ("cut xz", {
            let bytes = xz(&content);
            bytes[..bytes.len() - 40].to_vec()
        }),
        ("cut zstd", {
            let bytes = zstd(&content);
            bytes[..bytes.len() - 9].to_vec()
        }),
        ("cut bzip2", {
            let bytes = bzip2(&[&content[..], &noise(2_000_000)].concat());
            bytes[..bytes.len() - 9].to_vec()
        }),
    ];
    for (name, bytes) in cases {
        let seen = see(&bytes);
        assert!(!seen.places().is_empty(), "{name}");
        assert_eq!(seen.skips.iter().map(|(reason, _)| *reason).collect::<Vec<_>>(), [SkipReason::Damaged], "{name}");
        // The same within a tarball: the raw bytes from the damage on are shown, too.
        let seen = see(&gzip(&tar(&[("x", &bytes), ("y", MARK)])));
        assert!(seen.places().len() >= 2 && seen.places().contains(&"y"), "{name}: {:?}", seen.places());
        assert_eq!(seen.skips.len(), 1, "{name}: {:?}", seen.skips);
    }
}

#[test]
fn streams_of_nothing_are_counted() {
    for (name, empty) in [("gzip", gzip(b"")), ("bzip2", bzip2(b"")), ("xz", xz(b"")), ("zstd", zstd(b""))] {
        let bytes = [empty.repeat(2_000), gzip(&secret())].concat();
        assert_eq!(see_within(&bytes, tight()).reasons(), [SkipReason::OverLimit], "{name}");
        let few = see_within(&empty.repeat(500), tight());
        assert_eq!(few.skips, [], "{name}");
    }
}

#[test]
fn time_is_asked_for_wherever_bytes_are_read() {
    let late = ArchiveLimits { time: Duration::ZERO, ..ArchiveLimits::default() };
    let junk = vec![b'x'; 4 << 20];
    for (name, bytes) in [
        ("tar", tar(&[("x", &junk)])),
        ("stored zip", stored(&[("x", &junk)])),
        ("zip without directory", [b"PK\x03\x04\x14\0\0\0", &junk[..]].concat()),
        ("gzip", gzip(&junk)),
        ("nested", gzip(&tar(&[("x", &xz(&junk))]))),
        ("ar", ar(&[("x", &junk)])),
    ] {
        let seen = see_within(&bytes, late);
        assert_eq!((seen.reasons(), seen.total), (vec![SkipReason::TimedOut], 0), "{name}");
    }
}

#[test]
fn lzma_of_any_properties_is_opened() {
    for (lc, lp, pb, dictionary) in [(3, 0, 2, 1 << 20), (0, 2, 0, 1 << 20), (4, 0, 4, 5_000_001), (3, 0, 2, 70_000)] {
        let mut options = liblzma::stream::LzmaOptions::new_preset(6).unwrap();
        options.literal_context_bits(lc).literal_position_bits(lp).position_bits(pb).dict_size(dictionary);
        let stream = liblzma::stream::Stream::new_lzma_encoder(&options).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(&secret()).unwrap();
        let bytes = encoder.finish().unwrap();
        let seen = see(&bytes);
        assert_eq!((seen.places(), seen.reasons()), (vec!["content"], vec![]), "{lc} {lp} {pb} {dictionary}");
    }
    // Properties that no decoder here knows are counted.
    let header = [98, 0, 0, 0x80, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0];
    assert_eq!(see(&[&header[..], &noise(600)].concat()).reasons().len(), 1);
    // A file that looks like its header and decodes to nothing is of another kind.
    for body in [vec![0; 600], noise(600), b"text that goes on for a while ".repeat(20)] {
        let bytes = [&[1, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0][..], &body].concat();
        assert_eq!(see(&bytes).reasons(), []);
    }
}

#[test]
fn data_behind_a_zip_is_counted_and_the_zip_is_read() {
    let whole = zip(&[("conf/.env", &secret())]);
    for tail in [1, 70_000, 1_000_000] {
        let seen = see(&[&whole[..], &vec![b'x'; tail]].concat());
        assert_eq!((seen.places(), seen.reasons()), (vec!["conf/.env"], vec![SkipReason::Damaged]), "{tail}");
        let program = [b"#!/bin/sh\nexit\n", &whole[..], &vec![b'x'; tail]].concat();
        let seen = see(&program);
        assert_eq!((seen.places(), seen.reasons()), (vec!["conf/.env"], vec![SkipReason::Damaged]), "{tail}");
    }
    assert_eq!(see(&[&whole[..], &[0; 4096]].concat()).skips, []);
    let two = [&whole[..], b"junk", &zip(&[("x", b"y")])[..], b"junk", &stored(&[("z", &secret())])[..40]].concat();
    assert!(see(&two).reasons().contains(&SkipReason::Damaged));
    assert_eq!(see(&two).places(), ["conf/.env"]);
}

#[test]
fn corrupt_data_does_not_swallow_what_came_out_before() {
    let mut bytes = gzip(&[secret(), noise(60_000)].concat());
    let at = bytes.len() - 20_000;
    bytes[at..at + 200].fill(0xff);
    let seen = see(&bytes);
    assert_eq!(seen.places(), ["content"]);
    assert_eq!(seen.reasons(), [SkipReason::Damaged]);
}

#[test]
fn what_is_nothing_of_a_format_is_raw_text_when_nested() {
    let text = [b"PK\x03\x04 ", MARK].concat();
    assert!(!is_archive(&text, false));
    let seen = see(&tar(&[("x", &text)]));
    assert_eq!((seen.places(), seen.reasons()), (vec!["x"], vec![]));
    // A real header with nothing behind it is a damaged archive, and its bytes are shown all the same.
    let seen = see(&tar(&[("x", &[b"\x1f\x8b\x08\0\0\0\0\0\0\x03", MARK].concat())]));
    assert_eq!((seen.places(), seen.reasons()), (vec!["x"], vec![SkipReason::Damaged]));
}

#[test]
fn names_and_headers_are_shown() {
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
    let seen = see(&gzip(&tar(&[(&long, b"x"), ("b", b"y")])));
    assert_eq!(seen.names, [long, "b".to_owned()]);
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "link", std::str::from_utf8(MARK).unwrap()).unwrap();
    let seen = see(&gzip(&builder.into_inner().unwrap()));
    assert_eq!((seen.names.len(), seen.places()), (1, vec![""]));
}

type Wrap = fn(&[u8]) -> Vec<u8>;

#[test]
fn nesting_ends_at_the_depth_limit() {
    let wraps: [Wrap; 4] = [
        |inner| zip(&[("n.zip", inner)]),
        |inner| tar(&[("n.tar", inner)]),
        gzip,
        |inner| gzip(&tar(&[("n.tgz", inner)])),
    ];
    for wrap in wraps {
        let nest = |count: usize| (0..count).fold(secret(), |inner, _| wrap(&inner));
        let seen = see(&nest(4));
        assert_eq!((seen.places().len(), seen.reasons()), (1, vec![]));
        let seen = see(&nest(12));
        assert_eq!(seen.reasons(), [SkipReason::OverLimit]);
        assert_eq!(seen.skips[0].1.matches('!').count(), 3);
    }
}

#[test]
fn bombs_go_off_in_a_small_room() {
    let zeros = vec![0; 6 << 20];
    let bomb = gzip(&zeros);
    let started = Instant::now();
    for bytes in [bomb, bzip2(&zeros), xz(&zeros), zstd(&zeros), zip(&[("a", &zeros), ("b", &zeros)])] {
        let seen = see_within(&bytes, tight());
        assert_eq!(seen.skips.len(), 1);
        assert_eq!(seen.reasons(), [SkipReason::OverLimit]);
        assert!(seen.total <= 5 << 20, "{}", seen.total);
    }
    // Wide and deep: what comes first is still seen.
    let inner = zip(&[("a", &secret()), ("z", &zeros)]);
    let many: Vec<(String, &[u8])> = (0..16).map(|at| (format!("{at:02}.zip"), &inner[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let seen = see_within(&stored(&many), tight());
    assert_eq!((seen.places()[0], seen.reasons()), ("00.zip!a", vec![SkipReason::OverLimit]));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn time_is_bounded() {
    let limits = ArchiveLimits { time: Duration::ZERO, ..ArchiveLimits::default() };
    let seen = see_within(&zip(&[("a", b"x"), ("b", b"y")]), limits);
    assert_eq!(seen.skips, [(SkipReason::TimedOut, String::new())]);
}

#[test]
fn a_tar_whose_sizes_disagree_is_shown_whole() {
    for (stated, real) in [("0", 4_000_usize), ("999999", 4_000), ("10", 4_000)] {
        let mut builder = ::tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("size", stated.as_bytes())]).unwrap();
        let mut header = ::tar::Header::new_ustar();
        let content = [vec![b'x'; real - MARK.len()], MARK.to_vec()].concat();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, "a", &content[..]).unwrap();
        let seen = see(&gzip(&builder.into_inner().unwrap()));
        assert!(seen.places().contains(&"a"), "{stated}: {:?}", seen.members.len());
        assert_eq!(seen.reasons(), [SkipReason::Damaged], "{stated}");
    }
}

#[test]
fn a_tar_goes_on_after_a_broken_header() {
    let mut bytes = tar(&[("a", b"one"), ("b", MARK), ("c", MARK)]);
    bytes[1024 + 10] ^= 0xff;
    let seen = see(&gzip(&bytes));
    assert_eq!((seen.places(), seen.reasons()), (vec!["", "c"], vec![SkipReason::Damaged]));
    assert!(is_archive(&bytes, false));
    // Nothing is wrong with what follows the end of a tar, and it is shown.
    let seen = see(&gzip(&[tar(&[("a", b"one")]), MARK.to_vec()].concat()));
    assert_eq!((seen.places(), seen.reasons()), (vec![""], vec![]));
}

#[test]
fn odd_tar_members_are_names_only() {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, kind) in [("../../x", b'0'), ("/etc/x", b'0'), ("dev", b'3'), ("fifo", b'6'), ("hard", b'1')] {
        let mut header = ::tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(::tar::EntryType::new(kind));
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
    }
    let seen = see(&builder.into_inner().unwrap());
    assert_eq!(seen.names, ["../../x", "/etc/x", "dev", "fifo", "hard"]);
    assert_eq!(seen.skips, []);
}

#[test]
fn decoders_do_not_take_any_amount_of_memory() {
    // A frame with a window of 2 GiB.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    assert_eq!(see(&window).reasons(), [SkipReason::OverLimit]);
    let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
    options.dict_size(1 << 20);
    let mut filters = liblzma::stream::Filters::new();
    filters.lzma2(&options);
    let stream = liblzma::stream::Stream::new_stream_encoder(&filters, liblzma::stream::Check::Crc32).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(&secret()).unwrap();
    let bytes = encoder.finish().unwrap();
    assert_eq!(see(&bytes).places(), ["content"]);
    let seen = see_within(&bytes, ArchiveLimits { memory: 1 << 18, ..ArchiveLimits::default() });
    assert_eq!(seen.reasons(), [SkipReason::OverLimit]);
}

#[test]
fn a_gzip_quine_ends() {
    let bytes = quine();
    let mut copy = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut copy).unwrap();
    assert_eq!(copy, bytes);
    let seen = see(&bytes);
    assert_eq!(seen.reasons(), [SkipReason::OverLimit]);
    assert_eq!(seen.skips.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn mutations_never_panic_or_hang(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
        let small = [&secret()[..], &noise(300)].concat();
        let inner = zip(&[("x/.env", &small)]);
        let archives = [
            zip(&[("a", &small), ("b.tgz", &gzip(&tar(&[("c", &small)])))]), stored(&[("a", &small), ("b.zip", &inner)]),
            tar(&[("a", &small), ("b.zip", &inner)]), gzip(&small), bzip2(&small), xz(&small), lzma(&small), zstd(&small),
            ar(&[("a", &small), ("b.zip", &inner)]), super::sqlite::tests::sample(&small),
            super::pack::tests::sample(&small), super::pdf::tests::sample(&small), super::png::tests::sample(&small),
            super::mail::tests::sample(&small), super::registry::tests::sample(&small), super::office::tests::sample(&small),
            zlib(&small), super::columnar::pg_sample(&small), super::hex_dump::tests::sample(&small), super::columnar::avro_sample(&small), super::columnar::orc_sample(&small),
            super::columnar::parquet_sample(&small), super::marked::tests::sample(&small),
        ];
        for archive in archives {
            let started = Instant::now();
            let mut bytes = archive.clone();
            for (at, value) in &edits {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            see_within(&bytes, tight());
            see_within(&archive[..cut.index(archive.len())], tight());
            see_within(&tar(&[("x", &bytes)]), tight());
            prop_assert!(started.elapsed() < Duration::from_secs(5));
        }
    }
}
