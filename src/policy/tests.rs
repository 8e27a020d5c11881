use super::baseline::BaselineEntry;
use super::*;
use crate::credential::{Fingerprint, forge::Forge};
use crate::detect::Engine;
use crate::detect::LocatedHit;
use crate::model::{PathText, ScanLocation, Severity};
use crate::rules::load;

fn rules() -> RuleSet {
    load::load(true, &[]).unwrap()
}

fn findings(path: &str, text: &str) -> Vec<Finding> {
    let engine = Engine::new(rules()).unwrap();
    let text = Forge::new(5).fill(text);
    let hits = engine.scan(text.as_bytes());
    let place = ScanLocation::file(PathText::new(path.as_bytes()));
    let sightings = hits.into_iter().map(|hit| LocatedHit { hit, place: place.clone() }).collect();
    crate::scan::group::findings(engine.rules(), sightings)
}

fn today() -> Date {
    date("2026-06-15").unwrap()
}

fn apply(policy: &Policy, found: &mut [Finding], today: Date) -> Vec<String> {
    super::apply(policy, found, (&rules(), today), &|| false, false).0
}

fn with_config(text: &str) -> Policy {
    let layer = PolicyLayer::new(CONFIG_FILE, "", PolicyConfig::parse(CONFIG_FILE, text.as_bytes()).unwrap());
    Policy { layers: vec![Rc::new(layer)], inline: true, ..Policy::default() }
}

#[test]
fn globs_that_the_library_would_not_compile_are_refused() {
    let long = ["*"; 2_100].join("?");
    for (glob, accepted) in [
        (long.as_str(), false),
        (&"{".repeat(300), false),
        (&format!("{}a{}", "{".repeat(64), "}".repeat(64)), true),
        (&format!("{}b", "**/".repeat(1_300)), true),
        (&"?".repeat(4_000), true),
    ] {
        let entry = format!("[[allow]]\nrule='*'\nreason='y'\npaths=['{glob}']");
        let read = PolicyConfig::parse(CONFIG_FILE, entry.as_bytes());
        assert_eq!(read.is_ok(), accepted, "{glob}");
        if let Ok(config) = read {
            assert!(config.allows.iter().all(|entry| !entry.paths[0].is_match("\u{1}")), "{glob}");
        }
    }
}

#[test]
fn allowances_by_fingerprint_path_and_date() {
    let found = findings("src/a.ts", "k = \"{{sk_live}}\"");
    let fingerprint = found[0].fingerprint;
    for (entry, status) in [
        (format!("rule='secret-live'\nfingerprint='{fingerprint}'"), Status::Suppressed),
        (format!("rule='*'\nfingerprint='{fingerprint}'"), Status::Suppressed),
        (format!("rule='secret-test'\nfingerprint='{fingerprint}'"), Status::Open),
        (format!("rule='secret-live'\nfingerprint='{}'", Fingerprint::of_parts(&[b"x"])), Status::Open),
        (format!("rule='secret-live'\nfingerprint='{fingerprint}'\npaths=['lib/**']"), Status::Open),
        ("rule='secret-live'\npaths=['src/*.ts']".to_owned(), Status::Suppressed),
        ("rule='secret-live'\npaths=['*.ts']".to_owned(), Status::Open),
        ("rule='secret-live'\npaths=['**/*.ts']\nexpires=2026-06-15".to_owned(), Status::Suppressed),
        ("rule='secret-live'\npaths=['**/*.ts']\nexpires='2026-06-14'".to_owned(), Status::Open),
    ] {
        let policy = with_config(&format!("[[allow]]\nreason='why'\nowner='me'\n{entry}\n"));
        let mut found = found.clone();
        let notices = apply(&policy, &mut found, today());
        assert_eq!(found[0].status, status, "{entry}");
        assert_eq!(notices.len(), usize::from(entry.contains("06-14")), "{notices:?}");
        if status == Status::Suppressed {
            let suppression = found[0].locations[0].suppression.clone().unwrap();
            assert_eq!((&*suppression.source, &*suppression.reason), ("config", "why"));
        }
    }
}

