//! Follows values through code: from where a request comes in to where its event is used, and whether a verification whose
//! result counts lies on every way between.
//!
//! Code is not run: each way through a function is followed with what is known of its values, calls are followed into the
//! functions that they mean, in this file or another. [`Words`] says what names mean; nothing else here knows of Stripe.

mod bodies;
mod callbacks;
mod called;
mod calls;
mod chosen;
mod classes;
mod comparisons;
mod conditions;
mod doubts;
mod durations;
mod entries;
mod everywhere;
mod expressions;
mod fetched;
mod follow;
mod guards;
mod names;
mod path;
mod relevance;
mod results;
mod routers;
mod scope;
mod stand_ins;
mod statements;
mod summaries;
mod tables;
mod types;
mod value;
mod verdict;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::model::{Code, NodeId};
use super::program::Program;
use crate::rules::pattern::NamePattern;
use path::Path;
use relevance::Relevance;
use routers::{Route, Routers};
use scope::Scope;
use summaries::Summaries;
use value::{Members, Traits, Value};

/// Names that were met, and which of the patterns of all words match each: a bit for each word.
pub(crate) struct Names {
    patterns: Vec<NamePattern>,
    known: RefCell<HashMap<Box<str>, Matches>>,
}

/// The words that a name was compared with, and those that match.
#[derive(Clone, Copy, Default)]
struct Matches {
    asked: u32,
    found: u32,
}

impl Names {
    pub(crate) fn new(patterns: Vec<NamePattern>) -> Rc<Self> {
        Rc::new(Self { patterns, known: RefCell::default() })
    }

    /// Returns which words match a name; of others than the wanted ones not all are known.
    fn words(&self, wanted: u32, name: &str) -> u32 {
        let mut matches = self.known.borrow().get(name).copied().unwrap_or_default();
        let new = wanted & !matches.asked;
        if new != 0 {
            for (at, pattern) in self.patterns.iter().enumerate() {
                if new & 1 << at != 0 && pattern.is_match(name) {
                    matches.found |= 1 << at;
                }
            }
            matches.asked |= new;
            self.known.borrow_mut().insert(Box::from(name), matches);
        }
        matches.found
    }
}

/// A pattern of names.
pub(crate) struct Word {
    names: Rc<Names>,
    bit: u32,
}

impl Word {
    /// Takes the pattern with a number.
    pub(crate) fn new(names: &Rc<Names>, number: usize) -> Self {
        Self { names: Rc::clone(names), bit: 1 << number }
    }

    fn is_match(&self, name: &str) -> bool {
        self.or_matches(&[], name)
    }

    /// Returns which of all words match, for [`Word::is_among`].
    fn all(&self, name: &str) -> u32 {
        if name.is_empty() { 0 } else { self.names.words(u32::MAX, name) }
    }

    fn is_among(&self, words: u32) -> bool {
        words & self.bit != 0
    }

    /// Returns true if this or one of the others matches.
    fn or_matches(&self, others: &[&Self], name: &str) -> bool {
        let bits = others.iter().fold(self.bit, |bits, other| bits | other.bit);
        !name.is_empty() && self.names.words(bits, name) & bits != 0
    }
}

/// Meanings of names. Patterns match dotted paths such as `stripe.webhooks.constructEvent`.
pub(crate) struct Words {
    /// Reads the request's body.
    pub(crate) body: Word,
    /// A parameter with this decorator or type is the request's body.
    pub(crate) body_parameter: Word,
    /// The request itself: a parameter of this name or type, or the first one of a function of this name.
    pub(crate) request: Word,
    /// The request's path, or the name of its route.
    pub(crate) place: Word,
    /// Verifies a signature: throws, or returns an error.
    pub(crate) verifier: Word,
    /// Verifies a signature without its age.
    pub(crate) ageless: Word,
    /// Makes an event of whatever it is given.
    pub(crate) trusting: Word,
    /// Fetches an event, or another object, by its id.
    pub(crate) retrieve: Word,
    /// The state of an object that is fetched.
    pub(crate) state: Word,
    /// Computes a message authentication code.
    pub(crate) mac: Word,
    /// Compares two codes.
    pub(crate) compare: Word,
    /// The name of an event, as text and as a constant.
    pub(crate) event: Word,
    pub(crate) event_constant: Word,
    /// The name of a function that is called for an event.
    pub(crate) event_function: Word,
    /// A verifier with the text that it is given as its secret, joined by `=`: everybody knows it.
    pub(crate) known_secret: Word,
    /// Names of secrets, of the signature's header, of the headers of other services, of switches.
    pub(crate) secret: Word,
    pub(crate) signature: Word,
    pub(crate) foreign: Word,
    /// Names of webhooks: of files, classes, functions, and their header.
    pub(crate) hook: Word,
    /// The sender of events.
    pub(crate) sender: Word,
    pub(crate) switch: Word,
    /// Names of functions that may verify.
    pub(crate) check: Word,
    pub(crate) verifies: Word,
    /// Throws.
    pub(crate) ends: Word,
    /// Ends the request or the program, whoever catches what is thrown.
    pub(crate) exits: Word,
    /// Gives the request on to what comes next.
    pub(crate) next: Word,
    /// The class of events.
    pub(crate) event_class: Word,
    /// Answers that refuse a request.
    pub(crate) refusal: Word,
    /// Parameters that hold what was sent.
    pub(crate) given: Word,
    /// Registers methods or classes that run first.
    pub(crate) guard: Word,
    /// Makes a router, and registers what runs before its handlers.
    pub(crate) router: Word,
    pub(crate) registers: Word,
}

