//! The paths of one object, the most exposed kept and the others counted.

use std::collections::HashSet;

use super::{PathState, flags};
use crate::model::limits::MAX_PLACES_PER_BLOB;
use crate::source::place_budget::PlaceBudget;

/// Most paths of one object, and of all, that are told apart beyond those that are kept. Others are counted each time they
/// come up.
const MAX_LEFT_OUT: usize = 64 << 10;
const MAX_LEFT_OUT_OF_ALL: usize = 1 << 20;

/// The paths of a blob or tree. Of too many, those in HEAD or the index are kept, then those that sort first; the others
/// are counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectPaths {
    /// In order, at most [`MAX_PLACES_PER_BLOB`] of a directory.
    pub(crate) kept: Vec<(Vec<u8>, PathState)>,
    /// Hashes of others: the same path comes up again in every version of a tree.
    left_out: HashSet<u64>,
    /// Number of those that are not among the hashes, or no longer.
    counted: u32,
}

/// Places of blobs that may still be kept, and hashes of others.
pub(super) struct SparePlaces {
    budget: PlaceBudget,
    pub(super) left_out: usize,
}

impl Default for SparePlaces {
    fn default() -> Self {
        Self { budget: PlaceBudget::default(), left_out: MAX_LEFT_OUT_OF_ALL }
    }
}

impl ObjectPaths {
    /// Adds a path of a blob with so many `hits`, or of a directory.
    pub(super) fn add(&mut self, path: Vec<u8>, known: PathState, hits: Option<usize>, spare: &mut SparePlaces) {
        if !self.left_out.is_empty() {
            self.left_out.remove(&hash(EMPTY, &path));
        }
        let mut is_over = false;
        let at = match self.kept.binary_search_by(|kept| kept.0.cmp(&path)) {
            Ok(at) => at,
            Err(at) => {
                self.kept.insert(at, (path, PathState::default()));
                let before = self.kept.len() - 1;
                is_over = !hits.map_or(before < MAX_PLACES_PER_BLOB, |hits| spare.budget.take(before, hits));
                at
            }
        };
        let entry = &mut self.kept[at].1;
        entry.flags |= known.flags;
        entry.first = match (entry.first, known.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if is_over {
            let last = self.kept.iter().rposition(|(_, known)| known.flags & (flags::HEAD | flags::INDEX) == 0);
            let (path, _) = self.kept.remove(last.unwrap_or(self.kept.len() - 1));
            self.leave_out(hash(EMPTY, &path), &mut spare.left_out);
        }
    }

    fn leave_out(&mut self, path: u64, limit: &mut usize) {
        if *limit == 0 || self.left_out.len() >= MAX_LEFT_OUT {
            self.counted = self.counted.saturating_add(u32::from(!self.left_out.contains(&path)));
        } else if self.left_out.insert(path) {
            *limit -= 1;
        }
    }

    /// Leaves out the paths of an entry in a directory that was left out at `directory`.
    pub(super) fn leave_out_below(&mut self, directory: &LeftOut, name: &[u8], limit: &mut usize) {
        self.counted = self.counted.saturating_add(directory.counted);
        if *limit == 0 {
            self.counted = self.counted.saturating_add(directory.number());
        } else {
            let paths = directory.paths.iter().map(|path| hash(hash(*path, b"/"), name));
            paths.for_each(|path| self.leave_out(path, limit));
        }
    }

    /// Adds a path of the index, unless it was left out before: what reaches it is not known then.
    pub(super) fn add_staged(&mut self, path: &[u8], hits: Option<usize>, spare: &mut SparePlaces) {
        if !self.left_out.contains(&hash(EMPTY, path)) {
            self.add(path.to_vec(), PathState { flags: flags::INDEX, first: None }, hits, spare);
        }
    }

    /// The paths that are kept, and the number of the others.
    pub(crate) fn of(kept: Vec<(Vec<u8>, PathState)>, more: u32) -> Self {
        Self { kept, left_out: HashSet::new(), counted: more }
    }

    /// Counts the paths beyond those that are kept.
    pub(crate) fn more(&self) -> u64 {
        self.left_out.len() as u64 + u64::from(self.counted)
    }

    pub(super) fn hand_over(&mut self) -> LeftOut {
        let handed = LeftOut { paths: std::mem::take(&mut self.left_out), counted: self.counted };
        self.counted = self.counted.saturating_add(handed.number());
        handed
    }
}

/// The paths of a directory that are not kept.
pub(super) struct LeftOut {
    paths: HashSet<u64>,
    counted: u32,
}

impl LeftOut {
    /// Returns the number of paths that are told apart.
    fn number(&self) -> u32 {
        u32::try_from(self.paths.len()).unwrap_or(u32::MAX)
    }
}

/// The hash of no bytes.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, which can continue from the hash of a directory to that of a path in it.
fn hash(before: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(before, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
