//! Rows R: saved reports, which anybody may have written.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::case::Case;
use crate::invariants::forbidden;
use crate::support::program;
use crate::table::{Row, own, prove};
use crate::watch::{Ceiling, Watched, watch};
use pinstripe::report::FORMATS;

const CEILING: Ceiling = Ceiling { mib: 150, seconds: 120 };

pub(crate) const ROWS: &[Row] = &[
    own("R01", "report nested 100,000 deep", || {
        let deep = |open: &str, shut: &str| format!("{{\"schema\":{}{}}}", open.repeat(100_000), shut.repeat(100_000));
        refused(&[(deep("[", "]"), "not a JSON report"), (deep("{\"a\":", "}"), "not a JSON report")]);
    }),
    own("R02", "report with counts that no scan has", counts),
    own("R03", "report with the same finding, repository or member twice", twice),
    own("R04", "report that is not UTF-8, truncated, empty, no report, of another version", || {
        let whole = saved().to_string();
        let other = whole.replacen("pinstripe.report/1", "pinstripe.report/2", 1);
        let half = whole[..whole.len() / 2].to_owned();
        refused(&[
            (half, "EOF"),
            (String::new(), "it is empty"),
            ("[]".to_owned(), "not a JSON report"),
            (other, "its schema is \"pinstripe.report/2\""),
            (format!("{whole}{whole}"), "trailing"),
        ]);
        let mut case = Case::new(true);
        let bytes = whole.replacen("history", "\u{fffd}", 1).into_bytes();
        let at = bytes.windows(3).position(|part| part == "\u{fffd}".as_bytes()).unwrap();
        case.write("r.json", [&bytes[..at], b"\xff", &bytes[at + 3..]].concat());
        assert_refused(&mut case, "unicode");
    }),
    own("R05", "report with a key in each text, one by one, in every format", keys_anywhere),
    own("R06", "report of 20 MB: one text, blanks, lists without end (200 MB: `loads`)", || large(20 << 20)),
    own("R07", "report that is a FIFO, a directory, a device, a dangling link, a link to itself", no_file),
    own("R08", "reports that are unlike each other", unlike),
    own("R09", "plans of a fleet: huge, deep, of wrong types, contradicting, leading out, no file", plans),
];

/// A small report that is taken.
fn saved() -> Value {
    let place = |path: &str| {
        json!({
            "path": path, "archive": ["a.zip"], "within": "cell 1", "line": 1, "column": 2, "end_line": 1,
            "end_column": 9, "origin": "file", "reach": "head", "blob": "b".repeat(40), "commit": "a".repeat(40),
            "encodings": ["base64"], "variable": "NAME", "context": ["test"], "status": "suppressed",
            "suppression": {"source": "config", "reason": "known", "owner": "me", "expires": "2027-01-01"},
            "redacted": false, "snippet": {"text": "k=…", "start": 0, "end": 2}, "repository": "one", "owners": ["@a"],
            "line_hash": {"hash": "1f:1", "column": 1, "end_column": 4},
        })
    };
    let change = json!({"commit": "b".repeat(40), "date": "2026-01-01T00:00:00Z", "author": "A <a@b.c>"});
    let coverage = json!({"files": 1, "objects": 0, "bytes": 2, "complete": true, "skipped": [
        {"reason": "ignored", "class": "policy", "count": 1, "examples": ["target/"]}]});
    let repository = |id: &str| {
        json!({"id": id, "path": format!("/srv/{id}"), "remote": "https://host/x", "head": "c".repeat(40),
            "codeowners": {"path": "CODEOWNERS", "dialect": "github"}, "coverage": coverage})
    };
    let exposure = json!({"repository": "one", "introduced": change, "removed": change, "in_head": true, "days": 1,
        "refs": ["refs/heads/main"], "refs_total": 1});
    let finding = json!({
        "rule": "secret-live", "severity": "critical", "confidence": "high", "fingerprint": "0".repeat(32),
        "message": "m", "status": "suppressed", "locations": [place("one/a.env"), place("one/b.env")],
        "key": {"kind": "secret", "mode": "live", "generation": "modern", "account": null,
            "account_created": "2026-01-01T00:00:00Z", "masked": "sk_live_…wxyz"},
        "trace": [{"message": "step", "path": "one/c.js", "line": 1, "column": 1}],
        "exposure": exposure, "exposures": [exposure], "owners": ["@a"],
    });
    json!({
        "schema": "pinstripe.report/1",
        "tool": {"name": "pinstripe", "version": "0", "rules_digest": "0"},
        "target": {"kind": "history", "root": "/srv", "head": null, "base": null},
        "options": {"paths": ["."], "archives": true, "ignored": false, "alternates": false, "authors": true,
            "policy": {"none": false, "config": ["a.toml"], "baseline": "b.json", "revision": "main"}},
        "thresholds": {"fail_on": "medium", "min_severity": "low"},
        "repositories": [repository("one"), repository("two")],
        "findings": [finding],
        "hidden": [],
        "coverage": coverage,
        "diff": {"new": 1, "same": 1, "entries": [{"kind": "gone", "what": "removed", "rule": "secret-live",
            "fingerprint": "0".repeat(32), "severity": "high", "masked": "sk_live_…wxyz", "repository": "one",
            "place": "one/a.env:1"}]},
    })
}

