//! Purpose of a file by its path. The words are data: `rules/tables/places.toml`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::lints::paths::{directory, file_name};
use crate::model::Context;

/// Words for one purpose; see the head of the table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PurposeWords {
    directories: Vec<String>,
    begins: Vec<String>,
    names: Vec<String>,
    words: Vec<String>,
    stems: Vec<String>,
    suffixes: Vec<String>,
    inside: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct PurposeTable {
    test: PurposeWords,
    example: PurposeWords,
    docs: PurposeWords,
    production: PurposeWords,
    development: PurposeWords,
    ci: PurposeWords,
    infra: PurposeWords,
    build: PurposeWords,
    server: PurposeWords,
    server_likely: PurposeWords,
    mobile: PurposeWords,
    served: PurposeWords,
    vendored: PurposeWords,
    settings: PurposeWords,
}

fn table() -> &'static PurposeTable {
    static TABLE: OnceLock<PurposeTable> = OnceLock::new();
    // A test parses the table, so that the default is never used.
    TABLE.get_or_init(|| toml::from_str(include_str!("../../../rules/tables/places.toml")).unwrap_or_default())
}

impl PurposeWords {
    /// Returns true if a path, in lower case and with a slash in front, has one of the words.
    fn fit(&self, path: &str) -> bool {
        let name = file_name(path);
        let listed = |list: &[String], part: &str| list.iter().any(|word| word == part);
        let mut parts = name.split(['.', '_', '-']);
        directory(path).split('/').any(|part| {
            listed(&self.directories, part) || self.begins.iter().any(|word| part.starts_with(word.as_str()))
        }) || listed(&self.names, name)
            || parts.next().is_some_and(|stem| listed(&self.stems, stem))
            || parts.any(|part| listed(&self.words, part))
            || self.suffixes.iter().any(|suffix| name.ends_with(suffix.as_str()))
            || self.inside.iter().any(|part| path.contains(part.as_str()))
    }
}

/// Purpose of a file by its path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathPurpose {
    /// Tags for the report, sorted.
    pub(crate) tags: Vec<Context>,
    /// In a directory that many frameworks use for server code.
    pub(crate) server_likely: bool,
    /// A resource of a mobile app.
    pub(crate) mobile: bool,
    /// Sent to browsers as it is.
    pub(crate) served: bool,
    /// Third-party code.
    pub(crate) vendored: bool,
    /// Configuration, in code or not.
    pub(crate) settings: bool,
}

impl PathPurpose {
    pub(crate) fn of(path: &str) -> Self {
        let (path, table) = (format!("/{}", path.to_lowercase()), table());
        // Directories below `src/main/java` are packages: `com.stripe.sample` is no sample.
        let above_packages = path.find("/src/main/").map(|at| format!("{}/{}", &path[..at], file_name(&path)));
        let outer = above_packages.as_deref().unwrap_or(&path);
        let mut tags: Vec<Context> = [
            (&table.test, Context::Test, outer),
            (&table.example, Context::Example, outer),
            (&table.docs, Context::Docs, outer),
            (&table.production, Context::Production, &path),
            (&table.development, Context::Development, &path),
            (&table.ci, Context::Ci, &path),
            (&table.infra, Context::Infra, &path),
            (&table.build, Context::Build, &path),
            (&table.server, Context::Server, &path),
        ]
        .into_iter()
        .filter(|(words, _, path)| words.fit(path))
        .map(|(_, tag, _)| tag)
        .collect();
        // PHPUnit and its like read `phpunit.xml.dist` itself.
        if path.ends_with(".xml.dist") {
            tags.retain(|tag| *tag != Context::Example);
        }
        // `docker/production/.env.development` is production.
        if tags.contains(&Context::Production) {
            tags.retain(|tag| *tag != Context::Development);
        }
        tags.sort_unstable();
        Self {
            tags,
            server_likely: table.server_likely.fit(&path),
            mobile: table.mobile.fit(&path),
            served: table.served.fit(&path),
            vendored: table.vendored.fit(&path),
            settings: table.settings.fit(&path),
        }
    }

    /// Returns true for third-party code, without the work for the rest.
    pub(crate) fn is_vendored(path: &str) -> bool {
        table().vendored.fit(&format!("/{}", path.to_lowercase()))
    }

    /// Returns true for code of tests, without the work for the rest. A file that is just called `test.py` may be a whole
    /// application.
    pub(crate) fn is_test(path: &str) -> bool {
        let path = format!("/{}", path.to_lowercase());
        let is_bare = file_name(&path).rsplit_once('.').is_some_and(|(stem, _)| stem == "test");
        table().test.fit(if is_bare { &path[..=directory(&path).len()] } else { &path })
    }

    pub(crate) fn is(&self, tag: Context) -> bool {
        self.tags.contains(&tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: PurposeTable = toml::from_str(include_str!("../../../rules/tables/places.toml")).unwrap();
        assert!(!table.test.directories.is_empty() && !table.vendored.inside.is_empty());
    }

    #[test]
    fn code_of_tests() {
        for (path, expected) in [
            ("tests/hook.py", true),
            ("test/test.py", true),
            ("hook_test.go", true),
            ("test.py", false),
            ("app/test.js", false),
        ] {
            assert_eq!(PathPurpose::is_test(path), expected, "{path}");
        }
    }

    #[test]
    fn tags_of_paths() {
        for (path, expected) in [
            ("src/pay.ts", vec![]),
            ("tests/pay.ts", vec![Context::Test]),
            ("src/pay.test.ts", vec![Context::Test]),
            ("test_pay.py", vec![Context::Server, Context::Test]),
            (".env.example", vec![Context::Example]),
            ("docs/a.md", vec![Context::Docs]),
            ("latest/contest.ts", vec![]),
            (".env.production.local", vec![Context::Production]),
            (".env.development", vec![Context::Development]),
            (".env", vec![]),
            ("k8s/overlays/prod/secret.yaml", vec![Context::Production, Context::Infra]),
            (".github/workflows/ci.yml", vec![Context::Ci]),
            ("app/routes/pay.server.ts", vec![Context::Server]),
            ("server/src/main/java/com/stripe/sample/Server.scala", vec![Context::Server]),
            ("testProjects/types/a.ts", vec![Context::Test]),
            ("contest/latest-tests.ts", vec![Context::Test]),
            ("webhook/handler_test.go", vec![Context::Server, Context::Test]),
        ] {
            let mut expected = expected;
            expected.sort_unstable();
            assert_eq!(PathPurpose::of(path).tags, expected, "{path}");
        }
    }
}
