//! Every view of every anchor, three layers deep: bytes map to sources in order, inside the source.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::detect::decode::{ANCHORS, DecodedRanges, DecodedView, blind::{blind_runs, blind_views}, views};

fn exercise(bytes: &[u8], depth: usize) {
    let mut look = |view: DecodedView| {
        assert!(view.source.start <= view.source.end && view.source.end <= bytes.len());
        let mut last = 0;
        for at in 0..view.bytes.len() {
            let source = view.source_range(at);
            assert!(last <= source.start && source.start < source.end && source.end <= bytes.len());
            last = source.start;
        }
        if depth > 1 && view.bytes.len() <= 4 * bytes.len() {
            exercise(&view.bytes, depth - 1);
        }
    };
    let mut decoded = DecodedRanges::default();
    for at in 0..bytes.len() {
        for anchor in ANCHORS.iter().filter(|anchor| bytes[at..].starts_with(anchor.text)) {
            views(bytes, anchor, at, &mut decoded, &mut look);
        }
    }
    let mut decoded = DecodedRanges::default();
    let mut runs = Vec::new();
    blind_runs(bytes, &mut |at| runs.push(at));
    runs.sort_unstable();
    for at in runs {
        blind_views(bytes, at, &mut decoded, &mut look);
    }
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() <= 16 << 10 {
        exercise(bytes, 3);
    }
});
