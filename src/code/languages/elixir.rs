use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static ELIXIR: Grammar = Grammar {
    dialect: Dialect { name: "elixir", last_value: true, returns_errors: false, results: true, falls_through: false },
    language: || tree_sitter_elixir::LANGUAGE.into(),
    roles: ROLES,
    macros: MACROS,
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (Role::Skip, "comment quoted_content escape_sequence"),
    (Role::Block, "source block body else_block"),
    (Role::Body, "do_block"),
    (Role::Name, "identifier alias keyword"),
    (Role::Text, "string charlist sigil atom quoted_atom quoted_keyword"),
    (Role::Number, "integer float char"),
    (Role::Boolean, "boolean"),
    (Role::Null, "nil"),
    (Role::Call, "call"),
    (Role::Arguments, "arguments"),
    (Role::Member, "dot"),
    (Role::Index, "access_call"),
    (Role::Object, "map_content"),
    (Role::Pair, "pair"),
    (Role::Type, "struct"),
    (Role::Case, "stab_clause"),
    (Role::Handler, "rescue_block catch_block"),
    (Role::Finally, "after_block"),
    (Role::Unary, "unary_operator"),
    (Role::Binary, "binary_operator"),
];

const MACROS: &[(&str, Role)] = &[
    ("defmodule", Role::Class),
    ("def", Role::Function),
    ("defp", Role::Function),
    ("post", Role::Function),
    ("if", Role::Choice),
    ("unless", Role::Unless),
    ("case", Role::Switch),
    ("cond", Role::Switch),
    ("with", Role::Attempt),
    ("raise", Role::Throw),
    ("alias", Role::Import),
    ("import", Role::Import),
];
