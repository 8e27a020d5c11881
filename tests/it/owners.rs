//! Owners of findings: of which version of which file, for each kind of target.

use std::process::Command;

use pinstripe::model::{OwnersDialect, Report};

use crate::support::{Dir, git};

/// Returns the owners of the only finding of a rule, joined.
fn owners(report: &Report, rule: &str) -> String {
    let finding = report.findings.iter().find(|finding| finding.rule == rule).unwrap();
    finding.owners.join(" ")
}

/// Returns place and dialect of the file that names the owners.
fn file(report: &Report) -> Option<(String, OwnersDialect)> {
    let file = report.repositories.as_ref()?.first()?.codeowners.clone()?;
    Some((file.path, file.dialect))
}

fn commit(dir: &Dir, message: &str) {
    dir.git(&["add", "-A", "-f"]);
    dir.git(&["commit", "-q", "-m", message]);
}

#[test]
fn owners_are_those_of_head_of_the_base_or_of_the_disk() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("src/a.env", "K={{sk_live}}\n");
    dir.write_bytes("CODEOWNERS", b"* @old\n");
    commit(&dir, "one");
    dir.write_bytes("CODEOWNERS", b"* @head\n");
    dir.write("src/b.env", "K={{rk_live}}\n");
    commit(&dir, "two");
    dir.write_bytes("CODEOWNERS", b"* @disk\n");
    dir.git(&["rm", "-q", "--cached", "src/a.env"]);
    dir.write("src/c.env", "K={{whsec}}\n");
    dir.git(&["add", "src/c.env"]);

    assert_eq!(owners(&dir.scan(&["."]).report(), "secret-live"), "@head");
    assert_eq!(owners(&dir.scan(&["--history"]).report(), "secret-live"), "@head");
    assert_eq!(owners(&dir.scan(&["--staged"]).report(), "webhook-secret"), "@head");
    let range = dir.scan(&["--range", "HEAD~1..HEAD"]).report();
    assert_eq!(owners(&range, "restricted-live"), "@old");
    assert_eq!(file(&range), Some(("CODEOWNERS".to_owned(), OwnersDialect::Github)));
    std::fs::remove_dir_all(dir.join(".git")).unwrap();
    assert_eq!(owners(&dir.scan(&["."]).report(), "secret-live"), "@disk");
}

#[test]
fn the_remote_says_which_dialect() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("docs/api/a.env", "K={{sk_live}}\n");
    dir.write_bytes("CODEOWNERS", b"[Docs] @docs\napi/ @api\n[All]\n* @all\n!*.md\n");
    commit(&dir, "one");
    for (remote, dialect, expected) in [
        ("https://user:token@gitlab.example.com/o/r.git", OwnersDialect::Gitlab, "@api @all"),
        ("git@github.com:o/r.git", OwnersDialect::Github, "@all"),
    ] {
        dir.git(&["config", "remote.origin.url", remote]);
        let report = dir.scan(&["."]).report();
        assert_eq!(file(&report), Some(("CODEOWNERS".to_owned(), dialect)));
        assert_eq!(owners(&report, "secret-live"), expected);
    }
}

#[test]
fn each_repository_has_its_own_owners_and_paths_may_be_any_bytes() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    for name in ["a", "b"] {
        dir.git(&["init", "-q", name]);
        dir.write_bytes(&format!("{name}/x/k.env"), format!("K={key}\n").as_bytes());
        dir.write_bytes(&format!("{name}/.github/CODEOWNERS"), format!("/x/ @{name}\n").as_bytes());
        git(&dir.join(name), &["add", "-A"]);
        git(&dir.join(name), &["commit", "-q", "-m", "one"]);
    }
    let report = dir.scan(&["--history", "a", "b"]).report();
    assert_eq!(owners(&report, "secret-live"), "@a @b");
    let places: Vec<_> = report.findings[0].locations.iter().map(|at| (&*at.path, at.owners.join(" "))).collect();
    assert_eq!(places, [("a/x/k.env", "@a".to_owned()), ("b/x/k.env", "@b".to_owned())]);

    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"d\xff%/k.env");
    std::fs::create_dir_all(dir.join("c").join(odd).parent().unwrap()).unwrap();
    std::fs::write(dir.join("c").join(odd), format!("K={key}\n")).unwrap();
    dir.write_bytes("c/CODEOWNERS", "d?%/* @odd\n".as_bytes());
    let output = Command::new(crate::support::program_path())
        .args(["scan", "--format=json"])
        .arg(dir.join("c"))
        .output()
        .unwrap();
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(owners(&report, "secret-live"), "@odd");
}

#[test]
fn a_file_that_cannot_be_used_is_told() {
    let mut dir = Dir::new();
    dir.write("a.env", "K={{sk_live}}\n");
    dir.write_bytes("CODEOWNERS", "a @b\n".repeat(60_000).as_bytes());
    let run = dir.scan(&["."]);
    assert!(run.stderr.contains("warning: CODEOWNERS has too many lines; places have no owners"), "{}", run.stderr);
    assert_eq!(owners(&run.report(), "secret-live"), "");
}