impl Words {
    /// Returns true for a name that says that it takes events from their sender.
    fn takes_events(&self, name: &str) -> bool {
        self.hook.is_match(name) && self.sender.is_match(name)
    }
}

/// Defect of a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Defect {
    FailOpen,
    Disabled,
    Unverified,
    Replay,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) defect: Defect,
    pub(crate) place: Place,
    /// The event, or the function.
    pub(crate) name: String,
    /// The reason that verification is passed by.
    pub(crate) why: &'static str,
    pub(crate) evidence: Vec<(Place, String)>,
    /// Something on the way was not found.
    pub(crate) doubtful: bool,
    /// The route that is handled, if one is known.
    route: Option<Route>,
    language: &'static str,
}

/// A function with the names that it sees.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Closure {
    file: usize,
    node: NodeId,
    scope: Rc<Scope>,
    class: Option<(usize, NodeId)>,
}

/// The name of an event whose type is not known.
const SOME_EVENT: &str = "the request's event";

/// A use of an event.
#[derive(Debug, Clone)]
struct Sink {
    file: usize,
    node: NodeId,
    name: String,
    defect: Defect,
    /// The call that led here from the entry, in the entry's file.
    from: Option<(usize, NodeId)>,
}

/// A verification that was met.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    file: usize,
    node: NodeId,
    /// The call that led here from the entry, in the entry's file.
    from: Option<(usize, NodeId)>,
}

/// A condition by which a verification may be passed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Skip {
    file: usize,
    node: NodeId,
    why: &'static str,
}

/// A function that is being followed.
struct Frame {
    file: usize,
    code: Arc<Code>,
    node: NodeId,
    class: Option<(usize, NodeId)>,
    /// The call that led here.
    call: NodeId,
    exits: Vec<(Path, Value)>,
    thrown: Vec<Path>,
    /// Ways that left a loop or a switch.
    left: Vec<Path>,
    /// Ways that gave the request on.
    continued: Vec<Path>,
}

/// A use of an event on a way that ended without a verification.
struct Report {
    sink: usize,
    /// A verification was met before.
    tried: bool,
    skipped: Option<usize>,
    doubtful: bool,
    entry: usize,
    route: Option<Route>,
}

/// Steps for one analysis.
const MAX_STEPS: usize = 2_000_000;

pub(crate) struct Analysis<'a> {
    program: &'a Program<'a>,
    words: &'a Words,
    expired: &'a dyn Fn() -> bool,
    closures: Vec<Closure>,
    objects: Vec<Members>,
    /// The last closure or object that was made at each place: an equal one is the same.
    made: BTreeMap<(usize, NodeId), usize>,
    summaries: Summaries,
    imports: Vec<(usize, String, Arc<str>)>,
    modules: BTreeMap<usize, Option<Rc<Scope>>>,
    stars: BTreeMap<usize, Vec<String>>,
    named_classes: BTreeMap<(usize, String), Option<Value>>,
    visited: BTreeSet<(usize, NodeId)>,
    relevance: Relevance,
    /// Functions whose names say that they are given the request.
    handlers: BTreeSet<(usize, NodeId)>,
    /// A request's body was gathered, piece by piece.
    gathered: bool,
    /// Set while a guard of handlers is followed.
    guarding: bool,
    asked: Vec<Arc<str>>,
    /// Traits of the values that the object of the followed method was made of.
    made_of: Traits,
    routers: Routers,
    /// The route whose handler is followed.
    route: Option<Route>,
    sinks: Vec<Sink>,
    skips: Vec<Skip>,
    frames: Vec<Frame>,
    reports: Vec<Report>,
    /// Verifications that were met since the entry began.
    attempts: Vec<Attempt>,
    outcomes: Vec<Outcome>,
    left: usize,
    depth: usize,
    /// The frame of the handler that is followed, and how many verifications were met before it.
    entry: usize,
    entries: usize,
    /// The file of the handler says nothing itself: whether it checks is for those to say that it calls.
    silent: bool,
}

impl<'a> Analysis<'a> {
    pub(crate) fn new(program: &'a Program<'a>, words: &'a Words, expired: &'a dyn Fn() -> bool) -> Self {
        Self {
            program,
            words,
            expired,
            closures: Vec::new(),
            objects: Vec::new(),
            made: BTreeMap::new(),
            summaries: Summaries::default(),
            imports: Vec::new(),
            modules: BTreeMap::new(),
            stars: BTreeMap::new(),
            named_classes: BTreeMap::new(),
            visited: BTreeSet::new(),
            relevance: Relevance::default(),
            handlers: BTreeSet::new(),
            gathered: false,
            guarding: false,
            asked: Vec::new(),
            made_of: Traits::default(),
            routers: Routers::default(),
            route: None,
            sinks: Vec::new(),
            skips: Vec::new(),
            frames: Vec::new(),
            reports: Vec::new(),
            attempts: Vec::new(),
            outcomes: Vec::new(),
            left: MAX_STEPS,
            depth: 0,
            entry: 0,
            entries: 0,
            silent: false,
        }
    }

    /// Returns false once the work or the time is used up: what follows is not looked at, and nothing is claimed of it.
    fn step(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left.is_multiple_of(4096) && (self.expired)() {
            self.left = 0;
        }
        self.left > 0
    }

    fn frame(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn code(&self) -> Arc<Code> {
        self.frames.last().map_or_else(|| Arc::clone(&self.program.file(0).code), |frame| Arc::clone(&frame.code))
    }

    fn file(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.file)
    }

    fn place(&self, file: usize, node: NodeId) -> Place {
        let file = self.program.file(file);
        Place { path: file.path.clone(), span: file.code.span(node) }
    }
}
