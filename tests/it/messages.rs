//! Checks the messages that a new user meets: errors, hints, advice.

use std::time::{Duration, Instant};

use crate::support::{Dir, program, run_in};

fn repository() -> Dir {
    let dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    dir
}

#[test]
fn line_breaks_are_line_breaks() {
    let mut dir = repository();
    for rule in ["secret-behind-public-prefix", "legacy-unprefixed"] {
        let run = dir.run(&["rules", "explain", rule]);
        assert!(run.code == 0 && !run.stdout.contains("\\u{a}"), "{}", run.stdout);
    }
    // An error is one error, in its first line; the frame follows.
    dir.write("pinstripe.toml", "\n[[allow]]\nrule = \"*\"\nsurprise = 1\n");
    dir.write("own/a.toml", "title = [\n");
    for (arguments, why) in [
        (&["scan"][..], "error: pinstripe.toml: line 4, column 1: unknown field `surprise`"),
        (&["scan", "--no-config", "--rules", "own"], "own/a.toml: not TOML: line 1, column 10: unclosed array"),
    ] {
        let run = dir.run(arguments);
        let errors = run.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert!(run.code == 2 && errors == 1 && !run.stderr.contains("\\u{a}"), "{}", run.stderr);
        assert!(run.stderr.lines().next().unwrap().contains(why), "{}", run.stderr);
        assert!(run.stderr.lines().any(|line| line.contains(" | ")), "{}", run.stderr);
    }
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", "broken"]);
    dir.write("pinstripe.toml", "");
    dir.git(&["commit", "-qam", "repair"]);
    let run = dir.run(&["scan", "--range", "HEAD~1..HEAD"]);
    assert!(run.stderr.contains("line 4, column 1: unknown field `surprise`"), "{}", run.stderr);
    assert!(!run.stderr.contains("\\u{a}"), "{}", run.stderr);
}

#[test]
fn the_nearest_rule_is_offered() {
    let mut dir = repository();
    let hint = dir.run(&["rules", "explain", "secret-lvie"]).stderr;
    assert!(hint.ends_with("did you mean secret-live?\n"), "{hint}");
    assert!(dir.run(&["rules", "explain", "webhook"]).stderr.contains("webhook-fail-open"));
    dir.write("pinstripe.toml", "[severity]\nsecret-tset = \"low\"\n");
    assert!(dir.run(&["scan"]).stderr.contains("did you mean secret-test?"));
    dir.write("pinstripe.toml", "");
    dir.write("a.py", "k = '{{sk_live}}' # pinstripe:allow secret-lvie because\n");
    let run = dir.run(&["scan"]);
    assert!(
        run.stderr.contains("a.py:1: there is no rule \"secret-lvie\"; did you mean secret-live?"),
        "{}",
        run.stderr
    );
    // Of another rule that exists there is nothing to say.
    dir.write("a.py", "k = '{{sk_live}}' # pinstripe:allow secret-test because\n");
    assert_eq!(dir.run(&["scan"]).stderr, "");
}

#[test]
fn an_error_of_the_system_is_told_once_and_without_temporary_files() {
    let mut dir = repository();
    dir.write("file", "x\n");
    for arguments in [
        &["hook", "commit-msg", "file/below"][..],
        &["scan", "--rules", "none"],
        &["scan", "--output", "json=none/report.json"],
        &["scan", "--output", "json=file/report.json"],
        &["baseline", "create", "--file", "none/baseline.json"],
        &["scan", "none"],
        &["scan", "--config", "file/below"],
    ] {
        let run = dir.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?} {}", run.stdout);
        assert_eq!(run.stderr.matches("os error").count(), 1, "{arguments:?} {}", run.stderr);
        assert!(!run.stderr.contains(".tmp") && !run.stderr.contains("IO error"), "{arguments:?} {}", run.stderr);
    }
}

#[test]
fn one_missing_path_does_not_hide_the_others() {
    let mut dir = repository();
    dir.write("a/x.py", "k = '{{sk_live}}'\n");
    dir.write("b/y.py", "k = 1\n");
    dir.git(&["add", "a", "b"]);
    let missing = |arguments: &[&str]| {
        let run = dir.run(arguments);
        assert!(run.stdout.contains("none: ") && run.stdout.contains("incomplete"), "{arguments:?} {}", run.stdout);
        run.code
    };
    assert_eq!((missing(&["scan", "a", "none", "b"]), missing(&["scan", "b", "none"])), (1, 3));
    assert_eq!((missing(&["scan", "--staged", "a", "none"]), missing(&["scan", "--staged", "b", "none"])), (1, 3));
    dir.git(&["commit", "-qm", "one"]);
    let all = format!("{}..HEAD", "0".repeat(40));
    assert_eq!(
        (missing(&["scan", "--range", &all, "a", "none"]), missing(&["scan", "--range", &all, "none", "b"])),
        (1, 3)
    );
    assert_eq!(missing(&["scan", "--history", ".", "none"]), 1);
    for none in [&["none", "neither"][..], &["--staged", "none"], &["--history", "none"]] {
        assert_eq!(dir.run(&[&["scan"], none].concat()).code, 2, "{none:?}");
    }
}

