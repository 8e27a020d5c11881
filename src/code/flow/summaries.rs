//! Remembers what was followed: a function that is called again in the same way is not followed again, and what is made
//! twice at one place of equal parts is one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::model::NodeId;
use super::path::Path;
use super::statements::Ways;
use super::value::{Constant, Members, Thing, Traits, Value};
use super::{Analysis, Attempt, Closure};

/// Most calls of one function that are remembered.
const MAX_CALLS: usize = 64;

/// All that a function can see of a call: the way up to it, with the names around the function, and what it is given.
#[derive(PartialEq, Eq)]
struct Given {
    path: Path,
    class: Option<(usize, NodeId)>,
    /// Of what the object was made whose method is called.
    made_of: Traits,
    guarding: bool,
    arguments: Vec<Value>,
}

/// The result of a call.
struct Summary {
    given: Given,
    ways: Ways,
    thrown: Vec<Path>,
    attempts: Vec<Attempt>,
    /// A request's body was gathered.
    gathered: bool,
    /// Functions that were passed over since they were being followed already.
    active: BTreeSet<(usize, NodeId)>,
}

/// All that a call may add to the analysis, and what it depends on beside what it is given.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Met {
    sinks: usize,
    reports: usize,
    skips: usize,
    outcomes: usize,
    attempts: usize,
    files: usize,
}

/// Summaries by function, for the handler that is followed.
#[derive(Default)]
pub(super) struct Summaries {
    calls: BTreeMap<(usize, NodeId), Vec<Summary>>,
    /// Calls in which nothing was met, with the number of files that were known: they are the same for every handler.
    plain: BTreeMap<(usize, NodeId), Vec<(usize, Summary)>>,
    /// Something was met since the call began, or who called mattered.
    pub(super) met: bool,
    /// Functions that were passed over, since the call began, since they were being followed already.
    pub(super) active: BTreeSet<(usize, NodeId)>,
    /// Something was passed over since it was too deep.
    pub(super) deep: bool,
}

impl Summary {
    /// Returns true if nothing but variables differs behind the call.
    fn is_plain(&self) -> bool {
        let ends = self.ways.iter().map(|(path, _)| path).chain(&self.thrown);
        let mut ends = ends.map(|path| Path { scope: Rc::clone(&self.given.path.scope), ..path.clone() });
        ends.all(|path| path == self.given.path)
    }
}

fn push<T>(calls: &mut Vec<T>, call: T) {
    if calls.len() < MAX_CALLS {
        calls.push(call);
    }
}

impl Summaries {
    /// Forgets all: another handler is followed.
    pub(super) fn clear(&mut self) {
        self.calls.clear();
    }
}

impl Analysis<'_> {
    /// Follows a function, or remembers what it came to. Returns the ways on which it returns, with their values.
    pub(super) fn invoke(&mut self, at: usize, arguments: Vec<Value>, path: Path, call: NodeId) -> Ways {
        let closure = &self.closures[at];
        let key = (closure.file, closure.node);
        let inner = Path { scope: Rc::clone(&closure.scope), ..path.clone() };
        let given = Given {
            path: inner,
            class: closure.class,
            made_of: self.made_of,
            guarding: self.guarding,
            arguments: arguments.clone(),
        };
        if let Some(ways) = self.repeated(key, &given, &path) {
            return ways;
        }
        let (attempts, thrown) = (self.attempts.len(), self.frames.last().map_or(0, |frame| frame.thrown.len()));
        let (deep, gathered) = (std::mem::take(&mut self.summaries.deep), std::mem::take(&mut self.gathered));
        let (active, before) = (std::mem::take(&mut self.summaries.active), self.met());
        let depends = self.guarding || self.is_in_module();
        let met = std::mem::replace(&mut self.summaries.met, depends);
        let (ways, _) = self.follow(at, arguments, path, call);
        self.summaries.active.remove(&key);
        if !self.summaries.deep && self.left > 0 {
            let summary = Summary {
                given,
                ways: ways.clone(),
                thrown: self.frames.last().and_then(|frame| frame.thrown.get(thrown..)).unwrap_or_default().to_vec(),
                attempts: self.attempts.get(attempts..).unwrap_or_default().to_vec(),
                gathered: self.gathered,
                active: self.summaries.active.clone(),
            };
            self.summaries.met |= self.met() != before || self.gathered || !summary.is_plain();
            if self.summaries.met {
                push(self.summaries.calls.entry(key).or_default(), summary);
            } else {
                push(self.summaries.plain.entry(key).or_default(), (before.files, summary));
            }
        }
        self.summaries.met |= met;
        self.summaries.deep |= deep;
        self.summaries.active.extend(active);
        self.gathered |= gathered;
        ways
    }

    fn met(&self) -> Met {
        Met {
            sinks: self.sinks.len(),
            reports: self.reports.len(),
            skips: self.skips.len(),
            outcomes: self.outcomes.len(),
            attempts: self.attempts.len(),
            files: self.program.len(),
        }
    }

    /// Returns true while the top level of a file is followed, whose names are not all known yet.
    fn is_in_module(&self) -> bool {
        self.frames.iter().any(|frame| frame.node == frame.code.root())
    }

    fn repeated(&mut self, key: (usize, NodeId), given: &Given, path: &Path) -> Option<Ways> {
        let is_active = |at: &(usize, NodeId)| self.frames.iter().any(|frame| (frame.file, frame.node) == *at);
        let is_same = |summary: &&Summary| summary.given == *given && summary.active.iter().all(is_active);
        let files = self.program.len();
        let plain = self.summaries.plain.get(&key).into_iter().flatten();
        let mut plain = plain.filter(|(known, _)| *known == files).map(|(_, summary)| summary);
        let own = || self.summaries.calls.get(&key).into_iter().flatten().find(is_same);
        let (summary, met) = match plain.find(is_same) {
            Some(summary) => (summary, false),
            None => (own()?, true),
        };
        let here = |other: &Path| Path { scope: Rc::clone(&path.scope), ..other.clone() };
        let ways = summary.ways.iter().map(|(path, value)| (here(path), value.clone())).collect();
        let thrown: Vec<Path> = summary.thrown.iter().map(here).collect();
        let attempts = summary.attempts.clone();
        self.gathered |= summary.gathered;
        self.summaries.met |= met;
        let active = summary.active.clone();
        if let Some(frame) = self.frames.last_mut() {
            frame.thrown.extend(thrown);
        }
        self.summaries.active.extend(active);
        let from = self.call_of_entry();
        self.attempts.extend(attempts.into_iter().map(|attempt| Attempt { from, ..attempt }));
        Some(ways)
    }

    pub(super) fn object_of(&mut self, node: NodeId, members: Members) -> Thing {
        let place = (self.file(), node);
        let at = match self.made.get(&place) {
            Some(at) if self.objects.get(*at) == Some(&members) => *at,
            _ => {
                self.objects.push(members);
                self.objects.len() - 1
            }
        };
        self.made.insert(place, at);
        Thing::Object(at)
    }

    pub(super) fn closure(&mut self, closure: Closure) -> Value {
        let place = (closure.file, closure.node);
        let at = match self.made.get(&place) {
            Some(at) if self.closures.get(*at) == Some(&closure) => *at,
            _ => {
                self.closures.push(closure);
                self.closures.len() - 1
            }
        };
        self.made.insert(place, at);
        Value { constant: Some(Constant::Present), ..Value::thing(Thing::Function(at)) }
    }
}
