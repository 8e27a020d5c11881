use crate::credential::Secret;
use crate::credential::forge::Forge;
use crate::detect::Engine;
use crate::model::Severity;
use crate::rules::load;
use proptest::prelude::*;

fn engine() -> Engine {
    Engine::new(load::load(true, &[]).unwrap()).unwrap()
}

/// Asserts that the key, and nothing else above note, is found.
#[track_caller]
fn assert_found(engine: &Engine, bytes: &[u8], key: &str, how: &str) {
    let hits = engine.scan(bytes);
    let hits: Vec<_> = hits.iter().filter(|hit| engine.rules()[hit.rule].severity > Severity::Note).collect();
    let wanted = Secret::new(key.as_bytes()).fingerprint();
    let found: Vec<_> = hits.iter().map(|hit| (hit.span.clone(), hit.fingerprint == wanted)).collect();
    assert!(matches!(found.as_slice(), [(_, true)]), "{how}: {found:?}");
}

const KINDS: &[&str] = &[
    "sk_live",
    "sk_live:34",
    "sk_live:24",
    "rk_live",
    "rk_test:34",
    "sk_test:24",
    "whsec",
    "whsec:hex",
    "sk_org",
    "ek_live",
    "pss_live",
    "pi_secret",
    "seti_secret",
    "cs_live_secret",
    "rkcs_test",
    "database",
];

fn byte(length: usize) -> u8 {
    u8::try_from(length).unwrap()
}

