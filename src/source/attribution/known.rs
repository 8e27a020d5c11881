//! The graph of an earlier attribution: its commits and tags, and the marked objects with the names between them. Objects
//! are named by their content, so what was true of them stays true.

use super::graph::GatheredObjects;
use crate::source::fields::{FieldReader, FieldWriter};

#[derive(Debug, Default)]
pub(crate) struct KnownGraph {
    pub(super) gathered: GatheredObjects,
    pub(super) marks: KnownMarks,
}

/// Objects that hold credentials, and the trees that lead to them.
#[derive(Debug, Default)]
pub(super) struct KnownMarks {
    /// Prefixes of their names, sorted.
    pub(super) nodes: Vec<u64>,
    /// A tree, the name of an entry, and the node that it names; sorted.
    pub(super) entries: Vec<(u32, Vec<u8>, u32)>,
}

impl KnownGraph {
    /// Reads what an attribution wrote.
    pub(crate) fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        Some(Self { gathered: GatheredObjects::read(fields)?, marks: KnownMarks::read(fields)? })
    }
}

impl KnownMarks {
    /// Writes nodes and entries; each name once.
    pub(super) fn write<'a>(
        nodes: impl ExactSizeIterator<Item = u64>,
        entries: impl Iterator<Item = (u32, &'a [u8], u32)> + Clone,
        out: &mut FieldWriter<'_>,
    ) {
        out.count(nodes.len());
        nodes.for_each(|node| out.u64(node));
        let mut names: Vec<&[u8]> = entries.clone().map(|entry| entry.1).collect();
        names.sort_unstable();
        names.dedup();
        out.count(names.len());
        names.iter().for_each(|name| out.text(name));
        out.count(entries.clone().count());
        for (tree, name, node) in entries {
            out.u32(tree);
            out.count(names.binary_search(&name).unwrap_or(0));
            out.u32(node);
        }
    }

    fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        let mut marks = Self::default();
        for _ in 0..fields.count(8)? {
            marks.nodes.push(fields.u64()?);
        }
        let mut names = Vec::new();
        for _ in 0..fields.count(4)? {
            names.push(fields.text()?);
        }
        let count = u32::try_from(marks.nodes.len()).ok()?;
        for _ in 0..fields.count(12)? {
            let (tree, name, node) = (fields.u32()?, fields.u32()?, fields.u32()?);
            let name = *names.get(name as usize).filter(|_| tree < count && node < count)?;
            marks.entries.push((tree, name.to_vec(), node));
        }
        Some(marks)
    }
}
