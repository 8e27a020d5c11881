//! The project's own rules for itself.

use std::path::{Path, PathBuf};

use crate::support::run_in;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(directory: &str, extension: &str) -> Vec<PathBuf> {
    walkdir::WalkDir::new(root().join(directory))
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

#[test]
fn the_project_holds_no_key() {
    let run = run_in(root(), &["scan", ".", "--min-severity", "note"], b"");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long: Vec<String> = ["src", "tests", "benches"]
        .iter()
        .flat_map(|directory| files_below(directory, "rs"))
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            (lines > 400).then(|| format!("{}: {lines}", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn unsafe_code_stays_in_one_module() {
    let allowed: Vec<String> = files_below("src", "rs")
        .into_iter()
        .filter(|path| std::fs::read_to_string(path).unwrap().contains("(unsafe_code"))
        .map(|path| path.strip_prefix(root()).unwrap().display().to_string())
        .collect();
    assert!(allowed.len() <= 1, "{allowed:?}");
}
