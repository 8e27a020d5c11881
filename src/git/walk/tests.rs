#![expect(clippy::disallowed_methods, reason = "the tests damage repositories")]

use std::collections::BTreeMap;
use std::path::Path;

use super::super::testing::{Lab, git, overwrite, zlib};
use super::super::{ObjectFormat, Odb, OpenOptions, Repository};
use super::*;

type VisitedObjects = Mutex<Vec<(Oid, ObjectKind, Vec<u8>)>>;

/// Keeps what it is shown, and checks what it is is_reported about copies.
struct KeepingVisitor<'a>(&'a VisitedObjects);

impl KeepingVisitor<'_> {
    fn keep(&self, object: &VisitedObject, bytes: &[u8]) {
        if object.fresh {
            self.0.lock().unwrap().push((object.oid, object.kind, bytes.to_vec()));
        }
    }
}

impl ObjectVisitor for KeepingVisitor<'_> {
    type State = Vec<u8>;

    fn whole(&mut self, object: &VisitedObject, bytes: &[u8]) -> Vec<u8> {
        self.keep(object, bytes);
        bytes.to_vec()
    }

    fn resolved(&mut self, object: &VisitedObject, base: &Vec<u8>, made: &Resolved<'_>) -> Vec<u8> {
        for copy in made.copies {
            assert_eq!(base[copy.from..copy.from + copy.len], made.bytes[copy.to..copy.to + copy.len]);
        }
        self.keep(object, made.bytes);
        made.bytes.to_vec()
    }

    fn stream(&mut self, object: &VisitedObject, size: u64, content: &mut dyn Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        assert_eq!(bytes.len() as u64, size);
        self.keep(object, &bytes);
        Ok(())
    }
}

/// Visited objects, failures, and complaints about indexes.
type WalkOutcome = (Vec<(Oid, ObjectKind, Vec<u8>)>, WalkFailures, Vec<String>);

fn walk_all(odb: &Odb, threads: usize) -> WalkOutcome {
    let seen = VisitedObjects::default();
    let store = ObjectStore::new(odb, threads).unwrap();
    let mut failures = WalkFailures::default();
    for kinds in [&[ObjectKind::Blob][..], &[ObjectKind::Tree, ObjectKind::Commit, ObjectKind::Tag]] {
        let plan = WalkPlan { kinds, wanted: None, stop: &|| false };
        failures.merge(store.walk(&plan, &|| KeepingVisitor(&seen), &|_| {}));
    }
    let mut seen = seen.into_inner().unwrap();
    seen.sort();
    (seen, failures, store.complaints(&|_| false))
}

fn open(root: &Path) -> Odb {
    Odb::open(&Repository::open(root, &OpenOptions { alternates: true, ..OpenOptions::default() }).unwrap())
}

#[test]
fn every_object_once_as_git_has_it() {
    for format in ["sha1", "sha256"] {
        let lab = Lab::new(&[&format!("--object-format={format}")]);
        lab.grow();
        let mut oracle = lab.oracle();
        oracle.sort();
        let steps: [&[&str]; 4] = [
            &["repack", "-q", "-d"],
            &["repack", "-q", "-adf", "--depth=250"],
            &["-c", "repack.usedeltabaseoffset=false", "repack", "-q", "-adf"],
            &["repack", "-q", "--keep-unreachable", "-d"],
        ];
        for step in steps {
            for threads in [1, 3] {
                let (seen, failures, _) = walk_all(&lab.odb(), threads);
                assert!(
                    seen == oracle && failures.objects.is_empty() && failures.suspect.is_empty(),
                    "{step:?} {failures:?}"
                );
            }
            lab.git(step);
        }
    }
}

