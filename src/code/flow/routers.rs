//! Routers: what runs before the handlers of their routes, however it is registered.
//!
//! Registrations are collected while the files are followed; whether one covers a handler is asked at the end, when
//! every mount is known.

use std::collections::BTreeMap;

use super::super::model::{Code, Kind, NodeId};
use super::called::{Called, last};
use super::guards::decorators;
use super::path::Path;
use super::value::{Constant, Thing, Value};
use super::verdict::Verdict;
use super::{Analysis, Defect, Outcome};

/// Most registrations of each kind that are remembered.
const MAX_REGISTERED: usize = 200;

/// Deepest list or dictionary whose functions are registered, and most functions of one call.
const MAX_NESTING: usize = 3;
const MAX_FUNCTIONS: usize = 64;

/// A router: by the call that makes it, or by its name in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Router {
    Made(usize, NodeId),
    Named(usize, String),
}

/// A path of a router, and the place where something is registered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    router: Router,
    path: String,
    file: usize,
    at: usize,
}

#[derive(Default)]
pub(super) struct Routers {
    /// Routes before which a function runs that verifies.
    guarded: Vec<(Route, Verdict)>,
    /// Routes at which another router is mounted.
    mounts: Vec<(Route, Router)>,
    /// Languages whose handlers all run behind a class that verifies.
    pub(super) everywhere: BTreeMap<&'static str, Verdict>,
    /// Functions by their place, and what they make of requests.
    pub(super) judged: BTreeMap<(usize, NodeId), Verdict>,
}

impl Routers {
    /// Returns what runs before a route, or before one that its router is mounted at, makes of its requests.
    fn covers(&self, route: &Route) -> Verdict {
        let (own, mut found) = (&route.path, Verdict::Open);
        let mut followed = vec![false; self.mounts.len()];
        let mut open = vec![route];
        while let Some(route) = open.pop() {
            let before = |guard: &Route| {
                guard.router == route.router
                    && starts_with(&route.path, &guard.path)
                    && (guard.file != route.file || guard.at <= route.at)
            };
            for (_, verdict) in self.guarded.iter().filter(|(guard, _)| before(guard)) {
                found = found.or(verdict.at(own));
            }
            for (at, (outer, inner)) in self.mounts.iter().enumerate() {
                if *inner == route.router && !std::mem::replace(&mut followed[at], true) {
                    open.push(outer);
                }
            }
        }
        found
    }
}

/// Returns true if a path of a route lies below another; what is not known does.
fn starts_with(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches(['*', '/']);
    path.is_empty() || path.starts_with(prefix)
}

