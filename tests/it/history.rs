//! The whole store of a repository: every place a key can be in, where it was and since when.

use std::collections::BTreeMap;

use pinstripe::model::Report;
use pinstripe::model::{Finding, Location, Origin, Reach};

use crate::support::{Dir, git};

/// A repository with one key in each place, by name of the place, masked.
struct Everywhere {
    dir: Dir,
    keys: BTreeMap<&'static str, String>,
}

fn masked(key: &str) -> String {
    format!("{}…{}", &key[..8], &key[key.len() - 4..])
}

impl Everywhere {
    fn key(&mut self, place: &'static str) -> String {
        let key = self.dir.forge.make("sk_live").unwrap();
        self.keys.insert(place, masked(&key));
        key
    }

    fn write(&mut self, place: &'static str, file: &str) {
        let key = self.key(place);
        self.dir.write_bytes(file, format!("KEY={key}\n").as_bytes());
    }

    fn commit(&self, message: &str) {
        self.dir.git(&["add", "-A", "-f"]);
        self.dir.git(&["commit", "-qm", message]);
    }

    fn build() -> Self {
        let mut all = Self { dir: Dir::new(), keys: BTreeMap::new() };
        all.dir.git(&["init", "-q"]);
        all.dir.write("README", "hello\n");
        all.commit("first");
        all.in_files();
        all.in_texts();
        all.beside_the_refs();
        all
    }

    fn in_files(&mut self) {
        self.write("head", "src/a.env");
        self.write("removed", "gone.env");
        self.write("attribute", "data.dat");
        self.dir.write_bytes(".gitattributes", b"*.dat -diff\n");
        let key = self.key("nul");
        self.dir.write_bytes("nul.bin", format!("\0\0K={key}\0").as_bytes());
        let key = self.key("utf-16");
        let wide: Vec<u8> = format!("\u{feff}K={key}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.dir.write_bytes("wide.txt", &wide);
        let key = self.key("file-name");
        self.dir.write_bytes(&format!("names/{key}.txt"), b"x\n");
        self.commit("files");
        std::fs::remove_file(self.dir.join("gone.env")).unwrap();
        self.commit("remove");
        self.dir.git(&["checkout", "-qb", "side", "HEAD~1"]);
        self.dir.write("side.txt", "side\n");
        self.commit("side");
        self.dir.git(&["checkout", "-q", "main"]);
        self.dir.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
        self.write("merge", "merge.env");
        self.commit("merge");
    }

    fn in_texts(&mut self) {
        let key = self.key("message");
        self.dir.git(&["commit", "-q", "--allow-empty", "-m", &format!("subject\n\nuse {key} here")]);
        let (author, committer) = (self.key("author"), self.key("committer"));
        let author = format!("user.name={author}");
        self.dir.git(&["commit", "-q", "--allow-empty", "--author", &format!("{} <a@b.c>", &author[10..]), "-m", "a"]);
        let tree = self.dir.git(&["write-tree"]);
        let parent = self.dir.git(&["rev-parse", "HEAD"]);
        let text = format!(
            "tree {tree}parent {parent}author A <a@b.c> 1700000000 +0000\ncommitter {committer} <a@b.c> 1700000000 +0000\n\nx\n"
        );
        self.dir.write_bytes("../commit.txt", text.as_bytes());
        let oid = self.dir.git(&["hash-object", "-t", "commit", "-w", "../commit.txt"]);
        self.dir.git(&["reset", "-q", "--hard", oid.trim()]);
        let key = self.key("tag");
        self.dir.git(&["tag", "-a", "v1", "-m", &format!("release\n{key}")]);
        let key = self.key("note");
        self.dir.git(&["notes", "add", "-m", &format!("see {key}")]);
        let key = self.key("ref-name");
        self.dir.git(&["branch", &format!("fix/{key}")]);
    }

    fn beside_the_refs(&mut self) {
        for place in ["older-stash", "stash"] {
            self.write(place, "src/a.env");
            self.dir.git(&["stash", "-q"]);
        }
        self.write("amended", "amended.env");
        self.commit("to be amended");
        self.dir.write_bytes("amended.env", b"nothing\n");
        self.dir.git(&["add", "-A"]);
        self.dir.git(&["commit", "-q", "--amend", "-m", "amended"]);
        let key = self.key("dangling");
        self.dir.write_bytes("../dangling", format!("D={key}\n").as_bytes());
        self.dir.git(&["hash-object", "-w", "../dangling"]);
        self.write("staged", "staged.env");
        self.dir.git(&["add", "staged.env"]);
        std::fs::remove_file(self.dir.join("staged.env")).unwrap();
    }

    fn finding<'a>(&self, report: &'a Report, place: &str) -> &'a Finding {
        let mask = &self.keys[place];
        let found = report.findings.iter().find(|f| f.key.as_ref().is_some_and(|key| key.masked == *mask));
        found.unwrap_or_else(|| panic!("{place} not found among {} findings", report.findings.len()))
    }

    fn location<'a>(&self, report: &'a Report, place: &str) -> &'a Location {
        &self.finding(report, place).locations[0]
    }
}

