//! Scans of ranges: commits of one history that another lacks.

use pinstripe::model::{Origin, Reach, Status};

use crate::support::Dir;

fn repository() -> Dir {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("README", "hello\n");
    dir.write("kept.env", "A=1\nB=2\nOLD={{sk_live@old}}\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "first"]);
    dir.git(&["checkout", "-qb", "work"]);
    dir
}

fn commit(dir: &Dir, message: &str) -> String {
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", message]);
    dir.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

#[test]
fn an_empty_range_is_clean() {
    let dir = repository();
    assert_eq!(dir.scan(&["--range", "main..HEAD"]).code, 0);
    assert_eq!(dir.scan(&["--range", "HEAD..main"]).code, 0);
}

#[test]
fn a_key_that_came_and_went_is_found_with_its_commits() {
    let mut dir = repository();
    dir.write("a.env", "X={{sk_live}}\n");
    let came = commit(&dir, "came");
    dir.write("a.env", "X=\n");
    let went = commit(&dir, "went");
    let run = dir.scan(&["--range", "main..HEAD"]);
    assert_eq!(run.code, 1);
    let report = run.report();
    let finding = &report.findings[0];
    let exposure = finding.exposure.as_ref().unwrap();
    assert_eq!(exposure.introduced.as_ref().unwrap().commit, came);
    assert_eq!(exposure.removed.as_ref().unwrap().commit, went);
    assert!(!exposure.in_head);
    assert_eq!((finding.locations[0].reach, finding.locations[0].commit.as_deref()), (Reach::Ref, Some(came.as_str())));
    assert_eq!(report.target.base.as_deref(), Some(dir.git(&["rev-parse", "main"]).trim()));
    // A range does not compute which refs reach a credential.
    for format in ["text", "markdown", "github", "sarif"] {
        let text = dir.run(&["scan", "--format", format, "--range", "main..HEAD"]).stdout;
        assert!(text.contains("in history only") && !text.contains("from no ref"), "{format}: {text}");
    }
}

#[test]
fn what_the_merge_base_held_is_existing_and_a_copy_is_not() {
    let mut dir = repository();
    let key = dir.forge.make("sk_live@old").unwrap();
    let text = std::fs::read_to_string(dir.join("kept.env")).unwrap();
    dir.write_bytes("kept.env", format!("{text}MORE=1\n").as_bytes());
    commit(&dir, "edit");
    let run = dir.scan(&["--range", "main..HEAD"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.report().findings[0].status, Status::Existing);
    dir.git(&["mv", "kept.env", "moved.env"]);
    commit(&dir, "move");
    assert_eq!(dir.scan(&["--range", "main..HEAD"]).code, 0);
    dir.write_bytes("copy.env", text.as_bytes());
    commit(&dir, "copy");
    let run = dir.scan(&["--range", "main..HEAD"]);
    assert_eq!(run.code, 1);
    assert!(!run.stdout.contains(&key[30..60]));
}

#[test]
fn side_branches_merges_and_messages() {
    let mut dir = repository();
    dir.git(&["checkout", "-qb", "side"]);
    dir.write("side.env", "S={{rk_live}}\n");
    commit(&dir, "side");
    dir.git(&["rm", "-q", "side.env"]);
    commit(&dir, "gone again");
    dir.git(&["checkout", "-q", "work"]);
    dir.write("work.txt", "w\n");
    commit(&dir, "work");
    dir.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    dir.write("evil.env", "E={{whsec}}\n");
    let message = dir.forge.fill("pasted {{sk_live}} here");
    let merge = commit(&dir, &message);
    let report = dir.scan(&["--range", "main..HEAD"]).report();
    let mut rules: Vec<(&str, Origin)> =
        report.findings.iter().map(|finding| (finding.rule.as_str(), finding.locations[0].origin)).collect();
    rules.sort();
    assert_eq!(
        rules,
        [("restricted-live", Origin::File), ("secret-live", Origin::CommitMessage), ("webhook-secret", Origin::File)]
    );
    let evil = report.findings.iter().find(|finding| finding.rule == "webhook-secret").unwrap();
    assert_eq!((evil.locations[0].reach, evil.locations[0].commit.as_deref()), (Reach::Head, Some(merge.as_str())));
    let said = report.findings.iter().find(|finding| finding.rule == "secret-live").unwrap();
    assert_eq!(said.locations[0].commit.as_deref(), Some(merge.as_str()));
    assert_eq!(said.exposure.as_ref().unwrap().introduced, None, "a message is in no tree");
}

#[test]
fn the_cost_follows_the_change() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    for at in 0..300 {
        dir.write(&format!("d{}/f{at}", at % 9), &format!("{at}\n"));
    }
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "many"]);
    dir.write("d1/new.env", "X={{sk_live}}\n");
    commit(&dir, "one");
    let report = dir.scan(&["--range", "HEAD~1..HEAD"]).report();
    assert_eq!((report.coverage.files, report.findings.len()), (1, 1));
}

