//! Whether a text that nothing else is made from has anything to look at, told from its delta without building it.
//!
//! Most texts have nothing, and building them is most of the work. What the delta inserts is put together with enough of
//! the copies on either side; the middle of long copies is left out, since whatever is there was in the base.

use std::ops::Range;

use super::blobs::Known;
use super::inherit::{NEAR_STRIPE, is_deep};
use crate::detect::{Budget, Engine, Window, decode, prefilter::Found};
use crate::git::walk::{Op, Ops, Unbuilt, append};

/// Bytes of a copy that are kept at a seam, which show every pivot and every long run across it: as many as the shortest
/// run has, and one unit.
const KEEP: usize = 80;

/// As many where the word `stripe` may be near: one that is so near to a seam that its judgement looks across, and all
/// that its judgement looks at.
const KEEP_NEAR: usize = 2 * NEAR_STRIPE;

/// Bytes of the text's beginning that are kept, by which archives and wide text are known.
const HEAD: usize = 4 << 10;

/// A text without the middle of its long copies.
#[derive(Debug, Default)]
pub(super) struct Abridged {
    /// How the text begins.
    pub(super) head: Vec<u8>,
    /// The part behind the last long copy, with the end of that. How the text ends, when all of it was read.
    pub(super) part: Vec<u8>,
    /// Bytes that the part begins with in the middle of a copy.
    cut: usize,
    found: Vec<Found>,
}

/// What a text is made from.
struct Base<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    /// Its pivots, all of which were judged to be nothing.
    known: &'a [Found],
    /// Bytes of a copy that are kept at a seam.
    keep: usize,
}

impl Base<'_> {
    /// Whether what is nothing in the base is nothing in a copy of this range, with all that its judgement saw, or is
    /// the word `stripe`, which is looked at where it is near a seam.
    fn is_nothing(&self, copy: &Range<usize>) -> bool {
        let from = self.known.partition_point(|pivot| pivot.at < copy.start);
        let mut inside = self.known[from..].iter().take_while(|pivot| pivot.at < copy.end);
        inside.all(|pivot| self.engine.is_stripe(pivot.pivot) || is_deep(self.engine, pivot, copy))
    }
}

impl Abridged {
    /// Whether nothing is to be looked at in a text, given that there was nothing in its base. Not if its delta makes
    /// no sense.
    pub(super) fn is_dull(&mut self, engine: &Engine, known: &Known, unbuilt: &Unbuilt<'_>) -> bool {
        self.head.clear();
        self.part.clear();
        self.cut = 0;
        let keep = if known.mentions { KEEP_NEAR } else { KEEP };
        self.read(&Base { engine, bytes: unbuilt.base, known: &known.found, keep }, unbuilt) == Some(unbuilt.size)
    }

    /// The length of the text, if it is dull.
    fn read(&mut self, base: &Base<'_>, unbuilt: &Unbuilt<'_>) -> Option<usize> {
        let mut ops = Ops::new(unbuilt.instructions);
        let (mut size, mut copy) = (0, 0..0);
        while let Some(op) = ops.next().ok()? {
            match op {
                Op::Copy { from, len } if from == copy.end && !copy.is_empty() => {
                    copy.end += len;
                    size += len;
                }
                Op::Copy { from, len } => {
                    self.copy(base, copy)?;
                    copy = from..from + len;
                    size += len;
                }
                Op::Insert(bytes) => {
                    self.copy(base, std::mem::take(&mut copy))?;
                    self.add(bytes, bytes.len());
                    size += bytes.len();
                }
            }
        }
        self.copy(base, copy)?;
        self.search(base, self.part.len())?;
        self.begin();
        Some(size)
    }

    /// Adds the first `len` bytes of a text.
    fn add(&mut self, text: &[u8], len: usize) {
        append(&mut self.part, text, len);
        if self.cut > 0 {
            self.begin_with(&text[..len]);
        }
    }

    /// Until anything is left out, the text begins as the part does.
    fn begin(&mut self) {
        if self.cut == 0 {
            self.head.extend_from_slice(&self.part[..self.part.len().min(HEAD)]);
        }
    }

