//! The edges between trees and the objects that they name, and a search for the trees that lead to given objects.

use crate::git::bit_set::BitSet;

/// For each tree, the trees and wanted objects that it names. Objects are numbers.
#[derive(Debug, Default)]
pub(crate) struct TreeEdges {
    /// The children of all trees, one tree after the other.
    children: Vec<u32>,
    /// Each tree, and where its children end.
    trees: Vec<(u32, u32)>,
}

/// State of a search for trees that lead to given objects.
struct LeadSearch {
    /// For each number the position of the tree; `u32::MAX` for other objects.
    places: Vec<u32>,
    /// Trees that were not searched yet, and objects that lead there.
    open: BitSet,
    /// Objects that lead there.
    leads: BitSet,
}

impl TreeEdges {
    pub(crate) fn add(&mut self, tree: u32, children: impl IntoIterator<Item = u32>) {
        let before = self.children.len();
        self.children.extend(children);
        if self.children.len() > before {
            self.trees.push((tree, u32::try_from(self.children.len()).unwrap_or(u32::MAX)));
        }
    }

    /// Replaces all numbers.
    pub(crate) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        self.children.iter_mut().for_each(|child| *child = number(*child));
        self.trees.iter_mut().for_each(|(tree, _)| *tree = number(*tree));
    }

    pub(crate) fn merge(&mut self, mut other: Self) {
        if self.trees.is_empty() {
            return *self = other;
        }
        let before = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        self.children.append(&mut other.children);
        self.trees.extend(other.trees.into_iter().map(|(tree, end)| (tree, before.saturating_add(end))));
    }

    /// Marks, of the numbers below `count`, `starts` and the trees that lead to one of them.
    pub(super) fn leading(&self, count: usize, starts: &[u32]) -> BitSet {
        let mut known =
            LeadSearch { places: vec![u32::MAX; count], open: BitSet::none(count), leads: BitSet::none(count) };
        for (place, (tree, _)) in (0..).zip(&self.trees) {
            if let Some(known) = known.places.get_mut(*tree as usize) {
                *known = place;
            }
            known.open.set(*tree, true);
        }
        for start in starts {
            known.leads.set(*start, true);
            known.open.set(*start, true);
        }
        for place in 0..self.trees.len() {
            self.search(place, &mut known);
        }
        known.leads
    }

    /// Iterates over all that a tree names.
    pub(super) fn children(&self) -> &[u32] {
        &self.children
    }

    /// Searches a tree and everything below it. A tree within itself, which no hash allows, is searched once.
    fn search(&self, place: usize, known: &mut LeadSearch) {
        let mut queue = Vec::new();
        self.enter(place, known, &mut queue);
        while let Some((place, at)) = queue.last_mut() {
            let (tree, end) = self.trees[*place];
            let children = self.children.get(*at..end as usize).unwrap_or_default();
            let Some(next) = children.iter().position(|child| known.open.has(*child)) else {
                queue.pop();
                continue;
            };
            *at += next;
            let child = children[next];
            if known.leads.has(child) {
                known.leads.set(tree, true);
                known.open.set(tree, true);
                queue.pop();
            } else {
                let below = known.places.get(child as usize).map_or(usize::MAX, |place| *place as usize);
                self.enter(below, known, &mut queue);
                known.open.set(child, false);
            }
        }
    }

    /// Begins to search a tree, unless it was searched or leads there.
    fn enter(&self, place: usize, known: &mut LeadSearch, queue: &mut Vec<(usize, usize)>) {
        let Some((tree, _)) = self.trees.get(place) else { return };
        if known.open.has(*tree) && !known.leads.has(*tree) {
            known.open.set(*tree, false);
            queue.push((place, self.begin(place)));
        }
    }

    fn begin(&self, place: usize) -> usize {
        place.checked_sub(1).and_then(|before| self.trees.get(before)).map_or(0, |(_, end)| *end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leading(edges: &TreeEdges, starts: &[u32]) -> Vec<usize> {
        edges.leading(10, starts).iter(0..10).map(|number| number as usize).collect()
    }

    #[test]
    fn what_leads_there_and_what_does_not() {
        let mut edges = TreeEdges::default();
        let mut others = TreeEdges::default();
        for (tree, children) in [(0, &[1, 2][..]), (1, &[3]), (2, &[4, 5]), (6, &[0]), (7, &[7, 8]), (8, &[7, 3])] {
            let edges = if tree < 2 { &mut edges } else { &mut others };
            edges.add(tree, children.iter().copied());
        }
        others.add(9, [u32::MAX]);
        edges.merge(others);
        assert_eq!(leading(&edges, &[5]), [0, 2, 5, 6]);
        assert_eq!(leading(&edges, &[3, 2]), [0, 1, 2, 3, 6, 7, 8]);
        assert!(leading(&edges, &[]).is_empty());
        edges.renumber(|number| if number < 9 { number + 1 } else { number });
        assert_eq!(leading(&edges, &[6]), [1, 3, 6, 7]);
    }
}
