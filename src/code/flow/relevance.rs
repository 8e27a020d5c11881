//! Functions that are worth following: those that say something that matters, or call by name what does.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::called::Called;
use super::tables::lists_events;
use super::value::Thing;
use super::{Analysis, Words};

/// Rounds in which callers of relevant functions of a file become relevant.
const MAX_ROUNDS: usize = 4;

/// Most times that the marks of a file are made anew because other files were read.
const MAX_MARKED: usize = 16;

/// Most classes and functions of a file that say by their names that they take events.
const MAX_TAKERS: usize = 16;

/// Functions up to this length are followed whatever they say, in bytes: their results may be switches and secrets.
const SHORT: usize = 300;

/// Names of one file by their place.
struct FileNames {
    names: Vec<(usize, Arc<str>)>,
    /// Places at which an event or a verification is named, or a function that does, sorted.
    marks: Vec<usize>,
    /// Marks of nodes that name an event or a verification themselves, sorted.
    own: Vec<usize>,
    /// Places at which the body of a request or a check is, sorted.
    hints: Vec<usize>,
    /// Number of names of functions that were known when the marks were made.
    known: usize,
    marked: usize,
    /// Functions and classes whose names say that they take events: what is in them matters, and nothing that calls them.
    takers: Vec<std::ops::Range<usize>>,
    /// The file itself names an event or a verification.
    matters: bool,
    /// It names a webhook, an event, or what verifies or makes one.
    speaks: bool,
    /// Functions of the file are named after events.
    methods: bool,
}

/// Relevance of the files that were read so far.
#[derive(Default)]
pub(super) struct Relevance {
    files: BTreeMap<usize, FileNames>,
    /// Names of functions that matter, and of constants that hold the name of an event.
    functions: HashSet<Arc<str>>,
}

impl Relevance {
    fn index(&mut self, file: usize, (path, code): (&str, &Code), words: &Words) {
        let mut found = FileNames {
            names: Vec::new(),
            marks: Vec::new(),
            own: Vec::new(),
            hints: Vec::new(),
            known: usize::MAX,
            marked: 0,
            takers: Vec::new(),
            matters: false,
            speaks: false,
            methods: false,
        };
        let (mut functions, mut chosen) = (Vec::new(), Vec::new());
        found.takers.extend(words.takes_events(path).then_some(0..usize::MAX));
        for (id, node) in code.nodes() {
            let span = code.span(id);
            if matters(code, id, words) {
                found.marks.push(span.start);
                found.speaks |= !words.compare.is_match(&code.path(id));
            } else if hints(code, id, words) {
                found.hints.push(span.start);
            }
            if let Some(name) = holds_event(code, id, words) {
                self.functions.insert(name);
            }
            if node.kind == Kind::Call && super::chosen::chooses(code, id) {
                chosen.push(span.start);
            }
            let Some(name) = &node.name else { continue };
            found.speaks = found.speaks || node.kind != Kind::Import && words.hook.is_match(name);
            let declares = matches!(node.kind, Kind::Class | Kind::Function) && found.takers.len() < MAX_TAKERS;
            if declares && words.takes_events(name) {
                found.takers.push(span.clone());
            }
            match node.kind {
                Kind::Function => {
                    found.methods |= words.event_function.is_match(name);
                    functions.push((span.clone(), Arc::clone(name)));
                }
                Kind::Name | Kind::Member => found.names.push((span.start, Arc::clone(name))),
                _ => {}
            }
        }
        if found.methods {
            found.marks.append(&mut chosen);
        }
        found.matters = !found.marks.is_empty() || !found.takers.is_empty();
        found.hints.sort_unstable();
        found.marks.sort_unstable();
        found.own.clone_from(&found.marks);
        self.spread(&mut found, &functions);
        self.files.insert(file, found);
    }

    /// Marks callers of what matters, in rounds, and notes the names of functions that matter.
    fn spread(&mut self, found: &mut FileNames, functions: &[(std::ops::Range<usize>, Arc<str>)]) {
        found.mark(&self.functions);
        for _ in 0..MAX_ROUNDS {
            let relevant = |(span, name): &(std::ops::Range<usize>, Arc<str>)| {
                (within(&found.marks, span) && !self.functions.contains(name)).then(|| Arc::clone(name))
            };
            let more: Vec<Arc<str>> = functions.iter().filter_map(relevant).collect();
            if more.is_empty() {
                break;
            }
            self.functions.extend(more);
            found.mark(&self.functions);
        }
    }
}

impl FileNames {
    /// Marks the places of names of relevant functions.
    fn mark(&mut self, functions: &HashSet<Arc<str>>) {
        if self.known != functions.len() && self.marked < MAX_MARKED {
            self.known = functions.len();
            self.marked += 1;
            self.marks.extend(self.names.iter().filter(|(_, name)| functions.contains(name)).map(|(at, _)| *at));
            self.marks.sort_unstable();
            self.marks.dedup();
        }
    }
}

