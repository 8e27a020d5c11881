//! Walks `testdata/`: every folder with a `case.toml` is a case, and its `kind` says how it is run. The format is
//! described in `testdata/README.md`.
//!
//! `PINSTRIPE_CASE=TEXT` runs the cases with TEXT in their name only and prints what is seen in each.

mod case;
mod delimiters;
mod judge;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use case::Case;

/// The reasons that a row of a case may give for not holding yet.
const TOPICS: [&str; 7] =
    ["binaries", "lints-frontend", "lints-places", "lints-replay", "lints-webhooks", "missed", "noise"];

/// A way to run the cases of a kind: it returns a complaint for everything that is not as the case says.
type Runner = fn(&Case) -> Result<Vec<String>, String>;

/// The kinds of case by the name in `kind`; a new kind of case is a new row.
const KINDS: [(&str, Runner); 2] = [("scan", judge::run), ("delimiters", delimiters::run)];

#[test]
fn every_case_is_as_it_says() {
    let only = std::env::var("PINSTRIPE_CASE").unwrap_or_default();
    let cases: Vec<Case> = case::all().unwrap().into_iter().filter(|case| case.name.contains(&only)).collect();
    assert!(!cases.is_empty(), "no case has `{only}` in its name");
    let mut complaints: Vec<String> = cases.par_iter().flat_map_iter(complaints).collect();
    complaints.sort();
    assert!(complaints.is_empty(), "{} of {} cases:\n\n{}", complaints.len(), cases.len(), complaints.join("\n\n"));
}

/// Returns one text for a case that is not as it says, none for any other.
fn complaints(case: &Case) -> Option<String> {
    let found = match KINDS.iter().find(|(kind, _)| *kind == case.kind) {
        Some((_, run)) => run(case).unwrap_or_else(|error| vec![error]),
        None => vec![format!("unknown kind `{}`", case.kind)],
    };
    (!found.is_empty()).then(|| format!("{}\n  {}", case.name, found.join("\n").replace('\n', "\n  ")))
}

#[test]
fn the_readme_names_every_kind_and_topic() {
    let readme = std::fs::read_to_string(case::root().join("README.md")).unwrap();
    for name in TOPICS.iter().chain(KINDS.iter().map(|(kind, _)| kind)) {
        assert!(readme.contains(&format!("`{name}`")), "testdata/README.md does not name `{name}`");
    }
}
