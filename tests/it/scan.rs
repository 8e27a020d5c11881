//! The work tree: what is read, what is left out, and what the exit code says.

use pinstripe::model::{Origin, SkipClass, SkipReason};

use crate::support::{Dir, run_in};

#[test]
fn tracked_files_are_scanned_whatever_an_ignore_file_says() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("ignored/deep/tracked.env", "A={{sk_live}}\n");
    dir.git(&["add", "."]);
    dir.write(".gitignore", "ignored/\n*.log\n.env\nnode_modules\n");
    dir.write("ignored/deep/untracked.env", "B={{sk_live}}\n");
    dir.write(".env", "C={{sk_live}}\n");
    dir.write("node_modules/x/index.js", "D={{sk_live}}\n");
    dir.write(".hidden/config", "E={{sk_live}}\n");
    dir.write("sub/app.log", "F={{sk_live}}\n");
    let run = dir.scan(&["."]);
    let report = run.report();
    let mut paths: Vec<&str> = report.findings.iter().map(|finding| finding.locations[0].path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, [".hidden/config", "ignored/deep/tracked.env"]);
    assert_eq!(run.code, 1);
    assert!(report.coverage.complete);
    let ignored = report.coverage.skipped.iter().find(|skipped| skipped.reason == SkipReason::Ignored).unwrap();
    assert_eq!((ignored.count, ignored.class), (4, SkipClass::Policy));
    assert_eq!(ignored.examples, [".env", "ignored/deep/untracked.env", "node_modules/", "sub/app.log"]);
    assert_eq!(dir.scan(&["--no-ignore", "."]).report().findings.len(), 6);
    assert_eq!(dir.scan(&["node_modules"]).report().findings.len(), 1, "named build output is scanned");
    assert_eq!(dir.scan(&[".env"]).report().findings.len(), 1, "a named file is scanned");
}

#[test]
fn only_ignore_files_of_the_repository_count() {
    let mut dir = Dir::new();
    dir.write(".gitignore", "*\n");
    dir.write(".ignore", "*\n");
    dir.write("repo/a.env", "A={{sk_live}}\n");
    dir.write("repo/.ignore", "*\n");
    dir.git(&["init", "-q", "repo"]);
    assert_eq!(dir.scan(&["repo"]).report().findings.len(), 1);
    assert_eq!(dir.scan(&["."]).report().findings.len(), 1, "outside of a repository nothing is ignored");
}

#[test]
fn a_nested_repository_has_rules_of_its_own() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.git(&["init", "-q", "vendor/inner"]);
    dir.write(".gitignore", "*.env\n");
    dir.write("vendor/inner/a.env", "A={{sk_live}}\n");
    dir.write("vendor/inner/.gitignore", "b.env\n");
    dir.write("vendor/inner/b.env", "B={{sk_live}}\n");
    let report = dir.scan(&["."]).report();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].locations[0].path, "vendor/inner/a.env");
}

#[test]
fn paths_are_relative_to_the_work_tree_that_holds_them() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("apps/web/.env", "A={{sk_live}}\n");
    dir.write("apps/api/.env", "B={{sk_live}}\n");
    let report = dir.scan(&["apps/web", "apps/api/.env"]).report();
    let mut paths: Vec<&str> = report.findings.iter().map(|finding| finding.locations[0].path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["apps/api/.env", "apps/web/.env"]);
    let mut plain = Dir::new();
    plain.write("one/x/.env", "A={{sk_live}}\n");
    plain.write("one/y/.env", "A={{sk_live}}\n");
    let report = plain.scan(&["one/x", "one/y/.env"]).report();
    assert!(report.target.root.ends_with("/one"), "{}", report.target.root);
    let report = plain.scan(&["one/x/.env"]).report();
    assert_eq!(report.findings[0].locations[0].path, ".env");
}

#[test]
fn one_credential_is_one_finding() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    for name in ["a.env", "b/c.yml", "d.py"] {
        dir.write_bytes(name, format!("k={key}\n").as_bytes());
    }
    let report = dir.scan(&["."]).report();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].locations.len(), 3);
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let mut dir = Dir::new();
    for at in 0..200 {
        dir.write(&format!("d{}/f{at}.env", at % 7), "A={{sk_live}}\nB={{whsec}}\nC={{pk_test}}\n");
    }
    let one = dir.scan(&["--threads", "1", "."]).stdout;
    for threads in ["2", "8"] {
        assert_eq!(dir.scan(&["--threads", threads, "."]).stdout, one);
    }
}

