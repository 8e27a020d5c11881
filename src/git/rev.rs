//! Resolves revisions to commits.
//!
//! Full names, branches, tags and `HEAD` are looked up in the files of the repository. Git resolves everything else
//! (`main~3`, `@{upstream}`, short names, refs in tables).

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use super::commit::tag_target;
use super::disk::{self, DiskError};
use super::env::GitEnv;
use super::git_cli::{self, GitCliError};
use super::object::{ObjectError, ObjectKind};
use super::odb::Odb;
use super::oid::Oid;
use super::remote::remote_of_branch;
use super::repo::{RefStorage, Repository};

/// Largest file of packed refs that is read, in bytes.
const MAX_PACKED_REFS: u64 = 1 << 30;
/// Bytes of packed refs that are read at once.
const REFS_BLOCK: u64 = 4 << 10;
/// Largest loose ref, in bytes.
const MAX_REF: u64 = 64 << 10;
/// Symbolic refs and tags of tags that are followed.
const MAX_HOPS: usize = 10;

#[derive(Debug, thiserror::Error)]
pub(crate) enum RevError {
    #[error("unknown revision \"{0}\"")]
    Unknown(String),
    /// Only git can resolve it, and git refuses.
    #[error("revision \"{0}\": {1}")]
    Refused(String, GitCliError),
    #[error("\"{0}\" is no commit of this repository")]
    NotACommit(String),
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// Returns the commit of HEAD; `None` on a branch without commits.
///
/// # Errors
/// A file that names it cannot be read.
pub(crate) fn head(repo: &Repository) -> Result<Option<Oid>, DiskError> {
    Ok(match follow(repo, "HEAD")? {
        RefLookup::Oid(oid) => Some(oid),
        RefLookup::Nothing => None,
        RefLookup::AskGit => rev_parse(repo, None, "HEAD").ok().flatten(),
    })
}

/// Returns the name that a symbolic ref stands for.
pub(crate) fn symbolic(repo: &Repository, name: &str) -> Option<String> {
    let text = if is_plain(name) { loose(repo, name).ok()?? } else { return None };
    Some(String::from_utf8_lossy(text.strip_prefix(b"ref:")?.trim_ascii()).into_owned())
}

/// Returns the remote of the current branch, as its configuration says.
pub(crate) fn upstream_remote(repo: &Repository) -> Option<String> {
    let head = symbolic(repo, "HEAD")?;
    remote_of_branch(repo, head.strip_prefix("refs/heads/")?)
}

/// Returns the commit of a revision, through tags.
pub(crate) fn resolve(repo: &Repository, env: Option<&GitEnv>, odb: &Odb, text: &str) -> Result<Oid, RevError> {
    peel(repo, env, odb, text).map(|(_, commit)| commit)
}

/// Returns the object that a revision names, and the commit behind it.
pub(crate) fn peel(repo: &Repository, env: Option<&GitEnv>, odb: &Odb, text: &str) -> Result<(Oid, Oid), RevError> {
    let named = lookup(repo, text);
    let start = match named {
        Some(oid) => oid,
        None => match rev_parse(repo, env, text) {
            Ok(oid) => oid.ok_or_else(|| RevError::Unknown(text.to_owned()))?,
            Err(error) if error.is_silent() => return Err(RevError::Unknown(text.to_owned())),
            Err(error) => return Err(RevError::Refused(text.to_owned(), error)),
        },
    };
    let mut oid = start;
    for _ in 0..MAX_HOPS {
        match odb.read(&oid)? {
            Some((ObjectKind::Commit, _)) => return Ok((start, oid)),
            Some((ObjectKind::Tag, bytes)) => {
                oid = tag_target(&bytes, repo.format).ok_or_else(|| RevError::NotACommit(text.to_owned()))?;
            }
            _ => break,
        }
    }
    Err(RevError::NotACommit(text.to_owned()))
}

fn lookup(repo: &Repository, text: &str) -> Option<Oid> {
    if let Some(oid) = Oid::from_hex(text.as_bytes()).filter(|oid| oid.format() == repo.format) {
        return Some(oid);
    }
    if !is_plain(text) {
        return None;
    }
    let candidates = match text {
        "HEAD" | "@" => vec!["HEAD".to_owned()],
        _ if text.starts_with("refs/") => vec![text.to_owned()],
        // Git's order; a `NAME` directly below the git directory is left to git.
        _ => ["refs/tags/", "refs/heads/", "refs/remotes/"].iter().map(|prefix| format!("{prefix}{text}")).collect(),
    };
    candidates.iter().find_map(|name| match follow(repo, name) {
        Ok(RefLookup::Oid(oid)) => Some(oid),
        _ => None,
    })
}

/// Returns true for a name that stays in the directory of refs and has no other meaning to git.
fn is_plain(name: &str) -> bool {
    let odd = |c: char| c.is_control() || " ~^:?*[\\{".contains(c);
    !name.is_empty()
        && !name.contains(odd)
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains(".."))
}

