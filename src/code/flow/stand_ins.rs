//! Bodies that stand where a verification returns the event on another way: whatever takes one acts on an event, of whatever
//! name.

use super::super::model::NodeId;
use super::calls::{Called, last, together};
use super::statements::Ways;
use super::value::{Path, Traits, Value};
use super::{Analysis, Defect};

/// Calls that only show what they are given.
pub(super) const SHOWS: &[&str] = &[
    "log",
    "info",
    "warn",
    "warning",
    "error",
    "debug",
    "trace",
    "print",
    "println",
    "Printf",
    "Println",
    "puts",
    "p",
    "error_log",
    "var_dump",
    "print_r",
    "WriteLine",
    "LogInformation",
    "LogWarning",
];

impl Analysis<'_> {
    /// Marks the bodies of ways on which a check was passed by, where another way has a verified event.
    pub(super) fn mark_stand_ins(&self, ways: &mut Ways, attempts: usize) {
        if self.attempts.len() == attempts {
            return;
        }
        let is_event = |value: &Value| value.has(Traits::EVENT);
        let verified = ways.iter().filter(|(path, _)| path.verified);
        let events = verified.clone().any(|(_, value)| is_event(value));
        let scopes = verified.map(|(path, _)| path.scope.clone()).collect::<Vec<_>>();
        for (path, value) in ways.iter_mut().filter(|(path, _)| !path.verified && path.skipped.is_some()) {
            let stands_in = |value: &Value| value.has(Traits::BODY) && !is_event(value);
            for scope in &scopes {
                for name in scope.differing(&path.scope) {
                    let Some(known) = path.get(&name).filter(|known| stands_in(known)) else { continue };
                    if scope.get(&name).is_some_and(is_event) {
                        let traits = known.traits.with(Traits::STAND_IN);
                        path.set(&name, Value { traits, ..known.clone() });
                    }
                }
            }
            if events && stands_in(value) {
                value.traits = value.traits.with(Traits::STAND_IN);
            }
        }
    }

    /// Notes that a stand-in is compared, or given to something.
    pub(super) fn stands_in(&mut self, traits: Traits, node: NodeId, path: &mut Path) {
        if traits.has(Traits::STAND_IN) && !traits.has(Traits::EVENT) && !path.verified && !path.refused {
            let sink = self.sink(node, "the request's event".to_owned(), Defect::Unverified);
            path.use_event(sink);
        }
    }

    pub(super) fn given_to(&mut self, called: &Called<'_>, path: &mut Path) {
        if !SHOWS.contains(&last(&called.dotted)) {
            self.stands_in(together(&called.arguments), called.node, path);
        }
    }
}