#[test]
fn exit_codes() {
    let mut dir = Dir::new();
    dir.write("clean/a.txt", "nothing here\n");
    dir.write("low/.env.example", "A={{sk_test}}\n");
    dir.write("medium/.env", "A={{sk_test}}\n");
    dir.write("live/.env", "A={{sk_live}}\n");
    std::fs::create_dir(dir.join("empty")).unwrap();
    for (arguments, code) in [
        (vec!["scan", "clean"], 0),
        (vec!["scan", "empty"], 0),
        (vec!["scan", "low"], 0),
        (vec!["scan", "low", "--fail-on", "low"], 1),
        (vec!["scan", "medium"], 1),
        (vec!["scan", "medium", "--fail-on", "high"], 0),
        (vec!["scan", "live"], 1),
        (vec!["scan", "live", "--exit-zero"], 0),
        (vec!["scan", "absent"], 2),
        (vec!["scan", "live", "absent"], 1),
        (vec!["scan", "clean", "absent"], 3),
        (vec!["scan", "--no-such-flag"], 2),
        (vec!["scan", "--rules", "clean", "live"], 2),
        (vec!["scan", "--format", "xml"], 2),
        (vec!["scan", "--output", "json=no/such/dir/x.json", "live"], 2),
        (vec!["scan", "--output", "json=clean", "live"], 2),
        (vec!["--help"], 0),
        (vec!["--version"], 0),
    ] {
        let run = dir.run(&arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stderr.is_empty(), code != 2, "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_path_is_scanned_without_a_command() {
    let mut dir = Dir::new();
    dir.write("src/a.env", "K={{sk_live}}\n");
    dir.write("man", "no command\n");
    for paths in [&["."][..], &["src"], &["./man", "src/a.env"]] {
        let short = dir.run(&[paths, &["--format", "json"]].concat());
        let long = dir.run(&[&["scan"], paths, &["--format", "json"]].concat());
        assert_eq!((short.code, &short.stdout), (long.code, &long.stdout), "{paths:?}: {}", short.stderr);
        assert_eq!(short.code, 1);
    }
    assert!(dir.run(&["man"]).stdout.contains(".TH pinstripe"), "a command comes before a file of its name");
    let misspelt = dir.run(&["scna"]);
    assert!(misspelt.code == 2 && misspelt.stderr.contains("'scan'"), "{}", misspelt.stderr);
    let missing = dir.run(&["src/gone"]);
    assert!(missing.code == 2 && missing.stderr.contains("src/gone"), "{}", missing.stderr);
}

#[test]
fn a_dash_is_standard_input() {
    let mut dir = Dir::new();
    dir.write("-", "a file whose name is a dash\n");
    let text = dir.forge.fill("K={{sk_live}}\n");
    let expected = run_in(dir.path(), &["scan", "--stdin", "--stdin-name", "x", "--format", "json"], text.as_bytes());
    assert_eq!(expected.code, 1);
    for arguments in [&["scan", "-"][..], &["-"]] {
        let run =
            run_in(dir.path(), &[arguments, &["--stdin-name", "x", "--format", "json"]].concat(), text.as_bytes());
        assert_eq!((run.code, &run.stdout), (1, &expected.stdout), "{}", run.stderr);
    }
    assert_eq!(dir.run(&["scan", "./-"]).code, 0);
    for wrong in
        [&["-", "."][..], &["--history", "-"], &["--staged", "-"], &["--stdin", "-"], &["--stdin-name", "x", "."]]
    {
        let run = run_in(dir.path(), &[&["scan"], wrong].concat(), text.as_bytes());
        assert_eq!((run.code, &*run.stdout), (2, ""), "{wrong:?}: {}", run.stderr);
    }
}

#[test]
fn an_output_file_is_whole_or_absent() {
    let mut dir = Dir::new();
    dir.write("live/.env", "A={{sk_live}}\n");
    let run = dir.run(&["scan", "live", "--output", "json=out.json", "--output", "text=out.txt", "-q"]);
    assert_eq!(run.code, 1);
    let text = std::fs::read_to_string(dir.join("out.json")).unwrap();
    let report: pinstripe::model::Report = serde_json::from_str(&text).unwrap();
    assert_eq!(report.findings.len(), 1);
    assert!(dir.join("out.txt").exists());
    let run = dir.run(&["scan", "absent", "--output", "json=out.json"]);
    assert_eq!(run.code, 2);
    assert!(!dir.join("out.json").exists(), "an old report must not be taken for the new one");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_key_in_a_file_name_is_found_and_masked() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    dir.write_bytes(&format!("backup-{key}/x.txt"), b"nothing");
    let report = dir.scan(&["."]).report();
    let at = &report.findings[0].locations[0];
    assert_eq!((at.origin, at.redacted, at.column), (Origin::FileName, true, 8));
    assert!(at.path.starts_with("backup-sk_live_…"), "{}", at.path);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_read_and_not_followed() {
        let mut dir = Dir::new();
        let key = dir.forge.make("sk_live").unwrap();
        dir.write_bytes("outside/key.env", key.as_bytes());
        std::fs::create_dir(dir.join("tree")).unwrap();
        symlink("../outside/key.env", dir.join("tree/file")).unwrap();
        symlink("../outside", dir.join("tree/directory")).unwrap();
        symlink(".", dir.join("tree/loop")).unwrap();
        assert_eq!(dir.scan(&["tree"]).report().findings.len(), 0);
        symlink(format!("/nowhere/{key}"), dir.join("tree/telling")).unwrap();
        let report = dir.scan(&["tree"]).report();
        assert_eq!(report.findings[0].locations[0].path, "telling");
        assert!(report.coverage.complete);
    }

    #[test]
    fn special_files_are_never_opened() {
        let mut dir = Dir::new();
        dir.write("a.env", "A={{sk_live}}\n");
        rustix::fs::mknodat(rustix::fs::CWD, dir.join("fifo"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
            .unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap();
        let report = dir.scan(&["."]).report();
        assert_eq!(report.findings.len(), 1);
        let special = report.coverage.skipped.iter().find(|skipped| skipped.reason == SkipReason::SpecialFile).unwrap();
        assert_eq!((special.count, report.coverage.complete), (2, true));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let mut dir = Dir::new();
        dir.write("closed.env", "A={{sk_live}}\n");
        dir.write("closed/a.env", "A={{sk_live}}\n");
        std::fs::set_permissions(dir.join("closed.env"), std::fs::Permissions::from_mode(0o000)).unwrap();
        std::fs::set_permissions(dir.join("closed"), std::fs::Permissions::from_mode(0o000)).unwrap();
        if std::fs::read(dir.join("closed.env")).is_ok() {
            eprintln!("skipped: this user reads everything");
            std::fs::set_permissions(dir.join("closed"), std::fs::Permissions::from_mode(0o755)).unwrap();
            return;
        }
        let run = dir.scan(&["."]);
        assert_eq!(run.code, 3);
        let unread = &run.report().coverage.skipped[0];
        assert_eq!((unread.reason, unread.count), (SkipReason::Unreadable, 2));
        assert_eq!(dir.scan(&["--allow-incomplete", "."]).code, 0);
        dir.write("open.env", "A={{sk_live}}\n");
        assert_eq!(dir.scan(&["."]).code, 1);
        std::fs::set_permissions(dir.join("closed"), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn names_that_are_no_text_are_reported_reversibly() {
        use std::os::unix::ffi::OsStrExt;
        let mut dir = Dir::new();
        let key = dir.forge.make("sk_live").unwrap();
        let name = std::ffi::OsStr::from_bytes(b"a\xff%b.env");
        std::fs::write(dir.path().join(name), key).unwrap();
        let report = dir.scan(&["."]).report();
        let at = &report.findings[0].locations[0];
        assert_eq!((at.path.as_str(), at.path_encoding.as_deref()), ("a%FF%25b.env", Some("percent")));
    }
}
