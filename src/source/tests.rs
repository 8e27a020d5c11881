//! A defect that one text brings out costs that text and nothing else, in every source.
#![expect(clippy::disallowed_methods, reason = "the tests build files and repositories")]

use std::io::{Cursor, Write};
use std::path::Path;
use std::rc::Rc;

use super::*;
use crate::credential::{Fingerprint, forge::Forge};
use crate::detect::{DEFECT, Engine};
use crate::git::GitEnv;
use crate::git::testing::Lab;
use crate::model::{PathText, SkipReason};
use crate::rules::load;
use crate::source::history::HistorySource;
use crate::source::open_repository::OpenRepository;
use crate::source::range::RangeSource;
use crate::source::staged::{StagedIndex, StagedSource};
use crate::source::stdin::StdinSource;

fn engine() -> Engine {
    Engine::new(load::load(true, &[]).unwrap()).unwrap()
}

fn keys(seed: u64) -> String {
    Forge::new(seed).fill("STRIPE_KEY={{sk_live}}\n")
}

/// Has a candidate and a key, and brings out a defect.
fn defect() -> Vec<u8> {
    [keys(99).as_bytes(), b"stripe ", DEFECT, b"\n"].concat()
}

/// A name that brings out a defect.
fn defective_name() -> String {
    format!("stripe {} {}", String::from_utf8_lossy(DEFECT), keys(98).trim())
}

/// Scans and gives the credentials with their paths, and the texts that brought out a defect.
fn seen(engine: &Engine, mut source: impl ScanSource) -> (Vec<(Fingerprint, String)>, Vec<String>) {
    let context = ScanContext::new(engine, None, Progress::hidden());
    source.scan(&context).unwrap();
    let collected = context.take_collected();
    let found = collected.hits.into_iter().map(|seen| (seen.hit.fingerprint, seen.place.words().into_owned()));
    let mut found: Vec<_> = found.collect();
    found.sort();
    found.dedup();
    let skipped = collected.coverage.skipped();
    assert!(
        skipped.iter().all(|skipped| matches!(skipped.reason, SkipReason::Internal | SkipReason::GitDir)),
        "{skipped:?}"
    );
    let internal = skipped.into_iter().filter(|skipped| skipped.reason == SkipReason::Internal);
    (found, internal.flat_map(|skipped| skipped.examples).collect())
}

/// The credentials of these seeds at these paths.
fn at(engine: &Engine, places: &[(u64, &str)]) -> Vec<(Fingerprint, String)> {
    let place = |(seed, path): &(u64, &str)| (engine.scan(keys(*seed).as_bytes())[0].fingerprint, (*path).to_owned());
    let mut places: Vec<_> = places.iter().map(place).collect();
    places.sort();
    places
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A name and a content, one of which brings out a defect, between others.
fn files() -> Vec<(String, Vec<u8>)> {
    let (b, d) = (keys(2).into_bytes(), keys(4).into_bytes());
    let archive = zip(&[("x", keys(5).as_bytes()), ("y", &defect()), ("z", keys(6).as_bytes())]);
    vec![
        ("a".to_owned(), defect()),
        ("b".to_owned(), b),
        ("c".to_owned(), defect()),
        (defective_name(), d),
        ("e.zip".to_owned(), archive),
    ]
}

fn write(root: &Path) {
    files().iter().for_each(|(name, content)| std::fs::write(root.join(name), content).unwrap());
}

/// The hits in [`files`], and the number of texts in them that are not read.
fn expected(engine: &Engine) -> (Vec<(Fingerprint, String)>, usize) {
    let name = PathText::new(defective_name().as_bytes()).text;
    (at(engine, &[(2, "b"), (4, &name), (5, "e.zip/x"), (6, "e.zip/z")]), 4)
}

#[test]
fn work_tree() {
    let (engine, dir) = (engine(), tempfile::tempdir().unwrap());
    write(dir.path());
    let root = dir.path().to_path_buf();
    let options =
        worktree::WorktreeSource { paths: vec![root.clone()], missing: Vec::new(), root, no_ignore: true, threads: 1 };
    let (found, defects) = seen(&engine, options);
    assert_eq!((found, defects.len()), expected(&engine), "{defects:?}");
}

fn staged_index(lab: &Lab) -> Rc<StagedIndex> {
    Rc::new(StagedIndex::of(OpenRepository::new(lab.repo(), None)).unwrap())
}

#[test]
fn index() {
    let (engine, lab) = (engine(), Lab::new(&[]));
    lab.commit("first", b"");
    write(&lab.root);
    lab.git(&["add", "-A"]);
    let (found, defects) = seen(&engine, StagedSource::new(&staged_index(&lab), &[]).unwrap());
    assert_eq!((found, defects.len()), expected(&engine), "{defects:?}");
}

#[test]
fn previous_version() {
    let (engine, lab) = (engine(), Lab::new(&[]));
    lab.commit("a", &defect());
    std::fs::write(lab.root.join("a"), keys(1)).unwrap();
    std::fs::write(lab.root.join("b"), keys(2)).unwrap();
    lab.git(&["add", "-A"]);
    let (found, defects) = seen(&engine, StagedSource::new(&staged_index(&lab), &[]).unwrap());
    assert_eq!((found, defects), (at(&engine, &[(1, "a"), (2, "b")]), vec!["a".to_owned()]));
}

/// Commits that hold [`files`] and whose messages bring out a defect.
fn history() -> Lab {
    let lab = Lab::new(&[]);
    lab.commit("first", b"");
    write(&lab.root);
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "-q", "-m", &String::from_utf8(defect()).unwrap()]);
    lab.git(&["commit", "-q", "--allow-empty", "-m", &keys(7)]);
    lab
}

