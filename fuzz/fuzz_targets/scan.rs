//! Bytes in, hits out: every hit lies inside the text, and what is shown of it holds no key.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::detect::Engine;
use pinstripe::rules::load::load;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(load(true, &[]).expect("the rules load")).expect("the rules can be searched"));

fuzz_target!(|bytes: &[u8]| {
    for hit in ENGINE.scan(bytes) {
        assert!(hit.span.start < hit.span.end);
        // Text in wide characters is placed as the UTF-8 that it says, which may be longer.
        assert!(hit.span.end <= 2 * bytes.len() as u64);
        assert!(hit.start.line >= 1 && hit.start.column >= 1);
        assert!((hit.start.line, hit.start.column) <= (hit.end.line, hit.end.column));
    }
});
