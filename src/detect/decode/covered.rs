//! Which stretches of a slice have been decoded already, so that a run full of pivots is decoded once.

use super::view::View;
use super::{BASE64, HEX, Look, Pivot, WIDE16, WIDE32, base64, plain};

/// Alignments in which one encoding can be read at the same place.
const ALIGNMENTS: usize = 4;

/// What [`super::views`] and [`super::long_runs`] remember about one slice of bytes.
#[derive(Debug, Default)]
pub struct Covered {
    marks: [[usize; ALIGNMENTS]; 13],
    base64: Vec<View>,
    spaced: usize,
    word_end: usize,
    pub(super) work: usize,
}

impl Covered {
    pub(super) fn has(&self, encoding: usize, pivot: &Pivot, at: usize) -> bool {
        if encoding == usize::from(BASE64) {
            return base64::phase_of(pivot.text).is_some_and(|phase| self.has_base64(at, phase));
        }
        self.has_mark(encoding, at)
    }

    /// Decoding that was done for streams since this was last asked, in bytes: what a view holds does not tell.
    pub fn take_work(&mut self) -> usize {
        std::mem::take(&mut self.work)
    }

    pub(super) fn has_mark(&self, encoding: usize, at: usize) -> bool {
        at < self.marks[encoding][alignment(encoding, at)]
    }

    /// Remembers what a look at the pivot at `at` gave, and hands the view on.
    pub(super) fn keep(&mut self, encoding: usize, at: usize, look: Look, give: &mut dyn FnMut(View)) {
        match look {
            Look::View(view) => {
                self.add(encoding, at, &view);
                give(view);
            }
            Look::Barren(until) if encoding != usize::from(BASE64) => {
                let mark = &mut self.marks[encoding][alignment(encoding, at)];
                *mark = until.max(*mark);
            }
            Look::Barren(_) => {}
        }
    }

    /// The end of the word that goes on at `at`, and no further than `most` bytes.
    pub(super) fn word_end(&mut self, bytes: &[u8], at: usize, most: usize) -> usize {
        if !(at..at + most).contains(&self.word_end) {
            let tail = &bytes[at..bytes.len().min(at + most)];
            self.word_end = at + tail.iter().take_while(|byte| plain::is_word(**byte)).count();
        }
        self.word_end
    }

    /// Remembers a view taken from a pivot at `at`.
    pub(super) fn add(&mut self, encoding: usize, at: usize, view: &View) {
        if encoding == usize::from(BASE64) {
            self.add_base64(view);
        } else {
            let mark = &mut self.marks[encoding][alignment(encoding, at)];
            *mark = view.settled.max(*mark);
        }
    }

    pub(super) fn has_base64(&self, at: usize, phase: usize) -> bool {
        self.base64.iter().any(|view| at < view.settled && view.base64_phase_at(at) == Some(phase))
    }

    pub(super) fn add_base64(&mut self, view: &View) {
        self.base64.retain(|old| old.settled > view.source.start);
        self.base64.push(view.outline());
    }

    /// Whether pairs with separators have been read up to here.
    pub(super) fn has_spaced(&self, at: usize) -> bool {
        at < self.spaced
    }

    pub(super) fn add_spaced(&mut self, view: &View) {
        self.spaced = self.spaced.max(view.settled);
    }

    pub(super) fn has_hex(&self, at: usize) -> bool {
        self.has_mark(usize::from(HEX), at)
    }

    pub(super) fn add_hex(&mut self, at: usize, view: &View) {
        self.add(usize::from(HEX), at, view);
    }
}

fn alignment(encoding: usize, at: usize) -> usize {
    match u8::try_from(encoding) {
        Ok(HEX | WIDE16) => at % 2,
        Ok(WIDE32) => at % 4,
        _ => 0,
    }
}
