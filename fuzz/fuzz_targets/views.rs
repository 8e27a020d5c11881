//! Every view of every pivot, three layers deep: units lie in order, inside the source.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::detect::decode::{Covered, PIVOTS, View, long_runs, run_views, views};

fn exercise(bytes: &[u8], depth: usize) {
    let mut look = |view: View| {
        assert!(view.source.start <= view.source.end && view.source.end <= bytes.len());
        let mut last = 0;
        for at in 0..view.bytes.len() {
            let unit = view.unit(at);
            assert!(last <= unit.start && unit.start < unit.end && unit.end <= bytes.len());
            last = unit.start;
        }
        if depth > 1 && view.bytes.len() <= 4 * bytes.len() {
            exercise(&view.bytes, depth - 1);
        }
    };
    let mut covered = Covered::default();
    for at in 0..bytes.len() {
        for pivot in PIVOTS.iter().filter(|pivot| bytes[at..].starts_with(pivot.text)) {
            views(bytes, pivot, at, &mut covered, &mut look);
        }
    }
    let mut covered = Covered::default();
    let mut runs = Vec::new();
    long_runs(bytes, &mut |at| runs.push(at));
    runs.sort_unstable();
    for at in runs {
        run_views(bytes, at, &mut covered, &mut look);
    }
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() <= 16 << 10 {
        exercise(bytes, 3);
    }
});