impl Analysis<'_> {
    /// Returns true if what is registered before the handler of an outcome has verified; marks one that may be as doubtful.
    pub(super) fn is_covered(&self, outcome: &mut Outcome) -> bool {
        let own = outcome.route.as_ref().map_or("", |route| &route.path);
        let everywhere = self.routers.everywhere.get(outcome.language).map_or(Verdict::Open, |verdict| verdict.at(own));
        let by_route = outcome.route.as_ref().map_or(Verdict::Open, |route| self.routers.covers(route));
        let verdict = everywhere.or(by_route);
        outcome.doubtful |= matches!(verdict, Verdict::Partly(_));
        outcome.defect != Defect::Replay && verdict == Verdict::Verified
    }

    /// Returns the route that a call on a router names.
    fn route_of(&self, called: &Called<'_>) -> Route {
        let path = called.arguments.first().and_then(|value| match &value.constant {
            Some(Constant::Text(text)) if text.starts_with(['/', '*']) => Some(text.to_string()),
            _ => None,
        });
        let (file, at) = (self.file(), called.code.span(called.node).start);
        Route { router: self.router(&called.object, &called.dotted), path: path.unwrap_or_default(), file, at }
    }

    /// Returns a router by its value, or by the first of the names that lead to it.
    pub(super) fn router(&self, value: &Value, dotted: &str) -> Router {
        match value.thing {
            Some(Thing::Router(file, node)) => Router::Made(file, node),
            _ => Router::Named(self.file(), dotted.split('.').next().unwrap_or_default().to_owned()),
        }
    }

    /// Returns the functions among values, those in lists and dictionaries included: first what runs before the others.
    fn functions(&self, values: &[Value]) -> (Vec<usize>, Vec<usize>) {
        let (mut before, mut handlers) = (Vec::new(), Vec::new());
        let mut open: Vec<(&Value, bool, usize)> = values.iter().rev().map(|value| (value, false, 0)).collect();
        while let Some((value, runs_first, depth)) = open.pop() {
            match value.thing {
                Some(Thing::Function(at)) if before.len() + handlers.len() < MAX_FUNCTIONS => {
                    if runs_first {
                        before.push(at)
                    } else {
                        handlers.push(at)
                    }
                }
                Some(Thing::Object(at)) if depth < MAX_NESTING && open.len() < MAX_FUNCTIONS => {
                    let first = |key: &str| runs_first || self.words.registers.is_match(key);
                    let members = self.objects[at].iter().rev();
                    open.extend(members.map(|(key, member)| (member, first(key), depth + 1)));
                }
                _ => {}
            }
        }
        (before, handlers)
    }

    /// Follows what a call registers with a router. `None` for a call that registers nothing.
    pub(super) fn registered_route(&mut self, called: &Called<'_>, path: &mut Path) -> Option<Value> {
        let name = last(&called.dotted);
        let (before, handlers) = self.functions(&called.arguments);
        if self.words.router.is_match(name) {
            return Some(self.new_router(called, (&before, &handlers), path));
        }
        let route = self.route_of(called);
        if self.words.registers.is_match(name) {
            return Some(self.registration(called, &[before, handlers].concat(), route, path));
        }
        let wrapped = match called.arguments.as_slice() {
            [_, last] if name == "from_fn_with_state" => std::slice::from_ref(last),
            all => all,
        };
        if let [Value { thing: Some(Thing::Function(at)), .. }] = wrapped {
            // A wrapper: what it makes of a function is taken for the function.
            let is_route = matches!(called.object.thing, Some(Thing::Router(..)));
            if !is_route {
                return Some(Value { constant: Some(Constant::Present), ..Value::thing(Thing::Function(*at)) });
            }
        }
        if before.is_empty() && handlers.is_empty() {
            return None;
        }
        let mut inner = path.clone();
        self.before(&before).mark(&mut inner);
        self.chain_at(&handlers, inner, called, route);
        None
    }

    fn chain_at(&mut self, functions: &[usize], path: Path, called: &Called<'_>, route: Route) {
        let outer = self.route.replace(route);
        self.chain(functions, path, called.node);
        self.route = outer;
    }

    /// `express.Router()`, `APIRouter(dependencies=[…])`, `app.Group("/hooks", verify)`
    fn new_router(&mut self, called: &Called<'_>, (before, handlers): (&[usize], &[usize]), path: &Path) -> Value {
        let (file, node) = (self.file(), called.node);
        let (made, mut outer) = (Router::Made(file, node), self.route_of(called));
        if called.object != Value::default() {
            self.mount(outer.clone(), made.clone());
        }
        if called.code.dialect.name == "rust" {
            // Calls on a router of axum or actix return that router.
            let before = std::mem::replace(&mut outer.router, made.clone());
            let inner = called.arguments.iter().filter(|value| matches!(value.thing, Some(Thing::Router(..))));
            let inner = inner.map(|value| self.router(value, "")).collect::<Vec<_>>();
            let known = matches!(before, Router::Made(..)).then_some(before);
            inner.into_iter().chain(known).for_each(|router| self.mount(outer.clone(), router));
        }
        let value = Value { constant: Some(Constant::Present), ..Value::thing(Thing::Router(file, node)) };
        // axum, actix and Starlette name the handler itself.
        let is_handler = matches!(called.code.dialect.name, "rust" | "python");
        let mut inner = path.clone();
        let verdict = self.before(before);
        verdict.mark(&mut inner);
        self.guard(Route { router: made.clone(), path: String::new(), file, at: 0 }, verdict);
        for at in handlers {
            let verdict = self.verifies_first(*at);
            if verdict != Verdict::Open {
                self.guard(Route { router: made.clone(), path: String::new(), file, at: 0 }, verdict);
            } else if outer.path.starts_with('/') && !is_handler {
                // `r.Route("/hooks", func(r chi.Router) { … })`
                self.invoke(*at, vec![value.clone()], inner.clone(), node);
            } else {
                // `server.route({ path: "/hooks", handler })`, `Router::new().route("/hooks", post(handler))`
                self.chain_at(&[*at], inner.clone(), called, outer.clone());
            }
        }
        value
    }

    /// `app.use("/hooks", verify, router)`
    fn registration(&mut self, called: &Called<'_>, functions: &[usize], route: Route, path: &Path) -> Value {
        let verdict = self.before(functions);
        let mut has_router = false;
        for value in &called.arguments {
            let Some(Thing::Router(file, node)) = value.thing else { continue };
            has_router = true;
            let inner = Router::Made(file, node);
            self.guard(Route { router: inner.clone(), path: String::new(), file, at: 0 }, verdict.clone());
            self.mount(route.clone(), inner);
        }
        if !has_router {
            self.guard(route.clone(), verdict);
        }
        if !functions.is_empty() {
            self.chain_at(functions, path.clone(), called, route);
        }
        called.object.clone()
    }

    fn mount(&mut self, outer: Route, inner: Router) {
        if self.routers.mounts.len() < MAX_REGISTERED {
            self.routers.mounts.push((outer, inner));
        }
    }

    fn guard(&mut self, route: Route, verdict: Verdict) {
        if self.routers.guarded.len() < MAX_REGISTERED && verdict != Verdict::Open {
            self.routers.guarded.push((route, verdict));
        }
    }

    /// Remembers a class that runs before every handler of a language.
    pub(super) fn guard_everywhere(&mut self, language: &'static str, verdict: Verdict) {
        let known = self.routers.everywhere.remove(language).unwrap_or(Verdict::Open);
        self.routers.everywhere.insert(language, known.or(verdict));
    }

    /// `@bp.before_request` registers a function; `@bp.post("/hook", dependencies=[…])` is a route, which is returned.
    pub(super) fn decorated_by(
        &mut self,
        code: &Code,
        decorator: NodeId,
        value: &Value,
        path: &Path,
    ) -> Option<(Route, Vec<Value>)> {
        let expression = code.child(decorator, 0);
        let (callee, arguments) = match code.kind(expression) {
            Kind::Call => (code.child(expression, 0), code.children(expression)[1..].to_vec()),
            _ => (expression, Vec::new()),
        };
        let (file, dotted) = (self.file(), code.path(callee));
        let root = dotted.split('.').next().unwrap_or_default();
        let known = path.get(root).cloned();
        let object = known.or_else(|| self.module_scope(file)?.get(root).cloned()).unwrap_or_default();
        let object = self.imported(object);
        let router = self.router(&object, &dotted);
        if self.words.registers.is_match(last(&dotted)) {
            if let Some(Thing::Function(at)) = value.thing {
                let verdict = self.verifies_first(at);
                self.guard(Route { router, path: String::new(), file, at: 0 }, verdict);
            }
            return None;
        }
        let path = arguments.first().map_or("", |first| code.name(*first)).to_owned();
        let mut given = Vec::new();
        for argument in arguments.into_iter().filter(|at| self.words.registers.is_match(code.name(code.child(*at, 0))))
        {
            given.extend(self.eval(argument, Path::default()).into_iter().map(|(_, value)| value));
        }
        Some((Route { router, path, file, at: usize::MAX }, given))
    }

    /// Returns the route that a decorator of a function names. Marks the way as verified if what the route depends on
    /// verifies.
    pub(super) fn decorated_route(&mut self, code: &Code, function: NodeId, path: &mut Path) -> Option<Route> {
        let mut found = None;
        for decorator in decorators(code, function) {
            let Some((route, given)) = self.decorated_by(code, decorator, &Value::default(), path) else { continue };
            self.depend(&given, path);
            found = Some(route);
        }
        for parameter in code.children(code.child(function, 0)) {
            if code.kind(*parameter) == Kind::Parameter {
                let given = self.parameter_depends(code, *parameter);
                self.depend(&given, path);
            }
        }
        found
    }

    /// Returns what a parameter of FastAPI depends on: `_ = Depends(verified)`, `_: Annotated[None, Depends(verified)]`.
    fn parameter_depends(&mut self, code: &Code, parameter: NodeId) -> Vec<Value> {
        let default = code.child(parameter, 2);
        if code.kind(default) == Kind::Call {
            return self.eval(default, Path::default()).into_iter().map(|(_, value)| value).collect();
        }
        let typed = code.name(code.child(parameter, 1));
        let Some((_, depends)) = typed.split_once("Depends(") else { return Vec::new() };
        let name = depends.split(')').next().unwrap_or_default().trim();
        let known = self.module_scope(self.file()).and_then(|scope| scope.get(name).cloned());
        known.map(|value| self.imported(value)).into_iter().collect()
    }

    /// Marks a way as verified if one of the functions on which its handler depends verifies.
    fn depend(&mut self, given: &[Value], path: &mut Path) {
        let (before, own) = self.functions(given);
        self.before(&[before, own].concat()).mark(path);
    }
}
