//! Texts of office documents in XML: Word, PowerPoint, Excel, OpenDocument. A change of format in the middle of a word, and
//! often an edit, cuts it into several runs: such words are visited once more, joined.

use std::io::Read;

use memchr::memmem;

use super::Seekable;
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("office", b"<", is_office, OpenMode::Document(open));

/// Beginnings of elements that hold texts, in the names that all writers use for their namespaces.
const ROOTS: &[&[u8]] = &[
    b"<w:document",
    b"<w:ftr",
    b"<w:hdr",
    b"<w:comments",
    b"<w:footnotes",
    b"<w:endnotes",
    b"<w:wordDocument",
    b"<pkg:package",
    b"<p:sld",
    b"<p:notes",
    b"<sst",
    b"<office:document",
];

/// Elements that end a word.
const BREAKS: &[&[u8]] = &[
    b"p",
    b"h",
    b"br",
    b"cr",
    b"tab",
    b"s",
    b"line-break",
    b"tc",
    b"tr",
    b"row",
    b"c",
    b"si",
    b"table-cell",
    b"list-item",
    b"instrText",
    b"delText",
    b"delInstrText",
];

/// Fewest and most bytes of a word, and bytes that are visited at once.
const MIN_WORD: usize = 12;
const MAX_WORD: usize = 4 << 10;
const BATCH: usize = 1 << 20;

fn is_office(head: &[u8]) -> bool {
    ROOTS.iter().any(|root| memmem::find(head, root).is_some())
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    if !walker.seek(input, 0) {
        return;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    let mut words = JoinedWords::default();
    let mut chunk = vec![0; 64 << 10];
    while walker.budget.in_time() {
        // An error ends the document, and the reader that met it has reported it.
        let count = source.read(&mut chunk).unwrap_or(0);
        words.read(&chunk[..count]);
        if count == 0 {
            words.end_word();
        }
        if !words.text.is_empty() && (count == 0 || words.text.len() > BATCH) {
            walker.piece("joined runs".to_owned(), &std::mem::take(&mut words.text));
        }
        if count == 0 {
            break;
        }
    }
    walker.report_stop();
}

/// Collects the words that tags cut.
#[derive(Default)]
struct JoinedWords {
    /// The tag that is being read, as far as its name goes.
    tag: Option<Vec<u8>>,
    word: Vec<u8>,
    /// Set if a tag stands behind the last byte of the word, and inside of the word.
    at_tag: bool,
    is_cut: bool,
    text: Vec<u8>,
}

impl JoinedWords {
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().copied() {
            match (&mut self.tag, byte) {
                (Some(_), b'>') => self.end_tag(),
                (Some(tag), _) if tag.len() < 24 => tag.push(byte),
                (Some(_), _) => {}
                (None, b'<') => self.tag = Some(Vec::new()),
                (None, _) if byte.is_ascii_whitespace() => self.end_word(),
                (None, _) => {
                    self.is_cut |= self.at_tag && !self.word.is_empty();
                    self.at_tag = false;
                    if self.word.len() < MAX_WORD {
                        self.word.push(byte);
                    }
                }
            }
        }
    }

    fn end_tag(&mut self) {
        let tag = self.tag.take().unwrap_or_default();
        let tag = tag.strip_prefix(b"/").unwrap_or(&tag);
        let name = tag.split(|byte| matches!(byte, b' ' | b'/' | b'\t' | b'\r' | b'\n')).next().unwrap_or_default();
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        self.at_tag = true;
        if BREAKS.contains(&local) {
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.is_cut) && self.word.len() >= MIN_WORD {
            self.text.extend_from_slice(&self.word);
            self.text.push(b'\n');
        }
        self.word.clear();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, see, zip};

    /// A document of one word in two runs.
    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        [b"<?xml version=\"1.0\"?><w:document><w:t>", &text[..9], b"</w:t><w:t>", &text[9..], b"</w:t>"].concat()
    }

    #[test]
    fn words_in_several_runs_are_joined() {
        let mark = std::str::from_utf8(MARK).unwrap();
        let (one, rest) = mark.split_at(7);
        let (two, three) = rest.split_at(4);
        for text in [
            format!(
                "<?xml?>\n<w:document><w:p><w:r><w:t>key {one}</w:t></w:r><w:proofErr w:type=\"x\"/><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">{two}</w:t></w:r><w:r><w:t>{three} x</w:t></w:r></w:p>"
            ),
            format!("<office:document-content><text:p>{one}<text:span>{two}</text:span>{three}<text:s/>x</text:p>"),
            format!("<sst><si><r><t>{one}</t></r><r><t>{two}{three}</t></r></si><si><t>x</t></si>"),
            format!("<p:sld><a:p><a:r><a:t>{one}{two}</a:t></a:r><a:r><a:t>{three}</a:t></a:r></a:p>"),
        ] {
            let seen = see(&zip(&[("word/a.xml", text.as_bytes())]));
            assert_eq!((seen.places(), seen.reasons()), (vec!["word/a.xml!joined runs"], vec![]), "{text}");
        }
    }

    #[test]
    fn other_words_stay_apart() {
        let mark = std::str::from_utf8(MARK).unwrap();
        let (one, two) = mark.split_at(7);
        for text in [
            format!("<w:document><w:p><w:t>{mark}</w:t></w:p>"),
            format!("<w:document><w:p>{one}</w:p><w:p>{two}</w:p>"),
            format!("<w:document><w:t>{one}</w:t><w:br/><w:t>{two}</w:t>"),
            format!("<w:document><w:t>{one} </w:t><w:t>{two}</w:t>"),
            format!("<w:document>\n<w:t>{one}</w:t>\n<w:t>{two}</w:t>"),
            format!("<html><p>{one}<b>{two}</b>"),
        ] {
            let seen = see(text.as_bytes());
            assert_eq!((seen.members.len(), seen.reasons()), (0, vec![]), "{text}");
        }
    }

    #[test]
    fn hostile_documents_are_bounded() {
        for mark in ["<", ">", "a<b>", "<w:p", "<w:t>abcdefghijkl<a>m", "abcdefghijklm<a>n<w:p>"] {
            let seen = see(format!("<w:document>{}", mark.repeat(300_000)).as_bytes());
            assert_eq!(seen.reasons(), [], "{mark}");
        }
    }
}
