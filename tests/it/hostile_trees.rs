//! Trees that no honest tool writes: with more paths than anybody can list, nested without end, malformed, ambiguous.

use std::fmt::Write;

use pinstripe::model::{Report, SkipReason};

use crate::support::{Dir, Run, git};

/// An entry of a tree: mode, name and object.
type Entry<'a> = (&'a str, String, &'a str);

fn encode(entries: &[Entry<'_>]) -> Vec<u8> {
    let raw = |oid: &str| -> Vec<u8> { hex(oid) };
    entries
        .iter()
        .flat_map(|(mode, name, oid)| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &raw(oid)].concat())
        .collect()
}

fn hex(oid: &str) -> Vec<u8> {
    oid.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A repository whose branch `main` has a README, and whose branch `work` is for hostile commits.
struct Lab {
    dir: Dir,
    readme: String,
    control: String,
}

impl Lab {
    fn new() -> Self {
        let mut dir = Dir::new();
        dir.git(&["init", "-q"]);
        dir.write("README", "hello\n");
        dir.git(&["add", "."]);
        dir.git(&["commit", "-qm", "first"]);
        dir.git(&["branch", "work"]);
        let key = dir.forge.fill("K={{sk_live@control}}\n");
        let readme = dir.git(&["rev-parse", "HEAD:README"]).trim().to_owned();
        let control = dir.object("blob", key.as_bytes());
        Self { dir, readme, control }
    }

    fn blob(&mut self, text: &str) -> String {
        let filled = self.dir.forge.fill(text);
        self.dir.object("blob", filled.as_bytes())
    }

    fn tree(&self, entries: &[Entry<'_>]) -> String {
        self.dir.object("tree", &encode(entries))
    }

    /// Trees of `width` equal entries, `depth` deep, with a blob at the end.
    fn bomb(&self, depth: usize, width: usize, blob: &str) -> String {
        fn names<'a>(width: usize, mode: &'static str, oid: &'a str) -> Vec<Entry<'a>> {
            (0..width).map(|at| (mode, format!("{at}"), oid)).collect()
        }
        let bottom = self.tree(&names(width, "100644", blob));
        (1..depth).fold(bottom, |tree, _| self.tree(&names(width, "40000", &tree)))
    }

    /// Commits a tree, with the README, a directory `odd`, and a file that holds a key, on `work`.
    fn commit(&self, odd: &str) -> String {
        let root = self.tree(&[
            ("100644", "README".to_owned(), &self.readme),
            ("100644", "control.env".to_owned(), &self.control),
            ("40000", "odd".to_owned(), odd),
        ]);
        self.commit_tree(&root)
    }

    fn commit_tree(&self, root: &str) -> String {
        let commit = self.dir.git(&["commit-tree", root, "-p", "work", "-m", "odd"]);
        self.dir.git(&["update-ref", "refs/heads/work", commit.trim()]);
        commit.trim().to_owned()
    }

    fn scan(&self, arguments: &[&str]) -> Run {
        self.dir.scan(arguments)
    }

    fn range(&self) -> Report {
        self.scan(&["--range", "main..work"]).report()
    }

    /// Scans the branch in every way that compares trees: as a range, as HEAD with an index that lacks it, as a history, as
    /// a push.
    fn all_ways(&self) -> Vec<(&'static str, i32, Option<Report>)> {
        let range = self.scan(&["--range", "main..work"]);
        self.dir.git(&["symbolic-ref", "HEAD", "refs/heads/work"]);
        let staged = self.scan(&["--staged"]);
        let history = self.scan(&["--history"]);
        self.dir.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        let mut found: Vec<_> = [("range", range), ("staged", staged), ("history", history)]
            .into_iter()
            .map(|(name, run)| (name, run.code, Some(run.report())))
            .collect();
        found.push(("push", self.push(), None));
        found
    }

    /// Offers `work` to a server that has `main`. Its hook finds the objects as git shows them to it.
    fn push(&self) -> i32 {
        let server = tempfile::tempdir().unwrap();
        git(server.path(), &["init", "-q", "--bare"]);
        git(self.dir.path(), &["push", "-q", server.path().to_str().unwrap(), "main"]);
        let (old, new) = (self.dir.git(&["rev-parse", "main"]), self.dir.git(&["rev-parse", "work"]));
        let objects = self.dir.join(".git/objects");
        let info = server.path().join("objects/info");
        std::fs::create_dir_all(&info).unwrap();
        let mut child = crate::support::program()
            .current_dir(server.path())
            .env("GIT_DIR", server.path())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects)
            .args(["hook", "pre-receive"])
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let line = format!("{} {} refs/heads/main\n", old.trim(), new.trim());
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), line.as_bytes()).unwrap();
        child.wait().unwrap().code().unwrap()
    }
}

fn skipped(report: &Report, reason: SkipReason) -> u64 {
    report.coverage.skipped.iter().filter(|skipped| skipped.reason == reason).map(|skipped| skipped.count).sum()
}

fn paths(report: &Report) -> Vec<&str> {
    let mut paths: Vec<&str> =
        report.findings.iter().flat_map(|finding| &finding.locations).map(|at| at.path.as_str()).collect();
    paths.sort_unstable();
    paths
}

