//! The result of scanning one text.

use std::collections::BTreeMap;
use std::io;

use crate::detect::Hit;
use crate::detect::LocatedHit;
use crate::lints::SourceFacts;
use crate::model::{Coverage, Origin, ScanLocation, SkipReason, line_hash::LineHash};

/// Archive members that were not read, by reason.
pub(super) type SkippedMembers = BTreeMap<SkipReason, SkippedMember>;

/// Archive members that were not read for one reason.
#[derive(Debug, Clone, Default)]
pub(super) struct SkippedMember {
    pub(super) count: u64,
    /// Member names after `!`, and what was wrong.
    pub(super) examples: Vec<String>,
}

/// A hit in a text or in an archive member.
#[derive(Debug, Clone)]
pub(crate) struct TextHit {
    pub(crate) hit: Hit,
    /// Archive members, outermost first.
    pub(crate) chain: Vec<String>,
    /// [`Origin::File`] for content, whatever the text is.
    pub(crate) origin: Origin,
    /// The original source of a source map, the cell of a notebook.
    pub(crate) within: Option<String>,
    pub(crate) line_hash: Option<LineHash>,
    /// The previous version of the file has the same credential.
    pub(crate) existing: bool,
}

impl TextHit {
    fn new(hit: Hit, origin: Origin) -> Self {
        Self { hit, chain: Vec::new(), origin, within: None, line_hash: None, existing: false }
    }

    /// Joins the hit with the location of its text.
    pub(crate) fn locate(self, text: &ScanLocation) -> LocatedHit {
        let mut place = text.clone();
        place.archive.extend(self.chain);
        if self.origin != Origin::File {
            place.origin = self.origin;
        }
        (place.within, place.line_hash, place.existing) = (self.within, self.line_hash, self.existing);
        LocatedHit { hit: self.hit, place }
    }
}

/// Returns the reason under which the coverage counts an error of reading a text.
pub(super) fn reason_of(error: &io::Error) -> SkipReason {
    match error.kind() {
        io::ErrorKind::NotFound => SkipReason::Vanished,
        io::ErrorKind::TimedOut => SkipReason::TimedOut,
        _ => SkipReason::Unreadable,
    }
}

/// The result of scanning one text.
#[derive(Debug, Default)]
pub(crate) struct TextResult {
    /// Hits in the text, then those in archive members.
    pub(crate) hits: Vec<TextHit>,
    pub(crate) bytes: u64,
    pub(crate) member_bytes: u64,
    pub(crate) facts: Option<SourceFacts>,
    /// The text, if it may be program code, mentions Stripe.
    pub(super) mentions_stripe: bool,
    /// A zip ends in the text.
    pub(super) holds_zip: bool,
    /// The reader's error. What came before it was searched.
    pub(crate) failure: Option<io::Error>,
    /// Reasons why the text was searched in part only.
    pub(super) skipped: Vec<SkipReason>,
    /// Hits over the limit, which were not kept.
    pub(super) left_out: u64,
    pub(super) members: SkippedMembers,
}

impl TextResult {
    /// Returns true if nothing was found and everything was read.
    pub(crate) fn is_clean(&self) -> bool {
        self.hits.is_empty() && self.is_complete()
    }

    fn is_complete(&self) -> bool {
        self.failure.is_none() && self.skipped.is_empty() && self.left_out == 0 && self.members.is_empty()
    }

    /// Returns true if the text caused a panic.
    pub(crate) fn is_defective(&self) -> bool {
        self.skipped.contains(&SkipReason::Internal)
    }

    /// Counts what was not read of the text `name`, with at most `examples` members for each reason.
    pub(crate) fn report_skips(&self, coverage: &mut Coverage, name: &str, examples: usize) {
        if self.is_complete() {
            return;
        }
        self.skipped.iter().for_each(|reason| coverage.skip(*reason, name));
        coverage.skip_hits(self.left_out, name);
        for (reason, skipped) in &self.members {
            let mut count = skipped.count;
            for example in skipped.examples.iter().take(examples) {
                count -= 1;
                coverage.skip(*reason, format!("{name}{example}"));
            }
            coverage.skip_many(*reason, count, None);
        }
    }

    /// Adds the result of another text in the same place.
    pub(super) fn append(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.bytes += other.bytes;
        self.member_bytes += other.member_bytes;
        self.skipped.extend(other.failure.as_ref().map(reason_of).into_iter().chain(other.skipped));
        self.left_out += other.left_out;
        for (reason, members) in other.members {
            let known = self.members.entry(reason).or_default();
            known.count += members.count;
            known.examples.extend(members.examples);
        }
    }

    /// Copies everything that does not depend on the path of the text. Its reader never fails.
    pub(super) fn at_another_path(&self) -> Self {
        Self {
            hits: self.hits.clone(),
            facts: None,
            failure: None,
            skipped: self.skipped.clone(),
            members: self.members.clone(),
            ..*self
        }
    }

    pub(super) fn add_hits(&mut self, hits: Vec<Hit>, origin: Origin, left_out: u64) {
        self.hits.extend(hits.into_iter().map(|hit| TextHit::new(hit, origin)));
        self.left_out += left_out;
    }
}
