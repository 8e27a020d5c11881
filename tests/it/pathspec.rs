//! Scans of the index and of a range that are limited to paths.

use pinstripe::model::Status;

use crate::action::{pull, run};
use crate::support::{Dir, Run, git, run_in};

/// A monorepo whose branch `work` brings a key to each of two services, one of them in a message.
fn monorepo() -> Dir {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    dir.write("services/api/old.env", "K={{sk_live@old}}\n");
    dir.write("services/web/x", "x\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    dir.git(&["checkout", "-qb", "work"]);
    let message = dir.forge.fill("web uses {{sk_live@message}}");
    dir.write("services/web/w.py", "k = '{{sk_live@web}}'\n");
    dir.write("services/web/old.env", "K={{sk_live@old}}\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", &message]);
    dir.write("services/api/a.py", "k = '{{rk_live@api}}'\n");
    dir.write("services/apis/b.py", "k = '{{rk_live@apis}}'\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "api"]);
    dir
}

fn open(run: &Run) -> Vec<String> {
    let findings = run.report().findings.into_iter();
    let open = findings.flat_map(|finding| finding.locations).filter(|at| at.status == Status::Open);
    let mut paths: Vec<String> = open.map(|at| at.path).collect();
    paths.sort();
    paths
}

#[test]
fn a_range_is_limited_to_what_changes_below_its_paths() {
    let dir = monorepo();
    let range = |paths: &[&str]| open(&dir.scan(&[&["--range", "main..work"], paths].concat()));
    let all = ["", "services/api/a.py", "services/apis/b.py", "services/web/old.env", "services/web/w.py"];
    assert_eq!(range(&[]), all);
    assert_eq!(range(&["."]), all);
    assert_eq!(range(&["services/api"]), ["services/api/a.py"]);
    assert_eq!(
        range(&["services/../services/api/", "services/web/w.py"]),
        ["", "services/api/a.py", "services/web/w.py"]
    );
    // From a directory of it, as the shell completes them; also what is gone from the disk.
    std::fs::remove_dir_all(dir.join("services/web")).unwrap();
    let web = ["scan", "--format", "json", "--range", "main..work", "../web"];
    assert_eq!(open(&run_in(&dir.join("services/api"), &web, b"")).len(), 3);
    for wrong in ["servces/api", "..", "/"] {
        let run = dir.scan(&["--range", "main..work", wrong]);
        assert_eq!(run.code, 2, "{wrong}: {}", run.stdout);
        assert!(run.stderr.contains(wrong), "{}", run.stderr);
    }
}

#[test]
fn what_is_staged_is_limited_to_its_paths() {
    let mut dir = monorepo();
    dir.write("services/api/new.py", "k = '{{sk_live@new}}'\n");
    dir.write("services/web/new.py", "k = '{{sk_live@newer}}'\n");
    dir.git(&["add", "."]);
    dir.git(&["mv", "services/api/old.env", "services/web/moved.env"]);
    let staged = |paths: &[&str]| open(&dir.scan(&[&["--staged"], paths].concat()));
    assert_eq!(staged(&[]), ["services/api/new.py", "services/web/new.py"]);
    assert_eq!(staged(&["services/api"]), ["services/api/new.py"]);
    // A rename from elsewhere is still one.
    assert_eq!(staged(&["services/web"]), ["services/web/new.py"]);
    assert_eq!(dir.scan(&["--staged", "services/apis"]).code, 0);
    // A file of HEAD or the index need not be on disk.
    std::fs::remove_dir_all(dir.join("services/api")).unwrap();
    assert_eq!(staged(&["services/api/new.py", "services/api/old.env"]), ["services/api/new.py"]);
    assert_eq!(dir.scan(&["--staged", "services/ap"]).code, 2);
}

#[test]
fn the_action_scans_the_changes_below_its_path() {
    let dir = monorepo();
    let tip = |name: &str| git(dir.path(), &["rev-parse", name]).trim().to_owned();
    let event = pull(&tip("main"), &tip("work"));
    let found = |path: &str| run(dir.path(), "pull_request", &event, &[("path", path)]).outputs["new-count"].clone();
    assert_eq!((found("."), found("services/api")), ("5".to_owned(), "1".to_owned()));
}
