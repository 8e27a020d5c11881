//! Whether a text that nothing else is made from has anything to look at, told from its delta without building it.
//!
//! Most texts have nothing, and building them is most of the work. What the delta inserts is put together with enough of
//! the copies on either side; the middle of long copies is left out, since whatever is there was in the base.

use std::ops::Range;

use super::inherit::is_deep;
use crate::decode;
use crate::engine::Engine;
use crate::engine::prefilter::{Found, Prefilter};
use crate::git::walk::{Op, Ops, Unbuilt};

/// Bytes of a copy that are kept at a seam, which show every pivot and every long run across it: as many as the shortest
/// run has, and one unit.
const KEEP: usize = 80;

/// Bytes of the text's beginning that are kept, by which archives and wide text are known.
const HEAD: usize = 4 << 10;

/// A text without the middle of its long copies.
#[derive(Debug, Default)]
pub(super) struct Abridged {
    /// How the text begins.
    pub(super) head: Vec<u8>,
    /// The part behind the last long copy, with the end of that. How the text ends, when all of it was read.
    pub(super) part: Vec<u8>,
    /// Whether the part begins in the middle of a copy.
    is_cut: bool,
    found: Vec<Found>,
}

/// What a text is made from.
struct Base<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    /// Its pivots, all of which were judged to be nothing.
    known: &'a [Found],
}

impl Base<'_> {
    /// Whether what is nothing in the base is nothing in a copy of this range: all that its judgement saw came over.
    fn is_nothing(&self, copy: &Range<usize>) -> bool {
        let from = self.known.partition_point(|pivot| pivot.at < copy.start);
        let mut inside = self.known[from..].iter().take_while(|pivot| pivot.at < copy.end);
        inside.all(|pivot| is_deep(self.engine, pivot, copy))
    }
}

impl Abridged {
    /// Whether nothing is to be looked at in a text, given that there was nothing in its base, where these are the
    /// pivots. Not if its delta makes no sense.
    pub(super) fn is_dull(&mut self, engine: &Engine, known: &[Found], unbuilt: &Unbuilt<'_>) -> bool {
        self.head.clear();
        self.part.clear();
        self.is_cut = false;
        self.read(&Base { engine, bytes: unbuilt.base, known }, unbuilt) == Some(unbuilt.size)
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
                    self.add(bytes);
                    size += bytes.len();
                }
            }
        }
        self.copy(base, copy)?;
        self.search(base.engine.prefilter(), self.part.len())?;
        Some(size)
    }

    fn add(&mut self, bytes: &[u8]) {
        self.part.extend_from_slice(bytes);
        self.begin_with(bytes);
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
        if piece.len() <= 2 * KEEP {
            if !piece.is_empty() {
                self.add(piece);
            }
            return Some(());
        }
        if !base.known.is_empty() && !base.is_nothing(&copy) {
            return None;
        }
        let prefilter = base.engine.prefilter();
        self.begin_with(piece);
        let seam = self.part.len();
        self.part.extend_from_slice(&piece[..KEEP]);
        self.search(prefilter, seam + prefilter.reach().1)?;
        self.part.clear();
        self.is_cut = true;
        self.part.extend_from_slice(&piece[piece.len() - KEEP..]);
        Some(())
    }

    /// `None` if there is anything to look at in the part up to `end`. Pivots deeper in a copy, the base had as well.
    fn search(&mut self, prefilter: &Prefilter, end: usize) -> Option<()> {
        self.found.clear();
        let start = if self.is_cut { (KEEP + 1).saturating_sub(prefilter.reach().0) } else { 0 };
        prefilter.find_pivots(&self.part, start..end, &mut self.found);
        let mut is_dull = self.found.is_empty();
        let new = if self.is_cut { KEEP } else { 0 }..end;
        if is_dull && prefilter.has_runs() && decode::long_run_may_touch(&self.part, &new) {
            decode::long_runs(&self.part, &mut |_| is_dull = false);
        }
        is_dull.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::inherit::testing::{Delta, delta, piece};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn what_is_dull_has_nothing(
            base in proptest::collection::vec(prop_oneof![6 => "[a-z ./]{0,200}".prop_map(String::into_bytes), 1 => piece()], 1..12),
            delta in delta(),
        ) {
            let base = base.concat();
            let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
            let prefilter = engine.prefilter();
            let (mut known, mut whole) = (Vec::new(), Vec::new());
            prefilter.find(&base, &mut known);
            prop_assume!(known.is_empty());
            let Delta { bytes, instructions, .. } = delta.build(&base);
            prefilter.find(&bytes, &mut whole);
            let mut abridged = Abridged::default();
            let unbuilt = Unbuilt { base: &base, instructions: &instructions, size: bytes.len() };
            if abridged.is_dull(&engine, &known, &unbuilt) {
                prop_assert!(whole.is_empty());
                prop_assert_eq!(&abridged.head[..], &bytes[..bytes.len().min(HEAD)]);
                prop_assert!(bytes.ends_with(&abridged.part[abridged.part.len().saturating_sub(KEEP)..]));
            } else {
                prop_assert!(!whole.is_empty());
            }
        }
    }

    #[test]
    fn a_delta_that_makes_no_sense_is_not_dull() {
        let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
        let dull = |instructions: &[u8], size| {
            Abridged::default().is_dull(&engine, &[], &Unbuilt { base: b"0123456789", instructions, size })
        };
        assert!(dull(&[0x90, 5, 1, b'a'], 6));
        assert!(!dull(&[0x90, 5, 1, b'a'], 7));
        assert!(!dull(&[0x90, 50], 50));
        assert!(!dull(&[5, b'a'], 5));
        assert!(!dull(b"\x06stripe", 6));
    }
}
