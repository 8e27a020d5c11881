//! The languages that source lints analyse: file extensions and the syntax of comments and strings.
//!
//! The lints' patterns only need code separated from comments and strings. A full parser would fail more often on the
//! dialects, templates and incomplete code of real trees.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The syntax of a string literal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuoteStyle {
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
    /// Keeps the next character from closing the string.
    pub(crate) escape: Option<u8>,
    /// May span lines.
    pub(crate) multiline: bool,
    /// Opens embedded code, which `}` closes.
    pub(crate) interpolation: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) line: &'static [&'static str],
    pub(crate) block: &'static [(&'static str, &'static str)],
    /// Longest first where one begins with another.
    pub(crate) quotes: &'static [QuoteStyle],
    /// Takes `/…/` for a regular expression where one may begin.
    pub(crate) slash_regex: bool,
    /// Requires a line comment to begin a word.
    pub(crate) spaced_comment: bool,
}

#[derive(Debug)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    /// Separated by spaces.
    extensions: &'static str,
    pub(crate) syntax: &'static Syntax,
}

const fn line_quote(mark: &'static str) -> QuoteStyle {
    QuoteStyle { open: mark, close: mark, escape: Some(b'\\'), multiline: false, interpolation: None }
}

const fn text_quote(mark: &'static str) -> QuoteStyle {
    QuoteStyle { open: mark, close: mark, escape: Some(b'\\'), multiline: true, interpolation: None }
}

const fn raw_quote(mark: &'static str) -> QuoteStyle {
    QuoteStyle { open: mark, close: mark, escape: None, multiline: true, interpolation: None }
}

const SLASHES: &[&str] = &["//"];
const STARS: &[(&str, &str)] = &[("/*", "*/")];

const C_LIKE: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[text_quote("\"\"\""), line_quote("\""), line_quote("'")],
    slash_regex: false,
    spaced_comment: false,
};

const JAVASCRIPT: Syntax = Syntax {
    quotes: &[line_quote("\""), line_quote("'"), QuoteStyle { interpolation: Some("${"), ..text_quote("`") }],
    slash_regex: true,
    ..C_LIKE
};

const PYTHON: Syntax = Syntax {
    quotes: &[text_quote("\"\"\""), text_quote("'''"), line_quote("\""), line_quote("'")],
    spaced_comment: false,
    ..HASHES
};

const RUBY: Syntax = Syntax {
    line: &["#"],
    block: &[("\n=begin", "\n=end")],
    quotes: &[QuoteStyle { interpolation: Some("#{"), ..text_quote("\"") }, line_quote("'")],
    slash_regex: true,
    ..C_LIKE
};

const ELIXIR: Syntax = Syntax {
    line: &["#"],
    block: &[],
    quotes: &[text_quote("\"\"\""), QuoteStyle { interpolation: Some("#{"), ..text_quote("\"") }, line_quote("'")],
    ..C_LIKE
};

const PHP: Syntax =
    Syntax { line: &["//", "#"], quotes: &[text_quote("\""), text_quote("'")], spaced_comment: true, ..C_LIKE };

const GO: Syntax = Syntax { quotes: &[line_quote("\""), raw_quote("`"), line_quote("'")], ..C_LIKE };

const CSHARP: Syntax = Syntax {
    quotes: &[
        raw_quote("\"\"\""),
        QuoteStyle { open: "@\"", close: "\"", escape: Some(b'"'), multiline: true, interpolation: None },
        line_quote("\""),
        line_quote("'"),
    ],
    ..C_LIKE
};

const RUST: Syntax = Syntax {
    quotes: &[
        QuoteStyle { open: "r#\"", close: "\"#", escape: None, multiline: true, interpolation: None },
        text_quote("\""),
    ],
    ..C_LIKE
};

const HASHES: Syntax = Syntax { line: &["#"], block: &[], quotes: &[], slash_regex: false, spaced_comment: true };

const JSON: Syntax = Syntax { quotes: &[line_quote("\"")], spaced_comment: true, ..C_LIKE };

const MARKUP: Syntax = Syntax {
    block: &[("<!--", "-->"), ("{{--", "--}}"), ("<%#", "%>"), ("{#", "#}"), ("/*", "*/")],
    quotes: &[],
    spaced_comment: true,
    ..C_LIKE
};

