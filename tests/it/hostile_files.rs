//! Files that hang, never end, or are not what they seem.
#![cfg(unix)]

use std::io::{Seek as _, SeekFrom, Write as _};

use pinstripe::model::SkipReason;

use crate::support::{Dir, Run};

fn reasons(run: &Run) -> Vec<SkipReason> {
    run.report().coverage.skipped.iter().map(|skipped| skipped.reason).collect()
}

fn fifo(dir: &Dir, name: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
}

#[test]
fn what_is_named_and_no_file_is_not_clean() {
    let mut dir = Dir::new();
    dir.write("d/control.env", "STRIPE={{sk_live}}\n");
    fifo(&dir, "fifo");
    fifo(&dir, "d/fifo");
    let socket = dir.join("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for named in ["fifo", "socket", "/dev/null", "/dev/zero"] {
        let run = dir.scan(&[named]);
        assert_eq!((run.code, reasons(&run)), (3, vec![SkipReason::Unreadable]), "{named}");
        assert_eq!(dir.scan(&["d", named]).code, 1, "{named}");
    }
    // In a directory it is no content.
    assert_eq!(reasons(&dir.scan(&["d"])), [SkipReason::SpecialFile]);
    for arguments in [
        &["scan", "d", "--config", "fifo"][..],
        &["scan", "d", "--baseline", "fifo"],
        &["scan", "d", "--rules", "fifo"],
        &["scan", "d", "--output", "json=fifo"],
        &["scan", "d", "--config", "/dev/zero"],
        &["scan", "none"],
        &["scan", "d/control.env/x"],
        &["hook", "commit-msg", "fifo"],
        &["baseline", "import", "fifo"],
    ] {
        let run = dir.run(arguments);
        assert!(run.code == 2 || run.code == 3, "{arguments:?}: {}", run.code);
        assert!(!run.stderr.is_empty());
    }
}

/// Writes a sparse file with texts at some offsets.
fn sparse(dir: &Dir, name: &str, size: u64, texts: &[(u64, &[u8])]) {
    let mut file = std::fs::File::create(dir.join(name)).unwrap();
    for (at, text) in texts {
        file.seek(SeekFrom::Start(*at)).unwrap();
        file.write_all(text).unwrap();
    }
    file.set_len(size).unwrap();
}

#[test]
fn holes_cost_no_time_and_hide_nothing() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    let line = format!("\nSTRIPE={key}\n");
    let huge = 1 << 40;
    // On a line of its own behind the hole, on the line of the hole, and behind two holes.
    let texts = [(0, &b"first\n"[..]), (1 << 39, line.as_bytes()), (huge - 4096, key.as_bytes())];
    sparse(&dir, "huge", huge, &texts);
    let run = dir.scan(&["huge"]);
    assert_eq!(run.code, 1);
    let report = run.report();
    assert!(report.coverage.complete);
    assert_eq!(report.coverage.bytes, huge);
    let places: Vec<_> = report.findings[0].locations.iter().map(|at| (at.line, at.column)).collect();
    let last = huge - 4096 - ((1 << 39) + line.len() as u64);
    assert_eq!(places, [(3, 8), (4, last + 1)]);
}

#[test]
fn a_time_limit_is_kept_within_one_file() {
    let mut dir = Dir::new();
    dir.write("control.env", "STRIPE={{sk_live}}\n");
    let noise: Vec<u8> = (0..3_u32 << 20).map(|at| b'a' + (at.wrapping_mul(2_654_435_761) >> 27) as u8 % 26).collect();
    for name in ["noise", "more"] {
        dir.write_bytes(name, &noise.repeat(30));
    }
    let run = dir.scan(&["noise", "more", "--timeout", "10ms"]);
    assert_eq!(run.code, 3);
    assert!(reasons(&run).contains(&SkipReason::TimedOut), "{:?}", reasons(&run));
    let run = crate::support::run_in(
        dir.path(),
        &["scan", "--stdin", "--timeout", "10ms", "--format", "json"],
        &noise.repeat(30),
    );
    assert_eq!((run.code, reasons(&run)), (3, vec![SkipReason::TimedOut]));
}

#[test]
fn an_ignore_file_beyond_measure_has_no_rules_and_is_counted() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("a.env", "STRIPE={{sk_live}}\n");
    for (lines, code) in [(1_000, 0), (40_000, 1)] {
        let rules: String = (0..lines).map(|line| format!("x{line}*?\n")).collect();
        dir.write_bytes(".gitignore", format!("*.env\n{rules}").as_bytes());
        let run = dir.scan(&["."]);
        assert_eq!((run.code, reasons(&run).contains(&SkipReason::OverLimit)), (code, code == 1), "{lines}");
    }
}

#[test]
fn directories_of_rules_do_not_lead_out_of_the_root() {
    let dir = Dir::new();
    dir.write_bytes("elsewhere/deep/x.toml", b"nonsense");
    dir.write_bytes("tree/a.txt", b"text");
    dir.git(&["-C", "tree", "init", "-q"]);
    std::os::unix::fs::symlink(dir.join("elsewhere"), dir.join("tree/own")).unwrap();
    for directory in ["own", "own/deep", "../elsewhere"] {
        let policy = format!("[rules]\ndirectories = ['{directory}']\n");
        dir.write_bytes("tree/pinstripe.toml", policy.as_bytes());
        let run = dir.run(&["scan", "tree"]);
        assert_eq!(run.code, 2, "{directory}: {}", run.stderr);
        assert!(!run.stderr.contains("nonsense"));
    }
}

#[test]
fn what_is_encoded_too_deep_is_counted() {
    use base64::Engine as _;
    let mut dir = Dir::new();
    let mut text = dir.forge.make("sk_live").unwrap();
    for depth in 1..=7 {
        text = base64::engine::general_purpose::STANDARD.encode(&text);
        dir.write_bytes("a.txt", text.as_bytes());
        let run = dir.scan(&["a.txt"]);
        assert_eq!(run.code, if depth <= 3 { 1 } else { 3 }, "{depth}");
    }
}
