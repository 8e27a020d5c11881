//! The Action's script, driven as a runner drives it: inputs through the environment that `action.yml` maps them to, an
//! event file, a workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::runner::{Runner, Step, root, tools};
use crate::support::{Dir, git};

/// Runs the steps with the program at hand.
pub(crate) fn run(workspace: &Path, event: &str, payload: &str, inputs: &[(&str, &str)]) -> Step {
    let binary = assert_cmd::cargo::cargo_bin!("pinstripe").display().to_string();
    let inputs = [&[("binary", binary.as_str())], inputs].concat();
    let step = Runner::new().run(workspace, event, payload, &inputs);
    assert_eq!(step.passed, step.code() == "0", "{}{}", step.stdout, step.stderr);
    step
}

/// A server with `main` and a branch `pr` that brings a key and takes it away again; a full and a shallow clone of it.
pub(crate) struct Lab {
    pub(crate) dir: Dir,
    pub(crate) full: PathBuf,
    shallow: PathBuf,
    pub(crate) base: String,
    pub(crate) head: String,
}

/// The event of a pull request.
pub(crate) fn pull(base: &str, head: &str) -> String {
    format!("{{\"pull_request\":{{\"base\":{{\"sha\":\"{base}\"}},\"head\":{{\"sha\":\"{head}\"}}}}}}")
}

