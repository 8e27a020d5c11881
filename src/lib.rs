//! pinstripe finds every Stripe credential in the places where files and git can hide one, says what it is and how
//! exposed it is.
//!
//! The modules are rooms on floors; a room uses the floors below it.
//!
//! ```text
//! cli         arguments to a plan; hooks, baseline, manual
//! scan        a plan to a report: opens the target, runs the stages, groups hits
//! source      reads work tree, index, range, history, stdin · policy  what is allowed · report  formats · action  events of CI
//! lints       misuse: contexts, groups, program code
//! code        files to one model of code; follows values through it
//! detect      bytes to hits: anchors, candidates, classification, decoding, redaction
//! rules       rule files to rules
//! archive     containers to members
//! git         repositories to objects · owners  CODEOWNERS files to owners of paths · audit  several reports: merged, compared
//! fleet       many repositories to units of work; manifests of what was done
//! model       findings, locations, coverage, limits
//! credential  what a token says about itself
//! ```
//!
//! Two rules shape everything. The matcher ([`detect`]) never sees a path: bytes in, hits out. The report ([`report`]) is
//! a value: formats, baselines and exit codes are functions of it.

pub mod action;
pub mod archive;
pub mod audit;
pub mod cli;
mod code;
pub mod credential;
pub mod detect;
mod fleet;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod git;
pub mod lints;
pub mod model;
mod owners;
mod policy;
pub mod report;
pub mod rules;
mod scan;
mod source;
