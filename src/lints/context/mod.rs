//! Context of a file: whether it ships, runs on a server, is a test or an example.
//!
//! [`path_purpose`] reads the path, [`directives`] the content, [`framework`] the nearest manifest; [`shipping`] says why
//! a file ships, and [`file_context`] combines them. Where they disagree, nothing is claimed.

mod directives;
pub(crate) mod file_context;
pub(crate) mod framework;
pub(crate) mod path_purpose;
mod shipping;
