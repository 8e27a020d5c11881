use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static PHP: Grammar = Grammar {
    dialect: Dialect { name: "php", last_value: false, returns_errors: false, results: false, falls_through: true },
    language: || tree_sitter_php::LANGUAGE_PHP.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (
        Role::Skip,
        "comment php_tag visibility_modifier static_modifier final_modifier abstract_modifier
         readonly_modifier var_modifier namespace_definition text text_interpolation type_list
         anonymous_function_use_clause",
    ),
    (Role::Block, "program compound_statement declaration_list colon_block"),
    (Role::Name, "name variable_name namespace_name qualified_name relative_scope"),
    (Role::Text, "string encapsed_string heredoc nowdoc"),
    (Role::Number, "integer float"),
    (Role::Boolean, "boolean"),
    (Role::Null, "null"),
    (
        Role::Call,
        "function_call_expression member_call_expression nullsafe_member_call_expression
         scoped_call_expression object_creation_expression",
    ),
    (
        Role::Echo,
        "echo_statement require_expression require_once_expression include_expression include_once_expression
         exit_statement",
    ),
    (Role::Argument, "argument"),
    (Role::First, "cast_expression"),
    (Role::Arguments, "arguments"),
    (
        Role::Member,
        "member_access_expression nullsafe_member_access_expression scoped_property_access_expression
         class_constant_access_expression",
    ),
    (Role::Index, "subscript_expression"),
    (Role::Function, "function_definition method_declaration anonymous_function arrow_function"),
    (Role::Parameters, "formal_parameters"),
    (Role::Parameter, "simple_parameter property_promotion_parameter variadic_parameter"),
    (Role::Class, "class_declaration trait_declaration interface_declaration enum_declaration"),
    (
        Role::Assign,
        "assignment_expression augmented_assignment_expression property_element static_variable_declaration
         reference_assignment_expression enum_case const_element",
    ),
    (Role::Typed, "property_declaration"),
    (Role::Choice, "if_statement else_if_clause conditional_expression"),
    (Role::Switch, "switch_statement match_expression"),
    (Role::Case, "case_statement default_statement match_conditional_expression match_default_expression"),
    (Role::Attempt, "try_statement"),
    (Role::Handler, "catch_clause"),
    (Role::Finally, "finally_clause"),
    (Role::Return, "return_statement"),
    (Role::Throw, "throw_expression"),
    (Role::Leave, "break_statement continue_statement"),
    (Role::Loop, "while_statement do_statement for_statement foreach_statement"),
    (Role::Unary, "unary_op_expression"),
    (Role::Binary, "binary_expression"),
    (Role::Pair, "array_element_initializer"),
    (Role::Object, "array_creation_expression"),
    (Role::Type, "named_type optional_type union_type primitive_type"),
    (Role::Decorator, "attribute"),
    (Role::Import, "namespace_use_clause"),
];