/// A format's way to write a string, and the bytes that follow it.
type Container = (&'static str, fn(&[u8]) -> Vec<u8>);

fn varint(number: usize) -> Vec<u8> {
    if number < 128 { vec![byte(number)] } else { vec![byte(number & 127) | 128, byte(number >> 7)] }
}

const CONTAINERS: &[Container] = &[
    ("class", |key| [b"\x0aSourceFile\x01\0", &[byte(key.len())][..], key, b"\x01\0\x07Pay.java\x07\0\x03"].concat()),
    ("pickle 4", |key| [b"\x80\x04\x95\x8c\x03key\x94\x8c", &[byte(key.len())][..], key, b"\x94\x8c\x04name"].concat()),
    ("pickle 2", |key| {
        [b"\x80\x02}q\0X\x03\0\0\0keyq\x01X", &[byte(key.len())][..], b"\0\0\0", key, b"q\x02s."].concat()
    }),
    ("marshal", |key| [b"\xe3\0\0\0\0\xfa", &[byte(key.len())][..], key, b"TN)\x02Z\x05DEBUG"].concat()),
    ("msgpack", |key| [b"\x82\xa3key\xd9", &[byte(key.len())][..], key, b"A\xa4name\xa4shop"].concat()),
    ("cbor", |key| [b"\xa1\x63key\x78", &[byte(key.len())][..], key, b"dname"].concat()),
    ("bson", |key| [b"\x02k\0", &[byte(key.len() + 1)][..], b"\0\0\0", key, b"\0\x08x\0\x01"].concat()),
    ("protobuf", |key| [b"\x08\x01\x12", &varint(key.len())[..], key, b"r\x04shop"].concat()),
    ("listpack", |key| [b"\x83key\x04\xe0", &[byte(key.len())][..], key, &[byte(key.len() / 2)], b"\x84name"].concat()),
    ("plist", |key| [b"\xd1\x01\x02Skey_\x10", &[byte(key.len())][..], key, b"_\x10\x11something longer"].concat()),
    ("lua", |key| [b"\x1bLuaS\x14", &[byte(key.len() + 1)][..], key, b"\x14\x04name"].concat()),
    ("dex", |key| [b"\0\x03key\0", &varint(key.len())[..], key, b"\0\x04next\0"].concat()),
    ("postgres", |key| [b"\0\x01\x0bname", &[byte((2 * key.len() + 3) & 255)][..], key, b"\x0bnext\0\0"].concat()),
    ("avro", |key| [b"\x06key", &varint(2 * key.len())[..], key, b"\x08shop\0"].concat()),
    ("ruby", |key| {
        let length = if key.len() < 123 { vec![byte(key.len() + 5)] } else { vec![1, byte(key.len())] };
        [b"\x04\x08{\x06I\"\x08key\x06:\x06ETI\"", &length[..], key, b"\x06;\0T"].concat()
    }),
    ("bencode", |key| [format!("d3:key{}:", key.len()).as_bytes(), key, b"4:name4:shope"].concat()),
    ("one of cbor", |key| [b"x", &[byte(key.len())][..], key].concat()),
    ("one of protobuf", |key| [b"J", &varint(key.len())[..], key].concat()),
    ("list of plist", |key| [b"\xa3\x01\x02\x03_\x10", &[byte(key.len())][..], key, b"TshopUalpha\x08"].concat()),
    ("serialized", |key| [b"\xac\xed\0\x05t\0", &[byte(key.len())][..], key, b"t\0\x04shop"].concat()),
    ("v8", |key| [b"\x01\0\xa3\x11\x03\0", &[byte(key.len())][..], b"\0\0\0", key, b"Lk\0\0"].concat()),
];

#[test]
fn keys_behind_their_length() {
    let (engine, mut forge) = (engine(), Forge::new(71));
    for (container, write) in CONTAINERS {
        for kind in KINDS.iter().chain(KINDS).chain(KINDS) {
            let key = forge.make(kind).unwrap();
            assert_found(&engine, &write(key.as_bytes()), &key, &format!("{kind} in {container}"));
        }
    }
}

/// Compilers glue strings without a separator; the text around is long, or near a zero byte.
#[test]
fn keys_glued_to_other_strings() {
    let (engine, mut forge) = (engine(), Forge::new(72));
    let before = "invalid argumentunexpected EOFreflect.Value.Setindex out of bounds: ".repeat(5);
    let after = "tls: failed to parse certificateruntime error, no such file or directory".repeat(5);
    let key = forge.make("sk_org").unwrap();
    let hits = engine.scan(format!("{before}a{key}: {after}").as_bytes());
    assert_eq!(hits.len(), 1, "a long key of unknown structure");
    let edges = [("", ""), ("bounds", "tls"), ("bounds", "runtimeError"), ("0", "5"), (" ", "runtime"), ("a", "-")];
    let is_open = |kind: &str| ["sk_org", "cs_live_secret", "rkcs_test"].contains(&kind);
    for kind in KINDS.iter().filter(|kind| !is_open(kind)) {
        for (left, right) in edges {
            for (start, end) in [(before.as_str(), after.as_str()), ("\0\0GNU\0", "\0.text\0"), (&before, "")] {
                let key = forge.make(kind).unwrap();
                let blob = format!("{start}{left}{key}{right}{end}");
                assert_found(&engine, blob.as_bytes(), &key, &format!("{kind} between {left:?} and {right:?}"));
            }
        }
        // The first of two client secrets reads on into the second.
        if *kind == "pi_secret" {
            continue;
        }
        let keys = [forge.make(kind).unwrap(), forge.make(kind).unwrap()];
        let blob = format!("{before}a{}{}", keys.concat(), after);
        let hits = engine.scan(blob.as_bytes());
        let found: Vec<_> = hits.iter().map(|hit| hit.fingerprint).collect();
        assert_eq!(found, keys.map(|key| Secret::new(key.as_bytes()).fingerprint()), "{kind} twice");
    }
}

/// Strings of Windows resources: a length in characters, the text in UTF-16, the next length.
#[test]
fn keys_glued_to_each_other() {
    let (engine, mut forge) = (engine(), Forge::new(77));
    let kinds = ["pi_secret", "seti_secret", "pi_secret", "fcsess_client_secret", "pi_secret"];
    for count in 2..=kinds.len() {
        let keys: Vec<String> = kinds[..count].iter().map(|kind| forge.make(kind).unwrap()).collect();
        for (before, behind) in [("secrets=", "\n"), ("\0\u{1}", "\0\u{2}"), ("", "")] {
            let text = [before, &keys.concat(), behind].concat();
            let found: Vec<_> = engine.scan(text.as_bytes()).iter().map(|hit| hit.fingerprint).collect();
            let wanted: Vec<_> = keys.iter().map(|key| Secret::new(key.as_bytes()).fingerprint()).collect();
            assert_eq!(found, wanted, "{count} keys behind {before:?}");
        }
    }
}

#[test]
fn wide_keys_behind_their_length() {
    let (engine, mut forge) = (engine(), Forge::new(73));
    for kind in ["sk_live", "sk_live:34", "sk_live:24", "whsec"] {
        let key = forge.make(kind).unwrap();
        let text = format!("{}{key}{}Pay now", char::from(byte(key.len())), char::from(78));
        let wide = text.encode_utf16().flat_map(u16::to_le_bytes);
        let bytes: Vec<u8> = b"MZ\x90\0\x03\0\0\0\x04".iter().copied().chain(wide).chain([0; 9]).collect();
        assert_found(&engine, &bytes, &key, kind);
    }
}

#[test]
fn text_keeps_its_edges() {
    let (engine, mut forge) = (engine(), Forge::new(74));
    let key = forge.make("sk_live").unwrap();
    assert_found(&engine, format!("(dp0\nVkey\np1\nV{key}\np2\ns.").as_bytes(), &key, "pickle in text");
    for kind in ["sk_live", "sk_live:34", "sk_live:24", "whsec"] {
        let key = forge.make(kind).unwrap();
        for text in [format!("a = ta{key}"), format!("one\nx{key}\ntwo\n"), format!("the keyé_{key}")] {
            assert!(engine.scan(text.as_bytes()).is_empty(), "{kind}");
        }
        // Odd lengths stay whole.
        let hits = engine.scan(format!("k={key}aB3xK9dQ\n").as_bytes());
        assert!(hits.iter().all(|hit| hit.span.end - hit.span.start == key.len() as u64 + 8), "{kind}");
    }
}

#[test]
fn names_in_binaries_are_no_keys() {
    let engine = engine();
    let long = "var a=function(b){return b.c(d)},".repeat(20);
    for name in [
        "task_{test}_createUserAccount2WithEmail",
        "desk_{live}_subscriptionScheduleUpdated",
        "ask_{test}_PaymentMethodConfigurationCreate",
        "disk_{test}_0123456789abcdef0123456789abcdef",
        "sk_{test}_integration_suite_for_Payments2024",
        "a{whsec}_ConfigurationOfEndpointSecretsInTests",
    ] {
        // No prefix is written out here.
        let name = name.replace("{test}", "test").replace("{live}", "live").replace("{whsec}", "whsec");
        for text in [format!("\0\x01{name}\0"), format!("{long}{name}{long}")] {
            let hits = engine.scan(text.as_bytes());
            assert!(hits.iter().all(|hit| engine.rules()[hit.rule].severity == Severity::Note), "{name}");
        }
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop_oneof![
        "[a-zA-Z0-9 _.\n]{0,300}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..40)
    ];
    let kept = proptest::sample::select(CONTAINERS.iter().map(|(_, write)| *write).collect::<Vec<_>>());
    let key = (any::<u64>(), proptest::sample::select(KINDS.to_vec()), kept).prop_map(|(seed, kind, write)| {
        let key = Forge::new(seed).make(kind).unwrap();
        if seed % 3 == 0 { key.into_bytes() } else { write(key.as_bytes()) }
    });
    prop_oneof![2 => noise, 1 => key]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Bytes farther away than the context change nothing.
    #[test]
    fn only_the_context_decides(pieces in proptest::collection::vec(piece(), 1..6), far in proptest::collection::vec(any::<u8>(), 0..300)) {
        let engine = engine();
        let bytes = pieces.concat();
        let near = [&far[..], &[b' '; 600], &bytes[..], &[b' '; 600], &far[..]].concat();
        let other = [&[b' '; 600][..], &bytes, &[b' '; 600]].concat();
        let from = far.len() as u64;
        let hits = |bytes: &[u8], from: u64| -> Vec<_> {
            engine.scan(bytes).into_iter().filter(|hit| hit.encodings.is_empty() && hit.span.start >= from + 600)
                .filter(|hit| hit.span.end <= from + 600 + pieces.concat().len() as u64)
                .map(|hit| (hit.span.start - from, hit.fingerprint)).collect()
        };
        prop_assert_eq!(hits(&near, from), hits(&other, 0));
    }
}

/// String tables of engines such as Hermes: names glued before and behind a key whose length nothing tells.
#[test]
fn a_key_of_unknown_length_among_glued_names() {
    let (engine, key) = (engine(), Forge::new(75).make("sk_org").unwrap());
    for names in [1, 4, 40] {
        let names = "helloWorldprintRequire".repeat(names);
        let hits =
            engine.scan(&[b"\x12\0\x06\x01globalThi", key.as_bytes(), names.as_bytes(), b"\0\0\0C\t\0"].concat());
        let start: Vec<_> = hits.iter().map(|hit| hit.span.start).collect();
        assert_eq!(start, [13], "{}", names.len());
        // Its end is unknown: the fingerprint may be wrong, and the confidence says so.
        assert!(hits.iter().all(|hit| hit.confidence == crate::model::Confidence::Low), "{}", names.len());
    }
}

/// The key of a sandbox is a restricted key: where it has the structure of one, that tells its end.
#[test]
fn a_sandbox_key_with_the_modern_structure_among_glued_names() {
    let engine = engine();
    for seed in 0..20 {
        let key = Forge::new(seed).make("rk_test").unwrap().replacen("rk_", "rkcs_", 1);
        let names = "helloWorldprintRequire".repeat(9);
        let bytes = [b"\x12\0\x06\x01globalThi", key.as_bytes(), names.as_bytes(), b"\0\0\0C\t\0"].concat();
        assert_found(&engine, &bytes, &key, "glued");
    }
}

#[test]
fn records_of_a_database_outside_of_one() {
    let engine = engine();
    let text = |text: &[u8]| (varint_big(text.len() * 2 + 13), text.to_vec());
    for (seed, kind) in KINDS.iter().enumerate() {
        let key = Forge::new(seed as u64 + 900).make(kind).unwrap();
        let (k, name, mode) = (text(key.as_bytes()), text(b"stripe"), text(b"live"));
        let (null, number) = ((vec![0], vec![]), (vec![1], vec![0x37]));
        let rows: [&[&(Vec<u8>, Vec<u8>)]; 6] =
            [&[&k], &[&null, &k], &[&name, &k], &[&null, &name, &k, &mode], &[&k, &name], &[&number, &k, &number]];
        for (at, row) in rows.into_iter().enumerate() {
            let header: Vec<u8> = row.iter().flat_map(|(kind, _)| kind.clone()).collect();
            let values: Vec<u8> = row.iter().flat_map(|(_, value)| value.clone()).collect();
            let record = [&[byte(header.len() + 1)][..], &header, &values].concat();
            let cell = [&varint_big(record.len())[..], &[7], &record].concat();
            let page = [&[0x0d, 0, 0, 0, 1][..], &[0; 300], &cell, b"ab"].concat();
            assert_found(&engine, &page, &key, &format!("{kind} {at}"));
        }
    }
}

/// As in a database of UTF-16, whole and deleted: the first four bytes of a deleted row say how many are free.
#[test]
fn wide_records_of_a_database_outside_of_one() {
    let engine = engine();
    for (seed, kind) in ["sk_org", "rkcs_test", "sk_live", "whsec", "pi_secret"].iter().enumerate() {
        let key = Forge::new(seed as u64 + 70).make(kind).unwrap();
        for big in [false, true] {
            let wide = |text: &str| -> Vec<u8> {
                text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
            };
            let text = |text: &str| (varint_big(text.len() * 4 + 13), wide(text));
            let rows = [[text("stripe"), text(&key), text("abc")], [(vec![9], vec![]), text(&key), text("ab")]];
            for (at, row) in rows.into_iter().enumerate() {
                let header: Vec<u8> = row.iter().flat_map(|(kind, _)| kind.clone()).collect();
                let values: Vec<u8> = row.iter().flat_map(|(_, value)| value.clone()).collect();
                let record = [&[byte(header.len() + 1)][..], &header, &values].concat();
                let cell = [&varint_big(record.len())[..], &[7], &record].concat();
                let free = [&[0, 0][..], &u16::try_from(cell.len()).unwrap().to_be_bytes(), &cell[4..]].concat();
                for (cell, state) in [(&cell, "whole"), (&free, "deleted")] {
                    let page = [&[0x0d, 0, 0, 0, 1][..], &[0; 300], cell, &[0xf1; 40]].concat();
                    assert_found(&engine, &page, &key, &format!("{kind} {at} {big} {state}"));
                }
            }
        }
    }
}

/// A number with its most significant bits first.
fn varint_big(number: usize) -> Vec<u8> {
    if number < 128 { vec![byte(number)] } else { vec![byte(number >> 7) | 128, byte(number & 127)] }
}

#[test]
fn logins_of_a_database_in_wide_characters_and_with_escaped_colons() {
    let engine = engine();
    for seed in 0..20 {
        let url = Forge::new(seed).make("database").unwrap();
        let wide: Vec<u8> = url.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let heap = [b"MZ\0\0\x07a\0b\0c\0\0\x80", &[byte((wide.len() + 1) & 255)][..], &wide, b"\0\x09s\0h\0o\0p\0\0"];
        assert_found(&engine, &heap.concat(), &url, "a heap");
        let escaped = url.replace(':', "\\:");
        assert_found(&engine, format!("#x\nstripe.url={escaped}\\:5432/data\n").as_bytes(), &url, "properties");
    }
}
