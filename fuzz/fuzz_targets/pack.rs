//! The parsers of packs: entries, deltas, indexes of both versions and both hashes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::git;

fuzz_target!(|bytes: &[u8]| {
    git::entries(bytes);
    git::index(bytes);
    if let Some((length, rest)) = bytes.split_first()
        && let Some((base, delta)) = rest.split_at_checked(usize::from(*length))
    {
        git::delta(base, delta);
    }
});
