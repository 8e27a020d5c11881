//! What a place is for, as far as its path tells. The words are data: `rules/tables/places.toml`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::Context;

/// The words that stand for one purpose; see the head of the table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Words {
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
struct Table {
    test: Words,
    example: Words,
    docs: Words,
    production: Words,
    development: Words,
    ci: Words,
    infra: Words,
    build: Words,
    server: Words,
    server_likely: Words,
    mobile: Words,
    served: Words,
    vendored: Words,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    // A test reads the table; a mistake in it cannot get here.
    TABLE.get_or_init(|| toml::from_str(include_str!("../../../rules/tables/places.toml")).unwrap_or_default())
}

impl Words {
    fn fit(&self, path: &Path<'_>) -> bool {
        let listed = |list: &[String], part: &str| list.iter().any(|word| word == part);
        path.directories().any(|part| {
            listed(&self.directories, part) || self.begins.iter().any(|word| part.starts_with(word.as_str()))
        }) || listed(&self.names, path.name)
            || path.name.split(['.', '_', '-']).skip(1).any(|part| listed(&self.words, part))
            || path.name.split(['.', '_', '-']).next().is_some_and(|part| listed(&self.stems, part))
            || self.suffixes.iter().any(|suffix| path.name.ends_with(suffix.as_str()))
            || self.inside.iter().any(|part| path.slashed.contains(part.as_str()))
    }
}

/// A path in lower case, taken apart.
struct Path<'a> {
    slashed: &'a str,
    name: &'a str,
}

impl<'a> Path<'a> {
    fn new(slashed: &'a str) -> Self {
        Self { slashed, name: slashed.rsplit('/').next().unwrap_or(slashed) }
    }

    fn directories(&self) -> impl Iterator<Item = &'a str> {
        self.slashed[..self.slashed.len() - self.name.len()].split('/')
    }
}

/// What a path says, beyond the tags that are reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The tags that are reported, sorted.
    pub tags: Vec<Context>,
    /// Perhaps a server's: the directory is called so in many frameworks.
    pub server_likely: bool,
    /// A resource of an application for phones.
    pub mobile: bool,
    /// Sent to browsers as it lies there.
    pub served: bool,
    /// Somebody else's code.
    pub vendored: bool,
}

impl Place {
    /// Reads a path.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let slashed = format!("/{}", path.to_lowercase());
        let (path, table) = (Path::new(&slashed), table());
        // Below `src/main/java` directories are packages: `com.stripe.sample` is no sample.
        let purpose = slashed.find("/src/main/").map_or_else(String::new, |at| {
            format!("{}/{}", &slashed[..at], slashed.rsplit('/').next().unwrap_or_default())
        });
        let purpose = if purpose.is_empty() { path.slashed } else { purpose.as_str() };
        let purpose = Path::new(purpose);
        let is_purpose = |tag: Context| matches!(tag, Context::Test | Context::Example | Context::Docs);
        let mut tags: Vec<Context> = [
            (&table.test, Context::Test),
            (&table.example, Context::Example),
            (&table.docs, Context::Docs),
            (&table.production, Context::Production),
            (&table.development, Context::Development),
            (&table.ci, Context::Ci),
            (&table.infra, Context::Infra),
            (&table.build, Context::Build),
            (&table.server, Context::Server),
        ]
        .into_iter()
        .filter(|(words, tag)| words.fit(if is_purpose(*tag) { &purpose } else { &path }))
        .map(|(_, tag)| tag)
        .collect();
        // `.env.development.production` is nobody's; `docker/production/` is production.
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
        }
    }

    /// Whether a tag is among those of the path.
    #[must_use]
    pub fn is(&self, tag: Context) -> bool {
        self.tags.contains(&tag)
    }
}

/// The tags of a path, sorted.
#[must_use]
pub fn of_path(path: &str) -> Vec<Context> {
    Place::of_path(path).tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Table = toml::from_str(include_str!("../../../rules/tables/places.toml")).unwrap();
        assert!(!table.test.directories.is_empty() && !table.vendored.inside.is_empty());
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
            assert_eq!(of_path(path), expected, "{path}");
        }
    }
}
