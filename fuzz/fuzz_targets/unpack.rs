//! The walk through archives: whatever the bytes, it ends within its bounds and stays within its depth.

#![no_main]

use std::io::{Cursor, Read};
use std::ops::Range;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use pinstripe::model::SkipReason;
use pinstripe::archive::{ArchiveLimits, MemberVisitor, ValueNames, open};

const LIMITS: fn() -> ArchiveLimits = || ArchiveLimits {
    entries: 1_000,
    bytes: 16 << 20,
    floor: 1 << 20,
    held: 4 << 20,
    memory: 8 << 20,
    time: Duration::from_secs(5),
    ..ArchiveLimits::default()
};

struct Counter {
    names: u64,
    bytes: u64,
}

impl MemberVisitor for Counter {
    fn member(&mut self, chain: &[String], content: &mut dyn Read) {
        assert!(chain.len() <= LIMITS().depth + 1);
        self.bytes += std::io::copy(content, &mut std::io::sink()).expect("a member never fails");
    }

    fn values(&mut self, chain: &[String], text: &[u8], names: &dyn ValueNames) {
        for offset in (0..text.len()).step_by(16) {
            if let Some((value, name)) = names.value_at(offset) {
                assert!(value.start <= offset && value.end <= text.len() && !name.is_empty());
            }
        }
        self.bytes(chain, text);
    }

    fn replaced(&mut self, _chain: &[String], ranges: &[Range<u64>]) {
        assert!(ranges.is_sorted_by(|a, b| a.end < b.start));
    }

    fn name(&mut self, _chain: &[String]) {
        self.names += 1;
    }

    fn skip(&mut self, _reason: SkipReason, _chain: &[String], what: &str) {
        assert!(!what.is_empty());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut counter = Counter { names: 0, bytes: 0 };
    open(&mut Cursor::new(bytes), &mut counter, LIMITS());
    assert!(counter.names <= LIMITS().entries + 1);
});
