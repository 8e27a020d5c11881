//! The Action's script, driven as a runner drives it: inputs through the environment that `action.yml` maps them to, an
//! event file, a workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Dir, git};

/// What a run of the step gave.
struct Step {
    outputs: BTreeMap<String, String>,
    summary: String,
    stdout: String,
    stderr: String,
}

impl Step {
    fn code(&self) -> &str {
        self.outputs.get("exit-code").unwrap_or_else(|| panic!("{}{}", self.stdout, self.stderr))
    }
}

/// The defaults of the inputs, and the variables that they reach the script by.
fn manifest() -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    let (mut defaults, mut variables, mut input) = (BTreeMap::new(), BTreeMap::new(), String::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
            input = name.trim_end_matches(':').to_owned();
        } else if let Some(value) = line.strip_prefix("    default: ") {
            defaults.insert(input.clone(), value.trim_matches('"').to_owned());
        } else if let Some((name, value)) = line.trim().split_once(": ${{ inputs.") {
            variables.insert(name.to_owned(), value.trim_end_matches(" }}").to_owned());
        }
        assert!(!line.contains("run:") || !line.contains("${{"), "an expression in a script: {line}");
    }
    (defaults, variables)
}

fn run(workspace: &Path, event: &str, payload: &str, inputs: &[(&str, &str)]) -> Step {
    let temp = tempfile::tempdir().unwrap();
    let file = |name: &str| -> PathBuf { temp.path().join(name) };
    std::fs::write(file("event.json"), payload).unwrap();
    let (mut values, variables) = manifest();
    values.insert("binary".to_owned(), assert_cmd::cargo::cargo_bin!("pinstripe").display().to_string());
    values.extend(inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", "\"${GITHUB_ACTION_PATH}/.github/action/run.sh\""])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", temp.path())
        .env("GITHUB_ACTION_PATH", root)
        .env("GITHUB_WORKSPACE", workspace)
        .env("GITHUB_EVENT_NAME", event)
        .env("GITHUB_EVENT_PATH", file("event.json"))
        .env("GITHUB_OUTPUT", file("output"))
        .env("GITHUB_STEP_SUMMARY", file("summary"))
        .env("RUNNER_TEMP", temp.path());
    for (variable, input) in &variables {
        command.env(variable, values.get(input).cloned().unwrap_or_default());
    }
    let output = command.output().unwrap();
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let outputs =
        read("output").lines().filter_map(|line| line.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect();
    Step { outputs, summary: read("summary"), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// A server with `main` and a branch `pr` that brings a key and takes it away again; a full and a shallow clone of it.
struct Lab {
    _dir: Dir,
    full: PathBuf,
    shallow: PathBuf,
    base: String,
    head: String,
}

fn lab() -> Lab {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main", "origin"]);
    let origin = dir.join("origin");
    git(&origin, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    dir.write("origin/a.py", "x = 1\n");
    git(&origin, &["add", "."]);
    git(&origin, &["commit", "-qm", "base"]);
    let base = git(&origin, &["rev-parse", "HEAD"]).trim().to_owned();
    git(&origin, &["checkout", "-qb", "pr"]);
    dir.write("origin/b.py", "x = '{{sk_live}}'\n");
    git(&origin, &["add", "."]);
    git(&origin, &["commit", "-qm", "key"]);
    git(&origin, &["rm", "-q", "b.py"]);
    git(&origin, &["commit", "-qm", "gone"]);
    let head = git(&origin, &["rev-parse", "HEAD"]).trim().to_owned();
    let url = format!("file://{}", origin.display());
    dir.git(&["clone", "-q", "--branch", "pr", &url, "full"]);
    dir.git(&["clone", "-q", "--branch", "pr", "--depth", "1", &url, "shallow"]);
    let (full, shallow) = (dir.join("full"), dir.join("shallow"));
    Lab { _dir: dir, full, shallow, base, head }
}

#[test]
fn every_event_scans_its_range_on_full_and_shallow_clones() {
    let lab = lab();
    let (base, head, zeros) = (&lab.base, &lab.head, "0".repeat(40));
    let pull = format!("{{\"pull_request\":{{\"base\":{{\"sha\":\"{base}\"}},\"head\":{{\"sha\":\"{head}\"}}}}}}");
    let push = format!("{{\"before\":\"{base}\",\"after\":\"{head}\",\"repository\":{{\"default_branch\":\"main\"}}}}");
    let fresh = push.replace(base.as_str(), &zeros);
    let group = format!("{{\"merge_group\":{{\"base_sha\":\"{base}\",\"head_sha\":\"{head}\"}}}}");
    let gone = push.replace(head.as_str(), &zeros);
    let same = push.replace(base.as_str(), head);
    for (event, payload, code) in [
        ("pull_request", &pull, "1"),
        ("push", &push, "1"),
        ("push", &fresh, "1"),
        ("merge_group", &group, "1"),
        ("schedule", &"{}".to_owned(), "1"),
        ("workflow_dispatch", &"{}".to_owned(), "1"),
        ("push", &gone, "0"),
        ("push", &same, "0"),
    ] {
        let full = run(&lab.full, event, payload, &[]);
        assert_eq!(full.code(), code, "{event} {payload}: {}{}", full.stdout, full.stderr);
        let clone = tempfile::tempdir().unwrap();
        let url = format!("file://{}", lab.shallow.parent().unwrap().join("origin").display());
        git(clone.path(), &["clone", "-q", "--branch", "pr", "--depth", "1", &url, "c"]);
        let shallow = run(&clone.path().join("c"), event, payload, &[]);
        assert_eq!(shallow.code(), code, "shallow {event} {payload}: {}{}", shallow.stdout, shallow.stderr);
    }
}

#[test]
fn reports_are_there_and_the_step_itself_does_not_fail() {
    let lab = lab();
    let payload =
        format!("{{\"pull_request\":{{\"base\":{{\"sha\":\"{}\"}},\"head\":{{\"sha\":\"{}\"}}}}}}", lab.base, lab.head);
    let out = tempfile::tempdir().unwrap();
    let (sarif, json) = (out.path().join("a.sarif"), out.path().join("a.json"));
    let inputs = [("sarif-file", sarif.to_str().unwrap()), ("json-file", json.to_str().unwrap())];
    let step = run(&lab.full, "pull_request", &payload, &inputs);
    assert!(sarif.exists() && json.exists());
    assert_eq!(step.outputs["outcome"], "findings");
    assert_eq!((&*step.outputs["findings-count"], &*step.outputs["new-count"]), ("1", "1"));
    assert_eq!(step.outputs["scanned-range"], format!("{}..{}", lab.base, lab.head));
    assert!(step.stdout.contains("::error"), "{}", step.stdout);
    assert!(step.summary.contains("Live secret key"), "{}", step.summary);
    let quiet = run(
        &lab.full,
        "pull_request",
        &payload,
        &[("fail-on", "never"), ("annotations", "false"), ("summary", "false")],
    );
    assert_eq!((quiet.code(), &*quiet.summary), ("0", ""));
    assert!(!quiet.stdout.contains("::error"));
}

#[test]
fn a_base_that_cannot_be_had_is_never_clean() {
    let lab = lab();
    let payload = format!(
        "{{\"pull_request\":{{\"base\":{{\"sha\":\"{}\"}},\"head\":{{\"sha\":\"{}\"}}}}}}",
        "1".repeat(40),
        lab.head
    );
    for (clone, inputs) in [(&lab.full, &[][..]), (&lab.shallow, &[("fetch", "false")][..])] {
        let step = run(clone, "pull_request", &payload, inputs);
        assert_eq!((step.code(), &*step.outputs["outcome"]), ("3", "incomplete"), "{}{}", step.stdout, step.stderr);
        assert!(step.summary.starts_with("**The base"), "{}", step.summary);
    }
}

#[test]
fn inputs_and_events_are_data() {
    let lab = lab();
    let evil = "$(touch pwned); `touch pwned`\n::error::x";
    for (name, code) in [("base", "2"), ("head", "2"), ("scan", "2"), ("fail-on", "2"), ("config", "2"), ("args", "2")]
    {
        let step = run(&lab.full, "push", "{}", &[(name, evil)]);
        assert_eq!(step.code(), code, "{name}: {}{}", step.stdout, step.stderr);
        assert!(!lab.full.join("pwned").exists());
        assert!(!step.stdout.lines().any(|line| line.starts_with("::error::x")), "{name}");
    }
    let payload = "{\"pull_request\":{\"base\":{\"sha\":\"--upload-pack=touch pwned\"},\"head\":{\"sha\":[1]}}}";
    let step = run(&lab.full, "pull_request", payload, &[]);
    assert_eq!(step.outputs["scanned-range"], "tree", "{}", step.stderr);
    assert!(!lab.full.join("pwned").exists());
    let step = run(&lab.full, "push", "not json", &[("scan", "tree")]);
    assert_eq!(step.code(), "0");
}

#[test]
fn a_hostile_pull_request_writes_nothing_of_its_own() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    dir.write("a", "x\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "base"]);
    let base = dir.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let names = [
        "new\nline.py",
        "\n::error::pwned",
        "\u{1b}[31mred.py",
        "`tick`|pipe.py",
        "<img src=x onerror=alert(1)>.py",
        "%0A::set-output name=x::y.py",
        "\r::stop-commands::x.py",
    ];
    for name in names {
        dir.write(name, "k = '{{sk_live}}' # pinstripe:allow secret-live fine\n");
    }
    dir.write("pinstripe.toml", "[[allow]]\nrule = \"*\"\npaths = [\"**\"]\nreason = \"::error::pwned <img>\"\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "pr"]);
    let head = dir.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let payload = format!("{{\"pull_request\":{{\"base\":{{\"sha\":\"{base}\"}},\"head\":{{\"sha\":\"{head}\"}}}}}}");
    let step = run(dir.path(), "pull_request", &payload, &[]);
    assert_eq!(step.code(), "1");
    assert_eq!(step.outputs["new-count"], format!("{}", names.len() + 2));
    for text in [&step.stdout, &step.stderr, &step.summary] {
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("::error::") || line.starts_with("::set-output")), "{text}");
    }
    // Inside of a code span a tag is text.
    for (at, _) in step.summary.match_indices("<img") {
        let line = step.summary[..at].rsplit('\n').next().unwrap();
        assert!(line.matches('`').count() % 2 == 1, "{line}");
    }
}
