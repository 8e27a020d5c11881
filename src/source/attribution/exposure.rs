//! Computes since when, until when and by which refs credentials are exposed: 64 at a time, one bit each, over the whole
//! graph.

use std::collections::{BTreeSet, HashMap};

use super::graph::CommitGraph;
use super::trees::MarkedObjects;
use super::{AttributionQuery, RepositoryView};
use crate::git::Oid;
use crate::git::refs::Refs;
use crate::model::{CommitDate, Exposure, PathText, limits::MAX_REFS_NAMED};
use crate::source::commit_date::commit_date;

const DAY: i64 = 86_400;

/// Computes the exposure of every credential, until time is up: a part of the trees says nothing of when a credential came
/// or went.
pub(super) fn exposures(
    graph: &CommitGraph,
    marked: &MarkedObjects,
    query: &AttributionQuery,
    subject: &RepositoryView<'_>,
) -> Vec<Exposure> {
    let refs = subject.refs;
    let head = refs.head.and_then(|oid| graph.find(&oid));
    let inside = graph.ancestry(head);
    let mut exposures = Vec::with_capacity(query.credentials);
    for first in (0..query.credentials).step_by(64).take_while(|_| !(subject.stop)()) {
        let bits = CredentialBatch { graph, query, first };
        let count = (query.credentials - first).min(64);
        let holds = bits.held(marked);
        let introduced = bits.introduced(&holds);
        let removed = bits.removed(&holds, &inside, head);
        let reached = bits.reached_by_refs(&holds, refs);
        let ever = holds.iter().zip(&inside).filter(|(_, inside)| **inside).fold(0, |ever, (holds, _)| ever | holds);
        for at in 0..count {
            let in_head = head.is_some_and(|head| holds[head as usize] & (1 << at) != 0);
            let removed = removed[at].filter(|_| ever & (1 << at) != 0 && !in_head);
            exposures.push(exposure(graph, (introduced[at], removed), head, in_head, &reached[at]));
        }
    }
    exposures
}

fn exposure(
    graph: &CommitGraph,
    (introduced, removed): (Option<u32>, Option<u32>),
    head: Option<u32>,
    in_head: bool,
    refs: &[&[u8]],
) -> Exposure {
    let time = |at: u32| graph.commits[at as usize].time;
    let days = introduced.zip(removed.or(head)).map(|(from, to)| time(to).saturating_sub(time(from)) / DAY);
    Exposure {
        repository: None,
        introduced: introduced.map(|at| date_of(graph, at)),
        removed: removed.map(|at| date_of(graph, at)),
        in_head,
        days: days.map(|days| u64::try_from(days).unwrap_or(0)),
        refs: refs.iter().take(MAX_REFS_NAMED).map(|name| PathText::new(name).text).collect(),
        refs_total: refs.len() as u64,
    }
}

fn date_of(graph: &CommitGraph, at: u32) -> CommitDate {
    let node = &graph.commits[at as usize];
    commit_date(node.oid.to_string(), node.time)
}

/// 64 credentials from `first` on.
struct CredentialBatch<'a> {
    graph: &'a CommitGraph,
    query: &'a AttributionQuery,
    first: usize,
}

impl CredentialBatch<'_> {
    fn mask(&self, credentials: &BTreeSet<u32>) -> u64 {
        let first = u32::try_from(self.first).unwrap_or(u32::MAX);
        let own = credentials.range(first..first.saturating_add(64));
        own.fold(0, |mask, credential| mask | 1 << (credential - first))
    }

    /// Returns the credentials in the tree of each commit.
    fn held(&self, marked: &MarkedObjects) -> Vec<u64> {
        let masks = marked.held(self.query, &|set| self.mask(set));
        let of_commit = |tree| marked.node(tree).map_or(0, |node| masks[node]);
        self.graph.commits.iter().map(|commit| of_commit(commit.tree)).collect()
    }

    /// Finds, for each credential, the commits that hold it and have no ancestor that does. Returns the oldest, then the one
    /// of least name.
    fn introduced(&self, holds: &[u64]) -> Vec<Option<u32>> {
        let mut before = vec![0_u64; holds.len()];
        let mut best: Vec<Option<u32>> = vec![None; 64];
        for at in &self.graph.order {
            let mut above = 0;
            for parent in self.graph.parents(*at) {
                above |= before[*parent as usize] | holds[*parent as usize];
            }
            before[*at as usize] = above;
            for bit in bits(holds[*at as usize] & !above) {
                let key = |at: u32| (self.graph.commits[at as usize].time, at);
                best[bit] = Some(best[bit].map_or(*at, |old| if key(*at) < key(old) { *at } else { old }));
            }
        }
        best
    }

    /// Finds, for each credential, the commits of HEAD's ancestry whose parent held it and after which no commit does.
    /// Returns the last.
    fn removed(&self, holds: &[u64], inside: &[bool], head: Option<u32>) -> Vec<Option<u32>> {
        let mut after = vec![0_u64; holds.len()];
        let mut removed_after = vec![0_u64; holds.len()];
        let mut best: Vec<Option<u32>> = vec![None; 64];
        if head.is_none() {
            return best;
        }
        for at in self.graph.order.iter().rev().filter(|at| inside[**at as usize]) {
            let parents = self.graph.parents(*at);
            let held = parents.iter().fold(0, |mask, parent| mask | holds[*parent as usize]);
            let own = held & !holds[*at as usize] & !after[*at as usize];
            for bit in bits(own & !removed_after[*at as usize]) {
                let key = |at: u32| (self.graph.commits[at as usize].time, at);
                best[bit] = Some(best[bit].map_or(*at, |old| if key(*at) > key(old) { *at } else { old }));
            }
            let (later, gone) = (after[*at as usize] | holds[*at as usize], removed_after[*at as usize] | own);
            for parent in parents {
                after[*parent as usize] |= later;
                removed_after[*parent as usize] |= gone;
            }
        }
        best
    }

    /// Returns, for each credential, the refs whose history holds it in trees, messages or names.
    fn reached_by_refs<'a>(&self, holds: &[u64], refs: &'a Refs) -> Vec<Vec<&'a [u8]>> {
        let text = |oid: &Oid| self.query.texts.get(oid).map_or(0, |set| self.mask(set));
        let blob = |oid: &Oid| self.query.blobs.get(oid).map_or(0, |set| self.mask(set));
        let mut below: Vec<u64> = holds.to_vec();
        for (at, commit) in self.graph.commits.iter().enumerate() {
            below[at] |= text(&commit.oid);
        }
        for at in &self.graph.order {
            let mask = self.graph.parents(*at).iter().fold(0, |mask, parent| mask | below[*parent as usize]);
            below[*at as usize] |= mask;
        }
        let mut tags: HashMap<Oid, u64> = HashMap::new();
        let behind = |oid: &Oid, tags: &HashMap<Oid, u64>| match self.graph.find(oid) {
            Some(commit) => below[commit as usize],
            None => tags.get(oid).copied().unwrap_or_else(|| text(oid) | blob(oid)),
        };
        for (tag, target) in &self.graph.tags {
            let mask = text(tag) | behind(target, &tags);
            tags.insert(*tag, mask);
        }
        let mut names: Vec<Vec<&[u8]>> = vec![Vec::new(); 64];
        for (name, oid) in &refs.refs {
            let own = self.query.ref_names.get(name).map_or(0, |set| self.mask(set));
            bits(own | behind(oid, &tags)).for_each(|bit| names[bit].push(name));
        }
        names
    }
}

fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}
