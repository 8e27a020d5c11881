//! A pull request that does what it can to pass, and to write into what people and machines read.

use std::collections::BTreeSet;

use pinstripe::model::Status;

use crate::support::{Dir, Run};

/// Names of files that mean something to whoever prints them.
const NAMES: [&str; 9] = [
    "new\nline.py",
    "\n::error::pwned",
    "\u{1b}[31mred\u{1b}]8;;http://evil\u{7}.py",
    "`tick`|pipe.py",
    "<img src=x onerror=alert(1)>.py",
    "[a](javascript:alert(1)).py",
    "%0A::set-output name=x::y.py",
    "\r::stop-commands::x.py",
    "right\u{202e}to\u{200b}left.py",
];

/// A base with a policy, and a change that brings keys under those names; with `policy`, also everything that could talk
/// them away.
fn pull_request(policy: bool) -> Dir {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    dir.write_bytes("app.py", b"x = 1\n");
    dir.write_bytes("pinstripe.toml", b"[severity]\nsecret-test = \"high\"\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    dir.git(&["checkout", "-qb", "pr"]);
    let texts = NAMES.map(|name| dir.write(name, "k = '{{sk_live}}'\n"));
    if policy {
        // A baseline of all of it, made as its author would.
        assert_eq!(dir.run(&["baseline", "create", "--reason", "<img src=x>\u{1b}[31m"]).code, 0);
        for (name, text) in NAMES.iter().zip(texts) {
            let text = format!("{} # pinstripe:allow secret-live ::error::fine\n", text.trim_end());
            dir.write_bytes(name, text.as_bytes());
        }
        dir.write_bytes(
            "pinstripe.toml",
            b"[[allow]]\nrule = \"*\"\npaths = [\"**\"]\nreason = \"::error::pwned <img>\"\n[severity]\nsecret-live = \"note\"\n\
              [[context]]\npaths = [\"**\"]\nis = [\"test\"]\n[rules]\ndirectories = [\"r\"]\n",
        );
        dir.write_bytes(
            "r/secret-live.toml",
            b"title = \"None\"\nseverity = \"note\"\n[help]\nwhat=\"\"\nwhy=\"\"\nfix=\"\"\n",
        );
    }
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "::error::pr"]);
    dir
}

/// The keys that fail a scan.
fn open(run: &Run) -> BTreeSet<(String, String)> {
    let findings = run.report().findings;
    let open =
        findings.into_iter().filter(|finding| finding.status == Status::Open && finding.rule != "policy-weakened");
    open.map(|finding| (finding.rule, finding.fingerprint.to_string())).collect()
}

#[test]
fn what_a_change_says_about_itself_changes_no_verdict() {
    let (plain, clever) = (pull_request(false), pull_request(true));
    let (plain, clever) = (plain.scan(&["--range", "main..pr"]), clever.scan(&["--range", "main..pr"]));
    assert_eq!((plain.code, clever.code), (1, 1));
    assert_eq!(open(&plain).len(), NAMES.len());
    assert_eq!(open(&plain), open(&clever));
    let weakened: BTreeSet<String> = clever
        .report()
        .findings
        .iter()
        .filter(|finding| finding.rule == "policy-weakened")
        .flat_map(|finding| finding.locations.iter().map(|at| at.path.clone()))
        .collect();
    for file in ["pinstripe.toml", ".pinstripe-baseline.json"] {
        assert!(weakened.contains(file), "{weakened:?}");
    }
    assert!(weakened.len() >= 2 + NAMES.len(), "each inline allow is told of: {weakened:?}");
}

#[test]
fn every_format_is_inert() {
    let dir = pull_request(true);
    for format in ["text", "json", "jsonl", "sarif", "github", "markdown"] {
        for color in ["always", "never"] {
            let run = dir.run(&[
                "scan",
                "--range",
                "main..pr",
                "--format",
                format,
                "--color",
                color,
                "--min-severity",
                "note",
            ]);
            assert_eq!(run.code, 1, "{format}: {}", run.stderr);
            inert(format, &run.stdout);
            inert("text", &run.stderr);
        }
    }
}

/// Returns true if nothing in a text acts on a terminal, a runner or a browser.
fn inert(format: &str, text: &str) {
    // Colours are ours.
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, code)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = code.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
        assert!(code[end..].starts_with('m') && format == "text", "{format}: {code:.20}");
        rest = &code[end + 1..];
    }
    plain.push_str(rest);
    assert!(!plain.contains("[31mred") || !text.contains("\u{1b}[31mred"), "{format}");
    let odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!plain.contains(odd), "{format}: {:?}", plain.chars().find(|c| odd(*c)));
    for line in plain.lines() {
        let command = line.trim_start();
        let ours = format == "github"
            && [
                "::error title=",
                "::error file=",
                "::warning title=",
                "::warning file=",
                "::notice title=",
                "::notice file=",
            ]
            .iter()
            .any(|start| command.starts_with(start));
        assert!(!command.starts_with("::") || ours, "{format}: {line}");
        assert!(!command.starts_with("##["), "{format}: {line}");
    }
    if format == "markdown" {
        for what in ["<img", "](javascript:"] {
            for (at, _) in plain.match_indices(what) {
                // Inside of a code span it is text.
                let line = plain[..at].rsplit('\n').next().unwrap();
                assert!(line.matches('`').count() % 2 == 1, "{line}");
            }
        }
    }
}
