//! Env files that a framework loads together.
//!
//! For a mode M these are `.env`, `.env.local`, `.env.M` and `.env.M.local`; later ones override earlier ones. Templates
//! (`.env.example`) are not loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::line_syntax;
use super::lint_context::{KeySite, LintContext};
use super::paths::{directory, file_name, join};
use super::variable_names::lists;
use crate::model::SkipReason;

/// Endings of files that are not loaded.
const NOT_LOADED: &str = "example sample dist template tpl defaults default bak backup old encrypted enc gpg vault";

/// Modes of one directory that are compared; each takes a reading of the files that all share.
const MAX_MODES: usize = 64;

/// The first credential of each line of env files.
type SitesByLine<'a> = BTreeMap<(&'a str, u64), KeySite<'a>>;

/// Returns the mode of an env file, `""` for `.env` and `.env.local`. `None` if frameworks do not load the file.
fn mode(path: &str) -> Option<&str> {
    let rest = file_name(path).strip_prefix(".env")?;
    let rest = rest.strip_suffix(".local").unwrap_or(rest);
    let mode = if rest.is_empty() { "" } else { rest.strip_prefix('.')? };
    (!mode.contains('.') && !lists(NOT_LOADED, mode)).then_some(mode)
}

/// Iterates over assignments with their 1-based lines.
fn assignments(text: &str) -> impl Iterator<Item = (u64, &str)> {
    text.lines().zip(1..).filter(|(line, _)| !line_syntax::is_comment(line)).filter_map(|(line, number)| {
        let name = line.split_once('=')?.0.trim().trim_start_matches("export ").trim();
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some((number, name))
    })
}

/// Returns the credentials that are loaded together, for each directory and mode.
pub(super) fn sets<'a>(context: &LintContext<'_>, sites: &[KeySite<'a>]) -> Vec<Vec<KeySite<'a>>> {
    let mut by_line = BTreeMap::new();
    let mut modes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for site in sites {
        let (path, line) = (site.location.path.as_str(), site.location.line);
        if let Some(mode) = mode(path) {
            modes.entry(directory(path)).or_default().insert(mode);
            by_line.entry((path, line)).or_insert(*site);
        }
    }
    let mut sets = Vec::new();
    for (directory, modes) in modes {
        if modes.len() > MAX_MODES {
            context.leave_out(SkipReason::OverLimit, format!("{directory}/.env*: files of {} modes", modes.len()));
        }
        let modes = modes.into_iter().take(MAX_MODES).take_while(|_| !context.expired());
        sets.extend(modes.map(|mode| set(context, &by_line, directory, mode)));
    }
    sets
}

fn set<'a>(context: &LintContext<'_>, by_line: &SitesByLine<'a>, directory: &str, mode: &str) -> Vec<KeySite<'a>> {
    let mut names = vec![".env".to_owned()];
    // Frameworks do not load `.env.local` for tests.
    if mode != "test" {
        names.push(".env.local".to_owned());
    }
    if !mode.is_empty() {
        names.extend([format!(".env.{mode}"), format!(".env.{mode}.local")]);
    }
    let mut loaded: BTreeMap<String, Option<KeySite<'a>>> = BTreeMap::new();
    for path in names.iter().filter_map(|name| join(directory, name)) {
        let Some(text) = context.tree.text(&path) else { continue };
        for (line, name) in assignments(&text) {
            let site = by_line.get(&(path.as_str(), line)).copied();
            loaded.insert(name.to_owned(), site);
        }
    }
    loaded.into_values().flatten().collect()
}

/// Returns true for files that [`sets`] covers.
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
        assert_eq!(assignments(text).collect::<Vec<_>>(), [(2, "B"), (3, "C")]);
    }
}
