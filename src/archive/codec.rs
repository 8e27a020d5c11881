//! One reader over every decompressor.
//!
//! The crates' own readers drop what a decoder had put out when it met damage in the same call. Their low-level
//! steps do not, so this reader drives those: everything before the damage comes out, then the reader fails and
//! remembers why. A [`Framing`] joins the members of a stream that may hold several, as gzip and xz do.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress};
use libdeflater::Crc;
use liblzma::stream::Action;
use zstd::stream::raw::{DParameter, InBuffer, Operation, OutBuffer};

use super::budget::Budget;
use super::source::Source;

/// Why a decoder came to no good end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Damaged(&'static str),
    OverLimit(&'static str),
    /// Somebody else has counted it: the budget is spent or what is read from broke off.
    Known,
}

pub(super) const ENDS_EARLY: Fault = Fault::Damaged("ends too early");
const CORRUPT: Fault = Fault::Damaged("its compressed data is corrupt");
const TOO_MUCH_MEMORY: Fault = Fault::OverLimit("needs more memory than a decoder may take");

/// A decompressor that is fed by hand.
pub(super) enum Codec {
    Stored(u64),
    Inflate(Box<Decompress>),
    /// What was inflated in one go, from so many bytes that are still to be taken.
    Inflated {
        packed: usize,
        bytes: Vec<u8>,
        at: usize,
    },
    Deflate64(Box<deflate64::InflaterManaged>),
    Bzip2(::bzip2::Decompress),
    Lzma(liblzma::stream::Stream),
    Zstd(::zstd::stream::raw::Decoder<'static>),
}

/// What one step did.
struct Step {
    used: usize,
    made: usize,
    end: Result<bool, Fault>,
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

    pub(super) fn bzip2() -> Self {
        Self::Bzip2(::bzip2::Decompress::new(false))
    }

    pub(super) fn xz(memory: u64) -> Result<Self, Fault> {
        liblzma::stream::Stream::new_stream_decoder(memory, 0).map(Self::Lzma).map_err(|_| CORRUPT)
    }

    pub(super) fn lzma(memory: u64) -> Result<Self, Fault> {
        liblzma::stream::Stream::new_lzma_decoder(memory).map(Self::Lzma).map_err(|_| CORRUPT)
    }

    pub(super) fn lzip(memory: u64) -> Result<Self, Fault> {
        liblzma::stream::Stream::new_lzip_decoder(memory, 0).map(Self::Lzma).map_err(|_| CORRUPT)
    }

    pub(super) fn zstd(memory: u64) -> Result<Self, Fault> {
        let mut decoder = ::zstd::stream::raw::Decoder::new().map_err(|_| CORRUPT)?;
        let log = memory.max(1 << 10).ilog2().min(31);
        decoder.set_parameter(DParameter::WindowLogMax(log)).map_err(|_| CORRUPT)?;
        Ok(Self::Zstd(decoder))
    }

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        match self {
            Self::Stored(left) => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let count = input.len().min(out.len()).min(most);
                out[..count].copy_from_slice(&input[..count]);
                *left -= count as u64;
                Step { used: count, made: count, end: Ok(*left == 0) }
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
                Step { used, made, end: Ok(*packed == 0 && *at == bytes.len()) }
            }
            Self::Deflate64(inner) => {
                let result = inner.inflate(input, out);
                let end = if result.data_error || inner.errored() { Err(CORRUPT) } else { Ok(inner.finished()) };
                Step { used: result.bytes_consumed, made: result.bytes_written, end }
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
                Step { used: input.pos(), made: out.pos(), end }
            }
        }
    }
}

fn stepped(before: (u64, u64), after: (u64, u64), end: Result<bool, Fault>) -> Step {
    let count = |from: u64, to: u64| usize::try_from(to - from).unwrap_or(0);
    Step { used: count(before.0, after.0), made: count(before.1, after.1), end }
}

