//! A directory to build things in, and the program to run on it.

pub(crate) mod browser;
pub(crate) mod containers;
pub(crate) mod encoders;
pub(crate) mod placeholders;
pub(crate) mod runner;
pub(crate) mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use pinstripe::credential::forge::Forge;
use pinstripe::model::Report;

/// The outcome of a run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The JSON report on standard output.
    pub(crate) fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }
}

/// A temporary directory with helpers to fill it.
pub(crate) struct Dir {
    dir: tempfile::TempDir,
    pub(crate) forge: Forge,
}

impl Dir {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), forge: Forge::new(42) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, its directories included, with placeholders filled in.
    pub(crate) fn write(&mut self, name: &str, text: &str) -> String {
        let filled = self.forge.fill(text);
        self.write_bytes(name, filled.as_bytes());
        filled
    }

    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Runs git here and returns what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments)
    }

    /// Writes a loose object, well-formed or not, and returns its name.
    pub(crate) fn object(&self, kind: &str, content: &[u8]) -> String {
        use sha1::Digest as _;
        use std::io::Write as _;
        let whole = [format!("{kind} {}\0", content.len()).as_bytes(), content].concat();
        let oid: String = sha1::Sha1::digest(&whole).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.join(".git/objects").join(&oid[..2]).join(&oid[2..]);
        if !path.exists() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = std::fs::File::create(path).unwrap();
            let mut stream = flate2::write::ZlibEncoder::new(file, flate2::Compression::fast());
            stream.write_all(&whole).unwrap();
            stream.finish().unwrap();
        }
        oid
    }

    /// Runs the program here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run_in(self.path(), arguments, b"")
    }

    /// Runs the program here and reads its JSON report, notes included.
    pub(crate) fn scan(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["scan", "--format", "json", "--min-severity", "note"];
        all.extend(arguments);
        self.run(&all)
    }
}

/// Git without anybody's configuration.
pub(crate) fn git_command(directory: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A U Thor")
        .env("GIT_AUTHOR_EMAIL", "author@example.com")
        .env("GIT_COMMITTER_NAME", "A U Thor")
        .env("GIT_COMMITTER_EMAIL", "author@example.com")
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        // It goes on in the background, and repacks what a test reads.
        .args(["-c", "maintenance.auto=false"])
        .args(arguments);
    git
}

/// Runs git without anybody's configuration.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = git_command(directory, arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The program: that of this build, or the one that `PINSTRIPE_PROGRAM` names.
pub(crate) fn program_path() -> PathBuf {
    let named = std::env::var_os("PINSTRIPE_PROGRAM").map(PathBuf::from);
    named.unwrap_or_else(|| assert_cmd::cargo::cargo_bin!("pinstripe").to_owned())
}

/// The program with a bare environment.
pub(crate) fn program() -> Command {
    let mut command = Command::new(program_path());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs the program in a directory with this on its standard input.
pub(crate) fn run_in(directory: &Path, arguments: &[&str], input: &[u8]) -> Run {
    use std::io::Write;
    let mut child = program()
        .current_dir(directory)
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that refuses its arguments does not read its input.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
