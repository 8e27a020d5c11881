//! Scans the members of an archive.
//!
//! The bytes of an archive are searched like any text, and so is every member. A credential that both searches find,
//! because the member is stored uncompressed, is reported once, in the member.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::ops::Range;
use std::time::Duration;

use super::embedded;
use super::text_result::{TextHit, TextResult, reason_of};
use super::text_searcher::{TextInput, TextSearcher, guarded, name_embedded};
use crate::archive::{self, ArchiveLimits, MemberVisitor, Seekable, ValueNames};
use crate::credential::Fingerprint;
use crate::detect::lines::{Cursor, Position};
use crate::model::{
    Origin, SkipReason,
    limits::{MAX_ARCHIVE_SECONDS, MAX_HITS_PER_TEXT, MAX_IN_MEMORY, MAX_SKIP_EXAMPLES},
};

/// Longest member that is kept in memory to name the embedded text of a hit.
const MAX_KEPT: u64 = MAX_IN_MEMORY / 2;

/// Scans the members of `archive` with `searcher`, and adds what they hold to `result`, the result of the archive's bytes.
pub(super) fn scan(searcher: &mut TextSearcher<'_>, archive: &mut dyn Seekable, result: &mut TextResult) {
    let most = Duration::from_secs(MAX_ARCHIVE_SECONDS);
    let limits = ArchiveLimits {
        time: searcher.context.time_left().map_or(most, |left| left.min(most)),
        ..ArchiveLimits::default()
    };
    let saw_zip = result.holds_zip;
    let mut members = MemberScanner { searcher, result, hits: Vec::new(), saw_zip };
    if let Err(reason) = guarded(|| archive::open(archive, &mut members, limits)) {
        members.skip(reason, &[], describe(reason));
    }
    let mut hits = members.hits;
    drop_outer_copies(&mut hits);
    let known: BTreeSet<Fingerprint> = hits.iter().map(|hit| hit.hit.fingerprint).collect();
    result.hits.retain(|hit| !known.contains(&hit.hit.fingerprint));
    result.hits.append(&mut hits);
}

/// Drops hits in the raw bytes of a nested archive that were found in one of its members, too.
fn drop_outer_copies(hits: &mut Vec<TextHit>) {
    let mut outer: BTreeSet<(Fingerprint, Vec<String>)> = BTreeSet::new();
    for hit in &*hits {
        for length in 0..hit.chain.len() {
            outer.insert((hit.hit.fingerprint, hit.chain[..length].to_vec()));
        }
    }
    if !outer.is_empty() {
        hits.retain(|hit| !outer.contains(&(hit.hit.fingerprint, hit.chain.clone())));
    }
}

fn describe(reason: SkipReason) -> &'static str {
    if reason == SkipReason::OverLimit { "decoding budget exhausted" } else { "internal error; please report it" }
}

/// Reads a member and keeps its bytes as long as it may be JSON, which can embed texts.
struct KeepingReader<'a> {
    inner: &'a mut dyn Read,
    kept: Option<Vec<u8>>,
}

impl Read for KeepingReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.kept = self.kept.take().filter(|kept| {
            let may_embed = !kept.is_empty() || embedded::may_hold_texts(&out[..count]);
            count == 0 || may_embed && (kept.len() + count) as u64 <= MAX_KEPT
        });
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&out[..count]);
        }
        Ok(count)
    }
}

struct MemberScanner<'s, 'a> {
    searcher: &'s mut TextSearcher<'a>,
    result: &'s mut TextResult,
    hits: Vec<TextHit>,
    saw_zip: bool,
}

impl MemberScanner<'_, '_> {
    fn add(&mut self, chain: &[String], found: TextResult) {
        self.result.member_bytes += found.bytes;
        self.saw_zip = found.holds_zip;
        found.skipped.iter().for_each(|reason| self.skip(*reason, chain, describe(*reason)));
        if let Some(error) = &found.failure {
            self.skip(reason_of(error), chain, &error.to_string());
        }
        let room = MAX_HITS_PER_TEXT.saturating_sub(self.hits.len());
        let left_out = found.left_out + found.hits.len().saturating_sub(room) as u64;
        if left_out > 0 {
            self.skip_many(SkipReason::OverLimit, left_out, chain, &format!("{left_out} more findings"));
        }
        let hits = found.hits.into_iter().take(room);
        self.hits.extend(hits.map(|hit| TextHit { chain: chain.to_vec(), ..hit }));
    }

    fn skip_many(&mut self, reason: SkipReason, count: u64, chain: &[String], what: &str) {
        let skipped = self.result.members.entry(reason).or_default();
        skipped.count += count;
        if skipped.examples.len() < MAX_SKIP_EXAMPLES {
            let names: String = chain.iter().map(|name| format!("!{name}")).collect();
            skipped.examples.push(format!("{names}: {what}"));
        }
    }
}

impl MemberVisitor for MemberScanner<'_, '_> {
    fn member(&mut self, chain: &[String], content: &mut dyn Read) {
        let mut content = KeepingReader { inner: content, kept: Some(Vec::new()) };
        // The reader ends where it would fail: the archive's reader has reported the cause.
        let mut found = self.searcher.search(TextInput::Stream(&mut content));
        name_embedded(&content.kept.unwrap_or_default(), &mut found.hits, self.searcher.context.engine.redactor());
        self.add(chain, found);
    }

    fn values(&mut self, chain: &[String], text: &[u8], names: &dyn ValueNames) {
        // As a whole the text is never one of wide characters, though a value may be.
        let mut candidates = Vec::new();
        self.searcher.context.engine.prefilter().find(text, &mut candidates);
        let mut found = self.searcher.search(TextInput::Candidates(text, &candidates));
        found.hits.sort_by_key(|hit| hit.hit.span.start);
        let mut lines = Cursor::new(Position::START);
        for TextHit { hit, within, .. } in &mut found.hits {
            let offset = usize::try_from(hit.span.start).unwrap_or(usize::MAX);
            let Some((value, name)) = names.value_at(offset) else { continue };
            let first = lines.advance(text, value.start);
            for position in [&mut hit.start, &mut hit.end] {
                position.column -= if position.line == first.line { first.column - 1 } else { 0 };
                position.line -= first.line - 1;
            }
            *within = Some(self.searcher.context.engine.redactor().sanitize(&name));
        }
        self.add(chain, found);
    }

    fn replaced(&mut self, chain: &[String], ranges: &[Range<u64>]) {
        let is_inside = |span: &Range<u64>| {
            let next = ranges.partition_point(|range| range.start <= span.start);
            // Big-endian text that is read as little-endian ends one byte later.
            next.checked_sub(1).is_some_and(|range| ranges[range].end + 1 >= span.end)
        };
        let is_raw = |hit: &TextHit| hit.chain == chain && hit.within.is_none() && hit.origin == Origin::File;
        for hits in [&mut self.result.hits, &mut self.hits] {
            hits.retain(|hit| !(is_raw(hit) && is_inside(&hit.hit.span)));
        }
    }

    fn saw_zip(&self) -> bool {
        self.saw_zip
    }

    fn name(&mut self, chain: &[String]) {
        let Some(name) = chain.last() else { return };
        let found = self.searcher.search_name(name.as_bytes(), 0);
        self.add(chain, found);
    }

    fn skip(&mut self, reason: SkipReason, chain: &[String], what: &str) {
        self.skip_many(reason, 1, chain, what);
    }
}
