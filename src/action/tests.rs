use std::collections::{BTreeMap, BTreeSet};

use super::inputs::Inputs;
use super::plan::{LocalClone, ScanStep, Step, plan};
use super::{Event, Payload};
use crate::git::Oid;

fn oid(digit: char) -> Oid {
    digit.to_string().repeat(40).parse().unwrap()
}

/// A clone in which commits are named by a digit: `a` is the base, `b` the head, `c` the tip of the default branch.
#[derive(Default, Clone)]
struct FakeClone {
    commits: BTreeSet<Oid>,
    tips: BTreeMap<String, Oid>,
    is_shallow: bool,
    missing: Vec<Oid>,
    no_remote: bool,
}

impl FakeClone {
    fn with(digits: &str) -> Self {
        Self { commits: digits.chars().map(oid).collect(), ..Self::default() }
    }

    fn main(mut self) -> Self {
        self.tips.insert("main".to_owned(), oid('c'));
        self.commits.insert(oid('c'));
        self
    }
}

impl LocalClone for FakeClone {
    fn remote(&self) -> Option<String> {
        (!self.no_remote).then(|| "origin".to_owned())
    }

    fn remote_url(&self) -> Option<String> {
        None
    }

    fn resolve(&self, revision: &str) -> Option<Oid> {
        let commit = if revision == "HEAD" { oid('b') } else { revision.parse().ok()? };
        self.commits.contains(&commit).then_some(commit)
    }

    fn tip(&self, _: &str, branch: &str) -> Option<Oid> {
        self.tips.get(branch).copied()
    }

    fn is_part(&self) -> bool {
        false
    }

    fn is_shallow(&self) -> bool {
        self.is_shallow
    }

    fn is_partial(&self) -> bool {
        !self.missing.is_empty()
    }

    fn holds(&self, _: Option<Oid>, _: Oid) -> bool {
        !self.is_shallow
    }

    fn missing(&self, _: Option<Oid>, _: Oid) -> Vec<Oid> {
        self.missing.clone()
    }
}

/// Plans with variables written `NAME=value`, and the payload with digits in place of commits.
fn planned(variables: &str, payload: &str, clone: &FakeClone, tried: &str) -> Step {
    let known: BTreeMap<&str, String> = variables
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, full(value)))
        .collect();
    let lookup = |name: &str| known.get(name).cloned();
    let event = Event { variables: &lookup, payload: Payload::parse(full(payload).as_bytes()) };
    plan(&event, &Inputs::read(&lookup).unwrap(), clone, tried).unwrap()
}

/// Writes `@a` out as a commit id.
fn full(text: &str) -> String {
    let mut parts = text.split('@');
    let mut written = parts.next().unwrap().to_owned();
    for part in parts {
        let (digit, rest) = part.split_at(1);
        written.push_str(&digit.repeat(40));
        written.push_str(rest);
    }
    written
}

fn scan(step: Step) -> ScanStep {
    match step {
        Step::Scan(scan) => scan,
        Step::Fetch(commands) => panic!("{commands:#?}"),
    }
}

fn fetches(step: Step) -> Vec<String> {
    match step {
        Step::Fetch(commands) => commands,
        Step::Scan(scan) => panic!("{scan:#?}"),
    }
}

const PULL: &str = r#"{"number":7,"pull_request":{"base":{"sha":"@a"},"head":{"sha":"@b"}}}"#;
const GROUP: &str = r#"{"merge_group":{"base_sha":"@a","head_sha":"@b"}}"#;

