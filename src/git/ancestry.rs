//! Relations between commits: their common ancestor, and what one reaches that others do not.
//!
//! Commits are read by our own reader, newest first, so that the cost follows the distance between them, not the length
//! of the history. Dates can lie: a date that is too old costs time, at most one walk over all commits, and never hides
//! a commit.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::odb::Odb;
use super::oid::Oid;
use super::{Commit, ObjectKind};
use crate::model::SkipReason;

/// Seconds by which a commit may be older than its parent, as clocks are.
const SLOP: i64 = 86_400;

/// Steps between two polls of the clock.
const POLL: u32 = 256;

/// Reached from the wanted commits, or from the first of two.
const WANTED: u8 = 1;
/// Reached from the known commits, or from the second of two.
const KNOWN: u8 = 2;
/// Reached from a common ancestor.
const STALE: u8 = 4;
/// Waits in the queue.
const QUEUED: u8 = 8;

/// A commit that was met.
#[derive(Debug)]
struct Node {
    oid: Oid,
    /// Numbers of the parents, once it was read.
    parents: Option<Vec<u32>>,
    time: i64,
    /// [`WANTED`], [`KNOWN`], [`QUEUED`].
    flags: u8,
}

/// The commits around some revisions. Commits are numbers.
pub(crate) struct Ancestry<'a> {
    odb: &'a Odb,
    /// Commits whose parents are not here, sorted.
    shallow: &'a [Oid],
    /// True ends every walk.
    stop: &'a dyn Fn() -> bool,
    nodes: Vec<Node>,
    numbers: HashMap<Oid, u32>,
    /// The newest first.
    queue: BinaryHeap<(i64, u32)>,
    polls: u32,
    stopped: bool,
    unread: Vec<(Oid, SkipReason, String)>,
}

impl<'a> Ancestry<'a> {
    pub(crate) fn new(odb: &'a Odb, shallow: &'a [Oid], stop: &'a dyn Fn() -> bool) -> Self {
        let (nodes, numbers, queue) = (Vec::new(), HashMap::new(), BinaryHeap::new());
        Self { odb, shallow, stop, nodes, numbers, queue, polls: 0, stopped: false, unread: Vec::new() }
    }

    /// Takes what was not read, without the commits that [`Ancestry::next_range`] returned.
    pub(crate) fn take_unread(&mut self) -> Vec<(SkipReason, String)> {
        let stopped = self.stopped.then(|| (SkipReason::TimedOut, "the history between commits".to_owned()));
        let unread = std::mem::take(&mut self.unread).into_iter().map(|(_, reason, what)| (reason, what));
        unread.chain(stopped).collect()
    }

    /// Returns the newest of the best common ancestors of two commits.
    pub(crate) fn merge_base(&mut self, one: &Oid, two: &Oid) -> Option<Oid> {
        let mut walk = CommonAncestors::default();
        for (oid, flag) in [(one, WANTED), (two, KNOWN)] {
            let number = self.number(oid);
            walk.reach(number, self.read(number), flag);
        }
        while let Some((_, number)) = walk.queue.peek().copied().filter(|top| !walk.is_done(top.0)) {
            if self.is_stopped() {
                break;
            }
            walk.queue.pop();
            let flag = walk.leave(number, self.read(number));
            for parent in self.parents(number) {
                let time = self.read(parent);
                walk.reach(parent, time, flag);
            }
        }
        let best = walk.found.iter().filter(|at| walk.flags.get(at).is_some_and(|flags| flags & STALE == 0));
        let key = |at: &&u32| (self.nodes[**at as usize].time, Reverse(self.nodes[**at as usize].oid));
        best.max_by_key(key).map(|at| self.nodes[*at as usize].oid)
    }

    /// Adds commits to those that are known.
    pub(crate) fn know(&mut self, known: &[Oid]) {
        for oid in known {
            let number = self.number(oid);
            self.learn(number);
        }
    }

