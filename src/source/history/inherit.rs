//! Where to look closer in a text that was made from another: what the copies carry over, and a search of the rest.
//!
//! The result is, pivot for pivot, what a search of the whole text gives. What a search reports at an offset depends on
//! no more than the longest pivot's length from there, and a long run on its own characters up to a delimiter on either
//! side; so a pivot whose bytes came over in one copy came over, and everything at a seam or in an insertion is
//! searched again.

use std::ops::Range;

use crate::decode;
use crate::engine::prefilter::{Found, Prefilter};
use crate::git::walk::Copied;

/// Stretches to be searched that are nearer to each other than this are searched as one.
const JOIN: usize = 64;

/// Adds to `found` what [`Prefilter::find`] would find in `bytes`, of which `copies` came from a text where it found `known`.
pub(super) fn find(prefilter: &Prefilter, known: &[Found], copies: &[Copied], bytes: &[u8], found: &mut Vec<Found>) {
    let longest = prefilter.pivots().iter().map(Vec::len).max().unwrap_or(1);
    let dirty = dirty(copies, bytes.len(), longest);
    let runs = if prefilter.has_runs() { dirty_runs(copies, bytes) } else { Vec::new() };
    for range in &dirty {
        let end = (range.end + longest - 1).min(bytes.len());
        let first = found.len();
        prefilter.find_pivots(&bytes[range.start..end], found);
        let mut at = first;
        while let Some(pivot) = found.get_mut(at) {
            pivot.at += range.start;
            if pivot.at >= range.end {
                found.truncate(at);
            }
            at += 1;
        }
    }
    for range in &runs {
        decode::long_runs(&bytes[range.clone()], &mut |at| {
            found.push(Found { at: range.start + at, pivot: prefilter.long_run() });
        });
    }
    for copy in copies {
        let from = known.partition_point(|pivot| pivot.at < copy.from);
        for pivot in known[from..].iter().take_while(|pivot| pivot.at < copy.from + copy.len) {
            let at = pivot.at - copy.from + copy.to;
            let searched = if pivot.pivot == prefilter.long_run() { &runs } else { &dirty };
            if !contains(searched, at) {
                found.push(Found { at, pivot: pivot.pivot });
            }
        }
    }
    found.sort_unstable_by_key(|pivot| (pivot.at, pivot.pivot));
}

fn contains(ranges: &[Range<usize>], at: usize) -> bool {
    let after = ranges.partition_point(|range| range.end <= at);
    ranges.get(after).is_some_and(|range| range.start <= at)
}

/// The offsets at which a pivot may begin that no copy carries over whole.
fn dirty(copies: &[Copied], length: usize, longest: usize) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut clean_until = 0;
    for copy in copies {
        push(&mut ranges, clean_until..copy.to);
        clean_until = copy.to + (copy.len + 1).saturating_sub(longest);
    }
    push(&mut ranges, clean_until..length);
    ranges
}

fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if range.start <= last.end + JOIN => last.end = last.end.max(range.end),
        _ if range.is_empty() => {}
        _ => ranges.push(range),
    }
}

/// What lies around seams and insertions, up to the next delimiter of long runs on either side.
fn dirty_runs(copies: &[Copied], bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let seams = copies.iter().map(|copy| (copy.to, copy.to + copy.len)).chain([(bytes.len(), bytes.len())]);
    for (next, end) in seams {
        let mut start = at;
        let floor = ranges.last().map_or(0, |range| range.end);
        while start > floor && decode::is_run_digit(bytes[start - 1]) {
            start -= 1;
        }
        let mut stop = next;
        while stop < bytes.len() && decode::is_run_digit(bytes[stop]) {
            stop += 1;
        }
        match ranges.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(stop),
            _ if start < stop => ranges.push(start..stop),
            _ => {}
        }
        at = end;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::PIVOTS;
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let bait: Vec<Vec<u8>> = PIVOTS.iter().map(|pivot| pivot.text.to_vec()).collect();
        prop_oneof![
            4 => proptest::sample::select(bait),
            2 => "[a-z_ .\n]{0,9}".prop_map(String::into_bytes),
            1 => "[A-Za-z0-9+/]{40,90}".prop_map(String::into_bytes),
            1 => "(c2[a-z]){20,30}".prop_map(String::into_bytes),
            1 => "(c2tf[A-Za-z0-9]{4}){12,20}".prop_map(String::into_bytes),
            1 => "(6[0-9a-f] ){20,30}".prop_map(String::into_bytes),
            1 => "(7[0-9a-f]){30,45}".prop_map(String::into_bytes),
            1 => "(eJw|H4sI|[ ,]H4sI)[A-Za-z0-9]{40,60}".prop_map(String::into_bytes),
        ]
    }

    #[derive(Debug, Clone)]
    enum Op {
        Copy(proptest::sample::Index, proptest::sample::Index),
        Insert(Vec<u8>),
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            2 => any::<(proptest::sample::Index, proptest::sample::Index)>().prop_map(|(a, b)| Op::Copy(a, b)),
            1 => piece().prop_map(Op::Insert),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn inheriting_equals_searching(
            base in proptest::collection::vec(piece(), 1..40),
            ops in proptest::collection::vec(op(), 0..8),
        ) {
            let base = base.concat();
            let texts = PIVOTS.iter().map(|pivot| pivot.text.to_vec()).collect();
            let prefilter = Prefilter::new(texts, true).unwrap();
            let (mut bytes, mut copies) = (Vec::new(), Vec::new());
            for op in ops {
                match op {
                    Op::Insert(piece) => bytes.extend(piece),
                    Op::Copy(a, b) => {
                        let (a, b) = (a.index(base.len() + 1), b.index(base.len() + 1));
                        let range = a.min(b)..a.max(b);
                        if !range.is_empty() {
                            copies.push(Copied { from: range.start, to: bytes.len(), len: range.len() });
                            bytes.extend(&base[range]);
                        }
                    }
                }
            }
            let (mut known, mut whole, mut inherited) = (Vec::new(), Vec::new(), Vec::new());
            prefilter.find(&base, &mut known);
            prefilter.find(&bytes, &mut whole);
            whole.sort_unstable_by_key(|pivot| (pivot.at, pivot.pivot));
            find(&prefilter, &known, &copies, &bytes, &mut inherited);
            prop_assert_eq!(inherited, whole);
        }
    }
}
