//! Scans a text of any size through a window of fixed size.
//!
//! The windows overlap by [`REACH`] bytes on either side, so a token is found at any offset and classified
//! once, with all of its context. Memory does not grow with the text. A text in UTF-16
//! or UTF-32 is searched twice at the same time: as bytes, and as UTF-8.

use std::io::{self, Read};

use super::lines::{Cursor, Position};
use super::prefilter::Candidate;
use super::{Budget, Engine, Hit, Window};
use crate::detect::decode::utf16::{Transcoder, WideLayout};
use crate::model::limits::{MAX_HITS_PER_TEXT, REACH, WINDOW};

/// Bytes of a full window, and of one for small texts.
const FULL: usize = WINDOW + 2 * REACH;
const SMALL: usize = 64 << 10;

/// Buffers that one thread reuses for every text.
#[derive(Debug, Default)]
pub struct Scratch {
    raw: Lane,
    wide: Lane,
    text: Vec<u8>,
    left: Left,
}

/// Facts of the last text beside its hits.
#[derive(Debug, Default)]
struct Left {
    undecoded: bool,
    /// Hits that were not kept.
    hits: u64,
    zip: bool,
}

impl Left {
    fn add(&mut self, budget: &Budget) {
        self.undecoded |= budget.is_spent();
        self.hits += budget.left_out();
    }
}

impl Scratch {
    /// Returns true if the window that was searched last has the word `stripe`.
    #[must_use]
    pub fn mentions_stripe(&self, engine: &Engine) -> bool {
        self.raw.found.iter().any(|found| engine.is_stripe(found.anchor))
    }

    /// Returns true if the last text was so full of encodings that decoding was cut short.
    #[must_use]
    pub fn cut_short(&self) -> bool {
        self.left.undecoded
    }

    /// Returns the number of hits of the last text beyond [`MAX_HITS_PER_TEXT`], which were not kept.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left.hits
    }
}

/// A window that slides over a text.
#[derive(Debug)]
struct Lane {
    buffer: Vec<u8>,
    found: Vec<Candidate>,
    filled: usize,
    judged: usize,
    /// Hits of the text that were kept.
    kept: usize,
    offset: u64,
    position: Position,
}

impl Default for Lane {
    fn default() -> Self {
        let (buffer, found) = (Vec::new(), Vec::new());
        Self { buffer, found, filled: 0, judged: 0, kept: 0, offset: 0, position: Position::START }
    }
}

impl Lane {
    fn begin(&mut self) {
        (self.filled, self.judged, self.kept, self.offset, self.position) = (0, 0, 0, 0, Position::START);
    }

    /// Makes room for more, and returns false if the window is full. It has its full size only if a text needs that: most
    /// texts are small, and clearing memory for them takes longer than searching them.
    fn has_room(&mut self) -> bool {
        if self.filled == self.buffer.len() {
            let size = if self.buffer.len() < SMALL { SMALL } else { FULL };
            self.buffer.resize(size.max(self.buffer.len()), 0);
        }
        self.filled < self.buffer.len()
    }