#[test]
fn trees_with_too_many_paths_are_read_once() {
    for (depth, width, text) in
        [(10, 10, "hello\n"), (70, 3, "hello\n"), (10, 10, "K={{sk_live}}\n"), (3, 1_000, "stripe K={{rk_live}}\n")]
    {
        let mut lab = Lab::new();
        let blob = lab.blob(text);
        let bomb = lab.bomb(depth, width, &blob);
        lab.commit(&bomb);
        for (way, code, report) in lab.all_ways() {
            // The index lacks everything that HEAD has: nothing is staged but deletions.
            assert_eq!(code, i32::from(way != "staged"), "{way} {depth} {width}");
            let Some(report) = report.filter(|_| way != "staged") else { continue };
            assert!(paths(&report).contains(&"control.env"), "{way}");
            let expected = if text.contains("{{") { 2 } else { 1 };
            assert_eq!(report.findings.len(), expected, "{way}");
            assert!(report.findings.iter().all(|finding| finding.locations.len() < 16_100), "{way}");
            if way == "range" {
                assert!(skipped(&report, SkipReason::OverLimit) >= 900_000);
            }
        }
    }
}

#[test]
fn a_leaf_that_differs_at_the_bottom() {
    let mut lab = Lab::new();
    let (old, new) = (lab.blob("hello\n"), lab.blob("K={{whsec}}\n"));
    let bomb = lab.bomb(12, 10, &old);
    let before = lab.commit(&bomb);
    let bomb = lab.bomb(12, 10, &new);
    lab.commit(&bomb);
    let report = lab.scan(&["--range", &format!("{before}..work")]).report();
    let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["webhook-secret"], "{:?}", report.findings);
    assert!(!report.coverage.complete);
    // And back: only deletions and old files.
    let report = lab.scan(&["--range", &format!("work..{before}")]).report();
    assert!(report.findings.is_empty());
}

#[test]
fn every_pair_of_many_trees_is_bounded() {
    // Each of many small trees becomes the same large one.
    let mut lab = Lab::new();
    let blob = lab.blob("hello\n");
    let large: Vec<Entry<'_>> = (0..500).map(|at| ("100644", format!("{at:01000}"), blob.as_str())).collect();
    let large = lab.tree(&large);
    let small: Vec<String> = (0..300).map(|at| lab.tree(&[("100644", format!("{at}"), &blob)])).collect();
    let name = |at: usize| format!("d{at:03}");
    let before: Vec<Entry<'_>> =
        small.iter().enumerate().map(|(at, tree)| ("40000", name(at), tree.as_str())).collect();
    let after: Vec<Entry<'_>> = (0..300).map(|at| ("40000", name(at), large.as_str())).collect();
    let (before, after) = (lab.tree(&before), lab.tree(&after));
    let before = lab.commit(&before);
    lab.commit(&after);
    let report = lab.scan(&["--range", &format!("{before}..work")]).report();
    assert!(!report.coverage.complete);
    assert!(skipped(&report, SkipReason::OverLimit) > 0);
}

#[test]
fn deep_trees_are_searched_to_the_bottom() {
    let mut lab = Lab::new();
    let blob = lab.blob("K={{rk_live}}\n");
    let deep = lab.bomb(5_000, 1, &blob);
    lab.commit(&deep);
    let report = lab.range();
    assert_eq!(report.findings.len(), 2);
    let mut path = "odd".to_owned();
    (0..5_000).for_each(|_| write!(path, "/0").unwrap());
    assert!(paths(&report).contains(&path.as_str()));
    assert!(report.coverage.complete);
    // A path that is too long costs the path, not the search.
    let blob = lab.blob("K={{whsec}}\n");
    let mut tree = lab.tree(&[("100644", "key".to_owned(), &blob)]);
    for _ in 0..30 {
        tree = lab.tree(&[("40000", "n".repeat(4_000), &tree)]);
    }
    lab.commit(&tree);
    let report = lab.range();
    assert!(paths(&report).contains(&"…/key"));
    assert_eq!(skipped(&report, SkipReason::OverLimit), 1);
}

#[test]
fn what_cannot_be_parsed_is_counted() {
    for is_cut in [true, false] {
        let mut lab = Lab::new();
        let blob = lab.blob("K={{rk_live}}\n");
        let whole = encode(&[("100644", "a.env".to_owned(), &blob), ("100644", "b.env".to_owned(), &blob)]);
        let malformed = [&whole[..], b"100x44 c.env\0", &hex(&blob)].concat();
        let tree = lab.dir.object("tree", if is_cut { &whole[..whole.len() - 5] } else { &malformed });
        lab.commit(&tree);
        let report = lab.range();
        assert_eq!(skipped(&report, SkipReason::Damaged), 1);
        assert!(paths(&report).contains(&"odd/a.env"));
        // The same tree in HEAD, where the index differs from it.
        lab.dir.git(&["symbolic-ref", "HEAD", "refs/heads/work"]);
        let report = lab.scan(&["--staged"]).report();
        assert_eq!(skipped(&report, SkipReason::Damaged), 1);
    }
}

#[test]
fn every_entry_of_one_name_is_searched() {
    let mut lab = Lab::new();
    let blobs = ["K={{rk_live}}\n", "K={{whsec}}\n", "K={{sk_test}}\n"].map(|text| lab.blob(text));
    let below = lab.tree(&[("100644", "inner".to_owned(), &blobs[2])]);
    let name = || "same".to_owned();
    let odd = lab.tree(&[("100644", name(), &blobs[0]), ("100644", name(), &blobs[1]), ("40000", name(), &below)]);
    lab.commit(&odd);
    let report = lab.range();
    assert_eq!(report.findings.len(), 4);
    let mut found = paths(&report);
    found.dedup();
    assert_eq!(found, ["control.env", "odd/same", "odd/same/inner"]);
}

#[test]
fn a_time_limit_ends_a_comparison() {
    let mut lab = Lab::new();
    let blob = lab.blob("hello\n");
    let bomb = lab.bomb(10, 10, &blob);
    lab.commit(&bomb);
    let run = lab.scan(&["--range", "main..work", "--timeout", "0ms"]);
    assert_eq!(run.code, 3);
    assert!(skipped(&run.report(), SkipReason::TimedOut) > 0);
}
