//! Files that were renamed, or edited on the way: a key that moved with its file is not new.

use pinstripe::model::Status;

use crate::support::{Dir, Run};

fn commit(dir: &Dir, message: &str) {
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", message]);
}

/// Files with a key each, on `main`; HEAD is on `work`.
fn repository(files: usize) -> Dir {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    for at in 0..files {
        dir.write(&format!("old/{at}.env"), &format!("A={at}\nKEY={{{{sk_live@{at}}}}}\n"));
    }
    dir.write("README", "hello\n");
    commit(&dir, "first");
    dir.git(&["checkout", "-qb", "work"]);
    dir
}

fn edit(dir: &Dir, file: &str, more: &str) {
    let text = std::fs::read_to_string(dir.join(file)).unwrap();
    dir.write_bytes(file, format!("{more}{text}").as_bytes());
}

fn range(dir: &Dir) -> Run {
    dir.scan(&["--range", "main..HEAD"])
}

#[test]
fn hundreds_of_files_that_moved_and_changed() {
    let dir = repository(300);
    dir.git(&["mv", "old", "new"]);
    for at in 0..300 {
        edit(&dir, &format!("new/{at}.env"), &"# another line\n".repeat(9));
    }
    dir.git(&["add", "-A"]);
    let run = dir.scan(&["--staged"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.report().findings.len(), 300);
    commit(&dir, "move");
    assert_eq!(range(&dir).code, 0);
}

#[test]
fn one_removed_file_answers_for_one_new_file() {
    let mut dir = repository(1);
    dir.git(&["mv", "old/0.env", "a.env"]);
    edit(&dir, "a.env", "# edited\n");
    dir.git(&["add", "-A"]);
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    std::fs::copy(dir.join("a.env"), dir.join("b.env")).unwrap();
    dir.git(&["add", "-A"]);
    let run = dir.scan(&["--staged"]);
    assert_eq!(run.code, 1);
    let report = run.report();
    let mut statuses: Vec<Status> = report.findings[0].locations.iter().map(|at| at.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [Status::Existing, Status::Open]);
    dir.git(&["rm", "-qf", "b.env"]);
    edit(&dir, "a.env", "MORE=1\n");
    let new = dir.forge.make("whsec").unwrap();
    edit(&dir, "a.env", &format!("W={new}\n"));
    dir.git(&["add", "-A"]);
    let report = dir.scan(&["--staged"]).report();
    let open: Vec<&str> =
        report.findings.iter().filter(|it| it.status == Status::Open).map(|it| it.rule.as_str()).collect();
    assert_eq!(open, ["webhook-secret"]);
}

#[test]
fn a_file_that_moves_more_than_once() {
    let dir = repository(1);
    dir.git(&["mv", "old/0.env", "a.env"]);
    commit(&dir, "move");
    edit(&dir, "a.env", "# edited\n");
    commit(&dir, "edit");
    assert_eq!(range(&dir).code, 0);
    dir.git(&["mv", "a.env", "b.env"]);
    edit(&dir, "b.env", "# again\n");
    commit(&dir, "move again");
    let run = range(&dir);
    assert_eq!(run.code, 0, "{}", run.stdout);
    dir.write_bytes("c.env", &std::fs::read(dir.join("b.env")).unwrap());
    commit(&dir, "copy");
    assert_eq!(range(&dir).code, 1);
}

#[test]
fn a_change_that_is_taken_back_is_not_new() {
    let dir = repository(1);
    let text = std::fs::read(dir.join("old/0.env")).unwrap();
    dir.write_bytes("old/0.env", b"A=0\n");
    commit(&dir, "remove");
    dir.write_bytes("old/0.env", &text);
    commit(&dir, "take back");
    let run = range(&dir);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.report().findings[0].exposure.as_ref().unwrap().in_head);
}

#[test]
fn code_that_moves() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    let code = "import { PUBLIC_STRIPE_SECRET_KEY } from '$env/static/public'\n";
    dir.write("package.json", "{\"dependencies\":{\"@sveltejs/kit\":\"2\"}}\n");
    dir.write("src/pay.ts", code);
    commit(&dir, "first");
    dir.git(&["mv", "src/pay.ts", "src/paid.ts"]);
    edit(&dir, "src/paid.ts", "// moved\n");
    dir.git(&["add", "-A"]);
    let run = dir.scan(&["--staged"]);
    assert_eq!((run.code, run.report().findings.len()), (0, 1), "{}", run.stdout);
    dir.write("src/more.ts", code);
    dir.git(&["add", "-A"]);
    assert_eq!(dir.scan(&["--staged"]).code, 1);
}