#[test]
fn configuration_errors_name_their_place() {
    for (text, expected) in [
        ("[[allow]]\nrule='x'\nfingerprnt='y'\nreason='z'", "line 3"),
        ("surprise = 1", "unknown field"),
        ("[[allow]]\nrule='x'\nreason='z'", "needs a fingerprint"),
        ("[[allow]]\nrule='x'\npaths=['a']", "reason"),
        ("[[allow]]\nrule='x'\npaths=['a']\nreason=' '", "needs a reason"),
        ("[[allow]]\nrule='x'\npaths=['a[']\nreason='y'", "line 3"),
        ("[[allow]]\nrule='x'\npaths=['a']\nreason='y'\nexpires='soon'", "YYYY-MM-DD"),
        ("[severity]\nsecret-live='fatal'", "line 2"),
        ("[[context]]\npaths=['a']\nis=['browser']", "line 3"),
        ("[rules]\ndirectories=['../x']", "not below the root"),
        ("\u{0}", "line 1, column 2: "),
    ] {
        let error = PolicyConfig::parse(CONFIG_FILE, text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    assert!(PolicyConfig::parse(CONFIG_FILE, b"\xff").is_err());
    let unknown = PolicyConfig::parse(CONFIG_FILE, b"[severity]\nsecret-lve='low'").unwrap();
    assert!(PolicyLayer::new(CONFIG_FILE, "", unknown).check_rules(&rules()).is_err());
}

#[test]
fn severities_and_contexts_can_be_set() {
    let mut found = findings("seed.sql", "k = \"{{sk_test}}\"");
    assert_eq!(found[0].severity, Severity::Medium);
    apply(&with_config("[[context]]\npaths=['*.sql']\nis=['test']"), &mut found, today());
    assert_eq!(found[0].severity, Severity::Low);
    apply(&with_config("[severity]\nsecret-test='high'"), &mut found, today());
    assert_eq!(found[0].severity, Severity::High);
}

#[test]
fn inline_allows_count_only_where_they_may() {
    let text = "k = \"{{sk_live}}\" // pinstripe:allow secret-live known to be revoked";
    let mut found = findings("a.ts", text);
    let mut policy = with_config("");
    apply(&policy, &mut found, today());
    assert_eq!(found[0].status, Status::Suppressed);
    assert_eq!(found[0].locations[0].suppression.as_ref().unwrap().reason, "known to be revoked");
    policy.inline = false;
    let mut found = findings("a.ts", text);
    let notices = apply(&policy, &mut found, today());
    assert_eq!((found[0].status, notices.len()), (Status::Open, 1));
    policy.inline = true;
    for (text, status) in [
        ("k = \"{{sk_live}}\" // gitleaks:allow", Status::Suppressed),
        ("k = \"{{sk_live}}\" // pinstripe:allow secret-test wrong rule", Status::Open),
        ("k = \"{{sk_live}}\" // pinstripe:allow secret-live", Status::Open),
    ] {
        let mut found = findings("a.ts", text);
        apply(&policy, &mut found, today());
        assert_eq!(found[0].status, status, "{text}");
    }
}

#[test]
fn a_baseline_covers_one_rule_and_repeats_byte_for_byte() {
    let mut found = findings("a.ts", "k = \"{{sk_live}}\"; l = \"{{rk_live}}\"");
    let mut baseline = Baseline::default();
    for finding in &found {
        let (rule, fingerprint) = (finding.rule.clone(), finding.fingerprint);
        baseline.add(BaselineEntry { rule, fingerprint, reason: "known".into(), expires: date("2026-06-14").ok() });
    }
    let bytes = baseline.to_bytes();
    let again = Baseline::parse(BASELINE_FILE, &bytes).unwrap();
    assert_eq!((&again, again.to_bytes()), (&baseline, bytes));
    let policy = Policy { baseline, ..Policy::default() };
    let mut early = found.clone();
    assert!(apply(&policy, &mut early, date("2026-06-14").unwrap()).is_empty());
    assert!(early.iter().all(|finding| finding.status == Status::Baselined));
    assert_eq!(apply(&policy, &mut found, today()).len(), 2);
    assert!(found.iter().all(|finding| finding.status == Status::Open));
}

#[test]
fn baselines_that_say_too_much_are_refused() {
    for text in [
        "",
        "[]",
        "{\"schema\":\"pinstripe.baseline/2\",\"entries\":[]}",
        "{\"schema\":\"pinstripe.baseline/1\",\"entries\":[],\"all\":true}",
        "{\"schema\":\"pinstripe.baseline/1\",\"entries\":[\"everything\"]}",
        "{\"schema\":\"pinstripe.baseline/1\",\"entries\":[{\"rule\":\"*\",\"fingerprint\":\"00000000000000000000000000000000\"}]}",
        "{\"schema\":\"pinstripe.baseline/1\",\"entries\":[{\"rule\":\"a\",\"fingerprint\":\"*\"}]}",
        "{\"schema\":\"pinstripe.baseline/1\",\"entries\":[{\"rule\":\"a\",\"fingerprint\":\"00000000000000000000000000000000\",\"path\":\"b\"}]}",
    ] {
        assert!(Baseline::parse(BASELINE_FILE, text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn what_gitleaks_ignored_becomes_entries() {
    let found = findings("conf/a.env", "A={{sk_live}}\nB={{rk_live}}\nC={{sk_test}}\n");
    let mut gitleaks = import::Gitleaks::default();
    gitleaks.ignore_file(&format!(
        "# old\n{}:conf/a.env:stripe-access-token:1\nconf/a.env:aws-access-token:2\nnonsense\nconf/b.env:stripe-access-token:9\n",
        "a".repeat(40)
    ));
    gitleaks
        .config("[allowlist]\ndescription='live'\nregexes=['^rk_']\n[[rules]]\nid='x'\n[[rules.allowlists]]\npaths=['(']\ncommits=['abc']")
        .unwrap();
    let token = |location: &Location| Some(if location.line == 2 { b"rk_x".to_vec() } else { b"sk_x".to_vec() });
    let imported = gitleaks.import(&found, &token);
    let mut carried: Vec<&str> = imported.entries.iter().map(|entry| entry.rule.as_str()).collect();
    carried.sort_unstable();
    assert_eq!(carried, ["restricted-live", "secret-live"]);
    let left = imported.log.iter().filter(|line| line.starts_with("not carried over")).count();
    assert_eq!(left, 6, "{:#?}", imported.log);
}
