//! One credential in several places, versions and repositories: which of them a report names first, and how often.

use pinstripe::model::{Finding, Reach, Report, Severity, Status};

use crate::support::{Dir, git};

fn commit(dir: &Dir, repository: &str, date: &str, message: &str) {
    let path = dir.join(repository);
    git(&path, &["add", "-A", "-f"]);
    let dates = format!("{date}T12:00:00Z");
    let output = std::process::Command::new("git")
        .current_dir(&path)
        .envs([("GIT_AUTHOR_DATE", &dates), ("GIT_COMMITTER_DATE", &dates)])
        .args(["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", message])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn only<'a>(report: &'a Report, rule: &str) -> &'a Finding {
    let found: Vec<_> = report.findings.iter().filter(|finding| finding.rule == rule).collect();
    assert_eq!(found.len(), 1, "{report:#?}");
    found[0]
}

#[test]
fn a_place_is_listed_once_in_its_most_exposed_and_latest_version() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "r"]);
    let key = dir.forge.make("sk_live").unwrap();
    for day in 1..=3 {
        dir.write_bytes("r/z/gone.env", format!("{}K={key}\n", "#\n".repeat(day)).as_bytes());
        dir.write_bytes("r/web/app.env", format!("{}K={key}\nL={key}\n", "#\n".repeat(day)).as_bytes());
        dir.write_bytes("r/a/test/x.env", format!("K={key}\n").as_bytes());
        commit(&dir, "r", &format!("2026-01-0{day}"), "work");
    }
    std::fs::remove_file(dir.join("r/z/gone.env")).unwrap();
    commit(&dir, "r", "2026-01-04", "remove");
    let run = dir.scan(&["--history", "r"]);
    let report = run.report();
    let finding = only(&report, "secret-live");
    let places: Vec<_> = finding.locations.iter().map(|at| (&*at.path, at.line, at.reach, at.versions)).collect();
    assert_eq!(
        places,
        [
            ("web/app.env", 4, Reach::Head, 3),
            ("web/app.env", 5, Reach::Head, 3),
            ("a/test/x.env", 1, Reach::Head, 0),
            ("z/gone.env", 4, Reach::Ref, 3),
        ]
    );
    let text = dir.run(&["scan", "--history", "r"]).stdout;
    assert!(text.contains("--> web/app.env:4:3") && text.contains("×3 versions"), "{text}");
    let range = dir.join("r");
    let base = git(&range, &["rev-list", "--max-parents=0", "HEAD"]);
    let run =
        crate::support::run_in(&range, &["scan", "--format=json", "--range", &format!("{}..HEAD", base.trim())], b"");
    let report = run.report();
    let finding = only(&report, "secret-live");
    let gone: Vec<_> = finding.locations.iter().filter(|at| at.path == "z/gone.env").collect();
    assert!(gone.len() == 1 && gone[0].versions == 2, "{gone:#?}");
    assert_eq!(report.repositories.as_ref().map(Vec::len), Some(1));
}

/// Two repositories that share a key, and one with a key of its own in a commit message.
fn shared() -> Dir {
    let mut dir = Dir::new();
    let (key, other) = (dir.forge.make("sk_live").unwrap(), dir.forge.make("rk_live").unwrap());
    for (name, from) in [("api", "2025-03-01"), ("web", "2024-01-01")] {
        dir.git(&["init", "-q", name]);
        dir.write_bytes(&format!("{name}/conf/live.env"), format!("K={key}\n").as_bytes());
        commit(&dir, name, from, "first");
    }
    std::fs::remove_file(dir.join("web/conf/live.env")).unwrap();
    commit(&dir, "web", "2024-01-11", &format!("use {other}"));
    git(&dir.join("web"), &["remote", "add", "origin", "https://bob:pass@example.com/acme/web.git?x=1"]);
    dir
}

