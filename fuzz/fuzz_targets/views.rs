//! Every view of every anchor, three layers deep: bytes map to sources in order, inside the source.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::detect::decode::{DecodedRanges, Prefixes, DecodedView, blind::{blind_runs, blind_views}, views};

/// A prefix of the built-in rules, and prefixes that need anchors of their own.
const LITERALS: [&str; 3] = ["_secret_", "acme_live_", "zz-"];

fn exercise(prefixes: &Prefixes, bytes: &[u8], depth: usize) {
    let mut look = |view: DecodedView| {
        assert!(view.source.start <= view.source.end && view.source.end <= bytes.len());
        let mut last = 0;
        for at in 0..view.bytes.len() {
            let source = view.source_range(at);
            assert!(last <= source.start && source.start < source.end && source.end <= bytes.len());
            last = source.start;
        }
        if depth > 1 && view.bytes.len() <= 4 * bytes.len() {
            exercise(prefixes, &view.bytes, depth - 1);
        }
    };
    let mut decoded = DecodedRanges::new(prefixes);
    for at in 0..bytes.len() {
        for anchor in prefixes.anchors().filter(|anchor| bytes[at..].starts_with(&anchor.text)) {
            views(bytes, anchor, at, &mut decoded, &mut look);
        }
    }
    let mut decoded = DecodedRanges::new(prefixes);
    let mut runs = Vec::new();
    blind_runs(bytes, &mut |at| runs.push(at));
    runs.sort_unstable();
    for at in runs {
        blind_views(bytes, at, &mut decoded, &mut look);
    }
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() <= 16 << 10 {
        exercise(&Prefixes::new(LITERALS.map(str::as_bytes)), bytes, 3);
    }
});
