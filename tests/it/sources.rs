//! One text gives the same findings whichever source reads it.

use pinstripe::model::Report;

use super::support::containers::zip;
use super::support::{Dir, Run, run_in};

const NAME: &str = "app.log";

/// Scans a text as a file, staged, in a range, in the history, on standard input and as a member of an archive.
fn everywhere(text: &str) -> Vec<(&'static str, Run)> {
    let dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    dir.write_bytes(NAME, text.as_bytes());
    let mut runs = vec![("file", dir.scan(&["."]))];
    dir.git(&["add", NAME]);
    runs.push(("staged", dir.scan(&["--staged"])));
    dir.git(&["commit", "-q", "-m", "second"]);
    runs.push(("range", dir.scan(&["--range", "HEAD~1..HEAD"])));
    runs.push(("loose", dir.scan(&["--history"])));
    dir.git(&["repack", "-adq"]);
    runs.push(("packed", dir.scan(&["--history"])));
    let stdin = ["scan", "--format", "json", "--min-severity", "note", "--stdin", "--stdin-name", NAME];
    runs.push(("stdin", run_in(dir.path(), &stdin, text.as_bytes())));
    let archive = Dir::new();
    archive.write_bytes("a.zip", &zip(&[(NAME, text.as_bytes())]));
    runs.push(("member", archive.scan(&["."])));
    runs
}

/// Credentials with their lines and how many more there are.
fn credentials(report: &Report) -> Vec<(&str, String, Vec<u64>, u64)> {
    let lines = |at: &pinstripe::model::Finding| at.locations.iter().map(|location| location.line).collect();
    let shown = report.findings.iter();
    let mut shown: Vec<_> =
        shown.map(|at| (at.rule.as_str(), at.fingerprint.to_string(), lines(at), at.more_locations)).collect();
    shown.sort();
    shown
}

fn agree(text: &str, code: i32, findings: usize) {
    let runs = everywhere(text);
    let first = runs[0].1.report();
    let expected = credentials(&first);
    assert_eq!(expected.len(), findings);
    for (source, run) in &runs {
        let report = run.report();
        assert_eq!((run.code, report.coverage.complete), (code, true), "{source}: {}", run.stderr);
        assert!(credentials(&report) == expected, "{source}: {} findings", report.findings.len());
    }
}

#[test]
fn one_key_many_times() {
    let mut dir = Dir::new();
    let line = dir.forge.fill("key {{pk_test}}\n");
    agree(&line.repeat(1200), 0, 1);
}

#[test]
fn many_keys() {
    let mut dir = Dir::new();
    let lines: String = (0..1500).map(|at| dir.forge.fill(&format!("KEY{at}={{{{sk_live}}}}\n"))).collect();
    agree(&lines, 1, 1500);
}
