//! Decides from a delta alone whether its text has a candidate that the delta base has not. Most texts have none, and
//! resolving their deltas is most of the work.
//!
//! The excerpt holds what the delta inserts with enough of the copies on either side. It leaves out the middle of long
//! copies: whatever is there, the base has too.

use std::ops::Range;

use super::incremental::{BaseState, NEAR_STRIPE, is_deep};
use crate::detect::{Budget, Engine, Window, decode, prefilter::Candidate};
use crate::git::walk::{DeltaOnly, DeltaOp, DeltaOps, append};

/// Bytes of a copy to keep at its edges. The shortest long run and one unit fit, and every anchor.
const KEEP: usize = 80;

/// Bytes to keep where the base mentions `stripe`: a mention near an edge is judged across it, with all of its context.
const KEEP_NEAR: usize = 2 * NEAR_STRIPE;

/// Bytes of the text's beginning to keep, by which archives and UTF-16 are recognized.
const HEAD: usize = 4 << 10;

/// A text without the middle of its long copies.
#[derive(Debug, Default)]
pub(super) struct DeltaExcerpt {
    /// The beginning of the text.
    pub(super) head: Vec<u8>,
    /// The bytes from the end of the last long copy on; the end of the text, once all of the delta was read.
    pub(super) part: Vec<u8>,
    /// Bytes of a copy at the beginning of the part, if its middle was left out.
    cut: usize,
    found: Vec<Candidate>,
}

/// The base of a delta.
struct DeltaBase<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    /// Its candidates, all of which were rejected.
    known: &'a [Candidate],
    /// Bytes of a copy to keep at its edges.
    keep: usize,
}

impl DeltaBase<'_> {
    /// Returns true if every rejected candidate in this copied range keeps its full context, so the verdict still holds.
    /// Mentions of `stripe` are judged again near the edges.
    fn is_nothing(&self, copy: &Range<usize>) -> bool {
        let from = self.known.partition_point(|known| known.at < copy.start);
        let mut inside = self.known[from..].iter().take_while(|known| known.at < copy.end);
        inside.all(|known| self.engine.is_stripe(known.anchor) || is_deep(self.engine, known, copy))
    }
}

impl DeltaExcerpt {
    /// Returns true if the text has no hit, given that its base has none. False for a malformed delta.
    pub(super) fn has_nothing_new(&mut self, engine: &Engine, state: &BaseState, unbuilt: &DeltaOnly<'_>) -> bool {
        self.head.clear();
        self.part.clear();
        self.cut = 0;
        let keep = if state.mentions_stripe { KEEP_NEAR } else { KEEP };
        let base = DeltaBase { engine, bytes: unbuilt.base, known: &state.found, keep };
        self.read(&base, unbuilt) == Some(unbuilt.size)
    }

    /// Reads the delta. Returns the length of the text, or `None` if there may be something new.
    fn read(&mut self, base: &DeltaBase<'_>, unbuilt: &DeltaOnly<'_>) -> Option<usize> {
        let mut ops = DeltaOps::new(unbuilt.instructions);
        let (mut size, mut copy) = (0, 0..0);
        while let Some(op) = ops.next().ok()? {
            match op {
                DeltaOp::Copy { from, len } if from == copy.end && !copy.is_empty() => {
                    copy.end += len;
                    size += len;
                }
                DeltaOp::Copy { from, len } => {
                    self.add_copy(base, copy)?;
                    copy = from..from + len;
                    size += len;
                }
                DeltaOp::Insert(bytes) => {
                    self.add_copy(base, std::mem::take(&mut copy))?;
                    self.add_bytes(bytes, bytes.len());
                    size += bytes.len();
                }
            }
        }
        self.add_copy(base, copy)?;
        self.search(base, self.part.len())?;
        self.copy_head();
        Some(size)
    }

    /// Adds the first `len` bytes of `text`.
    fn add_bytes(&mut self, text: &[u8], len: usize) {
        append(&mut self.part, text, len);
        if self.cut > 0 {
            self.extend_head(&text[..len]);
        }
    }

    /// Copies the head from the part, which is the beginning of the text until something is left out.
    fn copy_head(&mut self) {
        if self.cut == 0 {
            self.head.extend_from_slice(&self.part[..self.part.len().min(HEAD)]);
        }
    }