#[test]
fn every_place() {
    let all = Everywhere::build();
    let run = all.dir.scan(&["--history"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.report();
    assert!(report.coverage.complete, "{:?}", report.coverage.skipped);
    for (place, origin, reach, path) in [
        ("head", Origin::File, Reach::Head, "src/a.env"),
        ("removed", Origin::File, Reach::Ref, "gone.env"),
        ("attribute", Origin::File, Reach::Head, "data.dat"),
        ("nul", Origin::File, Reach::Head, "nul.bin"),
        ("utf-16", Origin::File, Reach::Head, "wide.txt"),
        ("merge", Origin::File, Reach::Head, "merge.env"),
        ("message", Origin::CommitMessage, Reach::Ref, ""),
        ("author", Origin::Author, Reach::Ref, ""),
        ("committer", Origin::Committer, Reach::Ref, ""),
        ("tag", Origin::TagMessage, Reach::Ref, ""),
        ("stash", Origin::File, Reach::Stash, "src/a.env"),
        ("older-stash", Origin::File, Reach::Stash, "src/a.env"),
        ("amended", Origin::File, Reach::Reflog, "amended.env"),
        ("dangling", Origin::File, Reach::Unreachable, ""),
        ("staged", Origin::File, Reach::Index, "staged.env"),
    ] {
        let at = all.location(&report, place);
        assert_eq!((at.origin, at.reach, at.path.as_str()), (origin, reach, path), "{place}");
    }
    let note = all.location(&report, "note");
    assert_eq!((note.origin, note.reach), (Origin::Note, Reach::Ref));
    for (place, origin) in [("file-name", Origin::FileName), ("ref-name", Origin::RefName)] {
        let at = all.location(&report, place);
        assert_eq!(at.origin, origin);
        assert!(at.redacted && at.path.contains(&all.keys[place]), "{place}: {}", at.path);
    }
    let head = all.finding(&report, "head").exposure.as_ref().unwrap();
    assert!(head.in_head && head.removed.is_none() && head.introduced.is_some() && head.refs_total >= 3);
    let removed = all.finding(&report, "removed").exposure.as_ref().unwrap();
    assert!(!removed.in_head && removed.removed.is_some());
    let dangling = all.finding(&report, "dangling").exposure.as_ref().unwrap();
    assert!(dangling.introduced.is_none() && dangling.refs_total == 0);
}

/// The report without what may differ between two stores of the same history.
fn core(report: &Report) -> String {
    let mut findings = report.findings.clone();
    findings.iter_mut().for_each(|finding| finding.locations.sort());
    serde_json::to_string(&findings).unwrap()
}

#[test]
fn storage_threads_and_the_fast_path_change_nothing() {
    let all = Everywhere::build();
    let plain = all.dir.scan(&["--history", "--plain-history", "--threads", "1"]).report();
    for threads in ["1", "2", "8"] {
        assert_eq!(all.dir.scan(&["--history", "--threads", threads]).report(), plain);
    }
    for step in [
        &["repack", "-q", "-ad"][..],
        &["gc", "-q", "--no-prune"],
        &["repack", "-q", "-adf", "--depth=250", "--keep-unreachable"],
        &["pack-refs", "--all"],
    ] {
        all.dir.git(step);
        let fast = all.dir.scan(&["--history"]).report();
        assert_eq!(core(&fast), core(&plain), "{step:?}");
    }
    let outer = Dir::new();
    git(outer.path(), &["clone", "-q", "--mirror", all.dir.path().to_str().unwrap(), "m.git"]);
    let mirror = outer.scan(&["--history", "m.git"]).report();
    for place in ["head", "removed", "message", "tag", "note", "merge"] {
        let (here, there) = (all.finding(&plain, place), all.finding(&mirror, place));
        assert_eq!(here.exposure.as_ref().unwrap().introduced, there.exposure.as_ref().unwrap().introduced, "{place}");
        assert_eq!(here.locations[0].path, there.locations[0].path, "{place}");
    }
}

#[test]
fn no_key_gets_out_of_a_history() {
    let all = Everywhere::build();
    let key = std::fs::read_to_string(all.dir.join("src/a.env")).unwrap();
    for format in ["text", "json", "sarif", "markdown", "github", "jsonl"] {
        let run = all.dir.run(&["scan", "--history", "--format", format, "--min-severity", "note"]);
        if run.code == 2 {
            continue;
        }
        let secret = key.trim().strip_prefix("KEY=").unwrap();
        assert!(!run.stdout.contains(&secret[30..42]) && !run.stderr.contains(&secret[30..42]), "{format}");
    }
}

#[test]
fn what_is_missing_or_damaged_is_counted_and_the_rest_is_found() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("control.env", "K={{sk_live@control}}\n");
    dir.write("large.bin", &"lost\n".repeat(1000));
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "one"]);
    let oid = dir.git(&["rev-parse", "HEAD:large.bin"]);
    let path = dir.join(".git/objects").join(&oid[..2]).join(oid[2..].trim());
    let whole = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let report = dir.scan(&["--history"]).report();
    assert!(!report.coverage.complete && report.findings.len() == 1);
    assert_eq!(report.coverage.skipped[0].examples, [oid.trim()]);
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let run = dir.scan(&["--history"]);
    assert!(run.code == 1 && run.report().coverage.skipped.iter().any(|s| s.examples[0].contains(oid.trim())));
    assert_eq!(dir.scan(&["--history", "nothing"]).code, 2);
}

