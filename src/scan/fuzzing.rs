//! Entry point of the fuzz targets to everything that is done with the files of a tree.

use crate::detect::Engine;
use crate::lints::LintSet;
use crate::model::Finding;

/// Returns the findings of files, each of which begins with a line `--- path`.
#[must_use]
pub fn findings(lints: &LintSet<'_>, engine: &Engine, files: &str) -> Vec<Finding> {
    super::prove::findings(lints, engine, files)
}
