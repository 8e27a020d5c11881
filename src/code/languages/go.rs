use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static GO: Grammar = Grammar {
    dialect: Dialect { name: "go", last_value: false, returns_errors: true, results: false, falls_through: false },
    language: || tree_sitter_go::LANGUAGE.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (Role::Skip, "comment package_clause"),
    (Role::Block, "source_file block statement_list struct_type field_declaration_list interface_type"),
    (Role::Name, "identifier field_identifier type_identifier package_identifier blank_identifier"),
    (Role::Text, "interpreted_string_literal raw_string_literal"),
    (Role::Number, "int_literal float_literal"),
    (Role::True, "true"),
    (Role::False, "false"),
    (Role::Null, "nil"),
    (Role::Call, "call_expression"),
    (Role::Arguments, "argument_list"),
    (Role::Member, "selector_expression qualified_type"),
    (Role::Index, "index_expression"),
    (Role::Function, "function_declaration method_declaration func_literal method_elem"),
    (Role::Parameters, "parameter_list"),
    (Role::Parameter, "parameter_declaration variadic_parameter_declaration"),
    (Role::Class, "type_spec"),
    (Role::Assign, "short_var_declaration assignment_statement var_spec const_spec field_declaration"),
    (Role::Choice, "if_statement"),
    (Role::Switch, "expression_switch_statement"),
    (Role::Case, "expression_case default_case"),
    (Role::Return, "return_statement"),
    (Role::Leave, "break_statement continue_statement"),
    (Role::Loop, "for_statement"),
    (Role::Unary, "unary_expression"),
    (Role::Binary, "binary_expression"),
    (Role::First, "type_assertion_expression type_conversion_expression"),
    (Role::Object, "literal_value"),
    (Role::Pair, "keyed_element"),
    (Role::Type, "pointer_type slice_type map_type"),
    (Role::Import, "import_spec"),
];
