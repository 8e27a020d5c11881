//! Fleets of broken repositories, lists and plans from strangers, and workers that get into each other's way.

use std::process::Stdio;

use crate::fleet::{commit, files, fleet, merge, plan, whole, work};
use crate::support::{Dir, git, program, run_in};

#[test]
fn hostile_input_is_refused() {
    let dir = fleet(1);
    let injected = dir.join("injected");
    for line in [
        format!("--upload-pack=touch {}", injected.display()),
        format!("ext::sh -c 'touch {}'", injected.display()),
        "https://user:secret-pass@example.com/a".to_owned(),
        "https://secret-pass@example.com/a".to_owned(),
        "ssh://git:secret-pass@example.com/a".to_owned(),
        "https://example.com/a?token=secret-pass".to_owned(),
        "HTTPS://user:secret-pass@example.com/a".to_owned(),
        "https:/user:secret-pass@example.com/a".to_owned(),
        "git:secret-pass@example.com:a".to_owned(),
        "ssh://-oProxyCommand=x/a".to_owned(),
        "git@host:-x".to_owned(),
        "a\u{1b}[31m".to_owned(),
    ] {
        let run = run_in(dir.path(), &["fleet", "plan"], line.as_bytes());
        assert!(run.code == 2 && !run.stderr.contains('\u{1b}'), "{line}: {}", run.stderr);
        assert!(!run.stderr.contains("secret-pass"), "{}", run.stderr);
    }
    let key = Dir::new().forge.make("sk_live").unwrap();
    let run = run_in(dir.path(), &["fleet", "plan"], format!("https://h/{key}").as_bytes());
    assert!(run.code == 2 && run.stderr.contains("holds a key") && !run.stderr.contains(&key), "{}", run.stderr);
    plan(&dir, 1);
    let text = std::fs::read_to_string(dir.join("plan.json")).unwrap();
    for (from, to) in
        [("\"repositories\": [", "\"repositories\": [\"--upload-pack=x\","), ("\"id\": \"", "\"id\": \"../")]
    {
        dir.write_bytes("plan.json", text.replace(from, to).as_bytes());
        let run = work(&dir, 0);
        assert!(run.code == 2 && !dir.join("out").exists(), "{}", run.stderr);
    }
    dir.write_bytes("plan.json", text.as_bytes());
    assert_eq!(work(&dir, 7).code, 2);
    assert_eq!(work(&dir, 0).code, 1);
    let manifest = files(&dir).into_iter().find(|name| name.contains("manifest")).unwrap();
    let path = dir.join("out").join(manifest);
    let good = std::fs::read_to_string(&path).unwrap();
    let report = good.split("\"report\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (from, to) in [(report.as_str(), "../../../etc/passwd"), ("\"milliseconds\"", "\"more\""), ("{", "[")] {
        std::fs::write(&path, good.replacen(from, to, 1)).unwrap();
        let run = merge(&dir, &[]);
        assert!(run.code == 3 && run.stderr.contains("manifest cannot be used"), "{}", run.stderr);
    }
    assert!(!injected.exists());
}

#[test]
fn a_directory_of_all_kinds_of_repositories() {
    let dir = fleet(3);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, dir.join(name)).unwrap();
    git(&dir.join("r/0"), &["worktree", "add", "-q", "-b", "other", "../-linked"]);
    std::fs::rename(dir.join("r/2"), dir.join("elsewhere")).unwrap();
    link("../elsewhere", "r/link");
    link("..", "r/loop");
    link("nowhere", "r/dangling");
    let deep = "r/group/1/2/3/4/5/6/7/8/9/deep";
    dir.git(&["init", "-q", deep]);
    commit(&dir, deep);
    dir.git(&["init", "-q", "r/broken"]);
    std::fs::remove_dir_all(dir.join("r/broken/.git/objects")).unwrap();
    // A directory that has lost its own repository may hold others.
    std::fs::create_dir_all(dir.join("r/stray/.git")).unwrap();
    dir.git(&["init", "-q", "r/stray/inner"]);
    let planned = plan(&dir, 1);
    let names = planned["units"][0]["repositories"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let top = format!("{}/", dir.path().canonicalize().unwrap().display());
    let names: Vec<&str> = names.map(|name| name.strip_prefix(&top).unwrap()).collect();
    assert_eq!(names, ["elsewhere", "r/0", "r/1", "r/broken", deep, "r/stray", "r/stray/inner"]);
    let run = work(&dir, 0);
    assert!(run.code == 1 && run.stderr.contains("incomplete") && run.stderr.contains("r/broken"), "{}", run.stderr);
}

#[test]
fn several_workers_on_one_unit() {
    let mut dir = fleet(4);
    plan(&dir, 1);
    for round in 0..5 {
        let start = || {
            let mut worker = program();
            worker.current_dir(dir.path()).args(["fleet", "work", "plan.json", "--unit", "0", "--out", "out"]);
            worker.stderr(Stdio::piped()).spawn().unwrap()
        };
        for child in [start(), start(), start()] {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(merge(&dir, &[]).stdout, whole(&dir, 4).stdout, "round {round}");
        let made: Vec<String> = files(&dir).into_iter().filter(|name| name != "audit.jsonl").collect();
        assert_eq!(made.len(), 3, "{made:?}");
        dir.write(&format!("r/1/{round}.env"), "KEY={{sk_live}}\n");
        commit(&dir, "r/1");
    }
}
