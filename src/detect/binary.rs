//! Finds the edges of a token in binary data.
//!
//! Programs store a string behind its length, and compilers glue strings without any separator: the byte before a
//! modern key is then `k` (107), a letter, and the byte behind it may be the opcode of the next object. There an edge
//! is also where the structure of the family is complete, or where the bytes before the token say its length. Only the
//! [`CONTEXT`] bytes on either side decide, so that a window of a text and a delta of a history give the same.

use std::ops::Range;

use super::boundary::{self, Right};
use super::nested::Layer;
use crate::credential::family::client_secret_length;
use crate::credential::randomness as shape;
use crate::credential::{Generation, is_cli_webhook_secret, split_by};
use crate::model::limits::CONTEXT;
use crate::rules::rule::{BodyCheck, KeyPattern};

/// Bytes that the opcode, the length and the first letters of the next string may add to the run of a token.
const SWALLOWED: usize = 4;

/// Returns the end of a token that the edges of text do not give: the pattern took bytes behind it, or a word ends
/// before it. `None` where those edges decide.
pub(super) fn end_of_token(layer: &Layer<'_>, run: &Range<usize>, detect: &KeyPattern) -> Option<usize> {
    let bytes = layer.bytes;
    let body = body_start(&bytes[run.clone()], detect) + run.start;
    let token = Token { bytes, run: run.clone(), body, detect };
    let is_clean = boundary::left_is_clean(bytes, run.start);
    let is_whole = match detect.lengths.as_slice() {
        [] => !token.has_frame_before(),
        _ => token.is_complete(&bytes[body..run.end]),
    };
    let is_name = boundary::right(bytes, run.end) == Right::Name;
    let is_key = detect.check == BodyCheck::ApiKey;
    if is_clean && is_whole && (is_key || !is_name) {
        return None;
    }
    let strict = is_clean && !is_name;
    let around = surroundings(layer, &token);
    let by_shape = || token.end_by_shape(strict, around);
    match around {
        Surroundings::Text => None,
        _ => token.end_by_structure(strict).or_else(|| token.end_by_length(strict)).or_else(by_shape),
    }
}

/// Returns the offset of the random part.
fn body_start(token: &[u8], detect: &KeyPattern) -> usize {
    match memchr::memmem::rfind(token, b"_secret_") {
        Some(at) => at + "_secret_".len(),
        None => split_by(token, &detect.literals).prefix.len(),
    }
}

/// The kind of the bytes around a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surroundings {
    Text,
    /// No line break for as long as the context goes: glued strings, or a long line.
    Line,
    /// Control characters, or bytes that are no UTF-8.
    Binary,
}

fn surroundings(layer: &Layer<'_>, token: &Token<'_>) -> Surroundings {
    let (bytes, run) = (layer.bytes, &token.run);
    let before = &bytes[run.start.saturating_sub(CONTEXT)..run.start];
    let after = &bytes[run.end..bytes.len().min(run.end + CONTEXT)];
    let is_long = |part: &[u8]| part.len() == CONTEXT && memchr::memchr2(b'\n', b'\r', part).is_none();
    let is_wide = layer.depth > 0 && layer.plain;
    if has_binary(before) || has_binary(after) || is_wide && has_binary(&layer.outer) || token.is_a_record() {
        return Surroundings::Binary;
    }
    if is_long(before) || is_long(after) { Surroundings::Line } else { Surroundings::Text }
}

/// Returns true for control characters that text does not have, and for bytes that are no UTF-8. A character that the
/// start or the end of a full part cuts is none of these.
fn has_binary(part: &[u8]) -> bool {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let is_full = part.len() >= CONTEXT;
    let cut = part.iter().take(3).take_while(|byte| is_full && matches!(byte, 0x80..=0xbf)).count();
    part.iter().any(is_control)
        || std::str::from_utf8(&part[cut..]).is_err_and(|error| error.error_len().is_some() || !is_full)
}

/// A token as far as its pattern goes.
struct Token<'a> {
    bytes: &'a [u8],
    run: Range<usize>,
    /// Offset of the random part.
    body: usize,
    detect: &'a KeyPattern,
}

