//! Plans a scan for the event of a CI system: what to fetch, what to scan, and whose policy to obey.
//!
//! Nothing here reads a file or starts a program: the event and the inputs are values, the clone answers through
//! `LocalClone`, and the plan is a value. Every event ends in the range that it brought, or in a fallback that is never
//! clean: the files that are checked out, without any policy, counted as incomplete.

mod event;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod github;
mod gitlab;
mod inputs;
mod plan;
mod remote_name;

pub(crate) use event::{Event, Payload};
pub(crate) use inputs::Inputs;
pub(crate) use plan::{LocalClone, ScanStep, Step, plan};

#[cfg(test)]
mod tests;
