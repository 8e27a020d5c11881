//! Packs that are not what git wrote: nothing hangs or crashes, what is healthy is searched, and the rest is named.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pinstripe::model::Report;
use pinstripe::model::SkipReason;

use crate::support::Dir;

/// Files in the pack that hold a key each, in all of their versions but the first.
const FILES: usize = 5;

/// A repository with one pack of all kinds of objects, most of them deltas, and healthy objects beside it.
struct Store {
    dir: Dir,
    pack: PathBuf,
    healthy: Vec<u8>,
}

impl Store {
    fn build() -> Self {
        let mut dir = Dir::new();
        dir.git(&["init", "-q"]);
        let mut files: Vec<Vec<String>> = (0..FILES).map(lines).collect();
        for step in 0..8 {
            for (number, lines) in files.iter_mut().enumerate() {
                lines[step * 9] = format!("step {step}\n");
                dir.write_bytes(&format!("dir{}/file{number}", number % 2), lines.concat().as_bytes());
                if step == 0 {
                    lines[100] = dir.forge.fill("KEY={{sk_live}}\n");
                }
            }
            dir.git(&["add", "-A"]);
            dir.git(&["commit", "-qm", &format!("step {step}")]);
        }
        dir.git(&["tag", "-a", "v1", "-m", "tagged"]);
        dir.git(&["repack", "-qadf"]);
        let pack = packs(&dir).remove(0);
        let kinds = dir.git(&["verify-pack", "-v", pack.to_str().unwrap()]);
        assert!(["commit", "tree", "blob", "tag", "chain length = 3"].iter().all(|kind| kinds.contains(kind)));
        dir.write("../loose", "K={{sk_live@loose}}\n");
        dir.git(&["hash-object", "-w", "../loose"]);
        dir.write("other.env", "K={{sk_live@other}}\n");
        dir.git(&["add", "-A"]);
        dir.git(&["commit", "-qm", "beside"]);
        dir.git(&["repack", "-qd"]);
        dir.git(&["hash-object", "-w", "../loose"]);
        assert_eq!(packs(&dir).len(), 2);
        let healthy = std::fs::read(&pack).unwrap();
        Self { dir, pack, healthy }
    }

    /// Scans the store with other bytes in place of the pack's. The keys beside it are found whatever they are.
    fn scan_with(&self, bytes: &[u8]) -> Report {
        replace(&self.pack, bytes);
        let run = self.dir.scan(&["--history"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let report = run.report();
        let paths: Vec<&str> = report.findings.iter().map(|finding| finding.locations[0].path.as_str()).collect();
        assert!(paths.contains(&"other.env") && paths.contains(&""), "{paths:?}");
        report
    }
}

/// Lines like those of no other file.
fn lines(file: usize) -> Vec<String> {
    (0..200_usize).map(|at| format!("{:x}\n", (at + 1000 * file + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect()
}

fn packs(dir: &Dir) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir.join(".git/objects/pack")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "pack")).collect()
}

/// Git makes its packs read-only.
fn replace(file: &std::path::Path, bytes: &[u8]) {
    std::fs::remove_file(file).unwrap();
    std::fs::write(file, bytes).unwrap();
}

fn keys(report: &Report) -> BTreeSet<String> {
    report.findings.iter().map(|finding| finding.fingerprint.to_string()).collect()
}

fn damaged(report: &Report) -> u64 {
    report.coverage.skipped.iter().filter(|s| s.reason == SkipReason::Damaged).map(|s| s.count).sum()
}

#[test]
fn a_flipped_byte_every_97_bytes() {
    let store = Store::build();
    let all = keys(&store.scan_with(&store.healthy));
    assert_eq!(all.len(), FILES + 2);
    for start in [0, 13, 50, 96] {
        let mut bytes = store.healthy.clone();
        bytes.iter_mut().skip(start).step_by(97).for_each(|byte| *byte ^= 0x41);
        let report = store.scan_with(&bytes);
        assert!(!report.coverage.complete && damaged(&report) > 20, "{:?}", report.coverage.skipped);
        assert!(keys(&report).is_subset(&all));
    }
}

#[test]
fn one_flipped_byte_costs_one_chain_of_deltas() {
    let store = Store::build();
    let all = keys(&store.scan_with(&store.healthy));
    // Behind the entries there is a checksum of the whole file, which says nothing about any of them.
    for at in (0..store.healthy.len() - 20).step_by(store.healthy.len() / 40) {
        let mut bytes = store.healthy.clone();
        bytes[at] ^= 0x20;
        let report = store.scan_with(&bytes);
        let found = keys(&report);
        assert!(found.is_subset(&all) && found.len() + 1 >= all.len(), "byte {at}: {} keys", found.len());
        assert!(damaged(&report) > 0 && !report.coverage.complete, "byte {at}");
    }
}

#[test]
fn half_a_pack_and_an_offset_past_its_end() {
    let store = Store::build();
    let all = keys(&store.scan_with(&store.healthy));
    for end in [0, 11, 12, 40, store.healthy.len() / 2, store.healthy.len() - 21] {
        let report = store.scan_with(&store.healthy[..end]);
        assert!(keys(&report).is_subset(&all) && !report.coverage.complete, "{end} bytes");
    }
    replace(&store.pack, &store.healthy);
    let index = store.pack.with_extension("idx");
    let mut bytes = std::fs::read(&index).unwrap();
    let count = u32::from_be_bytes(*bytes[8 + 255 * 4..].first_chunk().unwrap()) as usize;
    let offsets = 8 + 256 * 4 + count * 24;
    bytes[offsets..offsets + 4].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
    replace(&index, &bytes);
    let report = store.scan_with(&store.healthy);
    assert!(keys(&report).len() + 1 >= all.len() && damaged(&report) > 0, "{:?}", report.coverage.skipped);
}
