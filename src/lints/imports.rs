//! Imports of local modules, as they are written.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::source_file::SourceFile;
use crate::rules::pattern;

/// Most imports followed from one file.
const MAX_IMPORTS: usize = 60;

/// Returns import specifiers as written: `./verify`, `@/lib/stripe`, `.webhooks`, `app.services.stripe`.
pub(super) fn specifiers(file: &SourceFile<'_>) -> Vec<String> {
    static JAVASCRIPT: OnceLock<Option<Regex>> = OnceLock::new();
    static PYTHON: OnceLock<Option<Regex>> = OnceLock::new();
    static RUBY: OnceLock<Option<Regex>> = OnceLock::new();
    let (cell, pattern) = match file.language.name {
        "javascript" | "component" => (
            &JAVASCRIPT,
            r#"(?:\bfrom|\brequire\s*\(|\bimport\s*\(?)\s*["'`]((?:\.{1,2}/|[@~$#]/?|src/)[^"'`\n]{1,200})["'`]"#,
        ),
        "python" => (&PYTHON, r"^\s*from\s+([.\w]{1,200})\s+import\b"),
        "ruby" => (&RUBY, r#"\brequire_relative\s*\(?\s*["']([^"'\n]{1,200})["']"#),
        _ => return Vec::new(),
    };
    let Some(pattern) = cell.get_or_init(|| pattern::compile_lint(pattern).ok()) else { return Vec::new() };
    pattern
        .captures_iter(&file.code.text)
        .filter_map(|captures| Some(String::from_utf8_lossy(captures.get(1)?.as_bytes()).into_owned()))
        .take(MAX_IMPORTS)
        .collect()
}
