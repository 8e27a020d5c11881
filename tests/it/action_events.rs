//! Proves the range that each event is scanned for, and the output for its reviewer.

use std::path::Path;

use crate::action::{Lab, lab, pull, run};
use crate::support::runner::{Runner, Step, tools};
use crate::support::{Dir, git, program};

/// Runs the steps on a machine with these variables.
fn run_with(variables: &[(&str, &str)], workspace: &Path, event: &str, payload: &str) -> Step {
    let binary = assert_cmd::cargo::cargo_bin!("pinstripe").display().to_string();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Runner { variables, ..Runner::new() }.run(workspace, event, payload, &[("binary", &binary)])
}

/// Commits a file and returns the commit.
fn commit(dir: &mut Dir, at: &str, name: &str, text: &str) -> String {
    dir.write(&format!("{at}/{name}"), text);
    let r = dir.join(at);
    git(&r, &["add", "-A"]);
    git(&r, &["commit", "-qm", name]);
    git(&r, &["rev-parse", "HEAD"]).trim().to_owned()
}

/// A push of `main` unless the name says another branch.
fn push(branch: &str, before: &str, after: &str) -> String {
    format!(
        "{{\"ref\":\"refs/heads/{branch}\",\"before\":\"{before}\",\"after\":\"{after}\",\"repository\":{{\"default_branch\":\"main\"}}}}"
    )
}

#[test]
fn an_event_that_cannot_be_read_is_never_clean_and_obeys_nobody() {
    let lab = lab();
    let pull = pull(&lab.base, &lab.head);
    for (event, payload) in [
        ("pull_request", "not json"),
        ("pull_request", "{}"),
        ("push", "{\"before\":3}"),
        ("merge_group", &pull),
        ("issue_comment", "{}"),
        ("", "{}"),
    ] {
        let step = run(&lab.full, event, payload, &[]);
        assert_eq!((step.code(), &*step.outputs["outcome"]), ("3", "incomplete"), "{event} {payload} {}", step.stderr);
        assert!(step.summary.starts_with("**"), "{}", step.summary);
        assert!(step.summary.contains("no policy was obeyed"), "{}", step.summary);
        assert!(step.stdout.contains("::warning title=pinstripe::"), "{}", step.stdout);
    }
}

#[test]
fn the_first_push_of_the_default_branch_brings_every_commit() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main", "r"]);
    commit(&mut dir, "r", "a", "x\n");
    commit(&mut dir, "r", "b", "{{sk_live}}\n");
    git(&dir.join("r"), &["rm", "-q", "b"]);
    let head = commit(&mut dir, "r", "c", "y\n");
    let (zeros, gone) = ("0".repeat(40), "1".repeat(40));
    for before in [&zeros, &gone] {
        let step = run(&dir.join("r"), "push", &push("main", before, &head), &[]);
        assert_eq!(step.code(), "1", "{}{}", step.stdout, step.stderr);
        assert_eq!(step.outputs["scanned-range"], format!("every commit of {head}"));
    }
}

#[test]
fn branches_that_are_new_or_were_rewritten() {
    let lab = lab();
    let (zeros, gone) = ("0".repeat(40), "1".repeat(40));
    let main = git(&lab.full, &["rev-parse", "origin/main"]).trim().to_owned();
    // At the tip of the default branch nothing is new.
    let step = run(&lab.full, "push", &push("fresh", &zeros, &main), &[]);
    assert_eq!((step.code(), &*step.outputs["new-count"]), ("0", "0"), "{}", step.stderr);
    for before in [&zeros, &gone] {
        let step = run(&lab.full, "push", &push("pr", before, &lab.head), &[]);
        assert_eq!((step.code(), &step.outputs["scanned-range"]), ("1", &format!("{main}..{}", lab.head)));
    }
    let step = run(&lab.full, "push", &push("pr", &gone, &lab.head), &[]);
    assert!(step.stdout.contains("::notice title=pinstripe::The old tip"), "{}", step.stdout);
    assert!(step.stdout.contains("::warning title=pinstripe::git fetch"), "{}", step.stdout);
    let step = run(&lab.full, "push", &push("pr", &lab.head, &zeros), &[]);
    assert_eq!((step.code(), &*step.outputs["scanned-range"]), ("0", "nothing"));
}