#[test]
fn range() {
    let (engine, lab) = (engine(), history());
    let repository = OpenRepository::new(lab.repo(), Some(GitEnv::default()));
    let (found, defects) = seen(&engine, RangeSource::open(&repository, "HEAD~2", "HEAD", &|| false).unwrap());
    let (mut places, count) = expected(&engine);
    places.extend(at(&engine, &[(7, "")]));
    places.sort();
    assert_eq!((found, defects.len()), (places, count + 1), "{defects:?}");
}

fn scan_history(engine: &Engine, lab: &Lab) -> (Vec<(Fingerprint, String)>, Vec<String>) {
    let options = super::history::Options { threads: 1, ..Default::default() };
    let repository = &OpenRepository::new(lab.repo(), None);
    seen(engine, HistorySource::new(repository, options))
}

#[test]
fn objects_loose_and_packed() {
    let (engine, lab) = (engine(), history());
    lab.git(&["update-ref", &format!("refs/heads/stripe-{}", String::from_utf8_lossy(DEFECT)), "HEAD"]);
    lab.git(&["tag", "-a", "-m", &String::from_utf8(defect()).unwrap(), "v1"]);
    let (mut places, _) = expected(&engine);
    places.extend(at(&engine, &[(7, "")]));
    places.sort();
    for repack in [false, true] {
        if repack {
            lab.git(&["repack", "-adfq"]);
        }
        let (found, defects) = scan_history(&engine, &lab);
        assert_eq!(found, places, "{defects:?}");
        // A blob, a name, a member, a commit, a tag and a ref.
        assert_eq!(defects.len(), 6, "{defects:?}");
    }
}

#[test]
fn deltas() {
    let (engine, lab) = (engine(), Lab::new(&[]));
    let lines: Vec<String> = (0..400).map(|at| format!("line {at} {}\n", at * 7919 % 1000)).collect();
    let text = lines.concat();
    for (step, more) in
        [b"".to_vec(), keys(1).into_bytes(), defect(), b"stripe\n".to_vec(), keys(2).into_bytes()].iter().enumerate()
    {
        lab.commit("text", &[text.as_bytes(), more, b"end\n"].concat());
        lab.commit(&format!("dir/{step}"), &[&text.as_bytes()[..4000], more].concat());
    }
    lab.git(&["repack", "-adfq", "--depth=50"]);
    let (found, defects) = scan_history(&engine, &lab);
    let keys = at(&engine, &[(1, "dir/1"), (1, "text"), (2, "dir/4"), (2, "text")]);
    assert_eq!((found, defects.len()), (keys, 2), "{defects:?}");
}

#[test]
fn an_object_too_large_for_memory() {
    let (engine, lab) = (engine(), Lab::new(&[]));
    let blanks = vec![b' '; crate::model::limits::MAX_IN_MEMORY as usize];
    lab.commit("large", &[defect(), blanks].concat());
    lab.commit("small", keys(1).as_bytes());
    for repack in [false, true] {
        if repack {
            lab.git(&["repack", "-adfq"]);
        }
        let (found, defects) = scan_history(&engine, &lab);
        assert_eq!((found, defects.len()), (at(&engine, &[(1, "small")]), 1), "{defects:?}");
    }
}

#[test]
fn lfs_content() {
    let (engine, lab) = (engine(), Lab::new(&[]));
    let name = |digit: &str| digit.repeat(64);
    for (file, digit, content) in [("a", "1", defect()), ("b", "2", keys(1).into_bytes()), ("c", "3", defect())] {
        let dir = lab.root.join(".git/lfs/objects").join(digit.repeat(2)).join(digit.repeat(2));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join(name(digit)), &content).unwrap();
        let pointer =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", name(digit), content.len());
        lab.commit(file, pointer.as_bytes());
    }
    let (found, defects) = scan_history(&engine, &lab);
    assert_eq!((found, defects.len()), (at(&engine, &[(1, "b")]), 2), "{defects:?}");
}

#[test]
fn standard_input() {
    let engine = engine();
    let (found, defects) = seen(&engine, StdinSource { input: &mut defect().as_slice(), name: "in".to_owned() });
    assert_eq!((found, defects), (Vec::new(), vec!["in".to_owned()]));
    let archive = zip(&[("x", &defect()), ("y", keys(1).as_bytes())]);
    let (found, defects) = seen(&engine, StdinSource { input: &mut archive.as_slice(), name: "in".to_owned() });
    assert_eq!((found, defects.len()), (at(&engine, &[(1, "in/y")]), 1));
}
