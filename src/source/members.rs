//! What archives hold, searched with the same engine as everything else.
//!
//! The bytes of an archive are searched as they stand, and so is every member. A credential that both searches see,
//! because the member is stored as it is, is told once, at the member. This module knows no paths: an archive in
//! history is opened once, and its blob's places are joined to what was found in it later.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::time::Duration;

use crate::coverage::Reason;
use crate::engine::mask;
use crate::engine::stream::{Scratch, scan_reader};
use crate::engine::{Engine, Hit, Window};
use crate::finding::Origin;
use crate::limits::{MAX_ARCHIVE_SECONDS, MAX_HITS_PER_BLOB, MAX_SKIP_EXAMPLES};
use crate::secret::Fingerprint;
use crate::site::{PathText, Place};
use crate::unpack::{self, Limits, Seekable, Visitor};

/// A hit in an archive.
#[derive(Debug, Clone)]
pub struct Member {
    /// Names from the outermost inwards, without that of the archive itself.
    pub chain: Vec<String>,
    /// The content, or the last of the names.
    pub origin: Origin,
    /// What was found, in lines of the innermost member.
    pub hit: Hit,
}

impl Member {
    /// The place of the hit, if the archive itself is at `archive`. Keys in names are masked.
    #[must_use]
    pub fn place(&self, archive: &Place) -> Place {
        let mut place = Place { origin: self.origin, ..archive.clone() };
        for name in &self.chain {
            let name = PathText::new(name.as_bytes());
            place.path.redacted |= name.redacted;
            place.archive.push(name.text);
        }
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
    skipped: BTreeMap<Reason, (u64, Vec<String>)>,
}

impl Members {
    /// What was found in members: a hit of the same name in the archive's raw bytes is a copy.
    #[must_use]
    pub fn fingerprints(&self) -> BTreeSet<Fingerprint> {
        self.hits.iter().map(|member| member.hit.fingerprint).collect()
    }

    /// What was not read: reason, how often, and examples that name members and say what the matter was.
    pub fn skipped(&self) -> impl Iterator<Item = (Reason, u64, &[String])> {
        self.skipped.iter().map(|(reason, (count, examples))| (*reason, *count, examples.as_slice()))
    }
}

/// Searches what `bytes` hold, if they are an archive: for a blob that is in memory, whose own bytes were searched.
#[must_use]
pub fn of_blob(engine: &Engine, bytes: &[u8], scratch: &mut Scratch, time: Option<Duration>) -> Option<Members> {
    unpack::is_archive(bytes).then(|| open(engine, &mut Cursor::new(bytes), scratch, time))
}

/// Opens an archive and searches what it holds; nothing is found in anything else. `time` bounds the work, if it is
/// less than an archive gets anyway.
#[must_use]
pub fn open(engine: &Engine, input: &mut dyn Seekable, scratch: &mut Scratch, time: Option<Duration>) -> Members {
    let most = Duration::from_secs(MAX_ARCHIVE_SECONDS);
    let limits = Limits { time: time.map_or(most, |time| time.min(most)), ..Limits::default() };
    let mut searcher = Searcher { engine, scratch, seen: Members::default(), kept: BTreeMap::new() };
    unpack::open_within(input, &mut searcher, limits);
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

struct Searcher<'a> {
    engine: &'a Engine,
    scratch: &'a mut Scratch,
    seen: Members,
    kept: BTreeMap<Fingerprint, usize>,
}

impl Searcher<'_> {
    fn keep(&mut self, hits: Vec<Hit>, chain: &[String], origin: Origin) {
        for hit in hits {
            let kept = self.kept.entry(hit.fingerprint).or_default();
            *kept += 1;
            if *kept > MAX_HITS_PER_BLOB {
                self.skip(Reason::OverLimit, chain, "more places of one credential than are kept");
            } else {
                self.seen.hits.push(Member { chain: chain.to_vec(), origin, hit });
            }
        }
    }
}

impl Visitor for Searcher<'_> {
    fn member(&mut self, chain: &[String], content: &mut dyn Read) {
        let mut hits = Vec::new();
        // The reader ends where it would fail, and whoever knows why has said so.
        let (Ok(bytes) | Err((bytes, _))) = scan_reader(self.engine, content, self.scratch, &mut hits);
        self.seen.bytes += bytes;
        if self.scratch.cut_short() {
            self.skip(Reason::OverLimit, chain, "so full of encodings that some were not undone");
        }
        self.keep(hits, chain, Origin::File);
    }

    fn name(&mut self, chain: &[String]) {
        let Some(name) = chain.last() else { return };
        let mut found = Vec::new();
        self.engine.prefilter().find(name.as_bytes(), &mut found);
        if !found.is_empty() {
            let hits = self.engine.judge(&Window::whole(name.as_bytes()), &found);
            self.keep(hits, chain, Origin::FileName);
        }
    }

    fn skip(&mut self, reason: Reason, chain: &[String], what: &str) {
        let (count, examples) = self.seen.skipped.entry(reason).or_default();
        *count += 1;
        if examples.len() < MAX_SKIP_EXAMPLES {
            let names: String = chain.iter().map(|name| format!("!{name}")).collect();
            examples.push(mask::sanitize(&format!("{names}: {what}")));
        }
    }
}
