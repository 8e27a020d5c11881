//! Paths relative to the root of the scanned tree, with `/`.

pub(crate) use crate::code::{ancestors, directory, join};

/// Returns the last component.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns true for the file in which a package says what it depends on.
pub(crate) fn is_manifest(path: &str) -> bool {
    const NAMES: &[&str] = &[
        "package.json",
        "composer.json",
        "Gemfile",
        "requirements.txt",
        "pyproject.toml",
        "Pipfile",
        "go.mod",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "Cargo.toml",
        "mix.exs",
    ];
    let name = file_name(path);
    NAMES.contains(&name) || name.ends_with(".csproj") || name.ends_with(".gemspec")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("a", "../../etc"), None);
        assert_eq!(join("", "x").as_deref(), Some("x"));
        assert_eq!(ancestors("a/b/c.ts").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(ancestors("c.ts").collect::<Vec<_>>(), [""]);
    }
}
