//! The one integration binary: it drives the real program on files and repositories built in temporary directories.

#![allow(clippy::disallowed_methods, reason = "tests build files and repositories, and start programs")]

mod delimiters;
mod hygiene;
mod look_alikes;
mod no_key_gets_out;
mod scan;
mod support;
mod windows;
