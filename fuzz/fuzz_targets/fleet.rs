//! Plans and manifests of a fleet, and names of repositories: what is taken is plain.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::fleet;

fuzz_target!(|bytes: &[u8]| {
    fleet::name(&String::from_utf8_lossy(bytes));
    fleet::files(bytes);
});