impl Token<'_> {
    fn before(&self) -> &[u8] {
        &self.bytes[..self.run.start]
    }

    /// Returns true for a whole record that looks like a line of text: a tag (`\n` is that of field 1), the length of a
    /// modern key, the key.
    fn is_a_record(&self) -> bool {
        let before = self.before();
        let is_tagged = matches!(before, [.., tag, _] if !boundary::is_word(*tag)) || before.len() == 1;
        let end = self.end_by_generation();
        let length = end.map(|end| end - self.run.start);
        is_tagged && end == Some(self.run.end) && before.last().map(|byte| usize::from(*byte)) == length
    }

    /// Returns true if the byte before the token is none of text, and may belong to a length.
    fn has_frame_before(&self) -> bool {
        self.before().last().is_some_and(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
    }

    /// Returns the end of a modern or middle key: their structure is proof.
    fn end_by_generation(&self) -> Option<usize> {
        let run = &self.bytes[self.body..self.run.end];
        let is_one = |length: &&usize| {
            let body = run.get(..**length).filter(|body| self.is_complete(body));
            body.is_some_and(|body| Generation::of_api_key(body) != Generation::Legacy)
        };
        let is_api_key = self.detect.check == BodyCheck::ApiKey;
        self.detect.lengths.iter().rev().filter(|_| is_api_key).find(is_one).map(|length| self.body + length)
    }

    fn end_by_structure(&self, strict: bool) -> Option<usize> {
        let end = self.end_by_generation()?;
        (!strict || end < self.run.end).then_some(end)
    }

    /// Returns the end that the bytes before the token say, where no known length tells it.
    fn end_by_length(&self, strict: bool) -> Option<usize> {
        // A blank says 32.
        if strict && !self.has_frame_before() {
            return None;
        }
        lengths_before(self.before()).into_iter().find_map(|length| {
            let end = self.run.start.checked_add(length).filter(|end| *end <= self.run.end)?;
            let (body, rest) = (self.bytes.get(self.body..end)?, self.run.end - end);
            // A byte that is no letter says more.
            let most = if length < 128 { SWALLOWED } else { 4 * SWALLOWED };
            let is_whole = rest == 0 && !strict;
            let is_near = self.detect.lengths.is_empty() && (1..=most).contains(&rest);
            (self.is_complete(body) || (is_whole || is_near) && shape::looks_random(body)).then_some(end)
        })
    }

    /// Returns the end of a body of a known length that looks random. Where the edges of text hold too, only if what
    /// follows it is plainly something else.
    fn end_by_shape(&self, strict: bool, around: Surroundings) -> Option<usize> {
        let run = &self.bytes[self.body..self.run.end];
        let most = if around == Surroundings::Binary { SWALLOWED } else { 0 };
        let is_foreign = |rest: &[u8]| rest.len() <= most || shape::is_made_of_words(rest);
        let mut ends = self.detect.lengths.iter().rev().filter(|length| {
            run.len() >= **length
                && self.is_complete(&run[..**length])
                && (!strict || (**length < run.len() && is_foreign(&run[**length..])))
        });
        ends.next().map(|length| self.body + length)
    }

    /// Returns true if a body is one of the family, by its length and its characters.
    fn is_complete(&self, body: &[u8]) -> bool {
        let is_random = |body: &[u8]| shape::looks_random(body) && !shape::is_made_of_words(body);
        let is_hex = |body: &[u8]| body.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.detect.lengths.contains(&body.len())
            && match self.detect.check {
                BodyCheck::ApiKey => match Generation::of_api_key(body) {
                    Generation::Modern | Generation::Middle => shape::distinct(body) >= 12,
                    Generation::Legacy => is_random(body),
                    Generation::Irregular | Generation::Unknown => false,
                },
                BodyCheck::WebhookEndpoint => {
                    body.iter().all(u8::is_ascii_alphanumeric) && is_random(body) && !is_hex(body)
                }
                BodyCheck::WebhookCli => is_cli_webhook_secret(body) && shape::distinct(body) >= 8,
                BodyCheck::Opaque => {
                    let longest = body.split(|byte| *byte == b'_').max_by_key(|part| part.len()).unwrap_or(body);
                    client_secret_length(&self.bytes[self.run.clone()]).is_none_or(|length| length == body.len())
                        && is_random(longest)
                }
                BodyCheck::Unprefixed | BodyCheck::Database | BodyCheck::Any => false,
            }
    }
}

