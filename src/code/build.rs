//! Builds a node of the model from a node of a grammar. Grammars agree on most names of fields; where one has none, the
//! order of the children decides.

use std::ops::Range;
use std::sync::Arc;

use super::grammar::Role;
use super::lower::{Builder, Child, Parts, nodes};
use super::model::{Code, Kind, NodeId};

/// Longest text of a string literal that is kept.
const MAX_TEXT: usize = 400;

impl Builder<'_> {
    /// Builds the node for a role.
    pub(super) fn build(&mut self, role: Role, parts: &Parts<'_, '_>) -> NodeId {
        match role {
            Role::Skip => Code::NOTHING,
            Role::Name | Role::Type => self.name(&parts.span),
            Role::Text => self.literal(parts),
            Role::Number => self.leaf(Kind::Number, parts),
            Role::True => self.leaf(Kind::True, parts),
            Role::False => self.leaf(Kind::False, parts),
            Role::Null => self.leaf(Kind::Null, parts),
            Role::Leave => self.leaf(Kind::Leave, parts),
            Role::Boolean => self.boolean(parts),
            Role::First => {
                let first = || parts.children.first().map(|child| child.node);
                field(parts.children, &["value", "operand"]).or_else(first).unwrap_or(Code::NOTHING)
            }
            Role::Echo => self.echo(parts),
            Role::Pass => self.pass(parts),
            Role::Block | Role::Parameters => self.block(parts),
            Role::Body => self.body(parts),
            Role::Arguments => self.plain(Kind::Group, parts),
            Role::Pattern => self.plain(Kind::Pattern, parts),
            Role::Finally => self.plain(Kind::Finally, parts),
            Role::Comprehension => self.plain(Kind::Comprehension, parts),
            Role::Assert => self.assert(parts),
            Role::Loop => self.plain(Kind::Loop, parts),
            Role::Return => self.plain(Kind::Return, parts),
            Role::Throw => self.plain(Kind::Throw, parts),
            Role::Await => self.plain(Kind::Await, parts),
            Role::Unwrap => self.plain(Kind::Unwrap, parts),
            Role::Object => self.plain(Kind::Object, parts),
            Role::Element => self.plain(Kind::Element, parts),
            Role::Decorator => self.plain(Kind::Decorator, parts),
            Role::Call => match self.macro_role(parts) {
                Some(role) => self.macro_call(role, parts),
                None => self.call(parts),
            },
            Role::Member => self.member(parts),
            Role::Index => self.index(parts),
            Role::Function => self.function(parts),
            Role::Parameter => self.parameter(parts),
            Role::Class => self.class(parts),
            Role::Assign => self.assign(parts),
            Role::Typed => self.typed(parts),
            Role::Choice => self.choice(parts, false),
            Role::Unless => self.choice(parts, true),
            Role::Ternary => self.ternary(parts),
            Role::Switch => self.switch(parts),
            Role::Case => self.case(parts),
            Role::Attempt => self.attempt(parts),
            Role::With => self.with(parts),
            Role::Handler => self.handler(parts),
            Role::Unary => self.unary(parts),
            Role::Binary => self.binary(parts),
            Role::Pair => self.pair(parts),
            Role::Argument if parts.children.len() == 2 => self.pair(parts),
            Role::Argument => self.pass(parts),
            Role::Import | Role::Export => self.import(role, parts),
            Role::Alias => self.alias(parts),
            Role::Namespace => self.namespace(parts),
        }
    }

    fn boolean(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let is_true = self.text(&parts.span).eq_ignore_ascii_case("true");
        self.leaf(if is_true { Kind::True } else { Kind::False }, parts)
    }

    /// Builds a statement that prints as a call of its keyword.
    fn echo(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let word = self.text(&parts.span).find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or_default();
        let callee = self.name(&(parts.span.start..parts.span.start + word));
        let children: Vec<NodeId> = std::iter::once(callee).chain(nodes(parts.children)).collect();
        self.add(Kind::Call, None, &parts.span, &children)
    }

    fn leaf(&mut self, kind: Kind, parts: &Parts<'_, '_>) -> NodeId {
        let text = self.text(&parts.span);
        let name = (kind == Kind::Number).then(|| self.intern(text));
        self.add(kind, name, &parts.span, &[])
    }

    fn plain(&mut self, kind: Kind, parts: &Parts<'_, '_>) -> NodeId {
        self.add(kind, None, &parts.span, &nodes(parts.children))
    }

    fn pass(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        match parts.children {
            [] => Code::NOTHING,
            [only] => only.node,
            _ => self.plain(Kind::Group, parts),
        }
    }

    fn literal(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let whole = self.text(&parts.span);
        let text = whole.trim_start_matches(|c: char| c.is_ascii_alphabetic() || matches!(c, '@' | '$'));
        // A word of a list has no quotes.
        let text = if text.starts_with(['"', '\'', '`']) { text } else { whole };
        let inner = text.trim_matches(['"', '\'', '`']);
        let name = (inner.len() <= MAX_TEXT).then(|| Arc::from(inner));
        let inside = parts.children.iter().filter(|child| self.code.kind(child.node) != Kind::Nothing);
        let inside: Vec<NodeId> = inside.map(|child| child.node).collect();
        self.add(Kind::Text, name, &parts.span, &inside)
    }

    fn block(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let kept = self.decorated(parts);
        self.add(Kind::Block, None, &parts.span, &kept)
    }

    /// Gives decorators to what follows them.
    pub(super) fn decorated(&mut self, parts: &Parts<'_, '_>) -> Vec<NodeId> {
        let (mut kept, mut decorators): (Vec<NodeId>, Vec<NodeId>) = (Vec::new(), Vec::new());
        for child in parts.children {
            let kind = self.code.kind(child.node);
            if kind == Kind::Nothing {
                continue;
            }
            if self.is_decorator(child.node) {
                decorators.push(child.node);
                continue;
            }
            let slot = match kind {
                Kind::Function | Kind::Class => Some(2),
                Kind::Parameter => Some(3),
                _ => None,
            };
            if let Some(slot) = slot.filter(|_| !decorators.is_empty()) {
                decorators.push(self.code.child(child.node, slot as usize));
                let group = self.add(Kind::Group, None, &parts.span, &std::mem::take(&mut decorators));
                self.code.set_child(child.node, slot, group);
            }
            decorators.clear();
            kept.push(child.node);
        }
        kept
    }

    fn is_decorator(&self, node: NodeId) -> bool {
        let inner = self.code.children(node);
        match self.code.kind(node) {
            Kind::Decorator => true,
            Kind::Group => !inner.is_empty() && inner.iter().all(|at| self.code.kind(*at) == Kind::Decorator),
            _ => false,
        }
    }

    /// Statements, and handlers of what they throw.
    fn body(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let is_handler = |child: &&Child<'_>| matches!(self.code.kind(child.node), Kind::Handler | Kind::Finally);
        if parts.children.iter().any(|child| is_handler(&child)) { self.attempt(parts) } else { self.block(parts) }
    }

    fn attempt(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let (mut body, mut handlers, mut last) = (Vec::new(), Vec::new(), Code::NOTHING);
        for child in parts.children {
            match self.code.kind(child.node) {
                // `construct_event(…) rescue nil`
                kind if child.field == Some("handler") && kind != Kind::Handler => {
                    let body = self.add(Kind::Block, None, &parts.span, &[child.node]);
                    handlers.push(self.add(Kind::Handler, None, &parts.span, &[body]));
                }
                Kind::Handler => handlers.push(child.node),
                Kind::Finally => last = child.node,
                _ => body.push(child.node),
            }
        }
        let body = self.add(Kind::Block, None, &parts.span, &body);
        let children: Vec<NodeId> = [body, last].into_iter().chain(handlers).collect();
        self.add(Kind::Attempt, None, &parts.span, &children)
    }

    /// `with suppress(ValueError):` forgets what is thrown.
    fn with(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let context = parts.children.first().map_or(Code::NOTHING, |child| child.node);
        if self.code.path(context).rsplit('.').next() != Some("suppress") {
            return self.pass(parts);
        }
        let body = self.plain(Kind::Block, parts);
        let nothing = self.add(Kind::Block, None, &parts.span, &[]);
        let handler = self.add(Kind::Handler, None, &parts.span, &[nothing]);
        self.add(Kind::Attempt, None, &parts.span, &[body, Code::NOTHING, handler])
    }

    fn handler(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let body = field(parts.children, &["body"]).or_else(|| parts.children.last().map(|child| child.node));
        let body = body.filter(|body| matches!(self.code.kind(*body), Kind::Block | Kind::Attempt));
        let rest = || parts.children.iter().skip(1).map(|child| child.node).collect::<Vec<_>>();
        let body = match body {
            Some(body) => body,
            None => self.add(Kind::Block, None, &parts.span, &rest()),
        };
        self.add(Kind::Handler, None, &parts.span, &[body])
    }

    fn assert(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let test = parts.children.first().map_or(Code::NOTHING, |child| child.node);
        let thrown = self.add(Kind::Throw, None, &parts.span, &[]);
        self.add(Kind::Choice, None, &parts.span, &[test, Code::NOTHING, thrown])
    }

    fn unary(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let Some(last) = parts.children.last() else { return Code::NOTHING };
        match parts.operator {
            Some("!" | "not") => self.add(Kind::Not, None, &parts.span, &[last.node]),
            Some("-") if self.code.kind(last.node) == Kind::Number => self.leaf(Kind::Number, parts),
            _ => last.node,
        }
    }

    fn binary(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let operator = parts.operator.unwrap_or_default();
        let kind = match operator {
            "=" | "<-" => return self.assign(parts),
            "=>" => Kind::Pair,
            "&&" | "and" => Kind::And,
            "||" | "or" | "??" | "?:" => Kind::Or,
            "==" | "===" | "is" | "eq" => Kind::Equal,
            "!=" | "!==" | "is not" | "<>" => Kind::Differ,
            _ => Kind::Operation,
        };
        let name = (kind == Kind::Operation).then(|| Arc::from(operator));
        self.add(kind, name, &parts.span, &nodes(parts.children))
    }

    fn pair(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        self.plain(Kind::Pair, parts)
    }

    fn ternary(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let at = |index: usize| parts.children.get(index).map_or(Code::NOTHING, |child| child.node);
        self.add(Kind::Choice, None, &parts.span, &[at(1), at(0), at(2)])
    }

    fn choice(&mut self, parts: &Parts<'_, '_>, negated: bool) -> NodeId {
        const FIELDS: &[&str] = &["condition", "consequence", "body", "alternative", "initializer"];
        // `a ?: b` of PHP.
        if let [test, other] = parts.children {
            let between = self.code.span(test.node).end..self.code.span(other.node).start;
            if self.text(&between).trim_start().starts_with('?') {
                return self.plain(Kind::Or, parts);
            }
        }
        let mut rest = parts.children.iter().filter(|child| child.field.is_none_or(|name| !FIELDS.contains(&name)));
        let mut next = || rest.next().map(|child| child.node);
        let test = field(parts.children, &["condition"]).or_else(&mut next).unwrap_or(Code::NOTHING);
        let then = field(parts.children, &["consequence", "body"]).or_else(&mut next).unwrap_or(Code::NOTHING);
        let is_alternative = |child: &&Child<'_>| child.field == Some("alternative");
        let mut others: Vec<NodeId> = parts.children.iter().filter(is_alternative).map(|child| child.node).collect();
        if others.is_empty() {
            others.extend(next());
        }
        // `elif` and its like stand side by side.
        let mut otherwise = others.pop().unwrap_or(Code::NOTHING);
        while let Some(before) = others.pop() {
            if self.code.kind(before) == Kind::Choice {
                self.code.set_child(before, 2, otherwise);
            }
            otherwise = before;
        }
        let test = if negated { self.add(Kind::Not, None, &parts.span, &[test]) } else { test };
        let choice = self.add(Kind::Choice, None, &parts.span, &[test, then, otherwise]);
        match field(parts.children, &["initializer"]) {
            Some(first) => self.add(Kind::Block, None, &parts.span, &[first, choice]),
            None => choice,
        }
    }

    fn switch(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        let subject = field(parts.children, &["value", "subject", "condition"]);
        let subject = subject.or_else(|| {
            let first = parts.children.first()?;
            (first.field.is_none() && self.code.kind(first.node) != Kind::Case).then_some(first.node)
        });
        let mut cases = Vec::new();
        let others = parts.children.iter().map(|child| child.node).filter(|node| Some(*node) != subject);
        let mut open: Vec<NodeId> = others.collect();
        open.reverse();
        while let Some(node) = open.pop() {
            match self.code.kind(node) {
                Kind::Case => cases.push(node),
                Kind::Group | Kind::Block if self.holds_cases(node) => {
                    open.extend(self.code.children(node).iter().rev());
                }
                Kind::Nothing | Kind::Pair => {}
                // An `else` beside the cases.
                _ => cases.push(self.add(Kind::Case, None, &parts.span, &[Code::NOTHING, node])),
            }
        }
        let children: Vec<NodeId> = std::iter::once(subject.unwrap_or(Code::NOTHING)).chain(cases).collect();
        self.add(Kind::Switch, None, &parts.span, &children)
    }

    fn holds_cases(&self, node: NodeId) -> bool {
        self.code.children(node).iter().any(|child| self.code.kind(*child) == Kind::Case)
    }

    fn case(&mut self, parts: &Parts<'_, '_>) -> NodeId {
        const FIELDS: &[&str] = &["value", "pattern", "condition", "conditional_expressions", "left"];
        let of_kind = |child: &Child<'_>| self.code.kind(child.node) == Kind::Pattern;
        let has_patterns = parts.children.iter().any(of_kind);
        let is_pattern = |child: &Child<'_>| {
            if has_patterns { of_kind(child) } else { child.field.is_some_and(|name| FIELDS.contains(&name)) }
        };
        let (patterns, body): (Vec<Child<'_>>, Vec<Child<'_>>) =
            parts.children.iter().partition(|child| is_pattern(child));
        let patterns = match patterns.is_empty() {
            true => Code::NOTHING,
            false => self.add(Kind::Group, None, &parts.span, &nodes(&patterns)),
        };
        let body = match body.as_slice() {
            [only] if self.code.kind(only.node) == Kind::Block => only.node,
            body => self.add(Kind::Block, None, &parts.span, &nodes(body)),
        };
        self.add(Kind::Case, None, &parts.span, &[patterns, body])
    }
}

/// Returns the first child with one of the fields, the fields in order.
pub(super) fn field(children: &[Child<'_>], names: &[&str]) -> Option<NodeId> {
    names.iter().find_map(|name| children.iter().find(|child| child.field == Some(name))).map(|child| child.node)
}

/// Returns the span of a child with one of the fields.
pub(super) fn field_span(code: &Code, children: &[Child<'_>], names: &[&str]) -> Option<Range<usize>> {
    field(children, names).map(|node| code.span(node))
}
