//! Entry points of the fuzz targets to the parsers of packs, objects, indexes, and of a whole repository.

use std::path::Path;

use super::commit::{Commit, tag_target};
use super::config::GitConfig;
use super::inflate::ReusableBuffer;
use super::oid::ObjectFormat;
use super::pack::{delta, entry, index};
use super::refs::Refs;
use super::{Index, Odb, OpenOptions, Repository, TreeEntries};
use super::{lfs, reftable};
use crate::model::Coverage;

const FORMATS: [ObjectFormat; 2] = [ObjectFormat::Sha1, ObjectFormat::Sha256];

/// Largest result that is built.
const MOST: u64 = 1 << 20;

/// Parses an entry at every offset.
pub fn entries(pack: &[u8]) {
    for format in FORMATS {
        for at in 0..=pack.len() as u64 {
            if let Ok(header) = entry::header(pack, at, format) {
                assert!(header.data <= pack.len());
            }
        }
    }
}

/// Parses an index and reads everything that it claims to hold.
pub fn index(bytes: &[u8]) {
    for format in FORMATS {
        let Ok(index) = index::PackIndex::from_bytes(bytes.to_vec(), format) else { continue };
        for at in 0..index.len() {
            let _ = index.offset(at);
            if let Some(oid) = index.oid(at) {
                assert!(index.find(&oid).is_none_or(|found| index.name(found) == oid.as_bytes()));
            }
        }
    }
}

/// Applies a delta.
pub fn delta(base: &[u8], bytes: &[u8]) {
    let Ok((_, size, begin)) = delta::sizes(bytes) else { return };
    if size > MOST {
        return;
    }
    let (mut out, mut copies) = (ReusableBuffer::default(), Vec::new());
    let size = usize::try_from(size).unwrap_or(0);
    if delta::apply(base, &bytes[begin..], size, &mut out, &mut copies).is_ok() {
        for copy in copies {
            assert_eq!(out[copy.to..copy.to + copy.len], base[copy.from..copy.from + copy.len]);
        }
    }
}

/// Parses a tree, a commit, a tag, a pointer of Git LFS and a table of refs.
pub fn objects(bytes: &[u8]) {
    for format in FORMATS {
        let mut entries = TreeEntries::new(bytes, format);
        let mut left = entries.left();
        while let Some(entry) = entries.next() {
            assert!(entries.left() < left && (entry.is_ok() || entries.left() == 0));
            left = entries.left();
        }
        assert_eq!(left, 0);
        if let Some(commit) = Commit::parse(bytes, format) {
            assert!(commit.message.len() <= bytes.len() && commit.tree.format() == format);
        }
        let _ = tag_target(bytes, format);
    }
    assert!(lfs::pointer(bytes).is_none_or(|name| name.len() < bytes.len()));
    assert!(!reftable::is_whole(bytes) || bytes.starts_with(b"REFT"));
}

/// Parses an index of staged paths, and finds each of its entries again.
pub fn staged(bytes: &[u8]) {
    for format in FORMATS {
        let Ok(index) = Index::from_bytes(bytes.to_vec(), format) else { continue };
        for entry in index.iter() {
            assert!(index.get(index.lower_bound(entry.path)).is_some_and(|found| found.path == entry.path));
        }
        let Some(tree) = index.cache_tree() else { continue };
        let mut open = vec![0];
        while let Some(directory) = open.pop() {
            let _ = tree.node_at(directory);
            open.extend(tree.children(directory).map(|(_, position)| position));
        }
    }
}

/// Parses a configuration.
pub fn config(bytes: &[u8]) {
    let config = GitConfig::parse(bytes);
    let _ = (config.get("core", "bare"), config.any_true("remote", "promisor"), config.section("core").count());
}

/// Opens a repository, and reads its refs and what they name.
pub fn repository(root: &Path) {
    let Ok(repository) = Repository::open(root, &OpenOptions::default()) else { return };
    let (refs, odb, mut coverage) = (Refs::read(&repository), Odb::open(&repository), Coverage::default());
    for oid in refs.refs.values().chain(&refs.head).chain(&refs.logged).chain(&refs.stashes) {
        let _ = odb.read_within(oid, MOST);
    }
    refs.report_problems(&mut coverage);
    odb.report_problems(&mut coverage);
    repository.report_problems(&mut coverage);
}
