//! The languages that source lints read, each as a small table of how its comments and strings look.
//!
//! A full parser per language would know more and be wrong more often on the dialects, templates and half-written code
//! of real trees. Telling code from comments and strings is all that the lints' patterns need.

/// A kind of string literal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quote {
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
    /// What keeps the character behind it from closing the string.
    pub(crate) escape: Option<u8>,
    /// Whether it may go over a line's end.
    pub(crate) multiline: bool,
    /// What opens code inside of it, closed by `}`.
    pub(crate) interpolation: Option<&'static str>,
}

/// How comments and strings look.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) line: &'static [&'static str],
    pub(crate) block: &'static [(&'static str, &'static str)],
    /// Those that begin alike are listed longest first.
    pub(crate) quotes: &'static [Quote],
    /// Whether `/…/` may be a regular expression.
    pub(crate) slash_regex: bool,
    /// Whether a line comment must stand at the beginning of a word.
    pub(crate) spaced_comment: bool,
    /// Whether blocks are told by indentation or `end`, not braces.
    pub(crate) blocks: Blocks,
}

/// What delimits a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocks {
    Braces,
    Indentation,
    End,
}

/// A language by name.
#[derive(Debug)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    extensions: &'static [&'static str],
    pub(crate) syntax: &'static Syntax,
}

const fn line_quote(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: Some(b'\\'), multiline: false, interpolation: None }
}

const fn text_quote(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: Some(b'\\'), multiline: true, interpolation: None }
}

const fn raw_quote(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: None, multiline: true, interpolation: None }
}

const SLASHES: &[&str] = &["//"];
const STARS: &[(&str, &str)] = &[("/*", "*/")];

const C_LIKE: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[text_quote("\"\"\""), line_quote("\""), line_quote("'")],
    slash_regex: false,
    spaced_comment: false,
    blocks: Blocks::Braces,
};

const JAVASCRIPT: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[
        line_quote("\""),
        line_quote("'"),
        Quote { open: "`", close: "`", escape: Some(b'\\'), multiline: true, interpolation: Some("${") },
    ],
    slash_regex: true,
    spaced_comment: false,
    blocks: Blocks::Braces,
};

const PYTHON: Syntax = Syntax {
    line: &["#"],
    block: &[],
    quotes: &[text_quote("\"\"\""), text_quote("'''"), line_quote("\""), line_quote("'")],
    slash_regex: false,
    spaced_comment: false,
    blocks: Blocks::Indentation,
};

const RUBY: Syntax = Syntax {
    line: &["#"],
    block: &[("\n=begin", "\n=end")],
    quotes: &[
        Quote { open: "\"", close: "\"", escape: Some(b'\\'), multiline: true, interpolation: Some("#{") },
        line_quote("'"),
    ],
    slash_regex: true,
    spaced_comment: false,
    blocks: Blocks::End,
};

const PHP: Syntax = Syntax {
    line: &["//", "#"],
    block: STARS,
    quotes: &[text_quote("\""), text_quote("'")],
    slash_regex: false,
    spaced_comment: true,
    blocks: Blocks::Braces,
};

const GO: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[line_quote("\""), raw_quote("`"), line_quote("'")],
    slash_regex: false,
    spaced_comment: false,
    blocks: Blocks::Braces,
};

const CSHARP: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[
        raw_quote("\"\"\""),
        Quote { open: "@\"", close: "\"", escape: Some(b'"'), multiline: true, interpolation: None },
        line_quote("\""),
        line_quote("'"),
    ],
    slash_regex: false,
    spaced_comment: false,
    blocks: Blocks::Braces,
};

const RUST: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[
        Quote { open: "r#\"", close: "\"#", escape: None, multiline: true, interpolation: None },
        text_quote("\""),
    ],
    slash_regex: false,
    spaced_comment: false,
    blocks: Blocks::Braces,
};

const HASHES: Syntax = Syntax {
    line: &["#"],
    block: &[],
    quotes: &[],
    slash_regex: false,
    spaced_comment: true,
    blocks: Blocks::Indentation,
};

const JSON: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[line_quote("\"")],
    slash_regex: false,
    spaced_comment: true,
    blocks: Blocks::Braces,
};

