//! Scans nested encodings: the views that [`crate::detect::decode`] gives, like any other text, layer by layer.
//!
//! A token found in a view gets the place of its encoded form in the text, with the encodings that were undone on the
//! way. A token that is the same in the view and outside is left to the outer search. Of competing readings of the same
//! bytes one wins ([`resolve_overlaps`]).

use std::ops::Range;
use std::time::Instant;

use super::prefilter::Candidate;
use super::{AnchorEntry, Engine, Match};
use crate::detect::decode::{self, DecodedRanges, DecodedView};
use crate::model::limits::{CONTEXT, MAX_BODY, MAX_DECODE_DEPTH, MAX_HITS_PER_TEXT};

/// Decoded bytes that any text may cost.
const FREE_WORK: usize = 4 << 20;

/// Further decoded bytes for each byte of the text.
const WORK_PER_BYTE: usize = 16;

/// Nesting of encodings in which a credential is noticed, but not reported.
const MAX_COUNTED_DEPTH: usize = 4 * MAX_DECODE_DEPTH;

/// Distance from an anchor within which something must have been decoded before a second layer is undone: the object in
/// front of a client secret's core is the longest part of a token on that side.
const TOUCHED: usize = 96;

/// Decoding that may still be done for one text, and hits that may still be kept. Hostile input can make every layer
/// reach back over the same bytes, or hold nothing but keys; ordinary text uses next to nothing.
#[derive(Debug)]
pub struct Budget {
    left: usize,
    spent: bool,
    /// Set if a credential lies deeper than [`MAX_DECODE_DEPTH`].
    is_deep: bool,
    /// When decoding ends whatever is left.
    deadline: Option<Instant>,
    /// Hits that may still be kept.
    hits: usize,
    left_out: u64,
}

impl Budget {
    /// Returns the budget of a text of this many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let left = FREE_WORK.saturating_add(bytes.saturating_mul(WORK_PER_BYTE));
        Self { left, spent: false, is_deep: false, deadline: None, hits: MAX_HITS_PER_TEXT, left_out: 0 }
    }

    /// Sets when decoding ends.
    #[must_use]
    pub fn until(self, deadline: Option<Instant>) -> Self {
        Self { deadline, ..self }
    }

    /// As [`Budget::new`], for a window of a text of which `kept` hits were kept already.
    #[must_use]
    pub(super) fn of_window(bytes: usize, kept: usize) -> Self {
        Self { hits: MAX_HITS_PER_TEXT.saturating_sub(kept), ..Self::new(bytes) }
    }

    /// Returns true if something was left undecoded because the budget ran out or it lies too deep.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent || self.is_deep
    }

    /// Returns the number of hits beyond [`MAX_HITS_PER_TEXT`], which were not kept.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Counts what another search of the same text left out.
    pub(super) fn add(&mut self, spent: bool, left_out: u64) {
        self.spent |= spent;
        self.left_out += left_out;
    }

    /// Returns how many of `wanted` hits may still be kept, and counts the rest.
    pub(super) fn take_hits(&mut self, wanted: usize) -> usize {
        let kept = wanted.min(self.hits);
        self.hits -= kept;
        self.left_out += (wanted - kept) as u64;
        kept
    }

    fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => self.spent = true,
        }
        self.spent |= self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        !self.spent
    }
}

/// Causes a panic in a text that has a candidate, for tests of the guard.
#[cfg(test)]
pub(crate) const DEFECT: &[u8] = b"bring-out-a-defect";

/// One layer of a text: the given text, or a view inside it.
pub(super) struct Layer<'a> {
    pub(super) bytes: &'a [u8],
    /// The text around it in the outer layers; empty for the outermost.
    pub(super) outer: Vec<u8>,
    /// The layer above, and the view of it that this one is.
    above: Option<(&'a Layer<'a>, &'a DecodedView)>,
    /// Encodings undone so far.
    pub(super) depth: usize,
    /// Set if the undone encodings are wide characters only, whose text is as plain as any.
    pub(super) plain: bool,
}

impl<'a> Layer<'a> {
    pub(super) fn outermost(bytes: &'a [u8]) -> Self {
        #[cfg(test)]
        assert!(memchr::memmem::find(bytes, DEFECT).is_none(), "a defect");
        Self { bytes, outer: Vec::new(), above: None, depth: 0, plain: true }
    }

    /// Returns the name that the outer layers assign it to.
    pub(super) fn name(&self) -> Option<String> {
        let (layer, view) = self.above?;
        name_before(layer.bytes, view.source.start).or_else(|| layer.name())
    }

    /// Returns the bytes as they are stored, where in them a character begins, and its width: more than one in wide text.
    pub(super) fn stored(&self, at: usize) -> (&'a [u8], usize, usize) {
        match self.above {
            Some((Layer { bytes, depth: 0, .. }, view)) if self.plain => {
                let width = if view.encodings.iter().any(|name| name.starts_with("utf-32")) { 4 } else { 2 };
                (bytes, view.source_range(at).start, width)
            }
            _ => (self.bytes, at, 1),
        }
    }

    /// Returns the layer of a view of this one.
    fn inside<'b>(&'b self, view: &'b DecodedView) -> Layer<'b> {
        let before = &self.bytes[view.source.start.saturating_sub(CONTEXT)..view.source.start];
        let after = &self.bytes[view.source.end..self.bytes.len().min(view.source.end + CONTEXT)];
        let wide = view.encodings.iter().all(|name| name.starts_with("utf-"));
        Layer {
            bytes: &view.bytes,
            outer: [before, b"\n", after, b"\n", &self.outer].concat(),
            above: Some((self, view)),
            depth: self.depth + view.encodings.len(),
            plain: self.plain && wide,
        }
    }
}