    /// Returns the commits that `wanted` reaches and the known ones do not: ancestors first, then by date, then by name. From
    /// then on they are known, too.
    pub(crate) fn next_range(&mut self, wanted: &Oid) -> Vec<Oid> {
        let number = self.number(wanted);
        let mut open = self.want(number);
        let (mut found, mut oldest) = (Vec::new(), i64::MAX);
        while let Some((time, number)) = self.queue.peek().copied() {
            // A known commit can still lead to a new one, by a parent that claims to be newer than its child.
            if (open == 0 && time < oldest.saturating_sub(SLOP)) || self.is_stopped() {
                break;
            }
            self.queue.pop();
            self.nodes[number as usize].flags &= !QUEUED;
            let is_known = self.nodes[number as usize].flags & KNOWN != 0;
            if !is_known {
                open -= 1;
                oldest = oldest.min(time);
                found.push(number);
            }
            for parent in self.parents(number) {
                if is_known {
                    open -= self.learn(parent);
                } else {
                    open += self.want(parent);
                }
            }
        }
        found.retain(|number| self.nodes[*number as usize].flags & KNOWN == 0);
        found.iter().for_each(|number| self.nodes[*number as usize].flags |= KNOWN);
        let commits: Vec<Oid> = self.sorted(&found).into_iter().map(|at| self.nodes[at as usize].oid).collect();
        if !self.unread.is_empty() {
            let returned: HashSet<&Oid> = commits.iter().collect();
            self.unread.retain(|unread| !returned.contains(&unread.0));
        }
        commits
    }

    /// Returns the newest of the known commits that a range of [`Self::next_range`] is built on.
    pub(crate) fn base_of(&self, range: &[Oid]) -> Option<Oid> {
        let inside: HashSet<u32> = range.iter().filter_map(|oid| self.numbers.get(oid).copied()).collect();
        let parents = inside.iter().filter_map(|at| self.nodes[*at as usize].parents.as_ref()).flatten();
        let outside = parents.filter(|at| !inside.contains(at)).map(|at| &self.nodes[*at as usize]);
        // One that cannot be read has no date, and is the last choice.
        let key = |node: &&Node| (node.time != i64::MAX, node.time, Reverse(node.oid));
        outside.filter(|node| node.flags & KNOWN != 0).max_by_key(key).map(|node| node.oid)
    }

    /// Returns 1 if the commit is new, and so wanted.
    fn want(&mut self, number: u32) -> usize {
        let is_new = self.nodes[number as usize].flags == 0;
        if is_new {
            self.enqueue(number, WANTED);
        }
        usize::from(is_new)
    }

    /// Marks a commit as known, and its ancestors as far as they were walked over. Returns how many of them are wanted no
    /// more.
    fn learn(&mut self, number: u32) -> usize {
        let (mut due, mut fewer) = (vec![number], 0);
        while let Some(number) = due.pop() {
            let flags = self.nodes[number as usize].flags;
            if flags == 0 {
                self.enqueue(number, KNOWN);
            } else if flags & KNOWN == 0 {
                self.nodes[number as usize].flags |= KNOWN;
                if flags & QUEUED != 0 {
                    fewer += 1;
                } else {
                    due.extend(self.parents(number));
                }
            }
        }
        fewer
    }

    fn enqueue(&mut self, number: u32, flag: u8) {
        let time = self.read(number);
        self.nodes[number as usize].flags = flag | QUEUED;
        self.queue.push((time, number));
    }

    /// Sorts commits topologically.
    fn sorted(&self, found: &[u32]) -> Vec<u32> {
        let mut missing: HashMap<u32, usize> = found.iter().map(|at| (*at, 0)).collect();
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for at in found {
            let parents = self.nodes[*at as usize].parents.iter().flatten().filter(|at| missing.contains_key(at));
            let parents: Vec<u32> = parents.copied().collect();
            parents.iter().for_each(|parent| children.entry(*parent).or_default().push(*at));
            missing.insert(*at, parents.len());
        }
        let key = |at: u32| Reverse((self.nodes[at as usize].time, self.nodes[at as usize].oid, at));
        let free = found.iter().filter(|at| missing.get(at) == Some(&0));
        let mut heap: BinaryHeap<_> = free.map(|at| key(*at)).collect();
        let mut order = Vec::with_capacity(found.len());
        while let Some(Reverse((.., at))) = heap.pop() {
            order.push(at);
            missing.remove(&at);
            for child in children.remove(&at).unwrap_or_default() {
                if let Some(left) = missing.get_mut(&child) {
                    *left -= 1;
                    heap.extend((*left == 0).then(|| key(child)));
                }
            }
        }
        // Commits that are their own ancestors, which no hash allows.
        order.extend(found.iter().filter(|at| missing.contains_key(at)));
        order
    }

