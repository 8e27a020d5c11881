//! Saved reports: any format of them is that of the scan, and the merge of parts is the report on the whole.

use std::collections::BTreeMap;

use pinstripe::report::FORMATS;
use serde_json::Value;

use crate::support::{Dir, Run, git, run_in};

/// Runs `pinstripe report` on texts, which become files.
fn report(dir: &Dir, parts: &[&str], arguments: &[&str]) -> Run {
    let files: Vec<String> = (0..parts.len()).map(|at| format!("part{at}.json")).collect();
    files.iter().zip(parts).for_each(|(file, part)| dir.write_bytes(file, part.as_bytes()));
    let mut all = vec!["report"];
    all.extend(files.iter().map(String::as_str));
    all.extend(arguments);
    dir.run(&all)
}

/// Everything of a document but the target.
fn without_target(text: &str) -> Value {
    let mut document: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    document.as_object_mut().unwrap().remove("target");
    document
}

/// A number that follows from a seed.
fn chance(seed: u64, at: u64, most: u64) -> u64 {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(u32::try_from(at * 7 % 64).unwrap()) >> 11) % most
}

/// Makes a repository with some of a few shared keys, some of its own, a policy and a past.
fn repository(dir: &mut Dir, name: &str, shared: &[String], seed: u64) {
    dir.git(&["init", "-q", name]);
    let own = dir.forge.make("rk_live").unwrap();
    for commit in 0..2 + chance(seed, 1, 3) {
        for (at, key) in shared.iter().chain([&own]).enumerate() {
            let at = at as u64;
            let folder =
                ["src", "test/fixtures", "web/public", "docs"][usize::try_from(chance(seed, at + commit, 4)).unwrap()];
            let path = format!("{name}/{folder}/f{at}.env");
            if chance(seed, at * 3 + commit, 3) > 0 {
                dir.write_bytes(
                    &path,
                    format!("{}K{at}={key}\n", "#\n".repeat(usize::try_from(commit).unwrap())).as_bytes(),
                );
            } else {
                let _ = std::fs::remove_file(dir.join(&path));
            }
        }
        let message = if chance(seed, commit, 4) == 0 { format!("use {}", shared[0]) } else { "work".to_owned() };
        git(&dir.join(name), &["add", "-A"]);
        git(&dir.join(name), &["commit", "-q", "--allow-empty", "-m", &message]);
    }
    let policy = [
        "",
        "[[allow]]\nrule = \"*\"\npaths = [\"src/**\"]\nreason = \"known\"\n",
        "[severity]\nrestricted-live = \"low\"\n",
        "[[context]]\npaths = [\"web/**\"]\nis = [\"test\"]\n",
        "min-severity = \"note\"\n",
    ][usize::try_from(chance(seed, 9, 5)).unwrap()];
    dir.write(&format!("{name}/pinstripe.toml"), policy);
    let hook = "// Stripe\napp.post('/hook', (req, res) => { const event = JSON.parse(req.body); act(event.type) })\n";
    dir.write(&format!("{name}/hook.js"), hook);
    dir.write(&format!("{name}/CODEOWNERS"), &format!("* @{name}\n/src/ @src\n"));
    git(&dir.join(name), &["add", "-A"]);
    git(&dir.join(name), &["commit", "-q", "-m", "policy"]);
}

#[test]
fn the_merge_of_parts_is_the_report_on_the_whole() {
    for seed in 0..20 {
        let mut dir = Dir::new();
        let names = ["sk_live", "sk_test", "whsec", "pk_live", "pi_secret"];
        let shared: Vec<String> = names.iter().map(|name| dir.forge.make(name).unwrap()).collect();
        // The second is a neighbour of the first, or inside of it.
        let second = if seed % 4 == 0 { "one/sub" } else { "two" };
        repository(&mut dir, "one", &shared, seed);
        repository(&mut dir, second, &shared, seed + 100);
        if seed % 2 == 0 {
            repository(&mut dir, "more/three", &shared, seed + 200);
        }
        let all: Vec<&str> = if seed % 2 == 0 { vec!["one", second, "more/three"] } else { vec!["one", second] };
        let kind: &[&str] = if seed % 3 == 0 { &["scan", "--no-ignore"] } else { &["scan", "--history"] };
        let parts: Vec<String> =
            all.iter().map(|name| dir.run(&[kind, &["--format=json", name]].concat()).stdout).collect();
        let whole = every_format(&dir, &[kind, &all].concat());
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let reversed: Vec<&str> = parts.iter().rev().copied().collect();
        let first_two = report(&dir, &parts[..2], &["--format=json"]).stdout;
        let grouped: Vec<&str> = std::iter::once(first_two.as_str()).chain(parts[2..].iter().copied()).collect();
        for parts in [&parts, &reversed, &grouped] {
            let files: Vec<String> = (0..parts.len()).map(|at| format!("part{at}.json")).collect();
            files.iter().zip(parts).for_each(|(file, part)| dir.write_bytes(file, part.as_bytes()));
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let merged = every_format(&dir, &[&["report"], files.as_slice()].concat());
            assert_eq!(merged.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
            assert!(without_target(&merged["json"]) == without_target(&whole["json"]), "{seed}");
            for (format, text) in &merged {
                assert!(*text == whole[format], "{seed} {format}\n{text}\n{}", whole[format]);
            }
        }
    }
}

/// Runs a command that reports, and returns what it writes in each format, its exit code among them.
fn every_format(dir: &Dir, arguments: &[&str]) -> BTreeMap<String, String> {
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("--output={0}=out.{0}", format.name)).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let run = dir.run(&[arguments, &outputs].concat());
    let read =
        |name: &str| std::fs::read_to_string(dir.join(&format!("out.{name}"))).unwrap_or_else(|_| run.stderr.clone());
    let written = FORMATS.iter().map(|format| (format.name.to_owned(), read(format.name)));
    written.chain([("exit code".to_owned(), run.code.to_string())]).collect()
}

