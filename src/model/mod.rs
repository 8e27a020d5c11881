//! The vocabulary of a scan: findings and their places, severities, coverage, limits. Values only; nothing here reads or
//! judges.

pub(crate) mod columns;
pub mod coverage;
pub mod finding;
pub mod limits;
pub mod line_hash;
pub mod place;
pub(crate) mod snapshot;

pub use coverage::{Coverage, Reason, SkipClass, Skipped};
pub use finding::{
    CommitDate, Confidence, Context, Evidence, Exposure, Finding, Frame, Location, Origin, Reach, Severity, Status,
    Suppression,
};
pub use place::{PathText, Place, Sighting};
