//! One thread's look at the blobs of a store, which are searched like files.
//!
//! What was copied from a text that was searched already is not searched again; whatever has a pivot is judged on its
//! own bytes, so the result does not depend on how git stored the objects.

use std::io::{self, Read};

use super::inherit;
use super::unbuilt::Abridged;
use super::visitor::{Common, Share};
use crate::detect::{
    Budget, Window,
    decode::utf16::WideLayout,
    prefilter::Found,
    stream::{Scratch, scan_reader},
};
use crate::git::walk::{Copied, Made, Object, Unbuilt, Visitor};
use crate::model::{Origin, Reason};
use crate::source::{guarded, members};

/// Texts up to this size are searched whole, in bytes; larger ones through a window.
const MAX_WHOLE: usize = 8 << 20;

/// Pivots of one text that are remembered for what is made from it.
const MAX_REMEMBERED: usize = 64 << 10;

/// Longest Git LFS pointer, in bytes.
const MAX_POINTER: usize = 1024;

/// What is remembered of a text for those that are made from it, unless that is too much.
pub(super) type Memory = Option<Known>;

/// Where the pivots of a text are.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) found: Vec<Found>,
    /// Whether all of them were judged, and to be nothing.
    pub(super) is_nothing: bool,
    /// Whether one of them is the word `stripe`.
    pub(super) mentions: bool,
}

pub(super) struct Searcher<'a> {
    share: Share<'a>,
    scratch: Scratch,
    inner: Scratch,
    abridged: Abridged,
}

impl<'a> Searcher<'a> {
    pub(super) fn new(common: &'a Common<'a>) -> Self {
        Self {
            share: Share::new(common),
            scratch: Scratch::default(),
            inner: Scratch::default(),
            abridged: Abridged::default(),
        }
    }

    /// As [`guarded`], for a blob: nothing is remembered of one that brings out a defect.
    fn guard<T>(&mut self, object: &Object, scan: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let outcome = guarded(|| scan(self));
        if let Err(reason) = outcome {
            (self.scratch, self.inner) = Default::default();
            self.share.defect(object, reason);
        }
        outcome.ok()
    }

    fn blob(&mut self, object: &Object, bytes: &[u8], base: Option<(&Known, &[Copied])>) -> Memory {
        if object.fresh {
            self.share.count(bytes.len() as u64);
        }
        let engine = self.share.common.shared.engine;
        let wide = engine.decodes() && WideLayout::detect(bytes).is_some();
        if wide || bytes.len() > MAX_WHOLE {
            if object.fresh {
                let first = self.share.seen.hits.len();
                let _ = self.windows(object, &mut { bytes });
                self.share.name_within(first, bytes);
                self.members(object, bytes, self.share.seen.hits.len());
            }
            return None;
        }
        let mut found = Vec::new();
        match base {
            Some((known, copies)) if !self.share.common.plain => {
                inherit::find(engine.prefilter(), &known.found, copies, bytes, &mut found);
            }
            _ => engine.prefilter().find(bytes, &mut found),
        }
        let mut is_nothing = found.is_empty();
        let mentions = found.iter().any(|pivot| engine.is_stripe(pivot.pivot));
        if object.fresh {
            self.mention(object, mentions);
            is_nothing = match base {
                Some((known, copies)) if known.is_nothing => {
                    self.judge(object, bytes, &inherit::unsettled(engine, copies, &found))
                }
                _ => self.judge(object, bytes, &found),
            };
        }
        (found.len() <= MAX_REMEMBERED && !self.share.common.plain).then_some(Known { found, is_nothing, mentions })
    }

    fn mention(&mut self, object: &Object, mentions: bool) {
        if mentions {
            self.share.seen.mentions.insert(object.oid);
        }
    }

