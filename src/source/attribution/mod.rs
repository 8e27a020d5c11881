//! Attributes objects with hits to paths, to the commits that introduced and removed them, and to refs.
//!
//! Runs after the search, in one pass over commits and trees. A second, partial pass reads the names in the few trees that
//! lead to those objects. Every walk is iterative and bounded by the size of the store, whatever shape its trees have.

mod edges;
mod exposure;
mod graph;
mod known;
mod object_paths;
mod prefixes;
mod trees;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::git::bit_set::BitSet;
use crate::git::refs::Refs;
use crate::git::walk::ObjectStore;
use crate::git::{Index, Oid};
use crate::model::{Exposure, Reach};
use crate::source::fields::FieldWriter;
pub(crate) use edges::TreeEdges;
pub(crate) use graph::GatheredObjects;
pub(crate) use known::KnownGraph;
pub(crate) use object_paths::ObjectPaths;
use object_paths::SparePlaces;
pub(crate) use prefixes::{PrefixTable, oid_prefix};
use trees::MarkedObjects;

/// Bits for what reaches a commit or a path.
pub(crate) mod flags {
    /// The tree of HEAD.
    pub(crate) const HEAD: u8 = 1;
    /// The history of a ref.
    pub(crate) const REF: u8 = 2;
    /// The history of a ref below `refs/notes/`.
    pub(crate) const NOTE: u8 = 4;
    /// A stash.
    pub(crate) const STASH: u8 = 8;
    /// A reflog.
    pub(crate) const LOG: u8 = 16;
    /// The index.
    pub(crate) const INDEX: u8 = 32;
}

pub(crate) struct RepositoryView<'a> {
    pub(crate) store: &'a ObjectStore<'a>,
    pub(crate) refs: &'a Refs,
    pub(crate) indexes: &'a [Index],
    /// Numbers of the trees of which the known graph tells nothing; without it, it tells nothing of any.
    pub(crate) unknown: Option<&'a BitSet>,
    /// True ends the attribution.
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
}

/// The objects to attribute, with their credentials, which are numbers below `credentials`.
#[derive(Debug, Default)]
pub(crate) struct AttributionQuery {
    pub(crate) credentials: usize,
    /// Blobs that hold credentials.
    pub(crate) blobs: BTreeMap<Oid, BTreeSet<u32>>,
    /// Number of hits in each of them.
    pub(crate) hits: HashMap<Oid, usize>,
    /// Trees with an entry whose name holds some.
    pub(crate) trees: BTreeMap<Oid, BTreeSet<u32>>,
    /// Commits and tags whose text holds some.
    pub(crate) texts: BTreeMap<Oid, BTreeSet<u32>>,
    /// Refs whose names hold some.
    pub(crate) ref_names: BTreeMap<Vec<u8>, BTreeSet<u32>>,
}

/// State of a blob or tree at one path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PathState {
    /// [`flags`] of everything that reaches it there.
    pub(crate) flags: u8,
    /// The position of the first commit that has it there, in topological order.
    pub(crate) first: Option<u32>,
}

#[derive(Debug, Default)]
pub(crate) struct Attribution {
    /// Paths of each blob and tree of the query.
    pub(crate) paths: HashMap<Oid, ObjectPaths>,
    /// [`flags`] of everything that reaches each commit and tag of the query.
    pub(crate) texts: HashMap<Oid, u8>,
    /// By the number of the credential.
    pub(crate) exposures: Vec<Exposure>,
    /// Commits that paths name, by their position in topological order.
    pub(crate) commits: BTreeMap<u32, Oid>,
    /// It was stopped: paths, reach and exposures are missing.
    pub(crate) stopped: bool,
}

/// Attributes the objects of a query. `gathered` holds all commits and tags, and of the trees at least the edges to other
/// trees and to the blobs of the query, except for what `known` has. The graph is written to `kept`.
pub(crate) fn attribute(
    subject: &RepositoryView<'_>,
    query: &AttributionQuery,
    mut gathered: GatheredObjects,
    known: KnownGraph,
    kept: Option<&mut FieldWriter<'_>>,
) -> Attribution {
    if query.credentials == 0 {
        return Attribution::default();
    }
    let starts: Vec<Oid> = query.blobs.keys().chain(query.trees.keys()).copied().collect();
    let edges = gathered.take_edges();
    let KnownGraph { graph, marks } = known;
    let find = || MarkedObjects::find(subject, &starts, edges, marks);
    let (graph, marked) = subject.store.install(|| rayon::join(|| gathered.into_graph(graph), find));
    if let Some(kept) = kept {
        graph.write(kept);
        marked.write(kept);
    }
    let reached = graph.reach(subject.refs);
    let (mut places, exposures) = subject.store.install(|| {
        rayon::join(
            || marked.places(&graph, &reached, subject, query),
            || exposure::exposures(&graph, &marked, query, subject),
        )
    });
    let mut attribution = Attribution { exposures, ..Attribution::default() };
    for oid in query.texts.keys() {
        attribution.texts.insert(*oid, reached.of(&graph, oid));
    }
    for oid in query.blobs.keys().chain(query.trees.keys()) {
        let paths = marked.node(oid_prefix(oid)).map(|node| std::mem::take(&mut places[node])).unwrap_or_default();
        attribution.paths.insert(*oid, paths);
    }
    add_index(&mut attribution, subject, query);
    for first in attribution.paths.values().flat_map(|paths| &paths.kept).filter_map(|(_, known)| known.first) {
        let commit = graph.order.get(first as usize).map(|at| graph.commits[*at as usize].oid);
        attribution.commits.extend(commit.map(|commit| (first, commit)));
    }
    attribution.stopped = (subject.stop)();
    attribution
}

/// Adds the paths of staged blobs, which may never have been committed.
fn add_index(attribution: &mut Attribution, subject: &RepositoryView<'_>, query: &AttributionQuery) {
    let mut spare = SparePlaces::default();
    for entry in subject.indexes.iter().flat_map(Index::iter) {
        if let Some(paths) = attribution.paths.get_mut(&entry.oid) {
            paths.add_staged(entry.path, query.hits.get(&entry.oid).copied(), &mut spare);
        }
    }
}

/// Returns the most exposed reach of these flags.
pub(crate) fn reach(flags: u8) -> Reach {
    [
        (flags::HEAD, Reach::Head),
        (flags::INDEX, Reach::Index),
        (flags::REF | flags::NOTE, Reach::Ref),
        (flags::STASH, Reach::Stash),
        (flags::LOG, Reach::Reflog),
    ]
    .into_iter()
    .find(|(bits, _)| flags & bits != 0)
    .map_or(Reach::Unreachable, |(_, reach)| reach)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Lab;

    #[test]
    fn nothing_is_exposed_when_time_is_up() {
        let lab = Lab::new(&[]);
        lab.commit("f", b"text");
        let (odb, refs) = (lab.odb(), Refs::read(&lab.repo()));
        let store = ObjectStore::new(&odb, 1).unwrap();
        let blob: Oid = lab.git(&["rev-parse", "HEAD:f"]).trim().parse().unwrap();
        let blobs = BTreeMap::from([(blob, BTreeSet::from([0]))]);
        let query = AttributionQuery { credentials: 1, blobs, ..AttributionQuery::default() };
        for is_late in [false, true] {
            let stop = || is_late;
            let subject = RepositoryView { store: &store, refs: &refs, indexes: &[], unknown: None, stop: &stop };
            let found = attribute(&subject, &query, GatheredObjects::default(), KnownGraph::default(), None);
            assert_eq!((found.stopped, found.exposures.is_empty()), (is_late, is_late));
        }
    }
}
