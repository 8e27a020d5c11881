//! Hooks of commits that have more parents than HEAD.

use crate::hooks::{passes, try_git};
use crate::support::Dir;

/// A repository with hooks whose branch `work` is behind `main`, which brings an old key past the hooks.
fn behind_main() -> (Dir, String) {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    assert_eq!(dir.run(&["hook", "install"]).code, 0);
    dir.write_bytes("a.py", b"x = 1\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    dir.git(&["branch", "work"]);
    let line = dir.write("old.py", "key = '{{sk_live}}'\n");
    dir.write_bytes("a.py", b"x = 'main'\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "--no-verify", "-m", "main"]);
    dir.git(&["checkout", "-q", "work"]);
    (dir, line)
}

fn commit(dir: &Dir, name: &str, text: &[u8]) {
    dir.write_bytes(name, text);
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", name]);
}

#[test]
fn what_main_has_already_may_be_merged() {
    let (dir, line) = behind_main();
    commit(&dir, "b.py", b"y = 1\n");
    assert!(passes(dir.path(), &["merge", "-q", "--no-edit", "main"]), "git makes the merge");
    dir.git(&["reset", "-q", "--hard", "HEAD~1"]);
    // A conflict is resolved, also in the file with the key; a key that neither side has is new.
    commit(&dir, "old.py", b"mine = 1\n");
    assert!(!passes(dir.path(), &["merge", "-q", "main"]));
    dir.write_bytes("old.py", format!("mine = 1\n{line}").as_bytes());
    dir.git(&["add", "."]);
    assert!(passes(dir.path(), &["commit", "-q", "--no-edit"]));
    dir.git(&["reset", "-q", "--hard", "HEAD~1"]);
    assert!(!passes(dir.path(), &["merge", "-q", "main"]));
    let other = Dir::new().forge.fill("other = '{{rk_live}}'\n");
    dir.write_bytes("old.py", format!("{other}{line}").as_bytes());
    dir.git(&["add", "."]);
    let refused = try_git(dir.path(), &["commit", "-q", "--no-edit"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && text.contains("1 finding") && text.contains("rk_live"), "{text}");
}

#[test]
fn what_only_a_stranger_has_is_new_and_told() {
    let (mut dir, _) = behind_main();
    dir.git(&["checkout", "-q", "-b", "stranger"]);
    dir.write("s.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "--no-verify", "-m", "stranger"]);
    let stranger = dir.git(&["rev-parse", "HEAD"]).trim().to_owned();
    dir.git(&["checkout", "-q", "work"]);
    commit(&dir, "b.py", b"y = 1\n");
    let merge = |name: &str| {
        let output = try_git(dir.path(), &["merge", "-q", "--no-edit", name]);
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (passed, text) = merge("stranger");
    assert!(!passed && text.contains(&format!("s.py comes with the merge of {stranger}")), "{text}");
    dir.git(&["merge", "--abort"]);
    // A branch of the upstream's remote is shared, one of another remote is not.
    dir.git(&["update-ref", "refs/remotes/fork/x", &stranger]);
    assert!(!merge("stranger").0);
    dir.git(&["merge", "--abort"]);
    dir.git(&["remote", "add", "origin", "https://example.com/r"]);
    dir.git(&["update-ref", "refs/remotes/origin/x", &stranger]);
    assert!(merge("stranger").0);
}

#[test]
fn a_picked_commit_is_known_where_main_has_it() {
    let (dir, _) = behind_main();
    commit(&dir, "a.py", b"x = 'work'\n");
    assert!(!passes(dir.path(), &["cherry-pick", "main"]), "it conflicts");
    dir.write_bytes("a.py", b"x = 'both'\n");
    dir.git(&["add", "."]);
    assert!(passes(dir.path(), &["commit", "-q", "--no-edit"]));
}
