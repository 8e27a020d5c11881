//! Zips whose directory, headers and data contradict each other, and zips without one of them.

use std::io::Write;
use std::time::{Duration, Instant};

use super::super::samples::{noise, secret, see, see_within, stored, tar, tight, zip};
use super::super::{ArchiveLimits, is_archive};
use crate::model::SkipReason;

/// A directory of `count` entries that all point to one member.
fn wide(count: u32) -> Vec<u8> {
    let mut bytes = stored(&[("a", b"x")]);
    let at = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::find(&bytes, b"PK\x05\x06").unwrap();
    let (entry, mut tail) = (bytes[at..end].to_vec(), bytes.split_off(end));
    bytes.truncate(at);
    for _ in 0..count {
        bytes.extend_from_slice(&entry);
    }
    tail[12..16].copy_from_slice(&(count * entry.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&tail);
    bytes
}

#[test]
fn an_encrypted_member_is_counted_and_the_rest_is_seen() {
    use ::zip::unstable::write::FileOptionsExt;
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let locked = ::zip::write::SimpleFileOptions::default().with_deprecated_encryption(b"pass").unwrap();
    writer.start_file("locked", locked).unwrap();
    writer.write_all(&secret()).unwrap();
    writer.start_file("open", ::zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(&secret()).unwrap();
    let seen = see(&writer.finish().unwrap().into_inner());
    assert_eq!((seen.places(), seen.skips.clone()), (vec!["open"], vec![(SkipReason::Encrypted, "locked".to_owned())]));
}

#[test]
fn an_unknown_method_is_counted() {
    let mut bytes = zip(&[("a", &secret()), ("b", &secret())]);
    for mark in [&b"PK\x01\x02"[..], b"PK\x03\x04"] {
        let at = memchr::memmem::find(&bytes, mark).unwrap() + if mark[2] == 1 { 10 } else { 8 };
        bytes[at] = 97;
    }
    let seen = see(&bytes);
    assert_eq!((seen.places(), seen.skips.clone()), (vec!["b"], vec![(SkipReason::Unsupported, "a".to_owned())]));
}

#[test]
fn a_zip_without_its_directory_is_walked() {
    let bytes = zip(&[("a", &secret()), ("b", &secret())]);
    let cut = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let seen = see(&bytes[..cut]);
    assert_eq!((seen.places(), seen.reasons()), (vec!["a", "b"], vec![SkipReason::Damaged]));
    let seen = see(&bytes[..cut - 10]);
    assert_eq!((seen.places(), seen.reasons()), (vec!["a", "b"], vec![SkipReason::Damaged]));
}

#[test]
fn a_member_outside_the_directory_is_seen() {
    let (first, second) = (zip(&[("hidden", &secret())]), zip(&[("shown", b"x")]));
    let seen = see(&[first, second].concat());
    assert_eq!((seen.places(), seen.reasons()), (vec!["hidden"], vec![]));
    assert_eq!(seen.names, ["shown", "hidden"]);
}

#[test]
fn a_program_may_end_in_a_zip() {
    let bytes = [b"#!/bin/sh\nexec java -jar $0\n".to_vec(), zip(&[("conf/.env", &secret())])].concat();
    assert!(is_archive(&bytes, false));
    let seen = see(&bytes);
    assert_eq!((seen.places(), seen.reasons()), (vec!["conf/.env"], vec![]));
    let seen = see(&tar(&[("run.sh", &bytes), ("plain.sh", b"#!/bin/sh\n")]));
    assert_eq!((seen.places(), seen.reasons()), (vec!["run.sh!conf/.env"], vec![]));
}

#[test]
fn entries_that_share_or_overlap_data_are_over_the_limit() {
    let bytes = stored(&[("a", &secret()), ("b", &secret())]);
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let mut same = bytes.clone();
    // The second entry of the directory points to the first member.
    let second = memchr::memmem::rfind(&bytes, b"PK\x01\x02").unwrap();
    same[second + 42..second + 46].fill(0);
    let seen = see(&same);
    assert_eq!(seen.places(), ["a", "b"]);
    assert!(seen.reasons().contains(&SkipReason::OverLimit), "{:?}", seen.skips);
    // The first member claims the second's bytes, too.
    let mut over = bytes;
    let long = (directory as u32 - 31).to_le_bytes();
    for at in [18, 22, directory + 20, directory + 24] {
        over[at..at + 4].copy_from_slice(&long);
    }
    let seen = see(&over);
    assert!(seen.places().contains(&"b") && seen.reasons().contains(&SkipReason::OverLimit), "{:?}", seen.skips);
}

#[test]
fn lies_in_a_zip_hide_nothing() {
    let text = secret();
    let bytes = zip(&[("a", &text)]);
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let lies: [(usize, &[u8]); 9] = [
        (directory + 20, &[1, 0, 0, 0]),
        (directory + 24, &[1, 0, 0, 0]),
        (directory + 20, &[0xff, 0xff, 0xff, 0x7f]),
        (directory + 10, &[0, 0]),
        (directory + 16, &[1, 2, 3, 4]),
        (8, &[0, 0]),
        (bytes.len() - 12, &[0, 0]),
        (bytes.len() - 10, &[0xff, 0xff, 0xff, 0x7f]),
        (bytes.len() - 6, &[0xff, 0xff, 0xff, 0x7f]),
    ];
    for (case, (at, lie)) in lies.into_iter().enumerate() {
        let mut bytes = bytes.clone();
        bytes[at..at + lie.len()].copy_from_slice(lie);
        let seen = see(&bytes);
        let is_reported = !seen.skips.is_empty();
        assert!(seen.places().contains(&"a") || is_reported && case == 3, "{case}: {:?}", seen.places());
        assert!(is_reported || case > 5, "{case}");
    }
}

#[test]
fn a_directory_without_end_is_cut() {
    let started = Instant::now();
    let seen = see(&wide(250_000));
    assert_eq!(seen.reasons(), [SkipReason::OverLimit]);
    assert_eq!(seen.names.len(), 100_000);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn zip64_that_lies_is_damaged_but_read() {
    let bytes = zip(&[("a", &secret())]);
    let end = memchr::memmem::find(&bytes, b"PK\x05\x06").unwrap();
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap() as u64;
    for (count, size, offset) in
        [(u64::MAX, end as u64 - directory, directory), (1, 1 << 60, 1 << 60), (1, 1, u64::MAX)]
    {
        let mut record = b"PK\x06\x06".to_vec();
        record.extend_from_slice(&44_u64.to_le_bytes());
        record.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for value in [count, count, size, offset] {
            record.extend_from_slice(&value.to_le_bytes());
        }
        record.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        record.extend_from_slice(&(end as u64).to_le_bytes());
        record.extend_from_slice(&[1, 0, 0, 0]);
        let lying = [&bytes[..end], &record, &bytes[end..]].concat();
        let seen = see(&lying);
        assert_eq!(seen.places(), ["a"], "{count} {size} {offset}: {:?}", seen.skips);
        assert!(count == 1 && size == 1 || seen.reasons() == [SkipReason::Damaged], "{count} {size}: {:?}", seen.skips);
    }
}

#[test]
fn a_large_nested_zip_is_streamed() {
    let inner = zip(&[("noise", &noise(2 << 20)), ("conf/.env", &secret())]);
    let seen = see_within(&tar(&[("inner.zip", &inner)]), ArchiveLimits { ratio: 10_000, ..tight() });
    assert_eq!((seen.places(), seen.reasons()), (vec!["inner.zip!conf/.env"], vec![]));
}
