//! Archives as places, through the real program.

use std::io::{Cursor, Write};

use pinstripe::model::Report;
use zip::write::SimpleFileOptions;

use super::support::containers::{bzip2, deb, gzip, tar, xz, zip, zip_as, zstd};
use super::support::{Dir, Run, git, run_in};

const MAIN: &[&str] = &["scan", "--format", "json", "--min-severity", "note", "."];

fn crx(zip: &[u8]) -> Vec<u8> {
    [&b"Cr24\x03\0\0\0\x08\0\0\0"[..], &[0x12, 6, 0x0a, 4, 1, 2, 3, 4], zip].concat()
}

/// Scans a directory with one file.
fn scan_one(name: &str, bytes: &[u8]) -> Run {
    let dir = Dir::new();
    dir.write_bytes(name, bytes);
    dir.run(MAIN)
}

/// Rule and place of every location: path and members joined by `!`, with line and column.
fn places(report: &Report) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for finding in &report.findings {
        for at in &finding.locations {
            let chain = [std::slice::from_ref(&at.path), &at.archive].concat().join("!");
            places.push((finding.rule.clone(), format!("{chain}:{}:{}", at.line, at.column)));
        }
    }
    places.sort();
    places
}

fn reasons(report: &Report) -> Vec<&'static str> {
    report.coverage.skipped.iter().map(|skipped| skipped.reason.name()).collect()
}

#[test]
fn a_key_two_levels_deep_is_found_in_every_format() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("# settings\nSTRIPE_SECRET_KEY={{sk_live}}\n");
    let env = env.as_bytes();
    let conf = tar(&[("package/readme", b"nothing"), ("package/.env", env)]);
    let layer = tar(&[("srv/app/.env", env)]);
    let mut cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.zip", zip(&[("in.tar.gz", &gzip(&conf))]), "in.tar.gz!package/.env"),
        ("app.war", zip(&[("WEB-INF/lib/in.jar", &zip(&[("app/.env", env)]))]), "WEB-INF/lib/in.jar!app/.env"),
        ("app.apk", zip(&[("assets/in.zip", &zip(&[("app/.env", env)]))]), "assets/in.zip!app/.env"),
        ("x.docx", zip(&[("word/embeddings/o.xlsx", &zip(&[("xl/s.xml", env)]))]), "word/embeddings/o.xlsx!xl/s.xml"),
        ("x.crx", crx(&zip(&[("in.zip", &zip(&[("app/.env", env)]))])), "in.zip!app/.env"),
        ("pkg-1.0.tgz", gzip(&conf), "package/.env"),
        ("pkg-1.0.crate", gzip(&tar(&[("pkg-1.0/in.zip", &zip(&[(".env", env)]))])), "pkg-1.0/in.zip!.env"),
        ("pkg-1.0.gem", tar(&[("data.tar.gz", &gzip(&conf))]), "data.tar.gz!package/.env"),
        ("a.tar", tar(&[("in.tar", &conf)]), "in.tar!package/.env"),
        ("a.tar.bz2", bzip2(&tar(&[("in.zip", &zip(&[(".env", env)]))])), "in.zip!.env"),
        ("a.tar.xz", xz(&tar(&[("in.tar.bz2", &bzip2(&conf))])), "in.tar.bz2!package/.env"),
        ("a.tar.zst", zstd(&tar(&[("in.tar.xz", &xz(&conf))])), "in.tar.xz!package/.env"),
        ("b.tar", tar(&[("in.env.gz", &gzip(env))]), "in.env.gz!in.env"),
        ("b.zip", zip(&[("in.env.zst", &zstd(env))]), "in.env.zst!in.env"),
        ("env.gz", gzip(&gzip(env)), "content!content"),
        ("p.deb", deb(&[("data.tar.xz", &xz(&conf))]), "data.tar.xz!package/.env"),
        ("image.tar", tar(&[("manifest.json", b"[]"), ("0a1b/layer.tar", &layer)]), "0a1b/layer.tar!srv/app/.env"),
        ("oci.tar", tar(&[("blobs/sha256/0a1b", &gzip(&layer))]), "blobs/sha256/0a1b!srv/app/.env"),
        ("oci-zstd.tar", tar(&[("blobs/sha256/0a1b", &zstd(&layer))]), "blobs/sha256/0a1b!srv/app/.env"),
        ("no-name-that-says-so", zip(&[("neither", &xz(&conf))]), "neither!package/.env"),
    ];
    for name in ["a.jar", "a.whl", "a.aab", "a.ipa", "a.xlsx", "a.vsix", "a.nupkg"] {
        cases.push((name, zip(&[("in.jar", &zip(&[("app/.env", env)]))]), "in.jar!app/.env"));
    }
    for (name, bytes, _) in &cases {
        dir.write_bytes(name, bytes);
    }
    let run = dir.run(MAIN);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.report();
    assert!(report.coverage.complete, "{:?}", report.coverage.skipped);
    let mut expected: Vec<_> =
        cases.iter().map(|(name, _, chain)| ("secret-live".to_owned(), format!("{name}!{chain}:2:19"))).collect();
    expected.sort();
    assert_eq!(places(&report), expected);
}

