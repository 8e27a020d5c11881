//! Mail, single or in a mailbox, patches and files of uuencode: archives that are attached in base64, header words in the
//! encodings of RFC 2047, binary files between the lines. Everything else is searched as it is: text in base64, too, is
//! found where it stands.

pub(super) mod blocks;

use std::io::{BufRead, Read};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::read::DecoderReader;
use memchr::memmem;

use self::blocks::DecodedLines;
use super::Seekable;
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, ArchiveWalker, HEAD, OpenMode, display};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("mail", b"", is_mail, OpenMode::Document(open));

pub(super) const PATCH: ArchiveFormat =
    ArchiveFormat::new("patch", blocks::FILE, blocks::is_patch, OpenMode::Document(open));
pub(super) const UUENCODE: ArchiveFormat =
    ArchiveFormat::new("uuencode", b"begin ", blocks::is_uuencoded, OpenMode::Document(open));

/// Longest header field that is read as one, and longest encoded word.
const MAX_FIELD: u64 = 16 << 10;
const MAX_WORD: usize = 512;

/// Fields of which a mail has at least two in its first lines.
const FIELDS: &[&[u8]] = &[
    b"from",
    b"to",
    b"subject",
    b"date",
    b"received",
    b"mime-version",
    b"content-type",
    b"message-id",
    b"return-path",
    b"delivered-to",
];

/// Padding may lack, and stand in the middle of what was joined.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the name of the header field at the start of a line.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let name = &line[..line.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')?];
    (!name.is_empty() && line[name.len()] == b':').then_some(name)
}

fn is_mail(head: &[u8]) -> bool {
    let is_mailbox = head.starts_with(b"From ");
    if !is_mailbox && field_name(head).is_none() {
        return false;
    }
    let mut lines = head.split(|byte| *byte == b'\n').skip(usize::from(is_mailbox)).peekable();
    let mut known = 0;
    while let Some(line) = lines.next().filter(|line| !line.trim_ascii().is_empty()) {
        match field_name(line) {
            Some(name) => known += usize::from(FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))),
            None if known > 0 && matches!(line[0], b' ' | b'\t') => {}
            // The last line is cut.
            None if lines.peek().is_none() => {}
            None => return false,
        }
    }
    known >= 2
}

/// The header of a part.
#[derive(Default)]
struct PartHeader {
    is_base64: bool,
    name: Option<String>,
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    if !walker.seek(input, 0) {
        return;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    let mut header = PartHeader::default();
    let (mut line, mut count, mut names) = (Vec::new(), 0_u64, [String::new(), String::new()]);
    while walker.budget.in_time() && next_field(&mut source, &mut line) {
        if line.trim_ascii().is_empty() {
            if std::mem::take(&mut header.is_base64) {
                count += 1;
                let name = header.name.take().unwrap_or_else(|| format!("part {count}"));
                attachment(walker, &mut source, &name);
            }
            header = PartHeader::default();
        } else if line.starts_with(b"--") {
            header = PartHeader::default();
        } else if line.starts_with(blocks::FILE) {
            names = blocks::names_of(&line);
        } else if line.trim_ascii_end() == blocks::PATCH {
            blocks::visit_patch(walker, &mut source, &names);
        } else if let Some(name) = blocks::uuencoded(&line) {
            blocks::visit_uuencoded(walker, &mut source, &display(name));
        } else if let Some(name) = field_name(&line) {
            header.read(name, &line[name.len() + 1..]);
            if let Some(text) = decoded_words(&line) {
                walker.piece(display(name), &text);
            }
        }
    }
    walker.report_stop();
}

impl PartHeader {
    fn read(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            self.is_base64 = value.trim_ascii().eq_ignore_ascii_case(b"base64");
        } else if name.eq_ignore_ascii_case(b"content-disposition") || name.eq_ignore_ascii_case(b"content-type") {
            let Some(at) = memmem::find(value, b"name=") else { return };
            let rest = &value[at + 5..];
            let quoted = rest.strip_prefix(b"\"").map(|rest| rest.split(|byte| *byte == b'"'));
            let name = quoted
                .map_or_else(|| rest.split(|byte| matches!(byte, b';' | b'\r' | b'\n')).next(), |mut it| it.next());
            self.name = name.filter(|name| !name.is_empty()).map(display);
        }
    }
}

