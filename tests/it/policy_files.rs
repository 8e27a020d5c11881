//! Policies of several files: named ones, extended ones, those below the root; and the severities that a policy sets.

use pinstripe::model::Status;

use crate::action::{pull, run};
use crate::support::{Dir, Run, git, run_in};

fn repository() -> Dir {
    let dir = Dir::new();
    dir.git(&["init", "-q", "-b", "main"]);
    dir
}

fn allow(paths: &str) -> String {
    format!("[[allow]]\nrule = \"*\"\npaths = [\"{paths}\"]\nreason = \"why\"\n")
}

fn commit(dir: &Dir, message: &str) {
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", message]);
}

/// Paths of open places, sorted.
fn open(run: &Run) -> Vec<String> {
    let places = run.report().findings.into_iter().flat_map(|finding| finding.locations);
    let mut paths: Vec<String> = places.filter(|at| at.status == Status::Open).map(|at| at.path).collect();
    paths.sort();
    paths
}

/// Paths of what weakens the policy.
fn weakened(run: &Run) -> Vec<String> {
    let of_policy = run.report().findings.into_iter().filter(|finding| finding.rule == "policy-weakened");
    let mut paths: Vec<String> = of_policy.map(|finding| finding.locations[0].path.clone()).collect();
    paths.sort();
    paths
}

#[test]
fn an_organization_and_a_repository_decide_together() {
    let mut dir = repository();
    dir.write("r/a/x.py", "k = '{{sk_test}}'\n");
    dir.write("r/b/y.py", "k = '{{sk_test}}'\n");
    dir.write("r/pinstripe.toml", &(allow("a/**") + "[severity]\nsecret-test = \"high\"\n"));
    dir.write("org.toml", &(allow("b/**") + "[severity]\nsecret-test = \"low\"\n"));
    git(dir.path(), &["init", "-q", "r"]);
    let r = dir.join("r");
    let scan = |arguments: &[&str]| run_in(&r, &[&["scan", "--format", "json"], arguments].concat(), b"");
    assert_eq!(open(&scan(&[])), ["b/y.py"]);
    assert_eq!(open(&scan(&["--config", "../org.toml"])), ["a/x.py"]);
    let both = scan(&["--config", "../org.toml", "--config", "pinstripe.toml"]);
    assert!(both.code == 0 && both.report().findings.iter().all(|finding| finding.severity.name() == "high"));
    let turned = scan(&["--config", "pinstripe.toml", "--config", "../org.toml"]);
    assert!(turned.report().findings.iter().all(|finding| finding.severity.name() == "low"));
    assert_eq!(scan(&["--config", "none.toml"]).code, 2);
    // The same by `extends`, in scans of the work tree only; what names a file wins.
    let own = std::fs::read_to_string(r.join("pinstripe.toml")).unwrap();
    std::fs::write(r.join("pinstripe.toml"), format!("extends = [\"../org.toml\"]\n{own}")).unwrap();
    let extended = scan(&[]);
    assert!(extended.code == 0 && extended.report().findings.iter().all(|finding| finding.severity.name() == "high"));
    assert_eq!(scan(&["--confined"]).code, 2);
    git(&r, &["add", "-A"]);
    for elsewhere in [&["--staged"][..], &["--history"]] {
        let run = scan(elsewhere);
        assert!(run.code == 2 && run.stderr.contains("outside of the repository"), "{elsewhere:?} {}", run.stderr);
    }
    git(&r, &["commit", "-qm", "base"]);
    std::fs::write(r.join("z.py"), dir.forge.fill("k = '{{sk_test}}'\n")).unwrap();
    git(&r, &["add", "-A"]);
    git(&r, &["commit", "-qm", "more"]);
    // A base whose policy cannot be used blocks nothing and allows nothing.
    let range = scan(&["--range", "HEAD~1..HEAD"]);
    assert!(range.code == 1 && range.stderr.contains("none is obeyed"), "{}", range.stderr);
}

