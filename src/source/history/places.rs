//! From hits in objects to hits in places.

use std::collections::{BTreeMap, BTreeSet};

use super::visitor::Raw;
use crate::credential::Fingerprint;
use crate::git::ObjectKind;
use crate::git::refs::Refs;
use crate::model::{Exposure, LocatedHit, Origin, PathText, Reach, ScanLocation};
use crate::source::attribution::{self, Answer, Gathered, Question, Subject, flags};

/// Credentials by rule and fingerprint, numbered in order.
type Numbers = BTreeMap<(usize, Fingerprint), u32>;

/// What the trees and commits say of what hit.
pub(super) struct Attributed {
    answer: Answer,
    numbers: Numbers,
}

/// What is said of each credential.
pub(super) type Of<T> = BTreeMap<(usize, Fingerprint), T>;

/// Asks where the hits were.
pub(super) fn attribute(subject: &Subject<'_>, hits: &[Raw], gathered: Gathered) -> Attributed {
    let keys: BTreeSet<(usize, Fingerprint)> = hits.iter().map(|raw| (raw.hit.rule, raw.hit.fingerprint)).collect();
    let numbers: Numbers = keys.into_iter().zip(0..).collect();
    let mut question = Question { credentials: numbers.len(), ..Question::default() };
    for raw in hits {
        let Some(number) = numbers.get(&(raw.hit.rule, raw.hit.fingerprint)) else { continue };
        let set = match (raw.origin, raw.kind, &raw.name) {
            (Origin::RefName, _, Some(name)) => question.ref_names.entry(name.clone()).or_default(),
            (_, ObjectKind::Tree, _) => question.trees.entry(raw.oid).or_default(),
            (_, ObjectKind::Blob, _) => question.blobs.entry(raw.oid).or_default(),
            _ => question.texts.entry(raw.oid).or_default(),
        };
        set.insert(*number);
    }
    Attributed { answer: attribution::answer(subject, &question, gathered), numbers }
}

/// Puts every hit where it was, and says how many places there are beyond those.
pub(super) fn place(attributed: &Attributed, hits: Vec<Raw>, refs: &Refs) -> (Vec<LocatedHit>, Of<Exposure>, Of<u64>) {
    let exposures = attributed.numbers.iter().filter_map(|(key, number)| {
        attributed.answer.exposures.get(*number as usize).map(|exposure| (*key, exposure.clone()))
    });
    let exposures = exposures.collect();
    let (mut sightings, mut more) = (Vec::new(), Of::new());
    for raw in hits {
        let left_out = attributed.answer.paths.get(&raw.oid).map_or(0, attribution::Paths::more);
        if left_out > 0 {
            *more.entry((raw.hit.rule, raw.hit.fingerprint)).or_default() += left_out;
        }
        let places = places(&attributed.answer, &raw, refs);
        sightings.extend(places.into_iter().map(|place| LocatedHit { hit: raw.hit.clone(), place }));
    }
    (sightings, exposures, more)
}

fn places(answer: &Answer, raw: &Raw, refs: &Refs) -> Vec<ScanLocation> {
    let mut place = ScanLocation::file(PathText::default());
    place.origin = raw.origin;
    place.blob = Some(raw.oid.to_string());
    match (raw.origin, raw.kind) {
        (Origin::RefName, _) => {
            let name = raw.name.as_deref().unwrap_or_default();
            place.path = PathText::new(name);
            place.reach = if name == b"refs/stash" { Reach::Stash } else { Reach::Ref };
            place.commit = Some(raw.oid.to_string());
            place.blob = None;
            vec![place]
        }
        (_, ObjectKind::Commit | ObjectKind::Tag) => {
            place.reach = attribution::reach(answer.texts.get(&raw.oid).copied().unwrap_or(0));
            place.commit = (raw.kind == ObjectKind::Commit).then(|| raw.oid.to_string());
            vec![place]
        }
        _ => in_trees(answer, raw, &place, refs),
    }
}

/// The places of a blob, or of an entry of a tree.
fn in_trees(answer: &Answer, raw: &Raw, place: &ScanLocation, _refs: &Refs) -> Vec<ScanLocation> {
    let nowhere = [(Vec::new(), attribution::Known::default())];
    let paths = answer.paths.get(&raw.oid).map(|paths| &paths.kept[..]);
    let paths = paths.filter(|paths| !paths.is_empty()).unwrap_or(&nowhere);
    let mut places = Vec::new();
    for (path, known) in paths {
        let full = match &raw.name {
            Some(name) if path.is_empty() => name.clone(),
            Some(name) => [path, &b"/"[..], name].concat(),
            None => path.clone(),
        };
        let mut place = place.clone();
        place.path = PathText::new(&full);
        place.archive.clone_from(&raw.chain);
        place.within.clone_from(&raw.within);
        place.reach = attribution::reach(known.flags);
        place.commit = known.first.and_then(|at| answer.order.get(at as usize)).map(ToString::to_string);
        let is_note = known.flags & flags::NOTE != 0 && known.flags & (flags::HEAD | flags::REF) == 0;
        if is_note && raw.origin == Origin::File {
            place.origin = Origin::Note;
        }
        places.push(place);
    }
    places
}
