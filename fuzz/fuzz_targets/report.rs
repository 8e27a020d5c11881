//! Every format of a report with arbitrary names and messages: what machines read parses back, what people read has no
//! control character, and nothing shows a key. In the texts, which 0xff separates, 0x01 stands for a key, 0x02 for its
//! base64 and 0x03 for its hexadecimal digits.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::credential::forge::Forge;
use pinstripe::detect::Redactor;
use pinstripe::model::{Report, Severity};
use pinstripe::report::{FORMATS, Options, Redacted};
use pinstripe::rules::{RuleSet, load::load};
use serde_json::{Value, json};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| load(true, &[]).expect("the rules load"));
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(&RULES));
static KEY: LazyLock<String> = LazyLock::new(|| Forge::new(7).make("sk_live").expect("a known name"));

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Three bytes are four digits: without a rest, the digits of a stretch at this offset are those of the whole.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = |three: &[u8]| three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let whole = text.as_bytes().chunks_exact(3);
    whole.flat_map(|three| [18, 12, 6, 0].map(|at| char::from(DIGITS[(bits(three) >> at & 63) as usize]))).collect()
}

fn report(texts: &[String]) -> Report {
    let text = |at: usize| texts.get(at).map_or("", String::as_str);
    let location = json!({
        "path": text(0), "archive": [text(1)], "within": text(2), "line": 1, "column": 2, "end_line": 1, "end_column": 9,
        "origin": "file", "reach": "worktree", "blob": null, "commit": null, "encodings": [], "variable": text(3),
        "context": [], "status": "open", "suppression": {"source": "config", "reason": text(4)}, "redacted": false,
    });
    let report = json!({
        "schema": "pinstripe.report/1",
        "tool": {"name": "pinstripe", "version": "0", "rules_digest": "0"},
        "target": {"kind": "worktree", "root": text(5), "head": null, "base": null},
        "options": {"paths": [text(5)], "archives": true, "ignored": false, "alternates": false, "authors": true,
            "policy": {"none": false, "config": [text(1)], "baseline": text(2), "revision": text(3)}},
        "thresholds": {"fail_on": "medium", "min_severity": "low"},
        "hidden": [],
        "findings": [{
            "rule": "secret-live", "severity": "critical", "confidence": "high", "fingerprint": "0".repeat(32),
            "message": text(6), "key": null, "status": "open", "locations": [location.clone(), location],
            "trace": [{"message": text(7), "path": text(0), "line": 3, "column": 4}],
            "exposure": {"introduced": null, "removed": null, "in_head": true, "days": 1, "refs": [text(8)],
                "refs_total": 1},
        }],
        "coverage": {"files": 1, "objects": 0, "bytes": 2, "complete": false, "skipped": [
            {"reason": "damaged", "class": "unread", "count": 1, "examples": [text(9)]}]},
    });
    serde_json::from_value(report).expect("a report")
}

fn is_odd(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fuzz_target!(|bytes: &[u8]| {
    // A key among other letters is none.
    let forms = [KEY.clone(), base64(&KEY), hex(&KEY)].map(|form| format!(" {form} "));
    let fill = |part: &[u8]| {
        let marks = ["\u{1}", "\u{2}", "\u{3}"].iter().zip(&forms);
        marks.fold(String::from_utf8_lossy(part).into_owned(), |text, (mark, form)| text.replace(mark, form))
    };
    let texts: Vec<String> = bytes.split(|byte| *byte == 0xff).map(fill).collect();
    let report = Redacted::new(report(&texts), &REDACTOR);
    let random = &KEY["sk_live_".len() + 17..];
    let forbidden = [&random[..12], &random[30..42], &hex(&random[..12]), &base64(&KEY)[40..56]].map(str::to_owned);
    for format in FORMATS {
        for verbose in [0, 2] {
            let options = Options {
                color: false, verbose, quiet: false, min_severity: Severity::Note, fail_on: Severity::Medium,
                repository_url: Some("https://host/owner/name".to_owned()), sarif_category: None,
            };
            let mut out = Vec::new();
            format.write(&report, &RULES, &options, &mut out).expect("memory can be written");
            let out = String::from_utf8(out).expect("UTF-8");
            assert!(!forbidden.iter().any(|part| out.contains(part)), "{} shows a key", format.name);
            assert!(!out.contains(is_odd), "{}: {:?}", format.name, out.chars().find(|c| is_odd(*c)));
            match format.name {
                "json" => drop(serde_json::from_str::<Report>(&out).expect("a report")),
                "html" => assert_eq!(out.matches("<script").count(), 2),
                "sarif" | "gitlab" => drop(serde_json::from_str::<Value>(&out).expect("JSON")),
                "jsonl" => out.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).expect("JSON"))),
                _ => {}
            }
        }
    }
});
