//! Decompressors, and one reader over all of them.
//!
//! The crates' own readers drop what a decoder had put out when it met damage in the same call. Their low-level steps
//! do not, so this reader drives those: everything before the damage comes out, then the reader fails and remembers
//! why. A [`StreamFraming`] joins the members of a stream that may hold several, as gzip and xz do.

use std::io::{self, BufRead, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress};
use libdeflater::Crc;
use liblzma::stream::Action;
use zstd::stream::raw::{DParameter, InBuffer, Operation, OutBuffer};

use super::budget::ArchiveBudget;
use super::peek_reader::PeekReader;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecodeFault {
    Damaged(&'static str),
    OverLimit(&'static str),
    /// Already reported: the budget is spent, or the underlying reader failed.
    Known,
}

pub(super) const ENDS_EARLY: DecodeFault = DecodeFault::Damaged("cut off");
const CORRUPT: DecodeFault = DecodeFault::Damaged("corrupt compressed data");
const TOO_MUCH_MEMORY: DecodeFault = DecodeFault::OverLimit("decoder memory limit reached");

/// A decompressor that is driven step by step.
pub(super) enum Codec {
    Stored(u64),
    Inflate(Box<Decompress>),
    /// Content that was inflated at once, from `packed` bytes that are still to be taken.
    Inflated {
        packed: usize,
        bytes: Vec<u8>,
        at: usize,
    },
    Deflate64(Box<deflate64::InflaterManaged>),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
    Bzip2(::bzip2::Decompress),
    Lzma(liblzma::stream::Stream),
    Zstd(::zstd::stream::raw::Decoder<'static>),
}

pub(super) struct DecodeStep {
    pub(super) used: usize,
    pub(super) made: usize,
    pub(super) end: Result<bool, DecodeFault>,
}

impl Codec {
    pub(super) fn inflate() -> Self {
        Self::Inflate(Box::new(Decompress::new(false)))
    }

    pub(super) fn zlib() -> Self {
        Self::Inflate(Box::new(Decompress::new(true)))
    }

    pub(super) fn deflate64() -> Self {
        Self::Deflate64(Box::new(deflate64::InflaterManaged::new()))
    }

    pub(super) fn brotli() -> Self {
        let alloc = StandardAlloc::default;
        Self::Brotli(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())))
    }

    pub(super) fn bzip2() -> Self {
        Self::Bzip2(::bzip2::Decompress::new(false))
    }

    pub(super) fn xz(memory: u64) -> Result<Self, DecodeFault> {
        liblzma::stream::Stream::new_stream_decoder(memory, 0).map(Self::Lzma).map_err(|_| CORRUPT)
    }

    pub(super) fn lzma(memory: u64) -> Result<Self, DecodeFault> {
        liblzma::stream::Stream::new_lzma_decoder(memory).map(Self::Lzma).map_err(|_| CORRUPT)
    }

    pub(super) fn lzip(memory: u64) -> Result<Self, DecodeFault> {
        liblzma::stream::Stream::new_lzip_decoder(memory, 0).map(Self::Lzma).map_err(|_| CORRUPT)
    }

    pub(super) fn zstd(memory: u64) -> Result<Self, DecodeFault> {
        let mut decoder = ::zstd::stream::raw::Decoder::new().map_err(|_| CORRUPT)?;
        let log = memory.max(1 << 10).ilog2().min(31);
        decoder.set_parameter(DParameter::WindowLogMax(log)).map_err(|_| CORRUPT)?;
        Ok(Self::Zstd(decoder))
    }

    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> DecodeStep {
        match self {
            Self::Stored(left) => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let count = input.len().min(out.len()).min(most);
                out[..count].copy_from_slice(&input[..count]);
                *left -= count as u64;
                DecodeStep { used: count, made: count, end: Ok(*left == 0) }
            }
            Self::Inflate(inner) => {
                let before = (inner.total_in(), inner.total_out());
                let status = inner.decompress(input, out, FlushDecompress::None);
                let end = status.map(|status| status == flate2::Status::StreamEnd).map_err(|_| CORRUPT);
                stepped(before, (inner.total_in(), inner.total_out()), end)
            }
            Self::Inflated { packed, bytes, at } => {
                let (used, made) = (input.len().min(*packed), out.len().min(bytes.len() - *at));
                out[..made].copy_from_slice(&bytes[*at..*at + made]);
                (*packed, *at) = (*packed - used, *at + made);
                DecodeStep { used, made, end: Ok(*packed == 0 && *at == bytes.len()) }
            }
            Self::Deflate64(inner) => {
                let result = inner.inflate(input, out);
                let end = if result.data_error || inner.errored() { Err(CORRUPT) } else { Ok(inner.finished()) };
                DecodeStep { used: result.bytes_consumed, made: result.bytes_written, end }
            }
            Self::Brotli(inner) => {
                let (mut input_left, mut used) = (input.len(), 0);
                let (mut out_left, mut made) = (out.len(), 0);
                let into = (&mut out_left, &mut made, &mut 0);
                let result =
                    BrotliDecompressStream(&mut input_left, &mut used, input, into.0, into.1, out, into.2, inner);
                let end = match result {
                    BrotliResult::ResultSuccess => Ok(true),
                    BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(false),
                    BrotliResult::ResultFailure => Err(CORRUPT),
                };
                DecodeStep { used, made, end }
            }
            Self::Bzip2(inner) => {
                let before = (inner.total_in(), inner.total_out());
                let status = inner.decompress(input, out);
                let end = status.map(|status| status == ::bzip2::Status::StreamEnd).map_err(|_| CORRUPT);
                stepped(before, (inner.total_in(), inner.total_out()), end)
            }
            Self::Lzma(inner) => {
                let before = (inner.total_in(), inner.total_out());
                let status = inner.process(input, out, Action::Run);
                let end = status.map(|status| status == liblzma::stream::Status::StreamEnd).map_err(lzma_fault);
                stepped(before, (inner.total_in(), inner.total_out()), end)
            }
            Self::Zstd(inner) => {
                let (mut input, mut out) = (InBuffer::around(input), OutBuffer::around(out));
                let status = inner.run(&mut input, &mut out);
                let end = status.map(|left| left == 0).map_err(|error| zstd_fault(&error));
                DecodeStep { used: input.pos(), made: out.pos(), end }
            }
        }
    }
}