#[test]
fn a_stored_member_is_told_once() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("KEY={{rk_live}}\n");
    let inner = zip_as(zip::CompressionMethod::Stored, &[("a/.env", env.as_bytes())]);
    dir.write_bytes("x.zip", &zip_as(zip::CompressionMethod::Stored, &[("in.zip", &inner)]));
    dir.write_bytes("y.tar", &tar(&[("b/.env", env.as_bytes())]));
    let report = dir.run(MAIN).report();
    let found = places(&report);
    let found: Vec<&str> = found.iter().map(|(_, place)| place.as_str()).collect();
    assert_eq!(found, ["x.zip!in.zip!a/.env:1:5", "y.tar!b/.env:1:5"]);
}

#[test]
fn a_key_in_no_member_is_found_in_the_raw_bytes() {
    let mut dir = Dir::new();
    let comment = dir.forge.fill("pay {{sk_live}}");
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_comment(comment).unwrap();
    writer.start_file("x", SimpleFileOptions::default()).unwrap();
    dir.write_bytes("x.zip", &writer.finish().unwrap().into_inner());
    let run = dir.run(MAIN);
    assert_eq!(run.code, 1);
    assert_eq!(run.report().findings[0].locations[0].archive, Vec::<String>::new());
}

#[test]
fn a_key_in_a_member_name_is_found_and_not_shown() {
    let mut dir = Dir::new();
    let name = dir.forge.fill("conf/{{sk_live}}.txt");
    dir.write_bytes("x.tgz", &gzip(&tar(&[(&name, b"nothing")])));
    let run = dir.run(MAIN);
    assert_eq!(run.code, 1);
    let at = &run.report().findings[0].locations[0];
    assert!(at.archive[0].starts_with("conf/sk_live_…"), "{:?}", at.archive);
    let body = &name["conf/sk_live_".len() + 30..name.len() - 10];
    assert!(!run.stdout.contains(body) && !run.stderr.contains(body));
}

#[test]
fn one_key_in_many_members_has_a_bounded_list_of_places() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("KEY={{sk_live}}\n");
    let names: Vec<String> = (0..1_200).map(|at| format!("{at}/.env")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), env.as_bytes())).collect();
    dir.write_bytes("x.zip", &zip(&members));
    let run = dir.run(MAIN);
    let report = run.report();
    assert_eq!((run.code, reasons(&report), report.findings.len()), (1, vec![], 1));
    assert_eq!((report.findings[0].locations.len(), report.findings[0].more_locations), (256, 944));
}

#[test]
fn archives_are_opened_in_what_is_staged_and_in_a_range() {
    let mut dir = Dir::new();
    let (old, new) = (dir.forge.fill("KEY={{sk_live}}\n"), dir.forge.fill("KEY={{rk_live}}\n"));
    dir.git(&["init", "-q"]);
    dir.write_bytes("x.zip", &zip(&[("a/.env", old.as_bytes())]));
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "-m", "one"]);
    // The old key stood in the archive before; the new one did not.
    dir.write_bytes(
        "x.zip",
        &zip(&[("a/.env", old.as_bytes()), ("b.tgz", &gzip(&tar(&[("b/.env", new.as_bytes())])))]),
    );
    dir.git(&["add", "."]);
    let staged = dir.run(&["scan", "--format", "json", "--staged"]);
    dir.git(&["commit", "-q", "-m", "two"]);
    let range = dir.run(&["scan", "--format", "json", "--range", "HEAD~1..HEAD"]);
    for run in [staged, range] {
        assert_eq!(run.code, 1, "{}", run.stderr);
        let report = run.report();
        let place = |rule: &str, place: &str| (rule.to_owned(), place.to_owned());
        let expected = [place("restricted-live", "x.zip!b.tgz!b/.env:1:5"), place("secret-live", "x.zip!a/.env:1:5")];
        assert_eq!(places(&report), expected);
        for finding in &report.findings {
            let status = if finding.rule == "secret-live" { "existing" } else { "open" };
            assert_eq!(serde_json::to_value(finding.status).unwrap(), status, "{}", finding.rule);
        }
    }
}