    fn extend_head(&mut self, bytes: &[u8]) {
        let room = HEAD - self.head.len();
        if room > 0 {
            self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// Returns `None` if there may be something new, or the base has no such range.
    fn add_copy(&mut self, base: &DeltaBase<'_>, copy: Range<usize>) -> Option<()> {
        let piece = base.bytes.get(copy.clone())?;
        if piece.len() <= 2 * base.keep {
            self.add_bytes(&base.bytes[copy.start..], piece.len());
            return Some(());
        }
        if !base.known.is_empty() && !base.is_nothing(&copy) {
            return None;
        }
        self.copy_head();
        self.extend_head(piece);
        let edge = self.part.len();
        self.part.extend_from_slice(&piece[..base.keep]);
        self.search(base, edge)?;
        self.part.clear();
        self.cut = base.keep;
        self.part.extend_from_slice(&piece[piece.len() - base.keep..]);
        Some(())
    }

    /// Searches the part, which continues like the base from `edge` on. Returns `None` if there may be something new.
    fn search(&mut self, base: &DeltaBase<'_>, edge: usize) -> Option<()> {
        let prefilter = base.engine.prefilter();
        let (behind, before) = prefilter.reach();
        let new = self.cut.saturating_sub(behind.saturating_sub(1))..self.part.len().min(edge + before);
        self.found.clear();
        let searched = if base.keep > KEEP { 0..self.part.len() } else { new.clone() };
        prefilter.find_anchors(&self.part, searched, &mut self.found);
        let is_stripe = |found: &Candidate| base.engine.is_stripe(found.anchor) && base.keep > KEEP;
        if self.found.iter().any(|found| !is_stripe(found) && new.contains(&found.at)) {
            return None;
        }
        if prefilter.has_runs() && decode::blind::next_run_touching(&self.part, &(self.cut..edge), 0).is_some() {
            let mut has_run = false;
            decode::blind::blind_runs(&self.part, &mut |_| has_run = true);
            (!has_run).then_some(())?;
        }
        // Farther from the edges, nothing changed that a judgement reads.
        let near = self.cut.saturating_sub(NEAR_STRIPE)..edge + NEAR_STRIPE;
        self.found.retain(|found| is_stripe(found) && near.contains(&found.at));
        let mut budget = Budget::new(self.part.len());
        let hits = base.engine.classify_within(&Window::whole(&self.part), &self.found, &mut budget);
        (hits.is_empty() && !budget.is_spent()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::incremental::testing::{Delta, delta, delta_with, piece};
    use super::*;
    use proptest::prelude::*;

    fn known(engine: &Engine, bytes: &[u8]) -> BaseState {
        let mut found = Vec::new();
        engine.prefilter().find(bytes, &mut found);
        let mentions = found.iter().any(|candidate| engine.is_stripe(candidate.anchor));
        BaseState { found, is_nothing: true, mentions_stripe: mentions }
    }

    fn hits(engine: &Engine, bytes: &[u8]) -> usize {
        engine.classify(&Window::whole(bytes), &known(engine, bytes).found).len()
    }

    /// Keys that count near the word `stripe` only, that word, and long texts in between.
    fn near() -> impl Strategy<Value = Vec<u8>> {
        let filling = ("[a-z ./]{1,20}", 1..120usize).prop_map(|(text, times)| text.repeat(times));
        prop_oneof![
            5 => filling,
            2 => Just("stripe".to_owned()),
            2 => "[ =\"][a-zA-Z0-9]{32}[ \"]",
            1 => "\"[a-zA-Z0-9]{10,25}",
            1 => "client_id=ca_[a-zA-Z0-9]{32}\n",
            1 => "[0-9a-z]?(rt_[A-Za-z0-9]{48}|ca_[A-Za-z0-9]{32})[A-Za-z]?",
            1 => "[\u{0}\u{1}]{1,3}",
            1 => "postgres://[a-z]{1,8}:[A-Za-z0-9]{6,20}@db_[a-z0-9]{6}\\.db\\.stripe\\.com",
        ]
        .prop_map(String::into_bytes)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn an_excerpt_without_candidates_is_that_of_a_text_without_any(
            base in proptest::collection::vec(prop_oneof![6 => "[a-z ./]{0,200}".prop_map(String::into_bytes), 1 => piece()], 1..12),
            delta in delta(),
        ) {
            let base = base.concat();
            let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
            let (old, Delta { bytes, instructions, .. }) = (known(&engine, &base), delta.build(&base));
            prop_assume!(old.found.is_empty());
            let whole = known(&engine, &bytes).found;
            let mut excerpt = DeltaExcerpt::default();
            let unbuilt = DeltaOnly { base: &base, instructions: &instructions, size: bytes.len() };
            if excerpt.has_nothing_new(&engine, &old, &unbuilt) {
                prop_assert!(whole.is_empty());
                prop_assert_eq!(&excerpt.head[..], &bytes[..bytes.len().min(HEAD)]);
                prop_assert!(bytes.ends_with(&excerpt.part[excerpt.part.len().saturating_sub(KEEP)..]));
            } else {
                prop_assert!(!whole.is_empty());
            }
        }

        #[test]
        fn an_excerpt_with_nothing_new_is_that_of_a_text_without_hits(base in proptest::collection::vec(near(), 1..16), delta in delta_with(near())) {
            let base = base.concat();
            let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
            let (old, Delta { bytes, instructions, .. }) = (known(&engine, &base), delta.build(&base));
            prop_assume!(hits(&engine, &base) == 0);
            let mut excerpt = DeltaExcerpt::default();
            let unbuilt = DeltaOnly { base: &base, instructions: &instructions, size: bytes.len() };
            if excerpt.has_nothing_new(&engine, &old, &unbuilt) {
                prop_assert_eq!(hits(&engine, &bytes), 0);
                prop_assert!(old.mentions_stripe || !known(&engine, &bytes).mentions_stripe);
            } else if old.found.iter().all(|candidate| engine.is_stripe(candidate.anchor)) {
                prop_assert!(!known(&engine, &bytes).found.is_empty());
            }
        }
    }

    #[test]
    fn a_malformed_delta_is_not_filtered() {
        let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
        let is_filtered = |instructions: &[u8], size| {
            DeltaExcerpt::default().has_nothing_new(
                &engine,
                &BaseState::default(),
                &DeltaOnly { base: b"0123456789", instructions, size },
            )
        };
        assert!(is_filtered(&[0x90, 5, 1, b'a'], 6));
        assert!(!is_filtered(&[0x90, 5, 1, b'a'], 7));
        assert!(!is_filtered(&[0x90, 50], 50));
        assert!(!is_filtered(&[5, b'a'], 5));
        assert!(!is_filtered(b"\x06stripe", 6));
    }
}
