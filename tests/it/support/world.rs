//! A repository that lives at random: commits, fetches, gc, stashes, other policies.

use std::path::PathBuf;

use super::containers::zip;
use super::{Dir, Run, git_command};

/// A repository that changes, a clone of it that is scanned, and a cache.
pub(crate) struct World {
    pub(crate) dir: Dir,
    pub(crate) keys: Vec<String>,
    /// Steps so far, which are also the hours that passed.
    steps: u32,
    state: u64,
}

const FILES: [&str; 9] = [
    "a.env",
    "src/pay.ts",
    "src/hooks/stripe.js",
    "deep/er/and/deeper.txt",
    "lib/b.rb",
    "data.bin",
    "kit.zip",
    "web/.env",
    "web/app/page.tsx",
];

/// A handler of webhooks that verifies nothing.
pub(crate) const HOOK: &str = "const stripe = require('stripe')(process.env.K)\napp.post('/webhook', (req, res) => {\n  \
                    const event = req.body\n  if (event.type === 'invoice.paid') extend(event.data.object)\n  \
                    res.json({})\n})\n";

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

    /// A world with so many objects that most of a cache is in its base.
    pub(crate) fn large(seed: u64) -> Self {
        let world = Self::new(seed);
        let mut commit = "commit refs/heads/bulk\ncommitter a <a@example.com> 1700000000 +0000\ndata 1\nx\n".to_owned();
        for at in 0..3_000 {
            let text = format!("text {at}\n");
            commit += &format!("M 644 inline bulk/{}/{at}\ndata {}\n{text}\n", at % 30, text.len());
        }
        let mut import = git_command(&world.at("up"), &["fast-import", "--quiet"]);
        let mut import = import.stdin(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut import.stdin.take().unwrap(), commit.as_bytes()).unwrap();
        assert!(import.wait().unwrap().success() && world.git("work", &["fetch", "-q"]));
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
        match self.pick(9) {
            0 | 1 => text += &format!("KEY={}\n", self.key()),
            2 => text = self.code(number),
            4 => text += &format!("NEXT_PUBLIC_STRIPE_SECRET_KEY={}\n", self.key()),
            5 => text += &format!("STRIPE_SECRET_KEY={}\nSTRIPE_PUBLISHABLE_KEY={}\n", self.key(), self.key()),
            3 if self.at(&file).is_file() => return std::fs::remove_file(self.at(&file)).unwrap(),
            _ => {}
        }
        let text = if file.ends_with(".zip") { zip(&[("conf/.env", text.as_bytes())]) } else { text.into_bytes() };
        self.dir.write_bytes(&file, &text);
    }

    /// Code that lints find something in: a handler of webhooks, allowed or not, beside a key or not; a secret in a browser.
    fn code(&mut self, number: u32) -> String {
        let hook = match self.pick(4) {
            0 => HOOK.replace("res) => {", "res) => { // pinstripe:allow webhook-unverified tested elsewhere"),
            1 => HOOK.replace("res) => {", &format!("res) => {{ // {}", self.key())),
            2 => format!("'use client'\nconst stripe = new Stripe('{}')\n", self.key()),
            _ => HOOK.to_owned(),
        };
        format!("// {number}\n{hook}")
    }

    pub(crate) fn commit(&mut self, place: &str) {
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
        let context = |tag: &str| format!("[[context]]\npaths = [\"**\"]\nis = [\"{tag}\"]\n");
        let (test, server) = (context("test"), context("server"));
        let policy = ["", "[severity]\nsecret-live = \"low\"\n", &allow, &test, &server][self.pick(5)].to_owned();
        let place = ["", "src/", "web/"][self.pick(3)];
        let is_nested = !place.is_empty() && policy.starts_with("[severity]");
        self.dir.write_bytes(&format!("work/{place}pinstripe.toml"), if is_nested { b"" } else { policy.as_bytes() });
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