#[test]
fn archives_may_stay_closed() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("KEY={{sk_live}}\n");
    dir.write_bytes("x.zip", &zip(&[("a", env.as_bytes())]));
    let run = dir.run(&["scan", "--format", "json", "--no-archives", "."]);
    let report = run.report();
    assert_eq!((run.code, report.findings.len(), reasons(&report)), (0, 0, vec!["archive-not-opened"]));
    assert!(report.coverage.complete);
}

#[test]
fn standard_input_may_be_an_archive() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("KEY={{sk_live}}\n");
    let noise: Vec<u8> = (0..3_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let arguments = ["scan", "--format", "json", "--stdin", "--stdin-name", "in"];
    for bytes in [zip(&[("a", env.as_bytes())]), gzip(&tar(&[("noise", &noise), ("a", env.as_bytes())]))] {
        let run = run_in(dir.path(), &arguments, &bytes);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert_eq!(places(&run.report())[0].1, "in!a:1:5");
    }
}

#[test]
fn a_large_archive_is_opened_from_disk() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("KEY={{sk_live}}\n");
    let noise: Vec<u8> = (0..5_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    dir.write_bytes("x.zip", &zip_as(zip::CompressionMethod::Stored, &[("noise", &noise), ("a", env.as_bytes())]));
    let inner = zip(&[("a", env.as_bytes())]);
    dir.write_bytes("y.tar", &tar(&[("noise", &noise), ("in.zip", &inner)]));
    let found = places(&dir.run(MAIN).report());
    let found: Vec<&str> = found.iter().map(|(_, place)| place.as_str()).collect();
    assert_eq!(found, ["x.zip!a:1:5", "y.tar!in.zip!a:1:5"]);
}

#[test]
fn text_that_starts_like_an_archive_is_text() {
    let mut dir = Dir::new();
    for (name, magic) in
        [("a", &b"PK\x03\x04"[..]), ("b", b"\x1f\x8b"), ("c", b"BZh9"), ("d", b"%PDF"), ("e", b"\x28\xb5\x2f\xfd")]
    {
        let text = dir.forge.fill(" is how some files start\nKEY={{sk_live}}\n");
        dir.write_bytes(name, &[magic, text.as_bytes()].concat());
    }
    let run = dir.run(MAIN);
    let report = run.report();
    assert_eq!((run.code, places(&report).len(), report.coverage.complete), (1, 5, true), "{:?}", report.coverage);
}

#[test]
fn what_cannot_be_read_is_counted_and_decides_the_exit_code() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("KEY={{sk_live}}\n");
    let noise: Vec<u8> = (0..200_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let whole = gzip(&noise);
    let with_key = gzip(&[env.as_bytes(), &noise].concat());
    let nest = |count: usize| (0..count).fold(b"text".to_vec(), |inner, _| zip(&[("n.zip", &inner)]));
    let locked = {
        use zip::unstable::write::FileOptionsExt;
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().with_deprecated_encryption(b"pass").unwrap();
        writer.start_file("locked", options).unwrap();
        writer.write_all(env.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    };
    let cases: [(&str, Vec<u8>, i32, &str); 9] = [
        ("truncated", whole[..whole.len() / 2].to_vec(), 3, "damaged"),
        ("truncated with a key", with_key[..with_key.len() / 2].to_vec(), 1, "damaged"),
        ("trailing garbage", [&whole[..], b"garbage"].concat(), 3, "damaged"),
        ("nested twelve deep", nest(12), 3, "over-limit"),
        ("encrypted", locked, 3, "encrypted"),
        ("bomb", gzip(&vec![0; 64 << 20]), 3, "over-limit"),
        ("bomb in a zip", zip(&[("a", &vec![0; 64 << 20])]), 3, "over-limit"),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04\x8a\x1b".to_vec(), 3, "unsupported"),
        ("window", vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00], 3, "over-limit"),
    ];
    for (name, bytes, code, reason) in cases {
        let run = scan_one("it", &bytes);
        let report = run.report();
        assert_eq!((run.code, reasons(&report)), (code, vec![reason]), "{name}");
        assert!(report.coverage.skipped[0].examples[0].starts_with("it"), "{:?}", report.coverage.skipped);
    }
    let run = {
        dir.write_bytes("it", &whole[..whole.len() / 2]);
        dir.run(&["scan", "--allow-incomplete", "."])
    };
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn nothing_is_written() {
    let mut dir = Dir::new();
    let env = dir.forge.fill("KEY={{sk_live}}\n");
    let inner = zip(&[("../../escape", env.as_bytes()), ("/tmp/absolute", b"x")]);
    dir.write_bytes("x/it.tar", &tar(&[("in.zip", &inner), ("b", env.as_bytes())]));
    let count = || walkdir::WalkDir::new(dir.path()).into_iter().count();
    let before = count();
    let mut command = super::support::program();
    command.current_dir(dir.path()).env("TMPDIR", dir.join("missing")).args(["scan", "x"]);
    assert_eq!(command.output().unwrap().status.code(), Some(1));
    assert_eq!(count(), before);
}

/// The peak of resident memory, as the kernel counts it.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_what_archives_hold() {
    let dir = Dir::new();
    let zeros = vec![0_u8; 48 << 20];
    let noise: Vec<u8> = (0..2_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    dir.write_bytes("wide.zip", &zip(&[("noise", &noise), ("a", &zeros), ("b", &zeros), ("c", &zeros)]));
    dir.write_bytes("deep.tar.gz", &gzip(&tar(&[("noise", &noise), ("in.tar.gz", &gzip(&tar(&[("zeros", &zeros)])))])));
    let mut child = super::support::program()
        .current_dir(dir.path())
        .args(["scan", "--threads", "2", "."])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        let kib: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0);
        peak = peak.max(kib);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(peak < 100 << 10, "{peak} KiB");
}