#[test]
fn each_repository_has_its_exposure_and_every_place_its_repository() {
    let dir = shared();
    let run = dir.scan(&["--history", "web", "api"]);
    assert_eq!(run.stdout, dir.scan(&["--history", "api", "web"]).stdout, "the order of the arguments matters");
    let report = run.report();
    let repositories = report.repositories.clone().unwrap();
    let ids: Vec<_> = repositories.iter().map(|repository| (&*repository.id, repository.remote.as_deref())).collect();
    assert_eq!(ids, [("api", None), ("web", Some("https://example.com/acme/web.git"))]);
    assert_eq!(repositories[0].head.as_deref(), Some(git(&dir.join("api"), &["rev-parse", "HEAD"]).trim()));
    let finding = only(&report, "secret-live");
    let places: Vec<_> = finding.locations.iter().map(|at| (&*at.path, at.repository.as_deref())).collect();
    assert_eq!(places, [("api/conf/live.env", Some("api")), ("web/conf/live.env", Some("web"))]);
    let exposures: Vec<_> = finding
        .exposures
        .iter()
        .map(|it| {
            let from = it.introduced.as_ref().map(|at| &at.date[..10]);
            (it.repository.as_deref().unwrap(), from, it.in_head, it.days)
        })
        .collect();
    assert_eq!(exposures, [("api", Some("2025-03-01"), true, Some(0)), ("web", Some("2024-01-01"), false, Some(10))]);
    assert_eq!(finding.exposure.as_ref(), Some(&finding.exposures[0]));
    let message = only(&report, "restricted-live");
    assert_eq!(message.locations[0].repository.as_deref(), Some("web"));
    let text = dir.run(&["scan", "--history", "web", "api"]).stdout;
    assert!(text.contains(" in web:1:5") && text.contains("api: in HEAD since 2025-03-01"), "{text}");
    assert!(text.contains("of 2 repositories"), "{text}");
    let alone = dir.scan(&["--history", "web"]).report();
    assert!(only(&alone, "secret-live").exposures.is_empty() && alone.findings[0].locations[0].repository.is_none());
}

#[test]
fn each_repository_is_judged_by_its_own_policy_and_baseline() {
    let mut dir = shared();
    let allow = "[[allow]]\nrule = \"secret-live\"\npaths = [\"conf/*.env\"]\nreason = \"known\"\n";
    dir.write("api/pinstripe.toml", allow);
    let statuses = |dir: &Dir| -> Vec<Status> {
        let report = dir.scan(&["--history", "web", "api"]).report();
        only(&report, "secret-live").locations.iter().map(|at| at.status).collect()
    };
    assert_eq!(statuses(&dir), [Status::Suppressed, Status::Open]);
    let fingerprint = only(&dir.scan(&["--history", "web"]).report(), "secret-live").fingerprint;
    let entry = format!("{{\"rule\":\"secret-live\",\"fingerprint\":\"{fingerprint}\",\"reason\":\"old\"}}");
    dir.write(
        "web/.pinstripe-baseline.json",
        &format!("{{\"schema\":\"pinstripe.baseline/1\",\"entries\":[{entry}]}}"),
    );
    assert_eq!(statuses(&dir), [Status::Suppressed, Status::Baselined]);
    dir.write("web/pinstripe.toml", "[severity]\nno-such-rule = \"low\"\n");
    let run = dir.scan(&["--history", "web", "api"]);
    assert!(run.code == 2 && run.stderr.contains("web/pinstripe.toml"), "{}", run.stderr);
    dir.write("web/pinstripe.toml", "[rules]\ndirectories = [\"own\"]\n");
    dir.write(
        "web/own/acme.toml",
        "title = \"Token\"\nseverity = \"high\"\nexamples = ['acme_tok_abcdefghijkl']\n[detect]\nliterals = ['acme_tok_']\n\
         pattern = 'acme_tok_[a-z]{12}'\ncheck = 'any'\n[help]\nwhat = 'w'\nwhy = 'y'\nfix = 'f'\n",
    );
    let run = dir.scan(&["--history", "web", "api"]);
    assert!(run.stderr.contains("web/pinstripe.toml: its own rules are not used"), "{}", run.stderr);
}