#[test]
fn entries_that_cover_nothing_are_told_and_those_that_do_say_why() {
    let mut dir = repository();
    dir.write("a.py", "k = '{{sk_live}}'\n");
    dir.write(
        "pinstripe.toml",
        "[[allow]]\nrule = \"secret-live\"\npaths = [\"a.py\"]\nreason = \"rolled\"\nowner = \"pay\"\nexpires = 2999-12-31\n\
         [[allow]]\nrule = \"secret-test\"\npaths = [\"gone/**\"]\nreason = \"old\"\n",
    );
    let run = dir.run(&["scan", "-v"]);
    assert!(run.stderr.contains("pinstripe.toml: an allow entry covers nothing: rule secret-test, paths gone/**: old"));
    assert_eq!(run.stderr.matches("covers nothing").count(), 1, "{}", run.stderr);
    assert!(run.stdout.contains("    rolled, owner pay, until 2999-12-31"), "{}", run.stdout);
    // A part of the repository says nothing about the whole.
    dir.write("sub/b.py", "k = 1\n");
    dir.git(&["add", "-A"]);
    for part in [&["sub"][..], &["a.py"], &["--staged"]] {
        assert_eq!(dir.run(&[&["scan"], part].concat()).stderr, "", "{part:?}");
    }
    dir.git(&["commit", "-qm", "one"]);
    assert_eq!(dir.run(&["scan", "--history"]).stderr.matches("covers nothing").count(), 1);
}

#[test]
fn no_step_is_told_twice() {
    let mut dir = repository();
    dir.write("page.html", "<script>Stripe('{{sk_live}}')</script>\n");
    let run = dir.run(&["scan"]);
    assert!(
        run.stdout.contains("secret-in-frontend") && run.stdout.matches("Roll the key").count() == 1,
        "{}",
        run.stdout
    );
    // A key that has not left the machine need not be rolled, whatever rule says so.
    dir.git(&["add", "."]);
    let run = dir.run(&["scan", "--staged"]);
    assert!(run.stdout.contains("secret-in-frontend") && !run.stdout.contains("Roll the key"), "{}", run.stdout);
}

#[test]
fn help_says_what_the_program_does() {
    let dir = repository();
    assert!(dir.run(&["scan", "--help"]).stdout.contains("0 complete, and nothing open at or above --fail-on"));
    // An option that changes nothing is none.
    for unused in [
        &["baseline", "stale", "--reason", "x"][..],
        &["baseline", "stale", "--min-severity", "low"],
        &["baseline", "import", "--reason", "x"],
        &["hook", "pre-receive", "--format", "json"],
        &["hook", "pre-receive", "--quiet"],
        &["hook", "pre-commit", "--no-progress"],
    ] {
        let run = dir.run(unused);
        assert!(run.code == 2 && run.stderr.contains("unexpected argument"), "{unused:?} {}", run.stderr);
    }
}

/// Returns true once the program has asked for Ctrl-C.
#[cfg(target_os = "linux")]
fn listens(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0)
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_scan_tells_what_it_found() {
    let mut dir = Dir::new();
    let line = format!("{}\n", "some text k_live_ ".repeat(10));
    dir.write_bytes("files/0", line.repeat(6_000).as_bytes());
    // One file under many names takes long to scan and little room.
    for at in 1..2_000 {
        std::fs::hard_link(dir.join("files/0"), dir.join(&format!("files/{at}"))).unwrap();
    }
    dir.write("a.env", "K={{sk_live}}\n");
    let mut child = program()
        .current_dir(dir.path())
        .args(["scan", "--threads", "1", "--output", "json=report.json", "a.env", "files"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while !listens(child.id()) && Instant::now() < patience && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{stdout}{stderr}");
    assert!(stdout.contains("incomplete") && stderr.contains("interrupted"), "{stdout}{stderr}");
    let report = std::fs::read_to_string(dir.join("report.json")).unwrap();
    assert!(report.contains("timed-out"), "{report}");
    // Without a handler in the way, waiting for input ends at once.
    assert_eq!(run_in(dir.path(), &["scan", "--stdin"], b"x\n").code, 0);
}
