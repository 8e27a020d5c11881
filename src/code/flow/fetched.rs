//! Objects that are fetched from Stripe by an id that the request sent. A fetched event is one that was verified; another
//! object says something only where its state is read, or where it is what is acted on.

use super::super::model::{Kind, NodeId};
use super::Analysis;
use super::called::{Called, last, together};
use super::path::Path;
use super::stand_ins::SHOWS;
use super::statements::Ways;
use super::value::{Constant, Traits, Value};

/// Returns what is fetched from an address.
pub(super) fn address(text: &str) -> Traits {
    let object = text.split_once("/v1/").map_or("", |(_, object)| object);
    match object {
        _ if object.is_empty() || object.starts_with("events") => Traits::EVENTS,
        // Everybody has a customer.
        _ if object.starts_with("customers") => Traits::default(),
        _ => Traits::OBJECTS,
    }
}

impl Analysis<'_> {
    pub(super) fn fetched(&mut self, called: &Called<'_>, path: &Path) -> Ways {
        let (mut path, mut traits) = (path.clone(), Traits::EVENT);
        if together(&called.arguments).has(Traits::BODY) {
            let name = called.dotted.to_ascii_lowercase();
            let of = name.rsplit('.').nth(1).unwrap_or_default();
            traits = match of.trim_end_matches('s') {
                _ if last(&name) != "retrieve" || name.contains("event") => {
                    path.verify();
                    traits
                }
                // Everybody has a customer.
                "customer" => traits,
                "subscription" | "account" => traits.with(Traits::WHOLE).with(Traits::FETCHED).with(Traits::SYNCED),
                _ => traits.with(Traits::WHOLE).with(Traits::FETCHED),
            };
        }
        // In Go the last of the results is the error.
        let constant = if called.code.dialect.returns_errors { Constant::Null } else { Constant::Present };
        vec![(path, Value { constant: Some(constant), ..Value::of(traits) })]
    }

    /// `fetch("https://api.stripe.com/v1/events/" + id)`
    pub(super) fn fetched_by_address(&self, called: &Called<'_>, path: &Path) -> Option<Ways> {
        let given = together(&called.arguments);
        let asks = given.has(Traits::BODY) && given.has(Traits::EVENTS.with(Traits::OBJECTS));
        if !asks || SHOWS.contains(&last(&called.dotted)) {
            return None;
        }
        let (mut path, mut traits) = (path.clone(), given.only(Traits::EVENTS).with(Traits::EVENT));
        if given.has(Traits::OBJECTS) {
            traits = traits.with(Traits::OBJECTS).with(Traits::WHOLE).with(Traits::FETCHED);
        } else {
            path.verify();
        }
        Some(vec![(path, Value { constant: Some(Constant::Present), ..Value::of(traits) })])
    }

    /// Notes that a member of an object is read.
    pub(super) fn reads(&self, object: &Value, name: &str, path: &mut Path) {
        if object.has(Traits::FETCHED) && self.words.state.is_match(name) {
            path.forget_uses();
        }
    }

    /// Notes what a call that is not followed does with an object that was fetched.
    pub(super) fn takes(&self, called: &Called<'_>, all: Traits, path: &mut Path) {
        if !all.has(Traits::FETCHED) {
            return;
        }
        self.reads(&called.object, last(&called.dotted), path);
        if let Some(Constant::Text(key)) = called.arguments.first().and_then(|key| key.constant.as_ref()) {
            self.reads(&called.object, key, path);
        }
        if together(&called.arguments).has(Traits::WHOLE) {
            path.forget_uses();
        }
        keeps(all, path);
    }
}

/// Notes that something is kept: what was fetched alone is as good as a verified event.
pub(super) fn keeps(traits: Traits, path: &mut Path) {
    if traits.has(Traits::SYNCED) && !traits.has(Traits::BODY) {
        path.forget_uses();
    }
}

/// Returns true for a call that fetches something of which the request only said the id.
pub(super) fn fetches(called: &Called<'_>) -> bool {
    let (code, says) = (called.code, |word: &str| called.dotted.contains(word));
    let is_id = |(node, value): (&NodeId, &Value)| {
        let node = if code.kind(*node) == Kind::Pair { code.child(*node, 1) } else { *node };
        let key = if code.kind(node) == Kind::Index { code.child(node, 1) } else { node };
        let name = code.name(key).trim_start_matches(':');
        !value.has(Traits::BODY) || matches!(name, "id" | "Id" | "event_id" | "eventId" | "EventId")
    };
    let is_own = called.object.has(Traits::BODY);
    !is_own
        && (says("etrieve") || says("etch"))
        && code.children(called.node)[1..].iter().zip(&called.arguments).all(is_id)
}
