//! The walk through one outermost archive: where it is, what it may still cost, and what it tells the visitor.

use std::io::{Cursor, Read, SeekFrom};

use super::budget::Budget;
use super::codec::{Decoder, Fault, Framing};
use super::format::{self, Format, HEAD, Open, OpenStream, OpenWhole};
use super::source::{Quiet, Source};
use super::{Limits, Seekable, Visitor, tar, zip};
use crate::model::SkipReason;

/// Longest member name that is kept, in bytes.
const MAX_NAME: usize = 4 << 10;

/// The share of the decoder memory that a decoder inside another one gets.
const NESTED_SHARE: u64 = 8;

pub(super) struct Walker<'a> {
    visitor: &'a mut dyn Visitor,
    pub(super) budget: &'a Budget,
    chain: Vec<String>,
    held: u64,
    decoders: usize,
}

/// Opens `input` as the outermost archive.
pub(super) fn open(input: &mut dyn Seekable, visitor: &mut dyn Visitor, limits: Limits) {
    let Ok(size) = input.seek(SeekFrom::End(0)) else {
        visitor.skip(SkipReason::Unreadable, &[], "its length cannot be told");
        return;
    };
    let budget = Budget::new(limits, size);
    let mut walker = Walker { visitor, budget: &budget, chain: Vec::new(), held: 0, decoders: 0 };
    let head = read_at(input, 0, HEAD);
    match format::sniff(&head).map(|format| (format, format.open)) {
        Some((_, Open::Stream(open))) => walker.stream(input, open),
        Some((_, Open::Whole(open) | Open::Either(open, _))) => open(&mut walker, input, size),
        Some((format, Open::Closed)) => walker.closed(format),
        None if may_end_in_zip(input, &head, size) && zip::has_directory(input, size) => {
            zip::open(&mut walker, input, size);
        }
        None => {}
    }
    walker.tell_stop();
}

/// Whether `input` is an archive. Reads its first bytes and its last.
pub fn is_archive_at(input: &mut dyn Seekable) -> bool {
    let Ok(size) = input.seek(SeekFrom::End(0)) else { return false };
    let head = read_at(input, 0, HEAD);
    format::sniff(&head).is_some() || may_end_in_zip(input, &head, size) && zip::has_directory(input, size)
}

/// Whether it is worth looking for a zip at the end of something else.
fn may_end_in_zip(input: &mut dyn Seekable, head: &[u8], size: u64) -> bool {
    format::is_stub(head) || zip::ends_like_zip(&read_at(input, size.saturating_sub(22), 22))
}

/// Up to `count` bytes from `at`; fewer at the end of the input.
pub(super) fn read_at(input: &mut dyn Seekable, at: u64, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if input.seek(SeekFrom::Start(at)).is_ok() {
        let mut reader: &mut dyn Seekable = input;
        // What could be read before an error is what there is.
        let _ = Read::take(&mut reader, count as u64).read_to_end(&mut bytes);
    }
    bytes
}

