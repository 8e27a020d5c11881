//! The walk through one outermost archive: the current member, the budget, and what is reported to the visitor.

use std::io::{Cursor, Read, SeekFrom};
use std::ops::Range;

mod document;
mod format;
mod input;

use super::budget::ArchiveBudget;
use super::codec::{Compression, DecodeFault, StreamDecoder};
use super::peek_reader::{InfallibleReader, PeekReader};
use super::{ArchiveLimits, MemberVisitor, Seekable, ValueNames};
use crate::model::SkipReason;
pub(crate) use format::HEAD;
pub(super) use format::{
    AppendedCheck, ArchiveFormat, OpenMode, OpenSeekable, OpenStream, find_appended, is_program, is_text,
};
use input::TimedInput;
pub(super) use input::read_at;

/// Longest member name that is kept, in bytes.
const MAX_NAME: usize = 4 << 10;

/// A decoder inside another one gets this fraction of the decoder memory.
const NESTED_SHARE: u64 = 8;

/// Begins a program that an archive may follow; too many files do for it to be looked for in each of a tree.
const PHP: &[u8] = b"<?php";

const TOO_DEEP: &str = "archive nesting limit reached";
const TOO_LARGE: &str = "too large to be opened inside another archive";

pub(super) struct ArchiveWalker<'a> {
    visitor: &'a mut dyn MemberVisitor,
    pub(super) budget: &'a ArchiveBudget,
    formats: &'static [ArchiveFormat],
    chain: Vec<String>,
    held: u64,
    decoders: usize,
}

/// Opens `input` as the outermost archive, if it is one.
pub(super) fn open(
    input: &mut dyn Seekable,
    visitor: &mut dyn MemberVisitor,
    limits: ArchiveLimits,
    formats: &'static [ArchiveFormat],
) {
    let Ok(size) = input.seek(SeekFrom::End(0)) else {
        visitor.skip(SkipReason::Unreadable, &[], "length cannot be determined");
        return;
    };
    let budget = ArchiveBudget::new(limits, size);
    let input = &mut TimedInput { inner: input, budget: &budget };
    let mut walker = ArchiveWalker { visitor, budget: &budget, formats, chain: Vec::new(), held: 0, decoders: 0 };
    let head = read_at(input, 0, HEAD);
    let found = walker.sniff(&head);
    let is_whole = found.is_some_and(|format| !matches!(format.open, OpenMode::Document(_)));
    let ends_anywhere = walker.visitor.saw_zip();
    let appended = if is_whole { None } else { find_appended(formats, input, &head, ends_anywhere) };
    for format in found.into_iter().chain(appended) {
        match format.open {
            OpenMode::Stream(open) => walker.stream(input, open),
            OpenMode::Seekable(open) | OpenMode::Either(open, _) | OpenMode::Document(open) => {
                open(&mut walker, input, size);
            }
            OpenMode::Compressed(compression) => {
                walker.stream(input, |walker, source| walker.decompress(source, compression));
            }
            OpenMode::Unsupported => walker.unsupported(format),
        }
    }
    walker.report_stop();
}

/// Converts a name to text; bytes that are not UTF-8 are percent-encoded.
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

