//! Brotli (RFC 7932): a stream without any mark, as web servers keep it beside a file. Its first bytes must decode to text.

use memchr::memmem;

use super::codec::{Codec, Compression, DecodeFault, StreamFraming};
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, HEAD, OpenMode, is_text};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new(
    "brotli",
    b"",
    is_brotli,
    OpenMode::Compressed(&Compression { suffixes: &[("br", "")], framing: |_| Box::new(BrotliFraming(false)) }),
);

/// Fewest bytes of text that are no chance.
const LEAST: usize = 24;

/// Most binary files have so many zeros in their first bytes; packed text has not. A trial takes 90,000 instructions.
const ZEROS: [u8; 4] = [0; 4];

fn is_brotli(head: &[u8]) -> bool {
    if is_text(head) || memmem::find(head, &ZEROS).is_some() {
        return false;
    }
    let (mut codec, mut out) = (Codec::brotli(), [0; 4 << 10]);
    let (mut used, mut made) = (0, 0);
    let is_stream = loop {
        let step = codec.step(&head[used..], &mut out[made..]);
        (used, made) = (used + step.used, made + step.made);
        match step.end {
            Err(_) => break false,
            Ok(true) => break used == head.len(),
            Ok(false) if made == out.len() => break true,
            Ok(false) if step.used + step.made == 0 => break head.len() == HEAD,
            Ok(false) => {}
        }
    };
    is_stream && made >= LEAST && out[..made].chunks(LEAST).all(is_text)
}

/// Holds true once the stream was begun.
struct BrotliFraming(bool);

impl StreamFraming for BrotliFraming {
    fn start(&mut self, _source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
        Ok((!std::mem::replace(&mut self.0, true)).then(Codec::brotli))
    }

    fn has_dictionary(&self) -> bool {
        true
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::begins_like_archive;
    use super::super::samples::{MARK, noise, secret, see, see_within, stored, tight};
    use crate::model::SkipReason;

    /// A stream of blocks that are not compressed.
    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        let mut stream = Vec::new();
        for (at, block) in text.chunks(50_000).enumerate() {
            // Only the first block stands behind the bit of the window.
            let shift = u32::from(at == 0);
            let bits = (block.len() as u32 - 1) << (3 + shift) | 1 << (19 + shift);
            stream.extend(&bits.to_le_bytes()[..3]);
            stream.extend(block);
        }
        stream.push(3);
        stream
    }

    #[test]
    fn streams_are_opened() {
        let text = [&b"const words = of(text) + and.more(words); ".repeat(90), MARK].concat();
        let packed = sample(&text);
        assert_eq!((see(&packed).places(), see(&packed).reasons()), (vec!["content"], vec![]));
        assert_eq!(see(&stored(&[("a.js.br", &packed)])).places(), ["a.js.br!a.js"]);
        assert_eq!(see(&packed[..packed.len() - 9]).reasons(), [SkipReason::Damaged]);
        let short = [MARK, &b" ".repeat(30)].concat();
        assert_eq!(see(&sample(&short)).places(), ["content"]);
        // Six million times the same letter.
        let bomb = b"\x9b\xff\xff_\xf8%\xc2\xe2\xb1@ \xf7\xfe\x0b";
        assert_eq!(see_within(bomb, tight()).reasons(), [SkipReason::OverLimit]);
    }

    #[test]
    fn what_is_no_stream() {
        let noise = noise(400_000);
        for head in noise.chunks(512).chain(noise.chunks(40)) {
            assert!(!super::is_brotli(head), "{head:?}");
        }
        for head in [&b""[..], b"\x03", b"\x06", b"\x0b\x02\x80some words that are cut", &secret()[..512]] {
            assert!(!begins_like_archive(head), "{head:?}");
        }
    }
}
