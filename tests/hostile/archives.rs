//! Rows A: archives.

use crate::support::containers::{gzip, tar, zip};
use crate::table::{Row, elsewhere, prove, row};

const IT: &str = "tests/it/archives.rs";
const UNIT: &str = "src/archive/hostile_tests.rs";

pub(crate) const ROWS: &[Row] = &[
    row("A01", "42.zip: sixteen in each of sixteen, zeros within", 3, &["over-limit"], |case| {
        case.control();
        let zeros = vec![0; 4 << 20];
        let mut inner = zip(&[("0", &zeros)]);
        for _ in 0..3 {
            let names: Vec<String> = (0..16).map(|at| format!("lib {at}.zip")).collect();
            let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), inner.as_slice())).collect();
            inner = zip(&members);
        }
        case.write("42.zip", inner);
    }),
    row("A01b", "zip whose entries are one file", 3, &["over-limit"], |case| {
        case.control();
        case.write("overlap.zip", overlapping(&zip(&[("zeros", &vec![0; 4 << 20])]), 2_000));
    }),
    elsewhere("A02", "gzip that unpacks to itself", UNIT, "a_gzip_quine_ends"),
    elsewhere(
        "A02b",
        "twelve archives within each other",
        IT,
        "what_cannot_be_read_is_counted_and_decides_the_exit_code",
    ),
    elsewhere("A03", "tar with ../, absolute names, links and devices", UNIT, "odd_tar_members_are_names_only"),
    elsewhere("A03b", "nothing is written to disk", IT, "nothing_is_written"),
    elsewhere("A04", "tar whose sizes differ", UNIT, "a_tar_whose_sizes_disagree_is_shown_whole"),
    elsewhere("A05", "gzip cut short, bytes behind it", IT, "what_cannot_be_read_is_counted_and_decides_the_exit_code"),
    row("A05b", "gzip with a wrong checksum", 3, &["damaged"], |case| {
        case.control();
        let line = case.line();
        let mut bytes = gzip(line.repeat(50).as_bytes());
        let at = bytes.len() - 8;
        bytes[at] ^= 1;
        case.write("sum.gz", bytes);
    }),
    row("A05c", "10,000 empty gzip members", 0, &[], |case| {
        case.control();
        let line = case.line();
        case.write("members.gz", [gzip(b"").repeat(10_000), gzip(line.as_bytes())].concat());
    }),
    elsewhere("A06", "encrypted zip", IT, "what_cannot_be_read_is_counted_and_decides_the_exit_code"),
    row("A06b", "zip with a method that nobody knows", 3, &["unsupported"], |case| {
        case.control();
        let mut bytes = zip(&[("a.txt", &b"some text that is compressed"[..])]);
        let entry = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        bytes[8] = 77;
        bytes[entry + 10] = 77;
        case.write("method.zip", bytes);
    }),
    row("A07", "zip with 200,000 entries", 3, &["over-limit"], |case| {
        case.control();
        case.write("many.zip", overlapping(&zip(&[("a", &b"x"[..])]), 200_000));
    }),
    row("A07b", "zip64 that says it has 2^60 entries", 3, &[], |case| {
        case.control();
        let bytes = zip(&[("a", &b"x"[..])]);
        let end = memchr::memmem::find(&bytes, b"PK\x05\x06").unwrap();
        let (directory, size) =
            (memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap() as u64, (1_u64 << 60).to_le_bytes());
        let wide = [
            &b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0"[..],
            &size,
            &size,
            &(end as u64 - directory).to_le_bytes(),
            &directory.to_le_bytes(),
            b"PK\x06\x07\0\0\0\0",
            &(end as u64).to_le_bytes(),
            b"\x01\0\0\0",
            b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0",
        ];
        case.write("wide.zip", [&bytes[..end], &wide.concat()].concat());
    }),
    elsewhere(
        "A08",
        "zstd with a window of 2 GiB, xz with a dictionary",
        UNIT,
        "decoders_do_not_take_any_amount_of_memory",
    ),
    row("A09", "zip with 100,000 bytes behind its end record", 3, &["damaged"], |case| {
        case.control();
        let line = case.line();
        let tail = vec![b'~'; 100_000];
        case.write("tail.zip", [zip(&[("k.env", line.repeat(40).as_bytes())]), tail].concat());
    }),
    row("A10", "lzma with other properties than the usual", 0, &[], |case| {
        case.control();
        let line = case.line();
        let mut options = liblzma::stream::LzmaOptions::new_preset(6).unwrap();
        options.literal_context_bits(1).literal_position_bits(2).position_bits(1);
        let stream = liblzma::stream::Stream::new_lzma_encoder(&options).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        std::io::Write::write_all(&mut encoder, line.repeat(50).as_bytes()).unwrap();
        case.write("k.lzma", encoder.finish().unwrap());
    }),
    row("A11", "tar in a tar in a tar in a tar with a key", 0, &[], |case| {
        case.control();
        let line = case.line();
        let nested = (0..4).fold(line.into_bytes(), |inner, _| tar(&[("in.tar", &inner)]));
        case.write("deep.tar", nested);
    }),
    row("A12", "zip with 100,000 bytes before and behind it", 3, &["damaged"], |case| {
        case.control();
        let line = case.line();
        case.write("between.bin", between(&zip(&[("k.env", line.repeat(40).as_bytes())])));
    }),
    row("A12b", "zip between other bytes, with a key in its second version, in a pack", 3, &["damaged"], |case| {
        case.repository();
        let filler = vec![b'z'; 50_000];
        for line in ["nothing\n".to_owned(), case.line()] {
            case.write("between.bin", between(&zip(&[("k.env", line.repeat(40).as_bytes()), ("filler", &filler)])));
            case.commit("zip");
        }
        case.git(&["repack", "-adfq"]);
    }),
    row("A12c", "zip between other bytes in a tar", 3, &["unsupported"], |case| {
        case.control();
        let line = format!("{}\n", case.key_or_named("between.bin"));
        let inner = between(&zip(&[("k.env", line.repeat(40).as_bytes())]));
        case.write("outer.tar", tar(&[("between.bin", &inner)]));
    }),
    row("A12d", "zip between other bytes, and 2,000 false ends behind it", 3, &["damaged"], |case| {
        case.control();
        let line = case.line();
        let ends = [&b"PK\x05\x06"[..], &[0; 4], &[1; 14]].concat().repeat(2_000);
        case.write("ends.bin", [between(&zip(&[("k.env", line.repeat(40).as_bytes())])), ends].concat());
    }),
];

