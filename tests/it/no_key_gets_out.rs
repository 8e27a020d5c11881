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
    // A key that goes on in the next line.
    for glue in ["\\\n", "\\\r\n", "=\n", "\u{200b}", "\" + \""] {
        let split = format!("{}{glue}{}", &key[..40], &key[40..]);
        for option in ["--config", "--baseline", "--rules", "--range", "--history", "--timeout", "--output"] {
            let run = dir.run(&["scan", option, &split]);
            assert_silent(&keys, &(run.stdout + &run.stderr), &format!("{option} with {glue:?}"));
        }
        let run = dir.run(&["rules", "explain", &split]);
        assert_silent(&keys, &(run.stdout + &run.stderr), "rules explain");
    }
    let run = run_in(dir.path(), &["scan", "--stdin", "--stdin-name", &key], key.as_bytes());
    assert_silent(&keys, &run.stdout, "standard output");
}

/// Builds a repository with a key in every place of it that a message may name.
fn haunted(dir: &Dir, key: &str) {
    dir.git(&["init", "-q"]);
    dir.write_bytes("a.txt", b"text\n");
    dir.write_bytes(&format!("d-{key}/f-{key}.txt"), b"text\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "-m", "one"]);
    dir.git(&["branch", &format!("b/{key}")]);
    dir.git(&["tag", "-a", "-m", key, &format!("t-{key}")]);
    let head = dir.git(&["rev-parse", "HEAD"]);
    for (name, text) in [
        (".git/objects/info/alternates", format!("/nowhere/{key}/objects\n../{key}\n")),
        (&format!(".git/objects/pack/pack-{key}.idx"), String::new()),
        (&format!(".git/objects/pack/{key}.pack"), "PACK".to_owned()),
        (&format!(".git/refs/heads/{key}/junk"), key.to_owned()),
        (&format!(".git/refs/heads/{key}/link"), format!("ref: refs/{key}")),
        (&format!(".git/worktrees/{key}/HEAD"), key.to_owned()),
        (".git/packed-refs", format!("{} refs/{key}/x\n{key}\n", head.trim())),
        (".git/shallow", format!("{key}\n")),
        (&format!("sub-{key}/.git"), format!("gitdir: /nowhere/{key}\n")),
        (&format!("other-{key}/.git/HEAD"), key.to_owned()),
        (&format!("other-{key}/.git/commondir"), key.to_owned()),
        (&format!("d-{key}/.gitignore"), format!("{key}\n").repeat(3_000)),
        (&format!("bad-{key}.zip"), format!("PK\x03\x04\x14\0\0\0{key}")),
        (&format!("bad-{key}.gz"), format!("\x1f\u{8}{key}")),
    ] {
        dir.write_bytes(name, text.as_bytes());
    }
    let config = std::fs::read_to_string(dir.join(".git/config")).unwrap();
    let config = config.replace("= 0\n", &format!("= 1/{key}\n"));
    let extensions = format!("[extensions]\n\trefStorage = {key}\n\tobjectFormat = {key}\n\tpartialClone = {key}\n");
    dir.write_bytes(".git/config", format!("{config}{extensions}[extensions \"{key}\"]\n\tx = {key}\n").as_bytes());
    let mut gz = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03".to_vec();
    gz.extend_from_slice(key.as_bytes());
    gz.extend_from_slice(b"\0broken");
    dir.write_bytes("named.gz", &gz);
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(gz.len() as u64);
    tar.append_data(&mut header, format!("m-{key}/{key}.gz"), &gz[..]).unwrap();
    dir.write_bytes("x.tar", &tar.into_inner().unwrap());
}

#[test]
fn not_from_any_place_of_a_repository() {
    for (seed, name) in ["sk_live", "whsec", "oak"].iter().enumerate() {
        let mut dir = Dir::new();
        dir.forge = pinstripe::credential::forge::Forge::new(seed as u64);
        let key = dir.forge.make(name).unwrap();
        haunted(&dir, &key);
        let keys = [key.clone()];
        let bad_policy = format!("[rules]\ndirectories = [\"../{key}\"]\n");
        let odd_policy = format!("{key} = 1\n");
        let policies = [None, Some(&bad_policy), Some(&odd_policy)];
        for policy in policies.into_iter().take(if seed == 0 { 3 } else { 1 }) {
            if let Some(policy) = policy {
                dir.write_bytes("pinstripe.toml", policy.as_bytes());
            }
            for arguments in [
                &["scan", "."][..],
                &["scan", "--no-ignore", "."],
                &["scan", "--history", "."],
                &["scan", "--staged"],
                &["scan", "--range", &format!("{key}..HEAD")],
                &["scan", "--policy-ref", &key],
                &["scan", &format!("sub-{key}")],
                &["scan", "--history", &format!("sub-{key}")],
                &["scan", "--history", &format!("other-{key}")],
                &["baseline", "create"],
                &["hook", "pre-commit"],
            ] {
                let formats = [&["--format", "json"][..], &["--format", "text", "-vv"]];
                for more in formats.into_iter().take(if seed == 0 && policy.is_none() { 2 } else { 1 }) {
                    let all = if arguments[0] == "scan" { [arguments, more].concat() } else { arguments.to_vec() };
                    let run = dir.run(&all);
                    assert_silent(&keys, &run.stdout, &format!("{name}: {:?}: standard output", &arguments[..2]));
                    assert_silent(&keys, &run.stderr, &format!("{name}: {:?}: standard error", &arguments[..2]));
                }
            }
        }
    }
}