#[test]
fn every_format_of_a_saved_report_is_that_of_the_scan() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("web/pay.tsx", "// é Stripe\nconst stripe = new Stripe('{{sk_live@a}}') // and {{pk_test}}\n");
    dir.write(
        "a\u{202e}`|/x\u{1b}.env",
        "STRIPE_KEY={{sk_test:24}}\nOTHER={{rk_live}} # pinstripe:allow restricted-live -- known\n",
    );
    dir.write("package.json", "{\"dependencies\":{\"next\":\"15\"}}");
    dir.write("CODEOWNERS", "* @all <ops@example.com>\n");
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", "use {{sk_live@a}}"]);
    dir.write("staged.env", "K={{whsec}}\n");
    dir.git(&["add", "-A"]);
    dir.write_bytes("broken.zip", b"PK\x03\x04 broken");
    for kind in [&["."][..], &["--staged"], &["--range", "HEAD~0..HEAD"], &["--history"], &["--stdin"]] {
        for severity in ["note", "low", "critical"] {
            let scan = |format: &str| {
                let flags = ["scan", "--format", format, "--min-severity", severity];
                run_in(dir.path(), &[&flags, kind].concat(), b"key = sk_live_x")
            };
            let saved = scan("json").stdout;
            dir.write_bytes("saved.json", saved.as_bytes());
            let made = every_format(&dir, &["report", "saved.json"]);
            std::fs::remove_file(dir.join("saved.json")).unwrap();
            FORMATS.iter().for_each(|format| std::fs::remove_file(dir.join(&format!("out.{}", format.name))).unwrap());
            for format in FORMATS {
                let expected = scan(format.name);
                assert_eq!(made[format.name], expected.stdout, "{kind:?} {}", format.name);
                assert_eq!(made["exit code"], expected.code.to_string(), "{kind:?}");
            }
        }
    }
}

#[test]
fn unlike_parts_and_no_reports_are_refused_by_name() {
    let mut dir = Dir::new();
    for name in ["a", "b"] {
        dir.git(&["init", "-q", name]);
        dir.write(&format!("{name}/x.env"), "K={{sk_live}}\n");
    }
    let json = |arguments: &[&str]| dir.run(&[&["scan", "--format=json"], arguments].concat()).stdout;
    let (a, b, raw) = (json(&["a"]), json(&["b"]), json(&["b", "--no-archives"]));
    for (parts, words) in [
        (&[a.as_str(), raw.as_str()][..], "part1.json differs from part0.json in its options"),
        (&[&a, &b, &a], "part2.json and part0.json are both about"),
        (&[&a, "{"], "part1.json: it is not a JSON report of pinstripe: EOF"),
        (&["{\"schema\": \"other/1\"}"], "part0.json: its schema is \"other/1\""),
    ] {
        let run = report(&dir, parts, &[]);
        assert!(run.code == 2 && run.stdout.is_empty() && run.stderr.contains(words), "{}", run.stderr);
    }
    let missing = dir.run(&["report", "none.json"]);
    assert!(missing.code == 2 && missing.stderr.contains("none.json: there is no such file"), "{}", missing.stderr);
    let same = report(&dir, &[&a], &["--output=json=part0.json"]);
    assert!(same.code == 2 && same.stderr.contains("would be overwritten"), "{}", same.stderr);
    assert_eq!(std::fs::read_to_string(dir.join("part0.json")).unwrap(), a);
}

/// Members whose values are checked, so that they cannot be any text.
const CHECKED: &[&str] = &[
    "schema",
    "kind",
    "severity",
    "confidence",
    "fingerprint",
    "mode",
    "generation",
    "account",
    "status",
    "origin",
    "reach",
    "blob",
    "commit",
    "context",
    "path_encoding",
    "head",
    "base",
    "reason",
    "class",
    "hash",
    "date",
    "fail_on",
    "min_severity",
    "id",
];

