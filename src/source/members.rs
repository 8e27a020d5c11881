//! What archives hold, searched with the same engine as everything else.
//!
//! The bytes of an archive are searched as they stand, and so is every member. A credential that both searches see,
//! because the member is stored as it is, is told once, at the member. This module knows no paths: an archive in
//! history is opened once, and its blob's places are joined to what was found in it later.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read};
use std::time::Duration;

use crate::archive::{self, ArchiveLimits, MemberVisitor, Seekable};
use crate::credential::Fingerprint;
use crate::detect::{
    Budget, Engine, Hit, Window,
    stream::{Scratch, scan_reader},
};
use crate::model::{
    Origin, ScanLocation, SkipReason,
    limits::{MAX_ARCHIVE_SECONDS, MAX_HITS_PER_TEXT, MAX_IN_MEMORY, MAX_SKIP_EXAMPLES},
};
use crate::source::embedded;
use crate::source::guarded;

/// Longest member that is remembered to tell which of its texts a hit is in.
const MAX_KEPT: u64 = MAX_IN_MEMORY / 2;

/// The matter with what brought out a defect.
const DEFECT: &str = "internal error; please report it";

/// A hit in an archive.
#[derive(Debug, Clone)]
pub struct Member {
    /// Names from the outermost inwards, without that of the archive itself.
    pub chain: Vec<String>,
    /// The content, or the last of the names.
    pub origin: Origin,
    /// What was found, in lines of the innermost member.
    pub hit: Hit,
    /// Which of the texts that the member holds it is in: a source of a source map, a cell of a notebook.
    pub within: Option<String>,
}

impl Member {
    /// The place of the hit, if the archive itself is at `archive`.
    #[must_use]
    pub fn place(&self, archive: &ScanLocation) -> ScanLocation {
        let mut place = ScanLocation { origin: self.origin, within: self.within.clone(), ..archive.clone() };
        place.archive.extend_from_slice(&self.chain);
        place
    }
}

/// Everything that was found in one archive.
#[derive(Debug, Default)]
pub struct Members {
    /// Hits in members, nested ones included.
    pub hits: Vec<Member>,
    /// Bytes that were searched.
    pub bytes: u64,
    skipped: BTreeMap<SkipReason, (u64, Vec<String>)>,
}

impl Members {
    /// What was found in members: a hit of the same name in the archive's raw bytes is a copy.
    #[must_use]
    pub fn fingerprints(&self) -> BTreeSet<Fingerprint> {
        self.hits.iter().map(|member| member.hit.fingerprint).collect()
    }

    /// What was not read: reason, how often, and examples that name members and say what the matter was.
    pub fn skipped(&self) -> impl Iterator<Item = (SkipReason, u64, &[String])> {
        self.skipped.iter().map(|(reason, (count, examples))| (*reason, *count, examples.as_slice()))
    }
}

/// Searches what `bytes` hold, if they are an archive: for a blob that is in memory, whose own bytes were searched.
#[must_use]
pub fn of_blob(engine: &Engine, bytes: &[u8], scratch: &mut Scratch, time: Option<Duration>) -> Option<Members> {
    archive::is_archive(bytes).then(|| open(engine, &mut Cursor::new(bytes), scratch, time))
}

/// Opens an archive and searches what it holds; nothing is found in anything else. `time` bounds the work, if it is
/// less than an archive gets anyway.
#[must_use]
pub fn open(engine: &Engine, input: &mut dyn Seekable, scratch: &mut Scratch, time: Option<Duration>) -> Members {
    let most = Duration::from_secs(MAX_ARCHIVE_SECONDS);
    let limits = ArchiveLimits { time: time.map_or(most, |time| time.min(most)), ..ArchiveLimits::default() };
    let mut searcher = Searcher { engine, scratch, seen: Members::default() };
    if let Err(reason) = guarded(|| archive::open(input, &mut searcher, limits)) {
        searcher.skip(reason, &[], DEFECT);
    }
    let mut seen = searcher.seen;
    seen.drop_outer_copies();
    seen
}

impl Members {
    /// Drops hits in the raw bytes of a nested archive that were found in one of its members, too.
    fn drop_outer_copies(&mut self) {
        let mut outer: BTreeSet<(Fingerprint, Vec<String>)> = BTreeSet::new();
        for member in &self.hits {
            for length in 0..member.chain.len() {
                outer.insert((member.hit.fingerprint, member.chain[..length].to_vec()));
            }
        }
        if !outer.is_empty() {
            self.hits.retain(|member| !outer.contains(&(member.hit.fingerprint, member.chain.clone())));
        }
    }
}

