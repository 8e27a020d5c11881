use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static PYTHON: Grammar = Grammar {
    dialect: Dialect { name: "python", last_value: false, returns_errors: false, falls_through: false },
    language: || tree_sitter_python::LANGUAGE.into(),
    roles: ROLES,
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (Role::Skip, "comment pass_statement import_prefix type_parameter"),
    (Role::Block, "module block"),
    (Role::Name, "identifier"),
    (Role::Text, "string concatenated_string"),
    (Role::Number, "integer float"),
    (Role::True, "true"),
    (Role::False, "false"),
    (Role::Null, "none"),
    (Role::Call, "call"),
    (Role::Arguments, "argument_list"),
    (Role::Member, "attribute"),
    (Role::Index, "subscript"),
    (Role::Function, "function_definition lambda"),
    (Role::Parameters, "parameters lambda_parameters"),
    (Role::Parameter, "typed_parameter default_parameter typed_default_parameter"),
    (Role::Class, "class_definition"),
    (Role::Block, "decorated_definition"),
    (Role::Decorator, "decorator"),
    (Role::Assign, "assignment augmented_assignment named_expression"),
    (Role::Choice, "if_statement elif_clause"),
    (Role::Ternary, "conditional_expression"),
    (Role::Switch, "match_statement"),
    (Role::Case, "case_clause"),
    (Role::Pattern, "case_pattern"),
    (Role::Attempt, "try_statement"),
    (Role::Handler, "except_clause except_group_clause"),
    (Role::Finally, "finally_clause"),
    (Role::Return, "return_statement"),
    (Role::Throw, "raise_statement"),
    (Role::Leave, "break_statement continue_statement"),
    (Role::Loop, "for_statement while_statement"),
    (Role::Unary, "not_operator unary_operator"),
    (Role::Binary, "boolean_operator comparison_operator binary_operator"),
    (Role::Await, "await"),
    (Role::Object, "dictionary"),
    (Role::Pair, "pair keyword_argument as_pattern"),
    (Role::Type, "type relative_import"),
    (Role::Import, "import_from_statement import_statement"),
    (Role::Alias, "aliased_import"),
    (Role::Namespace, "wildcard_import"),
];