#[test]
fn what_is_extended_comes_from_the_version_that_names_it() {
    let mut dir = repository();
    dir.write("pinstripe.toml", "extends = [\"policies/team.toml\"]\n");
    dir.write("policies/team.toml", "extends = [\"base.toml\"]\n");
    dir.write("policies/base.toml", &allow("a/**"));
    dir.write("a/x.py", "k = '{{sk_live@a}}'\n");
    dir.git(&["add", "."]);
    assert_eq!(open(&dir.scan(&["--staged"])), [""; 0]);
    // The disk has another one.
    dir.write("policies/base.toml", &allow("b/**"));
    assert_eq!(open(&dir.scan(&["--staged"])), [""; 0]);
    assert_eq!(open(&dir.scan(&[])), ["a/x.py"]);
    dir.write("policies/base.toml", &allow("a/**"));
    commit(&dir, "base");
    dir.git(&["checkout", "-qb", "pr"]);
    dir.write("b/y.py", "k = '{{sk_live@b}}'\n");
    dir.write("policies/base.toml", &(allow("a/**") + &allow("b/**")));
    commit(&dir, "pr");
    let range = dir.scan(&["--range", "main..pr"]);
    assert_eq!(
        (open(&range), weakened(&range)),
        (vec!["b/y.py".to_owned(), "policies/base.toml".to_owned()], vec!["policies/base.toml".to_owned()])
    );
    assert_eq!(open(&dir.scan(&["--range", "main..pr", "--policy-ref", "pr"])), [""; 0]);
    assert_eq!(open(&dir.scan(&["--range", "main..pr", "--accept-policy", "rev"])), [""; 0]);
    // An entry that is extended only now is never accepted.
    dir.git(&["checkout", "-q", "main"]);
    dir.git(&["checkout", "-qb", "more"]);
    dir.write("pinstripe.toml", "extends = [\"policies/team.toml\", \"policies/new.toml\"]\n");
    dir.write("policies/new.toml", &allow("b/**"));
    dir.write("b/y.py", "k = '{{sk_live@b}}'\n");
    commit(&dir, "more");
    let run = dir.scan(&["--range", "main..more", "--accept-policy", "rev"]);
    assert_eq!(open(&run), ["b/y.py", "pinstripe.toml"]);
}

#[test]
fn chains_of_files_end_and_are_not_quoted() {
    let mut dir = repository();
    dir.write("a.py", "k = 1\n");
    let scan = |dir: &Dir, why: &str| {
        let run = dir.scan(&[]);
        assert!(run.code == 2 && run.stderr.contains(why), "{why}: {}", run.stderr);
        run.stderr
    };
    for at in 0..5 {
        dir.write(&format!("{at}.toml"), &format!("extends = [\"{}.toml\"]\n", at + 1));
    }
    dir.write("5.toml", "");
    dir.write("pinstripe.toml", "extends = [\"2.toml\"]\n");
    assert_eq!(dir.scan(&[]).code, 0);
    dir.write("pinstripe.toml", "extends = [\"1.toml\"]\n");
    scan(&dir, "four levels");
    dir.write("5.toml", "extends = [\"3.toml\"]\n");
    dir.write("pinstripe.toml", "extends = [\"3.toml\"]\n");
    scan(&dir, "in turn");
    dir.write("pinstripe.toml", "extends = [\"pinstripe.toml\"]\n");
    scan(&dir, "in turn");
    dir.write("pinstripe.toml", "extends = [\"none.toml\"]\n");
    scan(&dir, "not there");
    dir.write("pinstripe.toml", "extends = [\"secret.toml\"]\n");
    for text in [
        "root:hunter2:0\n",
        "hunter2 = 1\n",
        "\nfail-on = \"hunter2\"\n",
        "[[allow]]\nrule = \"hunter2\"\npaths = [\"a\"]\nreason = \"b\"\n",
        "[severity]\nhunter2 = \"low\"\n",
        "[rules]\ndirectories = [\"/hunter2\"]\n",
        "extends = [\"/hunter2\"]\n",
    ] {
        dir.write("secret.toml", text);
        let run = dir.scan(&["--confined"]);
        assert!(run.code == 2 && run.stderr.contains("secret.toml: "), "{}", run.stderr);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    }
}

/// A repository with a key in `services/api`, allowed there by a policy of its own.
fn monorepo() -> Dir {
    let mut dir = repository();
    dir.write("services/api/x.py", "k = '{{sk_live@api}}'\n");
    dir.write("services/web/x.py", "k = '{{sk_live@web}}'\n");
    dir.write("services/api/pinstripe.toml", &allow("x.py"));
    dir
}

