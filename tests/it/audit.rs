//! Audits over time: authors, what was rolled, what became of the findings of an earlier report, totals.

use pinstripe::model::{DiffKind, Report, Status};

use crate::support::{Dir, Run, git};

fn commit(dir: &Dir, date: &str, author: &str) {
    dir.git(&["add", "-A", "-f"]);
    let dates = format!("{date}T12:00:00Z");
    let author = format!("--author={author}");
    let output = std::process::Command::new("git")
        .current_dir(dir.path())
        .envs([("GIT_AUTHOR_DATE", &dates), ("GIT_COMMITTER_DATE", &dates)])
        .args(["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "work", &author])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A key that was in HEAD and is in history only, and one that stays.
fn audited() -> (Dir, String) {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write(".mailmap", "Ada Lovelace <ada@new.example> <ada@old.example>\n");
    let gone = dir.forge.make("sk_live").unwrap();
    dir.write_bytes("old.env", format!("K={gone}\n").as_bytes());
    commit(&dir, "2026-01-01", "ada <ada@old.example>");
    std::fs::remove_file(dir.join("old.env")).unwrap();
    dir.write("stays.env", "K={{rk_live}}\n");
    commit(&dir, "2026-01-11", "Bob <bob@example.com>");
    (dir, gone)
}

fn status(report: &Report, rule: &str) -> Status {
    report.findings.iter().find(|finding| finding.rule == rule).unwrap().status
}

#[test]
fn authors_are_named_as_the_mailmap_does_or_not_at_all() {
    let (dir, _) = audited();
    let author = |run: &Run| -> Vec<Option<String>> {
        let mut found: Vec<_> = run.report().findings.into_iter().filter(|it| it.rule != "policy-weakened").collect();
        found.sort_by(|a, b| a.rule.cmp(&b.rule));
        found.into_iter().map(|it| it.exposure.unwrap().introduced.unwrap().author).collect()
    };
    let oracle = dir.git(&["log", "--format=%aN <%aE>"]);
    let expected: Vec<Option<String>> = oracle.lines().map(|line| Some(line.to_owned())).collect();
    assert_eq!(expected[1].as_deref(), Some("Ada Lovelace <ada@new.example>"));
    assert_eq!(author(&dir.scan(&["--history"])), expected);
    let text = dir.run(&["scan", "--history"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("by Ada Lovelace"), "{text}");
    let without = dir.scan(&["--history", "--no-authors"]);
    assert_eq!(author(&without), [None, None]);
    assert!(!without.stdout.contains("Ada") && !without.stdout.contains("bob@"));
}

#[test]
fn what_was_rolled_counts_in_history_only() {
    let (dir, key) = audited();
    let saved = dir.scan(&["--history"]);
    dir.write_bytes("r.json", saved.stdout.as_bytes());
    let add = |more: &[&str]| dir.run(&[&["rolled", "add", "--by=ops", "--note=see #1"], more].concat());
    let last = &key[key.len() - 4..];
    let added = add(&[last, "--report=r.json", "--date=2026-01-21"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let twice = add(&[last, "--report=r.json"]);
    assert!(twice.code == 2 && twice.stderr.contains("is there already"), "{}", twice.stderr);
    for (arguments, words) in [
        (&["zzzz", "--report=r.json"][..], "no credential of the reports ends in zzzz"),
        (&["zz"], "expected a fingerprint"),
        (&["00000000000000000000000000000000", "--report=r.json"], "no report has"),
        (&["00000000000000000000000000000000", "--date=2999-01-01"], "is after today"),
    ] {
        let run = add(arguments);
        assert!(run.code == 2 && run.stderr.contains(words), "{}", run.stderr);
    }
    let listed = dir.run(&["rolled", "list"]).stdout;
    assert!(listed.contains("rolled on 2026-01-21 by ops: see #1"), "{listed}");
    assert!(!std::fs::read_to_string(dir.join("pinstripe.toml")).unwrap().contains(&key[20..40]));
    let run = dir.scan(&["--history"]);
    let report = run.report();
    assert_eq!((status(&report, "secret-live"), status(&report, "restricted-live")), (Status::Rolled, Status::Open));
    let finding = report.findings.iter().find(|finding| finding.rule == "secret-live").unwrap();
    let why = finding.locations[0].suppression.as_ref().unwrap();
    assert_eq!((why.source.as_str(), why.date.as_deref()), ("rolled", Some("2026-01-21")));
    assert_eq!(why.reason, "on 2026-01-21 by ops, 20 days after it was introduced: see #1");
    let text = dir.run(&["scan", "--history", "-v"]).stdout;
    assert!(text.contains("1 rolled") && text.contains("(rolled on 2026-01-21 by ops, 20 days"), "{text}");
    // Back in the tree it is as open as ever.
    dir.write_bytes("again.env", format!("K={key}\n").as_bytes());
    assert_eq!(status(&dir.scan(&["."]).report(), "secret-live"), Status::Open);
    dir.git(&["add", "-A"]);
    assert_eq!(status(&dir.scan(&["--staged"]).report(), "secret-live"), Status::Open);
    commit(&dir, "2026-02-01", "Bob <bob@example.com>");
    assert_eq!(status(&dir.scan(&["--history"]).report(), "secret-live"), Status::Open);
    let range = dir.scan(&["--range", "HEAD~1..HEAD"]).report();
    assert_eq!(status(&range, "secret-live"), Status::Open);
    assert!(
        range
            .findings
            .iter()
            .any(|it| it.rule == "policy-weakened" && it.message.contains("calls a credential rolled"))
    );
    let text = std::fs::read_to_string(dir.join("pinstripe.toml")).unwrap();
    dir.write_bytes("pinstripe.toml", text.replace("2026-01-21", "2999-01-21").as_bytes());
    let late = dir.scan(&["--history"]);
    assert!(late.code == 2 && late.stderr.contains("the date 2999-01-21 is after today"), "{}", late.stderr);
}

fn gone_is_told(table: &str, markdown: &str) {
    let row = table.lines().find(|row| row.contains("\"gone\"")).unwrap();
    assert!(
        row.contains("restricted-live") && row.contains("stays.env:1") && row.contains("removed from HEAD"),
        "{row}"
    );
    // Text after the list is no part of its last item.
    assert!(markdown.contains(": removed from HEAD\n\n"), "{markdown}");
}

#[test]
fn what_became_of_the_findings_of_an_earlier_report() {
    let (mut dir, key) = audited();
    let save = |dir: &Dir, name: &str, arguments: &[&str]| {
        let run = dir.scan(arguments);
        dir.write_bytes(name, run.stdout.as_bytes());
    };
    save(&dir, ".git/old.json", &["--history"]);
    std::fs::remove_file(dir.join("stays.env")).unwrap();
    dir.write_bytes("web/public/back.js", format!("stripe('{key}')\n").as_bytes());
    dir.write("new.env", "K={{sk_test}}\n");
    commit(&dir, "2026-02-01", "Bob <bob@example.com>");
    save(&dir, ".git/new.json", &["--history"]);
    let diff = |more: &[&str]| dir.run(&[&["diff", ".git/old.json", ".git/new.json"], more].concat());
    let run = diff(&["--format=json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.report();
    let compared = report.diff.clone().unwrap();
    let mut entries: Vec<_> = compared.entries.iter().map(|it| (it.kind, it.what.as_str(), it.rule.as_str())).collect();
    entries.sort_unstable();
    assert!(entries.contains(&(DiffKind::Gone, "removed from HEAD", "restricted-live")), "{entries:?}");
    assert!(entries.contains(&(DiffKind::Changed, "newly in HEAD", "secret-live")), "{entries:?}");
    assert!(entries.contains(&(DiffKind::Changed, "newly in the frontend", "secret-live")), "{entries:?}");
    assert_eq!(status(&report, "secret-test"), Status::Open);
    assert_eq!(
        (status(&report, "secret-live"), status(&report, "restricted-live")),
        (Status::Existing, Status::Existing)
    );
    assert_eq!(diff(&["--fail-on=critical"]).code, 0);
    gone_is_told(&diff(&["--format=csv"]).stdout, &diff(&["--format=markdown"]).stdout);
    let text = diff(&[]).stdout;
    assert!(text.contains("gone: restricted-live rk_live_…") && text.contains(": removed from HEAD"), "{text}");
    let same = dir.run(&["diff", ".git/new.json", ".git/new.json"]);
    assert!(same.code == 0 && same.stderr.contains("0 new"), "{}{}", same.stdout, same.stderr);
    for format in pinstripe::report::FORMATS {
        assert_eq!(diff(&["--format", format.name]).code, 1, "{}", format.name);
    }
    // A scan of another kind, of a part, with other options: nothing is called gone.
    std::fs::remove_file(dir.join("new.env")).unwrap();
    for (old, new, words) in [
        (&["--history"][..], &["."][..], "the kinds of target differ"),
        (&["."], &["web"], "only a part of it was scanned"),
        (&["."], &[".", "--no-archives"], "the options differ"),
    ] {
        dir.write("late.env", "K={{whsec}}\n");
        save(&dir, ".git/a.json", old);
        std::fs::remove_file(dir.join("late.env")).unwrap();
        save(&dir, ".git/b.json", new);
        let run = dir.run(&["diff", ".git/a.json", ".git/b.json", "--fail-on=critical"]);
        assert_eq!(run.code, 3, "{words}: {}{}", run.stdout, run.stderr);
        let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{}", run.stdout);
        assert!(text.contains(" in the earlier report and not looked for: scan its repository again"), "{text}");
    }
    save(&dir, ".git/a.json", &["."]);
    std::fs::remove_file(dir.join("web/public/back.js")).unwrap();
    save(&dir, ".git/b.json", &["."]);
    let run = dir.run(&["diff", ".git/a.json", ".git/b.json"]);
    assert!(run.code == 0 && run.stdout.contains(": removed\n"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn totals_where_there_is_more_than_one() {
    let mut dir = Dir::new();
    let shared = dir.forge.make("sk_test").unwrap();
    for name in ["api", "web"] {
        dir.git(&["init", "-q", name]);
        let lines = dir.forge.fill("A={{sk_live@one}}\nB={{rk_live}}\n");
        dir.write_bytes(&format!("{name}/x.env"), format!("{lines}C={shared}\n").as_bytes());
        dir.write(&format!("{name}/CODEOWNERS"), &format!("* @{name}\n"));
        git(&dir.join(name), &["add", "-A"]);
        git(&dir.join(name), &["commit", "-qm", "work"]);
    }
    let text = dir.run(&["scan", "--history", "api", "web"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "By repository: 3 api, 3 web.",
        "By owner: 3 @api, 3 @web.",
        "By rule: 2 restricted-live, 2 secret-live, 1 secret-test.",
        "Repositories that share one: 2 sk_test_…",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let markdown = dir.run(&["scan", "--history", "api", "web", "--format=markdown"]).stdout;
    assert!(markdown.contains("owned by `@api`"), "{markdown}");
    let rules = dir.run(&["rules", "list", "--format=json"]).stdout;
    let rules: serde_json::Value = serde_json::from_str(&rules).unwrap();
    assert!(rules["rules"].as_array().unwrap().iter().any(|rule| rule["id"] == "secret-live" && rule["kind"] == "key"));
}
