//! Scans of staged changes.

use pinstripe::model::{Reach, Status};

use crate::support::Dir;

/// A repository with one commit that holds one key.
fn repository() -> (Dir, String) {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    let key = dir.forge.make("sk_live").unwrap();
    dir.write_bytes("old/config.env", format!("A=1\nB=2\nC=3\nKEY={key}\n").as_bytes());
    dir.write("README", "hello\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "first"]);
    (dir, key)
}

fn statuses(dir: &Dir) -> Vec<(String, Status)> {
    let report = dir.scan(&["--staged"]).report();
    let mut all: Vec<_> = report
        .findings
        .iter()
        .flat_map(|finding| finding.locations.iter().map(|at| (at.path.clone(), at.status)))
        .collect();
    all.sort();
    all
}

#[test]
fn nothing_staged_is_clean() {
    let (mut dir, _) = repository();
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    dir.write("unstaged.env", "X={{sk_live}}\n");
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    dir.git(&["rm", "-q", "old/config.env"]);
    assert_eq!(dir.scan(&["--staged"]).code, 0, "only deletions");
}

#[test]
fn the_index_counts_and_not_the_work_tree() {
    let (mut dir, _) = repository();
    dir.write("a/b/c.env", "X={{sk_live}}\n");
    dir.git(&["add", "."]);
    dir.write_bytes("a/b/c.env", b"clean\n");
    let run = dir.scan(&["--staged"]);
    assert_eq!(run.code, 1);
    let report = run.report();
    let at = &report.findings[0].locations[0];
    assert_eq!((at.path.as_str(), at.reach, at.status), ("a/b/c.env", Reach::Index, Status::Open));
    assert!(at.blob.is_some() && report.target.head.is_some());
}

#[test]
fn the_first_commit() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    dir.write("a.env", "X={{sk_live}}\n");
    dir.git(&["add", "."]);
    assert_eq!(dir.scan(&["--staged"]).code, 1);
}

#[test]
fn what_stood_there_before_is_existing() {
    let (dir, key) = repository();
    dir.write_bytes("old/config.env", format!("A=1\nB=2\nKEY={key}\nC=4\n").as_bytes());
    dir.git(&["add", "."]);
    assert_eq!(statuses(&dir), [("old/config.env".to_owned(), Status::Existing)]);
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    dir.write_bytes("copy.env", format!("KEY={key}\n").as_bytes());
    dir.git(&["add", "."]);
    assert_eq!(
        statuses(&dir),
        [("copy.env".to_owned(), Status::Open), ("old/config.env".to_owned(), Status::Existing)]
    );
    assert_eq!(dir.scan(&["--staged"]).code, 1);
}

#[test]
fn a_rename_keeps_what_stood_there() {
    let (dir, key) = repository();
    dir.git(&["mv", "old/config.env", "new.env"]);
    assert_eq!(statuses(&dir), [("new.env".to_owned(), Status::Existing)]);
    dir.write_bytes(
        "new.env",
        format!("A=1\nB=2\nC=3\nD=4\nKEY={key}\nNEW={}\n", dir.forge.clone().make("whsec").unwrap()).as_bytes(),
    );
    dir.git(&["add", "."]);
    let mut found = statuses(&dir);
    found.sort_by_key(|(_, status)| *status);
    assert_eq!(found, [("new.env".to_owned(), Status::Existing), ("new.env".to_owned(), Status::Open)]);
}

#[test]
fn every_shape_of_index() {
    for (version, extra) in [("2", None), ("4", None), ("4", Some("split")), ("4", Some("intent"))] {
        let (mut dir, _) = repository();
        for at in 0..50 {
            dir.write_bytes(&format!("dir{}/file{at}", at % 5), b"x\n");
        }
        dir.git(&["add", "."]);
        dir.git(&["commit", "-qm", "more"]);
        dir.git(&["update-index", "--index-version", version]);
        match extra {
            Some("split") => drop(dir.git(&["update-index", "--split-index"])),
            Some("intent") => {
                dir.write("later.env", "X={{sk_live}}\n");
                dir.git(&["add", "-N", "later.env"]);
                assert_eq!(dir.scan(&["--staged"]).code, 0, "announced, not staged");
            }
            _ => {}
        }
        dir.write("dir3/deep/new.env", "X={{sk_live}}\n");
        dir.git(&["add", "dir3"]);
        let report = dir.scan(&["--staged"]).report();
        assert_eq!(report.findings.len(), 1, "{version} {extra:?}");
        assert_eq!(report.coverage.files, 1, "{version} {extra:?}");
    }
}

