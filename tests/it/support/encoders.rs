//! Every disguise that the project claims to see through, as functions from a key to the text that hides it.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// A disguise: its name in this table, the chain that a report must name, and what it makes of a key. The key's code
/// begins behind the first `\u{1}` of what is returned and ends in front of the second; both are taken out.
pub(crate) type Disguise = (&'static str, &'static [&'static str], fn(&str) -> Vec<u8>);

fn marked(before: &str, code: &str, after: &str) -> Vec<u8> {
    format!("{before}\u{1}{code}\u{1}{after}").into_bytes()
}

fn each(key: &str, unit: fn(u8) -> String) -> String {
    key.bytes().map(unit).collect()
}

fn listed(key: &str, separator: &str, unit: fn(u8) -> String) -> String {
    key.bytes().map(unit).collect::<Vec<_>>().join(separator)
}

fn between(key: &str, gap: &str) -> String {
    key.chars().map(String::from).collect::<Vec<_>>().join(gap)
}

fn wrapped(code: &str, width: usize, eol: &str) -> String {
    let lines: Vec<&str> = code.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(eol)
}

fn split(key: &str, glue: &str) -> String {
    let at = key.find('_').unwrap() + 7;
    format!("{}{glue}{}", &key[..at], &key[at..])
}

fn wide(before: &str, key: &str, after: &str, unit: fn(char) -> Vec<u8>) -> Vec<u8> {
    let all = |text: &str| text.chars().flat_map(unit).collect::<Vec<u8>>();
    [all(before), vec![1], all(key), vec![1], all(after)].concat()
}

fn le16(c: char) -> Vec<u8> {
    (c as u16).to_le_bytes().to_vec()
}

fn be16(c: char) -> Vec<u8> {
    (c as u16).to_be_bytes().to_vec()
}

fn le32(c: char) -> Vec<u8> {
    u32::from(c).to_le_bytes().to_vec()
}

fn be32(c: char) -> Vec<u8> {
    u32::from(c).to_be_bytes().to_vec()
}

const REG: &str = "Windows Registry Editor\r\n[HKEY]\r\n\"StripeKey\"=\"";

pub(crate) const DISGUISES: &[Disguise] = &[
    ("base64", &["base64"], |key| marked("data:\n  STRIPE_KEY: ", &STANDARD.encode(key), "\n")),
    ("base64 unpadded", &["base64"], |key| marked("k=", &STANDARD_NO_PAD.encode(key), "\n")),
    ("base64 of a line", &["base64"], |key| marked("k=", &STANDARD.encode(format!("KEY={key}\n")), "\n")),
    ("base64, second alignment", &["base64"], |key| marked("k=", &STANDARD.encode(format!(":{key}:")), "\n")),
    ("base64, third alignment", &["base64"], |key| marked("k=", &STANDARD.encode(format!("::{key}\n")), "\n")),
    ("HTTP basic", &["base64"], |key| marked("Authorization: Basic ", &STANDARD.encode(format!("{key}:")), "\r\n")),
    ("base64url", &["base64url"], |key| marked("k=", &URL_SAFE.encode(format!("?>?>{key}?>?>")), "\n")),
    ("base64url unpadded", &["base64url"], |key| marked("k=", &URL_SAFE_NO_PAD.encode(format!("?>?>{key}~~~")), "\n")),
    ("base64 at 64", &["base64"], |key| {
        marked(
            "-----BEGIN X-----\n",
            &wrapped(&STANDARD.encode(format!("note {key} note {key}").replacen(key, "", 1)), 64, "\n"),
            "\n-----END X-----\n",
        )
    }),
    ("base64 at 76, CRLF", &["base64"], |key| {
        marked(
            "\r\n",
            &wrapped(
                &STANDARD.encode(format!("{}{key}", "the quick brown fox jumps over the lazy dog, ".repeat(4))),
                76,
                "\r\n",
            ),
            "\r\n",
        )
    }),
    ("base64 at 20, indented", &["base64"], |key| {
        marked("key: |\n    ", &wrapped(&STANDARD.encode(format!("{key}\n")), 20, "\n    "), "\nnext: 1\n")
    }),
    ("base64 in JSON lines", &["base64"], |key| {
        marked("{\"k\": \"", &wrapped(&STANDARD.encode(format!("{key}\n")), 30, "\\n"), "\"}")
    }),
    ("base64 in a data URI", &["base64"], |key| marked("url(data:text/plain;base64,", &STANDARD.encode(key), ")")),
    ("hex", &["hex"], |key| marked("X'", &each(key, |b| format!("{b:02x}")), "'")),
    ("hex, upper case", &["hex"], |key| marked("0x", &each(key, |b| format!("{b:02X}")), ";")),
    ("UTF-16LE with mark", &["utf-16le"], |key| wide(&format!("\u{feff}{REG}"), key, "\"\r\n", le16)),
    ("UTF-16BE with mark", &["utf-16be"], |key| wide(&format!("\u{feff}{REG}"), key, "\"\r\n", be16)),
    ("UTF-16LE", &["utf-16le"], |key| wide(REG, key, "\"\r\n", le16)),
    ("UTF-16BE", &["utf-16be"], |key| wide(REG, key, "\"\r\n", be16)),
    ("UTF-32LE with mark", &["utf-32le"], |key| wide(&format!("\u{feff}{REG}"), key, "\"\r\n", le32)),
    ("UTF-32BE", &["utf-32be"], |key| wide(REG, key, "\"\r\n", be32)),
    ("percent, underscores", &["percent"], |key| marked("?key=", &key.replace('_', "%5F"), "&a=b")),
    ("percent, lower case", &["percent"], |key| marked("?key=", &key.replace('_', "%5f"), "&a=b")),
    ("percent, all", &["percent"], |key| marked("?key=", &each(key, |b| format!("%{b:02X}")), "&a=b")),
    ("percent twice", &["percent"], |key| marked("?key=", &key.replace('_', "%255F"), "&a=b")),
    ("\\u, underscores", &["unicode-escape"], |key| marked("{\"key\":\"", &key.replace('_', "\\u005f"), "\"}")),
    ("\\u, all", &["unicode-escape"], |key| marked("{\"key\":\"", &each(key, |b| format!("\\u{b:04X}")), "\"}")),
    ("\\u{}", &["unicode-escape"], |key| marked("k = \"", &key.replace('_', "\\u{5f}"), "\"")),
    ("\\u in JSON in JSON", &["unicode-escape"], |key| {
        marked("{\"a\":\"{\\\"key\\\":\\\"", &key.replace('_', "\\\\u005F"), "\\\"}\"}")
    }),
    ("\\x, underscores", &["hex-escape"], |key| marked("k = '", &key.replace('_', "\\x5f"), "'")),
    ("\\x, all", &["hex-escape"], |key| marked("k = '", &each(key, |b| format!("\\x{b:02X}")), "'")),
    ("\\x, body", &["hex-escape"], |key| {
        let at = key.rfind('_').unwrap() + 1;
        marked("k = '", &format!("{}{}", &key[..at], each(&key[at..], |b| format!("\\x{b:02x}"))), "'")
    }),
    ("octal, underscores", &["octal-escape"], |key| marked("k = \"", &key.replace('_', "\\137"), "\"")),
    ("octal, all", &["octal-escape"], |key| marked("k = \"", &each(key, |b| format!("\\{b:03o}")), "\"")),
    ("entities, decimal", &["html-entity"], |key| marked("<k>", &key.replace('_', "&#95;"), "</k>")),
    ("entities, hexadecimal", &["html-entity"], |key| marked("<k>", &each(key, |b| format!("&#x{b:x};")), "</k>")),
    ("entities, named", &["html-entity"], |key| marked("<k>", &key.replace('_', "&lowbar;"), "</k>")),
    ("entities, other name", &["html-entity"], |key| marked("<k>", &key.replace('_', "&UnderBar;"), "</k>")),
    ("quoted-printable", &["quoted-printable"], |key| marked("Key: ", &key.replace('_', "=5F"), "\r\n")),
    ("quoted-printable, soft break", &["quoted-printable"], |key| marked("Key: ", &split(key, "=\r\n"), "\r\n")),
    ("line fold", &["folded"], |key| marked("BEGIN:VCARD\r\nNOTE:", &split(key, "\r\n "), "\r\nEND:VCARD\r\n")),
    ("line fold in the prefix", &["folded"], |key| {
        marked("dn: cn=a\nkey: ", &format!("{}\n {}", &key[..4], &key[4..]), "\n")
    }),
    ("LaTeX and Markdown", &["backslash-escape"], |key| marked("key: ", &key.replace('_', "\\_"), "\n")),
    ("RTF, all", &["hex-escape"], |key| marked("{\\rtf1 ", &each(key, |b| format!("\\'{b:02x}")), "}")),
    ("zero width", &["zero-width"], |key| marked("key: ", &split(key, "\u{200b}"), "\n")),
    ("zero width in the prefix", &["zero-width"], |key| marked("key: ", &key.replacen('_', "_\u{2060}", 1), "\n")),
    ("soft hyphen", &["zero-width"], |key| marked("key: ", &split(key, "\u{ad}"), "\n")),
    ("byte order mark", &["zero-width"], |key| marked("key: ", &split(key, "\u{feff}"), "\n")),
    ("joined with +", &["joined"], |key| marked("k = \"", &split(key, "\" + \""), "\";")),
    ("joined in the prefix", &["joined"], |key| marked("k = \"", &format!("{}\" + \"{}", &key[..4], &key[4..]), "\";")),
    ("joined over lines", &["joined"], |key| marked("k = ('", &split(key, "'\n     '"), "')")),
    ("joined with .", &["joined"], |key| marked("$k = '", &split(key, "' . '"), "';")),
    ("backslash and line end", &["joined"], |key| marked("KEY=", &split(key, "\\\n"), "\n")),
    ("template", &["joined"], |key| {
        let at = key.rfind('_').unwrap() + 1;
        marked("k = `", &format!("{}${{\"{}\"}}{}", &key[..at], &key[at..at + 5], &key[at + 5..]), "`;")
    }),
    ("list", &["joined"], |key| {
        let at = key.rfind('_').unwrap() + 1;
        marked(
            "k = [\"",
            &format!("{}\", \"{}\", \"{}", &key[..at], &key[at..at + 5], &key[at + 5..]),
            "\"].join(\"\");",
        )
    }),
    ("joined on both sides of the mode", &["joined"], |key| {
        let at = key.find('_').unwrap();
        let end = key.rfind('_').unwrap();
        marked("k = \"", &format!("{}\" + \"{}\" + \"{}", &key[..at], &key[at..end], &key[end..]), "\";")
    }),
    ("list of characters", &["joined"], |key| {
        let at = key.rfind('_').unwrap() + 1;
        marked("k = ['", &format!("{}','{}", between(&key[..at], "','"), &key[at..]), "'].join('');")
    }),
    ("list in Go", &["joined"], |key| {
        marked("k := strings.Join([]string{\"", &key.replace('_', "\", \""), "\"}, \"_\")")
    }),
    ("list joined by underscores", &["joined"], |key| {
        marked("k = [\"", &key.replace('_', "\", \""), "\"].join(\"_\");")
    }),
    ("percent twice, lower case", &["percent"], |key| marked("?key=", &key.replace('_', "%255f"), "&a=b")),
    ("percent twice, all", &["percent"], |key| marked("?key=", &each(key, |b| format!("%25{b:02x}")), "&a=b")),
    ("zero width between all", &["zero-width"], |key| marked("key: ", &between(key, "\u{200b}"), "\n")),
    ("soft hyphen between all", &["zero-width"], |key| marked("key: ", &between(key, "\u{ad}"), "\n")),
    ("word joiner between all", &["zero-width"], |key| marked("key: ", &between(key, "\u{2060}"), "\n")),
    ("hex with blanks", &["hex"], |key| marked("dump: ", &listed(key, " ", |b| format!("{b:02x}")), "\n")),
    ("hex with colons", &["hex"], |key| marked("dump = '", &listed(key, ":", |b| format!("{b:02X}")), "'")),
    ("hex with commas", &["hex"], |key| marked("\"k\"=hex:", &listed(key, ",", |b| format!("{b:02x}")), "\r\n")),
    ("hex literals", &["char-codes"], |key| marked("k[] = {", &listed(key, ", ", |b| format!("0x{b:02x}")), "};")),
    ("character codes", &["char-codes"], |key| {
        marked("String.fromCharCode(", &listed(key, ",", |b| b.to_string()), ")")
    }),
    ("character codes on lines", &["char-codes"], |key| {
        marked("[\n  ", &listed(key, ",\n  ", |b| b.to_string()), "\n]")
    }),
    ("base64 of zlib", &["base64", "zlib"], |key| {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(key.as_bytes()).unwrap();
        marked("k: ", &STANDARD.encode(packed.finish().unwrap()), "\n")
    }),
    ("base64 of bzip2", &["base64", "bzip2"], |key| {
        let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        packed.write_all(key.as_bytes()).unwrap();
        marked("k: ", &STANDARD.encode(packed.finish().unwrap()), "\n")
    }),
    ("base64 of base64", &["base64", "base64"], |key| marked("k: ", &STANDARD.encode(STANDARD.encode(key)), "\n")),
    ("base64 of UTF-16", &["base64", "utf-16le"], |key| {
        marked("powershell -enc ", &STANDARD.encode(key.chars().flat_map(le16).collect::<Vec<u8>>()), "\n")
    }),
    ("base64 of JSON", &["base64", "unicode-escape"], |key| {
        marked("v: ", &STANDARD.encode(format!("{{\"key\":\"{}\"}}", key.replace('_', "\\u005f"))), "\n")
    }),
    ("hex of base64", &["hex", "base64"], |key| {
        marked("v: ", &each(&STANDARD.encode(key), |b| format!("{b:02x}")), "\n")
    }),
    ("UTF-16 of base64", &["utf-16le", "base64"], |key| wide("$key = \"", &STANDARD.encode(key), "\"\r\n", le16)),
    ("percent of joined", &["percent", "joined"], |key| {
        marked("k=\"", &split(key, "\" + \"").replace('_', "%5F"), "\"")
    }),
    ("base64 three times", &["base64", "base64", "base64"], |key| {
        marked("k: ", &STANDARD.encode(STANDARD.encode(STANDARD.encode(key))), "\n")
    }),
];

/// A disguised key with its marks taken out: the text, and where the code stands in it.
pub(crate) fn disguise(make: fn(&str) -> Vec<u8>, key: &str) -> (Vec<u8>, std::ops::Range<usize>) {
    let text = make(key);
    let mut marks = text.iter().enumerate().filter(|(_, byte)| **byte == 1).map(|(at, _)| at);
    let (first, second) = (marks.next().unwrap(), marks.next().unwrap());
    let plain = text.iter().copied().filter(|byte| *byte != 1).collect();
    (plain, first..second - 1)
}
