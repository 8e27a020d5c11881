//! The hostile corpus: every input of the threat model, built by code, with the key that must be found beside it.
//!
//! `cargo test --test hostile -- --nocapture` prints the table, row by row, with a mark.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests build files and repositories, start programs, and stop at the first surprise"
)]

mod archives;
mod case;
mod documents;
mod encodings;
mod faults;
mod growth;
mod invariants;
mod loads;
mod mutants;
mod objects;
mod outputs;
mod policy;
mod races;
mod repositories;
mod saved;
mod stores;
#[allow(dead_code, unused_imports, reason = "the other test program uses the rest")]
#[path = "../it/support/mod.rs"]
mod support;
mod table;
mod watch;
mod worktree;