/// A pull request that adds a fixture with an allow entry, an entry of a baseline and an inline allow.
fn fixture() -> (Dir, String, String) {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main", "r"]);
    let base = commit(&mut dir, "r", "a", "x\n");
    git(&dir.join("r"), &["checkout", "-qb", "pr"]);
    commit(&mut dir, "r", "lib/fake.py", "k = '{{sk_test}}'\n");
    commit(&mut dir, "r", "lib/b.py", "k = '{{sk_live}}' # pinstripe:allow secret-live it is revoked\n");
    let allow = "[[allow]]\nrule = \"secret-test\"\npaths = [\"lib/fake.py\"]\nreason = \"fake\"\nowner = \"me\"\n";
    let head = commit(&mut dir, "r", "pinstripe.toml", allow);
    (dir, base, head)
}

/// The event of a label that this user set.
fn labeled(base: &str, head: &str, label: &str, sender: &str) -> String {
    format!(
        "{{\"action\":\"labeled\",\"label\":{{\"name\":\"{label}\"}},\"sender\":{{\"login\":\"{sender}\"}},\"pull_request\":{{\"user\":{{\"login\":\"author\"}},\"base\":{{\"sha\":\"{base}\"}},\"head\":{{\"sha\":\"{head}\"}}}}}}"
    )
}

#[test]
fn a_label_accepts_what_a_pull_request_adds_to_the_policy() {
    let (dir, base, head) = fixture();
    let r = dir.join("r");
    let run = |payload: &str, label: &str| run(&r, "pull_request", payload, &[("accept-policy-label", label)]);
    let accepted = run(&labeled(&base, &head, "ok", "reviewer"), "ok");
    assert_eq!(accepted.code(), "0", "{}{}", accepted.stdout, accepted.stderr);
    for text in [&accepted.summary, &accepted.stdout] {
        assert!(
            text.contains("accepted by reviewer") && text.contains("rule secret-test, paths lib/fake.py"),
            "{text}"
        );
    }
    assert!(accepted.summary.contains("lib/b.py:1"), "{}", accepted.summary);
    let synchronized = labeled(&base, &head, "ok", "reviewer").replace("labeled", "synchronize");
    for (payload, label) in [
        (synchronized, "ok"),
        (labeled(&base, &head, "ok", "reviewer"), ""),
        (labeled(&base, &head, "other", "reviewer"), "ok"),
        (labeled(&base, &head, "ok", "Author"), "ok"),
        (labeled(&base, &head, "ok", "").replace("author", ""), "ok"),
    ] {
        let step = run(&payload, label);
        assert_eq!((step.code(), &*step.outputs["new-count"]), ("1", "4"), "{payload} {}", step.stdout);
    }
    // Severities and rules are never accepted.
    let text = std::fs::read_to_string(r.join("pinstripe.toml")).unwrap();
    dir.write_bytes("r/pinstripe.toml", format!("{text}[severity]\nsecret-live = \"note\"\n").as_bytes());
    git(&r, &["commit", "-qam", "severity"]);
    let head = git(&r, &["rev-parse", "HEAD"]).trim().to_owned();
    let step = run(&labeled(&base, &head, "ok", "reviewer"), "ok");
    assert_eq!((step.code(), &*step.outputs["new-count"]), ("1", "1"), "{}", step.stdout);
    assert!(step.stdout.contains("changes a severity"), "{}", step.stdout);
}

#[test]
fn the_default_branch_obeys_its_own_policy_and_tells_what_changed() {
    let (dir, base, head) = fixture();
    let r = dir.join("r");
    let step = run(&r, "push", &push("main", &base, &head), &[]);
    assert_eq!((step.code(), &*step.outputs["category"]), ("0", "pinstripe/push"), "{}{}", step.stdout, step.stderr);
    assert!(step.stdout.contains("::notice file=pinstripe.toml"), "{}", step.stdout);
    assert!(!step.stdout.contains("::error"), "{}", step.stdout);
    // Another branch does not.
    assert_eq!(run(&r, "push", &push("pr", &base, &head), &[]).code(), "1");
}

