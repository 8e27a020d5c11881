//! Finds the candidates of a text that a delta makes: those that copies carry over from the delta base, and those that a
//! search of the edited ranges finds.
//!
//! The result is exactly what a search of the whole text gives. A hit of the searcher depends on no more bytes than the
//! longest anchor has, and a long run on its own characters up to a delimiter on either side. So a candidate whose bytes
//! lie in one copy is carried over, and everything at the edge of a copy or in an insertion is searched again.

use std::ops::Range;

use crate::detect::{
    Engine, decode,
    prefilter::{Candidate, Prefilter},
};
use crate::git::walk::CopiedRange;
use crate::model::limits::{CONTEXT, MAX_BODY, REACH};

/// Ranges that are nearer to each other than this are searched as one: starting a search costs about as much as this many
/// bytes.
const JOIN: usize = 96;

/// Reach of a judgement from the word `stripe`: twice the distance that a key may have from it, since the context of the
/// key counts too.
pub(super) const NEAR_STRIPE: usize = 2 * (CONTEXT + MAX_BODY) + 64;

/// The candidates of a text, remembered for the deltas on it.
#[derive(Debug, Default)]
pub(super) struct BaseState {
    pub(super) found: Vec<Candidate>,
    /// All candidates were judged and rejected.
    pub(super) is_nothing: bool,
    /// One of them is the word `stripe`.
    pub(super) mentions_stripe: bool,
}

/// Returns true if everything that the judgement of a candidate reads lies within `copy`, so that the verdict still holds.
pub(super) fn is_deep(engine: &Engine, candidate: &Candidate, copy: &Range<usize>) -> bool {
    let reach = if engine.is_stripe(candidate.anchor) { NEAR_STRIPE } else { REACH };
    let is_run = candidate.anchor == engine.prefilter().long_run();
    !is_run && candidate.at >= copy.start + reach && candidate.at + reach <= copy.end
}

/// Returns the candidates to judge, given that all candidates of the delta base were rejected.
pub(super) fn changed_candidates(engine: &Engine, copies: &[CopiedRange], found: &[Candidate]) -> Vec<Candidate> {
    let mut copies = copies.iter().peekable();
    let is_changed = |candidate: &&Candidate| {
        while copies.next_if(|copy| copy.to + copy.len <= candidate.at).is_some() {}
        !copies.peek().is_some_and(|copy| is_deep(engine, candidate, &(copy.to..copy.to + copy.len)))
    };
    found.iter().filter(is_changed).copied().collect()
}

/// Adds to `found` what [`Prefilter::find`] finds in `bytes`. `copies` come from a base whose candidates are `known`.
pub(super) fn find(
    prefilter: &Prefilter,
    known: &[Candidate],
    copies: &[CopiedRange],
    bytes: &[u8],
    found: &mut Vec<Candidate>,
) {
    let first = found.len();
    let (behind, before) = prefilter.reach();
    let mut edited = EditedRanges { prefilter, bytes, found, before, range: 0..0, edits: 0..0, run_end: 0 };
    let (mut at, mut clean_from) = (0, 0);
    for copy in copies {
        edited.add_edit(at..copy.to, clean_from);
        at = copy.to + copy.len;
        // Candidates that begin before this lie in the copy.
        clean_from = copy.to + (copy.len + 1).saturating_sub(behind);
    }
    edited.add_edit(at..bytes.len(), clean_from);
    edited.search();
    if !known.is_empty() {
        carry_over(prefilter, known, copies, bytes, found);
    }
    if found.len() > first + 1 {
        found[first..].sort_unstable_by_key(|candidate| (candidate.at, candidate.anchor));
        found.dedup();
    }
}

/// Searches the bytes that are not copied, and as much of the copies beside them as a candidate can reach into.
struct EditedRanges<'a> {
    prefilter: &'a Prefilter,
    bytes: &'a [u8],
    found: &'a mut Vec<Candidate>,
    /// Distance from the end of an edit at which a candidate may begin that depends on it.
    before: usize,
    /// Offsets at which a candidate may begin that were not searched yet.
    range: Range<usize>,
    /// From the first to the last edit in it.
    edits: Range<usize>,
    /// Long runs were searched up to here.
    run_end: usize,
}

