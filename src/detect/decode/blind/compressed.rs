//! Compressed streams in base64, found by their first characters at the start of a segment of digits.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;

use super::block::is_long;
use super::zip_members;
use crate::detect::decode::base64::{self, ALPHABET};
use crate::detect::decode::line_wrap::Alphabet;
use crate::detect::decode::view::{DecodedView, EncodingNames};

/// Length of the longest magic.
const LONGEST_MAGIC: usize = 8;

/// Most base64 characters of one stream, and most bytes that come out of it.
const MAX_COMPRESSED: usize = 8 << 20;
const MAX_DECOMPRESSED: u64 = 16 << 20;

/// Base64 characters of a trial, which rejects most false positives.
const TRIAL: usize = 512;

/// Factor by which more characters are decoded while a stream continues.
const GROWTH: usize = 4;

/// Bytes that a trial reads, and the fewest it must give.
const TRIAL_READS: u64 = 64;
const TRIAL_GIVES: usize = 16;

/// Memory for the dictionary of a decoder, a power of two: `zstd -19` and `xz -7` need as much.
const MAX_DICTIONARY: u64 = 32 << 20;

/// Opens a stream. Bytes after its end stay in the slice.
type OpenStream = for<'a, 'b> fn(&'a mut &'b [u8]) -> io::Result<Box<dyn Read + 'a>>;

/// A compression format in base64.
struct StreamFormat {
    /// The first characters. Those of zlib are its two bytes at any level and two bits of the third.
    magics: &'static [&'static str],
    names: EncodingNames,
    /// Set if a part of a stream gives a part of the text. Formats with large blocks need the whole first block.
    streams: bool,
    open: OpenStream,
}

const FORMATS: &[StreamFormat] = &[
    StreamFormat {
        magics: &["H4sI"],
        names: &["base64", "gzip"],
        streams: true,
        open: |compressed| Ok(Box::new(flate2::bufread::MultiGzDecoder::new(compressed))),
    },
    StreamFormat {
        magics: &[
            "eJw", "eJx", "eJy", "eJz", "eNo", "eNp", "eNq", "eNr", "eAE", "eAF", "eAG", "eAH", "eF4", "eF5", "eF6",
            "eF7",
        ],
        names: &["base64", "zlib"],
        streams: true,
        open: |compressed| Ok(Box::new(flate2::bufread::ZlibDecoder::new(compressed))),
    },
    StreamFormat {
        magics: &["KLUv/", "KLUv_"],
        names: &["base64", "zstd"],
        streams: false,
        open: |compressed| {
            let mut stream = zstd::stream::read::Decoder::with_buffer(compressed)?;
            stream.window_log_max(MAX_DICTIONARY.ilog2())?;
            Ok(Box::new(stream))
        },
    },
    StreamFormat {
        magics: &["/Td6WFoA", "_Td6WFoA"],
        names: &["base64", "xz"],
        streams: false,
        open: |compressed| {
            let stream = liblzma::stream::Stream::new_stream_decoder(MAX_DICTIONARY, 0)?;
            Ok(Box::new(liblzma::bufread::XzDecoder::new_stream(compressed, stream)))
        },
    },
    StreamFormat {
        magics: &["QlpoM", "QlpoN", "QlpoO"],
        names: &["base64", "bzip2"],
        streams: false,
        open: |compressed| Ok(Box::new(bzip2::bufread::MultiBzDecoder::new(compressed))),
    },
    StreamFormat {
        magics: &["UEsDB"],
        names: &["base64", "zip"],
        streams: true,
        open: |compressed| Ok(Box::new(io::Cursor::new(zip_members::read(compressed, MAX_DECOMPRESSED)))),
    },
];

fn magics() -> impl Iterator<Item = (&'static str, usize)> {
    FORMATS.iter().enumerate().flat_map(|(at, format)| format.magics.iter().map(move |magic| (*magic, at)))
}

/// The first characters of all magics.
static FIRST: LazyLock<Alphabet> = LazyLock::new(|| {
    let mut table = [false; 256];
    magics().for_each(|(magic, _)| table[usize::from(magic.as_bytes()[0])] = true);
    table
});

/// Returns true if a segment of digits starts like a compressed stream.
#[inline]
pub(super) fn starts(segment: &[u8]) -> bool {
    segment.first().is_some_and(|first| FIRST[usize::from(*first)]) && has_magic(segment)
}

fn has_magic(segment: &[u8]) -> bool {
    magics().any(|(magic, _)| segment.starts_with(magic.as_bytes()))
}

/// Reports the segments of digits in a region that start like a compressed stream.
pub(super) fn find(bytes: &[u8], region: &Range<usize>, report: &mut dyn FnMut(usize)) {
    let searched = &bytes[region.start..bytes.len().min(region.end + LONGEST_MAGIC - 1)];
    search(searched, &mut |at| {
        let at = region.start + at;
        let starts = at.checked_sub(1).is_none_or(|before| !ALPHABET[usize::from(bytes[before])]);
        if at < region.end && starts && is_long(bytes, at) {
            report(at);
        }
    });
}

