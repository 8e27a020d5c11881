//! SARIF as code scanning wants it, checked with Microsoft's validator where npm can bring it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use pinstripe::detect::Engine;
use pinstripe::model::{CommitDate, Exposure, Origin, Reach, Status};
use pinstripe::model::{Report, TargetKind};
use pinstripe::report::{FORMATS, Options, Redacted};
use pinstripe::rules::load;
use serde_json::Value;

use crate::support::Dir;

const PACKAGE: &str = "@microsoft/sarif-multitool@5.7.0";

/// The validator's own binary: through its npm wrapper a `;` in an argument ends the command. Tests run side by side, and
/// only one of them may bring it.
fn validator() -> Result<PathBuf, String> {
    static VALIDATOR: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    VALIDATOR.get_or_init(install).clone()
}

fn install() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("SARIF_MULTITOOL") {
        return Ok(path.into());
    }
    let platform = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        other => return Err(format!("no validator for {other}")),
    };
    let prefix = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sarif-multitool");
    let program = prefix.join(format!("node_modules/@microsoft/sarif-multitool-{platform}/Sarif.Multitool"));
    if !program.exists() {
        std::fs::create_dir_all(&prefix).map_err(|error| error.to_string())?;
        let install = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix"])
            .arg(&prefix)
            .arg(PACKAGE)
            .output()
            .map_err(|error| format!("npm is not at hand: {error}"))?;
        if !program.exists() {
            return Err(format!("npm cannot install it: {}", String::from_utf8_lossy(&install.stderr)));
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
            .map_err(|error| error.to_string())?;
    }
    Ok(program)
}

/// Errors and warnings of the validator, which itself always succeeds; `None` if it is not at hand.
fn complaints(directory: &Path, log: &Path) -> Option<Vec<String>> {
    let program = match validator() {
        Ok(program) => program,
        Err(reason) => {
            eprintln!("SKIPPED: the SARIF validator: {reason}");
            return None;
        }
    };
    let answer = directory.join("validation.sarif");
    let output = Command::new(program)
        .arg("validate")
        .arg(log)
        .args(["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--log", "ForceOverwrite", "--output"])
        .arg(&answer)
        .output()
        .unwrap();
    let answer = std::fs::read_to_string(&answer)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)));
    let answer: Value = serde_json::from_str(answer.trim_start_matches('\u{feff}')).unwrap();
    let run = &answer["runs"][0];
    let mut found: Vec<String> = run["results"].as_array().unwrap().iter().map(ToString::to_string).collect();
    found.extend(
        run["invocations"][0]["toolExecutionNotifications"].as_array().into_iter().flatten().map(ToString::to_string),
    );
    Some(found)
}

fn assert_valid(directory: &Path, text: &str) {
    let log = directory.join("log.sarif");
    std::fs::write(&log, text).unwrap();
    if let Some(found) = complaints(directory, &log) {
        assert!(found.is_empty(), "{found:#?}");
    }
}

fn tree() -> Dir {
    let mut dir = Dir::new();
    dir.write("config/prod.env", "STRIPE_SECRET_KEY={{sk_live@a}}\nSTRIPE_WEBHOOK_SECRET={{whsec}}\n");
    dir.write("a b/[slug]/é#%41.js", "// é🦀\nconst é🦀 = \"{{sk_test@a}}\"; const p = '{{pk_live@a}}'\n");
    dir.write("app/:colon.rb", "  Stripe.api_key = '{{rk_live:34}}'\r\n");
    dir
}