#[test]
fn several_packs_and_alternates_show_an_object_once() {
    let lab = Lab::new(&[]);
    lab.grow();
    let mut oracle = lab.oracle();
    oracle.sort();
    lab.git(&["gc", "-q"]);
    git(&lab.root, &["clone", "-q", "--no-hardlinks", ".", "../copy"]);
    let copy = lab.root.join("../copy");
    std::fs::write(copy.join(".git/objects/info/alternates"), lab.root.join(".git/objects").to_str().unwrap()).unwrap();
    let odb = open(&copy);
    assert!(odb.packs.len() == 2);
    assert!(walk_all(&odb, 2).0 == oracle);
}

#[test]
fn only_what_is_wanted() {
    let lab = Lab::new(&[]);
    lab.grow();
    lab.git(&["gc", "-q"]);
    lab.write_loose(ObjectKind::Blob, b"loose");
    let (oracle, odb) = (lab.oracle(), lab.odb());
    // With few wanted objects, a part of the forest is built.
    for (modulus, is_prepared) in [(2, false), (40, false), (40, true), (1, false)] {
        let store = ObjectStore::new(&odb, 2).unwrap();
        if is_prepared {
            store.prepare();
        }
        let is_wanted = |oid: &Oid| usize::from(oid.as_bytes()[3]) % modulus == 0;
        let mut wanted = BitSet::none(store.count());
        (0..store.count()).filter_map(|number| u32::try_from(number).ok()).for_each(|number| {
            wanted.set(number, store.oid(number).is_some_and(|oid| is_wanted(&oid)));
        });
        let seen = VisitedObjects::default();
        let plan = WalkPlan { kinds: &[ObjectKind::Blob], wanted: Some(&wanted), stop: &|| false };
        let failures = store.walk(&plan, &|| KeepingVisitor(&seen), &|_| {});
        assert!(failures.objects.is_empty() && failures.suspect.is_empty(), "{failures:?}");
        let mut seen: Vec<Oid> = seen.into_inner().unwrap().into_iter().map(|seen| seen.0).collect();
        seen.sort_unstable();
        let blobs = oracle.iter().filter(|(oid, kind, _)| *kind == ObjectKind::Blob && is_wanted(oid));
        assert_eq!(seen, blobs.map(|object| object.0).collect::<Vec<_>>());
    }
}

/// Visits some objects of a store. Returns their names, and whether anything was reported.
fn visit(odb: &Odb, wanted: &[Oid]) -> (Vec<Oid>, bool) {
    let store = ObjectStore::new(odb, 2).unwrap();
    let (mut set, mut numbers) = (BitSet::none(store.count()), Vec::new());
    store.numbers(wanted, &mut numbers);
    numbers.into_iter().flatten().for_each(|number| set.set(number, true));
    let seen = VisitedObjects::default();
    let plan = WalkPlan { kinds: &[ObjectKind::Blob], wanted: Some(&set), stop: &|| false };
    let failures = store.walk(&plan, &|| KeepingVisitor(&seen), &|_| {});
    let mut seen: Vec<Oid> = seen.into_inner().unwrap().into_iter().map(|seen| seen.0).collect();
    seen.sort_unstable();
    (seen, !failures.objects.is_empty() || !failures.suspect.is_empty() || failures.unvisited > 0)
}

#[test]
fn a_reverse_index_changes_nothing_honest_or_not() {
    let lab = Lab::new(&[]);
    let lines: String = (0..60).map(|line| format!("line {line} of a file that others resemble\n")).collect();
    for file in 0..700 {
        std::fs::write(lab.root.join(format!("file{file}")), format!("{lines}{file}\n")).unwrap();
    }
    lab.commit("last", b"last\n");
    lab.git(&["-c", "pack.writeReverseIndex=true", "repack", "-q", "-adf"]);
    let mut blobs: Vec<Oid> =
        lab.oracle().into_iter().filter(|object| object.1 == ObjectKind::Blob).map(|object| object.0).collect();
    blobs.sort_unstable();
    let [file] = &lab.packs("rev")[..] else { panic!("one reverse index") };
    let honest = std::fs::read(file).unwrap();
    let mut damaged = vec![honest.clone()];
    for step in 1..12 {
        let mut other = honest.clone();
        // Swaps positions here and there, and then all of them.
        let positions = 12..honest.len() - 40;
        for at in positions.step_by(4).filter(|at| at / 4 % step == 0) {
            other[at..at + 4].rotate_left(step % 4);
        }
        damaged.push(other);
    }
    damaged.push(honest[..honest.len() - 4].to_vec());
    for (number, bytes) in damaged.iter().enumerate() {
        overwrite(file, bytes);
        for wanted in blobs.chunks(3).step_by(20) {
            let (seen, is_reported) = visit(&lab.odb(), wanted);
            assert!(seen == wanted || number > 0 && is_reported, "{number} {wanted:?} {seen:?}");
            assert!(number > 0 || !is_reported);
        }
    }
}

