//! Blobs of a repository as texts, and what stood in a file before.

use std::collections::{BTreeSet, HashMap};

use super::{Collector, Scanned, members};
use crate::credential::Fingerprint;
use crate::detect::{Engine, stream::Scratch};
use crate::git::changes::{FileChange, TreeDiffer};
use crate::git::{ObjectKind, Odb, Oid};
use crate::model::{PathText, ScanLocation, SkipReason};

/// Largest blob that is read whole where it cannot be streamed.
const MAX_WHOLE: u64 = 4 * crate::model::limits::MAX_IN_MEMORY;

/// What identifies a finding: rule and fingerprint.
type Identity = (usize, Fingerprint);

/// Searches a blob under `place`. `None` if it could not be read; the ledger has it then.
pub(super) fn blob(collector: &mut Collector<'_>, odb: &Odb, oid: &Oid, place: &ScanLocation) -> Option<Scanned> {
    collector.guard(place.name(), |collector| read(collector, odb, oid, place))?
}

fn read(collector: &mut Collector<'_>, odb: &Odb, oid: &Oid, place: &ScanLocation) -> Option<Scanned> {
    match odb.read_within(oid, MAX_WHOLE) {
        Ok(Some((ObjectKind::Blob, bytes))) => {
            collector.coverage().objects += 1;
            let scanned = collector.bytes(&bytes, place);
            collector.hash_lines(&scanned, || Some(bytes.as_slice()));
            Some(scanned)
        }
        Ok(Some(_)) => None,
        Ok(None) => {
            collector.skip(SkipReason::MissingObject, &format!("{oid} ({})", place.path.text));
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
pub(super) fn report_differ(collector: &mut Collector<'_>, differ: &TreeDiffer<'_>) {
    for (error, path) in &differ.problems {
        collector.skip(error.reason(), &format!("{error} ({})", PathText::new(path).text));
    }
    for (oid, path) in &differ.missing {
        collector.skip(SkipReason::MissingObject, &format!("tree {oid} ({})", PathText::new(path).text));
    }
}

/// Pairs of files that are compared to find renames; beyond, only identical files count as renamed.
const MAX_PAIRS: usize = 10_000;

/// What stood in files before a change.
pub(super) struct Before<'a> {
    engine: &'a Engine,
    odb: &'a Odb,
    changes: &'a [FileChange],
    /// For files that are new, the removed file that each was made from; computed when first asked for.
    renames: Option<HashMap<Vec<u8>, Oid>>,
    known: HashMap<Oid, BTreeSet<Identity>>,
}

impl<'a> Before<'a> {
    /// `changes` is all that differs between before and now.
    pub(super) fn new(engine: &'a Engine, odb: &'a Odb, changes: &'a [FileChange]) -> Self {
        Self { engine, odb, changes, renames: None, known: HashMap::new() }
    }

    /// What was found in the file's version before, or in the file that it was renamed from.
    fn identities(&mut self, path: &[u8], old: Option<Oid>) -> BTreeSet<Identity> {
        let renamed = || renames(self.odb, self.changes);
        let old = old.or_else(|| self.renames.get_or_insert_with(renamed).get(path).copied());
        let Some(old) = old else { return BTreeSet::new() };
        if let Some(known) = self.known.get(&old) {
            return known.clone();
        }
        let identities: BTreeSet<Identity> = match self.odb.read_within(&old, MAX_WHOLE) {
            Ok(Some((ObjectKind::Blob, bytes))) => {
                let members = members::of_blob(self.engine, &bytes, &mut Scratch::default(), None).unwrap_or_default();
                let hits = self.engine.scan(&bytes).into_iter().chain(members.hits.into_iter().map(|found| found.hit));
                hits.map(|hit| (hit.rule, hit.fingerprint)).collect()
            }
            // What cannot be read vouches for nothing.
            _ => BTreeSet::new(),
        };
        self.known.insert(old, identities.clone());
        identities
    }
}

impl Before<'_> {
    /// The file's version before, or that of the file it was renamed from.
    fn text(&mut self, path: &[u8], old: Option<Oid>) -> Option<Vec<u8>> {
        let renamed = || renames(self.odb, self.changes);
        let old = old.or_else(|| self.renames.get_or_insert_with(renamed).get(path).copied())?;
        match self.odb.read_within(&old, MAX_WHOLE) {
            Ok(Some((ObjectKind::Blob, bytes))) => Some(bytes),
            _ => None,
        }
    }
}

/// Marks what stood in the file's version before. What cannot be compared counts as new.
pub(super) fn mark_existing(
    collector: &mut Collector<'_>,
    before: &mut Before<'_>,
    (path, old): (&[u8], Option<Oid>),
    scanned: &Scanned,
) {
    collector.guard(&PathText::new(path).text, |collector| {
        if !scanned.is_clean() {
            let known = before.identities(path, old);
            for sighting in collector.sightings_mut(scanned) {
                sighting.place.existing = known.contains(&(sighting.hit.rule, sighting.hit.fingerprint));
            }
        }
        mark_existing_code(collector, before, path, old);
    });
}

/// Marks what code had in the file's version before.
fn mark_existing_code(collector: &mut Collector<'_>, before: &mut Before<'_>, path: &[u8], old: Option<Oid>) {
    let lints = collector.shared().lints();
    let Some(facts) = collector.facts_of(path) else { return };
    let place = facts.place().clone();
    if let Some(old) = before.text(path, old).and_then(|bytes| lints.collect(&place, &bytes, true)) {
        facts.mark_existing(&old);
    }
}

/// Gives each removed file to the one new file that was made from it: the same blob, else the one that shares most and
/// at least half of the lines.
fn renames(odb: &Odb, changes: &[FileChange]) -> HashMap<Vec<u8>, Oid> {
    let removed: Vec<Oid> = changes.iter().filter(|c| c.new.is_none()).filter_map(|c| Some(c.old?.oid)).collect();
    let added: Vec<(&Vec<u8>, Oid)> =
        changes.iter().filter(|c| c.old.is_none()).filter_map(|c| Some((&c.path, c.new?.oid))).collect();
    let compare = removed.len().saturating_mul(added.len()) <= MAX_PAIRS;
    let mut pairs = Vec::new();
    for (r, old) in removed.iter().enumerate() {
        for (path, new) in &added {
            let shared = if old == new { Some(usize::MAX) } else { similar(odb, *old, *new).filter(|_| compare) };
            pairs.extend(shared.map(|shared| (std::cmp::Reverse(shared), *path, r, *old)));
        }
    }
    pairs.sort();
    let mut taken = BTreeSet::new();
    let mut renames = HashMap::new();
    for (_, path, r, old) in pairs {
        if !renames.contains_key(path) && taken.insert(r) {
            renames.insert(path.clone(), old);
        }
    }
    renames
}

/// How many lines two files share, if at least half.
fn similar(odb: &Odb, old: Oid, new: Oid) -> Option<usize> {
    let text =
        |oid: Oid| odb.read(&oid).ok().flatten().filter(|(kind, _)| *kind == ObjectKind::Blob).map(|(_, bytes)| bytes);
    let (old, new) = (text(old)?, text(new)?);
    let lines = |text: &'_ [u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<BTreeSet<_>>();
    let (old, new) = (lines(&old), lines(&new));
    let shared = old.intersection(&new).count();
    (2 * shared >= old.len().max(new.len())).then_some(shared)
}
