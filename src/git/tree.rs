//! Iterates over the entries of a tree's content.

use super::oid::{ObjectFormat, Oid};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TreeEntry<'a> {
    /// Type and permissions, for instance `0o100644`.
    pub(crate) mode: u32,
    /// The name, without any `/` in honest trees.
    pub(crate) name: &'a [u8],
    pub(crate) oid: Oid,
}

impl TreeEntry<'_> {
    pub(crate) fn is_tree(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Returns true for a submodule: the commit of another repository.
    pub(crate) fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// An entry without its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileVersion {
    /// Type and permissions.
    pub(crate) mode: u32,
    /// The blob, or the commit of a submodule.
    pub(crate) oid: Oid,
}

impl FileVersion {
    pub(crate) fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }

    pub(crate) fn is_tree(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tree is malformed")]
pub(crate) struct MalformedTree;

/// Parses entries one by one; nothing follows an error.
#[derive(Debug, Clone)]
pub(crate) struct TreeEntries<'a> {
    rest: &'a [u8],
    format: ObjectFormat,
}

impl<'a> TreeEntries<'a> {
    pub(crate) fn new(content: &'a [u8], format: ObjectFormat) -> Self {
        Self { rest: content, format }
    }

    /// Returns the number of bytes that are still to be parsed.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    fn read(&mut self) -> Option<TreeEntry<'a>> {
        let head = &self.rest[..self.rest.len().min(8)];
        let space = head.iter().position(|byte| *byte == b' ').filter(|space| *space > 0)?;
        let mode = head[..space]
            .iter()
            .try_fold(0_u32, |mode, digit| matches!(digit, b'0'..=b'7').then(|| mode << 3 | u32::from(digit - b'0')))?;
        let after = &self.rest[space + 1..];
        let nul = memchr::memchr(0, after)?;
        let behind = &after[nul + 1..];
        let oid = Oid::from_raw(behind.get(..self.format.raw_len())?)?;
        self.rest = &behind[self.format.raw_len()..];
        Some(TreeEntry { mode, name: &after[..nul], oid })
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = Result<TreeEntry<'a>, MalformedTree>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = self.read().filter(|entry| !entry.name.is_empty());
        if entry.is_none() {
            self.rest = &[];
        }
        Some(entry.ok_or(MalformedTree))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_until_the_first_that_is_malformed() {
        let mut bytes = b"100644 a\0".to_vec();
        bytes.extend([1; 20]);
        bytes.extend(b"40000 b c\0");
        bytes.extend([2; 20]);
        let read: Vec<_> = TreeEntries::new(&bytes, ObjectFormat::Sha1).map(Result::unwrap).collect();
        assert_eq!((read[0].name, read[1].name, read[1].is_tree()), (&b"a"[..], &b"b c"[..], true));
        for end in 0..bytes.len() {
            let read: Vec<_> = TreeEntries::new(&bytes[..end], ObjectFormat::Sha1).collect();
            assert!(end == 0 || end == 29 || read.last().unwrap().is_err(), "{end}");
        }
    }
}
