//! Compares the files of a change with their previous versions: what these had already is not new.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::text_result::TextResult;
use super::text_scanner::Extras;
use super::text_searcher::guarded;
use super::{Collector, blobs};
use crate::credential::Fingerprint;
use crate::git::changes::TreeDiffer;
use crate::git::{Odb, Oid};
use crate::lints::SourceFacts;
use crate::model::{ScanLocation, SkipReason};

/// Identity of a finding: rule and fingerprint.
type Identity = (usize, Fingerprint);

/// A file after the change.
#[derive(Clone, Copy)]
pub(super) struct ChangedFile<'a> {
    pub(super) path: &'a [u8],
    pub(super) oid: Oid,
    /// Its version before the change, at the same path.
    pub(super) old: Option<Oid>,
    /// Its versions at the same path in other parents of the change, which are known as well.
    pub(super) also: &'a [Oid],
    /// False if the change removes it again.
    pub(super) stays: bool,
}

/// The files that a change removes, with the number of their paths.
pub(super) enum RemovedFiles {
    Listed(Vec<(Oid, u64)>),
    /// Entries of one tree that another lacks.
    Between(Option<Oid>, Option<Oid>),
}

/// The files of a repository before a change.
///
/// A file that is new at its path may have been renamed. Its partner is a removed file that holds the same findings: each
/// removed file answers for one file that stays.
pub(super) struct PreviousVersions<'a> {
    pub(super) odb: &'a Odb,
    removed: RemovedFiles,
    /// Findings in blobs that were scanned.
    identities: HashMap<Oid, BTreeSet<Identity>>,
    /// Blobs of removed files.
    equal: Option<Renames<Oid>>,
    keys: Option<Renames<Identity>>,
    /// By extension, which decides how code is read.
    code: HashMap<Vec<u8>, Renames<(usize, String)>>,
}

/// Findings of removed files, and the files that have them now.
struct Renames<T>(HashMap<T, RenamedFiles>);

#[derive(Clone, Default)]
struct RenamedFiles {
    /// Removed files that no other has taken the place of.
    left: u64,
    taken: HashSet<Vec<u8>>,
}

impl<T: Hash + Eq> Renames<T> {
    fn add(&mut self, identity: T, files: &RenamedFiles) {
        let known = self.0.entry(identity).or_default();
        known.left = known.left.saturating_add(files.left);
        known.taken.extend(files.taken.iter().cloned());
    }

    /// Returns true if a removed file held this, and no other file has taken its place.
    fn has(&mut self, identity: &T, file: &ChangedFile<'_>) -> bool {
        let Some(files) = self.0.get_mut(identity) else { return false };
        if !file.stays || files.taken.contains(file.path) {
            return true;
        }
        let is_left = files.left > 0;
        if is_left {
            files.left -= 1;
            files.taken.insert(file.path.to_vec());
        }
        is_left
    }
}

impl<'a> PreviousVersions<'a> {
    pub(super) fn new(odb: &'a Odb, removed: RemovedFiles) -> Self {
        Self { odb, removed, identities: HashMap::new(), equal: None, keys: None, code: HashMap::new() }
    }

    /// Keeps the result of the file at `place`, in which everything is marked that its previous version, or that of the
    /// file it was renamed from, had as well. What cannot be compared counts as new. Returns true if
    /// a credential is new.
    pub(super) fn add_marked(
        &mut self,
        collector: &mut Collector<'_>,
        file: &ChangedFile<'_>,
        place: &ScanLocation,
        mut result: TextResult,
    ) -> bool {
        if !result.hits.is_empty() {
            self.mark_hits(collector, file, &place.path.text, &mut result);
        }
        if let Some(facts) = &mut result.facts {
            self.mark_facts(collector, file, facts);
        }
        for old in file.also {
            let held = self.identities(collector, old, &place.path.text);
            let is_new = result.hits.iter_mut().filter(|hit| !hit.existing);
            is_new.for_each(|hit| hit.existing = held.contains(&(hit.hit.rule, hit.hit.fingerprint)));
            if let Some(facts) = &mut result.facts {
                self.mark_facts(collector, &ChangedFile { old: Some(*old), ..*file }, facts);
            }
        }
        let is_new = result.hits.iter().any(|hit| !hit.existing);
        collector.add(result, place);
        is_new
    }

