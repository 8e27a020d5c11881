//! A small, fast reader of git repositories that trusts nothing it reads.
//!
//! Reading every object of a store quickly is what a history scan is, and no library at hand does it: libgit2 hangs
//! on a truncated loose object and crashes on a bad index offset, and both libraries hand out objects one by one.
//! So packs, loose objects, refs and the few configuration keys that matter are read here, every offset and length
//! checked against what is there. Nothing here writes, fetches, or runs a program that a repository names.

pub mod ancestry;
pub(crate) mod ask;
pub(crate) mod bits;
pub mod changes;
pub mod commit;
mod config;
pub(crate) mod disk;
mod env;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub(crate) mod hash;
pub mod index;
mod inflate;
mod loose;
pub(crate) mod map;
mod object;
mod odb;
mod oid;
pub(crate) mod pack;
pub mod refs;
mod repo;
pub mod rev;
#[cfg(test)]
pub(crate) mod testing;
pub mod tree;
pub(crate) mod tree_starts;
pub(crate) mod walk;

pub use ask::AskError;
pub use commit::Commit;
pub use disk::DiskError;
pub use env::GitEnv;
pub use index::{Index, IndexError};
pub use object::{Damage, Kind, ObjectError};
pub use odb::Odb;
pub use oid::{NotAnOid, ObjectFormat, Oid};
pub use repo::{OpenError, OpenOptions, RefStorage, Repository};
pub use tree::{MalformedTree, TreeEntries, TreeEntry};
