//! Paths relative to the root of the scanned tree, with `/`.

/// Returns the parent directory, without a slash at its end; empty for the root.
pub(crate) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Returns the last component.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Most directories above a path, besides the root, that can say something about it.
const MAX_ANCESTORS: usize = 32;

/// Iterates over the directories above a path, nearest first, the root last.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let above = std::iter::successors(Some(directory(path)), |at| (!at.is_empty()).then(|| directory(at)));
    above.enumerate().filter(|(at, directory)| *at < MAX_ANCESTORS || directory.is_empty()).map(|(_, above)| above)
}

/// Joins and normalizes; `None` if the result lies outside the root.
pub(crate) fn join(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
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
