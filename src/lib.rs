//! pinstripe finds every Stripe credential in the places where files and git can hide one, says what it is and how
//! exposed it is.
//!
//! ```text
//! Plan → source → engine → Sighting → assemble → Finding → Report → format
//! ```
//!
//! Two rules shape everything. The matcher ([`engine`]) never sees a path: bytes in, hits out. The report ([`report`]) is
//! a value: formats, baselines and exit codes are functions of it.

pub mod assemble;
pub(crate) mod attribute;
pub mod cli;
pub mod context;
pub mod coverage;
pub mod decode;
pub mod engine;
pub mod escape;
pub mod finding;
pub mod git;
pub mod key;
pub mod limits;
pub mod lints;
pub mod pipeline;
pub mod plan;
pub mod policy;
pub mod report;
pub mod rules;
pub mod secret;
pub mod site;
pub mod source;
pub mod unpack;