/// Puts 100,000 bytes on either side.
fn between(zip: &[u8]) -> Vec<u8> {
    let mut state = 1_u32;
    let mut noise = || {
        let byte = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..100_000).map(byte).collect::<Vec<u8>>()
    };
    [noise(), zip.to_vec(), noise()].concat()
}

/// A zip whose directory names its only entry many times.
fn overlapping(zip: &[u8], count: usize) -> Vec<u8> {
    let directory = memchr::memmem::find(zip, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::find(zip, b"PK\x05\x06").unwrap();
    let entry = &zip[directory..end];
    let count16 = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
    let size = u32::try_from(entry.len() * count).unwrap().to_le_bytes();
    let at = u32::try_from(directory).unwrap().to_le_bytes();
    let record = [&b"PK\x05\x06\0\0\0\0"[..], &count16, &count16, &size, &at, b"\0\0"].concat();
    if count <= usize::from(u16::MAX) {
        return [&zip[..directory], &entry.repeat(count), &record].concat();
    }
    let wide = [
        &b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0"[..],
        &(count as u64).to_le_bytes(),
        &(count as u64).to_le_bytes(),
        &((entry.len() * count) as u64).to_le_bytes(),
        &(directory as u64).to_le_bytes(),
        b"PK\x06\x07\0\0\0\0",
        &((directory + entry.len() * count) as u64).to_le_bytes(),
        b"\x01\0\0\0",
    ];
    [&zip[..directory], &entry.repeat(count), &wide.concat(), &record].concat()
}

#[test]
fn containers() {
    prove(ROWS);
}
