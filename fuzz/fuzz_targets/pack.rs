//! The parsers of packs: entries, deltas, indexes of both versions and both hashes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::git::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    fuzzing::entries(bytes);
    fuzzing::index(bytes);
    if let Some((length, rest)) = bytes.split_first()
        && let Some((base, delta)) = rest.split_at_checked(usize::from(*length))
    {
        fuzzing::delta(base, delta);
    }
});
