//! Classes that frameworks run before every handler: filters, interceptors, middleware that a list or a call names.

use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::Analysis;
use super::guards::REGISTRIES;
use super::statements::leaves;
use super::value::{Thing, Value};

/// Base classes of filters that run before every handler.
const FILTERS: &[&str] = &[
    "OncePerRequestFilter",
    "GenericFilterBean",
    "Filter",
    "WebFilter",
    "HandlerInterceptor",
    "HandlerInterceptorAdapter",
    "ContainerRequestFilter",
    "IMiddleware",
];

/// Calls that register classes for every handler.
const REGISTER: &[&str] = &["apply", "useGlobalGuards", "useGlobalInterceptors", "add_middleware"];

/// Calls that add a class to what Rack runs.
const STACKS: &[&str] = &["use", "insert_before", "insert_after", "unshift"];

impl Analysis<'_> {
    /// Finds the languages in which a class that verifies runs before every handler.
    pub(super) fn register_classes(&mut self, files: &[usize]) {
        let kernels: Vec<usize> = self.kernels(files);
        for file in files.iter().chain(kernels.iter().filter(|file| !files.contains(file))) {
            let code = Arc::clone(&self.program.file(*file).code);
            for (node, _) in code.nodes() {
                for name in registered(&code, node) {
                    let found = match name {
                        Registered::Itself => Some(Value::thing(Thing::Class(*file, node))),
                        Registered::Named(name) => self.class_named(*file, &name),
                        Registered::Anywhere(name) => {
                            let class = self.program.classes(&name).into_iter().next();
                            class.map(|(file, node)| Value::thing(Thing::Class(file, node)))
                        }
                        Registered::Method(name) => {
                            let mut classes = code.nodes().filter(|(_, node)| node.kind == Kind::Class);
                            let class = classes.next().map(|(node, _)| (*file, node));
                            let method = class.and_then(|class| self.member_of_class(class, &name, 0));
                            self.register_methods(method.into_iter().collect(), code.dialect.name);
                            continue;
                        }
                    };
                    let methods = found.map(|class| self.methods(&class)).unwrap_or_default();
                    self.register_methods(methods, code.dialect.name);
                }
            }
        }
    }

    /// Returns the files of Laravel that name middleware.
    fn kernels(&self, files: &[usize]) -> Vec<usize> {
        let root = files.iter().find_map(|file| {
            let path = self.program.file(*file).path.clone();
            path.ends_with(".php").then(|| path.find("app/Http/").map(|at| path[..at].to_owned())).flatten()
        });
        let load = |root: String| REGISTRIES.iter().filter_map(move |name| self.program.load(&format!("{root}{name}")));
        root.into_iter().flat_map(load).collect()
    }

    fn register_methods(&mut self, methods: Vec<Value>, language: &'static str) {
        for method in methods {
            if let Some(Thing::Function(at)) = method.thing {
                let verdict = self.verifies_first(at);
                self.guard_everywhere(language, verdict);
            }
        }
    }
}

/// A class that is registered.
enum Registered {
    /// By what it is derived from.
    Itself,
    Named(String),
    /// By its path in a setting.
    Anywhere(String),
    /// A method of the class of the file.
    Method(String),
}

/// Returns the classes that a node registers.
fn registered(code: &Code, node: NodeId) -> Vec<Registered> {
    let (first, second) = (code.child(node, 0), code.child(node, 1));
    match code.kind(node) {
        Kind::Class => {
            let is_filter = |at: &NodeId| FILTERS.contains(&code.name(*at));
            let heads = leaves(code, first).iter().any(is_filter) || takes_delegate(code, node);
            heads.then_some(Registered::Itself).into_iter().collect()
        }
        Kind::Call if REGISTER.contains(&code.name(first)) => {
            let made = |at: &NodeId| if code.kind(*at) == Kind::Call { code.child(*at, 0) } else { *at };
            let names = code.children(node)[1..].iter().map(|at| code.name(made(at)).to_owned());
            names.filter(|name| !name.is_empty()).map(Registered::Named).collect()
        }
        // `config.middleware.use StripeSignature`
        Kind::Call if code.dialect.name == "ruby" && STACKS.contains(&code.name(first)) => {
            let classes = code.children(node)[1..].iter().map(|at| code.path(*at).replace('.', "::"));
            classes.filter(|name| name.starts_with(char::is_uppercase)).map(Registered::Named).collect()
        }
        // `$middleware->append(StripeSigned::class)`, `protected $middleware = [StripeSigned::class]`
        Kind::Call if code.dialect.name == "php" && code.path(code.child(first, 0)).ends_with("middleware") => {
            code.children(node)[1..].iter().flat_map(|at| classes(code, *at)).collect()
        }
        Kind::Assign if matches!(code.name(first).trim_start_matches('$'), "middleware" | "middlewareGroups") => {
            classes(code, second)
        }
        // `return [KernelEvents::REQUEST => 'check']`
        Kind::Pair
            if matches!(code.name(first), "REQUEST" | "CONTROLLER") && code.path(first).starts_with("KernelEvents") =>
        {
            let texts = leaves(code, second).into_iter().filter(|at| code.kind(*at) == Kind::Text);
            texts.take(1).map(|at| Registered::Method(code.name(at).to_owned())).collect()
        }
        Kind::Pair if code.name(first) == "useClass" => vec![Registered::Named(code.name(second).to_owned())],
        Kind::Assign if code.name(first) == "MIDDLEWARE" => {
            let last = |at: NodeId| code.name(at).rsplit('.').next().unwrap_or_default().to_owned();
            leaves(code, second).into_iter().map(|at| Registered::Anywhere(last(at))).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the classes that a list of PHP names: `[StripeSigned::class]`.
fn classes(code: &Code, list: NodeId) -> Vec<Registered> {
    let named = leaves(code, list).into_iter().filter(|at| code.name(*at) == "class");
    named.map(|at| Registered::Named(code.path(code.child(at, 0)))).collect()
}

/// Returns true for a class of ASP.NET that is given what comes next.
fn takes_delegate(code: &Code, class: NodeId) -> bool {
    let is_delegate = |at: NodeId| code.name(code.child(at, 1)).starts_with("RequestDelegate");
    let functions = super::classes::leaves_of_body(code, code.child(class, 1));
    let parameters = functions.into_iter().filter(|at| code.kind(*at) == Kind::Function).map(|at| code.child(at, 0));
    parameters.chain([code.child(class, 0)]).any(|list| code.children(list).iter().any(|at| is_delegate(*at)))
}
