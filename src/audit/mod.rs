//! What several reports say together: merged into one, or compared with each other.

mod diff;
mod load;
mod merge;
mod paths;

pub use diff::compare;
pub use load::{LoadError, MAX_SAVED_REPORT, SavedReport};
pub use merge::{MergeError, Merger};
pub(crate) use paths::{below, common};
