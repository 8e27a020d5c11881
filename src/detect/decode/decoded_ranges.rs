//! Remembers which parts of a slice have been decoded, so that a run full of anchors is decoded once.

use super::view::DecodedView;
use super::{DecodeOutcome, ENCODINGS, Phases, Prefixes};

const MAX_PHASES: usize = 4;

/// The state of [`super::views`] and [`super::blind::blind_views`] for one slice of bytes.
#[derive(Debug)]
pub struct DecodedRanges<'a> {
    pub(super) prefixes: &'a Prefixes,
    /// The end of what is decoded, by encoding and phase.
    ends: [[usize; MAX_PHASES]; ENCODINGS.len()],
    /// Encodings in groups, with views of theirs without the bytes.
    groups: Vec<(usize, DecodedView)>,
    word_end: usize,
    pub(super) work: usize,
}

impl<'a> DecodedRanges<'a> {
    /// Creates the state of a slice of which nothing is decoded yet. Only text with one of the prefixes is decoded.
    #[must_use]
    pub fn new(prefixes: &'a Prefixes) -> Self {
        let ends = [[0; MAX_PHASES]; ENCODINGS.len()];
        Self { prefixes, ends, groups: Vec::new(), word_end: 0, work: 0 }
    }

    /// Returns and resets the number of bytes decoded from compressed streams, which views do not account for.
    pub fn take_work(&mut self) -> usize {
        std::mem::take(&mut self.work)
    }

    /// Returns true if the run around `at` is decoded. `phase` is that of the anchor, for encodings in groups.
    pub(super) fn has(&self, encoding: usize, phase: usize, at: usize) -> bool {
        match ENCODINGS[encoding].phases {
            Phases::Offset(phases) => at < self.ends[encoding][at % phases],
            Phases::Group => self
                .groups
                .iter()
                .any(|(other, view)| *other == encoding && at < view.settled && view.group_phase_at(at) == Some(phase)),
        }
    }

    /// Records the outcome of decoding around the anchor at `at`, and passes the view on.
    pub(super) fn keep(
        &mut self,
        encoding: usize,
        at: usize,
        outcome: DecodeOutcome,
        give: &mut dyn FnMut(DecodedView),
    ) {
        match (outcome, ENCODINGS[encoding].phases) {
            (DecodeOutcome::View(view), Phases::Group) => {
                self.groups.retain(|(_, old)| old.settled > view.source.start);
                self.groups.push((encoding, view.outline()));
                give(view);
            }
            (DecodeOutcome::View(mut view), Phases::Offset(phases)) => {
                self.add(encoding, at % phases, view.settled);
                if view.encodings.is_empty() {
                    view.encodings = ENCODINGS[encoding].names;
                }
                give(view);
            }
            (DecodeOutcome::Skip(until), Phases::Offset(phases)) => self.add(encoding, at % phases, until),
            // Anchors in other phases may lie before `until`.
            (DecodeOutcome::Skip(_), Phases::Group) => {}
        }
    }

    fn add(&mut self, encoding: usize, phase: usize, end: usize) {
        let mark = &mut self.ends[encoding][phase];
        *mark = end.max(*mark);
    }

    /// Returns the end of the word that continues at `at`, at most `most` bytes on.
    pub(super) fn word_end(&mut self, bytes: &[u8], at: usize, most: usize) -> usize {
        // Anchors in one long word would otherwise each read it from the start. What ends here may be cut by the reach of
        // the anchor before.
        let known = if (at..at + most).contains(&self.word_end) { self.word_end } else { at };
        let tail = &bytes[known..bytes.len().min(at + most)];
        self.word_end = known + tail.iter().take_while(|byte| self.prefixes.is_word(**byte)).count();
        self.word_end
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn a_word_goes_on_behind_the_reach_of_an_earlier_anchor() {
        let prefixes = testing::prefixes();
        let mut decoded = DecodedRanges::new(&prefixes);
        let text = [b"x".repeat(300), b"' + '".to_vec()].concat();
        for (at, most, end) in [(0, 200, 200), (110, 200, 300), (120, 200, 300), (20, 100, 120), (301, 9, 301)] {
            assert_eq!(decoded.word_end(&text, at, most), end, "{at}");
        }
    }
}
