//! Finds the cases and copies their files to where they are scanned.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::support::Dir;
use crate::support::placeholders::Placeholders;

/// Ends the name of a file that git, cargo or this program would obey if it stood here under its own name.
const FIXTURE: &str = ".fixture";

/// Names that have to be stored with [`FIXTURE`] behind them.
const OBEYED: [&str; 9] = [
    ".git",
    ".gitattributes",
    ".gitignore",
    ".gitmodules",
    ".ignore",
    ".pinstripe-baseline.json",
    "Cargo.toml",
    "pinstripe.toml",
    "rust-toolchain.toml",
];

/// One folder with a `case.toml`.
pub(super) struct Case {
    /// The folder's path below `testdata/`, with `/`.
    pub(super) name: String,
    pub(super) kind: String,
    /// The content of `case.toml`, without `kind`.
    pub(super) table: toml::Table,
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// Lists every case. A file that belongs to none is an error, for its `case.toml` was forgotten.
pub(super) fn all() -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    let mut entries = WalkDir::new(root()).min_depth(1).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_file() && entry.depth() > 1 {
            return Err(format!("{} belongs to no case: there is no case.toml above it", entry.path().display()));
        }
        if entry.path().join("case.toml").is_file() {
            cases.push(read(entry.path())?);
            entries.skip_current_dir();
        }
    }
    Ok(cases)
}

fn read(folder: &Path) -> Result<Case, String> {
    let name = relative(folder, &root());
    let text = std::fs::read_to_string(folder.join("case.toml")).map_err(|error| format!("{name}: {error}"))?;
    let mut table: toml::Table = text.parse().map_err(|error| format!("{name}: {error}"))?;
    let kind = match table.remove("kind") {
        Some(toml::Value::String(kind)) => kind,
        Some(other) => return Err(format!("{name}: `kind` is no text: {other}")),
        None => "scan".to_owned(),
    };
    Ok(Case { name, kind, table })
}

fn relative(path: &Path, base: &Path) -> String {
    path.strip_prefix(base).unwrap().to_str().unwrap().replace('\\', "/")
}

impl Case {
    pub(super) fn folder(&self) -> PathBuf {
        root().join(&self.name)
    }

    /// Reads the rest of `case.toml`.
    pub(super) fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, String> {
        self.table.clone().try_into().map_err(|error: toml::de::Error| error.to_string())
    }

    /// Builds what stands below `files/` in a temporary directory: placeholders filled in, `.fixture` taken off names.
    /// Copies files that are not UTF-8 as they are.
    pub(super) fn build(&self) -> Result<Dir, String> {
        let (dir, mut placeholders) = (Dir::new(), Placeholders::new(&self.name));
        let files = self.folder().join("files");
        for entry in WalkDir::new(&files).min_depth(1).sort_by_file_name() {
            let entry = entry.map_err(|error| error.to_string())?;
            let stored = relative(entry.path(), &files);
            let plain = entry.file_name().to_str().unwrap_or_default();
            if OBEYED.contains(&plain) {
                return Err(format!("{stored} would be obeyed here: store it as {plain}{FIXTURE}"));
            }
            if entry.file_type().is_file() {
                let bytes = std::fs::read(entry.path()).map_err(|error| error.to_string())?;
                let filled = match String::from_utf8(bytes) {
                    Ok(text) => placeholders.fill(&text).map_err(|error| format!("{stored}: {error}"))?.into_bytes(),
                    Err(binary) => binary.into_bytes(),
                };
                dir.write_bytes(stored.strip_suffix(FIXTURE).unwrap_or(&stored), &filled);
            }
        }
        Ok(dir)
    }
}