/// Returns the lengths that the bytes before a string can say: in one byte, in several of either order, or in groups of
/// seven bits.
fn lengths_before(before: &[u8]) -> [usize; 2] {
    let zeros = before.iter().rev().take(8).take_while(|byte| **byte == 0).count();
    let value = before.len().checked_sub(zeros + 1).map_or(0, |at| usize::from(before[at]));
    match before {
        [.., low @ 0x80..=0xff, high @ 1..=3] => [usize::from(low & 0x7f) | usize::from(*high) << 7, value],
        _ => [value, 0],
    }
}

#[cfg(test)]
mod tests {
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
    ];

    fn byte(length: usize) -> u8 {
        u8::try_from(length).unwrap()
    }

    /// How a format writes a string, and what follows it.
    type Container = (&'static str, fn(&[u8]) -> Vec<u8>);

    fn varint(number: usize) -> Vec<u8> {
        if number < 128 { vec![byte(number)] } else { vec![byte(number & 127) | 128, byte(number >> 7)] }
    }

    const CONTAINERS: &[Container] = &[
        ("class", |key| {
            [b"\x0aSourceFile\x01\0", &[byte(key.len())][..], key, b"\x01\0\x07Pay.java\x07\0\x03"].concat()
        }),
        ("pickle 4", |key| {
            [b"\x80\x04\x95\x8c\x03key\x94\x8c", &[byte(key.len())][..], key, b"\x94\x8c\x04name"].concat()
        }),
        ("pickle 2", |key| {
            [b"\x80\x02}q\0X\x03\0\0\0keyq\x01X", &[byte(key.len())][..], b"\0\0\0", key, b"q\x02s."].concat()
        }),
        ("marshal", |key| [b"\xe3\0\0\0\0\xfa", &[byte(key.len())][..], key, b"TN)\x02Z\x05DEBUG"].concat()),
        ("msgpack", |key| [b"\x82\xa3key\xd9", &[byte(key.len())][..], key, b"A\xa4name\xa4shop"].concat()),
        ("cbor", |key| [b"\xa1\x63key\x78", &[byte(key.len())][..], key, b"dname"].concat()),
        ("bson", |key| [b"\x02k\0", &[byte(key.len() + 1)][..], b"\0\0\0", key, b"\0\x08x\0\x01"].concat()),
        ("protobuf", |key| [b"\x08\x01\x12", &varint(key.len())[..], key, b"r\x04shop"].concat()),
        ("listpack", |key| {
            [b"\x83key\x04\xe0", &[byte(key.len())][..], key, &[byte(key.len() / 2)], b"\x84name"].concat()
        }),
        ("plist", |key| [b"\xd1\x01\x02Skey_\x10", &[byte(key.len())][..], key, b"_\x10\x11something longer"].concat()),
        ("lua", |key| [b"\x1bLuaS\x14", &[byte(key.len() + 1)][..], key, b"\x14\x04name"].concat()),
        ("dex", |key| [b"\0\x03key\0", &varint(key.len())[..], key, b"\0\x04next\0"].concat()),
        ("postgres", |key| [b"\0\x01\x0bname", &[byte((2 * key.len() + 3) & 255)][..], key, b"\x0bnext\0\0"].concat()),
        ("avro", |key| [b"\x06key", &varint(2 * key.len())[..], key, b"\x08shop\0"].concat()),
        ("ruby", |key| {
            let length = if key.len() < 123 { vec![byte(key.len() + 5)] } else { vec![1, byte(key.len())] };
            [b"\x04\x08{\x06I\"\x08key\x06:\x06ETI\"", &length[..], key, b"\x06;\0T"].concat()
        }),
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
        let edges = [("", ""), ("bounds", "tls"), ("bounds", "runtimeError"), ("0", "5"), (" ", "runtime"), ("a", "-")];
        for kind in KINDS.iter().filter(|kind| !["sk_org"].contains(kind)) {
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
            "task_test_createUserAccount2WithEmail",
            "desk_live_subscriptionScheduleUpdated",
            "ask_test_PaymentMethodConfigurationCreate",
            "disk_test_0123456789abcdef0123456789abcdef",
            "sk_test_integration_suite_for_Payments2024",
            "awhsec_ConfigurationOfEndpointSecretsInTests",
        ] {
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
        /// What is farther away than the context changes nothing.
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
}