#[test]
fn a_directory_has_a_policy_of_its_own() {
    let mut dir = monorepo();
    let web = ["services/web/x.py"];
    assert_eq!(open(&dir.scan(&[])), web);
    assert_eq!(open(&dir.scan(&["services"])), web);
    assert_eq!(open(&run_in(&dir.join("services/api"), &["scan", "--format", "json"], b"")), [""; 0]);
    dir.git(&["add", "."]);
    assert_eq!(open(&dir.scan(&["--staged"])), web);
    commit(&dir, "base");
    assert_eq!(open(&dir.scan(&["--history"])), web);
    dir.git(&["checkout", "-qb", "pr"]);
    dir.write("services/api/x.py", "k = '{{sk_live@other}}'\n");
    commit(&dir, "pr");
    let range = dir.scan(&["--range", "main..pr"]);
    assert_eq!((open(&range), weakened(&range)), (Vec::<String>::new(), Vec::<String>::new()));
    assert_eq!(open(&dir.scan(&["--policy-ref", "main"])), web);
    assert_eq!(open(&dir.scan(&["--no-config"])).len(), 2);
    // With a policy that the user names, only where it says so.
    dir.write("org.toml", "");
    let named = dir.scan(&["--config", "org.toml"]);
    assert_eq!(open(&named).len(), 2);
    assert!(named.stderr.contains("services/api/pinstripe.toml has no effect: --config"), "{}", named.stderr);
    dir.write("org.toml", "nested = true\n");
    assert_eq!(open(&dir.scan(&["--config", "org.toml"])), web);
    dir.write("pinstripe.toml", "nested = false\n");
    assert_eq!(open(&dir.scan(&[])).len(), 2);
    std::fs::remove_file(dir.join("pinstripe.toml")).unwrap();
    // Contexts count as well; anything else is an error, where something is judged by it.
    dir.write("services/api/pinstripe.toml", "[[context]]\npaths = [\"**\"]\nis = [\"test\"]\n");
    assert!(dir.scan(&[]).stdout.contains("live-key-in-test"));
    dir.write("services/api/pinstripe.toml", "fail-on = \"critical\"\n");
    let wrong = dir.scan(&[]);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("services/api/pinstripe.toml: only [[allow]]"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_change_cannot_allow_itself_in_a_directory() {
    let mut dir = repository();
    dir.write("services/api/a", "x\n");
    commit(&dir, "base");
    let base = dir.git(&["rev-parse", "HEAD"]).trim().to_owned();
    dir.git(&["checkout", "-qb", "pr"]);
    dir.write("services/api/x.py", "k = '{{sk_live}}'\n");
    dir.write("services/api/pinstripe.toml", &allow("**"));
    dir.write("node_modules/p/pinstripe.toml", &allow("**"));
    commit(&dir, "pr");
    let policy = "services/api/pinstripe.toml";
    let range = dir.scan(&["--range", "main..pr"]);
    assert_eq!(
        (open(&range), weakened(&range)),
        (vec![policy.to_owned(), "services/api/x.py".to_owned()], vec![policy.to_owned()])
    );
    assert_eq!(open(&dir.scan(&["--range", "main..pr", "--accept-policy", "rev"])), [""; 0]);
    let head = dir.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(run(dir.path(), "pull_request", &pull(&base, &head), &[]).outputs["new-count"], "2");
    // A broken one of the base has no effect, and is told.
    dir.git(&["checkout", "-q", "main"]);
    dir.write(policy, "surprise = 1\n");
    commit(&dir, "broken");
    dir.git(&["checkout", "-qb", "repair"]);
    dir.write(policy, "");
    dir.write("services/api/y.py", "k = '{{sk_live}}'\n");
    commit(&dir, "repair");
    let run = dir.scan(&["--range", "main..repair"]);
    assert!(run.code == 1 && run.stderr.contains("cannot be used"), "{}", run.stderr);
}

#[test]
fn foreign_directories_have_no_say() {
    let mut dir = repository();
    dir.write(".gitignore", "build/\n");
    for place in ["node_modules/p", "vendor/p", "own", "build", "linked"] {
        dir.write(&format!("{place}/x.py"), "k = '{{sk_live}}'\n");
        dir.write(&format!("{place}/pinstripe.toml"), &allow("**"));
    }
    let zip = crate::support::containers::zip(&[
        ("pinstripe.toml", allow("**").as_bytes()),
        ("k.env", dir.forge.fill("K={{sk_live}}").as_bytes()),
    ]);
    dir.write_bytes("packed/a.zip", &zip);
    dir.git(&["init", "-q", "own"]);
    std::fs::rename(dir.join("linked/pinstripe.toml"), dir.join("elsewhere.toml")).unwrap();
    std::os::unix::fs::symlink("../elsewhere.toml", dir.join("linked/pinstripe.toml")).unwrap();
    let run = dir.scan(&["--no-ignore", "."]);
    let found = open(&run);
    assert_eq!(found.len(), 6, "{found:?}");
    for (place, why) in [
        ("node_modules/p", "vendored"),
        ("vendor/p", "vendored"),
        ("own", "another repository"),
        ("build", "ignored"),
        ("linked", "a link"),
    ] {
        let line = run.stderr.lines().find(|line| line.contains(&format!("{place}/pinstripe.toml has no effect")));
        assert!(line.is_some_and(|line| line.contains(why)), "{place}: {}", run.stderr);
    }
}

#[test]
fn a_policy_says_what_fails_and_what_is_shown() {
    let mut dir = repository();
    dir.write("a.py", "k = '{{sk_test@a}}'\n");
    let code = |dir: &Dir, arguments: &[&str]| dir.run(&[&["scan"], arguments].concat()).code;
    assert_eq!(code(&dir, &[]), 1);
    dir.write("pinstripe.toml", "fail-on = \"critical\"\nmin-severity = \"critical\"\n");
    assert_eq!(code(&dir, &[]), 0);
    assert!(!dir.run(&["scan"]).stdout.contains("a.py"));
    assert!(dir.run(&["scan", "--min-severity", "low"]).stdout.contains("a.py"));
    assert_eq!(code(&dir, &["--fail-on", "medium"]), 1);
    dir.git(&["add", "a.py"]);
    assert_eq!(dir.run(&["hook", "pre-commit"]).code, 1, "the index has no policy yet");
    dir.git(&["add", "."]);
    assert_eq!(dir.run(&["hook", "pre-commit"]).code, 0);
    commit(&dir, "base");
    let (base, key) = (dir.git(&["rev-parse", "HEAD"]).trim().to_owned(), dir.forge.fill("k = '{{sk_test@b}}'\n"));
    dir.git(&["checkout", "-qb", "pr"]);
    dir.write_bytes("b.py", key.as_bytes());
    commit(&dir, "pr");
    let head = dir.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let action = |inputs: &[(&str, &str)]| run(dir.path(), "pull_request", &pull(&base, &head), inputs);
    // The policy of the base decides, an input before it.
    assert_eq!(action(&[]).code(), "0");
    let step = action(&[("fail-on", "medium")]);
    assert_eq!((step.code(), &*step.outputs["new-count"]), ("1", "1"));
    assert!(step.stdout.contains("1 open at or above medium"), "{}", step.stdout);
    // A change that raises it is judged by the one before it.
    dir.write("pinstripe.toml", "fail-on = \"low\"\n");
    commit(&dir, "strict");
    dir.write("c.py", "k = '{{sk_test@c}}'\n");
    dir.write("pinstripe.toml", "fail-on = \"critical\"\n");
    commit(&dir, "lax");
    let run = dir.scan(&["--range", "HEAD~1..HEAD"]);
    assert_eq!((run.code, weakened(&run)), (1, vec!["pinstripe.toml".to_owned()]));
    // Of several repositories the strictest decides.
    for (name, text) in [("one", "fail-on = \"critical\"\n"), ("two", "")] {
        dir.write_bytes(&format!("{name}/k.py"), key.as_bytes());
        dir.write(&format!("{name}/pinstripe.toml"), text);
        dir.git(&["init", "-q", name]);
        let inner = dir.join(name);
        git(&inner, &["add", "-A"]);
        git(&inner, &["commit", "-qm", "a"]);
    }
    let history = |names: &[&str]| run_in(dir.path(), &[&["scan", "--history"], names].concat(), b"").code;
    assert_eq!((history(&["one"]), history(&["one", "two"])), (0, 1));
}
