//! Repositories with a byte flipped, a file cut, or 0xff written over a part of it: nothing crashes or hangs, what is
//! incomplete says so, and the control is found.

use std::path::{Path, PathBuf};

use pinstripe::credential::forge::Forge;
use pinstripe::model::Report;

use crate::case::Case;
use crate::objects::replace;
use crate::watch::Ceiling;

/// Builds one of three repositories: loose objects, packed ones, and packed ones with more of everything.
fn repository(kind: usize) -> Case {
    let mut case = Case::new(true);
    let format = if kind == 2 { "--object-format=sha256" } else { "--object-format=sha1" };
    case.git(&["init", "-q", "-b", "main", format]);
    for step in 0..6 {
        case.write("text", format!("{}{step}\n", "some lines of text\n".repeat(60)));
        let line = case.line();
        case.write(format!("d{}/k{step}.env", step % 2), line);
        case.commit(&format!("step {step}"));
    }
    case.git(&["tag", "-a", "-m", "a tag", "v1"]);
    if kind > 0 {
        case.git(&["repack", "-adq"]);
        case.git(&["pack-refs", "--all"]);
    }
    if kind == 2 {
        case.git(&["commit-graph", "write", "--reachable"]);
        case.git(&["multi-pack-index", "write"]);
        case.git(&["update-index", "--index-version=4"]);
    }
    case
}

/// The files that are worth a mutation, the smaller ones first.
fn files(target: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(target.join(".git")).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    files.filter(|path| !path.components().any(|part| part.as_os_str() == "hooks")).collect()
}

/// Changes a file in one of the three ways.
fn mutate(bytes: &mut Vec<u8>, forge: &mut Forge) -> String {
    let at = (forge.bits() % bytes.len() as u64) as usize;
    match forge.bits() % 3 {
        0 => {
            let bit = forge.bits() % 8;
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} flipped")
        }
        1 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        _ => {
            let end = bytes.len().min(at + 16);
            bytes[at..end].fill(0xff);
            format!("0xff at {at}..{end}")
        }
    }
}

fn prove(mutants: usize) {
    let mut forge = Forge::new(500);
    let ceiling = Ceiling { mib: 150, seconds: 60 };
    let all = [0, 1, 2].map(repository);
    let scans: [&[&str]; 4] = [&["--history"], &["--range", "main~3..main"], &["--staged"], &["."]];
    for number in 0..mutants {
        let case = &all[number % 3];
        let files = files(&case.target);
        let file = &files[(forge.bits() % files.len() as u64) as usize];
        let healthy = std::fs::read(file).unwrap();
        if healthy.is_empty() {
            continue;
        }
        let mut bytes = healthy.clone();
        let how = mutate(&mut bytes, &mut forge);
        replace(file, &bytes);
        let what = |scan: &[&str]| format!("mutant {number}, {}: {how}, scan {scan:?}", file.display());
        for scan in scans {
            let mut command = crate::support::program();
            command.current_dir(&case.target).args(["scan", "--format", "json"]).args(scan);
            let run = crate::watch::watch(&mut command, b"", ceiling);
            assert!(
                run.killed.is_none() && (0..=3).contains(&run.code),
                "{}: {} {:?}",
                what(scan),
                run.code,
                run.killed
            );
            assert!(run.peak <= ceiling.mib, "{}: {} MiB", what(scan), run.peak);
            assert!(
                !run.stderr.contains("panicked") && !run.stdout.contains("\"internal\""),
                "{}\n{}",
                what(scan),
                run.stderr
            );
            let Ok(report) = serde_json::from_str::<Report>(&run.stdout) else {
                assert_eq!(run.code, 2, "{}: no report", what(scan));
                continue;
            };
            // Every key is in the work tree, whatever the store holds.
            let found = report.findings.iter().filter(|finding| finding.rule == "secret-live").count();
            assert!(scan[0] != "." || found == 6, "{}: {found} of 6 keys", what(scan));
            let lost = scan[0] == "--history" && found < 6 && report.coverage.complete;
            assert!(!lost, "{}: {found} of 6 keys, and complete", what(scan));
        }
        replace(file, &healthy);
    }
}

#[test]
fn a_few_mutants() {
    prove(12);
}

#[test]
#[ignore = "500 mutants; run with --ignored"]
fn five_hundred_mutants() {
    prove(500);
}
