use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static CSHARP: Grammar = Grammar {
    dialect: Dialect { name: "csharp", last_value: false, returns_errors: false, results: false, falls_through: true },
    language: || tree_sitter_c_sharp::LANGUAGE.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (
        Role::Skip,
        "comment modifier type_argument_list type_parameter_list type_parameter_constraints_clause
         catch_declaration preproc_region preproc_endregion",
    ),
    (Role::Block, "compilation_unit block declaration_list switch_body"),
    (Role::Name, "identifier this base"),
    (Role::Text, "string_literal verbatim_string_literal raw_string_literal interpolated_string_expression"),
    (Role::Number, "integer_literal"),
    (Role::Boolean, "boolean_literal"),
    (Role::Null, "null_literal"),
    (Role::Call, "invocation_expression object_creation_expression implicit_object_creation_expression"),
    (Role::Argument, "argument"),
    (Role::Arguments, "argument_list attribute_argument_list"),
    (Role::Member, "member_access_expression qualified_name"),
    (Role::Index, "element_access_expression"),
    (
        Role::Function,
        "method_declaration constructor_declaration local_function_statement lambda_expression
         anonymous_method_expression",
    ),
    (Role::Parameters, "parameter_list"),
    (Role::Parameter, "parameter"),
    (Role::Class, "class_declaration record_declaration interface_declaration"),
    (Role::Assign, "variable_declarator assignment_expression"),
    (Role::Typed, "variable_declaration"),
    (Role::Choice, "if_statement conditional_expression"),
    (Role::Switch, "switch_statement switch_expression"),
    (Role::Case, "switch_section switch_expression_arm"),
    (Role::Pattern, "constant_pattern case_switch_label discard declaration_pattern or_pattern"),
    (Role::Attempt, "try_statement"),
    (Role::Handler, "catch_clause"),
    (Role::Finally, "finally_clause"),
    (Role::Return, "return_statement arrow_expression_clause"),
    (Role::Throw, "throw_statement throw_expression"),
    (Role::Leave, "break_statement continue_statement"),
    (Role::Loop, "for_statement foreach_statement while_statement do_statement"),
    (Role::Unary, "prefix_unary_expression"),
    (Role::Binary, "binary_expression is_pattern_expression"),
    (Role::Await, "await_expression"),
    (Role::First, "generic_name cast_expression as_expression"),
    (Role::Type, "predefined_type implicit_type nullable_type"),
    (Role::Decorator, "attribute"),
    (Role::Import, "using_directive"),
];
