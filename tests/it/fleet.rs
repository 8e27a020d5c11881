//! Plans, workers and merges: units that are killed, missing, tried again, and the report that comes out in the end.

use std::process::Stdio;

use pinstripe::model::Report;
use serde_json::Value;

use crate::support::{Dir, Run, git, program};

/// Repositories with keys of their own, one that all share, and a bare one.
pub(crate) fn fleet(count: usize) -> Dir {
    let mut dir = Dir::new();
    let shared = dir.forge.make("sk_live").unwrap();
    for at in 0..count {
        let name = format!("r/{at}");
        dir.git(&["init", "-q", &name]);
        dir.write_bytes(&format!("{name}/README"), format!("number {at}\n").as_bytes());
        if at % 2 == 0 {
            dir.write_bytes(&format!("{name}/conf/.env"), format!("KEY={shared}\n").as_bytes());
        }
        if at % 3 == 0 {
            let own = dir.forge.make("rk_live").unwrap();
            dir.write_bytes(&format!("{name}/old.env"), format!("KEY={own}\n").as_bytes());
        }
        commit(&dir, &name);
        let _ = std::fs::remove_file(dir.join(&format!("{name}/old.env")));
        commit(&dir, &name);
    }
    dir
}

pub(crate) fn commit(dir: &Dir, name: &str) {
    let path = dir.join(name);
    git(&path, &["add", "-A", "-f"]);
    git(&path, &["commit", "-q", "--allow-empty", "-m", "work"]);
}

