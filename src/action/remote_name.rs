//! Names that may stand in a git command as one word of it.

/// Returns true for a plain name of a branch or remote: no option, no pattern, no quoting, no way out of its directory.
pub(super) fn is_ref_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._/-+#@=,".contains(c);
    !name.is_empty()
        && name.len() <= 255
        && name.chars().all(plain)
        && !name.contains("..")
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(".lock"))
}

/// Returns the page of the repository on its host, from the host's variables, if the remote is that repository or does not
/// say.
pub(super) fn page(page: Option<String>, repository: Option<&str>, remote: Option<&str>) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ":/._-~".contains(c);
    let page = page.filter(|page| page.starts_with("https://") || page.starts_with("http://"));
    let page = page.filter(|page| page.chars().all(is_plain))?;
    let name = remote.map(|remote| remote.trim_end_matches('/').trim_end_matches(".git"));
    let is_it = name.is_none_or(|name| match repository.and_then(|repository| name.strip_suffix(repository)) {
        Some(host) => host.ends_with(['/', ':']),
        None => false,
    });
    is_it.then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_words() {
        for name in ["main", "release/1.x", "origin", "feat/#12", "größe"] {
            assert!(is_ref_name(name), "{name}");
        }
        for name in ["", "-x", "a b", "a..b", "/a", "a/", ".git", "a/.b", "a:b", "$(x)", "a\nb", "a*", "x.lock", "'a'"]
        {
            assert!(!is_ref_name(name), "{name}");
        }
    }

    #[test]
    fn the_page_is_that_of_the_remote() {
        let found = |remote| page(Some("https://github.com/o/r".to_owned()), Some("o/r"), remote).is_some();
        for remote in [None, Some("https://github.com/o/r"), Some("git@github.com:o/r.git"), Some("https://x@h/o/r/")] {
            assert!(found(remote), "{remote:?}");
        }
        for remote in ["https://github.com/other/r", "https://github.com/no/r.git", "/srv/mirror"] {
            assert!(!found(Some(remote)), "{remote}");
        }
        for odd in ["javascript:x", "https://h/o r", "https://h/<x>", "https://h/a\nb"] {
            assert_eq!(page(Some(odd.to_owned()), Some("o/r"), None), None, "{odd}");
        }
    }
}