/// A name as text: bytes that are not UTF-8 are percent-encoded.
pub(super) fn display(name: &[u8]) -> String {
    let name = &name[..name.len().min(MAX_NAME)];
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

impl<'a> Walker<'a> {
    /// Opens the outermost archive from front to back.
    fn stream(&mut self, input: &mut dyn Seekable, open: OpenStream) {
        if input.seek(SeekFrom::Start(0)).is_err() {
            return self.skip(SkipReason::Unreadable, "its start cannot be read");
        }
        let mut reader: &mut dyn Seekable = input;
        let mut source = Source::new(&mut reader);
        source.covered = true;
        open(self, &mut source);
    }

    /// Visits a member. False: stop here.
    pub(super) fn enter(&mut self, name: &str, content: &mut dyn Read) -> bool {
        if !self.mention(name) {
            return false;
        }
        self.chain.push(name.to_owned());
        let mut source = Source::new(content);
        self.content(&mut source);
        self.chain.pop();
        !self.budget.is_stopped()
    }

    /// Visits a part of the archive that has no name of its own and is no member.
    pub(super) fn piece(&mut self, name: String, mut content: &[u8]) {
        self.chain.push(name);
        let mut content: &mut dyn Read = &mut content;
        self.content(&mut Source::new(&mut content));
        self.chain.pop();
    }

    /// Counts a member and gives its name, but not its content. False: stop here.
    pub(super) fn mention(&mut self, name: &str) -> bool {
        if !self.budget.entry() {
            self.tell_stop();
            return false;
        }
        self.chain.push(name.to_owned());
        self.visitor.name(&self.chain);
        self.chain.pop();
        true
    }

    /// Hands over bytes of the archive that are no member: headers, comments, what lies between.
    pub(super) fn raw(&mut self, content: &mut dyn Read) {
        self.visitor.member(&self.chain, &mut Quiet(content));
    }

    /// As [`Self::raw`], from memory.
    pub(super) fn notes(&mut self, notes: &[u8]) {
        if !notes.is_empty() {
            self.visitor.bytes(&self.chain, notes);
        }
    }

    /// The archive that is being read is not read in full.
    pub(super) fn skip(&mut self, reason: SkipReason, what: &str) {
        self.visitor.skip(reason, &self.chain, what);
    }

    /// The member `name` of the archive that is being read is not read in full.
    pub(super) fn skip_member(&mut self, name: &str, reason: SkipReason, what: &str) {
        self.chain.push(name.to_owned());
        self.skip(reason, what);
        self.chain.pop();
    }

    /// Counts what a decoder met, at the member or, without one, at the archive.
    pub(super) fn fault(&mut self, name: Option<&str>, fault: Fault) {
        let (reason, what) = match fault {
            Fault::Damaged(what) => (SkipReason::Damaged, what),
            Fault::OverLimit(what) => (SkipReason::OverLimit, what),
            Fault::Known => return self.tell_stop(),
        };
        match name {
            Some(name) => self.skip_member(name, reason, what),
            None => self.skip(reason, what),
        }
    }

    /// Says once, from where it was noticed, that the budget is spent.
    pub(super) fn tell_stop(&mut self) {
        if let Some((reason, what)) = self.budget.take_stop() {
            self.skip(reason, what);
        }
    }

    /// How much memory a decoder that is opened now may take for its dictionary.
    pub(super) fn decoder_memory(&self) -> u64 {
        let memory = self.budget.limits.memory;
        if self.decoders == 0 { memory } else { memory / NESTED_SHARE }
    }

    /// Runs `work` while a decoder with a dictionary is open.
    pub(super) fn decoding<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.decoders += 1;
        let result = work(self);
        self.decoders -= 1;
        result
    }

    /// Visits the content of a compressed stream. A tar in it is no level of its own: `x.tar.gz` holds files.
    pub(super) fn decompress(&mut self, source: &mut Source<'_>, framing: &mut dyn Framing) {
        let budget = self.budget;
        let mut decoder = Decoder::framed(framing, source, budget);
        let (name, notes) =
            decoder.framing.as_ref().map_or((None, Vec::new()), |framing| (framing.name(), framing.notes().to_vec()));
        if !decoder.source.covered {
            self.notes(&notes);
        }
        let name = name.unwrap_or_else(|| self.stem());
        if decoder.framing.as_ref().is_some_and(|framing| framing.has_dictionary()) {
            self.decoding(|walker| walker.unwrapped(&name, &mut decoder));
        } else {
            self.unwrapped(&name, &mut decoder);
        }
        let outcome = decoder.finish();
        if let Err(fault) = outcome {
            self.fault(None, fault);
            source.rewind();
        } else if !source.is_at_end() {
            self.skip(SkipReason::Damaged, "something else follows its end");
        }
        if !source.covered && !source.is_at_end() && !self.budget.is_stopped() {
            self.raw(source);
        }
        source.drain_within(budget);
    }

    fn unwrapped(&mut self, name: &str, content: &mut dyn Read) {
        let mut source = Source::new(content);
        if tar::is_tar(source.peek(HEAD)) {
            tar::open(self, &mut source);
        } else if self.budget.entry() {
            self.chain.push(name.to_owned());
            self.content(&mut source);
            self.chain.pop();
        } else {
            self.tell_stop();
        }
    }

    /// What the content of a compressed stream is called if the stream does not say.
    fn stem(&self) -> String {
        let name = self.chain.last().map_or("", String::as_str);
        let name = name.rsplit('/').next().unwrap_or(name);
        match name.rsplit_once('.') {
            Some((stem, "gz" | "bz2" | "xz" | "zst" | "zstd" | "lzma" | "lz" | "Z")) if !stem.is_empty() => {
                stem.to_owned()
            }
            Some((stem, "tgz" | "tbz2" | "txz" | "tzst")) if !stem.is_empty() => format!("{stem}.tar"),
            _ => "content".to_owned(),
        }
    }

    /// Visits the content of a member, and opens it if it is an archive itself.
    fn content(&mut self, source: &mut Source<'_>) {
        let head = source.peek(HEAD);
        let (found, stub) = (format::sniff(head), format::is_stub(head));
        let Some(format) = found else {
            return if stub { self.stub(source) } else { self.raw(source) };
        };
        if self.chain.len() >= self.budget.limits.depth {
            self.raw(source);
            return self.skip(SkipReason::OverLimit, "archives are nested deeper than is looked at");
        }
        match format.open {
            Open::Stream(open) => open(self, source),
            Open::Whole(open) => self.whole(source, open, None),
            Open::Either(open, stream) => self.whole(source, open, Some(stream)),
            Open::Closed => {
                self.raw(source);
                self.closed(format);
            }
        }
    }

    fn closed(&mut self, format: &Format) {
        let what = format!("{} archives cannot be opened", format.name);
        self.skip(SkipReason::Unsupported, &what);
    }

    /// Opens an archive that needs random access, from memory if there is room.
    fn whole(&mut self, source: &mut Source<'_>, open: OpenWhole, stream: Option<OpenStream>) {
        let (bytes, fits) = self.hold(source);
        if fits {
            self.visitor.bytes(&self.chain, &bytes);
            self.held += bytes.len() as u64;
            open(self, &mut Cursor::new(&bytes[..]), bytes.len() as u64);
            self.held -= bytes.len() as u64;
            return;
        }
        let mut joined = (&bytes[..]).chain(source);
        if let Some(stream) = stream {
            stream(self, &mut Source::new(&mut joined));
        } else {
            self.raw(&mut joined);
            self.skip(SkipReason::OverLimit, "too large to be opened inside another archive");
        }
    }

    /// A program may have a zip at its end.
    fn stub(&mut self, source: &mut Source<'_>) {
        let (bytes, fits) = self.hold(source);
        if !fits {
            return self.raw(&mut (&bytes[..]).chain(source));
        }
        self.visitor.bytes(&self.chain, &bytes);
        let (mut input, size) = (Cursor::new(&bytes[..]), bytes.len() as u64);
        if !zip::has_directory(&mut input, size) {
            return;
        }
        if self.chain.len() >= self.budget.limits.depth {
            return self.skip(SkipReason::OverLimit, "archives are nested deeper than is looked at");
        }
        self.held += size;
        zip::open(self, &mut input, size);
        self.held -= size;
    }

    /// Reads a member into memory, as far as there is room; false if there is more of it.
    fn hold(&mut self, source: &mut Source<'_>) -> (Vec<u8>, bool) {
        let room = self.budget.limits.held.saturating_sub(self.held);
        let mut bytes = Vec::new();
        // An error ends the member, and whoever met it has counted it.
        let _ = source.by_ref().take(room + 1).read_to_end(&mut bytes);
        let fits = bytes.len() as u64 <= room;
        (bytes, fits)
    }
}