impl EditedRanges<'_> {
    /// Adds the bytes between two copies. Candidates from `clean_from` on may reach into them.
    #[inline]
    fn add_edit(&mut self, edit: Range<usize>, clean_from: usize) {
        if clean_from > self.range.end + JOIN {
            self.search();
            self.range.start = clean_from;
            self.edits.start = edit.start;
        }
        self.range.end = self.bytes.len().min(edit.end + self.before);
        self.edits.end = edit.end;
    }

    fn search(&mut self) {
        self.prefilter.find_anchors(self.bytes, self.range.clone(), self.found);
        if self.prefilter.has_runs() {
            self.search_runs();
        }
    }

    /// Searches each long run that touches the edits once.
    fn search_runs(&mut self) {
        let mut from = self.run_end;
        while let Some(part) = decode::blind::next_run_touching(self.bytes, &self.edits, from) {
            let run = digits_before(self.bytes, part.start, self.run_end)..digits_after(self.bytes, part.start);
            self.run_end = run.end;
            from = run.end.max(part.end);
            push_runs(self.prefilter, self.bytes, run, self.found);
        }
    }
}

/// Adds the candidates that the copies carry over.
fn carry_over(
    prefilter: &Prefilter,
    known: &[Candidate],
    copies: &[CopiedRange],
    bytes: &[u8],
    found: &mut Vec<Candidate>,
) {
    let (behind, before) = prefilter.reach();
    let mut run = CopiedRun::default();
    let mut from = 0;
    for copy in copies {
        // Most copies follow the one before them in the base.
        if from > 0 && known[from - 1].at >= copy.from || known.get(from).is_some_and(|known| known.at < copy.from) {
            from = known.partition_point(|known| known.at < copy.from);
        }
        for candidate in known[from..].iter().take_while(|known| known.at < copy.from + copy.len) {
            from += 1;
            let at = candidate.at - copy.from + copy.to;
            if candidate.anchor == prefilter.long_run() {
                if run.is_intact(bytes, at, &(copy.to..copy.to + copy.len)) {
                    found.push(Candidate { at, anchor: candidate.anchor });
                } else if !run.is_searched {
                    run.is_searched = true;
                    push_runs(prefilter, bytes, run.range.clone(), found);
                }
            // Nearer to the edge of the copy, the search of the edited ranges found it.
            } else if at >= copy.to + before && at + behind <= copy.to + copy.len {
                found.push(Candidate { at, anchor: candidate.anchor });
            }
        }
    }
}

/// The run that holds a known long run.
#[derive(Default)]
struct CopiedRun {
    range: Range<usize>,
    is_intact: bool,
    is_searched: bool,
}

impl CopiedRun {
    /// Returns true if the run around `at` lies strictly inside the copied range; otherwise it may have grown or shrunk.
    fn is_intact(&mut self, bytes: &[u8], at: usize, copy: &Range<usize>) -> bool {
        if !self.range.contains(&at) {
            let range = digits_before(bytes, at, self.range.end)..digits_after(bytes, at);
            *self = Self { is_intact: copy.start < range.start && range.end < copy.end, is_searched: false, range };
        }
        self.is_intact
    }
}

fn push_runs(prefilter: &Prefilter, bytes: &[u8], run: Range<usize>, found: &mut Vec<Candidate>) {
    let start = run.start;
    decode::blind::blind_runs(&bytes[run], &mut |at| {
        found.push(Candidate { at: start + at, anchor: prefilter.long_run() })
    });
}

/// Returns the start of the run that ends at `at`, at least `low`.
fn digits_before(bytes: &[u8], at: usize, low: usize) -> usize {
    at - bytes[low..at].iter().rev().take_while(|byte| decode::blind::is_run_digit(**byte)).count()
}

/// Returns the end of the run that starts at `at`.
fn digits_after(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| decode::blind::is_run_digit(**byte)).count()
}

#[cfg(test)]
pub(super) mod testing {
    //! Arbitrary deltas on arbitrary bases, with anchors in them.

    use super::*;
    use crate::detect::decode::ANCHORS;
    use proptest::prelude::*;

