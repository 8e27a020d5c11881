//! A repository on disk: HEAD, refs, configuration, reflogs, a loose object. The parts stand behind each other, with
//! 0xff between them.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::git;

const FILES: [&str; 10] = [
    "HEAD",
    "packed-refs",
    "config",
    "refs/heads/main",
    "refs/stash",
    "logs/HEAD",
    "FETCH_HEAD",
    "shallow",
    "objects/info/alternates",
    "objects/01/23456789abcdef0123456789abcdef01234567",
];

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = std::path::Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let root = tempfile::Builder::new().prefix("pinstripe-fuzz").tempdir_in(parent).expect("a directory").keep();
    for directory in ["refs/heads", "logs", "objects/info", "objects/pack", "objects/01"] {
        std::fs::create_dir_all(root.join(".git").join(directory)).expect("a directory");
    }
    root
});

fuzz_target!(|bytes: &[u8]| {
    let parts = bytes.split(|byte| *byte == 0xff).map(Some).chain(std::iter::repeat(None));
    for (name, part) in FILES.iter().zip(parts) {
        let path = ROOT.join(".git").join(name);
        match part {
            Some(part) => std::fs::write(path, part).expect("a file"),
            None => drop(std::fs::remove_file(path)),
        }
    }
    git::repository(&ROOT);
});