/// Damages a file in many ways and checks that healthy objects are visited and the others reported.
fn mutate(lab: &Lab, file: &Path, oracle: &BTreeMap<Oid, Vec<u8>>) {
    let healthy = std::fs::read(file).unwrap();
    let mut mutants: Vec<Vec<u8>> = Vec::new();
    for start in [0, 41, 90] {
        let mut bytes = healthy.clone();
        bytes.iter_mut().skip(start).step_by(97).for_each(|byte| *byte ^= 0x41);
        mutants.push(bytes);
    }
    for at in (0..healthy.len()).step_by(healthy.len() / 60 + 1) {
        let mut bytes = healthy.clone();
        bytes[at] ^= 0xff;
        mutants.push(bytes);
    }
    for cut in [0, 1, 12, healthy.len() / 2, healthy.len() - 20] {
        mutants.push(healthy[..cut].to_vec());
    }
    for bytes in mutants {
        overwrite(file, &bytes);
        let odb = lab.odb();
        let (seen, failures, indexes) = walk_all(&odb, 2);
        let right = seen.iter().filter(|(oid, _, bytes)| oracle.get(oid) == Some(bytes)).count();
        let mut coverage = crate::model::Coverage::default();
        odb.report_problems(&mut coverage);
        let is_reported = !coverage.complete() || !failures.objects.is_empty() || !failures.suspect.is_empty();
        let is_reported = is_reported || !indexes.is_empty();
        assert!(right == oracle.len() || is_reported, "{right} of {} and no word", oracle.len());
    }
    overwrite(file, &healthy);
}

#[test]
fn damage_is_named_and_the_rest_is_shown() {
    let lab = Lab::new(&[]);
    lab.grow();
    lab.git(&["gc", "-q"]);
    let oracle: BTreeMap<Oid, Vec<u8>> = lab.oracle().into_iter().map(|(oid, _, bytes)| (oid, bytes)).collect();
    for extension in ["pack", "idx"] {
        mutate(&lab, &lab.packs(extension).remove(0), &oracle);
    }
}

#[test]
fn one_flipped_byte_loses_no_more_than_its_tree() {
    let lab = Lab::new(&[]);
    lab.grow();
    lab.git(&["gc", "-q"]);
    let pack = lab.packs("pack").remove(0);
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x20;
    let total = lab.oracle().len();
    overwrite(&pack, &bytes);
    let (seen, failures, _) = walk_all(&lab.odb(), 1);
    assert!(
        seen.len() > total / 2 && seen.len() + failures.objects.len() >= total,
        "{} {}",
        seen.len(),
        failures.objects.len()
    );
    assert!(!failures.objects.is_empty() || !failures.suspect.is_empty());
}

/// A pack of these raw entries, with whatever index its own stream gives.
fn write_pack(lab: &Lab, entries: &[Vec<u8>]) -> std::path::PathBuf {
    let mut pack = [b"PACK\0\0\0\x02".as_slice(), &u32::try_from(entries.len()).unwrap().to_be_bytes()].concat();
    entries.iter().for_each(|entry| pack.extend(entry));
    let checksum = super::super::hash::file_checksum(ObjectFormat::Sha1, &pack).unwrap();
    pack.extend(checksum.as_bytes());
    let path = lab.root.join(".git/objects/pack/pack-made.pack");
    std::fs::write(&path, pack).unwrap();
    path
}

