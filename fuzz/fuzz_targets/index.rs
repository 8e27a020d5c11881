//! The index of staged paths: versions 2 to 4, its extensions, either hash. The signature is given.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::git;

fuzz_target!(|bytes: &[u8]| {
    git::staged(bytes);
    let Some((version, rest)) = bytes.split_first() else { return };
    git::staged(&[&b"DIRC\0\0\0"[..], &[2 + version % 3], rest].concat());
});