impl<'a> ArchiveWalker<'a> {
    /// Recognises a format by the first [`HEAD`] bytes of a file.
    pub(super) fn sniff(&self, head: &[u8]) -> Option<&'static ArchiveFormat> {
        self.formats.iter().find(|format| format.matches(head))
    }

    /// Opens the outermost archive sequentially.
    fn stream(&mut self, input: &mut dyn Seekable, open: impl FnOnce(&mut Self, &mut PeekReader<'_>)) {
        if input.seek(SeekFrom::Start(0)).is_err() {
            return self.skip(SkipReason::Unreadable, "cannot be read from its start");
        }
        let mut reader: &mut dyn Seekable = input;
        let mut source = PeekReader::new(&mut reader);
        source.covered = true;
        open(self, &mut source);
    }

    /// Visits a member. Returns false to stop.
    pub(super) fn enter(&mut self, name: &str, content: &mut dyn Read) -> bool {
        if !self.mention(name) {
            return false;
        }
        self.chain.push(name.to_owned());
        let mut source = PeekReader::new(content);
        self.content(&mut source);
        self.chain.pop();
        !self.budget.is_stopped()
    }

    /// Visits a part of the archive that is no member and has a made-up name.
    pub(super) fn piece(&mut self, name: String, mut content: &[u8]) {
        self.chain.push(name);
        let mut content: &mut dyn Read = &mut content;
        self.content(&mut PeekReader::new(&mut content));
        self.chain.pop();
    }

    /// Visits values of the current archive.
    pub(super) fn values(&mut self, text: &[u8], names: &dyn ValueNames) {
        self.visitor.values(&self.chain, text, names);
    }

    /// Reports which bytes of the current archive were visited as values.
    pub(super) fn replaced(&mut self, ranges: &[Range<u64>]) {
        self.visitor.replaced(&self.chain, ranges);
    }

    /// Counts a member and visits its name, but not its content. Returns false to stop.
    pub(super) fn mention(&mut self, name: &str) -> bool {
        if !self.budget.entry() {
            self.report_stop();
            return false;
        }
        self.chain.push(name.to_owned());
        self.visitor.name(&self.chain);
        self.chain.pop();
        true
    }

    /// Visits bytes of the archive that belong to no member: headers, comments, gaps.
    pub(super) fn raw(&mut self, content: &mut dyn Read) {
        self.visitor.member(&self.chain, &mut InfallibleReader(content));
    }

    /// Visits a member that does not begin like an archive.
    fn plain(&mut self, content: &mut dyn Read) {
        self.raw(content);
        if self.visitor.saw_zip() {
            self.skip(SkipReason::Unsupported, "a zip between other data");
        }
    }

    /// As [`Self::raw`], from memory.
    pub(super) fn notes(&mut self, notes: &[u8]) {
        if !notes.is_empty() {
            self.visitor.bytes(&self.chain, notes);
        }
    }

    /// Reports that the current archive is not read in full.
    pub(super) fn skip(&mut self, reason: SkipReason, why: &str) {
        self.visitor.skip(reason, &self.chain, why);
    }

    /// Reports that a member of the current archive is not read in full.
    pub(super) fn skip_member(&mut self, name: &str, reason: SkipReason, why: &str) {
        self.chain.push(name.to_owned());
        self.skip(reason, why);
        self.chain.pop();
    }

    /// Reports a decoder's error for a member or, without a name, for the archive.
    pub(super) fn fault(&mut self, name: Option<&str>, fault: DecodeFault) {
        let (reason, why) = match fault {
            DecodeFault::Damaged(why) => (SkipReason::Damaged, why),
            DecodeFault::OverLimit(why) => (SkipReason::OverLimit, why),
            DecodeFault::Known => return self.report_stop(),
        };
        match name {
            Some(name) => self.skip_member(name, reason, why),
            None => self.skip(reason, why),
        }
    }

    /// Reports once, from where it was noticed, that the budget is spent.
    pub(super) fn report_stop(&mut self) {
        if let Some((reason, why)) = self.budget.take_stop() {
            self.skip(reason, why);
        }
    }

    /// Returns the dictionary memory for a decoder that is opened now.
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

    /// Visits the content of a compressed stream.
    pub(super) fn decompress(&mut self, source: &mut PeekReader<'_>, compression: &Compression) {
        let budget = self.budget;
        let mut framing = compression.framing(self.decoder_memory());
        let mut decoder = StreamDecoder::framed(&mut *framing, source, budget);
        let name = decoder.framing.as_ref().and_then(|framing| framing.name());
        let notes = decoder.framing.as_ref().map_or(Vec::new(), |framing| framing.notes().to_vec());
        if !decoder.source.covered {
            self.notes(&notes);
        }
        let name = name.unwrap_or_else(|| self.stem());
        if decoder.framing.as_ref().is_some_and(|framing| framing.has_dictionary()) {
            self.decoding(|walker| walker.unwrapped(&name, &mut decoder));
        } else {
            self.unwrapped(&name, &mut decoder);
        }
        if let Err(fault) = decoder.finish() {
            self.fault(None, fault);
            source.rewind();
        } else if !source.is_at_end() {
            self.skip(SkipReason::Damaged, "trailing data");
        }
        if !source.covered && !source.is_at_end() && !self.budget.is_stopped() {
            self.raw(source);
        }
        source.drain_within(budget);
    }

    /// Visits decompressed data: the members of a transparent format in it, or else one member.
    fn unwrapped(&mut self, name: &str, content: &mut dyn Read) {
        let mut source = PeekReader::new(content);
        let head = source.peek(HEAD);
        let transparent = self.formats.iter().find(|format| format.is_transparent && format.matches(head));
        if let Some(OpenMode::Stream(open)) = transparent.map(|format| format.open) {
            open(self, &mut source);
        } else if self.budget.entry() {
            self.chain.push(name.to_owned());
            self.content(&mut source);
            self.chain.pop();
        } else {
            self.report_stop();
        }
    }

    /// Derives a name for the content of a compressed stream from that of the stream.
    fn stem(&self) -> String {
        let name = self.chain.last().map_or("", String::as_str);
        let name = name.rsplit('/').next().unwrap_or(name);
        let (stem, suffix) = name.rsplit_once('.').unwrap_or(("", ""));
        let replaced = |format: &ArchiveFormat| match format.open {
            OpenMode::Compressed(compression) => compression.content_suffix(suffix),
            _ => None,
        };
        match self.formats.iter().find_map(replaced) {
            Some(suffix) if !stem.is_empty() => format!("{stem}{suffix}"),
            _ => "content".to_owned(),
        }
    }

    /// Visits the content of a member, and opens it if it is an archive.
    fn content(&mut self, source: &mut PeekReader<'_>) {
        let head = source.peek(HEAD);
        let Some(format) = self.sniff(head) else {
            return if is_program(head) || head.starts_with(PHP) { self.program(source) } else { self.plain(source) };
        };
        let is_document = matches!(format.open, OpenMode::Document(_));
        if self.chain.len() >= self.budget.limits.depth + usize::from(is_document) {
            self.raw(source);
            return self.skip(SkipReason::OverLimit, TOO_DEEP);
        }
        match format.open {
            OpenMode::Stream(open) => open(self, source),
            OpenMode::Seekable(open) => self.seekable(source, open, None),
            OpenMode::Either(open, stream) => self.seekable(source, open, Some(stream)),
            OpenMode::Document(open) => self.document(source, open),
            OpenMode::Compressed(compression) => self.decompress(source, compression),
            OpenMode::Unsupported => {
                self.raw(source);
                self.unsupported(format);
            }
        }
    }

    fn unsupported(&mut self, format: &ArchiveFormat) {
        let why = format!("{} archives are not supported", format.name);
        self.skip(SkipReason::Unsupported, &why);
    }

    /// Opens an archive that needs random access, from memory if there is room.
    fn seekable(&mut self, source: &mut PeekReader<'_>, open: OpenSeekable, stream: Option<OpenStream>) {
        let (bytes, fits) = self.hold(source);
        if fits {
            self.visitor.bytes(&self.chain, &bytes);
            return self.open_held(&bytes, open);
        }
        let mut joined = (&bytes[..]).chain(source);
        if let Some(stream) = stream {
            stream(self, &mut PeekReader::new(&mut joined));
        } else {
            self.raw(&mut joined);
            self.skip(SkipReason::OverLimit, TOO_LARGE);
        }
    }

    /// Goes to an offset of the input. Returns false, and counts the file, if that fails.
    pub(super) fn seek(&mut self, input: &mut dyn Seekable, at: u64) -> bool {
        let is_there = input.seek(SeekFrom::Start(at)).is_ok();
        if !is_there {
            self.skip(SkipReason::Unreadable, "data cannot be read");
        }
        is_there
    }

    /// Opens an archive that is held in memory.
    fn open_held(&mut self, bytes: &[u8], open: OpenSeekable) {
        let size = bytes.len() as u64;
        self.held += size;
        open(self, &mut Cursor::new(bytes), size);
        self.held -= size;
    }

    /// Visits a program, and opens the archive at its end.
    fn program(&mut self, source: &mut PeekReader<'_>) {
        let (bytes, fits) = self.hold(source);
        if !fits {
            return self.raw(&mut (&bytes[..]).chain(source));
        }
        self.visitor.bytes(&self.chain, &bytes);
        let mut input = Cursor::new(&bytes[..]);
        let head = &bytes[..bytes.len().min(HEAD)];
        let Some(format) = find_appended(self.formats, &mut input, head, false) else { return };
        let (OpenMode::Either(open, _) | OpenMode::Seekable(open)) = format.open else { return };
        if self.chain.len() >= self.budget.limits.depth {
            return self.skip(SkipReason::OverLimit, TOO_DEEP);
        }
        self.open_held(&bytes, open);
    }

    /// Reads a member into memory, as far as there is room; false if there is more of it.
    fn hold(&mut self, source: &mut PeekReader<'_>) -> (Vec<u8>, bool) {
        let room = self.budget.limits.held.saturating_sub(self.held);
        let mut bytes = Vec::new();
        // An error ends the member, and the reader that met it has reported it.
        let _ = source.by_ref().take(room + 1).read_to_end(&mut bytes);
        let fits = bytes.len() as u64 <= room;
        (bytes, fits)
    }
}
