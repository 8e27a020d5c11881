use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static JAVA: Grammar = Grammar {
    dialect: Dialect { name: "java", last_value: false, returns_errors: false, results: false, falls_through: true },
    language: || tree_sitter_java::LANGUAGE.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (Role::Skip, "line_comment block_comment package_declaration throws"),
    (Role::Block, "program block class_body constructor_body interface_body"),
    (Role::Name, "identifier this super"),
    (Role::Text, "string_literal"),
    (Role::Number, "decimal_integer_literal"),
    (Role::True, "true"),
    (Role::False, "false"),
    (Role::Null, "null_literal"),
    (Role::Call, "method_invocation object_creation_expression explicit_constructor_invocation"),
    (Role::First, "cast_expression"),
    (Role::Arguments, "argument_list annotation_argument_list"),
    (Role::Member, "field_access scoped_identifier"),
    (Role::Index, "array_access"),
    (Role::Function, "method_declaration constructor_declaration lambda_expression compact_constructor_declaration"),
    (Role::Parameters, "formal_parameters inferred_parameters"),
    (Role::Parameter, "formal_parameter spread_parameter"),
    (Role::Class, "class_declaration interface_declaration record_declaration"),
    (Role::Assign, "variable_declarator assignment_expression resource"),
    (Role::Typed, "field_declaration local_variable_declaration"),
    (Role::Choice, "if_statement ternary_expression"),
    (Role::Switch, "switch_expression"),
    (Role::Case, "switch_block_statement_group switch_rule"),
    (Role::Pattern, "switch_label"),
    (Role::Attempt, "try_statement try_with_resources_statement"),
    (Role::Handler, "catch_clause"),
    (Role::Finally, "finally_clause"),
    (Role::Return, "return_statement yield_statement"),
    (Role::Throw, "throw_statement"),
    (Role::Leave, "break_statement continue_statement"),
    (Role::Loop, "for_statement enhanced_for_statement while_statement do_statement"),
    (Role::Unary, "unary_expression"),
    (Role::Binary, "binary_expression"),
    (Role::Type, "type_identifier generic_type scoped_type_identifier integral_type void_type boolean_type array_type"),
    (Role::Decorator, "annotation marker_annotation"),
    (Role::Import, "import_declaration"),
];
