//! Repositories made by git itself, for the tests of this module.
#![expect(clippy::disallowed_methods, reason = "the tests build repositories with git")]

use std::path::{Path, PathBuf};
use std::process::Command;

use super::hash::object_id;
use super::{ObjectFormat, ObjectKind, Odb, Oid, OpenOptions, Repository};

/// A directory that holds repositories and goes away.
pub(crate) struct Lab {
    _dir: tempfile::TempDir,
    /// The repository `r` in it.
    pub(crate) root: PathBuf,
}

impl Lab {
    /// An empty repository, `git init` with these arguments.
    pub(crate) fn new(args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        git(&path, &[&["init", "-q"], args, &["r"]].concat());
        Self { root: path.join("r"), _dir: dir }
    }

    /// Runs git in the repository.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.root, args)
    }

    /// Writes a file and commits it.
    pub(crate) fn commit(&self, name: &str, content: &[u8]) {
        let path = self.root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "-m", &format!("change {name}")]);
    }

    /// A history with text, binary, empty and large-ish files, tags and merges.
    pub(crate) fn grow(&self) {
        let mut text: Vec<String> = (0..400).map(|i| format!("line {i} {}\n", i * 7919 % 1000)).collect();
        for step in 0..30 {
            text[step * 11] = format!("changed in step {step}\n");
            text.insert(step * 3, format!("new {step}\n"));
            self.commit("dir/text", text.concat().as_bytes());
        }
        self.commit("empty", b"");
        let noise: Vec<u8> = (0..60_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        self.commit("a/b/c/noise", &noise);
        self.git(&["tag", "-a", "-m", "tagged", "v1"]);
        self.git(&["checkout", "-q", "-b", "side", "HEAD~5"]);
        self.commit("side", b"side\n");
        self.git(&["checkout", "-q", "main"]);
        self.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    }

    /// Writes a loose object, well-formed or not.
    pub(crate) fn write_loose(&self, kind: ObjectKind, content: &[u8]) -> Oid {
        let oid = object_id(ObjectFormat::Sha1, kind, content).unwrap();
        let path = self.loose(&oid);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let header = format!("{} {}\0", kind.name(), content.len());
        std::fs::write(path, zlib(&[header.as_bytes(), content].concat())).unwrap();
        oid
    }

    /// The file of a loose object.
    pub(crate) fn loose(&self, oid: &Oid) -> PathBuf {
        let hex = oid.to_string();
        self.root.join(".git/objects").join(&hex[..2]).join(&hex[2..])
    }

    pub(crate) fn repo(&self) -> Repository {
        Repository::open(&self.root, &OpenOptions::default()).unwrap()
    }

    pub(crate) fn odb(&self) -> Odb {
        Odb::open(&self.repo())
    }

    /// Every object as `git cat-file` sees it, sorted by name.
    pub(crate) fn oracle(&self) -> Vec<(Oid, ObjectKind, Vec<u8>)> {
        let output = command(&self.root, &["cat-file", "--batch-all-objects", "--batch"]).output().unwrap().stdout;
        let (mut objects, mut rest) = (Vec::new(), &output[..]);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let head = String::from_utf8(rest[..end].to_vec()).unwrap();
            let words: Vec<&str> = head.split(' ').collect();
            let size: usize = words[2].parse().unwrap();
            let content = rest[end + 1..end + 1 + size].to_vec();
            objects.push((words[0].parse().unwrap(), ObjectKind::from_name(words[1].as_bytes()).unwrap(), content));
            rest = &rest[end + size + 2..];
        }
        objects
    }

    /// The files of a directory of the object store with this extension.
    pub(crate) fn packs(&self, extension: &str) -> Vec<PathBuf> {
        let dir = self.root.join(".git/objects/pack");
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
        found.sort();
        found
    }
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// Runs git somewhere and gives what it prints.
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let done = command(dir, args).output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// Makes a file of git's writable and replaces its content.
pub(crate) fn overwrite(path: &Path, content: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, content).unwrap();
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut stream = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    stream.write_all(bytes).unwrap();
    stream.finish().unwrap()
}