#[test]
fn a_broken_policy_does_not_block_the_change_that_repairs_it() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main", "r"]);
    let base = commit(&mut dir, "r", "pinstripe.toml", "this is = = not TOML\n");
    let head = commit(&mut dir, "r", "pinstripe.toml", "[severity]\nsecret-test = \"high\"\n");
    let step = run(&dir.join("r"), "pull_request", &pull(&base, &head), &[]);
    assert_eq!(step.code(), "0", "{}{}", step.stdout, step.stderr);
    assert!(step.summary.contains("none is obeyed"), "{}", step.summary);
    // The repaired policy is that of the next change; a change that breaks it again is told.
    let again = commit(&mut dir, "r", "pinstripe.toml", "this is = = not TOML\n");
    assert_eq!(run(&dir.join("r"), "pull_request", &pull(&head, &again), &[]).code(), "1");
}

#[test]
fn what_a_partial_clone_lacks_of_the_range_is_fetched_and_nothing_else() {
    let lab = lab();
    let url = format!("file://{}", lab.dir.join("origin").display());
    for filter in ["blob:none", "tree:0"] {
        let at = format!("partial-{}", &filter[..4]);
        lab.dir.git(&["clone", "-q", "--branch", "main", "--filter", filter, &url, &at]);
        let r = lab.dir.join(&at);
        let step = run(&r, "pull_request", &pull(&lab.base, &lab.head), &[]);
        assert_eq!(step.code(), "1", "{filter}: {}{}", step.stdout, step.stderr);
        assert!(step.stdout.contains("file=b.py"), "{}", step.stdout);
    }
    // Without the network the remedy is named, and it works.
    lab.dir.git(&["clone", "-q", "--bare", "--filter", "blob:none", &url, "bare"]);
    let bare = lab.dir.join("bare");
    let step = run(&bare, "pull_request", &pull(&lab.base, &lab.head), &[("fetch", "false")]);
    assert!(step.code() == "3" && step.summary.contains("--refetch --no-filter"), "{}", step.summary);
    git(&bare, &["fetch", "-q", "--refetch", "--no-filter", "origin", "+refs/heads/*:refs/heads/*"]);
    assert_eq!(run(&bare, "pull_request", &pull(&lab.base, &lab.head), &[("fetch", "false")]).code(), "1");
}

#[test]
fn nothing_but_bash_coreutils_and_git_and_no_network() {
    let lab = lab();
    let offline =
        [("GIT_ALLOW_PROTOCOL", "none"), ("https_proxy", "http://127.0.0.1:1"), ("http_proxy", "http://127.0.0.1:1")];
    for tool in ["jq", "python3", "sed", "grep", "awk", "curl", "tar", "cargo", "pinstripe"] {
        assert!(!tools("").join(tool).exists(), "{tool}");
    }
    let step = run_with(&offline, &lab.full, "pull_request", &pull(&lab.base, &lab.head));
    assert_eq!((step.code(), &*step.outputs["new-count"]), ("1", "1"), "{}{}", step.stdout, step.stderr);
    let step = run_with(&offline, &lab.full, "pull_request", &pull(&"1".repeat(40), &lab.head));
    assert_eq!(step.code(), "3", "{}{}", step.stdout, step.stderr);
    assert!(step.stdout.contains("failed: fatal:"), "the reason is git's own: {}", step.stdout);
}

#[cfg(unix)]
#[test]
fn a_workspace_of_another_owner_is_read() {
    let lab = lab();
    if std::os::unix::fs::chown(&lab.full, Some(65_534), Some(65_534)).is_err() {
        return eprintln!("skipped: only root can give files away");
    }
    for entry in walkdir::WalkDir::new(&lab.full) {
        std::os::unix::fs::lchown(entry.unwrap().path(), Some(65_534), Some(65_534)).unwrap();
    }
    let step = run(&lab.full, "pull_request", &pull(&lab.base, &lab.head), &[]);
    assert_eq!(step.code(), "1", "{}{}", step.stdout, step.stderr);
    let step = run(&lab.full, "pull_request", &pull(&"1".repeat(40), &lab.head), &[]);
    assert!(!step.stdout.contains("dubious") && step.code() == "3", "{}", step.stdout);
}

