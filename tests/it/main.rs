//! The one integration binary: it drives the real program on repositories built in temporary directories.
