//! Law 5: no twelve characters of a key's random part, nor their base64 or hex, leave the program.

use base64::Engine as _;
use pinstripe::credential::{Generation, Key, split};
use pinstripe::report::FORMATS;

use crate::support::{Dir, run_in};

const NAMES: &[&str] = &[
    "sk_live",
    "sk_test:24",
    "rk_live:34",
    "sk_live:57",
    "pk_live",
    "sk_org",
    "whsec",
    "whsec:hex",
    "whsec:base64",
    "ek_live",
    "pi_secret",
    "cs_live_secret",
    "oak",
    "oart",
    "rt",
    "uk",
    "absec",
    "ca",
    "rkcs_test",
    "pst_live",
    "pss_live",
    "legacy",
];

/// Returns every stretch of twelve characters of the random part, plain, in hex and in base64: none may be shown.
fn forbidden(key: &str) -> Vec<String> {
    let body = match memchr::memmem::rfind(key.as_bytes(), b"_secret_") {
        Some(at) => &key.as_bytes()[at + "_secret_".len()..],
        None => split(key.as_bytes()).body,
    };
    let random = match Key::read(key.as_bytes(), None).generation {
        Generation::Modern => &body[17..],
        _ => body,
    };
    let mut texts = Vec::new();
    for window in random.windows(12) {
        texts.push(String::from_utf8_lossy(window).into_owned());
        texts.push(window.iter().map(|byte| format!("{byte:02x}")).collect());
        texts.push(base64::engine::general_purpose::STANDARD.encode(window));
    }
    texts
}

fn assert_silent(keys: &[String], text: &str, what: &str) {
    let (texts, owners): (Vec<String>, Vec<&str>) =
        keys.iter().flat_map(|key| forbidden(key).into_iter().map(|text| (text, &key[..6]))).unzip();
    let seen = aho_corasick::AhoCorasick::new(&texts).unwrap().find(text);
    assert!(seen.is_none(), "{what} shows a part of {}…", owners[seen.unwrap().pattern().as_usize()]);
}

#[test]
fn not_in_any_format_at_any_verbosity() {
    let mut dir = Dir::new();
    let keys: Vec<String> = NAMES.iter().map(|name| dir.forge.make(name).unwrap()).collect();
    let mut all_on_one_line = String::from("stripe_api_key = ");
    for (at, key) in keys.iter().enumerate() {
        let doubled = base64::engine::general_purpose::STANDARD.encode(key);
        dir.write_bytes(
            &format!("{at}.env"),
            format!("# stripe\nSTRIPE_SECRET_KEY={key}\nstripe: {doubled}\nother={key} {key}\n").as_bytes(),
        );
        if key.len() < 200 {
            dir.write_bytes(&format!("stripe-{key}.txt"), format!("stripe {key}").as_bytes());
        }
        all_on_one_line.push_str(key);
        all_on_one_line.push(' ');
    }
    dir.write_bytes("line.min.js", all_on_one_line.as_bytes());
    for format in FORMATS {
        for verbosity in [&["-q"][..], &[], &["-v"], &["-vvv"]] {
            let mut arguments =
                vec!["scan", ".", "--format", format.name, "--min-severity", "note", "--color", "always"];
            arguments.extend(verbosity);
            let run = dir.run(&arguments);
            assert_eq!(run.code, 1);
            assert_silent(&keys, &run.stdout, format.name);
            assert_silent(&keys, &run.stderr, format.name);
        }
    }
}

#[test]
fn not_in_complaints() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    let keys = [key.clone()];
    dir.write_bytes("rules/x.toml", format!("title = \"{key}\"\nseverity = \"{key}\"\n{key} = 1\n").as_bytes());
    dir.write_bytes("bad/x.toml", format!("= {key}\n").as_bytes());
    dir.write_bytes(&format!("odd/{key}.toml"), b"x = 1\n");
    for arguments in [
        vec!["scan", &key],
        vec!["scan", "--format", &key],
        vec!["scan", "--fail-on", &key],
        vec!["scan", "--output", &key],
        vec!["scan", "--timeout", &key],
        vec!["scan", "--rules", &key],
        vec!["scan", "--rules", "rules"],
        vec!["scan", "--rules", "bad"],
        vec!["scan", "--rules", "odd"],
        vec![&key],
        vec!["scan", &format!("--{key}")],
        vec!["scan", "--threads", &key],
    ] {
        let run = dir.run(&arguments);
        assert_eq!(run.code, 2, "{:?}", arguments[0]);
        assert!(!run.stderr.is_empty());
        assert_silent(&keys, &run.stdout, "standard output");
        assert_silent(&keys, &run.stderr, "standard error");
    }
    let run = run_in(dir.path(), &["scan", "--stdin", "--stdin-name", &key], key.as_bytes());
    assert_silent(&keys, &run.stdout, "standard output");
}
