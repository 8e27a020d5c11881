//! Lints through the program: which tree they ask, what the policy and one's own rules can change, what they say.

use pinstripe::model::{Finding, Reach};

use crate::support::{Dir, Run};

const UNVERIFIED: &str = "// Stripe\nexport async function POST(req) {\n  const event = await req.json()\n  if (event.type === 'invoice.paid') await extend(event)\n}\n";

fn commit(dir: &Dir, message: &str) {
    dir.git(&["add", "-A", "-f"]);
    dir.git(&["commit", "-qm", message]);
}

fn of<'a>(findings: &'a [Finding], rule: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.rule == rule).collect()
}

/// Paths of the findings of a rule.
fn paths(run: &Run, rule: &str) -> Vec<String> {
    let report = run.report();
    of(&report.findings, rule).iter().flat_map(|it| &it.locations).map(|at| at.path.clone()).collect()
}

#[test]
fn history_reads_handlers_without_the_vendors_word_in_packages_that_depend_on_it() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    let handler = UNVERIFIED.strip_prefix("// Stripe\n").unwrap();
    dir.write("shop/package.json", r#"{"dependencies":{"stripe":"18"}}"#);
    dir.write("shop/src/hooks.ts", handler);
    dir.write("blog/package.json", r#"{"dependencies":{"next":"15"}}"#);
    dir.write("blog/src/hooks.ts", handler);
    commit(&dir, "first");
    assert_eq!(paths(&dir.scan(&["--history", "."]), "webhook-unverified"), ["shop/src/hooks.ts"]);
}

#[test]
fn history_is_linted_where_head_has_it() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("package.json", r#"{"devDependencies":{"vite":"6"}}"#);
    dir.write(".env.production", "STRIPE_SECRET_KEY={{sk_test}}\n");
    dir.write("old/hook.ts", UNVERIFIED);
    commit(&dir, "first");
    std::fs::remove_file(dir.join("old/hook.ts")).unwrap();
    std::fs::remove_file(dir.join(".env.production")).unwrap();
    dir.write("web/package.json", r#"{"dependencies":{"next":"15"}}"#);
    dir.write("web/.env", "NEXT_PUBLIC_STRIPE_SECRET_KEY=\n");
    dir.write("api/hook.ts", UNVERIFIED);
    dir.write("vendor/bundle/hook.ts", UNVERIFIED);
    dir.write("deploy/.env.production", "STRIPE_SECRET_KEY={{sk_test}}\n");
    commit(&dir, "second");
    // A file that is only staged is not in HEAD's tree.
    dir.write("staged/.env.production", "STRIPE_SECRET_KEY={{sk_test}}\n");
    dir.git(&["add", "-f", "staged"]);
    let run = dir.scan(&["--history", "."]);
    assert_eq!(paths(&run, "webhook-unverified"), ["api/hook.ts"], "{}", run.stdout);
    assert_eq!(paths(&run, "test-key-in-production"), ["deploy/.env.production"]);
    assert_eq!(paths(&run, "secret-behind-public-prefix"), ["web/.env"]);
    let report = run.report();
    let [hook] = of(&report.findings, "webhook-unverified")[..] else { panic!() };
    assert_eq!((hook.locations[0].reach, hook.locations[0].line), (Reach::Head, 4));
    assert!(hook.locations[0].blob.is_some());
    let [prefix] = of(&report.findings, "secret-behind-public-prefix")[..] else { panic!() };
    assert!(prefix.message.contains("`web` is a Next.js app"), "{}", prefix.message);
    assert_eq!(of(&report.findings, "secret-test").len(), 3, "keys are told wherever they were");
}

#[test]
fn several_histories_have_a_tree_each() {
    let mut dir = Dir::new();
    for (repository, manifest) in [("web", r#"{"dependencies":{"next":"15"}}"#), ("api", r#"{"name":"api"}"#)] {
        std::fs::create_dir_all(dir.join(repository)).unwrap();
        dir.git(&["init", "-q", repository]);
        dir.write(&format!("{repository}/package.json"), manifest);
        dir.write(&format!("{repository}/hook.ts"), UNVERIFIED);
        dir.write(&format!("{repository}/lib/key.ts"), "// Stripe\nuse(process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY)\n");
        dir.git(&["-C", repository, "add", "-A"]);
        dir.git(&["-C", repository, "commit", "-qm", "first"]);
    }
    let run = dir.scan(&["--history", "web", "api"]);
    assert_eq!(paths(&run, "webhook-unverified"), ["api/hook.ts", "web/hook.ts"], "{}", run.stdout);
    let report = run.report();
    let found = of(&report.findings, "secret-behind-public-prefix");
    let trace: Vec<_> = found.iter().flat_map(|it| &it.evidence).map(|it| (&*it.message, &*it.path)).collect();
    assert_eq!(trace, [("this package uses Next.js", "web/package.json")]);
    let alone = dir.scan(&["--history", "web"]).report();
    assert_eq!(of(&alone.findings, "secret-behind-public-prefix")[0].fingerprint, found[0].fingerprint);
}

#[test]
fn what_is_staged_is_judged_by_what_is_staged() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("package.json", r#"{"dependencies":{"next":"15"}}"#);
    dir.write("lib/verify.ts", "export const verify = (req) => stripe.webhooks.constructEvent(req.text(), a, b)\n");
    let verified = UNVERIFIED.replace("// Stripe", "import { verify } from './verify' // Stripe");
    dir.write("lib/hook.ts", &verified.replace("await req.json()", "verify(req)"));
    dir.write("lib/key.ts", "// Stripe\nuse(process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY)\n");
    dir.git(&["add", "-A"]);
    // The files on disk do not matter.
    dir.write("package.json", r#"{"devDependencies":{"vite":"6"}}"#);
    std::fs::remove_file(dir.join("lib/verify.ts")).unwrap();
    let run = dir.scan(&["--staged"]);
    assert_eq!(paths(&run, "webhook-unverified"), Vec::<String>::new(), "the staged module verifies");
    assert_eq!(paths(&run, "secret-behind-public-prefix"), ["lib/key.ts"], "{}", run.stdout);
    let report = run.report();
    assert!(of(&report.findings, "secret-behind-public-prefix")[0].message.contains("Next.js"));
}

#[test]
fn a_range_is_linted_where_it_changed_something() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("package.json", r#"{"dependencies":{"@sveltejs/kit":"2"}}"#);
    dir.write("a/hook.ts", UNVERIFIED);
    commit(&dir, "base");
    dir.git(&["tag", "base"]);
    dir.write("b/hook.ts", UNVERIFIED);
    dir.write("src/key.ts", "import { PUBLIC_STRIPE_SECRET_KEY } from '$env/static/public'\n");
    commit(&dir, "head");
    let run = dir.scan(&["--range", "base..HEAD"]);
    assert_eq!(paths(&run, "webhook-unverified"), ["b/hook.ts"], "{}", run.stdout);
    assert_eq!(paths(&run, "secret-behind-public-prefix"), ["src/key.ts"]);
}

/// A helper that verifies, a handler that calls it, and one that never verified; a test, which makes no handler.
fn helper_and_handlers() -> Dir {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write(
        "lib/verify.ts",
        "import Stripe from 'stripe'\nconst stripe = new Stripe(k)\nexport const verified = async (req) => {\n  const body = await req.text()\n  return stripe.webhooks.constructEvent(body, req.headers.get('stripe-signature'), secret)\n}\n",
    );
    let handler = UNVERIFIED.replace("// Stripe", "import { verified } from '../lib/verify' // Stripe");
    let handler = handler.replace("await req.json()", "await verified(req)");
    dir.write("api/hook.ts", &handler);
    dir.write("tests/hook.test.ts", &handler);
    dir.write("api/other.ts", &format!("// instead of lib/verify\n{UNVERIFIED}"));
    commit(&dir, "base");
    dir.git(&["tag", "base"]);
    dir.write("lib/verify.ts", "export const verified = async (req) => {\n  return await req.json()\n}\n");
    dir.git(&["add", "-A"]);
    dir
}

#[test]
fn a_handler_is_judged_anew_when_its_helper_stops_verifying() {
    let mut dir = helper_and_handlers();
    let staged = dir.scan(&["--staged"]);
    assert_eq!(paths(&staged, "webhook-unverified"), ["api/hook.ts"], "{}", staged.stdout);
    commit(&dir, "head");
    let range = dir.scan(&["--range", "base..HEAD"]);
    assert_eq!(paths(&range, "webhook-unverified"), ["api/hook.ts"], "{}", range.stdout);
    dir.write("README.md", "nothing of it\n");
    commit(&dir, "later");
    let later = dir.scan(&["--range", "HEAD~1..HEAD"]);
    assert_eq!(paths(&later, "webhook-unverified"), Vec::<String>::new(), "{}", later.stdout);
}

#[test]
fn the_evidence_is_in_the_message_and_in_sarif() {
    let mut dir = Dir::new();
    dir.write("apps/web/package.json", r#"{"devDependencies":{"vite":"6"}}"#);
    dir.write("apps/web/.env", "A=1\nB=2\nVITE_PAYMENTS={{sk_test}}\n");
    let run = dir.scan(&["."]);
    let report = run.report();
    let [found] = of(&report.findings, "secret-behind-public-prefix")[..] else { panic!("{}", run.stdout) };
    for part in ["`apps/web` is a Vite app", "`VITE_` variables are inlined into the bundle", "line 3 assigns"] {
        assert!(found.message.contains(part), "{}", found.message);
    }
    let sarif = dir.run(&["scan", "--format", "sarif", "--min-severity", "note", "."]);
    let log: serde_json::Value = serde_json::from_str(&sarif.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|it| it["ruleId"] == "secret-behind-public-prefix").unwrap();
    let related = result["relatedLocations"].as_array().unwrap();
    let manifest = |it: &serde_json::Value| {
        it["physicalLocation"]["artifactLocation"]["uri"] == "apps/web/package.json"
            && it["message"]["text"].as_str().is_some_and(|text| text.contains("uses Vite"))
    };
    assert!(related.iter().any(manifest), "{related:?}");
}

#[test]
fn explanations_have_the_right_code() {
    let dir = Dir::new();
    for (rule, framework, code) in [
        ("secret-behind-public-prefix", "In Next.js", "import 'server-only'"),
        ("secret-behind-public-prefix", "In SvelteKit", "$env/static/private"),
        ("webhook-fail-open", "In Python", "stripe.Webhook.construct_event("),
        ("webhook-unverified", "In Go", "webhook.ConstructEvent(payload"),
        ("secret-passed-to-client-api", "In Swift", "StripeAPI.defaultPublishableKey"),
        ("key-in-url", "In curl", "Authorization: Bearer"),
    ] {
        let told = dir.run(&["rules", "explain", rule]).stdout;
        let at = told.find(framework).unwrap_or_else(|| panic!("{told}"));
        assert!(told[at..].contains(code), "{rule} {framework}: {told}");
    }
}

#[test]
fn every_lint_is_proved_by_six_of_each() {
    let rules = pinstripe::rules::load::load(true, &[]).unwrap();
    for rule in rules.iter().filter(|rule| rule.lint.is_some()) {
        let shapes = |examples: &[String]| {
            let firsts = examples.iter().filter_map(|example| example.lines().find(|line| !line.starts_with("---")));
            firsts.collect::<std::collections::BTreeSet<_>>().len()
        };
        let (found, silent) = (rule.examples().found.len(), rule.examples().not_found.len());
        assert!(found >= 6 && silent >= 6, "{}: {found} and {silent}", rule.id);
        assert!(shapes(&rule.examples().found) >= 3, "{}", rule.id);
    }
}
