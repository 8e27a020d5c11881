//! Builds the nodes of the model that name something: calls, functions, classes, assignments, imports.

use std::sync::Arc;

use super::build::{field, field_span};
use super::grammar::Role;
use super::lower::{Builder, Child, Parts, nodes};
use super::model::{Code, Kind, NodeId};

const OBJECTS: &[&str] = &[
    "object",
    "value",
    "operand",
    "expression",
    "receiver",
    "scope",
    "path",
    "argument",
    "qualifier",
    "left",
    "target",
];
const NAMES: &[&str] = &["property", "attribute", "field", "name", "selector", "method", "right"];

impl Builder<'_> {
    fn text_of(&mut self, node: NodeId) -> Option<Arc<str>> {
        self.code.node(node).name.clone()
    }

    pub(super) fn call(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let children = parts.children;
        // `matches!(kind, "invoice.paid")`; what other macros are given is not known to be values.
        let is_test = field(children, &["macro"]).is_some_and(|name| self.code.name(name) == "matches");
        let listed = field(children, &["initializer"]).filter(|initializer| self.lists(*initializer));
        let is_arguments = |child: &Child<'_>| {
            child.role == Role::Arguments
                || child.field == Some("arguments")
                || listed == Some(child.node)
                || is_test && child.field.is_none()
        };
        let object = field(children, &["object", "receiver", "scope"]);
        let method = field(children, &["method", "name"]);
        let callee = match (object, method) {
            // `$this->$method(…)`, `$this->{'on' . $type}(…)`
            (Some(object), Some(method)) if self.is_computed(method) => {
                let span = self.code.span(object).start..self.code.span(method).end;
                self.add(Kind::Index, None, &span, &[object, method])
            }
            (Some(object), Some(method)) => {
                let name = self.text_of(method);
                let span = self.code.span(object).start..self.code.span(method).end;
                self.add(Kind::Member, name, &span, &[object])
            }
            (_, Some(method)) => method,
            _ => {
                let callee = field(children, &["function", "constructor", "target", "macro", "type"]);
                let first = || children.iter().find(|child| !is_arguments(child)).map(|child| child.node);
                callee.or_else(first).unwrap_or(Code::NOTHING)
            }
        };
        let mut list = vec![callee];
        for child in children.iter().filter(|child| is_arguments(child)) {
            match self.code.kind(child.node) {
                Kind::Group => list.extend_from_slice(self.code.children(child.node)),
                _ => list.push(child.node),
            }
        }
        let lambdas = children.iter().filter(|child| !is_arguments(child) && child.node != callee);
        list.extend(lambdas.map(|child| child.node).filter(|node| self.code.kind(*node) == Kind::Function));
        // `post("/path") { … }`: the block is an argument of the call before it.
        if self.code.kind(callee) == Kind::Call && !children.iter().any(is_arguments) {
            let merged: Vec<NodeId> = self.code.children(callee).iter().chain(&list[1..]).copied().collect();
            return self.add(Kind::Call, None, &parts.span, &merged);
        }
        self.add(Kind::Call, None, &parts.span, &list)
    }

    /// Returns true for the elements of a collection, `{ "invoice.paid", … }`; those of an object have names.
    fn lists(&self, initializer: NodeId) -> bool {
        let first = self.code.child(initializer, 0);
        let is_named = self.code.kind(first) == Kind::Assign && self.code.kind(self.code.child(first, 0)) == Kind::Name;
        first != Code::NOTHING && !is_named
    }

    /// Returns true for the name of a method that is a value.
    fn is_computed(&self, method: NodeId) -> bool {
        let span = self.code.span(method);
        let is_plain = self.code.kind(method) == Kind::Name && !self.text(&span).starts_with('$');
        self.code.dialect.name == "php" && !is_plain
    }

    pub(super) fn member(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let children = parts.children;
        let name = field(children, NAMES).or_else(|| children.last().map(|child| child.node));
        let object = field(children, OBJECTS)
            .or_else(|| children.first().map(|child| child.node))
            .filter(|at| Some(*at) != name);
        let text = name.and_then(|name| self.text_of(name));
        match object {
            Some(object) => self.add(Kind::Member, text, &parts.span, &[object]),
            None => name.unwrap_or(Code::NOTHING),
        }
    }

    pub(super) fn index(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let at = |index: usize| parts.children.get(index).map(|child| child.node);
        let object = field(parts.children, OBJECTS).or_else(|| at(0)).unwrap_or(Code::NOTHING);
        let key = field(parts.children, &["index", "subscript", "key"]).or_else(|| at(1)).unwrap_or(Code::NOTHING);
        self.add(Kind::Index, None, &parts.span, &[object, key])
    }

    pub(super) fn function(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let children = parts.children;
        let name = field_span(&self.code, children, &["name"]);
        let name = name.map(|span| {
            let text = self.text(&span);
            self.intern(text)
        });
        let of_role = |role: Role| children.iter().find(|child| child.role == role).map(|child| child.node);
        let parameters = field(children, &["parameters", "parameter"]).or_else(|| of_role(Role::Parameters));
        let parameters = match parameters {
            Some(node) if self.code.kind(node) == Kind::Block => node,
            Some(node) => self.add(Kind::Block, None, &parts.span, &[node]),
            None => Code::NOTHING,
        };
        let body =
            field(children, &["body"]).or_else(|| [Role::Block, Role::Body, Role::First].into_iter().find_map(of_role));
        let body = match body {
            // `-> { verify! }` of Ruby
            Some(body) if self.code.kind(body) == Kind::Function && self.code.dialect.name == "ruby" => {
                self.code.child(body, 1)
            }
            Some(body) if matches!(self.code.kind(body), Kind::Block | Kind::Attempt) => body,
            Some(body) => self.add(Kind::Return, None, &parts.span, &[body]),
            // A lambda whose statements have no node of their own.
            None => {
                let inside = children.iter().filter(|child| child.field.is_none() && child.role != Role::Parameters);
                let inside: Vec<NodeId> = inside.map(|child| child.node).collect();
                self.add(Kind::Block, None, &parts.span, &inside)
            }
        };
        let decorators = self.decorators(parts);
        let result = field(children, &["result", "return_type", "returns"]);
        let result = result.map_or(Code::NOTHING, |result| self.name(&self.code.span(result)));
        let function = self.add(Kind::Function, name, &parts.span, &[parameters, body, decorators, result]);
        match field(children, &["receiver"]).filter(|_| self.code.dialect.name == "go") {
            Some(receiver) => self.method(receiver, function, parts),
            None => function,
        }
    }

    /// Builds a method of Go, which is a part of the class of its receiver.
    fn method(&mut self, receiver: NodeId, function: NodeId, parts: &Parts<'_, '_>) -> NodeId {
        let typed = self.code.span(self.code.child(self.code.child(receiver, 0), 1));
        let typed = self.text(&typed).trim_start_matches('*');
        let name = self.intern(typed.split('[').next().unwrap_or_default());
        self.add(Kind::Class, Some(name), &parts.span, &[receiver, function])
    }

    /// Returns the decorators among the children.
    fn decorators(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let mut found = Vec::new();
        for child in parts.children {
            let inner = self.code.children(child.node);
            match self.code.kind(child.node) {
                Kind::Decorator => found.push(child.node),
                Kind::Group => found.extend(inner.iter().filter(|at| self.code.kind(**at) == Kind::Decorator)),
                _ => {}
            }
        }
        if found.is_empty() { Code::NOTHING } else { self.add(Kind::Group, None, &parts.span, &found) }
    }

    /// Returns a name with the text of the child that says the type.
    fn type_of(&mut self, children: &[Child<'_>]) -> NodeId {
        let typed = children.iter().find(|child| child.field == Some("type") || child.role == Role::Type);
        match typed.map(|child| self.code.span(child.node)) {
            Some(span) => self.name(&span),
            None => Code::NOTHING,
        }
    }

    pub(super) fn parameter(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let pattern = field(parts.children, &["pattern", "name"]).or_else(|| {
            let plain = |child: &&Child<'_>| child.role != Role::Type && child.role != Role::Decorator;
            let names = |child: &&Child<'_>| self.code.kind(child.node) == Kind::Name;
            parts.children.iter().filter(plain).find(names).map(|child| child.node)
        });
        let default = field(parts.children, &["value", "default_value"]).unwrap_or(Code::NOTHING);
        let decorators = self.decorators(parts);
        let typed = self.type_of(parts.children);
        let children = [pattern.unwrap_or(Code::NOTHING), typed, default, decorators];
        self.add(Kind::Parameter, None, &parts.span, &children)
    }

    pub(super) fn class(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let name = field(parts.children, &["name", "type"]).and_then(|node| self.text_of(node));
        let of_block = |child: &&Child<'_>| child.role == Role::Block;
        let body = field(parts.children, &["body"]);
        let body = body.or_else(|| parts.children.iter().rfind(of_block).map(|child| child.node));
        let decorators = self.decorators(parts);
        let heads = parts.children.iter().filter(|child| child.field != Some("name") && Some(child.node) != body);
        let heads: Vec<NodeId> = heads.map(|child| child.node).collect();
        let heads = self.add(Kind::Group, None, &parts.span, &heads);
        self.add(Kind::Class, name, &parts.span, &[heads, body.unwrap_or(Code::NOTHING), decorators])
    }

    pub(super) fn assign(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let children = parts.children;
        let target = field(children, &["left", "name", "pattern", "property"]);
        let is_modifier = |node: NodeId| match self.code.kind(node) {
            Kind::Group => self.code.kind(self.code.child(node, 0)) == Kind::Decorator,
            kind => matches!(kind, Kind::Nothing | Kind::Decorator),
        };
        let fits = |child: &&Child<'_>| child.field.is_none() && child.role != Role::Type && !is_modifier(child.node);
        let mut rest = children.iter().filter(fits);
        let mut next = || rest.next().map(|child| child.node);
        let target = target.or_else(&mut next).unwrap_or(Code::NOTHING);
        let value = field(children, &["right", "value", "default_value"]).or_else(&mut next).unwrap_or(Code::NOTHING);
        let typed = self.type_of(children);
        let assign = self.add(Kind::Assign, None, &parts.span, &[target, value, typed]);
        // `let Ok(event) = … else { return }`
        match field(children, &["alternative"]) {
            Some(otherwise) => {
                let choice = self.add(Kind::Choice, None, &parts.span, &[value, Code::NOTHING, otherwise]);
                self.add(Kind::Block, None, &parts.span, &[choice, assign])
            }
            None => assign,
        }
    }

    /// Gives the declared type to each assignment.
    pub(super) fn typed(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let typed = self.type_of(parts.children);
        let mut kept = Vec::new();
        for child in parts.children.iter().filter(|child| child.field != Some("type") && child.role != Role::Type) {
            if self.code.kind(child.node) == Kind::Assign {
                self.code.set_child(child.node, 2, typed);
            }
            kept.push(child.node);
        }
        match kept.as_slice() {
            [only] => *only,
            kept => self.add(Kind::Group, None, &parts.span, kept),
        }
    }

    /// An import, or what is exported: names of another module, or a declaration.
    pub(super) fn import(&mut self, role: Role, parts: &Parts<'_, '_>) -> NodeId {
        let source = field(parts.children, &["source", "module_name", "path", "argument"]);
        let span = source.map(|node| self.code.span(node));
        let name = span.map(|span| self.text(&span).trim_matches(['"', '\'', '`']));
        let name = name.map(|name| self.intern(name));
        let mut kept = Vec::new();
        let mut open: Vec<NodeId> = self.decorated(parts).into_iter().rev().collect();
        while let Some(node) = open.pop() {
            match self.code.kind(node) {
                _ if Some(node) == source => {}
                Kind::Group => open.extend(self.code.children(node).iter().rev()),
                Kind::Name | Kind::Member if role == Role::Import => kept.push(self.imported(node, name.is_some())),
                _ => kept.push(node),
            }
        }
        if let Some(local) = field(parts.children, &["alias"]) {
            kept.retain(|node| *node != local && self.code.child(*node, 0) != local);
            kept.iter().for_each(|node| self.code.set_child(*node, 0, local));
        }
        if kept.is_empty() && self.code.dialect.name == "rust" {
            return self.used(name.as_deref().unwrap_or_default(), parts);
        }
        if kept.is_empty() && self.code.dialect.name == "go" {
            kept.extend(self.package(name.as_deref().unwrap_or_default(), parts));
        }
        // `import a.b.C as D`, `using D = A.B.C;`
        let renames = matches!(self.code.dialect.name, "kotlin" | "csharp") && kept.len() == 2;
        if let Some(first) = kept.first().copied().filter(|_| renames) {
            let (of, local) = if self.code.dialect.name == "kotlin" { (first, kept[1]) } else { (kept[1], first) };
            self.code.set_child(of, 0, self.code.child(local, 0));
            kept = vec![of];
        }
        let erased = parts.operator == Some("type");
        match role {
            _ if erased => self.add(Kind::Nothing, None, &parts.span, &[]),
            Role::Import => self.add(Kind::Import, name, &parts.span, &kept),
            // `export … from` is an import that is given on.
            _ if name.is_some() => {
                if kept.is_empty() {
                    kept.push(self.add(Kind::Alias, Some(Arc::from("*")), &parts.span, &[Code::NOTHING]));
                }
                let import = self.add(Kind::Import, name, &parts.span, &kept);
                self.add(Kind::Export, None, &parts.span, &[import])
            }
            _ => {
                let default = (parts.operator == Some("default")).then(|| Arc::from("default"));
                self.add(Kind::Export, default, &parts.span, &kept)
            }
        }
    }

    /// Returns the name of a package of Go, which is that of its directory, but for the version.
    fn package(&mut self, module: &str, parts: &Parts<'_, '_>) -> Option<NodeId> {
        let local = module.rsplit('/').find(|part| !super::aliases::is_version(part))?;
        let local = self.add(Kind::Name, Some(Arc::from(local)), &parts.span, &[]);
        Some(self.add(Kind::Alias, Some(Arc::from("*")), &parts.span, &[local]))
    }

    /// `use crate::signature::{checked, age as age_of};`: an import for each name.
    fn used(&mut self, text: &str, parts: &Parts<'_, '_>) -> NodeId {
        let mut found = Vec::new();
        for (path, local) in super::aliases::uses(text) {
            let name: Arc<str> = Arc::from(path.rsplit("::").next().unwrap_or_default());
            let local = self.add(Kind::Name, Some(Arc::from(local)), &parts.span, &[]);
            let alias = self.add(Kind::Alias, Some(name), &parts.span, &[local]);
            found.push(self.add(Kind::Import, Some(Arc::from(path)), &parts.span, &[alias]));
        }
        match found.as_slice() {
            [only] => *only,
            found => self.add(Kind::Group, None, &parts.span, found),
        }
    }

    /// A name in an import: of the module, or, without a module, the module itself.
    fn imported(&mut self, node: NodeId, of_module: bool) -> NodeId {
        let span = self.code.span(node);
        let path = self.text(&span);
        let path = self.intern(path);
        // In JavaScript the name without braces is the default.
        let imported = match self.code.dialect.name {
            "javascript" => Arc::from("default"),
            "go" => Arc::from("*"),
            _ if of_module => path,
            _ => Arc::from(format!("*{path}")),
        };
        self.add(Kind::Alias, Some(imported), &span, &[node])
    }

    pub(super) fn alias(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let node = field(parts.children, &["name"]);
        let span = node.map_or(0..0, |node| self.code.span(node));
        let name = self.text(&span);
        let name = self.intern(name);
        let local = field(parts.children, &["alias"]).or(node).unwrap_or(Code::NOTHING);
        self.add(Kind::Alias, Some(name), &parts.span, &[local])
    }

    /// `* as name`
    pub(super) fn namespace(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let local = nodes(parts.children).first().copied().unwrap_or(Code::NOTHING);
        self.add(Kind::Alias, Some(Arc::from("*")), &parts.span, &[local])
    }
}
