//! The languages: for each, a table of what the nodes of its grammar become.

mod csharp;
mod elixir;
mod go;
mod java;
mod javascript;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;

use super::grammar::Grammar;

/// Every language, by the extensions of its files.
const LANGUAGES: &[(&str, &Grammar)] = &[
    ("ts mts cts", &javascript::TYPESCRIPT),
    ("tsx js jsx mjs cjs gs", &javascript::TSX),
    ("py", &python::PYTHON),
    ("rb ru", &ruby::RUBY),
    ("php", &php::PHP),
    ("go", &go::GO),
    ("java", &java::JAVA),
    ("kt kts", &kotlin::KOTLIN),
    ("cs", &csharp::CSHARP),
    ("rs", &rust::RUST),
    ("ex exs", &elixir::ELIXIR),
];

/// Returns the grammar of a file by its name.
pub(super) fn of_path(path: &str) -> Option<&'static Grammar> {
    let (_, extension) = path.rsplit_once('/').map_or(path, |(_, name)| name).rsplit_once('.')?;
    let has = |(extensions, _): &&(&str, &'static Grammar)| {
        extensions.split(' ').any(|other| other.eq_ignore_ascii_case(extension))
    };
    LANGUAGES.iter().find(has).map(|(_, grammar)| *grammar)
}