fn within(places: &[usize], span: &std::ops::Range<usize>) -> bool {
    places.get(places.partition_point(|at| *at < span.start)).is_some_and(|at| *at < span.end)
}

/// Returns true for a node that names an event, makes one, or verifies.
fn matters(code: &Code, node: NodeId, words: &Words) -> bool {
    let name = code.name(node);
    match code.kind(node) {
        Kind::Text => words.event.is_match(name),
        // `Json(event): Json<Event>`
        Kind::Parameter => words.event_class.is_match(&format!("type:{}", code.name(code.child(node, 1)))),
        // The name of an import may have backslashes.
        Kind::Name if !name.contains('\\') => marks(words, name),
        Kind::Name | Kind::Member => marks(words, &code.path(node).replace('\\', ".")),
        _ => false,
    }
}

fn marks(words: &Words, path: &str) -> bool {
    let others = [&words.compare, &words.trusting, &words.event_constant, &words.event_class];
    words.verifier.or_matches(&others, path)
}

/// Returns the name of a constant to which the name of an event is given, or a table of them.
fn holds_event(code: &Code, node: NodeId, words: &Words) -> Option<Arc<str>> {
    let (name, value) = (code.child(node, 0), code.child(node, 1));
    let is_constant = code.name(name).starts_with(|first: char| first.is_ascii_uppercase());
    let holds = match code.kind(node) {
        Kind::Assign | Kind::Pair if code.kind(value) == Kind::Text => {
            is_constant && words.event.is_match(code.name(value))
        }
        Kind::Assign if code.kind(name) == Kind::Name => lists_events(code, value, words),
        _ => false,
    };
    holds.then(|| Arc::from(code.name(name)))
}

/// Returns true for a node that names a check, or the body of a request.
fn hints(code: &Code, node: NodeId, words: &Words) -> bool {
    match code.kind(node) {
        Kind::Text => words.body.is_match(code.name(node)),
        Kind::Name | Kind::Function => words.check.or_matches(&[&words.mac], code.name(node)),
        Kind::Member => {
            words.check.is_match(code.name(node))
                || words.body.or_matches(&[&words.mac], &code.path(node).replace('\\', "."))
        }
        _ => false,
    }
}

impl Analysis<'_> {
    fn index_files(&mut self) {
        for file in self.relevance.files.len()..self.program.len() {
            let code = Arc::clone(&self.program.file(file).code);
            self.relevance.index(file, (&self.program.file(file).path, &code), self.words);
        }
    }

    /// Returns true if a file names an event or a verification: its functions are looked at first.
    pub(super) fn matters(&mut self, file: usize) -> bool {
        self.index_files();
        self.relevance.files.get(&file).is_some_and(|names| names.matters)
    }

    /// Returns true if one of the files that are followed speaks of webhooks: what is compared there is their signature.
    pub(super) fn speaks(&mut self) -> bool {
        self.index_files();
        self.summaries.met = true;
        let says = |frame: &super::Frame| {
            let named = self.words.hook.is_match(&self.program.file(frame.file).path);
            named || self.relevance.files.get(&frame.file).is_some_and(|names| names.speaks)
        };
        self.frames.iter().any(says)
    }

    /// Returns true if a function itself names an event or a verification.
    pub(super) fn names_event(&mut self, file: usize, node: NodeId) -> bool {
        self.index_files();
        let span = self.program.file(file).code.span(node);
        self.relevance.files.get(&file).is_some_and(|names| {
            within(&names.own, &span) || names.takers.iter().any(|taker| taker.contains(&span.start))
        })
    }

    /// Returns true for a function, or a class, that says something that matters or calls what does.
    pub(super) fn is_relevant(&mut self, file: usize, node: NodeId) -> bool {
        self.index_files();
        let span = self.program.file(file).code.span(node);
        let Relevance { files, functions } = &mut self.relevance;
        files.get_mut(&file).is_none_or(|names| {
            names.mark(functions);
            within(&names.marks, &span) || names.takers.iter().any(|taker| taker.contains(&span.start))
        })
    }

    /// Returns true for a file with functions that are named after events.
    pub(super) fn has_event_functions(&mut self, file: usize) -> bool {
        self.index_files();
        self.relevance.files.get(&file).is_some_and(|names| names.methods)
    }

    fn has_hint(&self, file: usize, node: NodeId) -> bool {
        let span = self.program.file(file).code.span(node);
        self.relevance.files.get(&file).is_some_and(|names| within(&names.hints, &span))
    }

    /// Returns true if a call is to be followed into the function that it means.
    pub(super) fn is_worth_following(&mut self, at: usize, called: &Called<'_>) -> bool {
        let (file, node) = (self.closures[at].file, self.closures[at].node);
        called.arguments.iter().any(|value| matches!(value.thing, Some(Thing::Function(_))))
            || self.program.file(file).code.span(node).len() <= SHORT
            || self.is_relevant(file, node)
            || self.has_hint(file, node)
    }
}
