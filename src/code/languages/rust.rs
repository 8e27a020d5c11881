use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static RUST: Grammar = Grammar {
    dialect: Dialect { name: "rust", last_value: true, returns_errors: false, results: true, falls_through: false },
    language: || tree_sitter_rust::LANGUAGE.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (
        Role::Skip,
        "line_comment block_comment visibility_modifier function_modifiers where_clause type_parameters
         lifetime mutable_specifier type_arguments",
    ),
    (Role::Block, "source_file block declaration_list field_declaration_list"),
    (Role::Name, "identifier field_identifier type_identifier shorthand_field_identifier self crate super"),
    (Role::Text, "string_literal raw_string_literal"),
    (Role::Number, "integer_literal"),
    (Role::Boolean, "boolean_literal"),
    (Role::Call, "call_expression macro_invocation"),
    (Role::Arguments, "arguments"),
    (Role::Member, "field_expression scoped_identifier scoped_type_identifier"),
    (Role::Index, "index_expression"),
    (Role::Function, "function_item closure_expression function_signature_item"),
    (Role::Parameters, "parameters closure_parameters"),
    (Role::Parameter, "parameter"),
    (Role::Class, "impl_item struct_item trait_item"),
    (Role::Assign, "let_declaration assignment_expression field_declaration"),
    (Role::Choice, "if_expression"),
    (Role::Switch, "match_expression"),
    (Role::Case, "match_arm"),
    (Role::Pattern, "match_pattern"),
    (Role::Return, "return_expression"),
    (Role::Leave, "break_expression continue_expression"),
    (Role::Loop, "for_expression while_expression loop_expression"),
    (Role::Unary, "unary_expression"),
    (Role::Binary, "binary_expression"),
    (Role::Await, "await_expression"),
    (Role::Unwrap, "try_expression"),
    (Role::First, "type_cast_expression generic_function"),
    (Role::Decorator, "attribute_item"),
    (Role::Type, "generic_type reference_type"),
    (Role::Import, "use_declaration"),
];