#[test]
fn ends_that_are_unknown_say_how_to_get_them() {
    let dir = repository();
    let run = dir.run(&["scan", "--range", "nowhere..HEAD"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("git fetch"), "{}", run.stderr);
    assert_eq!(dir.run(&["scan", "--range", "main"]).code, 2);
}

#[test]
fn a_shallow_clone_is_never_a_silent_pass() {
    let mut dir = repository();
    for at in 0..3 {
        dir.write("a.txt", &format!("{at}\n"));
        commit(&dir, "more");
    }
    let url = format!("file://{}", dir.path().display());
    dir.git(&["clone", "-q", "--depth=1", "--no-single-branch", &url, "shallow"]);
    let run = crate::support::run_in(&dir.join("shallow"), &["scan", "--range", "origin/main..origin/work"], b"");
    assert_ne!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("unshallow"), "{}", run.stdout);
    let missing = crate::support::run_in(&dir.join("shallow"), &["scan", "--range", "HEAD~2..HEAD"], b"");
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("unshallow"), "{}", missing.stderr);
}

#[test]
fn unrelated_histories_are_scanned_whole() {
    let mut dir = repository();
    dir.git(&["checkout", "-q", "--orphan", "other"]);
    dir.write("other.env", "X={{sk_live}}\n");
    commit(&dir, "orphan");
    let report = dir.scan(&["--range", "main..other"]).report();
    assert_eq!(report.findings.len(), 2);
    assert!(report.findings.iter().all(|finding| finding.status == Status::Open));
}

/// Replaces a loose object by the first half of it.
fn cut(dir: &Dir, oid: &str) {
    let path = dir.join(".git/objects").join(&oid[..2]).join(&oid[2..]);
    let whole = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(path, &whole[..whole.len() / 2]).unwrap();
}

#[test]
fn commits_that_are_cut_short_or_gone_are_counted() {
    for is_gone in [false, true] {
        let mut dir = repository();
        let mut commits = Vec::new();
        for at in 0..4 {
            dir.write(&format!("{at}.env"), &format!("K={{{{sk_live@{at}}}}}\n"));
            commits.push(commit(&dir, &"long enough to be cut ".repeat(9)));
        }
        let (broken, head) = (commits[1].as_str(), commits[3].as_str());
        if is_gone {
            std::fs::remove_file(dir.join(".git/objects").join(&broken[..2]).join(&broken[2..])).unwrap();
        } else {
            cut(&dir, broken);
        }
        let run = dir.scan(&["--range", &format!("main..{head}")]);
        assert_eq!(run.code, 1);
        let report = run.report();
        assert_eq!(report.findings.len(), 5, "files that cannot be compared are scanned");
        let skipped: Vec<_> = report.coverage.skipped.iter().flat_map(|skipped| &skipped.examples).collect();
        assert_eq!(skipped.len(), 1);
        assert!(skipped[0].contains(broken), "{skipped:?}");
        // The other way round nothing is new, but that is not certain.
        assert!(!dir.scan(&["--range", &format!("{head}..main")]).report().coverage.complete);
    }
}

#[test]
fn a_blob_has_sixteen_places_and_open_ones_come_first() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("pinstripe.toml", "[[allow]]\nrule = \"*\"\npaths = [\"fixtures/**\"]\nreason = \"made up\"\n");
    commit(&dir, "first");
    let line = dir.forge.fill("KEY={{sk_live}}\n");
    for at in 0..30 {
        dir.write_bytes(&format!("fixtures/{at:02}.env"), line.as_bytes());
    }
    dir.write_bytes("src/z.env", line.as_bytes());
    commit(&dir, "copies");
    let run = dir.scan(&["--range", "HEAD~1..HEAD"]);
    let report = run.report();
    let finding = report.findings.iter().find(|finding| finding.rule == "secret-live").unwrap();
    assert_eq!((run.code, finding.locations.len()), (1, 16));
    assert!(finding.locations.iter().any(|at| at.path == "src/z.env" && at.status == Status::Open));
    let text = dir.run(&["scan", "-v", "--color", "never", "--range", "HEAD~1..HEAD"]).stdout;
    assert!(text.contains("15 more"), "{text}");
}

#[test]
fn the_text_of_a_tag_that_names_the_head_is_searched() {
    let mut dir = repository();
    let message = format!("release {}", dir.forge.make("sk_live").unwrap());
    dir.git(&["tag", "-a", "inner", "-m", &message, "main"]);
    dir.git(&["tag", "-a", "v1", "-m", "tag of a tag", "inner"]);
    let tag = dir.git(&["rev-parse", "v1"]).trim().to_owned();
    for head in ["v1", "refs/tags/v1", &tag] {
        let run = dir.scan(&["--range", &format!("main..{head}")]);
        let origins: Vec<_> = run.report().findings.iter().map(|finding| finding.locations[0].origin).collect();
        assert_eq!((run.code, origins), (1, vec![Origin::TagMessage]), "{head}");
    }
    assert_eq!(dir.scan(&["--range", "v1..main"]).code, 0);
}
