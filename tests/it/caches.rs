//! Caches of histories that several processes use, that are made while a repository changes, and what they must not hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;

use crate::support::containers::zip;
use crate::support::world::{World, cached, same};
use crate::support::{Dir, Run, git, git_command, program};

const CACHED: [&str; 5] = ["scan", "--format", "json", "--history", "work"];

fn rescan(world: &World) -> Command {
    let mut command = program();
    command.current_dir(world.dir.path()).args(CACHED).args(["--min-severity", "note", "--since-cache", "cache"]);
    command
}

fn run(command: &mut Command) -> Run {
    ended(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

fn ended(child: std::process::Child) -> Run {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn two_processes_at_one_cache() {
    let mut world = World::new(21);
    for round in 0..20 {
        let done = world.step();
        let whole = world.scan(&[]);
        let start = || rescan(&world).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut both = vec![start(), start()];
        // Another set of rules wants the same file.
        let mut other = rescan(&world);
        both.extend(
            (round % 3 == 0)
                .then(|| other.arg("--no-default-rules").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()),
        );
        for (at, child) in both.into_iter().enumerate() {
            let run = ended(child);
            if at < 2 {
                same(&run, &whole, &format!("round {round}, {done}"));
            }
        }
        for again in ["after both", "again"] {
            same(&run(&mut rescan(&world)), &whole, &format!("round {round}, {done}, {again}"));
        }
        let names = std::fs::read_dir(world.at("cache")).unwrap().map(|file| file.unwrap().path());
        assert!(names.map(|file| file.extension().unwrap().to_owned()).eq(["history"]), "something else stayed");
    }
}

#[test]
fn what_a_repository_must_have_is_part_of_its_state() {
    let (world, _) = cached(1);
    let inside = |name: &str| world.at("work/.git").join(name);
    let check = |what: &str, is_complete: bool| {
        let whole = world.scan(&[]);
        assert_eq!(whole.report().coverage.complete, is_complete, "{what}: {}", whole.stderr);
        for again in ["", ", and again"] {
            same(&world.scan(&["--since-cache", "cache"]), &whole, &format!("{what}{again}"));
        }
    };
    let gone = "ab".repeat(20);
    std::fs::write(inside("ORIG_HEAD"), format!("{gone}\n")).unwrap();
    check("a commit that may be pruned", true);
    std::fs::rename(inside("ORIG_HEAD"), inside("MERGE_HEAD")).unwrap();
    check("a commit that is being merged", false);
    std::fs::remove_file(inside("MERGE_HEAD")).unwrap();
    let head = git(&world.at("work"), &["rev-parse", "HEAD"]);
    let log = |old: &str, new: &str| {
        let line = format!("{} {} a <a@example.com> 1700000000 +0000\tx\n", old.trim(), new.trim());
        world.dir.write_bytes("work/.git/logs/refs/heads/x", line.as_bytes());
    };
    log(&gone, &head);
    check("an old value", true);
    log(&head, &gone);
    check("a new value", false);
    std::fs::remove_file(inside("logs/refs/heads/x")).unwrap();
    git(&world.at("work"), &["update-index", "--split-index"]);
    check("an index in two files", true);
    let shared = std::fs::read_dir(inside("")).unwrap().map(|entry| entry.unwrap().path());
    let shared: Vec<PathBuf> = shared.filter(|path| path.to_string_lossy().contains("sharedindex")).collect();
    shared.iter().for_each(|path| std::fs::remove_file(path).unwrap());
    check("an index without its other half", false);
}

/// A directory with a `git` that runs a command before it lists refs.
fn git_that_first(world: &World, command: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|place| place.join("git")).find(|file| file.is_file()).unwrap();
    let script =
        format!("#!/bin/sh\ncase \"$*\" in *for-each-ref*) {command};; esac\nexec {} \"$@\"\n", real.display());
    world.dir.write_bytes("bin/git", script.as_bytes());
    std::process::Command::new("chmod").args(["+x", "bin/git"]).current_dir(world.dir.path()).status().unwrap();
    format!("{}:{path}", world.at("bin").display())
}

#[test]
fn what_comes_while_a_store_is_read_belongs_to_another_state() {
    let world = World::new(5);
    world.dir.git(&["init", "-q", "--ref-format=reftable", "work/tables"]);
    let tables = world.at("work/tables");
    let text = format!("K={}\n", world.keys[0]);
    for what in ["pack", "loose object"] {
        world.dir.write_bytes("work/tables/a.env", b"nothing\n");
        git(&tables, &["add", "-A"]);
        git(&tables, &["commit", "-q", "--allow-empty", "-m", what]);
        world.dir.write_bytes("late", text.as_bytes());
        let oid = git(&tables, &["hash-object", "-w", "../../late"]);
        let (fan, rest) = oid.trim().split_at(2);
        let objects = tables.join(".git/objects");
        std::fs::create_dir_all(world.at("aside")).unwrap();
        let command = if what == "pack" {
            let mut pack = git_command(&tables, &["pack-objects", "-q", "../../aside/pack"]);
            let mut child = pack.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), oid.as_bytes()).unwrap();
            assert!(child.wait().unwrap().success());
            std::fs::remove_file(objects.join(fan).join(rest)).unwrap();
            format!("mkdir -p {0}/pack; mv {1}/* {0}/pack/ 2>/dev/null", objects.display(), world.at("aside").display())
        } else {
            std::fs::rename(objects.join(fan).join(rest), world.at("aside").join(rest)).unwrap();
            format!("mv {1}/{rest} {0}/{fan}/ 2>/dev/null", objects.display(), world.at("aside").display())
        };
        let path = git_that_first(&world, &command);
        let scan = |more: &[&str]| {
            let mut command = program();
            command.current_dir(world.dir.path()).args(["scan", "--format", "json", "--history", "work/tables"]);
            command.args(more);
            command
        };
        run(scan(&["--since-cache", "cache"]).env("PATH", path));
        assert_eq!(std::fs::read_dir(world.at("aside")).unwrap().count(), 0, "the {what} came");
        let whole = run(&mut scan(&[]));
        assert_eq!(whole.code, 1, "{}", whole.stderr);
        for again in ["", ", and again"] {
            same(&run(&mut scan(&["--since-cache", "cache"])), &whole, &format!("{what}{again}"));
        }
        git(&tables, &["update-ref", "-d", "refs/heads/main"]);
        git(&tables, &["gc", "-q", "--prune=now"]);
    }
}

