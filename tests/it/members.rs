//! Members of archives: which of their texts a key is in, and members that take a second look to be read.

use super::support::containers::{gzip, tar, zip};
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
