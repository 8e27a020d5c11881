//! A server that refuses: real pushes to a local bare repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::hooks::{passes, try_git};
use crate::support::{Dir, git, run_in};

/// A bare repository with the hook, and a clone of it.
fn server(dir: &mut Dir, flags: &str) -> (PathBuf, PathBuf) {
    dir.git(&["init", "-q", "--bare", "-b", "main", "server.git"]);
    let hook = dir.join("server.git/hooks/pre-receive");
    let program = assert_cmd::cargo::cargo_bin!("pinstripe");
    std::fs::write(&hook, format!("#!/bin/sh\nexec '{}' hook pre-receive {flags}\n", program.display())).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&hook).status().unwrap().success());
    dir.git(&["init", "-q", "-b", "main", "r"]);
    let r = dir.join("r");
    git(&r, &["remote", "add", "origin", "../server.git"]);
    commit(dir, &r, "README", "hello\n");
    assert!(passes(&r, &["push", "-q", "origin", "main"]));
    (dir.join("server.git"), r)
}

fn commit(dir: &mut Dir, r: &Path, name: &str, text: &str) {
    dir.write(&format!("r/{name}"), text);
    git(r, &["add", "-A"]);
    git(r, &["commit", "-qm", name]);
}

#[test]
fn refused_with_few_words_and_nothing_left_behind() {
    let mut dir = Dir::new();
    let (bare, r) = server(&mut dir, "");
    let before = git(&bare, &["count-objects", "-v"]);
    for n in 0..9 {
        commit(&mut dir, &r, &format!("k{n}"), "{{sk_live}}\n");
    }
    let output = try_git(&r, &["push", "-q", "origin", "main"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(text.contains("push refused: 9 findings") && text.contains("and 4 more"), "{text}");
    assert!(text.lines().count() < 15, "{text}");
    assert_eq!(git(&bare, &["count-objects", "-v"]), before);
}

#[test]
fn all_lines_deletes_branches_tags_and_force() {
    let mut dir = Dir::new();
    let (_, r) = server(&mut dir, "");
    git(&r, &["checkout", "-q", "-b", "clean"]);
    commit(&mut dir, &r, "fine", "x\n");
    git(&r, &["checkout", "-q", "-b", "dirty", "main"]);
    commit(&mut dir, &r, "bad", "{{rk_live}}\n");
    // Two lines, of which only the second is bad.
    assert!(!passes(&r, &["push", "-q", "origin", "clean", "dirty"]));
    assert!(!passes(&r, &["push", "-q", "origin", "dirty", "clean"]));
    assert!(passes(&r, &["push", "-q", "origin", "clean"]));
    // Commits that other refs hold are not scanned again.
    git(&r, &["branch", "again", "clean"]);
    assert!(passes(&r, &["push", "-q", "origin", "again"]));
    assert!(passes(&r, &["push", "-q", "origin", ":again"]));
    // Force pushes, and tags of commits and of files, with keys in messages.
    git(&r, &["checkout", "-q", "clean"]);
    git(&r, &["commit", "-q", "--amend", "-m", "other words"]);
    assert!(passes(&r, &["push", "-qf", "origin", "clean"]));
    // Names of new refs.
    let name = dir.forge.fill("clean:refs/heads/old-{{sk_live}}");
    let refused = try_git(&r, &["push", "-q", "origin", &name]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("refs/heads/old-sk_live_…"), "{text}");
    assert!(text.contains("git branch -m") && text.contains("Roll the keys") && !text.contains("rebase"), "{text}");
    let message = dir.forge.fill("release {{sk_live}}");
    git(&r, &["tag", "-a", "v1", "-m", &message]);
    let refused = try_git(&r, &["push", "-q", "origin", "v1"]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("git tag -f -a") && !text.contains("rebase"), "{text}");
    git(&r, &["tag", "-a", "v2", "-m", "release"]);
    assert!(passes(&r, &["push", "-q", "origin", "v2"]));
    let blob = dir.join("r/bad");
    std::fs::write(&blob, dir.forge.fill("{{sk_live}}")).unwrap();
    let blob = git(&r, &["hash-object", "-w", "bad"]);
    git(&r, &["tag", "-a", "v3", "-m", "a file", blob.trim()]);
    assert!(!passes(&r, &["push", "-q", "origin", "v3"]));
    git(&r, &["tag", "v4", blob.trim()]);
    assert!(!passes(&r, &["push", "-q", "origin", "v4"]));
    let tree = git(&r, &["rev-parse", "dirty^{tree}"]);
    git(&r, &["tag", "v5", tree.trim()]);
    assert!(!passes(&r, &["push", "-q", "origin", "v5"]));
    // Tags of tags.
    git(&r, &["tag", "-a", "c0", "-m", "x", "main"]);
    (1..13).for_each(|at| drop(git(&r, &["tag", "-a", &format!("c{at}"), "-m", "x", &format!("c{}", at - 1)])));
    assert!(passes(&r, &["push", "-q", "origin", "c12", "c11"]));
    let message = dir.forge.fill("words {{sk_live}}");
    git(&r, &["commit", "-q", "--allow-empty", "-m", &message]);
    assert!(!passes(&r, &["push", "-q", "origin", "clean"]));
}

#[test]
fn a_time_budget_closes_unless_it_is_to_open() {
    for (flags, accepted) in [("--time-budget 0ms", false), ("--time-budget 0ms --accept-incomplete", true)] {
        let mut dir = Dir::new();
        let (bare, r) = {
            let (bare, r) = server(&mut dir, "");
            let hook = bare.join("hooks/pre-receive");
            let text = std::fs::read_to_string(&hook).unwrap();
            std::fs::write(&hook, text.replace("pre-receive ", &format!("pre-receive {flags} "))).unwrap();
            (bare, r)
        };
        commit(&mut dir, &r, "late", "x\n");
        let output = try_git(&r, &["push", "-q", "origin", "main"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), accepted, "{text}");
        assert!(text.contains("the scan is incomplete") && text.contains("timed-out"), "{text}");
        drop(bare);
    }
}

#[test]
fn lines_that_make_no_sense_are_refused() {
    let mut dir = Dir::new();
    let (bare, _) = server(&mut dir, "");
    let hook = |input: &str| run_in(&bare, &["hook", "pre-receive"], input.as_bytes()).code;
    assert_eq!(hook(""), 0);
    let zeros = "0".repeat(40);
    let head = git(&bare, &["rev-parse", "main"]);
    assert_eq!(hook(&format!("{} {zeros} refs/heads/gone\n", head.trim())), 0);
    assert_eq!(hook(&format!("{zeros} {} refs/heads/new\n", head.trim())), 0);
    assert_eq!(hook(&format!("{zeros} {} refs/heads/none\n", "1".repeat(40))), 3);
    assert_eq!(hook("nonsense\n"), 2);
}

#[test]
fn lints_ask_the_tree_that_is_pushed() {
    let mut dir = Dir::new();
    let (_, r) = server(&mut dir, "");
    commit(&mut dir, &r, "src/key.ts", "import { PUBLIC_STRIPE_SECRET_KEY } from '$env/static/public'\n");
    // Nothing says yet that such variables are public.
    assert!(passes(&r, &["push", "-q", "origin", "main"]));
    commit(&mut dir, &r, "package.json", "{\"dependencies\":{\"@sveltejs/kit\":\"2\"}}\n");
    commit(&mut dir, &r, "src/pay.ts", "import { PUBLIC_STRIPE_SECRET_KEY } from '$env/static/public'\n");
    let output = try_git(&r, &["push", "-q", "origin", "main"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("src/pay.ts"), "{text}");
    assert!(!text.contains("src/key.ts"), "{text}");
}
