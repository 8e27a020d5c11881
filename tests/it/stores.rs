//! Stores that are not whole, not alone, or not what their refs say.

use pinstripe::model::Report;
use pinstripe::model::{Origin, SkipReason};

use crate::support::containers::zip;
use crate::support::{Dir, git, run_in};

fn skipped(report: &Report, reason: SkipReason) -> u64 {
    report.coverage.skipped.iter().filter(|skipped| skipped.reason == reason).map(|skipped| skipped.count).sum()
}

fn paths(report: &Report) -> Vec<&str> {
    report.findings.iter().flat_map(|finding| &finding.locations).map(|location| location.path.as_str()).collect()
}

fn repository() -> Dir {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("one.env", "K={{sk_live@one}}\n");
    commit(&dir, "one");
    dir
}

fn commit(dir: &Dir, message: &str) {
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", message]);
}

#[test]
fn places_beyond_the_cap_are_counted() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    let text = dir.forge.fill("K={{sk_live@same}}\n");
    for at in 0..20 {
        dir.write_bytes(&format!("d{at:02}/a/x.env"), text.as_bytes());
        dir.write_bytes(&format!("d{at:02}/b.env"), text.as_bytes());
    }
    for message in ["first", "second"] {
        dir.write_bytes(message, b"x\n");
        commit(&dir, message);
    }
    let finding = &dir.scan(&["--history"]).report().findings[0];
    assert_eq!((finding.locations.len(), finding.more_locations), (16, 24));
    let text = dir.run(&["scan", "--history"]).stdout;
    assert!(text.contains("and 34 more"), "{text}");
}

#[test]
fn a_shallow_clone_says_where_it_ends() {
    let mut dir = repository();
    std::fs::remove_file(dir.join("one.env")).unwrap();
    dir.write("two.txt", "nothing\n");
    commit(&dir, "two");
    let url = format!("file://{}", dir.path().display());
    let outer = Dir::new();
    for (name, keys) in [("without.git", 0), ("with.git", 1)] {
        git(outer.path(), &["clone", "-q", "--bare", "--depth=1", &url, name]);
        let run = outer.scan(&["--history", name]);
        let report = run.report();
        assert_eq!((run.code, report.findings.len()), (if keys == 0 { 3 } else { 1 }, keys), "{}", run.stderr);
        let tip = dir.git(&["rev-parse", "HEAD"]);
        let boundary =
            report.coverage.skipped.iter().find(|skipped| skipped.reason == SkipReason::ShallowBoundary).unwrap();
        assert_eq!(boundary.examples, [format!("commit {}", tip.trim())]);
        assert_eq!((report.coverage.skipped.len(), report.coverage.complete), (1, false));
        dir.write("three.env", "K={{sk_live@three}}\n");
        commit(&dir, "three");
    }
}

#[test]
fn a_partial_clone_is_read_to_its_end() {
    let dir = repository();
    dir.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", dir.path().display());
    let mut outer = Dir::new();
    git(outer.path(), &["clone", "-q", "--filter=blob:none", "--no-checkout", &url, "part"]);
    let run = outer.scan(&["--history", "part"]);
    assert_eq!((run.code, skipped(&run.report(), SkipReason::MissingObject)), (3, 1), "{}", run.stderr);
    let message = outer.forge.fill("use {{sk_live@control}}");
    git(&outer.join("part"), &["commit-tree", "HEAD^{tree}", "-m", &message]);
    let run = outer.scan(&["--history", "part"]);
    assert_eq!((run.code, skipped(&run.report(), SkipReason::MissingObject)), (1, 1), "{}", run.stderr);
    assert_eq!(run.report().findings[0].locations[0].origin, Origin::CommitMessage);
}

/// A Git LFS pointer to the content of this name.
fn pointer(content: &str) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{content}\nsize 40\n")
}

#[test]
fn what_is_kept_elsewhere_is_named_and_not_entered() {
    let dir = repository();
    dir.write_bytes("large.bin", pointer(&"ab".repeat(32)).as_bytes());
    dir.git(&["add", "large.bin"]);
    let head = dir.git(&["rev-parse", "HEAD"]);
    dir.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},vendor/other", head.trim())]);
    dir.git(&["commit", "-qm", "elsewhere"]);
    let report = dir.scan(&["--history"]).report();
    assert_eq!((skipped(&report, SkipReason::LfsPointer), skipped(&report, SkipReason::Submodule)), (1, 1));
    assert!(report.coverage.complete && report.findings.len() == 1);
}

