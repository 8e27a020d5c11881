//! Attributes hits in objects to credentials, and joins them with their locations.

use std::collections::{BTreeMap, BTreeSet};

use super::worker::ObjectHit;
use crate::credential::Fingerprint;
use crate::detect::LocatedHit;
use crate::git::ObjectKind;
use crate::model::{Exposure, Origin, PathText, Reach, ScanLocation};
use crate::source::attribution::{
    self, Attribution, AttributionQuery, GatheredObjects, KnownGraph, PathState, RepositoryView, flags,
};
use crate::source::fields::FieldWriter;

/// A value for each credential, by rule and fingerprint.
pub(super) type ByCredential<T> = BTreeMap<(usize, Fingerprint), T>;

/// Everything that trees and commits say about the hits.
pub(super) struct Attributed {
    found: Attribution,
    /// Numbers of the credentials, in order.
    numbers: ByCredential<u32>,
}

fn numbers(hits: &[ObjectHit]) -> ByCredential<u32> {
    let keys: BTreeSet<(usize, Fingerprint)> = hits.iter().map(ObjectHit::credential).collect();
    keys.into_iter().zip(0..).collect()
}

/// Asks trees and commits for the locations of the hits. What is known of the graph afterwards is written to `kept`.
pub(super) fn attribute(
    subject: &RepositoryView<'_>,
    hits: &[ObjectHit],
    (gathered, known): (GatheredObjects, KnownGraph),
    kept: Option<&mut FieldWriter<'_>>,
) -> Attributed {
    let numbers = numbers(hits);
    let mut query = AttributionQuery { credentials: numbers.len(), ..AttributionQuery::default() };
    for hit in hits {
        let Some(number) = numbers.get(&hit.credential()) else { continue };
        let set = match (hit.hit.origin, hit.kind, &hit.name) {
            (Origin::RefName, _, Some(name)) => query.ref_names.entry(name.clone()).or_default(),
            (_, ObjectKind::Tree, _) => query.trees.entry(hit.oid).or_default(),
            (_, ObjectKind::Blob, _) => {
                *query.hits.entry(hit.oid).or_default() += 1;
                query.blobs.entry(hit.oid).or_default()
            }
            _ => query.texts.entry(hit.oid).or_default(),
        };
        set.insert(*number);
    }
    Attributed { found: attribution::attribute(subject, &query, gathered, known, kept), numbers }
}

impl Attributed {
    /// Joins what an earlier attribution of the same hits found with them.
    pub(super) fn again(found: Attribution, hits: &[ObjectHit]) -> Self {
        Self { found, numbers: numbers(hits) }
    }

    pub(super) fn found(&self) -> &Attribution {
        &self.found
    }

    /// Returns true if time was up before all locations were known.
    pub(super) fn is_stopped(&self) -> bool {
        self.found.stopped
    }

    /// Returns the exposure of each credential.
    pub(super) fn exposures(&self) -> impl Iterator<Item = ((usize, Fingerprint), Exposure)> + '_ {
        let exposure = |number: &u32| self.found.exposures.get(*number as usize).cloned();
        self.numbers.iter().filter_map(move |(key, number)| Some((*key, exposure(number)?)))
    }

    /// Returns the number of paths of an object beyond those that are kept.
    pub(super) fn left_out(&self, hit: &ObjectHit) -> u64 {
        self.found.paths.get(&hit.oid).map_or(0, attribution::ObjectPaths::more)
    }

    /// Joins a hit with each of its locations.
    pub(super) fn locate(&self, hit: &ObjectHit) -> Vec<LocatedHit> {
        let nowhere = [(Vec::new(), PathState::default())];
        let paths = match (hit.hit.origin, hit.kind) {
            (Origin::RefName, _) | (_, ObjectKind::Commit | ObjectKind::Tag) => None,
            _ => self.found.paths.get(&hit.oid).map(|paths| &paths.kept[..]).filter(|paths| !paths.is_empty()),
        };
        let place = |(path, known): &(Vec<u8>, PathState)| place(&self.found, hit, (path, *known));
        paths.unwrap_or(&nowhere).iter().map(|path| hit.hit.clone().locate(&place(path))).collect()
    }
}

/// Returns a location of the text that holds the hit.
fn place(found: &Attribution, hit: &ObjectHit, (path, known): (&[u8], PathState)) -> ScanLocation {
    let name = hit.name.as_deref().unwrap_or_default();
    let path = if path.is_empty() || name.is_empty() { [path, name].concat() } else { [path, b"/", name].concat() };
    let mut place = ScanLocation { path: PathText::new(&path), ..ScanLocation::default() };
    let oid = hit.oid.to_string();
    if hit.hit.origin == Origin::RefName {
        place.reach = if name == b"refs/stash" { Reach::Stash } else { Reach::Ref };
        place.commit = Some(oid);
        return place;
    }
    if matches!(hit.kind, ObjectKind::Commit | ObjectKind::Tag) {
        place.reach = attribution::reach(found.texts.get(&hit.oid).copied().unwrap_or(0));
        place.commit = (hit.kind == ObjectKind::Commit).then(|| oid.clone());
    } else {
        place.reach = attribution::reach(known.flags);
        place.sequence = known.first.map_or(0, |at| at.saturating_add(1));
        place.commit = known.first.and_then(|at| found.commits.get(&at)).map(ToString::to_string);
        if known.flags & flags::NOTE != 0 && known.flags & (flags::HEAD | flags::REF) == 0 {
            place.origin = Origin::Note;
        }
    }
    place.blob = Some(oid);
    place
}
