//! Members of archives: which of their texts a key is in, and members that take a second look to be read.

use super::support::containers::{gzip, tar, zip, zlib};
use super::support::{Dir, git};

#[test]
fn members_say_which_of_their_texts_a_key_is_in() {
    let mut dir = Dir::new();
    let map =
        dir.forge.fill(r#"{"version":3,"sources":["src/a.ts","src/pay.ts"],"sourcesContent":["","k='{{sk_live}}'"]}"#);
    let book = dir.forge.fill(r#"{"cells":[{"source":[]},{"source":["k = '{{rk_live}}'"]}],"nbformat":4}"#);
    let filler = "x".repeat(1_500_000);
    let large = dir.forge.fill(&format!(
        r#"{{"sourcesContent":["{filler}","k='{{{{rk_test}}}}'"],"sources":["src/a.ts","src/large.ts"]}}"#
    ));
    let plain = dir.forge.fill(r#"{"k": "{{sk_test}}"}"#);
    let inner = tar(&[("n.ipynb", book.as_bytes()), ("large.map", large.as_bytes())]);
    let all = [("app.js.map", map.as_bytes()), ("in.tgz", &gzip(&inner)), ("plain.json", plain.as_bytes())];
    dir.write_bytes("dist.zip", &zip(&all));
    let report = dir.scan(&["."]).report();
    let mut seen: Vec<_> =
        report.findings.iter().flat_map(|f| &f.locations).map(|l| (l.archive.join("!"), l.within.as_deref())).collect();
    seen.sort();
    let expected = [
        ("app.js.map".to_owned(), Some("src/pay.ts")),
        ("in.tgz!large.map".to_owned(), Some("src/large.ts")),
        ("in.tgz!n.ipynb".to_owned(), Some("cell 2")),
        ("plain.json".to_owned(), None),
    ];
    assert_eq!(seen, expected);
}

/// A zip whose deflated member says that it is Deflate64, which it is as well: without matches longer than 257 bytes
/// and further away than 32 KiB, both are the same.
#[test]
fn deflate64_is_read() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("# settings, settings\nKEY={{sk_live}}\n");
    let mut bytes = zip(&[("conf/.env", env.as_bytes())]);
    for (mark, method) in [(&b"PK\x03\x04"[..], 8), (b"PK\x01\x02", 10)] {
        let at = memchr::memmem::find(&bytes, mark).unwrap();
        assert_eq!(bytes[at + method], 8);
        bytes[at + method] = 9;
    }
    dir.write_bytes("a.zip", &bytes);
    dir.write_bytes("b.tar", &tar(&[("in.zip", &bytes)]));
    let report = dir.scan(&["."]).report();
    assert!(report.coverage.complete, "{:?}", report.coverage.skipped);
    let mut seen: Vec<_> = report.findings.iter().flat_map(|f| &f.locations).map(|l| l.archive.join("!")).collect();
    seen.sort();
    assert_eq!(seen, ["conf/.env", "in.zip!conf/.env"]);
}

#[test]
fn objects_named_by_sha256_have_their_names() {
    let mut dir = Dir::new();
    let noise: String = (0..2_000_u32).map(|at| format!("{}\n", at.wrapping_mul(2_654_435_761))).collect();
    let first = dir.forge.fill(&format!("{noise}KEY={{{{sk_live}}}}\n{noise}"));
    dir.git(&["init", "-q", "--object-format=sha256", "source"]);
    let source = dir.join("source");
    for (number, text) in [noise.clone() + &noise, first, format!("{noise}end\n{noise}")].iter().enumerate() {
        dir.write_bytes("source/a.txt", text.as_bytes());
        git(&source, &["add", "."]);
        git(&source, &["commit", "-q", "-m", &number.to_string()]);
    }
    std::fs::create_dir(dir.join("out")).unwrap();
    for (by_distance, name) in [("true", "distance"), ("false", "id")] {
        let option = format!("repack.useDeltaBaseOffset={by_distance}");
        git(&source, &["-c", &option, "repack", "-adfq"]);
        let packs = std::fs::read_dir(source.join(".git/objects/pack")).unwrap();
        let mut packs = packs.map(|entry| entry.unwrap().path()).filter(|path| path.extension().unwrap() == "pack");
        std::fs::copy(packs.next().unwrap(), dir.join(&format!("out/{name}.pack"))).unwrap();
    }
    git(&source, &["bundle", "create", "-q", "../out/all.bundle", "HEAD"]);
    let blob = git(&source, &["rev-parse", "HEAD~1:a.txt"]);
    let report = dir.run(&["scan", "--format", "json", "out"]).report();
    assert!(report.coverage.complete, "{:?}", report.coverage.skipped);
    let mut seen: Vec<_> =
        report.findings.iter().flat_map(|f| &f.locations).map(|l| (l.path.as_str(), l.archive.join("!"))).collect();
    seen.sort();
    let member = format!("blob {}", blob.trim());
    let expected = ["all.bundle", "distance.pack", "id.pack"].map(|path| (path, member.clone()));
    assert_eq!(seen, expected);
}

#[test]
fn compressed_parts_of_documents_are_searched() {
    let mut dir = Dir::new();
    let [page, comment, old] =
        ["sk_live", "rk_live", "sk_test"].map(|kind| dir.forge.fill(&format!("(k = {{{{{kind}}}}}) Tj\n")));
    let pdf = |text: &str| {
        let data = zlib(text.as_bytes());
        let head = format!("%PDF-1.7\n12 0 obj\n<< /Filter /FlateDecode /Length {} >>\nstream\n", data.len());
        [head.as_bytes(), &data, b"\nendstream\nendobj\n%%EOF\n"].concat()
    };
    let png = |text: &str| {
        let data = [b"Comment\0\0", &zlib(text.as_bytes())[..]].concat();
        let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0crc1";
        [&head[..], &(data.len() as u32).to_be_bytes(), b"zTXt", &data, b"crc2\0\0\0\0IENDcrc3"].concat()
    };
    dir.git(&["init", "-q"]);
    dir.write_bytes("a.pdf", &pdf(&old));
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "-m", "one"]);
    dir.write_bytes("a.pdf", &pdf(&page));
    dir.write_bytes("in.tgz", &gzip(&tar(&[("a.png", &png(&comment))])));
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "-m", "two"]);
    dir.git(&["gc", "-q"]);
    let mut expected = vec![("a.pdf", "object 12 stream".to_owned()), ("in.tgz", "a.png!zTXt Comment".to_owned())];
    for mode in [".", "--history"] {
        let report = dir.scan(&[mode]).report();
        assert!(report.coverage.complete, "{:?}", report.coverage.skipped);
        let locations = report.findings.iter().flat_map(|finding| &finding.locations);
        let mut seen: Vec<_> = locations.map(|at| (at.path.as_str(), at.archive.join("!"))).collect();
        seen.sort();
        assert_eq!(seen, expected, "{mode}");
        expected.insert(0, expected[0].clone());
    }
    dir.write_bytes("locked.pdf", &[&pdf(&page)[..], b"trailer << /Encrypt 9 0 R >>\n"].concat());
    let skipped = dir.scan(&["locked.pdf"]).report().coverage.skipped;
    assert_eq!(skipped.iter().map(|skipped| skipped.reason.name()).collect::<Vec<_>>(), ["encrypted"]);
}