fn lzma_fault(error: liblzma::stream::Error) -> Fault {
    match error {
        liblzma::stream::Error::MemLimit | liblzma::stream::Error::Mem => TOO_MUCH_MEMORY,
        _ => CORRUPT,
    }
}

/// The crate hands out zstd's error only as text.
fn zstd_fault(error: &io::Error) -> Fault {
    if error.to_string().contains("too much memory") { TOO_MUCH_MEMORY } else { CORRUPT }
}

/// How the members of a compressed stream follow each other.
pub(super) trait Framing {
    /// Takes the header of the next member and gives its decoder; `None` if no member starts here.
    fn start(&mut self, source: &mut Source<'_>) -> Result<Option<Codec>, Fault>;

    /// Takes what follows the compressed data of a member of `size` bytes with checksum `crc`.
    fn end(&mut self, _source: &mut Source<'_>, _crc: u32, _size: u64) -> Result<(), Fault> {
        Ok(())
    }

    /// The name that the first header gives to the content.
    fn name(&self) -> Option<String> {
        None
    }

    /// Whether the decoder keeps a dictionary whose size the data chooses.
    fn has_dictionary(&self) -> bool {
        false
    }

    /// Text in the headers.
    fn notes(&self) -> &[u8] {
        &[]
    }
}

/// Reads what a decoder puts out, within the budget.
pub(super) struct Decoder<'a, 'b> {
    codec: Option<Codec>,
    pub(super) framing: Option<&'a mut dyn Framing>,
    pub(super) source: &'a mut Source<'b>,
    budget: &'a Budget,
    fault: Option<Fault>,
    crc: Crc,
    made: u64,
    checked: bool,
}

impl<'a, 'b> Decoder<'a, 'b> {
    /// A decoder of one piece of compressed data, with a checksum over what comes out.
    pub(super) fn single(codec: Codec, source: &'a mut Source<'b>, budget: &'a Budget) -> Self {
        Self { codec: Some(codec), framing: None, source, budget, fault: None, crc: Crc::new(), made: 0, checked: true }
    }

    /// A decoder of all members of a stream; their headers are read on the way.
    pub(super) fn framed(framing: &'a mut dyn Framing, source: &'a mut Source<'b>, budget: &'a Budget) -> Self {
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

    /// Reads the rest, so that damage in it is noticed, and gives the checksum and size of what came out.
    pub(super) fn finish(&mut self) -> Result<(u32, u64), Fault> {
        let mut rest = [0; 8 << 10];
        while matches!(self.read(&mut rest), Ok(1..)) {}
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok((self.crc.sum(), self.made)),
        }
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        let Some(codec) = &mut self.codec else { return Ok(0) };
        let input = self.source.fill_buf().map_err(|_| Fault::Known)?;
        let starved = input.is_empty();
        let step = codec.step(input, out);
        self.source.consume(step.used);
        if self.checked {
            self.crc.update(&out[..step.made]);
        }
        self.made += step.made as u64;
        if !self.budget.expand(step.made as u64) {
            self.fault = Some(Fault::Known);
            return Ok(step.made);
        }
        match step.end {
            Ok(true) => self.follow(),
            // A decoder that neither takes nor gives, though it could, would do so forever.
            Ok(false) if step.made == 0 && step.used == 0 => {
                self.fault = Some(if starved { ENDS_EARLY } else { CORRUPT });
            }
            Ok(false) => {}
            Err(fault) => self.fault = Some(fault),
        }
        Ok(step.made)
    }

    /// Goes on with the next member, if there is one.
    fn follow(&mut self) {
        self.codec = None;
        let Some(framing) = &mut self.framing else { return };
        let (crc, made) = (self.crc.sum(), self.made);
        let next = framing.end(self.source, crc, made).and_then(|()| framing.start(self.source));
        match next {
            Ok(codec) => {
                self.codec = codec;
                self.crc = Crc::new();
                self.made = 0;
            }
            Err(fault) => self.fault = Some(fault),
        }
    }
}

impl Read for Decoder<'_, '_> {
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
