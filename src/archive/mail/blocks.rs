//! Blocks of binary data between lines of text: binary patches of git, in base 85, and files of uuencode.

use std::io::{self, BufRead, Read};

use super::super::codec::{Codec, StreamDecoder};
use super::super::peek_reader::PeekReader;
use super::super::walker::{ArchiveWalker, display};
use super::MAX_FIELD;
use crate::git::pack::delta::{self, DeltaOp, DeltaOps};
use crate::model::SkipReason;

/// Begins the blocks of a file of a patch.
pub(crate) const PATCH: &[u8] = b"GIT binary patch";

/// Begins the part of a patch about a file.
pub(crate) const FILE: &[u8] = b"diff --git ";

const DIGITS: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/// The values of the digits of base 85; 85 for other characters.
static VALUES: [u8; 256] = {
    let mut values = [85; 256];
    let mut at = 0;
    while at < 85 {
        values[DIGITS[at] as usize] = at as u8;
        at += 1;
    }
    values
};

/// Reads what lines of text stand for, up to the first line that is none of theirs, which is taken.
pub(super) struct DecodedLines<'a, 'b> {
    source: &'a mut PeekReader<'b>,
    /// Adds the bytes of a line; false for a line that is none.
    decode: fn(&[u8], &mut Vec<u8>) -> bool,
    line: Vec<u8>,
    bytes: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<'a, 'b> DecodedLines<'a, 'b> {
    pub(super) fn new(source: &'a mut PeekReader<'b>, decode: fn(&[u8], &mut Vec<u8>) -> bool) -> Self {
        Self { source, decode, line: Vec::new(), bytes: Vec::new(), at: 0, ended: false }
    }
}

impl Read for DecodedLines<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.bytes.len() && !self.ended {
            self.at = 0;
            self.line.clear();
            self.bytes.clear();
            let count = self.source.by_ref().take(MAX_FIELD).read_until(b'\n', &mut self.line)?;
            self.ended = count == 0 || !(self.decode)(&self.line, &mut self.bytes);
            self.bytes.truncate(if self.ended { 0 } else { self.bytes.len() });
        }
        let count = out.len().min(self.bytes.len() - self.at);
        out[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Decodes a line of base 85: the number of bytes as a letter, and five digits for four of them.
fn base85(line: &[u8], bytes: &mut Vec<u8>) -> bool {
    let [count, digits @ ..] = line.trim_ascii_end() else { return false };
    let count = match count {
        b'A'..=b'Z' => usize::from(count - b'A') + 1,
        b'a'..=b'z' => usize::from(count - b'a') + 27,
        _ => return false,
    };
    let (groups, rest) = digits.as_chunks::<5>();
    if !rest.is_empty() || groups.len() != count.div_ceil(4) {
        return false;
    }
    let end = bytes.len() + count;
    for group in groups {
        let value = group.iter().fold(0_u64, |sum, digit| sum * 85 + u64::from(VALUES[usize::from(*digit)]));
        let is_sound = group.iter().all(|digit| VALUES[usize::from(*digit)] < 85);
        let Some(word) = u32::try_from(value).ok().filter(|_| is_sound) else { return false };
        bytes.extend(word.to_be_bytes());
    }
    bytes.truncate(end);
    true
}

/// Decodes a line of uuencode: the number of bytes, and four characters for three of them. Blanks at its end may lack.
fn uu(line: &[u8], bytes: &mut Vec<u8>) -> bool {
    let ended = line.strip_suffix(b"\n").unwrap_or(line);
    let [count, written @ ..] = ended.strip_suffix(b"\r").unwrap_or(ended) else { return false };
    // Blanks are digits, too, and a line of zeros has no others.
    let digits = written.trim_ascii_end();
    let value = |byte: u8| (0x20..=0x60).contains(&byte).then(|| byte.wrapping_sub(0x20) & 0x3f);
    let Some(count) = value(*count).map(usize::from).filter(|count| *count > 0) else { return false };
    // Some writers add a checksum.
    if digits.len() > count.div_ceil(3) * 4 + 2 || written.len() * 3 < count {
        return false;
    }
    let end = bytes.len() + count;
    for group in digits.chunks(4) {
        let mut word = 0;
        for at in 0..4 {
            let Some(value) = value(group.get(at).copied().unwrap_or(b' ')) else { return false };
            word = word << 6 | u32::from(value);
        }
        bytes.extend(&word.to_be_bytes()[1..]);
    }
    bytes.resize(end, 0);
    true
}

/// Returns the name behind `begin` and the mode of a file.
pub(super) fn uuencoded(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.strip_prefix(b"begin ")?.trim_ascii_end().splitn(2, |byte| *byte == b' ');
    let (mode, name) = (words.next()?, words.next()?);
    let is_mode = matches!(mode.len(), 3 | 4) && mode.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    (is_mode && !name.is_empty()).then_some(name)
}

/// Returns true if a file of uuencode begins here.
pub(super) fn is_uuencoded(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.next().is_some_and(|line| uuencoded(line).is_some())
        && lines.next().is_some_and(|line| uu(line, &mut Vec::new()))
}

/// Visits the file of uuencode whose lines come next.
pub(super) fn visit_uuencoded(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, name: &str) {
    let mut lines = DecodedLines::new(source, uu);
    let mut content = PeekReader::new(&mut lines);
    if !content.is_at_end() {
        walker.enter(name, &mut content);
        content.drain_within(walker.budget);
    }
}

/// Returns true if a patch begins here: its second line says what became of the file.
pub(super) fn is_patch(head: &[u8]) -> bool {
    const SECOND: [&[u8]; 7] = [b"index ", b"new ", b"deleted ", b"old ", b"similarity ", b"rename ", b"copy "];
    let second = head.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    SECOND.iter().any(|word| second.starts_with(word))
}

/// Returns the names of both versions of a file, by the line that begins its part.
pub(super) fn names_of(line: &[u8]) -> [String; 2] {
    let names = line[FILE.len().min(line.len())..].trim_ascii_end();
    let (old, new) = memchr::memmem::rfind(names, b" b/").map_or((names, names), |at| (&names[..at], &names[at + 1..]));
    [display(new), display(old)]
}

/// Visits the new and the old version of a file, whose blocks come next.
pub(super) fn visit_patch(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, names: &[String; 2]) {
    for name in names {
        let is_delta = source.peek(6) == b"delta ";
        if !is_delta && source.peek(8) != b"literal " {
            return;
        }
        let mut line = Vec::new();
        // An error ends the file, and the reader that met it has reported it.
        let _ = source.by_ref().take(MAX_FIELD).read_until(b'\n', &mut line);
        let mut lines = DecodedLines::new(source, base85);
        let mut content = PeekReader::new(&mut lines);
        if is_delta {
            visit_delta(walker, &mut content, name);
        } else {
            walker.zlib_part(name, &mut content);
        }
        content.drain_within(walker.budget);
    }
}

/// Visits what a delta inserts: its base is elsewhere.
fn visit_delta(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, name: &str) {
    let (most, mut delta) = (walker.budget.limits.held, Vec::new());
    let mut decoder = StreamDecoder::single(Codec::zlib(), source, walker.budget);
    // Whatever came out before damage is visited.
    let _ = decoder.by_ref().take(most).read_to_end(&mut delta);
    let outcome = decoder.finish();
    let start = delta::sizes(&delta).map_or(delta.len(), |(_, _, start)| start);
    let (mut ops, mut inserted) = (DeltaOps::new(&delta[start..]), Vec::new());
    while let Ok(Some(op)) = ops.next() {
        match op {
            DeltaOp::Insert(bytes) => inserted.extend_from_slice(bytes),
            DeltaOp::Copy { .. } => inserted.push(b'\n'),
        }
    }
    walker.enter(name, &mut &inserted[..]);
    match outcome {
        Err(fault) => walker.fault(Some(name), fault),
        Ok(_) => walker.skip_member(name, SkipReason::MissingObject, "only what a delta inserts is here"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::samples::{MARK, noise, secret, see, see_within, stored, tight, zip, zlib};
    use super::*;
    use proptest::prelude::*;

    fn encode85(bytes: &[u8]) -> String {
        let line = |part: &[u8]| {
            let count = if part.len() < 27 { b'A' + part.len() as u8 - 1 } else { b'a' + part.len() as u8 - 27 };
            let digits = part.chunks(4).flat_map(|group| {
                let mut word = [0; 4];
                word[..group.len()].copy_from_slice(group);
                let value = u32::from_be_bytes(word);
                (0..5).rev().map(move |place| char::from(DIGITS[(value / 85_u32.pow(place) % 85) as usize]))
            });
            [char::from(count)].into_iter().chain(digits).chain(['\n']).collect::<String>()
        };
        bytes.chunks(52).map(line).collect()
    }

    fn encode_uu(bytes: &[u8], blank: char) -> String {
        let shown = |value: u8| if value == 0 { blank } else { char::from(value + 0x20) };
        let line = |part: &[u8]| {
            let digits = part.chunks(3).flat_map(|group| {
                let word =
                    group.iter().chain(&[0; 2][..3 - group.len()]).fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
                [18, 12, 6, 0].map(|shift| shown((word >> shift & 0x3f) as u8))
            });
            [shown(part.len() as u8)].into_iter().chain(digits).chain(['\n']).collect::<String>()
        };
        bytes.chunks(45).map(line).collect::<String>() + &format!("{blank}\nend\n")
    }

    pub(in super::super::super) fn patch(blocks: &[(&str, &[u8])]) -> Vec<u8> {
        let mut text = "diff --git a/conf.bin b/conf.bin\nindex 1..2 100644\nGIT binary patch\n".to_owned();
        for (kind, packed) in blocks {
            text += &format!("{kind} 10\n{}\n", encode85(packed));
        }
        text.into_bytes()
    }

    pub(in super::super::super) fn uuencoded_sample(text: &[u8]) -> Vec<u8> {
        format!("begin 644 conf/.env\n{}", encode_uu(text, '`')).into_bytes()
    }

    #[test]
    fn literals_of_patches() {
        let (text, packed) = (zlib(&secret()), zlib(&zip(&[(".env", &secret())])));
        let file = [patch(&[("literal", &text), ("literal", &packed)]), patch(&[("literal", &packed)])].concat();
        let seen = see(&stored(&[("a.patch", &file)]));
        let places = ["a.patch!b/conf.bin", "a.patch!a/conf.bin!.env", "a.patch!b/conf.bin!.env"];
        assert_eq!((seen.places(), seen.reasons()), (places.to_vec(), vec![]));
        // As `git format-patch` mails it.
        let mail =
            [b"From 0a Mon Sep 17 00:00:00 2001\nFrom: a\nDate: b\nSubject: c\n\n---\n 1 file\n\n", &file[..]].concat();
        assert_eq!(see(&mail).places().len(), 3);
        assert_eq!(see(&file[..file.len() / 4]).reasons(), [SkipReason::Damaged]);
    }

    #[test]
    fn what_a_delta_inserts() {
        let delta =
            [&[9, 40, 0x90, 4, 10][..], &MARK[..10], &[MARK.len() as u8 - 10], &MARK[10..], &[0x90, 4]].concat();
        let seen = see(&patch(&[("delta", &zlib(&delta)), ("delta", &zlib(b"\x01\x02\x90\x01"))]));
        assert_eq!((seen.places(), seen.reasons()), (vec!["b/conf.bin"], vec![SkipReason::MissingObject]));
        for broken in [&b""[..], b"\xff", b"\x01\x02\0", b"\x01\x02\x7fab"] {
            see(&patch(&[("delta", &zlib(broken)), ("delta", broken)]));
        }
    }

    #[test]
    fn files_of_uuencode() {
        for blank in ['`', ' '] {
            let lines = encode_uu(&secret(), blank);
            let trimmed: String = lines.lines().map(|line| format!("{}\r\n", line.trim_end())).collect();
            for lines in [lines, trimmed] {
                let file = format!("begin 644 a b.env\n{lines}");
                let seen = see(&stored(&[("a.uu", file.as_bytes())]));
                assert_eq!((seen.places(), seen.reasons()), (vec!["a.uu!a b.env"], vec![]));
                let mail = format!("Subject: a\nFrom: b\n\nhello\n\n{file}\nbegin 0755 x\n{lines}");
                assert_eq!(see(mail.as_bytes()).places(), ["a b.env", "x"]);
            }
        }
    }

    #[test]
    fn what_is_no_block() {
        for text in [
            "begin 644 it",
            "begin 644 it\nwith words\n",
            "begin here\nM",
            "begin 9a9 x\n#86)C\n",
            "diff --git is a command",
        ] {
            assert!(!is_uuencoded(text.as_bytes()), "{text}");
            assert_eq!(see(text.as_bytes()).skips, []);
        }
    }

    #[test]
    fn hostile_blocks_are_bounded() {
        let bomb = patch(&[("literal", &zlib(&vec![0; 6 << 20])), ("delta", &zlib(&vec![0; 6 << 20]))]);
        assert_eq!(see_within(&bomb, tight()).reasons(), [SkipReason::OverLimit]);
        for mark in ["GIT binary patch\nliteral 1\n\n", "begin 644 a\n#86)C\n", "GIT binary patch\ndelta 1\n\n", "M\n"]
        {
            see_within(format!("diff --git a/a b/a\nindex 1\n{}", mark.repeat(20_000)).as_bytes(), tight());
        }
        let deep = (0..12).fold(secret(), |inner, _| patch(&[("literal", &zlib(&inner))]));
        assert_eq!(see(&deep).reasons(), [SkipReason::OverLimit]);
        see(&[b"diff --git a b\nindex 1\nGIT binary patch\ndelta 5\n", &noise(9_000)[..]].concat());
    }

    #[test]
    fn blanks_of_uuencode_are_zeros() {
        for count in [1, 2, 44, 45] {
            for blank in ['`', ' '] {
                let mut bytes = Vec::new();
                let text = encode_uu(&vec![0; count], blank);
                assert!(uu(text.lines().next().unwrap_or_default().as_bytes(), &mut bytes), "{count} {blank:?}");
                assert_eq!(bytes, vec![0; count], "{count} {blank:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn lines_decode_to_what_was_encoded(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            for (text, decode) in [
                (encode85(&bytes) + "\n", base85 as fn(&[u8], &mut Vec<u8>) -> bool),
                (encode_uu(&bytes, '`'), uu),
                (encode_uu(&bytes, ' '), uu),
            ] {
                let (mut inner, mut out) = (text.as_bytes(), Vec::new());
                DecodedLines::new(&mut PeekReader::new(&mut inner), decode).read_to_end(&mut out).unwrap();
                prop_assert_eq!(&out, &bytes);
            }
        }

        #[test]
        fn any_line_is_decoded_or_not(line in proptest::collection::vec(any::<u8>(), 0..90)) {
            let mut bytes = Vec::new();
            base85(&line, &mut bytes);
            uu(&line, &mut bytes);
            prop_assert!(bytes.len() < 200);
        }
    }
}
