//! The floors of the house: a room may use the rooms below it, and files of a room do not use each other in circles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Rooms from the ground up. Rooms of one floor do not use each other.
const FLOORS: &[&[&str]] = &[
    &["credential"],
    &["model"],
    &["git", "owners", "audit", "fleet"],
    &["archive"],
    &["rules"],
    &["detect"],
    &["code"],
    &["lints"],
    &["source", "policy", "report", "action"],
    &["scan"],
    &["cli"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Source files below `src`, without those that only tests compile, with their text up to the test module.
fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&src).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    let texts: Vec<(PathBuf, String)> =
        files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    let only_tests: BTreeSet<PathBuf> = texts.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let kept = texts.into_iter().filter(|(path, _)| !only_tests.contains(path));
    kept.map(|(path, text)| {
        let production = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
        (path.strip_prefix(&src).unwrap().to_owned(), production.to_owned())
    })
    .collect()
}

/// Files of the modules that a file declares for tests only.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for declared in text.split("#[cfg(test)]\n").skip(1) {
        let mut lines = declared.lines().skip_while(|line| line.starts_with("#[path"));
        let Some(name) = lines.next().and_then(|line| line.strip_suffix(';')?.rsplit_once("mod ")) else { continue };
        let directory = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod" | "lib" | "main") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        files.push(directory.join(format!("{}.rs", name.1)));
        let quoted = declared.strip_prefix("#[path = \"").and_then(|rest| rest.split_once('"'));
        files.extend(quoted.map(|(file, _)| path.with_file_name(file)));
    }
    files
}

/// First segments of the paths that begin with `root::` in a text, those of a braced list included.
fn used(text: &str, root: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    let code = |line: &'_ str| -> String { line.split(" // ").next().unwrap_or_default().to_owned() };
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.map(code).collect::<Vec<_>>().join("\n");
    let mut names = BTreeSet::new();
    for rest in code.split(&format!("{root}::")).skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => names.extend(list.split(['}', ';']).next().unwrap().split(',').map(|item| word(item.trim()))),
            None => drop(names.insert(word(rest))),
        }
    }
    names.remove("");
    names
}

fn room_of(path: &Path) -> String {
    path.components().next().unwrap().as_os_str().to_string_lossy().into_owned()
}

/// Uses of one room by another that go up, or along a floor.
fn wrong_arrows(sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in sources.iter().filter(|(path, _)| path.components().count() > 1) {
        let room = room_of(path);
        let from = floor(&room);
        for used in used(text, "crate") {
            let goes_down = matches!((from, floor(&used)), (Some(from), Some(to)) if to < from);
            if used != room && !goes_down {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    wrong
}

#[test]
fn rooms_use_the_floors_below_them() {
    let sources = sources();
    let rooms: BTreeSet<String> =
        sources.iter().filter(|(path, _)| path.components().count() > 1).map(|(path, _)| room_of(path)).collect();
    let known: BTreeSet<String> = FLOORS.iter().flat_map(|rooms| rooms.iter().map(|room| (*room).to_owned())).collect();
    assert_eq!(rooms, known, "every room has its floor");
    assert_eq!(wrong_arrows(&sources), Vec::<String>::new());
}

#[test]
fn an_arrow_up_is_noticed() {
    let up = |file: &str, text: &str| wrong_arrows(&[(PathBuf::from(file), text.to_owned())]).len();
    assert_eq!(up("model/finding.rs", "use crate::detect::Hit;"), 1);
    assert_eq!(up("model/finding.rs", "use crate::{credential::Key, report};"), 1);
    assert_eq!(up("source/range.rs", "fn f() { crate::report::write() }"), 1);
    assert_eq!(up("report/text.rs", "use crate::model::Finding; // crate::scan::Plan"), 0);
}

/// Sibling modules that a file uses: by `super::` from a file, by `crate::ROOM::` from anywhere in the room.
fn sibling_arrows(sources: &[(PathBuf, String)]) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let modules: BTreeSet<PathBuf> = sources.iter().map(|(path, _)| module_of(path)).collect();
    let mut arrows: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for (path, text) in sources {
        let module = module_of(path);
        let Some(parent) = module.parent().map(Path::to_owned) else { continue };
        for name in used(text, "super") {
            let sibling = parent.join(name);
            if modules.contains(&sibling) && sibling != module {
                arrows.entry(module.clone()).or_default().insert(sibling);
            }
        }
    }
    arrows
}

/// `git/walk/mod.rs` and `git/walk.rs` are both `git/walk`.
fn module_of(path: &Path) -> PathBuf {
    if path.ends_with("mod.rs") { path.parent().unwrap().to_owned() } else { path.with_extension("") }
}

#[test]
fn siblings_do_not_use_each_other_in_circles() {
    let arrows = sibling_arrows(&sources());
    let reaches = |from: &PathBuf, to: &PathBuf| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(at) = open.pop() {
            for next in arrows.get(at).into_iter().flatten() {
                if next == to {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    };
    let circles: Vec<&PathBuf> = arrows.keys().filter(|module| reaches(module, module)).collect();
    assert!(circles.is_empty(), "{circles:#?}");
}