    fn mark_hits(
        &mut self,
        collector: &mut Collector<'_>,
        file: &ChangedFile<'_>,
        shown: &str,
        result: &mut TextResult,
    ) {
        let known: BTreeSet<Identity> = match file.old {
            Some(old) => self.identities(collector, &old, shown).clone(),
            None if self.keys.is_none() && self.removed_files(collector).has(&file.oid, file) => {
                return result.hits.iter_mut().for_each(|hit| hit.existing = true);
            }
            None => {
                let found: BTreeSet<Identity> =
                    result.hits.iter().map(|hit| (hit.hit.rule, hit.hit.fingerprint)).collect();
                let renames = self.renamed_keys(collector);
                found.into_iter().filter(|identity| renames.has(identity, file)).collect()
            }
        };
        result.hits.iter_mut().for_each(|hit| hit.existing = known.contains(&(hit.hit.rule, hit.hit.fingerprint)));
    }

    fn mark_facts(&mut self, collector: &mut Collector<'_>, file: &ChangedFile<'_>, facts: &mut SourceFacts) {
        if let Some(old) = file.old {
            let old = self.facts(collector, &old, facts.place());
            facts.keep_previous(old.as_ref());
            let known: HashSet<(usize, &str)> = old.iter().flat_map(SourceFacts::identities).collect();
            return facts.mark_existing(&mut |identity| known.contains(&identity));
        }
        if self.removed_files(collector).has(&file.oid, file) {
            return facts.mark_existing(&mut |_| true);
        }
        let name = file.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let extension = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default().to_vec();
        if !self.code.contains_key(&extension) {
            let renames = self.renamed_code(collector, facts.place());
            self.code.insert(extension.clone(), renames);
        }
        if let Some(renames) = self.code.get_mut(&extension) {
            facts.mark_existing(&mut |(rule, text)| renames.has(&(rule, text.to_owned()), file));
        }
    }

    /// Returns the blobs of the removed files.
    fn removed_files(&mut self, collector: &mut Collector<'_>) -> &mut Renames<Oid> {
        let (odb, removed) = (self.odb, &mut self.removed);
        self.equal.get_or_insert_with(|| {
            let listed = match removed {
                RemovedFiles::Listed(listed) => std::mem::take(listed),
                RemovedFiles::Between(old, new) => {
                    let context = collector.context;
                    let stop = || context.expired();
                    let mut differ = TreeDiffer::new(odb, &stop);
                    differ.trees(&[*old], *new);
                    differ.removed
                }
            };
            let mut equal = Renames(HashMap::new());
            for (oid, left) in listed {
                equal.add(oid, &RenamedFiles { left, taken: HashSet::new() });
            }
            equal
        })
    }

    /// Reads the findings of all removed files.
    fn renamed_keys(&mut self, collector: &mut Collector<'_>) -> &mut Renames<Identity> {
        if self.keys.is_none() {
            let mut renames = Renames(HashMap::new());
            for (oid, files) in self.removed_files(collector).0.clone() {
                self.identities(collector, &oid, &format!("blob {oid}"))
                    .iter()
                    .for_each(|identity| renames.add(*identity, &files));
            }
            self.keys = Some(renames);
        }
        self.keys.get_or_insert_with(|| Renames(HashMap::new()))
    }

    /// Reads the code in all removed files as that of the file at `place`.
    fn renamed_code(&mut self, collector: &mut Collector<'_>, place: &ScanLocation) -> Renames<(usize, String)> {
        let mut renames = Renames(HashMap::new());
        for (oid, files) in self.removed_files(collector).0.clone() {
            let facts = self.facts(collector, &oid, place);
            let identities: HashSet<(usize, &str)> = facts.iter().flat_map(SourceFacts::identities).collect();
            identities.into_iter().for_each(|(rule, text)| renames.add((rule, text.to_owned()), &files));
        }
        renames
    }

    /// Returns the findings in a blob; none after the deadline.
    fn identities(&mut self, collector: &mut Collector<'_>, old: &Oid, shown: &str) -> &BTreeSet<Identity> {
        self.identities.entry(*old).or_insert_with(|| {
            let bytes = if collector.context.expired() { None } else { blobs::read(self.odb, old) };
            let Some(bytes) = bytes else { return BTreeSet::new() };
            let result = blobs::scan_bytes(&mut collector.scanner, self.odb, &bytes, Extras::default());
            if result.is_defective() {
                collector.skip(SkipReason::Internal, shown);
            }
            result.hits.into_iter().map(|hit| (hit.hit.rule, hit.hit.fingerprint)).collect()
        })
    }

    fn facts(&self, collector: &mut Collector<'_>, old: &Oid, place: &ScanLocation) -> Option<SourceFacts> {
        if collector.context.expired() {
            return None;
        }
        let bytes = blobs::read(self.odb, old)?;
        // The present version is read, whatever told so: this one is compared with it.
        guarded(|| collector.context.lints().collect(place, &bytes, true)).unwrap_or_else(|reason| {
            collector.skip(reason, &place.path.text);
            None
        })
    }
}
