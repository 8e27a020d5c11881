//! Policy files: who may allow what, and what a change cannot allow itself.

use pinstripe::model::Status;

use crate::support::{Dir, Run};

fn repository() -> Dir {
    let dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    dir
}

fn statuses(run: &Run) -> Vec<(String, Status)> {
    run.report().findings.into_iter().map(|finding| (finding.rule, finding.status)).collect()
}

#[test]
fn the_version_in_force_is_that_of_what_is_scanned() {
    let mut dir = repository();
    dir.write("a.py", "key = '{{sk_live}}'\n");
    assert_eq!(dir.run(&["baseline", "create"]).code, 0);
    // On disk it counts; the index and HEAD do not have it yet.
    let run = dir.scan(&["."]);
    assert_eq!((run.code, statuses(&run)), (0, vec![("secret-live".to_owned(), Status::Baselined)]));
    dir.git(&["add", "a.py"]);
    assert_eq!(dir.scan(&["--staged"]).code, 1);
    dir.git(&["add", "."]);
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    std::fs::remove_file(dir.join(".pinstripe-baseline.json")).unwrap();
    assert_eq!(dir.scan(&["--staged"]).code, 0);
    assert_eq!(dir.scan(&["."]).code, 1);
    dir.git(&["checkout", "-q", "--", "."]);
    for flag in [&["--no-config"][..], &["--policy-ref", "HEAD"][..]] {
        let run = dir.scan(&[flag, &["."]].concat());
        assert_ne!(run.code, 0, "{flag:?}");
    }
    dir.git(&["commit", "-qm", "one"]);
    assert_eq!(dir.scan(&["--policy-ref", "HEAD", "."]).code, 0);
    assert_eq!(dir.scan(&["--no-config", "."]).code, 1);
}

#[test]
fn allowed_places_in_a_history_do_not_crowd_out_one_that_is_not() {
    let mut dir = repository();
    dir.write("pinstripe.toml", "[[allow]]\nrule = \"*\"\npaths = [\"tests/**\"]\nreason = \"made up\"\n");
    let line = dir.forge.fill("STRIPE={{sk_live}}\n");
    (0..40).for_each(|at| drop(dir.write(&format!("tests/t{at:02}.env"), &line)));
    dir.write("z/prod.env", &line);
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", "many"]);
    let run = dir.scan(&["--history"]);
    assert_eq!((run.code, &statuses(&run)[0]), (1, &("secret-live".to_owned(), Status::Open)));
    assert_eq!(run.report().findings[0].locations[0].path, "z/prod.env");
    // The scan is not complete if nothing is open and not every place is told apart: here directories share a tree.
    let mut dir = repository();
    dir.write("pinstripe.toml", "[[allow]]\nrule = \"*\"\npaths = [\"tests/**\"]\nreason = \"made up\"\n");
    (0..40).for_each(|at| drop(dir.write(&format!("tests/t{at:02}/k.env"), &line)));
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", "tests"]);
    for (paths, code) in [("tests/**", 3), ("**", 0)] {
        let policy = format!("[[allow]]\nrule = \"*\"\npaths = [\"{paths}\"]\nreason = \"made up\"\n");
        dir.write("pinstripe.toml", &policy);
        let run = dir.scan(&["--history"]);
        assert_eq!((run.code, &statuses(&run)[0]), (code, &("secret-live".to_owned(), Status::Suppressed)));
    }
}

