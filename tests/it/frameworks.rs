//! The hooks of `.pre-commit-hooks.yaml` under the frameworks that read it, from this repository itself.
//!
//! Runs where `prek` or `pre-commit` is on PATH. Under pre-commit, `cargo install` is a script that hands out the program
//! that the tests are about; prek, which looks for a toolchain of its own, runs the ids that build from source only when
//! `PINSTRIPE_TRY_BUILD` is set: that compiles everything once more, for minutes.

use std::path::Path;
use std::process::Command;

use crate::support::Dir;

/// Runs a hook of this repository on another; gives whether it passed and what was said.
fn try_repo(framework: &str, dir: &Dir, arguments: &[&str]) -> (bool, String) {
    let program = assert_cmd::cargo::cargo_bin!("pinstripe");
    let path = std::env::var("PATH").unwrap();
    let output = Command::new(framework)
        .current_dir(dir.path())
        .env("PATH", format!("{}:{}:{path}", dir.join("home").display(), program.parent().unwrap().display()))
        .env("PREK_HOME", dir.join("home"))
        .env("PRE_COMMIT_HOME", dir.join("home"))
        .args(["try-repo", env!("CARGO_MANIFEST_DIR")])
        .args(arguments)
        .arg("--verbose")
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn hooks_work_under_pre_commit_and_prek() {
    let frameworks: Vec<&str> = ["prek", "pre-commit"].into_iter().filter(|name| is_there(name)).collect();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".git").exists();
    if frameworks.is_empty() || !own {
        eprintln!("skipped: needs prek or pre-commit on PATH, and the git repository of these sources");
        return;
    }
    let build = std::env::var_os("PINSTRIPE_TRY_BUILD").is_some();
    for framework in frameworks {
        on_a_repository(framework, "pinstripe-system");
        if build || framework == "pre-commit" {
            on_a_repository(framework, "pinstripe");
        }
    }
}

/// Commits and pushes through a hook, and everything at once.
fn on_a_repository(framework: &str, id: &str) {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write_bytes(".gitignore", b"home\n");
    dir.write_bytes("a.py", b"x = 1\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "clean"]);
    std::fs::create_dir(dir.join("home")).unwrap();
    if framework == "pre-commit" {
        cargo(&dir);
    }
    let passes = |dir: &Dir, arguments: &[&str]| {
        let (passed, said) = try_repo(framework, dir, arguments);
        assert!(passed || said.contains("Live secret key"), "{framework} {arguments:?}: {said}");
        passed
    };
    assert!(passes(&dir, &[id, "--all-files"]));
    dir.write("b.py", "key = '{{sk_live}}'\n");
    dir.git(&["add", "b.py"]);
    assert!(!passes(&dir, &[id]));
    // Committed, and nothing staged: all files are scanned, never nothing.
    dir.git(&["commit", "-qm", "key"]);
    assert!(!passes(&dir, &[id, "--all-files"]));
    assert!(passes(&dir, &[id, "--files", "a.py"]));
    if id == "pinstripe" {
        let push = ["pinstripe-push", "--hook-stage", "pre-push"];
        assert!(!passes(&dir, &[&push[..], &["--from-ref", "HEAD~1", "--to-ref", "HEAD"]].concat()));
        assert!(passes(&dir, &[&push[..], &["--from-ref", "HEAD~1", "--to-ref", "HEAD~1"]].concat()));
        assert!(!passes(&dir, &[&push[..], &["--all-files"]].concat()));
    }
}

/// A `cargo install --bins --root ROOT --path .` that takes no minutes.
fn cargo(dir: &Dir) {
    let script = format!(
        "#!/bin/sh\n[ \"$1 $2 $3 $5\" = 'install --bins --root --path' ] || exit 0\nmkdir -p \"$4/bin\"\ncp '{}' \"$4/bin\"\n",
        assert_cmd::cargo::cargo_bin!("pinstripe").display()
    );
    dir.write_bytes("home/cargo", script.as_bytes());
    assert!(Command::new("chmod").arg("+x").arg(dir.join("home/cargo")).status().unwrap().success());
}