    /// Whether there is nothing in it.
    fn judge(&mut self, object: &Object, bytes: &[u8], found: &[Found]) -> bool {
        let (first, skipped) = (self.share.seen.hits.len(), self.share.seen.coverage.skipped_total());
        if !found.is_empty() {
            let mut budget = Budget::new(bytes.len());
            let hits = self.share.common.shared.engine.judge_within(&Window::whole(bytes), found, &mut budget);
            self.share.leave_out(object, budget.is_spent(), budget.left_out());
            self.share.keep(object, Origin::File, hits);
            self.share.name_within(first, bytes);
        }
        self.members(object, bytes, first);
        self.pointer(object, bytes);
        let is_pointer = self.share.seen.pointers.contains_key(&object.oid);
        let told = self.share.seen.coverage.skipped_total() != skipped;
        let is_nothing = self.share.seen.hits.len() == first && !is_pointer && !told;
        if is_nothing {
            self.share.clean(object.oid);
        }
        is_nothing
    }

    /// Searches what an archive holds. Hits from `first` on are those of its own bytes.
    fn members(&mut self, object: &Object, bytes: &[u8], first: usize) {
        let shared = self.share.common.shared;
        if !crate::archive::is_archive(bytes) {
            return;
        }
        if !shared.archives {
            return self.share.seen.coverage.skip(Reason::ArchiveNotOpened, format!("blob {}", object.oid));
        }
        if let Some(members) = members::of_blob(shared.engine, bytes, &mut self.inner, shared.time_left()) {
            self.share.keep_members(object, members, first);
        }
    }

    fn windows(&mut self, object: &Object, reader: &mut dyn Read) -> io::Result<()> {
        let mut hits = Vec::new();
        let outcome = scan_reader(self.share.common.shared.engine, reader, &mut self.scratch, &mut hits);
        self.share.leave_out(object, self.scratch.cut_short(), self.scratch.left_out());
        self.share.keep(object, Origin::File, hits);
        outcome.map(|_| ()).map_err(|(_, error)| error)
    }

    fn pointer(&mut self, object: &Object, bytes: &[u8]) {
        if bytes.len() <= MAX_POINTER && bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
            let text = String::from_utf8_lossy(bytes);
            let oid = text.lines().find_map(|line| line.strip_prefix("oid sha256:")).unwrap_or_default();
            self.share.seen.pointers.insert(object.oid, oid.trim().to_owned());
        }
    }
}

impl Visitor for Searcher<'_> {
    type State = Memory;

    fn whole(&mut self, object: &Object, bytes: &[u8]) -> Memory {
        self.guard(object, |searcher| searcher.blob(object, bytes, None))?
    }

    fn made(&mut self, object: &Object, base: &Memory, made: &Made<'_>) -> Memory {
        let base = base.as_ref().map(|known| (known, made.copies));
        self.guard(object, |searcher| searcher.blob(object, made.bytes, base))?
    }

    fn passes(&mut self, object: &Object, base: &Memory, unbuilt: &Unbuilt<'_>) -> bool {
        let common = self.share.common;
        let base = base.as_ref().filter(|known| known.is_nothing && !common.plain);
        let Some(base) = base.filter(|_| unbuilt.size <= MAX_WHOLE && unbuilt.size > MAX_POINTER) else { return false };
        let (engine, abridged) = (common.shared.engine, &mut self.abridged);
        // What brings out a defect here is built and searched as any other text.
        let passes = guarded(|| {
            abridged.is_dull(engine, base, unbuilt)
                && !(engine.decodes() && WideLayout::detect(&abridged.head).is_some())
                && !crate::archive::may_be_archive(&abridged.head, &abridged.part)
        });
        let passes = passes.unwrap_or_else(|_| {
            self.abridged = Abridged::default();
            false
        });
        if passes && object.fresh {
            // Perhaps no longer, which costs no more than another look.
            self.mention(object, base.mentions);
            self.share.count(unbuilt.size as u64);
            self.share.clean(object.oid);
        }
        passes
    }

    fn stream(&mut self, object: &Object, size: u64, content: &mut dyn Read) -> io::Result<()> {
        self.share.count(size);
        let outcome = self.guard(object, |searcher| searcher.windows(object, content));
        // The rest is read all the same, so that the object is not taken for a damaged one.
        outcome.unwrap_or_else(|| io::copy(content, &mut io::sink()).map(drop))
    }
}