    fn number(&mut self, oid: &Oid) -> u32 {
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(*oid).or_insert(next);
        if number == next {
            self.nodes.push(Node { oid: *oid, parents: None, time: i64::MAX, flags: 0 });
        }
        number
    }

    fn parents(&self, number: u32) -> Vec<u32> {
        self.nodes[number as usize].parents.clone().unwrap_or_default()
    }

    /// Reads a commit on first use; returns its date. One that cannot be read has no parents.
    fn read(&mut self, number: u32) -> i64 {
        let Node { oid, parents, time, .. } = &self.nodes[number as usize];
        let oid = *oid;
        if parents.is_some() {
            return *time;
        }
        let (mut parents, mut time) = (Vec::new(), i64::MAX);
        match self.odb.read(&oid) {
            Ok(Some((ObjectKind::Commit, bytes))) => match Commit::parse(&bytes, self.odb.format) {
                Some(commit) => {
                    time = commit.time;
                    if self.shallow.binary_search(&oid).is_err() {
                        parents = commit.parents.iter().map(|parent| self.number(parent)).collect();
                    }
                }
                None => self.unread.push((oid, SkipReason::Damaged, format!("commit {oid}"))),
            },
            Ok(_) => self.unread.push((oid, SkipReason::MissingObject, format!("commit {oid}"))),
            Err(error) => self.unread.push((oid, error.reason(), error.to_string())),
        }
        let node = &mut self.nodes[number as usize];
        (node.parents, node.time) = (Some(parents), time);
        time
    }

    /// Returns true once walks are to end.
    fn is_stopped(&mut self) -> bool {
        self.polls += 1;
        self.stopped |= self.polls.is_multiple_of(POLL) && (self.stop)();
        self.stopped
    }
}

/// A walk from two commits to their common ancestors.
#[derive(Debug, Default)]
struct CommonAncestors {
    flags: HashMap<u32, u8>,
    /// The newest first.
    queue: BinaryHeap<(i64, u32)>,
    /// Commits in the queue that are not known to lie behind a common ancestor.
    open: usize,
    found: Vec<u32>,
    /// Date of the oldest that was found.
    oldest: i64,
}

impl CommonAncestors {
    fn is_done(&self, newest: i64) -> bool {
        // Of several ancestors, one may lie behind another.
        self.open == 0 && (self.found.len() < 2 || newest < self.oldest.saturating_sub(SLOP))
    }

    fn reach(&mut self, number: u32, time: i64, flag: u8) {
        let flags = self.flags.entry(number).or_default();
        let before = *flags;
        if before & flag == flag {
            return;
        }
        *flags |= flag | QUEUED;
        let was_open = before & (QUEUED | STALE) == QUEUED;
        let is_open = *flags & STALE == 0;
        if before & QUEUED == 0 {
            self.queue.push((time, number));
        }
        self.open = self.open + usize::from(is_open) - usize::from(was_open);
    }

    /// Takes a commit out of the queue. Returns the flags that its parents get.
    fn leave(&mut self, number: u32, time: i64) -> u8 {
        let flags = self.flags.entry(number).or_default();
        *flags &= !QUEUED;
        self.open -= usize::from(*flags & STALE == 0);
        if *flags != WANTED | KNOWN {
            return *flags;
        }
        self.oldest = if self.found.is_empty() { time } else { self.oldest.min(time) };
        self.found.push(number);
        WANTED | KNOWN | STALE
    }
}

#[cfg(test)]
#[path = "ancestry_tests.rs"]
mod tests;
