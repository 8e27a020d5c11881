//! Finds the functions that requests enter: those that no other leads to, with the middleware before them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::called::Called;
use super::path::{Path, merge};
use super::scope::Scope;
use super::statements::Ways;
use super::value::{Constant, Thing, Traits, Value};
use super::{Analysis, Attempt, Closure, Defect, Outcome, Place, Report, SOME_EVENT};

/// Most uses that are told as evidence of one finding.
const MAX_EVIDENCE: usize = 4;

const CAUGHT: &str = "a failed check is caught and forgotten";

/// A function that may be the handler of a request.
struct Entry {
    file: usize,
    node: NodeId,
    /// The class around it.
    class: Option<(usize, NodeId)>,
    /// It stands in another function, which decides what becomes of it.
    nested: bool,
}

impl Analysis<'_> {
    /// Follows the files. Returns what is wrong in them.
    pub(crate) fn run(mut self, files: &[usize]) -> Vec<Outcome> {
        for file in files {
            self.begin();
            self.module_scope(*file);
            self.settle();
        }
        self.register_classes(files);
        let (matter, others): (Vec<usize>, Vec<usize>) = files.iter().copied().partition(|file| self.matters(*file));
        let mut entries = self.entries_of(&matter);
        let mentions = self.mentions(&matter);
        // Functions that others lead to come last: most are followed by then.
        entries.sort_by_key(|entry| {
            let code = &self.program.file(entry.file).code;
            let count = mentions.get(code.name(entry.node)).copied().unwrap_or(0);
            let start = code.span(entry.node).start;
            // In Rust a function routes the handlers above it.
            let start = if code.dialect.name == "rust" { usize::MAX - start } else { start };
            (entry.nested, count > 0, entry.class.is_none(), entry.file, start)
        });
        // A file may say nothing itself and give the body to one that does.
        others.iter().for_each(|file| self.load_imports(*file));
        entries.extend(self.entries_of(&others));
        for Entry { file, node, class, .. } in entries {
            if !self.visited.contains(&(file, node)) && self.is_relevant(file, node) && self.step() {
                self.begin();
                self.silent = others.contains(&file);
                self.handler(file, node, class);
                self.settle();
            }
        }
        let mut outcomes = std::mem::take(&mut self.outcomes);
        outcomes.retain_mut(|outcome| !self.is_covered(outcome));
        outcomes
    }

    /// Returns every function of the files, with the class around it.
    fn entries_of(&mut self, files: &[usize]) -> Vec<Entry> {
        let mut found = Vec::new();
        for file in files {
            let code = &Arc::clone(&self.program.file(*file).code);
            let mut open = vec![(code.root(), None, false)];
            while let Some((node, class, nested)) = open.pop() {
                let (class, nested) = match code.kind(node) {
                    Kind::Class => (Some((*file, node)), false),
                    Kind::Function => {
                        self.note_handler(*file, code, code.name(node), node);
                        found.push(Entry { file: *file, node, class, nested });
                        (class, true)
                    }
                    Kind::Assign => {
                        self.note_handler(*file, code, code.name(code.child(node, 0)), code.child(node, 1));
                        (class, nested)
                    }
                    _ => (class, nested),
                };
                open.extend(code.children(node).iter().map(|child| (*child, class, nested)));
            }
        }
        found
    }

    /// Counts how often names are used, beside where functions are declared.
    fn mentions(&self, files: &[usize]) -> BTreeMap<String, usize> {
        let (mut counts, mut declared) = (BTreeMap::new(), Vec::new());
        for file in files {
            let code = Arc::clone(&self.program.file(*file).code);
            for (_, node) in code.nodes() {
                let name = node.name.as_deref().unwrap_or_default().trim_start_matches(':').to_owned();
                match node.kind {
                    Kind::Name | Kind::Member | Kind::Text => *counts.entry(name).or_default() += 1,
                    Kind::Function => declared.push(name),
                    _ => {}
                }
            }
        }
        for name in declared {
            // The name of a declaration is a node of its own.
            counts.entry(name).and_modify(|count: &mut usize| *count = count.saturating_sub(1));
        }
        counts
    }

    fn begin(&mut self) {
        self.entry = self.frames.len();
        self.entries = self.attempts.len();
        self.summaries.clear();
    }

    /// Follows a function as the handler of a request, behind what runs before it.
    pub(super) fn handler(&mut self, file: usize, node: NodeId, class: Option<(usize, NodeId)>) {
        let scope = Rc::<Scope>::default();
        let mut value = self.closure(Closure { file, node, scope, class });
        let frame = self.new_frame(file, Code::NOTHING, class, Code::NOTHING);
        self.frames.push(frame);
        let code = self.code();
        let mut path = Path::default();
        value = self.decorate(&code, node, value, &mut path);
        if code.dialect.name == "python" {
            self.route = self.decorated_route(&code, node, &mut path);
        }
        let paths = self.guards(&code, node, class, path);
        if let Some(Thing::Function(at)) = value.thing {
            for mut path in paths {
                self.entry = self.frames.len();
                let arguments = self.entry_arguments(at);
                // An event is taken for one as it comes.
                if arguments.iter().any(|value| value.has(Traits::CLASS)) {
                    self.entry = usize::MAX / 2;
                    let sink = self.sink(code.child(node, 0), SOME_EVENT.to_owned(), Defect::Disabled);
                    path.use_event(sink);
                    self.entry = self.frames.len();
                }
                let (ways, continued) = self.follow(at, arguments, path, Code::NOTHING);
                let entry = self.entries;
                let ends = ways.iter().map(|(path, _)| path).chain(&continued);
                ends.for_each(|path| self.report(path, entry));
                self.returned(&ways);
            }
        }
        self.frames.pop();
        self.route = None;
    }

    /// Functions that are returned are handlers as well.
    fn returned(&mut self, ways: &Ways) {
        for (path, value) in ways {
            let functions: Vec<usize> = match value.thing {
                Some(Thing::Function(at)) => vec![at],
                Some(Thing::Object(at)) => self.objects[at].values().filter_map(Value::function).collect(),
                _ => Vec::new(),
            };
            for at in functions {
                let place = (self.closures[at].file, self.closures[at].node);
                if !self.visited.contains(&place) {
                    self.chain(&[at], path.clone(), Code::NOTHING);
                }
            }
        }
    }

    /// Notes what is used on a way that ends without a verification.
    pub(super) fn report(&mut self, path: &Path, entry: usize) {
        if path.verified {
            return;
        }
        for sink in path.uses() {
            let (sink, skipped, doubtful) = (*sink, path.skipped, path.doubtful);
            let tried = self.attempts.len() > entry;
            let report = Report { sink, tried, skipped, doubtful, entry, route: self.route.clone() };
            if !self.reports.iter().any(|other| (other.sink, other.skipped) == (sink, skipped)) {
                self.reports.push(report);
            }
        }
    }

    /// Makes one outcome of everything that is wrong behind one entry.
    pub(super) fn settle(&mut self) {
        let reports = std::mem::take(&mut self.reports);
        let mut groups: BTreeMap<(usize, usize), Vec<Report>> = BTreeMap::new();
        for report in reports {
            let sink = &self.sinks[report.sink];
            let place = sink.from.map_or(sink.file, |(file, _)| file);
            groups.entry((report.entry, place)).or_default().push(report);
        }
        for ((entry, _), reports) in groups {
            let Some((defect, report)) =
                reports.iter().map(|report| (self.defect(report), report)).min_by_key(|(defect, report)| {
                    let sink = &self.sinks[report.sink];
                    (*defect, report.skipped, sink.file, sink.node)
                })
            else {
                continue;
            };
            let mut outcome = self.told(defect, report, entry);
            outcome.doubtful = reports.iter().all(|report| report.doubtful);
            // A use of the event as such says nothing more where a use of its type is told.
            let is_named = |report: &&Report| self.sinks[report.sink].name != SOME_EVENT;
            let any_named = reports.iter().any(|report| is_named(&report));
            for other in reports.iter().filter(|report| is_named(report) || !any_named).take(MAX_EVIDENCE) {
                let sink = &self.sinks[other.sink];
                let place = self.place(sink.file, sink.node);
                if place != outcome.place {
                    outcome.evidence.push((place, format!("{} is acted on", sink.name)));
                }
            }
            self.tell(outcome);
        }
        self.attempts.clear();
    }

    fn defect(&self, report: &Report) -> Defect {
        if report.tried && report.skipped.is_some() { Defect::FailOpen } else { self.sinks[report.sink].defect }
    }

    fn told(&self, defect: Defect, report: &Report, entry: usize) -> Outcome {
        let sink = &self.sinks[report.sink];
        let here = match sink.from {
            Some((file, call)) if file != sink.file && call != Code::NOTHING => self.place(file, call),
            _ => self.place(sink.file, sink.node),
        };
        let skip = report.skipped.and_then(|at| self.skips.get(at)).filter(|_| defect == Defect::FailOpen);
        let attempt = self.attempts.get(entry).filter(|_| defect == Defect::FailOpen);
        let place = attempt.map_or(here, |attempt| self.blamed(attempt));
        let evidence = skip.map(|skip| (self.place(skip.file, skip.node), skip.why.to_owned()));
        let why = skip.map_or("", |skip| skip.why);
        let (name, evidence) = (sink.name.clone(), evidence.into_iter().collect());
        let language = self.program.file(sink.file).code.dialect.name;
        Outcome { defect, place, name, why, evidence, doubtful: false, route: report.route.clone(), language }
    }

    pub(super) fn attempt_at(&mut self, node: NodeId) {
        let attempt = Attempt { file: self.file(), node, from: self.call_of_entry() };
        self.attempts.push(attempt);
    }

    /// Returns the verification, if its function accepts without it, or else the call whose result the handler forgets.
    fn blamed(&self, attempt: &Attempt) -> Place {
        let own = self.place(attempt.file, attempt.node);
        let accepts = |other: &Outcome| other.defect == Defect::FailOpen && other.place == own;
        match attempt.from {
            Some((file, call))
                if file != attempt.file && call != Code::NOTHING && !self.outcomes.iter().any(accepts) =>
            {
                self.place(file, call)
            }
            _ => own,
        }
    }

    fn tell(&mut self, outcome: Outcome) {
        let same = |other: &Outcome| (other.defect, &other.place) == (outcome.defect, &outcome.place);
        if !self.outcomes.iter().any(same) {
            self.outcomes.push(outcome);
        }
    }

    /// Judges a function that verifies: on no way may it accept without a verification.
    pub(super) fn judge(&mut self, closure: &Closure, ways: &Ways, given_on: &[Path], started: usize) {
        let Some(Attempt { file, node, .. }) = self.attempts.get(started).copied() else { return };
        if self.silent && self.frames.len() <= self.entry {
            return;
        }
        let verified = ways.iter().find(|(path, _)| path.verified);
        if verified.is_none() && !given_on.iter().any(|path| path.verified) {
            return;
        }
        let code = Arc::clone(&self.program.file(closure.file).code);
        let checks = self.words.check.is_match(code.name(closure.node));
        // It returns the event, not an answer.
        let is_event = |value: &Value| value.has(Traits::BODY.with(Traits::GIVEN).with(Traits::EVENT));
        let gives = ways.iter().any(|(path, value)| path.verified && is_event(value));
        let accepts = |path: &Path, value: &Value| {
            let results = code.dialect.results && code.dialect.name != "kotlin";
            let accepted = if results { Constant::Present } else { Constant::Null };
            let silent = value.constant == Some(accepted) || value.is_unknown();
            let says_nothing = |other: &Value| {
                // An error of Go that is none says nothing.
                let is_event = other.has(Traits::EVENT) && !code.dialect.returns_errors;
                // A helper that answers nothing where it fails is judged where it is called.
                let is_told = value.constant == Some(Constant::Null) && other.has(Traits::EVENT);
                code.dialect.last_value && !is_told || (other.constant == value.constant && !is_event)
            };
            let alike = verified.is_some_and(|(_, other)| says_nothing(other));
            let trusts = gives && value.has(Traits::BODY.with(Traits::GIVEN)) && !value.has(Traits::EVENT);
            !path.verified && (value.constant == Some(Constant::True) || trusts || (checks && silent && alike))
        };
        let open = ways.iter().filter(|(path, value)| accepts(path, value)).map(|(path, _)| path);
        let open = open
            .chain(given_on.iter().filter(|path| !path.verified))
            .find(|path| path.skipped.is_some() && !path.refused);
        let Some((skip, doubtful)) = open.and_then(|path| Some((*self.skips.get(path.skipped?)?, path.doubtful)))
        else {
            return;
        };
        let evidence = vec![(self.place(skip.file, skip.node), skip.why.to_owned())];
        let (place, name) = (self.place(file, node), code.name(closure.node).to_owned());
        let (why, language) = (skip.why, code.dialect.name);
        self.tell(Outcome { defect: Defect::FailOpen, place, name, why, evidence, doubtful, route: None, language });
    }

    /// Reports a verification that is wrong itself, whatever becomes of its event.
    pub(super) fn tell_of(&mut self, called: &Called<'_>, defect: Defect, why: &'static str) {
        let place = self.place(self.file(), called.node);
        let name = super::called::last(&called.dotted).to_owned();
        let (evidence, language) = (Vec::new(), called.code.dialect.name);
        self.tell(Outcome { defect, place, name, why, evidence, doubtful: false, route: None, language });
    }

    /// A way on which a verification counts for nothing.
    pub(super) fn passed_by(&mut self, node: NodeId, why: &'static str) -> Option<usize> {
        self.skips.push(super::Skip { file: self.file(), node, why });
        Some(self.skips.len() - 1)
    }

    /// Ways on which what was thrown is forgotten.
    pub(super) fn forgiven(&mut self, handler: NodeId, thrown: Vec<Path>) -> Vec<Path> {
        let file = self.file();
        let mut paths = merge(thrown);
        for path in paths.iter_mut().filter(|path| path.skipped.is_none() && !path.verified) {
            let skip = super::Skip { file, node: handler, why: CAUGHT };
            let known = self.skips.iter().position(|other| *other == skip);
            path.skipped = Some(known.unwrap_or_else(|| {
                self.skips.push(skip);
                self.skips.len() - 1
            }));
        }
        paths
    }
}
