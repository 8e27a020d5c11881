//! Standard input as one text, or one archive.

use std::io::{self, Read};

use super::{Collector, Scanned, Shared};
use crate::archive;
use crate::model::{PathText, Place, Reason, limits::MAX_IN_MEMORY};

/// Bytes that tell whether an archive begins.
const HEAD: u64 = 512;

/// Scans everything that `input` yields, under `name`.
pub fn scan(shared: &Shared<'_>, input: &mut dyn Read, name: &str) {
    let mut collector = Collector::new(shared);
    let place = Place::file(PathText::new(name.as_bytes()));
    let outcome = collector.guard(&place.path.text, |collector| text(collector, input, &place));
    match outcome {
        None => {}
        Some(Ok(scanned)) => collector.coverage().files += u64::from(scanned.bytes > 0),
        Some(Err(error)) => collector.skip(Reason::Unreadable, &format!("{name}: {error}")),
    }
}

/// An archive is held in memory, because a pipe is read only once; anything else is streamed.
fn text(collector: &mut Collector<'_>, input: &mut dyn Read, place: &Place) -> io::Result<Scanned> {
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
    collector.skip(Reason::OverLimit, &what);
    collector.text(&mut head.chain(&rest[..more]).chain(input), place)
}
