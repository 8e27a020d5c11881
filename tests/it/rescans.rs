//! A scan with a cache says the same, byte for byte, as one without, whatever became of the repository meanwhile.

use std::path::{Path, PathBuf};

use crate::support::world::{HOOK, World, cached, same};
use crate::support::{Run, git};

fn explore(mut world: World, seed: u64, steps: usize) {
    let cached = ["--since-cache", "cache"];
    let mut done = Vec::new();
    for _ in 0..steps {
        done.push(world.step());
        let whole = world.scan(&[]);
        let what = format!("seed {seed}, {}: {done:?}", world.dir.path().display());
        same(&world.scan(&cached), &whole, &what);
        same(&world.scan(&cached), &whole, &format!("{what}, and again"));
    }
}

#[test]
fn a_rescan_says_what_a_scan_says() {
    (0..3).for_each(|seed| explore(World::new(seed), seed, 14));
}

#[test]
fn a_rescan_of_many_objects_says_what_a_scan_says() {
    (10..12).for_each(|seed| explore(World::large(seed), seed, 14));
}

#[test]
fn a_fetch_leaves_the_base_of_a_cache_as_it_is() {
    type Change = fn(&mut World);
    let mut world = World::large(5);
    assert!(world.git("work", &["gc", "-q"]));
    let check = |world: &World, what: &str| {
        let (whole, run) = (world.scan(&[]), world.scan(&["--since-cache", "cache"]));
        same(&Run { stderr: String::new(), ..run }, &whole, what);
        let files = std::fs::read_dir(world.at("cache")).unwrap().map(|file| file.unwrap().path());
        let base = files.filter(|file| file.to_string_lossy().ends_with("-objects.history")).collect::<Vec<_>>();
        assert_eq!(base.len(), 1, "{what}");
        (base[0].clone(), std::os::unix::fs::MetadataExt::ino(&base[0].metadata().unwrap()), run.stderr)
    };
    let (base, first, _) = check(&world, "the first scan");
    let changes: [(&str, Change); 3] = [
        ("a fetch", |world| {
            world.commit("up");
            world.git("work", &["fetch", "-q"]);
        }),
        ("a commit", |world| world.commit("work")),
        ("gc", |world| assert!(world.git("work", &["gc", "-q"]))),
    ];
    for (what, change) in changes {
        change(&mut world);
        assert_eq!(check(&world, what), (base.clone(), first, String::new()), "{what}");
    }
    let healthy = std::fs::read(&base).unwrap();
    for (what, at, word) in [("damage", healthy.len() / 2, "damaged"), ("that of another cache", healthy.len() - 1, "")]
    {
        let mut bytes = healthy.clone();
        bytes[at] ^= 0x20;
        std::fs::write(&base, bytes).unwrap();
        world.git("work", &["branch", &format!("b{at}")]);
        let (_, _, stderr) = check(&world, what);
        assert!(stderr.contains(word) && stderr.is_empty() == word.is_empty(), "{what}: {stderr}");
    }
    std::fs::remove_file(&base).unwrap();
    assert_eq!(check(&world, "no base").2, "");
    world.git("work", &["branch", "-D", "-r", "origin/bulk"]);
    world.git("work", &["reflog", "expire", "--expire=now", "--all"]);
    world.git("work", &["gc", "-q", "--prune=now"]);
    let (whole, run) = (world.scan(&[]), world.scan(&["--since-cache", "cache"]));
    same(&run, &whole, "objects are gone");
}

#[test]
#[ignore = "takes an hour"]
fn a_thousand_rescans_say_what_scans_say() {
    (100..200).for_each(|seed| explore(if seed % 4 == 0 { World::large(seed) } else { World::new(seed) }, seed, 40));
}

