//! Where to look closer in a text that was made from another: what the copies carry over, and a search of the rest.
//!
//! The result is, pivot for pivot, what a search of the whole text gives. What a search reports at an offset depends on
//! no more than the longest pivot's length from there, and a long run on its own characters up to a delimiter on either
//! side; so a pivot whose bytes came over in one copy came over, and everything at a seam or in an insertion is
//! searched again.

use std::ops::Range;

use crate::detect::{
    Engine, decode,
    prefilter::{Found, Prefilter},
};
use crate::git::walk::Copied;
use crate::model::limits::{CONTEXT, MAX_BODY, REACH};

/// Stretches to be searched that are nearer to each other than this are searched as one: starting a search costs about
/// as much as this many bytes.
const JOIN: usize = 96;

/// How far a judgement looks from the word `stripe`: twice as far as a key may be from it, since what is near the key
/// counts too.
pub(super) const NEAR_STRIPE: usize = 2 * (CONTEXT + MAX_BODY) + 64;

/// Whether all that a pivot's judgement looks at lies within a copy, so that the verdict came over as well.
pub(super) fn is_deep(engine: &Engine, pivot: &Found, copy: &Range<usize>) -> bool {
    let reach = if engine.is_stripe(pivot.pivot) { NEAR_STRIPE } else { REACH };
    let is_run = pivot.pivot == engine.prefilter().long_run();
    !is_run && pivot.at >= copy.start + reach && pivot.at + reach <= copy.end
}

/// The pivots that are to be judged, given that all of the base's were judged to be nothing.
pub(super) fn unsettled(engine: &Engine, copies: &[Copied], found: &[Found]) -> Vec<Found> {
    let mut copies = copies.iter().peekable();
    let is_unsettled = |pivot: &&Found| {
        while copies.next_if(|copy| copy.to + copy.len <= pivot.at).is_some() {}
        !copies.peek().is_some_and(|copy| is_deep(engine, pivot, &(copy.to..copy.to + copy.len)))
    };
    found.iter().filter(is_unsettled).copied().collect()
}

/// Adds to `found` what [`Prefilter::find`] would find in `bytes`, of which `copies` came from a text where it found `known`.
pub(super) fn find(prefilter: &Prefilter, known: &[Found], copies: &[Copied], bytes: &[u8], found: &mut Vec<Found>) {
    let first = found.len();
    let (behind, before) = prefilter.reach();
    let mut seams = Seams { prefilter, bytes, found, before, stretch: 0..0, gaps: 0..0, run_end: 0 };
    let (mut at, mut clean_from) = (0, 0);
    for copy in copies {
        seams.gap(at..copy.to, clean_from);
        at = copy.to + copy.len;
        // Pivots that begin before this came over whole.
        clean_from = copy.to + (copy.len + 1).saturating_sub(behind);
    }
    seams.gap(at..bytes.len(), clean_from);
    seams.search();
    if !known.is_empty() {
        inherit(prefilter, known, copies, bytes, found);
    }
    if found.len() > first + 1 {
        found[first..].sort_unstable_by_key(|pivot| (pivot.at, pivot.pivot));
        found.dedup();
    }
}

/// What is not copied, and what a copy cannot carry over because it reaches past its end.
struct Seams<'a> {
    prefilter: &'a Prefilter,
    bytes: &'a [u8],
    found: &'a mut Vec<Found>,
    /// How far behind a gap a pivot may begin that depends on it.
    before: usize,
    /// Offsets at which a pivot may begin that were not searched yet.
    stretch: Range<usize>,
    /// From the first to the last gap in it.
    gaps: Range<usize>,
    /// Long runs were looked for up to here.
    run_end: usize,
}

