//! Rows A, continued: mail, documents, tables and dumps, which hold texts in compressed or encoded parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::containers::{zip, zlib};
use crate::table::{Row, elsewhere, prove, row};

pub(crate) const ROWS: &[Row] = &[
    row("A13b", "mail of 20,000 empty parts", 0, &[], |case| {
        case.control();
        let text = format!("the key: {}\r\n", case.key());
        let parts = [vec![("text/plain", &b""[..]); 20_000], vec![("text/plain", text.as_bytes())]].concat();
        case.write("parts.eml", mail(&parts));
    }),
    elsewhere("A13c", "mail in mail, without end, cut short", "src/archive/mail.rs", "hostile_mails_are_bounded"),
    row("A13d", "patch of 10,000 blocks that are cut", 3, &["damaged"], |case| {
        case.control();
        let blocks = "GIT binary patch\nliteral 0\n\nbegin 644 a\n#86)C\n".repeat(10_000);
        let text = format!("diff --git a/a b/a\nnew file mode 100644\n{blocks}+{}", case.line());
        case.write("a.patch", text);
    }),
    elsewhere("A13e", "patches with bombs, in each other", "src/archive/mail/blocks.rs", "hostile_blocks_are_bounded"),
    row("A14", "document whose only word is cut into 100,000 runs", 0, &[], |case| {
        case.control();
        let text: String = case.line().trim_end().chars().map(|char| format!("<w:r><w:t>{char}</w:t></w:r>")).collect();
        let runs = format!("<w:p>{}</w:p><w:p>{text}</w:p>", "<w:r><w:t>a</w:t></w:r>".repeat(100_000));
        let xml = format!("<?xml version=\"1.0\"?><w:document><w:body>{runs}</w:body></w:document>");
        case.write("runs.docx", zip(&[("word/document.xml", xml.as_bytes())]));
    }),
    elsewhere("A14b", "documents that nest, lie or end", "src/archive/office.rs", "hostile_documents_are_bounded"),
    row("A15", "registry export with a value of 200,000 lines", 0, &[], |case| {
        case.control();
        let hex: Vec<String> = case.line().bytes().map(|byte| format!("{byte:02x}")).collect();
        let long = "00,00,00,00,\\\r\n  ".repeat(200_000);
        let text =
            format!("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\a]\r\n\"Long\"=hex:{long}00\r\n");
        case.write("long.reg", format!("{text}\"Key\"=hex:{}\r\n", hex.join(",")));
    }),
    elsewhere("A15b", "exports that are cut or repeat", "src/archive/registry.rs", "hostile_exports_are_bounded"),
    elsewhere("A16", "Avro whose blocks lie", "src/archive/columnar/avro.rs", "hostile_blocks_are_bounded"),
    elsewhere("A16b", "ORC whose footer lies", "src/archive/columnar/orc.rs", "hostile_files_are_bounded"),
    elsewhere("A16c", "Parquet whose pages lie", "src/archive/columnar/parquet.rs", "hostile_files_are_bounded"),
    elsewhere(
        "A16d",
        "streams in a file that are bombs or endless",
        "src/archive/marked.rs",
        "hostile_files_are_bounded",
    ),
    row("A16e", "image of a file system with a bomb", 3, &["over-limit"], |case| {
        case.control();
        let text = case.line().repeat(40);
        let mut head = [b"hsqs", &[0; 28][..]].concat();
        (head[20], head[28]) = (1, 4);
        case.write("bomb.squashfs", [head, zlib(text.as_bytes()), zlib(&vec![0; 40 << 20])].concat());
    }),
    elsewhere("A17", "pg_dump with bombs and lies", "src/archive/columnar/pg_dump.rs", "hostile_dumps_are_bounded"),
    elsewhere("A17b", "phars whose list lies, bombs in them", "src/archive/phar.rs", "hostile_phars_are_bounded"),
    row("A17c", "Redis dump of 200,000 values that claim what follows", 0, &[], |case| {
        case.control();
        let claims = b"\xc3\x7f\xff\x7f\xff\x03abcd\x20\x00".repeat(200_000);
        let mut dump = [b"REDIS0011\xfe\0", &claims[..]].concat();
        dump.extend(case.line().into_bytes());
        case.write("dump.rdb", dump);
    }),
    elsewhere("A17d", "Redis dumps with bombs and lies", "src/archive/redis.rs", "hostile_dumps_are_bounded"),
    row("A18", "hexadecimal dump of a dump with a key", 0, &[], |case| {
        case.control();
        let line = case.line();
        case.write("dump.hex", dump(&dump(line.repeat(3).as_bytes())));
    }),
];

fn mail(parts: &[(&str, &[u8])]) -> String {
    let mut file = "Subject: a\r\nFrom: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n".to_owned();
    for (kind, body) in parts {
        let code = STANDARD.encode(body);
        let lines: Vec<&str> = code.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let head = format!("--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        file += &format!("{head}{}\r\n", lines.join("\r\n"));
    }
    file + "--b--\r\n"
}

/// Writes bytes as `xxd` does.
fn dump(bytes: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    for (at, part) in bytes.chunks(16).enumerate() {
        let pairs: Vec<String> =
            part.chunks(2).map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
        let shown: String =
            part.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' }).collect();
        text += &format!("{:08x}: {:39}  {shown}\n", at * 16, pairs.join(" "));
    }
    text.into_bytes()
}

#[test]
fn documents_and_dumps() {
    prove(ROWS);
}
