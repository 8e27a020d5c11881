//! Scans what a push adds: commits, the text of tags, and tags of files and directories.

use std::rc::Rc;

use super::open_repository::OpenRepository;
use super::pathspec::Pathspec;
use super::range::{self, ScannedRange};
use super::tagged::{self, TaggedObjects};
use super::text_result::TextHit;
use super::{Collector, Error, ScanContext, ScanSource};
use crate::git::Oid;
use crate::git::ancestry::Ancestry;
use crate::model::{Finding, Origin, PathText, Reach, ScanLocation};
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
            let Some(head) = tagged::peel(&mut collector, repository.odb(), *head, &mut tagged) else { continue };
            let commits = ancestry.next_range(&head);
            if !commits.is_empty() {
                let base = ancestry.base_of(&commits);
                self.scanned.push(range::scan(&mut collector, repository, (base, head), &commits, &all));
            }
        }
        tagged::scan_trees(&mut collector, repository.odb(), &tagged.trees);
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