const MARKUP: Syntax = Syntax {
    line: SLASHES,
    block: &[("<!--", "-->"), ("{{--", "--}}"), ("<%#", "%>"), ("{#", "#}"), ("/*", "*/")],
    quotes: &[],
    slash_regex: false,
    spaced_comment: true,
    blocks: Blocks::Braces,
};

/// Every language. The first that fits a file's name counts.
pub(crate) const LANGUAGES: &[Language] = &[
    Language {
        name: "javascript",
        extensions: &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"],
        syntax: &JAVASCRIPT,
    },
    Language { name: "component", extensions: &["vue", "svelte", "astro"], syntax: &MARKUP },
    Language { name: "python", extensions: &["py", "pyi"], syntax: &PYTHON },
    Language { name: "ruby", extensions: &["rb", "rake", "ru"], syntax: &RUBY },
    Language {
        name: "template",
        extensions: &[
            "blade.php",
            "erb",
            "ejs",
            "hbs",
            "twig",
            "liquid",
            "jinja",
            "jinja2",
            "j2",
            "haml",
            "slim",
            "pug",
            "mustache",
            "cshtml",
            "razor",
            "ftl",
            "jsp",
            "phtml",
        ],
        syntax: &MARKUP,
    },
    Language { name: "php", extensions: &["php", "inc"], syntax: &PHP },
    Language { name: "go", extensions: &["go"], syntax: &GO },
    Language { name: "java", extensions: &["java", "kt", "kts", "scala", "groovy", "gradle"], syntax: &C_LIKE },
    Language { name: "csharp", extensions: &["cs", "fs", "vb"], syntax: &CSHARP },
    Language { name: "rust", extensions: &["rs"], syntax: &RUST },
    Language { name: "swift", extensions: &["swift", "m", "mm"], syntax: &C_LIKE },
    Language { name: "dart", extensions: &["dart"], syntax: &C_LIKE },
    Language { name: "html", extensions: &["html", "htm", "xhtml"], syntax: &MARKUP },
    Language { name: "json", extensions: &["json", "jsonc", "json5"], syntax: &JSON },
    Language { name: "yaml", extensions: &["yml", "yaml"], syntax: &HASHES },
    Language {
        name: "config",
        extensions: &["toml", "properties", "ini", "conf", "cfg", "tf", "tfvars", "hcl", "xcconfig"],
        syntax: &HASHES,
    },
    Language { name: "shell", extensions: &["sh", "bash", "zsh", "fish"], syntax: &HASHES },
];

const ENV: Language = Language { name: "env", extensions: &["env"], syntax: &HASHES };
const DOCKERFILE: Language = Language { name: "dockerfile", extensions: &["dockerfile"], syntax: &HASHES };

/// Whether a rule may name this language.
pub(crate) fn is_known(name: &str) -> bool {
    LANGUAGES.iter().chain([&ENV, &DOCKERFILE]).any(|language| language.name == name)
}

/// The language of a file, by its name.
pub(crate) fn of_path(path: &str) -> Option<&'static Language> {
    let lower = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if is_env_name(&lower) {
        return Some(&ENV);
    }
    if lower.starts_with("dockerfile") || lower.starts_with("containerfile") || lower.ends_with(".dockerfile") {
        return Some(&DOCKERFILE);
    }
    LANGUAGES.iter().find(|language| {
        language
            .extensions
            .iter()
            .any(|extension| lower.strip_suffix(extension).is_some_and(|stem| stem.len() > 1 && stem.ends_with('.')))
    })
}

/// `.env`, `.env.local`, `.envrc`, `prod.env`, `env.example`, `.dev.vars`.
pub(crate) fn is_env_name(name: &str) -> bool {
    let script = [
        ".ts", ".js", ".mjs", ".cjs", ".tsx", ".py", ".rb", ".go", ".rs", ".php", ".json", ".yml", ".yaml", ".md",
        ".d.ts",
    ]
    .iter()
    .any(|extension| name.ends_with(extension));
    !script
        && (name == ".env"
            || name == "env"
            || name.starts_with(".env.")
            || name.starts_with(".env-")
            || name.starts_with(".env_")
            || name == ".envrc"
            || name.ends_with(".env")
            || name.contains(".env.")
            || name.starts_with("env.")
            || name.starts_with(".dev.vars"))
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
