//! The values of a scan: findings and their locations, severities, coverage, limits and the report.

pub mod coverage;
pub mod escape;
pub mod finding;
pub mod limits;
pub mod line_hash;
pub mod report;
pub mod scan_location;
pub(crate) mod snapshot;
mod utf16_columns;

pub use coverage::{Coverage, SkipClass, SkipReason, Skipped};
pub use finding::{
    CommitDate, Confidence, Context, Evidence, Exposure, Finding, Location, Origin, Reach, RepositoryExposure,
    Severity, Snippet, Status, Suppression,
};
pub use report::{CoverageReport, Report, ReportedRepository, SCHEMA, Target, TargetKind, Tool};
pub use scan_location::{PathText, ScanLocation};