fn stepped(before: (u64, u64), after: (u64, u64), end: Result<bool, DecodeFault>) -> DecodeStep {
    let count = |from: u64, to: u64| usize::try_from(to - from).unwrap_or(0);
    DecodeStep { used: count(before.0, after.0), made: count(before.1, after.1), end }
}

fn lzma_fault(error: liblzma::stream::Error) -> DecodeFault {
    match error {
        liblzma::stream::Error::MemLimit | liblzma::stream::Error::Mem => TOO_MUCH_MEMORY,
        _ => CORRUPT,
    }
}

/// The crate reports zstd's errors only as text.
fn zstd_fault(error: &io::Error) -> DecodeFault {
    if error.to_string().contains("too much memory") { TOO_MUCH_MEMORY } else { CORRUPT }
}

/// The headers and trailers around the members of a compressed stream.
pub(super) trait StreamFraming {
    /// Takes the header of the next member and returns its decoder; `None` if no member begins here.
    fn start(&mut self, source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault>;

    /// Takes the trailer of a member of `size` bytes with checksum `crc`.
    fn end(&mut self, _source: &mut PeekReader<'_>, _crc: u32, _size: u64) -> Result<(), DecodeFault> {
        Ok(())
    }

    /// Returns the name that the first header gives to the content.
    fn name(&self) -> Option<String> {
        None
    }

    /// Returns true if the decoder keeps a dictionary whose size the data chooses.
    fn has_dictionary(&self) -> bool {
        false
    }

    fn notes(&self) -> &[u8] {
        &[]
    }
}

/// A compression format.
pub(super) struct Compression {
    /// Suffixes of file names, with what replaces them in the name of the content.
    pub(super) suffixes: &'static [(&'static str, &'static str)],
    /// Creates the framing of a stream, given the memory for its dictionary.
    pub(super) framing: fn(u64) -> Box<dyn StreamFraming>,
}

impl Compression {
    pub(super) fn framing(&self, memory: u64) -> Box<dyn StreamFraming> {
        (self.framing)(memory)
    }

