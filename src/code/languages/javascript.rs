use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

const DIALECT: Dialect =
    Dialect { name: "javascript", last_value: false, returns_errors: false, results: false, falls_through: true };

pub(super) static TYPESCRIPT: Grammar = Grammar {
    dialect: DIALECT,
    language: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

/// JavaScript as well, whose grammar is a part of this one.
pub(super) static TSX: Grammar = Grammar {
    dialect: DIALECT,
    language: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (
        Role::Skip,
        "comment hash_bang_line accessibility_modifier override_modifier type_parameters type_arguments optional_chain
         interface_declaration type_alias_declaration ambient_declaration enum_declaration regex empty_statement",
    ),
    (Role::Block, "program statement_block class_body"),
    (
        Role::Name,
        "identifier property_identifier shorthand_property_identifier shorthand_property_identifier_pattern
         private_property_identifier type_identifier this super",
    ),
    (Role::Text, "string template_string"),
    (Role::Number, "number"),
    (Role::True, "true"),
    (Role::False, "false"),
    (Role::Null, "null undefined"),
    (Role::Call, "call_expression new_expression"),
    (Role::Arguments, "arguments"),
    (Role::Member, "member_expression nested_identifier"),
    (Role::Index, "subscript_expression"),
    (
        Role::Function,
        "function_declaration generator_function_declaration function_expression function generator_function
         arrow_function method_definition",
    ),
    (Role::Parameters, "formal_parameters"),
    (Role::Parameter, "required_parameter optional_parameter"),
    (Role::Class, "class_declaration abstract_class_declaration class"),
    (
        Role::Assign,
        "variable_declarator assignment_expression augmented_assignment_expression assignment_pattern
         object_assignment_pattern public_field_definition field_definition",
    ),
    (Role::Choice, "if_statement ternary_expression"),
    (Role::Switch, "switch_statement"),
    (Role::Case, "switch_case switch_default"),
    (Role::Attempt, "try_statement"),
    (Role::Handler, "catch_clause"),
    (Role::Finally, "finally_clause"),
    (Role::Return, "return_statement"),
    (Role::Throw, "throw_statement"),
    (Role::Leave, "break_statement continue_statement"),
    (Role::Loop, "for_statement for_in_statement while_statement do_statement"),
    (Role::Unary, "unary_expression"),
    (Role::Binary, "binary_expression"),
    (Role::Await, "await_expression"),
    (Role::Object, "object object_pattern"),
    (Role::Pair, "pair pair_pattern jsx_attribute"),
    (Role::Element, "jsx_opening_element jsx_self_closing_element"),
    (Role::First, "as_expression satisfies_expression non_null_expression type_assertion"),
    (Role::Type, "type_annotation predefined_type generic_type"),
    (Role::Decorator, "decorator"),
    (Role::Import, "import_statement"),
    (Role::Alias, "import_specifier export_specifier"),
    (Role::Namespace, "namespace_import namespace_export"),
    (Role::Export, "export_statement"),
];
