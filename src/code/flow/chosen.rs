//! Functions that are called by their names: in Ruby without any brackets, and by names that the event decides, such as
//! `$this->{'handle' . $type}($payload)`.

use super::super::model::{Code, Kind, NodeId};
use super::Analysis;
use super::called::{Called, last};
use super::path::Path;
use super::statements::Ways;
use super::value::{Thing, Traits, Value};

/// Calls that call, or return, the function that a text names, each with the argument that does.
const BY_NAME: &[(&str, usize)] = &[
    ("send", 0),
    ("public_send", 0),
    ("__send__", 0),
    ("method", 0),
    ("getattr", 1),
    ("call_user_func", 0),
    ("call_user_func_array", 0),
    ("apply", 1),
];

/// Returns the argument of a call that names a function.
fn name_at(name: &str) -> Option<usize> {
    BY_NAME.iter().find(|(known, _)| *known == name).map(|(_, at)| *at)
}

/// Returns true for a call that may choose a function by its name.
pub(super) fn chooses(code: &Code, call: NodeId) -> bool {
    let callee = code.child(call, 0);
    code.kind(callee) == Kind::Index || name_at(code.name(callee)).is_some()
}

impl Analysis<'_> {
    /// Notes that what the request sent names the function of an event that is called.
    pub(super) fn called_by_name(&mut self, called: &Called<'_>, path: &mut Path) {
        let named = name_at(last(&called.dotted)).and_then(|at| called.arguments.get(at));
        if let Some(name) = named {
            self.chosen(name, called.node, path);
        }
    }

    /// Notes that a method of an object is chosen by its name.
    pub(super) fn indexed(&mut self, object: &Value, key: &Value, node: NodeId, path: &mut Path) {
        if let Some(Thing::Instance(..) | Thing::Class(..) | Thing::Module(_)) = object.thing {
            self.chosen(key, node, path);
        }
    }

    /// In Ruby the name of a method calls it.
    pub(super) fn bare_call(&mut self, code: &Code, node: NodeId, value: Value, path: Path) -> Ways {
        let is_local = path.get(code.name(node)).is_some();
        match value.thing {
            Some(Thing::Function(at)) if code.dialect.name == "ruby" && !is_local => {
                let (dotted, object, arguments) = (code.name(node).to_owned(), Value::default(), Vec::new());
                match self.is_worth_following(at, &Called { code, node, dotted, object, arguments }) {
                    true => self.invoke(at, Vec::new(), path, node),
                    false => vec![(path, Value::default())],
                }
            }
            _ => vec![(path, value)],
        }
    }

    fn chosen(&mut self, name: &Value, node: NodeId, path: &mut Path) {
        let file = self.file();
        if name.has(Traits::BODY) && !name.has(Traits::EVENT) && self.has_event_functions(file) {
            self.compared(path, &Value::of(Traits::BODY), node, "an event's type".to_owned());
        }
    }
}