#[test]
fn a_reviewer_sees_links_counts_and_reasons() {
    let Lab { full, base, head, .. } = &lab();
    git(full, &["remote", "set-url", "origin", "https://github.com/owner/shop.git"]);
    let host = [("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_REPOSITORY", "owner/shop")];
    let step = run_with(&host, full, "pull_request", &pull(base, head));
    assert_eq!(step.code(), "1", "{}{}", step.stdout, step.stderr);
    let commit = git(full, &["rev-parse", &format!("{head}~1")]);
    for link in ["blob", "commit"] {
        let url = format!("(<https://github.com/owner/shop/{link}/{}", commit.trim());
        assert!(step.summary.contains(&url), "{}", step.summary);
    }
    assert!(step.stdout.contains("::error title=pinstripe::1 open at or above medium"), "{}", step.stdout);
    let sarif: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&step.outputs["sarif-file"]).unwrap_or_default()).unwrap_or_default();
    assert!(sarif.is_null(), "the runner's directory is gone");
    // An error has a reason in the annotation and in the summary, and publishes no older report.
    std::fs::write(full.join("old.sarif"), "{}").unwrap();
    let step = run(full, "pull_request", &pull(base, head), &[("args", "--nonsense"), ("sarif-file", "old.sarif")]);
    assert_eq!((step.code(), step.outputs.get("sarif-file")), ("2", None));
    assert!(step.stdout.contains("::error title=pinstripe::unexpected argument"), "{}", step.stdout);
    assert!(step.summary.contains("could not scan") && step.summary.contains("--nonsense"), "{}", step.summary);
    assert!(step.stdout.contains("There was no scan"), "{}", step.stdout);
}

#[test]
fn provenance_and_categories_are_those_of_the_run() {
    let lab = lab();
    let report = |arguments: &[&str]| -> serde_json::Value {
        let output =
            program().current_dir(&lab.full).args(["scan", "--format", "sarif"]).args(arguments).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let range = format!("{}..{}", lab.base, lab.head);
    let log = report(&["--range", &range, "--repository-url", "https://gitlab.com/o/r/-", "--sarif-category", "a/b"]);
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "a/b/");
    let provenance = &run["versionControlProvenance"][0];
    assert_eq!(
        (&provenance["repositoryUri"], &provenance["revisionId"]),
        (&"https://gitlab.com/o/r".into(), &lab.head.as_str().into())
    );
}

#[test]
fn a_pipeline_of_gitlab_is_planned_from_its_variables() {
    let lab = lab();
    let plan = |variables: &[(&str, &str)]| {
        let mut command = program();
        command.current_dir(&lab.full).args(["action", "plan"]).env("GITLAB_CI", "true");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = plan(&[
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_COMMIT_SHA", &lab.head),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &lab.base),
        ("CI_PROJECT_URL", "https://gitlab.com/o/r"),
    ]);
    assert!(text.contains(&format!("scan=--range={}..{}\n", lab.base, lab.head)), "{text}");
    let text = plan(&[("CI_PIPELINE_SOURCE", "merge_request_event"), ("CI_COMMIT_SHA", &lab.head)]);
    assert!(
        text.contains("warning=") && text.contains("scan=--no-config") && text.contains("scan=--unscanned="),
        "{text}"
    );
}

#[test]
fn the_pipeline_of_the_readme_runs() {
    let lab = lab();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme.split("### GitLab").nth(1).unwrap().split("```").nth(1).unwrap();
    let script: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    - ")).collect();
    let script: Vec<&str> = script.into_iter().filter(|line| !line.starts_with("if:")).collect();
    let directory = assert_cmd::cargo::cargo_bin!("pinstripe").parent().unwrap().display().to_string();
    let run = |base: &str| {
        let mut command = std::process::Command::new("sh");
        command.current_dir(&lab.full).env_clear().arg("-ec").arg(script.join("\n"));
        command.env("PATH", format!("{directory}:{}", tools("sh sed grep").display())).env("GITLAB_CI", "true");
        command.env("CI_PIPELINE_SOURCE", "merge_request_event").env("CI_COMMIT_SHA", &lab.head);
        let output = command.env("CI_MERGE_REQUEST_DIFF_BASE_SHA", base).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = run(&lab.base);
    assert!(code == 1 && text.contains(&format!("range={}..{}", lab.base, lab.head)), "{code} {text}");
    assert!(lab.full.join("pinstripe.sarif").exists());
    assert_eq!(run(&lab.head).0, 0);
    let (code, text) = run("");
    assert!(code == 3 && text.contains("warning="), "{code} {text}");
}
