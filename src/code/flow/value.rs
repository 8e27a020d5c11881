//! Values, with all that is known of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::model::NodeId;

/// The origin of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Traits(u32);

impl Traits {
    /// From the body of the request, which anybody sends.
    pub(crate) const BODY: Self = Self(1);
    /// Returned by a verification, or fetched from Stripe.
    pub(crate) const EVENT: Self = Self(2);
    /// A configured secret.
    pub(crate) const SECRET: Self = Self(4);
    /// The signature's header.
    pub(crate) const SIGNATURE: Self = Self(8);
    /// A message authentication code.
    pub(crate) const MAC: Self = Self(16);
    /// Something of another service: its signature.
    pub(crate) const FOREIGN: Self = Self(32);
    /// The request itself, or its path or method.
    pub(crate) const REQUEST: Self = Self(64);
    /// Holds the names of events.
    pub(crate) const TABLE: Self = Self(128);
    /// From a module that was not found.
    pub(crate) const MISSING: Self = Self(256);
    /// The class of events, or an event that is still empty.
    pub(crate) const CLASS: Self = Self(512);
    /// Given to a function by a caller that is not known.
    pub(crate) const GIVEN: Self = Self(1024);
    /// Of an object that was fetched by an id of the request's.
    pub(crate) const FETCHED: Self = Self(2048);
    /// The whole of one.
    pub(crate) const WHOLE: Self = Self(4096);
    /// Of one that says itself what becomes of an account or a subscription.
    pub(crate) const SYNCED: Self = Self(8192);
    /// The request by its type, whatever it is called.
    pub(crate) const TYPED: Self = Self(16384);
    /// From the body, where a verification returns the event on another way.
    pub(crate) const STAND_IN: Self = Self(32768);
    /// The object of an event in the body of a request that says by its place that Stripe sends it.
    pub(crate) const PART: Self = Self(65536);
    /// An address from which events, or other objects, are fetched.
    pub(crate) const EVENTS: Self = Self(131_072);
    pub(crate) const OBJECTS: Self = Self(262_144);

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Constant {
    True,
    False,
    Null,
    /// Something that counts as true.
    Present,
    Text(Arc<str>),
    Number(i64),
    /// A list that is not empty, of elements that count as true or as false.
    Each(bool),
}

/// Code that a value stands for. Numbers are places in the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    Function(usize),
    /// A class, by its file and node.
    Class(usize, NodeId),
    Instance(usize, NodeId),
    Object(usize),
    Module(usize),
    /// A router that a call makes, by the place of the call.
    Router(usize, NodeId),
    /// A name that is looked up in another module when it is used.
    Import(usize),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value {
    pub(crate) traits: Traits,
    pub(crate) constant: Option<Constant>,
    pub(crate) thing: Option<Thing>,
}

impl Value {
    pub(crate) fn of(traits: Traits) -> Self {
        Self { traits, ..Self::default() }
    }

    pub(crate) fn constant(constant: Constant) -> Self {
        Self { constant: Some(constant), ..Self::default() }
    }

    pub(crate) fn thing(thing: Thing) -> Self {
        Self { thing: Some(thing), ..Self::default() }
    }

    pub(crate) fn has(&self, traits: Traits) -> bool {
        self.traits.has(traits)
    }

    /// Returns the function that the value is, among the closures of the analysis.
    pub(crate) fn function(&self) -> Option<usize> {
        match self.thing {
            Some(Thing::Function(at)) => Some(at),
            _ => None,
        }
    }

    /// Returns whether the value counts as true, if that is known.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self.constant.as_ref()? {
            Constant::True | Constant::Present | Constant::Each(_) => Some(true),
            Constant::False | Constant::Null => Some(false),
            Constant::Text(text) => Some(!text.is_empty()),
            Constant::Number(_) => None,
        }
    }

    /// Returns true if nothing is known of the value but its number.
    pub(crate) fn is_unknown(&self) -> bool {
        let constant = self.constant.as_ref().is_none_or(|constant| matches!(constant, Constant::Number(_)));
        constant && self.traits == Traits::default() && self.thing.is_none()
    }

    /// A value that is one of two.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let constant = if self.constant == other.constant { self.constant.clone() } else { None };
        Self { traits: self.traits.with(other.traits), constant, thing: self.thing.or(other.thing) }
    }
}

/// Returns whether something is more than, or as much as, a number, where it is a verdict: nothing that was found is 0, or
/// stands at -1.
pub(crate) fn counted(value: &Value, number: &Value, more: bool) -> Option<bool> {
    let found = match value.constant {
        Some(Constant::True) => true,
        Some(Constant::False) => false,
        _ => return None,
    };
    matches!(number.constant, Some(Constant::Number(-1..=1))).then_some(found == more)
}

/// Members of an object.
pub(crate) type Members = BTreeMap<Arc<str>, Value>;
