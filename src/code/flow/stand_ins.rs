//! Bodies that stand where a verification returns the event on another way: whatever takes one acts on an event, of whatever
//! name.

use super::super::model::{Code, Kind, NodeId};
use super::called::{Called, last, together};
use super::path::Path;
use super::statements::Ways;
use super::value::{Constant, Traits, Value};
use super::{Analysis, Defect, SOME_EVENT};

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

/// Beginnings of the names of calls that act on what they are given.
const ACTS: &[&str] = &[
    "mysql_query",
    "mysqli_query",
    "query",
    "exec",
    "save",
    "create",
    "insert",
    "update",
    "upsert",
    "store",
    "delete",
    "destroy",
    "publish",
    "enqueue",
    "perform",
    "dispatch",
    "handle",
    "process",
    "run",
    "put",
    "notify",
    "mail",
    "fulfil",
    "grant",
    "activate",
    "delay",
    "invoke",
    "record",
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

    /// Returns what a member of a value is beside: the object of an event, where the names on the way say that
    /// Stripe sends what is read.
    pub(super) fn part(&self, of: &Value, name: &str) -> Traits {
        let name = name.trim_start_matches(':');
        let is_part = name.split('.').next().is_some_and(|name| name.eq_ignore_ascii_case("data"));
        let found = is_part && of.has(Traits::BODY) && !of.has(Traits::EVENT) && self.takes_events();
        if found { Traits::PART } else { Traits::default() }
    }

    /// Returns what a dotted path into the request's body is beside. `request.data` is all of the body.
    pub(super) fn part_at(&self, dotted: &str) -> Traits {
        const BODIES: &[&str] = &["body", "rawBody", "parsedBody", "payload", "json", "params", "_POST", "post"];
        let names = dotted.split('.').zip(dotted.split('.').skip(1));
        match names.into_iter().find(|(of, _)| BODIES.contains(of)) {
            Some((_, name)) => self.part(&Value::of(Traits::BODY), name),
            None => Traits::default(),
        }
    }

    /// `event.get("data")`
    pub(super) fn part_got(&self, called: &Called<'_>, of: &Value) -> Traits {
        match called.arguments.first().and_then(|key| key.constant.as_ref()) {
            Some(Constant::Text(key)) => self.part(of, key),
            _ => Traits::default(),
        }
    }

    /// Returns true for the function of a cloud that is called with the event itself, with no request around it.
    pub(super) fn is_given_event(&self, code: &Code, function: NodeId, file: usize) -> bool {
        let parameters = code.children(code.child(function, 0));
        let named =
            |at: usize, names: &[&str]| parameters.get(at).is_some_and(|node| names.contains(&code.name(*node)));
        let wraps = |name: &str| matches!(name, "body" | "Records" | "detail" | "rawBody" | "queryStringParameters");
        let reads = |at: NodeId| match code.kind(at) {
            Kind::Member => wraps(code.name(at)),
            Kind::Index | Kind::Call => wraps(code.name(code.child(at, 1))),
            _ => false,
        };
        let span = code.span(function);
        parameters.len() == 2
            && named(0, &["event"])
            && named(1, &["context", "_context", "_", "ctx"])
            && self.words.takes_events(&self.program.file(file).path)
            && !code.nodes().any(|(at, _)| reads(at) && span.contains(&code.span(at).start))
    }

    /// Returns true if a file, class or function on the way says that it takes what Stripe sends.
    fn takes_events(&self) -> bool {
        let says = |name: &str| self.words.takes_events(name) && !self.words.foreign.is_match(name);
        self.frames.iter().any(|frame| {
            let of_class = |(file, node): (usize, NodeId)| says(self.program.file(file).code.name(node));
            says(&self.program.file(frame.file).path)
                || says(frame.code.name(frame.node))
                || frame.class.is_some_and(of_class)
        })
    }

    /// Notes that a stand-in is compared, or given to something.
    pub(super) fn stands_in(&mut self, traits: Traits, node: NodeId, path: &mut Path) {
        if traits.has(Traits::STAND_IN) && !traits.has(Traits::EVENT) && !path.verified && !path.refused {
            let sink = self.sink(node, SOME_EVENT.to_owned(), Defect::Unverified);
            path.use_event(sink);
        }
    }

    pub(super) fn given_to(&mut self, called: &Called<'_>, path: &mut Path) {
        let given = together(&called.arguments);
        // Part of an event is acted on by what says so, where no stand-in is.
        let name = last(&called.dotted).to_ascii_lowercase();
        let acts = || given.has(Traits::PART) && ACTS.iter().any(|verb| name.starts_with(verb));
        if !SHOWS.contains(&last(&called.dotted)) && (given.has(Traits::STAND_IN) || acts()) {
            self.stands_in(given.with(Traits::STAND_IN), called.node, path);
        }
    }
}
