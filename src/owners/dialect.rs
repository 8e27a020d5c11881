//! Finds the CODEOWNERS file of a tree, and decides which dialect it is in.

use super::{CodeOwners, MAX_BYTES};
use crate::model::snapshot::Snapshot;

/// A host with its own syntax of CODEOWNERS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// GitHub, Gitea and Forgejo.
    GitHub,
    /// GitLab: sections, and patterns of `fnmatch`.
    GitLab,
    /// Bitbucket, in the cloud and on premises.
    Bitbucket,
}

impl Dialect {
    /// Every dialect.
    pub(crate) const ALL: [Self; 3] = [Self::GitHub, Self::GitLab, Self::Bitbucket];

    /// Returns the name used in reports.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
            Self::Bitbucket => "Bitbucket",
        }
    }

    /// Returns the places where the host looks for the file, in its order.
    fn places(self) -> &'static [&'static str] {
        match self {
            Self::GitHub => &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
            Self::GitLab => &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
            Self::Bitbucket => &[".bitbucket/CODEOWNERS"],
        }
    }

    /// Returns the dialect of the host of a remote.
    fn of_host(remote: &str) -> Option<Self> {
        let address = remote.split_once("://").map_or(remote, |(_, address)| address);
        let host = address.split(['/', ':']).next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|dialect| host.contains(&dialect.name().to_ascii_lowercase()))
    }

    /// Returns the dialect that the pipelines of a tree are written for.
    fn of_pipelines(files: &dyn Snapshot) -> Option<Self> {
        let has = |path| files.read(path, 1 << 20).is_ok_and(|file| file.is_some());
        [(".gitlab-ci.yml", Self::GitLab), ("bitbucket-pipelines.yml", Self::Bitbucket)]
            .into_iter()
            .find_map(|(path, dialect)| has(path).then_some(dialect))
    }
}

/// Reads the CODEOWNERS file of a tree; `remote` is the address of its repository.
///
/// # Errors
/// A sentence about a file that is there and cannot be used.
pub(crate) fn find(files: &dyn Snapshot, remote: Option<&str>) -> Result<Option<CodeOwners>, String> {
    let host = remote.and_then(Dialect::of_host);
    let places = host.into_iter().chain(Dialect::ALL).flat_map(|dialect| dialect.places());
    for place in places {
        let Some(bytes) = files.read(place, MAX_BYTES).map_err(|error| error.to_string())? else { continue };
        let dialect = match place.split_once('/') {
            Some((".github", _)) => Dialect::GitHub,
            Some((".gitlab", _)) => Dialect::GitLab,
            Some((".bitbucket", _)) => Dialect::Bitbucket,
            // Bitbucket reads none of the places that are left.
            _ => host
                .or_else(|| has_sections(&bytes).then_some(Dialect::GitLab))
                .or_else(|| Dialect::of_pipelines(files))
                .filter(|dialect| *dialect != Dialect::Bitbucket)
                .unwrap_or(Dialect::GitHub),
        };
        let owners = CodeOwners::parse(dialect, place, &bytes);
        return owners.map(Some).ok_or_else(|| format!("{place} has too many lines"));
    }
    Ok(None)
}

/// Returns true if a line begins with what only GitLab understands.
fn has_sections(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    lines.any(|line| matches!(line, [b'[' | b'!', ..] | [b'^', b'[', ..]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Returns place, dialect and the owners of `src/a`.
    fn found(files: &[(&str, &str)], remote: Option<&str>) -> Option<(String, Dialect, String)> {
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let mut file = find(&files, remote).unwrap()?;
        let owners = file.of("src/a").unwrap().join(" ");
        Some((file.path, file.dialect, owners))
    }

    #[test]
    fn hosts() {
        for (remote, expected) in [
            ("https://github.com/o/r.git", Some(Dialect::GitHub)),
            ("git@github.example.com:o/r", Some(Dialect::GitHub)),
            ("ssh://git@gitlab.example.com:22/github/r", Some(Dialect::GitLab)),
            ("https://bitbucket.org/o/gitlab", Some(Dialect::Bitbucket)),
            ("https://git.example.com/github", None),
            ("/srv/gitlab/r", None),
            ("", None),
        ] {
            assert_eq!(Dialect::of_host(remote), expected, "{remote}");
        }
    }

    #[test]
    fn the_host_decides_then_the_place_then_the_text() {
        let (root, github, gitlab) = ("CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS");
        let all = [(root, "* @root"), (github, "* @github"), (gitlab, "* @gitlab"), (".bitbucket/CODEOWNERS", "* @bb")];
        let expect = |place: &str, dialect, owners: &str| Some((place.to_owned(), dialect, owners.to_owned()));
        assert_eq!(found(&all, Some("https://github.com/o/r")), expect(github, Dialect::GitHub, "@github"));
        assert_eq!(found(&all, Some("https://gitlab.com/o/r")), expect(root, Dialect::GitLab, "@root"));
        let bitbucket = expect(".bitbucket/CODEOWNERS", Dialect::Bitbucket, "@bb");
        assert_eq!(found(&all, Some("https://bitbucket.org/o/r")), bitbucket);
        assert_eq!(found(&all, None), expect(github, Dialect::GitHub, "@github"));
        assert_eq!(found(&all[2..3], None), expect(gitlab, Dialect::GitLab, "@gitlab"));
        let sections = [(root, "# c\n^[A][2] @a\nsrc/\n")];
        assert_eq!(found(&sections, None), expect(root, Dialect::GitLab, "@a"));
        assert_eq!(found(&sections, Some("https://github.com/o/r")), expect(root, Dialect::GitHub, ""));
        let plain = [(root, "src @a"), (".gitlab-ci.yml", "")];
        assert_eq!(found(&plain, None), expect(root, Dialect::GitLab, ""));
        assert_eq!(found(&plain[..1], None), expect(root, Dialect::GitHub, "@a"));
        assert_eq!(found(&[("docs/CODEOWNERS", "* @d")], None), expect("docs/CODEOWNERS", Dialect::GitHub, "@d"));
        assert_eq!(found(&[], None), None);
    }
}
