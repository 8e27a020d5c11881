//! Large inputs, with the memory that they may take. All of them take minutes and wait behind `--ignored`:
//! `cargo test --release --test hostile -- --ignored --nocapture --test-threads 1 loads`.

use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::process::{Command, Stdio};

use crate::case::Case;
use crate::objects::{BLOB, Pack, branch, commit, entry, write};
use crate::support::containers::zip;
use crate::watch::{Ceiling, Watched};

/// Scans with two threads and prints what it took.
fn load(what: &str, case: &Case, mib: u64) -> Watched {
    let started = std::time::Instant::now();
    let run = case.run(&["--format", "json", "--threads", "2"], Ceiling { mib, seconds: 3_600 });
    let (wall, cpu) = (started.elapsed().as_secs_f64(), run.cpu.as_secs_f64());
    eprintln!("| {what} | {wall:.1} s | {cpu:.1} s | {} MiB | {} MiB | {mib} MiB |", run.peak, run.anonymous);
    assert!(
        run.killed.is_none() && (0..=3).contains(&run.code),
        "{what}: {} {:?} {}",
        run.code,
        run.killed,
        run.stderr
    );
    run
}

/// As [`load`], and asserts that the control is found and memory is below its ceiling. Mapped packs do not count.
fn prove(what: &str, case: &Case, mib: u64) -> Watched {
    let run = load(what, case, mib);
    assert_eq!(run.code, 1, "{what}: the control is not found\n{}", run.stderr);
    assert!(run.anonymous <= mib, "{what}: {} MiB, above {mib}", run.anonymous);
    run
}

#[test]
#[ignore = "a gibibyte on disk"]
fn loads_of_files() {
    let mut case = Case::new(true);
    case.control();
    let text = "some lines of text\n".repeat(565);
    (0..100_000).for_each(|at| case.write(format!("d{}/e{}/f{at}", at % 100, at % 7), &text));
    prove("100,000 files, 1 GiB", &case, 150);
}

#[test]
#[ignore = "a million files"]
fn loads_of_files_in_one_directory() {
    let mut case = Case::new(true);
    case.control();
    std::fs::create_dir(case.path("one")).unwrap();
    (0..1_000_000).for_each(|at| drop(File::create(case.path(&format!("one/{at}"))).unwrap()));
    prove("1,000,000 files in one directory", &case, 400);
}

#[test]
#[ignore = "four gibibytes on disk"]
fn loads_of_one_file() {
    let mut case = Case::new(true);
    case.control();
    let mut file = BufWriter::new(File::create(case.path("dense")).unwrap());
    let mib = "some lines of text that is no key\n".repeat((1 << 20) / 34);
    (0..4 << 10).for_each(|_| file.write_all(mib.as_bytes()).unwrap());
    let line = case.line();
    file.write_all(line.as_bytes()).unwrap();
    drop(file);
    prove("dense file of 4 GiB", &case, 150);
    std::fs::remove_file(case.path("dense")).unwrap();
    case.planted.pop();
    let mut file = File::create(case.path("sparse")).unwrap();
    file.seek(SeekFrom::Start(4 << 30)).unwrap();
    let line = case.line();
    file.write_all(line.as_bytes()).unwrap();
    prove("sparse file of 4 GiB", &case, 150);
}

#[test]
#[ignore = "a gibibyte on disk"]
fn loads_of_one_line() {
    let mut case = Case::new(true);
    case.control();
    let mut file = BufWriter::new(File::create(case.path("line")).unwrap());
    for _ in 0..3 {
        let key = case.key();
        (0..340).for_each(|_| file.write_all(&vec![b'x'; 1 << 20]).unwrap());
        write!(file, " {key} ").unwrap();
    }
    drop(file);
    let run = prove("line of 1 GiB with three keys", &case, 150);
    let report: pinstripe::model::Report = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report.findings.len(), 4);
}

#[test]
#[ignore = "a million objects by fast-import"]
fn loads_of_objects() {
    let mut case = Case::new(true);
    case.repository();
    let mut import = Command::new("git")
        .current_dir(&case.target)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = BufWriter::new(import.stdin.take().unwrap());
    let mut forge = pinstripe::credential::forge::Forge::new(1);
    for at in 0..200_000 {
        let text: String = (0..160).map(|_| format!("{:016x} line\n", forge.bits())).collect();
        let who = format!("A <a@b> {} +0000", 1_700_000_000 + at);
        writeln!(stream, "commit refs/heads/load\ncommitter {who}\ndata 2\nc\n").unwrap();
        writeln!(stream, "M 100644 inline d{}/e{}/f{}\ndata {}\n{text}", at % 20, at % 300, at % 4_000, text.len())
            .unwrap();
    }
    drop(stream);
    assert!(import.wait().unwrap().success());
    prove("1,000,000 objects in one pack", &case, 400);
}

