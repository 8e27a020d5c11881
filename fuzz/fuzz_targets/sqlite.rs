//! SQLite databases with a header that is right, so that pages are read. The first bytes give the size of a page and
//! what is reserved of it.

#![no_main]

use std::io::{Cursor, Read};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use pinstripe::archive::{ArchiveLimits, MemberVisitor, open};
use pinstripe::model::SkipReason;

struct Reader;

impl MemberVisitor for Reader {
    fn member(&mut self, _: &[String], content: &mut dyn Read) {
        std::io::copy(content, &mut std::io::sink()).expect("a member never fails");
    }

    fn skip(&mut self, _: SkipReason, _: &[String], why: &str) {
        assert!(!why.is_empty());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(([size, reserved], rest)) = bytes.split_first_chunk::<2>() else { return };
    let page = 512_u16 << (size % 3);
    let mut file = b"SQLite format 3\0".to_vec();
    file.extend(page.to_be_bytes());
    file.extend([1, 1, reserved % 33, 64, 32, 32]);
    file.resize(100, 0);
    file.extend_from_slice(rest);
    file.resize(file.len().next_multiple_of(usize::from(page)), 0);
    let limits = ArchiveLimits { bytes: 16 << 20, held: 4 << 20, time: Duration::from_secs(5), ..ArchiveLimits::default() };
    open(&mut Cursor::new(file), &mut Reader, limits);
});
