//! Drives the real program on files and repositories built in temporary directories.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests build files and repositories, start programs, and stop at the first surprise"
)]

mod action;
mod action_events;
mod archives;
mod audit;
mod caches;
mod damage;
mod databases;
mod encodings;
mod fleet;
mod fleet_engines;
mod fleet_hostile;
mod floors;
mod formats;
mod frameworks;
mod gaps;
mod history;
mod hooks;
mod hostile_files;
mod hostile_pull_request;
mod hostile_trees;
mod html;
mod hygiene;
mod lengths;
mod lints;
mod many_findings;
mod members;
mod merges;
mod messages;
mod no_key_gets_out;
mod own_rules;
mod owners;
mod pathspec;
mod policy;
mod policy_files;
mod pre_receive;
mod range;
mod readme;
mod renames;
mod repositories;
mod rescans;
mod rules_command;
mod sarif;
mod saved_reports;
mod scan;
mod sources;
mod staged;
mod stores;
mod support;
mod system_calls;
mod testdata;
mod windows;
