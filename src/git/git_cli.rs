//! Runs the git program, for the few questions that only git answers.
//!
//! It gets a bare environment and must run nothing that the repository names: no file system monitor, no hooks, no
//! pager, no prompt, and no fetching of missing objects. It has a deadline, because it may wait for a FIFO that stands
//! in the place of a file.
//!
//! Git obeys the configuration of the repository. So a configuration that includes other files is refused, and whether
//! git may open a repository of another user is left to git and the user's `safe.directory`.

#![expect(clippy::disallowed_methods, reason = "edge module: starts git")]

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::env::GitEnv;
use super::repo::Repository;

/// Git is not installed, or failed.
#[derive(Debug, thiserror::Error)]
#[error("git {command}: {why}")]
pub(crate) struct GitCliError {
    command: String,
    why: String,
}

impl GitCliError {
    /// Returns true if git failed without a word, as it does where it is asked for what is not there.
    pub(crate) fn is_silent(&self) -> bool {
        self.why.is_empty()
    }
}

/// Variables that git and the system's loader need.
const KEPT: [&str; 3] = ["SystemRoot", "TMPDIR", "LANG"];

/// Variables by which git finds the configuration of the user.
const OF_USER: [&str; 3] = ["HOME", "XDG_CONFIG_HOME", "USERPROFILE"];

/// Time that git may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Interval at which an ended process is looked for, once its output has ended.
const POLL: Duration = Duration::from_millis(2);

/// Most bytes of output.
const MAX_OUTPUT: u64 = 1 << 30;

/// Runs git in a repository and returns its output.
pub(crate) fn run(repo: &Repository, env: Option<&GitEnv>, arguments: &[&OsStr]) -> Result<Vec<u8>, GitCliError> {
    let name = arguments.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let failed = |why: &str| GitCliError { command: name.clone(), why: why.trim().to_owned() };
    if repo.includes {
        return Err(failed("not run: the configuration of the repository includes other files"));
    }
    let git = program().ok_or_else(|| failed("not found in PATH"))?;
    let mut command = Command::new(git);
    command
        .env_clear()
        .envs(KEPT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("PATH", std::env::join_paths(search_path()).unwrap_or_default())
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .args(["--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "protocol.allow=never"])
        .args(arguments)
        .current_dir(repo.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    choose_repository(&mut command, repo, env);
    let (status, [stdout, stderr]) = finish(command, PATIENCE).map_err(|error| failed(&error.to_string()))?;
    if status.success() { Ok(stdout) } else { Err(failed(&String::from_utf8_lossy(&stderr))) }
}

/// Names the repository to git, and passes on the variables that a hook was given. A repository of another user is not
/// named unless git itself named it to us: git looks for it, and checks `safe.directory` before it opens anything.
fn choose_repository(command: &mut Command, repo: &Repository, env: Option<&GitEnv>) {
    if repo.foreign && env.is_none_or(|env| env.git_dir.is_none()) {
        command.envs(OF_USER.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("GIT_CEILING_DIRECTORIES", repo.root().parent().unwrap_or(repo.root()));
    } else {
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_DIR", &repo.git_dir);
        if let Some(top) = &repo.work_tree {
            command.env("GIT_WORK_TREE", top);
        }
    }
    let Some(env) = env else { return };
    if let Some(file) = &env.index_file {
        command.env("GIT_INDEX_FILE", file);
    }
    if let Some(objects) = &env.object_dir {
        command.env("GIT_OBJECT_DIRECTORY", objects);
    }
    if let Ok(list) = std::env::join_paths(&env.alternate_object_dirs)
        && !list.is_empty()
    {
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", list);
    }
}

/// Returns the absolute entries of `PATH`: a relative one may lead into the scanned tree.
fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}

/// Finds the git program.
fn program() -> Option<&'static PathBuf> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let name = format!("git{}", std::env::consts::EXE_SUFFIX);
    let find = || search_path().into_iter().map(|directory| directory.join(&name)).find(|file| file.is_file());
    PROGRAM.get_or_init(find).as_ref()
}

/// Runs a program to its end and returns its output and errors. Kills it when its time is over.
fn finish(mut command: Command, patience: Duration) -> io::Result<(ExitStatus, [Vec<u8>; 2])> {
    let mut child = command.spawn()?;
    let outcome = collect(&mut child, Instant::now() + patience);
    if outcome.is_err() {
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
    outcome
}

fn collect(child: &mut Child, deadline: Instant) -> io::Result<(ExitStatus, [Vec<u8>; 2])> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    let [stdout, stderr] = pipes.map(|pipe| reader(pipe.ok_or(io::ErrorKind::BrokenPipe)?));
    let receive = |pipe: Receiver<io::Result<Vec<u8>>>| {
        let left = deadline.saturating_duration_since(Instant::now());
        pipe.recv_timeout(left).map_err(|_| late())?
    };
    let texts = [receive(stdout?)?, receive(stderr?)?];
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, texts));
        }
        if Instant::now() >= deadline {
            return Err(late());
        }
        std::thread::sleep(POLL);
    }
}

/// Reads a pipe to its end in a thread of its own.
fn reader(pipe: Box<dyn Read + Send>) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        let mut bytes = Vec::new();
        let outcome = match pipe.take(MAX_OUTPUT + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > MAX_OUTPUT => Err(io::Error::other("too much output")),
            Ok(_) => Ok(bytes),
            Err(error) => Err(error),
        };
        // Nobody waits any more if the time was over.
        let _ = sender.send(outcome);
    };
    std::thread::Builder::new().spawn(read)?;
    Ok(receiver)
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[test]
    fn a_program_that_waits_is_killed() {
        let (status, [out, err]) = finish(shell("echo out; echo err >&2"), PATIENCE).unwrap();
        assert!(status.success());
        assert_eq!((&out[..], &err[..]), (&b"out\n"[..], &b"err\n"[..]));
        for script in ["exec sleep 1000", "exec >&- 2>&-; exec sleep 1000"] {
            let error = finish(shell(script), Duration::from_millis(50)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{script}");
        }
    }

    #[test]
    fn a_configuration_that_includes_files_is_not_obeyed() {
        let head = ["rev-parse", "HEAD"].map(OsStr::new);
        for (section, runs) in [
            ("", true),
            ("[include]\npath = /nowhere\n", false),
            ("[core] bare = false\n[INCLUDEIF \"gitdir:/\"] path = x\n", false),
        ] {
            let lab = Lab::new(&[]);
            lab.commit("f", b"one");
            let config = lab.root.join(".git/config");
            let text = std::fs::read_to_string(&config).unwrap() + section;
            std::fs::write(&config, text).unwrap();
            assert_eq!(run(&lab.repo(), None, &head).is_ok(), runs, "{section}");
        }
    }

    #[test]
    fn a_repository_of_another_user_needs_the_users_consent() {
        let lab = Lab::new(&[]);
        lab.commit("f", b"one");
        let mut command = Command::new("git");
        let mut repo = lab.repo();
        repo.foreign = true;
        choose_repository(&mut command, &repo, None);
        let names: Vec<_> = command.get_envs().map(|(name, _)| name).collect();
        assert!(!names.contains(&OsStr::new("GIT_DIR")) && names.contains(&OsStr::new("GIT_CEILING_DIRECTORIES")));
    }
}
