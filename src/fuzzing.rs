//! Entry points of the fuzz targets, by room.

pub use crate::action::fuzzing as action;
pub use crate::fleet::fuzzing as fleet;
pub use crate::git::fuzzing as git;
pub use crate::owners::fuzzing as owners;
pub use crate::policy::fuzzing as policy;
pub use crate::scan::fuzzing as scan;
pub use crate::source::fuzzing as source;