fn sarif(report: &Report) -> String {
    let options = Options {
        color: false,
        verbose: 0,
        quiet: false,
        min_severity: pinstripe::model::Severity::Note,
        fail_on: pinstripe::model::Severity::Medium,
        repository_url: None,
        sarif_category: None,
    };
    let format = FORMATS.iter().find(|format| format.name == "sarif").unwrap();
    let mut bytes = Vec::new();
    let engine = Engine::new(load::load(true, &[]).unwrap()).unwrap();
    let report = Redacted::new(report.clone(), engine.redactor());
    format.write(&report, engine.rules(), &options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_real_log_is_valid() {
    let dir = tree();
    let run = dir.run(&["scan", ".", "--format", "sarif", "--min-severity", "note"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 5);
    assert_valid(&Dir::new().join("."), &run.stdout);
}

/// Names the steps of the only way that a result tells, as `path:line`.
fn steps(result: &Value) -> Vec<String> {
    let step = |step: &Value| {
        let physical = &step["location"]["physicalLocation"];
        assert!(step["location"]["message"]["text"].is_string(), "{step}");
        let path = physical["artifactLocation"]["uri"].as_str().unwrap();
        format!("{path}:{}", physical["region"]["startLine"])
    };
    result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().into_iter().flatten().map(step).collect()
}

#[test]
fn a_trace_is_a_code_flow() {
    let mut dir = Dir::new();
    dir.write("package.json", "{\"dependencies\":{\"next\":\"15\"}}");
    dir.write("app/cart.tsx", "'use client'\nimport { stripe } from '../lib/stripe'\n");
    dir.write("lib/stripe.ts", "// Stripe\nexport const stripe = new Stripe('{{sk_live@a}}')\n");
    // A key in two files: the trace is that of both, and the way to neither.
    dir.write("web/package.json", "{\"devDependencies\":{\"vite\":\"6\"}}");
    let key = dir.forge.make("sk_test").unwrap();
    for name in [".env", ".env.production"] {
        dir.write_bytes(&format!("web/{name}"), format!("VITE_PAYMENTS={key}\n").as_bytes());
    }
    let hook = "app.post('/stripe', raw, (req, res) => {
  let event = JSON.parse(req.body);
  if (process.env.VERIFY === 'true') {
    event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], SECRET);
  }
  if (event.type === 'invoice.paid') extend(event.data.object);
});
";
    dir.write("api/hook.js", hook);
    let scanned = dir.run(&["scan", ".", "--format=sarif", "--output=json=saved.json"]);
    let reported = dir.run(&["report", "saved.json", "--format=sarif"]);
    assert_eq!(scanned.stdout, reported.stdout);
    let log: Value = serde_json::from_str(&scanned.stdout).unwrap();
    let of = |rule: &str| -> Vec<Vec<String>> {
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().filter(|result| result["ruleId"] == rule).map(steps).collect()
    };
    assert_eq!(of("secret-in-frontend"), [["app/cart.tsx:2", "lib/stripe.ts:2"]]);
    assert_eq!(of("webhook-fail-open"), [["api/hook.js:3", "api/hook.js:4", "api/hook.js:6"]]);
    assert_eq!(of("secret-behind-public-prefix"), [[""; 0], [""; 0]]);
    assert_eq!(of("secret-live"), [[""; 0]]);
    assert_valid(dir.path(), &scanned.stdout);
    let text = dir.run(&["report", "saved.json"]).stdout;
    assert!(text.contains("app/cart.tsx:2:"), "{text}");
}

#[test]
fn a_clean_log_is_valid() {
    let dir = Dir::new();
    dir.write_bytes("a.txt", b"nothing");
    let run = dir.run(&["scan", "--format", "sarif"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_valid(dir.path(), &run.stdout);
}

#[test]
fn columns_and_hashes_are_those_of_code_scanning() {
    let dir = tree();
    let run = dir.run(&["scan", ".", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "secret-test").unwrap();
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "a%20b/%5Bslug%5D/%C3%A9%23%2541.js");
    // `const é🦀 = "` is 13 UTF-16 code units and 16 bytes.
    assert_eq!((&physical["region"]["startLine"], &physical["region"]["startColumn"]), (&2.into(), &14.into()));
    assert_eq!(physical["region"]["endColumn"], 14 + 107);
    let bytes = std::fs::read(dir.join("a b/[slug]/é#%41.js")).unwrap();
    let wanted = pinstripe::model::line_hash::TokenSpan { start: (2, 17), end: (2, 124) };
    let hash = pinstripe::model::line_hash::compute(&bytes, &[wanted])[0].clone().unwrap();
    assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], hash.hash.as_str());
    assert_eq!((hash.column, hash.end_column), (14, 121));
    // A file beside another format says the same.
    let other = Dir::new();
    let beside = other.join("beside.sarif");
    dir.run(&["scan", ".", "--format", "text", "--output", &format!("sarif={}", beside.display())]);
    let beside: Value = serde_json::from_slice(&std::fs::read(&beside).unwrap()).unwrap();
    assert_eq!(beside["runs"][0]["results"], log["runs"][0]["results"]);
}

#[test]
fn staged_and_range_scans_fingerprint_lines_like_the_tree_does() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("a.txt", "nothing\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "one"]);
    dir.write("b/ä.env", "# é\nSTRIPE_SECRET_KEY={{sk_live}}\n");
    dir.git(&["add", "."]);
    let hash = |arguments: &[&str]| {
        let run = dir.run(&[&["scan", "--format", "sarif"], arguments].concat());
        let log: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
        let result = log["runs"][0]["results"][0].clone();
        (result["partialFingerprints"].clone(), result["locations"][0]["physicalLocation"]["region"].clone())
    };
    let tree = hash(&["."]);
    assert!(tree.0["primaryLocationLineHash"].is_string());
    assert_eq!(hash(&["--staged"]), tree);
    dir.git(&["commit", "-qm", "two"]);
    assert_eq!(hash(&["--range", "HEAD~1..HEAD"]), tree);
}