#[test]
fn the_content_of_a_pointer_is_searched_where_it_is_here() {
    let mut dir = repository();
    let [large, kit, gone, odd] = ["ab", "01", "cd", "ef"].map(|byte| byte.repeat(32));
    for (name, content) in [("data/large.bin", &large), ("kit.bin", &kit), ("gone.bin", &gone), ("odd.bin", &odd)] {
        dir.write_bytes(name, pointer(content).as_bytes());
    }
    let env = dir.forge.fill("K={{sk_live@kit}}\n");
    dir.write_bytes(&format!(".git/lfs/objects/01/01/{kit}"), &zip(&[("conf/.env", env.as_bytes())]));
    commit(&dir, "pointers");
    let blob = dir.git(&["rev-parse", "HEAD:data/large.bin"]);
    let filler = "no key in here\n".repeat(400_000);
    dir.write(&format!(".git/lfs/objects/ab/ab/{large}"), &format!("{filler}K={{{{sk_live@large}}}}\n{filler}"));
    std::fs::create_dir_all(dir.join(&format!(".git/lfs/objects/ef/ef/{odd}"))).unwrap();
    let cache = Dir::new();
    let cached = ["--history", "--since-cache", cache.path().to_str().unwrap()];
    for arguments in [&["--history"][..], &["--history", "--plain-history"], &cached, &cached] {
        let report = dir.scan(arguments).report();
        let mut found: Vec<_> = report.findings.iter().map(|finding| &finding.locations[0]).collect();
        found.sort();
        let at = found.iter().find(|at| at.path == "data/large.bin").unwrap();
        assert_eq!((found.len(), at.line, at.blob.as_deref()), (3, 400_001, Some(blob.trim())));
        assert!(found.iter().any(|at| at.path == "kit.bin" && at.archive == ["conf/.env"]), "{found:?}");
        assert_eq!((skipped(&report, SkipReason::LfsPointer), skipped(&report, SkipReason::Unreadable)), (1, 1));
    }
}

#[test]
fn a_replaced_object_and_its_replacement_are_both_searched() {
    let mut dir = repository();
    let old = dir.git(&["rev-parse", "HEAD:one.env"]);
    dir.write("../replacement", "K={{sk_live@new}}\n");
    let new = dir.git(&["hash-object", "-w", "../replacement"]);
    dir.git(&["replace", old.trim(), new.trim()]);
    let report = dir.scan(&["--history"]).report();
    assert_eq!(report.findings.len(), 2);
    let unnamed = report.findings.iter().find(|finding| finding.locations[0].path.is_empty()).unwrap();
    assert_eq!(unnamed.exposure.as_ref().unwrap().refs_total, 1);
}

#[test]
fn several_repositories_and_several_packs() {
    let mut outer = Dir::new();
    for name in ["a", "b"] {
        outer.write(&format!("{name}/x.env"), &format!("K={{{{sk_live@{name}}}}}\n"));
        let at = outer.join(name);
        git(&at, &["init", "-q"]);
        for file in ["x.env", "y.env"] {
            outer.write(&format!("{name}/{file}"), &format!("K={{{{sk_live@{name}{file}}}}}\n"));
            git(&at, &["add", "-A"]);
            git(&at, &["commit", "-qm", file]);
            git(&at, &["repack", "-dq"]);
        }
        git(&at, &["multi-pack-index", "write"]);
        let packs = std::fs::read_dir(at.join(".git/objects/pack")).unwrap().map(|file| file.unwrap().file_name());
        let packs: Vec<String> = packs.map(|name| name.into_string().unwrap()).collect();
        assert_eq!(packs.iter().filter(|name| name.ends_with(".pack")).count(), 2, "{packs:?}");
        assert!(packs.iter().any(|name| name == "multi-pack-index") && git(&at, &["count-objects"]).starts_with("0 "));
    }
    let report = outer.scan(&["--history", "a", "b"]).report();
    let mut found = paths(&report);
    found.sort_unstable();
    assert_eq!(found, ["a/x.env", "a/y.env", "b/x.env", "b/y.env"]);
    assert!(report.coverage.complete, "{:?}", report.coverage.skipped);
}

#[test]
fn alternates_are_followed_when_asked() {
    let dir = repository();
    let outer = Dir::new();
    let from = dir.path().to_str().unwrap();
    git(outer.path(), &["clone", "-q", "--bare", "--shared", from, "shared.git"]);
    let run = outer.scan(&["--history", "shared.git"]);
    assert_eq!((run.code, skipped(&run.report(), SkipReason::Alternate)), (3, 1), "{}", run.stderr);
    let run = outer.scan(&["--history", "--alternates", "shared.git"]);
    assert_eq!((run.code, paths(&run.report())), (1, vec!["one.env"]));
}