fn report(case: &Case, arguments: &[&str], ceiling: Ceiling) -> Watched {
    let mut command = program();
    command.current_dir(&case.target).arg("report").args(arguments);
    watch(&mut command, b"", ceiling)
}

/// The report `r.json` is refused with its name and a reason, and nothing is written.
fn assert_refused(case: &mut Case, words: &str) {
    for file in [&["r.json"][..], &["r.json", "--output=html=out.html", "--format=json"]] {
        let run = report(case, file, CEILING);
        let said = format!("{words}: {} {:?} {:.500}", run.code, run.killed, run.stderr);
        assert!(run.code == 2 && run.killed.is_none() && run.stdout.is_empty(), "{said}");
        assert!(run.stderr.contains("r.json: ") && run.stderr.contains(words), "{said}");
        assert!(!case.path("out.html").exists() && run.stderr.len() < 2_000, "{said}");
    }
}

fn refused(texts: &[(String, &str)]) {
    for (text, words) in texts {
        let mut case = Case::new(true);
        case.write("r.json", text);
        assert_refused(&mut case, words);
    }
}

/// Puts a value at a place of the report.
fn with(place: &str, value: Value) -> Value {
    let mut document = saved();
    *document.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value;
    document
}

fn counts() {
    let text = saved().to_string();
    refused(&[(text.replacen("\"line\":1", "\"line\":1e400", 1), "number out of range")]);
    for place in [
        "/findings/0/locations/0/line",
        "/findings/0/locations/0/end_column",
        "/findings/0/locations/0/snippet/end",
        "/findings/0/exposures/0/days",
        "/findings/0/exposures/0/refs_total",
        "/coverage/files",
        "/coverage/bytes",
        "/coverage/skipped/0/count",
        "/repositories/0/coverage/objects",
        "/diff/new",
    ] {
        for number in [json!(u64::MAX), json!(-1), json!(1.5), json!((1_u64 << 53) + 1)] {
            refused(&[(with(place, number).to_string(), "")]);
        }
    }
}

fn twice() {
    let mut same = saved();
    same["hidden"] = same["findings"].clone();
    let member = saved().to_string().replacen("\"schema\":", "\"schema\":\"x\",\"schema\":", 1);
    refused(&[
        (same.to_string(), "is there twice"),
        (with("/repositories/1/id", json!("one")).to_string(), "two repositories have one id"),
        (member, "duplicate field"),
    ]);
}

/// Calls `visit` with the path of each text of a value, names of members among them.
fn texts(value: &Value, path: &str, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(_) => visit(path),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| texts(item, &format!("{path}/{at}"), visit))
        }
        Value::Object(members) => {
            visit(&format!("{path}/+"));
            members.iter().for_each(|(name, value)| texts(value, &format!("{path}/{name}"), visit));
        }
        _ => {}
    }
}

