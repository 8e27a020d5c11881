//! Keys in disguise, through the real program and through the engine.

use std::collections::BTreeMap;

use pinstripe::credential::forge::Forge;
use pinstripe::detect::{
    Engine,
    stream::{Scratch, scan_reader},
};
use pinstripe::model::limits::{REACH, WINDOW};
use pinstripe::rules::load::load;

use crate::support::Dir;
use crate::support::encoders::{DISGUISES, disguise};

const KINDS: [(&str, &str); 7] = [
    ("sk_live", "secret-live"),
    ("rk_live", "restricted-live"),
    ("whsec", "webhook-secret"),
    ("sk_test", "secret-test"),
    ("sk_live:24", "secret-live"),
    ("sk_org", "organization-key"),
    ("pst_live", "terminal-token"),
];

fn engine() -> Engine {
    Engine::new(load(true, &[]).unwrap()).unwrap()
}

#[test]
fn every_kind_in_every_disguise() {
    let mut dir = Dir::new();
    let mut expected = BTreeMap::new();
    for (at, (_, chain, make)) in DISGUISES.iter().enumerate() {
        for (kind, (name, rule)) in KINDS.iter().enumerate() {
            let key = dir.forge.make(name).unwrap();
            let (text, code) = disguise(*make, &key);
            let file = format!("src/{at}-{kind}.txt");
            dir.write_bytes(&file, &text);
            expected.insert(file, (*rule, *chain, key, text, code));
        }
    }
    let report = dir.scan(&["."]).report();
    let mut problems = Vec::new();
    for (file, (rule, chain, key, text, code)) in &expected {
        let number: usize = file[4..].split('-').next().unwrap().parse().unwrap();
        let what = format!("{} of {rule} ({file})", DISGUISES[number].0);
        let here: Vec<_> = report.findings.iter().filter(|f| f.locations.iter().any(|l| &l.path == file)).collect();
        let [finding] = here.as_slice() else {
            problems.push(format!("{what}: {} findings", here.len()));
            continue;
        };
        let location = finding.locations.iter().find(|l| &l.path == file).unwrap();
        let tail = &key[key.len() - 4..];
        let masked = &finding.key.as_ref().unwrap().masked;
        if finding.rule != *rule || location.encodings != *chain || !masked.ends_with(&format!("…{tail}")) {
            problems.push(format!("{what}: {} {:?} {masked}", finding.rule, location.encodings));
        }
        // Wide files tell lines and columns of their text.
        if !chain[0].starts_with("utf-") {
            let line = 1 + text[..code.start].iter().filter(|byte| **byte == b'\n').count() as u64;
            let last = 1 + text[..code.end].iter().filter(|byte| **byte == b'\n').count() as u64;
            if location.line < line || location.line > last || location.end_line > last {
                problems.push(format!("{what}: line {} of {line} to {last}", location.line));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn nothing_of_a_disguised_key_is_shown() {
    let mut dir = Dir::new();
    let mut keys = Vec::new();
    for (at, (_, _, make)) in DISGUISES.iter().enumerate() {
        let key = dir.forge.make("sk_live").unwrap();
        let (text, code) = disguise(*make, &key);
        dir.write_bytes(&format!("{at}.txt"), &text);
        keys.push((key, text[code].to_vec()));
    }
    for format in ["text", "json"] {
        let run = dir.run(&["scan", "--format", format]);
        for (at, (key, code)) in keys.iter().enumerate() {
            let all = format!("{}{}", run.stdout, run.stderr);
            let shown =
                |secret: &[u8]| secret.windows(12).any(|part| memchr::memmem::find(all.as_bytes(), part).is_some());
            assert!(!shown(&key.as_bytes()[key.len() - 80..]), "{}", DISGUISES[at].0);
            let quiet: Vec<&[u8]> =
                code.split(|byte| !byte.is_ascii_alphanumeric()).filter(|part| part.len() > 40).collect();
            assert!(!quiet.iter().any(|part| shown(&part[24..])), "{}", DISGUISES[at].0);
        }
    }
}

#[test]
fn names_are_found_around_the_encoded_text() {
    let mut forge = Forge::new(5);
    let engine = engine();
    let key = forge.make("sk_live").unwrap();
    for (at, name) in [(0, Some("STRIPE_KEY")), (10, Some("key"))] {
        let (text, _) = disguise(DISGUISES[at].2, &key);
        assert_eq!(engine.scan(&text)[0].variable.as_deref(), name, "{}", DISGUISES[at].0);
    }
}

#[test]
fn a_whole_key_is_not_spoilt_by_its_neighbour() {
    let mut forge = Forge::new(6);
    let engine = engine();
    for name in ["sk_live", "sk_live:24", "whsec"] {
        let key = forge.make(name).unwrap();
        for text in [
            format!("run \"{key}\" \"other\""),
            format!("[\"{key}\", \"abc\"].join(\",\")"),
            format!("\"{key}\" + \"/v1\""),
        ] {
            let hits = engine.scan(text.as_bytes());
            assert_eq!(hits.len(), 1, "{name}");
            assert!(hits[0].key.masked.ends_with(&key[key.len() - 4..]), "{name} {}", hits[0].key.masked);
            assert!(hits[0].encodings.is_empty(), "{name}");
        }
    }
}

#[test]
fn a_piece_gives_way_to_the_whole() {
    let mut forge = Forge::new(7);
    let engine = engine();
    let key = forge.make("sk_live").unwrap();
    // The first piece alone is 24 characters long and looks like an old key.
    let text = format!("k = \"{}\" + \"{}\"", &key[..32], &key[32..]);
    let hits = engine.scan(text.as_bytes());
    assert_eq!(hits.len(), 1);
    assert_eq!((hits[0].encodings.as_slice(), hits[0].span.clone()), (["joined"].as_slice(), 5..text.len() as u64 - 1));
}

fn around_window_edges(offsets: impl Iterator<Item = usize> + Clone) {
    let mut forge = Forge::new(8);
    let engine = engine();
    for (what, chain, make) in DISGUISES {
        let key = forge.make("rk_live").unwrap();
        let (code, span) = disguise(*make, &key);
        for offset in offsets.clone() {
            // Base64 in wide characters is read in files that are wide as a whole.
            if chain[0].starts_with("utf-") && (offset % 4 != 0 || chain.len() > 1) {
                continue;
            }
            let edge = WINDOW + REACH - 200;
            let mut text = vec![b' '; edge + offset - span.start];
            text.push(b'\n');
            text.extend_from_slice(&code);
            text.extend(std::iter::repeat_n(b'\n', 2 * REACH));
            let mut hits = Vec::new();
            scan_reader(&engine, &mut text.as_slice(), &mut Scratch::default(), &mut hits).unwrap();
            let found = hits.iter().filter(|hit| engine.rules()[hit.rule].id == "restricted-live").count();
            assert!(found == 1, "{what} at {offset}: {found} of {}", hits.len());
        }
    }
}

#[test]
fn disguises_around_a_window_edge() {
    around_window_edges((0..=400).step_by(200));
}

#[test]
#[ignore = "every offset; run with --ignored"]
fn disguises_at_every_offset_around_a_window_edge() {
    around_window_edges(0..=400);
}

/// Noise of one kind, never the same twice.
fn noise(forge: &mut Forge, kind: &str, size: usize) -> Vec<u8> {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut digits = |alphabet: &[u8]| -> Vec<u8> {
        let mut text = Vec::with_capacity(size + 16);
        while text.len() < size {
            let bits = forge.bits().to_le_bytes();
            text.extend(bits.iter().map(|bits| alphabet[usize::from(*bits) % alphabet.len()]));
        }
        text
    };
    match kind {
        "base64" => digits(BASE64),
        "base64url" => digits(BASE64URL),
        "base64 at 76" => digits(BASE64).chunks(76).flat_map(|line| [line, b"\n"].concat()).collect(),
        "hex" => digits(b"0123456789abcdef"),
        "HEX" => digits(b"0123456789ABCDEF"),
        "bytes" => digits(&(0..=255).collect::<Vec<u8>>()),
        _ => {
            use std::io::Write;
            let words = digits(b"abcde fgh ijk_lmn live test \n");
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&words).unwrap();
            packed.finish().unwrap()
        }
    }
}

const NOISE: [&str; 7] = ["base64", "base64url", "base64 at 76", "hex", "HEX", "bytes", "compressed"];

fn noise_is_silent(seed: u64, size: usize) {
    let engine = engine();
    let mut forge = Forge::new(seed);
    for kind in NOISE {
        let text = noise(&mut forge, kind, size);
        let hits = engine.scan(&text);
        let wrong = hits.first().map(|hit| (&engine.rules()[hit.rule].id, &hit.encodings, hit.span.clone()));
        assert!(wrong.is_none(), "{kind}, seed {seed}: {wrong:?}");
    }
}

#[test]
fn noise_gives_no_finding() {
    noise_is_silent(1, 1 << 20);
}

#[test]
#[ignore = "a GiB of noise; run with --release -- --ignored"]
fn a_gibibyte_of_noise_gives_no_finding() {
    for seed in 2..150 {
        noise_is_silent(seed, 1 << 20);
    }
}

#[test]
fn dense_near_misses_take_linear_time() {
    let engine = engine();
    let bait = [
        "sk_live_%35\\x35&#53;=35\" + \"",
        "X2xpdmVf",
        "%5F",
        "\\u005f",
        "\"live_\" + ",
        "k_l\u{200b}",
        "d2hzZWNf\n",
        "AAAAAAAA",
    ];
    for bait in bait {
        for wide in [false, true] {
            let text = bait.repeat((32 << 10) / bait.len());
            let text: Vec<u8> =
                if wide { text.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { text.into_bytes() };
            let begun = std::time::Instant::now();
            let _ = engine.scan(&text);
            // Seconds, not minutes: a machine that is busy with other things still passes.
            assert!(begun.elapsed().as_secs() < 60, "{bait:?}");
        }
    }
}

#[test]
fn streams_in_neighbouring_literals_take_linear_time() {
    let engine = engine();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &[b'.'; 200]).unwrap();
    let stream = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, packed.finish().unwrap());
    // Literals next to each other are one run of digits, which must not be decoded from each of them to its end.
    let text = format!("\"{}{stream}\" ", stream.trim_end_matches('=')).repeat((1 << 20) / stream.len());
    let begun = std::time::Instant::now();
    assert!(engine.scan(text.as_bytes()).is_empty());
    assert!(begun.elapsed().as_secs() < 60);
}

#[test]
fn keys_in_streams_next_to_each_other_are_all_found() {
    let mut forge = Forge::new(2_201);
    let mut text = String::from("[");
    let mut places = Vec::new();
    for length in 0..60_usize {
        let keys = [forge.fill("{{sk_live}}"), forge.fill("{{whsec}}")];
        let plain = format!("{} a={}\nb={}\n", "x".repeat(length), keys[0], keys[1]);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packed, plain.as_bytes()).unwrap();
        let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, packed.finish().unwrap());
        places.push(text.len() as u64 + 1);
        text += &format!("\"{code}\"{}", [", ", " "][length % 2]);
    }
    let hits = engine().scan(text.as_bytes());
    for place in places {
        assert_eq!(hits.iter().filter(|hit| hit.span.start == place).count(), 2, "{place}");
    }
}

