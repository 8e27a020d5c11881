//! The graph of an earlier attribution: its commits and tags, and the marked objects with the names between them. Objects
//! are named by their content, so what was true of them stays true.

use super::graph::CommitGraph;
use crate::source::fields::{FieldReader, FieldWriter};

#[derive(Debug, Default)]
pub(crate) struct KnownGraph {
    pub(super) graph: CommitGraph,
    pub(super) marks: KnownMarks,
}

/// Objects that hold credentials, and the trees that lead to them.
#[derive(Debug, Default)]
pub(super) struct KnownMarks {
    /// Prefixes of their names, sorted.
    pub(super) nodes: Vec<u64>,
    /// Names of entries, sorted.
    pub(super) names: Vec<Vec<u8>>,
    /// A tree, the name of an entry, and the node that it names; sorted.
    pub(super) entries: Vec<MarkedEntry>,
}

/// The node of a tree, the number of a name, and the node that it names.
pub(super) type MarkedEntry = (u32, u32, u32);

impl KnownGraph {
    /// Reads what an attribution wrote.
    pub(crate) fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        Some(Self { graph: CommitGraph::read(fields)?, marks: KnownMarks::read(fields)? })
    }
}

impl KnownMarks {
    /// Writes nodes, names and entries.
    pub(super) fn write(
        nodes: impl ExactSizeIterator<Item = u64>,
        names: &[Vec<u8>],
        entries: &[MarkedEntry],
        out: &mut FieldWriter<'_>,
    ) {
        out.count(nodes.len());
        nodes.for_each(|node| out.u64(node));
        out.count(names.len());
        names.iter().for_each(|name| out.text(name));
        out.count(entries.len());
        entries.iter().flat_map(|(tree, name, node)| [*tree, *name, *node]).for_each(|number| out.u32(number));
    }

    fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        let mut marks = Self::default();
        for _ in 0..fields.count(8)? {
            marks.nodes.push(fields.u64()?);
        }
        for _ in 0..fields.count(4)? {
            marks.names.push(fields.text()?.to_vec());
        }
        let (nodes, names) = (u32::try_from(marks.nodes.len()).ok()?, u32::try_from(marks.names.len()).ok()?);
        for _ in 0..fields.count(12)? {
            let entry = (fields.u32()?, fields.u32()?, fields.u32()?);
            marks.entries.push(Some(entry).filter(|entry| entry.0 < nodes && entry.1 < names && entry.2 < nodes)?);
        }
        Some(marks)
    }
}
