//! Merges several reports into one, and compares a report with an earlier one.

mod diff;
mod load;
mod merge;
mod paths;

pub use diff::compare;
pub use load::{LoadError, MAX_SAVED_REPORT, SavedReport};
pub use merge::{MergeError, Merger};
pub(crate) use paths::{below, common};