#[test]
fn a_clone_that_borrows_objects_is_read_as_git_reads_it() {
    let mut dir = repository();
    let root = dir.path().to_str().unwrap().to_owned();
    for flags in [&["--shared"][..], &["--reference", &root]] {
        let outer = Dir::new();
        let from = format!("file://{root}");
        git(outer.path(), &[&["clone", "-q"], flags, &[if flags.len() == 1 { &root } else { &from }, "c"]].concat());
        let clone = outer.join("c");
        let run = |arguments: &[&str]| run_in(&clone, arguments, b"");
        assert!(clone.join(".git/objects/info/alternates").exists());
        // A clean commit passes, one with a key does not.
        std::fs::write(clone.join("new"), "x\n").unwrap();
        git(&clone, &["add", "."]);
        let hook = run(&["hook", "pre-commit"]);
        assert_eq!(hook.code, 0, "{}{}", hook.stdout, hook.stderr);
        git(&clone, &["commit", "-qm", "clean"]);
        assert_eq!(run(&["scan", "--range", "HEAD~1..HEAD"]).code, 0);
        let key = dir.forge.fill("K={{sk_live}}\n");
        std::fs::write(clone.join("new"), key).unwrap();
        git(&clone, &["add", "."]);
        assert_eq!(run(&["scan", "--staged"]).code, 1);
        git(&clone, &["commit", "-qm", "key"]);
        assert_eq!(run(&["scan", "--range", "HEAD~1..HEAD", "--alternates"]).code, 1);
        // An audit looks at one store, and says how to read the others.
        let audit = run(&["scan", "--history"]);
        assert!(audit.stdout.contains("scan --alternates"), "{}", audit.stdout);
    }
    let wrong = dir.run(&["scan", "--alternates", "."]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
}

#[test]
fn the_source_within_a_map_and_the_name_of_a_directory() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    dir.write("app.js.map", r#"{"version":3,"sources":["src/pay.ts"],"sourcesContent":["k = '{{sk_live@map}}'"]}"#);
    let key = dir.forge.make("sk_live").unwrap();
    dir.write_bytes(&format!("top/{key}/below/x"), b"x\n");
    commit(&dir, "one");
    let report = dir.scan(&["--history"]).report();
    let at = |origin| {
        let all = report.findings.iter().flat_map(|finding| &finding.locations);
        all.filter(|location| location.origin == origin).collect::<Vec<_>>()
    };
    assert_eq!(at(Origin::File)[0].within.as_deref(), Some("src/pay.ts"));
    let names = at(Origin::FileName);
    assert!(names.len() == 1 && names[0].path.starts_with("top/sk_live_…") && names[0].redacted, "{names:?}");
}

#[test]
fn cells_and_sources_are_named_in_every_version_and_in_archives() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    let prose = (0..200).map(|line| format!(r#"{{"source":["line {line}"]}},"#)).collect::<Vec<_>>().join("\n");
    let key = dir.forge.fill(r#"{"source":["k = '{{sk_live@cell}}'"]}"#);
    let map =
        dir.forge.fill(r#"{"version":3,"sources":["a.ts","pay.ts"],"sourcesContent":["","k='{{rk_live@map}}'"]}"#);
    for (message, first) in [("one", ""), ("two", "{\"source\":[\"more\"]},\n")] {
        let book = format!("{{\"cells\":[{first}{prose}{key}],\n\"nbformat\":4}}");
        dir.write_bytes("book.ipynb", book.as_bytes());
        dir.write_bytes("kit.zip", &zip(&[("in/book.ipynb", book.as_bytes()), ("app.js.map", map.as_bytes())]));
        commit(&dir, message);
    }
    let expected = [
        ("book.ipynb", "", "cell 201", 0),
        ("book.ipynb", "", "cell 202", 0),
        ("kit.zip", "app.js.map", "pay.ts", 2),
        ("kit.zip", "in/book.ipynb", "cell 201", 0),
        ("kit.zip", "in/book.ipynb", "cell 202", 0),
    ];
    for _ in 0..2 {
        let report = dir.scan(&["--history"]).report();
        let places = report.findings.iter().flat_map(|finding| &finding.locations);
        let mut seen: Vec<_> = places
            .map(|at| (at.path.as_str(), at.archive.join("!"), at.within.as_deref().unwrap_or("nothing"), at.versions))
            .collect();
        seen.sort();
        let seen: Vec<_> =
            seen.iter().map(|(path, archive, within, count)| (*path, &**archive, *within, *count)).collect();
        assert_eq!(seen, expected);
        dir.git(&["repack", "-qadf"]);
    }
}

#[test]
fn a_path_of_the_index_that_the_cap_left_out_is_counted_once() {
    let mut dir = Dir::new();
    dir.git(&["init", "-q"]);
    let text = dir.forge.fill("K={{sk_live@same}}\n");
    for at in 0..20 {
        dir.write_bytes(&format!("{at:02}.env"), text.as_bytes());
    }
    commit(&dir, "one");
    dir.write_bytes("staged.env", text.as_bytes());
    dir.git(&["add", "-A"]);
    let finding = &dir.scan(&["--history"]).report().findings[0];
    assert_eq!((finding.locations.len(), finding.more_locations), (16, 5));
}