#[test]
fn history_and_gaps_are_valid() {
    let dir = tree();
    let mut report = dir.scan(&["."]).report();
    report.target.kind = TargetKind::History;
    report.coverage.complete = false;
    report.coverage.skipped.push(pinstripe::model::Skipped {
        reason: pinstripe::model::SkipReason::Encrypted,
        class: pinstripe::model::SkipClass::Unread,
        count: 2,
        examples: vec!["a[1].zip".to_owned()],
    });
    let commit =
        |digit: &str| CommitDate { commit: digit.repeat(40), date: "2024-02-01T10:00:00Z".to_owned(), author: None };
    for (finding, origin) in report.findings.iter_mut().zip([
        Origin::File,
        Origin::CommitMessage,
        Origin::TagMessage,
        Origin::Note,
        Origin::RefName,
    ]) {
        finding.exposure = Some(Exposure {
            introduced: Some(commit("a")),
            removed: Some(commit("b")),
            days: Some(10),
            refs: vec!["refs/heads/main".to_owned()],
            refs_total: 1,
            ..Exposure::default()
        });
        let mut place = finding.locations[0].clone();
        (place.origin, place.reach, place.commit) = (origin, Reach::Unreachable, Some("c".repeat(40)));
        if origin != Origin::RefName && origin != Origin::File {
            place.path = String::new();
        }
        finding.locations.push(place);
    }
    let text = sarif(&report);
    let log: Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "pinstripe/history/");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len(), 1);
    assert!(run["results"].as_array().unwrap().len() > 5);
    assert_valid(dir.path(), &text);
}

#[test]
fn what_is_allowed_makes_no_result() {
    let dir = tree();
    let mut report = dir.scan(&["."]).report();
    for finding in &mut report.findings {
        for location in &mut finding.locations {
            location.status = Status::Baselined;
        }
        finding.refresh_status();
    }
    let log: Value = serde_json::from_str(&sarif(&report)).unwrap();
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn many_places_of_one_key_stay_few_in_each_result() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    for at in 0..60 {
        dir.write_bytes(&format!("d{at}/k.env"), format!("STRIPE_SECRET_KEY={key}\nOTHER={key}\n").as_bytes());
    }
    let run = dir.run(&["scan", ".", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 60);
    for result in results {
        let related = result["relatedLocations"].as_array().unwrap();
        let text = result["message"]["text"].as_str().unwrap();
        assert!(related.len() <= 20);
        assert!(related.iter().all(|place| text.contains(&format!("]({})", place["id"]))), "{text}");
        assert!(text.contains("and 99 more places"), "{text}");
    }
}

/// Identities of a result, as code scanning and importers compare them.
fn identities(log: &Value) -> (Vec<String>, Vec<String>) {
    let results = log["runs"][0]["results"].as_array().unwrap();
    let alert = |result: &Value| {
        let file = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        format!("{} {file} {}", result["ruleId"], result["partialFingerprints"]["primaryLocationLineHash"])
    };
    let import = |result: &Value| {
        let all = result["fingerprints"].as_object().unwrap();
        assert!(all.keys().all(|name| name.ends_with("/v1")), "{all:?}");
        all.values().next().unwrap().to_string()
    };
    (results.iter().map(alert).collect(), results.iter().map(import).collect())
}

#[test]
fn each_credential_and_each_file_has_an_identity_that_lines_do_not_change() {
    let mut dir = Dir::new();
    let text = dir.write("a.py", "a = ['{{sk_live}}', '{{sk_live}}']\n\nb = '{{sk_live@shared}}'\n");
    dir.write("b.py", "b = '{{sk_live@shared}}'\n");
    let scan = || serde_json::from_str::<Value>(&dir.run(&["scan", "--format", "sarif"]).stdout).unwrap();
    let before = identities(&scan());
    for mut ids in [before.0.clone(), before.1.clone()] {
        assert_eq!(ids.len(), 4);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4, "{ids:#?}");
    }
    dir.write_bytes("a.py", format!("# moved\n# down\n{text}").as_bytes());
    assert_eq!(identities(&scan()), before);
}

#[test]
fn a_rule_is_tagged_security_exactly_when_it_has_a_score() {
    let run = tree().run(&["scan", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
        let properties = &rule["properties"];
        let tagged = properties["tags"].as_array().unwrap().contains(&"security".into());
        assert_eq!(tagged, properties["security-severity"].is_string(), "{rule}");
        assert_ne!(tagged, properties["problem.severity"].is_string(), "{rule}");
    }
}
