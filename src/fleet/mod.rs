//! Plans scans of many repositories: units of about equal weight, manifests of what was done of them, and lines for queries.
//!
//! Pure: names, bytes and texts in, values out. Plans and manifests lie on shared disks and are foreign input.

mod audit_lines;
mod digest;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod manifest;
mod name;
mod parts;
mod plan;

pub(crate) use audit_lines::{Known, lines};
pub(crate) use digest::Digest;
pub(crate) use manifest::{Failure, Lost, Manifest, RepositoryRecord};
pub(crate) use name::{Protocols, RepositoryName};
pub(crate) use parts::{places, unscanned};
pub(crate) use plan::{FleetPlan, PlannedRepository, Unit};

/// A plan, a manifest or a list of repositories that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FleetError(pub(crate) String);
