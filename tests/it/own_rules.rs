//! Keys of rules of one's own: redacted everywhere and found in every encoding, like those of the built-in families.

use base64::Engine as _;
use pinstripe::credential::forge::Forge;
use pinstripe::detect::Engine;
use pinstripe::report::FORMATS;
use pinstripe::rules::load;
use proptest::prelude::*;

use crate::support::encoders::{DISGUISES, disguise};
use crate::support::{Dir, Run, run_in};

/// A rule made at random, and a key of it.
#[derive(Debug, Clone)]
struct Own {
    rule: String,
    literal: String,
    body: String,
}

impl Own {
    fn key(&self) -> String {
        format!("{}{}", self.literal, self.body)
    }

    /// Every stretch of twelve characters of the random part, plain, in hex, in base64 and as a URI holds it.
    fn forbidden(&self) -> Vec<String> {
        let windows = self.body.as_bytes().windows(12);
        windows
            .flat_map(|window| {
                let uri = |byte: &u8| {
                    let plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
                    if plain { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
                };
                [
                    String::from_utf8_lossy(window).into_owned(),
                    window.iter().map(|byte| format!("{byte:02x}")).collect(),
                    base64::engine::general_purpose::STANDARD.encode(window),
                    window.iter().map(uri).collect(),
                ]
            })
            .collect()
    }

    #[track_caller]
    fn assert_silent(&self, text: &str, what: &str) {
        let shown = self.forbidden().into_iter().find(|part| text.contains(part.as_str()));
        assert!(shown.is_none(), "{what} shows a part of a key {}… of a rule:\n{}\n{text}", self.literal, self.rule);
    }

    #[track_caller]
    fn assert_run(&self, run: &Run, what: &str) {
        self.assert_silent(&run.stdout, &format!("standard output of {what}"));
        self.assert_silent(&run.stderr, &format!("standard error of {what}"));
    }

    fn engine(&self) -> Engine {
        let text = ("R/own-rule.toml".to_owned(), self.rule.clone().into_bytes());
        Engine::new(load::load_with(true, &[], &[text]).unwrap()).unwrap()
    }
}

fn own() -> impl Strategy<Value = Own> {
    let literal = prop_oneof![
        "[a-z]{3,8}_(live|test|key)_",
        "[a-z]{2,6}-",
        "[A-Z]{4}",
        "[a-z]{3}\\.[a-z]{2}_",
        "(sk_live|whsec|uk)_"
    ];
    let alphabet = proptest::sample::subsequence(vec!['-', '.', '_', '+', '/', '~'], 0..=3);
    let check = proptest::sample::select(vec!["opaque", "any"]);
    (literal, alphabet, 16..70_usize, any::<bool>(), any::<u64>(), check).prop_map(
        |(literal, extra, length, exact, seed, check)| {
            let mut alphabet: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
            alphabet.extend(extra.iter().flat_map(|extra| [*extra; 4]));
            let mut forge = Forge::new(seed);
            let mut body = String::new();
            while body.len() < length {
                let next = alphabet[(forge.bits() % alphabet.len() as u64) as usize];
                // A file's name and a path in it keep the body in one piece.
                let inside = !body.is_empty() && body.len() + 1 < length && !body.ends_with(['/', '.', '-']);
                if next.is_ascii_alphanumeric() || inside {
                    body.push(next);
                }
            }
            let class: String = extra.iter().map(|extra| format!("\\{extra}")).collect();
            let literal_pattern = literal.replace('.', "\\.").replace('-', "\\-");
            let bound = if exact { format!("{{{}}}", length.min(32)) } else { format!("{{{},}}", length.min(32)) };
            let rule = format!(
                "title = 'Own key'\nseverity = 'high'\n[detect]\nliterals = ['{literal}']\n\
                 pattern = '{literal_pattern}[A-Za-z0-9{class}]{bound}'\ncheck = '{check}'\n\
                 [help]\nwhat = 'A key.'\nwhy = 'It opens.'\nfix = 'Roll it.'\n"
            );
            Own { rule, literal, body }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_text_shows_a_key_of_a_rule(own in own(), before in "[ a-zA-Z0-9_/=:\"'-]{0,20}", after in "[ /\"':)]\\PC{0,20}") {
        let engine = own.engine();
        let text = format!("{before}{}{after}", own.key());
        own.assert_silent(&engine.redactor().sanitize(&text), "sanitize");
        own.assert_silent(&engine.redactor().redact(&text), "redact");
        let line = format!("{text} stripe {text}");
        for hit in engine.scan(line.as_bytes()) {
            own.assert_silent(&format!("{hit:?}"), "a hit");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn no_output_shows_a_key_of_a_rule(own in own()) {
        in_every_output(&own);
    }
}

/// The random part may be in front of the literal, and longer than a rule looks back.
#[test]
fn what_is_in_front_of_a_literal_is_shown_nowhere() {
    let rule = "title = 'Own key'\nseverity = 'high'\n[detect]\nliterals = ['_acmeid']\nlookbehind = 24\n\
                pattern = '[a-z0-9_]{20,}_acmeid'\ncheck = 'any'\n[help]\nwhat = 'A key.'\nwhy = 'It opens.'\nfix = 'Roll it.'\n";
    let body = Forge::new(8).fill("{{legacy}}_{{legacy}}").to_lowercase();
    let own = Own { rule: rule.to_owned(), literal: "_acmeid".to_owned(), body };
    let engine = own.engine();
    let text = format!("k = '{}{}'", own.body, own.literal);
    let shown = engine.redactor().sanitize(&text);
    assert_eq!(shown, "k = '…meid'");
    engine.scan(text.as_bytes()).iter().for_each(|hit| own.assert_silent(&format!("{hit:?}"), "a hit"));
}

/// The rule of `rules/README.md`.
#[test]
fn a_key_of_the_example_rule_is_shown_nowhere() {
    let readme = include_str!("../../rules/README.md");
    let rule = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let body = Forge::new(7).fill("{{legacy}}");
    in_every_output(&Own { rule: rule.to_owned(), literal: "acme_live_".to_owned(), body });
}

/// A repository with the key wherever a name or a text can hold it, next to a key that is reported.
fn repository(own: &Own) -> Dir {
    let mut dir = Dir::new();
    let key = own.key();
    dir.write_bytes("R/own-rule.toml", own.rule.as_bytes());
    dir.git(&["init", "-q", "w"]);
    dir.write(&format!("w/a/{key}.txt"), &format!("k={{{{sk_live}}}} x={key} y='{key}'\n"));
    dir.write(&format!("w/b/x{key}/b.js"), "const stripe = require('stripe')('{{rk_live}}')\n");
    dir.write("w/map.js.map", &format!(r#"{{"sources":["{key}.ts"],"sourcesContent":["k = '{{{{sk_live}}}}'"]}}"#));
    let zip = tar_of(&key, &dir.forge.fill("k={{sk_live}}"));
    dir.write_bytes("w/x.tar", &zip);
    dir.write_bytes(&format!("w/c/{key}.zip"), b"PK\x03\x04 damaged");
    #[cfg(unix)]
    std::os::unix::fs::symlink(format!("nowhere/{key}"), dir.join("w/link")).unwrap();
    dir.git(&["-C", "w", "add", "-A", "--", "."]);
    dir
}

fn tar_of(name: &str, text: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    builder.append_data(&mut header, format!("m/{name}"), text.as_bytes()).unwrap();
    builder.into_inner().unwrap()
}

fn in_every_output(own: &Own) {
    let mut dir = repository(own);
    let key = own.key();
    let formats = || FORMATS.iter().map(|format| format.name);
    let scan = |dir: &Dir, what: &[&str], input: &[u8]| {
        for format in formats() {
            let mut arguments = vec!["scan", "--rules", "../R", "--format", format, "--min-severity", "note", "-vv"];
            arguments.extend(what);
            let run = run_in(&dir.join("w"), &arguments, input);
            assert!(matches!(run.code, 1 | 3), "{what:?}: {}", run.stderr);
            own.assert_run(&run, &format!("{what:?} as {format}"));
            if format == "json" && what != ["--stdin"] {
                let report = run.report();
                let redacted = report.findings.iter().flat_map(|found| &found.locations).filter(|at| at.redacted);
                assert!(redacted.count() > 0 || what.contains(&"--stdin"), "{what:?}");
            }
        }
    };
    scan(&dir, &["."], b"");
    scan(&dir, &["--staged"], b"");
    let text = dir.forge.fill(&format!("k={{{{sk_live}}}}; {key}"));
    scan(&dir, &["--stdin", "--stdin-name", &key], text.as_bytes());
    let message = dir.forge.fill(&format!("Use {{{{sk_live}}}}\n\nnot {key}"));
    dir.git(&["-C", "w", "-c", &format!("user.name={key}"), "commit", "-q", "-m", &message]);
    let is_ref = !key.contains("..") && !key.contains("//") && !key.contains('~');
    let branch = if is_ref { format!("x/{key}") } else { "x/y".to_owned() };
    dir.git(&["-C", "w", "branch", &branch]);
    dir.git(&["-C", "w", "tag", "-a", "v1", "-m", &message]);
    dir.write("w/later.txt", "{{sk_live}}");
    dir.git(&["-C", "w", "add", "later.txt"]);
    dir.git(&["-C", "w", "commit", "-q", "-m", "later"]);
    scan(&dir, &["--history", "."], b"");
    complaints(own, &dir, &key);
}

/// Returns the refused text with its reason.
fn complaints(own: &Own, dir: &Dir, key: &str) {
    dir.write_bytes("bad/x.toml", format!("title = '{key}'\nseverity = '{key}'\nexamples = '{key}'\n").as_bytes());
    dir.write_bytes("p.toml", format!("[[allow]]\nrule = 3\nreason = '{key}'\n").as_bytes());
    let rules = ["--rules", "R"];
    for arguments in [
        vec!["scan", key],
        vec!["scan", "--config", key],
        vec!["scan", "--config", "p.toml"],
        vec!["scan", "--baseline", key],
        vec!["scan", "--rules", key],
        vec!["scan", "--rules", "bad"],
        vec!["scan", "--history", key],
        vec!["scan", "--range", &format!("{key}..HEAD")],
        vec!["scan", "--policy-ref", key],
        vec!["scan", "--fail-on", key],
        vec!["scan", "--format", key],
        vec!["scan", "--output", key],
        vec!["scan", &format!("--{key}")],
        vec!["rules", "explain", key],
        vec!["rules", "list", "--rules", key],
        vec!["hook", "commit-msg", key],
        vec!["baseline", "stale", key],
    ] {
        let run = dir.run(&[&arguments[..], &rules[..]].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty());
        own.assert_run(&run, &format!("{:?}", &arguments[..2]));
    }
    let file = dir.join("base.json");
    let file = file.to_str().unwrap();
    let run = dir.run(&["baseline", "create", "w", "--file", file, "--reason", key, "--rules", "R"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    own.assert_run(&run, "baseline create");
    own.assert_silent(&std::fs::read_to_string(file).unwrap(), "the baseline");
    let run = dir.run(&["rules", "check", "bad"]);
    own.assert_silent(&run.stdout, "rules check");
}

/// An engine with a rule of one's own for keys that begin like this.
fn engine_for(literal: &str) -> Engine {
    let pattern = literal.replace('.', "\\.");
    let rule = format!(
        "title = 'Own key'\nseverity = 'high'\n[detect]\nliterals = ['{literal}']\npattern = '{pattern}[A-Za-z0-9]{{20,}}'\n\
         check = 'opaque'\n[help]\nwhat = 'A key.'\nwhy = 'It opens.'\nfix = 'Roll it.'\n"
    );
    Engine::new(load::load_with(true, &[], &[("own-rule.toml".to_owned(), rule.into_bytes())]).unwrap()).unwrap()
}

/// Checks that the key of an own rule is found in a text that hides it, and that none of it is shown.
fn finds_own(engine: &Engine, key: &str, text: &[u8], what: &str) -> Result<(), String> {
    let hits = engine.scan(text);
    let own: Vec<_> = hits.iter().filter(|hit| engine.rules()[hit.rule].id == "own-rule").collect();
    let tail = &key[key.len() - 4..];
    match own.as_slice() {
        [hit] if !hit.encodings.is_empty() && hit.key.masked.ends_with(&format!("…{tail}")) => {}
        _ => return Err(format!("{what}: {} hits, {} of the rule", hits.len(), own.len())),
    }
    if text.contains(&0) {
        return Ok(());
    }
    // The key's body and what stands for it are gone from any text that is shown.
    let shown = engine.redactor().sanitize(&String::from_utf8_lossy(text));
    if shown.contains(&key[key.len() - 16..key.len() - 4]) || !shown.contains(&format!("…{tail}")) {
        return Err(format!("{what}: shown as {shown:?}"));
    }
    Ok(())
}

#[test]
fn own_rules_see_through_every_disguise() {
    let mut forge = Forge::new(9);
    let mut problems = Vec::new();
    for literal in ["wk_live_", "acme_live_", "acme_key_", "rkcs_own_", "us_acme_"] {
        let engine = engine_for(literal);
        for (what, _, make) in DISGUISES {
            let key = format!("{literal}{}", forge.fill("{{legacy}}"));
            let (text, _) = disguise(*make, &key);
            problems.extend(finds_own(&engine, &key, &text, &format!("{literal} {what}")).err());
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn own_rules_without_an_underscore_see_through_disguises() {
    let each = |key: &str, unit: fn(u8) -> String| key.bytes().map(unit).collect::<String>();
    let base64 = |text: String| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let mut forge = Forge::new(10);
    let mut problems = Vec::new();
    for literal in ["zz-", "acme-key-", "acme.live.", "AKQX", "myownkey", "qq:", "abc-test-"] {
        let engine = engine_for(literal);
        let body = forge.fill("{{legacy}}");
        let key = format!("{literal}{body}");
        let escaped_body = format!("{literal}{}", each(&body, |b| format!("\\x{b:02x}")));
        let mut rows: Vec<(String, String)> = [
            ("percent", each(&key, |b| format!("%{b:02X}"))),
            ("percent twice", each(&key, |b| format!("%25{b:02x}"))),
            ("\\u", each(&key, |b| format!("\\u{b:04x}"))),
            ("\\u{}", each(&key, |b| format!("\\u{{{b:X}}}"))),
            ("\\x", each(&key, |b| format!("\\x{b:02X}"))),
            ("\\x, body", escaped_body),
            ("octal", each(&key, |b| format!("\\{b:03o}"))),
            ("entities", each(&key, |b| format!("&#{b};"))),
            ("hexadecimal entities", each(&key, |b| format!("&#x{b:x};"))),
            ("quoted-printable", each(&key, |b| format!("={b:02X}"))),
            ("hex", each(&key, |b| format!("{b:02x}"))),
            ("HEX", each(&key, |b| format!("{b:02X}"))),
            ("character codes", each(&key, |b| format!("{b}, "))),
            ("zero width", key.chars().map(|c| format!("{c}\u{200b}")).collect()),
            ("base64", base64(key.clone())),
            ("base64, second alignment", base64(format!(":{key}"))),
            ("base64, third alignment", base64(format!("::{key}"))),
            ("base64 twice", base64(base64(key.clone()))),
        ]
        .map(|(what, code)| (what.to_owned(), code))
        .into();
        let joins = ["\" + \"", "' . '", "=\r\n", "\u{200b}", "\\\n"];
        rows.extend((1..key.len() - 1).flat_map(|at| {
            let split = |glue: &&str| (format!("split at {at} by {glue:?}"), key[..at].to_owned() + glue + &key[at..]);
            joins.iter().map(split).collect::<Vec<_>>()
        }));
        for (what, code) in rows {
            let quote = if code.contains('\'') { '\'' } else { '"' };
            let text = format!("k = {quote}{code}{quote};\n");
            problems.extend(finds_own(&engine, &key, text.as_bytes(), &format!("{literal} {what}")).err());
        }
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let text: Vec<u8> = format!("k = \"{key}\"").encode_utf16().flat_map(unit).collect();
            let text = [b"\x7fELF\xff\xff".as_slice(), &text, b"\xff\xff"].concat();
            let hits = engine.scan(&text);
            if !hits.iter().any(|hit| engine.rules()[hit.rule].id == "own-rule") {
                problems.push(format!("{literal} in UTF-16"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
