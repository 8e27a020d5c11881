//! Real commits and pushes through installed hooks.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Dir, git, program, run_in};

/// Runs git and lets it fail.
pub(crate) fn try_git(directory: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A U Thor")
        .env("GIT_AUTHOR_EMAIL", "author@example.com")
        .env("GIT_COMMITTER_NAME", "A U Thor")
        .env("GIT_COMMITTER_EMAIL", "author@example.com")
        .env("GIT_EDITOR", "true")
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn passes(directory: &Path, arguments: &[&str]) -> bool {
    let output = try_git(directory, arguments);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("internal error"), "{text}");
    output.status.success()
}

fn repository() -> Dir {
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    let run = dir.run(&["hook", "install"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    dir
}

#[test]
fn every_way_to_commit_is_seen() {
    let mut dir = repository();
    let root = dir.path().to_path_buf();
    // The first commit of all, blocked and then allowed.
    dir.write("a.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "."]);
    assert!(!passes(&root, &["commit", "-qm", "first"]));
    dir.write("a.py", "key = None\n");
    // Still staged: the work tree is not what counts.
    assert!(!passes(&root, &["commit", "-qm", "first"]));
    dir.git(&["add", "."]);
    assert!(passes(&root, &["commit", "-qm", "first"]));
    // `-a` and a path use an index of their own.
    dir.write("a.py", "key = '{{rk_live}}'\n");
    assert!(!passes(&root, &["commit", "-qam", "all"]));
    assert!(!passes(&root, &["commit", "-qm", "path", "a.py"]));
    dir.write("b.py", "fine = 1\n");
    dir.git(&["add", "b.py"]);
    assert!(passes(&root, &["commit", "-qm", "path", "b.py"]));
    dir.git(&["checkout", "-q", "a.py"]);
    // Nothing to commit, messages only, deletions only.
    assert!(passes(&root, &["commit", "-q", "--allow-empty", "-m", "empty"]));
    assert!(passes(&root, &["commit", "-q", "--allow-empty", "--amend", "-m", "amended"]));
    dir.git(&["rm", "-q", "b.py"]);
    assert!(passes(&root, &["commit", "-qm", "delete"]));
    // Amending with a key.
    dir.write("c.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "."]);
    assert!(!passes(&root, &["commit", "-q", "--amend", "--no-edit"]));
    dir.git(&["reset", "-q", "--hard"]);
    // From a directory below.
    dir.write("sub/d.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "."]);
    assert!(!passes(&root.join("sub"), &["commit", "-qm", "below"]));
}

#[test]
fn worktrees_merges_and_keys_that_were_there() {
    let mut dir = repository();
    let root = dir.path().to_path_buf();
    let line = dir.write("a.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "--no-verify", "-m", "it was there"]);
    dir.write_bytes("a.py", format!("# more\n{line}").as_bytes());
    assert!(passes(&root, &["commit", "-qam", "existing"]));
    dir.git(&["mv", "a.py", "moved.py"]);
    assert!(passes(&root, &["commit", "-qm", "renamed"]));
    dir.write_bytes("copy.py", line.as_bytes());
    dir.git(&["add", "."]);
    assert!(!passes(&root, &["commit", "-qm", "copied"]));
    dir.git(&["rm", "-qf", "--cached", "copy.py"]);
    // A linked worktree runs the same hook on its own index.
    let linked = root.join("linked");
    dir.git(&["worktree", "add", "-q", "-b", "side", "linked"]);
    std::fs::write(linked.join("w.py"), dir.forge.fill("key = '{{rk_live}}'")).unwrap();
    git(&linked, &["add", "."]);
    assert!(!passes(&linked, &["commit", "-qm", "worktree"]));
    std::fs::write(linked.join("w.py"), "fine = 1").unwrap();
    git(&linked, &["add", "."]);
    assert!(passes(&linked, &["commit", "-qm", "worktree"]));
    // A merge that conflicts is committed through the hook.
    std::fs::write(linked.join("moved.py"), format!("# side\n{line}")).unwrap();
    git(&linked, &["commit", "-qam", "side"]);
    dir.write_bytes("moved.py", format!("# main\n{line}").as_bytes());
    dir.git(&["commit", "-qam", "main"]);
    assert!(!passes(&root, &["merge", "-q", "side"]));
    let evil = dir.forge.fill("# both {{sk_live}}\n");
    dir.write_bytes("moved.py", format!("{evil}{line}").as_bytes());
    dir.git(&["add", "moved.py"]);
    assert!(!passes(&root, &["commit", "-q", "--no-edit"]));
    dir.write_bytes("moved.py", format!("# both\n{line}").as_bytes());
    dir.git(&["add", "moved.py"]);
    assert!(passes(&root, &["commit", "-q", "--no-edit"]));
}

#[test]
fn a_merge_that_git_makes_by_itself_is_seen() {
    let mut dir = repository();
    let root = dir.path().to_path_buf();
    dir.write_bytes("a.py", b"x = 1\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    dir.git(&["checkout", "-qb", "side"]);
    dir.write("b.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "--no-verify", "-m", "past the hook"]);
    dir.git(&["checkout", "-q", "-"]);
    dir.write_bytes("c.py", b"y = 1\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "main"]);
    assert!(!passes(&root, &["merge", "-q", "--no-edit", "side"]));
    assert_eq!(dir.git(&["log", "-1", "--format=%s"]), "main\n", "nothing was committed");
    dir.git(&["merge", "--abort"]);
    dir.git(&["checkout", "-q", "side"]);
    dir.git(&["rm", "-q", "b.py"]);
    dir.git(&["commit", "-qm", "gone"]);
    dir.git(&["checkout", "-q", "-"]);
    assert!(passes(&root, &["merge", "-q", "--no-edit", "side"]));
}

#[test]
fn a_hook_that_was_there_is_kept_and_runs_first() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    let root = dir.path().to_path_buf();
    let hook = root.join(".git/hooks/pre-commit");
    std::fs::write(&hook, "#!/bin/sh\necho old >> ran\nexit ${OLD_EXIT:-0}\n").unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&hook).status().unwrap().success());
    for _ in 0..2 {
        assert_eq!(dir.run(&["hook", "install"]).code, 0);
    }
    dir.write("a.py", "x = 1\n");
    dir.git(&["add", "a.py"]);
    assert!(passes(&root, &["commit", "-qm", "a"]));
    assert_eq!(std::fs::read_to_string(root.join("ran")).unwrap(), "old\n");
    dir.write("a.py", "x = '{{sk_live}}'\n");
    assert!(!passes(&root, &["commit", "-qam", "b"]));
    // Both there, and neither is ours: nothing is overwritten.
    std::fs::write(&hook, "#!/bin/sh\nexit 0\n").unwrap();
    let run = dir.run(&["hook", "install"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), "#!/bin/sh\nexit 0\n");
}

#[test]
fn the_directory_of_hooks_is_respected() {
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.git(&["config", "core.hooksPath", "tools/hooks"]);
    assert_eq!(dir.run(&["hook", "install", "--pre-push", "--commit-msg"]).code, 0);
    for name in ["pre-push", "commit-msg"] {
        assert!(dir.join("tools/hooks").join(name).exists());
    }
    assert!(!dir.join("tools/hooks/pre-commit").exists() && !dir.join(".git/hooks/pre-push").exists());
    dir.git(&["config", "core.hooksPath", ".husky/_"]);
    let run = dir.run(&["hook", "install"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(".husky/pre-commit"), "{}", run.stderr);
}

#[test]
fn installed_for_all_repositories_the_own_hooks_still_run() {
    let mut dir = Dir::new();
    let home = dir.join("home");
    std::fs::create_dir_all(&home).unwrap();
    let repository = dir.join("r");
    std::fs::create_dir_all(&repository).unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&repository).env("HOME", &home).env_remove("XDG_CONFIG_HOME").args(arguments);
        command.args(["-c"; 0]).output().unwrap()
    };
    git(&["init", "-q"]);
    git(&["config", "user.name", "A"]);
    git(&["config", "user.email", "a@example.com"]);
    for hook in ["pre-commit", "post-commit"] {
        let file = repository.join(".git/hooks").join(hook);
        std::fs::write(&file, format!("#!/bin/sh\necho {hook} >> \"$(git rev-parse --git-dir)/ran\"\n")).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(&file).status().unwrap().success());
    }
    let output =
        program().current_dir(&repository).env("HOME", &home).args(["hook", "install", "--global"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(repository.join("a"), "x").unwrap();
    git(&["add", "a"]);
    assert!(git(&["commit", "-qm", "a"]).status.success());
    assert_eq!(std::fs::read_to_string(repository.join(".git/ran")).unwrap(), "pre-commit\npost-commit\n");
    std::fs::write(repository.join("a"), dir.forge.fill("{{sk_live}}")).unwrap();
    assert!(!git(&["commit", "-qam", "b"]).status.success());
}

#[test]
fn a_key_in_a_message_is_refused_unless_it_is_only_shown_there() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    assert_eq!(dir.run(&["hook", "install", "--commit-msg"]).code, 0);
    let root = dir.path().to_path_buf();
    let message = dir.forge.fill("use {{sk_live}}");
    assert!(!passes(&root, &["commit", "-q", "--allow-empty", "-m", &message]));
    assert!(passes(&root, &["commit", "-q", "--allow-empty", "-m", "fine"]));
    // `--verbose` shows the change below its scissors: a key that goes away is no reason to refuse.
    dir.write("a", "{{sk_live}}");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "key"]);
    dir.git(&["rm", "-q", "a"]);
    assert!(passes(&root, &["commit", "-q", "--verbose", "--template", "/dev/null", "--allow-empty-message"]));
}

#[test]
fn frameworks_name_files() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("old.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "old"]);
    let hook = |arguments: &[&str], framework: bool| {
        let mut command = program();
        command.current_dir(dir.path()).args(["hook", "pre-commit"]).args(arguments);
        if framework {
            command.env("PRE_COMMIT", "1");
        }
        command.output().unwrap().status.code().unwrap()
    };
    // git itself: nothing staged, nothing to say.
    assert_eq!(hook(&[], false), 0);
    // --all-files and --files: the names count, and without any everything does.
    assert_eq!(hook(&["old.py"], true), 1);
    assert_eq!(hook(&[], true), 1);
    // A commit: the staged version counts.
    dir.write_bytes("new.py", b"x = 1\n");
    dir.git(&["add", "new.py"]);
    assert_eq!(hook(&["new.py"], true), 0);
    assert_eq!(hook(&["new.py", "old.py"], true), 1);
    let key = Dir::new().forge.fill("key = '{{rk_live}}'\n");
    dir.write_bytes("new.py", key.as_bytes());
    assert_eq!(hook(&["new.py"], true), 0);
    dir.git(&["add", "new.py"]);
    dir.write_bytes("new.py", b"x = 2\n");
    assert_eq!(hook(&["new.py"], true), 1);
}

#[test]
fn a_push_with_a_key_does_not_leave() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "--bare", "server.git"]);
    dir.git(&["init", "-q", "-b", "main", "r"]);
    let r = dir.join("r");
    git(&r, &["remote", "add", "origin", "../server.git"]);
    let run = run_in(&r, &["hook", "install", "--pre-push"], b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    dir.write("r/a", "x");
    git(&r, &["add", "."]);
    git(&r, &["commit", "-qm", "a"]);
    assert!(passes(&r, &["push", "-q", "origin", "main"]));
    dir.write("r/b", "{{sk_live}}");
    git(&r, &["add", "."]);
    git(&r, &["commit", "-qm", "b"]);
    git(&r, &["rm", "-q", "b"]);
    git(&r, &["commit", "-qm", "gone again, but only from the tree"]);
    assert!(!passes(&r, &["push", "-q", "origin", "main"]));
    assert!(!passes(&r, &["push", "-q", "origin", "main:other"]));
    git(&r, &["reset", "-q", "--hard", "HEAD~2"]);
    dir.write("r/c", "y");
    git(&r, &["add", "."]);
    git(&r, &["commit", "-qm", "c"]);
    assert!(passes(&r, &["push", "-q", "origin", "main", "main:fresh"]));
    assert!(passes(&r, &["push", "-q", "origin", ":fresh"]));
}

#[test]
fn what_was_installed_can_be_told_and_removed() {
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    let own = "#!/bin/sh\nexit 0\n";
    let (commit, push) = (dir.join(".git/hooks/pre-commit"), dir.join(".git/hooks/pre-push"));
    std::fs::write(&commit, own).unwrap();
    std::fs::write(&push, own).unwrap();
    let status = |expected: [&str; 4]| {
        let run = dir.run(&["hook", "status"]);
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert_eq!((run.code, lines.len()), (0, 4), "{}{}", run.stdout, run.stderr);
        for (line, state) in lines.iter().zip(expected) {
            assert!(line.contains(&format!(": {state} (")), "{line}");
        }
    };
    let other = "another program's hook";
    status([other, "not installed", "not installed", other]);
    assert_eq!(dir.run(&["hook", "install"]).code, 0);
    status(["installed", "installed", "not installed", other]);
    assert_eq!(dir.run(&["hook", "uninstall"]).code, 0);
    status([other, "not installed", "not installed", other]);
    assert_eq!(std::fs::read_to_string(&commit).unwrap(), own);
    let run = dir.run(&["hook", "uninstall"]);
    assert!(run.code == 0 && run.stderr.contains("there is no hook of pinstripe"), "{}", run.stderr);
}

#[test]
fn the_hooks_of_all_repositories_can_be_removed() {
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    let hook = |arguments: &[&str]| {
        let output =
            program().current_dir(dir.path()).env("HOME", dir.path()).arg("hook").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    hook(&["install", "--global"]);
    assert!(hook(&["status", "--global"]).contains("pre-commit: installed"));
    hook(&["uninstall", "--global"]);
    assert!(!dir.join(".config/pinstripe/hooks").exists());
    let config = std::fs::read_to_string(dir.join(".gitconfig")).unwrap();
    assert!(!config.contains("hooksPath"), "{config}");
}

#[test]
fn managers_stay_in_charge() {
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write_bytes("lefthook.yml", b"pre-commit:\n");
    let run = dir.run(&["hook", "install", "--pre-commit", "--pre-push"]);
    assert_eq!(run.code, 2);
    for line in
        ["lefthook.yml:", "run: pinstripe hook pre-commit", "run: pinstripe hook pre-push {1} {2}", "use_stdin: true"]
    {
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    assert!(!dir.join(".git/hooks/pre-commit").exists());
    assert!(dir.run(&["hook", "status"]).stdout.contains("lefthook manages the hooks"));
    dir.write_bytes("lefthook.yml", b"pre-commit:\n  commands:\n    p:\n      run: pinstripe hook pre-commit\n");
    assert_eq!(dir.run(&["hook", "install"]).code, 0);
    assert!(dir.run(&["hook", "status"]).stdout.contains("pre-commit: run by lefthook"));
}

#[test]
fn the_first_advice_fits_the_moment() {
    let mut dir = repository();
    dir.write("a.env", "K={{sk_live@one}}\nL={{rk_live@one}}\n");
    dir.git(&["add", "."]);
    let commit = dir.run(&["hook", "pre-commit"]);
    assert_eq!(commit.code, 1);
    for words in
        ["2 findings", "a.env:1", "git rm -r --cached -- a.env", "pinstripe:allow secret-live REASON", ".gitignore"]
    {
        assert!(commit.stderr.contains(words), "{}", commit.stderr);
    }
    assert!(!commit.stderr.contains("Roll") && commit.stdout.is_empty(), "{}{}", commit.stdout, commit.stderr);
    assert!(commit.stderr.lines().count() < 8, "{}", commit.stderr);
    let whole = dir.run(&["hook", "pre-commit", "-v"]);
    assert!(
        whole.stdout.contains("out of the index: git restore") && !whole.stdout.contains("Roll the key"),
        "{}",
        whole.stdout
    );
    let message = dir.forge.fill("use {{sk_live@one}}");
    dir.write_bytes("message", message.as_bytes());
    let run = dir.run(&["hook", "commit-msg", "message"]);
    assert!(run.stderr.contains("(commit message:1)"), "{}", run.stderr);
    // A push names the commit to rewrite.
    dir.git(&["commit", "-q", "--no-verify", "-m", "key"]);
    let head = dir.git(&["rev-parse", "HEAD"]);
    let line = format!("refs/heads/x {} refs/heads/x {}\n", head.trim(), "0".repeat(40));
    let push = run_in(dir.path(), &["hook", "pre-push", "origin", "url"], line.as_bytes());
    assert_eq!(push.code, 1);
    assert!(push.stderr.contains(&format!("git rebase -i {}^", &head[..10])), "{}", push.stderr);
    // SKIP is understood by the hooks of the user, and not by a server.
    let skipped = |hook: &[&str]| {
        let mut command = program();
        command.current_dir(dir.path()).env("SKIP", "other, pinstripe").arg("hook").args(hook);
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).contains("SKIP"))
    };
    assert_eq!(skipped(&["pre-commit"]), (0, true));
    assert_eq!(skipped(&["commit-msg", "message"]), (0, true));
    assert_eq!(skipped(&["pre-receive"]), (0, false));
}
