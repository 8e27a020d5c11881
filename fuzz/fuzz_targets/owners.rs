//! CODEOWNERS files of every dialect, and a path to look up: the first line is the path.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::owners;

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (path, file) = bytes.split_at(end);
    owners::owners(file, &String::from_utf8_lossy(path));
});
