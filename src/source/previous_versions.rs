//! Compares the files of a change with their previous versions: what these had already is not new.

use std::collections::{BTreeSet, HashMap};

use super::text_result::TextResult;
use super::text_scanner::Extras;
use super::text_searcher::{TextInput, guarded};
use super::{Collector, blobs};
use crate::credential::Fingerprint;
use crate::git::changes::FileChange;
use crate::git::{Odb, Oid};
use crate::lints::SourceFacts;
use crate::model::{PathText, ScanLocation, SkipReason};

/// Pairs of files that are compared to find renames; beyond, only identical files count as renamed.
const MAX_PAIRS: usize = 10_000;

/// Identity of a finding: rule and fingerprint.
type Identity = (usize, Fingerprint);

/// The files of a repository before a change.
pub(super) struct PreviousVersions<'a> {
    odb: &'a Odb,
    changes: &'a [FileChange],
    /// For each new file, the removed file that it was; computed on first use.
    renames: Option<HashMap<Vec<u8>, Oid>>,
    /// Findings in blobs that were scanned.
    identities: HashMap<Oid, BTreeSet<Identity>>,
}

impl<'a> PreviousVersions<'a> {
    /// `changes` holds all differences between before and now.
    pub(super) fn new(odb: &'a Odb, changes: &'a [FileChange]) -> Self {
        Self { odb, changes, renames: None, identities: HashMap::new() }
    }

    /// Keeps the result of the file at `place`, in which everything is marked that its previous version `old`, or that of
    /// the file it was renamed from, had as well. What cannot be compared counts as new.
    pub(super) fn add_marked(
        &mut self,
        collector: &mut Collector<'_>,
        (path, old): (&[u8], Option<Oid>),
        place: &ScanLocation,
        mut result: TextResult,
    ) {
        let is_needed = !result.hits.is_empty() || result.facts.is_some();
        if let Some(old) = is_needed.then(|| self.previous(path, old)).flatten() {
            if !result.hits.is_empty() {
                let known = self.identities(collector, &old, path);
                result
                    .hits
                    .iter_mut()
                    .for_each(|hit| hit.existing = known.contains(&(hit.hit.rule, hit.hit.fingerprint)));
            }
            if let Some(facts) = &mut result.facts {
                self.mark_facts(collector, &old, facts);
            }
        }
        collector.add(result, place);
    }

    fn previous(&mut self, path: &[u8], old: Option<Oid>) -> Option<Oid> {
        old.or_else(|| self.renames.get_or_insert_with(|| renames(self.odb, self.changes)).get(path).copied())
    }

    fn identities(&mut self, collector: &mut Collector<'_>, old: &Oid, path: &[u8]) -> &BTreeSet<Identity> {
        self.identities.entry(*old).or_insert_with(|| {
            let Some(bytes) = blobs::read(self.odb, old) else { return BTreeSet::new() };
            let result = collector.scanner.scan(TextInput::Bytes(&bytes), Extras::default());
            if result.is_defective() {
                collector.skip(SkipReason::Internal, &PathText::new(path).text);
            }
            result.hits.into_iter().map(|hit| (hit.hit.rule, hit.hit.fingerprint)).collect()
        })
    }

    fn mark_facts(&self, collector: &mut Collector<'_>, old: &Oid, facts: &mut SourceFacts) {
        let Some(bytes) = blobs::read(self.odb, old) else { return };
        match guarded(|| collector.context.lints().collect(facts.place(), &bytes, true)) {
            Ok(old) => old.iter().for_each(|old| facts.mark_existing(old)),
            Err(reason) => collector.skip(reason, &facts.place().path.text.clone()),
        }
    }
}

/// Pairs each removed file with the new file that it became: the same blob, else the one that shares most lines, and at
/// least half of them.
fn renames(odb: &Odb, changes: &[FileChange]) -> HashMap<Vec<u8>, Oid> {
    let removed: Vec<Oid> = changes.iter().filter(|c| c.new.is_none()).filter_map(|c| Some(c.old?.oid)).collect();
    let added: Vec<(&Vec<u8>, Oid)> =
        changes.iter().filter(|c| c.old.is_none()).filter_map(|c| Some((&c.path, c.new?.oid))).collect();
    let compare = removed.len().saturating_mul(added.len()) <= MAX_PAIRS;
    let mut pairs = Vec::new();
    for (r, old) in removed.iter().enumerate() {
        let old_lines = if compare && !added.is_empty() { lines(odb, old) } else { None };
        for (path, new) in &added {
            let shared = if old == new {
                Some(usize::MAX)
            } else {
                old_lines.as_ref().and_then(|old| shared_lines(old, &lines(odb, new)?))
            };
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

fn lines(odb: &Odb, oid: &Oid) -> Option<BTreeSet<Vec<u8>>> {
    Some(blobs::read(odb, oid)?.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect())
}

/// Counts the lines that two files share, if at least half.
fn shared_lines(old: &BTreeSet<Vec<u8>>, new: &BTreeSet<Vec<u8>>) -> Option<usize> {
    let shared = old.intersection(new).count();
    (2 * shared >= old.len().max(new.len())).then_some(shared)
}
