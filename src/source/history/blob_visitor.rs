//! Scans the blobs of an object store.
//!
//! Bytes that a delta copies from a base that was searched are not searched again. Candidates are judged on the blob's own
//! bytes, so the result does not depend on how git stored the objects.

use std::io::{self, Read};

use super::cache::flags;
use super::delta_filter::DeltaExcerpt;
use super::incremental::{self, BaseState};
use super::worker::{HistoryContext, HistoryWorker};
use crate::detect::decode::utf16::WideLayout;
use crate::git::lfs::{self, MAX_POINTER};
use crate::git::walk::{CopiedRange, DeltaOnly, ObjectVisitor, Resolved, VisitedObject};
use crate::model::Origin;
use crate::source::text_scanner::Extras;
use crate::source::text_searcher::{TextInput, guarded};

/// Largest text that is searched whole; larger ones are searched through a window.
const MAX_WHOLE: usize = 8 << 20;

/// Most candidates that are remembered for the deltas on a text.
const MAX_REMEMBERED: usize = 64 << 10;

pub(super) struct BlobVisitor<'a> {
    worker: HistoryWorker<'a>,
    excerpt: DeltaExcerpt,
}

impl<'a> BlobVisitor<'a> {
    pub(super) fn new(context: &'a HistoryContext<'a>) -> Self {
        Self { worker: HistoryWorker::new(context), excerpt: DeltaExcerpt::default() }
    }

    /// Remembers nothing of a blob that causes a panic.
    fn visit(
        &mut self,
        object: &VisitedObject,
        bytes: &[u8],
        base: Option<(&BaseState, &[CopiedRange])>,
    ) -> Option<BaseState> {
        guarded(|| self.scan(object, bytes, base)).unwrap_or_else(|reason| {
            self.worker.defect(object, reason);
            None
        })
    }

    fn scan(
        &mut self,
        object: &VisitedObject,
        bytes: &[u8],
        base: Option<(&BaseState, &[CopiedRange])>,
    ) -> Option<BaseState> {
        if object.fresh {
            self.worker.count(object, bytes.len() as u64);
        }
        let (engine, is_plain) = (self.worker.context.scan.engine, self.worker.context.plain);
        if bytes.len() > MAX_WHOLE || engine.decodes() && WideLayout::detect(bytes).is_some() {
            if object.fresh {
                self.scan_text(object, TextInput::Bytes(bytes));
            }
            return None;
        }
        let mut found = Vec::new();
        match base {
            Some((base, copies)) if !is_plain => {
                incremental::find(engine.prefilter(), &base.found, copies, bytes, &mut found);
            }
            _ => engine.prefilter().find(bytes, &mut found),
        }
        let mut is_nothing = found.is_empty();
        let holds_zip = engine.holds_zip(&found);
        let mentions_stripe = found.iter().any(|found| engine.is_stripe(found.anchor));
        if object.fresh {
            self.record_stripe(object, mentions_stripe);
            let is_clean = match base {
                Some((base, copies)) if base.is_nothing => {
                    let changed = incremental::changed_candidates(engine, copies, &found);
                    self.scan_text(object, TextInput::Candidates(bytes, &changed))
                }
                _ => self.scan_text(object, TextInput::Candidates(bytes, &found)),
            };
            is_nothing = is_clean && !self.record_pointer(object, bytes);
            // A delta may change a member far from the end of the zip.
            is_nothing &= !holds_zip;
        }
        let is_remembered = found.len() <= MAX_REMEMBERED && !is_plain;
        is_remembered.then_some(BaseState { found, is_nothing, mentions_stripe })
    }

    /// Returns true if the text is clean.
    fn scan_text(&mut self, object: &VisitedObject, text: TextInput<'_>) -> bool {
        let result = self.worker.scanner.scan(text, Extras::default());
        self.worker.add(object, Origin::File, result)
    }

    fn record_stripe(&mut self, object: &VisitedObject, mentions_stripe: bool) {
        if mentions_stripe {
            self.worker.partial.mentions.insert(object.oid);
            self.worker.note(object, flags::MENTIONS);
        }
    }

    /// Returns true if the text is a Git LFS pointer.
    fn record_pointer(&mut self, object: &VisitedObject, bytes: &[u8]) -> bool {
        let name = lfs::pointer(bytes);
        if let Some(name) = name {
            // Its content may come and go.
            self.worker.note(object, flags::REPORTED);
            self.worker.partial.pointers.insert(object.oid, String::from_utf8_lossy(name).into_owned());
        }
        name.is_some()
    }
}

impl ObjectVisitor for BlobVisitor<'_> {
    type State = Option<BaseState>;

    fn whole(&mut self, object: &VisitedObject, bytes: &[u8]) -> Self::State {
        self.visit(object, bytes, None)
    }

    fn resolved(&mut self, object: &VisitedObject, base: &Self::State, made: &Resolved<'_>) -> Self::State {
        self.visit(object, made.bytes, base.as_ref().map(|base| (base, made.copies)))
    }

    fn can_skip(&mut self, object: &VisitedObject, base: &Self::State, unbuilt: &DeltaOnly<'_>) -> bool {
        let context = self.worker.context;
        let base = base.as_ref().filter(|base| base.is_nothing && !context.plain);
        let Some(base) = base.filter(|_| unbuilt.size <= MAX_WHOLE && unbuilt.size > MAX_POINTER) else { return false };
        let (engine, excerpt) = (context.scan.engine, &mut self.excerpt);
        let passes = guarded(|| {
            excerpt.has_nothing_new(engine, base, unbuilt)
                && !(engine.decodes() && WideLayout::detect(&excerpt.head).is_some())
                && !crate::archive::may_be_archive(&excerpt.head, &excerpt.part)
        });
        // After a panic the blob is built and scanned as any other.
        let passes = passes.unwrap_or_else(|_| {
            self.excerpt = DeltaExcerpt::default();
            false
        });
        if passes && object.fresh {
            // The delta may have removed the mention: source lints then read the blob once, and find nothing.
            self.record_stripe(object, base.mentions_stripe);
            self.worker.count(object, unbuilt.size as u64);
        }
        passes
    }

    fn stream(&mut self, object: &VisitedObject, size: u64, content: &mut dyn Read) -> io::Result<()> {
        self.worker.stream(object, size, content, true)
    }
}
