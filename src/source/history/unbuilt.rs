//! Whether a text that nothing else is made from has anything to look at, told from its delta without building it.
//!
//! Most texts have nothing, and building them is most of the work. What the delta inserts is put together with enough of
//! the copies on either side; the middle of long copies is left out, since whatever is there was in the base.

use super::inherit::SIGN;
use crate::engine::prefilter::{Found, Prefilter};
use crate::git::walk::{Op, Ops, Unbuilt};

/// Bytes of a copy that are kept at a seam: more than the longest pivot and the shortest long run have.
const KEEP: usize = SIGN;

/// Bytes of the text's beginning that are kept, by which archives and wide text are known.
const HEAD: usize = 4 << 10;

/// A text without the middle of its long copies.
#[derive(Debug, Default)]
pub(super) struct Abridged {
    /// How the text begins.
    pub(super) head: Vec<u8>,
    /// The part behind the last long copy, with the end of that. How the text ends, when all of it was read.
    pub(super) part: Vec<u8>,
    found: Vec<Found>,
}

impl Abridged {
    /// Whether nothing is to be looked at in a text whose base has no pivot. Not if its delta makes no sense.
    pub(super) fn is_dull(&mut self, prefilter: &Prefilter, unbuilt: &Unbuilt<'_>) -> bool {
        self.head.clear();
        self.part.clear();
        self.read(prefilter, unbuilt) == Some(unbuilt.size)
    }

    /// The length of the text, if it is dull.
    fn read(&mut self, prefilter: &Prefilter, unbuilt: &Unbuilt<'_>) -> Option<usize> {
        let mut ops = Ops::new(unbuilt.instructions);
        let (mut size, mut copy) = (0, 0..0);
        while let Some(op) = ops.next().ok()? {
            match op {
                Op::Copy { from, len } if from == copy.end && !copy.is_empty() => {
                    copy.end += len;
                    size += len;
                }
                Op::Copy { from, len } => {
                    self.copy(prefilter, unbuilt.base.get(copy)?)?;
                    copy = from..from + len;
                    size += len;
                }
                Op::Insert(bytes) => {
                    self.copy(prefilter, unbuilt.base.get(std::mem::take(&mut copy))?)?;
                    self.add(bytes);
                    size += bytes.len();
                }
            }
        }
        self.copy(prefilter, unbuilt.base.get(copy)?)?;
        self.search(prefilter)?;
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

    fn copy(&mut self, prefilter: &Prefilter, piece: &[u8]) -> Option<()> {
        if piece.is_empty() {
            return Some(());
        }
        if piece.len() <= 2 * KEEP {
            self.add(piece);
            return Some(());
        }
        self.begin_with(piece);
        self.part.extend_from_slice(&piece[..KEEP]);
        self.search(prefilter)?;
        self.part.clear();
        self.part.extend_from_slice(&piece[piece.len() - KEEP..]);
        Some(())
    }

    /// `None` if there is anything to look at in the part.
    fn search(&mut self, prefilter: &Prefilter) -> Option<()> {
        self.found.clear();
        prefilter.find(&self.part, &mut self.found);
        self.found.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::inherit::testing::{Delta, delta, piece};
    use super::*;
    use crate::decode::PIVOTS;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn what_is_dull_has_nothing(
            base in proptest::collection::vec(prop_oneof![6 => "[a-z ./]{0,200}".prop_map(String::into_bytes), 1 => piece()], 1..12),
            delta in delta(),
        ) {
            let base = base.concat();
            let prefilter = Prefilter::new(PIVOTS.iter().map(|pivot| pivot.text.to_vec()).collect(), true).unwrap();
            let (mut known, mut whole) = (Vec::new(), Vec::new());
            prefilter.find(&base, &mut known);
            prop_assume!(known.is_empty());
            let Delta { bytes, instructions, .. } = delta.build(&base);
            prefilter.find(&bytes, &mut whole);
            let mut abridged = Abridged::default();
            let unbuilt = Unbuilt { base: &base, instructions: &instructions, size: bytes.len() };
            if abridged.is_dull(&prefilter, &unbuilt) {
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
        let prefilter = Prefilter::new(vec![b"pivot".to_vec()], true).unwrap();
        let dull = |instructions: &[u8], size| {
            Abridged::default().is_dull(&prefilter, &Unbuilt { base: b"0123456789", instructions, size })
        };
        assert!(dull(&[0x90, 5, 1, b'a'], 6));
        assert!(!dull(&[0x90, 5, 1, b'a'], 7));
        assert!(!dull(&[0x90, 50], 50));
        assert!(!dull(&[5, b'a'], 5));
        assert!(!dull(b"\x05pivot", 5));
    }
}
