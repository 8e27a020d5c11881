//! Imports of local modules, and the files that they may resolve to.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::paths::{ancestors, directory, join};
use super::source_file::SourceFile;
use crate::rules::pattern;

/// Most imports followed from one file.
const MAX_IMPORTS: usize = 60;

const EXTENSIONS: &[&str] = &["", ".ts", ".tsx", ".js", ".mjs", ".jsx", ".cjs", "/index.ts", "/index.js", "/index.tsx"];

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

/// Returns the paths that an import may resolve to, most likely first.
pub(super) fn candidates(path: &str, import: &str) -> Vec<String> {
    if path.ends_with(".py") {
        return python(path, import);
    }
    let home = directory(path);
    if path.ends_with(".rb") {
        return join(home, &format!("{}.rb", import.trim_end_matches(".rb"))).into_iter().collect();
    }
    let bare = import.trim_end_matches(".js");
    let bases: Vec<String> = if import.starts_with('.') {
        join(home, bare).into_iter().collect()
    } else {
        let inner = bare.trim_start_matches(['@', '~', '$', '#']).trim_start_matches('/');
        ancestors(path)
            .flat_map(|above| ["", "src", "app"].map(|below| join(above, &format!("{below}/{inner}"))))
            .flatten()
            .collect()
    };
    bases.iter().flat_map(|base| EXTENSIONS.iter().map(move |extension| format!("{base}{extension}"))).collect()
}

fn python(path: &str, import: &str) -> Vec<String> {
    let dots = import.len() - import.trim_start_matches('.').len();
    let inner = import[dots..].replace('.', "/");
    let homes: Vec<&str> =
        if dots == 0 { ancestors(path).collect() } else { ancestors(path).skip(dots - 1).take(1).collect() };
    homes
        .iter()
        .flat_map(|home| [format!("{inner}.py"), format!("{inner}/__init__.py")].map(|name| join(home, &name)))
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_lead_somewhere() {
        for (path, import, expected) in [
            ("src/api/hook.ts", "../lib/verify", "src/lib/verify.ts"),
            ("src/api/hook.ts", "./verify.js", "src/api/verify.ts"),
            ("apps/web/app/api/hook/route.ts", "@/lib/stripe", "apps/web/lib/stripe.ts"),
            ("apps/web/src/app/hook/route.ts", "@/lib/stripe", "apps/web/src/lib/stripe.ts"),
            ("src/routes/hook/+server.ts", "$lib/server/stripe", "src/lib/server/stripe.ts"),
            ("app/views/hook.py", ".verify", "app/views/verify.py"),
            ("app/views/hook.py", "..verify", "app/verify.py"),
            ("app/views/hook.py", "app.services.stripe", "app/services/stripe.py"),
            ("app/hook.rb", "lib/verify", "app/lib/verify.rb"),
        ] {
            assert!(candidates(path, import).iter().any(|found| found == expected), "{path} {import}");
        }
    }
}
