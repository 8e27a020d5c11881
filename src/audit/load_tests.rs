use serde_json::{Value, json};

use super::*;

fn report() -> Value {
    let place = json!({
        "path": "a.env", "archive": [], "within": null, "line": 1, "column": 2, "end_line": 1, "end_column": 9,
        "origin": "file", "reach": "worktree", "blob": null, "commit": "a".repeat(40), "encodings": [], "variable": null,
        "context": [], "status": "open", "suppression": null, "redacted": false,
        "snippet": {"text": "é=…", "start": 3, "end": 6}, "line_hash": {"hash": "1f:1", "column": 1, "end_column": 4},
    });
    json!({
        "schema": "pinstripe.report/1",
        "tool": {"name": "pinstripe", "version": "0", "rules_digest": "0"},
        "target": {"kind": "worktree", "root": "/srv/a", "head": null, "base": null},
        "options": {"paths": ["."], "archives": true, "ignored": false, "alternates": false, "authors": true,
            "policy": {"none": false, "config": [], "baseline": null, "revision": null}},
        "thresholds": {"fail_on": "medium", "min_severity": "low"},
        "repositories": null,
        "findings": [{
            "rule": "secret-live", "severity": "critical", "confidence": "high", "fingerprint": "0".repeat(32),
            "message": "m", "key": null, "status": "open", "locations": [place],
            "exposure": {"introduced": {"commit": "b".repeat(40), "date": "2026-01-01T00:00:00Z"}, "removed": null,
                "in_head": true, "days": 1, "refs": [], "refs_total": 1},
        }],
        "hidden": [],
        "coverage": {"files": 1, "objects": 0, "bytes": 2, "complete": true, "skipped": [
            {"reason": "ignored", "class": "policy", "count": 1, "examples": ["target/"]}]},
    })
}

fn error(text: &str) -> String {
    SavedReport::parse("r.json", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_report_is_read() {
    for text in [report().to_string(), format!("\u{feff}{}\n", report())] {
        assert_eq!(SavedReport::parse("r.json", text.as_bytes()).unwrap().into_unredacted().findings.len(), 1);
    }
}

#[test]
fn what_contradicts_itself_is_refused_with_the_reason() {
    for (place, value, words) in [
        ("/schema", json!("pinstripe.report/2"), "reads \"pinstripe.report/1\""),
        ("/target/head", json!("HEAD"), "object id"),
        ("/extra", json!(1), "unknown field `extra`"),
        ("/findings/0/extra", json!(1), "unknown field `extra`"),
        ("/findings/0/locations", json!([]), "no place"),
        ("/findings/0/fingerprint", json!("0"), "32 lower-case hex digits"),
        ("/findings/0/severity", json!("worst"), "unknown variant `worst`"),
        ("/findings/0/locations/0/line", json!(u64::MAX), "too large"),
        ("/findings/0/locations/0/line", json!(-1), "invalid value"),
        ("/findings/0/locations/0/commit", json!("zz"), "object id"),
        ("/findings/0/locations/0/repository", json!("x"), "does not list"),
        ("/findings/0/locations/0/snippet/start", json!(1), "marks outside"),
        ("/findings/0/locations/0/snippet/end", json!(99), "marks outside"),
        ("/findings/0/locations/0/snippet/text", json!("ab\u{1b}[m"), "control characters"),
        ("/findings/0/locations/0/line_hash/hash", json!("<b>"), "hash of a line"),
        ("/findings/0/exposure/introduced/date", json!("yesterday"), "RFC 3339"),
        ("/findings/0/exposure/refs_total", json!(u64::MAX), "too large"),
        (
            "/findings/0/locations/0/suppression",
            json!({"source": "config", "reason": "", "expires": "soon"}),
            "YYYY-MM-DD",
        ),
        ("/diff", json!({"new": u64::MAX, "same": 0, "entries": []}), "too large"),
        ("/coverage/complete", json!(false), "contradicts"),
        ("/coverage/skipped/0/class", json!("unread"), "another class"),
        ("/coverage/skipped/0/count", json!(u64::MAX), "too large"),
    ] {
        let mut changed = report();
        let (parent, name) = place.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[name] = value;
        let error = error(&changed.to_string());
        assert!(error.starts_with("r.json: ") && error.contains(words), "{place}: {error}");
    }
}

#[test]
fn texts_that_are_no_report() {
    let twice = report().to_string().replacen("\"schema\":", "\"schema\":\"pinstripe.report/1\",\"schema\":", 1);
    let deep = format!("{{\"schema\":{}", "[".repeat(100_000));
    let whole = report().to_string();
    for (text, words) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("[]", "not a JSON report"),
        ("{}", "missing field"),
        (&twice, "duplicate field `schema`"),
        (&deep, "not a JSON report"),
        (&whole[..whole.len() / 2], "EOF"),
        (&format!("{whole}{whole}"), "trailing"),
    ] {
        let error = error(text);
        assert!(error.contains(words), "{error}");
    }
    assert!(SavedReport::parse("\u{1b}.json", b"\xff").unwrap_err().to_string().starts_with("\\u{1b}.json: "));
    let mut same = report();
    let finding = same["findings"][0].clone();
    same["hidden"].as_array_mut().unwrap().push(finding);
    assert!(error(&same.to_string()).contains("is there twice"));
}

#[test]
fn a_status_that_its_places_do_not_have_is_not_believed() {
    let mut changed = report();
    changed["findings"][0]["status"] = json!("suppressed");
    let read = SavedReport::parse("r.json", changed.to_string().as_bytes()).unwrap().into_unredacted();
    assert_eq!(read.findings[0].status, crate::model::Status::Open);
}