const fn language(name: &'static str, extensions: &'static str, syntax: &'static Syntax) -> Language {
    Language { name, extensions, syntax }
}

/// Every language with extensions of its own. The first that fits a file's name counts.
pub(crate) const LANGUAGES: &[Language] = &[
    language("javascript", "js jsx mjs cjs gs ts tsx mts cts", &JAVASCRIPT),
    language("component", "vue svelte astro", &MARKUP),
    language("python", "py pyi", &PYTHON),
    language("ruby", "rb rake ru", &RUBY),
    language(
        "template",
        "blade.php erb ejs hbs handlebars twig liquid jinja jinja2 j2 njk haml slim pug mustache cshtml razor ftl jsp phtml \
         heex leex gohtml",
        &MARKUP,
    ),
    language("elixir", "ex exs", &ELIXIR),
    language("php", "php inc", &PHP),
    language("go", "go", &GO),
    language("java", "java kt kts scala groovy gradle", &C_LIKE),
    language("csharp", "cs fs vb", &CSHARP),
    language("rust", "rs", &RUST),
    language("swift", "swift m mm", &C_LIKE),
    language("dart", "dart", &C_LIKE),
    language("html", "html htm xhtml", &MARKUP),
    language("json", "json jsonc json5", &JSON),
    language("yaml", "yml yaml", &HASHES),
    language("config", "toml properties ini conf cfg tf tfvars hcl xcconfig", &HASHES),
    language("shell", "sh bash zsh fish", &HASHES),
];

const ENV: Language = language("env", "env", &HASHES);
const DOCKERFILE: Language = language("dockerfile", "dockerfile", &HASHES);

/// Returns true if a rule may name this language.
pub(crate) fn is_known(name: &str) -> bool {
    LANGUAGES.iter().chain([&ENV, &DOCKERFILE]).any(|language| language.name == name)
}

/// Returns the language of a file by its name.
pub(crate) fn of_path(path: &str) -> Option<&'static Language> {
    let lower = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if is_env_name(&lower) {
        return Some(&ENV);
    }
    if lower.starts_with("dockerfile") || lower.starts_with("containerfile") || lower.ends_with(".dockerfile") {
        return Some(&DOCKERFILE);
    }
    // The longest extension counts: that of `pay.blade.php` has two parts.
    let dots = lower.rmatch_indices('.').take(2).filter(|(at, _)| *at > 0);
    dots.filter_map(|(at, _)| by_extension().get(&lower[at + 1..]).copied()).last()
}

/// Every file of a tree is asked for its language.
fn by_extension() -> &'static HashMap<&'static str, &'static Language> {
    static LANGUAGE: OnceLock<HashMap<&str, &Language>> = OnceLock::new();
    let extensions = |language: &'static Language| language.extensions.split(' ').map(move |name| (name, language));
    LANGUAGE.get_or_init(|| LANGUAGES.iter().flat_map(extensions).collect())
}

/// Recognizes `.env`, `.env.local`, `.envrc`, `prod.env`, `env.example` and `.dev.vars`.
pub(crate) fn is_env_name(name: &str) -> bool {
    const SCRIPTS: [&str; 14] =
        [".ts", ".js", ".mjs", ".cjs", ".tsx", ".py", ".rb", ".go", ".rs", ".php", ".json", ".yml", ".yaml", ".md"];
    const STARTS: [&str; 5] = [".env.", ".env-", ".env_", "env.", ".dev.vars"];
    // Few names have the letter that all of these have.
    let is_env = name.contains('v')
        && (matches!(name, "env" | ".envrc")
            || name.ends_with(".env")
            || name.contains(".env.")
            || STARTS.iter().any(|start| name.starts_with(start)));
    is_env && !SCRIPTS.iter().any(|extension| name.ends_with(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_by_name() {
        for (path, expected) in [
            ("src/a.tsx", Some("javascript")),
            ("resources/views/pay.blade.php", Some("template")),
            ("public/index.php", Some("php")),
            ("apps/web/.env.production.local", Some("env")),
            ("deploy/prod.env", Some("env")),
            (".env.d.ts", Some("javascript")),
            ("src/env.ts", Some("javascript")),
            ("Dockerfile.web", Some("dockerfile")),
            ("App.vue", Some("component")),
            ("Makefile", None),
            ("js", None),
        ] {
            assert_eq!(of_path(path).map(|language| language.name), expected, "{path}");
        }
    }
}
