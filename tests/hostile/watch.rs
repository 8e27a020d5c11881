//! Runs the program within ceilings: killed after its time, its memory watched.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Ceilings of a run. Time is only a guard against hanging, for machines are slow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ceiling {
    pub(crate) mib: u64,
    pub(crate) seconds: u64,
}

/// A run and what it took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched {
    /// -1 for a run that a signal ended.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The highest resident memory, in MiB: the kernel's own mark, which does not count what the test itself holds, as
    /// that of `wait4` does.
    pub(crate) peak: u64,
    /// The highest memory that no file backs, in MiB, as far as it was seen.
    pub(crate) anonymous: u64,
    /// Processor time of the program itself.
    pub(crate) cpu: Duration,
    /// Set if the ceiling of time or memory was passed.
    pub(crate) killed: Option<String>,
}

/// Runs a command with this on its standard input.
pub(crate) fn watch(command: &mut Command, input: &[u8], ceiling: Ceiling) -> Watched {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that a program under strace is killed as well.
    command.process_group(0);
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // A program that refuses its arguments does not read its input.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let (stdout, stderr) = (read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap()));
    let (started, process) = (Instant::now(), Path::new("/proc").join(child.id().to_string()));
    let mut watched = Watched::default();
    let status = loop {
        watched.look(&process);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let over = started.elapsed() > Duration::from_secs(ceiling.seconds);
        if watched.killed.is_none() && (over || watched.peak > 4 * ceiling.mib) {
            let what = if over { format!("{} s", ceiling.seconds) } else { format!("{} MiB", watched.peak) };
            watched.killed = Some(format!("killed at {what}"));
            let group = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    watched.code = status.code().unwrap_or(-1);
    writer.join().unwrap();
    (watched.stdout, watched.stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    watched
}

fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Watched {
    fn look(&mut self, process: &Path) {
        // Until the program has taken its place, a new process shows the figures of the test that started it.
        let image = std::fs::read_link(process.join("exe")).ok();
        if image.is_none() || image == std::env::current_exe().ok() {
            return;
        }
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        let kib = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        self.peak = self.peak.max(kib("VmHWM:") >> 10);
        self.anonymous = self.anonymous.max(kib("RssAnon:") >> 10);
        // The name of the program stands in brackets and may hold blanks.
        let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().nth(11);
        let ticks: u64 = ticks.and_then(|ticks| ticks.parse().ok()).unwrap_or(0);
        self.cpu = self.cpu.max(Duration::from_millis(ticks * 10));
    }
}
