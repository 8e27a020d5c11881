//! System calls that fail, and what the program starts, opens and connects to: seen and injected by strace.

use std::path::Path;
use std::process::Command;

use pinstripe::model::Report;

use crate::case::Case;
use crate::table::has;
use crate::watch::{Ceiling, watch};

const CEILING: Ceiling = Ceiling { mib: 150, seconds: 120 };

/// A repository with a key in each place, and the scans of it.
fn repository() -> Case {
    let mut case = Case::new(true);
    case.git(&["init", "-q", "-b", "main"]);
    case.commit("first");
    case.control();
    case.commit("control");
    case.git(&["repack", "-adq"]);
    let line = case.line();
    case.write("staged.env", line);
    case.git(&["add", "staged.env"]);
    case
}

const SCANS: [&[&str]; 4] = [&["."], &["--history"], &["--staged"], &["--range", "main~1..main"]];

fn strace(case: &Case, options: &[&str], scan: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.current_dir(&case.target).args(["-f", "-qq", "--seccomp-bpf"]).args(options);
    command.arg(crate::support::program_path()).args(["scan", "--format", "json", "--threads", "2"]).args(scan);
    command
}

const FAULTS: [(&str, &str); 9] = [
    ("read", "EIO"),
    ("pread64", "EIO"),
    ("openat", "EACCES"),
    ("openat", "ENFILE"),
    ("openat", "EINTR"),
    ("getdents64", "EIO"),
    ("statx", "EIO"),
    ("mmap", "ENOMEM"),
    ("clone3", "EAGAIN"),
];

/// Injects a fault at every `step`th call of each kind of a thread, and at every one that starts a thread, until calls
/// run out. Returns the number of runs.
fn inject(step: usize) -> usize {
    if !has("strace") {
        return 0;
    }
    let case = repository();
    let log = case.dir.join("trace");
    let log_name = log.to_str().unwrap();
    let mut runs = 0;
    for scan in SCANS {
        for (call, error) in FAULTS {
            for number in (1..).step_by(if call == "clone3" { 1 } else { step }) {
                let _ = std::fs::remove_file(&log);
                let fault = format!("inject={call}:error={error}:when={number}");
                let trace = format!("trace={call}");
                let run = watch(&mut strace(&case, &["-o", log_name, "-e", &trace, "-e", &fault], scan), b"", CEILING);
                runs += 1;
                judge(&format!("{scan:?} {call} {error} at {number}"), &run);
                if !std::fs::read_to_string(&log).unwrap_or_default().contains("(INJECTED)") {
                    break;
                }
            }
        }
    }
    runs
}

fn judge(what: &str, run: &crate::watch::Watched) {
    // The dynamic loader and the runtime stop with codes of their own before the program begins.
    let before_it_begins = run.stdout.is_empty() && (run.code == 127 || run.stderr.contains("error while loading"));
    // A process to which memory is refused, by the runtime or an allocation, may only end.
    let is_aborted = run.code == -1 && run.killed.is_none() && run.stdout.is_empty() && what.contains("ENOMEM");
    if before_it_begins || is_aborted {
        return;
    }
    assert!(
        run.killed.is_none() && (0..=3).contains(&run.code),
        "{what}: {} {:?}\n{}",
        run.code,
        run.killed,
        run.stderr
    );
    assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
    if let Ok(report) = serde_json::from_str::<Report>(&run.stdout) {
        let found = report.findings.iter().any(|finding| finding.rule == "secret-live");
        assert!(found || !report.coverage.complete, "{what}: clean and complete, without the key");
        assert!(run.code != 0 || report.coverage.complete, "{what}: exit 0 and incomplete");
    } else {
        assert_eq!(run.code, 2, "{what}: no report\n{}", run.stderr);
    }
}

#[test]
fn a_few_faults() {
    inject(37);
}

#[test]
#[ignore = "hundreds of runs under strace; run with --ignored"]
fn faults_at_every_call() {
    let step = std::env::var("PINSTRIPE_FAULTS_STEP").map_or(1, |step| step.parse().unwrap());
    let started = std::time::Instant::now();
    let runs = inject(step);
    eprintln!("{runs} runs, a fault at every {step}th call, {} s", started.elapsed().as_secs());
}

/// Invariant 7: no process but git, no connection, no write.
#[test]
fn nothing_is_started_connected_to_or_written() {
    if !has("strace") {
        return;
    }
    let case = repository();
    let log = case.dir.join("trace");
    let calls =
        "trace=execve,execveat,socket,connect,openat,unlink,unlinkat,rename,renameat2,mkdir,mkdirat,link,linkat";
    for scan in SCANS {
        let run = watch(&mut strace(&case, &["-o", log.to_str().unwrap(), "-e", calls], scan), b"", CEILING);
        assert_eq!(run.code, 1, "{scan:?}: {}", run.stderr);
        let trace = std::fs::read_to_string(&log).unwrap();
        assert_eq!(wrong_calls(&trace, &case.target), Vec::<&str>::new(), "{scan:?}");
    }
    // The mutations: each of these is noticed.
    let target = case.target.display();
    for call in [
        "1 execve(\"/bin/sh\", [\"sh\", \"-c\", \"x\"], 0x0) = 0".to_owned(),
        "1 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3".to_owned(),
        format!("1 openat(AT_FDCWD, \"{target}/a\", O_WRONLY|O_CREAT, 0666) = 3"),
        format!("1 unlink(\"{target}/.git/index.lock\") = 0"),
        format!("1 mkdir(\"{target}/x\", 0777) = 0"),
    ] {
        assert_eq!(wrong_calls(&call, &case.target).len(), 1, "{call}");
    }
}

/// Returns the calls that start something else than the program and git, connect, or write.
fn wrong_calls<'a>(trace: &'a str, target: &Path) -> Vec<&'a str> {
    let program = crate::support::program_path().display().to_string();
    let is_wrong = |line: &&str| {
        let call = line.split_once(' ').map_or(*line, |(_, call)| call).trim_start();
        if line.contains(" = -1 ") || line.contains("resumed>") {
            return false;
        }
        match call.split('(').next().unwrap_or_default() {
            "execve" | "execveat" => {
                let started = call.split('"').nth(1).unwrap_or_default();
                started != program && Path::new(started).file_name().is_none_or(|name| name != "git")
            }
            "socket" => !call.contains("AF_UNIX"),
            "connect" => !call.contains("AF_UNIX"),
            "openat" => call.contains("O_WRONLY") || call.contains("O_RDWR") || call.contains("O_CREAT"),
            "unlink" | "unlinkat" | "rename" | "renameat2" | "mkdir" | "mkdirat" | "link" | "linkat" => true,
            _ => false,
        }
    };
    let allowed = |line: &&str| line.contains("/dev/null") && !line.contains(&target.display().to_string());
    trace.lines().filter(is_wrong).filter(|line| !allowed(line)).collect()
}
