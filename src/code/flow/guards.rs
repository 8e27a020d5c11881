//! Guards that run before a handler: middleware of routes, decorators, callbacks of controllers, filters.

use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::Analysis;
use super::path::{Path, merge};
use super::statements::{Ways, leaves};
use super::value::{Constant, Thing, Traits, Value};

/// Methods with which a class takes part in the handling of a request.
const METHODS: &[&str] = &[
    "handle",
    "__invoke",
    "process",
    "canActivate",
    "use",
    "Invoke",
    "InvokeAsync",
    "doFilterInternal",
    "doFilter",
    "preHandle",
    "OnActionExecuting",
    "OnActionExecutionAsync",
    "OnAuthorization",
    "OnAuthorizationAsync",
    "intercept",
    "__call__",
    "before",
    "call",
];

/// Files that name middleware.
pub(super) const REGISTRIES: &[&str] = &["app/Http/Kernel.php", "bootstrap/app.php"];

type Class = Option<(usize, NodeId)>;

impl Analysis<'_> {
    /// Returns true if a function has a decorator that makes it the handler of a route.
    pub(super) fn is_route(&self, code: &Code, function: NodeId) -> bool {
        let routes = |at: NodeId| {
            let path = code.path(code.child(at, 0)).to_ascii_lowercase();
            let last = path.rsplit('.').next().unwrap_or_default().to_owned();
            let is_bare = path == "post" && code.dialect.name == "python";
            is_bare || path.contains('.') && matches!(last.as_str(), "post" | "put" | "route" | "api_route" | "patch")
        };
        decorators(code, function).into_iter().any(routes)
    }

    /// Applies decorators that are functions: what they return stands for the function.
    pub(super) fn decorate(&mut self, code: &Code, function: NodeId, value: Value, path: &mut Path) -> Value {
        let mut value = value;
        if code.dialect.name != "python" {
            return value;
        }
        for decorator in decorators(code, function).into_iter().rev() {
            let expression = code.child(decorator, 0);
            let callee = if code.kind(expression) == Kind::Call { code.child(expression, 0) } else { expression };
            let target = match code.kind(callee) {
                Kind::Name => self.lookup(code, callee, path),
                _ => {
                    self.decorated_by(code, decorator, &value, path);
                    Value::default()
                }
            };
            let named = self.words.check.is_match(code.name(callee));
            let Some(Thing::Function(mut at)) = target.thing else {
                path.doubtful |= named || target.has(Traits::MISSING);
                continue;
            };
            if code.kind(expression) == Kind::Call {
                let made = self.invoke(at, Vec::new(), path.clone(), expression);
                let Some((_, Value { thing: Some(Thing::Function(inner)), .. })) = made.first() else { continue };
                at = *inner;
            }
            let made = self.invoke(at, vec![value.clone()], path.clone(), expression);
            if let Some((_, made)) = made.into_iter().find(|(_, made)| matches!(made.thing, Some(Thing::Function(_)))) {
                value = made;
            }
        }
        value
    }

    /// Follows what runs before a method. Returns the ways on which it lets the request pass.
    pub(super) fn guards(&mut self, code: &Code, method: NodeId, class: Class, path: Path) -> Vec<Path> {
        let mut paths = vec![path];
        let mut marks = decorators(code, method);
        marks.extend(class.map(|(_, node)| decorators(code, node)).unwrap_or_default());
        if code.dialect.name != "python" {
            for mark in marks {
                paths = self.marked(code, mark, paths);
            }
        }
        if code.dialect.name == "php" {
            paths = self.form_requests(code, method, paths);
        }
        let Some((file, node)) = class else { return paths };
        let mut classes = vec![(file, node)];
        classes.extend(self.bases(code, file, node));
        self.callbacks(code.name(method), &classes, paths)
    }

    /// Follows what Laravel asks the request of a parameter's type before the method: `authorize`.
    fn form_requests(&mut self, code: &Code, method: NodeId, paths: Vec<Path>) -> Vec<Path> {
        let (file, mut paths) = (self.file(), paths);
        for parameter in code.children(code.child(method, 0)) {
            let typed = code.name(code.child(*parameter, 1));
            let is_request = typed.ends_with("Request") && typed != "Request";
            let class = is_request.then(|| self.class_named(file, typed)).flatten();
            let Some(Thing::Class(file, node)) = class.map(|class| self.imported(class)).and_then(|class| class.thing)
            else {
                continue;
            };
            let authorize = self.member_of_class((file, node), "authorize", 0);
            paths = self.passed(authorize.into_iter().collect(), paths, *parameter);
        }
        paths
    }

    /// `@UseGuards(StripeGuard)`, `[StripeSignature]`
    fn marked(&mut self, code: &Code, mark: NodeId, paths: Vec<Path>) -> Vec<Path> {
        let file = self.file();
        let mut paths = paths;
        for leaf in all_names(code, mark) {
            let name = code.name(leaf).to_owned();
            let value = self.class_named(file, &name);
            let value = value.or_else(|| self.class_named(file, &format!("{name}Attribute")));
            let Some(value) = value else {
                let checks =
                    self.words.check.is_match(&name) && !name.starts_with("Valid") && !name.contains("Constructor");
                paths.iter_mut().for_each(|path| path.doubtful |= checks);
                continue;
            };
            let functions = self.methods(&value);
            paths = self.passed(functions, paths, mark);
        }
        paths
    }

    /// Returns the methods with which a class handles requests.
    pub(super) fn methods(&mut self, value: &Value) -> Vec<Value> {
        let value = self.imported(value.clone());
        let Some(Thing::Class(file, node) | Thing::Instance(file, node)) = value.thing else { return Vec::new() };
        METHODS.iter().find_map(|name| self.member_of_class((file, node), name, 0)).into_iter().collect()
    }

    /// Follows guards. Returns the ways on which they let the request pass: they returned, and did not say no.
    pub(super) fn passed(&mut self, functions: Vec<Value>, paths: Vec<Path>, call: NodeId) -> Vec<Path> {
        let mut paths = paths;
        let is_ruby = self.code().dialect.name == "ruby";
        let outer = std::mem::replace(&mut self.guarding, true);
        for function in functions {
            let Some(Thing::Function(at)) = function.thing else {
                paths.iter_mut().for_each(|path| path.doubtful |= function.has(Traits::MISSING));
                continue;
            };
            let mut next = Vec::new();
            for path in paths {
                let scope = Rc::clone(&path.scope);
                let (ways, continued) = self.follow(at, Vec::new(), path, call);
                let ways: Ways = match continued.is_empty() {
                    true => ways,
                    false => continued.into_iter().map(|path| (path, Value::default())).collect(),
                };
                // A callback of Rails stops a request by an answer alone.
                let stops = |value: &Value| !is_ruby && value.constant == Some(Constant::False);
                let passes = |(path, value): &(Path, Value)| !stops(value) && !path.refused;
                next.extend(ways.into_iter().filter(passes).map(|(path, _)| Path { scope: Rc::clone(&scope), ..path }));
            }
            // It cannot be told for which requests it verifies.
            let verifies = next.iter().any(|path| path.verified && path.routed);
            for path in &mut next {
                path.doubtful |= verifies && path.routed;
                path.routed = false;
            }
            paths = merge(next);
        }
        self.guarding = outer;
        paths
    }

    /// Returns the functions that an argument of a route names: functions, classes, `[Class::class, 'method']`, aliases.
    pub(super) fn middleware(&mut self, file: usize, code: &Code, node: NodeId) -> Vec<Value> {
        match code.kind(node) {
            Kind::Member if code.name(node) == "class" => {
                let name = code.path(code.child(node, 0));
                let value = self.class_named(file, &name);
                value.map(|value| self.methods(&value)).unwrap_or_default()
            }
            Kind::Object | Kind::Group | Kind::Pair => {
                if let [class, method] = leaves(code, node).as_slice()
                    && code.name(*class) == "class"
                    && code.kind(*method) == Kind::Text
                {
                    let name = code.path(code.child(*class, 0));
                    let value = self.class_named(file, &name).map(|value| self.imported(value));
                    if let Some(Thing::Class(file, class)) = value.and_then(|value| value.thing) {
                        let method = code.name(*method).to_owned();
                        return self.member_of_class((file, class), &method, 0).into_iter().collect();
                    }
                    return Vec::new();
                }
                let parts = code.children(node).to_vec();
                parts.into_iter().flat_map(|part| self.middleware(file, code, part)).collect()
            }
            Kind::Text => self.aliased(file, code.name(node)),
            Kind::Function => {
                let scope = Rc::default();
                vec![self.closure(super::Closure { file, node, scope, class: None })]
            }
            _ => Vec::new(),
        }
    }

    /// Returns the middleware that a registry names.
    fn aliased(&mut self, file: usize, name: &str) -> Vec<Value> {
        let path = self.program.file(file).path.clone();
        let above = std::iter::successors(Some(path.as_str()), |at| at.rsplit_once('/').map(|(above, _)| above));
        let roots: Vec<String> = above.skip(1).map(|root| format!("{root}/")).chain([String::new()]).collect();
        for registry in roots.iter().flat_map(|root| REGISTRIES.iter().map(move |name| format!("{root}{name}"))) {
            let Some(found) = self.program.load(&registry) else { continue };
            let code = Arc::clone(&self.program.file(found).code);
            let pair = code.nodes().find(|(id, node)| {
                node.kind == Kind::Pair
                    && code.name(code.child(*id, 0)) == name
                    && code.name(code.child(*id, 1)) == "class"
            });
            if let Some((id, _)) = pair {
                return self.middleware(found, &code, code.child(id, 1));
            }
        }
        let missing = self.words.check.is_match(name);
        if missing { vec![Value::of(Traits::MISSING)] } else { Vec::new() }
    }

    /// Follows a route of Laravel with its middleware: `Route::post(…)->middleware(…)`. `None` if the call is none.
    pub(super) fn route(&mut self, code: &Code, node: NodeId, path: &Path) -> Option<Ways> {
        // Events come by no GET.
        const VERBS: &[&str] = &["post", "any", "match", "put", "group"];
        if code.dialect.name != "php" {
            return None;
        }
        let (mut calls, mut at) = (Vec::new(), node);
        while code.kind(at) == Kind::Call {
            calls.push(at);
            at = code.child(code.child(at, 0), 0);
        }
        let name = |call: &NodeId| code.name(code.child(*call, 0)).to_owned();
        let route = calls.iter().find(|call| VERBS.contains(&name(call).as_str())).copied()?;
        if code.kind(at) != Kind::Name || calls.len() < 2 && !code.name(at).ends_with("Route") {
            return None;
        }
        let file = self.file();
        let guards: Vec<NodeId> = calls.iter().rev().copied().filter(|call| name(call) == "middleware").collect();
        let mut paths = vec![path.clone()];
        for guard in guards {
            for argument in &code.children(guard)[1..] {
                let functions = self.middleware(file, code, *argument);
                paths = self.passed(functions, paths, guard);
            }
        }
        let last = code.children(route).last().copied().unwrap_or(Code::NOTHING);
        let handlers = match code.kind(last) {
            // An invokable controller.
            Kind::Member | Kind::Object | Kind::Group | Kind::Function => self.middleware(file, code, last),
            _ => Vec::new(),
        };
        for handler in handlers {
            let Some(Thing::Function(at)) = handler.thing else { continue };
            // A group holds routes.
            if name(&route) != "group" && !self.may_be_hook(code, route, at) {
                continue;
            }
            for path in self.guarded(at, paths.clone()) {
                self.chain(&[at], path, route);
            }
        }
        Some(vec![(path.clone(), Value::default())])
    }

    /// Returns true if a routed function is worth following: it is relevant, and says itself that it takes events, or its
    /// name, its file's or its route does. An application has hundreds of routes.
    fn may_be_hook(&mut self, code: &Code, route: NodeId, at: usize) -> bool {
        let (file, node) = (self.closures[at].file, self.closures[at].node);
        let target = self.program.file(file);
        let names = [target.code.name(node), target.path.as_str(), code.name(code.child(route, 1))];
        let named = names.iter().any(|text| self.words.hook.is_match(text));
        (named || self.names_event(file, node)) && self.is_relevant(file, node)
    }

    /// Follows what the class of a routed method says runs before it: the middleware of its constructor.
    fn guarded(&mut self, at: usize, paths: Vec<Path>) -> Vec<Path> {
        let (file, node, class) = (self.closures[at].file, self.closures[at].node, self.closures[at].class);
        if class.is_none() {
            return paths;
        }
        let frame = self.new_frame(file, Code::NOTHING, class, Code::NOTHING);
        self.frames.push(frame);
        let code = self.code();
        let paths = paths.into_iter().flat_map(|path| self.guards(&code, node, class, path)).collect();
        self.frames.pop();
        paths
    }
}

/// Returns the decorators of a function or class.
pub(super) fn decorators(code: &Code, node: NodeId) -> Vec<NodeId> {
    let (mut found, mut open) = (Vec::new(), vec![code.child(node, 2)]);
    while let Some(at) = open.pop() {
        match code.kind(at) {
            Kind::Decorator => found.push(at),
            Kind::Group => open.extend(code.children(at).iter().rev()),
            _ => {}
        }
    }
    found
}

fn all_names(code: &Code, node: NodeId) -> Vec<NodeId> {
    let (mut found, mut open) = (Vec::new(), vec![node]);
    while let Some(at) = open.pop() {
        if code.kind(at) == Kind::Name {
            found.push(at);
        }
        open.extend(code.children(at));
    }
    found
}
