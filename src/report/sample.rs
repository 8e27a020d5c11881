//! The report that every format is tested with. It has everything that a report can hold, with forged keys.

use super::{FORMATS, Options, Redacted};
use crate::credential::{Fingerprint, Key, Secret, forge::Forge};
use crate::detect::Engine;
use crate::model::{
    CommitDate, Confidence, Context, Coverage, CoverageReport, Evidence, Exposure, Finding, Location, Origin, Reach,
    Report, ReportThresholds, SCHEMA, ScanOptions, Severity, SkipReason, Snippet, Status, Suppression, Target,
    TargetKind, Tool, line_hash::LineHash,
};
use crate::rules::{RuleSet, load};

/// The default options.
pub(super) const OPTIONS: Options = Options {
    color: false,
    verbose: 0,
    quiet: false,
    min_severity: Severity::Low,
    fail_on: Severity::Medium,
    repository_url: None,
    sarif_category: None,
};

pub(super) fn rules() -> RuleSet {
    load::load(true, &[]).unwrap()
}

/// Writes a report in a format.
pub(super) fn written(format: &str, report: &Report, options: &Options) -> String {
    let format = FORMATS.iter().find(|known| known.name == format).unwrap();
    let mut bytes = Vec::new();
    let engine = Engine::new(rules()).unwrap();
    let report = Redacted::new(report.clone(), engine.redactor());
    format.write(&report, engine.rules(), options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The keys in the report, unredacted.
pub(super) fn keys() -> Vec<String> {
    let mut forge = Forge::new(77);
    NAMES.iter().map(|name| forge.make(name).unwrap()).collect()
}

const NAMES: [&str; 10] = [
    "sk_live@shop",
    "sk_test@shop",
    "rk_live:34",
    "whsec",
    "sk_org",
    "pk_live@shop",
    "pk_test@shop",
    "pk_live:24",
    "oak",
    "sk_test:24",
];

/// A place on disk with a snippet.
pub(super) fn location(path: &str, line: u64, before: &str, token: &str) -> Location {
    let masked = Key::read(token.as_bytes(), None).masked;
    let column = before.len() as u64 + 1;
    Location {
        repository: None,
        path: path.to_owned(),
        path_encoding: None,
        archive: Vec::new(),
        within: None,
        line,
        column,
        end_line: line,
        end_column: column + token.len() as u64,
        origin: Origin::File,
        reach: Reach::Worktree,
        blob: None,
        commit: None,
        versions: 0,
        encodings: Vec::new(),
        variable: before.split('=').next().map(|name| name.trim().to_owned()).filter(|_| before.contains('=')),
        context: Vec::new(),
        status: Status::Open,
        suppression: None,
        redacted: false,
        owners: Vec::new(),
        snippet: Some(Snippet {
            text: format!("{before}{masked};"),
            start: before.len(),
            end: before.len() + masked.len(),
        }),
        directive: None,
        line_hash: Some(LineHash {
            hash: format!("{:x}:1", 0x1234_5678_9abc_def0_u64 + line),
            column,
            end_column: column + token.len() as u64,
        }),
        sequence: 0,
    }
}

/// A finding of a key rule.
pub(super) fn finding(rules: &RuleSet, rule: &str, token: &str, locations: Vec<Location>) -> Finding {
    let secret = Secret::new(token.as_bytes());
    let rule = rules.get(rule).unwrap();
    let key = secret.key(rule.detect.as_ref().and_then(|detect| detect.kind), &[]);
    let mut finding = Finding {
        rule: rule.id.clone(),
        severity: rule.severity,
        confidence: Confidence::High,
        fingerprint: secret.fingerprint(),
        message: format!("{} {}", rule.title, key.masked),
        key: Some(key),
        status: Status::Open,
        locations,
        more_locations: 0,
        evidence: Vec::new(),
        exposure: None,
        exposures: Vec::new(),
        owners: Vec::new(),
    };
    finding.refresh_status();
    finding
}

pub(super) fn report() -> Report {
    let rules = rules();
    let keys = keys();
    let mut findings = vec![live(&rules, &keys[0]), test(&rules, &keys[1])];
    findings.extend(in_history(&rules, &keys));
    findings.extend(set_aside(&rules, &keys));
    for (at, key) in keys[5..8].iter().enumerate() {
        let rule = if at == 1 { "publishable-test" } else { "publishable-live" };
        findings.push(finding(&rules, rule, key, vec![location("web/index.html", 10 + at as u64, "key=", key)]));
    }
    findings.push(literal_free());
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "pinstripe".to_owned(), version: "0.0.0".to_owned(), rules_digest: "0".repeat(64) },
        target: Target {
            kind: TargetKind::Worktree,
            root: "/srv/shop".to_owned(),
            head: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            base: None,
        },
        options: ScanOptions { paths: vec![".".to_owned()], archives: true, authors: true, ..ScanOptions::default() },
        thresholds: ReportThresholds { fail_on: Severity::Medium, min_severity: Severity::Low },
        repositories: None,
        findings,
        coverage: CoverageReport::from(&coverage()),
        diff: None,
    };
    report.sort();
    report
}

