#![expect(clippy::disallowed_methods, reason = "the tests damage repositories")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::git::testing::{Lab, zlib};

/// Writes commits as loose objects: each with its parents, which are positions before its own, and its date.
fn commits(lab: &Lab, history: &[(Vec<usize>, i64)]) -> Vec<Oid> {
    let mut oids: Vec<Oid> = Vec::new();
    for (at, (parents, time)) in history.iter().enumerate() {
        let parents: String = parents.iter().map(|parent| format!("parent {}\n", oids[*parent])).collect();
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let text = format!("tree {tree}\n{parents}author A <a> {time} +0000\ncommitter A <a> {time} +0000\n\n{at}\n");
        oids.push(lab.write_loose(ObjectKind::Commit, text.as_bytes()));
    }
    oids
}

/// Positions that the given ones reach.
fn reached(history: &[(Vec<usize>, i64)], from: &[usize]) -> BTreeSet<usize> {
    let (mut found, mut due) = (BTreeSet::new(), from.to_vec());
    while let Some(at) = due.pop() {
        if found.insert(at) {
            due.extend(&history[at].0);
        }
    }
    found
}

/// Histories with merges, criss-cross ones too, and several roots. Dates grow, but for up to `skew` seconds.
fn histories(skew: i64) -> impl Strategy<Value = Vec<(Vec<usize>, i64)>> {
    let commit = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), 0..=skew);
    prop::collection::vec(commit, 2..24).prop_map(|commits| {
        let history = commits.into_iter().enumerate().map(|(at, (parents, skew))| {
            let parents: BTreeSet<usize> =
                parents.iter().filter(|_| at > 0).map(|parent| at - 1 - parent.index(at.min(5))).collect();
            (parents.into_iter().collect(), 1_700_000_000 + 50 * i64::try_from(at).unwrap() - skew)
        });
        history.collect()
    })
}

fn check(
    history: &[(Vec<usize>, i64)],
    (known, one, two): (usize, usize, usize),
    is_sane: bool,
) -> Result<(), TestCaseError> {
    let lab = Lab::new(&[]);
    let oids = commits(&lab, history);
    let odb = lab.odb();
    let mut ancestry = Ancestry::new(&odb, &[], &|| false);
    let library = git2::Repository::open(&lab.root).unwrap();
    let raw = |at: usize| git2::Oid::from_bytes(oids[at].as_bytes()).unwrap();
    let best: Vec<Oid> = library.merge_bases(raw(known), raw(one)).map_or_else(
        |_| Vec::new(),
        |bases| bases.iter().map(|base| Oid::from_raw(base.as_bytes()).unwrap()).collect(),
    );
    let base = ancestry.merge_base(&oids[known], &oids[one]);
    prop_assert_eq!(base.is_some(), !best.is_empty());
    prop_assert!(!is_sane || base.is_none_or(|base| best.contains(&base)));
    ancestry.know(&[oids[known]]);
    let mut hidden = reached(history, &[known]);
    for wanted in [one, two] {
        let range = ancestry.next_range(&oids[wanted]);
        let base = ancestry.base_of(&range).map(|base| oids.iter().position(|other| *other == base).unwrap());
        prop_assert!(base.is_none_or(|base| hidden.contains(&base)) || !is_sane);
        prop_assert!(wanted != one || range.is_empty() || !is_sane || base.is_some() != best.is_empty());
        let places: Vec<usize> = range.iter().map(|oid| oids.iter().position(|other| other == oid).unwrap()).collect();
        for (at, place) in places.iter().enumerate() {
            let parents = &history[*place].0;
            prop_assert!(parents.iter().all(|parent| !places[at..].contains(parent)));
        }
        let expected: BTreeSet<usize> = &reached(history, &[wanted]) - &hidden;
        let found: BTreeSet<usize> = places.into_iter().collect();
        // Dates that lie can make known commits wanted, and never hide one.
        prop_assert!(found.is_superset(&expected));
        prop_assert!(!is_sane || found == expected);
        hidden.extend(reached(history, &[wanted]));
    }
    prop_assert!(ancestry.take_unread().is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn as_the_library_finds_them(
        history in histories(3_000),
        ends in any::<[prop::sample::Index; 3]>(),
    ) {
        let [known, one, two] = ends.map(|end| end.index(history.len()));
        check(&history, (known, one, two), true)?;
    }

    #[test]
    fn whatever_the_dates(
        history in histories(2_000_000_000),
        ends in any::<[prop::sample::Index; 3]>(),
    ) {
        let [known, one, two] = ends.map(|end| end.index(history.len()));
        check(&history, (known, one, two), false)?;
    }
}

#[test]
fn boundaries_and_gaps() {
    let lab = Lab::new(&[]);
    let time = |at: i64| 1_700_000_000 + at;
    let oids = commits(
        &lab,
        &[(vec![], time(0)), (vec![0], time(1)), (vec![1], time(2)), (vec![2], time(3)), (vec![1], time(4))],
    );
    let odb = lab.odb();
    // Without the commit that both sides share.
    std::fs::remove_file(lab.loose(&oids[1])).unwrap();
    let mut ancestry = Ancestry::new(&odb, &[], &|| false);
    assert_eq!(ancestry.merge_base(&oids[3], &oids[4]), Some(oids[1]));
    ancestry.know(&[oids[4]]);
    assert_eq!(ancestry.next_range(&oids[3]), [oids[2], oids[3]]);
    assert_eq!(ancestry.take_unread(), [(SkipReason::MissingObject, format!("commit {}", oids[1]))]);
    let mut ancestry = Ancestry::new(&odb, &oids[2..3], &|| false);
    assert_eq!(ancestry.next_range(&oids[3]), [oids[2], oids[3]]);
    assert!(ancestry.take_unread().is_empty());
    // A loose object that is cut short, which libgit2 never finishes to read.
    let path = lab.loose(&oids[2]);
    let whole = zlib(b"commit 200\0tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n");
    crate::git::testing::overwrite(&path, &whole[..whole.len() / 2]);
    let mut ancestry = Ancestry::new(&odb, &[], &|| false);
    assert_eq!(ancestry.next_range(&oids[3]).len(), 2);
    assert!(ancestry.take_unread().is_empty(), "those that are returned are counted where they are read");
}