pub(crate) fn lab() -> Lab {
    let mut dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main", "origin"]);
    let origin = dir.join("origin");
    git(&origin, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    git(&origin, &["config", "uploadpack.allowFilter", "true"]);
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
    Lab { dir, full, shallow, base, head }
}

#[test]
fn every_event_scans_its_range_on_full_and_shallow_clones() {
    let lab = lab();
    let (base, head, zeros) = (&lab.base, &lab.head, "0".repeat(40));
    let pull = pull(base, head);
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
fn reports_are_there_before_anything_fails() {
    let lab = lab();
    let payload = pull(&lab.base, &lab.head);
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
fn what_is_uploaded_is_the_report_and_the_verdict_comes_last() {
    let lab = lab();
    let payload = pull(&lab.base, &lab.head);
    let step = run(&lab.full, "pull_request", &payload, &[("upload-sarif", "true"), ("category", "mine")]);
    let upload = step.upload.unwrap();
    assert_eq!((upload["category"].as_str(), &upload["sarif_file"]), ("mine", &step.outputs["sarif-file"]));
    assert!(!step.passed, "an upload comes before the verdict, and is none");
    assert!(run(&lab.full, "pull_request", &payload, &[]).upload.is_none());
    let broken = run(&lab.full, "pull_request", &payload, &[("upload-sarif", "true"), ("base", "nowhere")]);
    assert!(broken.upload.is_none() && broken.code() == "2");
}

#[test]
fn a_pull_request_from_a_fork_needs_no_secret() {
    let lab = lab();
    let origin = lab.full.parent().unwrap().join("origin");
    // GitHub keeps a merge for a pull request, and actions/checkout fetches that commit and nothing before.
    git(&origin, &["update-ref", "refs/pull/1/head", &lab.head]);
    git(&origin, &["checkout", "-q", "--detach", "main"]);
    git(&origin, &["merge", "-q", "--no-ff", "-m", "Merge", &lab.head]);
    git(&origin, &["update-ref", "refs/pull/1/merge", "HEAD"]);
    git(&origin, &["branch", "-D", "pr"]);
    git(&origin, &["checkout", "-q", "main"]);
    let workspace = tempfile::tempdir().unwrap();
    let workspace = workspace.path();
    git(workspace, &["init", "-q"]);
    git(workspace, &["remote", "add", "origin", &format!("file://{}", origin.display())]);
    git(workspace, &["fetch", "-q", "--depth=1", "origin", "+refs/pull/1/merge:refs/remotes/pull/1/merge"]);
    git(workspace, &["checkout", "-q", "refs/remotes/pull/1/merge"]);
    let payload = pull(&lab.base, &lab.head).replace("\"head\":{", "\"head\":{\"repo\":{\"fork\":true},");
    let step = run(workspace, "pull_request", &payload, &[]);
    assert_eq!((step.code(), &*step.outputs["new-count"]), ("1", "1"), "{}{}", step.stdout, step.stderr);
    assert_eq!(step.outputs["scanned-range"], format!("{}..{}", lab.base, lab.head));
    assert!(step.summary.contains("Live secret key"));
}

/// A directory of one script, and the way to whatever else it needs behind it.
fn stub(dir: &Dir, name: &str, script: &str) -> String {
    dir.write_bytes(&format!("bin/{name}"), script.as_bytes());
    assert!(Command::new("chmod").arg("+x").arg(dir.join("bin").join(name)).status().unwrap().success());
    format!("{}:{}", dir.join("bin").display(), tools("curl tar gzip").display())
}

/// A cargo that installs the program at hand, if it is asked as it must be.
fn cargo(dir: &Dir) -> String {
    let binary = assert_cmd::cargo::cargo_bin!("pinstripe");
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = \"install --quiet --locked --path $GITHUB_ACTION_PATH --root $7\" ] || exit 9\n\
         mkdir -p \"$7/bin\" && cp '{}' \"$7/bin/pinstripe\"\n",
        binary.display()
    );
    stub(dir, "cargo", &script)
}

#[test]
fn without_a_program_it_is_built_from_the_actions_own_source() {
    let (lab, dir) = (lab(), Dir::new());
    let runner = Runner { path: cargo(&dir), ..Runner::new() };
    let step = runner.run(&lab.full, "pull_request", &pull(&lab.base, &lab.head), &[]);
    assert_eq!((step.code(), step.passed), ("1", false), "{}{}", step.stdout, step.stderr);
    assert!(step.stderr.contains("building from"), "{}", step.stderr);
    let runner = Runner { path: stub(&dir, "cargo", "#!/bin/sh\nexit 101\n"), ..Runner::new() };
    let step = runner.run(&lab.full, "pull_request", &pull(&lab.base, &lab.head), &[]);
    assert_eq!((step.code(), &*step.outputs["outcome"], step.passed), ("2", "error", false));
}

#[test]
fn a_release_is_taken_only_with_its_checksum() {
    use sha2::{Digest, Sha256};
    if !cfg!(all(target_os = "linux", target_arch = "x86_64"))
        || Command::new("curl").arg("--version").output().is_err()
    {
        eprintln!("skipped: needs curl on 64-bit Linux");
        return;
    }
    let (lab, dir) = (lab(), Dir::new());
    let archive = format!("pinstripe-{}-x86_64-unknown-linux-musl.tar.gz", env!("CARGO_PKG_VERSION"));
    let release = format!("server/owner/pinstripe/releases/download/v{}/{archive}", env!("CARGO_PKG_VERSION"));
    // A released archive names its version and holds the program.
    let program = format!(
        "#!/bin/sh\necho released >&2\nexec '{}' \"$@\"\n",
        assert_cmd::cargo::cargo_bin!("pinstripe").display()
    );
    dir.write_bytes("build/top/pinstripe", program.as_bytes());
    assert!(Command::new("chmod").arg("+x").arg(dir.join("build/top/pinstripe")).status().unwrap().success());
    dir.write_bytes(&release, b"");
    let (file, from) = (dir.join(&release), dir.join("build"));
    assert!(
        Command::new("tar").arg("-czf").args([&file, Path::new("-C"), &from]).arg("top").status().unwrap().success()
    );
    dir.write_bytes("action/Cargo.toml", &std::fs::read(root().join("Cargo.toml")).unwrap());
    std::fs::create_dir_all(dir.join("action/.github/action")).unwrap();
    std::fs::copy(root().join(".github/action/run.sh"), dir.join("action/.github/action/run.sh")).unwrap();
    let runner = Runner {
        action: dir.join("action"),
        path: cargo(&dir),
        server: format!("file://{}", dir.join("server").display()),
        ..Runner::new()
    };
    let digest = Sha256::digest(std::fs::read(dir.join(&release)).unwrap());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let other = "0".repeat(64);
    for (line, released, warned) in [
        (format!("{digest}  {archive}\n"), true, false),
        (format!("{other}  {archive}\n"), false, true),
        (format!("{digest}  {archive}.old\n# {digest}  {archive}\n"), false, false),
        (format!("{other}  pinstripe-9.9.9-x86_64-unknown-linux-musl.tar.gz\n"), false, false),
    ] {
        dir.write_bytes("action/.github/action/checksums.txt", line.as_bytes());
        let step = runner.run(&lab.full, "pull_request", &pull(&lab.base, &lab.head), &[]);
        assert_eq!(step.code(), "1", "{line}{}{}", step.stdout, step.stderr);
        assert_eq!(step.stderr.contains("released"), released, "{line}{}", step.stderr);
        assert_eq!(step.stdout.contains("wrong checksum"), warned, "{line}{}", step.stdout);
    }
    dir.write_bytes("action/.github/action/checksums.txt", format!("{digest}  {archive}\n").as_bytes());
    // A tool cache spares the download, and is believed no more than a server.
    let cache =
        Runner { variables: vec![("RUNNER_TOOL_CACHE".into(), dir.join("cache").display().to_string())], ..runner };
    let step = cache.run(&lab.full, "pull_request", &pull(&lab.base, &lab.head), &[]);
    assert!(step.stderr.contains("released"), "{}", step.stderr);
    let gone = Runner { server: "file:///nowhere".to_owned(), ..cache };
    let step = gone.run(&lab.full, "pull_request", &pull(&lab.base, &lab.head), &[]);
    assert!(step.stderr.contains("released"), "{}", step.stderr);
    dir.write_bytes(&format!("cache/pinstripe/{archive}"), b"something else");
    let step = gone.run(&lab.full, "pull_request", &pull(&lab.base, &lab.head), &[]);
    assert!(step.code() == "1" && step.stderr.contains("could not be downloaded"), "{}", step.stderr);
}

#[test]
fn a_base_that_cannot_be_had_is_never_clean() {
    let lab = lab();
    let payload = pull(&"1".repeat(40), &lab.head);
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
    assert_eq!((step.code(), &*step.outputs["scanned-range"]), ("3", "tree (the range is missing)"), "{}", step.stderr);
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
    let payload = pull(&base, &head);
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
