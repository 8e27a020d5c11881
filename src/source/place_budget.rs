//! Bounds the places of blobs that stand at many paths: a stranger makes any number of paths of a few trees.

use crate::model::limits::MAX_PLACES_PER_BLOB;

/// Hits beyond the first place of each blob, few hits at few places not counted.
const MAX_REPEATED_HITS: usize = 4_000;

/// Hits of a blob that are kept at [`MAX_PLACES_PER_BLOB`] places whatever the budget.
const FREE_HITS: usize = 16;

/// Places that all blobs together may still have. Which of them are reported is decided once their status is known.
#[derive(Debug)]
pub(crate) struct PlaceBudget {
    hits: usize,
}

impl Default for PlaceBudget {
    fn default() -> Self {
        Self { hits: MAX_REPEATED_HITS }
    }
}

impl PlaceBudget {
    /// Returns true if a blob with so many hits may have one place more than it has.
    pub(crate) fn take(&mut self, places: usize, hits: usize) -> bool {
        let cost = match places {
            0 => 0,
            1..MAX_PLACES_PER_BLOB => hits.saturating_sub(FREE_HITS),
            _ => hits.max(1),
        };
        let left = self.hits.checked_sub(cost);
        self.hits = left.unwrap_or(self.hits);
        left.is_some()
    }
}
