//! What a place is for, as far as its path tells.

use crate::finding::Context;

/// Directory names that say what everything below them is for.
const DIRECTORIES: &[(&str, Context)] = &[
    ("test", Context::Test),
    ("tests", Context::Test),
    ("__tests__", Context::Test),
    ("__mocks__", Context::Test),
    ("spec", Context::Test),
    ("specs", Context::Test),
    ("e2e", Context::Test),
    ("cypress", Context::Test),
    ("fixtures", Context::Test),
    ("__fixtures__", Context::Test),
    ("testdata", Context::Test),
    ("test-data", Context::Test),
    ("mocks", Context::Test),
    ("example", Context::Example),
    ("examples", Context::Example),
    ("sample", Context::Example),
    ("samples", Context::Example),
    ("demo", Context::Example),
    ("demos", Context::Example),
    ("doc", Context::Docs),
    ("docs", Context::Docs),
    ("documentation", Context::Docs),
];

/// Words between punctuation in a file's name.
const NAME_WORDS: &[(&str, Context)] = &[
    ("test", Context::Test),
    ("tests", Context::Test),
    ("spec", Context::Test),
    ("fixture", Context::Test),
    ("fixtures", Context::Test),
    ("mock", Context::Test),
    ("example", Context::Example),
    ("sample", Context::Example),
    ("dist", Context::Example),
    ("template", Context::Example),
];

/// Extensions of prose.
const PROSE: &[&str] = &["md", "mdx", "markdown", "rst", "adoc", "textile"];

/// The tags of a path, sorted.
#[must_use]
pub fn of_path(path: &str) -> Vec<Context> {
    let lower = path.to_lowercase();
    let (directories, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let mut tags: Vec<Context> = directories
        .split('/')
        .filter_map(|part| DIRECTORIES.iter().find(|(word, _)| *word == part).map(|(_, tag)| *tag))
        .collect();
    let mut words = name.split(['.', '_', '-']);
    let starts_as_test = words.clone().next() == Some("test");
    tags.extend(
        words
            .by_ref()
            .skip(1)
            .filter_map(|part| NAME_WORDS.iter().find(|(word, _)| *word == part).map(|(_, tag)| *tag)),
    );
    if starts_as_test {
        tags.push(Context::Test);
    }
    if name.rsplit_once('.').is_some_and(|(_, extension)| PROSE.contains(&extension)) {
        tags.push(Context::Docs);
    }
    tags.sort_unstable();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_paths() {
        for (path, expected) in [
            ("src/pay.ts", vec![]),
            ("tests/pay.rs", vec![Context::Test]),
            ("src/pay.test.ts", vec![Context::Test]),
            ("test_pay.py", vec![Context::Test]),
            (".env.example", vec![Context::Example]),
            ("docs/a.md", vec![Context::Docs]),
            ("latest/contest.py", vec![]),
        ] {
            assert_eq!(of_path(path), expected, "{path}");
        }
    }
}