    /// Returns what replaces a suffix of file names.
    pub(super) fn content_suffix(&self, suffix: &str) -> Option<&'static str> {
        self.suffixes.iter().find(|known| known.0 == suffix).map(|known| known.1)
    }
}

/// Reads the output of a decoder, within the budget.
pub(super) struct StreamDecoder<'a, 'b> {
    codec: Option<Codec>,
    pub(super) framing: Option<&'a mut dyn StreamFraming>,
    pub(super) source: &'a mut PeekReader<'b>,
    budget: &'a ArchiveBudget,
    fault: Option<DecodeFault>,
    crc: Crc,
    made: u64,
    checked: bool,
}

impl<'a, 'b> StreamDecoder<'a, 'b> {
    /// Decodes one piece of compressed data, and computes a checksum of the output.
    pub(super) fn single(codec: Codec, source: &'a mut PeekReader<'b>, budget: &'a ArchiveBudget) -> Self {
        Self { codec: Some(codec), framing: None, source, budget, fault: None, crc: Crc::new(), made: 0, checked: true }
    }

    /// Decodes all members of a stream; their headers are read on the way.
    pub(super) fn framed(
        framing: &'a mut dyn StreamFraming,
        source: &'a mut PeekReader<'b>,
        budget: &'a ArchiveBudget,
    ) -> Self {
        let (codec, fault) = match framing.start(source) {
            Ok(codec) => (codec, None),
            Err(fault) => (None, Some(fault)),
        };
        let mut decoder = Self::single(Codec::Stored(0), source, budget);
        decoder.codec = codec;
        decoder.fault = fault;
        decoder.framing = Some(framing);
        decoder
    }

    /// Reads the rest, so that damage in it is noticed, and returns the checksum and size of the output.
    pub(super) fn finish(&mut self) -> Result<(u32, u64), DecodeFault> {
        let mut rest = [0; 8 << 10];
        while matches!(self.read(&mut rest), Ok(1..)) {}
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok((self.crc.sum(), self.made)),
        }
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, DecodeFault> {
        let Some(codec) = &mut self.codec else { return Ok(0) };
        let input = self.source.fill_buf().map_err(|_| DecodeFault::Known)?;
        let starved = input.is_empty();
        let step = codec.step(input, out);
        self.source.consume(step.used);
        if self.checked {
            self.crc.update(&out[..step.made]);
        }
        self.made += step.made as u64;
        if !self.budget.expand(step.made as u64) {
            self.fault = Some(DecodeFault::Known);
            return Ok(step.made);
        }
        match step.end {
            Ok(true) => self.follow(),
            // A decoder that neither takes nor puts out anything would do so forever.
            Ok(false) if step.made == 0 && step.used == 0 => {
                self.fault = Some(if starved { ENDS_EARLY } else { CORRUPT });
            }
            Ok(false) => {}
            Err(fault) => self.fault = Some(fault),
        }
        Ok(step.made)
    }

    /// Continues with the next member, if there is one.
    fn follow(&mut self) {
        self.codec = None;
        let Some(framing) = &mut self.framing else { return };
        let (crc, made) = (self.crc.sum(), self.made);
        let next = framing.end(self.source, crc, made).and_then(|()| framing.start(self.source));
        match next {
            // Streams of a few bytes each take more time than what they hold.
            Ok(Some(_)) if !self.budget.entry() => self.fault = Some(DecodeFault::Known),
            Ok(codec) => {
                self.codec = codec;
                self.crc = Crc::new();
                self.made = 0;
            }
            Err(fault) => self.fault = Some(fault),
        }
    }
}

impl Read for StreamDecoder<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.fault.is_none() && self.codec.is_some() && !out.is_empty() {
            match self.step(out) {
                Ok(0) => {}
                Ok(made) => return Ok(made),
                Err(fault) => self.fault = Some(fault),
            }
        }
        if self.fault.is_some() && !out.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(0)
    }
}
