//! One hostile input: a directory with what it takes, the keys in it, and how it is scanned.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use crate::support::{Dir, program};
use crate::watch::{Ceiling, Watched, watch};

/// A key, and the place that may be named in the coverage instead of the key, if any.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) key: String,
    pub(crate) or_named: Option<String>,
}

pub(crate) struct Case {
    pub(crate) dir: Dir,
    /// False for the run that tells what the input alone makes of the exit code: then keys are plain words.
    planting: bool,
    pub(crate) planted: Vec<Planted>,
    pub(crate) arguments: Vec<String>,
    pub(crate) input: Vec<u8>,
    /// The scanned tree, below the directory; nothing in it may change.
    pub(crate) target: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    as_nobody: bool,
    /// Keys that must not be shown, found or not.
    pub(crate) unsought: Vec<String>,
}

impl Case {
    pub(crate) fn new(planting: bool) -> Self {
        let dir = Dir::new();
        std::fs::create_dir(dir.join("t")).unwrap();
        Self {
            planting,
            planted: Vec::new(),
            arguments: vec![".".to_owned()],
            input: Vec::new(),
            target: dir.join("t"),
            environment: Vec::new(),
            as_nobody: false,
            unsought: Vec::new(),
            dir,
        }
    }

    /// A key that must be found; a word in its place when none is planted.
    pub(crate) fn key(&mut self) -> String {
        self.key_or_named("")
    }

    /// A key that must be found, unless the coverage names a place with this in its name.
    pub(crate) fn key_or_named(&mut self, place: &str) -> String {
        if !self.planting {
            return "nothing".to_owned();
        }
        let key = self.dir.forge.make("sk_live").unwrap();
        self.planted.push(Planted { key: key.clone(), or_named: (!place.is_empty()).then(|| place.to_owned()) });
        key
    }

    /// A key that nobody looks for and that must not be shown.
    pub(crate) fn shown_key(&mut self) -> String {
        let key = self.dir.forge.make("sk_live").unwrap();
        self.unsought.push(key.clone());
        key
    }

    /// A line with a key that must be found.
    pub(crate) fn line(&mut self) -> String {
        format!("STRIPE_SECRET_KEY={}\n", self.key())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }

    /// Writes a file of the target.
    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.target.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Writes a file whose name is any bytes.
    pub(crate) fn write_named(&self, name: &[u8], bytes: &[u8]) {
        std::fs::write(self.target.join(std::ffi::OsStr::from_bytes(name)), bytes).unwrap();
    }

    /// Writes the control: a healthy file with a key.
    pub(crate) fn control(&mut self) {
        let line = self.line();
        self.write("zz/control.env", line);
    }

    pub(crate) fn fifo(&self, name: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    }

    pub(crate) fn link(&self, to: &str, name: &str) {
        std::os::unix::fs::symlink(to, self.path(name)).unwrap();
    }

    /// Runs git in the target.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        crate::support::git(&self.target, arguments)
    }

    /// Makes the target a repository with the control committed, and scans its history.
    pub(crate) fn repository(&mut self) {
        self.git(&["init", "-q"]);
        self.control();
        self.commit("control");
        self.scan(&["--history"]);
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub(crate) fn scan(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    }

    /// Scans as a user who may not read everything. Returns false where that cannot be.
    pub(crate) fn as_nobody(&mut self) {
        self.as_nobody = rustix::process::getuid().is_root();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(self.dir.path(), open).unwrap();
    }

    /// Scans the input, or runs the hook that the arguments name.
    pub(crate) fn run(&self, more: &[&str], ceiling: Ceiling) -> Watched {
        let mut command = program();
        command.current_dir(&self.target);
        if self.arguments.first().is_none_or(|word| word != "hook") {
            command.arg("scan").args(["--min-severity", "note"]).args(more);
        }
        command.args(&self.arguments);
        command.envs(self.environment.iter().cloned());
        if self.as_nobody {
            command.uid(65_534);
        }
        watch(&mut command, &self.input, ceiling)
    }
}
