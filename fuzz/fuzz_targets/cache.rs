//! The parts of a history's cache, as if their checksums were right: nothing in them is trusted.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| pinstripe::fuzzing::source::cache(bytes));