#[test]
fn a_cache_holds_nothing_of_a_key_and_is_written_once() {
    let (world, file) = cached(3);
    let bytes = std::fs::read(&file).unwrap();
    for key in &world.keys {
        let tail = &key.as_bytes()[key.len() - 4..];
        assert!(!bytes.windows(4).any(|window| window == tail), "the last characters of a key are kept");
    }
    assert!(!bytes.windows(8).any(|window| window == b"sk_live_"));
    world.scan(&["--since-cache", "cache"]);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_damaged_cache_is_thrown_away_with_a_word() {
    let (world, file) = cached(3);
    let healthy = std::fs::read(&file).unwrap();
    // In the state of the cache, the known objects are not looked at, so that damage there would not be seen.
    world.git("work", &["branch", "other"]);
    let whole = world.scan(&[]);
    let mut damaged: Vec<Vec<u8>> =
        (0..healthy.len()).step_by(healthy.len() / 24 + 1).map(|at| healthy[..at].to_vec()).collect();
    for at in (0..healthy.len()).step_by(healthy.len() / 48 + 1) {
        let mut bytes = healthy.clone();
        bytes[at] ^= 0x20;
        damaged.push(bytes);
    }
    damaged.push([&healthy[..], b"more"].concat());
    for (at, bytes) in damaged.iter().enumerate() {
        std::fs::write(&file, bytes).unwrap();
        let run = world.scan(&["--since-cache", "cache"]);
        assert!(run.stderr.contains("the cache is damaged and was discarded"), "{at}: {}", run.stderr);
        same(&Run { stderr: whole.stderr.clone(), ..run }, &whole, "a damaged cache");
    }
}

#[test]
fn what_is_no_file_at_the_place_of_a_cache_is_left_alone_or_replaced() {
    let (world, file) = cached(1);
    let whole = world.scan(&[]);
    let scan = |what: &str| {
        let run = world.scan(&["--since-cache", "cache"]);
        assert_eq!((run.code, &run.stdout), (whole.code, &whole.stdout), "{what}");
        run.stderr
    };
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    assert!(scan("a link").contains("damaged"));
    assert!(file.symlink_metadata().unwrap().is_file());
    std::fs::remove_file(&file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    assert!(scan("a FIFO").contains("damaged"));
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert!(scan("a directory").contains("cannot be written"));
    std::fs::remove_dir(&file).unwrap();
    assert_eq!(scan("nothing"), "");
    let other = world.dir.run(&["scan", "--since-cache", "cache", "work"]);
    assert!(other.code == 2 && other.stderr.contains("--history"), "{}", other.stderr);
}

#[test]
fn the_oldest_caches_go_first() {
    let (world, _) = cached(1);
    let names = || std::fs::read_dir(world.at("cache")).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>();
    let size = |files: &[PathBuf]| files.iter().map(|file| file.metadata().unwrap().len()).sum::<u64>();
    world.dir.write_bytes("cache/kept", &[0; 10_000]);
    let before = names();
    for other in ["one", "two"] {
        git(world.dir.path(), &["clone", "-q", "up", other]);
        let all = size(&names());
        let limit = (all - 10_000 + 100).to_string();
        world.dir.scan(&["--history", other, "--since-cache", "cache", "--cache-size", &limit]);
        assert_eq!(names().len(), 2, "one went for the other, and what is no cache stays");
    }
    assert!(names() != before && world.at("cache/kept").exists());
    let tiny = world.dir.scan(&["--history", "one", "--since-cache", "cache", "--cache-size", "100"]);
    assert_eq!((names().len(), tiny.stderr.as_str()), (1, ""));
    assert_eq!(world.dir.scan(&["--history", "one", "--since-cache", "cache", "--cache-size", "1X"]).code, 2);
}

#[test]
fn objects_that_are_missing_damaged_or_come_back() {
    let (mut world, _) = cached(3);
    let check = |world: &World, what: &str| {
        let whole = world.scan(&[]);
        for again in ["", ", and again"] {
            same(&world.scan(&["--since-cache", "cache"]), &whole, &format!("{what}{again}"));
        }
    };
    world.dir.write_bytes("work/lost.env", format!("K={}\n", world.keys[1]).as_bytes());
    world.commit("work");
    let object = |name: &str| {
        let oid = git(&world.at("work"), &["rev-parse", name]);
        world.at("work/.git/objects").join(&oid[..2]).join(oid[2..].trim())
    };
    for name in ["HEAD:lost.env", "HEAD^{tree}", "HEAD:src"] {
        let path = object(name);
        let kept = std::fs::read(&path).unwrap();
        check(&world, name);
        std::fs::remove_file(&path).unwrap();
        check(&world, &format!("{name} is missing"));
        std::fs::write(&path, &kept[..kept.len() / 2]).unwrap();
        check(&world, &format!("{name} is damaged"));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &kept).unwrap();
        check(&world, &format!("{name} came back"));
    }
}

#[test]
fn a_shallow_and_a_partial_clone_grow() {
    let mut world = World::new(11);
    world.dir.write_bytes("up/a.env", format!("K={}\n", world.keys[0]).as_bytes());
    world.commit("up");
    world.dir.git(&["-C", "up", "config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", world.at("up").display());
    for (name, how, more) in [
        ("shallow", &["--depth=2"][..], &["fetch", "-q", "--unshallow"][..]),
        ("part", &["--filter=blob:none", "--no-checkout"], &["checkout", "-q", "main"]),
    ] {
        git(world.dir.path(), &[&["clone", "-q"], how, &[&url, name]].concat());
        let check = |what: &str| {
            let whole = world.dir.scan(&["--history", name]);
            for again in ["", ", and again"] {
                let run = world.dir.scan(&["--history", name, "--since-cache", "cache"]);
                same(&run, &whole, &format!("{name} {what}{again}"));
            }
        };
        check("cloned");
        git(&world.at(name), more);
        check("complete");
    }
    assert!(Path::new(&world.at("cache")).is_dir());
}

/// The ids of findings about code and about places, which are not about keys alone.
fn lints(run: &Run) -> Vec<String> {
    let lints = ["webhook", "frontend", "public", "mixed", "client"];
    let ids = run.report().findings.into_iter().map(|finding| finding.rule);
    ids.filter(|id| lints.iter().any(|lint| id.contains(lint)) && id != "webhook-secret").collect()
}

#[test]
fn what_lints_found_is_kept_and_judged_by_the_policy_of_the_day() {
    let world = World::new(13);
    world.dir.write_bytes("work/package.json", br#"{"dependencies":{"next":"15.0.0"}}"#);
    let public = format!("NEXT_PUBLIC_STRIPE_SECRET_KEY={}\n", world.keys[0]);
    let pair = format!("STRIPE_SECRET_KEY={}\nSTRIPE_PUBLISHABLE_KEY={}\n", world.keys[3], world.keys[2]);
    let allowed = HOOK.replace("res) => {", "res) => { // pinstripe:allow webhook-unverified r");
    for (name, text) in [("web/.env", &public), ("a.env", &pair), ("src/hooks/stripe.js", &HOOK.to_owned())] {
        world.dir.write_bytes(&format!("work/{name}"), text.as_bytes());
    }
    world.dir.write_bytes("work/src/hooks/other.js", allowed.as_bytes());
    world.git("work", &["add", "-A", "-f"]);
    world.git("work", &["commit", "-q", "-m", "lints"]);
    let cached = ["--since-cache", "cache"];
    let first = world.scan(&cached);
    let found = lints(&first);
    for id in ["webhook-unverified", "secret-behind-public-prefix", "mixed-mode"] {
        assert!(found.contains(&id.to_owned()), "{id}: {found:?}");
    }
    let file = std::fs::read_dir(world.at("cache")).unwrap().next().unwrap().unwrap().path();
    let kept = |id: &str| std::fs::read(&file).unwrap().windows(id.len()).any(|window| window == id.as_bytes());
    assert!(kept("webhook-unverified"));
    assert!(!world.keys.iter().any(|key| kept(&key[key.len() - 4..]) || kept(&key[..8])), "something of a key is kept");
    for (place, policy) in [
        ("", "[[context]]\npaths = [\"**\"]\nis = [\"test\"]\n"),
        ("", "[severity]\nwebhook-unverified = \"low\"\n"),
        ("src/", "[[context]]\npaths = [\"**\"]\nis = [\"test\"]\n"),
        ("src/", "[[allow]]\nrule = \"webhook-unverified\"\npaths = [\"**\"]\nreason = \"r\"\n"),
        ("src/hooks/", "not TOML"),
        ("src/hooks/", ""),
    ] {
        world.dir.write_bytes(&format!("work/{place}pinstripe.toml"), policy.as_bytes());
        let whole = world.scan(&[]);
        for again in ["", ", and again"] {
            same(&world.scan(&cached), &whole, &format!("{place}pinstripe.toml: {policy}{again}"));
        }
        assert!(kept("webhook-unverified"), "{policy}");
    }
}
