//! What several reports say together: merged into one, or compared with each other.

mod merge;
mod paths;

pub use merge::{MergeError, Merger};
pub(crate) use paths::{below, common};
