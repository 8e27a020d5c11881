//! The values of a scan: findings and their locations, severities, coverage, limits and the report.

pub mod coverage;
pub mod diff;
pub mod escape;
pub mod exposure;
pub mod finding;
pub mod limits;
pub mod line_hash;
pub mod location;
pub mod report;
pub mod scan_location;
pub(crate) mod snapshot;
mod utf16_columns;

pub use coverage::{Coverage, CoverageReport, SkipClass, SkipReason, Skipped};
pub use diff::{DiffEntry, DiffKind, ReportDiff};
pub use exposure::{CommitDate, Exposure};
pub use finding::{Confidence, Evidence, Finding, Severity};
pub use location::{Context, Location, Origin, Reach, Snippet, Status, Suppression};
pub use report::{
    OwnersDialect, OwnersFile, PolicyOptions, Report, ReportThresholds, ReportedRepository, SCHEMA, ScanOptions,
    Target, TargetKind, Tool,
};
pub use scan_location::{PathText, ScanLocation};
