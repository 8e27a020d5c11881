#![expect(clippy::disallowed_methods, reason = "the tests damage repositories")]

use super::super::hash;
use super::super::pack::index::PackIndex;
use super::super::testing::{Lab, git, overwrite, zlib};
use super::*;

fn agrees_with_git(lab: &Lab) {
    let odb = lab.odb();
    assert!(odb.problems.is_empty(), "{:?}", odb.problems);
    let oracle = lab.oracle();
    assert!(oracle.len() > 50);
    for (oid, kind, content) in oracle {
        let read = odb.read(&oid).unwrap().unwrap();
        assert_eq!((read.0, odb.kind(&oid).unwrap()), (kind, Some(kind)));
        assert!(read.1 == content, "{oid}");
        assert!(odb.contains(&oid));
    }
    let nobody = Oid::from_raw(&vec![7; odb.format.raw_len()]).unwrap();
    assert!(odb.read(&nobody).unwrap().is_none() && !odb.contains(&nobody));
}

#[test]
fn every_object_as_git_reads_it() {
    for format in ["sha1", "sha256"] {
        let lab = Lab::new(&[&format!("--object-format={format}")]);
        lab.grow();
        agrees_with_git(&lab);
        lab.git(&["gc", "-q"]);
        agrees_with_git(&lab);
        lab.commit("loose", b"again");
        lab.git(&["repack", "-q", "-d"]);
        lab.git(&["multi-pack-index", "write"]);
        agrees_with_git(&lab);
        lab.git(&["-c", "pack.indexVersion=1", "repack", "-q", "-adf", "--depth=250"]);
        agrees_with_git(&lab);
        lab.git(&["-c", "repack.usedeltabaseoffset=false", "repack", "-q", "-adf"]);
        agrees_with_git(&lab);
    }
}

#[test]
fn an_index_of_no_use_is_done_without() {
    let lab = Lab::new(&[]);
    lab.grow();
    let by_name = ["-c", "repack.usedeltabaseoffset=false", "repack", "-q", "-adf", "--depth=250"];
    for repack in [&["gc", "-q"][..], &by_name] {
        lab.git(repack);
        let oracle = lab.oracle();
        let index = lab.packs("idx").remove(0);
        let healthy = std::fs::read(&index).unwrap();
        for bytes in [&healthy[..healthy.len() / 2], b"", b"\xfftOc\0\0\0\x09 nonsense"] {
            overwrite(&index, bytes);
            let odb = lab.odb();
            let all = format!("{0} of {0} objects were read without it", oracle.len());
            assert!(odb.problems.len() == 1 && odb.problems[0].1.ends_with(&all), "{:?}", odb.problems);
            for (oid, kind, content) in &oracle {
                assert_eq!(odb.read(oid).unwrap().as_ref(), Some(&(*kind, content.clone())));
            }
        }
        overwrite(&index, &healthy);
    }
}

#[test]
fn a_healthy_copy_elsewhere_is_used() {
    let lab = Lab::new(&[]);
    lab.grow();
    lab.git(&["gc", "-q"]);
    let oracle = lab.oracle();
    git(&lab.root, &["clone", "-q", "--no-hardlinks", ".", "../copy"]);
    git(&lab.root.join("../copy"), &["repack", "-qadf", "--depth=1"]);
    let pack = lab.packs("pack").remove(0);
    let mut bytes = std::fs::read(&pack).unwrap();
    for at in (40..bytes.len()).step_by(97) {
        bytes[at] ^= 0x55;
    }
    overwrite(&pack, &bytes);
    let odb = lab.odb();
    assert!(oracle.iter().any(|(oid, ..)| odb.read(oid).is_err()));
    std::fs::write(
        lab.root.join(".git/objects/info/alternates"),
        lab.root.join("../copy/.git/objects").to_str().unwrap(),
    )
    .unwrap();
    let options = crate::git::OpenOptions { alternates: true, ..Default::default() };
    let odb = Odb::open(&Repository::open(&lab.root, &options).unwrap());
    for (oid, _, content) in &oracle {
        let read = odb.read(oid);
        // A flipped bit in a delta's offset may lead to another base of the same length.
        assert!(read.is_ok_and(|read| read.is_some_and(|read| read.1.len() == content.len())), "{oid}");
    }
}

#[test]
fn damaged_loose_objects_end_at_once() {
    let lab = Lab::new(&[]);
    lab.commit("f", &b"some text that is long enough to be compressed\n".repeat(40));
    let oid: Oid = lab.git(&["rev-parse", "HEAD:f"]).trim().parse().unwrap();
    let hex = oid.to_string();
    let path = lab.root.join(".git/objects").join(&hex[..2]).join(&hex[2..]);
    let healthy = std::fs::read(&path).unwrap();
    for cut in 0..healthy.len() {
        overwrite(&path, &healthy[..cut]);
        assert!(lab.odb().read(&oid).is_err(), "cut at {cut}");
        let mut flipped = healthy.clone();
        flipped[cut] ^= 0x10;
        overwrite(&path, &flipped);
        let _ = lab.odb().read(&oid);
    }
    overwrite(&path, &healthy);
    assert!(matches!(lab.odb().read_within(&oid, 5), Err(ObjectError::TooLarge { .. })));
}

#[test]
fn packs_whose_deltas_need_each_other_end() {
    let lab = Lab::new(&[]);
    let oids = [b"one", b"two"].map(|text| hash::object_id(ObjectFormat::Sha1, ObjectKind::Blob, text).unwrap());
    for (own, base, name) in [(0, 1, "pack-a"), (1, 0, "pack-b")] {
        let entry = [&[0x75][..], oids[base].as_bytes(), &zlib(&[3, 3, 0x90, 3, 0])].concat();
        let pack = [b"PACK\0\0\0\x02\0\0\0\x01", &entry[..], &[0; 20]].concat();
        let index = PackIndex::encode(&[(oids[own], libdeflater::crc32(&entry), 12)], ObjectFormat::Sha1).unwrap();
        for (extension, bytes) in [("pack", pack), ("idx", index)] {
            std::fs::write(lab.root.join(format!(".git/objects/pack/{name}.{extension}")), bytes).unwrap();
        }
    }
    let odb = lab.odb();
    assert!(odb.packs.len() == 2 && oids.iter().all(|oid| odb.contains(oid)));
    assert_eq!(odb.kind(&oids[0]).unwrap(), None);
    assert!(matches!(odb.read(&oids[0]), Err(ObjectError::Damaged { damage: Damage::Base, .. })));
}

#[test]
fn pages_that_were_given_back_are_read_again() {
    let lab = Lab::new(&[]);
    lab.grow();
    lab.git(&["gc", "-q"]);
    let (odb, oracle) = (lab.odb(), lab.oracle());
    let agrees =
        || oracle.iter().all(|(oid, kind, content)| odb.read(oid).unwrap().as_ref() == Some(&(*kind, content.clone())));
    assert!(agrees());
    odb.give_pages_back();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..200).for_each(|_| odb.packs.iter().for_each(Pack::release)));
        assert!((0..20).all(|_| agrees()));
    });
}
