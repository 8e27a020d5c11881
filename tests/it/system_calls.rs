//! A scan starts no program but git, opens no connection, and writes nothing but what it was asked to write: shown by
//! strace, where there is one.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use crate::support::Dir;

/// System calls that start programs, reach the network, or change files.
const WATCHED: &str = "execve,execveat,socket,connect,bind,listen,sendto,sendmsg,open,openat,openat2,creat,mkdir,mkdirat,\
    unlink,unlinkat,rmdir,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat,truncate,chmod,fchmodat,\
    chown,fchownat,utimensat,setxattr,ptrace,kill,tgkill";

/// Runs the program under strace and returns the lines of calls that succeeded, or `None` without strace.
fn trace(dir: &Dir, arguments: &[&str], environment: &[(&str, &str)]) -> Option<Vec<String>> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(log.path())
        .args(["-e", &format!("trace={WATCHED}"), "-e", "signal=none", "-s", "200"])
        .arg(assert_cmd::cargo::cargo_bin!("pinstripe"))
        .args(arguments)
        .current_dir(dir.path())
        .envs(environment.iter().copied())
        .output();
    let text = std::fs::read_to_string(log.path()).unwrap();
    // A sandbox may forbid tracing.
    if traced.is_err() || !text.contains("execve(") {
        eprintln!("no strace here: not tested");
        return None;
    }
    Some(text.lines().filter(|line| !line.contains(" = -1 ")).map(str::to_owned).collect())
}

fn is_write(line: &str) -> bool {
    let opens = line.contains("open") || line.contains("creat(");
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"];
    let changes = ["mkdir", "unlink", "rmdir", "rename", "link(", "linkat(", "symlink", "mknod", "truncate", "chmod"];
    opens && writes.iter().any(|flag| line.contains(flag)) || changes.iter().any(|call| line.contains(call))
}

/// Asserts that the calls are those of a scan. Returns the number of programs that were started, its own not counted.
fn assert_harmless(calls: &[String], output: Option<&Path>, what: &str) -> usize {
    let mut programs = 0;
    for line in calls {
        if line.contains("execve") {
            let is_git = line.contains("/git\", ");
            assert!(is_git || line.contains("/pinstripe\", "), "{what}: {line}");
            programs += usize::from(is_git);
            continue;
        }
        for call in ["socket(", "connect(", "bind(", "sendto(", "sendmsg(", "ptrace("] {
            assert!(!line.contains(call), "{what}: {line}");
        }
        let is_output = output.is_some_and(|output| line.contains(output.to_str().unwrap()));
        assert!(!is_write(line) || is_output || line.contains("\"/dev/null\""), "{what}: {line}");
    }
    programs
}

/// A repository whose configuration names programs, and puts others in the way.
fn trap(dir: &mut Dir) {
    dir.git(&["init", "-q"]);
    dir.write("a.env", "STRIPE_KEY={{sk_live}}\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "-m", "one"]);
    dir.write("b.env", "STRIPE_KEY={{sk_test}}\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "-m", "two"]);
    dir.write(".gitattributes", "* filter=trap diff=trap\n");
    dir.write("git", "#!/bin/sh\ntouch canary\n");
    let mut config = std::fs::read_to_string(dir.join(".git/config")).unwrap();
    for key in ["fsmonitor", "pager", "editor", "sshCommand", "askPass", "gitProxy", "hooksPath"] {
        config += &format!("[core]\n\t{key} = touch canary\n");
    }
    for key in ["clean", "smudge", "process"] {
        config += &format!("[filter \"trap\"]\n\t{key} = touch canary\n");
    }
    config += "[diff \"trap\"]\n\ttextconv = touch canary\n\tcommand = touch canary\n[credential]\n\thelper = !touch canary\n";
    dir.write_bytes(".git/config", config.as_bytes());
    for hook in ["pre-commit", "post-index-change", "reference-transaction", "fsmonitor-watchman"] {
        dir.write_bytes(&format!(".git/hooks/{hook}"), b"#!/bin/sh\ntouch canary\n");
    }
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.join("git"), executable).unwrap();
}

#[test]
fn a_scan_starts_nothing_reaches_nothing_and_writes_nothing() {
    let mut dir = Dir::new();
    trap(&mut dir);
    let outside = tempfile::tempdir().unwrap();
    let output = outside.path().join("report.json");
    let json = format!("json={}", output.display());
    for (arguments, may_ask_git) in [
        (&["scan", "."][..], false),
        (&["scan", ".", "--output", &json], false),
        (&["scan", "--staged"], false),
        (&["scan", "--history", "."], false),
        (&["scan", "--range", "HEAD~1..HEAD"], true),
    ] {
        let path = format!(".:{}", std::env::var("PATH").unwrap());
        let Some(calls) = trace(&dir, arguments, &[("PATH", &path)]) else { return };
        let programs = assert_harmless(&calls, Some(outside.path()), &arguments.join(" "));
        assert!(programs == 0 || may_ask_git, "{arguments:?}");
        assert!(!dir.join("canary").exists(), "{arguments:?}");
    }
    assert!(output.is_file());
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn no_report_is_left_in_part() {
    let mut dir = Dir::new();
    dir.write("a.env", "STRIPE_KEY={{sk_live}}\n");
    std::fs::create_dir(dir.join("out")).unwrap();
    // The scan is killed when it begins to write its report.
    for call in ["write", "fsync", "linkat", "rename", "renameat2"] {
        let killed = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e"])
            .arg(format!("inject={call}:signal=KILL:when=1"))
            .arg(assert_cmd::cargo::cargo_bin!("pinstripe"))
            .args(["scan", "a.env", "-q", "--output", "json=out/report.json"])
            .current_dir(dir.path())
            .output();
        if killed.is_err() {
            return;
        }
        let names: Vec<_> =
            std::fs::read_dir(dir.join("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.is_empty() || names == ["report.json"], "{call}: {names:?}");
        if let Ok(bytes) = std::fs::read(dir.join("out/report.json")) {
            assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(), "{call}");
        }
    }
}