    pub(in super::super) fn piece() -> impl Strategy<Value = Vec<u8>> {
        let bait: Vec<Vec<u8>> = ANCHORS.iter().map(|anchor| anchor.text.to_vec()).collect();
        prop_oneof![
            4 => proptest::sample::select(bait),
            2 => "[a-z_ .\n'=,+]{0,9}".prop_map(String::into_bytes),
            1 => "[A-Za-z0-9+/]{40,90}".prop_map(String::into_bytes),
            1 => "(c2[a-z]){20,30}".prop_map(String::into_bytes),
            1 => "(c2tf[A-Za-z0-9]{4}){12,20}".prop_map(String::into_bytes),
            1 => "(6[0-9a-f] ){20,30}".prop_map(String::into_bytes),
            1 => "(7[0-9a-f]){30,45}".prop_map(String::into_bytes),
            1 => "(eJw|H4sI|[ ,]H4sI)[A-Za-z0-9]{40,60}".prop_map(String::into_bytes),
        ]
    }

    #[derive(Debug, Clone)]
    enum Step {
        Copy(proptest::sample::Index, proptest::sample::Index),
        Insert(Vec<u8>),
    }

    #[derive(Debug, Clone)]
    pub(in super::super) struct Steps(Vec<Step>);

    /// The result of the steps on a base.
    #[derive(Debug, Default)]
    pub(in super::super) struct Delta {
        pub(in super::super) bytes: Vec<u8>,
        pub(in super::super) copies: Vec<CopiedRange>,
        pub(in super::super) instructions: Vec<u8>,
    }

    pub(in super::super) fn delta() -> impl Strategy<Value = Steps> {
        delta_with(prop_oneof![piece(), "[a-z ]{1,60}".prop_map(String::into_bytes)])
    }

    pub(in super::super) fn delta_with(insert: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Steps> {
        let step = prop_oneof![
            2 => any::<(proptest::sample::Index, proptest::sample::Index)>().prop_map(|(a, b)| Step::Copy(a, b)),
            1 => insert.prop_map(Step::Insert),
        ];
        proptest::collection::vec(step, 0..8).prop_map(Steps)
    }

    impl Steps {
        pub(in super::super) fn build(self, base: &[u8]) -> Delta {
            let mut delta = Delta::default();
            for step in self.0 {
                match step {
                    Step::Insert(piece) if !piece.is_empty() => {
                        for part in piece.chunks(127) {
                            delta.instructions.push(u8::try_from(part.len()).unwrap());
                            delta.instructions.extend(part);
                        }
                        delta.bytes.extend(piece);
                    }
                    Step::Insert(_) => {}
                    Step::Copy(a, b) => {
                        let (a, b) = (a.index(base.len() + 1), b.index(base.len() + 1));
                        let range = a.min(b)..a.max(b);
                        if !range.is_empty() {
                            delta.copies.push(CopiedRange {
                                from: range.start,
                                to: delta.bytes.len(),
                                len: range.len(),
                            });
                            delta.instructions.push(0xff);
                            delta.instructions.extend(&u32::try_from(range.start).unwrap().to_le_bytes());
                            delta.instructions.extend(&u32::try_from(range.len()).unwrap().to_le_bytes()[..3]);
                            delta.bytes.extend(&base[range]);
                        }
                    }
                }
            }
            delta
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Delta, delta, piece};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn inheriting_equals_searching(base in proptest::collection::vec(piece(), 1..40), delta in delta()) {
            let base = base.concat();
            let engine = Engine::new(crate::rules::load::load(true, &[]).unwrap()).unwrap();
            let prefilter = engine.prefilter();
            let Delta { bytes, copies, .. } = delta.build(&base);
            let (mut known, mut whole, mut inherited) = (Vec::new(), Vec::new(), Vec::new());
            prefilter.find(&base, &mut known);
            prefilter.find(&bytes, &mut whole);
            whole.sort_unstable_by_key(|candidate| (candidate.at, candidate.anchor));
            find(prefilter, &known, &copies, &bytes, &mut inherited);
            prop_assert_eq!(inherited, whole);
        }
    }
}
