//! Finds the CODEOWNERS file of a tree, and decides which dialect it is in.

use super::{CodeOwners, MAX_BYTES};
use crate::model::OwnersDialect;
use crate::model::limits::MAX_IN_MEMORY;
use crate::model::snapshot::Snapshot;

const DIALECTS: [OwnersDialect; 3] = [OwnersDialect::Github, OwnersDialect::Gitlab, OwnersDialect::Bitbucket];

/// Returns the places where a host looks for the file, in its order.
fn places(dialect: OwnersDialect) -> &'static [&'static str] {
    match dialect {
        OwnersDialect::Github => &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
        OwnersDialect::Gitlab => &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
        OwnersDialect::Bitbucket => &[".bitbucket/CODEOWNERS"],
    }
}

/// Returns the dialect of the host of a remote.
fn of_host(remote: &str) -> Option<OwnersDialect> {
    let address = remote.split_once("://").map_or(remote, |(_, address)| address);
    let host = address.split(['/', ':']).next()?.to_ascii_lowercase();
    DIALECTS.into_iter().find(|dialect| host.contains(dialect.name()))
}

/// Returns the dialect of the host that the pipelines of a tree are written for.
fn of_pipelines(files: &dyn Snapshot) -> Option<OwnersDialect> {
    let has = |path| files.read(path, MAX_IN_MEMORY).is_ok_and(|file| file.is_some());
    has(".gitlab-ci.yml").then_some(OwnersDialect::Gitlab)
}

/// Reads the CODEOWNERS file of a tree; `remote` is the address of its repository.
///
/// # Errors
/// A sentence about a file that is there and cannot be used.
pub(crate) fn find(files: &dyn Snapshot, remote: Option<&str>) -> Result<Option<CodeOwners>, String> {
    let host = remote.and_then(of_host);
    let places = host.into_iter().chain(DIALECTS).flat_map(places);
    for place in places {
        let Some(bytes) = files.read(place, MAX_IN_MEMORY).map_err(|error| error.to_string())? else { continue };
        if bytes.len() > MAX_BYTES {
            return Err(format!("{place} is larger than 3 MB"));
        }
        let dialect = match place.split_once('/') {
            Some((".github", _)) => OwnersDialect::Github,
            Some((".gitlab", _)) => OwnersDialect::Gitlab,
            Some((".bitbucket", _)) => OwnersDialect::Bitbucket,
            // Bitbucket reads none of the places that are left.
            _ => host
                .or_else(|| has_sections(&bytes).then_some(OwnersDialect::Gitlab))
                .or_else(|| of_pipelines(files))
                .filter(|dialect| *dialect != OwnersDialect::Bitbucket)
                .unwrap_or(OwnersDialect::Github),
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
    fn found(files: &[(&str, &str)], remote: Option<&str>) -> Option<(String, OwnersDialect, String)> {
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let mut file = find(&files, remote).unwrap()?;
        let owners = file.of("src/a").unwrap().join(" ");
        Some((file.path, file.dialect, owners))
    }

    #[test]
    fn hosts() {
        for (remote, expected) in [
            ("https://github.com/o/r.git", Some(OwnersDialect::Github)),
            ("git@github.example.com:o/r", Some(OwnersDialect::Github)),
            ("ssh://git@gitlab.example.com:22/github/r", Some(OwnersDialect::Gitlab)),
            ("https://bitbucket.org/o/gitlab", Some(OwnersDialect::Bitbucket)),
            ("https://git.example.com/github", None),
            ("/srv/gitlab/r", None),
            ("", None),
        ] {
            assert_eq!(of_host(remote), expected, "{remote}");
        }
    }

    #[test]
    fn the_host_decides_then_the_place_then_the_text() {
        let (root, github, gitlab) = ("CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS");
        let all = [(root, "* @root"), (github, "* @github"), (gitlab, "* @gitlab"), (".bitbucket/CODEOWNERS", "* @bb")];
        let expect = |place: &str, dialect, owners: &str| Some((place.to_owned(), dialect, owners.to_owned()));
        assert_eq!(found(&all, Some("https://github.com/o/r")), expect(github, OwnersDialect::Github, "@github"));
        assert_eq!(found(&all, Some("https://gitlab.com/o/r")), expect(root, OwnersDialect::Gitlab, "@root"));
        let bitbucket = expect(".bitbucket/CODEOWNERS", OwnersDialect::Bitbucket, "@bb");
        assert_eq!(found(&all, Some("https://bitbucket.org/o/r")), bitbucket);
        assert_eq!(found(&all, None), expect(github, OwnersDialect::Github, "@github"));
        assert_eq!(found(&all[2..3], None), expect(gitlab, OwnersDialect::Gitlab, "@gitlab"));
        let sections = [(root, "# c\n^[A][2] @a\nsrc/\n")];
        assert_eq!(found(&sections, None), expect(root, OwnersDialect::Gitlab, "@a"));
        assert_eq!(found(&sections, Some("https://github.com/o/r")), expect(root, OwnersDialect::Github, ""));
        let plain = [(root, "src @a"), (".gitlab-ci.yml", "")];
        assert_eq!(found(&plain, None), expect(root, OwnersDialect::Gitlab, ""));
        assert_eq!(found(&plain[..1], None), expect(root, OwnersDialect::Github, "@a"));
        assert_eq!(found(&[("docs/CODEOWNERS", "* @d")], None), expect("docs/CODEOWNERS", OwnersDialect::Github, "@d"));
        assert_eq!(found(&[], None), None);
    }
}
