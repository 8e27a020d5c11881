//! Turns the tree of a grammar into the model, without recursion: foreign code decides how deep it is.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tree_sitter::{Node, Tree};

use super::grammar::{Grammar, Role};
use super::model::{Code, Kind, NodeId};

/// Deepest node that is read; what is below becomes nothing.
const MAX_DEPTH: usize = 250;

/// Most nodes of a grammar's tree that are read.
const MAX_NODES: usize = 1_500_000;

/// A child that was built, and how its parent calls it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child<'t> {
    pub(super) field: Option<&'t str>,
    pub(super) role: Role,
    pub(super) node: NodeId,
}

/// A node whose children are being built.
struct Open<'t> {
    field: Option<&'t str>,
    role: Role,
    broken: bool,
    span: Range<usize>,
    /// Its first child.
    from: usize,
    operator: Option<&'t str>,
}

/// Builds the model of one file.
pub(super) struct Builder<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) code: Code,
    pub(super) macros: &'static [(&'static str, Role)],
    names: HashMap<&'a str, Arc<str>>,
}

/// A node of the grammar with what its children became.
pub(super) struct Parts<'c, 't> {
    pub(super) span: Range<usize>,
    pub(super) operator: Option<&'t str>,
    pub(super) children: &'c [Child<'t>],
}

/// Returns the model of a parsed file, or `None` if it has too many nodes.
pub(super) fn lower(tree: &Tree, bytes: &[u8], grammar: &'static Grammar) -> Option<Code> {
    let table = grammar.table(&tree.language());
    let role_of = |node: &Node<'_>| table.get(usize::from(node.kind_id())).copied().unwrap_or(Role::Pass);
    let (code, macros) = (Code::new(grammar.dialect), grammar.macros);
    let mut builder = Builder { bytes, code, macros, names: HashMap::new() };
    let (mut open, mut built): (Vec<Open<'_>>, Vec<Child<'_>>) = (Vec::new(), Vec::new());
    let mut cursor = tree.walk();
    let mut seen = 0;
    'tree: loop {
        let node = cursor.node();
        seen += 1;
        if seen > MAX_NODES {
            return None;
        }
        if node.is_named() {
            let role = role_of(&node);
            let (field, broken) = (cursor.field_name(), node.is_error() || node.is_missing());
            open.push(Open { field, role, broken, span: node.byte_range(), from: built.len(), operator: None });
            if role != Role::Skip && open.len() < MAX_DEPTH && cursor.goto_first_child() {
                continue;
            }
        } else if let Some(parent) = open.last_mut() {
            note_token(parent, cursor.field_name(), node.kind());
        }
        // Closes every node that has no further sibling.
        loop {
            if cursor.node().is_named() {
                builder.close(&mut open, &mut built);
            }
            if cursor.goto_next_sibling() {
                continue 'tree;
            }
            if !cursor.goto_parent() {
                break 'tree;
            }
        }
    }
    let root = built.last().map_or(Code::NOTHING, |child| child.node);
    builder.code.set_root(root);
    super::aliases::resolve(&mut builder.code);
    Some(builder.code)
}

/// Remembers the operator of an operation, and words such as `default`, `type`, `export`.
fn note_token<'t>(parent: &mut Open<'t>, field: Option<&'t str>, token: &'t str) {
    let is_operator = field.is_some_and(|field| field.starts_with("operator"));
    let is_bracket = token.starts_with(['(', ')', '[', ']', '{', '}', ',', ';', ':', '"', '\'', '`', '.']);
    let is_keyword = matches!(token, "default" | "type");
    let fits = parent.role != Role::Binary && parent.role != Role::Unary && !is_keyword;
    if is_operator || is_keyword || (parent.operator.is_none() && !is_bracket && !fits) {
        parent.operator = Some(token);
    }
}

impl<'a> Builder<'a> {
    fn close<'t>(&mut self, open: &mut Vec<Open<'t>>, built: &mut Vec<Child<'t>>) {
        let Some(closed) = open.pop() else { return };
        let parts = Parts { span: closed.span, operator: closed.operator, children: &built[closed.from..] };
        let node = match closed.role {
            Role::Skip => None,
            _ if closed.broken => Some(self.add(Kind::Broken, None, &parts.span, &nodes(parts.children))),
            role => Some(self.build(role, &parts)),
        };
        built.truncate(closed.from);
        built.extend(node.map(|node| Child { field: closed.field, role: closed.role, node }));
    }

    /// Returns the text of a span; empty if it is not UTF-8.
    pub(super) fn text(&self, span: &Range<usize>) -> &'a str {
        std::str::from_utf8(self.bytes.get(span.clone()).unwrap_or_default()).unwrap_or_default()
    }

    pub(super) fn intern(&mut self, text: &'a str) -> Arc<str> {
        self.names.entry(text).or_insert_with(|| Arc::from(text)).clone()
    }

    pub(super) fn add(
        &mut self,
        kind: Kind,
        name: Option<Arc<str>>,
        span: &Range<usize>,
        children: &[NodeId],
    ) -> NodeId {
        let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.code.add(kind, name, bound(span.start)..bound(span.end), children)
    }

    /// A name node with the text of a span.
    pub(super) fn name(&mut self, span: &Range<usize>) -> NodeId {
        let text = self.text(span).trim_start_matches(['$', ':', '@', '#', '\\', ' ']);
        let text = text.trim_end_matches([':', ' ']);
        let kind = match text {
            "null" => Kind::Null,
            "true" => Kind::True,
            "false" => Kind::False,
            _ => Kind::Name,
        };
        let name = self.intern(text);
        self.add(kind, Some(name), span, &[])
    }
}

pub(super) fn nodes(children: &[Child<'_>]) -> Vec<NodeId> {
    children.iter().map(|child| child.node).collect()
}
