//! Paths of reports, which may come from other machines: texts, never looked up on disk.

/// Iterates over the names of a path.
pub(super) fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split(separators(path)).filter(|name| !name.is_empty() && *name != ".")
}

/// Backslashes separate names in paths of Windows only.
fn separators(path: &str) -> &'static [char] {
    if path.starts_with("\\\\") || path.get(1..3) == Some(":\\") { &['/', '\\'] } else { &['/'] }
}

/// Returns the nearest directory that holds all of these.
pub(crate) fn common<'a>(mut paths: impl Iterator<Item = &'a str>) -> String {
    let Some(first) = paths.next() else { return String::new() };
    let mut names: Vec<&str> = components(first).collect();
    for path in paths {
        let same = names.iter().zip(components(path)).take_while(|(a, b)| **a == *b).count();
        names.truncate(same);
    }
    let end = names.last().map_or(usize::from(first.starts_with('/')), |last| {
        let ends = first.match_indices(separators(first)).map(|(at, _)| at).chain([first.len()]);
        let is_end = |end: &usize| first[..*end].ends_with(last) && components(&first[..*end]).count() == names.len();
        ends.into_iter().find(is_end).unwrap_or(first.len())
    });
    first[..end].to_owned()
}

/// Returns a path relative to a directory that holds it; empty for the directory itself.
pub(crate) fn below(directory: &str, path: &str) -> String {
    let depth = components(directory).count();
    components(path).skip(depth).collect::<Vec<_>>().join("/")
}

/// Joins a directory and a path below it, `.` for the directory itself; either may be empty.
pub(super) fn join(directory: &str, path: &str) -> String {
    match (directory, path) {
        ("", path) => path.to_owned(),
        (directory, "" | ".") => directory.to_owned(),
        (directory, path) => format!("{directory}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_directories() {
        for (paths, expected, rest) in [
            (&["/a/b", "/a/c"][..], "/a", &["b", "c"][..]),
            (&["/a/bc", "/a/b"], "/a", &["bc", "b"]),
            (&["/a/b/b", "/a/b"], "/a/b", &["b", ""]),
            (&["/a", "/b/c"], "/", &["a", "b/c"]),
            (&["/", "/b"], "/", &["", "b"]),
            (&["C:\\a\\b", "C:\\a\\c"], "C:\\a", &["b", "c"]),
            (&["/a\\b/c", "/a\\b/d"], "/a\\b", &["c", "d"]),
            (&["a", "b"], "", &["a", "b"]),
        ] {
            let root = common(paths.iter().copied());
            assert_eq!(root, expected);
            let below: Vec<String> = paths.iter().map(|path| below(&root, path)).collect();
            assert_eq!(below, rest, "{paths:?}");
        }
    }
}