#[test]
fn a_policy_sets_severity_and_purpose_in_its_own_repository_alone() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_test").unwrap();
    for name in ["api", "web"] {
        dir.git(&["init", "-q", name]);
        dir.write_bytes(&format!("{name}/src/pay.rb"), format!("K={key}\n").as_bytes());
    }
    let allow = "[[allow]]\nrule = \"secret-test\"\npaths = [\"src/**\"]\nreason = \"known\"\n";
    dir.write("api/pinstripe.toml", &format!("{allow}[severity]\nsecret-test = \"high\"\n"));
    dir.write("web/pinstripe.toml", "[[context]]\npaths = [\"src/**\"]\nis = [\"test\"]\n");
    for name in ["api", "web"] {
        commit(&dir, name, "2026-01-01", "work");
    }
    for arguments in [&["web", "api"][..], &["--history", "web", "api"], &["api/src", "web"]] {
        let run = dir.scan(arguments);
        let report = run.report();
        let finding = only(&report, "secret-test");
        let places: Vec<_> = finding.locations.iter().map(|at| (&*at.path, at.status, at.context.as_slice())).collect();
        let expected = [
            ("api/src/pay.rb", Status::Suppressed, &[pinstripe::model::Context::Server][..]),
            ("web/src/pay.rb", Status::Open, &[pinstripe::model::Context::Test]),
        ];
        assert_eq!(
            (places.as_slice(), finding.severity, finding.status),
            (&expected[..], Severity::High, Status::Open)
        );
        let scanned = ["--history"].contains(&arguments[0]);
        let ids: Vec<_> = report.repositories.unwrap().into_iter().map(|known| (known.id, known.coverage)).collect();
        assert!(ids[0].0 == "api" && ids[1].0 == "web" && ids.iter().all(|(_, read)| read.is_some()));
        let paths: &[&str] = if scanned {
            &[]
        } else if arguments[0] == "api/src" {
            &["api/src", "web"]
        } else {
            &["api", "web"]
        };
        assert_eq!(report.options.paths, paths);
    }
}

/// Directories whose names differ in bytes that are no text are two repositories, in one scan and in a merge.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_stay_apart() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut dir = Dir::new();
    let names = [&b"r\xff"[..], b"r\xfe", "r\u{fffd}".as_bytes()].map(std::ffi::OsStr::from_bytes);
    let scan = |dir: &Dir, at: &[&std::ffi::OsStr], output: &str| {
        let mut command = crate::support::program();
        command.current_dir(dir.path()).args(["scan", "--history", "-q", "--output", output]).args(at);
        assert_eq!(command.output().unwrap().status.code(), Some(1));
    };
    for name in names {
        let key = dir.forge.make("sk_live").unwrap();
        let path = dir.path().join(name);
        std::fs::create_dir(&path).unwrap();
        git(&path, &["init", "-q"]);
        std::fs::write(path.join(std::ffi::OsStr::from_bytes(b"\xf0.env")), format!("K={key}\n")).unwrap();
        git(&path, &["add", "-A"]);
        git(&path, &["commit", "-qm", "work"]);
    }
    scan(&dir, &names, "json=whole.json");
    names.iter().enumerate().for_each(|(at, name)| scan(&dir, &[name], &format!("json=part{at}.json")));
    let merged = dir.run(&["report", "part0.json", "part1.json", "part2.json", "--format=json"]);
    let whole: Report = serde_json::from_slice(&std::fs::read(dir.join("whole.json")).unwrap()).unwrap();
    for report in [merged.report(), whole] {
        let ids: Vec<&str> = report.repositories.iter().flatten().map(|known| known.id.as_str()).collect();
        assert_eq!(ids, ["r%FE", "r%FF", "r\u{fffd}"]);
        assert_eq!(report.findings.len(), 3);
        assert!(report.findings.iter().all(|finding| finding.exposures.len() == 1));
    }
}