/// A member that is read once, remembered as long as it may be JSON, which can hold texts with names of their own.
struct Kept<'a> {
    inner: &'a mut dyn Read,
    text: Vec<u8>,
    goes_on: bool,
}

impl Kept<'_> {
    /// The whole text, or nothing.
    fn text(&self) -> &[u8] {
        if self.goes_on { &self.text } else { &[] }
    }
}

impl Read for Kept<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        if self.goes_on && count > 0 {
            let begins = !self.text.is_empty() || embedded::may_hold_texts(&out[..count]);
            self.goes_on = begins && (self.text.len() + count) as u64 <= MAX_KEPT;
            if self.goes_on {
                self.text.extend_from_slice(&out[..count]);
            } else {
                self.text = Vec::new();
            }
        }
        Ok(count)
    }
}

struct Searcher<'a> {
    engine: &'a Engine,
    scratch: &'a mut Scratch,
    seen: Members,
}

impl Searcher<'_> {
    /// As [`guarded`], for a member.
    fn guard(&mut self, chain: &[String], scan: impl FnOnce(&mut Self)) {
        if let Err(reason) = guarded(|| scan(self)) {
            *self.scratch = Scratch::default();
            self.skip(reason, chain, DEFECT);
        }
    }

    fn keep(&mut self, hits: Vec<Hit>, mut within: Vec<Option<String>>, chain: &[String], origin: Origin) {
        within.resize(hits.len(), None);
        let room = MAX_HITS_PER_TEXT.saturating_sub(self.seen.hits.len());
        self.skip_hits(hits.len().saturating_sub(room) as u64, chain);
        let hits = hits.into_iter().zip(within).take(room);
        self.seen.hits.extend(hits.map(|(hit, within)| Member { chain: chain.to_vec(), origin, hit, within }));
    }

    fn skip_hits(&mut self, count: u64, chain: &[String]) {
        if count > 0 {
            self.skip_many(SkipReason::OverLimit, count, chain, &format!("{count} more findings"));
        }
    }

    fn skip_many(&mut self, reason: SkipReason, skipped: u64, chain: &[String], what: &str) {
        let (count, examples) = self.seen.skipped.entry(reason).or_default();
        *count += skipped;
        if examples.len() < MAX_SKIP_EXAMPLES {
            let names: String = chain.iter().map(|name| format!("!{name}")).collect();
            examples.push(format!("{names}: {what}"));
        }
    }
}

impl Searcher<'_> {
    fn content(&mut self, chain: &[String], content: &mut dyn Read) {
        let mut hits = Vec::new();
        let mut content = Kept { inner: content, text: Vec::new(), goes_on: true };
        // The reader ends where it would fail, and whoever knows why has said so.
        let (Ok(bytes) | Err((bytes, _))) = scan_reader(self.engine, &mut content, self.scratch, &mut hits);
        self.seen.bytes += bytes;
        if self.scratch.cut_short() {
            self.skip(SkipReason::OverLimit, chain, "so full of encodings that some were not undone");
        }
        self.skip_hits(self.scratch.left_out(), chain);
        let offsets: Vec<u64> = hits.iter().map(|hit| hit.span.start).collect();
        let names = if hits.is_empty() {
            Vec::new()
        } else {
            embedded::names(content.text(), &offsets, self.engine.redactor())
        };
        self.keep(hits, names, chain, Origin::File);
    }

    fn last_name(&mut self, chain: &[String]) {
        let Some(name) = chain.last() else { return };
        let mut found = Vec::new();
        self.engine.prefilter().find(name.as_bytes(), &mut found);
        if !found.is_empty() {
            let mut budget = Budget::new(name.len());
            let hits = self.engine.judge_within(&Window::whole(name.as_bytes()), &found, &mut budget);
            self.skip_hits(budget.left_out(), chain);
            self.keep(hits, Vec::new(), chain, Origin::FileName);
        }
    }
}

impl MemberVisitor for Searcher<'_> {
    fn member(&mut self, chain: &[String], content: &mut dyn Read) {
        self.guard(chain, |searcher| searcher.content(chain, content));
    }

    fn name(&mut self, chain: &[String]) {
        self.guard(chain, |searcher| searcher.last_name(chain));
    }

    fn skip(&mut self, reason: SkipReason, chain: &[String], what: &str) {
        self.skip_many(reason, 1, chain, what);
    }
}