#[test]
#[ignore = "half a million refs"]
fn loads_of_refs_and_packs() {
    let mut case = Case::new(true);
    case.repository();
    let head = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
    case.write(".git/packed-refs", (0..500_000).map(|at| format!("{head} refs/tags/t{at:06}\n")).collect::<String>());
    for at in 0..1_000 {
        let mut pack = Pack::new();
        let text = format!("text of pack {at}\n");
        pack.add(BLOB, text.len() as u64, b"", text.as_bytes());
        let path = pack.write(&case.target);
        case.git(&["index-pack", path.to_str().unwrap()]);
    }
    (0..50).for_each(|at| drop(case.git(&["worktree", "add", "-q", "--detach", &format!("../w{at}")])));
    prove("500,000 refs, 1,000 packs, 50 worktrees", &case, 300);
}

#[test]
#[ignore = "a hundred blobs of 64 MiB"]
fn loads_of_blobs() {
    let mut case = Case::new(true);
    case.repository();
    for at in 0_u64..100 {
        let mut text = vec![0; 64 << 20];
        text[..8].copy_from_slice(&at.to_le_bytes());
        write(&case.target, "blob", &text);
    }
    write(&case.target, "blob", &vec![0; 1 << 30]);
    prove("100 blobs of 64 MiB and one of 1 GiB", &case, 400);
}

#[test]
#[ignore = "archives at every cap"]
fn loads_of_archives() {
    let mut case = Case::new(true);
    case.control();
    let noise: Vec<u8> = (0..1_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 & 15).collect();
    let names: Vec<String> = (0..1_000).map(|at| format!("{at:04}")).collect();
    let wide: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), noise.as_slice())).collect();
    case.write("bytes.zip", zip(&wide));
    let names: Vec<String> = (0..100_000).map(|at| format!("{at:06}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    case.write("entries.zip", zip(&many));
    let deep = (0..4).fold(noise.repeat(8), |inner, _| zip(&[("in.zip", &inner)]));
    case.write("depth.zip", deep);
    prove("archives at every cap", &case, 300);
}

#[test]
#[ignore = "a million findings"]
fn loads_of_findings() {
    for (count, mib) in [(100_000, 250), (1_000_000, 300)] {
        let case = Case::new(true);
        crate::outputs::keys(&case, count);
        for format in ["json", "jsonl", "sarif", "text", "github", "markdown"] {
            let run = case.run(&["--format", format, "--threads", "2"], Ceiling { mib: 8 * mib, seconds: 3_600 });
            let cpu = run.cpu.as_secs_f64();
            eprintln!("| {count} findings, {format} | {cpu:.1} s | {} MiB | {} MiB |", run.peak, run.anonymous);
            assert!(run.code == 1 && run.killed.is_none(), "{count} {format}: {} {:?}", run.code, run.killed);
            assert!(count > 100_000 || run.peak <= mib, "{count} findings as {format}: {} MiB, above {mib}", run.peak);
        }
    }
}

#[test]
#[ignore = "an index of 300,000 entries"]
fn loads_of_staged_files() {
    let mut case = Case::new(true);
    case.git(&["init", "-q", "-b", "main"]);
    let blob = write(&case.target, "blob", b"text\n");
    let tree: Vec<u8> = (0..3_000).flat_map(|at| entry("100644", format!("f{at:04}"), &blob)).collect();
    let inner = write(&case.target, "tree", &tree);
    let root: Vec<u8> = (0..100).flat_map(|at| entry("40000", format!("d{at:02}"), &inner)).collect();
    let head = write(&case.target, "commit", &commit(&write(&case.target, "tree", &root), &[], "head"));
    branch(&case.target, "main", &head);
    case.git(&["read-tree", "HEAD"]);
    for at in 0..20 {
        let line = case.line();
        case.write(format!("d{at:02}/new.env"), line);
        case.git(&["add", &format!("d{at:02}/new.env")]);
    }
    case.scan(&["--staged"]);
    prove("20 staged files, 300,000 in the index", &case, 80);
}

#[test]
#[ignore = "200 MiB of a saved report"]
fn loads_of_saved_reports() {
    crate::saved::large(200 << 20);
}
