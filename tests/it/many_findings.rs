//! 100,000 findings: memory in every format, and the same bytes from any number of threads.

use std::process::Stdio;
use std::time::Duration;

use pinstripe::report::FORMATS;

use crate::support::{Dir, program};

/// Megabytes that a scan may take at its peak.
const CEILING: u64 = 250;

/// Returns the peak of the memory that a run of the program takes, in megabytes, and its exit code.
fn peak(dir: &Dir, arguments: &[&str]) -> (u64, Option<i32>) {
    let out = std::fs::File::create(dir.join("out")).unwrap();
    let mut child =
        program().current_dir(dir.join("tree")).args(arguments).stdout(out).stderr(Stdio::null()).spawn().unwrap();
    let (status, mut peak) = (format!("/proc/{}/status", child.id()), 0);
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            return (peak / 1000, status.code());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
#[ignore = "takes minutes; its command and last figures are in CONTRIBUTING.md"]
fn a_hundred_thousand_findings_in_every_format() {
    let mut dir = Dir::new();
    for file in 0..1_000 {
        let lines: String = (0..100).map(|at| format!("STRIPE_SECRET_KEY_{at}={{{{sk_live:24}}}}\n")).collect();
        dir.write(&format!("tree/pkg{:02}/src/config_{file:04}.env", file / 50), &lines);
    }
    peak(&dir, &["scan", ".", "--quiet", "--output=json=../saved.json"]);
    for format in FORMATS {
        for command in [&["scan", "."][..], &["report", "../saved.json"]] {
            let (megabytes, code) = peak(&dir, &[command, &["--format", format.name]].concat());
            eprintln!("{} {}: {megabytes} MB", command[0], format.name);
            assert_eq!(code, Some(1));
            assert!(megabytes <= CEILING, "{} {} takes {megabytes} MB", command[0], format.name);
        }
        let first = std::fs::read(dir.join("out")).unwrap();
        peak(&dir, &["scan", "--format", format.name, "--threads", "1", "."]);
        assert!(first == std::fs::read(dir.join("out")).unwrap(), "{} does not repeat itself", format.name);
    }
}