enum RefLookup {
    Oid(Oid),
    Nothing,
    AskGit,
}

fn follow(repo: &Repository, name: &str) -> Result<RefLookup, DiskError> {
    if repo.ref_storage != RefStorage::Files {
        return Ok(RefLookup::AskGit);
    }
    let mut name = name.to_owned();
    for _ in 0..MAX_HOPS {
        if !is_plain(&name) {
            return Ok(RefLookup::AskGit);
        }
        let Some(text) = loose(repo, &name)? else {
            return Ok(packed(repo, &name)?.map_or(RefLookup::Nothing, RefLookup::Oid));
        };
        match text.strip_prefix(b"ref:") {
            Some(target) => name = String::from_utf8_lossy(target.trim_ascii()).into_owned(),
            None => return Ok(Oid::from_hex(text.trim_ascii()).map_or(RefLookup::AskGit, RefLookup::Oid)),
        }
    }
    Ok(RefLookup::AskGit)
}

fn loose(repo: &Repository, name: &str) -> Result<Option<Vec<u8>>, DiskError> {
    let own = name == "HEAD" || name.starts_with("refs/bisect/") || name.starts_with("refs/worktree/");
    let dir: &PathBuf = if own { &repo.git_dir } else { &repo.common_dir };
    let path = dir.join(name);
    // A directory of refs may have been left behind by a branch of its name.
    let is_left =
        |error: &DiskError| matches!(error, DiskError::NotAFile { .. }) && name != "HEAD" && disk::is_dir(&path);
    disk::read(&path, MAX_REF).or_else(|error| if is_left(&error) { Ok(None) } else { Err(error) })
}

fn packed(repo: &Repository, name: &str) -> Result<Option<Oid>, DiskError> {
    let path = repo.common_dir.join("packed-refs");
    let Some((mut file, length)) = disk::open(&path)? else { return Ok(None) };
    if let Ok(Some(oid)) = bisect(&mut file, length, name.as_bytes()) {
        return Ok(Some(oid));
    }
    // A file that is not sorted, whatever it says, is searched as a whole.
    let text = disk::read(&path, MAX_PACKED_REFS)?.unwrap_or_default();
    Ok(packed_in(&text, name.as_bytes()))
}

fn packed_in(text: &[u8], name: &[u8]) -> Option<Oid> {
    let end = memchr::memmem::find(text, &[b" ", name, b"\n"].concat())?;
    let start = memchr::memrchr(b'\n', &text[..end]).map_or(0, |at| at + 1);
    Oid::from_hex(&text[start..end])
}

/// Finds a ref in a sorted file by a few reads: a hook needs one ref of many thousand.
fn bisect(file: &mut File, length: u64, name: &[u8]) -> io::Result<Option<Oid>> {
    let mut read = |at: u64, size: u64| -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(at))?;
        file.take(size).read_to_end(&mut text)?;
        Ok(text)
    };
    let head = read(0, REFS_BLOCK)?;
    if !head.split(|byte| *byte == b'\n').next().is_some_and(|line| line.ends_with(b" sorted ")) {
        return Ok(None);
    }
    let (mut low, mut high) = (0, length);
    while high - low > 4 * REFS_BLOCK {
        let middle = low + (high - low) / 2;
        let text = read(middle, REFS_BLOCK)?;
        // The first whole line of a ref; tags are followed by a line for their target.
        let ends = || memchr::memchr_iter(b'\n', &text);
        let mut lines = ends().zip(ends().skip(1)).map(|(before, end)| before + 1..end);
        let Some(line) = lines.find(|line| text[line.start] != b'^') else { return Ok(None) };
        let found = text[line.clone()].splitn(2, |byte| *byte == b' ').nth(1);
        match found {
            Some(found) if found < name => low = middle + line.start as u64,
            _ => high = middle + line.end as u64 + 1,
        }
    }
    Ok(packed_in(&read(low, high - low)?, name))
}

