//! Sets of small numbers, one bit each, which keeps them in cache.

use std::ops::Range;

use rayon::prelude::*;

/// A set of numbers below a bound. Numbers beyond it are never in the set.
#[derive(Debug, Default)]
pub(crate) struct BitSet(Vec<u64>);

impl BitSet {
    /// Creates an empty set of numbers below `count`.
    pub(crate) fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// Evaluates `has` for each number below `count`, on all threads.
    pub(crate) fn of(count: usize, has: &(dyn Fn(u32) -> bool + Sync)) -> Self {
        let word = |at: usize| {
            let numbers = (at * 64..count.min(at * 64 + 64)).filter_map(|number| u32::try_from(number).ok());
            numbers.filter(|number| has(*number)).fold(0, |word, number| word | 1 << (number % 64))
        };
        Self((0..count.div_ceil(64)).into_par_iter().with_min_len(64).map(word).collect())
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Returns false if the number was in the set already, or is beyond the bound.
    pub(crate) fn add(&mut self, number: u32) -> bool {
        let is_new = !self.has(number);
        self.set(number, true);
        is_new && self.has(number)
    }

    pub(crate) fn set(&mut self, number: u32, value: bool) {
        if let Some(word) = self.0.get_mut(number as usize / 64) {
            let bit = 1 << (number % 64);
            *word = if value { *word | bit } else { *word & !bit };
        }
    }

    /// Iterates over the numbers in a range.
    pub(crate) fn iter(&self, range: Range<usize>) -> impl Iterator<Item = u32> + '_ {
        let words =
            (range.start / 64..range.end.div_ceil(64)).filter(|at| self.0.get(*at).is_some_and(|word| *word != 0));
        let numbers = words.flat_map(|at| at * 64..at * 64 + 64).filter(move |number| range.contains(number));
        numbers.filter_map(|number| u32::try_from(number).ok()).filter(|number| self.has(*number))
    }

    /// Removes what another set does not have.
    pub(crate) fn retain(&mut self, other: &Self) {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter_mut().zip(others).for_each(|(word, other)| *word &= other);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}
