//! Blobs of a repository as texts, and what stood in a file before.

use std::collections::{BTreeSet, HashMap};

use super::{Collector, Scanned};
use crate::coverage::Reason;
use crate::engine::Engine;
use crate::git::changes::{Change, Differ};
use crate::git::{Kind, Odb, Oid};
use crate::secret::Fingerprint;
use crate::site::{PathText, Place};

/// Largest blob that is read whole where it cannot be streamed.
const MAX_WHOLE: u64 = 4 * crate::limits::MAX_IN_MEMORY;

/// What identifies a finding: rule and fingerprint.
pub(super) type Identity = (usize, Fingerprint);

/// Searches a blob under `place`. `None` if it could not be read; the ledger has it then.
pub(super) fn blob(collector: &mut Collector<'_>, odb: &Odb, oid: &Oid, place: &Place) -> Option<Scanned> {
    match odb.read_within(oid, MAX_WHOLE) {
        Ok(Some((Kind::Blob, bytes))) => {
            collector.coverage().objects += 1;
            Some(collector.bytes(&bytes, place))
        }
        Ok(Some(_)) => None,
        Ok(None) => {
            collector.skip(Reason::MissingObject, &format!("{oid} ({})", place.path.text));
            None
        }
        Err(error) => {
            let reason = error.reason();
            collector.skip(reason, &format!("{error} ({})", place.path.text));
            None
        }
    }
}

/// Puts what could not be compared into the ledger.
pub(super) fn report_differ(collector: &mut Collector<'_>, differ: &Differ<'_>) {
    for (error, path) in &differ.problems {
        collector.skip(error.reason(), &format!("{error} ({})", PathText::new(path).text));
    }
    for (oid, path) in &differ.missing {
        collector.skip(Reason::MissingObject, &format!("tree {oid} ({})", PathText::new(path).text));
    }
}

/// What stood in files before a change.
pub(super) struct Before<'a> {
    engine: &'a Engine,
    odb: &'a Odb,
    /// Files that the change removes.
    removed: Vec<Oid>,
    known: HashMap<Oid, BTreeSet<Identity>>,
}

impl<'a> Before<'a> {
    /// `changes` is all that differs between before and now.
    pub(super) fn new(engine: &'a Engine, odb: &'a Odb, changes: &[Change]) -> Self {
        let removed = changes.iter().filter(|change| change.new.is_none());
        let removed = removed.filter_map(|change| Some(change.old?.oid)).collect();
        Self { engine, odb, removed, known: HashMap::new() }
    }

    /// What was found in the file's version before, or in the file that it was renamed from.
    pub(super) fn identities(&mut self, old: Option<Oid>, new: Oid) -> BTreeSet<Identity> {
        let Some(old) = old.or_else(|| self.renamed_from(new)) else { return BTreeSet::new() };
        if let Some(known) = self.known.get(&old) {
            return known.clone();
        }
        let identities: BTreeSet<Identity> = match self.odb.read_within(&old, MAX_WHOLE) {
            Ok(Some((Kind::Blob, bytes))) => {
                self.engine.scan(&bytes).into_iter().map(|hit| (hit.rule, hit.fingerprint)).collect()
            }
            // What cannot be read vouches for nothing.
            _ => BTreeSet::new(),
        };
        self.known.insert(old, identities.clone());
        identities
    }

    /// The removed file that a new one was made from: the same blob, else one that shares half of the lines.
    fn renamed_from(&self, new: Oid) -> Option<Oid> {
        if self.removed.contains(&new) {
            return Some(new);
        }
        let text = self.text(new)?;
        let lines: BTreeSet<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        self.removed
            .iter()
            .filter_map(|old| {
                let text = self.text(*old)?;
                let before: BTreeSet<&[u8]> = text.split(|byte| *byte == b'\n').collect();
                let shared = lines.intersection(&before).count();
                (2 * shared >= lines.len().max(before.len())).then_some((shared, *old))
            })
            .max()
            .map(|(_, old)| old)
    }

    fn text(&self, oid: Oid) -> Option<Vec<u8>> {
        self.odb.read(&oid).ok().flatten().filter(|(kind, _)| *kind == Kind::Blob).map(|(_, bytes)| bytes)
    }
}

/// Marks what stood there before.
pub(super) fn mark_existing(collector: &mut Collector<'_>, scanned: &Scanned, before: &BTreeSet<Identity>) {
    for sighting in collector.sightings_mut(scanned) {
        sighting.place.existing = before.contains(&(sighting.hit.rule, sighting.hit.fingerprint));
    }
}