/// Reads a line, and those that continue it. Returns false at the end.
fn next_field(source: &mut PeekReader<'_>, line: &mut Vec<u8>) -> bool {
    line.clear();
    // An error ends the file, and the reader that met it has reported it.
    let _ = source.by_ref().take(MAX_FIELD).read_until(b'\n', line);
    let may_continue = field_name(line).is_some();
    while may_continue && matches!(source.peek(1), [b' ' | b'\t']) && (line.len() as u64) < MAX_FIELD {
        let _ = source.by_ref().take(MAX_FIELD).read_until(b'\n', line);
    }
    !line.is_empty()
}

/// Visits the body that comes next, if it is an archive.
fn attachment(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, name: &str) {
    let mut body = DecodedLines::new(source, base64_digits);
    let mut decoder = DecoderReader::new(&mut body, &LENIENT);
    let mut content = PeekReader::new(&mut decoder);
    if walker.sniff(content.peek(HEAD)).is_some() {
        walker.enter(name, &mut content);
    }
}

/// Adds the digits of a line of base64, if it is one.
fn base64_digits(line: &[u8], digits: &mut Vec<u8>) -> bool {
    digits.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// Decodes the encoded words of a field, if it has any. Blanks between two of them stand for nothing.
fn decoded_words(field: &[u8]) -> Option<Vec<u8>> {
    let (mut text, mut rest, mut follows, mut found) = (Vec::new(), field, false, false);
    while let Some(at) = memmem::find(rest, b"=?") {
        let gap = &rest[..at];
        if !(follows && gap.trim_ascii().is_empty()) {
            text.extend_from_slice(gap);
        }
        let word = encoded_word(&rest[at + 2..]);
        follows = word.is_some();
        found |= follows;
        let (decoded, width) = word.unwrap_or_else(|| (b"=?".to_vec(), 0));
        text.extend(decoded);
        rest = &rest[at + 2 + width..];
    }
    text.extend_from_slice(rest);
    found.then_some(text)
}

/// Decodes the word behind `=?`. Returns its text and its width.
fn encoded_word(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let bytes = &bytes[..bytes.len().min(MAX_WORD)];
    let charset = bytes.iter().position(|byte| *byte == b'?')?;
    let [kind, b'?', data @ ..] = &bytes[charset + 1..] else { return None };
    let data = &data[..memmem::find(data, b"?=")?];
    let text = match kind {
        b'b' | b'B' => LENIENT.decode(data).ok()?,
        b'q' | b'Q' => quoted(data),
        _ => return None,
    };
    Some((text, charset + 3 + data.len() + 2))
}

fn quoted(data: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut text, mut at) = (Vec::with_capacity(data.len()), 0);
    while let Some(byte) = data.get(at) {
        let pair = data.get(at + 1).zip(data.get(at + 2)).and_then(|(high, low)| Some((digit(*high)?, digit(*low)?)));
        match (byte, pair) {
            (b'=', Some((high, low))) => {
                text.push(high << 4 | low);
                at += 2;
            }
            (b'_', _) => text.push(b' '),
            _ => text.push(*byte),
        }
        at += 1;
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, secret, see, see_within, stored, tar, tight, zip, zlib};
    pub(in super::super) use super::blocks::tests::{patch, uuencoded_sample};
    use super::*;
    use crate::model::SkipReason;

    fn wrapped(data: &[u8]) -> String {
        let code = base64::engine::general_purpose::STANDARD.encode(data);
        code.as_bytes().chunks(76).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect()
    }

    /// A mail with an archive attached.
    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        mail(&[("Content-Disposition: attachment; filename=\"a.zip\"\r\n", &wrapped(&zip(&[("conf/.env", text)])))])
    }

    fn mail(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut file = "Subject: keys\r\nFrom: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n".to_owned();
        for (header, body) in parts {
            file += &format!("--b\r\nContent-Transfer-Encoding: base64\r\n{header}\r\n{body}");
        }
        (file + "--b--\r\n").into_bytes()
    }

    #[test]
    fn attached_archives_are_opened() {
        let packed = zip(&[(".env", &secret())]);
        let text = wrapped(b"no archive, only text in base64");
        let parts: &[(&str, &str)] = &[
            ("Content-Type: text/plain\r\n", &text),
            ("Content-Type: application/zip; name=keys.zip\r\n", &wrapped(&packed)),
            ("content-type: x\r\n", &wrapped(&tar(&[("b", MARK)]))),
        ];
        let file = mail(parts);
        for file in [file.clone(), [b"From a@example.com Mon Jan  1\n", &file[..]].concat()] {
            let seen = see(&stored(&[("a.eml", &file)]));
            assert_eq!((seen.places(), seen.reasons()), (vec!["a.eml!keys.zip!.env", "a.eml!part 3!b"], vec![]));
        }
        // Without parts, and with another mail behind it.
        let single = format!(
            "From x\nDate: x\nTo: y\nContent-Transfer-Encoding: BASE64\n\n{}\nFrom y\nTo: z\n\nbye",
            wrapped(&packed)
        );
        assert_eq!(see(single.as_bytes()).places(), ["part 1!.env"]);
        assert_eq!(see(&mail(&[("", &wrapped(&packed[..packed.len() / 2]))])).reasons(), [SkipReason::Damaged]);
    }

    #[test]
    fn encoded_words_of_headers() {
        let mark = std::str::from_utf8(MARK).unwrap();
        let code = base64::engine::general_purpose::STANDARD.encode(MARK);
        let q: String = mark.bytes().map(|byte| format!("={byte:02x}")).collect();
        for words in [
            format!("=?utf-8?q?Schl=C3=BCssel_{q}?="),
            format!("key =?utf-8?Q?{}?=\r\n =?utf-8?q?{}?= x", &q[..30], &q[30..]),
            format!("=?UTF-8?B?{}?=\n\t=?utf-8?b?{}?=", &code[..12], &code[12..]),
        ] {
            let file = format!("Received: x\nX-Note: =? =?a?b?? none\nSubject: {words}\nTo: a\n\nhello\n");
            let seen = see(file.as_bytes());
            assert_eq!((seen.places(), seen.reasons()), (vec!["Subject"], vec![]), "{words}");
        }
    }

    #[test]
    fn what_is_no_mail() {
        for text in [
            "",
            "From",
            "From here on\n\nit is prose",
            "name: a\nversion: 1\n",
            "to: a\nname: b\n",
            "a b\nFrom: x\nTo: y\n",
            "From: a\nsome words\nTo: b\n",
        ] {
            assert!(!is_mail(text.as_bytes()), "{text}");
        }
        assert!(is_mail(b"Received: from a\n\tby b\nReturn-Path: c\n"));
    }

    #[test]
    fn hostile_mails_are_bounded() {
        let bomb = mail(&[("", &wrapped(&zip(&[("a", &vec![0; 6 << 20])])))]);
        assert_eq!(see_within(&bomb, tight()).reasons(), [SkipReason::OverLimit]);
        let head = "Date: x\nTo: y\n";
        for mark in ["=?a?b?", "=?a?b?YQ==?=", "Content-Transfer-Encoding: base64\n\n", "a: b\n ", "eJw=", "--\n\n"] {
            let seen = see(format!("{head}a: {}", mark.repeat(60_000)).as_bytes());
            assert_eq!(seen.reasons(), [], "{mark}");
        }
        let deep = (0..12).fold(zip(&[("a", &secret())]), |inner, _| mail(&[("", &wrapped(&inner))]));
        assert_eq!(see(&deep).reasons(), [SkipReason::OverLimit]);
        assert_eq!(see(&mail(&[("", &wrapped(&zlib(&secret())))])).places().len(), 1);
    }
}