/// Puts a text into every member that takes any.
fn fill(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => text.clone_into(old),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, text)),
        Value::Object(members) => {
            if let Some(start) = members.get_mut("start") {
                *start = 0.into();
                members["end"] = 0.into();
            }
            members
                .iter_mut()
                .filter(|(name, _)| !CHECKED.contains(&name.as_str()))
                .for_each(|(_, value)| fill(value, text));
        }
        _ => {}
    }
}

/// Somebody who writes a report by hand gets no key shown, and nothing past the checks.
#[test]
fn keys_in_any_text_of_a_saved_report_are_masked() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("x.env", "K={{sk_live}}\n");
    dir.write("package.json", "{\"dependencies\":{\"next\":\"15\"}}");
    dir.write("app/page.tsx", "'use client'\n// Stripe\nconst stripe = new Stripe('{{sk_live}}')\n");
    let mut document: Value = serde_json::from_str(&dir.scan(&["."]).stdout).unwrap();
    assert!(document["findings"].as_array().unwrap().iter().any(|found| found["trace"].is_array()), "{document}");
    let key = dir.forge.make("sk_live").unwrap();
    let text = format!("é {key} é");
    fill(&mut document, &text);
    for (at, finding) in document["findings"].as_array_mut().unwrap().iter_mut().enumerate() {
        finding["rule"] = format!("{text} {at}").into();
    }
    for format in FORMATS {
        let run = report(&dir, &[&document.to_string()], &["--format", format.name, "-vv", "--min-severity=note"]);
        assert!(run.code == 1, "{}", run.stderr);
        let shown =
            key.as_bytes()[30..].windows(12).any(|part| run.stdout.contains(std::str::from_utf8(part).unwrap()));
        assert!(!shown && !run.stderr.contains(&key[30..]), "{} shows a key", format.name);
    }
}

#[test]
fn a_report_is_split_for_those_who_act_on_it() {
    let mut dir = Dir::new();
    dir.write("web/a.env", "K={{sk_live@shop}}\n");
    dir.write("api/b.env", "K={{rk_live@bank}}\nL={{sk_test@shop}}\n");
    dir.write("none/c.env", "K={{whsec}}\n");
    dir.write_bytes("CODEOWNERS", b"/web/ @acme/web @x\n/api/ @acme/api @../../x\n");
    assert_eq!(dir.run(&["scan", ".", "--output", "json=saved.json"]).code, 1);
    let split = |by: &str, out: &str| dir.run(&["report", "saved.json", "--split-by", by, "--output-dir", out]);
    let run = split("owner", "out/owners");
    assert_eq!(run.code, 1, "{}", run.stderr);
    let names = |out: &str| {
        let mut names: Vec<String> = std::fs::read_dir(dir.join(out))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let expected = ["no-owner.md", "owner-acme-api.md", "owner-acme-web.md", "owner-x.md", "owner-x~2.md"];
    assert_eq!(names("out/owners"), expected);
    assert!(expected.iter().all(|name| run.stdout.contains(name)), "{}", run.stdout);
    let text = std::fs::read_to_string(dir.join("out/owners/owner-acme-api.md")).unwrap();
    assert!(text.starts_with("# Stripe credentials: owner &#64;acme/api\n\n## Found 2 open problems"), "{text}");
    assert!(text.contains("api/b.env:1") && !text.contains("web/a.env"), "{text}");
    // A file that is there already is not mixed with it.
    assert_eq!(split("owner", "out/owners").code, 2);
    assert_eq!(split("account", "out/accounts").code, 1);
    assert_eq!(names("out/accounts").len(), 3);
    assert_eq!(split("repository", "out/repositories").code, 1);
    assert_eq!(names("out/repositories"), ["no-repository.md"]);
    assert_eq!(dir.run(&["report", "saved.json", "--split-by", "owner"]).code, 2);
}

/// Owners are not told of the unread files of repositories that are not theirs.
#[test]
fn a_part_is_about_its_repositories() {
    let mut dir = Dir::new();
    for name in ["api", "web"] {
        dir.git(&["init", "-q", name]);
        dir.write(&format!("{name}/x.env"), "K={{sk_live}}\n");
        dir.write_bytes(&format!("{name}/{name}.gz"), b"\x1f\x8b\x08\0\0\0\0\0\0\x03broken");
        dir.write(&format!("{name}/CODEOWNERS"), &format!("* @{name}\n"));
        git(&dir.join(name), &["add", "-A"]);
        git(&dir.join(name), &["commit", "-qm", "work"]);
    }
    assert_eq!(dir.run(&["scan", "--history", "api", "web", "--output=json=saved.json"]).code, 1);
    assert_eq!(dir.run(&["report", "saved.json", "--split-by=owner", "--output-dir=out"]).code, 1);
    let text = std::fs::read_to_string(dir.join("out/owner-web.md")).unwrap();
    assert!(text.contains("web: blob ") && text.contains("incomplete") && !text.contains("api: blob "), "{text}");
}