fn push(name: &str, before: char, after: char) -> String {
    format!(r#"{{"ref":"{name}","before":"@{before}","after":"@{after}","repository":{{"default_branch":"main"}}}}"#)
}

#[test]
fn every_event_ends_in_its_range_or_in_a_loud_fallback() {
    let main = "refs/heads/main";
    for (name, payload, range, policy) in [
        ("pull_request", PULL.to_owned(), "@a..@b", ""),
        ("pull_request_target", PULL.to_owned(), "@a..@b", ""),
        ("pull_request", PULL.replacen('{', r#"{"action":"labeled","label":{"name":"ok"},"#, 1), "@a..@b", ""),
        ("merge_group", GROUP.to_owned(), "@a..@b", ""),
        ("push", push("refs/heads/x", 'a', 'b'), "@a..@b", ""),
        ("push", push("refs/heads/x", '0', 'b'), "@c..@b", ""),
        ("push", push("refs/heads/x", 'd', 'b'), "@c..@b", ""),
        ("push", push("refs/tags/v1", '0', 'b'), "@c..@b", ""),
        ("push", push(main, 'a', 'b'), "@a..@b", "--policy-ref=@b"),
        ("push", push(main, '0', 'b'), "every commit of @b", "--policy-ref=@b"),
        ("push", push(main, 'd', 'b'), "every commit of @b", "--policy-ref=@b"),
        ("push", push(main, 'a', '0'), "nothing", ""),
        ("delete", "{}".to_owned(), "nothing", ""),
        ("schedule", "{}".to_owned(), "history", ""),
        ("workflow_dispatch", "{}".to_owned(), "history", ""),
        ("repository_dispatch", "{}".to_owned(), "history", ""),
        ("pull_request", "{}".to_owned(), "fallback", "--no-config"),
        ("pull_request", "[".repeat(500), "fallback", "--no-config"),
        ("pull_request", PULL.replace("@a", "@d"), "fallback", "--no-config"),
        ("push", "{}".to_owned(), "fallback", "--no-config"),
        ("push", push("refs/heads/x", '0', 'b').replace("main", "gone"), "fallback", "--no-config"),
        ("push", push("refs/heads/x", '0', 'b').replace("main", "$(x)"), "fallback", "--no-config"),
        ("issue_comment", "{}".to_owned(), "fallback", "--no-config"),
        ("workflow_run", "{}".to_owned(), "fallback", "--no-config"),
    ] {
        // Nothing can be fetched.
        let clone = FakeClone { no_remote: false, ..FakeClone::with("ab").main() };
        let variables = format!("GITHUB_EVENT_NAME={name} PINSTRIPE_FETCH=false");
        let scan = scan(planned(&variables, &payload, &clone, ""));
        let arguments = scan.arguments.join(" ");
        assert_eq!(scan.warning.is_some(), range == "fallback", "{name} {payload} {scan:?}");
        if range == "fallback" {
            assert!(arguments.contains("--unscanned="), "{arguments}");
        } else {
            assert_eq!(scan.range, full(range), "{name} {payload}");
        }
        assert!(arguments.contains(&full(policy)), "{name} {payload}: {arguments}");
        assert_eq!(arguments.contains("--policy-ref"), policy.contains("--policy-ref"), "{arguments}");
    }
}

#[test]
fn what_is_missing_is_fetched_once_and_in_order() {
    let pull = "GITHUB_EVENT_NAME=pull_request";
    let empty = FakeClone::default();
    let first = fetches(planned(pull, PULL, &empty, ""));
    assert_eq!(first, [full("fetch --no-tags --no-recurse-submodules origin @b")]);
    let second = fetches(planned(pull, PULL, &empty, &first[0]));
    assert_eq!(second, ["fetch --no-tags --no-recurse-submodules origin refs/pull/7/head"]);
    let tried = [first, second].concat().join("\n");
    assert!(scan(planned(pull, PULL, &empty, &tried)).warning.unwrap().starts_with("The head"));
    let head = FakeClone::with("b");
    let base = fetches(planned(pull, PULL, &head, &tried));
    assert_eq!(base, [full("fetch --no-tags --no-recurse-submodules origin @a")]);
    assert!(
        scan(planned(pull, PULL, &head, &format!("{tried}\n{}", base[0]))).warning.unwrap().starts_with("The base")
    );
    let shallow = FakeClone { is_shallow: true, ..FakeClone::with("ab") };
    let unshallow = fetches(planned(pull, PULL, &shallow, ""));
    assert_eq!(unshallow, [full("fetch --no-tags --no-recurse-submodules --unshallow origin @a @b")]);
    let deepen = fetches(planned(pull, PULL, &shallow, &unshallow[0]));
    assert!(deepen[0].contains("--depth="), "{deepen:?}");
    let tried = format!("{}\n{}", unshallow[0], deepen[0]);
    assert!(scan(planned(pull, PULL, &shallow, &tried)).warning.unwrap().contains("shallow"));
    let missing: Vec<Oid> = (0..1_200_u32).map(|n| format!("{n:040x}").parse().unwrap()).collect();
    let partial = FakeClone { missing, ..FakeClone::with("ab") };
    let objects = fetches(planned(pull, PULL, &partial, ""));
    assert_eq!(objects.len(), 3);
    assert_eq!(scan(planned(pull, PULL, &partial, &objects.join("\n"))).range, full("@a..@b"));
    let fresh = push("refs/heads/x", '0', 'b');
    let branch = fetches(planned("GITHUB_EVENT_NAME=push", &fresh, &head, ""));
    assert!(branch[0].ends_with("origin +refs/heads/main:refs/remotes/origin/main"), "{branch:?}");
}

#[test]
fn inputs_override_the_event() {
    let clone = FakeClone::with("abd").main();
    let range = |variables: &str, payload: &str| scan(planned(variables, payload, &clone, "")).range;
    let pull = "GITHUB_EVENT_NAME=pull_request";
    assert_eq!(range(&format!("{pull} PINSTRIPE_BASE=@d"), PULL), full("@d..@b"));
    assert_eq!(range(&format!("{pull} PINSTRIPE_HEAD=@d"), PULL), full("@a..@d"));
    assert_eq!(range("GITHUB_EVENT_NAME=schedule PINSTRIPE_BASE=@a", "{}"), full("@a..@b"));
    assert_eq!(range("PINSTRIPE_BASE=HEAD PINSTRIPE_HEAD=HEAD", "{}"), full("@b..@b"));
    let tree = scan(planned(&format!("{pull} PINSTRIPE_SCAN=tree"), PULL, &clone, ""));
    assert_eq!((tree.range.as_str(), tree.arguments[1].clone()), ("tree", full("--policy-ref=@a")));
    let blind = scan(planned(&format!("{pull} PINSTRIPE_SCAN=tree"), "{}", &clone, ""));
    assert_eq!((blind.arguments[1].as_str(), blind.warning), ("--no-config", None));
    let named = scan(planned(&format!("{pull} PINSTRIPE_CONFIG=org.toml PINSTRIPE_CATEGORY=mine"), PULL, &clone, ""));
    assert!(named.arguments.contains(&"--config=org.toml".to_owned()), "{named:?}");
    assert_eq!(named.category, "mine");
    // The fallback obeys nobody.
    let fallback = scan(planned("GITHUB_EVENT_NAME=pull_request PINSTRIPE_CONFIG=org.toml", "{}", &clone, ""));
    assert!(!fallback.arguments.iter().any(|argument| argument.starts_with("--config")), "{fallback:?}");
    for odd in ["PINSTRIPE_SCAN=x", "PINSTRIPE_CONFIG=a\nb"] {
        let (name, value) = odd.split_once('=').unwrap();
        let lookup = |wanted: &str| (wanted == name).then(|| value.to_owned());
        assert!(Inputs::read(&lookup).is_err(), "{odd}");
    }
}

#[test]
fn pipelines_of_gitlab() {
    let clone = FakeClone::with("abd").main();
    let with = |more: &str| {
        scan(planned(&format!("GITLAB_CI=true CI_COMMIT_SHA=@b CI_DEFAULT_BRANCH=main {more}"), "", &clone, ""))
    };
    for (more, range) in [
        ("CI_PIPELINE_SOURCE=merge_request_event CI_MERGE_REQUEST_DIFF_BASE_SHA=@a", "@a..@b"),
        (
            "CI_PIPELINE_SOURCE=merge_request_event CI_MERGE_REQUEST_DIFF_BASE_SHA=@a CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=@d",
            "@a..@d",
        ),
        ("CI_PIPELINE_SOURCE=push CI_COMMIT_BEFORE_SHA=@a CI_COMMIT_BRANCH=x", "@a..@b"),
        ("CI_PIPELINE_SOURCE=push CI_COMMIT_BEFORE_SHA=@0 CI_COMMIT_BRANCH=x", "@c..@b"),
        ("CI_PIPELINE_SOURCE=push CI_COMMIT_BEFORE_SHA=@0 CI_COMMIT_BRANCH=main", "every commit of @b"),
        ("CI_PIPELINE_SOURCE=schedule", "history"),
        ("CI_PIPELINE_SOURCE=merge_request_event", "tree (the range is missing)"),
        ("CI_PIPELINE_SOURCE=ondemand", "tree (the range is missing)"),
    ] {
        let scan = with(more);
        assert_eq!(scan.range, full(range), "{more}");
        assert_eq!(scan.warning.is_some(), range.starts_with("tree"), "{more}");
    }
}

#[test]
fn a_label_counts_only_for_its_head_and_from_somebody_else() {
    let clone = FakeClone::with("abd");
    let label = r#"{"action":"labeled","label":{"name":"ok"},"sender":{"login":"Rev"},"pull_request":{"user":{"login":"au"},"base":{"sha":"@a"},"head":{"sha":"@b"}}}"#;
    for (payload, more, accepted, told) in [
        (label.to_owned(), "", true, false),
        (label.replace("labeled", "synchronize"), "", false, false),
        (label.replace("\"ok\"", "\"no\""), "", false, false),
        (label.replace("Rev", "AU"), "", false, true),
        (label.replace("Rev", "a b"), "", false, true),
        (label.to_owned(), "PINSTRIPE_HEAD=@d", false, true),
    ] {
        let variables = format!("GITHUB_EVENT_NAME=pull_request PINSTRIPE_ACCEPT_POLICY_LABEL=ok {more}");
        let scan = scan(planned(&variables, &payload, &clone, ""));
        assert_eq!(scan.arguments.contains(&"--accept-policy=Rev".to_owned()), accepted, "{payload} {more}");
        assert_eq!(!scan.notices.is_empty(), told, "{payload} {more}: {:?}", scan.notices);
    }
}
