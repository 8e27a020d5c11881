//! Scans standard input as one text or one archive.

use std::io::{self, Read};

use memchr::memmem;

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
    // A patch is text, but for the binary files in it.
    let is_patch = head.starts_with(archive::PATCH_OF_FILE);
    let mut watched = Watched::new(head.chain(&rest[..more]).chain(input), archive::BINARY_PATCH);
    let result = if is_patch {
        collector.scanner.scan(TextInput::Stream(&mut watched), extras)
    } else {
        collector.scanner.searcher.search(TextInput::Stream(&mut watched))
    };
    if watched.met || !is_patch {
        let what = format!("{}: too large to be opened from standard input", place.path.text);
        collector.skip(SkipReason::OverLimit, &what);
    }
    Ok(result)
}

/// Gives on what it reads, and notes whether a word is in it.
struct Watched<'a, R> {
    input: R,
    word: &'a [u8],
    /// The end of what was read, which may be the beginning of the word, and what is read now.
    last: Vec<u8>,
    met: bool,
}

impl<'a, R: Read> Watched<'a, R> {
    fn new(input: R, word: &'a [u8]) -> Self {
        Self { input, word, last: Vec::new(), met: false }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        if !self.met {
            self.last.extend_from_slice(&out[..count]);
            self.met = memmem::find(&self.last, self.word).is_some();
            self.last.drain(..self.last.len().saturating_sub(self.word.len() - 1));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_met_over_two_reads() {
        let text = b"index 1..2\nGIT binary patch\n";
        for (word, met) in [(&b"GIT binary patch"[..], true), (b"GIT binary  patch", false)] {
            for at in 0..text.len() {
                let mut watched = Watched::new(text[..at].chain(&text[at..]), word);
                let mut all = Vec::new();
                watched.read_to_end(&mut all).unwrap();
                assert_eq!((all.as_slice(), watched.met), (&text[..], met), "{at}");
            }
        }
    }
}