#[test]
fn a_pull_request_cannot_allow_itself() {
    let mut dir = repository();
    dir.write("pinstripe.toml", "[severity]\nsecret-test = \"high\"\n");
    dir.write("app.py", "x = 1\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    dir.git(&["checkout", "-qb", "pr"]);
    dir.write("app.py", "x = '{{sk_live}}' # pinstripe:allow secret-live trust me\n");
    dir.write("lib.py", "x = '{{rk_live}}' # gitleaks:allow\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "keys"]);
    dir.write("more.py", "x = '{{sk_live}}'\n");
    let before = dir.scan(&["--range", "main..pr"]);
    assert_eq!(before.code, 1);
    let open = |run: &Run| -> Vec<String> {
        let mut rules: Vec<String> = run
            .report()
            .findings
            .into_iter()
            .filter(|finding| finding.status == Status::Open)
            .map(|finding| finding.rule)
            .collect();
        rules.sort();
        rules
    };
    assert_eq!(open(&before), ["policy-weakened", "restricted-live", "secret-live"]);
    dir.write(
        "pinstripe.toml",
        "[severity]\nsecret-live = \"note\"\n[[allow]]\nrule = \"*\"\npaths = [\"**\"]\nreason = \"trust me\"\n",
    );
    std::fs::rename(dir.join("pinstripe.toml"), dir.join("kept")).unwrap();
    assert_eq!(dir.run(&["baseline", "create"]).code, 0);
    std::fs::rename(dir.join("kept"), dir.join("pinstripe.toml")).unwrap();
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "and the policy"]);
    let run = dir.scan(&["--range", "main..pr"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let report = run.report();
    for rule in ["secret-live", "restricted-live"] {
        assert!(report.findings.iter().any(|f| f.rule == rule && f.status == Status::Open), "{rule}");
    }
    let weakened: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.rule == "policy-weakened")
        .flat_map(|finding| finding.locations.iter().map(|at| at.path.clone()))
        .collect();
    for file in ["pinstripe.toml", ".pinstripe-baseline.json"] {
        assert!(weakened.iter().any(|path| path == file), "{weakened:?}");
    }
    // Once it is merged, it counts.
    dir.git(&["checkout", "-q", "main"]);
    dir.git(&["merge", "-q", "pr"]);
    dir.write("app.py", "y = 2\n");
    dir.git(&["commit", "-qam", "later"]);
    assert_eq!(dir.scan(&["--range", "main~1..main"]).code, 0);
}

#[test]
fn bad_policy_is_an_error_that_shows_no_key() {
    let mut dir = repository();
    dir.write("a.py", "x = 1\n");
    for text in [
        "[[allow]]\nrule = \"{{sk_live}}\"\nsurprise = \"{{sk_live}}\"\n",
        "allow = 3",
        "[severity]\nno-such-rule = \"low\"\n",
    ] {
        let filled = dir.write("pinstripe.toml", text);
        let run = dir.scan(&["."]);
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains("pinstripe.toml"), "{}", run.stderr);
        let tail: String = filled.chars().rev().skip(12).take(12).collect();
        assert!(
            !run.stderr.contains(&tail.chars().rev().collect::<String>()) || !text.contains("{{"),
            "{}",
            run.stderr
        );
    }
    std::fs::remove_file(dir.join("pinstripe.toml")).unwrap();
    dir.write(".pinstripe-baseline.json", "{\"schema\":\"pinstripe.baseline/1\",\"entries\":[{\"rule\":\"*\",\"fingerprint\":\"00000000000000000000000000000000\"}]}");
    assert_eq!(dir.scan(&["."]).code, 2);
}

#[test]
fn rules_of_the_repository_come_from_the_base_too() {
    let mut dir = repository();
    let rule = "title = \"House token\"\nseverity = \"high\"\nconfidence = \"high\"\n[detect]\nliterals = [\"house_token_\"]\npattern = \"house_token_[0-9]{12}\"\ncheck = \"any\"\n[help]\nwhat = \"a\"\nwhy = \"b\"\nfix = \"c\"\n";
    dir.write("pinstripe.toml", "[rules]\ndirectories = [\"tools/rules\"]\n");
    dir.write("tools/rules/house-token.toml", rule);
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    dir.git(&["checkout", "-qb", "pr"]);
    dir.write("a.py", "t = 'house_token_123456789012'\n");
    dir.write("tools/rules/house-token.toml", &rule.replace("{12}", "{99}"));
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "pr"]);
    let run = dir.scan(&["--range", "main..pr"]);
    let rules: Vec<String> = run.report().findings.into_iter().map(|finding| finding.rule).collect();
    assert!(rules.contains(&"house-token".to_owned()), "{rules:?} {}", run.stderr);
    assert!(rules.contains(&"policy-weakened".to_owned()), "{rules:?}");
}

#[test]
fn two_branches_add_to_the_baseline_and_git_merges_them() {
    let mut dir = repository();
    dir.write("0.py", "k = '{{sk_live}}'\n");
    assert_eq!(dir.run(&["baseline", "create"]).code, 0);
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    for side in ["one", "two"] {
        dir.git(&["checkout", "-qb", side, "main"]);
        for n in 0..4 {
            dir.write(&format!("{side}{n}.py"), "k = '{{sk_live}}'\n");
        }
        assert_eq!(dir.run(&["baseline", "update", "--reason", side]).code, 0);
        dir.git(&["add", "."]);
        dir.git(&["commit", "-qm", side]);
    }
    dir.git(&["merge", "-q", "-m", "both", "one"]);
    let run = dir.scan(&["."]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.report().findings.len(), 9);
    // An entry whose key is gone is stale, and is pruned on request.
    std::fs::remove_file(dir.join("one0.py")).unwrap();
    assert_eq!(dir.run(&["baseline", "stale"]).code, 1);
    assert_eq!(dir.run(&["baseline", "update", "--prune"]).code, 0);
    assert_eq!(dir.run(&["baseline", "stale"]).code, 0);
    let bytes = std::fs::read(dir.join(".pinstripe-baseline.json")).unwrap();
    assert_eq!(dir.run(&["baseline", "update"]).code, 0);
    assert_eq!(std::fs::read(dir.join(".pinstripe-baseline.json")).unwrap(), bytes);
    assert_eq!(dir.run(&["baseline", "create"]).code, 2);
}