#[test]
fn both_sides_of_a_conflict() {
    let (mut dir, _) = repository();
    dir.git(&["checkout", "-qb", "side"]);
    dir.write("README", "side {{sk_live}}\n");
    dir.git(&["commit", "-qam", "side"]);
    dir.git(&["checkout", "-q", "main"]);
    dir.write("README", "main\n");
    dir.git(&["commit", "-qam", "main"]);
    let merge = std::process::Command::new("git")
        .current_dir(dir.path())
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "merge", "side"])
        .output()
        .unwrap();
    assert!(!merge.status.success());
    assert_eq!(dir.scan(&["--staged"]).code, 1);
}

#[test]
fn a_directory_that_became_a_file_and_back() {
    let (mut dir, _) = repository();
    dir.git(&["rm", "-qr", "old"]);
    dir.write("old", "X={{sk_live}}\n");
    dir.git(&["add", "."]);
    assert_eq!(statuses(&dir), [("old".to_owned(), Status::Open)]);
    dir.git(&["commit", "-qm", "file"]);
    dir.git(&["rm", "-q", "old"]);
    dir.write("old/inner.env", "Y={{rk_live}}\n");
    dir.git(&["add", "."]);
    assert_eq!(statuses(&dir), [("old/inner.env".to_owned(), Status::Open)]);
}

#[test]
fn the_index_in_force_is_the_one_that_git_names() {
    let (mut dir, _) = repository();
    dir.write("a.env", "X={{sk_live}}\n");
    let other = dir.join("other-index");
    std::fs::copy(dir.join(".git/index"), &other).unwrap();
    let status = std::process::Command::new("git")
        .current_dir(dir.path())
        .env("GIT_INDEX_FILE", &other)
        .args(["add", "a.env"])
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    let run = crate::support::program()
        .current_dir(dir.path())
        .env("GIT_INDEX_FILE", &other)
        .args(["scan", "--staged", "-q"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn outside_of_a_repository() {
    let dir = Dir::new();
    let run = dir.run(&["scan", "--staged"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("not in a git repository"), "{}", run.stderr);
}

/// Git takes unchanged directories from the extension of the index that remembers their trees, and so do we: what
/// an extension hides is not committed.
#[test]
fn a_cache_of_trees_that_hides_a_file_hides_it_from_the_commit_as_well() {
    use sha1::Digest as _;
    let (mut dir, _) = repository();
    let tree = dir.git(&["rev-parse", "HEAD^{tree}"]);
    dir.write("hidden.env", "X={{sk_live}}\n");
    dir.git(&["add", "."]);
    assert_eq!(dir.scan(&["--staged"]).code, 1);
    let index = dir.join(".git/index");
    let bytes = std::fs::read(&index).unwrap();
    let at = bytes.windows(4).position(|name| name == b"TREE").unwrap();
    let oid = (0..20).map(|at| u8::from_str_radix(&tree[2 * at..2 * at + 2], 16).unwrap());
    let lie: Vec<u8> = b"\x003 0\n".iter().copied().chain(oid).collect();
    let mut forged = [&bytes[..at + 4], &(lie.len() as u32).to_be_bytes(), &lie].concat();
    forged.extend_from_slice(&sha1::Sha1::digest(&forged));
    std::fs::write(&index, forged).unwrap();
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    dir.git(&["commit", "-q", "--allow-empty", "-m", "second"]);
    assert_eq!(dir.git(&["rev-parse", "HEAD^{tree}"]), tree);
    // As soon as git changes the directory, the file is there, and we see it.
    dir.write("other", "x\n");
    dir.git(&["add", "other"]);
    assert_eq!(dir.scan(&["--staged"]).code, 1);
}
