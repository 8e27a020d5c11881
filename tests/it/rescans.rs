//! A scan with a cache says the same, byte for byte, as one without, whatever became of the repository meanwhile.

use std::path::{Path, PathBuf};

use crate::support::containers::zip;
use crate::support::{Dir, Run, git, git_command};

/// A repository that changes, a clone of it that is scanned, and a cache.
pub(crate) struct World {
    pub(crate) dir: Dir,
    pub(crate) keys: Vec<String>,
    /// Steps so far, which are also the hours that passed.
    steps: u32,
    state: u64,
}

const FILES: [&str; 7] =
    ["a.env", "src/pay.ts", "src/hooks/stripe.js", "deep/er/and/deeper.txt", "lib/b.rb", "data.bin", "kit.zip"];

const HOOK: &str = "const stripe = require('stripe')(process.env.K)\napp.post('/webhook', (req, res) => {\n  \
                    const event = JSON.parse(req.body)\n  fulfil(event.data.object)\n  res.sendStatus(200)\n})\n";

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dir = Dir::new();
        let keys = (0..4).map(|at| dir.forge.make(["sk_live", "rk_live", "pk_live", "sk_test"][at]).unwrap()).collect();
        let mut world = Self { dir, keys, steps: 0, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 };
        world.dir.git(&["init", "-q", "up"]);
        (0..3).for_each(|_| world.commit("up"));
        world.dir.git(&["clone", "-q", "up", "work"]);
        world.git("work", &["config", "fetch.unpackLimit", "3"]);
        world
    }

    /// A number below `bound`.
    fn pick(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % bound
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Runs git at the time of this step. What it refuses is no step.
    pub(crate) fn git(&self, place: &str, arguments: &[&str]) -> bool {
        let date = format!("2026-01-01T00:{:02}:{:02}Z", self.steps / 60 % 60, self.steps % 60);
        let mut command = git_command(&self.at(place), arguments);
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        command.output().unwrap().status.success()
    }

    fn key(&mut self) -> String {
        let which = self.pick(self.keys.len());
        self.keys[which].clone()
    }

    fn edit(&mut self, place: &str) {
        let file = format!("{place}/{}", FILES[self.pick(FILES.len())]);
        let (number, changed) = (self.steps, self.pick(60));
        let line = |at| format!("line {at} {}\n", if at == changed { number } else { 0 });
        let mut text: String = (0..60).map(line).collect();
        match self.pick(6) {
            0 | 1 => text += &format!("KEY={}\n", self.key()),
            2 => text = format!("// {number}\n{HOOK}"),
            3 if self.at(&file).is_file() => return std::fs::remove_file(self.at(&file)).unwrap(),
            _ => {}
        }
        let text = if file.ends_with(".zip") { zip(&[("conf/.env", text.as_bytes())]) } else { text.into_bytes() };
        self.dir.write_bytes(&file, &text);
    }

    fn commit(&mut self, place: &str) {
        self.steps += 1;
        (0..=self.pick(3)).for_each(|_| self.edit(place));
        self.git(place, &["add", "-A", "-f"]);
        let message = if self.pick(8) == 0 { format!("use {}", self.key()) } else { "work".to_owned() };
        self.git(place, &["commit", "-q", "--allow-empty", "-m", &message]);
    }

    /// Does one thing at random, and says what.
    pub(crate) fn step(&mut self) -> &'static str {
        self.steps += 1;
        match self.pick(26) {
            0..=3 => self.fetched(),
            4 => self.pushed_by_force(),
            5 | 6 => self.locally("a commit", &|world| world.commit("work")),
            7 => self.gits("gc", &[&["gc", "-q"]]),
            8 => self.gits(
                "gc that prunes",
                &[&["reflog", "expire", "--expire=now", "--all"], &["gc", "-q", "--prune=now"]],
            ),
            9 => self.gits("a new pack", &[&["repack", "-d", "-q"]]),
            10 => self.gits("one pack", &[&["repack", "-a", "-d", "-q", "-f"]]),
            11 => self.locally("a stash", &|world| {
                world.edit("work");
                world.git("work", &["add", "-A", "-f"]);
                world.git("work", &["stash", "-q"]);
            }),
            12 => self.locally("a blob that was only staged", &|world| {
                world.edit("work");
                world.git("work", &["add", "-A", "-f"]);
                world.git("work", &["reset", "-q", "--hard"]);
            }),
            13 => self.gits("expired reflogs", &[&["reflog", "expire", "--expire=now", "--all"]]),
            14 => self
                .gits("another head", &[&["checkout", "-q", "--detach", "HEAD~1"], &["checkout", "-q", "-B", "main"]]),
            24 | 25 => self.ruled(),
            which => self.beside_commits(which),
        }
    }

    /// Changes refs, and what is beside the commits.
    fn beside_commits(&mut self, which: usize) -> &'static str {
        match which {
            15 => self.gits("packed refs", &[&["pack-refs", "--all"]]),
            16 => self.locally("a tag", &|world| {
                let (name, message) = (format!("v{}", world.steps), format!("tag {}", world.key()));
                world.git("work", &["tag", "-a", "-m", &message, &name]);
            }),
            17 => self.locally("a branch", &|world| {
                world.git("work", &["branch", &format!("b{}", world.steps)]);
            }),
            18 => self.gits(
                "no branch",
                &[&["branch", "-D", "side"], &["checkout", "-q", "-b", "side"], &["checkout", "-q", "main"]],
            ),
            19 => self.locally("a note", &|world| {
                let note = format!("see {}", world.key());
                world.git("work", &["notes", "add", "-f", "-m", &note]);
            }),
            20 => self.locally("a submodule and a pointer", &|world| {
                let entry = format!("160000,{},vendor/m{}", "12".repeat(20), world.pick(3));
                world.git("work", &["update-index", "--add", "--cacheinfo", &entry]);
                let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:";
                let text = format!("{pointer}{}\nsize 40\n", "ab".repeat(32));
                world.dir.write_bytes("work/large.dat", text.as_bytes());
                world.git("work", &["add", "large.dat"]);
                world.git("work", &["commit", "-q", "-m", "elsewhere"]);
            }),
            21 => self.locally("content of Git LFS", &|world| {
                // Content has the name of its hash, so that it comes and goes, and is never another.
                let (content, name) = (format!("K={}\n", world.keys[1]), "ab".repeat(32));
                let file = format!("work/.git/lfs/objects/ab/ab/{name}");
                if std::fs::remove_file(world.at(&file)).is_err() {
                    world.dir.write_bytes(&file, content.as_bytes());
                }
            }),
            22 => self.locally("a name with a key", &|world| {
                let name = format!("work/names/{}.txt", world.key());
                world.dir.write_bytes(&name, b"x\n");
                world.commit("work");
            }),
            _ => self.locally("a merge", &|world| {
                let name = format!("m{}", world.steps);
                world.git("work", &["checkout", "-q", "-b", &name, "HEAD~2"]);
                world.commit("work");
                world.git("work", &["checkout", "-q", "main"]);
                world.git("work", &["merge", "-q", "--no-ff", "-X", "ours", "-m", "merge", &name]);
                world.git("work", &["merge", "--abort"]);
            }),
        }
    }

    fn locally(&mut self, what: &'static str, change: &dyn Fn(&mut Self)) -> &'static str {
        change(self);
        what
    }

    fn gits(&mut self, what: &'static str, commands: &[&[&str]]) -> &'static str {
        for arguments in commands {
            self.git("work", arguments);
        }
        what
    }

    fn fetched(&mut self) -> &'static str {
        (0..=self.pick(3)).for_each(|_| self.commit("up"));
        self.git("work", &["fetch", "-q"]);
        "a fetch"
    }

    fn pushed_by_force(&mut self) -> &'static str {
        self.git("up", &["reset", "-q", "--hard", "HEAD~1"]);
        self.commit("up");
        self.git("work", &["fetch", "-q", "--prune"]);
        "a push by force"
    }

    /// Another policy, or another day, which is the same to its entries.
    fn ruled(&mut self) -> &'static str {
        let expires = ["2020-01-01", "2999-12-31"][self.pick(2)];
        let rule = ["*", "secret-live"][self.pick(2)];
        let allow =
            format!("[[allow]]\nrule = \"{rule}\"\npaths = [\"src/**\"]\nreason = \"r\"\nexpires = \"{expires}\"\n");
        let policy = ["", "[severity]\nsecret-live = \"low\"\n", &allow][self.pick(3)].to_owned();
        self.dir.write_bytes("work/pinstripe.toml", policy.as_bytes());
        "another policy"
    }

    pub(crate) fn scan(&self, more: &[&str]) -> Run {
        self.dir.scan(&[&["--history", "work"], more].concat())
    }
}