#[test]
fn absurd_entries_neither_allocate_nor_hang() {
    let lab = Lab::new(&[]);
    lab.commit("f", b"control");
    let claim = [&[0xb0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f][..], &zlib(b"x")].concat();
    let name = super::super::hash::object_id(ObjectFormat::Sha1, ObjectKind::Blob, b"y").unwrap();
    // Two deltas by name, each against the other's unknown name.
    let cycle = [&[0x75][..], name.as_bytes(), &zlib(&[1, 1, 0x90, 1, 0])].concat();
    write_pack(&lab, &[[&[0x31][..], &zlib(b"z")].concat(), claim, cycle.clone(), cycle]);
    let odb = lab.odb();
    let (seen, _, _) = walk_all(&odb, 2);
    assert!(seen.iter().any(|seen| seen.2 == b"control") && seen.iter().any(|seen| seen.2 == b"z"));
    let mut coverage = crate::model::Coverage::default();
    odb.report_problems(&mut coverage);
    assert!(!coverage.complete());
}

#[test]
fn a_store_of_deltas_does_not_expand_without_end() {
    let size = [0x80, 0x80, 0x80, 0x02];
    let base = [&[0xb0, 0x80, 0x80, 0x10][..], &zlib(&vec![0; 4 << 20])].concat();
    let name = super::super::hash::object_id(ObjectFormat::Sha1, ObjectKind::Blob, &vec![0; 4 << 20]).unwrap();
    // Each writes four bytes of its own and copies the rest.
    let delta = |at: u8| [&size[..], &size, &[4, at, 1, 1, 1, 0xf0, 0xfc, 0xff, 0x3f]].concat();
    let entry = |at: u8| [&[0x70 | 0x80 | 1, 1][..], name.as_bytes(), &zlib(&delta(at))].concat();
    let entries: Vec<Vec<u8>> = std::iter::once(base).chain((0..100).map(entry)).collect();
    let lab = Lab::new(&[]);
    let pack = write_pack(&lab, &entries);
    let incomplete = |odb: &Odb| {
        let mut coverage = crate::model::Coverage::default();
        odb.report_problems(&mut coverage);
        !coverage.complete()
    };
    let (seen, ..) = walk_all(&lab.odb(), 2);
    assert!((60..70).contains(&seen.len()) && incomplete(&lab.odb()), "{}", seen.len());
    lab.git(&["index-pack", pack.to_str().unwrap()]);
    let (seen, failures, _) = walk_all(&lab.odb(), 2);
    assert!(!incomplete(&lab.odb()) && failures.is_bomb);
    assert_eq!(seen.len() as u64 + failures.unvisited, 101);
}

#[test]
fn large_objects_and_long_chains() {
    let lab = Lab::new(&[]);
    let mut text = vec![b'a'; 9 << 20];
    for step in 0..4_usize {
        text[step << 20] = b'\n';
        lab.commit("large", &text);
    }
    // Just above what is held in memory, far above, and made from the latter.
    for (name, megabytes, first) in [("huge", 66, b'h'), ("vast", 90, b'v'), ("vaster", 90, b'w')] {
        let mut bytes = vec![b'h'; megabytes << 20];
        bytes[0] = first;
        std::fs::write(lab.root.join(name), bytes).unwrap();
        lab.git(&["add", name]);
    }
    let mut long: Vec<String> = (0..2_000).map(|i| format!("{i:05}\n")).collect();
    for step in 0..40 {
        long[step * 40] = format!("step {step}\n");
        lab.commit("long", long.concat().as_bytes());
    }
    lab.git(&["repack", "-q", "-adf", "--depth=4000", "--window=50"]);
    let mut oracle = lab.oracle();
    oracle.sort();
    for threads in [1, 8] {
        let (seen, failures, _) = walk_all(&lab.odb(), threads);
        assert!(seen == oracle && failures.objects.is_empty(), "{} {} {failures:?}", seen.len(), oracle.len());
    }
}
