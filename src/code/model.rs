//! One model for the code of every language: functions, calls, assignments, conditions, exits.
//!
//! A node's children are a slice with a fixed layout for its kind; absent ones are [`Code::NOTHING`].

use std::ops::Range;
use std::sync::Arc;

/// Index of a node in its file.
pub(crate) type NodeId = u32;

/// Kind of a node, with the order of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Nothing, or code that the model leaves out.
    Nothing,
    /// Code that did not parse.
    Broken,
    /// Statements.
    Block,
    /// `[parameters, body, decorators, type of its result]`; its name, if it has one.
    Function,
    /// `[pattern, type, default, decorators]`
    Parameter,
    /// `[heads, body, decorators]`; heads are base classes and parameters of its constructor, or the receiver of a method of
    /// Go. A class may have several parts.
    Class,
    /// `[callee, arguments…]`
    Call,
    /// `[object]`; the name of the member.
    Member,
    /// `[object, key]`
    Index,
    Name,
    /// A string literal; interpolated expressions.
    Text,
    Number,
    True,
    False,
    Null,
    /// `[operand]`
    Not,
    /// `[left, right]`
    And,
    Or,
    Equal,
    Differ,
    /// Any other operation; its operator.
    Operation,
    /// `[target, value, type]`
    Assign,
    /// `[test, then, otherwise]`
    Choice,
    /// `[subject, cases…]`
    Switch,
    /// `[patterns, body]`; the default has no patterns.
    Case,
    /// Alternatives of a case.
    Pattern,
    /// `[body, finally, handlers…]`
    Attempt,
    /// `[body]`
    Handler,
    Finally,
    Loop,
    /// `[value]`
    Return,
    Throw,
    /// `break`, `continue` and the like.
    Leave,
    /// `[expression]`
    Await,
    /// `[expression]`, a result; a failed one ends the function.
    Unwrap,
    /// Entries of an object, map or dictionary.
    Object,
    /// `[key, value]`
    Pair,
    /// `[name, attributes…]`, of a page or a component.
    Element,
    /// Several values.
    Group,
    /// `[element, clauses…]`; a clause is a condition, or `[target, list]`.
    Comprehension,
    /// Names from the module that its name says.
    Import,
    /// `[local name]`; the name in the other module: `*` for all, `default`.
    Alias,
    /// A name or value that a module exports.
    Export,
    /// `[expression]`
    Decorator,
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) name: Option<Arc<str>>,
    start: u32,
    end: u32,
    first: u32,
    count: u32,
}

/// The code of one file.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    nodes: Vec<Node>,
    links: Vec<NodeId>,
    root: NodeId,
    /// Names of the language in use.
    pub(crate) dialect: Dialect,
}

/// Differences between languages that matter to the flow of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) name: &'static str,
    /// The value of a body is that of its last expression.
    pub(crate) last_value: bool,
    /// Functions return errors instead of throwing them.
    pub(crate) returns_errors: bool,
    /// Functions return results, which are taken apart.
    pub(crate) results: bool,
    /// A case without statements continues with the next one.
    pub(crate) falls_through: bool,
}

impl Code {
    pub(crate) const NOTHING: NodeId = 0;

    pub(super) fn new(dialect: Dialect) -> Self {
        let nothing = Node { kind: Kind::Nothing, name: None, start: 0, end: 0, first: 0, count: 0 };
        Self { nodes: vec![nothing], links: Vec::new(), root: Self::NOTHING, dialect }
    }

    pub(super) fn add(&mut self, kind: Kind, name: Option<Arc<str>>, span: Range<u32>, children: &[NodeId]) -> NodeId {
        let first = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        let count = u32::try_from(children.len()).unwrap_or(0);
        self.links.extend_from_slice(children);
        self.nodes.push(Node { kind, name, start: span.start, end: span.end, first, count });
        u32::try_from(self.nodes.len() - 1).unwrap_or(Self::NOTHING)
    }

    pub(super) fn set_root(&mut self, root: NodeId) {
        self.root = root;
    }

    pub(super) fn set_name(&mut self, node: NodeId, name: Arc<str>) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.name = Some(name);
        }
    }

    /// Replaces a child of a node.
    pub(super) fn set_child(&mut self, node: NodeId, at: u32, child: NodeId) {
        let node = self.node(node);
        let place = (at < node.count).then_some(node.first as usize + at as usize);
        if let Some(link) = place.and_then(|place| self.links.get_mut(place)) {
            *link = child;
        }
    }

    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id as usize).unwrap_or(&self.nodes[0])
    }

    pub(crate) fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind
    }

    /// Returns the name of a node; empty without one.
    pub(crate) fn name(&self, id: NodeId) -> &str {
        self.node(id).name.as_deref().unwrap_or_default()
    }

    pub(crate) fn children(&self, id: NodeId) -> &[NodeId] {
        let node = self.node(id);
        let first = node.first as usize;
        self.links.get(first..first + node.count as usize).unwrap_or_default()
    }

    pub(crate) fn child(&self, id: NodeId, at: usize) -> NodeId {
        self.children(id).get(at).copied().unwrap_or(Self::NOTHING)
    }

    /// Returns the pattern or name of a parameter, which may be bare.
    pub(crate) fn pattern(&self, parameter: NodeId) -> NodeId {
        if self.kind(parameter) == Kind::Parameter { self.child(parameter, 0) } else { parameter }
    }

    /// Returns the bytes of a node in the file.
    pub(crate) fn span(&self, id: NodeId) -> Range<usize> {
        let node = self.node(id);
        node.start as usize..node.end as usize
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..).zip(&self.nodes)
    }

    /// Returns `stripe.webhooks.constructEvent` for a name or a chain of members, calls left out; empty for anything else.
    pub(crate) fn path(&self, id: NodeId) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let mut at = id;
        loop {
            match self.kind(at) {
                Kind::Member => {
                    parts.push(self.name(at));
                    at = self.child(at, 0);
                }
                Kind::Call | Kind::Index | Kind::Await | Kind::Unwrap => at = self.child(at, 0),
                Kind::Name => {
                    parts.push(self.name(at));
                    break;
                }
                _ => break,
            }
        }
        parts.reverse();
        parts.join(".")
    }
}
