//! Rows O: what is written.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::case::Case;
use crate::invariants::forbidden;
use crate::support::program;
use crate::table::{Row, own, prove, row};
use crate::watch::{Ceiling, watch};

const FORMATS: [&str; 6] = ["text", "json", "jsonl", "sarif", "github", "markdown"];

const CEILING: Ceiling = Ceiling { mib: 150, seconds: 120 };

pub(crate) const ROWS: &[Row] = &[
    own("O01", "2,000 findings in every format (100,000: `loads`)", many_findings),
    row("O02", "output that is a directory", 2, &[], |case| {
        output(case, "target", |path| std::fs::create_dir(path).unwrap())
    }),
    row("O02b", "output that is a FIFO", 2, &[], |case| {
        output(case, "target", |path| {
            let fifo = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, path, fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        });
    }),
    row("O02c", "output that is a link", 2, &[], |case| {
        output(case, "target", |path| std::os::unix::fs::symlink("/etc/passwd", path).unwrap());
    }),
    row("O02d", "output in a directory that is missing", 2, &[], |case| output(case, "none/target", |_| {})),
    own("O02e", "output on a full disk", full_disk),
    own("O02f", "program killed while it writes", killed),
];

/// Scans into a file outside of the target, which something is done to first.
fn output(case: &mut Case, name: &str, prepare: fn(&Path)) {
    case.control();
    let path = case.dir.join(name);
    prepare(&path);
    case.scan(&[".", "--output", &format!("sarif={}", path.display())]);
}

/// A file with many keys, and the keys.
pub(crate) fn keys(case: &Case, count: usize) {
    let mut forge = pinstripe::credential::forge::Forge::new(3);
    let mut part = |from: usize| -> String {
        (from..count.min(from + 10_000)).map(|at| format!("KEY_{at}={}\n", forge.make("sk_live").unwrap())).collect()
    };
    for from in (0..count).step_by(10_000) {
        let text = part(from);
        case.write(format!("keys/{}.env", from / 10_000), text);
    }
}

fn many_findings() {
    let case = Case::new(true);
    keys(&case, 2_000);
    for format in FORMATS {
        let run = case.run(&["--format", format], Ceiling { mib: 150, seconds: 240 });
        assert!(run.code == 1 && run.killed.is_none(), "{format}: {} {:?} {}", run.code, run.killed, run.stderr);
        assert!(run.peak <= 150, "{format}: {} MiB", run.peak);
        match format {
            "json" => {
                let report: pinstripe::model::Report = serde_json::from_str(&run.stdout).unwrap();
                assert_eq!(report.findings.iter().filter(|finding| finding.rule == "secret-live").count(), 2_000);
            }
            "sarif" => assert!(serde_json::from_str::<serde_json::Value>(&run.stdout).is_ok()),
            _ => {}
        }
    }
}

/// Writes the report where there is no room; `/dev/full` is no regular file, so a limit on the size of files stands in.
fn full_disk() {
    let case = Case::new(true);
    keys(&case, 2_000);
    let file = case.dir.join("out.json");
    for blocks in [0, 8, 64] {
        std::fs::write(&file, "an older report").unwrap();
        let mut shell = Command::new("sh");
        let program = crate::support::program_path();
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {} scan . -q --output json={}",
            program.display(),
            file.display()
        );
        shell.current_dir(&case.target).arg("-c").arg(script);
        let run = watch(&mut shell, b"", CEILING);
        assert!(run.code == 2 && run.killed.is_none(), "{}: {}", run.code, run.stderr);
        whole_or_absent(&file);
        assert_eq!(std::fs::read_dir(case.dir.path()).unwrap().count(), 1, "a part of the report stays");
    }
}

/// The file is a report, or it is not there; an older one is not left.
fn whole_or_absent(file: &Path) -> bool {
    let Ok(text) = std::fs::read(file) else { return false };
    let report = serde_json::from_slice::<pinstripe::model::Report>(&text);
    assert!(report.is_ok(), "a part of a report: {} bytes", text.len());
    true
}

fn killed() {
    let mut case = Case::new(true);
    case.control();
    keys(&case, 200);
    let file = case.dir.join("out.json");
    let scan = || {
        let mut command = program();
        command.current_dir(&case.target).args(["scan", ".", "-q", "--output", &format!("json={}", file.display())]);
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .stdin(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let started = std::time::Instant::now();
    scan().wait().unwrap();
    let whole = started.elapsed();
    assert!(whole_or_absent(&file));
    for step in 1..=12 {
        std::fs::write(&file, "an older report").unwrap();
        let mut child = scan();
        std::thread::sleep(whole * step / 12);
        child.kill().unwrap();
        child.wait().unwrap();
        // Before the first step of the program the older report may still be there.
        if std::fs::read(&file).is_ok_and(|text| text != b"an older report") {
            whole_or_absent(&file);
        }
        assert_silent(&case, &case.planted[0].key);
    }
    std::thread::sleep(Duration::from_millis(10));
}

/// No file beside the target holds a part of a key.
fn assert_silent(case: &Case, key: &str) {
    let search = aho_corasick::AhoCorasick::new(forbidden(key)).unwrap();
    for file in
        std::fs::read_dir(case.dir.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file())
    {
        assert!(!search.is_match(&std::fs::read(&file).unwrap()), "{} shows a key", file.display());
    }
}

/// Invariant 3, and its mutation: half of a report is noticed.
#[test]
fn half_a_report_is_noticed() {
    let mut case = Case::new(true);
    case.control();
    let run = case.run(&["--format", "json"], CEILING);
    let file = case.dir.join("half.json");
    std::fs::write(&file, &run.stdout[..run.stdout.len() / 2]).unwrap();
    assert!(std::panic::catch_unwind(|| whole_or_absent(&file)).is_err());
    std::fs::write(&file, &run.stdout).unwrap();
    assert!(whole_or_absent(&file));
}

#[test]
fn outputs() {
    prove(ROWS);
}
