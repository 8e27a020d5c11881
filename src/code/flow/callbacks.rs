//! Methods that classes register to run before theirs: callbacks of Rails, middleware of Laravel's controllers. Conditions
//! may keep one from running.

use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::classes::leaves_of_body;
use super::path::Path;
use super::statements::leaves;
use super::value::Value;
use super::{Analysis, Closure};

/// Most names of callbacks, and conditions of one, that are looked at.
const MAX_CALLBACKS: usize = 50;

/// Most statements of a class that are looked at.
const MAX_STATEMENTS: usize = 1_000;

/// A class by its file and node.
type Class = (usize, NodeId);

/// Something that runs before methods.
struct Callback {
    /// The class that registers it.
    class: Class,
    /// The call that registers it, and its name.
    call: NodeId,
    by: String,
    /// Functions, their names, and options.
    arguments: Vec<NodeId>,
    /// Calls behind it that say for which methods it is: `->except('index')`.
    options: Vec<NodeId>,
    conditions: Vec<Condition>,
}

/// A condition of a class's, and what it has to be.
#[derive(Clone, Copy)]
struct Condition {
    class: Class,
    node: NodeId,
    holds: bool,
}

impl Analysis<'_> {
    /// Follows what a class and its bases register to run before a method. Returns the ways on which it may run.
    pub(super) fn callbacks(&mut self, method: &str, classes: &[Class], paths: Vec<Path>) -> Vec<Path> {
        let Some(own) = classes.first().copied() else { return paths };
        let mut found: Vec<Callback> = Vec::new();
        for class in classes {
            let code = Arc::clone(&self.program.file(class.0).code);
            collect(&code, *class, &mut found);
        }
        found.retain(|callback| callback.applies(&self.program.file(callback.class.0).code, method));
        let (left_out, run): (Vec<Callback>, Vec<Callback>) =
            found.into_iter().partition(|callback| callback.by.starts_with("skip_"));
        let mut paths = paths;
        for callback in run.iter().filter(|callback| self.words.guard.is_match(&callback.by)) {
            let code = Arc::clone(&self.program.file(callback.class.0).code);
            paths = self.registered(&code, (callback, own), &left_out, paths);
        }
        paths
    }

    /// Follows what one callback names.
    fn registered(
        &mut self,
        code: &Code,
        (callback, own): (&Callback, Class),
        left_out: &[Callback],
        paths: Vec<Path>,
    ) -> Vec<Path> {
        let (file, mut paths) = (callback.class.0, paths);
        for argument in callback.arguments.iter().filter(|at| code.kind(**at) != Kind::Pair).take(MAX_CALLBACKS) {
            let mut conditions = callback.conditions.clone();
            let mut functions = None;
            match code.kind(*argument) {
                Kind::Text => {
                    let name = symbol(code, *argument).to_owned();
                    let names = |other: &&Callback| {
                        let code = &self.program.file(other.class.0).code;
                        other.arguments.iter().any(|at| symbol(code, *at) == name)
                    };
                    let skips: Vec<&Callback> = left_out.iter().filter(names).collect();
                    if skips.iter().any(|skip| skip.conditions.is_empty()) {
                        continue;
                    }
                    let negated = |condition: &Condition| Condition { holds: !condition.holds, ..*condition };
                    conditions.extend(skips.iter().flat_map(|skip| &skip.conditions).map(negated));
                    functions = self.member_of_class(own, &name, 0).map(|value| vec![value]);
                }
                Kind::Function => {
                    let (scope, node) = (Rc::default(), *argument);
                    functions = Some(vec![self.closure(Closure { file, node, scope, class: Some(own) })]);
                }
                _ => {}
            }
            let functions = functions.unwrap_or_else(|| self.middleware(file, code, *argument));
            paths = self.passed_if(functions, &conditions, own, (paths, callback.call));
        }
        paths
    }

    /// Follows functions where conditions hold. Those that name no switch and no secret are taken to hold.
    fn passed_if(
        &mut self,
        functions: Vec<Value>,
        conditions: &[Condition],
        own: Class,
        (paths, call): (Vec<Path>, NodeId),
    ) -> Vec<Path> {
        let (mut open, mut past) = (paths, Vec::new());
        for condition in conditions.iter().take(MAX_CALLBACKS) {
            let mut next = Vec::new();
            for path in open {
                let (yes, no) = self.tested_callback(*condition, own, path.clone());
                let (run, skip) = if condition.holds { (yes, no) } else { (no, yes) };
                let skip: Vec<Path> = skip.into_iter().filter(|path| path.skipped.is_some()).collect();
                if run.is_empty() || skip.is_empty() {
                    next.push(path);
                } else {
                    next.extend(run);
                    past.extend(skip);
                }
            }
            open = next;
        }
        let mut paths = self.passed(functions, open, call);
        paths.append(&mut past);
        paths
    }

    /// Splits a way by a condition: an expression, a lambda, or the name of a method.
    fn tested_callback(&mut self, condition: Condition, own: Class, path: Path) -> (Vec<Path>, Vec<Path>) {
        let (mut file, mut node) = (condition.class.0, condition.node);
        let code = Arc::clone(&self.program.file(file).code);
        if code.kind(node) == Kind::Text {
            let name = symbol(&code, node).to_owned();
            let Some(super::value::Thing::Function(at)) =
                self.member_of_class(own, &name, 0).and_then(|value| value.thing)
            else {
                return (vec![path], Vec::new());
            };
            (file, node) = (self.closures[at].file, self.closures[at].node);
        }
        let frame = self.new_frame(file, node, Some(own), Code::NOTHING);
        self.frames.push(frame);
        let code = self.code();
        while let Kind::Function | Kind::Block | Kind::Return = code.kind(node) {
            let inner = if code.kind(node) == Kind::Function { code.child(node, 1) } else { node };
            let last = if inner == node { code.children(node).last().copied() } else { Some(inner) };
            node = last.unwrap_or(Code::NOTHING);
        }
        let outer = Rc::clone(&path.scope);
        let (mut yes, mut no) = self.condition(node, path);
        self.frames.pop();
        yes.iter_mut().chain(&mut no).for_each(|path| path.scope = Rc::clone(&outer));
        (yes, no)
    }
}

