//! A small, fast reader of git repositories that trusts nothing it reads.
//!
//! A history scan reads every object of a store, and no library does this fast enough: libgit2 hangs on a truncated
//! loose object and crashes on a bad index offset, and both libraries return objects one by one. So packs, loose
//! objects, refs and a few configuration keys are read here, every offset and length checked. Nothing here writes,
//! fetches, or runs a program that a repository names.

pub(crate) mod ancestry;
pub(crate) mod bit_set;
pub(crate) mod changes;
pub(crate) mod commit;
mod config;
pub(crate) mod disk;
mod env;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub(crate) mod git_cli;
pub(crate) mod hash;
mod head;
pub(crate) mod index;
pub(crate) mod inflate;
pub(crate) mod lfs;
mod loose;
pub(crate) mod mailmap;
pub(crate) mod mmap;
mod object;
mod odb;
mod oid;
pub(crate) mod pack;
pub(crate) mod refs;
mod reftable;
mod remote;
mod repo;
pub(crate) mod rev;
mod state;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tree;
pub(crate) mod tree_diff;
mod tree_graph;
pub(crate) mod tree_paths;
pub(crate) mod walk;

pub(crate) use commit::Commit;
pub(crate) use env::GitEnv;
pub(crate) use index::{Index, IndexError};
pub(crate) use object::{ObjectError, ObjectKind};
pub(crate) use odb::Odb;
pub(crate) use oid::ObjectFormat;
pub(crate) use oid::Oid;
pub(crate) use remote::remotes;
pub(crate) use repo::{OpenError, OpenOptions, Repository};
pub(crate) use state::{RepositoryState, pack_bytes};
pub(crate) use tree::TreeEntries;