/// Returns the name that encoded text at `start` is assigned to, also as a block of lines.
fn name_before(bytes: &[u8], start: usize) -> Option<String> {
    let before = &bytes[start.saturating_sub(CONTEXT)..start];
    let head = before.trim_ascii_end();
    let head = head.strip_suffix(b"|").or_else(|| head.strip_suffix(b">")).map_or(before, <[u8]>::trim_ascii_end);
    super::assignment::name_of_value(head, head.len())
}

impl Engine {
    /// Adds the matches of every view around these anchors, placed in `layer`.
    pub(super) fn decode_layers(
        &self,
        layer: &Layer<'_>,
        found: &[Candidate],
        budget: &mut Budget,
        matches: &mut Vec<Match>,
    ) {
        let (mut covered, mut covered_runs) = (DecodedRanges::new(&self.prefixes), DecodedRanges::new(&self.prefixes));
        for candidate in found {
            // Decoding that gives no view costs something, too.
            if !budget.take(covered_runs.take_work()) {
                return;
            }
            let mut look = |view: DecodedView| self.scan_view(layer, &view, budget, matches);
            match &self.entries[candidate.anchor] {
                AnchorEntry { encoded: Some(anchor), .. } => {
                    decode::views(layer.bytes, anchor, candidate.at, &mut covered, &mut look);
                }
                AnchorEntry { long_run: true, .. } => {
                    decode::blind::blind_views(layer.bytes, candidate.at, &mut covered_runs, &mut look);
                }
                _ => {}
            }
        }
    }

    fn scan_view(&self, layer: &Layer<'_>, view: &DecodedView, budget: &mut Budget, matches: &mut Vec<Match>) {
        if !budget.take(view.bytes.len()) {
            return;
        }
        let mut found = Vec::new();
        self.prefilter.find(&view.bytes, &mut found);
        found.retain(|candidate| {
            let end = view.bytes.len().min(candidate.at + MAX_BODY + TOUCHED);
            !view.is_plain(candidate.at.saturating_sub(TOUCHED)..end)
        });
        if found.is_empty() {
            return;
        }
        let depth = layer.depth + view.encodings.len();
        if depth > MAX_DECODE_DEPTH {
            if depth <= MAX_COUNTED_DEPTH {
                let mut below = Vec::new();
                self.find_matches(&layer.inside(view), &found, budget, &mut below);
                budget.is_deep |= below.iter().any(|token| token.is_credible);
            }
            return;
        }
        let first = matches.len();
        self.find_matches(&layer.inside(view), &found, budget, matches);
        if !view.is_traced() {
            // Outer layers cannot distinguish these by place.
            let resolved = resolve_overlaps(matches.split_off(first));
            matches.extend(resolved.into_iter().map(|token| Match { has_exact_span: false, ..token }));
        }
        let mut at = first;
        while let Some(token) = matches.get_mut(at) {
            if token.encodings.is_empty() && view.is_plain(token.span.clone()) {
                matches.swap_remove(at);
                continue;
            }
            token.span = view.span(token.span.clone());
            token.encodings.splice(0..0, view.encodings.iter().copied());
            at += 1;
        }
    }
}

/// Resolves overlapping matches: the whole key beats a piece of it, its neighbours do not extend it, and of several
/// readings the one with the fewest layers is kept.
pub(super) fn resolve_overlaps(mut matches: Vec<Match>) -> Vec<Match> {
    matches.sort_by_key(|token| (token.span.start, token.span.end, token.encodings.len(), token.rule));
    matches.dedup_by(|b, a| a.span == b.span && (a.fingerprint == b.fingerprint || a.encodings.is_empty()));
    if matches.iter().all(|token| token.encodings.is_empty()) {
        return matches;
    }
    let mut kept: Vec<Match> = Vec::new();
    for token in matches {
        let rivals = kept.iter().rev().take_while(|old| old.span.end > token.span.start).count();
        let from = kept.len() - rivals;
        if kept[from..].iter().any(|old| rival(old, &token) && wins(old, &token)) {
            continue;
        }
        let mut at = from;
        while at < kept.len() {
            if rival(&kept[at], &token) {
                kept.remove(at);
            } else {
                at += 1;
            }
        }
        kept.push(token);
    }
    kept
}

/// Returns true if two matches compete. Two plain ones never do: their patterns decided that. Nor do keys of compressed
/// streams, whose places are those of the streams.
fn rival(a: &Match, b: &Match) -> bool {
    let share_stream = !a.has_exact_span && !b.has_exact_span && a.fingerprint != b.fingerprint;
    overlap(&a.span, &b.span) && !(a.encodings.is_empty() && b.encodings.is_empty()) && !share_stream
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn wins(a: &Match, b: &Match) -> bool {
    if a.fingerprint == b.fingerprint {
        if !a.has_exact_span && !b.has_exact_span && a.span.len() > b.span.len() {
            // The next stream was taken for a part of this one.
            return false;
        }
        return a.encodings.len() <= b.encodings.len();
    }
    (a.is_credible, a.confidence, a.span.len()) >= (b.is_credible, b.confidence, b.span.len())
}
