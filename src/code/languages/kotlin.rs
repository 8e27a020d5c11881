use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static KOTLIN: Grammar = Grammar {
    dialect: Dialect { name: "kotlin", last_value: true, returns_errors: false, results: true, falls_through: false },
    language: || tree_sitter_kotlin_ng::LANGUAGE.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (
        Role::Skip,
        "line_comment block_comment package_header visibility_modifier member_modifier inheritance_modifier
         function_modifier property_modifier type_parameters type_arguments",
    ),
    (Role::Block, "source_file block class_body class_parameters"),
    (Role::Name, "identifier this_expression super_expression qualified_identifier"),
    (Role::Text, "string_literal multiline_string_literal"),
    (Role::Number, "number_literal"),
    (Role::Call, "call_expression constructor_invocation"),
    (Role::Argument, "value_argument"),
    (Role::Arguments, "value_arguments"),
    (Role::Member, "navigation_expression"),
    (Role::Index, "index_expression"),
    (Role::Function, "function_declaration lambda_literal anonymous_function secondary_constructor"),
    (Role::Parameters, "function_value_parameters lambda_parameters"),
    (Role::Parameter, "parameter class_parameter"),
    (Role::Class, "class_declaration object_declaration"),
    (Role::Assign, "property_declaration assignment"),
    (Role::First, "variable_declaration as_expression function_body"),
    (Role::Choice, "if_expression"),
    (Role::Switch, "when_expression"),
    (Role::Case, "when_entry"),
    (Role::Pass, "when_subject"),
    (Role::Attempt, "try_expression"),
    (Role::Handler, "catch_block"),
    (Role::Finally, "finally_block"),
    (Role::Return, "return_expression"),
    (Role::Throw, "throw_expression"),
    (Role::Leave, "break_expression continue_expression"),
    (Role::Loop, "for_statement while_statement do_while_statement"),
    (Role::Unary, "unary_expression"),
    (Role::Binary, "binary_expression in_expression"),
    (Role::Type, "user_type nullable_type"),
    (Role::Decorator, "annotation"),
    (Role::Import, "import"),
];