fn keys_anywhere() {
    let mut case = Case::new(true);
    let key = case.shown_key();
    let search = aho_corasick::AhoCorasick::new(forbidden(&key)).unwrap();
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("--output={0}=out.{0}", format.name)).collect();
    let mut places = Vec::new();
    texts(&saved(), "", &mut |path| places.push(path.to_owned()));
    assert!(places.len() > 80, "{places:?}");
    let mut taken = 0;
    for place in &places {
        let mut document = saved();
        match place.strip_suffix("/+") {
            Some(parent) => document.pointer_mut(parent).unwrap()[&key] = json!(1),
            None => *document.pointer_mut(place).unwrap() = json!(format!("é {key} é")),
        }
        case.write("r.json", document.to_string());
        let mut arguments = vec!["r.json", "-vv", "--min-severity=note"];
        arguments.extend(outputs.iter().map(String::as_str));
        let run = report(&case, &arguments, CEILING);
        assert!((0..=3).contains(&run.code) && run.killed.is_none(), "{place}: {} {}", run.code, run.stderr);
        taken += usize::from(run.code != 2);
        let mut said = vec![run.stdout.clone().into_bytes(), run.stderr.clone().into_bytes()];
        said.extend(FORMATS.iter().filter_map(|format| std::fs::read(case.path(&format!("out.{}", format.name))).ok()));
        assert!(!said.iter().any(|text| search.is_match(text)), "{place} shows a key");
    }
    assert!(taken > 25, "{taken} of {} are taken", places.len());
}

/// Proves that a report of this many bytes is refused in a memory of three times as many, and without echoing it.
pub(crate) fn large(bytes: usize) {
    let case = Case::new(true);
    let usual = 50;
    let most = usual + 3 * (bytes as u64 >> 20);
    let ceiling = Ceiling { mib: most + 100, seconds: 600 };
    let text = || format!("{{\"schema\":\"{}\"}}", "x".repeat(bytes));
    let kind = || saved().to_string().replacen("history", &"x".repeat(bytes), 1);
    let blank = || " ".repeat(bytes);
    let list = || "[[],".to_owned() + &"[],".repeat(bytes / 3);
    let member = || format!("{{\"findings\":[{}", "1,".repeat(bytes / 2));
    let inputs: [(&dyn Fn() -> String, u64); 5] =
        [(&text, most), (&kind, most), (&blank, usual), (&list, usual), (&member, usual)];
    for (input, most) in inputs {
        case.write("r.json", input());
        let run = report(&case, &["r.json", "--format=json"], ceiling);
        let said = format!("{} {:?} {} MiB {:.300}", run.code, run.killed, run.peak, run.stderr);
        assert!(run.code == 2 && run.killed.is_none() && run.stderr.contains("r.json: "), "{said}");
        assert!(run.peak <= most && run.stderr.len() < 2_000, "{said}");
    }
}

fn no_file() {
    let mut case = Case::new(true);
    for (prepare, words) in [
        (&(|case: &Case| case.fifo("r.json")) as &dyn Fn(&Case), "not a regular file"),
        (&|case: &Case| std::fs::create_dir(case.path("r.json")).unwrap(), "not a regular file"),
        (&|case: &Case| case.link("/dev/zero", "r.json"), "not a regular file"),
        (&|case: &Case| case.link("nothing", "r.json"), "not a regular file"),
        (&|case: &Case| case.link("r.json", "r.json"), ""),
        (&|_: &Case| {}, "there is no such file"),
    ] {
        prepare(&case);
        assert_refused(&mut case, words);
        let path = case.path("r.json");
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path));
    }
}