#[test]
fn source_maps_and_notebooks_say_what_the_key_is_in() {
    let mut dir = Dir::new();
    let filler = "x".repeat(1_500_000);
    dir.write(
        "app.js.map",
        r#"{"version":3,"sources":["src/a.ts","src/pay.ts"],"sourcesContent":["","k = '{{sk_live}}'"]}"#,
    );
    dir.write(
        "big.js.map",
        &format!(r#"{{"sourcesContent":["{filler}","k = '{{{{sk_live}}}}'"],"sources":["src/a.ts","src/big.ts"]}}"#),
    );
    dir.write("n.ipynb", "{\"cells\":[{\"source\":[]},{\"source\":[\"k = \\\"{{rk_live}}\\\"\\n\"]}],\"nbformat\":4}");
    dir.write("plain.json", r#"{"k": "{{rk_live}}"}"#);
    let report = dir.scan(&["."]).report();
    let mut seen: Vec<_> =
        report.findings.iter().flat_map(|f| &f.locations).map(|l| (l.path.as_str(), l.within.as_deref())).collect();
    seen.sort();
    let expected = [
        ("app.js.map", Some("src/pay.ts")),
        ("big.js.map", Some("src/big.ts")),
        ("n.ipynb", Some("cell 2")),
        ("plain.json", None),
    ];
    assert_eq!(seen, expected);
}