impl Callback {
    fn new(code: &Code, class: Class, call: NodeId, conditions: &[Condition]) -> Self {
        let (mut options, mut at) = (Vec::new(), call);
        // `$this->middleware('stripe')->except('index')`
        while matches!(code.name(code.child(at, 0)), "only" | "except") {
            let inner = code.child(code.child(at, 0), 0);
            if code.kind(inner) != Kind::Call {
                break;
            }
            options.push(at);
            at = inner;
        }
        let (by, arguments) = match code.kind(at) {
            Kind::Text => ("middleware".to_owned(), vec![at]),
            _ => (code.name(code.child(at, 0)).to_owned(), code.children(at).get(1..).unwrap_or_default().to_vec()),
        };
        let mut conditions = conditions.to_vec();
        for pair in arguments.iter().filter(|at| code.kind(**at) == Kind::Pair) {
            let holds = match code.name(code.child(*pair, 0)).trim_end_matches(':') {
                "if" => true,
                "unless" => false,
                _ => continue,
            };
            conditions.push(Condition { class, node: code.child(*pair, 1), holds });
        }
        Self { class, call: at, by, arguments, options, conditions }
    }

    /// Returns true if it runs before a method: `only:` and `except:`.
    fn applies(&self, code: &Code, method: &str) -> bool {
        let lists = |node: NodeId| leaves(code, node).iter().any(|at| symbol(code, *at) == method);
        let fits = |name: &str, listed: bool| match name.trim_end_matches(':') {
            "only" => listed,
            "except" => !listed,
            _ => true,
        };
        let pairs = self.arguments.iter().filter(|at| code.kind(**at) == Kind::Pair);
        pairs.into_iter().all(|pair| fits(code.name(code.child(*pair, 0)), lists(code.child(*pair, 1))))
            && self.options.iter().all(|call| {
                fits(code.name(code.child(*call, 0)), code.children(*call)[1..].iter().any(|at| lists(*at)))
            })
    }
}

/// Returns the name that a text or a symbol of Ruby gives.
fn symbol(code: &Code, node: NodeId) -> &str {
    code.name(node).trim_start_matches(':')
}

/// Collects what the body of a class registers, and its constructor.
fn collect(code: &Code, class: Class, found: &mut Vec<Callback>) {
    let body = leaves_of_body(code, code.child(class.1, 1));
    let mut open: Vec<(NodeId, Vec<Condition>, bool)> =
        body.into_iter().rev().map(|node| (node, Vec::new(), true)).collect();
    let mut looked = 0;
    while let Some((node, conditions, is_top)) = open.pop().filter(|_| looked < MAX_STATEMENTS) {
        looked += 1;
        match code.kind(node) {
            Kind::Call => found.push(Callback::new(code, class, node, &conditions)),
            // The list that a method `middleware` returns.
            Kind::Text if !is_top => found.push(Callback::new(code, class, node, &conditions)),
            Kind::Block | Kind::Group | Kind::Return | Kind::Object | Kind::Pair => {
                open.extend(code.children(node).iter().rev().map(|child| (*child, conditions.clone(), is_top)));
            }
            // `before_action :verify if Rails.env.production?`
            Kind::Choice => {
                for (at, holds) in [(1, true), (2, false)] {
                    let test = Condition { class, node: code.child(node, 0), holds };
                    let more = conditions.iter().copied().chain([test]).collect();
                    open.push((code.child(node, at), more, is_top));
                }
            }
            Kind::Function if is_top && matches!(code.name(node), "__construct" | "included" | "middleware") => {
                open.push((code.child(node, 1), conditions, false));
            }
            _ => {}
        }
    }
}
