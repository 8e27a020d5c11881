//! Variables of a place in the code, in a map whose copies share what they have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::value::Value;

type Layer = BTreeMap<Arc<str>, Value>;

/// Variables and their values.
///
/// Each branch and each function gets a copy, thousands of them in a long file. A copy shares the layers of its original;
/// what is set later goes into a layer above. A layer is larger than the one above it, so that there are few.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The oldest first.
    layers: Vec<Rc<Layer>>,
}

impl Scope {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.layers.iter().rev().find_map(|layer| layer.get(name))
    }

    pub(crate) fn set(&mut self, name: Arc<str>, value: Value) {
        match self.layers.last_mut().and_then(Rc::get_mut) {
            Some(layer) => drop(layer.insert(name, value)),
            None => self.layers.push(Rc::new(Layer::from([(name, value)]))),
        }
        while let [.., below, top] = self.layers.as_slice()
            && top.len() >= below.len()
        {
            let top = self.layers.pop().map(Rc::unwrap_or_clone).unwrap_or_default();
            if let Some(below) = self.layers.last_mut() {
                Rc::make_mut(below).extend(top);
            }
        }
    }

    /// Returns the names that may have another value here than there: those set since one was copied from the other.
    pub(crate) fn differing(&self, other: &Self) -> BTreeSet<Arc<str>> {
        let pairs = self.layers.iter().zip(&other.layers);
        let shared = pairs.take_while(|(mine, others)| Rc::ptr_eq(mine, others)).count();
        let layers = self.layers.iter().skip(shared).chain(other.layers.iter().skip(shared));
        layers.flat_map(|layer| layer.keys().cloned()).collect()
    }

    /// Takes over what only the other has; what both have is one of the two.
    pub(crate) fn join(&mut self, other: &Self) {
        for name in self.differing(other) {
            match (self.get(&name), other.get(&name)) {
                (Some(known), Some(value)) if known != value => self.set(name, known.or(value)),
                (None, Some(value)) => self.set(name, value.clone()),
                _ => {}
            }
        }
    }

    /// Takes over the names of the other that are unknown here.
    pub(crate) fn complete(&mut self, other: &Self) {
        for name in self.differing(other) {
            if let (None, Some(value)) = (self.get(&name), other.get(&name)) {
                self.set(name, value.clone());
            }
        }
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.differing(other).iter().all(|name| self.get(name) == other.get(name))
    }
}

impl Eq for Scope {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::value::Traits;
    use super::*;

    const TRAITS: [Traits; 3] = [Traits::BODY, Traits::EVENT, Traits::SECRET];

    /// A change to one of several copies: a variable is set, or another copy is made anew from this one, or joined to it.
    fn changes() -> impl Strategy<Value = Vec<(usize, usize, u8, u8)>> {
        prop::collection::vec((0..4_usize, 0..4_usize, 0..40_u8, 0..8_u8), 0..200)
    }

    proptest! {
        #[test]
        fn copies_are_as_maps_of_their_own(changes in changes()) {
            let mut scopes: Vec<Rc<Scope>> = (0..4).map(|_| Rc::default()).collect();
            let mut maps = vec![Layer::new(); 4];
            for (at, other, name, action) in changes {
                let (key, value): (Arc<str>, _) = (Arc::from(name.to_string()), Value::of(TRAITS[usize::from(action) % 3]));
                match action {
                    0 => (scopes[other], maps[other]) = (scopes[at].clone(), maps[at].clone()),
                    1 => {
                        let (scope, map) = (scopes[other].clone(), maps[other].clone());
                        Rc::make_mut(&mut scopes[at]).join(&scope);
                        for (key, value) in map {
                            maps[at].entry(key).and_modify(|known| *known = known.or(&value)).or_insert(value);
                        }
                    }
                    2 => {
                        let (scope, map) = (scopes[other].clone(), maps[other].clone());
                        Rc::make_mut(&mut scopes[at]).complete(&scope);
                        for (key, value) in map {
                            maps[at].entry(key).or_insert(value);
                        }
                    }
                    _ => {
                        Rc::make_mut(&mut scopes[at]).set(key.clone(), value.clone());
                        maps[at].insert(key, value);
                    }
                }
                for name in 0..40_u8 {
                    prop_assert_eq!(scopes[at].get(&name.to_string()), maps[at].get(name.to_string().as_str()));
                }
                prop_assert_eq!(scopes[at] == scopes[other], maps[at] == maps[other]);
            }
        }
    }

    #[test]
    fn few_layers_hold_many_names() {
        let (mut scope, mut copies) = (Rc::new(Scope::default()), Vec::new());
        for name in 0..5_000 {
            copies.push(Rc::clone(&scope));
            Rc::make_mut(&mut scope).set(Arc::from(format!("name{name}")), Value::default());
        }
        assert!(scope.layers.len() <= 14, "{}", scope.layers.len());
        assert!(copies.iter().enumerate().all(|(at, copy)| copy.get(&format!("name{at}")).is_none()));
    }
}