pub(crate) fn same(run: &Run, whole: &Run, what: &str) {
    let notices = |run: &Run| run.stderr.clone();
    assert_eq!((run.code, notices(run)), (whole.code, notices(whole)), "{what}");
    if run.stdout != whole.stdout {
        let (run, whole) = (run.report(), whole.report());
        assert_eq!(run.coverage, whole.coverage, "{what}");
        for (found, expected) in run.findings.iter().zip(&whole.findings) {
            assert_eq!(found, expected, "{what}");
        }
        panic!("{what}: {} of {} findings", run.findings.len(), whole.findings.len());
    }
}

fn explore(seed: u64, steps: usize) {
    let mut world = World::new(seed);
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
    (0..3).for_each(|seed| explore(seed, 14));
}

#[test]
#[ignore = "takes an hour"]
fn a_thousand_rescans_say_what_scans_say() {
    (100..200).for_each(|seed| explore(seed, 40));
}

/// A repository of a few commits with a key, and a cache of it.
pub(crate) fn cached(commits: usize) -> (World, PathBuf) {
    let mut world = World::new(7);
    (0..commits).for_each(|_| world.commit("work"));
    let text = format!("K={}\n", world.keys[0]);
    world.dir.write_bytes("work/a.env", text.as_bytes());
    world.commit("work");
    assert!(!world.scan(&["--since-cache", "cache"]).report().findings.is_empty());
    let file = std::fs::read_dir(world.at("cache")).unwrap().next().unwrap().unwrap().path();
    (world, file)
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
    let tiny = world.dir.scan(&["--history", "one", "--since-cache", "cache", "--cache-size", "1K"]);
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
