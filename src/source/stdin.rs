//! Scans standard input as one text or one archive.

use std::io::{self, Read};

use super::{Collector, Error, Scanned, Shared, Source};
use crate::archive;
use crate::model::{PathText, ScanLocation, SkipReason, limits::MAX_IN_MEMORY};

/// Bytes by which an archive is recognized.
const HEAD: u64 = 512;

/// Everything that `input` yields, under `name`.
pub(crate) struct StdinSource<'a> {
    pub(crate) input: &'a mut dyn Read,
    pub(crate) name: String,
}

impl Source for StdinSource<'_> {
    fn scan(&mut self, shared: &Shared<'_>) -> Result<(), Error> {
        let mut collector = Collector::new(shared);
        let place = ScanLocation::file(PathText::new(self.name.as_bytes()));
        match collector.guard(&place.path.text, |collector| text(collector, self.input, &place)) {
            None => {}
            Some(Ok(scanned)) => collector.coverage().files += u64::from(scanned.bytes > 0),
            Some(Err(error)) => collector.skip(SkipReason::Unreadable, &format!("{}: {error}", self.name)),
        }
        Ok(())
    }
}

/// Holds an archive in memory, because a pipe can be read only once, and streams anything else.
fn text(collector: &mut Collector<'_>, input: &mut dyn Read, place: &ScanLocation) -> io::Result<Scanned> {
    let mut head = Vec::new();
    (&mut *input).take(HEAD).read_to_end(&mut head)?;
    if !archive::is_archive(&head) {
        let mut scanned = collector.text(&mut head.chain(input), place)?;
        collector.lint(place, &scanned);
        collector.open_small(place, &mut scanned);
        return Ok(scanned);
    }
    (&mut *input).take(MAX_IN_MEMORY - HEAD).read_to_end(&mut head)?;
    let mut rest = [0];
    let more = input.read(&mut rest)?;
    if more == 0 {
        return Ok(collector.bytes(&head, place));
    }
    let what = format!("{}: too large to be opened from standard input", place.path.text);
    collector.skip(SkipReason::OverLimit, &what);
    collector.text(&mut head.chain(&rest[..more]).chain(input), place)
}
