//! What trees hold, by number, and which of them lead to what was asked for.

/// For each tree, what it names of other trees and of what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    /// The children of all trees, one tree after the other.
    children: Vec<u32>,
    /// Each tree, and where its children end.
    trees: Vec<(u32, u32)>,
}

/// What is known of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    Unknown,
    /// Its children are being asked.
    Asking,
    Nowhere,
    There,
}

impl Edges {
    /// Notes a tree with its children.
    pub(crate) fn add(&mut self, tree: u32, children: impl IntoIterator<Item = u32>) {
        let before = self.children.len();
        self.children.extend(children);
        if self.children.len() > before {
            self.trees.push((tree, u32::try_from(self.children.len()).unwrap_or(u32::MAX)));
        }
    }

    /// Gives all trees and children other numbers.
    pub(crate) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        self.children.iter_mut().for_each(|child| *child = number(*child));
        self.trees.iter_mut().for_each(|(tree, _)| *tree = number(*tree));
    }

    /// Adds what another thread has noted.
    pub(crate) fn merge(&mut self, mut other: Self) {
        if self.trees.is_empty() {
            return *self = other;
        }
        let before = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        self.children.append(&mut other.children);
        self.trees.extend(other.trees.into_iter().map(|(tree, end)| (tree, before.saturating_add(end))));
    }

    /// For each number below `count`, whether it is one of `starts` or of a tree that leads to one.
    pub(super) fn leading(&self, count: usize, starts: &[u32]) -> Vec<bool> {
        let mut known = vec![Lead::Unknown; count];
        for start in starts {
            if let Some(known) = known.get_mut(*start as usize) {
                *known = Lead::There;
            }
        }
        let mut places = vec![u32::MAX; count];
        for (place, (tree, _)) in (0..).zip(&self.trees) {
            if let Some(known) = places.get_mut(*tree as usize) {
                *known = place;
            }
        }
        for place in 0..self.trees.len() {
            self.ask(place, &places, &mut known);
        }
        known.into_iter().map(|known| known == Lead::There).collect()
    }

    /// Finds out where a tree and all that are below it lead to. A tree within itself, which no hash allows, is asked
    /// once.
    fn ask(&self, place: usize, places: &[u32], known: &mut [Lead]) {
        let mut queue = vec![(place, self.begin(place))];
        while let Some((place, at)) = queue.last_mut() {
            let Some((tree, end)) = self.trees.get(*place).map(|(tree, end)| (*tree as usize, *end as usize)) else {
                break;
            };
            if !matches!(known.get(tree), Some(Lead::Unknown | Lead::Asking)) {
                queue.pop();
                continue;
            }
            let below = |child: u32| places.get(child as usize).filter(|below| **below != u32::MAX);
            let children = self.children.get(*at..end).unwrap_or_default();
            let next = children.iter().position(|child| match known.get(*child as usize) {
                Some(Lead::There) => true,
                Some(Lead::Unknown) => below(*child).is_some(),
                _ => false,
            });
            let Some((next, child)) = next.map(|next| (*at + next, children[next])) else {
                known[tree] = Lead::Nowhere;
                continue;
            };
            let leads = known[child as usize] == Lead::There;
            known[tree] = if leads { Lead::There } else { Lead::Asking };
            *at = next;
            if let Some(below) = below(child).filter(|_| !leads) {
                queue.push((*below as usize, self.begin(*below as usize)));
            }
        }
    }

    fn begin(&self, place: usize) -> usize {
        place.checked_sub(1).and_then(|before| self.trees.get(before)).map_or(0, |(_, end)| *end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leading(edges: &Edges, starts: &[u32]) -> Vec<usize> {
        edges
            .leading(10, starts)
            .into_iter()
            .enumerate()
            .filter(|(_, leads)| *leads)
            .map(|(number, _)| number)
            .collect()
    }

    #[test]
    fn what_leads_there_and_what_does_not() {
        let mut edges = Edges::default();
        let mut others = Edges::default();
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