#[test]
fn packs_and_bundles_in_a_tree_are_read() {
    let mut dir = Dir::new();
    let noise: String = (0..2_000_u32).map(|at| format!("{}\n", at.wrapping_mul(2_654_435_761))).collect();
    let first = dir.forge.fill(&format!("{noise}KEY={{{{sk_live}}}}\n{noise}"));
    dir.git(&["init", "-q", "source"]);
    let source = dir.join("source");
    // Each version is a delta of the next, and the middle one alone holds the key.
    for (number, text) in [noise.clone() + &noise, first, format!("{noise}end\n{noise}")].iter().enumerate() {
        dir.write_bytes("source/a.txt", text.as_bytes());
        git(&source, &["add", "."]);
        git(&source, &["commit", "-q", "-m", &number.to_string()]);
    }
    // Once with bases named by distance, once by id.
    for (by_distance, name) in [("true", "out/distance.pack"), ("false", "out/id.pack")] {
        let option = format!("repack.useDeltaBaseOffset={by_distance}");
        git(&source, &["-c", &option, "repack", "-adfq"]);
        dir.write_bytes(name, &read_pack(&source));
    }
    git(&source, &["bundle", "create", "-q", "../all.bundle", "HEAD"]);
    let blob = git(&source, &["rev-parse", "HEAD~1:a.txt"]);
    std::fs::rename(dir.join("all.bundle"), dir.join("out/all.bundle")).unwrap();
    let run = dir.run(&["scan", "--format", "json", "out"]);
    let report = run.report();
    let member = format!("blob {}", blob.trim());
    let found: Vec<(String, String)> = places(&report);
    let expected = ["all.bundle", "distance.pack", "id.pack"]
        .map(|name| ("secret-live".to_owned(), format!("{name}!{member}:2001:5")));
    assert_eq!(found, expected, "{}", run.stderr);
    assert!(report.coverage.complete, "{:?}", report.coverage.skipped);
    let pack = read_pack(&source);
    dir.write_bytes("cut/it.pack", &pack[..pack.len() / 2]);
    assert_eq!(reasons(&dir.run(&["scan", "--format", "json", "cut"]).report()), ["damaged"]);
    // A delta of an object that is elsewhere is shown as far as it goes, and counted.
    git(&source, &["bundle", "create", "-q", "../thin.bundle", "HEAD~1..HEAD"]);
    let run = dir.run(&["scan", "--format", "json", "thin.bundle"]);
    assert_eq!((run.code, reasons(&run.report())), (3, vec!["missing-object"]));
}

/// Returns the only pack of a repository.
fn read_pack(repository: &std::path::Path) -> Vec<u8> {
    let mut paths = std::fs::read_dir(repository.join(".git/objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    std::fs::read(paths.find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap()).unwrap()
}
