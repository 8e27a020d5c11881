//! Env files that one framework loads together, and what is in force once they are.
//!
//! For a mode M these are `.env`, `.env.local`, `.env.M` and `.env.M.local`, later ones overriding earlier ones. Files
//! that are copied to become one of them (`.env.example`) stand alone.

use std::collections::{BTreeMap, BTreeSet};

use super::lines;
use super::neighbours::{directory, join};
use super::scene::{Scene, Spotted};

/// Endings of files that nobody loads.
const COPIED: &[&str] = &[
    "example",
    "sample",
    "dist",
    "template",
    "tpl",
    "defaults",
    "default",
    "bak",
    "backup",
    "old",
    "encrypted",
    "enc",
    "gpg",
    "vault",
];

/// The mode of an env file: `""` for `.env` and `.env.local`. `None` if it is not loaded by such a rule.
fn mode(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let rest = name.strip_prefix(".env")?;
    let rest = rest.strip_suffix(".local").unwrap_or(rest);
    let mode = if rest.is_empty() { "" } else { rest.strip_prefix('.')? };
    let single = !mode.contains('.') && !COPIED.contains(&mode);
    single.then_some(mode)
}

/// The names that a text assigns, with their lines.
pub(super) fn assignments(text: &str) -> impl Iterator<Item = (u64, &str, &str)> {
    text.lines().zip(1..).filter_map(|(line, number)| {
        if lines::is_comment(line) {
            return None;
        }
        let (name, value) = line.split_once('=')?;
        let name = name.trim().trim_start_matches("export ").trim();
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some((number, name, value.trim()))
    })
}

/// What is in force for each directory and mode: names with the credential they hold, if they hold one.
pub(super) fn sets<'a>(scene: &Scene<'_>, places: &[Spotted<'a>]) -> Vec<Vec<Spotted<'a>>> {
    let mut modes: BTreeSet<(&str, &str)> = BTreeSet::new();
    for spotted in places {
        if let Some(mode) = mode(&spotted.location.path) {
            modes.insert((directory(&spotted.location.path), mode));
        }
    }
    modes.into_iter().map(|(directory, mode)| set(scene, places, directory, mode)).collect()
}

fn set<'a>(scene: &Scene<'_>, places: &[Spotted<'a>], directory: &str, mode: &str) -> Vec<Spotted<'a>> {
    let names = match mode {
        "" => vec![".env".to_owned(), ".env.local".to_owned()],
        // Frameworks leave local overrides out of tests.
        "test" => vec![".env".to_owned(), ".env.test".to_owned(), ".env.test.local".to_owned()],
        mode => vec![".env".to_owned(), ".env.local".to_owned(), format!(".env.{mode}"), format!(".env.{mode}.local")],
    };
    let mut in_force: BTreeMap<String, Option<Spotted<'a>>> = BTreeMap::new();
    for path in names.iter().filter_map(|name| join(directory, name)) {
        let Some(text) = scene.tree.text(&path) else { continue };
        for (line, name, _) in assignments(&text) {
            let spotted = places.iter().find(|it| it.location.path == path && it.location.line == line).copied();
            in_force.insert(name.to_owned(), spotted);
        }
    }
    in_force.into_values().flatten().collect()
}

/// Whether a file is one that [`sets`] takes care of.
pub(super) fn is_member(path: &str) -> bool {
    mode(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_of_files() {
        for (path, expected) in [
            ("a/.env", Some("")),
            (".env.local", Some("")),
            (".env.production", Some("production")),
            (".env.production.local", Some("production")),
            (".env.example", None),
            ("prod.env", None),
        ] {
            assert_eq!(mode(path), expected, "{path}");
        }
        let text = "# A=1\nexport B=2\nC = 3\nnot a line\n";
        assert_eq!(assignments(text).collect::<Vec<_>>(), [(2, "B", "2"), (3, "C", "3")]);
    }
}