/// A plan of one unit of these repositories, with the digests that it must have.
fn plan(repositories: &[&str]) -> Value {
    let digest = |parts: &[&str]| -> String {
        let framed = parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat());
        Sha256::digest(framed.collect::<Vec<u8>>()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let unit = digest(&[&["pinstripe-unit/1"], repositories].concat());
    json!({"schema": "pinstripe.plan/1", "digest": digest(&["pinstripe.plan/1", &unit]), "units": [
        {"number": 0, "id": &unit[..16], "digest": unit, "bytes": 1, "seconds": 1, "repositories": repositories}]})
}

/// The plan `p.json` is refused by whoever reads it, with its name and a reason, and nothing is written.
fn assert_plan_refused(case: &Case, words: &str) {
    for arguments in [
        &["work", "p.json", "--unit", "0", "--out", "o"][..],
        &["run", "p.json", "--out", "o"],
        &["merge", ".", "--plan", "p.json"],
    ] {
        let mut command = program();
        command.current_dir(&case.target).arg("fleet").args(arguments);
        let run = watch(&mut command, b"", CEILING);
        let said = format!("{words}: {} {:?} {} MiB {:.500}", run.code, run.killed, run.peak, run.stderr);
        assert!(run.code == 2 && run.killed.is_none() && run.stdout.is_empty(), "{said}");
        assert!(run.stderr.contains("p.json") && run.stderr.contains(words) && run.stderr.len() < 20_000, "{said}");
        assert!(run.peak <= CEILING.mib && !case.path("o").exists() && !run.stderr.contains("internal"), "{said}");
    }
}

fn plans() {
    let huge = "x".repeat(4 << 20);
    let with = |place: &str, value: Value| {
        let mut plan = plan(&["/srv/a", "/srv/b"]);
        *plan.pointer_mut(place).unwrap() = value;
        plan.to_string()
    };
    let text = |repositories: &[&str]| plan(repositories).to_string();
    for (text, words) in [
        (String::new(), "EOF"),
        (" ".repeat(4 << 20), "EOF"),
        (format!("{{\"{huge}\":1}}"), "unknown field"),
        (with("/schema", json!(huge)), "its schema is"),
        (with("/units", json!(huge)), "invalid type"),
        (with("/units/0/number", json!(huge)), "invalid type"),
        (text(&[&huge]), "is empty or too long"),
        (format!("{{\"units\":{}", "[".repeat(1 << 20)), "it is no plan"),
        (format!("{{\"x\":{}", "{\"a\":".repeat(100_000)), "it is no plan"),
        (format!("{{\"units\":[{}", "\"\",".repeat(13_000_000)), "too many repositories"),
        (with("/units/0", json!([])), "it is no plan"),
        (with("/units/0/bytes", json!(-1)), "it is no plan"),
        (with("/units/0/repositories/1", json!(null)), "it is no plan"),
        (with("/units/0/id", json!("../../o")), "contradicts itself"),
        (with("/units/0/id", json!("/tmp/o")), "contradicts itself"),
        (with("/units/0/number", json!(7)), "contradicts itself"),
        (with("/digest", json!("../o")), "units were added or left out"),
        (text(&["/srv/a", "/srv/a"]), "a repository twice"),
        (text(&["/srv/../etc"]), "leads through .."),
        (text(&["../etc"]), "neither an absolute path nor a URL"),
        (text(&["https://host/../x"]), "has an odd path"),
        (text(&["--upload-pack=x"]), "begins with -"),
        (text(&["/a\u{1b}[2J"]), "has control characters"),
    ] {
        let case = Case::new(true);
        case.write("p.json", text);
        assert_plan_refused(&case, words);
    }
    for prepare in [
        &(|case: &Case| case.fifo("p.json")) as &dyn Fn(&Case),
        &|case: &Case| std::fs::create_dir(case.path("p.json")).unwrap(),
        &|case: &Case| case.link("/dev/zero", "p.json"),
        &|_: &Case| {},
    ] {
        let case = Case::new(true);
        prepare(&case);
        assert_plan_refused(&case, "");
    }
}

fn unlike() {
    for (place, value, words) in [
        ("/tool/version", json!("1"), "the version of pinstripe"),
        ("/tool/rules_digest", json!("1"), "its rules"),
        ("/target/kind", json!("worktree"), "the kind of its target"),
        ("/options/archives", json!(false), "its options"),
        ("/target/root", json!("/srv"), "both about"),
    ] {
        let case = Case::new(true);
        case.write("a.json", saved().to_string());
        case.write("r.json", with(place, value).to_string());
        let run = report(&case, &["a.json", "r.json"], CEILING);
        assert!(run.code == 2 && run.stdout.is_empty(), "{words}: {} {}", run.code, run.stderr);
        assert!(run.stderr.contains("r.json") && run.stderr.contains("a.json"), "{}", run.stderr);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
}

#[test]
fn saved_reports() {
    prove(ROWS);
}
