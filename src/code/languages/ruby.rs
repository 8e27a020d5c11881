use std::sync::OnceLock;

use super::super::grammar::{Grammar, Role};
use super::super::model::Dialect;

pub(super) static RUBY: Grammar = Grammar {
    dialect: Dialect { name: "ruby", last_value: true, returns_errors: false, results: false, falls_through: false },
    language: || tree_sitter_ruby::LANGUAGE.into(),
    roles: ROLES,
    macros: &[],
    table: OnceLock::new(),
};

const ROLES: &[(Role, &str)] = &[
    (Role::Skip, "comment exceptions exception_variable heredoc_end empty_statement"),
    (Role::Block, "program block_body then else do"),
    (Role::Body, "body_statement begin"),
    (
        Role::Name,
        "identifier constant instance_variable class_variable global_variable self super hash_key_symbol
         splat_parameter",
    ),
    (
        Role::Text,
        "string simple_symbol delimited_symbol symbol chained_string subshell bare_string bare_symbol
         heredoc_body",
    ),
    (Role::Number, "integer float"),
    (Role::True, "true"),
    (Role::False, "false"),
    (Role::Null, "nil"),
    (Role::Call, "call super_call yield"),
    (Role::Arguments, "argument_list"),
    (Role::Member, "scope_resolution"),
    (Role::Index, "element_reference"),
    (Role::Function, "method singleton_method do_block block lambda"),
    (Role::Parameters, "method_parameters block_parameters lambda_parameters"),
    (Role::Parameter, "optional_parameter keyword_parameter"),
    (Role::Class, "class module singleton_class"),
    (Role::Assign, "assignment operator_assignment"),
    (Role::Choice, "if elsif if_modifier conditional"),
    (Role::Unless, "unless unless_modifier"),
    (Role::Switch, "case case_match"),
    (Role::Case, "when in_clause"),
    (Role::Pattern, "pattern"),
    (Role::Attempt, "rescue_modifier"),
    (Role::Handler, "rescue"),
    (Role::Finally, "ensure"),
    (Role::Return, "return"),
    (Role::Leave, "break next redo retry"),
    (Role::Loop, "while until for while_modifier until_modifier"),
    (Role::Unary, "unary"),
    (Role::Binary, "binary"),
    (Role::Object, "hash"),
    (Role::Pair, "pair"),
];