/// Returns the parts of a key that no cache may hold: every eight characters of its random part, plain, wide, in hex, and in base64 at
/// each alignment.
fn pieces(key: &str) -> BTreeSet<Vec<u8>> {
    let body = key.rsplit('_').next().unwrap().as_bytes();
    let mut pieces = BTreeSet::new();
    for window in body.windows(8) {
        pieces.insert(window.to_vec());
        pieces.insert(window.iter().flat_map(|byte| [*byte, 0]).collect());
        pieces.insert(window.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
    }
    for before in 0..3 {
        let text = [&b"xx"[..before], key.as_bytes()].concat();
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        pieces.extend(encoded.as_bytes()[16..].windows(12).map(<[u8]>::to_vec));
    }
    pieces
}

/// Streams of loose objects as git stored them, in pieces.
fn stored(repository: &Path) -> BTreeSet<Vec<u8>> {
    let list = git(repository, &["cat-file", "--batch-check=%(objectname)", "--batch-all-objects"]);
    let read = |oid: &str| std::fs::read(repository.join(".git/objects").join(&oid[..2]).join(&oid[2..])).ok();
    let streams = list.lines().filter_map(read);
    streams.filter_map(|stream| stream.get(20..36).map(<[u8]>::to_vec)).collect()
}

type Place = fn(&Dir, &str);

/// Ways in which a repository gets to hold a text.
const PLACES: [(&str, Place); 13] = [
    ("a text", |dir, key| commit(dir, "src/a.env", &format!("K={key}\n"))),
    ("a text in an archive", |dir, key| {
        dir.write_bytes("work/a.zip", &zip(&[("conf/.env", format!("K={key}\n").as_bytes())]));
        commit(dir, "b", "b");
    }),
    ("a name", |dir, key| commit(dir, &format!("{key}.txt"), "x")),
    ("a directory", |dir, key| commit(dir, &format!("a/{key}/b.env"), &format!("K={key}\n"))),
    ("a name behind a line end", |dir, key| commit(dir, &format!("a\n{key}"), &format!("K={key}\n"))),
    ("a message", |dir, key| {
        git(&dir.join("work"), &["commit", "-q", "--allow-empty", "-m", key]);
    }),
    ("an author", |dir, key| {
        let mut command = git_command(&dir.join("work"), &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert!(command.env("GIT_AUTHOR_NAME", key).status().unwrap().success());
    }),
    ("a tag", |dir, key| {
        git(&dir.join("work"), &["tag", "-a", "-m", key, "v1"]);
    }),
    ("a branch", |dir, key| {
        git(&dir.join("work"), &["branch", &format!("x/{key}/y")]);
    }),
    ("a note", |dir, key| {
        git(&dir.join("work"), &["notes", "add", "-m", key]);
    }),
    ("a submodule", |dir, key| {
        let entry = format!("160000,{},vendor/{key}", "12".repeat(20));
        git(&dir.join("work"), &["update-index", "--add", "--cacheinfo", &entry]);
        git(&dir.join("work"), &["commit", "-q", "-m", "elsewhere"]);
    }),
    ("a staged name", |dir, key| {
        dir.write_bytes(&format!("work/{key}.env"), format!("K={key}\n").as_bytes());
        git(&dir.join("work"), &["add", "-A", "-f"]);
    }),
    ("a stash", |dir, key| {
        dir.write_bytes("work/base", key.as_bytes());
        git(&dir.join("work"), &["stash", "-q", "-m", key]);
    }),
];

fn commit(dir: &Dir, name: &str, text: &str) {
    dir.write_bytes(&format!("work/{name}"), text.as_bytes());
    git(&dir.join("work"), &["add", "-A", "-f"]);
    git(&dir.join("work"), &["commit", "-q", "-m", "one"]);
}

#[test]
fn no_part_of_a_key_is_in_a_cache_wherever_the_repository_has_it() {
    let base64 = |key: &str| base64::engine::general_purpose::URL_SAFE.encode(format!("K={key}"));
    let mut dir = Dir::new();
    for (what, place) in PLACES {
        for is_encoded in [false, true] {
            let _ = std::fs::remove_dir_all(dir.join("work"));
            let _ = std::fs::remove_dir_all(dir.join("cache"));
            let (key, other) = (dir.forge.make("sk_live").unwrap(), dir.forge.make("rk_live").unwrap());
            dir.git(&["init", "-q", "work"]);
            commit(&dir, "base", &format!("K={other}\n"));
            place(&dir, &if is_encoded { base64(&key) } else { key.clone() });
            let found = dir.scan(&["--history", "work", "--since-cache", "cache"]);
            assert!(found.code == 1 && found.stderr.is_empty(), "{what}: {}", found.stderr);
            dir.scan(&["--history", "work", "--since-cache", "cache"]);
            let file = std::fs::read_dir(dir.join("cache")).unwrap().next().unwrap().unwrap().path();
            let bytes = std::fs::read(file).unwrap();
            let mut forbidden = pieces(&key);
            forbidden.extend(pieces(&other));
            forbidden.extend(stored(&dir.join("work")));
            for piece in forbidden {
                let shown = String::from_utf8_lossy(&piece).into_owned();
                assert!(memchr::memmem::find(&bytes, &piece).is_none(), "{what}, encoded {is_encoded}: {shown}");
            }
        }
    }
}
