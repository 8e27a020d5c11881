//! Roles that a language's table gives to the nodes of its grammar.

use std::collections::HashMap;
use std::sync::OnceLock;

use tree_sitter::Language;

use super::model::Dialect;

/// Role of a node of a grammar: the node of the model that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing: comments, modifiers.
    Skip,
    /// Its only child, or a group of its children.
    Pass,
    /// The value beside a type, or its first child.
    First,
    Block,
    /// A block that may have handlers.
    Body,
    Name,
    Text,
    Number,
    True,
    False,
    /// True or false, by its text.
    Boolean,
    Null,
    Call,
    /// A call of what the statement begins with.
    Echo,
    Arguments,
    /// One argument, which may have a name.
    Argument,
    Member,
    Index,
    Function,
    Parameters,
    Parameter,
    Class,
    Assign,
    /// Assignments, and the type of what they assign to.
    Typed,
    Choice,
    Unless,
    /// `then if test else otherwise`
    Ternary,
    Switch,
    Case,
    Pattern,
    Attempt,
    /// Statements in a context that may forget what they throw.
    With,
    Handler,
    Finally,
    Return,
    Throw,
    Leave,
    Loop,
    Comprehension,
    Assert,
    Unary,
    Binary,
    Await,
    Unwrap,
    Object,
    Pair,
    Element,
    Decorator,
    /// A type: a name with its text.
    Type,
    Import,
    Alias,
    /// Everything of a module under one name.
    Namespace,
    Export,
}

/// A language: its grammar and what its nodes become. A node that no row names is passed through.
pub(super) struct Grammar {
    pub(super) dialect: Dialect,
    pub(super) language: fn() -> Language,
    /// Roles, each with the kinds that have it, separated by spaces.
    pub(super) roles: &'static [(Role, &'static str)],
    /// Roles of calls by the name of what is called, where the language writes declarations as calls.
    pub(super) macros: &'static [(&'static str, Role)],
    /// Roles by the number of a kind.
    pub(super) table: OnceLock<Vec<Role>>,
}

impl Grammar {
    /// Returns the role of each kind.
    pub(super) fn table(&self, language: &Language) -> &[Role] {
        self.table.get_or_init(|| {
            let named = |(role, kinds): &(Role, &'static str)| {
                let role = *role;
                kinds.split_ascii_whitespace().map(move |kind| (kind, role))
            };
            // The first row that names a kind counts.
            let roles: HashMap<&str, Role> = self.roles.iter().rev().flat_map(named).collect();
            let role = |kind: &str| roles.get(kind).copied().unwrap_or(Role::Pass);
            let kinds = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
            (0..kinds).map(|id| language.node_kind_for_id(id).map_or(Role::Pass, role)).collect()
        })
    }
}
