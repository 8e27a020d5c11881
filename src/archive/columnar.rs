//! Files of tables with compressed blocks: Avro, Parquet, ORC, dumps of PostgreSQL.
//! Leaves blocks that are not compressed to the search of the file's bytes, and counts a compression that it cannot undo.

mod avro;
mod orc;
mod parquet;
mod pg_dump;
mod snappy;
mod thrift;
mod varint;

use std::io::Read;

use super::codec::{Codec, DecodeFault, StreamDecoder};
use super::marked::GZIP_HEADER;
use super::peek_reader::PeekReader;
use super::walker::ArchiveWalker;
use crate::model::SkipReason;

pub(super) use avro::FORMAT as AVRO;
pub(super) use orc::FORMAT as ORC;
pub(super) use parquet::FORMAT as PARQUET;
pub(super) use pg_dump::FORMAT as PG_DUMP;

#[cfg(test)]
pub(super) use {
    avro::tests::sample as avro_sample, orc::tests::sample as orc_sample, parquet::tests::sample as parquet_sample,
    pg_dump::tests::sample as pg_sample,
};

/// Most bytes of a block, and of what it holds.
const MAX_BLOCK: u64 = 64 << 20;

/// Bytes that are gathered before they are searched.
const BATCH: usize = 1 << 20;

const CORRUPT: DecodeFault = DecodeFault::Damaged("corrupt compressed data");
const TOO_LARGE: DecodeFault = DecodeFault::OverLimit("too large a block");

/// The compression of the blocks in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockCodec {
    Stored,
    Deflate,
    Gzip,
    Snappy,
    Zstd,
    Brotli,
    Bzip2,
    Xz,
    Unknown(&'static str),
}

impl BlockCodec {
    /// Creates the decoder of a block; `None` for data that is decoded at once.
    fn decoder(self, memory: u64) -> Option<Result<Codec, DecodeFault>> {
        Some(match self {
            Self::Stored | Self::Snappy | Self::Gzip | Self::Unknown(_) => return None,
            Self::Deflate => Ok(Codec::inflate()),
            Self::Zstd => Codec::zstd(memory),
            Self::Brotli => Ok(Codec::brotli()),
            Self::Bzip2 => Ok(Codec::bzip2()),
            Self::Xz => Codec::xz(memory),
        })
    }
}

/// Undoes the compression of the blocks of one kind of file, and adds them to what is visited at once.
struct BlockReader {
    codec: BlockCodec,
    text: Vec<u8>,
    fault: Option<DecodeFault>,
}

impl BlockReader {
    fn new(codec: BlockCodec) -> Self {
        Self { codec, text: Vec::new(), fault: None }
    }

    /// Returns false, and counts the file, if its blocks cannot be read.
    fn is_readable(&self, walker: &mut ArchiveWalker<'_>) -> bool {
        if let BlockCodec::Unknown(name) = self.codec {
            walker.skip(SkipReason::Unsupported, &format!("blocks compressed by {name} are not supported"));
        }
        !matches!(self.codec, BlockCodec::Unknown(_) | BlockCodec::Stored)
    }

    /// Adds what a block holds. Returns false if the budget is spent.
    fn add(&mut self, walker: &mut ArchiveWalker<'_>, mut data: &[u8]) -> bool {
        // Blocks of a few bytes each take more time than what they hold.
        if !walker.budget.entry() {
            return false;
        }
        let before = self.text.len();
        let outcome = match self.codec {
            BlockCodec::Snappy => {
                snappy::decode(data, MAX_BLOCK, &mut self.text).then_some(()).ok_or(CORRUPT).and_then(|()| {
                    let made = (self.text.len() - before) as u64;
                    if walker.budget.expand(made) { Ok(()) } else { Err(DecodeFault::Known) }
                })
            }
            BlockCodec::Gzip => match gzip_header(data) {
                Some(header) => {
                    data = &data[header..];
                    self.stream(walker, data, Ok(Codec::inflate()))
                }
                None => Err(CORRUPT),
            },
            codec => match codec.decoder(walker.decoder_memory()) {
                Some(decoder) => self.stream(walker, data, decoder),
                None => Ok(()),
            },
        };
        // The first fault is told.
        self.fault = self.fault.or(outcome.err());
        !walker.budget.is_stopped()
    }

    fn stream(
        &mut self,
        walker: &ArchiveWalker<'_>,
        mut data: &[u8],
        codec: Result<Codec, DecodeFault>,
    ) -> Result<(), DecodeFault> {
        let mut source = PeekReader::new(&mut data);
        let mut decoder = StreamDecoder::single(codec?, &mut source, walker.budget);
        let before = self.text.len() as u64;
        // Keeps the text before damage.
        let _ = decoder.by_ref().take(MAX_BLOCK).read_to_end(&mut self.text);
        if self.text.len() as u64 - before == MAX_BLOCK { Err(TOO_LARGE) } else { decoder.finish().map(drop) }
    }

    /// Visits what was added, as a part of this name, and reports a fault.
    fn visit(&mut self, walker: &mut ArchiveWalker<'_>, name: &str) {
        if !self.text.is_empty() && walker.budget.entry() {
            walker.piece(name.to_owned(), &std::mem::take(&mut self.text));
        }
        self.text.clear();
        if let Some(fault) = self.fault.take() {
            walker.fault(Some(name), fault);
        }
    }
}

/// Returns the length of a gzip header without optional fields, as writers of blocks make it.
fn gzip_header(data: &[u8]) -> Option<usize> {
    (data.starts_with(&[0x1f, 0x8b, 8, 0]) && data.len() > GZIP_HEADER).then_some(GZIP_HEADER)
}
