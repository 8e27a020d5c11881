//! Directives and imports that show where a file runs. The texts are data: `rules/tables/directives.toml`.

use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DirectiveTable {
    server: Vec<String>,
    client_likely: Vec<Marker>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    text: String,
    says: String,
}

fn table() -> &'static DirectiveTable {
    static TABLE: OnceLock<DirectiveTable> = OnceLock::new();
    // A test parses the table, so that the default is never used.
    TABLE.get_or_init(|| toml::from_str(include_str!("../../../rules/tables/directives.toml")).unwrap_or_default())
}

/// Signs in a file's code of where it runs. Texts complete "the file …" and come with their offset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Directives {
    pub(super) server: bool,
    pub(super) client: Option<(&'static str, usize)>,
    pub(super) client_likely: Option<(&'static str, usize)>,
}

impl Directives {
    /// Reads code whose comments are blank.
    pub(super) fn read(code: &str) -> Self {
        let find = |text: &str| memchr::memmem::find(code.as_bytes(), text.as_bytes());
        let use_client = find("'use client'").or_else(|| find("\"use client\""));
        // A directive is the first statement of its file.
        let is_first = |at: &usize| {
            let before = &code[..*at];
            before.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with(['\'', '"']))
        };
        Self {
            server: table().server.iter().any(|text| find(text).is_some()),
            client: use_client.filter(is_first).map(|at| ("has the `use client` directive", at)),
            client_likely: table()
                .client_likely
                .iter()
                .find_map(|marker| Some((marker.says.as_str(), find(&marker.text)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: DirectiveTable = toml::from_str(include_str!("../../../rules/tables/directives.toml")).unwrap();
        assert!(!table.server.is_empty() && !table.client_likely.is_empty());
    }

    #[test]
    fn directives_and_imports_tell() {
        assert!(Directives::read("'use client'\nimport x").client.is_some());
        assert!(Directives::read("\n\"use strict\"\n\"use client\";\n").client.is_some());
        assert!(Directives::read("const a = \"'use client'\"").client.is_none());
        assert!(Directives::read("import Stripe from 'stripe'").server);
        assert!(Directives::read("import { loadStripe } from '@stripe/stripe-js'").client_likely.is_some());
        assert_eq!(Directives::read("const a = 1"), Directives::default());
    }
}
