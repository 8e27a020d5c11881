//! Neighbours on disk, for lints.

use std::io::Read;
use std::path::PathBuf;

use super::disk;
use crate::lints::Neighbours;
use crate::lints::neighbours::MAX_NEIGHBOUR;

/// Files below a directory.
#[derive(Debug, Clone)]
pub struct Disk(pub PathBuf);

impl Neighbours for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let full = self.0.join(path);
        // A link on the way may lead out of the tree that is scanned.
        if full.parent()?.canonicalize().ok()?.strip_prefix(&self.0).is_err() {
            return None;
        }
        let opened = disk::open(&full).ok()??;
        if opened.size > MAX_NEIGHBOUR {
            return None;
        }
        let mut bytes = Vec::new();
        opened.file.take(MAX_NEIGHBOUR).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}