fn rev_parse(repo: &Repository, env: Option<&GitEnv>, text: &str) -> Result<Option<Oid>, GitCliError> {
    let wanted = format!("{text}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted].map(OsStr::new);
    git_cli::run(repo, env, &arguments).map(|text| Oid::from_hex(text.trim_ascii()))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "writes the files that it reads")]
mod tests {
    use super::*;
    use crate::git::testing::Lab;

    #[test]
    fn names_of_all_sorts() {
        let lab = Lab::new(&["-b", "main"]);
        assert_eq!(head(&lab.repo()).unwrap(), None);
        lab.grow();
        for packed in [false, true] {
            if packed {
                lab.git(&["pack-refs", "--all"]);
            }
            let (repo, odb) = (lab.repo(), lab.odb());
            assert_eq!(head(&repo).unwrap().unwrap().to_string(), lab.git(&["rev-parse", "HEAD"]).trim());
            for name in ["HEAD", "@", "main", "side", "v1", "refs/heads/side", "main~3", "HEAD^2", "v1^{}"] {
                let expected = lab.git(&["rev-parse", &format!("{name}^{{commit}}")]);
                assert_eq!(resolve(&repo, None, &odb, name).unwrap().to_string(), expected.trim(), "{name}");
            }
            for name in
                ["nothing", "../../etc/passwd", "--help", "main^{tree}", "", "0123456789012345678901234567890123456789"]
            {
                assert!(resolve(&repo, None, &odb, name).is_err(), "{name}");
            }
        }
    }

    #[test]
    fn packed_refs_are_found_sorted_or_not() {
        let lab = Lab::new(&["-b", "main"]);
        let file = lab.repo().common_dir.join("packed-refs");
        let oid = |at: usize| format!("{at:040x}");
        let lines = |names: &mut dyn Iterator<Item = usize>| -> String {
            names.map(|at| format!("{} refs/tags/{at:05}\n^{}\n", oid(at), oid(at + 1))).collect()
        };
        for count in [1, 2, 100, 1000, 9000] {
            let refs = lines(&mut (0..count));
            let reversed = lines(&mut (0..count).rev());
            let heads = ["# pack-refs with: peeled fully-peeled sorted \n", "# pack-refs with: peeled \n", ""];
            for text in heads.iter().flat_map(|head| [format!("{head}{refs}"), format!("{head}{reversed}")]) {
                std::fs::write(&file, &text).unwrap();
                for at in [0, 1, count / 3, count / 2, count - 1, count] {
                    let found =
                        packed(&lab.repo(), &format!("refs/tags/{at:05}")).unwrap().map(|found| found.to_string());
                    assert_eq!(found, (at < count).then(|| oid(at)), "{at} of {count}");
                }
                assert_eq!(packed(&lab.repo(), "refs/tags").unwrap(), None);
            }
        }
        std::fs::write(&file, format!("# pack-refs with: sorted \n{}", "x".repeat(100_000))).unwrap();
        assert_eq!(packed(&lab.repo(), "refs/tags/v1").unwrap(), None);
    }

    #[test]
    fn refs_in_tables() {
        let lab = Lab::new(&["-b", "main", "--ref-format=reftable"]);
        lab.commit("a", b"a");
        let expected = lab.git(&["rev-parse", "HEAD"]);
        assert_eq!(head(&lab.repo()).unwrap().unwrap().to_string(), expected.trim());
        assert_eq!(resolve(&lab.repo(), None, &lab.odb(), "main").unwrap().to_string(), expected.trim());
    }
}
