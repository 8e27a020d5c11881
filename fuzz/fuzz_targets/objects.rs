//! Trees, commits and tags with either hash, pointers of Git LFS, and tables of refs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::git;

fuzz_target!(|bytes: &[u8]| git::objects(bytes));
