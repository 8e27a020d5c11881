//! Classes: their members, what they are derived from or include, and the instances that types stand for.

use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Code, Kind, NodeId};
use super::path::Path;
use super::statements::leaves;
use super::tables::lists_events;
use super::value::{Constant, Thing, Value};
use super::{Analysis, Closure};

impl Analysis<'_> {
    /// Returns a method or a field of a class, or of what it is made of.
    pub(super) fn member_of_class(&mut self, class: (usize, NodeId), name: &str, depth: usize) -> Option<Value> {
        if let Some(value) = self.member_of_part(class, name) {
            return Some(value);
        }
        let parts = self.program.parts(class);
        if let Some(value) = parts.iter().find_map(|part| self.member_of_part(*part, name)) {
            return Some(value);
        }
        if depth >= 6 {
            return None;
        }
        for (file, node) in std::iter::once(class).chain(parts) {
            let code = Arc::clone(&self.program.file(file).code);
            for base in self.bases(&code, file, node) {
                if base != class
                    && let Some(value) = self.member_of_class(base, name, depth + 1)
                {
                    return Some(value);
                }
            }
        }
        None
    }

    fn member_of_part(&mut self, class: (usize, NodeId), name: &str) -> Option<Value> {
        let (file, node) = class;
        let code = Arc::clone(&self.program.file(file).code);
        for statement in leaves_of_body(&code, code.child(node, 1)) {
            match code.kind(statement) {
                Kind::Function if code.name(statement) == name => {
                    return Some(self.closure(Closure {
                        file,
                        node: statement,
                        scope: Rc::default(),
                        class: Some(class),
                    }));
                }
                Kind::Assign if code.name(code.child(statement, 0)) == name => {
                    let typed = code.name(code.child(statement, 2)).to_owned();
                    if let Some(value) = self.instance_of(file, &typed) {
                        return Some(value);
                    }
                    let value = code.child(statement, 1);
                    // `SECRET = 'whsec_test'.freeze`
                    let is_frozen = code.kind(value) == Kind::Call && code.name(code.child(value, 0)) == "freeze";
                    let value = if is_frozen { code.child(code.child(value, 0), 0) } else { value };
                    // `const PAID = 'invoice.paid'`
                    if code.kind(value) == Kind::Text && code.children(value).is_empty() {
                        if is_given_later(&code, name) {
                            return None;
                        }
                        return Some(Value::constant(Constant::Text(Arc::from(code.name(value)))));
                    }
                    // `const TOLERANCE = 60 * 60`, `handlers = {'invoice.paid': paid}`
                    if matches!(code.kind(value), Kind::Number | Kind::Operation)
                        || lists_events(&code, value, self.words)
                    {
                        return self.field(file, value, class);
                    }
                    if code.kind(value) == Kind::Function {
                        return Some(self.closure(Closure {
                            file,
                            node: value,
                            scope: Rc::default(),
                            class: Some(class),
                        }));
                    }
                }
                Kind::Function => {
                    if let Some(value) = self.injected(&code, file, statement, name) {
                        return Some(value);
                    }
                }
                _ => {}
            }
        }
        self.injected(&code, file, code.child(node, 0), name)
    }

    /// Returns the value that a field is declared with.
    fn field(&mut self, file: usize, node: NodeId, class: (usize, NodeId)) -> Option<Value> {
        // A field may be declared with itself.
        if self.frames.iter().any(|frame| (frame.file, frame.node) == (file, node)) {
            return None;
        }
        let frame = self.new_frame(file, node, Some(class), Code::NOTHING);
        self.frames.push(frame);
        let ways = self.eval(node, Path::default());
        self.frames.pop();
        ways.into_iter().next().map(|(_, value)| value)
    }

    /// A parameter of a constructor with this name, which becomes a field.
    fn injected(&mut self, code: &Code, file: usize, node: NodeId, name: &str) -> Option<Value> {
        let is_constructor = matches!(code.name(node), "constructor" | "__construct" | "__init__" | "initialize")
            || code.kind(node) == Kind::Group;
        let parameters = match code.kind(node) {
            Kind::Group => code.children(node).iter().copied().find(|child| code.kind(*child) == Kind::Block)?,
            _ => code.child(node, 0),
        };
        let wanted = name.trim_start_matches('_');
        let fits = |at: &&NodeId| code.name(code.child(**at, 0)).trim_start_matches('_') == wanted;
        let parameter = is_constructor.then(|| code.children(parameters).iter().find(fits)).flatten()?;
        self.instance_of(file, code.name(code.child(*parameter, 1)))
    }

    /// Returns true for the name of an attribute that the class around declares, in Ruby.
    pub(super) fn is_attribute(&self, name: &str) -> bool {
        let Some(frame) = self.frames.last().filter(|frame| frame.code.dialect.name == "ruby") else { return false };
        let Some((file, node)) = frame.class else { return false };
        let code = &self.program.file(file).code;
        leaves_of_body(code, code.child(node, 1)).into_iter().any(|at| {
            let declares = matches!(code.name(code.child(at, 0)), "attr_accessor" | "attr_reader" | "attr_writer");
            let names = |argument: &NodeId| code.name(*argument).trim_start_matches(':') == name;
            code.kind(at) == Kind::Call && declares && code.children(at).iter().skip(1).any(names)
        })
    }

    /// Returns the classes that a class is derived from or includes.
    pub(super) fn bases(&mut self, code: &Code, file: usize, node: NodeId) -> Vec<(usize, NodeId)> {
        let mut names: Vec<String> = leaves(code, code.child(node, 0)).into_iter().map(|at| code.path(at)).collect();
        for statement in leaves_of_body(code, code.child(node, 1)) {
            match code.kind(statement) {
                // `include Signed`; a trait in PHP.
                Kind::Call if matches!(code.name(code.child(statement, 0)), "include" | "prepend" | "extend") => {
                    names.extend(code.children(statement)[1..].iter().map(|at| code.path(*at)));
                }
                Kind::Name => names.push(code.name(statement).to_owned()),
                // A struct that is embedded in one of Go.
                Kind::Assign if code.child(statement, 0) == Code::NOTHING => {
                    names.push(code.name(code.child(statement, 2)).trim_start_matches('*').to_owned());
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            let value = self.class_named(file, &name).map(|value| self.imported(value));
            if let Some(Thing::Class(file, node)) = value.and_then(|value| value.thing) {
                found.push((file, node));
            }
        }
        found
    }
}

/// Returns true for a field that a method gives a value: `this.secret = …`.
fn is_given_later(code: &Code, name: &str) -> bool {
    let is_target = |target: NodeId| code.kind(target) == Kind::Member && code.name(target) == name;
    code.nodes().any(|(at, node)| node.kind == Kind::Assign && is_target(code.child(at, 0)))
}

/// Returns the statements of a class, those in nested blocks and behind `private` included.
pub(super) fn leaves_of_body(code: &Code, body: NodeId) -> Vec<NodeId> {
    let (mut found, mut open) = (Vec::new(), vec![body]);
    while let Some(at) = open.pop() {
        match code.kind(at) {
            Kind::Block | Kind::Group => open.extend(code.children(at).iter().rev()),
            Kind::Call if matches!(code.name(code.child(at, 0)), "private" | "protected" | "public") => {
                open.extend(code.children(at)[1..].iter().rev());
            }
            _ => found.push(at),
        }
    }
    found
}
