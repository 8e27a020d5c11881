//! Scans what a push adds: commits, the text of tags, and tags of files and directories.

use std::collections::HashSet;
use std::rc::Rc;

use super::blobs::{self, RepeatedBlobs};
use super::open_repository::OpenRepository;
use super::pathspec::Pathspec;
use super::range::{self, ScannedRange};
use super::text_result::TextHit;
use super::{Collector, Error, ScanContext, ScanSource};
use crate::git::ancestry::Ancestry;
use crate::git::changes::{FileChange, TreeDiffer};
use crate::git::commit::tag_target;
use crate::git::{ObjectKind, Odb, Oid};
use crate::model::{Finding, Origin, PathText, Reach, ScanLocation, SkipReason};
use crate::rules::RuleSet;

/// The commits that each of `heads` reaches and neither `known` nor the heads before it do. A head may name any object.
pub(crate) struct PushedSource {
    repository: Rc<OpenRepository>,
    known: Vec<Oid>,
    heads: Vec<Oid>,
    /// Names of new refs, with what they name.
    names: Vec<(String, Oid)>,
    scanned: Vec<ScannedRange>,
}

impl PushedSource {
    pub(crate) fn new(
        repository: &Rc<OpenRepository>,
        (known, heads): (&[Oid], &[Oid]),
        names: &[(String, Oid)],
    ) -> Self {
        let repository = Rc::clone(repository);
        let (known, heads, names) = (known.to_vec(), heads.to_vec(), names.to_vec());
        Self { repository, known, heads, names, scanned: Vec::new() }
    }
}

impl ScanSource for PushedSource {
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error> {
        let (repository, stop) = (&self.repository, || context.expired());
        let mut ancestry = Ancestry::new(repository.odb(), &repository.repository.shallow, &stop);
        let mut collector = Collector::new(context);
        repository.report_problems(collector.coverage());
        ancestry.know(&self.known);
        let (mut tagged, all) = (TaggedObjects::default(), Pathspec::default());
        for head in &self.heads {
            let Some(head) = peel(&mut collector, repository.odb(), *head, &mut tagged) else { continue };
            let commits = ancestry.next_range(&head);
            if !commits.is_empty() {
                let base = ancestry.base_of(&commits);
                self.scanned.push(range::scan(&mut collector, repository, (base, head), &commits, &all));
            }
        }
        scan_trees(&mut collector, repository.odb(), &tagged.trees);
        self.names.iter().for_each(|(name, oid)| scan_ref_name(&mut collector, name, oid));
        ancestry.take_unread().into_iter().for_each(|(reason, what)| collector.skip(reason, &what));
        Ok(())
    }

    fn expose(&self, _: &RuleSet, finding: &mut Finding) {
        if let Some(range) = self.scanned.iter().find(|range| range.concerns(finding)) {
            range.expose(finding);
        }
    }
}

/// The objects behind the heads of a push.
#[derive(Debug, Default)]
struct TaggedObjects {
    /// All, each of them read once.
    seen: HashSet<Oid>,
    /// Directories, which are still to be searched.
    trees: Vec<Oid>,
}

/// Searches the text of tags and returns the commit behind them, unless another tag led there. Searches a file behind
/// them, too, and returns `None`, as for a directory.
fn peel(collector: &mut Collector<'_>, odb: &Odb, mut oid: Oid, tagged: &mut TaggedObjects) -> Option<Oid> {
    while tagged.seen.insert(oid) {
        let place = |origin| ScanLocation {
            origin,
            reach: Reach::Ref,
            blob: Some(oid.to_string()),
            ..ScanLocation::file(PathText::default())
        };
        match odb.read(&oid) {
            Ok(Some((ObjectKind::Commit, _))) => return Some(oid),
            Ok(Some((ObjectKind::Tag, bytes))) => {
                collector.coverage().objects += 1;
                collector.scan_text(&bytes, &place(Origin::TagMessage));
                let Some(target) = tag_target(&bytes, odb.format) else {
                    collector.skip(SkipReason::Damaged, &format!("tag {oid}"));
                    return None;
                };
                oid = target;
            }
            Ok(Some((ObjectKind::Blob, _))) => {
                let place = place(Origin::File);
                if let Some(result) = blobs::scan(collector, odb, &oid, &place) {
                    collector.add(result, &place);
                }
                return None;
            }
            Ok(Some((ObjectKind::Tree, _))) => {
                tagged.trees.push(oid);
                return None;
            }
            Ok(None) => {
                collector.skip(SkipReason::MissingObject, &format!("object {oid}"));
                return None;
            }
            Err(error) => {
                collector.skip(error.reason(), &error.to_string());
                return None;
            }
        }
    }
    None
}

/// Searches the name of a ref.
fn scan_ref_name(collector: &mut Collector<'_>, name: &str, oid: &Oid) {
    let result = collector.scanner.searcher.search_name(name.as_bytes(), 0);
    if !result.is_clean() {
        let path = PathText::new(name.as_bytes());
        let place = ScanLocation { reach: Reach::Ref, commit: Some(oid.to_string()), ..ScanLocation::file(path) };
        result.report_skips(collector.coverage(), name, usize::MAX);
        let of_ref = |mut hit: TextHit| {
            hit.origin = Origin::RefName;
            hit.locate(&place)
        };
        collector.add_hits(result.hits.into_iter().map(of_ref), None);
    }
}

/// Searches directories that tags name by themselves.
fn scan_trees(collector: &mut Collector<'_>, odb: &Odb, trees: &[Oid]) {
    let context = collector.context;
    let stop = || context.expired();
    let mut differ = TreeDiffer::new(odb, &stop);
    differ.all_of(trees);
    blobs::report_gaps(collector, &mut differ);
    let mut blobs = RepeatedBlobs::default();
    for FileChange { path, new, .. } in differ.changes {
        let shown = PathText::new(&path);
        let place = ScanLocation { reach: Reach::Ref, blob: Some(new.oid.to_string()), ..ScanLocation::file(shown) };
        if context.expired() {
            collector.skip(SkipReason::TimedOut, &place.path.text);
        } else if new.is_submodule() {
            collector.skip(SkipReason::Submodule, &place.path.text);
        } else {
            collector.scan_name(&path, &place);
            if let Some(result) = blobs.scan(collector, odb, &new.oid, &place) {
                collector.add(result, &place);
            }
        }
    }
    blobs.report(collector);
}
