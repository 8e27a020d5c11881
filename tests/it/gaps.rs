//! Stores with gaps: whatever is named and not here, or is no file, makes a scan incomplete.

use std::path::PathBuf;

use pinstripe::model::SkipReason;

use crate::support::{Dir, Run, git, run_in};

/// A repository with two commits, of which `main` is the second, a tag and a staged file.
fn repository() -> Dir {
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    for text in ["one\n", "two\n"] {
        dir.write_bytes("a/file", text.as_bytes());
        dir.git(&["add", "-A"]);
        dir.git(&["commit", "-qm", text]);
    }
    dir.git(&["tag", "-am", "tagged", "v1", "HEAD~1"]);
    dir.write_bytes("staged", b"staged\n");
    dir.git(&["add", "-A"]);
    dir
}

fn loose(dir: &Dir, name: &str) -> (String, PathBuf) {
    let oid = dir.git(&["rev-parse", name]).trim().to_owned();
    let path = dir.join(".git/objects").join(&oid[..2]).join(&oid[2..]);
    (oid, path)
}

fn unread(run: &Run, reason: SkipReason) -> Vec<String> {
    let skipped = run.report().coverage.skipped;
    skipped.into_iter().filter(|skipped| skipped.reason == reason).flat_map(|skipped| skipped.examples).collect()
}

#[test]
fn every_target_is_looked_up() {
    for name in ["main", "HEAD~1", "v1", "main:a/file", "main:a", "HEAD^{tree}", ":staged"] {
        let dir = repository();
        assert_eq!(dir.scan(&["--history"]).code, 0);
        let (oid, path) = loose(&dir, name);
        std::fs::remove_file(path).unwrap();
        let run = dir.scan(&["--history"]);
        assert_eq!(run.code, 3, "{name}");
        let missing = unread(&run, SkipReason::MissingObject);
        assert!(missing.iter().any(|example| example.contains(&oid)), "{name}: {missing:?}");
    }
}

#[test]
fn a_commit_that_only_a_reflog_or_a_detached_head_names() {
    for detach in [false, true] {
        let dir = repository();
        dir.git(&["commit", "-qm", "third"]);
        let (oid, path) = loose(&dir, "HEAD");
        if detach {
            dir.git(&["checkout", "-q", "--detach"]);
            std::fs::remove_dir_all(dir.join(".git/logs")).unwrap();
        } else {
            dir.git(&["reset", "-q", "--soft", "HEAD~1"]);
        }
        dir.git(&["update-ref", "refs/heads/main", "HEAD~1"]);
        std::fs::remove_file(path).unwrap();
        let run = dir.scan(&["--history"]);
        assert_eq!(run.code, 3);
        assert!(unread(&run, SkipReason::MissingObject).contains(&oid));
    }
}

#[test]
fn an_empty_store_is_not_an_empty_repository() {
    let dir = repository();
    dir.git(&["pack-refs", "--all"]);
    for number in 0..256 {
        let _ = std::fs::remove_dir_all(dir.join(&format!(".git/objects/{number:02x}")));
    }
    let run = dir.scan(&["--history"]);
    assert_eq!(run.code, 3);
    assert!(unread(&run, SkipReason::MissingObject).len() >= 4);
    // Without HEAD's commit, everything in the index is new; none of it is here.
    assert_eq!(dir.scan(&["--staged"]).code, 3);
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    for mode in ["--history", "--staged"] {
        assert_eq!(dir.scan(&[mode]).code, 0, "{mode}");
    }
}

#[cfg(unix)]
#[test]
fn what_should_be_a_file_and_is_none() {
    let fifo = |path: &PathBuf| {
        let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    };
    let directory = |path: &PathBuf| std::fs::create_dir(path).unwrap();
    let link = |path: &PathBuf| std::os::unix::fs::symlink("nowhere", path).unwrap();
    for kind in ["fifo", "directory", "link"] {
        let make = |path: &PathBuf| match kind {
            "fifo" => fifo(path),
            "directory" => directory(path),
            _ => link(path),
        };
        for name in [
            "packed-refs",
            "shallow",
            "config",
            "index",
            "logs/HEAD",
            "refs/heads/main",
            "objects/info/alternates",
            "HEAD",
        ] {
            let dir = repository();
            let path = dir.join(".git").join(name);
            // Directories hold the refs and logs of longer names.
            if ["refs/heads/main", "logs/HEAD"].contains(&name) && kind == "directory" {
                continue;
            }
            let _ = std::fs::remove_file(&path);
            make(&path);
            let run = dir.scan(&["--history"]);
            assert_eq!(run.code, 3, "{kind} {name}: {}", run.stderr);
            if name == "HEAD" || name == "refs/heads/main" {
                assert_eq!(dir.scan(&["--staged"]).code, 3, "{kind} {name}");
            }
        }
        let dir = repository();
        let (oid, path) = loose(&dir, "main:a/file");
        std::fs::remove_file(&path).unwrap();
        make(&path);
        let run = dir.scan(&["--history"]);
        assert_eq!(run.code, 3, "{kind}");
        assert!(unread(&run, SkipReason::Unreadable).iter().any(|example| example.contains(&oid[2..])), "{kind}");
    }
    let dir = repository();
    let (_, path) = loose(&dir, "main:a/file");
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    dir.write_bytes(path.parent().unwrap().strip_prefix(dir.path()).unwrap().to_str().unwrap(), b"");
    assert_eq!(dir.scan(&["--history"]).code, 3);
}

#[test]
fn partial_clones_name_a_remedy_that_works() {
    for filter in ["blob:none", "tree:0"] {
        let mut dir = Dir::new();
        dir.git(&["init", "-q", "source"]);
        let source = dir.join("source");
        git(&source, &["config", "uploadpack.allowFilter", "true"]);
        dir.write("source/pinstripe.toml", "# a policy\n");
        for at in 0..3 {
            dir.write(&format!("source/d/{at}.env"), &format!("K={{{{sk_live@{at}}}}}\n"));
            git(&source, &["add", "-A"]);
            git(&source, &["commit", "-qm", "more"]);
        }
        let url = format!("file://{}", source.display());
        dir.git(&["clone", "-q", "--no-checkout", &format!("--filter={filter}"), &url, "clone"]);
        let clone = dir.join("clone");
        let scan = |more: &[&str]| run_in(&clone, &[&["scan", "--range", "HEAD~1..HEAD"], more].concat(), b"");
        let run = scan(&[]);
        assert_eq!(run.code, 3, "{filter}: {}{}", run.stdout, run.stderr);
        let remedy = "git fetch --refetch --no-filter";
        assert!(run.stdout.contains(remedy), "{}", run.stdout);
        let words: Vec<&str> = remedy.split(' ').skip(1).chain(["-q"]).collect();
        git(&clone, &words);
        assert_eq!(scan(&[]).code, 1, "{filter}");
        assert!(scan(&["--format", "json"]).report().coverage.complete);
    }
}