pub(crate) fn plan(dir: &Dir, units: usize) -> Value {
    let run = dir.run(&["fleet", "plan", "r", "--units", &units.to_string(), "-o", "plan.json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_slice(&std::fs::read(dir.join("plan.json")).unwrap()).unwrap()
}

pub(crate) fn work(dir: &Dir, unit: usize) -> Run {
    dir.run(&["fleet", "work", "plan.json", "--unit", &unit.to_string(), "--out", "out"])
}

pub(crate) fn merge(dir: &Dir, more: &[&str]) -> Run {
    dir.run(&[&["fleet", "merge", "out", "--format", "json"], more].concat())
}

/// The report of one process on all repositories.
pub(crate) fn whole(dir: &Dir, count: usize) -> Run {
    let names: Vec<String> = (0..count).map(|at| format!("r/{at}")).collect();
    let names = names.iter().map(String::as_str);
    dir.run(&["scan", "--history", "--format", "json"].into_iter().chain(names).collect::<Vec<_>>())
}

pub(crate) fn files(dir: &Dir) -> Vec<String> {
    let names = std::fs::read_dir(dir.join("out")).unwrap();
    let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".history");
    names.sort();
    names
}

#[test]
fn the_merge_of_units_is_the_report_of_one_process() {
    let dir = fleet(7);
    assert_eq!(plan(&dir, 3)["units"].as_array().unwrap().len(), 3);
    assert_eq!(plan(&dir, 3), plan(&dir, 3));
    for unit in 0..2 {
        let run = work(&dir, unit);
        assert!([0, 1].contains(&run.code), "{}", run.stderr);
    }
    let missing = merge(&dir, &[]);
    assert!(missing.code == 1 && missing.stderr.contains("1 of 3 units are missing"), "{}", missing.stderr);
    assert!(missing.stderr.contains("unit 2 ") && missing.stderr.contains("it has no result"), "{}", missing.stderr);
    let report = missing.report();
    assert!(!report.coverage.complete && report.repositories.unwrap().len() == 7);
    let quiet = merge(&dir, &["--exit-zero"]);
    assert_eq!(quiet.code, 0, "only findings: 1 beats 3");
    work(&dir, 2);
    let (merged, whole) = (merge(&dir, &[]), whole(&dir, 7));
    assert_eq!((merged.code, &merged.stdout), (whole.code, &whole.stdout), "{}", merged.stderr);
    for format in ["sarif", "csv", "markdown", "text"] {
        let of = |arguments: &[&str]| dir.run(&[arguments, &["--format", format]].concat()).stdout;
        let names: Vec<String> = (0..7).map(|at| format!("r/{at}")).collect();
        let scan: Vec<&str> = ["scan", "--history"].into_iter().chain(names.iter().map(String::as_str)).collect();
        assert_eq!(of(&["fleet", "merge", "out"]), of(&scan), "{format}");
    }
}

#[test]
fn an_equal_result_is_kept_and_a_change_is_scanned() {
    let mut dir = fleet(3);
    plan(&dir, 1);
    let first = work(&dir, 0);
    assert!(first.code == 1 && first.stderr.contains("3 repositories, complete"), "{}", first.stderr);
    let made = files(&dir);
    assert_eq!(made.len(), 3, "{made:?}");
    let again = work(&dir, 0);
    assert!(again.code == 1 && again.stderr.contains("nothing new"), "{}", again.stderr);
    assert_eq!(dir.run(&["fleet", "work", "plan.json", "--unit", "0", "--out", "out", "--exit-zero"]).code, 0);
    let changed = |dir: &Dir, more: &[&str]| {
        let arguments = ["fleet", "work", "plan.json", "--unit", "0", "--out", "out"];
        let run = dir.run(&[&arguments, more].concat());
        assert!(run.stderr.contains("complete"), "{more:?} {}", run.stderr);
        assert_eq!(files(dir).len(), 3, "an older report stayed");
        run.code
    };
    dir.write("r/1/new.env", "KEY={{sk_live}}\n");
    commit(&dir, "r/1");
    assert_eq!(changed(&dir, &[]), 1);
    git(&dir.join("r/2"), &["branch", "other"]);
    assert_eq!(changed(&dir, &[]), 1);
    let policy = "[[allow]]\nrule = \"secret-live\"\npaths = [\"conf/**\"]\nreason = \"known\"\n";
    dir.write("r/0/pinstripe.toml", policy);
    assert_eq!(changed(&dir, &[]), 1);
    assert!(work(&dir, 0).stderr.contains("nothing new"));
    assert_eq!(changed(&dir, &["--no-config"]), 1);
    let report = dir
        .join("out")
        .join(files(&dir).into_iter().find(|name| !name.contains("manifest") && *name != "plan.json").unwrap());
    std::fs::write(&report, "{}").unwrap();
    assert!(merge(&dir, &[]).stderr.contains("its report is damaged"));
    assert_eq!(changed(&dir, &[]), 1);
    assert_eq!(merge(&dir, &[]).stdout, whole(&dir, 3).stdout);
}

#[test]
fn a_killed_worker_leaves_nothing_half() {
    let dir = fleet(4);
    plan(&dir, 1);
    for milliseconds in [1, 5, 10, 20, 40, 80, 120, 160] {
        let mut child = program()
            .current_dir(dir.path())
            .args(["fleet", "work", "plan.json", "--unit", "0", "--out", "out"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
        if dir.join("out").exists() {
            let manifests = files(&dir).iter().filter(|name| name.contains("manifest")).count();
            let run = if dir.join("out/plan.json").exists() { merge(&dir, &[]) } else { continue };
            assert!(run.code == if manifests == 1 { 1 } else { 3 }, "{}", run.stderr);
            assert_eq!(manifests == 1, !run.stdout.is_empty());
        }
    }
    assert_eq!(work(&dir, 0).code, 1);
    assert_eq!(merge(&dir, &[]).stdout, whole(&dir, 4).stdout);
}

#[test]
fn an_interrupted_pool_keeps_what_is_done_and_goes_on_from_there() {
    let dir = fleet(6);
    plan(&dir, 6);
    let run = ["fleet", "run", "plan.json", "--out", "out", "--jobs", "1"];
    let mut child = program().current_dir(dir.path()).args(run).stderr(Stdio::piped()).spawn().unwrap();
    let manifests = || {
        let names = std::fs::read_dir(dir.join("out")).into_iter().flatten().map(|file| file.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains("manifest")).count()
    };
    while manifests() == 0 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let (code, stderr) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
    let is_interrupted = code == Some(130) && stderr.contains("run again") && manifests() < 6;
    assert!(sent.success() && (is_interrupted || code == Some(1)), "{code:?} {stderr}");
    let done = manifests();
    let again = dir.run(&run);
    assert_eq!((again.code, again.stderr.matches("nothing new").count()), (1, done), "{}", again.stderr);
    assert_eq!(merge(&dir, &[]).stdout, whole(&dir, 6).stdout);
}

#[test]
fn all_units_in_a_pool_and_only_what_is_new_again() {
    let dir = fleet(6);
    plan(&dir, 4);
    let run = |more: &[&str]| dir.run(&[&["fleet", "run", "plan.json", "--out", "out", "--jobs", "2"], more].concat());
    let first = run(&[]);
    assert!(first.code == 1 && first.stderr.matches("complete").count() == 4, "{}", first.stderr);
    let again = run(&["--exit-zero"]);
    assert!(again.code == 0 && again.stderr.matches("nothing new").count() == 4, "{}", again.stderr);
    assert_eq!(merge(&dir, &[]).stdout, whole(&dir, 6).stdout);
    std::fs::remove_dir_all(dir.join("r/5")).unwrap();
    let lost = run(&["--exit-zero"]);
    assert!(lost.code == 3 && lost.stderr.contains("r/5"), "{}", lost.stderr);
    let merged = merge(&dir, &["--exit-zero"]);
    assert!(merged.stderr.contains("r/5") && !merged.report().coverage.complete, "{}", merged.stderr);
}

/// Runs a worker on a plan of URLs of files, which only tests may name.
fn remote(dir: &Dir, more: &[&str]) -> Run {
    let all =
        ["fleet", "work", "plan.json", "--unit", "0", "--out", "out", "--mirrors", "mirrors", "--local-protocols"];
    dir.run(&[&all, more].concat())
}

#[test]
fn a_url_is_mirrored_fetched_and_what_it_lost_is_told() {
    let mut dir = fleet(1);
    let url = format!("file://{}/r/0", dir.path().display());
    dir.write_bytes("list", format!("# ours\n\n{url}\n").as_bytes());
    let refused = dir.run(&["fleet", "plan", "list"]);
    assert!(refused.code == 2 && refused.stderr.contains("line 3"), "{}", refused.stderr);
    let planned = dir.run(&["fleet", "plan", "list", "--local-protocols", "-o", "plan.json"]);
    assert!(planned.code == 0 && planned.stderr.contains("not here yet"), "{}", planned.stderr);
    assert_eq!(work(&dir, 0).code, 2, "the protocol is refused without the option");
    dir.write("hooks/post-checkout", "#!/bin/sh\ntouch ran\n");
    let first = remote(&dir, &[]);
    assert!(first.code == 1 && first.stderr.contains("complete"), "{}", first.stderr);
    assert!(remote(&dir, &[]).stderr.contains("nothing new"));
    let mirror = std::fs::read_dir(dir.join("mirrors")).unwrap().map(|entry| entry.unwrap().path());
    let mirror = mirror.into_iter().find(|path| path.join("HEAD").exists()).unwrap();
    assert!(!mirror.join("hooks").exists(), "no template");
    dir.write("r/0/new.env", "KEY={{sk_live}}\n");
    commit(&dir, "r/0");
    assert!(remote(&dir, &[]).stderr.contains("3 findings"), "what is new is fetched");
    git(&dir.join("r/0"), &["reset", "-q", "--hard", "HEAD~1"]);
    assert!(remote(&dir, &[]).stderr.contains("3 findings"), "a mirror keeps what was pushed away");
    git(&mirror, &["gc", "-q", "--prune=now"]);
    let lost = remote(&dir, &[]);
    assert!(lost.stderr.contains("has lost secret-live") && lost.stderr.contains("2 findings"), "{}", lost.stderr);
    assert!(merge(&dir, &["--local-protocols"]).stderr.contains("has lost secret-live"));
    std::fs::rename(dir.join("r"), dir.join("away")).unwrap();
    let gone = remote(&dir, &[]);
    assert!(
        gone.code == 1 && gone.stderr.contains("incomplete, 2 findings"),
        "the mirror is read as it is: {}",
        gone.stderr
    );
}

#[test]
fn a_lock_or_a_network_that_fails_is_to_be_tried_again() {
    let dir = fleet(1);
    let url = format!("file://{}/r/0", dir.path().display());
    dir.write_bytes("list", url.as_bytes());
    dir.run(&["fleet", "plan", "list", "--local-protocols", "-o", "plan.json"]);
    assert_eq!(remote(&dir, &[]).code, 1);
    let locks = std::fs::read_dir(dir.join("mirrors")).unwrap().map(|entry| entry.unwrap().path());
    let lock = locks.into_iter().find(|path| path.extension().is_some_and(|it| it == "lock")).unwrap();
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let busy = remote(&dir, &["--exit-zero"]);
    assert!(busy.code == 75 && busy.stderr.contains("another worker"), "{}", busy.stderr);
    drop(held);
    assert_eq!(remote(&dir, &[]).code, 1);
    dir.write_bytes("list", b"http://127.0.0.1:1/a/b\n");
    dir.run(&["fleet", "plan", "list", "--local-protocols", "-o", "plan.json"]);
    let refused = remote(&dir, &[]);
    assert!(refused.code == 75, "{}", refused.stderr);
}

#[test]
fn lines_for_queries_and_what_is_new_or_gone() {
    let mut dir = fleet(4);
    plan(&dir, 2);
    dir.run(&["fleet", "run", "plan.json", "--out", "out"]);
    let first = merge(&dir, &["--output", "json=last.json", "--output", "sarif=all.sarif"]);
    assert!(first.code == 1 && dir.join("all.sarif").exists(), "{}", first.stderr);
    dir.write("r/1/new.env", "KEY={{sk_live}}\n");
    commit(&dir, "r/1");
    std::fs::remove_dir_all(dir.join("r/3/.git")).unwrap();
    dir.git(&["init", "-q", "r/3"]);
    commit(&dir, "r/3");
    dir.run(&["fleet", "run", "plan.json", "--out", "out"]);
    let second = merge(&dir, &["--previous", "last.json"]);
    assert!(second.stderr.contains("1 new and 1 gone"), "{}", second.stderr);
    assert!(second.stderr.contains("r/3 has lost restricted-live"), "{}", second.stderr);
    let text = std::fs::read_to_string(dir.join("out/audit.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    assert_eq!((of("repository").len(), of("gone").len()), (4, 1));
    let report: Report = second.report();
    let shared = report.findings.iter().find(|finding| finding.exposures.len() == 2).unwrap();
    let shared = of("credential").into_iter().filter(|line| line["fingerprint"] == shared.fingerprint.to_string());
    let shared: Vec<_> = shared.map(|line| (line["repository"].as_str().unwrap(), &line["change"])).collect();
    assert_eq!(shared, [("0", &Value::from("same")), ("2", &Value::from("same"))]);
    assert_eq!(of("credential").iter().filter(|line| line["change"] == "new").count(), 1);
}
