//! Files that change while they are scanned.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::case::Case;
use crate::watch::{Ceiling, Watched};

const CEILING: Ceiling = Ceiling { mib: 150, seconds: 120 };

/// Scans several times while something happens to a path over and over. The control is found each time.
fn during(case: &Case, path: &Path, happens: fn(&Path)) -> Vec<Watched> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                happens(path);
            }
        });
        let runs = (0..15).map(|_| case.run(&["--format", "json"], CEILING)).collect();
        stop.store(true, Ordering::Relaxed);
        runs
    })
}

fn assert_sane(runs: &[Watched]) {
    for run in runs {
        assert!(run.killed.is_none() && run.code == 1, "exit {} {:?}\n{}", run.code, run.killed, run.stderr);
        let report: pinstripe::model::Report = serde_json::from_str(&run.stdout).unwrap();
        assert!(report.findings.iter().any(|finding| finding.locations[0].path == "zz/control.env"));
    }
}

fn control() -> Case {
    let mut case = Case::new(true);
    case.control();
    (0..300).for_each(|at| case.write(format!("a/{at:03}"), vec![b'x'; 2_000]));
    case
}

pub(crate) fn swapped_for_a_link() {
    let mut case = control();
    let outside = case.dir.forge.make("rk_live").unwrap();
    case.dir.write_bytes("outside.env", outside.as_bytes());
    let path = case.path("a/200");
    let runs = during(&case, &path, |path| {
        let aside = path.with_file_name("aside");
        let _ = std::os::unix::fs::symlink("../../outside.env", &aside);
        let _ = std::fs::rename(&aside, path);
        let _ = std::fs::write(&aside, "a file");
        let _ = std::fs::rename(&aside, path);
    });
    assert_sane(&runs);
    assert!(runs.iter().all(|run| !run.stdout.contains("restricted-live")), "a link was followed");
}

/// A directory at two levels becomes a link to one outside with files of the same names, at least a thousand times.
pub(crate) fn directory_swapped_for_a_link() {
    static ROUNDS: AtomicUsize = AtomicUsize::new(0);
    for level in ["a/deep", "a/deep/deeper"] {
        let mut case = control();
        let outside = case.dir.forge.make("rk_live").unwrap();
        for at in 0..100 {
            case.write(format!("a/deep/deeper/f{at:02}"), "a file");
            for place in ["outside", "outside/deeper"] {
                case.dir.write_bytes(&format!("{place}/f{at:02}"), outside.as_bytes());
            }
        }
        let path = case.path(level);
        let swap = |path: &Path| {
            let aside = path.with_file_name("aside");
            let _ = std::fs::rename(path, &aside);
            let _ = std::os::unix::fs::symlink(
                if path.ends_with("deep") { "../../outside" } else { "../../../outside" },
                path,
            );
            let _ = std::fs::read_dir(path).map(Iterator::count);
            let _ = std::fs::remove_file(path);
            let _ = std::fs::rename(&aside, path);
            ROUNDS.fetch_add(1, Ordering::Relaxed);
        };
        let runs = during(&case, &path, swap);
        assert_sane(&runs);
        assert!(runs.iter().all(|run| !run.stdout.contains("restricted-live")), "a link was followed");
        // The mutation: what a walk through the link would find.
        let found = crate::support::run_in(case.dir.path(), &["scan", "--format", "json", "outside"], b"");
        assert!(found.stdout.contains("restricted-live"));
    }
    assert!(ROUNDS.load(Ordering::Relaxed) > 1_000);
}

pub(crate) fn removed() {
    let case = control();
    let path = case.path("a/200");
    assert_sane(&during(&case, &path, |path| {
        let _ = std::fs::remove_file(path);
        let _ = std::fs::write(path, "a file");
    }));
}

pub(crate) fn cut() {
    let case = control();
    let path = case.path("a/200");
    std::fs::write(&path, vec![b'y'; 8 << 20]).unwrap();
    assert_sane(&during(&case, &path, |path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(0).unwrap();
        file.set_len(8 << 20).unwrap();
    }));
}

pub(crate) fn growing() {
    let case = control();
    let path = case.path("a/200");
    assert_sane(&during(&case, &path, |path| {
        let mut file: File = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(&[b'z'; 64 << 10]).unwrap();
        if file.metadata().unwrap().len() > 64 << 20 {
            file.set_len(0).unwrap();
        }
    }));
}
