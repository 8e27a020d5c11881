//! Where in history something was: paths, the commit that brought it, the one that took it away, and who reaches it.
//!
//! Asked only for the objects that hit, after the search, in one pass over commits and trees. A second, partial pass
//! reads the names in the few trees that lead to those objects. Every walk here is iterative and bounded by the size of
//! the store, whatever shape its trees have.

mod edges;
mod exposure;
mod graph;
mod prefixes;
mod trees;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::git::refs::Refs;
use crate::git::walk::ObjectStore;
use crate::git::{Index, Oid};
use crate::model::{Exposure, Reach};
pub(crate) use edges::Edges;
pub(crate) use graph::Gathered;
pub(crate) use prefixes::{Prefixes, prefix};
use trees::Marked;
pub(crate) use trees::Paths;

/// Bits that say what reaches a commit or a path.
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

/// The repository that is asked.
pub(crate) struct Subject<'a> {
    pub(crate) store: &'a ObjectStore<'a>,
    pub(crate) refs: &'a Refs,
    pub(crate) index: Option<&'a Index>,
}

/// What is asked for. Credentials are numbers below `credentials`.
#[derive(Debug, Default)]
pub(crate) struct Question {
    pub(crate) credentials: usize,
    /// Blobs that hold credentials.
    pub(crate) blobs: BTreeMap<Oid, BTreeSet<u32>>,
    /// Trees of whose entries the names hold some.
    pub(crate) trees: BTreeMap<Oid, BTreeSet<u32>>,
    /// Commits and tags whose text holds some.
    pub(crate) texts: BTreeMap<Oid, BTreeSet<u32>>,
    /// Refs whose names hold some.
    pub(crate) ref_names: BTreeMap<Vec<u8>, BTreeSet<u32>>,
}

/// Where a path of a blob or tree was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// What reaches it there.
    pub(crate) flags: u8,
    /// The position of the first commit that has it there, in topological order.
    pub(crate) first: Option<u32>,
}

/// The answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The paths of each blob and tree that was asked for.
    pub(crate) paths: HashMap<Oid, Paths>,
    /// What reaches each commit and tag that was asked for.
    pub(crate) texts: HashMap<Oid, u8>,
    /// By number of the credential.
    pub(crate) exposures: Vec<Exposure>,
    /// Commits in topological order, ancestors first.
    pub(crate) order: Vec<Oid>,
}

/// Answers a question. `gathered` holds all commits and tags, and of the trees at least the edges to other trees and to
/// the blobs of the question.
pub(crate) fn answer(subject: &Subject<'_>, question: &Question, mut gathered: Gathered) -> Answer {
    if question.credentials == 0 {
        return Answer::default();
    }
    let starts: Vec<Oid> = question.blobs.keys().chain(question.trees.keys()).copied().collect();
    let edges = gathered.take_edges();
    let (graph, marked) =
        subject.store.install(|| rayon::join(|| gathered.into_graph(), || Marked::find(subject.store, &starts, edges)));
    let reached = graph.reach(subject.refs);
    let (mut places, exposures) = subject.store.install(|| {
        rayon::join(
            || marked.places(&graph, &reached, subject.refs.head, question),
            || exposure::of_all(&graph, &marked.sets(question), question, subject.refs),
        )
    });
    let order = graph.order.iter().map(|commit| graph.commits[*commit as usize].oid).collect();
    let mut answer = Answer { exposures, order, ..Answer::default() };
    for oid in question.texts.keys() {
        answer.texts.insert(*oid, reached.of(&graph, oid));
    }
    for oid in question.blobs.keys().chain(question.trees.keys()) {
        let paths = marked.node(prefix(oid)).map(|node| std::mem::take(&mut places[node])).unwrap_or_default();
        answer.paths.insert(*oid, paths);
    }
    add_index(&mut answer, subject);
    answer
}

/// What is staged has a path, whether it was ever committed or not.
fn add_index(answer: &mut Answer, subject: &Subject<'_>) {
    for entry in subject.index.into_iter().flat_map(Index::iter) {
        if let Some(paths) = answer.paths.get_mut(&entry.oid) {
            paths.add_staged(entry.path);
        }
    }
}

/// Who can get at something, by what reaches it: the widest circle counts.
pub(crate) fn reach(flags: u8) -> Reach {
    [
        (flags::HEAD, Reach::Head),
        (flags::REF | flags::NOTE, Reach::Ref),
        (flags::INDEX, Reach::Index),
        (flags::STASH, Reach::Stash),
        (flags::LOG, Reach::Reflog),
    ]
    .into_iter()
    .find(|(bits, _)| flags & bits != 0)
    .map_or(Reach::Unreachable, |(_, reach)| reach)
}
