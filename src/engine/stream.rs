//! A text of any size through a window of fixed size.
//!
//! The windows overlap by [`REACH`] bytes on either side of what is judged, so a token is found at any offset, judged
//! once, with everything around it that a judgement may look at. Memory does not grow with the text.

use std::io::{self, Read};

use super::lines::{Cursor, Position};
use super::prefilter::Found;
use super::{Engine, Hit, Window};
use crate::limits::{REACH, WINDOW};

/// Space that one thread reuses for text after text.
#[derive(Debug, Default)]
pub struct Scratch {
    buffer: Vec<u8>,
    found: Vec<Found>,
}

impl Scratch {
    /// The text that was searched last, if it had no more than `bytes` and fitted the window.
    #[must_use]
    pub fn whole(&self, bytes: u64) -> Option<&[u8]> {
        usize::try_from(bytes)
            .ok()
            .filter(|bytes| *bytes < WINDOW + 2 * REACH)
            .and_then(|bytes| self.buffer.get(..bytes))
    }

    /// As [`Scratch::whole`], but hands the space over; [`Scratch::give_back`] returns it.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Returns what [`Scratch::take`] gave.
    pub fn give_back(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
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
    let Scratch { buffer, found } = scratch;
    buffer.resize(WINDOW + 2 * REACH, 0);
    let (mut offset, mut position, mut judged, mut filled) = (0_u64, Position::START, 0_usize, 0_usize);
    loop {
        let outcome = fill(reader, buffer, &mut filled);
        let bytes = &buffer[..filled];
        // What arrived before an error is searched like the end of the text.
        let until = if matches!(outcome, Ok(true)) { filled - REACH } else { filled };
        found.clear();
        engine.prefilter.find(bytes, found);
        hits.extend(engine.judge(&Window { bytes, judged: judged..until, offset, position }, found));
        match outcome {
            Err(error) => return Err((offset + filled as u64, error)),
            Ok(false) => return Ok(offset + filled as u64),
            Ok(true) => {}
        }
        let keep = until.saturating_sub(REACH);
        position = Cursor::new(position).advance(bytes, keep);
        buffer.copy_within(keep..filled, 0);
        filled -= keep;
        offset += keep as u64;
        judged = until - keep;
    }
}

/// Fills the buffer. False at the end of the text.
fn fill(reader: &mut dyn Read, buffer: &mut [u8], filled: &mut usize) -> io::Result<bool> {
    while *filled < buffer.len() {
        match reader.read(&mut buffer[*filled..]) {
            Ok(0) => return Ok(false),
            Ok(count) => *filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