fn search(bytes: &[u8], report: &mut dyn FnMut(usize)) {
    static SEARCHER: LazyLock<Option<Searcher>> = LazyLock::new(|| Searcher::new(magics().map(|(magic, _)| magic)));
    match &*SEARCHER {
        Some(searcher) => searcher.find_iter(bytes).for_each(|found| report(found.start())),
        None => magics().for_each(|(magic, _)| memchr::memmem::find_iter(bytes, magic).for_each(&mut *report)),
    }
}

/// Decompresses the stream that starts at `at`. Adds the bytes decoded after the trial to `work`.
pub(super) fn view(bytes: &[u8], at: usize, work: &mut usize) -> Option<DecodedView> {
    let rest = bytes.get(at..)?;
    let format = FORMATS.iter().find(|format| format.magics.iter().any(|magic| rest.starts_with(magic.as_bytes())))?;
    let mut compressed = base64::decode(bytes, at, 0, 0..TRIAL)?;
    if format.streams && decompress(&compressed.bytes, format.open, TRIAL_READS).bytes.len() < TRIAL_GIVES {
        return None;
    }
    // Streams are mostly short, and a run of digits can continue after one.
    let mut stream = decompress(&compressed.bytes, format.open, MAX_DECOMPRESSED);
    let mut reach = TRIAL;
    while stream.read == compressed.bytes.len() && reach < MAX_COMPRESSED {
        reach *= GROWTH;
        let longer = base64::decode(bytes, at, 0, 0..reach.min(MAX_COMPRESSED))?;
        *work += longer.bytes.len();
        if longer.bytes.len() == compressed.bytes.len() {
            break;
        }
        compressed = longer;
        stream = decompress(&compressed.bytes, format.open, MAX_DECOMPRESSED);
    }
    let source = compressed.source.start..compressed.source_range(stream.read.checked_sub(1)?).end;
    (!stream.bytes.is_empty()).then(|| DecodedView::of_whole(stream.bytes, format.names, source))
}

/// The output of a stream, and the number of its bytes that were read.
struct Decompressed {
    bytes: Vec<u8>,
    read: usize,
}

/// Reads a stream up to its end, a defect or the limit. Keeps the output before a defect; a cut stream is read to its
/// last byte.
fn decompress(compressed: &[u8], open: OpenStream, limit: u64) -> Decompressed {
    let (mut rest, mut bytes) = (compressed, Vec::new());
    let _ = open(&mut rest).and_then(|stream| stream.take(limit).read_to_end(&mut bytes));
    Decompressed { bytes, read: compressed.len() - rest.len() }
}

#[cfg(test)]
mod tests {
    use super::super::run_scan::REGION;
    use super::*;
    use crate::detect::decode::testing::Noise;
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn through(mut reader: impl Read) -> Vec<u8> {
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn a_stream_is_read_to_its_end_and_no_further() {
        let plain = Noise::new(104).body(40_000);
        let (bytes, level) = (plain.as_bytes(), flate2::Compression::fast());
        for (name, compressed) in [
            ("gzip", through(flate2::read::GzEncoder::new(bytes, level))),
            ("zlib", through(flate2::read::ZlibEncoder::new(bytes, level))),
            ("zstd", zstd::encode_all(bytes, 3).unwrap()),
            ("xz", through(liblzma::read::XzEncoder::new(bytes, 1))),
            ("bzip2", through(bzip2::read::BzEncoder::new(bytes, bzip2::Compression::fast()))),
        ] {
            for rest in ["", "AAAA", &Noise::new(105).body(60_000)] {
                let code = STANDARD.encode(&compressed);
                let code = code.trim_end_matches('=');
                let view = view(format!("{code}{rest}").as_bytes(), 0, &mut 0).unwrap();
                assert_eq!(view.bytes, bytes, "{name}");
                // A decoder reads the bytes after a member of gzip as the header of another.
                assert!(view.source.start == 0 && view.source.end <= code.len() + 14, "{name}");
            }
        }
    }

    /// Every place by definition.
    fn by_definition(bytes: &[u8]) -> Vec<usize> {
        let starts = |at: &usize| *at == 0 || !ALPHABET[usize::from(bytes[at - 1])];
        let magic = |at: &usize| magics().any(|(magic, _)| bytes[*at..].starts_with(magic.as_bytes()));
        (0..bytes.len()).filter(|at| starts(at) && magic(at) && is_long(bytes, *at)).collect()
    }

    fn found(bytes: &[u8]) -> Vec<usize> {
        let mut places = Vec::new();
        super::super::blind_runs(bytes, &mut |at| places.push(at));
        places
    }

    proptest! {
        #[test]
        fn none_is_missed(
            pieces in proptest::collection::vec("[A-Za-z0-9+/]{0,60}|[ .,=]{1,3}|(H4sI|eJw|QlpoO|KLUv/)[A-Za-z]{40,60}", 0..30)
        ) {
            let text = pieces.concat().into_bytes();
            prop_assert_eq!(found(&text), by_definition(&text));
        }
    }

    #[test]
    fn streams_behind_long_noise_are_found() {
        let mut noise = Noise::new(7);
        for length in [100, REGION - 3, REGION, 2 * REGION + 17] {
            let text = format!("{},H4sI{} eJx{}", noise.body(length), noise.body(60), noise.body(46));
            assert_eq!(found(text.as_bytes()), [length + 1, length + 66]);
        }
    }
}
