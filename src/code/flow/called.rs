//! A call whose parts are evaluated.

use super::super::model::{Code, NodeId};
use super::value::{Traits, Value};

/// A call with its evaluated parts.
pub(super) struct Called<'c> {
    pub(super) code: &'c Code,
    pub(super) node: NodeId,
    /// Dotted path of what is called.
    pub(super) dotted: String,
    pub(super) object: Value,
    pub(super) arguments: Vec<Value>,
}

/// Returns the traits of all values.
pub(super) fn together(values: &[Value]) -> Traits {
    values.iter().fold(Traits::default(), |all, value| all.with(value.traits))
}

/// Returns the last name of a dotted path.
pub(super) fn last(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted)
}