    /// Fills the window. Returns false at the end of the text.
    fn fill(&mut self, reader: &mut dyn Read) -> io::Result<bool> {
        while self.has_room() {
            match reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Ok(false),
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Classifies the candidates of the window, up to its end if the text ends there, and slides on.
    fn search(&mut self, engine: &Engine, is_end: bool, hits: &mut Vec<Hit>, left: &mut Left) {
        let bytes = &self.buffer[..self.filled];
        let until = if is_end { self.filled } else { self.filled - REACH };
        self.found.clear();
        engine.prefilter.find(bytes, &mut self.found);
        left.zip |= engine.holds_zip(&self.found);
        let mut budget = Budget::of_window(bytes.len(), self.kept);
        let window = Window { bytes, judged: self.judged..until, offset: self.offset, position: self.position };
        let found = engine.classify_within(&window, &self.found, &mut budget);
        self.kept += found.len();
        hits.extend(found);
        left.add(&budget);
        if !is_end {
            let keep = until.saturating_sub(REACH);
            self.position = Cursor::new(self.position).advance(bytes, keep);
            self.buffer.copy_within(keep..self.filled, 0);
            self.filled -= keep;
            self.offset += keep as u64;
            self.judged = until - keep;
        }
    }
}

impl Scratch {
    /// Returns true if a zip ends in the last text.
    #[must_use]
    pub fn holds_zip(&self) -> bool {
        self.left.zip
    }

    /// Returns the text that was searched last, if it had at most `bytes` bytes and fitted the window.
    #[must_use]
    pub fn whole(&self, bytes: u64) -> Option<&[u8]> {
        usize::try_from(bytes).ok().filter(|bytes| *bytes < FULL).and_then(|bytes| self.raw.buffer.get(..bytes))
    }
}

/// Searches everything that `reader` yields and adds what it finds to `hits`, in order of place. Returns how many
/// bytes there were.
///
/// # Errors
/// The reader's own, with the number of bytes that came before it; those were searched.
pub fn scan_reader(
    engine: &Engine,
    reader: &mut dyn Read,
    scratch: &mut Scratch,
    hits: &mut Vec<Hit>,
) -> Result<u64, (u64, io::Error)> {
    scratch.raw.begin();
    scratch.left = Left::default();
    let first = hits.len();
    let mut wide: Option<Wide> = None;
    let mut begun = false;
    loop {
        let old = scratch.raw.filled;
        let outcome = scratch.raw.fill(reader);
        // Bytes that arrived before an error are searched like the end of the text.
        let is_end = !matches!(outcome, Ok(true));
        let arrived = old..scratch.raw.filled;
        if !std::mem::replace(&mut begun, true) && engine.decodes() {
            wide = WideLayout::detect(&scratch.raw.buffer[arrived.clone()]).map(Wide::new);
            if wide.is_some() {
                scratch.wide.begin();
            }
        }
        if let Some(wide) = &mut wide {
            wide.feed(engine, scratch, arrived, is_end);
        }
        scratch.raw.search(engine, is_end, hits, &mut scratch.left);
        if is_end {
            if let Some(wide) = wide {
                wide.merge(hits, first);
                scratch.left.hits += (hits.len() - first).saturating_sub(MAX_HITS_PER_TEXT) as u64;
                hits.truncate(first + MAX_HITS_PER_TEXT);
            }
            let bytes = scratch.raw.offset + scratch.raw.filled as u64;
            return outcome.map(|_| bytes).map_err(|error| (bytes, error));
        }
    }
}

/// The text as UTF-8, searched beside the raw bytes.
struct Wide {
    layout: WideLayout,
    coder: Option<Transcoder>,
    hits: Vec<Hit>,
}

impl Wide {
    fn new(layout: WideLayout) -> Self {
        Self { layout, coder: Some(Transcoder::new(layout)), hits: Vec::new() }
    }

    /// Searches the bytes that have arrived in the raw lane, as UTF-8.
    fn feed(&mut self, engine: &Engine, scratch: &mut Scratch, arrived: std::ops::Range<usize>, is_end: bool) {
        let Scratch { raw, wide: lane, text, left } = scratch;
        text.clear();
        if let Some(coder) = &mut self.coder {
            coder.feed(&raw.buffer[arrived], text);
        }
        if is_end && let Some(coder) = self.coder.take() {
            coder.finish(text);
        }
        let mut rest = text.as_slice();
        // Defer searching a full window until more input arrives, so that the last window is flagged as such.
        while !rest.is_empty() {
            if !lane.has_room() {
                lane.search(engine, false, &mut self.hits, left);
            }
            let (now, later) = rest.split_at(rest.len().min(lane.buffer.len() - lane.filled));
            lane.buffer[lane.filled..lane.filled + now.len()].copy_from_slice(now);
            lane.filled += now.len();
            rest = later;
        }
        if is_end {
            lane.search(engine, true, &mut self.hits, left);
        }
    }

    /// Replaces the hits of the raw bytes by those of the text.
    fn merge(self, hits: &mut Vec<Hit>, first: usize) {
        let raw = hits.split_off(first);
        hits.extend(raw.into_iter().filter(|hit| !hit.encodings.first().is_some_and(|name| name.starts_with("utf-"))));
        hits.extend(self.hits.into_iter().map(|mut hit| {
            hit.encodings.insert(0, self.layout.name());
            hit
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::forge::Forge;
    use crate::rules::load;

    #[test]
    fn wide_files_have_the_lines_of_their_text() {
        let engine = Engine::new(load::load(true, &[]).unwrap()).unwrap();
        let token = Forge::new(17).make("sk_live").unwrap();
        for filler in [0, 30_000, 90_000] {
            let text = format!("{}[Ключ]\r\nstripe = \"{token}\"\r\n", "a line of the file\r\n".repeat(filler));
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut hits = Vec::new();
            let read = scan_reader(&engine, &mut bytes.as_slice(), &mut Scratch::default(), &mut hits).unwrap();
            assert_eq!(read, bytes.len() as u64);
            assert_eq!(hits.len(), 1, "{filler}");
            assert_eq!(hits[0].encodings, ["utf-16le"]);
            assert_eq!((hits[0].start.line, hits[0].start.column), (filler as u64 + 2, 11));
            assert_eq!(hits[0].variable.as_deref(), Some("stripe"));
            assert_eq!(engine.scan(&bytes), hits);
        }
    }

    #[test]
    fn hits_beyond_the_bound_are_counted() {
        let engine = Engine::new(load::load(true, &[]).unwrap()).unwrap();
        let line = format!("{}\n", Forge::new(3).make("pk_test").unwrap());
        let text = line.repeat(MAX_HITS_PER_TEXT + 7);
        let (mut hits, mut scratch) = (Vec::new(), Scratch::default());
        scan_reader(&engine, &mut text.as_bytes(), &mut scratch, &mut hits).unwrap();
        assert_eq!((hits.len(), scratch.left_out()), (MAX_HITS_PER_TEXT, 7));
        let mut budget = Budget::new(text.len());
        assert_eq!((engine.scan_within(text.as_bytes(), &mut budget), budget.left_out()), (hits, 7));
    }
}
