//! The page in a real browser: shown, filtered, sorted, opened, printed, dark and narrow, with hostile text everywhere.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pinstripe::detect::Engine;
use pinstripe::model::{Report, Severity};
use pinstripe::report::{FORMATS, Options, Redacted};
use pinstripe::rules::load::load;
use serde_json::{Value, json};

use crate::support::Dir;
use crate::support::browser::Browser;

/// Keys of a report under which foreign text stands.
const FOREIGN: [&str; 17] = [
    "message",
    "path",
    "variable",
    "within",
    "archive",
    "encodings",
    "owners",
    "refs",
    "author",
    "id",
    "remote",
    "root",
    "examples",
    "repository",
    "snippet",
    "commit",
    "codeowners",
];

/// The report of a history with a lint, several places and an exposure, as JSON.
fn report(dir: &mut Dir) -> Value {
    dir.git(&["init", "-q", "-b", "main"]);
    dir.write("package.json", r#"{"dependencies": {"next": "14", "stripe": "14"}}"#);
    dir.write("src/pay.ts", "const k = \"{{sk_live@shop}}\";\nconst t = \"{{sk_test@shop}}\";\n");
    dir.write(".env.local", "NEXT_PUBLIC_STRIPE_SECRET_KEY={{sk_live@shop}}\nH={{whsec}}\n");
    dir.write("CODEOWNERS", "* @team\n");
    dir.git(&["add", "-A", "-f"]);
    dir.git(&["commit", "-q", "-m", "one"]);
    let run = dir.run(&["scan", "--history", "--format=json", "--min-severity=note"]);
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap();
    report["coverage"]["complete"] = false.into();
    report["coverage"]["skipped"] =
        json!([{"reason": "encrypted", "class": "unread", "count": 2, "examples": ["backup.zip"]}]);
    report
}

/// Replaces the foreign texts of a value.
fn poison(value: &mut Value, foreign: bool, text: &str) {
    match value {
        Value::String(known) if foreign => text.clone_into(known),
        Value::Array(values) => values.iter_mut().for_each(|value| poison(value, foreign, text)),
        Value::Object(members) => {
            for (name, value) in members {
                // Offsets of a snippet go for its own text.
                if name == "snippet" && value.is_object() {
                    *value = json!({"text": text, "start": 0, "end": 0});
                } else if name == "suppression" {
                    *value = json!({"source": "config", "reason": text, "date": null});
                } else if name != "codeowners" && name != "key" {
                    poison(value, FOREIGN.contains(&&**name), text);
                }
            }
        }
        _ => {}
    }
}

fn page(dir: &Dir, report: Value) -> PathBuf {
    let report: Report = serde_json::from_value(report).unwrap();
    let engine = Engine::new(load(true, &[]).unwrap()).unwrap();
    let options = Options {
        color: false,
        verbose: 0,
        quiet: false,
        min_severity: Severity::Note,
        fail_on: Severity::Medium,
        repository_url: None,
        sarif_category: None,
    };
    let format = FORMATS.iter().find(|format| format.name == "html").unwrap();
    let mut bytes = Vec::new();
    format.write(&Redacted::new(report, engine.redactor()), engine.rules(), &options, &mut bytes).unwrap();
    dir.write_bytes("page.html", &bytes);
    dir.join("page.html")
}

/// Fails on what the page did that it must not do.
fn check(browser: &Browser) {
    for event in &browser.events {
        let entry = &event["params"]["entry"];
        let wrong = event["method"] == "Runtime.exceptionThrown" || entry["level"] == "error";
        assert!(!wrong, "{event}");
        let url = event["params"]["request"]["url"].as_str().unwrap_or("file:");
        assert!(url.starts_with("file:") || url == "about:blank", "{event}");
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

const ROWS: &str = "document.querySelectorAll('tr.row').length";

#[test]
fn the_page_works_in_a_browser() {
    let Some(mut browser) = Browser::start(Duration::from_secs(90)) else { return };
    let mut dir = Dir::new();
    let report = report(&mut dir);
    let file = page(&dir, report);
    browser.open(&file, "");
    let all = number(&browser.eval(ROWS));
    assert!(all >= 3, "{all}");
    let text = browser.eval("document.body.innerText");
    let text = text.as_str().unwrap();
    let order = ["open problems", "incomplete", "2 encrypted", "backup.zip", "Severity", "sk_live_…"];
    let places: Vec<usize> =
        order.iter().map(|part| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"))).collect();
    assert!(places.is_sorted(), "{text}");

    // A filter changes the rows and the address, and the address alone gives the same view.
    browser.eval("const s = document.getElementById('filter-severity'); s.value = 'critical'; s.dispatchEvent(new Event('change'))");
    let critical = number(&browser.eval(ROWS));
    assert!(critical >= 1 && critical < all);
    assert_eq!(browser.eval("location.hash"), "#severity=critical");
    browser.open(&file, "#severity=critical&view=accounts");
    assert_eq!(browser.eval("document.querySelector('.views [aria-current]').textContent"), "By account");
    browser.open(&file, "#q=WHSEC_");
    assert_eq!(browser.eval(ROWS), 1);
    assert_eq!(browser.eval("document.getElementById('count').textContent"), format!("1 credential of {all}"));

    // Columns sort both ways and say so.
    browser.open(&file, "");
    browser.eval("document.getElementById('sort-Mode').click()");
    let modes = "[...document.querySelectorAll('tr.row td:nth-child(3)')].map((cell) => cell.textContent)";
    let ascending = browser.eval(modes);
    assert_eq!(browser.eval("document.querySelector('th[aria-sort]').getAttribute('aria-sort')"), "ascending");
    browser.eval("document.getElementById('sort-Mode').click()");
    let descending = browser.eval(modes);
    assert!(ascending[0] != descending[0] && ascending.as_array().unwrap().len() as u64 == all);

    // The keyboard opens a row and goes to the next one.
    browser.eval("document.querySelector('.open-row').focus()");
    browser.press("Enter");
    assert_eq!(browser.eval("document.activeElement.getAttribute('aria-expanded')"), "true");
    let detail = browser.eval("document.querySelector('td.detail').innerText");
    for part in ["What to do", "https://dashboard.stripe.com/", "fingerprint", "introduced"] {
        assert!(detail.as_str().unwrap().contains(part), "{part}: {detail}");
    }
    browser.press("ArrowDown");
    assert_eq!(browser.eval("[...document.querySelectorAll('.open-row')].indexOf(document.activeElement)"), 1);

    let media = |scheme: &str| json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    let paper = "getComputedStyle(document.body).backgroundColor";
    browser.call("Emulation.setEmulatedMedia", &media("light"));
    let light = browser.eval(paper);
    axe(&mut browser, "light");
    browser.call("Emulation.setEmulatedMedia", &media("dark"));
    assert_ne!(browser.eval(paper), light);
    axe(&mut browser, "dark");
    let pdf = browser.call("Page.printToPDF", &json!({}));
    assert!(pdf["data"].as_str().is_some_and(|data| data.starts_with("JVBERi0") && data.len() > 10_000));
    narrow(&mut browser);
    check(&browser);
}

/// The page of a comparison: counts first, then what became of each credential, on a telephone as well.
#[test]
fn a_comparison_in_a_browser() {
    let Some(mut browser) = Browser::start(Duration::from_secs(90)) else { return };
    let mut dir = Dir::new();
    let mut report = report(&mut dir);
    let finding = report["findings"][0].clone();
    let entry = |kind: &str, what: &str, at: usize| {
        let rule = &report["findings"][at]["rule"];
        let fingerprint = &report["findings"][at]["fingerprint"];
        json!({"kind": kind, "what": what, "rule": rule, "fingerprint": fingerprint, "severity": "critical",
            "masked": finding["key"]["masked"], "repository": null, "place": "src/<b>old</b>.ts:1"})
    };
    let entries =
        [entry("gone", "removed", 0), entry("changed", "newly in HEAD", 1), entry("not-seen", "the rules differ", 2)];
    report["diff"] = json!({"new": 1, "same": 2, "entries": entries});
    let file = page(&dir, report);
    browser.open(&file, "");
    let text = browser.eval("document.querySelector('.since').innerText");
    for part in [
        "1 new, 2 the same, 1 changed, 1 gone, 1 not seen.",
        "src/<b>old</b>.ts:1",
        "newly in HEAD",
        "the rules differ",
    ] {
        assert!(text.as_str().unwrap().contains(part), "{part}: {text}");
    }
    axe(&mut browser, "comparison");
    browser.open(&file, "#change=changed");
    assert_eq!(browser.eval(ROWS), 1);
    narrow(&mut browser);
    check(&browser);
}

/// Checks that nothing is wider than a telephone.
fn narrow(browser: &mut Browser) {
    let size = json!({"width": 420, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    browser.call("Emulation.setDeviceMetricsOverride", &size);
    assert!(number(&browser.eval("document.scrollingElement.scrollWidth")) <= 420);
    axe(browser, "narrow");
    browser.call("Emulation.clearDeviceMetricsOverride", &json!({}));
}

/// Looks for violations with axe-core, if `PINSTRIPE_AXE` names its `axe.min.js`.
fn axe(browser: &mut Browser, view: &str) {
    let Some(file) = std::env::var_os("PINSTRIPE_AXE") else {
        eprintln!("skipped: PINSTRIPE_AXE does not name axe-core's axe.min.js");
        return;
    };
    browser.eval(&format!("{};0", std::fs::read_to_string(file).unwrap()));
    let found = browser.eval("axe.run(document).then((found) => found.violations.map((one) => [one.impact, one.id, one.nodes.length, one.nodes[0].html]))");
    eprintln!("axe-core, {view}: {found}");
    let serious = |one: &&Value| one[0] == "serious" || one[0] == "critical";
    assert_eq!(found.as_array().unwrap().iter().find(serious), None);
}

#[test]
fn hostile_text_neither_breaks_out_nor_hides() {
    let Some(mut browser) = Browser::start(Duration::from_secs(90)) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut dir = Dir::new();
    let report = report(&mut dir);
    for (hostile, shown) in [
        (
            format!("\"'><img src=http://{address}/a onerror=pwned=1><script>pwned=1</script>&amp;`x`"),
            "<img src=http".to_owned(),
        ),
        ("</script><script>pwned=1</script><!--<script>".to_owned(), "</script><script>pwned=1".to_owned()),
        ("invoice\u{202e}gpj.exe\u{0}\u{7}".to_owned(), "invoice\\u{202e}gpj.exe\\u{0}\\u{7}".to_owned()),
        (format!("{}end", "n".repeat(4_000)), format!("{}end", "n".repeat(4_000))),
        (
            "=1+1\n{{7*7}}${7*7}<!--data-->[data]__proto__".to_owned(),
            "=1+1\\u{a}{{7*7}}${7*7}<!--data-->[data]__proto__".to_owned(),
        ),
        ("d%FF%25/k.env".to_owned(), "d%FF%25/k.env".to_owned()),
        (format!("javascript:pwned=1//http://{address}"), "javascript:pwned=1//".to_owned()),
    ] {
        let mut poisoned = report.clone();
        poison(&mut poisoned, false, &hostile);
        let count = poisoned["findings"].as_array().unwrap().len() as u64;
        let file = page(&dir, poisoned);
        browser.open(&file, "");
        let rows = number(&browser.eval(ROWS));
        assert!(rows >= 3 && rows <= count, "{rows} of {count}: {hostile}");
        for at in 0..rows {
            browser.eval(&format!("document.querySelectorAll('.open-row')[{at}].click()"));
            let detail = browser.eval("document.querySelector('td.detail').textContent");
            assert!(detail.as_str().unwrap().contains(&shown), "{shown} in {detail}");
        }
        assert!(browser.eval("document.body.textContent").as_str().unwrap().contains(&shown));
        for view in ["accounts", "owners", "repositories"] {
            browser.eval(&format!("document.getElementById('view-{view}').click()"));
        }
        assert_eq!(browser.eval("typeof pwned"), "undefined");
        let foreign =
            "document.querySelectorAll('img, iframe, object, link, script:not(#data):not(:last-of-type)').length";
        assert_eq!(browser.eval(foreign), 0);
        assert_eq!(
            browser.eval("[...document.links].filter((link) => !/^https:|^file:.*#/.test(link.href)).length"),
            0
        );
        narrow(&mut browser);
    }
    for fragment in [
        "#q=%3Cimg%20src=x%20onerror=pwned=1%3E&sort=__proto__&view=constructor&severity=toString&page=-1&open=%27",
        "#view=__proto__&owner=%00&repository=%FF%E0%80&page=999999999999&down=1&sort=Key",
        "#%%%&&&==%u0000",
        "#status=open&status=rolled&account=-&rule=hasOwnProperty&context=valueOf&change=new&page=999999",
    ] {
        browser.open(&dir.join("page.html"), "#");
        browser.open(&dir.join("page.html"), fragment);
        assert_eq!(browser.eval("typeof pwned"), "undefined");
        assert_eq!(browser.eval("document.getElementById('app').hidden"), false);
    }
    check(&browser);
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "a request left the page");
}

/// `cargo test --release --test it -- --ignored --nocapture fifty_thousand_findings`
#[test]
#[ignore = "prints figures of a large page"]
fn fifty_thousand_findings() {
    let Some(mut browser) = Browser::start(Duration::from_secs(300)) else { return };
    let mut dir = Dir::new();
    let mut report = report(&mut dir);
    let templates = report["findings"].as_array().unwrap().clone();
    let findings = (0..50_000).map(|at: usize| {
        let mut finding = templates[at % templates.len()].clone();
        finding["fingerprint"] = format!("{at:032x}").into();
        finding["locations"][0]["path"] = format!("services/team-{}/src/module-{at}/pay.ts", at % 97).into();
        finding["locations"][0]["owners"] = json!([format!("@acme/team-{}", at % 97)]);
        finding["owners"] = finding["locations"][0]["owners"].clone();
        finding
    });
    report["findings"] = findings.collect();
    let file = page(&dir, report);
    eprintln!("page: {:.1} MB", std::fs::metadata(&file).unwrap().len() as f64 / 1e6);
    let started = Instant::now();
    browser.open(&file, "");
    assert_eq!(browser.eval(ROWS), 100);
    eprintln!("first row: {} ms after navigation", started.elapsed().as_millis());
    let timed = |expression: &str| {
        format!(
            "(() => {{ const t = performance.now(); {expression}; document.body.offsetHeight; return performance.now() - t }})()"
        )
    };
    for (what, expression) in [
        (
            "severity filter",
            "const s = document.getElementById('filter-severity'); s.value = 'high'; s.dispatchEvent(new Event('change'))",
        ),
        (
            "owner filter",
            "const s = document.getElementById('filter-owner'); s.value = '@acme/team-13'; s.dispatchEvent(new Event('change'))",
        ),
        ("all again", "document.getElementById('clear').click()"),
        ("sort", "document.getElementById('sort-Owners').click()"),
        ("next page", "document.getElementById('next').click()"),
        ("by owner", "document.getElementById('view-owners').click()"),
        ("first search", "location.hash = '#q=module-49'; dispatchEvent(new Event('hashchange'))"),
        ("second search", "location.hash = '#q=module-48'; dispatchEvent(new Event('hashchange'))"),
    ] {
        eprintln!("{what}: {:.0} ms", browser.eval(&timed(expression)).as_f64().unwrap());
    }
    check(&browser);
}