/// A program that is built again and again: what surrounds a key decides about its edges, and a delta may change just
/// that.
#[test]
fn binary_blobs_with_and_without_the_shortcut() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    let keys = ["sk_live", "sk_test:24", "whsec"].map(|name| dir.forge.make(name).unwrap());
    let noise: Vec<u8> = (0..60_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 & 0x7f).collect();
    for version in 0..12 {
        let mut blob = noise.clone();
        blob[7] = u8::try_from(version).unwrap();
        for (at, key) in (1..).zip(&keys) {
            let start = at * 16_000;
            let length = u8::try_from(key.len()).unwrap();
            blob[start - 600..start + 700].fill(b'x');
            blob[start - 1] = length;
            blob[start..start + key.len()].copy_from_slice(key.as_bytes());
            // A line break on either side makes it text; a zero within the context makes it binary.
            blob[start - 20] = b'\n';
            blob[start + key.len() + 40] = b'\n';
            let zero = [255, 256, 257, 258][version % 4];
            if version >= 4 {
                blob[start - zero] = 0;
            }
            if version >= 8 {
                blob[start - zero] = b'x';
                blob[start + key.len() + zero - 1] = 1;
            }
        }
        dir.write_bytes("program", &blob);
        dir.git(&["add", "-A"]);
        dir.git(&["commit", "-q", "-m", &format!("build {version}")]);
    }
    dir.git(&["gc", "-q"]);
    let plain = dir.scan(&["--history", "--plain-history"]).report();
    let fast = dir.scan(&["--history"]).report();
    assert_eq!(core(&fast), core(&plain));
    assert!(fast.findings.len() >= keys.len());
}