/// A key in an archive, in an encoding and at a hostile path.
fn live(rules: &RuleSet, key: &str) -> Finding {
    let mut deep = location("dist/x.zip", 3, "STRIPE_SECRET_KEY=", key);
    deep.archive = vec!["inner.tar.gz".to_owned(), "conf/.env".to_owned()];
    let mut encoded = location("k8s/secret.yaml", 7, "  stripe: ", key);
    encoded.encodings = vec!["base64".to_owned()];
    encoded.context = vec![Context::Infra, Context::Production];
    let hostile = location("a b/\u{1b}[31m\n::error::`<img>`|%0A\u{202e}.js", 1, "const k = \"", key);
    let mut many = vec![location("config/prod.env", 12, "STRIPE_SECRET_KEY=", key), deep, encoded, hostile];
    many.extend((0..6).map(|at| location(&format!("src/copy{at}.ts"), 40 + at, "é=", key)));
    many.sort();
    Finding { more_locations: 4, ..finding(rules, "secret-live", key, many) }
}

fn test(rules: &RuleSet, key: &str) -> Finding {
    let mut place = location("src/app/Pay.tsx", 5, "const stripe = new Stripe(\"", key);
    place.variable = Some("stripe".to_owned());
    place.context = vec![Context::Frontend];
    finding(rules, "secret-test", key, vec![place])
}

fn in_history(rules: &RuleSet, keys: &[String]) -> Vec<Finding> {
    let commit = |digit: char, date: &str| CommitDate {
        commit: digit.to_string().repeat(40),
        date: date.to_owned(),
        author: Some("Ada <ada@example.com>".to_owned()),
    };
    let mut place = location("old/pay.rb", 9, "Stripe.api_key = '", &keys[2]);
    place.reach = Reach::Ref;
    place.blob = Some("b".repeat(40));
    place.commit = Some("a".repeat(40));
    place.versions = 3;
    place.line_hash = None;
    let mut removed = finding(rules, "restricted-live", &keys[2], vec![place]);
    removed.exposure = Some(Exposure {
        repository: None,
        introduced: Some(commit('a', "2024-02-01T10:00:00Z")),
        removed: Some(commit('c', "2024-02-11T10:00:00Z")),
        in_head: false,
        days: Some(10),
        refs: vec!["refs/heads/main".to_owned(), "refs/tags/v1".to_owned(), "refs/heads/\u{1b}x".to_owned()],
        refs_total: 3,
    });
    let mut message = location("", 2, "use ", &keys[8]);
    message.origin = Origin::CommitMessage;
    message.repository = Some("services/api".to_owned());
    message.reach = Reach::Unreachable;
    message.commit = Some("d".repeat(40));
    message.line_hash = None;
    let mut unreachable = finding(rules, "oauth-access-key", &keys[8], vec![message]);
    unreachable.exposure = Some(Exposure::default());
    let exposure = |repository: &str, exposure: Option<&Exposure>| Exposure {
        repository: Some(repository.to_owned()),
        ..exposure.cloned().unwrap_or_default()
    };
    unreachable.exposures = vec![exposure("services/api", None), exposure("web", removed.exposure.as_ref())];
    vec![removed, unreachable]
}

fn set_aside(rules: &RuleSet, keys: &[String]) -> Vec<Finding> {
    let with = |path: &str, key: &String, status: Status, source: &str| {
        let mut place = location(path, 1, "X=", key);
        place.status = status;
        place.suppression = (!source.is_empty()).then(|| Suppression {
            source: source.to_owned(),
            reason: "rotated | <b>done</b>".to_owned(),
            ..Suppression::default()
        });
        place
    };
    let mut partly = location("b/live.py", 2, "X=", &keys[4]);
    partly.line_hash = None;
    vec![
        finding(rules, "webhook-secret", &keys[3], vec![with("hooks/.env", &keys[3], Status::Suppressed, "config")]),
        finding(
            rules,
            "organization-key",
            &keys[4],
            vec![with("a/old.py", &keys[4], Status::Baselined, "baseline"), partly],
        ),
        finding(rules, "secret-test", &keys[9], vec![with("c/seed.sql", &keys[9], Status::Existing, "")]),
    ]
}

/// A misuse without a literal, under an unknown rule.
fn literal_free() -> Finding {
    let mut place = location("src/hook.js", 20, "app.post(", "x");
    place.variable = None;
    place.snippet = Some(Snippet { text: "app.post(\"/webhook\", (req) => {".to_owned(), start: 0, end: 8 });
    Finding {
        rule: "acme-unverified".to_owned(),
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        fingerprint: Fingerprint::of_parts(&[b"x"]),
        message: "This handler acts on events without verifying their signature.".to_owned(),
        key: None,
        status: Status::Open,
        locations: vec![place],
        more_locations: 0,
        evidence: vec![Evidence {
            message: "the body is parsed here".to_owned(),
            path: "src/hook.js".to_owned(),
            line: 22,
            column: 5,
        }],
        exposure: None,
        exposures: Vec::new(),
        owners: Vec::new(),
    }
}

fn coverage() -> Coverage {
    let mut coverage = Coverage::default();
    (coverage.files, coverage.bytes) = (1_234, 12_345_678);
    for name in ["target/", ".env", "apps/web/.env.local"] {
        coverage.skip(SkipReason::Ignored, name);
    }
    coverage.skip(SkipReason::SymlinkTarget, "latest");
    coverage.skip(SkipReason::GitDir, ".git/");
    coverage.skip(SkipReason::Unreadable, "private/: Permission denied (os error 13)");
    coverage.skip_many(SkipReason::Encrypted, 2, Some("backup.zip".to_owned()));
    coverage
}
