//! Scans standard input as one text or one archive.

use std::io::{self, Read};

use super::text_result::{TextResult, reason_of};
use super::text_scanner::Extras;
use super::text_searcher::TextInput;
use super::{Collector, Error, ScanContext, ScanSource};
use crate::archive::{self, HEAD};
use crate::model::{PathText, ScanLocation, SkipReason, limits::MAX_IN_MEMORY};

/// Standard input, which reports call `name`.
pub(crate) struct StdinSource<'a> {
    pub(crate) input: &'a mut dyn Read,
    pub(crate) name: String,
}

impl ScanSource for StdinSource<'_> {
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error> {
        let mut collector = Collector::new(context);
        let place = ScanLocation::file(PathText::new(self.name.as_bytes()));
        let failure = match scan(&mut collector, self.input, &place) {
            Ok(mut result) => {
                let failure = result.failure.take();
                collector.coverage().files += u64::from(result.bytes > 0 && failure.is_none());
                collector.add(result, &place);
                failure
            }
            Err(error) => Some(error),
        };
        if let Some(error) = failure {
            collector.skip(reason_of(&error), &format!("{}: {error}", self.name));
        }
        Ok(())
    }
}

/// Holds an archive in memory, because a pipe can be read only once, and streams anything else.
fn scan(collector: &mut Collector<'_>, input: &mut dyn Read, place: &ScanLocation) -> io::Result<TextResult> {
    let extras = Extras { lint_at: Some(place), line_hashes: false };
    let mut head = Vec::new();
    (&mut *input).take(HEAD as u64).read_to_end(&mut head)?;
    if !archive::is_archive(&head, false) {
        return Ok(collector.scanner.scan(TextInput::Stream(&mut head.chain(input)), extras));
    }
    (&mut *input).take(MAX_IN_MEMORY - HEAD as u64).read_to_end(&mut head)?;
    let mut rest = [0];
    let more = input.read(&mut rest)?;
    if more == 0 {
        return Ok(collector.scanner.scan(TextInput::Bytes(&head), extras));
    }
    let what = format!("{}: too large to be opened from standard input", place.path.text);
    collector.skip(SkipReason::OverLimit, &what);
    Ok(collector.scanner.searcher.search(TextInput::Stream(&mut head.chain(&rest[..more]).chain(input))))
}
