//! Git objects that git would not write: loose ones, trees and packs, byte by byte.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha1::{Digest as _, Sha1};

pub(crate) const BLOB: u8 = 3;
pub(crate) const OFFSET_DELTA: u8 = 6;
pub(crate) const NAME_DELTA: u8 = 7;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn raw(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut stream = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    stream.write_all(bytes).unwrap();
    stream.finish().unwrap()
}

/// Returns the name of an object.
pub(crate) fn name(kind: &str, content: &[u8]) -> String {
    hex(&Sha1::digest([format!("{kind} {}\0", content.len()).as_bytes(), content].concat()))
}

pub(crate) fn loose_path(repository: &Path, name: &str) -> PathBuf {
    repository.join(".git/objects").join(&name[..2]).join(&name[2..])
}

/// Writes bytes as the file of a loose object.
pub(crate) fn write_file(repository: &Path, name: &str, bytes: &[u8]) {
    let path = loose_path(repository, name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Git makes its files read-only.
    let _ = std::fs::remove_file(&path);
    std::fs::write(path, bytes).unwrap();
}

/// Writes a loose object and returns its name.
pub(crate) fn write(repository: &Path, kind: &str, content: &[u8]) -> String {
    let name = name(kind, content);
    write_file(repository, &name, &zlib(&[format!("{kind} {}\0", content.len()).as_bytes(), content].concat()));
    name
}

/// An entry of a tree.
pub(crate) fn entry(mode: &str, name: impl AsRef<[u8]>, object: &str) -> Vec<u8> {
    [mode.as_bytes(), b" ", name.as_ref(), b"\0", &raw(object)].concat()
}

/// The content of a commit.
pub(crate) fn commit(tree: &str, parents: &[String], message: &str) -> Vec<u8> {
    let parents: String = parents.iter().map(|parent| format!("parent {parent}\n")).collect();
    let who = "A U Thor <author@example.com> 1700000000 +0000";
    format!("tree {tree}\n{parents}author {who}\ncommitter {who}\n\n{message}\n").into_bytes()
}

/// Points a branch to a commit.
pub(crate) fn branch(repository: &Path, branch: &str, commit: &str) {
    let path = repository.join(".git/refs/heads").join(branch);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("{commit}\n")).unwrap();
}

/// Ten trees within each other, each with ten entries of the next: ten thousand million paths in eleven objects.
pub(crate) fn bomb(repository: &Path, blob: &[u8]) -> String {
    let mut inner = write(repository, "blob", blob);
    for depth in 0..10 {
        let mode = if depth == 0 { "100644" } else { "40000" };
        let tree: Vec<u8> = (0..10).flat_map(|at| entry(mode, format!("d{at}"), &inner)).collect();
        inner = write(repository, "tree", &tree);
    }
    inner
}

/// Trees within each other, with a blob at the bottom.
pub(crate) fn deep(repository: &Path, depth: usize, blob: &[u8]) -> String {
    let mut inner = write(repository, "tree", &entry("100644", "x", &write(repository, "blob", blob)));
    for _ in 1..depth {
        inner = write(repository, "tree", &entry("40000", "d", &inner));
    }
    inner
}

/// A pack that is written entry by entry.
#[derive(Clone)]
pub(crate) struct Pack {
    bytes: Vec<u8>,
    count: u32,
}

impl Pack {
    pub(crate) fn new() -> Self {
        Self { bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), count: 0 }
    }

    /// Returns the offset of the next entry.
    pub(crate) fn end(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Adds an entry: its kind, the size that it states, what names its base, its content before compression. Returns
    /// its offset.
    pub(crate) fn add(&mut self, kind: u8, size: u64, base: &[u8], content: &[u8]) -> u64 {
        let at = self.end();
        let (mut byte, mut rest) = ((kind << 4) | (size & 15) as u8, size >> 4);
        while rest > 0 {
            self.bytes.push(byte | 0x80);
            (byte, rest) = ((rest & 0x7f) as u8, rest >> 7);
        }
        self.bytes.push(byte);
        self.bytes.extend_from_slice(base);
        self.bytes.extend(zlib(content));
        self.count += 1;
        at
    }

    /// Writes the pack, without an index, into a repository.
    pub(crate) fn write(mut self, repository: &Path) -> PathBuf {
        self.bytes[8..12].copy_from_slice(&self.count.to_be_bytes());
        let sum = Sha1::digest(&self.bytes);
        self.bytes.extend_from_slice(&sum);
        let path = repository.join(format!(".git/objects/pack/pack-{}.pack", hex(&sum)));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &self.bytes).unwrap();
        path
    }
}

/// The distance to a base, as packs write it.
pub(crate) fn distance(mut back: u64) -> Vec<u8> {
    let mut bytes = vec![(back & 0x7f) as u8];
    while back >= 0x80 {
        back = (back >> 7) - 1;
        bytes.insert(0, 0x80 | (back & 0x7f) as u8);
    }
    bytes
}

fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(0x80 | (value & 0x7f) as u8);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A delta that copies from the beginning of its base and appends a text of at most 127 bytes.
pub(crate) fn delta(base: u64, copied: u32, inserted: &[u8]) -> Vec<u8> {
    let mut bytes = [number(base), number(u64::from(copied) + inserted.len() as u64)].concat();
    let size = copied.to_le_bytes();
    if copied > 0 {
        bytes.extend([0xf0, size[0], size[1], size[2]]);
    }
    if !inserted.is_empty() {
        bytes.push(inserted.len() as u8);
        bytes.extend_from_slice(inserted);
    }
    bytes
}

/// The pack of a repository that has one, and its index.
pub(crate) fn only_pack(repository: &Path) -> (PathBuf, PathBuf) {
    let files = std::fs::read_dir(repository.join(".git/objects/pack")).unwrap().map(|file| file.unwrap().path());
    let mut packs = files.filter(|path| path.extension().is_some_and(|extension| extension == "pack"));
    let pack = packs.next().unwrap();
    (pack.clone(), pack.with_extension("idx"))
}

/// Replaces a file of git's, which is read-only.
pub(crate) fn replace(path: &Path, bytes: &[u8]) {
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).unwrap();
}