#[test]
fn a_baseline_of_a_report_with_every_flag() {
    let mut dir = repository();
    dir.write("a.py", "k = '{{sk_live}}'\n");
    dir.write("tests/b.py", "k = '{{sk_test}}'\n");
    assert_eq!(dir.run(&["scan", "--output", "json=report.json", "."]).code, 1);
    // A key that came after the report is not in it.
    dir.write("c.py", "k = '{{rk_live}}'\n");
    let flags = ["--from", "report.json", "--file", "known.json", "--min-severity", "high"];
    let said = ["--reason", "rolled in May", "--expires", "2999-12-31"];
    let run = dir.run(&[&["baseline", "create"], &flags[..], &said[..]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("known.json: 1 added, 1 in all") && !dir.join(".pinstripe-baseline.json").exists());
    let text = std::fs::read_to_string(dir.join("known.json")).unwrap();
    assert!(text.contains("rolled in May") && text.contains("2999-12-31") && !text.contains("a.py"), "{text}");
    let found = statuses(&dir.scan(&["--baseline", "known.json", "."]));
    let of = |rule: &str| found.iter().find(|(id, _)| id == rule).map(|(_, status)| *status);
    assert_eq!(of("secret-live"), Some(Status::Baselined));
    assert_eq!((of("restricted-live"), of("secret-test")), (Some(Status::Open), Some(Status::Open)));
    // An entry that has run out does not count, and is prolonged only when asked for.
    dir.write_bytes("known.json", text.replace("2999", "2001").as_bytes());
    assert_eq!(dir.scan(&["--baseline", "known.json", "a.py"]).code, 1);
    let update = ["baseline", "update", "--file", "known.json", "--from", "report.json", "--min-severity", "high"];
    let run = dir.run(&update);
    assert!(run.code == 0 && run.stderr.contains("--expires DATE prolongs it"), "{}", run.stderr);
    assert_eq!(dir.run(&[&update[..], &["--expires", "2999-01-01"]].concat()).code, 0);
    assert_eq!(dir.scan(&["--baseline", "known.json", "a.py"]).code, 0);
    // A file that is no report, an invalid date and a repeated flag are errors.
    dir.write_bytes("text", b"no report");
    for wrong in
        [&["--from", "text"][..], &["--from", "none"], &["--expires", "soon"], &["--from", "report.json", "a.py"]]
    {
        let run = dir.run(&[&["baseline", "create", "--file", "new.json"], wrong].concat());
        assert!(run.code == 2 && !dir.join("new.json").exists(), "{wrong:?} {}", run.stderr);
    }
    assert_eq!(dir.run(&["baseline", "stale", "--file", "none.json"]).code, 2);
}

#[test]
fn what_gitleaks_was_told_is_imported_with_a_date() {
    let mut dir = repository();
    dir.write("conf/a.env", "STRIPE_A={{sk_live}}\n");
    assert_eq!(dir.run(&["baseline", "import"]).code, 2, "there is nothing to import");
    dir.write(".gitleaksignore", "conf/a.env:stripe-access-token:1\n");
    let run = dir.run(&["baseline", "import", "--file", "new.json", "--expires", "2999-12-31"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(std::fs::read_to_string(dir.join("new.json")).unwrap().contains("2999-12-31"));
    assert_eq!(dir.scan(&["--baseline", "new.json", "."]).code, 0);
    dir.write(".gitleaks.toml", "not [ toml");
    assert_eq!(dir.run(&["baseline", "import", "--file", "other.json"]).code, 2);
    assert!(!dir.join("other.json").exists());
}

#[test]
fn what_gitleaks_was_told_is_imported() {
    let mut dir = repository();
    dir.write("conf/a.env", "STRIPE_A={{sk_live}}\nSTRIPE_B={{rk_live}}\n");
    dir.write("old/c.env", "STRIPE_C={{sk_live}}\n");
    dir.write(".gitleaksignore", "conf/a.env:stripe-access-token:1\nconf/a.env:aws-access-token:1\n");
    dir.write(".gitleaks.toml", "[allowlist]\npaths = ['^old/']\n");
    let run = dir.run(&["baseline", "import"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("not carried over: .gitleaksignore: conf/a.env:aws-access-token:1"), "{}", run.stdout);
    assert_eq!(run.stdout.lines().filter(|line| line.starts_with("carried over")).count(), 2);
    let open: Vec<_> = statuses(&dir.scan(&["."])).into_iter().filter(|(_, status)| *status == Status::Open).collect();
    assert_eq!(open, [("restricted-live".to_owned(), Status::Open)]);
}
