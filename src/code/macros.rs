//! Builds declarations and statements of languages that write them as calls: `def verify(conn) do … end`.

use std::sync::Arc;

use super::build::field;
use super::grammar::Role;
use super::lower::{Builder, Parts};
use super::model::{Code, Kind, NodeId};

/// A call as a statement: what it is given, its block, and the block behind `else`.
struct Statement {
    arguments: Vec<NodeId>,
    body: NodeId,
    otherwise: NodeId,
}

impl Builder<'_> {
    /// Returns the role that the table of the language gives to a call of this name.
    pub(super) fn macro_role(&self, parts: &Parts<'_, '_>) -> Option<Role> {
        let target = field(parts.children, &["target"]).filter(|_| !self.macros.is_empty())?;
        let (name, role) = self.macros.iter().find(|(name, _)| *name == self.code.name(target))?;
        // A route has a block; a request that is sent has none.
        let is_route = *name == "post";
        let has_block = parts.children.iter().any(|child| child.role == Role::Body);
        (!is_route || has_block && self.code.kind(target) == Kind::Name).then_some(*role)
    }

    pub(super) fn macro_call(&mut self, role: Role, parts: &Parts<'_, '_>) -> NodeId {
        let Statement { arguments, body, otherwise } = self.statement(parts);
        let first = arguments.first().copied().unwrap_or(Code::NOTHING);
        let (kind, children) = match role {
            Role::Class => return self.module(first, body, parts),
            Role::Function => return self.definition(first, body, parts),
            Role::Import => return self.imported_module(&arguments, parts),
            Role::Throw => (Kind::Throw, arguments),
            Role::Choice => (Kind::Choice, vec![first, body, otherwise]),
            Role::Unless => {
                let test = self.add(Kind::Not, None, &parts.span, &[first]);
                (Kind::Choice, vec![test, body, otherwise])
            }
            Role::Switch => (Kind::Switch, std::iter::once(first).chain(self.code.children(body).to_vec()).collect()),
            // `with`: a clause that does not match goes on behind `else`.
            _ => {
                let steps: Vec<NodeId> = arguments.into_iter().chain([body]).collect();
                let steps = self.add(Kind::Block, None, &parts.span, &steps);
                let handler = self.add(Kind::Handler, None, &parts.span, &[otherwise]);
                let handlers = if otherwise == Code::NOTHING { vec![] } else { vec![handler] };
                (Kind::Attempt, [steps, Code::NOTHING].into_iter().chain(handlers).collect())
            }
        };
        self.add(kind, None, &parts.span, &children)
    }

    /// Takes a call apart; `do:` and `else:` among its arguments are blocks as well.
    fn statement(&mut self, parts: &Parts<'_, '_>) -> Statement {
        let (mut arguments, mut body, mut otherwise) = (Vec::new(), Code::NOTHING, Code::NOTHING);
        for child in parts.children.iter().filter(|child| child.field != Some("target")) {
            if child.role == Role::Body {
                let (other, own): (Vec<NodeId>, Vec<NodeId>) =
                    self.code.children(child.node).iter().partition(|node| self.is_else(**node));
                otherwise = other.first().copied().unwrap_or(otherwise);
                body = match self.code.kind(child.node) {
                    Kind::Block => self.add(Kind::Block, None, &parts.span, &own),
                    _ => child.node,
                };
                continue;
            }
            let mut open: Vec<NodeId> = self.code.children(child.node).iter().rev().copied().collect();
            while let Some(node) = open.pop() {
                let (key, value) = (self.code.name(self.code.child(node, 0)), self.code.child(node, 1));
                match (self.code.kind(node), key) {
                    (Kind::Pair, "do") => body = value,
                    (Kind::Pair, "else") => otherwise = value,
                    (Kind::Group, _) if self.code.kind(self.code.child(node, 0)) == Kind::Pair => {
                        open.extend(self.code.children(node).iter().rev());
                    }
                    _ => arguments.push(node),
                }
            }
        }
        Statement { arguments, body, otherwise }
    }

    fn is_else(&self, node: NodeId) -> bool {
        self.code.kind(node) == Kind::Block && self.text(&self.code.span(node)).starts_with("else")
    }

    fn module(&mut self, head: NodeId, body: NodeId, parts: &Parts<'_, '_>) -> NodeId {
        let name: Arc<str> = Arc::from(self.code.name(head).rsplit('.').next().unwrap_or_default());
        let heads = self.add(Kind::Group, None, &parts.span, &[]);
        self.add(Kind::Class, Some(name), &parts.span, &[heads, body, Code::NOTHING])
    }

    /// `def name(parameters) when guard do … end`
    fn definition(&mut self, head: NodeId, body: NodeId, parts: &Parts<'_, '_>) -> NodeId {
        let head = if self.code.kind(head) == Kind::Operation { self.code.child(head, 0) } else { head };
        let (name, parameters) = match self.code.kind(head) {
            Kind::Call => (self.code.child(head, 0), self.code.children(head)[1..].to_vec()),
            _ => (head, Vec::new()),
        };
        let name = self.code.node(name).name.clone();
        let parameters = self.add(Kind::Block, None, &parts.span, &parameters);
        let body = match self.code.kind(body) {
            Kind::Block | Kind::Attempt => body,
            _ => self.add(Kind::Return, None, &parts.span, &[body]),
        };
        self.add(Kind::Function, name, &parts.span, &[parameters, body, Code::NOTHING])
    }

    /// `alias Shop.Signature`, `alias Shop.Signature, as: Checked`
    fn imported_module(&mut self, arguments: &[NodeId], parts: &Parts<'_, '_>) -> NodeId {
        let named = |node: &NodeId| self.code.node(*node).name.clone().unwrap_or_default();
        let name = arguments.first().map(named).unwrap_or_default();
        let is_as = |pair: &&NodeId| self.code.name(self.code.child(**pair, 0)) == "as";
        let options = arguments.iter().skip(1).flat_map(|given| [&[*given], self.code.children(*given)].concat());
        let options: Vec<NodeId> = options.collect();
        let last = options.iter().find(is_as).map(|pair| named(&self.code.child(*pair, 1)));
        let last = last.unwrap_or_else(|| Arc::from(name.rsplit('.').next().unwrap_or_default()));
        let local = self.add(Kind::Name, Some(last), &parts.span, &[]);
        let alias = self.add(Kind::Alias, Some(Arc::from("*")), &parts.span, &[local]);
        self.add(Kind::Import, Some(name), &parts.span, &[alias])
    }
}