impl Seams<'_> {
    /// Adds what lies between two copies. Pivots from `clean_from` on may reach into it.
    #[inline]
    fn gap(&mut self, gap: Range<usize>, clean_from: usize) {
        if clean_from > self.stretch.end + JOIN {
            self.search();
            self.stretch.start = clean_from;
            self.gaps.start = gap.start;
        }
        self.stretch.end = self.bytes.len().min(gap.end + self.before);
        self.gaps.end = gap.end;
    }

    /// Searches the stretch.
    fn search(&mut self) {
        self.prefilter.find_pivots(self.bytes, self.stretch.clone(), self.found);
        if self.prefilter.has_runs() {
            self.runs();
        }
    }

    /// Looks for long runs that touch the gaps. Where there may be one, the run around is searched, each once.
    fn runs(&mut self) {
        let mut from = self.run_end;
        while let Some(part) = decode::blind::next_run_touching(self.bytes, &self.gaps, from) {
            let run = digits_before(self.bytes, part.start, self.run_end)..digits_after(self.bytes, part.start);
            self.run_end = run.end;
            from = run.end.max(part.end);
            push_runs(self.prefilter, self.bytes, run, self.found);
        }
    }
}

/// Adds the pivots that the copies carry over.
fn inherit(prefilter: &Prefilter, known: &[Found], copies: &[Copied], bytes: &[u8], found: &mut Vec<Found>) {
    let (behind, before) = prefilter.reach();
    let mut run = Run::default();
    let mut from = 0;
    for copy in copies {
        // Mostly a copy goes on behind the one before it.
        if from > 0 && known[from - 1].at >= copy.from || known.get(from).is_some_and(|pivot| pivot.at < copy.from) {
            from = known.partition_point(|pivot| pivot.at < copy.from);
        }
        for pivot in known[from..].iter().take_while(|pivot| pivot.at < copy.from + copy.len) {
            from += 1;
            let at = pivot.at - copy.from + copy.to;
            if pivot.pivot == prefilter.long_run() {
                if run.carries(bytes, at, &(copy.to..copy.to + copy.len)) {
                    found.push(Found { at, pivot: pivot.pivot });
                } else if !run.is_searched {
                    run.is_searched = true;
                    push_runs(prefilter, bytes, run.range.clone(), found);
                }
            // What is not so deep inside was found at the seam.
            } else if at >= copy.to + before && at + behind <= copy.to + copy.len {
                found.push(Found { at, pivot: pivot.pivot });
            }
        }
    }
}

/// The run that a known long run is a part of.
#[derive(Default)]
struct Run {
    range: Range<usize>,
    /// Whether it touches no seam.
    is_whole: bool,
    is_searched: bool,
}

impl Run {
    /// Whether what is known of a place still holds there: not in a run that touches the end of its copy, which is not
    /// the run that it was.
    fn carries(&mut self, bytes: &[u8], at: usize, copy: &Range<usize>) -> bool {
        if !self.range.contains(&at) {
            let range = digits_before(bytes, at, self.range.end)..digits_after(bytes, at);
            *self = Self { is_whole: copy.start < range.start && range.end < copy.end, is_searched: false, range };
        }
        self.is_whole
    }
}

fn push_runs(prefilter: &Prefilter, bytes: &[u8], run: Range<usize>, found: &mut Vec<Found>) {
    let start = run.start;
    decode::blind::blind_runs(&bytes[run], &mut |at| found.push(Found { at: start + at, pivot: prefilter.long_run() }));
}

/// Where the run that goes on before `at` begins, not before `low`.
fn digits_before(bytes: &[u8], at: usize, low: usize) -> usize {
    at - bytes[low..at].iter().rev().take_while(|byte| decode::blind::is_run_digit(**byte)).count()
}

/// Where the run that goes on at `at` ends.
fn digits_after(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| decode::blind::is_run_digit(**byte)).count()
}

#[cfg(test)]
pub(super) mod testing {
    //! Deltas against any base, with bait in them.

    use super::*;
    use crate::detect::decode::ANCHORS;
    use proptest::prelude::*;

    pub(in super::super) fn piece() -> impl Strategy<Value = Vec<u8>> {
        let bait: Vec<Vec<u8>> = ANCHORS.iter().map(|pivot| pivot.text.to_vec()).collect();
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

    /// What the steps make of a base.
    #[derive(Debug, Default)]
    pub(in super::super) struct Delta {
        pub(in super::super) bytes: Vec<u8>,
        pub(in super::super) copies: Vec<Copied>,
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
                            delta.copies.push(Copied { from: range.start, to: delta.bytes.len(), len: range.len() });
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
            whole.sort_unstable_by_key(|pivot| (pivot.at, pivot.pivot));
            find(prefilter, &known, &copies, &bytes, &mut inherited);
            prop_assert_eq!(inherited, whole);
        }
    }
}