    fn begin_with(&mut self, bytes: &[u8]) {
        let room = HEAD - self.head.len();
        if room > 0 {
            self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// `None` if there is anything to look at, or the copy makes no sense.
    fn copy(&mut self, base: &Base<'_>, copy: Range<usize>) -> Option<()> {
        let piece = base.bytes.get(copy.clone())?;
        if piece.len() <= 2 * base.keep {
            self.add(&base.bytes[copy.start..], piece.len());
            return Some(());
        }
        if !base.known.is_empty() && !base.is_nothing(&copy) {
            return None;
        }
        self.begin();
        self.begin_with(piece);
        let seam = self.part.len();
        self.part.extend_from_slice(&piece[..base.keep]);
        self.search(base, seam)?;
        self.part.clear();
        self.cut = base.keep;
        self.part.extend_from_slice(&piece[piece.len() - base.keep..]);
        Some(())
    }

    /// `None` if there is anything to look at in the part, which goes on from `seam` as the base does. Pivots deeper in a
    /// copy, the base had as well.
    fn search(&mut self, base: &Base<'_>, seam: usize) -> Option<()> {
        let prefilter = base.engine.prefilter();
        let (behind, before) = prefilter.reach();
        let new = self.cut.saturating_sub(behind.saturating_sub(1))..self.part.len().min(seam + before);
        self.found.clear();
        let searched = if base.keep > KEEP { 0..self.part.len() } else { new.clone() };
        prefilter.find_pivots(&self.part, searched, &mut self.found);
        let is_stripe = |pivot: &Found| base.engine.is_stripe(pivot.pivot) && base.keep > KEEP;
        if self.found.iter().any(|pivot| !is_stripe(pivot) && new.contains(&pivot.at)) {
            return None;
        }
        if prefilter.has_runs() && decode::blind::next_run_touching(&self.part, &(self.cut..seam), 0).is_some() {
            let mut is_dull = true;
            decode::blind::blind_runs(&self.part, &mut |_| is_dull = false);
            is_dull.then_some(())?;
        }
        // Further from the seams, nothing changed that a judgement looks at.
        let near = self.cut.saturating_sub(NEAR_STRIPE)..seam + NEAR_STRIPE;
        self.found.retain(|pivot| is_stripe(pivot) && near.contains(&pivot.at));
        let mut budget = Budget::new(self.part.len());
        let hits = base.engine.judge_within(&Window::whole(&self.part), &self.found, &mut budget);
        (hits.is_empty() && !budget.is_spent()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::inherit::testing::{Delta, delta, delta_with, piece};
    use super::*;
    use proptest::prelude::*;

    fn known(engine: &Engine, bytes: &[u8]) -> Known {
        let mut found = Vec::new();
        engine.prefilter().find(bytes, &mut found);
        let mentions = found.iter().any(|pivot| engine.is_stripe(pivot.pivot));
        Known { found, is_nothing: true, mentions }
    }

    fn hits(engine: &Engine, bytes: &[u8]) -> usize {
        engine.judge(&Window::whole(bytes), &known(engine, bytes).found).len()
    }

    /// What counts near the word `stripe` only, that word, and much in between.
    fn near() -> impl Strategy<Value = Vec<u8>> {
        let filling = ("[a-z ./]{1,20}", 1..120usize).prop_map(|(text, times)| text.repeat(times));
        prop_oneof![
            5 => filling,
            2 => Just("stripe".to_owned()),
            2 => "[ =\"][a-zA-Z0-9]{32}[ \"]",
            1 => "\"[a-zA-Z0-9]{10,25}",
            1 => "client_id=ca_[a-zA-Z0-9]{32}\n",
        ]
        .prop_map(String::into_bytes)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn what_is_dull_has_nothing(
            base in proptest::collection::vec(prop_oneof![6 => "[a-z ./]{0,200}".prop_map(String::into_bytes), 1 => piece()], 1..12),
            delta in delta(),
        ) {
            let base = base.concat();
            let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
            let (old, Delta { bytes, instructions, .. }) = (known(&engine, &base), delta.build(&base));
            prop_assume!(old.found.is_empty());
            let whole = known(&engine, &bytes).found;
            let mut abridged = Abridged::default();
            let unbuilt = Unbuilt { base: &base, instructions: &instructions, size: bytes.len() };
            if abridged.is_dull(&engine, &old, &unbuilt) {
                prop_assert!(whole.is_empty());
                prop_assert_eq!(&abridged.head[..], &bytes[..bytes.len().min(HEAD)]);
                prop_assert!(bytes.ends_with(&abridged.part[abridged.part.len().saturating_sub(KEEP)..]));
            } else {
                prop_assert!(!whole.is_empty());
            }
        }

        #[test]
        fn what_is_dull_near_stripe_is_nothing(base in proptest::collection::vec(near(), 1..16), delta in delta_with(near())) {
            let base = base.concat();
            let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
            let (old, Delta { bytes, instructions, .. }) = (known(&engine, &base), delta.build(&base));
            prop_assume!(hits(&engine, &base) == 0);
            let mut abridged = Abridged::default();
            let unbuilt = Unbuilt { base: &base, instructions: &instructions, size: bytes.len() };
            if abridged.is_dull(&engine, &old, &unbuilt) {
                prop_assert_eq!(hits(&engine, &bytes), 0);
                prop_assert!(old.mentions || !known(&engine, &bytes).mentions);
            } else if old.found.iter().all(|pivot| engine.is_stripe(pivot.pivot)) {
                prop_assert!(!known(&engine, &bytes).found.is_empty());
            }
        }
    }

    #[test]
    fn a_delta_that_makes_no_sense_is_not_dull() {
        let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
        let dull = |instructions: &[u8], size| {
            Abridged::default().is_dull(
                &engine,
                &Known::default(),
                &Unbuilt { base: b"0123456789", instructions, size },
            )
        };
        assert!(dull(&[0x90, 5, 1, b'a'], 6));
        assert!(!dull(&[0x90, 5, 1, b'a'], 7));
        assert!(!dull(&[0x90, 50], 50));
        assert!(!dull(&[5, b'a'], 5));
        assert!(!dull(b"\x06stripe", 6));
    }
}
