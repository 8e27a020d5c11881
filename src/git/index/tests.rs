#![expect(clippy::disallowed_methods, reason = "builds repositories with git and reads their indexes")]

use std::path::Path;
use std::process::Command;

use super::*;
use crate::git::OpenOptions;

fn parse_owned(bytes: Vec<u8>, format: ObjectFormat) -> Result<Index, IndexError> {
    parse::parse(FileBytes::Owned(bytes), format)
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .unwrap();
    let allowed = arguments.contains(&"merge") || output.status.success();
    assert!(allowed, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fill(dir: &Path, init: &[&str]) {
    git(dir, &[&["init", "-q"], init].concat());
    for name in ["a", "b/c", "b/d/e", "b/d/f.txt", "long/".repeat(60).as_str(), "z\u{e9}"] {
        let name = if name.ends_with('/') { format!("{name}leaf") } else { name.to_owned() };
        let path = dir.join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &name).unwrap();
    }
    git(dir, &["add", "."]);
    git(dir, &["commit", "-qm", "one"]);
}

/// Lists the index by git, in the types of this reader.
fn oracle(dir: &Path) -> Vec<String> {
    let listed = git(dir, &["ls-files", "-s", "-z"]);
    listed.split_terminator('\0').map(str::to_owned).collect()
}

fn ours(index: &Index) -> Vec<String> {
    index.iter().map(|e| format!("{:06o} {} {}\t{}", e.mode, e.oid, e.stage, String::from_utf8_lossy(e.path))).collect()
}

fn open(dir: &Path) -> Repository {
    Repository::open(dir, &OpenOptions::default()).unwrap()
}

#[test]
fn all_versions_and_hashes_agree_with_git() {
    for init in [&[][..], &["--object-format=sha256"][..]] {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), init);
        for version in ["2", "4"] {
            git(dir.path(), &["update-index", "--index-version", version]);
            let repo = open(dir.path());
            let index = Index::read(&Index::file(&repo, None), repo.format).unwrap();
            assert_eq!(ours(&index), oracle(dir.path()), "{init:?} {version}");
            assert!(index.find(b"b/d/e").is_some() && index.find(b"b/d").is_none());
            let tree = index.cache_tree().unwrap();
            let (count, root) = tree.node_at(0).unwrap().tree.unwrap();
            assert_eq!(count, index.len());
            assert_eq!(root.to_string(), git(dir.path(), &["rev-parse", "HEAD^{tree}"]).trim());
            let child = |of, name: &[u8]| tree.children(of).find(|child| child.0 == name).unwrap().1;
            let below = child(child(0, b"b"), b"d");
            let expected = git(dir.path(), &["rev-parse", "HEAD:b/d"]);
            assert_eq!(tree.node_at(below).unwrap().tree.unwrap().1.to_string(), expected.trim());
        }
    }
}

#[test]
fn flags_and_conflicts_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fill(dir, &[]);
    git(dir, &["checkout", "-qb", "side"]);
    std::fs::write(dir.join("a"), "side").unwrap();
    git(dir, &["commit", "-qam", "side"]);
    git(dir, &["checkout", "-q", "main"]);
    std::fs::write(dir.join("a"), "main").unwrap();
    git(dir, &["commit", "-qam", "main"]);
    git(dir, &["merge", "side"]);
    std::fs::write(dir.join("new"), "later").unwrap();
    git(dir, &["add", "-N", "new"]);
    git(dir, &["update-index", "--skip-worktree", "b/c"]);
    let repo = open(dir);
    let index = Index::of(&repo, None).unwrap();
    assert_eq!(ours(&index), oracle(dir));
    assert_eq!(index.iter().filter(|entry| entry.path == b"a").map(|e| e.stage).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(index.find(b"a").is_none());
    assert!(index.find(b"new").unwrap().intent_to_add);
    assert!(index.find(b"b/c").unwrap().skip_worktree);
    assert_eq!(index.cache_tree().unwrap().node_at(0).unwrap().tree, None);
}

#[test]
fn split_and_sparse_indexes_are_read_by_git() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fill(dir, &[]);
    git(dir, &["update-index", "--split-index"]);
    let repo = open(dir);
    let own = Index::read(&Index::file(&repo, None), repo.format);
    assert!(matches!(own, Err(IndexError::Unsupported(_))), "{own:?}");
    assert_eq!(ours(&Index::of(&repo, None).unwrap()), oracle(dir));
    git(dir, &["update-index", "--no-split-index"]);
    git(dir, &["sparse-checkout", "set", "--cone", "--sparse-index", "long"]);
    let own = Index::read(&Index::file(&repo, None), repo.format);
    assert!(matches!(own, Err(IndexError::Unsupported(_))), "{own:?}");
    let index = Index::of(&repo, None).unwrap();
    assert_eq!(ours(&index), oracle(dir));
    assert!(index.find(b"b/c").unwrap().skip_worktree);
}

#[test]
fn without_a_file_nothing_is_staged() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q"]);
    assert!(Index::of(&open(dir.path()), None).unwrap().len() == 0);
    let env = GitEnv { index_file: Some(dir.path().join("other")), ..GitEnv::default() };
    std::fs::write(dir.path().join("other"), b"DIRC").unwrap();
    assert!(matches!(Index::of(&open(dir.path()), Some(&env)), Err(IndexError::Damaged(_))));
}

#[test]
fn damaged_indexes_are_refused_or_read_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &[]);
    for version in ["2", "4"] {
        git(dir.path(), &["update-index", "--index-version", version]);
        let good = std::fs::read(dir.path().join(".git/index")).unwrap();
        for at in 0..good.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= change;
                if let Ok(index) = parse_owned(bad, ObjectFormat::Sha1) {
                    let paths: usize = index.iter().map(|entry| entry.path.len()).sum();
                    assert!(paths < 1 << 20);
                    let _ = index.find(b"b/d/e");
                }
            }
            let _ = parse_owned(good[..at].to_vec(), ObjectFormat::Sha1);
        }
        let _ = parse_owned(good.clone(), ObjectFormat::Sha256);
    }
    let mut many = b"DIRC\0\0\0\x02\xff\xff\xff\xff".to_vec();
    many.resize(200, 0);
    assert!(matches!(parse_owned(many, ObjectFormat::Sha1), Err(IndexError::Damaged(_))));
}

proptest::proptest! {
    #[test]
    fn any_bytes_end(version in 2_u8..5, rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let bytes = [&b"DIRC\0\0\0"[..], &[version, 0, 0, 0, 3], &rest].concat();
        let _ = parse_owned(bytes, ObjectFormat::Sha1);
    }
}
